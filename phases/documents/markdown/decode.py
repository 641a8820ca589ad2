"""Bytes to text, and the repair of text that was once read in a wrong encoding.

A file that was UTF-8, was read as Mac Roman or as Windows-1252/1254 and saved again shows “â‰¥” for “≥”.
Every run of such characters is turned back into the bytes that it was made of and read again; a run that
does not give sensible text stays as it is. Bytes that those encodings do not define were dropped when the
damage was done: what cannot be known is left out and counted.
"""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from phases.documents.markdown.limits import DocumentRefused, check_size

WRONG_ENCODINGS = ("mac_roman", "cp1252", "cp1254")
# Two rounds: some files were damaged twice.
ROUNDS = 2
_RUN = re.compile(r"[^\x00-\x7f]+")


@dataclass(frozen=True, slots=True)
class Repair:
    """One run that was mended; `lost` counts characters of which bytes were missing."""

    line: int
    before: str
    after: str
    encoding: str
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text with lines ended by `\\n`, in which encoding the file was, and what was repaired."""

    text: str
    encoding: str
    repairs: tuple[Repair, ...] = ()


def decode(data: bytes) -> Decoded:
    """Read the bytes of a document.

    :raises DocumentRefused: when it is too large or is no text.
    """
    check_size(len(data))
    text, encoding = _text_of(data)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    repairs: list[Repair] = []
    for _round in range(ROUNDS):
        text, mended = repaired(text)
        repairs += mended
        if not mended:
            break
    return Decoded(text, encoding, tuple(repairs))


def _text_of(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), "utf-16"
        except UnicodeDecodeError as error:
            raise DocumentRefused(_("This file is not text that can be read.")) from error
    if b"\x00" in data:
        raise DocumentRefused(_("This file is not text: save the plan as Markdown or plain text."))
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), "cp1252"


def repaired(text: str) -> tuple[str, list[Repair]]:
    """Mend every run that was read in a wrong encoding. Returns the text and what was done."""
    runs = set(_RUN.findall(text))
    best: dict[str, tuple[str, int]] = {}
    chosen = ""
    for encoding in WRONG_ENCODINGS:
        found = _mendable(runs, encoding)
        if sum(map(len, found)) > sum(map(len, best)):
            best, chosen = found, encoding
    if not best:
        return text, []
    repairs = [
        Repair(number, run, best[run][0], chosen, best[run][1])
        for number, line in enumerate(text.split("\n"), start=1)
        for run in _RUN.findall(line)
        if run in best
    ]
    return _RUN.sub(lambda match: best.get(match.group(), (match.group(), 0))[0], text), repairs


def _mendable(runs: set[str], encoding: str) -> dict[str, tuple[str, int]]:
    """Return which runs are damage of this encoding, with what they were.

    A run that can only have come from three or four bytes is taken as damage wherever it stands. One of two
    bytes also occurs in honest text, so it counts only where most runs of the document are damaged.
    """
    strong: dict[str, tuple[str, int]] = {}
    weak: dict[str, tuple[str, int]] = {}
    honest = 0
    for run in runs:
        mended = _reread(run, encoding)
        if mended is None:
            honest += 1
        elif any(ord(character) > 0x7FF for character in mended[0]) or mended[1]:
            strong[run] = mended
        else:
            weak[run] = mended
    damaged_as_a_whole = len(strong) + len(weak) >= honest or len(strong) * 2 >= honest
    return strong | weak if damaged_as_a_whole else strong


def _reread(run: str, encoding: str) -> tuple[str, int] | None:
    """Return the run read again as UTF-8 and how many characters are lost; None when it is no damage."""
    data = _bytes_of(run, encoding)
    if data is None or len(data) < 2:
        return None
    result, lost, at = [], 0, 0
    while at < len(data):
        length = _sequence(data[at])
        if length == 0:
            return None
        character = _character(data[at : at + length])
        if character is not None:
            result.append(character)
            at += length
            continue
        end = at + 1
        while end < min(at + length, len(data)) and 0x80 <= data[end] < 0xC0:
            end += 1
        # A sequence of three or four bytes of which one or two were never written.
        if length < 3 or end - at < 2:
            return None
        lost += 1
        at = end
    text = "".join(result)
    if not result and lost == 0:
        return None
    return (text, lost) if all(_sensible(character) for character in text) else None


def _bytes_of(run: str, encoding: str) -> bytes | None:
    data = bytearray()
    for character in run:
        try:
            data += character.encode(encoding)
        except UnicodeEncodeError:
            if not 0x80 <= ord(character) <= 0x9F:
                return None
            data.append(ord(character))  # an undefined byte that was kept as a control character
    return bytes(data)


def _sequence(first: int) -> int:
    if 0xC2 <= first <= 0xDF:
        return 2
    if 0xE0 <= first <= 0xEF:
        return 3
    return 4 if 0xF0 <= first <= 0xF4 else 0


def _character(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _sensible(character: str) -> bool:
    """Whether plans contain this character: letters of living scripts, punctuation, signs and pictures."""
    code = ord(character)
    return (
        0xA0 <= code <= 0x17F
        or 0x370 <= code <= 0x5FF
        or 0x600 <= code <= 0x6FF
        or 0x900 <= code <= 0xDFF
        or 0xE00 <= code <= 0xE7F
        or 0x1E00 <= code <= 0x1EFF
        or 0x2000 <= code <= 0x2BFF
        or 0x3000 <= code <= 0x9FFF
        or 0xAC00 <= code <= 0xD7AF
        or 0xFE00 <= code <= 0xFE0F
        or code in (0x200D, 0xFEFF)
        or 0xFF00 <= code <= 0xFFEF
        or 0x1F000 <= code <= 0x1FAFF
        or 0xE0020 <= code <= 0xE007F
    )
