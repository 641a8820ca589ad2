"""Who shall be drawn, who was drawn, and who is in a phase by it."""

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cohorts.models.people import Participant
from cohorts.states import Method, SelectionState, Shortfall
from phases.models import Phase, PlanItem, Rollout
from rollout_portal.jobs.models import StoredFile
from rollout_portal.lib.constraints import known_values


class SelectionRule(PlanItem):
    """Whom a phase wants: who can be drawn, and by which attribute the seats are shared.

    `conditions` are lines `{"attribute", "test", "value"}` that all must hold. Without conditions and
    without `everyone`, a rule without quotas draws nobody. `text` keeps the plan's own words.
    """

    phase = models.OneToOneField(Phase, on_delete=models.PROTECT, related_name="selection_rule")
    method = models.CharField(_("how"), max_length=12, choices=Method.choices, default=Method.QUOTA)
    attribute = models.CharField(_("seats by"), max_length=60, default="language")
    total = models.PositiveIntegerField(
        _("seats in all"), null=True, blank=True, help_text=_("For shares; the planned size without it.")
    )
    conditions = models.JSONField(_("who can be drawn"), default=list, blank=True)
    everyone = models.BooleanField(_("everybody in the register can be drawn"), default=False)
    text = models.TextField(_("in the plan's words"), blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("selection rule")
        verbose_name_plural = _("selection rules")

    def __str__(self) -> str:
        return f"{self.phase}: {self.get_method_display()}"


class Quota(PlanItem):
    """The seats for people with one value of the rule's attribute."""

    rule = models.ForeignKey(SelectionRule, on_delete=models.PROTECT, related_name="quotas")
    value = models.CharField(_("value"), max_length=120)
    label = models.CharField(_("label"), max_length=120, blank=True)
    seats = models.PositiveIntegerField(_("seats"))

    class Meta(PlanItem.Meta):
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")
        constraints = [
            *PlanItem.Meta.constraints,
            models.UniqueConstraint(fields=["rule", "value"], name="cohorts_quota_value_once"),
        ]

    def __str__(self) -> str:
        return f"{self.label or self.value}: {self.seats}"


class Selection(models.Model):
    """One draw for a phase, with everything that is needed to make it again.

    `rule` is the rule as it was, `report` what came of it stratum by stratum; the order of the whole
    pool is in the proof file. A draft may be thrown away; an approved one is only ever replaced.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rollout = models.ForeignKey(Rollout, on_delete=models.PROTECT, related_name="selections")
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="selections")
    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(
        _("state"), max_length=10, choices=SelectionState.choices, default=SelectionState.DRAFT
    )
    method = models.CharField(_("how"), max_length=12, choices=Method.choices)
    seed = models.CharField(_("seed"), max_length=100)
    rule_version = models.CharField(_("rule version"), max_length=10)
    rule = models.JSONField(_("rule"), default=dict)
    pool_size = models.PositiveIntegerField(_("could be drawn"))
    pool_digest = models.CharField(_("fingerprint of the pool"), max_length=64)
    requested = models.PositiveIntegerField(_("seats"))
    taken = models.PositiveIntegerField(_("selected"))
    report = models.JSONField(default=dict)
    proof = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="selections"
    )
    shortfall = models.CharField(_("open seats"), max_length=10, choices=Shortfall.choices, blank=True)
    reason = models.TextField(_("why"), blank=True)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(_("drawn"))
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)

    class Meta:
        verbose_name = _("selection")
        verbose_name_plural = _("selections")
        ordering = ["-pk"]
        constraints = [
            known_values("cohorts_selection_state_known", "state", SelectionState),
            models.UniqueConstraint(fields=["phase", "number"], name="cohorts_selection_number_once"),
            models.UniqueConstraint(
                fields=["phase"],
                condition=Q(state=SelectionState.PROPOSED),
                name="cohorts_selection_one_waits_per_phase",
            ),
            models.UniqueConstraint(
                fields=["phase"],
                condition=Q(state=SelectionState.APPLIED),
                name="cohorts_selection_one_applies_per_phase",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (~Q(approved_by=F("drafted_by")) & ~Q(approved_by=F("proposed_by"))),
                name="cohorts_selection_approved_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(state=SelectionState.APPLIED)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="cohorts_selection_applied_was_approved",
            ),
            models.CheckConstraint(
                condition=~Q(shortfall=Shortfall.REALLOCATE) | ~Q(reason=""),
                name="cohorts_selection_reallocated_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.phase.name} {self.number}"

    @property
    def short(self) -> int:
        """How many seats nobody fills."""
        return sum(stratum["short"] for stratum in self.report.get("strata", []))


class Place(models.Model):
    """A person's place in one draw. Never changed: what was shown is what was approved."""

    selection = models.ForeignKey(Selection, on_delete=models.PROTECT, related_name="places")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="places")
    stratum = models.CharField(_("stratum"), max_length=120)
    u = models.PositiveBigIntegerField(_("number drawn"))
    rank = models.PositiveIntegerField(_("place"))
    taken = models.BooleanField(_("selected"))
    kept = models.BooleanField(_("had a seat already"), default=False)

    class Meta:
        verbose_name = _("place in a draw")
        verbose_name_plural = _("places in a draw")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["selection", "participant"], name="cohorts_place_person_once"),
            models.UniqueConstraint(fields=["selection", "stratum", "rank"], name="cohorts_place_rank_once"),
        ]

    def __str__(self) -> str:
        return f"{self.stratum} {self.rank}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self, at: datetime | None = None) -> Self:
        """Return the seats that are held: now, or at the moment `at`."""
        if at is None:
            return self.filter(ended_at__isnull=True)
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at), joined_at__lte=at)


class Membership(models.Model):
    """A person's seat in a phase: by which selection, why, from when to when."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    selection = models.ForeignKey(Selection, on_delete=models.PROTECT, related_name="memberships")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="memberships")
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="memberships")
    stratum = models.CharField(_("stratum"), max_length=120, blank=True)
    u = models.PositiveBigIntegerField(_("number drawn"), default=0)
    rank = models.PositiveIntegerField(_("place"), default=0)
    reason = models.CharField(_("because"), max_length=200)
    joined_at = models.DateTimeField(_("since"))
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)
    ended_because = models.CharField(_("ended because"), max_length=200, blank=True)

    objects: ClassVar[MembershipQuerySet] = MembershipQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("seat in a phase")
        verbose_name_plural = _("seats in a phase")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "phase"],
                condition=Q(ended_at__isnull=True),
                name="cohorts_membership_one_seat_per_phase",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_because="")
                | (Q(ended_at__isnull=False) & ~Q(ended_because="")),
                name="cohorts_membership_ended_has_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["phase", "stratum", "u"], name="cohorts_membership_order")]

    def __str__(self) -> str:
        return f"{self.participant} in {self.phase.code}"
