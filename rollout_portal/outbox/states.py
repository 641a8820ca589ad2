"""The life of a message, the kinds of message and what each kind demands: data only."""

from dataclasses import dataclass
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageState(models.TextChoices):
    """Where a message stands; everybody sees these words."""

    QUEUED = "queued", _("Queued")
    CLAIMED = "claimed", _("Claimed")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    UNCERTAIN = "uncertain", _("Uncertain")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Not sent")
    CANCELLED = "cancelled", _("Cancelled")


_S = MessageState

TRANSITIONS: Final[dict[MessageState, frozenset[MessageState]]] = {
    _S.QUEUED: frozenset({_S.CLAIMED, _S.CANCELLED}),
    # Back to queued: the lease ran out, the permission question said "later", or a cap is full.
    _S.CLAIMED: frozenset({_S.SENDING, _S.QUEUED, _S.SKIPPED, _S.FAILED, _S.CANCELLED}),
    # Back to queued: the server refused for now, or a message that may double lost its worker.
    # Cancelled: the same, but the person was erased meanwhile.
    _S.SENDING: frozenset({_S.SENT, _S.UNCERTAIN, _S.FAILED, _S.QUEUED, _S.CANCELLED}),
    # To sent: staff found it in the server's log, or the answer came after the lease.
    _S.UNCERTAIN: frozenset({_S.SENT}),
    _S.SENT: frozenset(),
    _S.FAILED: frozenset(),
    _S.SKIPPED: frozenset(),
    _S.CANCELLED: frozenset(),
}

LEASED: Final = (_S.CLAIMED, _S.SENDING)
WAITING: Final = (_S.QUEUED, _S.CLAIMED, _S.SENDING)
STOPPED: Final = (_S.SKIPPED, _S.CANCELLED)
NEEDS_REASON: Final = (_S.UNCERTAIN, _S.FAILED, _S.SKIPPED, _S.CANCELLED)


class Policy(models.TextChoices):
    """What a lost answer means."""

    NEVER_TWICE = "never_twice", _("Never twice")
    AT_LEAST_ONCE = "at_least_once", _("At least once")


class MessageKind(models.TextChoices):
    """What a message is for."""

    INVITATION = "invitation", _("Invitation")
    REMINDER = "reminder", _("Reminder")
    SURVEY_REQUEST = "survey_request", _("Survey request")
    ANNOUNCEMENT = "announcement", _("Announcement")
    ANSWER = "answer", _("Answer to a tester")
    STAFF_INVITATION = "staff_invitation", _("Invitation of staff")
    STAFF_NOTICE = "staff_notice", _("Notice to staff")
    ESCALATION = "escalation", _("Escalation")
    ROLLBACK_NOTICE = "rollback_notice", _("Rollback notice")
    ACCOUNT = "account", _("Account mail")
    TEST = "test", _("Test message")


@dataclass(frozen=True, slots=True)
class KindRule:
    """What a kind of message demands.

    :ivar policy: what happens when nobody knows whether the server took it.
    :ivar urgent: goes before everything that is not.
    :ivar leave: carries a one-click leave link (RFC 8058), in a header and in every text.
    :ivar to_testers: goes to people outside of the team, each in their own language.
    """

    policy: Policy
    urgent: bool = False
    leave: bool = False
    to_testers: bool = False


KINDS: Final[dict[MessageKind, KindRule]] = {
    MessageKind.INVITATION: KindRule(Policy.NEVER_TWICE, leave=True, to_testers=True),
    MessageKind.REMINDER: KindRule(Policy.NEVER_TWICE, leave=True, to_testers=True),
    MessageKind.SURVEY_REQUEST: KindRule(Policy.NEVER_TWICE, leave=True, to_testers=True),
    MessageKind.ANNOUNCEMENT: KindRule(Policy.NEVER_TWICE, leave=True, to_testers=True),
    MessageKind.ANSWER: KindRule(Policy.NEVER_TWICE, to_testers=True),
    MessageKind.STAFF_INVITATION: KindRule(Policy.AT_LEAST_ONCE, urgent=True),
    MessageKind.STAFF_NOTICE: KindRule(Policy.AT_LEAST_ONCE, urgent=True),
    MessageKind.ESCALATION: KindRule(Policy.AT_LEAST_ONCE, urgent=True),
    MessageKind.ROLLBACK_NOTICE: KindRule(Policy.AT_LEAST_ONCE, urgent=True, to_testers=True),
    MessageKind.ACCOUNT: KindRule(Policy.AT_LEAST_ONCE, urgent=True),
    MessageKind.TEST: KindRule(Policy.AT_LEAST_ONCE, urgent=True),
}


class Happening(models.TextChoices):
    """What a line of a message's record says."""

    QUEUED = "queued", _("Queued")
    CLAIMED = "claimed", _("Claimed by a sender")
    LEASE_EXPIRED = "lease_expired", _("The sender went away")
    DEFERRED = "deferred", _("Put off")
    SENDING = "sending", _("Handed to the server")
    SENT = "sent", _("Taken by the server")
    REFUSED_FOR_NOW = "refused_for_now", _("Refused for now")
    UNCERTAIN = "uncertain", _("The answer was lost")
    FAILED = "failed", _("Given up")
    SKIPPED = "skipped", _("Not sent")
    CANCELLED = "cancelled", _("Cancelled")
    BOUNCED = "bounced", _("Bounced")
    COMPLAINED = "complained", _("Reported as spam")
    MARKED_SENT = "marked_sent", _("Marked as sent")
    SENT_AGAIN = "sent_again", _("Sent again as a new message")
    ERASED = "erased", _("Address erased")


class Reason(models.TextChoices):
    """Why a message stands where it stands, when the outbox itself decided; other rooms add their own."""

    ANSWER_LOST = "answer_lost", _("The connection was lost after the text was handed over")
    WORKER_LOST = "worker_lost", _("The sending process ended before the answer was recorded")
    REFUSED = "refused", _("The mail server refused it for good")
    GIVEN_UP = "given_up", _("It was refused too often")
    RENDERING = "rendering", _("The text could not be made")
    SUPPRESSED = "suppressed", _("The address is on the list of addresses that bounced or complained")
    TOO_LATE = "too_late", _("Its time was over")
    CAP = "cap", _("The sending limit was reached")
    QUIET = "quiet", _("It is night where the person lives; it leaves in the morning")
    SERVER_BUSY = "server_busy", _("The mail server asked to try later")
    UNREACHABLE = "unreachable", _("The mail server could not be reached")
    QUESTION_FAILED = "question_failed", _("It could not be checked whether it may go out")
    ERASED = "erased", _("The person was erased")
    NO_SMTPUTF8 = "no_smtputf8", _("The mail server takes no address with such letters")


class SuppressionReason(models.TextChoices):
    """Why nothing is sent to an address."""

    BOUNCE = "bounce", _("Bounced")
    COMPLAINT = "complaint", _("Reported as spam")
    MANUAL = "manual", _("Put on the list by staff")


class CapPeriod(models.TextChoices):
    """Over what a sending limit counts."""

    MINUTE = "minute", _("per minute")
    DAY = "day", _("per day")


class ChannelKind(models.TextChoices):
    """By what way a channel sends."""

    EMAIL = "email", _("E-mail")


MAX_ATTEMPTS: Final = 8
