"""Forms of the console's own pages."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cohorts.languages import html_code
from feedback.languages import english_name
from phases.permissions import RoleName
from rollout_portal.lib.dates import validate_day
from rollout_portal.outbox.templates import Wording
from rollout_portal.outbox.wordings import Standing, faults_in


class GiveRoleForm(forms.Form):
    """Who gets which role; somebody new is invited by mail."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    name = forms.CharField(
        label=_("Name"), max_length=150, help_text=_("As it will be typed under signatures.")
    )
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("Choose…")), *RoleName.choices])


class BeginForm(forms.Form):
    """When a rollout begins."""

    anchor = forms.DateField(
        label=_("First day of plan week 1"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[validate_day],
        help_text=_("Every week of the plan counts from this day, whatever weekday it is."),
    )


class TextForm(forms.Form):
    """What a message says, in each of its languages; every fault stands at its own field."""

    reason = forms.CharField(
        label=_("What did you change, and why"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown with the version, and kept on the record."),
    )

    def __init__(self, data: QueryDict | None, *, standing: Standing, start: Wording) -> None:
        """Offer the texts of `start` for a new version of `standing`."""
        super().__init__(data)
        self._standing = standing
        # Looking at a preview asks for no reason.
        self.fields["reason"].required = data is None or data.get("do") != "look"
        self.fields["reason"].needed = True  # type: ignore[attr-defined]
        for language in standing.languages:
            subject, body = start.texts.get(language, ("", ""))
            name = english_name(language)
            more = {"lang": html_code(language)}
            subject_field = self.fields[f"subject-{language}"] = forms.CharField(
                label=gettext("Subject (%s)") % name,
                required=False,
                initial=subject,
                widget=forms.TextInput(attrs=more),
            )
            body_field = self.fields[f"body-{language}"] = forms.CharField(
                label=gettext("Text (%s)") % name,
                required=False,
                initial=body,
                widget=forms.Textarea(attrs={"rows": 12, **more}),
            )

            # May be left open for a while, which is not the same as being optional.
            subject_field.needed = body_field.needed = True  # type: ignore[attr-defined]

    def texts(self) -> dict[str, tuple[str, str]]:
        """Return subject and text by language, as they stand in the form."""
        if not self.is_bound:
            return {}
        return {
            one: (self.cleaned_data.get(f"subject-{one}", ""), self.cleaned_data.get(f"body-{one}", ""))
            for one in self._standing.languages
        }

    def parts(self) -> Iterator[tuple[str, BoundField, BoundField]]:
        """Yield each language with its two fields."""
        for one in self._standing.languages:
            yield one, self[f"subject-{one}"], self[f"body-{one}"]

    def clean(self) -> dict[str, Any]:
        """Ask the outbox what is wrong with the texts."""
        cleaned = super().clean() or {}
        for fault in faults_in(self._standing, self.texts()):
            self.add_error(f"{fault.part}-{fault.language}", fault.words)
        return cleaned


class ReasonForm(forms.Form):
    """Why something is ended."""

    reason = forms.CharField(label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
