"""Checklists, signatures and communications."""

import re

from phases.documents.markdown.blocks import Block, Kind
from phases.documents.markdown.context import Context
from phases.documents.markdown.criterion import CLOSED
from phases.documents.markdown.facts import Checklist, Communication, SignOff
from phases.documents.markdown.gates import GATES
from phases.documents.markdown.roles import Role, role_of
from phases.documents.markdown.sections import Section, field_of
from phases.documents.markdown.tables import Table, table_of
from phases.documents.markdown.times import offset_in
from phases.documents.markdown.vocabulary import searcher, whole

_BLANK = re.compile(r"_{3,}|\[\s*\]\s*$|\.{5,}|\[_+\]")


# Checklists


def read_checklists(context: Context) -> None:
    """All boxes below one heading are one checklist, unless they are criteria."""
    for section in context.tree.sections():
        context.deadline.check()
        boxes = [
            block
            for block in section.blocks
            if block.kind is Kind.ITEM and block.box is not None and not _taken(context, block)
        ]
        boxes = [block for block in boxes if not _is_input(block)]
        if not boxes:
            continue
        items = tuple((block.line, block.text.plain, bool(block.box)) for block in boxes)
        is_template = section.role is Role.TEMPLATE
        checklist = Checklist(
            section.line or boxes[0].line,
            section.title,
            items,
            context.phase(section.line, section),
            is_template,
        )
        if not is_template:
            context.facts.checklists.append(checklist)
        context.use((line for line, _text, _done in items), "template" if is_template else "checklist")


def _taken(context: Context, block: Block) -> bool:
    """Whether a box is a criterion, a condition of a gate or a signature."""
    role = context.role(block)
    if context.used.get(block.line) in ("criterion", "gate", "sign-off", "trigger"):
        return True
    return role in (Role.CRITERIA, *GATES) and not searcher("prerequisite").search(
        context.section(block).role_given_by.title
    )


def _is_input(block: Block) -> bool:
    """Whether a box with a blank is a field to fill in: “Enable date: ____”."""
    return bool(_BLANK.search(block.raw)) and bool(field_of(block)[0])


# Signatures


def read_signoffs(context: Context) -> None:
    """Who has to sign: rows of a table, lines with a blank, items below such a heading."""
    for section in context.tree.sections():
        context.deadline.check()
        in_section = section.role is Role.SIGNOFF
        head = section.head
        if (
            head is not None
            and in_section
            and section.is_label
            and _BLANK.search(head.raw)
            and not whole("sign_fields").fullmatch(field_of(head)[0])
        ):
            _sign(context, section.line, section.title, section)
        lines: list[Block] = []
        for block in section.blocks:
            if block.kind is Kind.TABLE:
                _sign_table(context, block, section, in_section)
            elif in_section and block.kind in (Kind.ITEM, Kind.TEXT):
                lines.append(block)
        _sign_lines(context, lines, section)


def _sign_table(context: Context, block: Block, section: Section, in_section: bool) -> None:
    table = table_of(block)
    approver, signature = table.find("approver"), table.find("signature")
    if signature is not None and signature == approver:
        approver = table.find("owner", taken=(signature,))
    only_boxes = signature is None and approver == 0 and len(table.header) > 1 and _only_boxes(table)
    if not (
        (in_section and len(table.header) > 1)
        or only_boxes
        or (signature is not None and approver is not None and _empty(table, signature))
    ):
        return
    if table.find("risk") is not None or table.find("channel") is not None:
        return
    column = (
        approver if approver is not None else (table.find("owner") if table.find("owner") is not None else 0)
    )
    what = next((i for i in range(len(table.header)) if i not in (column, signature)), None)
    for row in table.rows:
        who = row.cell(column) or row.cell(0)
        if who:
            phases = context.named(row.cell(what))
            context.facts.signoffs.append(
                SignOff(
                    row.line, who, row.cell(what), phases[0] if phases else context.phase(row.line, section)
                )
            )
            context.use(row.line, "sign-off")


def _only_boxes(table: Table) -> bool:
    """Whether all that stands beside the names is left to be ticked."""
    return not any(
        re.search(r"\w{2,}", cell.plain.strip("_ ")) for row in table.rows for cell in row.cells[1:]
    )


def _empty(table: Table, column: int) -> bool:
    return any(not re.search(r"\w{2,}", row.cell(column).strip("_ ")) for row in table.rows)


def _sign_lines(context: Context, lines: list[Block], section: Section) -> None:
    heads = [child.head for child in section.children if child.head is not None and child.is_label]
    blanks = any(_BLANK.search(block.raw) for block in [*lines, *heads])
    for block in lines:
        text = block.text.plain
        name = field_of(block)[0] or re.split(r"\s*(?::|[_.]{3,}|\[)", text)[0].strip()
        if (
            not name
            or len(name) > 80
            or whole("sign_fields").fullmatch(name)
            or context.parent(block) is not None
        ):
            continue
        if blanks and not _BLANK.search(block.raw):
            continue
        if not blanks and block.kind is Kind.TEXT and (not block.text.bold or len(text) > 100):
            continue
        if not blanks and block.kind is Kind.ITEM and len(text) > 120:
            continue
        role = re.search(r"\(([^()]{3,60})\)\s*$", text)
        _sign(
            context,
            block.line,
            role.group(1) if role and _BLANK.search(block.raw) and role_of(name) is Role.SIGNOFF else name,
            section,
        )


def _sign(context: Context, line: int, approver: str, section: Section) -> None:
    name = re.split(r"\s*(?::|_{3,})", approver)[0].strip()
    context.facts.signoffs.append(SignOff(line, name, section.title, context.phase(line, section)))
    context.use(line, "sign-off")


# Communications


def read_communications(context: Context) -> None:
    """Who is told what, when and how."""
    for section in context.tree.sections():
        context.deadline.check()
        is_about = section.role is Role.COMMUNICATION
        for block in section.blocks:
            if block.kind is Kind.TABLE:
                _tell_table(context, block, section, is_about)
        if not is_about:
            continue
        items = [
            block for block in context.items(section) if context.parent(block) is None and block.box is None
        ]
        if not items:
            continue
        if _attributes(items):
            _tell(context, section.line, section.title, section, dict(field_of(block) for block in items))
            context.use((block.line for block in items), "communication")
            continue
        if _is_one_message(section, items):
            _tell(context, section.line, section.title, section, {})
            context.use((block.line for block in items), "communication")
            continue
        for block in items:
            context.deadline.check()
            inner = context.children(block)
            said = [
                child for child in inner if field_of(child)[0] or searcher("channels").match(child.text.plain)
            ]
            if (
                len(inner) > 1
                and len(said) * 2 >= len(inner)
                and context.is_group(block)
                and not _attributes(inner)
            ):
                for child in inner:
                    _tell(context, child.line, child.text.plain, section, {})
                context.use(block.line, "communication")
            else:
                _tell(context, block.line, block.text.plain, section, {})
                context.use((child.line for child in context.below(block)), "communication")


def _is_one_message(section: Section, items: list[Block]) -> bool:
    """Whether a list says what one message contains: “Monthly newsletter:” above its topics."""
    if section.own_role is Role.COMMUNICATION or not searcher("channels").search(section.title):
        return False
    return not any(field_of(block)[0] or searcher("channels").search(block.text.plain) for block in items)


def _attributes(items: list[Block]) -> bool:
    """Whether the items describe one event: participants, duration, agenda."""
    keys = [key for key, _value in map(field_of, items) if key]
    return bool(keys) and sum(bool(whole("attributes").fullmatch(key)) for key in keys) >= max(
        1, 0.6 * len(items)
    )


def _tell_table(context: Context, block: Block, section: Section, is_about: bool) -> None:
    table = table_of(block)
    channel = table.find("channel")
    what = table.find("what", taken=(channel,))
    if table.find("risk") is not None or table.find("signature") is not None or table.find("target") == 1:
        return
    told = (is_about and section.own_role is Role.COMMUNICATION) or is_about
    if not told and not (
        channel is not None
        and what is not None
        and (table.find("who", taken=(what,)) is not None or table.find("when") is not None)
    ):
        told = not told and _announces(table, what, section)
        if not told:
            return
    if section.role in CLOSED - {Role.COMMUNICATION}:
        return
    when = table.find("when", taken=(what,))
    who = table.find("who", taken=(what, when))
    owner = table.find("owner", taken=(what, who))
    for row in table.rows:
        text = row.cell(what) if what is not None else row.cell(0)
        if not any(cell.plain for cell in row.cells):
            continue
        context.facts.communications.append(
            Communication(
                row.line,
                text,
                row.cell(when),
                row.cell(who),
                row.cell(channel),
                row.cell(owner),
                context.phase(row.line, section),
            )
        )
        context.use(row.line, "communication")


def _announces(table: Table, what: int | None, section: Section) -> bool:
    """Whether a table of activities is mostly about telling people."""
    if what is None or len(table.rows) < 2 or table.find("metric") == 0:
        return False
    telling = sum(bool(searcher("channels").search(row.cell(what))) for row in table.rows)
    return telling >= max(2, 0.6 * len(table.rows))


def _tell(context: Context, line: int, text: str, section: Section, values: dict[str, str]) -> None:
    when = text if offset_in(text) else ""
    by_role = {role_of(name): value for name, value in values.items()}
    context.facts.communications.append(
        Communication(
            line,
            text,
            by_role.get(Role.DURATION, when),
            by_role.get(Role.AUDIENCE, ""),
            "",
            "",
            context.phase(line, section),
        )
    )
    context.use(line, "communication")
