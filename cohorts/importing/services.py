"""The acts of an import, page by page: read the file, say what its columns mean, look, write, stop."""

import datetime as dt
from collections.abc import Mapping
from contextlib import closing
from typing import Final

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from cohorts.importing import columns as meanings
from cohorts.importing import reader
from cohorts.importing.reader import Dialect, FileUnreadable
from cohorts.models import AttributeDefinition, ParticipantImport
from cohorts.states import AttributeType, ImportState
from phases import permissions
from phases.exceptions import Refused, WrongState
from phases.models import Rollout
from phases.states import RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import record
from rollout_portal.jobs import files
from rollout_portal.jobs import services as jobs
from rollout_portal.jobs.models import Job
from rollout_portal.jobs.states import JobState
from rollout_portal.lib import clock

CHECK: Final = "cohorts.check_import"
IMPORT: Final = "cohorts.import_people"
ACT: Final = "participant.import"

MAX_BYTES: Final = 100_000_000
KEPT_FOR: Final = dt.timedelta(days=30)
# A look at a file of this size takes less than a second, so the page waits for it.
SHORT_ENOUGH: Final = 300_000
SAMPLE: Final = 3


def read_file(*, rollout: Rollout, content: File, name: str, by: User) -> ParticipantImport:
    """Keep a file, find out how to read it and guess what its columns mean. Nobody is added by this.

    :raises FileUnreadable: when it cannot be read as a list; nothing is kept then.
    """
    permissions.require(by, ACT, rollout)
    _require_open(rollout)
    if (content.size or 0) > MAX_BYTES:
        raise FileUnreadable(
            _("The file is larger than %(n)s MB. Cut it into parts.") % {"n": MAX_BYTES // 1_000_000}
        )
    dialect = reader.detect(content)
    names, samples = _beginning(content, dialect)
    guessed = meanings.guess(names, samples, rollout.attributedefinitions.all())
    with transaction.atomic():
        stored = files.store(
            content=content,
            name=name,
            content_type="text/csv",
            scope=rollout.uuid,
            by=by,
            expires_at=clock.now() + KEPT_FOR,
        )
        imported = ParticipantImport.objects.create(
            rollout=rollout,
            file=stored,
            encoding=dialect.encoding,
            delimiter=dialect.delimiter,
            columns=guessed,
            by=by,
        )
        record(
            actor=by,
            verb="import.file_read",
            obj=imported,
            scope=rollout.uuid,
            after={"file": stored.digest, "size": stored.size},
        )
    return imported


def beginning(imported: ParticipantImport) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns and the first rows, for the page."""
    with imported.file.content.open("rb") as content:
        return _beginning(content, dialect_of(imported))


def dialect_of(imported: ParticipantImport) -> Dialect:
    """Return how the file is read."""
    return Dialect(imported.encoding, imported.delimiter)


@transaction.atomic
def set_columns(
    *,
    imported: ParticipantImport,
    columns: Mapping[str, str],
    source: str,
    consent_wording: str,
    consent_on: dt.date,
    by: User,
) -> ParticipantImport:
    """Say what the columns mean and how the people agreed to be written to; then a look can be taken."""
    locked = _lock(imported, by)
    if locked.state not in (ImportState.READ, ImportState.CHECKED, ImportState.STOPPED):
        raise WrongState(_("This list was imported already. Read the file again to import it once more."))
    known = dict(meanings.choices(locked.rollout.attributedefinitions.all()))
    columns = {name: columns.get(name, meanings.IGNORE) for name in beginning(locked)[0]}
    wrong = [name for name, target in columns.items() if target not in known]
    found = meanings.problems(columns)
    if wrong:
        found.append(_("Choose what “%(column)s” means.") % {"column": wrong[0]})
    if not consent_wording.strip():
        found.append(_("Say what the people agreed to."))
    if consent_on > clock.now().astimezone(locked.rollout.zone).date():
        found.append(_("The day on which they agreed lies in the future."))
    if found:
        raise Refused(" ".join(found))
    locked.columns = columns
    locked.source = source.strip()
    locked.consent_wording, locked.consent_on = consent_wording.strip(), consent_on
    locked.state = ImportState.READ
    locked.save()
    return locked


def check(*, imported: ParticipantImport, by: User) -> ParticipantImport:
    """Take a look: what the list would change, and which lines are wrong. Writes nobody."""
    with transaction.atomic():
        locked = _lock(imported, by)
        if locked.consent_on is None:
            raise WrongState(_("Say first what the columns mean."))
        if locked.state == ImportState.IMPORTED:
            raise WrongState(_("This list was imported already. Read the file again to import it once more."))
        _start_job(locked, CHECK, by)
    return _at_once_if_short(locked)


def run(*, imported: ParticipantImport, by: User) -> ParticipantImport:
    """Import the lines that are right."""
    with transaction.atomic():
        locked = _lock(imported, by)
        _require_open(locked.rollout)
        if locked.state != ImportState.CHECKED:
            raise WrongState(_("Look at what the list would change first."))
        _start_job(locked, IMPORT, by)
    return _at_once_if_short(locked)


@transaction.atomic
def cancel(*, imported: ParticipantImport, by: User) -> None:
    """Stop the look or the import that runs. Who was imported until then stays."""
    locked = _lock(imported, by)
    if locked.job is not None:
        jobs.cancel_job(job=locked.job, by=by)
        record(actor=by, verb="import.stop_asked", obj=locked, scope=locked.rollout.uuid)


def definitions_for(imported: ParticipantImport) -> tuple[dict[str, str], list[AttributeDefinition]]:
    """Return the mapping with codes for new attributes, and all definitions; new ones are not saved."""
    known = list(imported.rollout.attributedefinitions.all())
    mapping = dict(imported.columns)
    for name, target in mapping.items():
        if target == meanings.NEW:
            code = meanings.code_for(name, [definition.code for definition in known])
            known.append(
                AttributeDefinition(
                    rollout=imported.rollout,
                    code=code,
                    label=name[:100],
                    type=AttributeType.TEXT,
                    position=len(known) + 1,
                )
            )
            mapping[name] = meanings.ATTRIBUTE + code
    return mapping, known


def _beginning(content: File, dialect: Dialect) -> tuple[list[str], list[list[str]]]:
    names = reader.header(content, dialect)
    samples: list[list[str]] = []
    with closing(reader.rows(content, dialect)) as rows:
        for row in rows:
            if len(samples) == SAMPLE:
                break
            if not row.problems:
                samples.append([cell[:80] for cell in row.cells])
    content.seek(0)
    return names, samples


def no_file() -> str:
    """Say that the list itself is gone: its time is over, or somebody in the rollout was erased."""
    return _("The file is not kept any more. Choose it again.")


def _lock(imported: ParticipantImport, by: User) -> ParticipantImport:
    locked = (
        ParticipantImport.objects.select_for_update(of=("self",))
        .select_related("rollout", "file", "job")
        .get(pk=imported.pk)
    )
    permissions.require(by, ACT, locked.rollout)
    return locked


def _start_job(locked: ParticipantImport, kind: str, by: User) -> Job:
    if locked.job is not None and locked.job.state in (JobState.QUEUED, JobState.RUNNING):
        raise WrongState(_("The portal is still busy with this list."))
    if not locked.file.content:
        raise WrongState(no_file())
    locked.job = jobs.enqueue_job(
        kind=kind,
        scope=locked.rollout.uuid,
        by=by,
        params={"import": str(locked.uuid)},
        file=locked.file,
    )
    locked.save(update_fields=["job"])
    return locked.job


def _at_once_if_short(imported: ParticipantImport) -> ParticipantImport:
    if imported.job is not None and imported.file.size <= SHORT_ENOUGH:
        jobs.run_now(imported.job)
    imported.refresh_from_db()
    return imported


def _require_open(rollout: Rollout) -> None:
    if rollout.state not in (RolloutState.DRAFT, RolloutState.ACTIVE):
        raise WrongState(
            _("“%(rollout)s” is %(state)s; nobody can be added.")
            % {"rollout": rollout, "state": rollout.get_state_display().lower()}
        )
