"""Phases, what they are for, whom they reach, and every move that they made."""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from phases.models.base import PlanItem
from phases.states import OVER, RUNNING, Intake, ObjectiveOutcome, PhaseState, Verb
from rollout_portal.lib.constraints import known_values


class PopulationBase(PlanItem):
    """A named population that shares are taken of, such as the product's active users."""

    name = models.CharField(_("name"), max_length=200)
    definition = models.TextField(_("who counts"), blank=True)
    size = models.PositiveBigIntegerField(_("how many"))
    approximate = models.BooleanField(_("about"), default=False)
    counted_on = models.DateField(_("counted on"), null=True, blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("population")
        verbose_name_plural = _("populations")

    def __str__(self) -> str:
        return self.name


class PhaseQuerySet(models.QuerySet["Phase"]):
    def running(self) -> Self:
        """Return the phases that run now, held ones included."""
        return self.filter(state__in=RUNNING)

    def ahead(self) -> Self:
        """Return the phases that did not run yet or were rolled back."""
        return self.exclude(state__in=RUNNING | OVER)


class Phase(PlanItem):
    """One stage of the rollout.

    Planned time is either dates (`starts_on`, `ends_on`) or plan weeks (`start_week`, `end_week`,
    counted from the rollout's anchor, both included), of which the first may begin on `start_day` and the
    last end on `end_day` (1 to 7); `open_ended` has no end. The audience is a fixed size, a range, or a
    percentage of a population; `cumulative` sizes contain those of earlier phases. `rollback_within` is how
    long rolling it back may take.
    """

    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        verbose_name=_("part of"),
    )
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    start_week = models.PositiveSmallIntegerField(_("from plan week"), null=True, blank=True)
    end_week = models.PositiveSmallIntegerField(_("to plan week"), null=True, blank=True)
    start_day = models.PositiveSmallIntegerField(_("from day of the first week"), null=True, blank=True)
    end_day = models.PositiveSmallIntegerField(_("to day of the last week"), null=True, blank=True)
    open_ended = models.BooleanField(_("without an end"), default=False)
    rollback_within = models.DurationField(_("rolled back within"), null=True, blank=True)
    audience = models.CharField(_("audience"), max_length=300, blank=True)
    size_min = models.PositiveBigIntegerField(_("people, at least"), null=True, blank=True)
    size_max = models.PositiveBigIntegerField(_("people, at most"), null=True, blank=True)
    percent = models.DecimalField(
        _("percent of the population"), max_digits=6, decimal_places=3, null=True, blank=True
    )
    base = models.ForeignKey(
        PopulationBase, on_delete=models.PROTECT, null=True, blank=True, related_name="phases"
    )
    approximate = models.BooleanField(_("about"), default=False)
    cumulative = models.BooleanField(_("contains the people of earlier phases"), default=True)

    state = models.CharField(
        _("state"), max_length=12, choices=PhaseState.choices, default=PhaseState.PLANNED
    )
    held_at = models.DateTimeField(_("held since"), null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    held_because = models.TextField(_("held because"), blank=True)
    intake = models.CharField(_("intake"), max_length=8, choices=Intake.choices, default=Intake.OPEN)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects: ClassVar[PhaseQuerySet] = PhaseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(PlanItem.Meta):
        verbose_name = _("phase")
        verbose_name_plural = _("phases")
        constraints = [
            *PlanItem.Meta.constraints,
            known_values("phases_phase_state_known", "state", PhaseState),
            known_values("phases_phase_intake_known", "intake", Intake),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("pk")), name="phases_phase_not_its_own_part"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True)
                | Q(starts_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                name="phases_phase_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(end_week__isnull=True)
                | Q(start_week__isnull=True)
                | Q(end_week__gte=F("start_week")),
                name="phases_phase_last_week_after_first",
            ),
            models.CheckConstraint(
                condition=Q(start_day__isnull=True, end_day__isnull=True)
                | (
                    Q(start_week__isnull=False, start_day__isnull=False, start_day__range=(1, 7))
                    & (
                        Q(open_ended=True, end_day__isnull=True)
                        | (
                            Q(open_ended=False, end_day__isnull=False, end_day__range=(1, 7))
                            & (
                                Q(end_day__gte=F("start_day"))
                                | Q(end_week__isnull=False, end_week__gt=F("start_week"))
                            )
                        )
                    )
                ),
                name="phases_phase_days_of_its_weeks",
            ),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gt=0, percent__lte=100, base__isnull=False),
                name="phases_phase_percent_of_a_base",
            ),
            models.CheckConstraint(
                condition=Q(held_at__isnull=True, held_because="")
                | (Q(held_at__isnull=False, state__in=RUNNING) & ~Q(held_because="")),
                name="phases_phase_held_only_while_running",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=RUNNING) | Q(started_at__isnull=False),
                name="phases_phase_started_when_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING

    @property
    def is_held(self) -> bool:
        return self.held_at is not None

    @property
    def accepts_outreach(self) -> bool:
        """Whether something new may go out to the people of this phase at this moment."""
        return self.is_running and not self.is_held and self.intake == Intake.OPEN

    @property
    def may_contact(self) -> bool:
        """Whether people who are already in may be written to (surveys, reminders)."""
        return self.is_running and not self.is_held

    @property
    def planned_start(self) -> date | None:
        """The first planned day, from its own date or from the plan week; None while no anchor is set."""
        if self.starts_on:
            return self.starts_on
        if self.start_week and self.rollout.anchor:
            return self.rollout.anchor + timedelta(weeks=self.start_week - 1, days=(self.start_day or 1) - 1)
        return None

    @property
    def planned_end(self) -> date | None:
        """The last planned day; None when the phase is open-ended or no anchor is set."""
        if self.open_ended:
            return None
        if self.ends_on:
            return self.ends_on
        last = self.end_week or self.start_week
        if last and self.rollout.anchor:
            return self.rollout.anchor + timedelta(weeks=last - 1, days=(self.end_day or 7) - 1)
        return None

    @property
    def planned_size(self) -> int | None:
        """How many people are planned: the share of the base (rounded half up), else the upper size."""
        if self.percent is not None and self.base is not None:
            return int(
                (self.percent * self.base.size / 100 + Decimal("0.5")).to_integral_value("ROUND_FLOOR")
            )
        return self.size_max or self.size_min


class Objective(PlanItem):
    """What a phase (or the whole rollout) is to achieve, and later whether it did."""

    phase = models.ForeignKey(
        Phase, on_delete=models.PROTECT, null=True, blank=True, related_name="objectives"
    )
    text = models.CharField(_("goal"), max_length=500)
    outcome = models.CharField(
        _("outcome"), max_length=8, choices=ObjectiveOutcome.choices, default=ObjectiveOutcome.OPEN
    )
    note = models.TextField(_("note"), blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("goal")
        verbose_name_plural = _("goals")

    def __str__(self) -> str:
        return self.text


class PhaseTransition(models.Model):
    """One act on a phase. Never changed."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="transitions")
    verb = models.CharField(_("act"), max_length=12, choices=Verb.choices)
    from_state = models.CharField(max_length=12, choices=PhaseState.choices)
    to_state = models.CharField(max_length=12, choices=PhaseState.choices)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("who"),
        help_text=_("Empty when the portal acted by itself."),
    )
    cause = models.CharField(_("cause"), max_length=200, blank=True)
    reason = models.TextField(_("why"), blank=True)
    options = models.JSONField(default=dict)
    evidence = models.ForeignKey(
        "phases.Evidence", on_delete=models.PROTECT, null=True, blank=True, related_name="transitions"
    )

    class Meta:
        verbose_name = _("act on a phase")
        verbose_name_plural = _("acts on phases")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(by__isnull=False) | ~Q(cause=""), name="phases_transition_has_actor_or_cause"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {self.phase}"


class StopHookRun(models.Model):
    """What a room did about a stop; a failed one is tried again until it is done."""

    transition = models.ForeignKey(PhaseTransition, on_delete=models.PROTECT, related_name="hook_runs")
    hook = models.CharField(max_length=60)
    done_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("effect of a stop")
        verbose_name_plural = _("effects of stops")
        constraints = [
            models.UniqueConstraint(fields=["transition", "hook"], name="phases_stophookrun_once"),
        ]

    def __str__(self) -> str:
        return f"{self.hook}: {self.transition}"
