"""Pages for what went wrong: what happened, what was kept, what to do, a number to quote."""

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template import loader

from cohorts import visits

TESTERS: Final = "/t/"


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: says which role can and who has it, where the refusal knows."""
    return render(request, "403.html", {"refusal": str(exception or "")}, status=403)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404. A personal link that a mail program cut short is answered in its reader's language."""
    if request.path.startswith(TESTERS):
        return visits.gone(request)
    return render(request, "404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """500: with the number to quote. Asks neither the database nor the session, which may be what broke."""
    page = loader.render_to_string("500.html", {"request_id": getattr(request, "request_id", "")})
    return HttpResponseServerError(page)
