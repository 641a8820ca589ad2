"""What every planned thing with a time has, and what every one with a figure has."""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from phases.models.base import PlanItem
from phases.when import When
from rollout_portal.lib.decimals import Comparator


class Weekday(models.TextChoices):
    MONDAY = "monday", _("Monday")
    TUESDAY = "tuesday", _("Tuesday")
    WEDNESDAY = "wednesday", _("Wednesday")
    THURSDAY = "thursday", _("Thursday")
    FRIDAY = "friday", _("Friday")
    SATURDAY = "saturday", _("Saturday")
    SUNDAY = "sunday", _("Sunday")


class Repeats(models.TextChoices):
    """How often something comes again, within its time."""

    ALWAYS = "always", _("all the time")
    DAILY = "daily", _("every day")
    WORKING_DAYS = "working_days", _("every working day")
    WEEKLY = "weekly", _("every week")
    FORTNIGHTLY = "fortnightly", _("every second week")
    MONTHLY = "monthly", _("every month")
    QUARTERLY = "quarterly", _("every quarter")


# A comparison with NULL is neither true nor false, and a CHECK lets it pass: what must be there is said.
_NOT_ON_DATES = Q(starts_on__isnull=True, ends_on__isnull=True)
_NOT_IN_WEEKS = Q(start_week__isnull=True, end_week__isnull=True)
_NO_DAYS = Q(start_day__isnull=True, end_day__isnull=True)


class Timed(PlanItem):
    """A planned thing with a time: dates, or plan weeks and days that become dates by the anchor.

    `phase` is the phase that it belongs to; days without a week count from the phase's first day.
    """

    phase = models.ForeignKey(
        "phases.Phase",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="%(app_label)s_%(class)ss",
        verbose_name=_("phase"),
    )
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    start_week = models.PositiveSmallIntegerField(_("from plan week"), null=True, blank=True)
    end_week = models.PositiveSmallIntegerField(_("to plan week"), null=True, blank=True)
    start_day = models.PositiveSmallIntegerField(_("from day"), null=True, blank=True)
    end_day = models.PositiveSmallIntegerField(_("to day"), null=True, blank=True)
    open_ended = models.BooleanField(_("without an end"), default=False)
    half = models.CharField(
        _("half of the day"), max_length=2, choices=[("AM", "AM"), ("PM", "PM")], blank=True
    )
    at = models.TimeField(_("at"), null=True, blank=True)

    class Meta(PlanItem.Meta):
        abstract = True
        constraints = [
            *PlanItem.Meta.constraints,
            models.CheckConstraint(
                condition=(_NOT_IN_WEEKS & _NO_DAYS & (_NOT_ON_DATES | Q(starts_on__isnull=False)))
                | (_NOT_ON_DATES & Q(start_week__isnull=False, start_week__gte=1))
                | (_NOT_ON_DATES & _NOT_IN_WEEKS & Q(start_day__isnull=False, start_day__gte=1)),
                name="%(app_label)s_%(class)s_dates_or_weeks_or_days",
            ),
            models.CheckConstraint(
                condition=(Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")))
                & (Q(end_week__isnull=True) | Q(end_week__gt=F("start_week")))
                & (
                    Q(end_day__isnull=True)
                    | Q(start_day__isnull=False, end_week__isnull=False)
                    | Q(end_day__gt=F("start_day"), start_day__isnull=False)
                )
                & (
                    Q(end_week__isnull=True)
                    | Q(start_day__isnull=True, end_day__isnull=True)
                    | Q(start_day__isnull=False, end_day__isnull=False)
                )
                & (Q(start_week__isnull=True) | Q(start_day__isnull=True) | Q(start_day__range=(1, 7)))
                & (Q(start_week__isnull=True) | Q(end_day__isnull=True) | Q(end_day__range=(1, 7)))
                & (
                    Q(open_ended=False) | Q(ends_on__isnull=True, end_week__isnull=True, end_day__isnull=True)
                ),
                name="%(app_label)s_%(class)s_time_in_order",
            ),
            models.CheckConstraint(
                condition=Q(half="") | Q(at__isnull=True), name="%(app_label)s_%(class)s_hour_or_half"
            ),
        ]

    @property
    def when(self) -> When:
        """The time as a value."""
        return When(
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            week=self.start_week,
            end_week=self.end_week,
            day=self.start_day,
            end_day=self.end_day,
            open_ended=self.open_ended,
            half=self.half,
            at=self.at,
        )

    @property
    def planned_start(self) -> date | None:
        """The first planned day; None while no anchor fixes it."""
        return self.when.first_day(self.rollout.anchor, self._origin)

    @property
    def planned_end(self) -> date | None:
        """The last planned day; None when it has no end, or no anchor fixes it."""
        return self.when.last_day(self.rollout.anchor, self._origin)

    @property
    def _origin(self) -> date | None:
        return self.phase.planned_start if self.phase else self.rollout.anchor


def when_columns(when: When | None) -> dict[str, Any]:
    """Return a time as the columns of a row."""
    value = when or When()
    return {
        "starts_on": value.starts_on,
        "ends_on": value.ends_on,
        "start_week": value.week,
        "end_week": value.end_week,
        "start_day": value.day,
        "end_day": value.end_day,
        "open_ended": value.open_ended,
        "half": value.half,
        "at": value.at,
    }


class Repeated(Timed):
    """A planned thing that may come again: how often, and on which day of the week."""

    repeats = models.CharField(_("comes again"), max_length=12, choices=Repeats.choices, blank=True)
    weekday = models.CharField(_("on"), max_length=9, choices=Weekday.choices, blank=True)

    class Meta(Timed.Meta):
        abstract = True
        constraints = [
            *Timed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(weekday="") | Q(repeats__in=[Repeats.WEEKLY, Repeats.FORTNIGHTLY]),
                name="%(app_label)s_%(class)s_weekday_of_a_week",
            ),
        ]


_ONE_SIDED = ["", *(one.value for one in Comparator if one != Comparator.BETWEEN)]


class Figured(models.Model):
    """A planned thing that a figure decides: what measures it, and what it is held against."""

    measure = models.CharField(_("measure"), max_length=60, blank=True)
    subject = models.CharField(_("of"), max_length=120, blank=True)
    comparator = models.CharField(_("comparison"), max_length=8, choices=Comparator.choices, blank=True)
    threshold = models.DecimalField(_("figure"), max_digits=24, decimal_places=9, null=True, blank=True)
    threshold_high = models.DecimalField(
        _("upper end"), max_digits=24, decimal_places=9, null=True, blank=True
    )
    unit = models.CharField(_("unit"), max_length=12, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(comparator="", threshold__isnull=True, threshold_high__isnull=True, unit="")
                | (~Q(comparator="") & Q(threshold__isnull=False)),
                name="%(app_label)s_%(class)s_compares_with_a_figure",
            ),
            models.CheckConstraint(
                condition=Q(threshold_high__isnull=True, comparator__in=_ONE_SIDED)
                | Q(
                    comparator=Comparator.BETWEEN,
                    threshold_high__isnull=False,
                    threshold_high__gte=F("threshold"),
                ),
                name="%(app_label)s_%(class)s_between_two_ends",
            ),
            models.CheckConstraint(
                condition=Q(measure="") | ~Q(comparator=""),
                name="%(app_label)s_%(class)s_measure_is_compared",
            ),
        ]
