"""Which feature is on for whom, as the plan says it: flags with their rules, and experiments."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from phases.models import Owned, Phase, PlanItem


class Mode(models.TextChoices):
    """How much of a feature people get."""

    FULL = "full", _("all of it")
    LIMITED = "limited", _("a limited form")
    NONE = "none", _("nothing")


class Flag(Owned, PlanItem):
    """A feature that can be on for some people. Its code is what the product asks for.

    `default` is what people get whom no rule names. `kill_switch`: it can be switched off for everybody at
    once.
    """

    name = models.CharField(_("name"), max_length=200)
    group = models.CharField(_("group"), max_length=80, blank=True)
    about = models.TextField(_("what it is"), blank=True)
    default = models.CharField(_("without a rule"), max_length=7, choices=Mode.choices, default=Mode.NONE)
    kill_switch = models.BooleanField(_("has a kill switch"), default=False)

    class Meta(PlanItem.Meta):
        verbose_name = _("flag")
        verbose_name_plural = _("flags")

    def __str__(self) -> str:
        return self.name


class FlagRule(PlanItem):
    """What a flag is in a phase, for a share of the people or of a segment, from a day of the phase on.

    With `raise_by` the share grows by so many points every `raise_every`, up to `raise_to` (100).
    """

    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="rules")
    phase = models.ForeignKey(
        Phase,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="flag_rules",
        verbose_name=_("phase"),
    )
    segment = models.CharField(_("for whom"), max_length=120, blank=True)
    mode = models.CharField(_("they get"), max_length=7, choices=Mode.choices, default=Mode.FULL)
    percent = models.DecimalField(_("percent"), max_digits=6, decimal_places=3, null=True, blank=True)
    day = models.PositiveSmallIntegerField(_("from day of the phase"), null=True, blank=True)
    raise_by = models.DecimalField(_("raised by"), max_digits=6, decimal_places=3, null=True, blank=True)
    raise_every = models.DurationField(_("every"), null=True, blank=True)
    raise_to = models.DecimalField(_("up to"), max_digits=6, decimal_places=3, null=True, blank=True)
    note = models.CharField(_("what is limited"), max_length=300, blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("rule of a flag")
        verbose_name_plural = _("rules of flags")
        constraints = [
            *PlanItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gte=0, percent__lte=100),
                name="flags_flagrule_percent_of_a_hundred",
            ),
            models.CheckConstraint(
                condition=Q(raise_by__isnull=True, raise_every__isnull=True, raise_to__isnull=True)
                | (
                    Q(raise_by__isnull=False, raise_every__isnull=False, raise_by__gt=0, raise_by__lte=100)
                    & Q(percent__isnull=False)
                    & (Q(raise_to__isnull=True) | Q(raise_to__gt=0, raise_to__lte=100))
                ),
                name="flags_flagrule_raised_from_a_percent",
            ),
            models.CheckConstraint(
                condition=Q(day__isnull=True) | Q(day__gte=1, phase__isnull=False),
                name="flags_flagrule_day_of_a_phase",
            ),
            models.CheckConstraint(
                condition=~Q(mode=Mode.LIMITED) | ~Q(note=""), name="flags_flagrule_limited_says_how"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flag}: {self.code}"


class Experiment(Owned, PlanItem):
    """Two or more variants that are tried against each other, and the figure that decides between them."""

    phase = models.ForeignKey(
        Phase,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="experiments",
        verbose_name=_("phase"),
    )
    flag = models.ForeignKey(
        Flag, on_delete=models.PROTECT, null=True, blank=True, related_name="experiments"
    )
    name = models.CharField(_("name"), max_length=200)
    hypothesis = models.TextField(_("what is expected"), blank=True)
    segment = models.CharField(_("for whom"), max_length=120, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=300, blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")

    def __str__(self) -> str:
        return self.name


class Variant(PlanItem):
    """One of the variants of an experiment, and the share of its people who get it."""

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="variants")
    name = models.CharField(_("name"), max_length=200)
    percent = models.DecimalField(_("percent"), max_digits=6, decimal_places=3, null=True, blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        constraints = [
            *PlanItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gt=0, percent__lte=100),
                name="flags_variant_percent_of_a_hundred",
            ),
        ]

    def __str__(self) -> str:
        return self.name
