"""The pages of what stops a rollout: triggers, runbooks, on-call."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from monitoring.safety import read_on_call, read_runbooks, read_triggers
from phases.views.base import Here, rollout_page


@require_safe
@rollout_page("trigger.view")
def triggers(request: HttpRequest, here: Here) -> HttpResponse:
    """What is planned to stop the rollout, at which limits."""
    return here.render("phases/planned.html", title=_("Triggers"), planned=read_triggers(here.rollout))


@require_safe
@rollout_page("trigger.view")
def runbooks(request: HttpRequest, here: Here) -> HttpResponse:
    """What is done step by step, by whom and in how many minutes."""
    return here.render("phases/planned.html", title=_("Runbooks"), planned=read_runbooks(here.rollout))


@require_safe
@rollout_page("contact.view")
def on_call(request: HttpRequest, here: Here) -> HttpResponse:
    """Who is on call when, and who is asked next."""
    planned = read_on_call(here.rollout, here.today)
    return here.render("phases/planned.html", title=_("On call"), planned=planned)
