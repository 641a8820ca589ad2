"""From bytes to rows: encoding, delimiter and quotes of a CSV file, read as a stream.

The standard library's reader lets an open quote swallow the rest of a file, stops at a long cell and takes
NUL bytes for text; people's lists have all of these. Here a line that cannot be read becomes a row with a
problem, and the next line is read as if nothing had happened.
"""

import codecs
import io
import re
from collections import Counter
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from typing import IO, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollout_portal.outbox import addresses

DELIMITERS: Final = (",", ";", "\t", "|")
MAX_CELL: Final = 2_000
MAX_COLUMNS: Final = 100
MAX_LINE: Final = 64_000
MAX_LINES_IN_A_CELL: Final = 20
_SAMPLE_LINES: Final = 20
_CHUNK: Final = 1 << 16

# What no name, address or answer contains: control characters except line feed and tab.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ENCODING_NAMES: Final = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252",
}
DELIMITER_NAMES: Final = {
    ",": gettext_lazy("comma"),
    ";": gettext_lazy("semicolon"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("bar"),
}


class FileUnreadable(Exception):
    """The file as a whole cannot be read; the message says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the bytes of a file become cells."""

    encoding: str
    delimiter: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one line: where, and what to do. Never what stands there: a problem outlives the file.

    :ivar column: the name of the column; empty when the line as a whole is meant.
    """

    line: int
    column: str
    message: str


@dataclass(slots=True)
class Row:
    """One row of the file. `line` is where it starts, counted from 1 with the header."""

    line: int
    cells: list[str]
    problems: list[Problem] = field(default_factory=list)


def detect(file: IO[bytes]) -> Dialect:
    """Find out encoding and delimiter; reads the whole file once and leaves it at its start.

    :raises FileUnreadable: when it is empty or not a text.
    """
    encoding = _encoding(file)
    lines = [line for line in _first_lines(file, encoding) if line.strip()]
    if not lines:
        raise FileUnreadable(_("The file is empty. Choose one with a line of column names and people."))
    announced = _announced(lines[0])
    return Dialect(encoding, announced or _delimiter(lines))


def header(file: IO[bytes], dialect: Dialect) -> list[str]:
    """Return the names of the columns; a column without a name is called by its place.

    :raises FileUnreadable: when two columns have the same name, or the line cannot be read or holds people.
    """
    with closing(_rows(file, dialect)) as found:
        first = next(found, None)
    if first is None:
        raise FileUnreadable(_("The file is empty. Choose one with a line of column names and people."))
    if first.problems:
        raise FileUnreadable(_("Line 1: %s") % first.problems[0].message)
    if any(addresses.mentioned(cell) for cell in first.cells):
        # The names of columns are kept for good; an address must not become one.
        raise FileUnreadable(
            _("The first line holds an address, not the names of the columns. Put a line of names above it.")
        )
    names = [
        " ".join(cell.split())[:100] or _("Column %(n)s") % {"n": place}
        for place, cell in enumerate(first.cells, 1)
    ]
    twice = [name for name, count in Counter(name.casefold() for name in names).items() if count > 1]
    if twice:
        places = [str(place) for place, name in enumerate(names, 1) if name.casefold() == twice[0]]
        raise FileUnreadable(
            _("Columns %(places)s are all called “%(name)s”. Give each column a name of its own.")
            % {"places": ", ".join(places), "name": names[int(places[0]) - 1]}
        )
    return names


def rows(file: IO[bytes], dialect: Dialect) -> Generator[Row, None, None]:
    """Return the rows below the header, in order; empty lines are left out.

    A row has as many cells as the header has names, or a problem that says how many it has.
    """
    width: int | None = None
    for row in _rows(file, dialect):
        if width is None:
            width = len(row.cells)
            continue
        if not any(cell.strip() for cell in row.cells) and not row.problems:
            continue
        if len(row.cells) != width and not row.problems:
            row.problems.append(Problem(row.line, "", _wrong_width(len(row.cells), width, dialect)))
        yield row


def _wrong_width(found: int, wanted: int, dialect: Dialect) -> str:
    sign = str(DELIMITER_NAMES["\t"]) if dialect.delimiter == "\t" else dialect.delimiter
    return _("%(found)s cells; the first line has %(wanted)s. Look for a missing or extra “%(sign)s”.") % {
        "found": found,
        "wanted": wanted,
        "sign": sign,
    }


def _encoding(file: IO[bytes]) -> str:
    file.seek(0)
    start = file.read(_CHUNK)
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileUnreadable(_("This is a workbook. Save it as “CSV UTF-8” and choose that file."))
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    if b"\x00" in start:
        return _sixteen_bits(start)
    return "utf-8" if _is_utf8(file) else "cp1252"


def _sixteen_bits(start: bytes) -> str:
    """Return which UTF-16 a text without a mark is: its letters leave a zero in every second byte."""
    half = max(1, len(start) // 2)
    if start[1::2].count(0) > half * 0.4 and start[::2].count(0) < half * 0.1:
        return "utf-16-le"
    if start[::2].count(0) > half * 0.4 and start[1::2].count(0) < half * 0.1:
        return "utf-16-be"
    if start.count(0) < 0.05 * len(start):
        return "utf-8"
    raise FileUnreadable(_("This is not a text file. Save the list as “CSV UTF-8” and choose that file."))


def _is_utf8(file: IO[bytes]) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _first_lines(file: IO[bytes], encoding: str) -> list[str]:
    with _text(file, encoding) as text:
        return [text.readline(MAX_LINE) for _number in range(_SAMPLE_LINES)]


def _announced(line: str) -> str:
    """Return the delimiter that a spreadsheet announced in a first line of its own, such as `sep=;`."""
    match = re.fullmatch(r"sep=([,;\t|])", line.rstrip("\r\n").strip('"'), re.IGNORECASE)
    return match[1] if match else ""


def _delimiter(lines: list[str]) -> str:
    """Return the sign that cuts most lines into the same number of cells, at least two."""

    def score(sign: str) -> tuple[float, int]:
        counts = [len(_split(line.rstrip("\n"), sign)[0]) for line in lines]
        alike = sum(count == counts[0] for count in counts) / len(counts)
        return (alike if counts[0] > 1 else 0, counts[0])

    return max(DELIMITERS, key=score)


class _text:  # noqa: N801 - used as a context manager only
    """The file as a stream of text; leaves the file open and at its start."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._file = file
        file.seek(0)
        self._wrapper = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline=None)

    def __enter__(self) -> io.TextIOWrapper:
        return self._wrapper

    def __exit__(self, *_error: object) -> None:
        self._wrapper.detach()
        self._file.seek(0)


class _Lines:
    """The physical lines of a text with their numbers; lines that were read too early can be given back."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._back: list[tuple[int, str]] = []
        self._number = 0

    def next(self) -> tuple[int, str] | None:
        if self._back:
            return self._back.pop()
        line = self._text.readline(MAX_LINE)
        if not line:
            return None
        self._number += 1
        if len(line) == MAX_LINE and not line.endswith("\n"):
            while (more := self._text.readline(MAX_LINE)) and not more.endswith("\n"):
                pass
        return self._number, line

    def give_back(self, lines: list[tuple[int, str]]) -> None:
        self._back.extend(reversed(lines))


def _rows(file: IO[bytes], dialect: Dialect) -> Generator[Row, None, None]:
    with _text(file, dialect.encoding) as text:
        lines = _Lines(text)
        first = True
        while (numbered := lines.next()) is not None:
            number, line = numbered
            if first:
                first = False
                if _announced(line):
                    continue
            yield _row(number, line, lines, dialect.delimiter)


def _row(number: int, line: str, lines: _Lines, delimiter: str) -> Row:
    if len(line) == MAX_LINE and not line.endswith("\n"):
        return _unreadable(number, line, _("The line is longer than %(n)s characters.") % {"n": MAX_LINE})
    if '"' not in line:
        return _checked(Row(number, line.rstrip("\n").split(delimiter)))
    cells, is_open = _split(line.rstrip("\n"), delimiter)
    taken: list[tuple[int, str]] = []
    whole = line
    while is_open:
        following = lines.next() if len(taken) < MAX_LINES_IN_A_CELL else None
        if following is None:
            lines.give_back(taken)
            return _unreadable(
                number, line, _("A quote is opened here and never closed. Close or remove it.")
            )
        taken.append(following)
        whole += following[1]
        cells, is_open = _split(whole.rstrip("\n"), delimiter)
    return _checked(Row(number, cells))


def _split(line: str, delimiter: str) -> tuple[list[str], bool]:
    """Return the cells of a line, and whether its last quote is still open.

    A quote counts at the start of a cell only; elsewhere it is a letter. Two quotes inside are one.
    """
    cells: list[str] = []
    place, end = 0, len(line)
    while True:
        if place < end and line[place] == '"':
            content: list[str] = []
            place += 1
            while True:
                closing = line.find('"', place)
                if closing < 0:
                    return cells, True
                content.append(line[place:closing])
                place = closing + 1
                if place < end and line[place] == '"':
                    content.append('"')
                    place += 1
                    continue
                break
            cut = line.find(delimiter, place)
            rest = line[place:] if cut < 0 else line[place:cut]
            cells.append("".join(content) + rest)
        else:
            cut = line.find(delimiter, place)
            cells.append(line[place:] if cut < 0 else line[place:cut])
        if cut < 0:
            return cells, False
        place = cut + 1


def _checked(row: Row) -> Row:
    if len(row.cells) > MAX_COLUMNS:
        row.problems.append(
            Problem(row.line, "", _("More than %(n)s cells in one line.") % {"n": MAX_COLUMNS})
        )
    for cell in row.cells:
        if len(cell) > MAX_CELL:
            words = _("A cell is longer than %(n)s characters.") % {"n": MAX_CELL}
        elif "\ufffd" in cell:
            words = _("A letter cannot be read. Save the file as “CSV UTF-8”.")
        elif _CONTROL.search(cell):
            words = _("A cell contains a control character. Remove it.")
        else:
            continue
        row.problems.append(Problem(row.line, "", words))
    return row


def _unreadable(number: int, line: str, words: str) -> Row:
    return Row(number, [line.rstrip("\n")[:MAX_CELL]], [Problem(number, "", words)])
