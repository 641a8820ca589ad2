"""Pages for what went wrong: what happened, what was kept, what to do, a number to quote."""

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template import loader


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: says which role can and who has it, where the refusal knows."""
    return render(request, "403.html", {"refusal": str(exception or "")}, status=403)


def broken(request: HttpRequest) -> HttpResponse:
    """500: with the number to quote. Asks neither the database nor the session, which may be what broke."""
    page = loader.render_to_string("500.html", {"request_id": getattr(request, "request_id", "")})
    return HttpResponseServerError(page)
