"""Criteria and gates, from lists and fields; tables and dashboards are read by `criteria_tables`."""

import re

from phases.documents.markdown import rules
from phases.documents.markdown.blocks import Block, Kind
from phases.documents.markdown.context import Context
from phases.documents.markdown.criteria_tables import read_fence, read_table
from phases.documents.markdown.criterion import (
    CLOSED,
    MEASURED,
    is_gate,
    kind_of,
    parts_of,
    put_condition,
    put_rules,
)
from phases.documents.markdown.gates import GATES, Gates
from phases.documents.markdown.roles import Role, role_of
from phases.documents.markdown.rules import Strictness
from phases.documents.markdown.sections import Section, field_of
from phases.documents.markdown.vocabulary import pattern, searcher

# Where even a number that calls itself a target is none of the plan's.
_SILENT = frozenset(
    {
        Role.TRIGGER,
        Role.RISK,
        Role.BUDGET,
        Role.SELECTION,
        Role.TEMPLATE,
        Role.OBJECTIVE,
        Role.FEATURE,
        Role.SUPPORT,
    }
)


def read_criteria(context: Context) -> None:
    """Find every criterion and every gate."""
    gates = Gates(context)
    for section in context.tree.sections():
        context.deadline.check()
        if section.head is not None:
            _headline(context, section, gates)
        for block in section.blocks:
            context.deadline.check()
            match block.kind:
                case Kind.ITEM | Kind.TEXT:
                    _line(context, block, section, gates)
                case Kind.TABLE:
                    read_table(context, block, section, gates)
                case Kind.FENCE:
                    read_fence(context, block, section)
    context.facts.gates += gates.result()
    context.facts.criteria.sort(key=lambda criterion: criterion.line)
    context.facts.triggers.sort(key=lambda trigger: trigger.line)


def _headline(context: Context, section: Section, gates: Gates) -> None:
    """Read a rule that is itself a heading: “Target: >90% success rate”."""
    head = section.head
    if head is None or not section.is_label or section.is_phase:
        return
    key, value = field_of(head)
    role = role_of(key) if key and value else Role.NONE
    if role in (Role.CRITERIA, Role.METRICS, *GATES):
        _inline(context, section, head, value, role, gates)


def _line(context: Context, block: Block, section: Section, gates: Gates) -> None:
    text = block.text.plain
    if not text or context.used.get(block.line) or ("____" in text and not re.search(r"\d", text)):
        return
    role = _effective(context, block, section)
    key, value = field_of(block)
    own = role_of(key) if key and value else Role.NONE
    if role not in MEASURED | CLOSED and block.box is None and _is_inline(context, block, own, value):
        _inline(context, section, block, value, Role.CRITERIA if own is Role.SIGNOFF else own, gates)
    elif role not in MEASURED:
        _anywhere(context, block, section, role)
    elif block.kind is Kind.TEXT and block.level == 0:
        _paragraph(context, block, section, role)
    else:
        _item(context, block, section, role, gates)


def _effective(context: Context, block: Block, section: Section) -> Role:
    """What a line is about; prerequisites without boxes are what must hold before the start."""
    role = context.role(block)
    placed = context.phase(block.line) is not None
    if role is Role.CHECKLIST and block.kind is Kind.ITEM and block.box is None and placed:
        return Role.CRITERIA if searcher("prerequisite").search(section.role_given_by.title) else role
    if role is Role.NONE and block.kind is Kind.ITEM and placed and _is_measured(context, section):
        return Role.CRITERIA
    return role


def _is_measured(context: Context, section: Section) -> bool:
    """Whether a list is one of criteria though its heading does not say so: most of its items compare."""
    items = [block for block in context.items(section) if context.parent(block) is None]
    plain = [block for block in items if not role_of(field_of(block)[0])]
    ruled = sum(
        bool(rules.rules_in(block.text.plain, context.style, Strictness.EXPLICIT))
        or rules.zero_in_words(block.text.plain) is not None
        for block in plain
    )
    return ruled >= max(2, 0.75 * len(items))


def _is_inline(context: Context, block: Block, own: Role, value: str) -> bool:
    """Whether a field holds its criteria itself: “Success criteria: error rate < 1%, no P0 bugs”."""
    if own in (Role.CRITERIA, *GATES):
        measured = rules.rules_in(value, context.style, Strictness.ANY)
        in_words = rules.zero_in_words(value) or rules.none_in_words(value)
        return bool(block.text.bold or measured or in_words is not None)
    if (own is Role.METRICS and block.text.bold) or own is Role.SIGNOFF:
        return bool(rules.rules_in(value, context.style, Strictness.EXPLICIT))
    return False


def _inline(context: Context, section: Section, block: Block, value: str, role: Role, gates: Gates) -> None:
    phase = context.phase(block.line, section)
    kind = kind_of(role, section)
    done = [put_condition(context, block.line, kind, phase, part, judged=False) for part in parts_of(value)]
    if not any(done) and role is Role.CRITERIA:
        put_condition(context, block.line, kind, phase, value, judged=True)
    if role in GATES and phase is not None:
        gates.add(section, role, block.line, value, head=(block.line, field_of(block)[0]))
        context.use(block.line, "gate")


def _paragraph(context: Context, block: Block, section: Section, role: Role) -> None:
    """Read a paragraph below a heading of criteria: prose, in which only what is plainly a rule is one."""
    text, bold = block.text.plain, block.text.bold
    found = rules.rules_in(text, context.style, Strictness.TARGET, bold)
    if not found and role not in GATES and "___" not in text and not _is_conditional(text):
        strictness = Strictness.ANY if role is Role.CRITERIA and section.is_label else Strictness.EXPLICIT
        found = rules.rules_in(text, context.style, strictness, bold)
    if found:
        put_rules(
            context, block.line, kind_of(role, section), context.phase(block.line, section), text, found
        )


def _item(context: Context, block: Block, section: Section, role: Role, gates: Gates) -> None:
    above = context.parent(block)
    if context.is_group(block) or (above is not None and not context.is_group(above)):
        return  # a label of what is below it, or a remark on what is above it
    if role in GATES and is_gate(context, section, role, block.line):
        group = context.group_about(block, GATES)
        head = (group.line, group.text.plain) if group is not None else None
        gates.add(section, role, block.line, block.text.plain, head=head)
        context.use(block.line, "gate")
    text, bold, line = block.text.plain, block.text.bold, block.line
    phase, kind = context.phase(line, section), kind_of(role, section)
    if role in (Role.CRITERIA, *GATES):
        if not _is_task(section, block):
            put_condition(
                context, line, kind, phase, text, judged=_is_judged(context, block, section, role), bold=bold
            )
        return
    if role is Role.ALERT and not re.search(pattern("if"), text, re.IGNORECASE):
        return  # what sets off an alarm; the portal's own alarms are set elsewhere
    says_amount = role is Role.ALERT or (role is Role.METRICS and _value_is_amount(block))
    strictness = Strictness.ANY if says_amount else Strictness.EXPLICIT
    found = rules.rules_in(text, context.style, strictness, bold)
    found = found or rules.rules_in(text, context.style, Strictness.TARGET, bold)
    if found:
        put_rules(context, line, kind, phase, text, found)
    elif role is Role.METRICS and (
        rules.zero_in_words(text) is not None or rules.none_in_words(text) is not None
    ):
        put_condition(context, line, kind, phase, text, judged=False, bold=bold)


def _is_conditional(text: str) -> bool:
    """Whether a sentence says what is done when something happens: it sets no goal."""
    return re.match(rf"\W*{pattern('if')}", text, re.IGNORECASE) is not None


def _is_task(section: Section, block: Block) -> bool:
    """Prerequisites with boxes are a checklist."""
    return block.box is not None and searcher("prerequisite").search(section.role_given_by.title) is not None


def _is_judged(context: Context, block: Block, section: Section, role: Role) -> bool:
    """Whether a line without a number is a criterion of its own.

    A sentence in a go list is a condition of the gate and is kept there; with a box it is one that somebody
    ticks. Below a label that says nothing of criteria only boxes are taken.
    """
    if block.box is not None:
        return True
    if role in GATES and is_gate(context, section, role, block.line):
        return False
    return (
        section.role_given_by is section
        or not section.is_label
        or context.group_about(block, MEASURED) is not None
    )


def _value_is_amount(block: Block) -> bool:
    key, value = field_of(block)
    return bool(key) and bool(re.match(r"\W*\d", value)) and len(value) < 40


def _anywhere(context: Context, block: Block, section: Section, role: Role) -> None:
    """Outside lists of criteria a number is a rule only where the line calls it a target."""
    if role in _SILENT or (role is Role.CHECKLIST and block.box is not None):
        return
    text = block.text.plain
    found = rules.rules_in(text, context.style, Strictness.TARGET, block.text.bold)
    if found:
        put_rules(context, block.line, "metric", context.phase(block.line, section), text, found)
