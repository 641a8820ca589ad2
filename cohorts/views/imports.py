"""The import of a list in four pages: file, columns, look, done. Each page is one address; POST acts."""

from typing import Any

from django.core.files.base import ContentFile, File
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from cohorts.forms import ColumnsForm, FileForm
from cohorts.importing import reader, services
from cohorts.importing.reader import FileUnreadable
from cohorts.importing.report import listed_problems
from cohorts.models import ParticipantImport
from cohorts.states import ImportState
from cohorts.views.people import people_crumb
from phases.exceptions import Refused
from phases.views.base import Here, attempt, rollout_page
from rollout_portal.jobs.states import JobState

_BUSY = (JobState.QUEUED, JobState.RUNNING)


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("participant.import")
def start(request: HttpRequest, here: Here) -> HttpResponse:
    """Page 1: choose a file, or paste the lines."""
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if form.is_valid():
        chosen: File | None = form.cleaned_data["file"]
        content = chosen or ContentFile(form.cleaned_data["lines"].encode())
        name = str(chosen.name) if chosen else _("pasted lines")
        try:
            imported = services.read_file(rollout=here.rollout, content=content, name=name, by=here.user)
        except (FileUnreadable, Refused) as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect(here.url("cohorts:import", imported.uuid))
    recent = here.rollout.imports.select_related("file", "by")[:5]
    return here.render(
        "cohorts/import_file.html",
        title=_("Import people"),
        crumbs=[people_crumb(here)],
        form=form,
        step=1,
        recent=[(one, _may_open(here, one)) for one in recent],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("participant.import")
def step(request: HttpRequest, here: Here, uuid: str) -> HttpResponse:
    """Pages 2 to 4: what the import needs next."""
    imported = _find(here, uuid)
    if request.method == "POST":
        return _act(request, here, imported)
    if imported.job is not None and imported.job.state in _BUSY:
        return _busy(here, imported)
    if imported.state == ImportState.READ or request.GET.get("step") == "columns":
        return _columns(here, imported, None)
    return _result(here, imported)


@require_safe
@rollout_page("participant.import")
def bad_lines(request: HttpRequest, here: Here, uuid: str) -> FileResponse:
    """The lines that are wrong, with what to do, as a file."""
    imported = _find(here, uuid)
    if imported.bad_lines is None or not imported.bad_lines.content:
        raise Http404
    return FileResponse(
        imported.bad_lines.content.open("rb"),
        as_attachment=True,
        filename=imported.bad_lines.name,
        content_type="text/csv; charset=utf-8",
    )


def _act(request: HttpRequest, here: Here, imported: ParticipantImport) -> HttpResponse:
    again = redirect(here.url("cohorts:import", imported.uuid))
    match request.POST.get("do"):
        case "check":
            return _columns(here, imported, request.POST)
        case "import":
            return _tried(here, imported, lambda: services.run(imported=imported, by=here.user)) or again
        case "cancel":
            return _tried(here, imported, lambda: services.cancel(imported=imported, by=here.user)) or again
    return again


def _tried(here: Here, imported: ParticipantImport, act: Any) -> HttpResponse | None:
    try:
        act()
    except Refused as refusal:
        imported.refresh_from_db()
        return _result(here, imported, error=refusal.message)
    return None


def _columns(here: Here, imported: ParticipantImport, data: Any) -> HttpResponse:
    """Page 2: what each column means, and what the people agreed to."""
    try:
        names, samples = services.beginning(imported)
    except (FileUnreadable, ValueError):
        # The file was thrown away after its time, or cannot be opened any more.
        return _result(here, imported, error=services.no_file())
    form = ColumnsForm(
        data,
        imported=imported,
        names=names,
        samples=samples,
        definitions=list(here.rollout.attributedefinitions.all()),
    )

    def act() -> None:
        services.set_columns(
            imported=imported,
            columns=form.columns(),
            source=form.cleaned_data["source"],
            consent_wording=form.cleaned_data["consent_wording"],
            consent_on=form.cleaned_data["consent_on"],
            by=here.user,
        )
        services.check(imported=imported, by=here.user)

    if data is not None and form.is_valid() and attempt(form, act):
        return redirect(here.url("cohorts:import", imported.uuid))
    return here.render(
        "cohorts/import_columns.html",
        title=_("Import people"),
        crumbs=[people_crumb(here)],
        form=form,
        step=2,
        imported=imported,
        names=names,
        samples=samples,
        encoding=reader.ENCODING_NAMES.get(imported.encoding, imported.encoding),
        delimiter=reader.DELIMITER_NAMES.get(imported.delimiter, imported.delimiter),
    )


def _busy(here: Here, imported: ParticipantImport) -> HttpResponse:
    """The job runs: how far it is, and a way to stop it. The page asks again by itself every 3 s."""
    response = here.render(
        "cohorts/import_busy.html",
        title=_("Import people"),
        crumbs=[people_crumb(here)],
        step=3 if imported.job and imported.job.kind == services.CHECK else 4,
        imported=imported,
        job=imported.job,
    )
    response["Refresh"] = "3"
    return response


def _result(here: Here, imported: ParticipantImport, error: str = "") -> HttpResponse:
    """Page 3, the look; or page 4, what was done."""
    report = imported.report
    job_error = imported.job.error if imported.job else ""
    is_done = imported.state in (ImportState.IMPORTED, ImportState.STOPPED)
    wanted = report.get("new", 0) + report.get("changed", 0)
    return here.render(
        "cohorts/import_result.html",
        title=_("Import people"),
        crumbs=[people_crumb(here)],
        step=4 if is_done else 3,
        imported=imported,
        report=report,
        problems=listed_problems(imported),
        error=error or job_error,
        sentence=_sentence(imported, report),
        is_done=is_done,
        wanted=wanted,
        button=ngettext("Import %(n)s person", "Import %(n)s people", wanted) % {"n": f"{wanted:,}"},
        more=max(0, report.get("errors", 0) - len(report.get("problems", []))),
        status=200 if not error else 409,
    )


def _sentence(imported: ParticipantImport, report: dict[str, Any]) -> str:
    """Say what the list would change, or changed: "980 new, 18 changed, 12 lines with errors"."""
    words = [
        ("new", _("%(n)s new")),
        ("changed", _("%(n)s changed")),
        ("unchanged", _("%(n)s unchanged")),
        ("kept_out", _("%(n)s kept out")),
        ("errors", ngettext("%(n)s line with errors", "%(n)s lines with errors", report.get("errors", 0))),
    ]
    parts = [text % {"n": f"{report[key]:,}"} for key, text in words if report.get(key)]
    counted = ", ".join(parts) or _("no line")
    if imported.state == ImportState.STOPPED:
        return _("Stopped. Until then: %s.") % counted
    if imported.state == ImportState.IMPORTED:
        return _("Imported: %s.") % counted
    if not report.get("new") and not report.get("changed"):
        return _("Nothing would change: %s.") % counted
    return _("This list has: %s.") % counted


def _find(here: Here, uuid: str) -> ParticipantImport:
    """Return the list: its pages show what stands in it, so it is for who brought it or may see names."""
    found = (
        ParticipantImport.objects.filter(rollout=here.rollout, uuid=uuid)
        .select_related("file", "bad_lines", "job", "by")
        .first()
    )
    if found is None:
        raise Http404
    if not _may_open(here, found):
        here.require("person.reveal")
    found.rollout = here.rollout
    return found


def _may_open(here: Here, imported: ParticipantImport) -> bool:
    return imported.by_id == here.user.pk or here.may("person.reveal")
