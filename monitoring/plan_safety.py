"""The part of this room's section that stops a rollout: runbooks, triggers, contacts, shifts."""

from typing import Annotated, ClassVar, Final, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field, model_validator

from flags.models import Flag
from monitoring.models import EscalationContact, OnCallShift, Runbook, RunbookStep, Trigger
from phases.documents.schema import (
    Code,
    Coded,
    KeyRefused,
    Length,
    Line,
    RuleText,
    Text,
    TimeOfDay,
    WhenText,
    one_of,
)
from phases.documents.tables import Ref, Table
from phases.plan.common import (
    OWNER,
    OWNERS,
    PHASE,
    MeasureName,
    WeekdayText,
    distinct,
    problems_of_measures,
)
from rollout_portal.lib.decimals import Comparator

_What = Annotated[Line, Field(max_length=500)]


class StepPlan(Coded):
    """One step of a runbook."""

    counted_as: ClassVar = gettext_lazy("steps of runbooks")

    text: _What
    owner: Code | None = None
    minutes: Annotated[int, Field(ge=1, le=32_767)] | None = None
    due_after: Length | None = None
    every: Length | None = None
    command: Text = ""
    check: _What = ""


class RunbookPlan(Coded):
    """What is done in a certain case, step by step."""

    counted_as: ClassVar = gettext_lazy("runbooks")

    name: Annotated[Line, Field(max_length=200)]
    kind: Annotated[str, one_of(Runbook.Kind)] = Runbook.Kind.ROLLBACK.value
    about: Text = ""
    phase: Code | None = None
    owner: Code | None = None
    decided_by: list[Code] = []
    together: bool = False
    within: Length | None = None
    steps: list[StepPlan] = []

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        distinct("decided_by", self.decided_by, _("“%s” stands here twice."))
        if self.together and len(self.decided_by) < 2:
            raise KeyRefused("together", _("Only several roles decide together: decided_by: [one, other]"))
        return self


class TriggerPlan(Coded):
    """What holds a phase or rolls it back: a measure that breaks a limit, or a reported event."""

    counted_as: ClassVar = gettext_lazy("triggers")

    text: Annotated[Line, Field(max_length=300)]
    phase: Code | None = None
    owner: Code | None = None
    measure: MeasureName | None = None
    of: Annotated[Line, Field(max_length=120)] = ""
    fires: RuleText | None = None
    against_target: bool = False
    lasting: Length | None = None
    complete_within: Length | None = None
    cooldown: Length | None = None
    action: Annotated[str, one_of(Trigger.Action)]
    automatic: bool = False
    switches_off: list[Code] = []
    runbook: Code | None = None

    @model_validator(mode="after")
    def _is_measured_or_an_event(self) -> Self:
        if self.fires is not None and self.against_target:
            raise KeyRefused("against_target", _("Give a limit, or take the target of the phase; not both."))
        if self.measure and self.fires is None and not self.against_target:
            raise KeyRefused(
                "measure",
                _("A measure needs a limit. Add one such as: fires: above 5 %, or against_target: true"),
            )
        if not self.measure:
            for key in ("of", "fires", "against_target", "lasting"):
                if getattr(self, key):
                    raise KeyRefused(
                        key, _("“%s” belongs to a measure, and there is none here. Take it out.") % key
                    )
        if self.fires is not None and self.fires.comparator == Comparator.BETWEEN:
            raise KeyRefused("fires", _("A limit has one side: above 5 %."))
        return self

    @model_validator(mode="after")
    def _switches_something_off(self) -> Self:
        distinct("switches_off", self.switches_off, _("“%s” stands here twice."))
        if (self.action == Trigger.Action.SWITCH_OFF) != bool(self.switches_off):
            key = "switches_off" if self.switches_off else "action"
            raise KeyRefused(key, _("Name the flags under “switches_off”, with action: switch_off"))
        return self


class ContactPlan(Coded):
    """Who is asked next."""

    counted_as: ClassVar = gettext_lazy("escalation contacts")

    level: Annotated[int, Field(ge=1, le=9)]
    topic: Annotated[Line, Field(max_length=200)] = ""
    owner: Code | None = None
    reach: Annotated[Line, Field(max_length=200)] = ""
    opens: TimeOfDay | None = None
    closes: TimeOfDay | None = None
    after: Length | None = None

    @model_validator(mode="after")
    def _hours_have_two_ends(self) -> Self:
        _two_ends(self)
        return self


class ShiftPlan(Coded):
    """Who is on call when, and who stands in."""

    counted_as: ClassVar = gettext_lazy("on-call shifts")

    primary: Code
    backup: Code | None = None
    rotation: list[Code] = []
    phase: Code | None = None
    when: WhenText | None = None
    days: list[WeekdayText] = []
    opens: TimeOfDay | None = None
    closes: TimeOfDay | None = None
    note: Annotated[Line, Field(max_length=300)] = ""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        _two_ends(self)
        distinct("days", self.days, _("“%s” stands here twice."))
        distinct("rotation", [self.primary, *self.rotation], _("“%s” takes a turn twice."))
        if self.backup == self.primary:
            raise KeyRefused("backup", _("Nobody stands in for themselves. Name another role."))
        return self


def _two_ends(hours: ContactPlan | ShiftPlan) -> None:
    if (hours.opens is None) != (hours.closes is None):
        key = "opens" if hours.closes is None else "closes"
        raise KeyRefused(key, _("Give both ends of the hours: opens and closes."))
    if hours.opens is not None and hours.opens == hours.closes:
        raise KeyRefused("closes", _("The hours end when they begin. Leave both out for the whole day."))


_HOURS: Final = {"opens": "opens_at", "closes": "closes_at"}

TABLES: Final = {
    "runbooks": Table(
        Runbook,
        RunbookPlan,
        refs={"owner": OWNER, "phase": PHASE, "decided_by": OWNERS},
        inner={
            "steps": (
                Table(RunbookStep, StepPlan, columns={"check": "verify"}, refs={"owner": OWNER}),
                "runbook",
            )
        },
    ),
    "triggers": Table(
        Trigger,
        TriggerPlan,
        columns={"of": "subject"},
        refs={
            "owner": OWNER,
            "phase": PHASE,
            "runbook": Ref(Runbook, gettext_lazy("runbook")),
            "switches_off": Ref(Flag, gettext_lazy("flag"), many=True),
        },
        rule="fires",
        check=problems_of_measures,
    ),
    "escalation": Table(EscalationContact, ContactPlan, columns=_HOURS, refs={"owner": OWNER}),
    "on_call": Table(
        OnCallShift,
        ShiftPlan,
        columns=_HOURS,
        refs={"primary": OWNER, "backup": OWNER, "rotation": OWNERS, "phase": PHASE},
    ),
}
