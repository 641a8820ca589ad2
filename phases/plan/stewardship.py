"""What a plan looks after besides the work: risks, budget, decisions, reviews, resources."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import AfterValidator, Field, model_validator

from phases.documents.schema import (
    Code,
    Coded,
    Currency,
    Day,
    Exact,
    KeyRefused,
    Languages,
    Length,
    Line,
    Text,
    WebAddress,
    WhenText,
    at_most_places,
    one_of,
)
from phases.documents.tables import Kept, Placed, Table
from phases.models import BudgetLine, PlanDecision, Resource, Review, Risk, Rollout
from phases.models.stewardship import MONEY_DIGITS, MONEY_PLACES
from phases.plan.common import (
    OWNER,
    PHASE,
    RepeatsText,
    WeekdayText,
    distinct,
    weekday_of_a_week,
)
from phases.registry import PlanProblem
from rollout_portal.lib.digests import decimal_text


def _money(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError(_("An amount of money is 0 or more."))
    if value >= Decimal(10) ** (MONEY_DIGITS - MONEY_PLACES):
        raise ValueError(
            _("An amount has at most %d digits before the point.") % (MONEY_DIGITS - MONEY_PLACES)
        )
    return value


Money = Annotated[Exact, AfterValidator(_money), at_most_places(MONEY_PLACES)]
_What = Annotated[Line, Field(max_length=500)]
_Short = Annotated[Line, Field(max_length=300)]
_Kind = Annotated[Line, Field(max_length=80)]


class RiskPlan(Coded):
    """What may go wrong. It is rated whole, or not at all."""

    counted_as: ClassVar = gettext_lazy("risks")

    text: _What
    category: _Kind = ""
    likelihood: Annotated[str, one_of(Risk.Likelihood)] | None = None
    impact: Annotated[str, one_of(Risk.Impact)] | None = None
    mitigation: Text = ""
    contingency: Text = ""
    owner: Code | None = None
    phase: Code | None = None

    @model_validator(mode="after")
    def _is_rated_whole(self) -> Self:
        if (self.likelihood is None) != (self.impact is None):
            key = "likelihood" if self.likelihood else "impact"
            raise KeyRefused(key, _("A risk is rated by both: likelihood and impact."))
        return self


class BudgetLinePlan(Coded):
    """Money that the plan sets aside, once or each month."""

    counted_as: ClassVar = gettext_lazy("budget lines")

    text: _Short
    category: _Kind = ""
    amount: Money
    up_to: Money | None = None
    currency: Currency | None = None
    months: Annotated[int, Field(ge=1, le=1200)] | None = None
    optional: bool = False
    alerts: list[Money] = []
    owner: Code | None = None
    phase: Code | None = None
    note: Text = ""

    @model_validator(mode="after")
    def _amounts_have_order(self) -> Self:
        if self.up_to is not None and self.up_to <= self.amount:
            raise KeyRefused("up_to", _("The upper end is more than the amount, %s.") % self.amount)
        if sorted(set(self.alerts)) != self.alerts:
            raise KeyRefused("alerts", _("Alerts go from the smallest to the largest, each once."))
        return self


class DecisionPlan(Coded):
    """A question that is open until a day, or what was decided."""

    counted_as: ClassVar = gettext_lazy("decisions")

    question: _What
    options: list[_Short] = []
    owner: Code | None = None
    phase: Code | None = None
    when: WhenText | None = None
    outcome: Text = ""
    decided: Day | None = None

    @model_validator(mode="after")
    def _is_decided_or_open(self) -> Self:
        distinct("options", self.options, _("“%s” stands here twice."))
        if bool(self.outcome) != (self.decided is not None):
            key = "outcome" if self.outcome else "decided"
            raise KeyRefused(key, _("What was decided has an outcome and the day: outcome and decided."))
        return self


class ReviewPlan(Coded):
    """A look back at an agreed time."""

    counted_as: ClassVar = gettext_lazy("reviews")

    text: _Short
    participants: _Short = ""
    owner: Code | None = None
    phase: Code | None = None
    when: WhenText | None = None
    repeats: RepeatsText | None = None
    weekday: WeekdayText | None = None
    takes: Length | None = None
    note: Text = ""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        weekday_of_a_week(self.repeats, self.weekday)
        return self


class ResourcePlan(Coded):
    """Something that people use."""

    counted_as: ClassVar = gettext_lazy("resources")

    name: Annotated[Line, Field(max_length=200)]
    kind: Annotated[str, one_of(Resource.Kind)] = Resource.Kind.DOCUMENT.value
    link: WebAddress | None = None
    audience: Annotated[Line, Field(max_length=200)] = ""
    version: Annotated[Line, Field(max_length=40)] = ""
    languages: Languages = []
    owner: Code | None = None
    phase: Code | None = None
    when: WhenText | None = None
    note: Text = ""


def _money_has_a_currency(rollout: Rollout, placed: Sequence[Placed]) -> list[PlanProblem]:
    message = _("In which currency? Say it here, or for the whole rollout: currency: MYR")
    return [
        PlanProblem((*one.path, "amount"), message)
        for one in placed
        if one.plan.currency is None and not rollout.currency
    ]


_REFS: Final = {"owner": OWNER, "phase": PHASE}
_ALERTS: Final = Kept(
    into_row=lambda amounts: [decimal_text(amount) for amount in amounts],
    out_of_row=lambda amounts: [Decimal(amount) for amount in amounts],
)

RISKS: Final = Table(Risk, RiskPlan, refs=_REFS)
BUDGET: Final = Table(
    BudgetLine, BudgetLinePlan, refs=_REFS, kept={"alerts": _ALERTS}, check=_money_has_a_currency
)


def _decided(row: PlanDecision) -> str:
    return _("“%s” was decided; ask a new question instead.") % row if row.outcome else ""


DECISIONS: Final = Table(
    PlanDecision, DecisionPlan, columns={"decided": "decided_on"}, refs=_REFS, settled=_decided
)
REVIEWS: Final = Table(Review, ReviewPlan, refs=_REFS)
RESOURCES: Final = Table(Resource, ResourcePlan, refs=_REFS)
