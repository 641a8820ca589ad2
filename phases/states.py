"""The lives of the things in a rollout, as data. One function performs every move (services.py)."""

from dataclasses import dataclass
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class RolloutState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ACTIVE = "active", _("Running")
    CLOSED = "closed", _("Closed")
    DISCARDED = "discarded", _("Discarded")


# A rollout in one of these is read, and changed no more.
ENDED: Final = frozenset({RolloutState.CLOSED, RolloutState.DISCARDED})


class PhaseState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    PREPARING = "preparing", _("Preparing")
    AWAITING_GO = "awaiting_go", _("Waiting for start")
    ACTIVE = "active", _("Running")
    EXIT_REVIEW = "exit_review", _("In review")
    COMPLETED = "completed", _("Done")
    ROLLED_BACK = "rolled_back", _("Rolled back")
    SKIPPED = "skipped", _("Skipped")


RUNNING: Final = frozenset({PhaseState.ACTIVE, PhaseState.EXIT_REVIEW})
OVER: Final = frozenset({PhaseState.COMPLETED, PhaseState.SKIPPED})


class Intake(models.TextChoices):
    OPEN = "open", _("Open")
    STOPPED = "stopped", _("Stopped")


class Verb(models.TextChoices):
    """Everything that can be done to a phase."""

    PREPARE = "prepare", _("Prepare")
    AWAIT_GO = "await_go", _("Wait for start")
    START = "start", _("Start")
    REVIEW = "review", _("Review")
    COMPLETE = "complete", _("Complete")
    REOPEN = "reopen", _("Reopen")
    SKIP = "skip", _("Skip")
    HOLD = "hold", _("Hold")
    RESUME = "resume", _("Resume")
    STOP_INTAKE = "stop_intake", _("Stop intake")
    OPEN_INTAKE = "open_intake", _("Open intake")
    SHRINK = "shrink", _("Shrink")
    ROLL_BACK = "roll_back", _("Roll back")


STOPPING: Final = (Verb.HOLD, Verb.STOP_INTAKE, Verb.SHRINK, Verb.ROLL_BACK)

STOPPING_WORDS: Final = {
    Verb.HOLD: _("Nothing new goes out. Nobody loses access."),
    Verb.STOP_INTAKE: _("Who is in stays. Nobody new comes in."),
    Verb.SHRINK: _("Some lose access, by rule."),
    Verb.ROLL_BACK: _("Back to the phase before, by the runbook."),
}


@dataclass(frozen=True, slots=True)
class Move:
    """Where a verb may start, where it leads, and which act permits it. `to` None: the state stays."""

    sources: frozenset[PhaseState]
    to: PhaseState | None
    act: str


MOVES: Final[dict[Verb, Move]] = {
    Verb.PREPARE: Move(
        frozenset({PhaseState.PLANNED, PhaseState.ROLLED_BACK}), PhaseState.PREPARING, "phase.prepare"
    ),
    Verb.AWAIT_GO: Move(
        frozenset({PhaseState.PLANNED, PhaseState.PREPARING}), PhaseState.AWAITING_GO, "gate.sign"
    ),
    Verb.START: Move(
        frozenset({PhaseState.PLANNED, PhaseState.PREPARING, PhaseState.AWAITING_GO}),
        PhaseState.ACTIVE,
        "phase.start",
    ),
    Verb.REVIEW: Move(frozenset({PhaseState.ACTIVE}), PhaseState.EXIT_REVIEW, "phase.complete"),
    Verb.COMPLETE: Move(RUNNING, PhaseState.COMPLETED, "phase.complete"),
    Verb.REOPEN: Move(frozenset({PhaseState.COMPLETED}), PhaseState.ACTIVE, "phase.roll_back"),
    Verb.SKIP: Move(
        frozenset({PhaseState.PLANNED, PhaseState.PREPARING}), PhaseState.SKIPPED, "phase.complete"
    ),
    Verb.HOLD: Move(RUNNING, None, "phase.hold"),
    Verb.RESUME: Move(RUNNING, None, "phase.resume"),
    Verb.STOP_INTAKE: Move(RUNNING, None, "phase.stop_intake"),
    Verb.OPEN_INTAKE: Move(RUNNING, None, "phase.resume"),
    Verb.SHRINK: Move(RUNNING, None, "phase.shrink"),
    Verb.ROLL_BACK: Move(RUNNING, PhaseState.ROLLED_BACK, "phase.roll_back"),
}


class GateState(models.TextChoices):
    OPEN = "open", _("Open")
    GO = "go", _("Go")
    CONDITIONAL_GO = "conditional_go", _("Go with conditions")
    NOT_YET = "not_yet", _("Not yet")
    NO_GO = "no_go", _("No-go")


class Decision(models.TextChoices):
    """What a signer may put a name to."""

    GO = "go", _("Go")
    CONDITIONAL = "conditional", _("Go with conditions")
    NOT_YET = "not_yet", _("Not yet")
    NO_GO = "no_go", _("No-go")


FORWARD: Final = frozenset({Decision.GO, Decision.CONDITIONAL})
OPENED: Final = frozenset({GateState.GO, GateState.CONDITIONAL_GO})


class Outcome(models.TextChoices):
    """The six answers of a criterion; only MET and WAIVED count. Order: worst first."""

    NOT_MET = "not_met", _("Not met")
    UNDECIDABLE = "undecidable", _("Cannot tell yet")
    STALE = "stale", _("Stale")
    NO_DATA = "no_data", _("No data")
    WAIVED = "waived", _("Waived")
    MET = "met", _("Met")


COUNTS: Final = frozenset({Outcome.MET, Outcome.WAIVED})
WORST_FIRST: Final = {outcome: place for place, outcome in enumerate(Outcome)}


class Reason(models.TextChoices):
    """Why an outcome is not a plain yes or no."""

    NONE = "", ""
    NEVER = "never", _("nothing was read yet")
    IMMATURE = "immature", _("it is too early to tell")
    ERROR = "error", _("reading it failed")
    UNKNOWN_MEASURE = "unknown_measure", _("nothing in this portal measures it")
    ZERO_BASELINE = "zero_baseline", _("the baseline is zero")
    NO_BASELINE = "no_baseline", _("no baseline was recorded")
    MIN_N = "min_n", _("too few answers")
    INTERVAL = "interval", _("the interval reaches over the threshold")
    TREND_POINTS = "trend_points", _("too few points for a trend")
    TOO_OLD = "too_old", _("the reading is too old")


class ItemState(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")


class ObjectiveOutcome(models.TextChoices):
    OPEN = "open", _("Open")
    MET = "met", _("Met")
    PARTLY = "partly", _("Partly met")
    MISSED = "missed", _("Missed")
