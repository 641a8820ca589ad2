"""The page of announcements, meetings and training."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from comms.pages import read_announcements
from phases.views.base import Here, rollout_page


@require_safe
@rollout_page("announcement.view")
def announcements(request: HttpRequest, here: Here) -> HttpResponse:
    """Who hears what, when and by which way; who meets; who is trained."""
    planned = read_announcements(here.rollout, here.today)
    return here.render("phases/planned.html", title=_("Announcements"), planned=planned)
