"""What the body of a phase says about people and time, and lists that need no reading but their place."""

import re
from dataclasses import replace

from phases.documents.markdown import people
from phases.documents.markdown.blocks import Block, Kind
from phases.documents.markdown.context import Context
from phases.documents.markdown.facts import Audience, Entry, Phase, Share
from phases.documents.markdown.labels import label_of
from phases.documents.markdown.quantities import counts_people, quantities
from phases.documents.markdown.roles import Role, role_of
from phases.documents.markdown.sections import Section, field_of
from phases.documents.markdown.tables import Table, column_fit, table_of
from phases.documents.markdown.times import Schedule, date_in, schedule_in

_LISTED = {
    Role.OBJECTIVE: "objective",
    Role.ACTIVITY: "activity",
    Role.DELIVERABLE: "deliverable",
    Role.RISK: "risk",
    Role.BUDGET: "cost",
    Role.CONTACT: "contact",
    Role.ONCALL: "on-call",
    Role.ESCALATION: "escalation",
    Role.SELECTION: "selection",
    Role.SUPPORT: "support",
    Role.FEATURE: "feature",
}


def read_phase_details(context: Context) -> None:
    """Fill in what the body of each phase says about its audience, its time, its quotas and its steps."""
    facts = context.facts
    loose: dict[int, Audience] = {}
    for section in context.tree.sections():
        context.deadline.check()
        phase = facts.phase_at(section.line) if section.line else None
        if phase is None:
            continue
        if section.head is not None and not section.is_phase:
            _from_line(context, section.head, section, phase, loose)
        for block in section.blocks:
            context.deadline.check()
            if block.kind is Kind.TABLE:
                _from_table(context, block, section)
            elif block.kind in (Kind.ITEM, Kind.TEXT):
                inner = facts.phase_at(block.line)
                if inner is not None:
                    _from_line(context, block, section, inner, loose)
    for section in context.tree.sections():
        for block in section.blocks:
            if block.kind is Kind.TABLE:
                _columns(context, table_of(block))
    for phase in facts.phases:
        if not (phase.audience.has_count or phase.audience.has_percent):
            _from_cohorts(context, phase)
        if not phase.audience.has_count and phase.audience.percent_max in (
            None,
            *(step.percent for step in phase.ramp[:1]),
        ):
            _from_ramp(phase)
        extra = loose.get(id(phase))
        if extra is not None and not (phase.audience.has_count or phase.audience.has_percent):
            phase.audience = phase.audience.filled_from(extra)


def _from_line(
    context: Context, block: Block, section: Section, phase: Phase, loose: dict[int, Audience]
) -> None:
    key, value = field_of(block)
    role = role_of(key) if key else Role.NONE
    style = context.style
    if (
        role is Role.AUDIENCE
        and value
        and context.role(block) not in (Role.COMMUNICATION, Role.RISK, Role.CRITERIA, Role.METRICS)
    ):
        audience = people.audience_in(value, style, block.line, field=True)
        if audience is not None:
            phase.audience = phase.audience.filled_from(audience)
        context.use(block.line, "audience")
    elif (
        role is Role.DURATION
        and value
        and context.role(block)
        not in (Role.COMMUNICATION, Role.SUPPORT, Role.CRITERIA, Role.METRICS, Role.RISK)
    ):
        phase.schedule = phase.schedule.filled_from(schedule_in(value, style, context.year, field=True))
        context.use(block.line, "schedule")
    elif section.own_role is Role.DURATION and not key and block is not section.head:
        said = schedule_in(block.text.plain, style, context.year, field=True)
        phase.schedule = phase.schedule.filled_from(said)
        if said != Schedule():
            context.use(block.line, "schedule")
    elif section.own_role is Role.AUDIENCE and block is not section.head and context.parent(block) is None:
        audience = people.audience_in(block.text.plain, style, block.line)
        if audience is not None and audience.has_count and not phase.audience.has_count and not key:
            phase.audience = phase.audience.filled_from(audience)
            context.use(block.line, "audience")
        elif audience is not None and not key and not phase.audience.has_count:
            loose.setdefault(id(phase), audience)
    elif context.role(block) in (
        Role.NONE,
        Role.OBJECTIVE,
        Role.ACTIVITY,
        Role.DURATION,
        Role.OTHER,
        Role.RAMP,
        Role.FEATURE,
    ) and people.is_exposure(block.text.plain):
        text = block.text.plain
        audience = people.audience_in(text, style, block.line) or people.whole_share(text, style)
        if (
            audience is not None
            and audience.has_percent == (audience.percent_min == 100)
            and not _ARROWS.search(block.text.plain)
        ):
            loose.setdefault(id(phase), audience)
    elif not key and _may_open(block, section) and people.opens_with_people(block.text.plain, style):
        audience = people.audience_in(block.text.plain, style, block.line)
        if audience is not None:
            loose.setdefault(id(phase), audience)
    _quotas(context, block, section, phase)
    _steps(context, block, phase)


def _may_open(block: Block, section: Section) -> bool:
    """A paragraph, or an item right below the heading of a phase, may begin with who is reached."""
    if block.kind is Kind.TEXT:
        return block.level == 0
    return section.is_phase and block.level == 1 and block.box is None


_ARROWS = re.compile(r"→|->|=>|⇒")


def _quotas(context: Context, block: Block, section: Section, phase: Phase) -> None:
    """“20 Malay-speaking users” in a list below the audience."""
    if (
        block.kind is not Kind.ITEM
        or section.own_role not in (Role.SELECTION, Role.AUDIENCE)
        or field_of(block)[0]
    ):
        return
    found = [
        q
        for q in quantities(block.text.plain, context.style)
        if (counts_people(block.text.plain, q) or q.unit == "%") and not q.op
    ]
    if found and found[0].start <= 2:
        label = block.text.plain[found[0].end :].strip(" :-–—")
        share = Share(
            block.line,
            label,
            found[0].value if found[0].unit != "%" else None,
            found[0].value if found[0].unit == "%" else None,
        )
        phase.quotas.append(share)
        context.use(block.line, "quota")


def _steps(context: Context, block: Block, phase: Phase) -> None:
    """“2% → 5% → 10% over 4 days”; “Jan 2: 150 users”; “10% of users week 1”."""
    text = block.text.plain
    if _ARROWS.search(text):
        shares = people.shares_in(text, context.style)
        if len(shares) > 1:
            phase.ramp += [Share(block.line, "", percent=share.value) for share in shares]
            context.use(block.line, "ramp")
        return
    key, value = field_of(block)
    day = date_in(key, context.year) if key and value else None
    if day is not None and block.kind is Kind.ITEM:
        found = [q for q in quantities(value, context.style) if counts_people(value, q)]
        if found:
            phase.batches.append(Share(block.line, value, count=found[0].value, date=day))
            context.use(block.line, "batch")


def _from_table(context: Context, block: Block, section: Section) -> None:
    """A table inside a phase: the steps of a ramp."""
    table = table_of(block)
    phase = context.facts.phase_at(block.line)
    percent = next(
        (i for i, name in enumerate(table.header) if column_fit("percent", name) >= 0.5 or "%" in name), None
    )
    step = table.find("phase")
    if (
        phase is None
        or percent is None
        or step is None
        or percent == step
        or table.find("metric") is not None
    ):
        return
    counted = next((i for i in table.all_of("audience") if i != percent), None)
    for row in table.rows:
        shares = people.shares_in(row.cell(percent), context.style)
        count = (
            people.audience_in(row.cell(counted), context.style, row.line, field=True)
            if counted is not None
            else None
        )
        if shares:
            phase.ramp.append(
                Share(
                    row.line,
                    row.cell(step),
                    count.count_min if count else None,
                    shares[0].value,
                    when=row.cell(step),
                )
            )
            context.use(row.line, "ramp")


def _columns(context: Context, table: Table) -> None:
    """A table that compares phases side by side."""
    columns = {
        i: named[0] for i, name in enumerate(table.header) if i and len(named := context.called(name)) == 1
    }
    if len(columns) < 2:
        return
    for row in table.rows:
        if role_of(row.cell(0)) is not Role.AUDIENCE:
            continue
        for index, phase in columns.items():
            audience = people.audience_in(row.cell(index), context.style, row.line, field=True)
            if audience is not None:
                phase.audience = phase.audience.filled_from(audience)


def _from_cohorts(context: Context, phase: Phase) -> None:
    """Groups that are each named with their size, one label after the other, are added up."""
    found: list[Audience] = []
    for section in context.tree.sections():
        if (
            section.is_label
            and not section.is_phase
            and section.role is Role.AUDIENCE
            and context.facts.phase_at(section.line) is phase
        ):
            audience = people.audience_in(section.title, context.style, section.line)
            if audience is not None and audience.has_count:
                found.append(audience)
    if found:
        least = [a.count_min for a in found]
        most = [a.count_max for a in found]
        phase.audience = phase.audience.filled_from(
            Audience(
                sum(v for v in least if v is not None) if None not in least else None,
                sum(v for v in most if v is not None) if None not in most else None,
                text=" + ".join(a.text for a in found),
                line=found[0].line,
            )
        )
        context.use((a.line for a in found), "audience")


def _from_ramp(phase: Phase) -> None:
    shares = [step.percent for step in phase.ramp if step.percent is not None]
    counts = [step.count for step in phase.ramp if step.count is not None]
    if len({step.line for step in phase.ramp}) > 1:
        phase.audience = replace(
            phase.audience.filled_from(Audience(min(counts, default=None), max(counts, default=None))),
            percent_min=min(shares, default=None),
            percent_max=max(shares, default=None),
        )


def read_entries(context: Context) -> None:
    """Keep the lines of lists whose kind is clear from their heading."""
    for section in context.tree.sections():
        context.deadline.check()
        for block in section.blocks:
            context.deadline.check()
            role = context.role(block)
            kind = _LISTED.get(role)
            own = _field_kind(block)
            if own and not context.used.get(block.line) and role not in (Role.TEMPLATE, Role.COMMUNICATION):
                context.facts.entries.append(
                    Entry(block.line, own, field_of(block)[1], context.phase(block.line, section))
                )
                context.use(block.line, own)
            if kind is None:
                _dated_task(context, block, section, role)
                continue
            if block.kind is Kind.ITEM and context.parent(block) is None and not context.used.get(block.line):
                context.facts.entries.append(
                    Entry(block.line, kind, block.text.plain, context.phase(block.line, section))
                )
                context.use(block.line, kind)
            elif block.kind is Kind.TABLE:
                _entry_rows(context, block, section, kind)
        _tables_by_header(context, section)


def _dated_task(context: Context, block: Block, section: Section, role: Role) -> None:
    """“Day 2-3: build the login page” below a name: a task, its day, and perhaps who does it."""
    if block.kind is not Kind.ITEM or block.box is not None or role or context.used.get(block.line):
        return
    label = label_of(block.text.plain)
    if label is None or label.word not in ("day", "week", "month") or not label.rest or context.parent(block):
        return
    values = [("when", label.shown)]
    if section.is_label and not section.is_phase:
        values.append(("below", section.title))
    context.facts.entries.append(
        Entry(block.line, "activity", label.rest, context.phase(block.line, section), tuple(values))
    )
    context.use([block.line, *(part.line for part in context.below(block))], "activity")


def _field_kind(block: Block) -> str | None:
    """The kind of a field such as “Goal: find the blockers”."""
    key, value = field_of(block)
    if block.kind not in (Kind.ITEM, Kind.TEXT) or not (block.text.bold and key and value):
        return None
    role = role_of(key)
    return (
        _LISTED.get(role)
        if role in (Role.OBJECTIVE, Role.ACTIVITY, Role.DELIVERABLE, Role.SELECTION)
        else None
    )


def _tables_by_header(context: Context, section: Section) -> None:
    """Tables that their own header explains."""
    for block in section.blocks:
        if block.kind is not Kind.TABLE:
            continue
        table = table_of(block)
        if table.find("risk") is not None and (
            table.find("mitigation") is not None or table.find("impact") is not None
        ):
            _entry_rows(context, block, section, "risk")
        elif table.find("what") is not None and table.find("owner") is not None:
            _entry_rows(context, block, section, "activity")


def _entry_rows(context: Context, block: Block, section: Section, kind: str) -> None:
    table = table_of(block)
    for row in table.rows:
        if context.used.get(row.line):
            continue
        values = tuple((name, cell.plain) for name, cell in zip(table.header, row.cells, strict=False))
        text = next((value for _name, value in values if re.search(r"[^\W\d_]{2,}", value)), "")
        if text:
            context.facts.entries.append(
                Entry(row.line, kind, text, context.phase(row.line, section), values)
            )
            context.use(row.line, kind)
