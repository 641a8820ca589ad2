"""Refusals of the API as RFC 9457 problems: a type to branch on, words to act on, the fields at fault."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import JsonResponse

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:rollout-portal:problem:"
# More than these nobody reads; the answer says how many there were.
MOST_ERRORS = 100


class Problem(Exception):
    """An answer that is a refusal.

    :param code: what kind of refusal, stable, for programs: "readings-refused".
    :param errors: the places at fault, each with a "message" and where it is ("item", "field", …).
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def body(self, instance: str = "") -> dict[str, Any]:
        """Return the members of the problem document; `instance` is the id of the request."""
        made: dict[str, Any] = {
            "type": TYPE_PREFIX + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if instance:
            made["instance"] = instance
        if self.errors:
            made["errors"] = self.errors[:MOST_ERRORS]
            made["errors_total"] = len(self.errors)
        return made

    def response(self, instance: str = "") -> JsonResponse:
        """Return the problem as an answer."""
        response = JsonResponse(self.body(instance), status=self.status, content_type=CONTENT_TYPE)
        for name, value in self.headers.items():
            response[name] = value
        return response


SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "A refusal, as RFC 9457 says it.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "What kind of refusal; stable, for programs."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was wrong, and what to do."},
        "instance": {"type": "string", "description": "The id of the request, to quote."},
        "errors": {
            "type": "array",
            "maxItems": MOST_ERRORS,
            "items": {
                "type": "object",
                "required": ["message"],
                "properties": {
                    "item": {"type": "integer", "description": "Which one of a batch, from 0."},
                    "field": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
        "errors_total": {"type": "integer", "description": "How many errors there were in all."},
    },
}


def documented(answers: Mapping[int, str]) -> dict[int, Any]:
    """Return OpenAPI's responses for refusals: status and when it comes."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": when, "content": {CONTENT_TYPE: {"schema": schema}}}
        for status, when in answers.items()
    }
