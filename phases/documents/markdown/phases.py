"""Which of the candidates are the phases of the plan.

Plans say “phase” of many things. Candidates of one kind (the same word, the same level, the same place) are a
family; the family that looks most like the course of a rollout is taken, whole. What other families say about
the same phases (an overview, a diagram, a table) is merged into it.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from phases.documents.markdown import people
from phases.documents.markdown.blocks import Block, Kind
from phases.documents.markdown.candidates import (
    BOLD,
    HEADING,
    ITEM,
    NAMED,
    NOT_PHASES,
    TABLE,
    Candidate,
    candidates,
)
from phases.documents.markdown.facts import Audience, Phase, innermost
from phases.documents.markdown.labels import STRONG, label_of, labels_in
from phases.documents.markdown.limits import Deadline
from phases.documents.markdown.numbers import Style
from phases.documents.markdown.roles import Role, about_other_things, about_plan, role_of
from phases.documents.markdown.sections import Section, Tree
from phases.documents.markdown.tables import Table
from phases.documents.markdown.times import Schedule, offset_of, schedule_in
from phases.documents.markdown.vocabulary import pattern, searcher

_WORD_SCORE = {
    "phase": 30,
    "stage": 28,
    "wave": 28,
    "month": 19,
    "week": 20,
    "sprint": 14,
    "day": 16,
    NAMED: 18,
}
_CONTAINER_SCORE = {HEADING: 20, BOLD: 14, TABLE: 13, ITEM: 8}
ENOUGH = 38
# A list of more is something else, such as a log.
MOST_PHASES = 60
_BODY_ROLES = frozenset(
    {
        Role.CRITERIA,
        Role.AUDIENCE,
        Role.OBJECTIVE,
        Role.GATE,
        Role.DURATION,
        Role.ACTIVITY,
        Role.DELIVERABLE,
        Role.GO,
        Role.METRICS,
    }
)


def find_phases(
    tree: Tree, style: Style, year: int | None, deadline: Deadline
) -> tuple[list[Phase], list[int]]:
    """Return the phases in the order of the document, and the lines elsewhere that are about them."""
    found = candidates(tree, style, deadline)
    families = _families(found)
    scored = sorted(
        ((_score(family, families, style), index) for index, family in enumerate(families)), reverse=True
    )
    if not scored or scored[0][0] < ENOUGH:
        return [], []
    good = [families[index] for score, index in scored if score >= ENOUGH]
    chosen = list(_detailed(good[0], good))
    chosen += _unnumbered_siblings(chosen, tree)
    chosen.sort(key=lambda candidate: candidate.line)
    chosen = _each_once(chosen)
    taken = set(map(id, chosen))
    phases = [_phase(candidate, style, year) for candidate in chosen]
    for candidate in chosen:
        if candidate.section is not None:
            candidate.section.is_phase = True
    phases += _subphases(chosen, phases, found, taken, style, year)
    phases.sort(key=lambda phase: phase.line)
    rest = [candidate for candidate in found if id(candidate) not in taken]
    merged: list[int] = []
    for candidate in rest:
        deadline.check()
        if _merge(candidate, phases, style, year):
            merged.append(candidate.line)
    return phases, merged


def _detailed(best: Sequence[Candidate], good: Sequence[Sequence[Candidate]]) -> Sequence[Candidate]:
    """Where a table or a list is an overview of phases that have chapters of their own, take the chapters."""
    if best[0].container in (HEADING, BOLD) or not best[0].key:
        return best
    keys = {candidate.key for candidate in best}
    for family in good:
        is_detail = family[0].container in (HEADING, BOLD) and family[0].word == best[0].word
        if is_detail and len(keys & {candidate.key for candidate in family}) >= 0.6 * len(keys):
            return family
    return best


def _families(found: Sequence[Candidate]) -> list[list[Candidate]]:
    groups: dict[tuple[object, ...], list[Candidate]] = {}
    for candidate in found:
        if candidate.about:
            continue
        place: object = id(candidate.parent)
        if candidate.container is TABLE:
            place = id(candidate.block)
        elif (
            candidate.container is HEADING
            and candidate.word != NAMED
            and not about_other_things(candidate.parent.title)
        ):
            place = None
        groups.setdefault((candidate.word, candidate.container, candidate.level, place), []).append(candidate)
    # A plan whose chapters each hold some of the phases: labels that occur once are one family.
    result: list[list[Candidate]] = []
    for key, family in groups.items():
        if key[3] is None and len({c.key for c in family}) < len(family):
            by_parent: dict[int, list[Candidate]] = {}
            for candidate in family:
                by_parent.setdefault(id(candidate.parent), []).append(candidate)
            result += by_parent.values()
        else:
            result.append(family)
    return result


def _score(family: Sequence[Candidate], families: Sequence[Sequence[Candidate]], style: Style) -> float:
    first = family[0]
    if (len(family) < 2 and first.word == NAMED) or len(family) > MOST_PHASES:
        return 0
    score = float(_WORD_SCORE[first.word] + _CONTAINER_SCORE[first.container])
    around = [section.title for section in first.parent.ancestors() if section.title]
    if around and about_plan(around[0]):
        score += 6
    if any(map(about_other_things, around)) or any(
        s.own_role in NOT_PHASES for s in first.parent.ancestors()
    ):
        score -= 28
    score += {1: -10, 2: 6}.get(len(family), 9)
    if first.word == NAMED:
        if first.container in (HEADING, BOLD):
            siblings = [child for child in first.parent.children if child.level == first.level]
            share = len(family) / max(1, len(siblings))
            score += 8 if share >= 0.6 or (len(family) >= 3 and around and about_plan(around[0])) else -14
        elif (
            first.container is ITEM
            and not (around and about_plan(around[0]) and _placed(family, style) >= 0.5)
        ) or (first.container is TABLE and not (_placed(family, style) >= 0.5)):
            score -= 30
        if first.container is TABLE and searcher("phase", "stage", "wave").search(
            first.table.header[0] if first.table else ""
        ):
            score += 8
    elif _step_word(first):
        score -= 12 if not (around and about_plan(around[0])) else 4
    elif first.order[0] > 2:
        score -= 5
    else:
        score += 5
    score += 6 * _placed(family, style)
    if first.container is TABLE and first.table is not None:
        if first.word in ("week", "day", "month") and not _says_how_many(first):
            score -= 30
        if _says_how_many(first):
            score += 8
        if not _is_of_a_plan(first.table):
            score -= 20
    if first.section is not None and any(
        child.own_role in _BODY_ROLES for c in family if c.section for child in c.section.children
    ):
        score += 6
    if first.container is ITEM and first.word not in (*STRONG, NAMED):
        score -= 12
    if len(family) > 1 and len({candidate.name.casefold() for candidate in family}) == 1 and first.name:
        score -= 40  # “Wave 1 acceptance”, “Wave 2 acceptance”: what is said about each of them
    if _inside_others(family, families):
        score -= 30
    return score


def _step_word(candidate: Candidate) -> bool:
    """“Step” names the steps of any procedure; it is a phase only where the plan says so."""
    return searcher("step_word").match(candidate.label) is not None


def _placed(family: Sequence[Candidate], style: Style) -> float:
    """The share of a family that says when or how many."""
    placed = 0
    for candidate in family:
        text = (
            f"{candidate.extra} {candidate.text}"
            if candidate.container != HEADING
            else candidate.extra or candidate.text
        )
        if candidate.row is not None:
            text = " · ".join(cell.plain for cell in candidate.row.cells)
        schedule = schedule_in(candidate.extra or text, style, 2000)
        if (
            schedule.offset
            or schedule.length
            or schedule.dates
            or people.audience_in(text, style)
            or people.shares_in(text, style)
        ):
            placed += 1
    return placed / len(family)


def _says_how_many(candidate: Candidate) -> bool:
    table = candidate.table
    if table is None or table.find("channel") is not None:
        return False
    return table.find("audience", taken=(0,)) is not None or table.find("percent", taken=(0,)) is not None


def _is_of_a_plan(table: Table) -> bool:
    """Whether a table of phases says anything that a plan says: who, when, what for, what must hold."""
    kinds = ("audience", "percent", "when", "owner", "what", "target")
    roles = {role_of(name) for name in table.header[1:]}
    return any(table.find(kind, taken=(0,)) is not None for kind in kinds) or bool(roles & _BODY_ROLES)


def _inside_others(family: Sequence[Candidate], families: Sequence[Sequence[Candidate]]) -> bool:
    """Whether most of a family stands inside the phases of a stronger one: the weeks of a phase."""
    for other in families:
        if (
            other is family
            or len(other) < 2
            or other[0].container not in (HEADING, BOLD)
            or other[0].word not in (*STRONG, NAMED)
        ):
            continue
        if other[0].word == NAMED and family[0].word in STRONG:
            continue
        inside = sum(any(o.line < c.line <= o.end for o in other) for c in family)
        if inside >= 0.6 * len(family):
            return True
    return False


def _unnumbered_siblings(chosen: Sequence[Candidate], tree: Tree) -> list[Candidate]:
    """A heading “Go live!” that follows “Phase 1” at the same level is a phase too."""
    first = chosen[0]
    if first.container != HEADING or first.section is None or first.word == NAMED:
        return []
    result = []
    for child in first.parent.children:
        if child.level != first.level or child.label is not None or child.line < first.line:
            continue
        if searcher("launch_names").fullmatch(child.title.strip(" !.:")):
            result.append(
                Candidate(
                    child.line,
                    child.end,
                    HEADING,
                    child.level,
                    NAMED,
                    "",
                    "",
                    child.title,
                    child.title,
                    first.parent,
                    child,
                )
            )
    return result


def _each_once(chosen: Sequence[Candidate]) -> list[Candidate]:
    """Of candidates with the same label the first is the phase."""
    seen: set[str] = set()
    result = []
    for candidate in chosen:
        name = f"{candidate.word} {candidate.key}" if candidate.key else candidate.name.casefold()
        if name not in seen:
            result.append(candidate)
        seen.add(name)
    return result


def _phase(candidate: Candidate, style: Style, year: int | None) -> Phase:
    phase = Phase(
        candidate.line, candidate.label, candidate.name or candidate.label, candidate.key, candidate.word
    )
    phase.spans.append((candidate.line, candidate.end))
    _take(candidate, phase, style, year)
    return phase


def _take(candidate: Candidate, phase: Phase, style: Style, year: int | None) -> None:
    """Fill in what a candidate says about a phase that is not known yet."""
    if candidate.row is not None and candidate.table is not None:
        audience, schedule = _from_row(candidate, style, year)
    else:
        own = label_of(candidate.text, trailing=True)
        behind = own.rest if own is not None else candidate.text
        said = candidate.extra or ""
        schedule = schedule_in(said or behind, style, year)
        schedule = schedule.filled_from(schedule_in(behind, style, year))
        is_period = own is not None and own.word in ("week", "day", "month") and own.key.isdigit()
        if own is not None and is_period and (schedule.offset is None or schedule.offset.unit != own.word):
            schedule = Schedule(offset_of(own)).filled_from(schedule)
        audience = people.audience_in(said, style, candidate.line) or people.audience_in(
            behind, style, candidate.line
        )
        shares = people.shares_in(
            behind if candidate.container != ITEM else said.split(":")[0] or behind, style
        )
        if shares and (audience is None or not audience.has_percent) and len(candidate.text) < 120:
            least, most = people.bounds(shares[0])
            if len(shares) > 1:
                most = people.bounds(shares[-1])[1]
            share = Audience(percent_min=least, percent_max=most, text=candidate.text, line=candidate.line)
            audience = audience.filled_from(share) if audience else share
    if audience is None and candidate.container == ITEM:
        audience = _who_stands_first(candidate, style)
    if audience is not None:
        phase.audience = phase.audience.filled_from(audience)
    phase.schedule = phase.schedule.filled_from(schedule)


def _who_stands_first(candidate: Candidate, style: Style) -> Audience | None:
    """“Expansion (weeks 3-5): 11 town halls”: what a list item counts first, whatever it is called."""
    said = re.split(r"[:：]|\s[-–—]\s", candidate.text, maxsplit=1)[-1].strip()
    if re.match(rf"{pattern('all')}\s", said, re.IGNORECASE):
        return Audience(percent_min=100, percent_max=100, text=said, line=candidate.line)
    if not re.match(rf"(?:~|≈|{pattern('about')})?\s*\d[\d.,]*\s+[^\W\d]{{3,}}", said, re.IGNORECASE):
        return None
    found = people.audience_in(said, style, candidate.line, field=True)
    return found if found is not None and schedule_in(said, style).length is None else None


def _from_row(candidate: Candidate, style: Style, year: int | None) -> tuple[Audience | None, Schedule]:
    table, row = candidate.table, candidate.row
    assert table is not None
    assert row is not None
    audience: Audience | None = None
    schedule = schedule_in(candidate.extra, style, year)
    if candidate.word in ("week", "day", "month"):
        schedule = schedule_in(candidate.label, style, year)
    for index in dict.fromkeys([*table.all_of("audience"), *table.all_of("percent")]):
        text = row.cell(index)
        header = table.header[index]
        found = people.audience_in(text, style, row.line, field=True)
        if found is not None and "%" in header and not found.has_percent and found.has_count:
            found = Audience(
                percent_min=found.count_min, percent_max=found.count_max, text=text, line=row.line
            )
        if found is not None:
            audience = audience.filled_from(found) if audience else found
    for index in table.all_of("when"):
        text = row.cell(index)
        if re.fullmatch(r"\d{1,2}(?:\s?[-–]\s?\d{1,2})?\+?", text) and searcher(
            "week", "day", "month"
        ).search(table.header[index]):
            text = f"{table.header[index].split()[0]} {text}"
        schedule = schedule.filled_from(schedule_in(text, style, year, field=True))
    if audience is None:
        audience = people.audience_in(" · ".join(c.plain for c in row.cells), style, row.line)
    return audience, schedule


def _subphases(
    chosen: Sequence[Candidate],
    phases: Sequence[Phase],
    found: Sequence[Candidate],
    taken: set[int],
    style: Style,
    year: int | None,
) -> list[Phase]:
    """“Phase 3A” inside “Phase 3”."""
    result = []
    seen: set[str] = {phase.key for phase in phases}
    for candidate in found:
        if (
            id(candidate) in taken
            or candidate.word != chosen[0].word
            or candidate.about
            or candidate.key in seen
        ):
            continue
        for outer, phase in zip(chosen, phases, strict=False):
            deeper = (
                re.fullmatch(rf"{re.escape(outer.key)}[.-]?(?:[a-z]|\d+)", candidate.key)
                if outer.key
                else None
            )
            if deeper and outer.line < candidate.line <= outer.end:
                inner = _phase(candidate, style, year)
                inner.parent = phase
                result.append(inner)
                taken.add(id(candidate))
                seen.add(candidate.key)
                if candidate.section is not None:
                    candidate.section.is_phase = True
    return result


def _merge(candidate: Candidate, phases: Sequence[Phase], style: Style, year: int | None) -> bool:
    """Give what an overview says to the phase that it speaks about. Says whether there is one."""
    if candidate.about or any(
        s.own_role in NOT_PHASES and not s.is_phase for s in candidate.parent.ancestors()
    ):
        return False
    phase = same_phase(candidate, phases)
    if phase is not None and not phase.covers(candidate.line):
        if candidate.container in (ITEM, TABLE):
            phase.spans.append((candidate.line, candidate.end))
        _take(candidate, phase, style, year)
        return True
    if phase is None and candidate.word in ("week", "month", "day") and candidate.container in (ITEM, TABLE):
        schedule = schedule_in(candidate.label, style, year)
        same = [p for p in phases if p.schedule.offset is not None and p.schedule.offset == schedule.offset]
        if len(same) == 1 and innermost(phases, candidate.line) is None:
            _take(candidate, same[0], style, year)
            return True
    return False


def same_phase(candidate: Candidate, phases: Sequence[Phase]) -> Phase | None:
    """The phase that a candidate is about: by its label, else by its name."""
    if candidate.key:
        for phase in phases:
            if phase.word == candidate.word and phase.key == candidate.key:
                return phase
        if (
            candidate.word in STRONG
            and phases
            and phases[0].word in STRONG
            and phases[0].word != candidate.word
        ):
            return None
    name = candidate.name.casefold()
    for phase in phases:
        if name and len(name) > 3 and SequenceMatcher(None, name, phase.name.casefold()).ratio() >= 0.85:
            return phase
    return None


def phases_named(text: str, phases: Sequence[Phase]) -> list[Phase]:
    """The phases that a text speaks of, in its order: by label, else by name."""
    found: list[tuple[int, Phase]] = []
    for label, start, _end in labels_in(text):
        for phase in phases:
            if phase.key == label.key and phase.word == label.word:
                found.append((start, phase))
                second = [
                    p for p in phases if label.second and p.word == label.word and p.key == label.second
                ]
                found += [(start + 1, p) for p in second]
    if not found:
        lowered = text.casefold()
        for phase in phases:
            at = lowered.find(phase.name.casefold()) if len(phase.name) > 3 else -1
            if at >= 0:
                found.append((at, phase))
    return list(dict.fromkeys(phase for _at, phase in sorted(found, key=lambda entry: entry[0])))


# Diagrams


def merge_diagrams(blocks: Sequence[Block], phases: Sequence[Phase], style: Style) -> list[int]:
    """Read the boxes of a drawn overview. Returns the lines that said something."""
    used: list[int] = []
    for block in blocks:
        if block.kind is not Kind.FENCE or block.language not in ("", "text", "txt", "mermaid"):
            continue
        columns: dict[int, list[str]] = {}
        for line in block.content:
            for index, cell in enumerate(re.findall(r"[│|║]([^│|║]*)[│|║]", line)):
                columns.setdefault(index, []).append(cell.strip())
        for cells in columns.values():
            text = " ".join(cell for cell in cells if cell)
            named = phases_named(text, phases)
            remarks = re.findall(r"\(([^()]*)\)", text)
            if len(named) != 1:
                continue
            for remark in remarks:
                audience = people.audience_in(remark, style, block.line)
                if audience is not None and not (
                    named[0].audience.has_count or named[0].audience.has_percent
                ):
                    named[0].audience = named[0].audience.filled_from(audience)
                    used += range(block.line, block.end + 1)
                named[0].schedule = named[0].schedule.filled_from(schedule_in(remark, style))
    return used


def section_phase(section: Section, phases: Sequence[Phase]) -> Phase | None:
    """The phase that a section outside all phases is about, by its title or that of one around it."""
    for ancestor in section.ancestors():
        if all(ancestor.line < phase.line <= ancestor.end for phase in phases):
            return None  # the title of the plan
        named = phases_named(ancestor.title, phases)
        if named:
            return named[0]
    return None
