"""Participants: the list, one of them, her name, her wish, her erasure; and the list as a file."""

import io
from collections.abc import Iterator

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cohorts import attributes
from cohorts.forms import FilterForm, ReasonForm, WishForm
from cohorts.models import Participant
from cohorts.pages.people import filtered, list_people, read_person
from cohorts.services import people
from cohorts.states import GONE, How
from phases.views.base import Crumb, Here, attempt, rollout_page
from rollout_portal.audit.services import record
from rollout_portal.lib.spreadsheets import SafeWriter


@require_safe
@rollout_page("participant.view")
def participants(request: HttpRequest, here: Here) -> HttpResponse:
    """Who is in the register, and where do they stand?"""
    form = FilterForm(
        request.GET, rollout=here.rollout, phases=list(here.rollout.phases.order_by("position"))
    )
    wanted = form.cleaned_data if form.is_valid() else {}
    after = request.GET.get("after", "0")
    may_reveal = here.may("person.reveal")
    start = int(after) if after.isdecimal() and len(after) < 10 else 0
    shown = list_people(here.rollout, wanted, start, by_address=may_reveal)
    query = request.GET.copy()
    query.pop("after", None)
    return here.render(
        "cohorts/participants.html",
        title=_("Participants"),
        form=form,
        shown=shown,
        query=query.urlencode(),
        is_filtered=any(wanted.values()),
        can_import=here.may("participant.import"),
        may_reveal=may_reveal,
    )


@require_safe
@rollout_page("participant.view")
def participant(request: HttpRequest, here: Here, number: int) -> HttpResponse:
    """One person: what is known, where she has a seat, what she agreed to, what was sent."""
    found = find(here, number)
    may_reveal = here.may("person.reveal")
    return here.render(
        "cohorts/participant.html",
        title=found.label,
        crumbs=[people_crumb(here)],
        participant=found,
        read=read_person(found, sees_sensitive=may_reveal),
        is_gone=found.state in GONE,
        may_reveal=may_reveal,
        may_edit=here.may("participant.edit"),
        may_erase=here.may("person.erase"),
    )


@require_POST
@rollout_page("person.reveal")
def reveal(request: HttpRequest, here: Here, number: int) -> HttpResponse:
    """Show the name and the address behind a number, once; that somebody looked is on the record."""
    found = find(here, number)
    person = people.reveal(participant=found, by=here.user)
    return here.render(
        "cohorts/participant_name.html",
        title=found.label,
        crumbs=[people_crumb(here)],
        participant=found,
        person=person,
        back=here.url("cohorts:participant", number),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("participant.edit")
def wish(request: HttpRequest, here: Here, number: int) -> HttpResponse:
    """Write down what a person told us: no more messages, or out of the test."""
    found = find(here, number)
    form = WishForm(request.POST if request.method == "POST" else None)
    back = here.url("cohorts:participant", number)

    def act() -> None:
        if form.cleaned_data["wish"] == "leave":
            people.leave(participant=found, how=How.STAFF, reason=form.cleaned_data["reason"], by=here.user)
        else:
            people.opt_out(participant=found, how=How.STAFF, by=here.user)

    if form.is_valid() and attempt(form, act):
        return here.done(_("%s gets no more messages.") % found, back)
    return here.render(
        "cohorts/act.html",
        title=_("A wish of %s") % found,
        crumbs=[people_crumb(here), Crumb(found.label, back)],
        form=form,
        sentence=_("What a person told you takes effect at once, also for messages that are about to leave."),
        button=_("Write it down"),
        back=back,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("person.erase")
def erase(request: HttpRequest, here: Here, number: int) -> HttpResponse:
    """Erase a person: what goes and what stays stands before the button."""
    found = find(here, number)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    back = here.url("cohorts:participant", number)
    if form.is_valid() and attempt(
        form, lambda: people.erase(participant=found, reason=form.cleaned_data["reason"], by=here.user)
    ):
        return here.done(_("%s is erased.") % found, back)
    return here.render(
        "cohorts/act.html",
        title=_("Erase %s") % found,
        crumbs=[people_crumb(here), Crumb(found.label, back)],
        form=form,
        sentence=_("Erase the person behind %s, in every rollout.") % found,
        steps=[
            _("Name, address, language, ids and attributes go; nobody can bring them back."),
            _("Messages that have not left are cancelled, and every personal link stops working."),
            _("Her seats are free. Number, strata, consents and answers stay without a name."),
            _("A digest stays, so that no old list adds her again."),
            _("The files of imported lists are thrown away 30 days after they were read."),
        ],
        button=_("Erase %s") % found,
        stops=True,
        back=back,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("participant.view")
def export(request: HttpRequest, here: Here) -> StreamingHttpResponse:
    """The participants that the filter shows, as CSV: by number.

    A POST adds the names, for those who may see them; it is on the record who took them.
    """
    form = FilterForm(request.GET, rollout=here.rollout, phases=list(here.rollout.phases.all()))
    wanted = form.cleaned_data if form.is_valid() else {}
    names = request.method == "POST"
    if names:
        here.require("person.reveal")
        record(
            actor=here.user,
            verb="participants.exported",
            obj=here.rollout,
            scope=here.rollout.uuid,
            after={"names": True},
        )
    response = StreamingHttpResponse(_csv(here, wanted, names=names), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="participants-{here.rollout.slug}.csv"'
    return response


def _csv(here: Here, wanted: dict[str, object], *, names: bool) -> Iterator[str]:
    definitions = [
        row
        for row in here.rollout.attributedefinitions.all()
        if not row.sensitive or here.may("person.reveal")
    ]
    buffer = io.StringIO(newline="")
    writer = SafeWriter(buffer)
    private = [_("Name"), _("E-mail address")] if names else []
    fixed = [_("Number"), _("Language"), _("State"), _("Id in the product"), _("Came from")]
    writer.row([*fixed, *private, *(row.label for row in definitions)])
    rows = filtered(here.rollout, wanted, by_address=here.may("person.reveal"))
    rows = rows.select_related("person").order_by("number")
    for count, row in enumerate(rows.iterator(chunk_size=2_000), 1):
        person = row.person
        own = [person.name, person.email] if names else []
        known = [attributes.shown(one, row.attributes.get(one.code)) for one in definitions]
        writer.row(
            [row.label, person.language, row.get_state_display(), row.external_id, row.source, *own, *known]
        )
        if count % 500 == 0:
            yield _drain(buffer)
    yield _drain(buffer)


def _drain(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def find(here: Here, number: int) -> Participant:
    """Return the participant with this number, or 404."""
    found = (
        Participant.objects.filter(rollout=here.rollout, number=number)
        .select_related("person", "came_by")
        .first()
    )
    if found is None:
        raise Http404
    found.rollout = here.rollout
    return found


def people_crumb(here: Here) -> Crumb:
    """The step from the rollout to its participants."""
    return Crumb(_("Participants"), here.url("cohorts:participants"))
