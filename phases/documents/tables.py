"""Sections that are lists of rows: one description, from which load, dump and prune follow.

A `Table` says how the keys of a planned thing become the columns of its row. Most keys are columns of the
same name; what is said in one text and kept in several columns (a time, a rule), what leads to another
row, and what is kept as JSON, is told apart by the type of the value and by a few words here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import models
from django.utils.functional import Promise

from phases.documents.rows import Path, Wanted, announce, planned, remove_others, runs, unknown, upsert
from phases.documents.schema import Coded, PlanModel, Rule, filled
from phases.models import PlanItem, Rollout
from phases.models.timing import when_columns
from phases.registry import PlanProblem
from phases.when import When
from rollout_portal.lib.decimals import Comparator

WHEN: Final = "when"


@dataclass(frozen=True, slots=True)
class Ref:
    """A key that names another planned thing by its code; its column has the name of the key.

    :ivar kind: what is looked for, in words: "phase".
    :ivar many: the key names a list of them, and its column keeps their codes.
    """

    model: type[PlanItem]
    kind: str | Promise
    many: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """How the value of a key is kept in its column, and read from it."""

    into_row: Callable[[Any], Any]
    out_of_row: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """A planned thing of the file: where in the section it stands, and the code of what it belongs to."""

    plan: Any
    path: Path
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """How things of one kind are kept.

    :ivar columns: the column of a key that has another name.
    :ivar refs: keys that name other planned things.
    :ivar rule: the key that holds a rule, kept as comparator, threshold, threshold_high and unit.
    :ivar kept: keys whose values are kept in another form.
    :ivar inner: keys that hold things of their own, each with its table and the column that leads back.
    :ivar check: finds what does not fit together, before anything is written.
    :ivar settled: why a row is history that a rollout that runs does not change; "" when it is not.
    """

    model: type[PlanItem]
    schema: type[Coded]
    columns: Mapping[str, str] = field(default_factory=dict)
    refs: Mapping[str, Ref] = field(default_factory=dict)
    rule: str = ""
    kept: Mapping[str, Kept] = field(default_factory=dict)
    inner: "Mapping[str, tuple[Table, str]]" = field(default_factory=dict)
    check: Callable[[Rollout, Sequence[Placed]], list[PlanProblem]] | None = None
    settled: Callable[[Any], str] = lambda row: ""

    # --- Into rows -----------------------------------------------------------------------------------
    def load(self, rollout: Rollout, plans: Sequence[Any], path: Path = ()) -> list[PlanProblem]:
        """Write the things; `path` is where their list stands in the section."""
        return self._load(rollout, [Placed(plan, (*path, place)) for place, plan in enumerate(plans)], "")

    def _load(self, rollout: Rollout, placed: Sequence[Placed], back: str) -> list[PlanProblem]:
        announce(self.model, rollout, [one.plan.code for one in placed])
        known = {key: planned(ref.model, rollout) for key, ref in self.refs.items()}
        problems = [
            unknown(code, codes, (*one.path, key), str(self.refs[key].kind))
            for one in placed
            for key, codes in known.items()
            for code in _codes(getattr(one.plan, key))
            if code not in codes
        ]
        problems += self.check(rollout, placed) if self.check else []
        if any(not problem.is_warning for problem in problems):
            return problems
        owners = planned(_related(self.model, back), rollout) if back else {}
        wanted = [
            Wanted(
                one.plan.code,
                self._values(one.plan, known) | ({back: owners[one.owner]} if back else {}),
                one.path,
            )
            for one in placed
            if not back or owners.get(one.owner)
        ]
        rows, refused = upsert(self.model, rollout, wanted, settled=self.settled)
        self._set_own_refs(rows, [one.plan for one in placed])
        problems += refused
        for key, (table, column) in self.inner.items():
            problems += table._load(rollout, _inside(placed, key), column)
        return problems

    def _values(self, plan: Any, known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key in type(plan).model_fields:
            value = getattr(plan, key)
            column = self.columns.get(key, key)
            if key == "code" or key in self.inner:
                continue
            if key == WHEN:
                values |= when_columns(value)
            elif key == self.rule:
                values |= _rule_columns(value)
            elif key in self.refs and not self.refs[key].many:
                if self.refs[key].model is not self.model:
                    values[key] = known[key].get(value) if value else None
            elif key in self.kept:
                values[column] = self.kept[key].into_row(value)
            else:
                values[column] = _for_column(self.model, column, value)
        return values

    def _set_own_refs(self, rows: Mapping[str, PlanItem], plans: Iterable[Any]) -> None:
        """Link rows to others of their kind, once all are there."""
        for key in self._own_refs:
            for plan in plans:
                row, named = rows.get(plan.code), rows.get(getattr(plan, key) or "")
                if row is not None and getattr(row, f"{key}_id") != (named.pk if named else None):
                    setattr(row, key, named)
                    row.save(update_fields=[key])

    @property
    def _own_refs(self) -> list[str]:
        return [key for key, ref in self.refs.items() if ref.model is self.model]

    # --- From rows -----------------------------------------------------------------------------------
    def dump(self, rollout: Rollout) -> list[Any]:
        """Return the things of a rollout in their order."""
        return [plan for _row, plan in self._dumped(rollout)]

    def _dumped(self, rollout: Rollout) -> Iterator[tuple[Any, Any]]:
        inner: dict[str, dict[int, list[Any]]] = {}
        for key, (table, column) in self.inner.items():
            for row, plan in table._dumped(rollout):
                inner.setdefault(key, {}).setdefault(getattr(row, f"{column}_id"), []).append(plan)
        rows = self.model._default_manager.filter(rollout=rollout).order_by("position", "pk")
        joined = [key for key, ref in self.refs.items() if not ref.many]
        for row in rows.select_related(*joined) if joined else rows:
            parts = {key: inner.get(key, {}).get(row.pk, []) for key in self.inner}
            yield row, filled(self.schema, **self._keys(row), **parts)

    def _keys(self, row: Any) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key in self.schema.model_fields:
            column = self.columns.get(key, key)
            if key in self.inner:
                continue
            if key == WHEN:
                values[key] = row.when if row.when != When() else None
            elif key == self.rule:
                values[key] = _rule_of(row)
            elif key in self.refs and not self.refs[key].many:
                named = getattr(row, key)
                values[key] = named.code if named else None
            elif key in self.kept:
                values[key] = self.kept[key].out_of_row(getattr(row, column))
            else:
                values[key] = getattr(row, column)
        return values

    # --- What the file no longer has -----------------------------------------------------------------
    def prune(self, rollout: Rollout, plans: Sequence[Any]) -> list[PlanProblem]:
        """Remove the rows that the file no longer has; what has history, or is referred to, stays."""
        problems = []
        for key, (table, _column) in self.inner.items():
            problems += table.prune(rollout, [part for plan in plans for part in getattr(plan, key)])
        keep = {plan.code for plan in plans}
        rows = self.model._default_manager.filter(rollout=rollout)
        for key in self._own_refs:
            rows.exclude(code__in=keep).update(**{key: None})

        def is_settled(row: Any) -> bool:
            return runs(rollout) and bool(self.settled(row))

        return [*problems, *remove_others(rows, keep, has_history=is_settled)]


@dataclass(frozen=True, slots=True)
class Group:
    """A section whose keys are lists of rows; they load in the order in which they stand here."""

    schema: type[PlanModel]
    tables: Mapping[str, Table]

    def load(self, rollout: Rollout, plan: Any) -> list[PlanProblem]:
        """Write all lists."""
        return [
            problem
            for key, table in self.tables.items()
            for problem in table.load(rollout, getattr(plan, key), (key,))
        ]

    def dumped(self, rollout: Rollout) -> dict[str, list[Any]]:
        """Return the lists of a rollout by their keys."""
        return {key: table.dump(rollout) for key, table in self.tables.items()}

    def dump(self, rollout: Rollout) -> Any | None:
        """Return the section of a rollout; None when it is empty."""
        found = self.dumped(rollout)
        return self.schema(**found) if any(found.values()) else None

    def prune(self, rollout: Rollout, plan: Any) -> list[PlanProblem]:
        """Remove what the file no longer has, last list first."""
        return [
            problem
            for key, table in reversed(list(self.tables.items()))
            for problem in table.prune(rollout, getattr(plan, key))
        ]


def _inside(placed: Sequence[Placed], key: str) -> list[Placed]:
    return [
        Placed(part, (*one.path, key, place), one.plan.code)
        for one in placed
        for place, part in enumerate(getattr(one.plan, key))
    ]


def _related(model: type[PlanItem], column: str) -> type[PlanItem]:
    related = model._meta.get_field(column).related_model
    assert isinstance(related, type)
    assert issubclass(related, PlanItem)
    return related


def _codes(value: str | Sequence[str] | None) -> Sequence[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else value


def _for_column(model: type[PlanItem], column: str, value: Any) -> Any:
    """An empty text is kept as "", and nothing at all as NULL."""
    if value is None and isinstance(model._meta.get_field(column), models.CharField | models.TextField):
        return ""
    return value


def _rule_columns(rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"comparator": "", "threshold": None, "threshold_high": None, "unit": ""}
    return {
        "comparator": rule.comparator,
        "threshold": rule.threshold,
        "threshold_high": rule.high,
        "unit": rule.unit,
    }


def _rule_of(row: Any) -> Rule | None:
    if not row.comparator:
        return None
    return Rule(Comparator(row.comparator), row.threshold, row.threshold_high, row.unit)
