"""How a condition becomes a criterion: what its list is about, what it says, to whom it belongs."""

import re
from functools import cache

from phases.documents.markdown import rules
from phases.documents.markdown.context import Context
from phases.documents.markdown.facts import Criterion, Phase, Threshold
from phases.documents.markdown.gates import GATES
from phases.documents.markdown.roles import Role
from phases.documents.markdown.rules import Rule, Strictness
from phases.documents.markdown.sections import Section
from phases.documents.markdown.vocabulary import pattern, searcher

MEASURED = frozenset({Role.CRITERIA, Role.METRICS, Role.ALERT, Role.DELIVERABLE, *GATES})
# Lists in which numbers are no rules, however they are written.
CLOSED = frozenset(
    {
        Role.SELECTION,
        Role.TRIGGER,
        Role.ROLLBACK,
        Role.RISK,
        Role.BUDGET,
        Role.CONTACT,
        Role.ONCALL,
        Role.ESCALATION,
        Role.SUPPORT,
        Role.SIGNOFF,
        Role.COMMUNICATION,
        Role.TEMPLATE,
        Role.AUDIENCE,
        Role.DURATION,
        Role.RAMP,
        Role.CHECKLIST,
    }
)
_KINDS = {
    Role.GO: "gate",
    Role.GATE: "gate",
    Role.NOGO: "gate-nogo",
    Role.METRICS: "metric",
    Role.ALERT: "alert",
    Role.DELIVERABLE: "deliverable",
}


def kind_of(role: Role, section: Section) -> str:
    """Name the kind of criterion that a list of this role holds."""
    if role is Role.CRITERIA and searcher("prerequisite").search(section.role_given_by.title):
        return "entry"
    return _KINDS.get(role, "success")


def is_gate(context: Context, section: Section, role: Role, line: int) -> bool:
    """Whether conditions are a gate: a plan without phases has criteria to leave it, but no gates."""
    placed = context.facts.phase_at(line) is not None or bool(context.named(section.title))
    return bool(context.facts.phases) and (placed or role in (Role.GO, Role.NOGO))


def put(context: Context, criterion: Criterion) -> None:
    context.facts.criteria.append(criterion)
    context.use(criterion.line, "criterion")


def put_rules(
    context: Context, line: int, kind: str, phase: Phase | None, text: str, found: list[Rule]
) -> None:
    """Write a criterion for each rule; a second goal in parentheses is the stretch goal of the first."""
    second = next((rule for rule in found if rule.is_second_goal), None)
    stretch = (
        Threshold(found[0].op if found[0].op != "=" else ">=", second.value, second.unit) if second else None
    )
    for rule in found:
        if rule is not second:
            put(
                context,
                Criterion(
                    line,
                    kind,
                    rule.name or text,
                    text,
                    phase,
                    rule.op,
                    rule.value,
                    rule.value2,
                    rule.unit,
                    rule.window,
                    stretch=stretch,
                ),
            )


def put_condition(
    context: Context, line: int, kind: str, phase: Phase | None, text: str, *, judged: bool, bold: str = ""
) -> bool:
    """Write one condition of a list: measured, a zero in words, or to be judged. Says whether it did.

    :param judged: whether a condition without a number is to be judged by somebody.
    """
    parts = parts_of(text)
    if len(parts) > 1 and all(_is_one_rule(context, part) for part in parts):
        for part in parts:
            put_condition(context, line, kind, phase, part, judged=False)
        return True
    found = rules.rules_in(text, context.style, Strictness.ANY, bold)
    zero, none = rules.zero_in_words(text), rules.none_in_words(text)
    if found:
        put_rules(context, line, kind, phase, text, found)
    elif zero is not None:
        put(context, Criterion(line, kind, zero, text, phase, "=", 0, None, "count"))
    elif none is not None and kind != "gate-nogo":
        put(
            context,
            Criterion(line, kind, none, text, phase, "=", 0, None, "count", judged=True, implied_zero=True),
        )
    elif judged and re.search(r"[^\W\d]{2,}", text):
        put(context, Criterion(line, kind, text, text, phase, judged=True))
    else:
        return False
    return True


def _is_one_rule(context: Context, text: str) -> bool:
    """Whether a part of a line is a rule by itself: it has a name, and its only number is compared."""
    found = rules.rules_in(text, context.style, Strictness.ANY)
    return len(found) == 1 and found[0].name != "" and len(re.findall(r"[^\W\d]{2,}", text)) > 0


@cache
def _joints() -> re.Pattern[str]:
    return re.compile(
        r"\s*[;；]\s*|,\s+(?!\d{3}\b)|\s+(?:AND|&&|\+)\s+|\.\s+(?=[A-ZÀ-Ý])|<br\s*/?>|\s·\s|"
        rf"\s+{pattern('conjunction')}\s+(?=[^,;]*\d)"
    )


def parts_of(text: str) -> list[str]:
    """Split the conditions that stand in one line."""
    return [part.strip() for part in _joints().split(text) if part and part.strip()]
