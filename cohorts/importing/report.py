"""What stays of an import's bad lines: line, column and reason in rows, the cells in a file that expires."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from django.core.files.base import File

from cohorts.importing import services
from cohorts.importing.reader import Problem
from cohorts.models import ParticipantImport
from rollout_portal.accounts.models import User
from rollout_portal.jobs import files
from rollout_portal.jobs.models import StoredFile
from rollout_portal.lib import clock
from rollout_portal.lib.spreadsheets import SafeWriter, plain_cell

SHOWN: Final = 200
"""How many problems a report lists; the file of bad lines has all of them."""
CELL: Final = 60
"""How many characters of a cell the page shows."""
_BEFORE_THE_CELLS: Final = 2


@dataclass(frozen=True, slots=True)
class Listed:
    """A problem as the page lists it; `cell` is empty when the file is gone or nothing may be kept."""

    line: int
    column: str
    cell: str
    message: str


def listed_problems(imported: ParticipantImport) -> list[Listed]:
    """Return the first problems of the newest look or import, with the cells from the file of bad lines."""
    found = imported.report.get("problems", [])
    names, lines = _kept(imported, {problem["line"] for problem in found})
    return [
        Listed(
            line=problem["line"],
            column=problem["column"],
            cell=_cell(names, lines.get(problem["line"], []), problem["column"], imported.delimiter),
            message=problem["message"],
        )
        for problem in found
    ]


def _cell(names: list[str], cells: list[str], column: str, delimiter: str) -> str:
    if not any(cells):
        return ""
    if column in names:
        return cells[names.index(column)][:CELL]
    return delimiter.join(cells)[:CELL]


def _kept(imported: ParticipantImport, wanted: set[int]) -> tuple[list[str], dict[int, list[str]]]:
    """Return the names of the columns, and the cells of the lines that are wanted while they are kept."""
    if imported.bad_lines is None or not imported.bad_lines.content:
        return [], {}
    with imported.bad_lines.content.open("rb") as content:
        text = io.TextIOWrapper(content, encoding="utf-8-sig", newline="")
        rows: Iterator[list[str]] = csv.reader(text)
        names = next(rows)[_BEFORE_THE_CELLS:]
        # Bad lines are kept in the order of the problems: those that are wanted are the first ones.
        return [plain_cell(name) for name in names], {
            int(row[0]): [plain_cell(cell) for cell in row[_BEFORE_THE_CELLS:]]
            for row in islice(rows, len(wanted))
        }


class BadLines:
    """The lines that were not taken, with what is wrong, as a file that a spreadsheet opens safely."""

    def __init__(self) -> None:
        self._file = tempfile.NamedTemporaryFile("w+", encoding="utf-8", newline="", suffix=".csv")  # noqa: SIM115
        self._writer: SafeWriter | None = None

    def __enter__(self) -> "BadLines":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def add(self, names: list[str], bad: Iterable[tuple[list[str], list[Problem]]]) -> None:
        for cells, problems in bad:
            if self._writer is None:
                self._writer = SafeWriter(self._file)
                self._writer.row(["Line", "What is wrong", *names])
            words = "; ".join(" ".join(filter(None, [found.column, found.message])) for found in problems)
            self._writer.row([problems[0].line, words, *cells])

    def store(self, imported: ParticipantImport, *, by: User | None) -> StoredFile | None:
        if self._writer is None:
            return None
        self._file.flush()
        with open(self._file.name, "rb") as content:
            return files.store(
                content=File(content),
                name=f"bad-lines-{imported.file.name}",
                content_type="text/csv",
                scope=imported.rollout.uuid,
                by=by,
                expires_at=clock.now() + services.KEPT_FOR,
            )
