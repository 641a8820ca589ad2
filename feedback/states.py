"""The lives of the room's things, as data. One function in `services` makes every move."""

from dataclasses import dataclass
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


# --- Surveys -----------------------------------------------------------------------------------------
class Rhythm(models.TextChoices):
    """How often a survey is held in its phase."""

    WEEKLY = "weekly", _("Weekly in the phase")
    ONCE = "once", _("Once in the phase")


class QuestionKind(models.TextChoices):
    """What an answer is. The scale belongs to the kind and is never guessed from values."""

    NPS = "nps0_10", _("Recommendation, 0 to 10 (NPS)")
    RATING = "rating5", _("Rating, 1 to 5")
    CHOICE = "choice", _("Choice")
    TEXT = "text", _("Own words")


@dataclass(frozen=True, slots=True)
class Scale:
    """The whole numbers that an answer may be, both ends included."""

    low: int
    high: int

    @property
    def values(self) -> range:
        return range(self.low, self.high + 1)


SCALES: Final[dict[str, Scale]] = {
    QuestionKind.NPS: Scale(0, 10),
    QuestionKind.RATING: Scale(1, 5),
}

# Where the marks of a scale begin to count: "promoter", "detractor", "satisfied".
PROMOTER_FROM: Final = 9
DETRACTOR_TO: Final = 6
SATISFIED_FROM: Final = 4


class RequestState(models.TextChoices):
    """How far one person is with one wave of a survey."""

    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    STARTED = "started", _("Started")
    SUBMITTED = "submitted", _("Answered")
    EXPIRED = "expired", _("Expired")
    LEFT = "left", _("Left")


_R = RequestState

REQUEST_MOVES: Final[dict[RequestState, frozenset[RequestState]]] = {
    _R.QUEUED: frozenset({_R.SENT, _R.EXPIRED, _R.LEFT}),
    _R.SENT: frozenset({_R.STARTED, _R.SUBMITTED, _R.EXPIRED, _R.LEFT}),
    _R.STARTED: frozenset({_R.SUBMITTED, _R.EXPIRED, _R.LEFT}),
    # An answer stays an answer: it may be changed until the wave closes, and counts for ever.
    _R.SUBMITTED: frozenset(),
    _R.EXPIRED: frozenset(),
    _R.LEFT: frozenset(),
}

UNANSWERED: Final = (_R.QUEUED, _R.SENT, _R.STARTED)


# --- Feedback ----------------------------------------------------------------------------------------
class ItemKind(models.TextChoices):
    """What somebody told us."""

    BLOCKER = "blocker", _("Blocker")
    BUG = "bug", _("Bug")
    USABILITY = "usability", _("Hard to use")
    IDEA = "idea", _("Idea")
    QUESTION = "question", _("Question")
    COMPLAINT = "complaint", _("Complaint")
    PRAISE = "praise", _("Praise")


DEFECTS: Final = (ItemKind.BLOCKER, ItemKind.BUG, ItemKind.USABILITY)


class Area(models.TextChoices):
    """What it is about."""

    FUNCTION = "function", _("Function")
    USABILITY = "usability", _("Usability")
    CONTENT = "content", _("Content")
    LANGUAGE = "language", _("Language")
    SPEED = "speed", _("Speed")
    SECURITY = "security", _("Security and privacy")
    OTHER = "other", _("Something else")


class Severity(models.TextChoices):
    """How bad it is; judged by staff."""

    CRITICAL = "critical", _("Critical")
    HIGH = "high", _("High")
    MEDIUM = "medium", _("Medium")
    LOW = "low", _("Low")


class Origin(models.TextChoices):
    """How it came in."""

    FORM = "form", _("Web form")
    SURVEY = "survey", _("Survey answer")
    PHONE = "phone", _("Telephone")
    MAIL = "mail", _("E-mail")
    TALK = "talk", _("In person")
    STAFF = "staff", _("Another way")


ENTERED: Final = (Origin.PHONE, Origin.MAIL, Origin.TALK, Origin.STAFF)
"""What staff enter, by the way in which it reached them."""


class ItemState(models.TextChoices):
    NEW = "new", _("New")
    TRIAGED = "triaged", _("Triaged")
    IN_PROGRESS = "in_progress", _("In progress")
    WAITING = "waiting", _("Waiting for the tester")
    RESOLVED = "resolved", _("Resolved")
    VERIFIED = "verified", _("Verified")
    CLOSED = "closed", _("Closed")
    DECLINED = "declined", _("Declined")
    DUPLICATE = "duplicate", _("Duplicate")


_S = ItemState

OPEN: Final = (_S.NEW, _S.TRIAGED, _S.IN_PROGRESS, _S.WAITING)
# What takes an item out of every count: it was no finding of its own after all.
WITHDRAWN: Final = (_S.DECLINED, _S.DUPLICATE)


class ItemVerb(models.TextChoices):
    """Everything that can be done to an item."""

    REPORT = "report", _("Reported")
    CLASSIFY = "classify", _("Judged")
    START = "start", _("Start work")
    WAIT = "wait", _("Wait for the tester")
    RESOLVE = "resolve", _("Resolve")
    VERIFY = "verify", _("Verify")
    CLOSE = "close", _("Close")
    DECLINE = "decline", _("Decline")
    MERGE = "merge", _("Merge")
    SPLIT = "split", _("Undo the merge")
    REOPEN = "reopen", _("Reopen")


@dataclass(frozen=True, slots=True)
class ItemMove:
    """Where a verb may start and where it leads; `to` None: the state stays, except that new is triaged."""

    sources: frozenset[ItemState]
    to: ItemState | None
    needs_reason: bool = False


_OPEN: Final = frozenset(OPEN)

ITEM_MOVES: Final[dict[ItemVerb, ItemMove]] = {
    ItemVerb.CLASSIFY: ItemMove(frozenset(ItemState) - {_S.DUPLICATE}, None),
    ItemVerb.START: ItemMove(_OPEN - {_S.IN_PROGRESS}, _S.IN_PROGRESS),
    ItemVerb.WAIT: ItemMove(_OPEN - {_S.WAITING}, _S.WAITING),
    ItemVerb.RESOLVE: ItemMove(_OPEN, _S.RESOLVED, needs_reason=True),
    ItemVerb.VERIFY: ItemMove(frozenset({_S.RESOLVED}), _S.VERIFIED),
    ItemVerb.CLOSE: ItemMove(_OPEN | {_S.RESOLVED, _S.VERIFIED}, _S.CLOSED, needs_reason=True),
    ItemVerb.DECLINE: ItemMove(_OPEN, _S.DECLINED, needs_reason=True),
    ItemVerb.MERGE: ItemMove(_OPEN, _S.DUPLICATE),
    ItemVerb.SPLIT: ItemMove(frozenset({_S.DUPLICATE}), _S.TRIAGED, needs_reason=True),
    ItemVerb.REOPEN: ItemMove(
        frozenset({_S.RESOLVED, _S.VERIFIED, _S.CLOSED, _S.DECLINED}), _S.TRIAGED, needs_reason=True
    ),
}
