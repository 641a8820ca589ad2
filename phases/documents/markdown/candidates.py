"""Every place of a document that may be a phase."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from phases.documents.markdown.blocks import Block, Kind
from phases.documents.markdown.labels import STRONG, Label, label_of, strip_lead
from phases.documents.markdown.limits import Deadline
from phases.documents.markdown.numbers import Style
from phases.documents.markdown.people import audience_in, shares_in
from phases.documents.markdown.roles import Role, role_of
from phases.documents.markdown.sections import BOLD_PHASE, Section, Tree, field_of
from phases.documents.markdown.tables import Table, TableRow, column_fit, table_of
from phases.documents.markdown.times import schedule_in, without_dates
from phases.documents.markdown.vocabulary import searcher, whole

HEADING, BOLD, TABLE, ITEM = "heading", "bold", "table", "item"
NAMED = "named"  # the class of phases that go by a name alone
_PARENTHESES = re.compile(r"\s*[(\[](?P<inside>[^()\[\]]*(?:\([^()]*\)[^()\[\]]*)*)[)\]]")
_DASHED = re.compile(r"\s+[-–—|·]\s+|\s*→\s*")
# Sections that speak about phases, or about other things, but hold none.
NOT_PHASES = frozenset(
    {
        Role.CRITERIA,
        Role.ROLLBACK,
        Role.TRIGGER,
        Role.SIGNOFF,
        Role.CHECKLIST,
        Role.RISK,
        Role.BUDGET,
        Role.TEMPLATE,
        Role.SUPPORT,
        Role.GATE,
        Role.GO,
        Role.NOGO,
        Role.METRICS,
        Role.FEATURE,
        Role.COMMUNICATION,
        Role.ONCALL,
        Role.CONTACT,
        Role.SELECTION,
        Role.ALERT,
        Role.DELIVERABLE,
        Role.ESCALATION,
    }
)


@dataclass(eq=False, slots=True)
class Candidate:
    """A heading, paragraph, list item or row that may be a phase, or speak about one."""

    line: int
    end: int
    container: str
    level: int
    word: str
    key: str
    label: str
    name: str
    text: str
    parent: Section
    section: Section | None = None
    block: Block | None = None
    table: Table | None = None
    row: TableRow | None = None
    about: Role = Role.NONE
    extra: str = ""

    @property
    def order(self) -> tuple[int, str]:
        digits = re.match(r"\d+", self.key)
        if digits:
            return int(digits.group()), self.key[digits.end() :]
        return (ord(self.key[0]) - 96 if self.key else 0), self.key[1:]


def name_of(rest: str, style: Style) -> tuple[str, str]:
    """Split what follows a label into the name and what is said in parentheses and behind dashes."""
    inside = [match.group("inside") for match in _PARENTHESES.finditer(rest)]
    outside = _PARENTHESES.sub(lambda m: m.group() if not _is_detail(m.group("inside"), style) else " ", rest)
    parts = _DASHED.split(outside.strip())
    details = [part for part in inside if _is_detail(part, style)]
    while len(parts) > 1 and _is_detail(parts[-1], style):
        details.append(parts.pop())
    name = " - ".join(part for part in parts if part)
    if (
        name
        and re.search(r"\d", name)
        and not re.search(r"[^\W\d_]{3,}", _PARENTHESES.sub("", without_dates(name)))
    ):
        others = [part for part in inside if part not in details]
        details.append(_PARENTHESES.sub("", name))
        name = others[0] if others else ""
    return name.strip(" :-–—.*"), " · ".join([*details, ""] if details else [])


def _is_detail(text: str, style: Style) -> bool:
    """Whether a remark says when or how many, or in what state the phase is."""
    if whole("status").fullmatch(strip_lead(text).strip(" !.:")):
        return True
    schedule = schedule_in(text, style, 2000)
    if schedule.offset or schedule.length or schedule.dates or schedule.ongoing:
        return True
    if audience_in(text, style) or (shares_in(text, style) and len(text) < 30):
        return True
    return bool(re.search(r"\d", text)) and not re.search(r"[^\W\d_]{4,}", without_dates(text))


def candidates(tree: Tree, style: Style, deadline: Deadline) -> list[Candidate]:
    """Collect every place that carries the label of a phase, or the name of a stage."""
    found: list[Candidate] = []
    for section in tree.sections():
        deadline.check()
        if section.head is not None:
            found += _from_section(section, style)
        for block in section.blocks:
            deadline.check()
            if block.kind is Kind.ITEM and block.box is None and not block.text.link and block.level <= 2:
                found += _from_item(block, section, tree, style)
            elif block.kind is Kind.TABLE and len(block.rows) > 2:
                found += _from_table(block, section, style)
    return found


def _from_section(section: Section, style: Style) -> Iterator[Candidate]:
    container = HEADING if section.level < BOLD_PHASE else BOLD
    parent = section.parent or section
    if section.label is not None:
        yield _labelled(
            section.label,
            section.title,
            section.line,
            section.end,
            container,
            section.level,
            parent,
            style,
            section=section,
        )
        return
    name, details = name_of(strip_lead(section.title), style)
    if stage_name(name):
        yield Candidate(
            section.line,
            section.end,
            container,
            section.level,
            NAMED,
            "",
            "",
            name,
            section.title,
            parent,
            section,
            extra=details,
        )


def _from_item(block: Block, section: Section, tree: Tree, style: Style) -> Iterator[Candidate]:
    end = max([block.end, *(child.end for child in _below(block, tree))])
    label = label_of(block.text.plain)
    if label is not None and (label.separated or block.text.bold):
        yield _labelled(
            label, block.text.plain, block.line, end, ITEM, block.level, section, style, block=block
        )
        return
    key, value = field_of(block)
    name, details = name_of(strip_lead(key or block.text.bold or block.text.plain), style)
    if len(name) <= 60 and (stage_name(name) or (block.text.bold and details)):
        yield Candidate(
            block.line,
            end,
            ITEM,
            block.level,
            NAMED,
            "",
            "",
            name,
            block.text.plain,
            section,
            block=block,
            extra=f"{details} {value}",
        )


def _below(block: Block, tree: Tree) -> Iterator[Block]:
    for child in tree.children.get(block, ()):
        yield child
        yield from _below(child, tree)


def _labelled(
    label: Label,
    text: str,
    line: int,
    end: int,
    container: str,
    level: int,
    parent: Section,
    style: Style,
    *,
    section: Section | None = None,
    block: Block | None = None,
) -> Candidate:
    rest, about = label.rest, Role.NONE
    if not label.separated:
        about = role_of(rest)
    elif rest.startswith(("(", "[")):
        behind = _PARENTHESES.sub("", rest, count=1).strip()
        about = role_of(behind) if behind and not re.match(r"[:\-–—]", behind) else Role.NONE
        rest = rest if about else re.sub(r"^\s*([(\[].*?[)\]])\s*[:\-–—]*\s*(.+)$", r"\2 \1", rest)
    if block is not None and ":" in rest and not block.text.all_bold:
        head, _sep, tail = rest.partition(":")
        name, details = name_of(head, style)
        details += tail
    elif (
        block is not None
        and block.text.bold
        and rest
        and not block.text.all_bold
        and block.text.plain.startswith(block.text.bold)
    ):
        inside = label_of(block.text.bold)
        in_bold = inside.rest if inside is not None else ""
        name, details = name_of(in_bold or rest, style)
        if not name:
            name, more = name_of(rest, style)
            details += more
        details += block.text.plain[len(block.text.bold) :]
    else:
        name, details = name_of(rest, style)
    return Candidate(
        line,
        end,
        container,
        level,
        label.word,
        label.key,
        label.shown,
        (name or rest.strip(" :-–—.*"))[:120],
        text,
        parent,
        section,
        block,
        about=about,
        extra=details,
    )


def _from_table(block: Block, section: Section, style: Style) -> Iterator[Candidate]:
    table = table_of(block)
    if not table.header:
        return
    column = next(
        (i for i in (0, 1) if i < len(table.header) and column_fit("phase", table.header[i]) >= 0.5), None
    )
    labelled = [label_of(row.cell(0)) for row in table.rows]
    if column is None and sum(label is not None and label.word in STRONG for label in labelled) >= max(
        2, 0.6 * len(labelled)
    ):
        column = 0
    if column is None or table.find("signature") is not None or column_fit("metric", table.header[0]) > 0.6:
        return
    names = table.find("name", taken=(column,))
    placed = (
        table.find("audience", taken=(column,)) is not None
        or table.find("percent", taken=(column,)) is not None
    )
    timed = table.find("when", taken=(column,)) is not None
    for row in table.rows:
        cell = row.cell(column)
        if not cell:
            continue
        label = label_of(cell)
        if (
            label is None
            and re.fullmatch(r"\d{1,2}[a-zA-Z]?|[A-Z]|[IVX]{1,4}", cell)
            and column_fit("phase", table.header[column]) >= 0.5
        ):
            is_period = searcher("week", "day", "month").search(table.header[column])
            label = label_of(f"{table.header[column] if is_period else 'Phase'} {cell}")
        text = " · ".join(cell.plain for cell in row.cells)
        if label is not None:
            found = _labelled(label, cell, row.line, row.line, TABLE, 0, section, style)
            if not found.name:
                found.name = row.cell(names) if names is not None else row.cell(1 if column == 0 else 0)[:80]
        elif placed or timed:
            name, details = name_of(strip_lead(cell), style)
            found = Candidate(
                row.line, row.line, TABLE, 0, NAMED, "", "", name or cell, text, section, extra=details
            )
        else:
            continue
        found.block, found.table, found.row = block, table, row
        yield found


def stage_name(name: str) -> bool:
    """Whether a name is one that stages of a rollout go by: “Closed Beta”, “Vollbetrieb”."""
    text = strip_lead(name).strip(" !.:*")
    letters = len(re.sub(r"[\W_]", "", text))
    if not letters or len(text) > 60:
        return False
    found = searcher("stage_names").findall(text)
    covered = sum(len(re.sub(r"[\W_]", "", word)) for word in found)
    return covered / letters >= 0.75
