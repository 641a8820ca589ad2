"""May the next phase start? Reading a gate: pure, writes nothing and raises nothing.

`evaluate(gate, as_of)` reads every criterion through the registered measures and answers with one of
six outcomes each. What a signature binds of it is in `evidence.py`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phases.models import Baseline, Criterion, Gate, Role, Waiver
from phases.registry import Measured, Need, find_measure
from phases.states import COUNTS, WORST_FIRST, Outcome, Reason
from rollout_portal.lib import clock, words
from rollout_portal.lib.decimals import (
    Comparator,
    convert,
    holds,
    interval_holds,
    is_close,
    rule_text,
    shown,
    with_unit,
)

log = structlog.get_logger("gates")


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """How one criterion stands, with everything that a reader needs to believe it.

    :ivar value: what is held against the threshold: the figure in the unit of the rule, or its change in
        percent against the baseline; `interval` is its 95 % interval in the same terms.
    :ivar cited: what its sources say, by their ids, where they say more than a figure.
    :ivar error: what went wrong when reading it failed; for operators, never shown to signers.
    """

    criterion: Criterion
    outcome: Outcome
    reason: Reason = Reason.NONE
    measured: Measured | None = None
    value: Decimal | None = None
    interval: tuple[Decimal, Decimal] | None = None
    needs: tuple[Need, ...] = ()
    members: tuple["CriterionResult", ...] = ()
    waiver: Waiver | None = None
    baseline: Baseline | None = None
    cited: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: str = ""

    @property
    def counts(self) -> bool:
        """Whether the gate may open as far as this criterion goes."""
        return self.outcome in COUNTS

    @property
    def rule(self) -> str:
        """The rule in words: "above 50"; empty for a group."""
        row = self.criterion
        if row.threshold is None:
            return ""
        unit = "%" if row.versus_baseline else row.unit
        return rule_text(row.comparator, row.threshold, row.threshold_high, unit)

    @property
    def value_text(self) -> str:
        """The value as it is shown: on the same side of the threshold as it is."""
        if self.value is None:
            return ""
        row = self.criterion
        if row.is_judged:
            return _("It holds") if self.value else _("It does not hold")
        unit = "%" if row.versus_baseline else row.unit
        text = with_unit(shown(self.value, row.threshold), unit)
        return _("%s exactly") % text if self.value == row.threshold and not self.counts else text

    @property
    def distance_text(self) -> str:
        """How near a close call was: "by 0.04 %"; empty when it was not close."""
        row = self.criterion
        if self.value is None or row.threshold is None or row.is_judged:
            return ""
        if not is_close(self.value, row.threshold):
            return ""
        gap = abs(self.value - row.threshold)
        if row.unit == "%" or row.versus_baseline:
            return _("by %s points") % shown(gap)
        return _("by %s") % with_unit(shown(gap), row.unit)

    @property
    def outcome_text(self) -> str:
        """The outcome in a word; for a group its worst members in words: "1 stale, 1 no data"."""
        if not self.members or self.counts:
            return str(self.outcome.label)
        found = Counter(member.outcome for member in self.members if not member.counts)
        return ", ".join(
            f"{found[outcome]} {str(outcome.label).lower()}"
            for outcome in sorted(found, key=WORST_FIRST.__getitem__)
        )


@dataclass(frozen=True, slots=True)
class GateReport:
    """How a gate stands at `as_of`: every criterion in the plan's order, and who must sign."""

    gate: Gate
    as_of: datetime
    results: tuple[CriterionResult, ...]
    holders: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def deciding(self) -> list[CriterionResult]:
        """The criteria that can keep the gate shut."""
        return [result for result in self.results if result.criterion.blocking]

    @property
    def counting(self) -> int:
        return sum(result.counts for result in self.deciding)

    @property
    def ready(self) -> bool:
        """Whether everything counts; a gate without a criterion is never ready."""
        return bool(self.deciding) and all(result.counts for result in self.deciding)

    @property
    def needs(self) -> list[Need]:
        """What is missing, as things that people can do."""
        return [need for result in self.deciding if not result.counts for need in result.needs]

    @property
    def worst_first(self) -> list[CriterionResult]:
        """The criteria that must hold, worst first."""
        must_hold = [result for result in self.results if result.criterion.side == Criterion.Side.GO]
        return sorted(must_hold, key=lambda result: WORST_FIRST[result.outcome])

    @property
    def stoppers(self) -> list[CriterionResult]:
        """The no-go list: what stops the gate at once. Met means: it is not the case."""
        return [result for result in self.results if result.criterion.side == Criterion.Side.NO_GO]

    @property
    def waived(self) -> list[CriterionResult]:
        return [result for result in flat(self.results) if result.outcome == Outcome.WAIVED]

    def result_of(self, code: str) -> CriterionResult:
        """Return the result of the criterion called `code`."""
        return next(result for result in flat(self.results) if result.criterion.code == code)


def flat(results: Iterable[CriterionResult]) -> list[CriterionResult]:
    """Return the results and, behind each, its members."""
    return [each for result in results for each in (result, *flat(result.members))]


@dataclass(frozen=True, slots=True)
class Overlay:
    """A question "what if": measured values that take the place of the real ones, by criterion code."""

    values: dict[str, Measured]


def evaluate(gate: Gate, as_of: datetime | None = None, overlay: Overlay | None = None) -> GateReport:
    """Read `gate` as it stood at `as_of` (now), in a constant number of queries beside the measures'."""
    moment = as_of or clock.now()
    rows = list(gate.criteria.order_by("position", "pk"))
    for row in rows:
        row.gate = gate
    waivers = {
        waiver.criterion_id: waiver
        for waiver in Waiver.objects.filter(criterion__gate=gate)
        .in_force(moment)
        .select_related("given_by")
        .order_by("given_at", "pk")
    }
    baselines = _baselines(gate, moment) if any(row.versus_baseline for row in rows) else {}
    with way_back() as recover:
        reading = _Reading(gate, moment, waivers, baselines, overlay, recover)
        members: dict[int, list[Criterion]] = {}
        for row in rows:
            if row.parent_id is not None:
                members.setdefault(row.parent_id, []).append(row)
        results = [reading.result(row, members) for row in rows if row.parent_id is None]
        reached = {result.criterion.pk for result in flat(results)}
        # What no group of this gate leads to is said, never left out.
        results += [_lost(row) for row in rows if row.pk not in reached]
    return GateReport(gate=gate, as_of=moment, results=tuple(results), holders=_holders(gate, moment))


@contextmanager
def way_back() -> Iterator[Callable[[], None]]:
    """Yield what makes the database usable again after a query of a measure failed.

    PostgreSQL refuses everything after an error inside a transaction, up to a savepoint. Reading writes
    nothing, so one savepoint before the first measure serves all of them; outside of a transaction a
    failed query spoils nothing.
    """
    if not transaction.get_connection().in_atomic_block:
        yield lambda: None
        return
    savepoint = transaction.savepoint()

    def recover() -> None:
        transaction.savepoint_rollback(savepoint)
        transaction.set_rollback(False)

    yield recover
    transaction.savepoint_commit(savepoint)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One evaluation: what was looked up once for all criteria."""

    gate: Gate
    as_of: datetime
    waivers: dict[int, Waiver]
    baselines: dict[tuple[str, str], Baseline]
    overlay: Overlay | None
    recover: Callable[[], None]

    def result(self, row: Criterion, members: dict[int, list[Criterion]]) -> CriterionResult:
        parts = members.get(row.pk, [])
        result = self.group(row, [self.result(part, members) for part in parts]) if parts else self.plain(row)
        waiver = self.waivers.get(row.pk)
        if waiver is not None and not result.counts:
            return replace(result, outcome=Outcome.WAIVED, waiver=waiver, needs=())
        return result

    def group(self, row: Criterion, parts: Sequence[CriterionResult]) -> CriterionResult:
        """A group counts when every member does; otherwise it is as bad as its worst member."""
        deciding = [part for part in parts if part.criterion.blocking]
        worst = min((part.outcome for part in deciding), key=WORST_FIRST.__getitem__, default=Outcome.NO_DATA)
        counting = [part for part in deciding if part.counts]
        return CriterionResult(
            criterion=row,
            outcome=Outcome.MET if deciding and len(counting) == len(deciding) else worst,
            reason=next((part.reason for part in deciding if part.outcome == worst), Reason.NEVER),
            members=tuple(parts),
            needs=tuple(need for part in deciding if not part.counts for need in part.needs),
            measured=Measured(
                value=Decimal(len(counting)),
                n=len(deciding),
                hits=len(counting),
                noun=_("criteria"),
                source=ngettext("%s criterion", "%s criteria", len(deciding)) % len(deciding),
                as_of=max((p.measured.as_of for p in parts if p.measured and p.measured.as_of), default=None),
            ),
        )

    def plain(self, row: Criterion) -> CriterionResult:
        """One figure against one threshold; whatever fails in reading it concerns this criterion alone."""
        try:
            return self.compared(row)
        except Exception as error:
            # A measure belongs to another room and may fail in any way; the rest of the gate is still read.
            self.recover()
            log.error("measure.failed", measure=row.measure, criterion=row.code, exc_info=error)
            return CriterionResult(
                row,
                Outcome.NO_DATA,
                Reason.ERROR,
                Measured(value=None, reason=Reason.ERROR, source=_label(row)),
                needs=(Need("mend", _("“%s”, read without an error") % row.text, subject=row.code),),
                error=repr(error),
            )

    def compared(self, row: Criterion) -> CriterionResult:
        """No data is never zero and never a pass; then age and number, and only then the threshold."""
        measured = self.read(row)
        if measured.value is None:
            missing = Need("reading", _("a reading for “%s”") % row.text, subject=row.code)
            reason = measured.reason or Reason.NEVER
            return CriterionResult(row, Outcome.NO_DATA, reason, measured, needs=measured.needs or (missing,))
        baseline = self.baselines.get((row.measure, row.subject)) if row.versus_baseline else None
        if row.versus_baseline and (baseline is None or baseline.value == 0):
            need = Need("baseline", _("a baseline for “%s”") % row.text, subject=row.subject)
            reason = Reason.NO_BASELINE if baseline is None else Reason.ZERO_BASELINE
            return CriterionResult(row, Outcome.NO_DATA, reason, measured, needs=(need,))
        found = _in_terms_of_the_rule(row, measured, measured.value, baseline)
        age = self.as_of - measured.as_of if measured.as_of else None
        if row.max_age is not None and age is not None and age > row.max_age:
            need = Need(
                "reading", _("a new reading from %s") % (measured.source or row.text), subject=row.code
            )
            return replace(found, outcome=Outcome.STALE, reason=Reason.TOO_OLD, needs=(need,))
        if row.min_n is not None and (measured.n or 0) < row.min_n:
            short = row.min_n - (measured.n or 0)
            text = words.more(short, measured.noun)
            need = Need("answers", text, amount=Decimal(short), subject=row.code)
            return replace(found, outcome=Outcome.UNDECIDABLE, reason=Reason.MIN_N, needs=(need,))
        return _decided(found)

    def read(self, row: Criterion) -> Measured:
        """Ask the measure, or the overlay that takes its place."""
        if self.overlay is not None and row.code in self.overlay.values:
            return self.overlay.values[row.code]
        registered = find_measure(row.measure)
        if registered is None:
            return Measured(value=None, reason=Reason.UNKNOWN_MEASURE, source=row.measure)
        return registered.function(
            rollout=self.gate.rollout,
            phase=self.gate.from_phase or self.gate.to_phase,
            subject=row.code if row.is_judged else row.subject,
            window=row.window,
            as_of=self.as_of,
        )


def _lost(row: Criterion) -> CriterionResult:
    """Return the result of a member whose group is not in its gate: it cannot be read and does not count."""
    need = Need("mend", _("“%s”, put into a group of its own gate") % row.text, subject=row.code)
    why = f"The group {row.parent_id} of this criterion is not in its gate, or a member of it"
    return CriterionResult(row, Outcome.NO_DATA, Reason.ERROR, needs=(need,), error=why)


def _label(row: Criterion) -> str:
    """Name what a criterion reads, in words."""
    registered = find_measure(row.measure)
    return str(registered.label) if registered else row.measure


def _in_terms_of_the_rule(
    row: Criterion, measured: Measured, figure: Decimal, baseline: Baseline | None
) -> CriterionResult:
    """Return the figure and its interval as the threshold is given: in its unit, or as a change in percent.

    A change is a share of the size of the baseline, so that up is up below zero too.

    :raises ValueError: when the units measure different things, or the figure is not a finite number.
    """
    unit = row.unit if baseline is None else baseline.unit

    def turned(value: Decimal) -> Decimal:
        same = convert(value, measured.unit or unit, unit or measured.unit)
        return same if baseline is None else 100 * (same - baseline.value) / abs(baseline.value)

    value = turned(figure)
    if not value.is_finite():
        raise ValueError(f"The figure {figure} is not a finite number")
    ends = sorted(turned(end) for end in measured.interval) if measured.interval else None
    return CriterionResult(
        row,
        Outcome.MET,
        measured=measured,
        value=value,
        interval=(ends[0], ends[1]) if ends else None,
        baseline=baseline,
        cited=said_by(row.measure, measured.sources),
    )


def said_by(measure: str, sources: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what the sources of a figure say, for the measures whose sources say more than a figure."""
    registered = find_measure(measure)
    return registered.says(sources) if registered and registered.says and sources else {}


def _decided(found: CriterionResult) -> CriterionResult:
    """Compare; for a no-go the rule describes what must not be the case."""
    row, value, measured = found.criterion, found.value, found.measured
    if value is None or measured is None or row.threshold is None:
        raise ValueError("There is nothing to compare with")
    keeps: bool | None = None
    if row.decide_by == Criterion.DecideBy.POINT:
        keeps = holds(value, row.comparator, row.threshold, row.threshold_high)
    elif found.interval:
        keeps = interval_holds(found.interval, row.comparator, row.threshold, row.threshold_high)
    if keeps is None:
        wanted = (
            _("more answers for “%s”")
            if found.interval
            else _("a rule for “%s” that its value decides: what it reads has no interval")
        )
        need = Need("answers", wanted % row.text, subject=row.code)
        return replace(found, outcome=Outcome.UNDECIDABLE, reason=Reason.INTERVAL, needs=(need,))
    if keeps is (row.side == Criterion.Side.GO):
        return found
    needs = measured.needs or _missing(row, measured)
    needs = needs or (Need("value", missing_text(found), subject=row.code),)
    return replace(found, outcome=Outcome.NOT_MET, needs=needs)


def _missing(row: Criterion, measured: Measured) -> tuple[Need, ...]:
    """Ask the measure what would make its figure keep the rule; nothing where it cannot say."""
    registered = find_measure(row.measure)
    if registered is None or registered.missing is None or row.threshold is None or row.versus_baseline:
        return ()
    unit = measured.unit or row.unit
    return registered.missing(measured, row.comparator, convert(row.threshold, row.unit or unit, unit))


def missing_text(result: CriterionResult) -> str:
    """Say in one sentence why a value that was read does not keep its rule."""
    row = result.criterion
    if row.is_judged:
        return _("a judgement that it holds")
    return _("“%(text)s”: %(wrong)s") % {"text": row.text, "wrong": broken_text(result)}


def broken_text(result: CriterionResult) -> str:
    """Say how the value that was read breaks its rule, as a person would.

    "80 % is not above 80 %"; "1 is open; none may be" where the measure counts things.
    """
    row, value = result.criterion, result.value or Decimal(0)
    threshold = row.threshold or Decimal(0)
    registered = find_measure(row.measure)
    unit = "%" if row.versus_baseline else row.unit
    said = {"value": with_unit(shown(value, threshold), unit), "rule": result.rule}
    if row.side == Criterion.Side.NO_GO:
        return _("%(value)s is %(rule)s") % said
    none_may = (row.comparator in (Comparator.EQUAL, Comparator.AT_MOST) and threshold == 0) or (
        row.comparator == Comparator.BELOW and threshold == 1
    )
    if none_may and registered is not None and registered.counted and not unit:
        said["counted"] = str(registered.counted)
        return (
            ngettext(
                "%(value)s is %(counted)s; none may be", "%(value)s are %(counted)s; none may be", int(value)
            )
            % said
        )
    if row.comparator == Comparator.EQUAL:
        return _("it is %(value)s and must be %(rule)s") % said
    return _("%(value)s is not %(rule)s") % said


def _baselines(gate: Gate, as_of: datetime) -> dict[tuple[str, str], Baseline]:
    """Return the newest baseline of each figure of the rollout."""
    rows = Baseline.objects.filter(phase__rollout=gate.rollout, frozen_at__lte=as_of)
    return {(row.measure, row.subject): row for row in rows.order_by("frozen_at", "pk")}


def _holders(gate: Gate, as_of: datetime) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return who holds each role that must sign, by the uuid of the account."""
    roles = list(gate.requirements.order_by("position", "pk").values_list("role", flat=True))
    people: dict[str, list[str]] = {role: [] for role in roles}
    held = Role.objects.current(as_of).filter(rollout=gate.rollout, role__in=roles)
    for role, person in held.order_by("user__uuid").values_list("role", "user__uuid"):
        people[role].append(str(person))
    return tuple((role, tuple(people[role])) for role in roles)
