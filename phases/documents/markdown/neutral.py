"""The facts as plain data, for other programs: phases, criteria, gates and the rest, each with its line."""

from typing import Any

from phases.documents.markdown.facts import Criterion, Facts, Phase, Share, Threshold


def neutral(facts: Facts) -> dict[str, Any]:
    """Return the facts as data that JSON can hold. A phase is named by its place in the list."""
    place = {id(phase): index for index, phase in enumerate(facts.phases)}

    def at(phase: Phase | None) -> int | None:
        return None if phase is None else place[id(phase)]

    return {
        "title": facts.title,
        "language": facts.language,
        "header": [{"line": line, "key": key, "value": value} for line, key, value in facts.header],
        "phases": [_phase(phase, facts, at(phase.parent)) for phase in facts.phases],
        "criteria": [_criterion(criterion) | {"phase": at(criterion.phase)} for criterion in facts.criteria],
        "gates": [
            {
                "line": gate.line,
                "from_phase": at(gate.from_phase),
                "to_phase": at(gate.to_phase),
                "kind": gate.kind,
                "items": [{"line": line, "text": text} for line, text in gate.items],
            }
            for gate in facts.gates
        ],
        "rollback_triggers": [
            {
                "line": t.line,
                "text": t.text,
                "op": t.op,
                "value": t.value,
                "value2": t.value2,
                "unit": t.unit,
                "mode": t.mode,
                "action": t.action,
                "phase": at(t.phase),
            }
            for t in facts.triggers
        ],
        "signoffs": [
            {"line": s.line, "approver": s.approver, "what": s.what, "phase": at(s.phase)}
            for s in facts.signoffs
        ],
        "communications": [
            {
                "line": c.line,
                "what": c.what,
                "when": c.when,
                "audience": c.audience,
                "channel": c.channel,
                "owner": c.owner,
                "phase": at(c.phase),
            }
            for c in facts.communications
        ],
        "checklists": [
            {
                "line": c.line,
                "title": c.title,
                "items": len(c.items),
                "phase": at(c.phase),
                "lines": [line for line, _text, _done in c.items],
            }
            for c in facts.checklists
        ],
        "entries": [
            {"line": e.line, "kind": e.kind, "text": e.text, "phase": at(e.phase), "values": dict(e.values)}
            for e in facts.entries
        ],
    }


def _phase(phase: Phase, facts: Facts, parent: int | None) -> dict[str, Any]:
    audience, schedule = phase.audience, phase.schedule
    offset, length = schedule.offset, schedule.length
    return {
        "label": phase.label,
        "name": phase.name,
        "line": phase.line,
        "parent": parent,
        "description": phase.description,
        "count_min": audience.count_min,
        "count_max": audience.count_max,
        "percent_min": audience.percent_min,
        "percent_max": audience.percent_max,
        "audience": audience.text,
        "offset": None
        if offset is None
        else {"unit": offset.unit, "from": offset.first, "to": offset.last}
        | ({"week": offset.week} if offset.week else {}),
        "duration": None
        if length is None
        else {"min": length.least, "max": length.most, "unit": length.unit},
        "dates": None if schedule.dates is None else list(schedule.dates),
        "checklist_items": sum(len(c.items) for c in facts.checklists if c.phase is phase),
        "quotas": [_share(share) for share in phase.quotas],
        "ramp": [_share(share) for share in phase.ramp],
        "batches": [_share(share) for share in phase.batches],
    }


def _share(share: Share) -> dict[str, Any]:
    return {name: getattr(share, name) for name in Share.__slots__}


def _criterion(criterion: Criterion) -> dict[str, Any]:
    return {
        "line": criterion.line,
        "kind": criterion.kind,
        "name": criterion.name,
        "text": criterion.text,
        "op": criterion.op,
        "value": criterion.value,
        "value2": criterion.value2,
        "unit": criterion.unit,
        "window": criterion.window,
        "qualitative": criterion.judged,
        "implied_zero": criterion.implied_zero,
        "alert": _threshold(criterion.alert),
        "critical": _threshold(criterion.critical),
        "stretch": _threshold(criterion.stretch),
        "frequency": criterion.frequency,
    }


def _threshold(threshold: Threshold | None) -> dict[str, Any] | None:
    return (
        None if threshold is None else {"op": threshold.op, "value": threshold.value, "unit": threshold.unit}
    )
