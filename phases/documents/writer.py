"""The canonical text of a plan file: one layout, quotes only where they are needed.

What `write` writes, the reader reads as the same data; the same data is always the same bytes.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from phases.documents.scalars import resolve
from rollout_portal.lib.digests import decimal_text

WIDTH: Final = 100
_NARROWEST: Final = 40
_STEP: Final = 2


def write(data: Mapping[str, Any]) -> str:
    """Return `data` (str, int, bool, Decimal, date, list, dict) as the text of a plan file."""
    blocks = ["\n".join(_entry(key, value, 0)) for key, value in data.items()]
    return "\n\n".join(blocks) + "\n"


def _entry(key: str, value: Any, indent: int) -> Iterator[str]:
    """Yield the lines of one key with its value."""
    head = f"{' ' * indent}{_inline(key)}:"
    if isinstance(value, Mapping) and value:
        yield head
        yield from _group(value, indent + _STEP)
    elif isinstance(value, list) and value:
        flow = _flow(value, len(head) + 1)
        if flow:
            yield f"{head} {flow}"
        else:
            yield head
            yield from _list(value, indent + _STEP)
    elif isinstance(value, str):
        yield from _text(head, value, indent)
    else:
        yield f"{head} {_inline(value)}"


def _group(data: Mapping[str, Any], indent: int) -> Iterator[str]:
    for key, value in data.items():
        yield from _entry(key, value, indent)


def _list(entries: Sequence[Any], indent: int) -> Iterator[str]:
    dash = f"{' ' * indent}- "
    for number, entry in enumerate(entries):
        if isinstance(entry, Mapping) and entry:
            # Big entries stand apart from each other, so that a reader sees where one ends.
            if number and indent == _STEP:
                yield ""
            first, *others = _group(entry, indent + _STEP)
            yield dash + first[len(dash) :]
            yield from others
        elif isinstance(entry, list) and entry:
            yield dash.rstrip()
            yield from _list(entry, indent + _STEP)
        elif isinstance(entry, str):
            yield from _text(dash.rstrip(), entry, indent)
        else:
            yield dash + _inline(entry)


def _flow(entries: Sequence[Any], column: int) -> str:
    """Return a short list of short words in one line: [ms, ta]; "" when it is not one."""
    if not all(isinstance(entry, str) and _is_word(entry) for entry in entries):
        return ""
    text = f"[{', '.join(entries)}]"
    return text if column + len(text) <= WIDTH else ""


_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


def _is_word(text: str) -> bool:
    return bool(_WORD.fullmatch(text)) and resolve(text) == text


# --- One value -------------------------------------------------------------------------------------
def _inline(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return decimal_text(value)
        case date():
            return value.isoformat()
        case str():
            return value if _may_be_plain(value) else _quoted(value)
        case list():
            return "[]"
        case _ if isinstance(value, Mapping):
            return "{}"
        case _:
            raise TypeError(f"A plan file cannot hold {type(value).__name__}")


def _text(head: str, value: str, indent: int) -> Iterator[str]:
    """Yield a text behind its key: plain, as a block, or in quotes."""
    inner = " " * (indent + _STEP)
    width = max(_NARROWEST, WIDTH - len(inner))
    lines = value.removesuffix("\n").split("\n")
    end = "" if value.endswith("\n") else "-"
    is_long = max(map(len, lines)) > width or (len(lines) == 1 and len(f"{head} {value}") > WIDTH)
    if is_long and _may_be_folded(lines):
        yield f"{head} >{end}"
        for number, line in enumerate(lines):
            # In a folded block an empty line stands for a line break.
            if number and line:
                yield ""
            for part in _folded(line, width):
                yield inner + part if part else ""
    elif "\n" in value and _may_be_literal(lines):
        yield f"{head} |{end}"
        for line in lines:
            yield inner + line if line else ""
    else:
        yield f"{head} {_inline(value)}"


# What a reader cannot see; joiners belong to Tamil and emoji, the wide space to Chinese.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_WELCOME: Final = frozenset(" \u200c\u200d\u3000")
_PLAIN_STARTS: Final = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Pi"})


def _is_visible(text: str) -> bool:
    return all(
        character in _WELCOME
        or not (
            character.isspace()
            or character in "\ufffe\uffff"
            or unicodedata.category(character) in _INVISIBLE
        )
        for character in text
    )


def _may_be_plain(text: str) -> bool:
    """Tell whether `text` reads as itself without quotes, everywhere that this module writes it."""
    if not text or text != text.strip() or resolve(text) != text:
        return False
    if unicodedata.category(text[0]) not in _PLAIN_STARTS and text[0] != "(":
        return False
    return ": " not in text and " #" not in text and not text.endswith(":") and _is_visible(text)


def _may_be_literal(lines: Sequence[str]) -> bool:
    """Tell whether a block keeps these lines as they are, and an editor will not trim them."""
    starts_well = bool(lines[0]) and lines[0][0] != " " and bool(lines[-1])
    return starts_well and all(_is_visible(line) and line == line.rstrip() for line in lines)


def _may_be_folded(lines: Sequence[str]) -> bool:
    """Tell whether these lines come back when they are broken at spaces and joined again."""
    is_even = all(line == line.strip() and "  " not in line and _is_visible(line) for line in lines)
    return is_even and bool(lines[0]) and bool(lines[-1])


def _folded(text: str, width: int) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


_SHORT: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _quoted(text: str) -> str:
    """Return `text` in double quotes; what cannot be seen is written as an escape."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if _is_visible(character):
        return character
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02X}"
    return f"\\u{number:04X}" if number <= 0xFFFF else f"\\U{number:08X}"
