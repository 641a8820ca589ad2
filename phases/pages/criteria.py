"""A criterion as a page says it: sentence, outcome, evidence in one fixed order, and what is missing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phases.gates import CriterionResult, GateReport, broken_text, flat
from phases.models import Criterion, Judgement
from phases.permissions import Rights, RoleName
from phases.registry import Measured, find_measure
from phases.states import WORST_FIRST, Outcome, Reason
from rollout_portal.accounts.models import User
from rollout_portal.lib import words
from rollout_portal.lib.decimals import rule_text, shown, with_unit

# So many of the rows behind a figure are named on the page; the JSON has all of them.
SOURCES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody gave as evidence for one thing: words, a link or a file.

    :ivar about: the thing, in the plan's words.
    :ivar text: the words or the link; for a file its name.
    :ivar file: the uuid of the stored file; with `digest`, the SHA-256 of its bytes.
    """

    about: str
    text: str
    file: str = ""
    digest: str = ""


def proofs_in(cited: Mapping[str, Mapping[str, Any]]) -> Iterator[Proof]:
    """Return what was given as evidence for the ticks among what is cited: words first, then the file."""
    for said in cited.values():
        if "item" in said and said["evidence"]:
            yield Proof(said["text"], said["evidence"])
        if said.get("file_id"):
            yield Proof(said["text"], said["file_name"], said["file_id"], said["file"])


@dataclass(frozen=True, slots=True)
class Drawing:
    """An interval on its scale, with the threshold: what `svg_scale` draws."""

    value: Decimal
    threshold: Decimal
    low: Decimal
    high: Decimal
    interval_low: Decimal
    interval_high: Decimal
    enough: bool
    name: str
    threshold_text: str


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """One criterion, for `parts/_criterion.html`; `verbs` are what the reader may do about it."""

    code: str
    sentence: str
    outcome: str
    outcome_text: str
    note: str
    part: bool
    value: str
    on: str
    facts: tuple[str, ...]
    drawing: Drawing | None
    missing: str
    quote: str
    proof: str
    why: tuple[Fact, ...]
    verbs: tuple[str, ...]
    checklist: str = ""
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, and when: what the words of a line depend on."""

    rights: Rights
    zone: str
    now: datetime
    closed: bool


def lines_of(report: GateReport, results: Sequence[CriterionResult], reader: Reader) -> list[CriterionLine]:
    """Return `results` and, behind each group, its members, worst first; two queries at most."""
    judged = _judgements(results)
    editors = _editors(results)
    found = []
    for result in results:
        members = sorted(result.members, key=lambda member: WORST_FIRST[member.outcome])
        for each in (result, *members):
            found.append(_line(report, each, reader, judged, editors, part=each is not result))
    return found


def rule_of(row: Criterion) -> str:
    """Return a criterion's rule in words: "above 50"; for a judged one, who judges."""
    if row.is_judged:
        role = str(row.get_judge_role_display()).lower()
        return _("Judged by the %s.") % role if role else _("Judged by a person, with a reason.")
    if row.threshold is None:
        return _("It holds when all of its members count.")
    text = rule_text(row.comparator, row.threshold, row.threshold_high, _unit(row))
    return _("The rule: %s.") % text


def count_text(measured: Measured | None, min_n: int | None = None) -> str:
    """Say on how many observations a figure rests: "92 of 115 answers", "24 answers of at least 30"."""
    if measured is None or measured.n is None:
        return ""
    noun = measured.noun or _("observations")
    if measured.n == 0:
        return _("no %(noun)s") % {"noun": noun}
    if measured.hits is not None:
        return _("%(hits)s of %(n)s %(noun)s") % {
            "hits": words.number(measured.hits),
            "n": words.number(measured.n),
            "noun": noun,
        }
    counted = f"{words.number(measured.n)} {noun}"
    if min_n is not None and measured.n < min_n:
        return _("%(counted)s of at least %(least)s") % {"counted": counted, "least": words.number(min_n)}
    return counted


def value_text(result: CriterionResult) -> str:
    """Return the value as it is shown; where there is none, why."""
    if result.members:
        return ""
    if result.value is not None:
        return result.value_text
    if result.criterion.is_judged:
        return _("the judgement has expired") if result.reason == Reason.IMMATURE else _("not judged yet")
    return str(result.reason.label)


def missing_text(result: CriterionResult) -> str:
    """Say what a person can do about a criterion that does not count; empty when it counts."""
    if result.counts:
        return ""
    if result.members:
        text = _("%(counting)s of %(all)s count.") % _counting(result)
        if any(each.outcome in (Outcome.STALE, Outcome.NO_DATA) for each in result.members):
            text += " " + _("A missing or old reading never counts as met.")
        return text
    said = []
    if result.outcome == Outcome.NOT_MET and result.rule and not result.criterion.is_judged:
        said.append(words.capital(broken_text(result)) + ".")
    if result.reason == Reason.INTERVAL and result.interval is not None:
        said.append(_("The interval reaches over the threshold."))
    todo = [need.text for need in result.needs if need.kind != "value"]
    if todo:
        said.append(_("Missing: %s.") % ", ".join(todo))
    return " ".join(said)


def _counting(result: CriterionResult) -> dict[str, int]:
    deciding = [member for member in result.members if member.criterion.blocking]
    return {"counting": sum(member.counts for member in deciding), "all": len(deciding)}


def _line(
    report: GateReport,
    result: CriterionResult,
    reader: Reader,
    judged: dict[str, Judgement],
    editors: dict[int, str],
    *,
    part: bool,
) -> CriterionLine:
    row, measured = result.criterion, result.measured
    judgement = judged.get(row.code)
    missing, quote = missing_text(result), judgement.rationale if judgement else ""
    if result.waiver is not None:
        missing = _("Waived by %(who)s, %(when)s, until %(until)s:") % {
            "who": result.waiver.given_by,
            "when": _moment(result.waiver.given_at, reader),
            "until": _moment(result.waiver.until, reader),
        }
        quote = result.waiver.reason
    return CriterionLine(
        code=row.code,
        sentence=row.text,
        outcome=result.outcome.value,
        outcome_text=result.outcome_text,
        note=_note(result),
        part=part,
        value=value_text(result),
        on=_on(result),
        facts=_facts(report, result, reader, editors),
        drawing=_drawing(result),
        missing=missing,
        quote=quote,
        proof=judgement.evidence if judgement else "",
        why=_why(result, reader),
        verbs=_verbs(result, reader),
        checklist=row.subject if row.measure == "phases.checklist" and measured else "",
        proofs=tuple(proofs_in(result.cited)),
    )


def _note(result: CriterionResult) -> str:
    if not result.criterion.blocking:
        return _("does not block")
    if result.members:
        return _("all %s must count") % _counting(result)["all"]
    return ""


def _on(result: CriterionResult) -> str:
    if result.baseline is not None:
        held = with_unit(shown(result.baseline.value), result.baseline.unit)
        return _("against the baseline of %s") % held
    scale = result.measured.scale if result.measured else None
    if scale is None or result.value is None:
        return ""
    return _("on %(low)s … %(high)s") % {"low": shown(scale[0]), "high": shown(scale[1])}


def _facts(
    report: GateReport, result: CriterionResult, reader: Reader, editors: dict[int, str]
) -> tuple[str, ...]:
    """In one fixed order: distance, n, interval, age, source, who changed the rule."""
    row, measured = result.criterion, result.measured
    edited = (
        _("changed by %(who)s, %(when)s")
        % {"who": editors.get(row.edited_by_id or 0, ""), "when": _moment(row.edited_at, reader)}
        if row.edited_at
        else ""
    )
    if measured is None or result.members:
        return (edited,) if edited else ()
    found = (
        result.distance_text,
        count_text(measured, row.min_n),
        interval_text(result),
        _age(report, result),
        str(measured.source),
        edited,
    )
    return tuple(fact for fact in found if fact)


def interval_text(result: CriterionResult) -> str:
    """Return the interval in the terms of the rule: "95 %: 21.7 … 78.3"; empty without one."""
    if result.interval is None:
        return ""
    low, high = (shown(end, result.criterion.threshold, places=1) for end in result.interval)
    return _("95 %%: %(low)s … %(high)s") % {"low": low, "high": with_unit(high, _unit(result.criterion))}


def _age(report: GateReport, result: CriterionResult) -> str:
    measured = result.measured
    if measured is None or measured.as_of is None:
        return ""
    if result.outcome == Outcome.STALE and result.criterion.max_age is not None:
        return _("%(age)s old, at most %(most)s") % {
            "age": words.duration(report.as_of - measured.as_of),
            "most": words.duration(result.criterion.max_age),
        }
    return words.relative(measured.as_of, now=report.as_of)


def _drawing(result: CriterionResult) -> Drawing | None:
    """Draw only where the interval matters: it decides, or it is too early to tell."""
    row, measured, ends = result.criterion, result.measured, result.interval
    if measured is None or ends is None or row.threshold is None or result.value is None:
        return None
    if row.versus_baseline:
        return None  # a change has no scale to be drawn on
    if result.outcome != Outcome.UNDECIDABLE and row.decide_by != Criterion.DecideBy.INTERVAL:
        return None
    scale = measured.scale or ((Decimal(0), Decimal(100)) if row.unit == "%" else None)
    if scale is None:
        return None
    return Drawing(
        value=result.value,
        threshold=row.threshold,
        low=scale[0],
        high=scale[1],
        interval_low=ends[0],
        interval_high=ends[1],
        enough=result.reason != Reason.MIN_N,
        name=row.text,
        threshold_text=result.rule,
    )


def _why(result: CriterionResult, reader: Reader) -> tuple[Fact, ...]:
    """What the figure rests on, for who wants to check it."""
    row, measured = result.criterion, result.measured
    if result.members or not row.measure:
        return ()
    registered = find_measure(row.measure)
    found = [
        Fact(_("Rule"), result.rule),
        Fact(_("Measure"), str(registered.label) if registered else row.measure),
        Fact(_("Of what"), row.subject),
        Fact(_("Over what time"), row.window if row.window != "latest" else _("the newest")),
        Fact(_("At least so many"), str(row.min_n or "")),
        Fact(_("Not older than"), words.duration(row.max_age) if row.max_age else ""),
        Fact(_("Decided by"), str(row.get_decide_by_display()) if not row.is_judged else ""),
        Fact(_("Judged by"), str(row.get_judge_role_display()) if row.is_judged else ""),
    ]
    if result.baseline is not None:
        frozen = _moment(result.baseline.frozen_at, reader)
        found.append(Fact(_("Baseline"), f"{shown(result.baseline.value)} {result.baseline.unit}, {frozen}"))
    if measured is not None and measured.as_of is not None:
        found.append(Fact(_("Newest observation"), _moment(measured.as_of, reader)))
    if measured is not None and measured.sources:
        found.append(Fact(_("Rests on"), _sources(measured.sources)))
    return tuple(fact for fact in found if fact.value)


def _sources(sources: Sequence[str]) -> str:
    # The id alone: what stands behind it tells one state of the row from another, for the evidence.
    named = ", ".join(":".join(source.split(":")[:2]) for source in sources[:SOURCES_SHOWN])
    left = len(sources) - SOURCES_SHOWN
    if left <= 0:
        return named
    return ngettext("%(named)s and %(n)s more", "%(named)s and %(n)s more", left) % {
        "named": named,
        "n": left,
    }


def _verbs(result: CriterionResult, reader: Reader) -> tuple[str, ...]:
    """What the reader may do about the criterion now, in the order of the page."""
    if reader.closed:
        return ()
    row, rights = result.criterion, reader.rights
    can_judge = row.is_judged and rights.may("criterion.judge")
    if row.judge_role:
        can_judge = can_judge and RoleName(row.judge_role) in rights.roles
    can_waive = rights.may("criterion.waive") and row.side == Criterion.Side.GO
    found = {
        "judge": can_judge,
        "baseline": row.versus_baseline and rights.may("baseline.record"),
        "waive": can_waive and not result.counts,
        "end_waiver": can_waive and result.waiver is not None,
        "change": rights.may("criterion.edit"),
    }
    return tuple(verb for verb, possible in found.items() if possible)


def _unit(row: Criterion) -> str:
    return "%" if row.versus_baseline else row.unit


def _moment(at: datetime | None, reader: Reader) -> str:
    return words.moment(at, reader.zone, now=reader.now).text if at else ""


def _judgements(results: Iterable[CriterionResult]) -> dict[str, Judgement]:
    """Return the judgements that the results cite, by the criterion's code; no query without one."""
    cited = {
        source.split(":")[1]: result.criterion.code
        for result in flat(results)
        if result.criterion.is_judged and result.measured
        for source in result.measured.sources
        if source.startswith("phases.judgement:")
    }
    if not cited:
        return {}
    return {cited[str(row.uuid)]: row for row in Judgement.objects.filter(uuid__in=cited)}


def _editors(results: Iterable[CriterionResult]) -> dict[int, str]:
    """Return the names of those who changed a criterion since the start; no query without one."""
    people = {each.criterion.edited_by_id for each in flat(results) if each.criterion.edited_by_id}
    if not people:
        return {}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=people)}
