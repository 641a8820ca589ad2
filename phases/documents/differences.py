"""What a new version of a plan would change, in lines to read before it is done."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from rollout_portal.lib.digests import decimal_text

_LONGEST: Final = 80


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return one line for each thing added (+), removed (−) and changed (~).

    Both are plain data of plan files. Things in a list are told apart by their `code`; a change of
    their order is a change of its own.
    """
    return list(_groups(before, after, ""))


def _groups(before: Mapping[str, Any], after: Mapping[str, Any], where: str) -> Iterator[str]:
    for key in dict.fromkeys([*before, *after]):
        place = f"{where} · {key}" if where else key
        yield from _values(before.get(key), after.get(key), place)


def _values(before: Any, after: Any, place: str) -> Iterator[str]:
    if before == after and type(before) is type(after):
        return
    if _are_coded(before) and _are_coded(after):
        yield from _lists(before or [], after or [], place)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _groups(before, after, place)
    elif before is None:
        yield f"+ {place}: {_shown(after)}"
    elif after is None:
        yield f"− {place}: {_shown(before)}"
    else:
        yield f"~ {place}: {_shown(before)} → {_shown(after)}"


def _lists(before: Sequence[Any], after: Sequence[Any], place: str) -> Iterator[str]:
    old = {entry["code"]: entry for entry in before}
    new = {entry["code"]: entry for entry in after}
    for code in old:
        if code not in new:
            yield f"− {place} {code}"
    for code, entry in new.items():
        if code in old:
            yield from _groups(old[code], entry, f"{place} {code}")
        else:
            yield f"+ {place} {code}"
    if [code for code in old if code in new] != [code for code in new if code in old]:
        yield f"~ {place}: " + _("in another order")


def _are_coded(value: Any) -> bool:
    if value is None:
        return True
    return isinstance(value, list) and all(isinstance(entry, Mapping) and "code" in entry for entry in value)


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
