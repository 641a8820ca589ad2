"""Small request middleware that every room needs."""

import re
import uuid
from collections.abc import Callable

import structlog
from django.core.exceptions import BadRequest
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.template import loader

log = structlog.get_logger("web")

GetResponse = Callable[[HttpRequest], HttpResponse]

_GIVEN_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


class RequestIdMiddleware:
    """Give each request an id: in every log line, in the answer, and for people to quote."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _GIVEN_ID.match(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        return response


class PlainAddressMiddleware:
    """Refuse an address with a NUL in it: no text of the database can hold one, so nothing can be found.

    The API compares what it is asked for before it looks anything up, and answers in problems of its own.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            if "\x00" in request.path_info:
                raise Http404
            if "%00" in request.META.get("QUERY_STRING", ""):
                raise BadRequest("The address asks for a NUL.")
        return self.get_response(request)


class PrivatePagesMiddleware:
    """Keep pages of signed-in people out of shared and browser caches."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Cache-Control" in response:
            return response
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response["Cache-Control"] = "no-store"
        return response


class DatabaseAwayMiddleware:
    """Answer 503 with a page of words when the database is away, or a row is held for too long."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn an operational error of the database into an answer; leave everything else alone.

        PostgreSQL's text holds no NUL: who sends one is told that it cannot be stored.
        """
        if isinstance(exception, DataError) and "NUL" in str(exception):
            return HttpResponse(loader.render_to_string("400.html"), status=400)
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        log.error("database.away", path=request.path, error=str(exception).splitlines()[0])
        page = loader.render_to_string("503.html", {"request_id": getattr(request, "request_id", "")})
        return HttpResponse(page, status=503, headers={"Retry-After": "5"})
