"""What stops a rollout and who does it, as the plan says it: triggers, runbooks, contacts, shifts."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from phases.models import Owned, Phase, PlanItem, PlannedRole, Timed
from rollout_portal.lib.decimals import Comparator


class Runbook(Owned, PlanItem):
    """What is done in a certain case, step by step, by whom it is decided, and how long it may take.

    `decided_by` are codes of roles of the plan: one of them decides, or with `together` all of them.
    """

    class Kind(models.TextChoices):
        ROLLBACK = "rollback", _("rollback")
        INCIDENT = "incident", _("incident")
        LAUNCH = "launch", _("launch")
        REHEARSAL = "rehearsal", _("rehearsal")
        OTHER = "other", _("something else")

    phase = models.ForeignKey(
        Phase,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="runbooks",
        verbose_name=_("phase"),
    )
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices, default=Kind.ROLLBACK)
    about = models.TextField(_("what it is for"), blank=True)
    decided_by = models.JSONField(_("decided by"), default=list, blank=True)
    together = models.BooleanField(_("all of them decide"), default=False)
    within = models.DurationField(_("done within"), null=True, blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("runbook")
        verbose_name_plural = _("runbooks")

    def __str__(self) -> str:
        return self.name


class RunbookStep(Owned, PlanItem):
    """One step: who does it, in how many minutes, the command to copy, and what shows that it is done.

    `due_after` counts from the beginning of the run; `every` repeats the step until the run ends.
    """

    runbook = models.ForeignKey(Runbook, on_delete=models.PROTECT, related_name="steps")
    text = models.CharField(_("what"), max_length=500)
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    due_after = models.DurationField(_("due after"), null=True, blank=True)
    every = models.DurationField(_("again every"), null=True, blank=True)
    command = models.TextField(_("command"), blank=True)
    verify = models.CharField(_("how it is checked"), max_length=500, blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("step of a runbook")
        verbose_name_plural = _("steps of runbooks")
        constraints = [
            *PlanItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(minutes__isnull=True) | Q(minutes__gte=1),
                name="monitoring_runbookstep_minutes_from_one",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Trigger(Owned, PlanItem):
    """What holds a phase or rolls it back: a measure that breaks a limit, or an event that a person reports.

    A measured one fires when its comparison is true for as long as `lasting`; with `against_target` the
    limit is the target of the phase that runs. Without a phase it is meant for all of them. `automatic`
    says whether the plan wants it to act by itself.
    """

    class Action(models.TextChoices):
        HOLD = "hold", _("hold")
        ROLL_BACK = "roll_back", _("roll back")
        SWITCH_OFF = "switch_off", _("switch features off")
        TELL = "tell", _("tell the owner")

    phase = models.ForeignKey(
        Phase,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="triggers",
        verbose_name=_("phase"),
    )
    text = models.CharField(_("when it fires"), max_length=300)
    measure = models.CharField(_("measure"), max_length=60, blank=True)
    subject = models.CharField(_("of"), max_length=120, blank=True)
    comparator = models.CharField(_("comparison"), max_length=8, choices=Comparator.choices, blank=True)
    threshold = models.DecimalField(_("limit"), max_digits=24, decimal_places=9, null=True, blank=True)
    threshold_high = models.DecimalField(
        _("upper end"), max_digits=24, decimal_places=9, null=True, blank=True
    )
    unit = models.CharField(_("unit"), max_length=12, blank=True)
    against_target = models.BooleanField(_("limit is the target of the phase"), default=False)
    lasting = models.DurationField(_("for"), null=True, blank=True)
    complete_within = models.DurationField(_("done within"), null=True, blank=True)
    cooldown = models.DurationField(_("rests for"), null=True, blank=True)
    action = models.CharField(_("what it does"), max_length=10, choices=Action.choices)
    automatic = models.BooleanField(_("by itself"), default=False)
    switches_off = models.JSONField(_("switches off"), default=list, blank=True)
    runbook = models.ForeignKey(
        Runbook, on_delete=models.PROTECT, null=True, blank=True, related_name="triggers"
    )

    class Meta(PlanItem.Meta):
        verbose_name = _("trigger")
        verbose_name_plural = _("triggers")
        constraints = [
            *PlanItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(measure="", subject="", comparator="", against_target=False, lasting__isnull=True)
                | (~Q(measure="") & ~Q(comparator="") & Q(against_target=False))
                | (~Q(measure="") & Q(comparator="", against_target=True)),
                name="monitoring_trigger_measure_or_event",
            ),
            models.CheckConstraint(
                condition=Q(comparator="", threshold__isnull=True, threshold_high__isnull=True, unit="")
                | (~Q(comparator="") & Q(threshold__isnull=False)),
                name="monitoring_trigger_compares_with_a_limit",
            ),
            models.CheckConstraint(
                condition=~Q(comparator=Comparator.BETWEEN) & Q(threshold_high__isnull=True),
                name="monitoring_trigger_has_one_side",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class EscalationContact(Owned, PlanItem):
    """Who is asked next, at which level and about what; the owner is the role that answers.

    `reach` is how: a telephone number, a channel. Hours are the rollout's zone's.
    """

    level = models.PositiveSmallIntegerField(_("level"))
    topic = models.CharField(_("about"), max_length=200, blank=True)
    reach = models.CharField(_("how"), max_length=200, blank=True)
    opens_at = models.TimeField(_("from"), null=True, blank=True)
    closes_at = models.TimeField(_("to"), null=True, blank=True)
    after = models.DurationField(_("asked after"), null=True, blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("escalation contact")
        verbose_name_plural = _("escalation contacts")
        constraints = [
            *PlanItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(level__range=(1, 9)), name="monitoring_escalationcontact_level_1_to_9"
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True, closes_at__isnull=True)
                | (Q(opens_at__isnull=False, closes_at__isnull=False) & ~Q(opens_at=F("closes_at"))),
                name="monitoring_escalationcontact_hours_have_two_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level}: {self.owner or self.topic}"


class OnCallShift(Timed):
    """Who is on call when: on some days of the week, from an hour to an hour, and who stands in.

    `rotation` are codes of roles of the plan that take turns with the first one. A shift that closes
    before it opens goes past midnight.
    """

    primary = models.ForeignKey(
        PlannedRole, on_delete=models.PROTECT, related_name="shifts", verbose_name=_("on call")
    )
    backup = models.ForeignKey(
        PlannedRole,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="backup_shifts",
        verbose_name=_("stand-in"),
    )
    rotation = models.JSONField(_("in turn with"), default=list, blank=True)
    days = models.JSONField(_("on these days"), default=list, blank=True)
    opens_at = models.TimeField(_("from"), null=True, blank=True)
    closes_at = models.TimeField(_("to"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta(Timed.Meta):
        verbose_name = _("on-call shift")
        verbose_name_plural = _("on-call shifts")
        constraints = [
            *Timed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(backup__isnull=True) | ~Q(backup=F("primary")),
                name="monitoring_oncallshift_backup_is_another",
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True, closes_at__isnull=True)
                | (Q(opens_at__isnull=False, closes_at__isnull=False) & ~Q(opens_at=F("closes_at"))),
                name="monitoring_oncallshift_hours_have_two_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.primary}"
