"""The rollout and the people who hold a role in it."""

import uuid
import zoneinfo
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from phases.permissions import RoleName
from phases.states import ENDED, RolloutState
from rollout_portal.accounts.models import User, validate_time_zone
from rollout_portal.lib import clock
from rollout_portal.lib.constraints import known_values

# Words that already stand behind /console/ and so cannot name a rollout.
RESERVED_SLUGS = frozenset({"data", "start", "rollouts", "mail", "system", "new", "help", "jobs", "me"})

validate_slug = RegexValidator(
    r"^[a-z0-9]+(-[a-z0-9]+)*$", _("Use small letters, digits and single hyphens: “medimate-education-hub”.")
)


class RolloutQuerySet(models.QuerySet["Rollout"]):
    def visible_to(self, user: User) -> Self:
        """Return the rollouts in which `user` holds a role; all of them for a superuser."""
        if not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        held = Role.objects.current().filter(user=user).values("rollout_id")
        return self.filter(pk__in=held)


class Rollout(models.Model):
    """One staged rollout: its plan, its people, its evidence and its decisions.

    `anchor` is the first day of plan week 1, and with it the weekday on which plan weeks start; every
    relative date follows from it. `time_zone` is the zone in which the plan's days and hours are meant.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("short name"), max_length=60, unique=True, validators=[validate_slug])
    name = models.CharField(_("name"), max_length=200)
    product = models.CharField(_("product"), max_length=200, blank=True)
    version = models.CharField(_("version of the plan"), max_length=40, blank=True)
    plan_status = models.CharField(_("state of the plan"), max_length=60, blank=True)
    plan_updated_on = models.DateField(_("plan last changed"), null=True, blank=True)
    overview = models.TextField(_("what it is about"), blank=True)
    conclusion = models.TextField(_("conclusion"), blank=True)
    state = models.CharField(
        _("state"), max_length=12, choices=RolloutState.choices, default=RolloutState.DRAFT
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    languages = models.JSONField(_("languages of the testers"), default=list)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    anchor = models.DateField(_("first day of plan week 1"), null=True, blank=True)
    target_on = models.DateField(_("done by"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[RolloutQuerySet] = RolloutQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("rollout")
        verbose_name_plural = _("rollouts")
        ordering = ["name", "pk"]
        constraints = [
            known_values("phases_rollout_state_known", "state", RolloutState),
            models.CheckConstraint(
                condition=~Q(state=RolloutState.ACTIVE) | Q(started_at__isnull=False),
                name="phases_rollout_started_when_active",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[RolloutState.DRAFT, RolloutState.ACTIVE], ended_at__isnull=True)
                | Q(state__in=[RolloutState.CLOSED, RolloutState.DISCARDED], ended_at__isnull=False),
                name="phases_rollout_ended_when_over",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_over(self) -> bool:
        """Whether it was closed or discarded: it can be read, not changed."""
        return self.state in ENDED

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The zone in which the plan's days and hours are meant."""
        return zoneinfo.ZoneInfo(self.time_zone)


class RoleQuerySet(models.QuerySet["Role"]):
    def current(self, at: datetime | None = None) -> Self:
        """Return the roles that are held at `at` (now), by people whose account is active."""
        moment = at or clock.now()
        return self.filter(
            Q(ended_at__isnull=True) | Q(ended_at__gt=moment), given_at__lte=moment, user__is_active=True
        )


class Role(models.Model):
    """A person's role in one rollout, from when to when, and who gave it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rollout = models.ForeignKey(Rollout, on_delete=models.PROTECT, related_name="roles")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="roles", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=20, choices=RoleName.choices)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    given_at = models.DateTimeField(_("since"), default=clock.now)
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects: ClassVar[RoleQuerySet] = RoleQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["rollout", "role", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rollout", "user", "role"],
                condition=Q(ended_at__isnull=True),
                name="phases_role_held_once",
            ),
            models.CheckConstraint(
                condition=Q(given_by__isnull=True) | ~Q(given_by=F("user")),
                name="phases_role_not_given_to_oneself",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"
