"""By what way messages leave, how many may, and to whom none may."""

import uuid
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from rollout_portal.accounts.models import validate_time_zone
from rollout_portal.outbox.querysets import SuppressionQuerySet
from rollout_portal.outbox.states import CapPeriod, ChannelKind, SuppressionReason

# NULLs are distinct in a unique index; the installation (no rollout) counts as this one.
INSTALLATION = Value(uuid.UUID(int=0), output_field=models.UUIDField())

validate_entry = RegexValidator(
    r"^EMAIL_URL(_[A-Z0-9]+)*$",
    _("Name an entry of the environment such as EMAIL_URL or EMAIL_URL_BULK, never an address or a secret."),
)


class Channel(models.Model):
    """A way out. The server and its password stand in the environment under the name in `entry`.

    `paused_until` is the breaker that all senders share: a server that cannot be reached is left alone
    for a while, and no message pays for it. It is compared with the database's clock.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(_("code"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=ChannelKind.choices, default=ChannelKind.EMAIL)
    entry = models.CharField(
        _("entry of the environment"), max_length=60, default="EMAIL_URL", validators=[validate_entry]
    )
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = [
            models.CheckConstraint(
                condition=Q(entry__startswith="EMAIL_URL") & ~Q(entry__contains=":"),
                name="outbox_channel_names_an_entry_not_a_secret",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class SendCap(models.Model):
    """How many messages may leave by a channel in a day or a minute, of one rollout or of all.

    Without a number it only counts: so a limit that is lifted and set again the same day forgets nothing.

    A sender locks the row, starts the period anew when `window_start` is past, and counts itself in; the
    database refuses `used > cap`. Days begin at midnight in `time_zone`.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="caps")
    scope = models.UUIDField(_("rollout"), null=True, blank=True, db_index=True)
    period = models.CharField(_("period"), max_length=6, choices=CapPeriod.choices)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    window_start = models.DateTimeField(_("since"))
    used = models.PositiveIntegerField(_("sent"), default=0)
    cap = models.PositiveIntegerField(_("limit"), null=True, blank=True)

    class Meta:
        verbose_name = _("sending limit")
        verbose_name_plural = _("sending limits")
        constraints = [
            models.UniqueConstraint(
                "channel", Coalesce("scope", INSTALLATION), "period", name="outbox_sendcap_once"
            ),
            models.CheckConstraint(condition=Q(used__lte=F("cap")), name="outbox_sendcap_used_within_cap"),
            models.CheckConstraint(condition=Q(cap__gt=0), name="outbox_sendcap_is_not_a_stop"),
        ]

    def __str__(self) -> str:
        return f"{'–' if self.cap is None else self.cap} {self.get_period_display()}"


class QuietHours(models.Model):
    """When the testers of a rollout get no mail: local hours, in each person's own zone.

    `time_zone` is for people of whom none is known. Without hours, mail leaves at any time.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scope = models.UUIDField(_("rollout"), unique=True)
    begins_at = models.TimeField(_("from"), null=True, blank=True)
    ends_at = models.TimeField(_("until"), null=True, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")
        constraints = [
            models.CheckConstraint(
                condition=Q(begins_at__isnull=True, ends_at__isnull=True)
                | (Q(begins_at__isnull=False, ends_at__isnull=False) & ~Q(begins_at=F("ends_at"))),
                name="outbox_quiethours_have_two_ends",
            ),
        ]

    def __str__(self) -> str:
        if self.begins_at is None or self.ends_at is None:
            return "–"
        return f"{self.begins_at:%H:%M}–{self.ends_at:%H:%M}"


class Suppression(models.Model):
    """An address that gets nothing, as a digest. Lifting keeps the row.

    `announced_at` is set once every room that keeps a ledger of consent has heard of it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    address_digest = models.CharField(max_length=64)
    reason = models.CharField(_("reason"), max_length=12, choices=SuppressionReason.choices)
    words = models.CharField(_("the server's words"), max_length=500, blank=True)
    since = models.DateTimeField(_("since"))
    announced_at = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    objects: ClassVar[SuppressionQuerySet] = SuppressionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("blocked address")
        verbose_name_plural = _("blocked addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["address_digest"],
                condition=Q(lifted_at__isnull=True),
                name="outbox_suppression_address_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.address_digest[:12]}"
