"""What a new version of a plan would change, in lines to read before it is done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from rollout_portal.lib.digests import decimal_text

_LONGEST: Final = 80


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing added (+), removed (−) or changed (~), as a line to read.

    :ivar path: keys and codes that lead to it: ("phases", "2", "weeks").
    """

    path: tuple[str, ...]
    line: str

    def __str__(self) -> str:
        return self.line


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return what was added, removed and changed, in the order of the plan.

    Both are plain data of plan files. Things in a list are told apart by their `code`; a change of
    their order is a change of its own.
    """
    return list(_groups(before, after, _Place()))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a difference is: as a path, and as words."""

    path: tuple[str, ...] = ()
    words: str = ""

    def key(self, name: str) -> "_Place":
        return _Place((*self.path, name), f"{self.words} · {name}" if self.words else name)

    def code(self, name: str) -> "_Place":
        return _Place((*self.path, name), f"{self.words} {name}")

    def differs(self, sign: str, what: str = "") -> Difference:
        return Difference(self.path, f"{sign} {self.words}{what}")


def _groups(before: Mapping[str, Any], after: Mapping[str, Any], where: _Place) -> Iterator[Difference]:
    for key in dict.fromkeys([*before, *after]):
        yield from _values(before.get(key), after.get(key), where.key(key))


def _values(before: Any, after: Any, place: _Place) -> Iterator[Difference]:
    if before == after and type(before) is type(after):
        return
    old, new = ([] if value is None else value for value in (before, after))
    name = _told_apart_by(old, new)
    if name:
        yield from _lists(old, new, place, name)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _groups(before, after, place)
    elif before is None:
        yield place.differs("+", f": {_shown(after)}")
    elif after is None:
        yield place.differs("−", f": {_shown(before)}")
    else:
        yield place.differs("~", f": {_shown(before)} → {_shown(after)}")


def _lists(before: Sequence[Any], after: Sequence[Any], place: _Place, name: str) -> Iterator[Difference]:
    old = {entry[name]: entry for entry in before}
    new = {entry[name]: entry for entry in after}
    for code in old:
        if code not in new:
            yield place.code(code).differs("−")
    for code, entry in new.items():
        if code in old:
            yield from _groups(old[code], entry, place.code(code))
        else:
            yield place.code(code).differs("+")
    if [code for code in old if code in new] != [code for code in new if code in old]:
        yield place.differs("~", ": " + _("in another order"))


def _told_apart_by(before: Any, after: Any) -> str:
    """Return the key by which the entries of two lists are told apart: code, else name; "" for neither."""
    for name in ("code", "name"):
        if all(_has_distinct(entries, name) for entries in (before, after)):
            return name
    return ""


def _has_distinct(entries: Any, name: str) -> bool:
    if not isinstance(entries, list) or not all(isinstance(one, Mapping) and name in one for one in entries):
        return False
    return len({one[name] for one in entries}) == len(entries)


def _shown(value: Any) -> str:
    match value:
        case bool():
            text = "true" if value else "false"
        case Decimal():
            text = decimal_text(value)
        case date():
            text = value.isoformat()
        case list() if not value or not isinstance(value[0], Mapping):
            text = ", ".join(_shown(entry) for entry in value)
        case list():
            text = _("%d entries") % len(value)
        case _:
            text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
