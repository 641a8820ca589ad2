"""The lives of people, selections, batches and imports, as data. One function performs each kind of move."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class ParticipantState(models.TextChoices):
    """Where a person stands in a rollout."""

    REGISTERED = "registered", _("In the register")
    SELECTED = "selected", _("Selected")
    INVITED = "invited", _("Invited")
    ACCEPTED = "accepted", _("Accepted")
    ACTIVE = "active", _("Active")
    DECLINED = "declined", _("Declined")
    LEFT = "left", _("Left")
    ERASED = "erased", _("Erased")


class Step(models.TextChoices):
    """Everything that can happen to a person in a rollout."""

    SELECT = "select", _("Select")
    INVITE = "invite", _("Invite")
    ACCEPT = "accept", _("Accept")
    DECLINE = "decline", _("Decline")
    ADMIT = "admit", _("Let in without an invitation")
    ACTIVATE = "activate", _("Become active")
    RECALL = "recall", _("Take the invitation back")
    RELEASE = "release", _("Release")
    LEAVE = "leave", _("Leave")
    ERASE = "erase", _("Erase")


_P = ParticipantState

IN: Final = frozenset({_P.ACCEPTED, _P.ACTIVE})
"""Who takes part."""

SEATED: Final = frozenset({_P.SELECTED, _P.INVITED, *IN})
"""Who has a seat in a phase or is about to be asked."""

GONE: Final = frozenset({_P.LEFT, _P.ERASED})
"""Who gets nothing from the rollout any more."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where a step may start and where it leads."""

    sources: frozenset[ParticipantState]
    to: ParticipantState


MOVES: Final[dict[Step, Move]] = {
    Step.SELECT: Move(frozenset({_P.REGISTERED}), _P.SELECTED),
    Step.INVITE: Move(frozenset({_P.SELECTED}), _P.INVITED),
    Step.ACCEPT: Move(frozenset({_P.INVITED}), _P.ACCEPTED),
    Step.DECLINE: Move(frozenset({_P.INVITED}), _P.DECLINED),
    Step.ADMIT: Move(frozenset({_P.SELECTED}), _P.ACTIVE),
    Step.ACTIVATE: Move(frozenset({_P.ACCEPTED}), _P.ACTIVE),
    Step.RECALL: Move(frozenset({_P.INVITED}), _P.SELECTED),
    Step.RELEASE: Move(SEATED, _P.REGISTERED),
    Step.LEAVE: Move(frozenset(_P) - GONE, _P.LEFT),
    Step.ERASE: Move(frozenset(_P) - {_P.ERASED}, _P.ERASED),
}


class SelectionState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PROPOSED = "proposed", _("Waits for approval")
    APPLIED = "applied", _("Approved")
    SUPERSEDED = "superseded", _("Replaced")
    DISCARDED = "discarded", _("Discarded")


_S = SelectionState

SELECTION_MOVES: Final[dict[SelectionState, frozenset[SelectionState]]] = {
    _S.DRAFT: frozenset({_S.PROPOSED, _S.SUPERSEDED, _S.DISCARDED}),
    _S.PROPOSED: frozenset({_S.APPLIED, _S.DRAFT, _S.SUPERSEDED, _S.DISCARDED}),
    _S.APPLIED: frozenset({_S.SUPERSEDED}),
    _S.SUPERSEDED: frozenset(),
    _S.DISCARDED: frozenset(),
}


class Method(models.TextChoices):
    """How seats are given."""

    QUOTA = "quota", _("Fixed seats per value")
    PROPORTIONAL = "proportional", _("In proportion to those who can be drawn")
    NAMED = "named", _("Named people")


class Shortfall(models.TextChoices):
    """What is decided about seats that nobody can fill."""

    NONE = "", ""
    GO_ON = "go_on", _("Go on and refill")
    REALLOCATE = "reallocate", _("Give the seats to others")


class BatchState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    APPROVED = "approved", _("Approved")
    CANCELLED = "cancelled", _("Cancelled")


BATCH_MOVES: Final[dict[BatchState, frozenset[BatchState]]] = {
    BatchState.DRAFT: frozenset({BatchState.APPROVED, BatchState.CANCELLED}),
    BatchState.APPROVED: frozenset({BatchState.CANCELLED}),
    BatchState.CANCELLED: frozenset(),
}


class Answer(models.TextChoices):
    """What a person said to an invitation."""

    NONE = "", _("No answer yet")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")


class InvitationState(models.TextChoices):
    """Where an invitation stands: read from the answer and the message, kept nowhere."""

    DRAFT = "draft", _("Not approved")
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    UNCERTAIN = "uncertain", _("Uncertain")
    BOUNCED = "bounced", _("Bounced")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Not sent")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")


class ImportState(models.TextChoices):
    READ = "read", _("File read")
    CHECKED = "checked", _("Checked")
    IMPORTED = "imported", _("Imported")
    STOPPED = "stopped", _("Stopped")


class AttributeType(models.TextChoices):
    TEXT = "text", _("Text")
    CHOICE = "choice", _("Choice")
    INTEGER = "integer", _("Whole number")
    DECIMAL = "decimal", _("Number")
    DATE = "date", _("Date")
    BOOLEAN = "boolean", _("Yes or no")


class Purpose(models.TextChoices):
    """What a consent is about."""

    CONTACT = "contact", _("Being written to about the test")
    TAKE_PART = "take_part", _("Taking part in the test")
    BEHAVIOUR = "behaviour", _("Use of behaviour in the product")
    INTERVIEW = "interview", _("Being asked for an interview")


class ConsentChange(models.TextChoices):
    GIVEN = "given", _("Given")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class How(models.TextChoices):
    """By what way a consent was given or withdrawn."""

    IMPORT = "import", _("Stated with an import")
    PAGE = "page", _("On the tester's own page")
    ONE_CLICK = "one_click", _("By the mail program's unsubscribe button")
    COMPLAINT = "complaint", _("By reporting a message as spam")
    STAFF = "staff", _("Told to staff")


LINK_GRACE: Final = timedelta(days=30)
"""How long a link still opens after the last day for an answer, after leaving, after the rollout's end."""


class LinkPurpose(models.TextChoices):
    """What a personal link opens; the value goes into its signature."""

    INVITATION = "cohorts.answer_invitation", _("Answer to an invitation")
    LEAVE = "cohorts.leave", _("Leave")
