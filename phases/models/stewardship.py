"""What a plan looks after besides the work: risks, money, decisions, reviews, material, working time."""

from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from phases.models.base import PlanItem
from phases.models.timing import Repeated, Timed
from phases.models.work import Owned

validate_web_address = URLValidator(schemes=["http", "https"])

# SQLite keeps decimals as floating numbers, which hold 15 significant digits exactly.
MONEY_DIGITS = 15
MONEY_PLACES = 3


class Risk(Owned, PlanItem):
    """What may go wrong, what is done against it, and what is done if it happens all the same."""

    class Likelihood(models.TextChoices):
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")

    class Impact(models.TextChoices):
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")
        CRITICAL = "critical", _("critical")

    phase = models.ForeignKey(
        "phases.Phase", on_delete=models.PROTECT, null=True, blank=True, related_name="risks"
    )
    text = models.CharField(_("risk"), max_length=500)
    category = models.CharField(_("kind"), max_length=80, blank=True)
    likelihood = models.CharField(_("likelihood"), max_length=8, choices=Likelihood.choices, blank=True)
    impact = models.CharField(_("impact"), max_length=8, choices=Impact.choices, blank=True)
    mitigation = models.TextField(_("what is done against it"), blank=True)
    contingency = models.TextField(_("what is done if it happens"), blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("risk")
        verbose_name_plural = _("risks")
        constraints = [
            *PlanItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(likelihood="", impact="") | (~Q(likelihood="") & ~Q(impact="")),
                name="phases_risk_rated_whole_or_not",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class BudgetLine(Owned, PlanItem):
    """Money that the plan sets aside, exact: once, or each month for so many months.

    `up_to` is the upper end where the plan names a range. Without a currency it is the rollout's.
    """

    phase = models.ForeignKey(
        "phases.Phase", on_delete=models.PROTECT, null=True, blank=True, related_name="budget_lines"
    )
    text = models.CharField(_("what for"), max_length=300)
    category = models.CharField(_("kind"), max_length=80, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES)
    up_to = models.DecimalField(
        _("up to"), max_digits=MONEY_DIGITS, decimal_places=MONEY_PLACES, null=True, blank=True
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    months = models.PositiveSmallIntegerField(_("months"), null=True, blank=True)
    optional = models.BooleanField(_("optional"), default=False)
    alerts = models.JSONField(_("told at"), default=list, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("budget line")
        verbose_name_plural = _("budget lines")
        constraints = [
            *PlanItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(amount__gte=0) & (Q(up_to__isnull=True) | Q(up_to__gt=F("amount"))),
                name="phases_budgetline_amounts_in_order",
            ),
            models.CheckConstraint(
                condition=Q(months__isnull=True) | Q(months__gte=1), name="phases_budgetline_months_from_one"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class PlanDecision(Owned, Timed):
    """A question that the plan leaves open until a day, and what was decided."""

    question = models.CharField(_("question"), max_length=500)
    options = models.JSONField(_("options"), default=list, blank=True)
    outcome = models.TextField(_("decided"), blank=True)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)

    class Meta(Timed.Meta):
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            *Timed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(outcome="", decided_on__isnull=True)
                | (~Q(outcome="") & Q(decided_on__isnull=False)),
                name="phases_plandecision_decided_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.question


class Review(Owned, Repeated):
    """A look back at an agreed time: what is looked at, and who takes part."""

    text = models.CharField(_("what"), max_length=300)
    participants = models.CharField(_("who takes part"), max_length=300, blank=True)
    takes = models.DurationField(_("takes"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta(Repeated.Meta):
        verbose_name = _("review")
        verbose_name_plural = _("reviews")

    def __str__(self) -> str:
        return self.text


class Resource(Owned, Timed):
    """Something that people use: a guide, a video, a tool, a page; until `when` it has to be ready."""

    class Kind(models.TextChoices):
        GUIDE = "guide", _("guide")
        VIDEO = "video", _("video")
        FAQ = "faq", _("questions and answers")
        COURSE = "course", _("course")
        PAGE = "page", _("page")
        TOOL = "tool", _("tool")
        DOCUMENT = "document", _("document")
        SUPPORT = "support", _("support")
        EQUIPMENT = "equipment", _("equipment")
        OTHER = "other", _("something else")

    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.DOCUMENT)
    link = models.CharField(_("link"), max_length=500, blank=True, validators=[validate_web_address])
    audience = models.CharField(_("for whom"), max_length=200, blank=True)
    version = models.CharField(_("version"), max_length=40, blank=True)
    languages = models.JSONField(_("languages"), default=list, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta(Timed.Meta):
        verbose_name = _("resource")
        verbose_name_plural = _("resources")

    def __str__(self) -> str:
        return self.name


class WorkCalendar(PlanItem):
    """When people work: which days of the week, from when to when in the rollout's zone, which holidays.

    `holidays` is a list of `{"day": "2026-12-25", "name": "Christmas Day"}`.
    """

    name = models.CharField(_("name"), max_length=200)
    days = models.JSONField(_("working days"), default=list)
    opens_at = models.TimeField(_("from"), null=True, blank=True)
    closes_at = models.TimeField(_("to"), null=True, blank=True)
    holidays = models.JSONField(_("holidays"), default=list, blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("work calendar")
        verbose_name_plural = _("work calendars")
        constraints = [
            *PlanItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True, closes_at__isnull=True)
                | Q(opens_at__isnull=False, closes_at__isnull=False, closes_at__gt=F("opens_at")),
                name="phases_workcalendar_opens_before_it_closes",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Blackout(Timed):
    """A time in which nothing new goes out, and what may happen all the same."""

    text = models.CharField(_("what"), max_length=300)
    allows = models.CharField(_("what goes on"), max_length=300, blank=True)

    class Meta(Timed.Meta):
        verbose_name = _("blackout")
        verbose_name_plural = _("blackouts")
        constraints = [
            *Timed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(starts_on__isnull=False)
                | Q(start_week__isnull=False)
                | Q(start_day__isnull=False),
                name="phases_blackout_has_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.text
