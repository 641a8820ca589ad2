"""What messages say: the list of texts, one of them with its versions and previews, and a new version."""

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from phases.views.base import Crumb, Here, posted, rollout_page
from rollout_portal.console import texts as reading
from rollout_portal.console.forms import TextForm
from rollout_portal.console.sealed import is_sealed, shows_a_frame
from rollout_portal.outbox import wordings
from rollout_portal.outbox.exceptions import OutboxError, WrongState
from rollout_portal.outbox.templates import Wording
from rollout_portal.outbox.wordings import Standing


@require_safe
@rollout_page()
def texts(request: HttpRequest, here: Here) -> HttpResponse:
    """Every text that goes out under the rollout, and whether one of them blocks sending."""
    standings = wordings.all_of(here.rollout.uuid)
    return here.render(
        "outbox/texts.html",
        title=_("Message texts"),
        rows=[_line(one) for one in standings],
        why_not=here.why_not("text.write"),
        **reading.verdict(standings),
    )


@require_safe
@rollout_page()
@shows_a_frame
def text(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """One text as its receivers see it, what may stand in it, and its versions."""
    standing = _find(here, code)
    asked = request.GET.get("version", "")
    wording = _asked(here, standing, asked)
    in_use = wording == standing.wording
    return here.render(
        "outbox/text.html",
        title=standing.title,
        crumbs=[_list_crumb(here)],
        standing=standing,
        asked=asked,
        in_use=in_use,
        spoken=reading.spoken(wording, standing.languages, here.rollout),
        placeholders=reading.meanings(wording),
        versions=reading.versions_of(standing, here.rollout.uuid),
        may_write=here.may("text.write"),
        why_not=here.why_not("text.write"),
        **reading.verdict_of(standing),
    )


@require_safe
@rollout_page()
@xframe_options_sameorigin
@is_sealed
def seen(request: HttpRequest, here: Here, code: str, language: str) -> HttpResponse:
    """The HTML part of a text in one language with example values, for the frame that can do nothing."""
    standing = _find(here, code)
    wording = _asked(here, standing, request.GET.get("version", ""))
    shown = reading.spoken_in(wording, language, here.rollout)
    if not shown.is_complete:
        raise Http404
    return HttpResponse(shown.html)


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("text.write")
def write(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """Write the next version of a text. `do=look` shows it and keeps it; nothing is saved by that."""
    standing = _find(here, code)
    start = _asked(here, standing, request.GET.get("version", ""))
    form = TextForm(posted(request), standing=standing, start=start)
    looks = request.POST.get("do") == "look"
    carried = request.POST.get("seen", standing.seen)
    if form.is_valid() and not looks:
        try:
            version = wordings.rewrite(
                code=code,
                scope=here.rollout.uuid,
                texts=form.texts(),
                by=here.user,
                reason=form.cleaned_data["reason"],
                seen=carried,
            )
        except WrongState as refusal:
            form.add_error(None, refusal.message)
            standing = _find(here, code)
            carried = standing.seen
        except OutboxError as refusal:
            form.add_error(None, refusal.message)
        else:
            said = _("Version %s is written and used from now on.") % version.number
            return here.done(said, here.url("console:text", code))
    wording = replace(standing.wording, texts=form.texts()) if form.is_bound else start
    number = standing.version.number + 1 if standing.own and standing.version else 1
    return here.render(
        "outbox/write_text.html",
        title=_("Write “%s”") % standing.title,
        crumbs=[_list_crumb(here), Crumb(standing.title, here.url("console:text", code))],
        standing=standing,
        form=form,
        seen=carried,
        parts=_parts(here, standing, form, wording, looks),
        looks=looks,
        placeholders=reading.meanings(standing.wording),
        steps=_steps(here, standing, number),
        number=number,
        sentence=_("Version %(n)s of “%(title)s”.") % {"n": number, "title": standing.title},
        detail=str(standing.wording.occasion),
        status=422 if form.errors else 200,
    )


def _find(here: Here, code: str) -> Standing:
    standing = wordings.find(code, here.rollout.uuid)
    if standing is None:
        raise Http404
    return standing


def _asked(here: Here, standing: Standing, asked: str) -> Wording:
    wording = reading.wording_asked(standing, here.rollout.uuid, asked)
    if wording is None:
        raise Http404
    return wording


def _list_crumb(here: Here) -> Crumb:
    return Crumb(_("Message texts"), here.url("console:texts"))


def _line(standing: Standing) -> dict[str, Any]:
    return {
        "standing": standing,
        "languages": [
            {"name": reading.names_of([one]), "complete": one not in standing.missing}
            for one in standing.languages
        ],
        "lack": reading.lack(standing) if standing.missing else "",
    }


def _parts(
    here: Here, standing: Standing, form: TextForm, wording: Wording, looks: bool
) -> list[dict[str, Any]]:
    """Return each language with its fields, and how it would be seen if that was asked for."""
    return [
        {
            "subject": subject,
            "body": body,
            "spoken": (
                reading.spoken_in(wording, language, here.rollout)
                if looks and not (subject.errors or body.errors)
                else None
            ),
            "name": reading.names_of([language]),
            "missing": language in standing.missing,
            "faulty": bool(subject.errors or body.errors),
            "code": language,
        }
        for language, subject, body in form.parts()
    ]


def _steps(here: Here, standing: Standing, number: int) -> list[str]:
    """Return what saving does, in the order in which it happens."""
    steps = [_("Version %s is used for every message that is asked for from now on.") % number]
    queued = reading.queued_with(standing, here.rollout.uuid)
    if queued:
        steps.append(
            ngettext(
                "%s message that waits already keeps the text that it has.",
                "%s messages that wait already keep the text that they have.",
                queued,
            )
            % f"{queued:,}"
        )
    if not standing.own:
        steps.append(_("This rollout then has words of its own; other rollouts keep the portal’s."))
    steps.append(
        _("While a language is empty, nothing is sent by this text in any language.")
        if standing.may_wait
        else _("It goes to the team at once, so every language must be complete.")
    )
    steps.append(_("Nobody is written to by saving. Your name, the time and the reason are recorded."))
    return steps
