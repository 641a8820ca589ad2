"""The root of the public API, /api/v1: joins the rooms' routers, and turns every refusal into a problem.

Described by OpenAPI 3.1 at /api/v1/openapi.json, for people at /api/v1/docs. The documentation is a page of
ours: no script, nothing from another host.
"""

import functools
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.conf import settings
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.docs import DocsBase
from ninja.openapi.schema import OpenAPISchema

from monitoring.api import router as monitoring_router
from phases import tokens
from rollout_portal.lib.problems import SCHEMA, Problem, documented

log = structlog.get_logger("api")

_EVERYWHERE = documented(
    {
        401: "There is no token, or it is unknown, revoked or expired.",
        403: "The token was not made for this.",
        404: "The token opens no rollout of that name.",
        405: "The address does not know this method.",
        503: "The portal is busy; try again.",
    }
)


_EXAMPLE = """{
  "readings": [
    {"metric": "error-rate", "at": "2026-11-25T14:18:00+08:00", "value": 0.31, "n": 18204},
    {"metric": "api-response-time", "at": "2026-11-25T14:18:00+08:00", "value": "0.612", "unit": "s"}
  ]
}"""


class DocsPage(DocsBase):
    """The documentation as a plain page."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        schema = api.get_openapi_schema(path_params=kwargs)
        routes = [
            {"method": method.upper(), "path": address, **details}
            for address, methods in schema["paths"].items()
            for method, details in methods.items()
        ]
        context = {
            "title": api.title,
            "description": api.description,
            "version": api.version,
            "routes": routes,
            "scopes": tokens.scopes(),
            "openapi_url": self.get_openapi_url(api, kwargs),
            "base_url": settings.BASE_URL,
            "fields": _fields(routes),
            "example": _EXAMPLE,
        }
        return render(request, "console/api_docs.html", context)


def _fields(routes: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the fields of a reading with their words, as the description of the route says them."""
    for route in routes:
        body = route.get("requestBody")
        if body:
            batch = body["content"]["application/json"]["schema"]["properties"]["readings"]
            return [
                {"name": name, "words": field.get("description", "")}
                for name, field in batch["items"]["properties"].items()
            ]
    return []


class PortalAPI(NinjaAPI):
    """django-ninja, with the refusals that every route shares written into its description."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"]["schemas"]["Problem"] = SCHEMA
        for methods in schema["paths"].values():
            for details in methods.values():
                details["responses"] = dict(sorted({**_EVERYWHERE, **details["responses"]}.items()))
        return schema


api = PortalAPI(
    title="Rollout Portal",
    version="1",
    description=(
        "Send readings to a rollout and read its metrics. A token belongs to one rollout; make it on the "
        "rollout's page “API tokens” and send it as “Authorization: Bearer rop_…”."
    ),
    docs=DocsPage(),
    urls_namespace="api-1",
    servers=[{"url": settings.BASE_URL}],
)
api.add_router("", monitoring_router)


def _instance(request: HttpRequest) -> str:
    return str(getattr(request, "request_id", ""))


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return problem.response(_instance(request))


@api.exception_handler(ValidationError)
def _wrong_parameters(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        {"field": ".".join(str(part) for part in each["loc"]), "message": each["msg"]}
        for each in error.errors
    ]
    detail = _("A parameter is missing or is not what it should be.")
    return _problem(request, Problem(422, "parameters-refused", _("Wrong parameters"), detail, errors=errors))


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _problem(request, Problem(error.status_code, "refused", _("Refused"), str(error)))


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Exception | None = None) -> HttpResponse:
    detail = _("There is nothing at this address. The addresses are listed at /api/v1/docs.")
    return _problem(request, Problem(404, "unknown-address", _("Nothing here"), detail))


@api.exception_handler(OperationalError)
def _busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    log.warning("api.database_busy", error=type(error).__name__)
    detail = _("The database did not answer in time. Nothing was changed; send it again.")
    return _problem(request, Problem(503, "busy", _("Busy"), detail, headers={"Retry-After": "2"}))


@api.exception_handler(Exception)
def _fault(request: HttpRequest, error: Exception) -> HttpResponse:
    log.exception("api.fault", path=request.path)
    detail = _("This is our fault, and it is in our log. Quote the instance when you ask about it.")
    return _problem(request, Problem(500, "fault", _("Something failed"), detail))


_DESCRIPTIONS = frozenset({"openapi-json", "openapi-view"})


def _method_not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    detail = _("This address knows %(methods)s only.") % {"methods": allowed}
    problem = Problem(405, "method-not-known", _("Wrong method"), detail, headers={"Allow": allowed})
    return _problem(request, problem)


def _refusing_in_problems(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Turn what the framework refuses before our handlers see it into problems as well."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return _not_found(request)
        if response.status_code == 405 and response["Content-Type"].startswith("text/"):
            return _method_not_allowed(request, response["Allow"])
        return response

    return answer


def _wrapped(pattern: URLPattern) -> URLPattern:
    # The framework answers any method where it describes itself.
    view = require_safe(pattern.callback) if pattern.name in _DESCRIPTIONS else pattern.callback
    pattern.callback = _refusing_in_problems(view)
    return pattern


_patterns, _app_name, _namespace = api.urls

urlpatterns = [
    path(
        "",
        (
            [_wrapped(pattern) for pattern in _patterns if isinstance(pattern, URLPattern)],
            _app_name,
            _namespace,
        ),
    ),
    re_path(r"", csrf_exempt(_not_found)),
]
