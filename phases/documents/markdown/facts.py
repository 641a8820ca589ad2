"""What a plan document says, before it is a plan: plain facts, each with the line it was read from."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from phases.documents.markdown.times import Schedule


@dataclass(frozen=True, slots=True)
class Audience:
    """Who a phase reaches; None where the plan does not say or leaves an end open."""

    count_min: float | None = None
    count_max: float | None = None
    percent_min: float | None = None
    percent_max: float | None = None
    approx: bool = False
    text: str = ""
    line: int = 0

    @property
    def has_count(self) -> bool:
        return self.count_min is not None or self.count_max is not None

    @property
    def has_percent(self) -> bool:
        return self.percent_min is not None or self.percent_max is not None

    def filled_from(self, other: "Audience") -> "Audience":
        """Take counts and shares that are missing here from another place."""
        result = self
        if not result.has_count and other.has_count:
            result = replace(
                result, count_min=other.count_min, count_max=other.count_max, approx=other.approx
            )
        if not result.has_percent and other.has_percent:
            result = replace(result, percent_min=other.percent_min, percent_max=other.percent_max)
        return replace(result, text=result.text or other.text, line=result.line or other.line)


@dataclass(frozen=True, slots=True)
class Share:
    """A quota, or a step of a ramp or a batch: how many, of whom, when."""

    line: int
    label: str
    count: float | None = None
    percent: float | None = None
    date: str | None = None
    when: str = ""


@dataclass(eq=False, slots=True)
class Phase:
    """A phase with the lines that are about it."""

    line: int
    label: str
    name: str
    key: str
    word: str
    parent: "Phase | None" = None
    audience: Audience = field(default_factory=Audience)
    schedule: Schedule = field(default_factory=Schedule)
    spans: list[tuple[int, int]] = field(default_factory=list)
    quotas: list[Share] = field(default_factory=list)
    ramp: list[Share] = field(default_factory=list)
    batches: list[Share] = field(default_factory=list)
    description: str = ""

    def covers(self, line: int) -> bool:
        return any(first <= line <= last for first, last in self.spans)


@dataclass(frozen=True, slots=True)
class Threshold:
    op: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """A rule to be met.

    :ivar kind: success, gate, gate-nogo, metric, entry, alert, deliverable, ramp-gate.
    :ivar judged: nobody can measure it as it is written; somebody has to judge.
    :ivar implied_zero: “No critical bugs”: a count that must be zero, in words.
    """

    line: int
    kind: str
    name: str
    text: str
    phase: Phase | None = None
    op: str | None = None
    value: float | None = None
    value2: float | None = None
    unit: str | None = None
    window: str = ""
    judged: bool = False
    implied_zero: bool = False
    alert: Threshold | None = None
    critical: Threshold | None = None
    stretch: Threshold | None = None
    frequency: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    line: int
    kind: str  # go, no-go
    from_phase: Phase | None
    to_phase: Phase | None
    items: tuple[tuple[int, str], ...]
    decision_by: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What makes people stop.

    :ivar mode: rollback, auto, immediate, pause.
    """

    line: int
    text: str
    mode: str
    op: str | None = None
    value: float | None = None
    value2: float | None = None
    unit: str | None = None
    action: str = ""
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class Checklist:
    line: int
    title: str
    items: tuple[tuple[int, str, bool], ...]
    phase: Phase | None = None
    template: bool = False


@dataclass(frozen=True, slots=True)
class SignOff:
    line: int
    approver: str
    what: str = ""
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class Communication:
    line: int
    what: str
    when: str = ""
    audience: str = ""
    channel: str = ""
    owner: str = ""
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a kind that needs no reading: an objective, an activity, a risk, a cost, a contact."""

    line: int
    kind: str
    text: str
    phase: Phase | None = None
    values: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Facts:
    """Everything that was read out of a document."""

    title: str = ""
    title_line: int = 0
    language: str = "en"
    header: list[tuple[int, str, str]] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    criteria: list[Criterion] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)
    checklists: list[Checklist] = field(default_factory=list)
    signoffs: list[SignOff] = field(default_factory=list)
    communications: list[Communication] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def phase_at(self, line: int) -> Phase | None:
        """The innermost phase that a line belongs to."""
        return innermost(self.phases, line)


def innermost(phases: Sequence[Phase], line: int) -> Phase | None:
    inside = [
        (last - first, phase) for phase in phases for first, last in phase.spans if first <= line <= last
    ]
    return min(inside, key=lambda entry: entry[0])[1] if inside else None
