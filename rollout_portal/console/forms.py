"""Forms of the console's own pages."""

from collections.abc import Iterator
from datetime import time
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


class ClockInput(forms.TimeInput):
    """A time of day, by the browser's own clock."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


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


class LimitsForm(forms.Form):
    """What a rollout may send. Empty means no limit of its own."""

    per_day = forms.IntegerField(label=_("Mails per day"), required=False, min_value=1, max_value=10_000_000)
    per_minute = forms.IntegerField(
        label=_("Mails per minute"), required=False, min_value=1, max_value=1_000_000
    )
    quiet_from = forms.TimeField(label=_("Quiet from"), required=False, widget=ClockInput)
    quiet_until = forms.TimeField(
        label=_("Quiet until"),
        required=False,
        widget=ClockInput,
        help_text=_("Both empty: mail leaves at any hour."),
    )
    reason = forms.CharField(label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def clean(self) -> dict[str, Any]:
        """Ask for both ends of the quiet hours, or none."""
        cleaned = super().clean() or {}
        for empty, other in (("quiet_from", "quiet_until"), ("quiet_until", "quiet_from")):
            if cleaned.get(other) and not cleaned.get(empty) and empty not in self.errors:
                self.add_error(empty, gettext("Give both ends of the quiet hours, or none."))
        begins, ends = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if begins and begins == ends:
            self.add_error("quiet_until", gettext("That would be the whole day."))
        return cleaned

    def hours(self) -> tuple[time, time] | None:
        """Return the quiet hours that were asked for."""
        begins, ends = self.cleaned_data["quiet_from"], self.cleaned_data["quiet_until"]
        return (begins, ends) if begins and ends else None


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
