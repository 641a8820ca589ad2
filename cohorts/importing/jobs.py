"""The long part of an import, run as a job: the look at a list, and the import itself."""

import itertools
from collections.abc import Iterable
from contextlib import closing
from typing import IO, Any

from django.db import transaction

from cohorts.importing import reader, services
from cohorts.importing.lines import LineReader
from cohorts.importing.reader import Problem
from cohorts.importing.report import SHOWN, BadLines
from cohorts.importing.writer import CHUNK, Writer, as_json
from cohorts.models import ParticipantImport
from cohorts.states import ImportState
from rollout_portal.audit.services import record
from rollout_portal.jobs.services import JobCancelled, JobRefused, Run, kind


@kind(services.CHECK)
def check_import(run: Run) -> dict[str, Any]:
    """Look at a list without writing anybody."""
    imported = _import_of(run)
    report = _go_through(run, imported, write=False)
    _finish(run, imported, ImportState.CHECKED, report)
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
        _finish(run, imported, ImportState.STOPPED, stopped.result or {})
        raise
    _finish(run, imported, ImportState.IMPORTED, report)
    return report


def _import_of(run: Run) -> ParticipantImport:
    return ParticipantImport.objects.select_related("rollout", "file", "by").get(
        uuid=run.job.params["import"]
    )


def _go_through(run: Run, imported: ParticipantImport, *, write: bool) -> dict[str, Any]:
    if not imported.file.content:
        raise JobRefused(services.no_file())
    dialect = services.dialect_of(imported)
    mapping, definitions = services.definitions_for(imported)
    problems: list[Problem] = []
    with imported.file.content.open("rb") as content, BadLines() as bad_lines:
        names = reader.header(content, dialect)
        languages = imported.rollout.languages or ["en"]
        lines = LineReader(names, mapping, languages, definitions)
        writer = Writer(imported, lines, by=run.job.asked_by, write=write)
        total = _lines(content)
        with closing(reader.rows(content, dialect)) as rows:
            while chunk := list(itertools.islice(rows, CHUNK)):
                bad = writer.take(chunk)
                bad_lines.add(names, bad)
                problems += [problem for _cells, found in bad for problem in found][: SHOWN - len(problems)]
                try:
                    run.report(writer.counts.rows, total, result=_report(writer, problems))
                except JobCancelled:
                    imported.bad_lines = bad_lines.store(imported, by=run.job.asked_by)
                    raise
        report = _report(writer, problems)
        run.report(writer.counts.rows, writer.counts.rows, result=report)
        imported.bad_lines = bad_lines.store(imported, by=run.job.asked_by)
    return report


def _report(writer: Writer, problems: Iterable[Problem]) -> dict[str, Any]:
    return as_json(writer.counts) | {
        "problems": [
            {"line": found.line, "column": found.column, "message": found.message} for found in problems
        ]
    }


def _finish(run: Run, imported: ParticipantImport, state: ImportState, report: dict[str, Any]) -> None:
    counts = {name: value for name, value in report.items() if name != "problems"}
    with transaction.atomic():
        imported.state, imported.report = state, report
        imported.save(update_fields=["state", "report", "bad_lines"])
        if state != ImportState.CHECKED:
            record(
                actor=run.job.asked_by or imported.by,
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
