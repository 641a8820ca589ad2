"""This room's section of a plan file: features with their rules, and experiments."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import AfterValidator, Field, model_validator

from flags.models import Experiment, Flag, FlagRule, Mode, Variant
from phases.documents.schema import (
    Code,
    Coded,
    Exact,
    KeyRefused,
    Length,
    Line,
    Percent,
    PlanModel,
    Text,
    at_most_places,
    one_of,
)
from phases.documents.tables import Group, Placed, Ref, Table
from phases.models import Rollout
from phases.plan.common import OWNER, PHASE
from phases.registry import PlanProblem, PlanSection, plan_section


def _share(value: Decimal) -> Decimal:
    if not 0 <= value <= 100:
        raise ValueError(_("A share is from 0 to 100 percent."))
    return value


Share = Annotated[Exact, AfterValidator(_share), at_most_places(3)]
"""A share in percent, from 0 to 100."""

_Name = Annotated[Line, Field(max_length=200)]
_Segment = Annotated[Line, Field(max_length=120)]


class RulePlan(Coded):
    """What a feature is in a phase, and for whom."""

    counted_as: ClassVar = gettext_lazy("rules of flags")

    phase: Code | None = None
    segment: _Segment = ""
    mode: Annotated[str, one_of(Mode)] = Mode.FULL.value
    note: Annotated[Line, Field(max_length=300)] = ""
    percent: Share | None = None
    day: Annotated[int, Field(ge=1, le=9_999)] | None = None
    raise_by: Percent | None = None
    raise_every: Length | None = None
    raise_to: Percent | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.mode == Mode.LIMITED and not self.note:
            raise KeyRefused("mode", _("Say what is limited. Add one such as: note: logging only"))
        if self.day is not None and self.phase is None:
            raise KeyRefused("day", _("Days count from the start of a phase. Name it: phase: …"))
        if (self.raise_by is None) != (self.raise_every is None):
            key = "raise_by" if self.raise_by is not None else "raise_every"
            raise KeyRefused(key, _("A share is raised by so much, so often: raise_by and raise_every."))
        if self.raise_to is not None and self.raise_by is None:
            raise KeyRefused("raise_to", _("Say by how much and how often: raise_by and raise_every."))
        if self.raise_by is not None and self.percent is None:
            raise KeyRefused("raise_by", _("Say from which share it is raised: percent: 10"))
        if self.raise_to is not None and self.percent is not None and self.raise_to <= self.percent:
            raise KeyRefused("raise_to", _("It is raised to more than its first share, %s.") % self.percent)
        return self


class FlagPlan(Coded):
    """A feature that can be on for some people; its code is what the product asks for."""

    counted_as: ClassVar = gettext_lazy("flags")

    name: _Name
    group: Annotated[Line, Field(max_length=80)] = ""
    about: Text = ""
    owner: Code | None = None
    default: Annotated[str, one_of(Mode)] = Mode.NONE.value
    kill_switch: bool = False
    rules: list[RulePlan] = []


class VariantPlan(Coded):
    """One of the variants of an experiment."""

    counted_as: ClassVar = gettext_lazy("variants")

    name: _Name
    percent: Percent | None = None


class ExperimentPlan(Coded):
    """Variants that are tried against each other."""

    counted_as: ClassVar = gettext_lazy("experiments")

    name: _Name
    hypothesis: Text = ""
    owner: Code | None = None
    phase: Code | None = None
    flag: Code | None = None
    segment: _Segment = ""
    decided_by: Annotated[Line, Field(max_length=300)] = ""
    variants: list[VariantPlan] = []

    @model_validator(mode="after")
    def _shares_are_whole(self) -> Self:
        shares = [variant.percent for variant in self.variants]
        given = [share for share in shares if share is not None]
        if given and (len(given) < len(shares) or sum(given) != 100):
            raise KeyRefused("variants", _("The shares of the variants make 100 percent, or none is given."))
        return self


class FlagsPlan(PlanModel):
    """Everything that this room plans."""

    features: list[FlagPlan] = []
    experiments: list[ExperimentPlan] = []


def _two_variants(rollout: Rollout, placed: Sequence[Placed]) -> list[PlanProblem]:
    """Tell of experiments with fewer than two variants: they decide nothing."""
    return [
        PlanProblem((*one.path, "name"), _("An experiment has two variants or more."), is_warning=True)
        for one in placed
        if len(one.plan.variants) < 2
    ]


FLAG: Final = Ref(Flag, gettext_lazy("flag"))

FLAGS: Final = Group(
    FlagsPlan,
    {
        "features": Table(
            Flag,
            FlagPlan,
            refs={"owner": OWNER},
            inner={"rules": (Table(FlagRule, RulePlan, refs={"phase": PHASE}), "flag")},
        ),
        "experiments": Table(
            Experiment,
            ExperimentPlan,
            refs={"owner": OWNER, "phase": PHASE, "flag": FLAG},
            inner={"variants": (Table(Variant, VariantPlan), "experiment")},
            check=_two_variants,
        ),
    },
)

plan_section(
    PlanSection(
        "flags", FlagsPlan, lambda rollout, plan, by: FLAGS.load(rollout, plan), FLAGS.dump, FLAGS.prune
    )
)
