"""Single keys in the inbox, and their switch: speech input and a slip of the hand press them too."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from phases.views.base import Here, rollout_page

COOKIE: Final = "feedback_keys_off"
_PATH: Final = "/console/"
_KEPT: Final = 400 * 24 * 3600


def are_on(here: Here) -> bool:
    """Whether single keys work for the reader. The cookie names who switched them off in this browser."""
    return here.request.COOKIES.get(COOKIE) != str(here.user.uuid)


@require_POST
@rollout_page("feedback.view")
def switch(request: HttpRequest, here: Here) -> HttpResponse:
    """Switch single keys off or on for the reader, in this browser; go back to the inbox or the item."""
    number = request.POST.get("item", "")
    is_item = number.isascii() and number.isdigit() and len(number) < 10
    back = here.url("feedback:item", int(number)) if is_item else here.url("feedback:feedback")
    if request.POST.get("keys") == "off":
        response = here.done(_("Single keys are off."), back)
        response.set_cookie(
            COOKIE,
            str(here.user.uuid),
            max_age=_KEPT,
            path=_PATH,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    else:
        response = here.done(_("Single keys are on."), back)
        response.delete_cookie(COOKIE, path=_PATH, samesite="Lax")
    return response
