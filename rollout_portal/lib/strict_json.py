"""JSON from strangers: nothing is lost or guessed on the way in.

Python's reader keeps the last of two equal keys, takes NaN, and turns 0.1 into a float. Here a number stays
the text that was sent, an object remembers the keys that it repeats, and whoever reads the data says what
is wrong with which field.
"""

import json
from typing import Any


class NumberText(str):
    """A JSON number as it was written, `NaN` and `Infinity` included; turn it into a Decimal and look."""

    __slots__ = ()


class StrictObject(dict[str, Any]):
    """A JSON object; `repeated` holds the keys that it gives more than once."""

    repeated: tuple[str, ...] = ()


class NotJson(ValueError):
    """The text is no JSON; the message says where it stops being one."""


def loads(body: bytes) -> Any:
    """Return the data in `body`, which must be UTF-8: None, bool, str, NumberText, list, StrictObject.

    :raises NotJson: with line and column.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"byte {error.start + 1} is not UTF-8") from None
    try:
        return json.loads(
            text,
            parse_float=NumberText,
            parse_int=NumberText,
            parse_constant=NumberText,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise NotJson(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise NotJson("it is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> StrictObject:
    made = StrictObject(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        repeated = []
        for key, _value in pairs:
            if key in seen and key not in repeated:
                repeated.append(key)
            seen.add(key)
        made.repeated = tuple(repeated)
    return made
