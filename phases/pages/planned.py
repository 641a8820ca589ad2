"""Pages that show what is planned and does not act yet: a verdict, and tables in the plan's order."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, Final, TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phases.models import PlanItem, PlannedRole, Repeated, Rollout, Timed
from phases.pages.gates import Verdict
from rollout_portal.lib import words

# So many letters do not fit into a third of a phone's line.
LONG: Final = 40

_Item = TypeVar("_Item", bound=PlanItem)


@dataclass(frozen=True, slots=True)
class Row:
    """A planned thing: its name, what stands below the name, and its cells in the order of the columns."""

    name: str
    cells: tuple[str, ...]
    below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A table of planned things; `name` heads the first column, `empty` says what will be here."""

    title: str
    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    empty: str
    note: str = ""

    @property
    def lines(self) -> list[tuple[Row, list[tuple[str, str, bool]]]]:
        """Each row with its cells: the column, what it says, whether it takes a whole line on a phone."""
        return [
            (
                row,
                [
                    (column, cell, len(cell) > LONG)
                    for column, cell in zip(self.columns, row.cells, strict=True)
                ],
            )
            for row in self.rows
        ]


@dataclass(frozen=True, slots=True)
class Planned:
    """A page of planned things; `acts` says in one sentence that nothing acts on them yet."""

    verdict: Verdict
    acts: str
    cards: tuple[Card, ...]


def in_plan_order(rollout: Rollout, model: type[_Item], *joined: str) -> list[_Item]:
    """Return the things of one kind in the order of the plan, each with its rollout at hand; one query."""
    rows = model._default_manager.filter(rollout=rollout).order_by("position", "pk")
    fields = {field.name for field in model._meta.concrete_fields}
    related = [name for name in ("owner", "phase", *joined) if name in fields]
    found = list(rows.select_related(*related) if related else rows)
    for row in found:
        row.rollout = rollout
        phase = getattr(row, "phase", None)
        if phase is not None:
            phase.rollout = rollout
    return found


def verdict(sentence: str, missing: Sequence[str] = ()) -> Verdict:
    """Return the verdict: what is planned, and what is missing in it."""
    return Verdict("stale" if missing else "open", sentence, " ".join(missing))


def without_owner(rows: Iterable[Any]) -> str:
    """Say how many have nobody: no owner, or one that is vacant. Empty when all have somebody."""
    count = sum(1 for row in rows if row.owner is None or row.owner.is_vacant)
    text = ngettext("%d has nobody who does it.", "%d have nobody who does them.", count)
    return text % count if count else ""


def without_date(rows: Iterable[Timed]) -> str:
    """Say how many have no date: the plan names none, or its anchor is not set. Empty when all have one."""
    count = sum(1 for row in rows if row.planned_start is None)
    return ngettext("%d has no date yet.", "%d have no date yet.", count) % count if count else ""


def role_text(role: PlannedRole | None) -> str:
    """Name a role of the plan with its person: "DevOps lead, A. Person", "DevOps lead (vacant)"."""
    if role is None:
        return "–"
    return _("%s (vacant)") % role.name if role.is_vacant else f"{role.name}, {role.person}"


def roles_text(codes: Sequence[str], roles: dict[str, PlannedRole], *, together: bool = False) -> str:
    """Name several roles: any of them, or all together."""
    names = [role_text(roles.get(code)) for code in codes]
    return (_(" and ") if together else _(" or ")).join(names) or "–"


def time_text(row: Timed, today: date) -> str:
    """Say when something is planned: its dates where the anchor fixes them, else the words of the plan."""
    start, end = row.planned_start, row.planned_end
    if start is None:
        place = str(row.when) or _("no date yet")
    elif row.open_ended:
        place = _("from %s, without an end") % words.day(start, now=today)
    elif end is None or end == start:
        place = words.day(start, now=today)
    else:
        place = _("%(start)s to %(end)s") % {
            "start": words.day(start, now=today),
            "end": words.day(end, now=today),
        }
    hour = row.at.strftime("%H:%M") if row.at else row.half
    parts = [place if start is None else ", ".join(part for part in (place, hour) if part)]
    if isinstance(row, Repeated) and row.repeats:
        again = str(row.get_repeats_display())
        parts.append(f"{again}, {row.get_weekday_display()}" if row.weekday else again)
    return "; ".join(parts)


def length_text(length: timedelta | None) -> str:
    """Say a length of time; a dash without one."""
    return words.duration(length) if length else "–"


def hours_text(opens: time | None, closes: time | None) -> str:
    """Say from when to when; without hours it is the whole day."""
    if opens is None or closes is None:
        return _("all day")
    return f"{opens.strftime('%H:%M')}–{closes.strftime('%H:%M')}"


def listed(values: Collection[Any]) -> str:
    """Return the values in one line; a dash for none."""
    return ", ".join(str(value) for value in values) or "–"
