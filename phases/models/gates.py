"""Gates: what must hold, who must sign, and what was signed on which evidence."""

import uuid
from datetime import date, datetime, time
from typing import ClassVar, Final, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from phases.models.base import PlanItem
from phases.models.phases import Phase
from phases.permissions import RoleName
from phases.states import OVER, RUNNING, Decision, GateState, PhaseState, RolloutState
from rollout_portal.lib.constraints import known_values
from rollout_portal.lib.decimals import Comparator, validate_exact

# The measure of what a person decides: 1 when it holds.
JUDGEMENT: Final = "phases.judgement"

validate_window = RegexValidator(
    r"^(latest|phase|wave|[1-9][0-9]{0,3}[smhdw])$",
    _("A window is “latest”, “phase”, “wave”, or a number with s, m, h, d or w: “7d”."),
)


class GateQuerySet(models.QuerySet["Gate"]):
    def ahead(self) -> Self:
        """Return the gates that can be decided now: the phase before runs (or there is none), the one
        behind has not started or was rolled back. What closes the rollout can wait until the phase before
        it is done. The next one comes first.
        """
        closing = Q(to_phase__isnull=True, from_phase__state=PhaseState.COMPLETED)
        comes_from = Q(from_phase__isnull=True) | Q(from_phase__state__in=RUNNING) | closing
        leads_on = Q(to_phase__isnull=True) | ~Q(to_phase__state__in=RUNNING | OVER)
        running = self.filter(comes_from, leads_on, rollout__state=RolloutState.ACTIVE)
        return running.order_by("position", "pk")


class Gate(PlanItem):
    """The door from one phase to the next. Without `to_phase` it closes the rollout."""

    name = models.CharField(_("name"), max_length=200)
    from_phase = models.ForeignKey(
        Phase, on_delete=models.PROTECT, null=True, blank=True, related_name="gates_out"
    )
    to_phase = models.ForeignKey(
        Phase, on_delete=models.PROTECT, null=True, blank=True, related_name="gates_in"
    )
    due_on = models.DateField(_("due"), null=True, blank=True)
    due_at = models.TimeField(_("due at"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=14, choices=GateState.choices, default=GateState.OPEN)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    look_again_on = models.DateField(_("look again on"), null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(_("signatures asked for"), null=True, blank=True)

    objects: ClassVar[GateQuerySet] = GateQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(PlanItem.Meta):
        verbose_name = _("gate")
        verbose_name_plural = _("gates")
        constraints = [
            *PlanItem.Meta.constraints,
            known_values("phases_gate_state_known", "state", GateState),
            models.CheckConstraint(
                condition=Q(from_phase__isnull=False) | Q(to_phase__isnull=False),
                name="phases_gate_has_a_phase",
            ),
            models.CheckConstraint(
                condition=Q(from_phase__isnull=True)
                | Q(to_phase__isnull=True)
                | ~Q(from_phase=F("to_phase")),
                name="phases_gate_between_two_phases",
            ),
            models.CheckConstraint(
                condition=Q(requested_by__isnull=True, requested_at__isnull=True)
                | Q(requested_by__isnull=False, requested_at__isnull=False),
                name="phases_gate_request_has_a_person",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def due(self) -> datetime | None:
        """The moment at which the gate is due, in the rollout's zone; 23:59 of its day without a time.

        Falls back to the last planned day of the phase that the gate closes.
        """
        day: date | None = self.due_on or (self.from_phase.planned_end if self.from_phase else None)
        if day is None:
            return None
        return datetime.combine(day, self.due_at or time(23, 59), tzinfo=self.rollout.zone)


class Criterion(PlanItem):
    """One rule of a gate, in the plan's words, positive when it holds.

    A criterion with members (`parent`) is met when every member counts. One without reads `measure` for
    `subject` over `window` and holds it against the threshold, exactly. With `versus_baseline` the
    threshold is a change in percent against the frozen baseline of the subject.
    """

    class Side(models.TextChoices):
        GO = "go", _("must hold")
        NO_GO = "no_go", _("stops the gate at once")

    class DecideBy(models.TextChoices):
        POINT = "point", _("the value")
        INTERVAL = "interval", _("its 95 % interval")

    gate = models.ForeignKey(Gate, on_delete=models.PROTECT, related_name="criteria")
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="members"
    )
    text = models.CharField(_("rule in words"), max_length=300)
    side = models.CharField(_("side"), max_length=6, choices=Side.choices, default=Side.GO)
    blocking = models.BooleanField(_("blocks the gate"), default=True)
    measure = models.CharField(_("measure"), max_length=60, blank=True)
    subject = models.CharField(_("of what"), max_length=120, blank=True)
    window = models.CharField(
        _("over what time"), max_length=10, default="latest", validators=[validate_window]
    )
    comparator = models.CharField(_("comparison"), max_length=8, choices=Comparator.choices, blank=True)
    threshold = models.DecimalField(_("threshold"), max_digits=24, decimal_places=9, null=True, blank=True)
    threshold_high = models.DecimalField(
        _("upper end"), max_digits=24, decimal_places=9, null=True, blank=True
    )
    unit = models.CharField(_("unit"), max_length=12, blank=True)
    versus_baseline = models.BooleanField(_("as a change against the baseline"), default=False)
    min_n = models.PositiveIntegerField(_("at least so many answers"), null=True, blank=True)
    max_age = models.DurationField(_("not older than"), null=True, blank=True)
    decide_by = models.CharField(
        _("decided by"), max_length=8, choices=DecideBy.choices, default=DecideBy.POINT
    )
    judge_role = models.CharField(_("judged by"), max_length=20, choices=RoleName.choices, blank=True)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    edited_at = models.DateTimeField(_("changed since the start"), null=True, blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        constraints = [
            *PlanItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(measure="", comparator="", threshold__isnull=True)
                | (~Q(measure="") & ~Q(comparator="") & Q(threshold__isnull=False)),
                name="phases_criterion_reads_and_compares_or_neither",
            ),
            models.CheckConstraint(
                condition=~Q(comparator=Comparator.BETWEEN) | Q(threshold_high__gte=F("threshold")),
                name="phases_criterion_between_two_ends",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("pk")),
                name="phases_criterion_not_its_own_member",
            ),
            models.CheckConstraint(
                condition=~Q(measure=JUDGEMENT)
                | Q(
                    comparator=Comparator.EQUAL,
                    threshold=1,
                    threshold_high__isnull=True,
                    versus_baseline=False,
                ),
                name="phases_criterion_judged_holds_or_not",
                violation_error_message=_(
                    "What a person judges holds or does not; it has no other threshold."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        """Refuse a group of another gate, where nobody would look for its members, and a cut threshold."""
        if self.parent is not None and self.parent.gate_id != self.gate_id:
            raise ValidationError(_("The group “%(group)s” stands in another gate.") % {"group": self.parent})
        for end in (self.threshold, self.threshold_high):
            if end is not None:
                validate_exact(end)

    @property
    def is_judged(self) -> bool:
        """Whether a person decides it, with a reason."""
        return self.measure == JUDGEMENT


class ReadingFailure(models.Model):
    """That a criterion of a gate ahead could not be read: since when, and what went wrong.

    It stands as an alarm until the criterion is read again, and stays as history.
    """

    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="failures")
    since = models.DateTimeField(_("since"))
    error = models.TextField(_("what went wrong"))
    ended_at = models.DateTimeField(_("read again"), null=True, blank=True)

    class Meta:
        verbose_name = _("failed reading")
        verbose_name_plural = _("failed readings")
        ordering = ["-since", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["criterion"],
                condition=Q(ended_at__isnull=True),
                name="phases_readingfailure_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.error}"


class Baseline(models.Model):
    """A figure frozen at a moment, that later readings are held against. Never changed."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="baselines")
    measure = models.CharField(_("measure"), max_length=60)
    subject = models.CharField(_("of what"), max_length=120)
    value = models.DecimalField(_("value"), max_digits=24, decimal_places=9)
    unit = models.CharField(_("unit"), max_length=12, blank=True)
    n = models.PositiveBigIntegerField(_("from so many"), null=True, blank=True)
    note = models.TextField(_("how it was read"), blank=True)
    frozen_at = models.DateTimeField(_("frozen"))
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("baseline")
        verbose_name_plural = _("baselines")
        ordering = ["-frozen_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.subject}: {self.value.normalize():f}"


class Judgement(models.Model):
    """What a named person decided about a criterion, and why. The newest one counts. Never changed."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="judgements")
    holds = models.BooleanField(_("it holds"))
    rationale = models.TextField(_("why"))
    evidence = models.CharField(_("evidence"), max_length=500, blank=True)
    role = models.CharField(_("as"), max_length=20, choices=RoleName.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("when"))
    expires_on = models.DateField(_("good until"), null=True, blank=True)

    class Meta:
        verbose_name = _("judgement")
        verbose_name_plural = _("judgements")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(rationale=""), name="phases_judgement_with_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.rationale}"


class WaiverQuerySet(models.QuerySet["Waiver"]):
    def in_force(self, at: datetime) -> Self:
        """Return the waivers that hold at `at`."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at), given_at__lte=at, until__gt=at)


class Waiver(models.Model):
    """A criterion that counts although it is not met: who took it on, why, and until when."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="waivers")
    reason = models.TextField(_("why"))
    role = models.CharField(_("as"), max_length=20, choices=RoleName.choices)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("ended early"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[WaiverQuerySet] = WaiverQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("waiver")
        verbose_name_plural = _("waivers")
        ordering = ["-given_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="phases_waiver_with_reason"),
            models.CheckConstraint(condition=Q(until__gt=F("given_at")), name="phases_waiver_ends_later"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.reason}"


class SignOffRequirement(PlanItem):
    """Who must sign a gate: a role, and how many different people in it."""

    gate = models.ForeignKey(Gate, on_delete=models.PROTECT, related_name="requirements")
    role = models.CharField(_("role"), max_length=20, choices=RoleName.choices)
    people = models.PositiveSmallIntegerField(_("different people"), default=1)

    class Meta(PlanItem.Meta):
        verbose_name = _("required signature")
        verbose_name_plural = _("required signatures")
        constraints = [
            *PlanItem.Meta.constraints,
            models.UniqueConstraint(fields=["gate", "role"], name="phases_signoffrequirement_role_once"),
            models.CheckConstraint(condition=Q(people__gte=1), name="phases_signoffrequirement_at_least_one"),
        ]

    def __str__(self) -> str:
        return self.get_role_display()


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def open(self) -> Self:
        """Return the evidence that is still being signed or waits for its act."""
        return self.filter(closed_at__isnull=True)


class Evidence(models.Model):
    """What a gate looked like when the first signer froze it; the others sign the same.

    `body` is canonical JSON, `digest` its SHA-256. The row changes once: when it is closed, with why.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    gate = models.ForeignKey(Gate, on_delete=models.PROTECT, related_name="evidences")
    body = models.TextField(_("evidence"))
    digest = models.CharField(_("fingerprint"), max_length=64)
    as_of = models.DateTimeField(_("as of"))
    frozen_at = models.DateTimeField(_("frozen"))
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_because = models.CharField(_("closed because"), max_length=200, null=True, blank=True)  # noqa: DJ001

    objects: ClassVar[EvidenceQuerySet] = EvidenceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["-frozen_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["gate"], condition=Q(closed_at__isnull=True), name="phases_evidence_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gate} {self.digest[:8]}"


class SignOff(models.Model):
    """A signature: person, role, time, typed name, meaning, and the fingerprint signed. Never changed."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="signoffs")
    requirement = models.ForeignKey(SignOffRequirement, on_delete=models.PROTECT, related_name="signoffs")
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("person")
    )
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    role = models.CharField(_("role"), max_length=20, choices=RoleName.choices)
    decision = models.CharField(_("decision"), max_length=12, choices=Decision.choices)
    reason = models.TextField(_("why"), blank=True)
    conditions = models.JSONField(_("conditions"), default=list)
    look_again_on = models.DateField(_("look again on"), null=True, blank=True)
    typed_name = models.CharField(_("typed name"), max_length=150)
    meaning = models.TextField(_("meaning"))
    digest = models.CharField(_("fingerprint"), max_length=64)
    confirmed_by = models.CharField(_("identity confirmed by"), max_length=40)
    signed_at = models.DateTimeField(_("signed"))

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ["signed_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["evidence", "signer"], name="phases_signoff_once_per_person"),
            models.CheckConstraint(
                condition=Q(requester__isnull=True) | ~Q(requester=F("signer")),
                name="phases_signoff_not_by_requester",
            ),
            models.CheckConstraint(
                condition=Q(decision=Decision.GO) | ~Q(reason=""), name="phases_signoff_refusal_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signer}: {self.get_decision_display()}"
