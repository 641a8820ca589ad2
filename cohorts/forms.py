"""What staff fill in on the pages of this room. Fields only: every rule is asked by the services."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.importing import columns as meanings
from cohorts.models import AttributeDefinition, ParticipantImport
from cohorts.states import ParticipantState, Shortfall
from phases.models import Phase, Rollout
from rollout_portal.lib.dates import validate_day


class DayInput(forms.DateInput):
    """A day, by the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """A day and a time of day, by the browser's own widget, in the rollout's zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class ReasonForm(forms.Form):
    """A reason that the record keeps."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text=gettext_lazy("Kept on the record."),
        error_messages={"required": gettext_lazy("Say why. The reason stands in the record.")},
    )


class FileForm(forms.Form):
    """A list of people: a file, or lines that are pasted."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("CSV, the first line names the columns."),
    )
    lines = forms.CharField(
        label=gettext_lazy("Or paste the lines"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=1_000_000,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("file")) == bool((cleaned.get("lines") or "").strip()) and not self.errors:
            raise forms.ValidationError(_("Choose a file, or paste the lines."))
        return cleaned


class ColumnsForm(forms.Form):
    """What each column means, where the people come from, and what they agreed to."""

    source = forms.CharField(
        label=gettext_lazy("Where do these people come from?"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Such as “sign-up page” or “team”; rules can ask for it."),
    )
    consent_wording = forms.CharField(
        label=gettext_lazy("What did they agree to?"),
        max_length=200,
        help_text=gettext_lazy("The sentence that they saw, or where it stands."),
        error_messages={"required": gettext_lazy("Say what the people agreed to.")},
    )
    consent_on = forms.DateField(
        label=gettext_lazy("When?"),
        widget=DayInput(),
        validators=[validate_day],
        error_messages={"required": gettext_lazy("Say when they agreed.")},
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        imported: ParticipantImport,
        names: Sequence[str],
        samples: Sequence[Sequence[str]],
        definitions: Sequence[AttributeDefinition],
    ) -> None:
        super().__init__(
            data,
            initial={
                "source": imported.source,
                "consent_wording": imported.consent_wording,
                "consent_on": imported.consent_on,
            },
        )
        self._names = list(names)
        self._samples = samples
        choices = meanings.choices(definitions)
        for place, name in enumerate(names):
            self.fields[f"column{place}"] = forms.ChoiceField(
                label=name, choices=choices, initial=imported.columns.get(name, meanings.IGNORE)
            )

    def columns(self) -> dict[str, str]:
        """Return the chosen meaning of each column."""
        return {name: self.cleaned_data[f"column{place}"] for place, name in enumerate(self._names)}

    def rows(self) -> list[tuple[forms.BoundField, list[str]]]:
        """Return each column's field with its first cells."""
        return [
            (self[f"column{place}"], [row[place] for row in self._samples if place < len(row)])
            for place in range(len(self._names))
        ]

    def rest(self) -> list[forms.BoundField]:
        """Return the fields that are not about a column."""
        return [self[name] for name in ("source", "consent_wording", "consent_on")]


class FilterForm(forms.Form):
    """Which participants a list shows; every filter stands in the address."""

    q = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"type": "search"}),
        help_text=gettext_lazy("A number, a whole e-mail address, or an id"),
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("all")), *ParticipantState.choices],
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    phase = forms.ChoiceField(label=gettext_lazy("Phase"), required=False)
    wish = forms.ChoiceField(
        label=gettext_lazy("Messages"),
        required=False,
        choices=[
            ("", gettext_lazy("all")),
            ("yes", gettext_lazy("may be written to")),
            ("no", gettext_lazy("opted out")),
        ],
    )

    def __init__(self, data: Mapping[str, Any], *, rollout: Rollout, phases: Sequence[Phase]) -> None:
        super().__init__(data)
        languages = [(code, code) for code in rollout.languages]
        chosen = {"language": [("", _("all")), *languages, ("none", _("not known"))]}
        chosen["phase"] = [("", _("all")), *((phase.code, phase.name) for phase in phases)]
        for name, choices in chosen.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices


class WishForm(ReasonForm):
    """What a person told us: stop the messages, or leave."""

    wish = forms.ChoiceField(
        label=gettext_lazy("What does she want?"),
        widget=forms.RadioSelect,
        choices=[
            ("quiet", gettext_lazy("No more messages, but stay in the test")),
            ("leave", gettext_lazy("Leave the test")),
        ],
        error_messages={"required": gettext_lazy("Choose one.")},
    )


class DrawForm(forms.Form):
    """A draw; the seed is made if none is given."""

    seed = forms.CharField(
        label=gettext_lazy("Seed"),
        required=False,
        max_length=100,
        help_text=gettext_lazy(
            "Leave it empty for a new one. The seed of an earlier draw gives the same order."
        ),
    )


class NameForm(ReasonForm):
    """People for a phase, each on a line of its own. `seen` says whom the page showed last."""

    field_order = ["source", "lines", "reason"]

    source = forms.ChoiceField(
        label=gettext_lazy("Add everybody who came from"),
        required=False,
    )
    lines = forms.CharField(
        label=gettext_lazy("People, one on each line"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "autocapitalize": "off", "spellcheck": "false"}),
        max_length=400_000,
        error_messages={"required": gettext_lazy("Write at least one line.")},
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        sources: Sequence[tuple[str, int]],
        by_address: bool,
        initial: Mapping[str, Any],
    ) -> None:
        super().__init__(data, initial=dict(initial))
        self.fields["reason"].label = _("Why these people")
        self.fields["lines"].help_text = (
            _("A number (T-037), an id in the product, or an e-mail address.")
            if by_address
            else _("A number (T-037) or an id in the product.")
        )
        choices = [(name, f"{name} ({n})") for name, n in sources]
        field = self.fields["source"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("choose")), *choices]
        if not choices:
            del self.fields["source"]


class ShortfallForm(forms.Form):
    """What shall happen with seats that nobody fills. Nothing is chosen beforehand."""

    shortfall = forms.ChoiceField(
        label=gettext_lazy("The open seats"),
        required=False,
        widget=forms.RadioSelect,
        choices=[(Shortfall.GO_ON.value, gettext_lazy("Go on with those who are there, and refill later"))],
    )


class DecideForm(forms.Form):
    """An approver's answer to a selection."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Your decision"),
        widget=forms.RadioSelect,
        choices=[
            ("approve", gettext_lazy("Approve: these people get their seats")),
            ("return", gettext_lazy("Give it back")),
        ],
        error_messages={"required": gettext_lazy("Choose one.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("What should change?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text=gettext_lazy("Needed when you give it back."),
    )


DEFAULT_DAYS_TO_ANSWER: Final = 7


class BatchForm(forms.Form):
    """A batch of invitations; times are meant in the rollout's zone."""

    send_at = forms.DateTimeField(
        label=gettext_lazy("Goes out"), widget=MomentInput(), validators=[validate_day]
    )
    answer_until = forms.DateTimeField(
        label=gettext_lazy("Answer until"), widget=MomentInput(), validators=[validate_day]
    )
    size = forms.IntegerField(
        label=gettext_lazy("How many people"),
        required=False,
        min_value=1,
        help_text=gettext_lazy("Everybody with a seat who was not asked yet, if you leave it empty."),
    )

    def __init__(self, data: Mapping[str, Any] | None, *, rollout: Rollout, now: dt.datetime) -> None:
        local = now.astimezone(rollout.zone).replace(second=0, microsecond=0)
        super().__init__(
            data,
            initial={
                "send_at": local.replace(tzinfo=None),
                "answer_until": (local + dt.timedelta(days=DEFAULT_DAYS_TO_ANSWER)).replace(tzinfo=None),
            },
        )
        self._zone = rollout.zone

    def clean_send_at(self) -> dt.datetime:
        return self._in_zone("send_at")

    def clean_answer_until(self) -> dt.datetime:
        return self._in_zone("answer_until")

    def _in_zone(self, name: str) -> dt.datetime:
        """Take the typed time as one of the rollout's zone, whatever zone the server has."""
        typed: dt.datetime = self.cleaned_data[name]
        return typed.replace(tzinfo=self._zone).astimezone(dt.UTC)
