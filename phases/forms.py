"""What people fill in on the pages of this room. Fields only: every rule is asked by the services."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core import signing
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from phases.models import Criterion, Gate, Phase, Rollout
from phases.models.gates import JUDGEMENT
from phases.permissions import RoleName
from phases.registry import measures
from phases.services import Chosen, Shown
from phases.services.criteria import EDITABLE, MEASURING
from phases.services.guards import same_name
from phases.states import STOPPING, Decision, Verb
from rollout_portal.lib.dates import validate_day
from rollout_portal.lib.decimals import UNITS, Comparator, validate_exact
from rollout_portal.lib.digests import canonical_json, fingerprint

CONDITIONS: Final = 3


class DayInput(forms.DateInput):
    """A day, by the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day of a plan."""

    widget = DayInput
    default_validators = [validate_day]


def words_area(rows: int = 3) -> forms.Textarea:
    """Room for a reason."""
    return forms.Textarea(attrs={"rows": rows})


class ReasonForm(forms.Form):
    """A reason, required or not as the act asks."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        widget=words_area(),
        max_length=4000,
        help_text=gettext_lazy("Shown to everybody who can see this rollout, and kept on the record."),
        error_messages={"required": gettext_lazy("Say why. The reason stands in the record.")},
    )

    def __init__(self, *args: Any, optional: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = not optional


# --- Signing ------------------------------------------------------------------------------------------

_SALT: Final = "phases.decide"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page showed: the reading that is signed, and its evidence, to tell later what has changed."""

    shown: Shown
    body: dict[str, Any]


def pack_shown(gate: Gate, shown: Shown, body: dict[str, Any]) -> str:
    """Return what was shown as text that only this portal can have written.

    Without the sources and what they say: there may be thousands, and the fingerprint speaks for them.
    """
    plain = json.loads(canonical_json(body))
    _forget_sources(plain["criteria"])
    values = {
        "gate": str(gate.uuid),
        "as_of": shown.as_of.isoformat(),
        "digest": shown.digest,
        "body": plain,
    }
    return signing.dumps(values, salt=_SALT, compress=True)


def _forget_sources(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["sources"], row["cited"] = [], {}
        _forget_sources(row["members"])


def unpack_shown(gate: Gate, packed: str) -> Seen | None:
    """Return what the page showed; None when it was not a page of this gate."""
    try:
        values = signing.loads(packed, salt=_SALT)
    except signing.BadSignature:
        return None
    if values["gate"] != str(gate.uuid):
        return None
    shown = Shown(as_of=datetime.fromisoformat(values["as_of"]), digest=values["digest"])
    return Seen(shown, values["body"])


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """The three fields of one condition."""

    number: int
    what: BoundField
    who: BoundField
    until: BoundField


class DecideForm(forms.Form):
    """A decision at a gate. Nothing is preselected, and no name is filled in."""

    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=Decision.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the four.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        widget=words_area(),
        required=False,
        max_length=4000,
        help_text=gettext_lazy(
            "Only a plain “Go” needs none. Shown to everybody who can see this rollout, and printed on the "
            "record."
        ),
    )
    look_again_on = DayField(label=gettext_lazy("Look again on"), required=False)
    hold = forms.BooleanField(label=gettext_lazy("Also hold the phase that runs now"), required=False)
    typed_name = forms.CharField(
        label=gettext_lazy("Type your name to sign"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Type your name. It is your signature.")},
    )

    def __init__(self, *args: Any, name: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["typed_name"].help_text = _("As in your account: %s.") % name
        for number in range(1, CONDITIONS + 1):
            self.fields[f"what_{number}"] = forms.CharField(
                label=_("What must be done"), required=False, max_length=300
            )
            self.fields[f"who_{number}"] = forms.CharField(label=_("By whom"), required=False, max_length=150)
            self.fields[f"until_{number}"] = DayField(label=_("Until when"), required=False)
            _need(*(self.fields[f"{part}_{number}"] for part in ("what", "who", "until")))
        _need(self.fields["look_again_on"])

    @property
    def condition_rows(self) -> list[ConditionRow]:
        """The fields of the conditions, row by row."""
        return [
            ConditionRow(number, self[f"what_{number}"], self[f"who_{number}"], self[f"until_{number}"])
            for number in range(1, CONDITIONS + 1)
        ]

    def clean(self) -> dict[str, Any]:
        """A condition without a person or a day is not one."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("decision") == Decision.CONDITIONAL:
            for number in range(1, CONDITIONS + 1):
                row = [data.get(f"{part}_{number}") for part in ("what", "who", "until")]
                if any(row) and not all(row):
                    self.add_error(f"what_{number}", _("Name all three: what, who, until when."))
        return data

    def chosen(self) -> Chosen:
        """Return what was decided, with only what belongs to that decision."""
        data = self.cleaned_data
        decision = Decision(data["decision"])
        return Chosen(
            decision=decision,
            reason=data["reason"],
            conditions=self._conditions() if decision == Decision.CONDITIONAL else (),
            look_again_on=data["look_again_on"] if decision == Decision.NOT_YET else None,
        )

    def draft(self) -> dict[str, str]:
        """Return the words as typed, without decision and name, to give them back on another page."""
        binding = {"shown", "decision", "typed_name", "hold"}
        return {name: self[name].value() or "" for name in self.fields if name not in binding}

    def _conditions(self) -> tuple[dict[str, str], ...]:
        data = self.cleaned_data
        return tuple(
            {
                "what": data[f"what_{number}"],
                "who": data[f"who_{number}"],
                "until": data[f"until_{number}"].isoformat(),
            }
            for number in range(1, CONDITIONS + 1)
            if data[f"what_{number}"]
        )


# --- Criteria -----------------------------------------------------------------------------------------


class JudgeForm(forms.Form):
    """A judgement: it holds or not, and why."""

    holds = forms.TypedChoiceField(
        label=gettext_lazy("Does it hold?"),
        choices=[("yes", gettext_lazy("It holds")), ("no", gettext_lazy("It does not hold"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say whether it holds.")},
    )
    rationale = forms.CharField(
        label=gettext_lazy("Why"),
        widget=words_area(),
        max_length=4000,
        help_text=gettext_lazy("Without a reason the judgement does not count."),
        error_messages={"required": gettext_lazy("Say why. Without a reason the judgement does not count.")},
    )
    evidence = forms.CharField(
        label=gettext_lazy("Evidence"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("A link or a sentence: where can somebody else see it?"),
    )
    expires_on = DayField(
        label=gettext_lazy("Good until"),
        required=False,
        help_text=gettext_lazy("After this day it must be judged again. Empty: it stays good."),
    )


class WaiveForm(ReasonForm):
    """A waiver: why, and until the end of which day."""

    until = DayField(
        label=gettext_lazy("Until the end of"),
        help_text=gettext_lazy(
            "A day in the rollout’s time zone. After it the criterion counts by its own figure."
        ),
        error_messages={"required": gettext_lazy("A waiver has an end. Name the day.")},
    )

    def moment(self, rollout: Rollout) -> datetime:
        """Return the end of the day in the rollout's zone."""
        day: date = self.cleaned_data["until"]
        return datetime.combine(day + timedelta(days=1), time(0), tzinfo=rollout.zone)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field, and what stands in it now."""

    name: str
    value: str


class CriterionForm(forms.Form):
    """A criterion's rule. `seen` says which version the person changed.

    What a person judges holds or does not: such a criterion has no measure, threshold or number here.
    """

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(
        label=gettext_lazy("Rule in words"),
        max_length=300,
        help_text=gettext_lazy("Positive when it holds: “No critical issue is open”."),
    )
    side = forms.ChoiceField(label=gettext_lazy("Side"), choices=Criterion.Side.choices)
    blocking = forms.BooleanField(
        label=gettext_lazy("Blocks the gate"),
        required=False,
        help_text=gettext_lazy("Otherwise it only informs."),
    )
    measure = forms.ChoiceField(label=gettext_lazy("Measure"), required=False)
    subject = forms.CharField(label=gettext_lazy("Of what"), required=False, max_length=120)
    window = forms.CharField(
        label=gettext_lazy("Over what time"),
        max_length=10,
        help_text=gettext_lazy("“latest”, “phase”, “wave”, or a number with s, m, h, d or w: “7d”."),
    )
    comparator = forms.ChoiceField(label=gettext_lazy("Comparison"), required=False)
    threshold = forms.DecimalField(
        label=gettext_lazy("Threshold"), required=False, validators=[validate_exact]
    )
    threshold_high = forms.DecimalField(
        label=gettext_lazy("Upper end"),
        required=False,
        validators=[validate_exact],
        help_text=gettext_lazy("Only for “between”."),
    )
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), required=False)
    versus_baseline = forms.BooleanField(
        label=gettext_lazy("As a change in percent against the baseline"), required=False
    )
    min_n = forms.IntegerField(label=gettext_lazy("At least so many answers"), required=False, min_value=1)
    max_age_hours = forms.DecimalField(
        label=gettext_lazy("Not older than, in hours"),
        required=False,
        min_value=0,
        max_digits=8,
        decimal_places=2,
    )
    decide_by = forms.ChoiceField(label=gettext_lazy("Decided by"), choices=Criterion.DecideBy.choices)
    judge_role = forms.ChoiceField(
        label=gettext_lazy("Judged by"),
        required=False,
        choices=[("", gettext_lazy("anybody who may judge")), *RoleName.choices],
    )
    reason = forms.CharField(
        label=gettext_lazy("Why is the rule changed?"),
        widget=words_area(),
        max_length=4000,
        error_messages={"required": gettext_lazy("Say why the rule is changed.")},
    )

    def __init__(self, *args: Any, criterion: Criterion, **kwargs: Any) -> None:
        kwargs.setdefault("initial", criterion_values(criterion) | {"seen": criterion_version(criterion)})
        super().__init__(*args, **kwargs)
        self.criterion = criterion
        named = {name: str(one.label) for name, one in measures().items() if name != JUDGEMENT}
        if criterion.measure:
            named.setdefault(criterion.measure, criterion.measure)
        _choose(self.fields["measure"], [("", _("none: it is a group")), *named.items()])
        _choose(
            self.fields["comparator"], [("", _("none")), *((one.value, str(one.label)) for one in Comparator)]
        )
        _choose(self.fields["unit"], [("", _("none")), *_units()])
        for name in MEASURING if criterion.is_judged else ("judge_role",):
            del self.fields[name]

    def differences(self) -> list[Difference]:
        """Return the fields in which what was typed is not what stands now."""
        standing = criterion_values(self.criterion)
        return [
            Difference(str(self[name].label), str(standing[name] if standing[name] is not None else ""))
            for name in standing
            if name in self.fields and str(self[name].value() or "") != str(standing[name] or "")
        ]

    def values(self) -> dict[str, Any]:
        """Return the fields as the service takes them."""
        data = dict(self.cleaned_data)
        hours: Decimal | None = data.pop("max_age_hours")
        data["max_age"] = None if hours is None else timedelta(seconds=int(hours * 3600))
        return {name: data[name] for name in EDITABLE if name in data}


def criterion_values(criterion: Criterion) -> dict[str, Any]:
    """Return a criterion as the form shows it."""
    values = {name: getattr(criterion, name) for name in EDITABLE}
    age: timedelta | None = values.pop("max_age")
    for name in ("threshold", "threshold_high"):
        if values[name] is not None:
            values[name] = f"{values[name].normalize():f}"
    hours = None if age is None else Decimal(int(age.total_seconds())) / 3600
    return values | {"max_age_hours": None if hours is None else f"{hours.normalize():f}"}


def criterion_version(criterion: Criterion) -> str:
    """Return what tells one version of a criterion from the next."""
    return fingerprint({name: str(getattr(criterion, name)) for name in EDITABLE})


class BaselineForm(forms.Form):
    """A figure to freeze."""

    measure = forms.ChoiceField(label=gettext_lazy("Measure"))
    subject = forms.CharField(label=gettext_lazy("Of what"), max_length=120)
    value = forms.DecimalField(label=gettext_lazy("Value"), validators=[validate_exact])
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), required=False)
    n = forms.IntegerField(label=gettext_lazy("From so many observations"), required=False, min_value=1)
    note = forms.CharField(
        label=gettext_lazy("How it was read"), widget=words_area(), required=False, max_length=4000
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self.fields["measure"], [(name, str(one.label)) for name, one in measures().items()])
        _choose(self.fields["unit"], [("", _("none")), *_units()])


def _units() -> list[tuple[str, str]]:
    """Return the units with their signs; those without one are said by name."""
    return [(name, unit.sign or name) for name, unit in UNITS.items() if name]


def _need(*fields: forms.Field) -> None:
    """Mark fields that are shown only where they are needed, so that none is called optional there."""
    for field in fields:
        field.needed = True  # type: ignore[attr-defined]


def _choose(field: forms.Field, choices: Sequence[tuple[str, str]]) -> None:
    """Give a choice field the choices that are known only at run time."""
    if isinstance(field, forms.ChoiceField):
        field.choices = list(choices)


# --- Stopping -----------------------------------------------------------------------------------------

# The words that are needed in a hurry. None is chosen: whoever stops says why, by one tap.
STOP_REASONS: Final = (
    ("look", gettext_lazy("Something looks wrong; we are looking into it")),
    ("errors", gettext_lazy("Errors or outage")),
    ("data", gettext_lazy("Data is wrong, lost or exposed")),
    ("safety", gettext_lazy("People could come to harm")),
    ("load", gettext_lazy("Too much at once: load, support or cost")),
    ("other", gettext_lazy("Another reason (say which)")),
)


class StopForm(forms.Form):
    """One of the four stopping verbs, with its reason."""

    verb = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=[(verb.value, verb.label) for verb in STOPPING],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what to do.")},
    )
    why = forms.ChoiceField(
        label=gettext_lazy("Why"),
        choices=STOP_REASONS,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose why.")},
    )
    more = forms.CharField(
        label=gettext_lazy("In your words"), widget=words_area(2), required=False, max_length=2000
    )
    keep = forms.IntegerField(
        label=gettext_lazy("How many people stay"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("The last drawn leave first."),
    )
    typed_name = forms.CharField(
        label=gettext_lazy("Type the rollout’s name to roll back"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, phase: Phase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.phase = phase
        self.fields["typed_name"].help_text = _("It is: %s") % phase.rollout.name
        _need(self.fields["typed_name"], self.fields["keep"])

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen verb needs, and for nothing else."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("why") == "other" and not data.get("more", "").strip():
            self.add_error("more", _("Say which reason."))
        if data.get("verb") == Verb.SHRINK and data.get("keep") is None and "keep" not in self.errors:
            self.add_error("keep", _("Say how many people stay: 0 or more."))
        if data.get("verb") == Verb.ROLL_BACK and not same_name(
            data.get("typed_name", ""), self.phase.rollout.name
        ):
            self.add_error("typed_name", _("Type the name of the rollout: %s.") % self.phase.rollout.name)
        return data

    def reason(self) -> str:
        """Return the chosen words and the person's own."""
        more: str = self.cleaned_data["more"].strip()
        if self.cleaned_data["why"] == "other":
            return more
        said = str(dict(STOP_REASONS)[self.cleaned_data["why"]])
        return f"{said}: {more}" if more else said
