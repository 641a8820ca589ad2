"""From a section to rows and back: what every room needs to load, prune and check its section."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from phases.documents.schema import nearest
from phases.models import PlanItem, Rollout
from phases.registry import PlanProblem
from phases.states import RolloutState

Path = tuple[str | int, ...]
_ANNOUNCED: Final = "_announced_codes"
_Item = TypeVar("_Item", bound=PlanItem)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row as the file wants it: its code, its fields, and where in the section it stands."""

    code: str
    values: dict[str, Any]
    path: Path


def announce(model: type[PlanItem], rollout: Rollout, codes: Iterable[str]) -> None:
    """Say which things of a kind the file has, so that sections further on can name them.

    What is in the database and no longer in the file cannot be named: it is about to be removed.
    """
    announced: dict[type[PlanItem], dict[str, None]] = rollout.__dict__.setdefault(_ANNOUNCED, {})
    announced.setdefault(model, {}).update(dict.fromkeys(codes))


def planned(model: type[_Item], rollout: Rollout) -> dict[str, _Item | None]:
    """Return what a section may name: the things of a kind that the file has, by code.

    One that was itself refused has no row (None); the import ends with that refusal.
    """
    rows = {row.code: row for row in model._default_manager.filter(rollout=rollout)}
    announced = rollout.__dict__.get(_ANNOUNCED, {})
    return {code: rows.get(code) for code in announced[model]} if model in announced else dict(rows)


def written(model: type[_Item], rollout: Rollout) -> dict[str, _Item]:
    """Return the rows that a section may name, by code."""
    return {code: row for code, row in planned(model, rollout).items() if row is not None}


def upsert(
    model: type[_Item],
    rollout: Rollout,
    wanted: Sequence[Wanted],
    *,
    settled: Callable[[_Item], str] = lambda row: "",
    keeps_place: bool = False,
) -> tuple[dict[str, _Item], list[PlanProblem]]:
    """Add the rows that are not there, and change those that differ; their order becomes the file's.

    Rows are found by their code (the document has each once). Returns the rows by code,
    and a problem for each value that the model refuses; such a row is not written.

    :param settled: why a row is history, so that a rollout that runs does not change it; "" when it is not.
    :param keeps_place: whether the place of such a row in the order is history too.
    """
    announce(model, rollout, [item.code for item in wanted])
    if not wanted:
        return {}, []
    rows = {row.code: row for row in model._default_manager.filter(rollout=rollout)}
    taken: set[str] = set()
    problems: list[PlanProblem] = []
    for position, item in enumerate(wanted):
        taken.add(item.code)
        row = rows.get(item.code) or model(rollout=rollout, code=item.code)
        is_new = row.pk is None
        why = settled(row) if runs(rollout) and not is_new else ""
        changed = _assign(row, {**item.values, "position": position})
        refused = _refusals(row, item.path)
        if refused:
            problems += refused
        elif is_new or changed:
            moved_only = changed == {"position"} and not keeps_place
            why = why or (settled(row) if runs(rollout) else "")
            if why and not moved_only:
                problems.append(PlanProblem(item.path, why))
                continue
            row.save()
            rows[item.code] = row
    return {code: row for code, row in rows.items() if code in taken}, problems


def runs(rollout: Rollout) -> bool:
    """Tell whether the rollout has begun, so that a part of its plan is history."""
    return rollout.state != RolloutState.DRAFT


def _assign(row: models.Model, values: dict[str, Any]) -> set[str]:
    """Set the values, and return which of them differ from what was there."""
    changed = set()
    for name, value in values.items():
        field = row._meta.get_field(name)
        attribute = getattr(field, "attname", name)
        new = value.pk if isinstance(value, models.Model) else value
        if getattr(row, attribute) != new:
            changed.add(name)
        setattr(row, name, value)
    return changed


def _refusals(row: PlanItem, path: Path) -> list[PlanProblem]:
    """Return what the model itself refuses; relations were looked up already."""
    relations = {field.name for field in row._meta.concrete_fields if field.is_relation}
    try:
        row.clean_fields(exclude=relations)
        row.clean()
    except ValidationError as error:
        return [PlanProblem(path, message) for message in error.messages]
    return []


def remove_others(
    rows: "models.QuerySet[_Item]",
    keep: Collection[str],
    *,
    has_history: Callable[[_Item], bool] = lambda row: False,
) -> list[PlanProblem]:
    """Remove those of `rows` whose code is not in `keep`; what has history, or is referred to, stays.

    Returns a problem for each row that stays.
    """
    gone = [row for row in rows if row.code not in keep]
    stays = [row for row in gone if has_history(row)]
    waiting = [row for row in gone if not has_history(row)]
    while waiting:
        blocked = []
        for row in waiting:
            try:
                row.delete()
            except models.ProtectedError:
                # A row of the same kind may refer to it (a member to its group) and go next round.
                blocked.append(row)
        if len(blocked) == len(waiting):
            break
        waiting = blocked
    message = _(
        "%(kind)s “%(code)s” is no longer in the file, but it has history and stays. "
        "Put it back into the file."
    )
    return [
        PlanProblem((), message % {"kind": str(row._meta.verbose_name).capitalize(), "code": row.code})
        for row in (*stays, *waiting)
    ]


def unknown(code: str, known: Iterable[str], path: Path, kind: str) -> PlanProblem:
    """Return the problem of a reference to nothing; `kind` is what was looked for: "phase"."""
    message = _("There is no %(kind)s “%(code)s”.") % {"kind": kind, "code": code}
    return PlanProblem(path, f"{message} {nearest(code, known)}")
