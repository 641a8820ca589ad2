"""Testers' pages without a login: from a personal link to a visit, in the tester's language.

A link is opened once (`enter`): its token goes into a cookie that only the pages of this one visit get, and
the browser goes on to an address without the token. Each page then finds the visit by the cookie
(`tester_page`). A room with links of its own registers how their rows are found:

    @visits.register("feedback.answer_survey")
    def find(row: UUID, digest: str) -> Visit | None: ...

Nothing here writes to the database: opening a link is a GET, and mail scanners open every link.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec
from uuid import UUID

from csp.constants import SELF
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from cohorts import languages
from cohorts.models import Invitation, Participant
from phases.models import Rollout
from rollout_portal.lib import links

P = ParamSpec("P")

COOKIE: Final = "visit"
LANGUAGE_COOKIE: Final = "visit_language"
# After a day the link in the mail is opened again.
COOKIE_AGE: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who came by a personal link.

    :ivar uuid: the row that the link is about; it stands in the addresses of the visit's pages.
    :ivar invitation: where the link is about one.
    """

    uuid: UUID
    purpose: str
    participant: Participant
    invitation: Invitation | None = None

    @property
    def rollout(self) -> Rollout:
        return self.participant.rollout

    @property
    def path(self) -> str:
        """The address below which all pages of the visit stand; the cookie goes there only."""
        return reverse("testers:visit", args=[self.uuid])

    @property
    def languages(self) -> list[str]:
        """The languages that the pages of this visit can be read in."""
        known = dict(settings.LANGUAGES)
        return [code for code in self.rollout.languages or ["en"] if code in known] or ["en"]


Finder = Callable[[UUID, str], Visit | None]

_finders: dict[str, Finder] = {}


def register(purpose: str) -> Callable[[Finder], Finder]:
    """Register how the visit behind a link of `purpose` is found, given its row and the token's digest."""

    def add(finder: Finder) -> Finder:
        if purpose in _finders:
            raise RuntimeError(f"Visits for {purpose!r} are registered twice")
        _finders[purpose] = finder
        return finder

    return add


def find(purpose: str, token: str) -> Visit | None:
    """Return the visit that a token opens; None when it is altered, over, withdrawn or of another purpose."""
    link = links.verify(purpose, token)
    return _finders[purpose](link.row, links.token_digest(token)) if link else None


def enter(request: HttpRequest, purpose: str, token: str, page: str) -> HttpResponse:
    """Answer the opening of a link: keep the token in a cookie, go on to `page` without it.

    :param page: name of the page; it takes the visit's uuid.
    """
    visit = find(purpose, token)
    if visit is None:
        return gone(request)
    response = HttpResponseRedirect(reverse(page, args=[visit.uuid]))
    _set_cookie(response, COOKIE, token, visit.path)
    _harden(response)
    response["Referrer-Policy"] = "no-referrer"
    return response


def current(request: HttpRequest, uuid: UUID) -> Visit | None:
    """Return the visit whose pages have `uuid` in their address, if this browser opened its link."""
    token = request.COOKIES.get(COOKIE, "")
    for purpose in _finders if token else ():
        visit = find(purpose, token)
        if visit is not None:
            return visit if visit.uuid == uuid else None
    return None


def switched(request: HttpRequest) -> bool:
    """Tell whether a form was posted only to read its page in another language: nothing is to be done."""
    return request.method == "POST" and "lang" in request.POST


def reading() -> str:
    """Return the language in which the page of this visit is being read."""
    return translation.get_language() or "en"


View = Callable[Concatenate[HttpRequest, Visit, P], HttpResponse]


def tester_page(view: View[P]) -> Callable[..., HttpResponse]:
    """Make a page of a visit: find it, speak its language, and allow nothing but our own style."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def page(request: HttpRequest, visit: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        found = current(request, visit)
        if found is None:
            return gone(request)
        language = _language(request, found)
        with translation.override(language):
            response = view(request, found, *args, **kwargs)
        asked = request.POST.get("lang") or request.GET.get("lang")
        if asked == language:
            _set_cookie(response, LANGUAGE_COOKIE, language, found.path)
        _harden(response)
        return response

    page.is_tester_page = True  # type: ignore[attr-defined]
    return page


def show(
    request: HttpRequest, visit: Visit, template: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """Answer with a page of a visit. A template extends "tester/base.html" and gets `title`."""
    code = reading()
    return render(
        request,
        template,
        {
            "visit": visit,
            "rollout": visit.rollout,
            "brand": visit.rollout.product or visit.rollout.name,
            "language": languages.html_code(code),
            "choices": [
                (one, languages.own_name(one), languages.html_code(one), one == code)
                for one in visit.languages
            ],
            **context,
        },
        status=status,
    )


def gone(request: HttpRequest) -> HttpResponse:
    """Answer to a link that opens nothing: what to do, and never whether anybody exists."""
    code = translation.get_language_from_request(request)
    with translation.override(code):
        response = render(
            request,
            "tester/gone.html",
            {"brand": "Rollout Portal", "language": languages.html_code(code), "choices": []},
            status=404,
        )
    patch_vary_headers(response, ["Accept-Language"])
    _harden(response)
    return response


def _language(request: HttpRequest, visit: Visit) -> str:
    wishes = (
        request.POST.get("lang"),
        request.GET.get("lang"),
        request.COOKIES.get(LANGUAGE_COOKIE),
        visit.participant.person.language,
    )
    return next((wish for wish in wishes if wish in visit.languages), visit.languages[0]) or "en"


def _set_cookie(response: HttpResponse, name: str, value: str, path: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=COOKIE_AGE,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _harden(response: HttpResponse) -> None:
    """Allow no inline style, no cache and no search engine.

    The referrer policy stays "same-origin": with a stricter one browsers post with the origin "null", and
    the check against forged posts refuses every button.
    """
    response._csp_replace = {"style-src": [SELF]}  # type: ignore[attr-defined]
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
