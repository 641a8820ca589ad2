"""The page of flags and experiments."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from flags.pages import read_flags
from phases.views.base import Here, rollout_page


@require_safe
@rollout_page("flag.view")
def flags(request: HttpRequest, here: Here) -> HttpResponse:
    """Which feature is planned for whom in which phase; which variants are tried."""
    return here.render("phases/planned.html", title=_("Flags"), planned=read_flags(here.rollout))
