"""What a signature binds: a gate's report as plain data with its fingerprint, and what changed since.

`as_evidence(report)` is what the first signer freezes; `changes(frozen, report)` tells what is no longer
as it was signed. Reads only: the services freeze and sign.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import models
from django.utils.translation import gettext as _

from phases.gates import CriterionResult, GateReport, said_by, way_back
from phases.models import Criterion, Evidence, Gate
from phases.registry import find_measure
from phases.states import COUNTS, Outcome
from rollout_portal.lib.digests import canonical_json, decimal_text, fingerprint

log = structlog.get_logger("gates")


def as_evidence(report: GateReport) -> dict[str, Any]:
    """Return the report as plain data: what the digest covers, and what is checked again later."""
    gate = report.gate
    return {
        "version": 2,
        "rollout": {"uuid": str(gate.rollout.uuid), "name": gate.rollout.name},
        "gate": {
            "uuid": str(gate.uuid),
            "code": gate.code,
            "name": gate.name,
            "from": gate.from_phase.code if gate.from_phase else None,
            "to": gate.to_phase.code if gate.to_phase else None,
        },
        "as_of": report.as_of,
        "criteria": [_criterion_evidence(result) for result in report.results],
        "signers": [{"role": role, "people": list(people)} for role, people in report.holders],
        "requirements": [
            {"role": requirement.role, "people": requirement.people}
            for requirement in gate.requirements.order_by("position", "pk")
        ],
    }


def evidence_text(report: GateReport) -> str:
    """Return the canonical JSON of the evidence: the bytes that are hashed."""
    return canonical_json(as_evidence(report))


def evidence_digest(report: GateReport) -> str:
    """Return the fingerprint of the evidence."""
    return fingerprint(as_evidence(report))


def _criterion_evidence(result: CriterionResult, group: str | None = None) -> dict[str, Any]:
    row, measured = result.criterion, result.measured
    return {
        "code": row.code,
        "text": row.text,
        "rule": _definition(row) | {"group": group},
        "outcome": result.outcome.value,
        "reason": result.reason.value,
        "value": None if result.value is None else decimal_text(result.value),
        "value_text": result.value_text,
        "rule_text": result.rule,
        "n": measured.n if measured else None,
        "hits": measured.hits if measured else None,
        "noun": measured.noun if measured else "",
        "interval": [decimal_text(end) for end in result.interval] if result.interval else None,
        "measured_at": measured.as_of if measured else None,
        "source": str(measured.source) if measured else "",
        "sources": list(measured.sources) if measured else [],
        "cited": result.cited,
        "baseline": str(result.baseline.uuid) if result.baseline else None,
        "waiver": {
            "uuid": str(result.waiver.uuid),
            "by": str(result.waiver.given_by.uuid),
            "name": str(result.waiver.given_by),
            "reason": result.waiver.reason,
            "until": result.waiver.until,
        }
        if result.waiver
        else None,
        "members": [_criterion_evidence(member, row.code) for member in result.members],
    }


def _definition(row: Criterion) -> dict[str, Any]:
    """Return everything about a criterion that decides: a change to any of it breaks signatures."""
    return {
        "side": row.side,
        "blocking": row.blocking,
        "measure": row.measure,
        "subject": row.subject,
        "window": row.window,
        "comparator": row.comparator,
        "threshold": None if row.threshold is None else decimal_text(row.threshold),
        "high": None if row.threshold_high is None else decimal_text(row.threshold_high),
        "unit": row.unit,
        "versus_baseline": row.versus_baseline,
        "min_n": row.min_n,
        "max_age_seconds": None if row.max_age is None else int(row.max_age.total_seconds()),
        "decide_by": row.decide_by,
        "judge_role": row.judge_role,
    }


class ChangeKind(models.TextChoices):
    """What can break a signature."""

    CRITERION = "criterion", "criterion"
    OUTCOME = "outcome", "outcome"
    SOURCE = "source", "source"
    WAIVER = "waiver", "waiver"
    SIGNERS = "signers", "signers"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is no longer as it was signed, in words."""

    kind: ChangeKind
    code: str
    text: str
    before: str = ""
    after: str = ""


def changes(frozen: dict[str, Any], report: GateReport) -> list[Change]:
    """Return what in the evidence `frozen` was edited, corrected, withdrawn or expired since.

    New data that keeps every outcome changes nothing; an outcome that no longer counts does.
    """
    now = as_evidence(report)
    before = {row["code"]: row for row in _flat_rows(frozen["criteria"])}
    after = {row["code"]: row for row in _flat_rows(now["criteria"])}
    found = [
        Change(ChangeKind.CRITERION, code, _("“%s” was added") % after[code]["text"])
        for code in after.keys() - before.keys()
    ]
    for code, row in before.items():
        found += _row_changes(row, after.get(code))
    found += _broken_sources(before.values())
    if frozen["signers"] != now["signers"] or frozen["requirements"] != now["requirements"]:
        found.append(Change(ChangeKind.SIGNERS, "", _("Who must sign, or who holds the role, was changed")))
    return found


def _row_changes(before: dict[str, Any], after: dict[str, Any] | None) -> list[Change]:
    code, text = before["code"], before["text"]
    if after is None:
        return [Change(ChangeKind.CRITERION, code, _("“%s” was removed") % text)]
    found = []
    if (before["rule"], text) != (after["rule"], after["text"]):
        found.append(
            Change(
                ChangeKind.CRITERION,
                code,
                _("“%s” was changed") % text,
                before["rule_text"] or text,
                after["rule_text"] or after["text"],
            )
        )
    waiver_before, waiver_after = (
        row["waiver"]["uuid"] if row["waiver"] else None for row in (before, after)
    )
    if waiver_before != waiver_after:
        words = _("The waiver of “%s” was given") if waiver_after else _("The waiver of “%s” ended")
        found.append(Change(ChangeKind.WAIVER, code, words % text))
    if before["baseline"] != after["baseline"]:
        words = _("The baseline of “%s” was recorded anew")
        found.append(Change(ChangeKind.SOURCE, code, words % text))
    lost = before["outcome"] in COUNTS and after["outcome"] not in COUNTS
    won = before["outcome"] not in COUNTS and after["outcome"] in COUNTS
    if lost or won:
        found.append(
            Change(
                ChangeKind.OUTCOME,
                code,
                text,
                _outcome_words(before),
                _outcome_words(after),
            )
        )
    return found


def _outcome_words(row: dict[str, Any]) -> str:
    label = str(Outcome(row["outcome"]).label)
    return f"{label}, {row['value_text']}" if row["value_text"] else label


def _is_broken(row: dict[str, Any]) -> bool:
    """Ask the measure whether a cited source was corrected or withdrawn, or says something else now."""
    registered = find_measure(row["rule"]["measure"])
    if registered is None or not row["sources"]:
        return False
    if registered.broken is not None and registered.broken(row["sources"]):
        return True
    return _without_names(said_by(registered.name, row["sources"])) != _without_names(row.get("cited", {}))


def _without_names(cited: dict[str, dict[str, Any]]) -> str:
    """Return what is cited as it is frozen, without the names of people, who may take another one."""
    return canonical_json(
        {source: {key: said[key] for key in said if key != "name"} for source, said in cited.items()}
    )


def _broken_sources(rows: Iterable[dict[str, Any]]) -> list[Change]:
    """Return the criteria of which something cited is no longer as it was signed."""
    found = []
    with way_back() as recover:
        for row in rows:
            try:
                said = _("What “%s” rests on was corrected or withdrawn") if _is_broken(row) else ""
            except Exception as error:
                # What cannot be asked is not known to stand.
                recover()
                measure = row["rule"]["measure"]
                log.error("measure.failed", measure=measure, criterion=row["code"], exc_info=error)
                said = _("Whether what “%s” rests on still stands cannot be read now")
            if said:
                found.append(Change(ChangeKind.SOURCE, row["code"], said % row["text"]))
    return found


def _flat_rows(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for row in rows for each in (row, *_flat_rows(row["members"]))]


def open_evidence(gate: Gate) -> Evidence | None:
    """Return the evidence that signers of `gate` are signing now, if one is frozen."""
    return gate.evidences.open().select_related("frozen_by", "requested_by").first()
