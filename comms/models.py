"""What the plan says of talking to people: announcements, meetings, training."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from phases.models import Owned, Repeated


class Channel(models.TextChoices):
    """The ways on which something is said."""

    EMAIL = "email", _("e-mail")
    IN_APP = "in_app", _("in the product")
    CHAT = "chat", _("team chat")
    SMS = "sms", _("text message")
    STATUS_PAGE = "status_page", _("status page")
    DOCS = "docs", _("documentation")
    FORUM = "forum", _("forum")
    BLOG = "blog", _("blog")
    SOCIAL = "social", _("social media")
    PRESS = "press", _("press")
    VIDEO = "video", _("video call")
    PHONE = "phone", _("telephone")
    IN_PERSON = "in_person", _("in person")
    REPORT = "report", _("written report")


class Announcement(Owned, Repeated):
    """What is said to whom, when, on which ways and in which languages.

    `in_rollback` says that it goes out although the rollout is held or rolled back.
    """

    text = models.CharField(_("what"), max_length=300)
    about = models.TextField(_("what it says"), blank=True)
    audience = models.CharField(_("to whom"), max_length=200)
    channels = models.JSONField(_("on which ways"), default=list)
    languages = models.JSONField(_("languages"), default=list, blank=True)
    in_rollback = models.BooleanField(_("goes out in a rollback"), default=False)

    class Meta(Repeated.Meta):
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")

    def __str__(self) -> str:
        return self.text


class Gathering(Owned, Repeated):
    """People who come together: when, for how long, and about what; `agenda` has the minutes of each point.

    `agenda` is a list of `{"text": "Welcome", "minutes": 5}`.
    """

    text = models.CharField(_("what"), max_length=300)
    audience = models.CharField(_("for whom"), max_length=200, blank=True)
    channel = models.CharField(_("where"), max_length=11, choices=Channel.choices, blank=True)
    takes = models.DurationField(_("takes"), null=True, blank=True)
    agenda = models.JSONField(_("agenda"), default=list, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta(Repeated.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.text


class Meeting(Gathering):
    """A meeting of the plan."""

    class Meta(Gathering.Meta):
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")


class TrainingSession(Gathering):
    """A training: how many fit in, whether it is recorded, and whether who took part is certified by it."""

    seats = models.PositiveIntegerField(_("seats"), null=True, blank=True)
    recorded = models.BooleanField(_("is recorded"), default=False)
    certifies = models.BooleanField(_("certifies"), default=False)

    class Meta(Gathering.Meta):
        verbose_name = _("training")
        verbose_name_plural = _("trainings")
        constraints = [
            *Gathering.Meta.constraints,
            models.CheckConstraint(
                condition=Q(seats__isnull=True) | Q(seats__gte=1), name="comms_trainingsession_seats_from_one"
            ),
        ]
