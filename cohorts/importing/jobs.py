"""The long part of an import, run as a job: the look at a list, and the import itself."""

import itertools
import tempfile
from collections.abc import Iterable
from contextlib import closing
from typing import IO, Any, Final

from django.core.files.base import File
from django.db import transaction

from cohorts.importing import reader, services
from cohorts.importing.lines import LineReader
from cohorts.importing.reader import Problem
from cohorts.importing.writer import CHUNK, Writer, as_json
from cohorts.models import ParticipantImport
from cohorts.states import ImportState
from rollout_portal.audit.services import record
from rollout_portal.jobs import files
from rollout_portal.jobs.models import StoredFile
from rollout_portal.jobs.services import JobCancelled, Run, kind
from rollout_portal.lib import clock
from rollout_portal.lib.spreadsheets import SafeWriter

SHOWN: Final = 200
"""How many problems a report lists; the file of bad lines has all of them."""


@kind(services.CHECK)
def check_import(run: Run) -> dict[str, Any]:
    """Look at a list without writing anybody."""
    imported = _import_of(run)
    report = _go_through(run, imported, write=False)
    _finish(imported, ImportState.CHECKED, report)
    return report


@kind(services.IMPORT)
def import_people(run: Run) -> dict[str, Any]:
    """Write the lines that are right, a thousand in each transaction."""
    imported = _import_of(run)
    mapping, definitions = services.definitions_for(imported)
    with transaction.atomic():
        for definition in definitions:
            if definition._state.adding:
                definition.save()
        imported.columns = mapping
        imported.save(update_fields=["columns"])
    try:
        report = _go_through(run, imported, write=True)
    except JobCancelled as stopped:
        _finish(imported, ImportState.STOPPED, stopped.result or {})
        raise
    _finish(imported, ImportState.IMPORTED, report)
    return report


def _import_of(run: Run) -> ParticipantImport:
    return ParticipantImport.objects.select_related("rollout", "file", "by").get(
        uuid=run.job.params["import"]
    )


def _go_through(run: Run, imported: ParticipantImport, *, write: bool) -> dict[str, Any]:
    dialect = services.dialect_of(imported)
    mapping, definitions = services.definitions_for(imported)
    problems: list[Problem] = []
    with imported.file.content.open("rb") as content, _BadLines() as bad_lines:
        names = reader.header(content, dialect)
        languages = imported.rollout.languages or ["en"]
        writer = Writer(imported, LineReader(names, mapping, languages, definitions), write=write)
        total = _lines(content)
        with closing(reader.rows(content, dialect)) as rows:
            while chunk := list(itertools.islice(rows, CHUNK)):
                bad = writer.take(chunk)
                bad_lines.add(names, bad)
                problems += [problem for _cells, found in bad for problem in found][: SHOWN - len(problems)]
                run.report(writer.counts.rows, total, result=_report(writer, problems))
        report = _report(writer, problems)
        run.report(writer.counts.rows, writer.counts.rows, result=report)
        imported.bad_lines = bad_lines.store(imported)
    return report


def _report(writer: Writer, problems: Iterable[Problem]) -> dict[str, Any]:
    return as_json(writer.counts) | {
        "problems": [
            {"line": found.line, "column": found.column, "cell": found.cell, "message": found.message}
            for found in problems
        ]
    }


def _finish(imported: ParticipantImport, state: ImportState, report: dict[str, Any]) -> None:
    counts = {name: value for name, value in report.items() if name != "problems"}
    with transaction.atomic():
        imported.state, imported.report = state, report
        imported.save(update_fields=["state", "report", "bad_lines"])
        if state != ImportState.CHECKED:
            record(
                actor=imported.by,
                verb=f"import.{state}",
                obj=imported,
                scope=imported.rollout.uuid,
                after={"file": imported.file.digest, **counts},
            )


def _lines(content: IO[bytes]) -> int:
    """Return about how many rows the file has: its line feeds, without the header."""
    content.seek(0)
    count = sum(chunk.count(b"\n") for chunk in iter(lambda: content.read(1 << 18), b""))
    content.seek(0)
    return max(0, count - 1)


class _BadLines:
    """The lines that were not taken, with what is wrong, as a file that a spreadsheet opens safely."""

    def __init__(self) -> None:
        self._file = tempfile.NamedTemporaryFile("w+", encoding="utf-8", newline="", suffix=".csv")  # noqa: SIM115
        self._writer: SafeWriter | None = None

    def __enter__(self) -> "_BadLines":
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

    def store(self, imported: ParticipantImport) -> StoredFile | None:
        if self._writer is None:
            return None
        self._file.flush()
        with open(self._file.name, "rb") as content:
            return files.store(
                content=File(content),
                name=f"bad-lines-{imported.file.name}",
                content_type="text/csv",
                scope=imported.rollout.uuid,
                by=imported.by,
                expires_at=clock.now() + services.KEPT_FOR,
            )
