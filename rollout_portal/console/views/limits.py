"""Sending limits: what a rollout may send, how much of it is used, and changing it with a reason."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from phases.views.base import Here, posted, rollout_page
from rollout_portal.console.forms import LimitsForm
from rollout_portal.lib import words
from rollout_portal.outbox import limits as service
from rollout_portal.outbox.exceptions import CapTooLow, OutboxError
from rollout_portal.outbox.limits import Limit, Limits
from rollout_portal.outbox.states import CapPeriod


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page()
def limits(request: HttpRequest, here: Here) -> HttpResponse:
    """What may leave, what has left, what waits for it; a POST changes the limits."""
    if request.method == "POST":
        here.require("limit.set")
    zone = here.rollout.time_zone
    now = service.read(here.rollout.uuid, zone)
    form = LimitsForm(posted(request), initial=_values(now))
    if form.is_valid() and _changed(form, here):
        return here.done(_("The limits are changed, from now on."), here.url("console:limits"))
    return here.render(
        "outbox/limits.html",
        title=_("Sending limits"),
        form=form,
        rows=[_line(one, here) for one in (now.day, now.minute, *now.shared)],
        facts=_facts(now),
        steps=_steps(here),
        why_not=here.why_not("limit.set"),
        tone=_tone(now),
        sentence=_sentence(now),
        detail=_held(now, here),
        status=422 if form.errors else 200,
    )


def _changed(form: LimitsForm, here: Here) -> bool:
    """Change the limits; False with the refusal at its field."""
    given = form.cleaned_data
    try:
        service.change(
            scope=here.rollout.uuid,
            zone=here.rollout.time_zone,
            per_day=given["per_day"],
            per_minute=given["per_minute"],
            hours=form.hours(),
            by=here.user,
            reason=given["reason"],
        )
    except CapTooLow as refusal:
        form.add_error("per_day" if refusal.period == CapPeriod.DAY else "per_minute", refusal.message)
    except OutboxError as refusal:
        form.add_error(None, refusal.message)
    return form.is_valid()


def _values(now: Limits) -> dict[str, Any]:
    begins, ends = now.hours or (None, None)
    return {
        "per_day": now.day.cap,
        "per_minute": now.minute.cap,
        "quiet_from": begins,
        "quiet_until": ends,
    }


def _tone(now: Limits) -> str:
    return "stale" if any(one.is_full for one in (now.day, *now.shared)) else "met"


def _sentence(now: Limits) -> str:
    """Say it as a sponsor reads it: "73 left of 200 today; quiet 21:00–08:00 in each person's zone"."""
    if now.day.cap is None:
        sent = ngettext("%s sent today, no limit per day", "%s sent today, no limit per day", now.day.used)
        said = sent % f"{now.day.used:,}"
    else:
        said = _("%(left)s left of %(cap)s today") % {
            "left": f"{now.day.left:,}",
            "cap": f"{now.day.cap:,}",
        }
    return f"{said}; {_quiet(now)}."


def _quiet(now: Limits) -> str:
    if now.hours is None:
        return _("no quiet hours")
    begins, ends = now.hours
    return _("quiet %(begins)s–%(ends)s in each person’s zone") % {
        "begins": f"{begins:%H:%M}",
        "ends": f"{ends:%H:%M}",
    }


def _held(now: Limits, here: Here) -> str:
    """Say what waits because of a limit, and until when."""
    said = []
    if now.held_by_cap:
        text = ngettext("%(n)s waits for a limit", "%(n)s wait for a limit", now.held_by_cap)
        full = [one for one in (now.day, now.minute, *now.shared) if one.is_full]
        until = max((one.ends for one in full), default=None)
        text = text % {"n": f"{now.held_by_cap:,}"}
        said.append(f"{text}, {_('until')} {_when(until, here)}." if until else f"{text}.")
    if now.held_by_quiet:
        text = ngettext(
            "%s waits for the end of quiet hours.", "%s wait for the end of quiet hours.", now.held_by_quiet
        )
        said.append(text % f"{now.held_by_quiet:,}")
    return " ".join(said) or _("Nothing waits for a limit.")


def _when(at: datetime, here: Here) -> str:
    return words.moment(at, here.rollout.time_zone, now=here.now).text


def _line(limit: Limit, here: Here) -> dict[str, Any]:
    names = {
        (CapPeriod.DAY, False): _("This rollout, per day"),
        (CapPeriod.MINUTE, False): _("This rollout, per minute"),
        (CapPeriod.DAY, True): _("All rollouts together, per day"),
        (CapPeriod.MINUTE, True): _("All rollouts together, per minute"),
    }
    return {"name": names[limit.period, limit.everybody], "limit": limit}


def _facts(now: Limits) -> list[dict[str, Any]]:
    return [
        {"name": _("Quiet hours"), "value": _quiet(now)},
        {"name": _("Wait for a limit"), "value": f"{now.held_by_cap:,}"},
        {"name": _("Wait for the morning"), "value": f"{now.held_by_quiet:,}"},
    ]


def _steps(here: Here) -> list[str]:
    zone = words.zone_label(here.rollout.time_zone, here.now)
    return [
        _("What waits for a limit is looked at again at once; what is over the new one waits on."),
        _("A day begins at midnight in %s. Mail to testers and to the team counts.") % zone,
        _(
            "In quiet hours nothing goes to testers: it leaves when they end where the person lives, "
            "or in %s if that is not known. Mail to the team leaves at any hour."
        )
        % zone,
        _("Your name, the time and the reason are recorded."),
    ]
