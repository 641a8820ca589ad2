"""Criteria in tables, and in the rows of a dashboard in a fence."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from phases.documents.markdown import rules
from phases.documents.markdown.blocks import Block
from phases.documents.markdown.context import Context
from phases.documents.markdown.criterion import (
    CLOSED,
    MEASURED,
    is_gate,
    kind_of,
    parts_of,
    put,
    put_condition,
    put_rules,
)
from phases.documents.markdown.facts import Criterion, Phase, Threshold
from phases.documents.markdown.gates import GATES, Ends, Gates
from phases.documents.markdown.inline import plain
from phases.documents.markdown.roles import Role, role_of
from phases.documents.markdown.rules import Rule, Strictness
from phases.documents.markdown.sections import Section
from phases.documents.markdown.stops import add_trigger
from phases.documents.markdown.tables import Table, TableRow, column_fit, table_of
from phases.documents.markdown.vocabulary import pattern, searcher, whole

_DASHBOARD = re.compile(r"^\s*[-*]?\s*(?P<name>[^:：]{2,60})[:：]\s*(?P<rest>.*)$")
_NOTHING = re.compile(r"[\W_]*")


def read_table(context: Context, block: Block, section: Section, gates: Gates) -> None:
    """Find the criteria of a table, whichever way it is laid out."""
    table = table_of(block)
    if len(table.header) < 2 or context.used.get(block.rows[-1].line) in (
        "sign-off",
        "communication",
        "trigger",
    ):
        return
    role = context.role(block)
    _proceed_cells(context, table, section)
    if role in _OTHER_TABLES or _is_about_risks(table):
        return
    if _transitions(context, table, section, gates) or _phase_rows(context, table, section, gates):
        return
    if _phase_columns(context, table):
        return
    layout = _layout(context, table, role)
    if layout is not None:
        _rows(context, table, section, role, gates, layout)


def _says_nothing(text: str) -> bool:
    return bool(_NOTHING.fullmatch(text) or whole("not_given").fullmatch(text))


# Tables below such headings are read by others; the rest of the closed lists may hold a table of metrics.
_OTHER_TABLES = CLOSED - {
    Role.ROLLBACK,
    Role.AUDIENCE,
    Role.DURATION,
    Role.RAMP,
    Role.CHECKLIST,
    Role.SUPPORT,
}


def _is_about_risks(table: Table) -> bool:
    return table.find("risk") is not None and (
        table.find("mitigation") is not None or table.find("probability") is not None
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column holds what; `targets` are the columns of which each cell is a rule."""

    metric: int
    targets: tuple[int, ...]
    alert: int | None
    critical: int | None
    stretch: int | None
    frequency: int | None
    phase: int | None


def _layout(context: Context, table: Table, role: Role) -> Layout | None:
    """Find the columns of a table of criteria; None where it is none."""
    metric = table.find("metric")
    go = next((i for i, name in enumerate(table.header) if i and role_of(name) is Role.GO), None)
    nogo = next((i for i, name in enumerate(table.header) if i and role_of(name) is Role.NOGO), None)
    targets = [i for i in table.all_of("target") if i not in (metric, 0) and _is_target(table.header[i])]
    if go is not None:
        targets = [go]
    if not targets and (role in MEASURED or metric is not None):
        targets = _columns_of_rules(context, table, metric or 0)
    if not targets or (
        metric is None and role not in MEASURED and not _mostly_rules(context, table, targets)
    ):
        return None
    if metric is None or metric in targets:
        metric = 0
    taken = [metric, *targets]
    alert = nogo if nogo is not None else next((i for i in table.all_of("alert") if i not in taken), None)
    critical = next((i for i in table.all_of("alert") if i not in (*taken, alert)), None)
    stretch = next((i for i in table.all_of("stretch") if i not in (*taken, alert)), None)
    frequency = next((i for i in table.all_of("frequency") if i not in (*taken, alert, stretch)), None)
    phase = next((i for i in table.all_of("phase") if i not in taken), None)
    known = (*taken, alert, stretch, frequency, phase, *table.all_of("alert"))
    targets += [i for i in _columns_of_rules(context, table, metric) if i not in known]
    return Layout(metric, tuple(targets), alert, critical, stretch, frequency, phase)


def _is_target(name: str) -> bool:
    """Whether a column is rather a target than the limit of an alarm, a wish or a reading."""
    others = max(column_fit(kind, name) for kind in ("alert", "stretch", "actual"))
    return column_fit("target", name) >= others


def _columns_of_rules(context: Context, table: Table, metric: int) -> list[int]:
    """Columns that hold comparators, whatever they are called."""
    kinds = ("actual", "alert", "frequency", "stretch", "when")
    skip = {metric, *(index for kind in kinds for index in table.all_of(kind))}
    return [i for i in range(len(table.header)) if i not in skip and _mostly_rules(context, table, [i])]


def _mostly_rules(context: Context, table: Table, columns: list[int]) -> bool:
    def is_rule(text: str) -> bool:
        return bool(re.search(r"[<>≤≥]", text) or rules.rules_in(text, context.style, Strictness.EXPLICIT))

    ruled = sum(any(is_rule(row.cell(i)) for i in columns) for row in table.rows)
    return ruled >= max(1, 0.5 * len(table.rows))


def _rows(context: Context, table: Table, section: Section, role: Role, gates: Gates, layout: Layout) -> None:
    """A row for each metric."""
    kind = kind_of(role, section) if role in MEASURED else "metric"
    for row in table.rows:
        name = row.cell(layout.metric)
        if not name:
            continue
        named = context.named(row.cell(layout.phase)) if layout.phase is not None else []
        phase = named[0] if named else context.phase(row.line, section)
        limits = (layout.alert, layout.critical, layout.stretch)
        alert, critical, stretch = (_threshold(context, row.cell(index)) for index in limits)
        for column in layout.targets:
            for one in _cell(context, name, row.cell(column), kind, phase, row, column == layout.targets[0]):
                frequency = row.cell(layout.frequency)
                put(
                    context,
                    replace(one, alert=alert, critical=critical, stretch=stretch, frequency=frequency),
                )
        if role in GATES and is_gate(context, section, role, row.line):
            gates.add(section, role, row.line, f"{name}: {row.cell(layout.targets[0])}")
            context.use(row.line, "gate")


def _threshold(context: Context, text: str) -> Threshold | None:
    found = rules.rules_in(text, context.style, Strictness.ANY) if text else []
    return Threshold(found[0].op, found[0].value, found[0].unit) if found else None


def _cell(
    context: Context, name: str, said: str, kind: str, phase: Phase | None, row: TableRow, is_first: bool
) -> Iterator[Criterion]:
    """Read the target of a metric; words are a criterion only in the first such column."""
    text = f"{name}: {said}"
    if _says_nothing(said):
        return
    found = _cell_rules(context, name, said)
    for rule in found:
        yield Criterion(
            row.line,
            kind,
            f"{name} {rule.name}".strip(),
            text,
            phase,
            rule.op,
            rule.value,
            rule.value2,
            rule.unit,
            rule.window,
        )
    if found or not is_first:
        return
    if rules.zero_in_words(said) is not None:
        yield Criterion(row.line, kind, name, text, phase, "=", 0, None, "count")
    elif rules.none_in_words(said) is not None:
        yield Criterion(
            row.line, kind, name, text, phase, "=", 0, None, "count", judged=True, implied_zero=True
        )
    elif len(said) < 160:
        yield Criterion(row.line, kind, name, text, phase, judged=True)


def _cell_rules(context: Context, name: str, said: str) -> list[Rule]:
    """Read the rules of a cell, with what the name of the metric says about unit and direction."""
    found = rules.rules_in(said, context.style, Strictness.ANY)
    if not found:
        prefixed = rules.rules_in(f"{name}: {said}", context.style, Strictness.ANY)
        found = [rule for rule in prefixed if rule.start > len(name)]
    lower = searcher("lower_better").search(name) is not None
    says_least = re.search(r"[≥>+]", said) or searcher("ge", "ge_after", "gt", "gt_after").search(said)
    result = []
    for rule in found:
        op, unit = rule.op, rule.unit
        if op == ">=" and lower and not says_least:
            op = "<="
        if unit == "count" and searcher("nps").search(name):
            unit = "score"
        elif unit == "count" and rule.value <= 5 and searcher("rating").search(name):
            unit = "/5"
        result.append(replace(rule, name="" if rule.name == name else rule.name, op=op, unit=unit))
    return result


def _phase_columns(context: Context, table: Table) -> bool:
    """A column for each phase: every cell is a target of that phase."""
    columns = {
        i: named[0] for i, name in enumerate(table.header) if i and len(named := context.called(name)) == 1
    }
    if len({id(phase) for phase in columns.values()}) < 2:
        return False
    cells = [row.cell(i) for row in table.rows for i in columns]
    if sum(bool(re.search(r"[<>≤≥%]|\d\+", cell)) for cell in cells) < 0.4 * len(cells):
        return False
    for row in table.rows:
        for index, phase in columns.items():
            for criterion in _cell(context, row.cell(0), row.cell(index), "metric", phase, row, False):
                put(context, criterion)
    return True


def _transitions(context: Context, table: Table, section: Section, gates: Gates) -> bool:
    """A column for each step from one phase to the next: a gate each."""
    columns: dict[int, Ends] = {}
    for index, name in enumerate(table.header):
        sides = re.split(rf"\s*(?:→|->|=>|➜|⇒|>)\s*|\s+{pattern('to')}\s+", name)
        if index and len(sides) == 2:
            first, second = (context.called(side) for side in sides)
            if first or second:
                columns[index] = (first[0] if first else None, second[0] if second else None)
    for row in table.rows if columns else ():
        for index, ends in columns.items():
            said = row.cell(index)
            if not re.search(r"\w", said):
                continue
            gates.add(section, Role.GATE, row.line, f"{row.cell(0)}: {said}", ends=ends, column=index)
            for criterion in _cell(context, row.cell(0), said, "gate", ends[0], row, True):
                put(context, criterion)
        context.use(row.line, "gate")
    return bool(columns)


def _phase_rows(context: Context, table: Table, section: Section, gates: Gates) -> bool:
    """A row for each phase, with a column of its criteria."""
    columns: Mapping[int, Role] = {
        i: role
        for i, name in enumerate(table.header)
        if i and (role := role_of(name)) in (Role.CRITERIA, Role.METRICS, *GATES)
    }
    rows = [(row, named[0]) for row in table.rows if (named := context.phases_of_row(row))]
    if not columns or len(rows) < max(2, 0.6 * len(table.rows)) or table.find("metric") == 0:
        return False
    stops = [i for i, name in enumerate(table.header) if i and role_of(name) is Role.TRIGGER]
    for row, phase in rows:
        for text in (row.cell(index) for index in stops):
            if not _says_nothing(text):
                add_trigger(context, row.line, text, section, phase)
        for index, role in columns.items():
            text = row.cell(index)
            if _says_nothing(text):
                continue
            for part in parts_of(text):
                put_condition(
                    context, row.line, kind_of(role, section), phase, part, judged=role is not Role.METRICS
                )
            if role in GATES:
                ends = (phase, context.after(phase))
                gates.add(section, role, row.line, text, ends=ends, head=(row.line, table.header[index]))
    return True


def _proceed_cells(context: Context, table: Table, section: Section) -> None:
    """“Proceed if < 0.5% crashes” in a row of a ramp."""
    says_proceed = re.compile(rf"\W*{pattern('proceed')}\W+(?:\w+\s+){{0,2}}?{pattern('if')}", re.IGNORECASE)
    for row in table.rows:
        for cell in row.cells:
            if says_proceed.match(cell.plain):
                found = rules.rules_in(cell.plain, context.style, Strictness.EXPLICIT)
                phase = context.phase(row.line, section)
                put_rules(context, row.line, "ramp-gate", phase, cell.plain, found)


# Dashboards in fences


def read_fence(context: Context, block: Block, section: Section) -> None:
    """Rows of a dashboard: “Crashes: Target: <1%  Alert: >2%”. Code is never read."""
    if block.language not in ("", "text", "txt", "plaintext"):
        return
    if context.role(block) in (Role.TRIGGER, Role.TEMPLATE):
        return
    for offset, raw in enumerate(block.content, start=1):
        match = _DASHBOARD.match(raw)
        if match is None:
            continue
        line, name, text = block.line + offset, plain(match.group("name")), plain(raw)
        said = _keyed(match.group("rest"))
        phase = context.phase(line, section)
        alert = _threshold(context, plain(said.get("alert", "")))
        stretch = _threshold(context, plain(said.get("stretch", "")))
        found = _cell_rules(context, name, plain(said.get("target", "")))
        for rule in found:
            put(
                context,
                Criterion(
                    line,
                    "metric",
                    f"{name} {rule.name}".strip(),
                    text,
                    phase,
                    rule.op,
                    rule.value,
                    rule.value2,
                    rule.unit,
                    rule.window,
                    alert=alert,
                    stretch=stretch,
                ),
            )
        if not found and ("target" in said or "trend" in said):
            put(context, Criterion(line, "metric", name, text, phase, judged=True, alert=alert))


@cache
def _keywords() -> re.Pattern[str]:
    kinds = {"target": "target", "alert": "alert_key", "stretch": "col_stretch", "trend": "trend"}
    return re.compile(
        "|".join(rf"(?P<{kind}>{pattern(concept)})\s*[:：]" for kind, concept in kinds.items()), re.IGNORECASE
    )


def _keyed(rest: str) -> dict[str, str]:
    """Split “Target: <1%   Alert: >2%” by its keywords; nothing where it does not begin with one."""
    found = list(_keywords().finditer(rest))
    if not found or rest[: found[0].start()].strip():
        return {}
    said: dict[str, str] = {}
    for index, match in enumerate(found):
        end = found[index + 1].start() if index + 1 < len(found) else len(rest)
        said.setdefault(match.lastgroup or "", rest[match.end() : end].strip())
    return said
