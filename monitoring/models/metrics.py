"""Metrics, what they should be, and what was read."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from phases.models import ApiToken, Phase, PlanItem
from phases.permissions import RoleName
from rollout_portal.lib.decimals import PLACES, UNITS, Comparator


def unit_choices() -> Iterator[tuple[str, "str | Promise"]]:
    """Yield the units that a metric or a threshold may have."""
    yield "", _("no unit")
    for name, unit in UNITS.items():
        if name:
            yield name, unit.sign or name


class Metric(PlanItem):
    """A figure that is watched: what it is, in which unit, which way is good, and where it comes from."""

    class Direction(models.TextChoices):
        UP = "up", _("higher is better")
        DOWN = "down", _("lower is better")
        NONE = "none", _("neither way is better")

    class Kind(models.TextChoices):
        GAUGE = "gauge", _("a level")
        RATE = "rate", _("a share or rate")
        COUNT = "count", _("a count")

    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("what it is"), max_length=300, blank=True)
    group = models.CharField(_("group"), max_length=80, blank=True)
    unit = models.CharField(_("unit"), max_length=12, choices=unit_choices, blank=True)
    direction = models.CharField(_("better"), max_length=4, choices=Direction.choices, default=Direction.NONE)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind.choices, default=Kind.GAUGE)
    noun = models.CharField(
        _("read from"),
        max_length=40,
        blank=True,
        help_text=_("What the number behind a reading counts: requests, sessions, testers."),
    )
    source = models.CharField(_("source"), max_length=80, blank=True)
    owner_role = models.CharField(_("owner"), max_length=20, choices=RoleName.choices, blank=True)
    cadence = models.DurationField(_("read every"), null=True, blank=True)
    max_age = models.DurationField(_("too old after"), null=True, blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("metric")
        verbose_name_plural = _("metrics")

    def __str__(self) -> str:
        return self.name

    @property
    def is_share(self) -> bool:
        """Whether it is a part of a whole, which lies between 0 and 100 %."""
        return self.kind == self.Kind.RATE and self.unit == "%"


class Target(PlanItem):
    """What a metric should be in a phase, and what is alarming; each in a unit of its own.

    Without a phase it holds in every phase that has no target of its own. Exact: 0.5 % is not under 0.5 %.
    """

    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="targets")
    phase = models.ForeignKey(
        Phase,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="targets",
        help_text=_("Empty: in every phase that has no target of its own."),
    )
    comparator = models.CharField(_("target"), max_length=8, choices=Comparator.choices, blank=True)
    value = models.DecimalField(_("target value"), max_digits=24, decimal_places=9, null=True, blank=True)
    value_high = models.DecimalField(_("upper end"), max_digits=24, decimal_places=9, null=True, blank=True)
    unit = models.CharField(_("unit of the target"), max_length=12, choices=unit_choices, blank=True)
    alert_comparator = models.CharField(_("alert"), max_length=8, choices=Comparator.choices, blank=True)
    alert_value = models.DecimalField(
        _("alert value"), max_digits=24, decimal_places=9, null=True, blank=True
    )
    alert_unit = models.CharField(_("unit of the alert"), max_length=12, choices=unit_choices, blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = [
            *PlanItem.Meta.constraints,
            models.UniqueConstraint(
                fields=["metric", "phase"],
                condition=Q(phase__isnull=False),
                name="monitoring_target_once_per_phase",
            ),
            models.UniqueConstraint(
                fields=["metric"],
                condition=Q(phase__isnull=True),
                name="monitoring_target_one_for_all_phases",
            ),
            models.CheckConstraint(
                condition=Q(comparator="", value__isnull=True) | (~Q(comparator="") & Q(value__isnull=False)),
                name="monitoring_target_compares_with_a_value",
            ),
            models.CheckConstraint(
                condition=Q(alert_comparator="", alert_value__isnull=True)
                | (~Q(alert_comparator="") & Q(alert_value__isnull=False)),
                name="monitoring_target_alert_compares_with_a_value",
            ),
            models.CheckConstraint(
                condition=~Q(comparator="") | ~Q(alert_comparator=""), name="monitoring_target_says_something"
            ),
            models.CheckConstraint(
                condition=~Q(comparator=Comparator.BETWEEN, value_high__isnull=True)
                & (Q(value_high__isnull=True) | Q(comparator=Comparator.BETWEEN, value_high__gte=F("value"))),
                name="monitoring_target_between_two_ends",
            ),
            models.CheckConstraint(
                condition=~Q(alert_comparator=Comparator.BETWEEN), name="monitoring_target_alert_has_one_side"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric}, {self.phase}" if self.phase_id else str(self.metric)


class ReadingQuerySet(models.QuerySet["Reading"]):
    def known(self, as_of: datetime) -> Self:
        """Return what the portal knew at `as_of` about the time up to then."""
        return self.filter(at__lte=as_of, recorded_at__lte=as_of)

    def in_force(self, as_of: datetime) -> Self:
        """Return the readings known at `as_of` that were neither corrected nor taken back by then."""
        newer = Reading.objects.filter(corrects=OuterRef("pk"), recorded_at__lte=as_of)
        return self.known(as_of).filter(~Exists(newer), value__isnull=False)

    def evidence(self, as_of: datetime) -> Self:
        """Return the readings in force that observed something: one over nothing at all shows nothing."""
        return self.in_force(as_of).filter(Q(n__isnull=True) | Q(n__gt=0))


class Reading(models.Model):
    """What a metric was at a moment, from a program or a person. Never changed.

    A correction is a new reading at the same moment with the next revision, that names the old one; one
    without a value takes the old one back. `at` is when it was so, `recorded_at` when the portal learned it:
    asked as of yesterday, the portal answers as it did yesterday.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    metric = models.ForeignKey(
        Metric, on_delete=models.PROTECT, related_name="readings", db_index=False, verbose_name=_("metric")
    )
    at = models.DateTimeField(_("when"))
    revision = models.PositiveSmallIntegerField(default=0)
    value = models.DecimalField(_("value"), max_digits=24, decimal_places=PLACES, null=True, blank=True)
    n = models.PositiveBigIntegerField(_("from so many"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=80, blank=True)
    note = models.CharField(_("why"), max_length=300, blank=True)
    token = models.ForeignKey(
        ApiToken, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("by"),
    )
    recorded_at = models.DateTimeField(_("recorded"))
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections", db_index=False
    )

    objects: ClassVar[ReadingQuerySet] = ReadingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        ordering = ["-at", "-revision"]
        indexes = [
            # Few readings are corrected, so asking for them stays cheap among millions.
            models.Index(
                fields=["corrects"],
                condition=Q(corrects__isnull=False),
                name="monitoring_reading_corrected",
            ),
        ]
        constraints = [
            # Read backwards, its index also finds the latest reading of a metric at once.
            models.UniqueConstraint(
                fields=["metric", "at", "revision"], name="monitoring_reading_once_per_moment"
            ),
            models.CheckConstraint(
                condition=Q(revision=0, corrects__isnull=True) | Q(revision__gt=0, corrects__isnull=False),
                name="monitoring_reading_correction_names_the_old",
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=False) | Q(corrects__isnull=False),
                name="monitoring_reading_has_a_value",
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True) | (~Q(note="") & Q(recorded_by__isnull=False)),
                name="monitoring_reading_correction_by_a_person_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(token__isnull=False, recorded_by__isnull=True)
                | Q(token__isnull=True, recorded_by__isnull=False),
                name="monitoring_reading_from_a_program_or_a_person",
            ),
        ]

    def __str__(self) -> str:
        value = "–" if self.value is None else f"{self.value.normalize():f}"
        return f"{self.metric}: {value}"
