"""What rooms tell the gate: measures, plan sections, and what a stop must reach.

This file knows no room. Each room above registers in its own `measures.py`, `plan.py` and
`permissions.py`; `PhasesConfig.ready()` imports those.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from phases.states import Reason, Verb

if TYPE_CHECKING:
    from phases.models import Phase, Rollout
    from phases.permissions import Rights
    from rollout_portal.accounts.models import User

log = structlog.get_logger("phases")


Text = str | Promise


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a person can do about a criterion: what kind, how much, on what.

    `text` says it in the reader's words: "6 more answers", "close FB-0398".
    """

    kind: str
    text: str
    amount: Decimal | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a measure read.

    :ivar value: exact, in `unit`; None when there is nothing to read (never zero instead).
    :ivar n: on how many observations it rests; None where that has no meaning.
    :ivar hits: of those, how many count ("92 of 115 answers"); for shares.
    :ivar as_of: the moment of the newest observation behind it, UTC; None without one.
    :ivar interval: the 95 % interval in `unit`.
    :ivar sources: ids of the rows that it rests on, `room.model:uuid`; kept in the evidence.
    :ivar noun: what `n` counts, in words: "answers", "testers".
    :ivar source: where it comes from, in words: "Weekly survey, wave 3".
    :ivar reason: why there is no value.
    :ivar needs: what the measure itself knows to be missing.
    """

    value: Decimal | None
    n: int | None = None
    as_of: datetime | None = None
    sources: tuple[str, ...] = ()
    unit: str = ""
    hits: int | None = None
    interval: tuple[Decimal, Decimal] | None = None
    scale: tuple[Decimal, Decimal] | None = None
    noun: str = ""
    source: str = ""
    reason: Reason = Reason.NONE
    needs: tuple[Need, ...] = ()


class MeasureFunction(Protocol):
    """Reads one figure as it stood at `as_of`; pure. `window` is "", "phase", "wave" or like "7d"."""

    def __call__(
        self, *, rollout: "Rollout", phase: "Phase | None", subject: str, window: str, as_of: datetime
    ) -> Measured: ...


BrokenFunction = Callable[[Sequence[str]], list[str]]
SaysFunction = Callable[[Sequence[str]], dict[str, dict[str, Any]]]
MissingFunction = Callable[[Measured, str, Decimal], tuple[Need, ...]]


@dataclass(frozen=True, slots=True)
class Measure:
    """A registered measure.

    :ivar broken: given source ids, returns those that were corrected or withdrawn since; a signature
        that rests on one of them is stale. New observations alone break nothing.
    :ivar missing: given what was read, a comparator and a threshold in the unit of the measure that it does
        not keep, returns what would make it keep the rule: "1 more satisfied answer".
    :ivar says: given source ids, returns what each of them says, as plain data: it stands in the evidence
        beside its id, and a signature is stale when one says something else. A "name" is only for readers.
    :ivar has_interval: whether it can give a 95 % interval, so that a criterion may be decided by it.
    :ivar counted: what is true of each thing that the measure counts, where it counts things: "open".
    """

    name: str
    label: Text
    function: MeasureFunction
    broken: BrokenFunction | None = None
    missing: MissingFunction | None = None
    has_interval: bool = False
    says: SaysFunction | None = None
    counted: Text = ""


_measures: dict[str, Measure] = {}


def measure(
    name: str,
    *,
    label: Text,
    broken: BrokenFunction | None = None,
    missing: MissingFunction | None = None,
    has_interval: bool = False,
    says: SaysFunction | None = None,
    counted: Text = "",
) -> Callable[[MeasureFunction], MeasureFunction]:
    """Register the function below as the measure `room.name`."""

    def register(function: MeasureFunction) -> MeasureFunction:
        if name in _measures:
            raise RuntimeError(f"The measure {name!r} is registered twice")
        _measures[name] = Measure(name, label, function, broken, missing, has_interval, says, counted)
        return function

    return register


def measures() -> dict[str, Measure]:
    """Return all measures by name."""
    return dict(_measures)


def find_measure(name: str) -> Measure | None:
    """Return the measure called `name`, or None: the gate then says so and does not open."""
    return _measures.get(name)


@dataclass(frozen=True, slots=True)
class Stop:
    """What a stopping verb did, for the rooms that must follow it."""

    phase: "Phase"
    verb: Verb
    at: datetime
    by: "User | None"
    reason: str
    options: dict[str, Any] = field(default_factory=dict)


StopHook = Callable[[Stop], None]

_stop_hooks: dict[str, StopHook] = {}


def stop_hook(name: str, function: StopHook) -> None:
    """Register what must happen inside the transaction of every stopping verb.

    Each hook runs in a savepoint. One that fails is recorded, alarmed and retried; it never prevents
    the stop. It must be safe to run twice.
    """
    if name in _stop_hooks:
        raise RuntimeError(f"The stop hook {name!r} is registered twice")
    _stop_hooks[name] = function


def stop_hooks() -> dict[str, StopHook]:
    """Return all stop hooks by name, in the order of registration."""
    return dict(_stop_hooks)


ConsequenceFunction = Callable[["Phase", Verb], Iterable[str]]

_consequences: list[ConsequenceFunction] = []


def consequences(function: ConsequenceFunction) -> ConsequenceFunction:
    """Register what a verb will do in a room, in sentences with numbers, shown before the button."""
    _consequences.append(function)
    return function


def consequences_of(phase: "Phase", verb: Verb) -> list[str]:
    """Return what `verb` will do to the people and things of `phase`, room by room.

    A room that cannot count at this moment is named as such: it must not keep the page of a stop from
    opening.
    """
    found: list[str] = []
    for function in _consequences:
        try:
            found += function(phase, verb)
        except Exception as error:
            log.error("consequences.failed", function=function.__module__, verb=verb, error=repr(error))
            room = function.__module__.split(".")[0]
            found.append(_("What happens in “%s” cannot be counted at this moment.") % room)
    return found


@dataclass(frozen=True, slots=True)
class PhaseCard:
    """What a room shows on the page of a phase: sentences, and links to where it goes on.

    :ivar links: (words, address) of pages that the reader may open.
    """

    title: str
    lines: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()


PhaseCardFunction = Callable[["Phase", "Rights"], PhaseCard | None]

_phase_cards: list[PhaseCardFunction] = []


def phase_card(function: PhaseCardFunction) -> PhaseCardFunction:
    """Register a card for the page of a phase; None where the reader has nothing to see there."""
    _phase_cards.append(function)
    return function


def phase_cards(phase: "Phase", rights: "Rights") -> list[PhaseCard]:
    """Return what the rooms show on the page of `phase` to a reader with these rights."""
    return [card for function in _phase_cards if (card := function(phase, rights)) is not None]


@dataclass(frozen=True, slots=True)
class PlanSection:
    """One room's part of a plan file.

    :ivar name: the key of the section in the file.
    :ivar schema: the pydantic model of the section; unknown keys are refused.
    :ivar load: writes the section into a rollout, inside the importer's transaction; returns problems,
        each with the path into the section, so that the importer can name line and column.
    :ivar dump: returns the section of a rollout as an instance of `schema`; None when it is empty.
    :ivar prune: removes what the section no longer names, after all loads and in reverse order, so that
        nothing is removed while an upper room's row still refers to it; returns problems.
    """

    name: str
    schema: type[Any]
    load: "Callable[[Rollout, Any, User | None], list[PlanProblem]]"
    dump: "Callable[[Rollout], Any | None]"
    prune: "Callable[[Rollout, Any], list[PlanProblem]] | None" = None


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """What is wrong in a section: where (keys and positions), what, and what would be right.

    A warning is told and does not keep the file from being taken.
    """

    path: tuple[str | int, ...]
    message: str
    is_warning: bool = False


_sections: dict[str, PlanSection] = {}


def plan_section(section: PlanSection) -> None:
    """Register a room's part of the plan file; sections load in the order of registration."""
    if section.name in _sections:
        raise RuntimeError(f"The plan section {section.name!r} is registered twice")
    _sections[section.name] = section


def plan_sections() -> dict[str, PlanSection]:
    """Return all plan sections by name, in the order in which they load."""
    return dict(_sections)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule of the linter found in a plan.

    :ivar places: paths into the sections, each beginning with the name of its section; the first is where
        the finding is shown, the others are what it contradicts.
    :ivar words: what was found; its placeholders are filled from `values`.
    :ivar values: the figures that it is about. A finding that was settled comes back when they change.
    :ivar cure: what could be done; filled in the same way.
    """

    places: tuple[tuple[str | int, ...], ...]
    words: Text
    cure: Text
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What was found, in words."""
        return str(self.words) % self.values

    @property
    def advice(self) -> str:
        """What could be done, in words."""
        return str(self.cure) % self.values


LintFunction = Callable[[Mapping[str, Any]], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class LintRule:
    """A question that the linter asks a plan.

    :ivar name: `room.what-is-wrong`; settled findings are kept under it, so it never changes.
    :ivar why: why it matters, in one sentence.
    :ivar function: given the checked sections by name, yields what is wrong; pure, asks no database.
    """

    name: str
    why: Text
    function: LintFunction


_lint_rules: dict[str, LintRule] = {}


def lint_rule(name: str, *, why: Text) -> Callable[[LintFunction], LintFunction]:
    """Register the function below as a rule of the linter; a rule over two rooms lives in the upper one."""

    def register(function: LintFunction) -> LintFunction:
        if name in _lint_rules:
            raise RuntimeError(f"The lint rule {name!r} is registered twice")
        _lint_rules[name] = LintRule(name, why, function)
        return function

    return register


def lint_rules() -> dict[str, LintRule]:
    """Return all rules of the linter by name."""
    return dict(_lint_rules)


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that waits for somebody: verb and object, whose it is, until when, and where it is done.

    :ivar roles: who can do it; everybody who holds one of them has it on Start.
    :ivar people: uuids of the people whom it waits for, where it waits for persons and not for a role.
    :ivar seen_by: roles that may open the page; without any, whoever may see the rollout.
    :ivar due: UTC; None without a date.
    :ivar outcome: one of the six outcomes where the thing is about missing data.
    """

    rollout: "Rollout"
    title: str
    url: str
    roles: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    seen_by: frozenset[str] = frozenset()
    due: datetime | None = None
    note: str = ""
    outcome: str = ""

    def is_for(self, user_uuid: str, roles: frozenset[str]) -> bool:
        """Tell whether it waits for the person who holds `roles` in its rollout."""
        if user_uuid in self.without:
            return False
        return user_uuid in self.people or bool(self.roles & roles)

    def shown_to(self, roles: frozenset[str]) -> "Wait":
        """Return it for a reader with these roles: without a link where the page would refuse them."""
        return self if not self.seen_by or self.seen_by & roles else replace(self, url="")


WaitsFunction = Callable[[Sequence["Rollout"], datetime], Iterable[Wait]]

_waits: list[WaitsFunction] = []


def waits(function: WaitsFunction) -> WaitsFunction:
    """Register what waits for people in a room: for all given rollouts at once, in constant queries."""
    _waits.append(function)
    return function


def waits_in(rollouts: Sequence["Rollout"], now: datetime) -> list[Wait]:
    """Return what waits in `rollouts`, late first, then by date, then what has none."""
    found = [wait for function in _waits for wait in function(rollouts, now)] if rollouts else []
    return sorted(found, key=lambda wait: (wait.due is None, wait.due or now, wait.title))
