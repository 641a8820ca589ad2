"""A plan file as a document: version 1, and a section for each room that registered one.

`parse(data)` reads the text, checks every section against its room's schema, and answers with all that
is wrong at once, each with line and column; or with a `Document`, whose `problem_at` turns what a room
finds later (a reference to nothing, a cycle) into a line and a column too.
"""

import types
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, Union, get_args, get_origin

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from phases.documents.problems import PlanRefused, Problem
from phases.documents.schema import Coded, KeyRefused, nearest
from phases.documents.yaml import Node, Reading, read
from phases.registry import PlanProblem, PlanSection, plan_sections

VERSION: Final = 1
_MOST_PROBLEMS: Final = 100

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A plan file whose every section keeps its schema.

    :ivar sections: by name, in the order in which they load; only those that the file has.
    """

    sections: Mapping[str, Any]
    reading: Reading

    def problem_at(self, section: str, problem: PlanProblem) -> Problem:
        """Give what a room found in its section the line and column of the value."""
        node = _node_at(self.reading.root, (section, *problem.path))
        return Problem(node.line, node.column, problem.message)

    def place_of(self, path: Path) -> tuple[int, int]:
        """Return line and column of the value at `path`, which begins with the name of its section."""
        node = _node_at(self.reading.root, path)
        return node.line, node.column

    def counts(self) -> dict[str, int]:
        """Return how many things of each kind the file plans: {"phases": 5, "goals": 20, …}."""
        return dict(Counter(str(item.counted_as) for _path, item in _coded(self.sections, ())))


def parse(data: bytes) -> Document:
    """Read a plan file.

    :raises PlanRefused: with every problem of text and form that was found.
    """
    reading = read(data)
    problems = list(reading.problems)
    root = reading.root
    if root.group is None:
        message = _("A plan file is a group of keys. It begins: version: 1")
        raise PlanRefused([*problems, Problem(root.line, root.column, message)])
    problems += _version_problems(root, root.group.get("version"))
    known = plan_sections()
    for key in root.group:
        if key != "version" and key not in known:
            message = _("“%s” is not a section of a plan file.") % key
            problems.append(Problem(*root.keys[key], f"{message} {nearest(key, ['version', *known])}"))
    sections: dict[str, Any] = {}
    for name, section in known.items():
        node = root.group.get(name)
        if node is None:
            continue
        try:
            sections[name] = adapter_of(section).validate_python(node.plain())
        except ValidationError as error:
            problems += _explained(error, section.schema, node)
    problems += _duplicates(sections, root)
    if problems:
        raise PlanRefused(problems[:_MOST_PROBLEMS])
    return Document(sections, reading)


@cache
def adapter_of(section: PlanSection) -> TypeAdapter[Any]:
    """Return what checks and writes the data of a section; made once."""
    return TypeAdapter(section.schema)


def _version_problems(root: Node, node: Node | None) -> list[Problem]:
    if node is None:
        return [Problem(root.line, root.column, _("“version” is missing. A plan file begins: version: 1"))]
    if node.broken or (type(node.scalar) is int and node.scalar == VERSION):
        return []
    return [Problem(node.line, node.column, _("This portal reads plan files of version 1: version: 1"))]


def _coded(value: Any, path: Path) -> Iterator[tuple[Path, Coded]]:
    """Yield every planned thing in `value` with its path."""
    if isinstance(value, Coded):
        yield path, value
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _coded(getattr(value, name), (*path, name))
    elif isinstance(value, list):
        for position, entry in enumerate(value):
            yield from _coded(entry, (*path, position))
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _coded(entry, (*path, key))


def _duplicates(sections: Mapping[str, Any], root: Node) -> list[Problem]:
    """Find codes that two things of one kind have, wherever in the file they stand."""
    problems = []
    first: dict[tuple[type[Coded], str], Node] = {}
    for path, item in _coded(sections, ()):
        node = _node_at(root, (*path, "code"))
        earlier = first.setdefault((_kind_of(item), item.code), node)
        if earlier is not node:
            message = _(
                "The code “%(code)s” is used already in line %(line)d. Each of the %(kind)s has its own."
            )
            values = {"code": item.code, "line": earlier.line, "kind": _kind_of(item).counted_as}
            problems.append(Problem(node.line, node.column, message % values))
    return problems


def _kind_of(item: Coded) -> type[Coded]:
    """Return the class below `Coded` that the item is: a member of a group is a criterion too."""
    family = [kind for kind in type(item).__mro__ if issubclass(kind, Coded) and kind is not Coded]
    return family[-1]


# --- Where a problem is ----------------------------------------------------------------------------
def _child(node: Node, step: str | int) -> Node | None:
    if isinstance(step, str):
        return node.group.get(step) if node.group is not None else None
    items = node.items or []
    return items[step] if 0 <= step < len(items) else None


def _node_at(root: Node, path: Path) -> Node:
    """Return the node at `path`, or the deepest one on the way to it."""
    node = root
    for step in path:
        child = _child(node, step)
        if child is None:
            break
        node = child
    return node


def _is_broken(root: Node, path: Path) -> bool:
    """Tell whether a problem of the text is already known at `path` or above it."""
    node: Node | None = root
    for step in path:
        if node is None or node.broken:
            break
        node = _child(node, step)
    return node is not None and node.broken


# --- What pydantic says, in the words of a writer ----------------------------------------------------
def _explained(error: ValidationError, schema: Any, root: Node) -> list[Problem]:
    problems = []
    for detail in error.errors(include_url=False):
        path: Path = detail["loc"]
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, KeyRefused):
            path = (*path, cause.key)
        if _is_broken(root, path):
            continue
        node = _node_at(root, path)
        place = (node.line, node.column)
        message = _message(detail, node)
        if detail["type"] == "extra_forbidden":
            group, key = _node_at(root, path[:-1]), str(path[-1])
            place = group.keys[key]
            message = _("“%s” is not known here.") % key + " " + nearest(key, _keys_at(schema, path[:-1]))
        problems.append(Problem(*place, message))
    return problems


def _message(detail: ErrorDetails, node: Node) -> str:
    """Say what is wrong with the value of `node`, and what would be right."""
    context = {name: str(value) for name, value in detail.get("ctx", {}).items()}
    match detail["type"]:
        case "value_error":
            return context["error"]
        case "missing":
            return _("“%s” is missing here.") % str(detail["loc"][-1])
        case "string_type":
            return _not_a_text(node)
        case "int_type" | "int_from_float":
            return _not_a_whole_number(node)
        case "decimal_type" | "is_instance_of" | "finite_number":
            return _("A number is expected, without quotes and without a unit: 0.5.")
        case "bool_type":
            return _("true or false is expected here, without quotes.")
        case "date_type":
            return _("A date is expected here, without quotes: 2026-11-02.")
        case "list_type":
            return _("A list is expected here: each entry begins with “- ” on a line of its own.")
        case "model_type" | "dict_type" | "model_attributes_type":
            return _("A group of keys is expected here, not %s.") % _kind(node)
        case "too_long" if node.items is not None:
            return _("This list is too long; it may have %s entries.") % context["max_length"]
        case "string_too_long" | "too_long":
            return _("This text has %(size)d characters; at most %(limit)s fit.") % {
                "size": len(str(node.scalar)),
                "limit": context["max_length"],
            }
        case "string_too_short":
            return _("This text is too short; it needs %s characters.") % context["min_length"]
        case "too_short":
            least = int(context["min_length"])
            return ngettext(
                "At least %d entry is needed here.", "At least %d entries are needed here.", least
            ) % (least)
        case "literal_error":
            return _("Only %s can stand here.") % context["expected"]
        case "greater_than_equal":
            return _("The least that can stand here is %s.") % context["ge"]
        case "greater_than":
            return _("This must be more than %s.") % context["gt"]
        case "less_than_equal":
            return _("The most that can stand here is %s.") % context["le"]
        case "less_than":
            return _("This must be less than %s.") % context["lt"]
        case _:
            return detail["msg"]


def _kind(node: Node) -> str:
    if node.items is not None:
        return _("a list")
    if node.group is not None:
        return _("a group of keys")
    match node.scalar:
        case bool():
            return _("true or false")
        case int() | Decimal():
            return _("a number")
        case date():
            return _("a date")
        case _:
            return _("a text")


def _not_a_text(node: Node) -> str:
    if node.items is not None or node.group is not None:
        return _("A text is expected here, not %s.") % _kind(node)
    return _("“%(source)s” is %(kind)s here. To make it a text, put it in quotes: %(quoted)s.") % {
        "source": node.source,
        "kind": _kind(node),
        "quoted": f'"{node.source}"',
    }


def _not_a_whole_number(node: Node) -> str:
    if isinstance(node.scalar, str):
        digits = node.scalar.replace(",", "").replace(" ", "")
        if digits.isascii() and digits.isdigit() and len(digits) <= 20:
            return _("A whole number is expected here, without quotes and commas: %d.") % int(digits)
    return _("A whole number is expected here, not %s.") % (
        _("a number with a fraction") if isinstance(node.scalar, Decimal) else _kind(node)
    )


def _keys_at(schema: Any, path: Sequence[str | int]) -> list[str]:
    """Return the keys that the schema knows at `path`."""
    for step in path:
        schema = _bare(schema)
        origin = get_origin(schema)
        if origin in (list, tuple, dict):
            schema = get_args(schema)[-1]
        elif isinstance(schema, type) and issubclass(schema, BaseModel):
            schema = schema.model_fields[str(step)].annotation
    schema = _bare(schema)
    return list(schema.model_fields) if isinstance(schema, type) and issubclass(schema, BaseModel) else []


def _bare(schema: Any) -> Any:
    """Strip Annotated and “or None” from a type."""
    while get_origin(schema) in (Annotated, Union, types.UnionType):
        schema = get_args(schema)[0]
    return schema
