"""What makes people stop, and what they do then."""

import re

from phases.documents.markdown import rules
from phases.documents.markdown.blocks import Block, Kind
from phases.documents.markdown.context import Context
from phases.documents.markdown.facts import Entry, Phase, Trigger
from phases.documents.markdown.inline import plain
from phases.documents.markdown.roles import Role, role_of
from phases.documents.markdown.rules import Rule, Strictness
from phases.documents.markdown.sections import Section, field_of
from phases.documents.markdown.tables import table_of
from phases.documents.markdown.vocabulary import pattern, searcher


def read_triggers(context: Context) -> None:
    """Find rollback triggers: items, rows, fields and the lines of a plain fence below such a heading."""
    for section in context.tree.sections():
        context.deadline.check()
        if section.head is not None and section.role is not Role.TEMPLATE:
            key, value = field_of(section.head)
            if value and role_of(key) is Role.TRIGGER and section.level >= 7 and not section.blocks:
                add_trigger(context, section.line, value, section)
        for block in section.blocks:
            context.deadline.check()
            if block.kind is Kind.ITEM:
                _item(context, block, section)
            elif block.kind is Kind.TEXT:
                _field(context, block, section)
            elif block.kind is Kind.TABLE:
                _table(context, block, section)
            elif (
                block.kind is Kind.FENCE
                and context.role(block) is Role.TRIGGER
                and block.language in ("", "text", "txt")
            ):
                for offset, raw in enumerate(block.content, start=1):
                    if re.search(r"\w", raw):
                        add_trigger(context, block.line + offset, plain(raw), section)


def _item(context: Context, block: Block, section: Section) -> None:
    if context.role(block) is not Role.TRIGGER:
        _field(context, block, section)
        return
    above = context.parent(block)
    if above is not None and not context.is_group(above):
        return
    if context.is_group(block) or (block.number is not None and not _sets_limits(context, section)):
        return
    add_trigger(context, block.line, block.text.plain, section)


def _sets_limits(context: Context, section: Section) -> bool:
    """A numbered list below “Rollback” holds the steps, unless the heading speaks of triggers."""
    return searcher("trigger_words").search(section.role_given_by.title) is not None


def _field(context: Context, block: Block, section: Section) -> None:
    key, value = field_of(block)
    if (
        not (key and value)
        or role_of(key) is not Role.TRIGGER
        or context.role(block) in (Role.TEMPLATE, Role.RISK)
    ):
        return
    if block.kind is Kind.ITEM and not block.text.bold:
        return
    add_trigger(context, block.line, value, section)


def _table(context: Context, block: Block, section: Section) -> None:
    table = table_of(block)
    column = table.find("trigger")
    in_section = context.role(block) in (Role.TRIGGER, Role.ROLLBACK)
    if context.role(block) is not Role.TRIGGER and not (column is not None and in_section):
        return
    for row in table.rows:
        words = [cell.plain for cell in row.cells if cell.plain]
        if words:
            add_trigger(context, row.line, " · ".join(words), section)


def add_trigger(context: Context, line: int, text: str, section: Section, phase: Phase | None = None) -> None:
    """Write a trigger; `phase` where it is not the one that the line stands in."""
    condition, action = _split_action(text)
    found = rules.rules_in(condition, context.style, Strictness.ANY)
    signed = [rule for rule in found if rule.op]
    rule = signed[0] if signed and re.search(r"\d", condition) else None
    op = _alarming(condition, rule) if rule else None
    if rule is None and searcher("gt").search(condition):
        op = ">"
    elif rule is None and searcher("drop").search(condition):
        op = "<"
    context.facts.triggers.append(
        Trigger(
            line,
            text,
            _mode(context, section, text),
            op,
            rule.value if rule else None,
            rule.value2 if rule else None,
            rule.unit if rule else None,
            action,
            phase or context.phase(line, section),
        )
    )
    context.use(line, "trigger")


def _alarming(text: str, rule: Rule) -> str:
    """The comparator of a trigger; one that nobody wrote is on the bad side of what is measured."""
    if not rule.guessed:
        return rule.op
    if searcher("drop").search(text):
        return "<"
    bad_when_high = searcher("gt", "lower_better").search(text)
    return ">" if bad_when_high else "<"


def _split_action(text: str) -> tuple[str, str]:
    """Take what is done apart from when: “Crash rate > 5%: auto-rollback in 5 minutes”."""
    for separator in (r"\s*(?:→|->|=>|⇒)\s*", r":\s+", r"\s+·\s+"):
        parts = re.split(separator, text, maxsplit=1)
        if len(parts) == 2 and re.search(r"\d", parts[0]) and not re.search(r"[<>≤≥]\s*[\d$€]", parts[1]):
            return parts[0].strip(), parts[1].strip()
    return text, ""


def _mode(context: Context, section: Section, text: str) -> str:
    titles = " ".join(
        [text, *(s.title for s in section.ancestors() if s.own_role in (Role.TRIGGER, Role.ROLLBACK))]
    )
    for mode, concept in (("pause", "mode_pause"), ("auto", "mode_auto"), ("immediate", "mode_immediate")):
        if searcher(concept).search(titles):
            return mode
    return "rollback"


def read_rollback_steps(context: Context) -> None:
    """Find what is done to go back, step by step."""
    for section in context.tree.sections():
        for block in context.items(section):
            context.deadline.check()
            if (
                context.role(block) is not Role.ROLLBACK
                or block.box is not None
                or context.used.get(block.line)
            ):
                continue
            above = context.parent(block)
            if above is not None and not context.is_group(above):
                continue
            if block.number is not None or re.search(rf"{pattern('activity')}", section.title, re.IGNORECASE):
                context.facts.entries.append(
                    Entry(block.line, "rollback step", block.text.plain, context.phase(block.line, section))
                )
                context.use(block.line, "rollback step")
