"""Who does what, and when: the roles of the plan, its weeks, activities, deliverables and milestones."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from phases.models.base import PlanItem
from phases.models.timing import Figured, Repeated, Timed
from phases.permissions import RoleName


class PlannedRole(PlanItem):
    """A role as the plan names it ("DevOps lead"): who fills it, or nobody yet, and who stands in.

    It gives no right in the portal; `portal_role` is the role that the person should be given there.
    """

    name = models.CharField(_("name"), max_length=120)
    portal_role = models.CharField(
        _("role in the portal"), max_length=20, choices=RoleName.choices, blank=True
    )
    person = models.CharField(_("person"), max_length=120, blank=True)
    backup = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="stands_in_for",
        verbose_name=_("stand-in"),
    )
    leads = models.BooleanField(_("leads the rollout"), default=False)
    duties = models.JSONField(_("duties"), default=list, blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("role of the plan")
        verbose_name_plural = _("roles of the plan")
        constraints = [
            *PlanItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(backup__isnull=True) | ~Q(backup=F("pk")),
                name="phases_plannedrole_not_its_own_backup",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_vacant(self) -> bool:
        """Whether nobody is named yet."""
        return not self.person


class Owned(models.Model):
    """A planned thing that a role of the plan answers for."""

    owner = models.ForeignKey(
        PlannedRole,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="%(app_label)s_%(class)ss",
        verbose_name=_("owner"),
    )

    class Meta:
        abstract = True


class PlanWeek(PlanItem):
    """A week of the plan and what it is for. Week 1 begins on the anchor, whatever weekday that is."""

    number = models.PositiveSmallIntegerField(_("plan week"))
    goal = models.CharField(_("goal"), max_length=500)

    class Meta(PlanItem.Meta):
        verbose_name = _("week of the plan")
        verbose_name_plural = _("weeks of the plan")
        constraints = [
            *PlanItem.Meta.constraints,
            models.UniqueConstraint(fields=["rollout", "number"], name="phases_planweek_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="phases_planweek_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.goal}"


class Activity(Owned, Repeated):
    """Something to do: when, by which role, and what it is made of (`items`).

    `takes` is how long one run of it takes; `for_each` names whom it is done for once each ("client").
    """

    text = models.CharField(_("what"), max_length=500)
    takes = models.DurationField(_("takes"), null=True, blank=True)
    for_each = models.CharField(_("for each"), max_length=60, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta(Repeated.Meta):
        verbose_name = _("activity")
        verbose_name_plural = _("activities")

    def __str__(self) -> str:
        return self.text


class ActivityItem(PlanItem):
    """A part of an activity."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="items")
    text = models.CharField(_("what"), max_length=500)

    class Meta(PlanItem.Meta):
        verbose_name = _("part of an activity")
        verbose_name_plural = _("parts of activities")

    def __str__(self) -> str:
        return self.text


class Deliverable(Owned, Figured, Timed):
    """What a time has to bring: a thing, a share of it in percent, or a figure that must be reached."""

    text = models.CharField(_("what"), max_length=500)
    percent = models.DecimalField(
        _("percent finished"), max_digits=6, decimal_places=3, null=True, blank=True
    )
    note = models.TextField(_("note"), blank=True)

    class Meta(Timed.Meta):
        verbose_name = _("deliverable")
        verbose_name_plural = _("deliverables")
        constraints = [
            *Timed.Meta.constraints,
            *Figured.Meta.constraints,
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gt=0, percent__lte=100, comparator=""),
                name="phases_deliverable_percent_or_figure",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Milestone(Owned, Figured, Timed):
    """A moment that the plan looks forward to: when, what makes it reached, and how it is celebrated."""

    text = models.CharField(_("what"), max_length=300)
    celebration = models.CharField(_("celebration"), max_length=300, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta(Timed.Meta):
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        constraints = [*Timed.Meta.constraints, *Figured.Meta.constraints]

    def __str__(self) -> str:
        return self.text
