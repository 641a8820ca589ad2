"""Named people: choose them for a phase by name, and let in those who need no invitation."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from cohorts.forms import NameForm, ReasonForm
from cohorts.models import Selection
from cohorts.pages import naming
from cohorts.pages.naming import Named, NamedRead
from cohorts.services import drawings
from cohorts.services import selections as service
from cohorts.views.selections import find_phase, find_selection, selections_crumb
from phases.models import Phase
from phases.states import OVER
from phases.views.base import Crumb, Here, attempt, posted, rollout_page
from rollout_portal.lib import words


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("selection.draft")
def name(request: HttpRequest, here: Here, phase: str) -> HttpResponse:
    """Choose people for a phase by name: first look who they are, then name exactly these.

    Three buttons: `add` puts the people of a source on the list, `look` reads the list, `name` makes the
    draft if the list still means the people who were shown.
    """
    found = find_phase(here, phase)
    by_address = here.may("person.reveal")
    sources = naming.sources(here.rollout)
    do = request.POST.get("do", "")
    if do == "add":
        return _page(
            here, found, NameForm(None, sources=sources, by_address=by_address, initial=_added(here))
        )
    form = NameForm(posted(request), sources=sources, by_address=by_address, initial=_draft(found))
    if not form.is_valid():
        return _page(here, found, form)
    named = naming.read_lines(found, form.cleaned_data["lines"], by_address=by_address)
    if named.problems:
        form.add_error("lines", list(named.problems))
        return _page(here, found, form)
    made: list[Selection] = []

    def act() -> None:
        made.append(
            drawings.name_people(
                phase=found, participants=named.people, by=here.user, reason=form.cleaned_data["reason"]
            )
        )

    if do == "name" and form.cleaned_data["seen"] != named.digest:
        form.add_error(None, _("The list was changed since you looked. Look at it again, then name them."))
    elif do == "name" and attempt(form, act):
        said = ngettext("%s person is named.", "%s people are named.", len(named.people))
        return here.done(said % words.number(len(named.people)), here.url("cohorts:selection", made[0].uuid))
    return _page(here, found, form, named)


def _page(here: Here, phase: Phase, form: NameForm, named: Named | None = None) -> HttpResponse:
    read: NamedRead | None = naming.read_named(phase, named, here.user) if named else None
    over = _("“%s” is over; nobody gets a seat in it.") % phase if phase.state in OVER else ""
    return here.render(
        "cohorts/name.html",
        title=_("Name people for “%s”") % phase.name,
        crumbs=[selections_crumb(here)],
        form=form,
        off=over,
        read=read,
        digest=named.digest if named else "",
        button=ngettext("Name %s person", "Name %s people", len(named.people))
        % words.number(len(named.people))
        if named
        else "",
        back=here.url("cohorts:selections"),
    )


def _added(here: Here) -> dict[str, str]:
    """Return what was typed, with the people of the chosen source at the end of the list."""
    typed = here.request.POST
    lines = typed.get("lines", "").splitlines()
    there = {line.strip().casefold() for line in lines}
    people = naming.from_source(here.rollout, typed.get("source", ""))
    new = [person for person in people if person.label.casefold() not in there]
    text = "".join(f"{line}\n" for line in lines if line.strip()) + naming.lines_of(new)
    return {"lines": text, "reason": typed.get("reason", "")}


def _draft(phase: Phase) -> dict[str, str]:
    """Return what a draft of named people says, to go on from; nothing when there is none."""
    draft = naming.draft_of(phase)
    return {"lines": naming.lines_of(naming.people_of(draft)), "reason": draft.reason} if draft else {}


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("batch.approve")
def admit(request: HttpRequest, here: Here, uuid: UUID) -> HttpResponse:
    """Let people of an approved selection in without an invitation."""
    found = find_selection(here, uuid)
    form = ReasonForm(posted(request))
    back = here.url("cohorts:selection", found.uuid)
    waiting = service.waiting_in(found).count() if found.approved_at else 0
    let_in: list[int] = []

    def act() -> None:
        let_in.append(service.admit(selection=found, by=here.user, reason=form.cleaned_data["reason"]))

    if form.is_valid() and attempt(form, act):
        said = ngettext("%s person is in.", "%s people are in.", let_in[0]) % words.number(let_in[0])
        return here.done(said, back)
    off = service.why_shut(found.phase)
    if not off and not waiting:
        off = (
            _("Nobody waits to be let in by this selection.")
            if found.approved_at
            else _("It is not approved yet; nobody has a seat by it.")
        )
    many = {"n": words.number(waiting), "phase": found.phase.name}
    return here.render(
        "cohorts/act.html",
        title=_("Let people in without an invitation"),
        crumbs=[selections_crumb(here), Crumb(_("Selection for “%s”") % found.phase.name, back)],
        form=form,
        off=off,
        tone="stale" if off else "open",
        sentence=off
        or ngettext(
            "%(n)s person has a seat in “%(phase)s” and is not in yet.",
            "%(n)s people have a seat in “%(phase)s” and are not in yet.",
            waiting,
        )
        % many,
        steps=[]
        if off
        else [
            ngettext("%(n)s person becomes active.", "%(n)s people become active.", waiting) % many,
            _("They get no invitation, and nobody is written to by this."),
            _("Who was invited is not among them and answers for herself."),
        ],
        button=ngettext("Let %(n)s person in", "Let %(n)s people in", waiting) % many,
        back=back,
    )
