"""The API of this room: readings in, metrics and their latest values out. `/api/v1/rollouts/…`"""

import hashlib
import json
import re
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema

from monitoring import intake, services
from monitoring.exceptions import ReadingsConflict, ReadingsRefused
from monitoring.lights import newest_readings
from monitoring.models import Metric, Reading
from monitoring.permissions import METRICS_READ, READINGS_WRITE
from phases import idempotency
from phases.api import TokenAuth, open_rollout, token_of
from phases.exceptions import WrongState
from phases.models import ApiToken, Rollout
from rollout_portal.lib import clock, strict_json
from rollout_portal.lib.bodies import read_body
from rollout_portal.lib.digests import decimal_text
from rollout_portal.lib.problems import Problem, documented

LIMIT: Final = 8_000_000
_KEY: Final = re.compile(r"[!-~]{1,255}")

router = Router(tags=["monitoring"], auth=TokenAuth())


class MetricOut(Schema):
    """A metric of the rollout."""

    code: str = Field(description="What readings name it by.")
    name: str
    description: str
    group: str
    unit: str = Field(description="The unit of its values; empty for plain numbers.")
    direction: str = Field(description="Which way is better: up, down or none.")
    kind: str = Field(description="gauge, rate or count.")
    source: str
    max_age_seconds: int | None = Field(description="From this age on a reading is too old.")


class ReadingOut(Schema):
    """The newest reading of a metric."""

    metric: str
    unit: str
    uuid: UUID
    at: datetime = Field(description="When it was so, UTC.")
    value: str = Field(description="Exact, in plain digits.", examples=["0.31"])
    n: int | None = Field(description="On how many observations it rests.")
    source: str
    recorded_at: datetime = Field(description="When the portal learned it, UTC.")


class RecordedOut(Schema):
    """A batch was recorded."""

    recorded: int = Field(description="How many readings were added.")
    already_known: int = Field(description="How many were there, the same to the digit.")
    recorded_at: datetime


_KEY_HELP: Final = (
    "Makes it safe to send the batch again: the same key with the same body gets the answer of the first "
    "time, for at least 24 hours; with another body it is refused."
)
_READING_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["metric", "at", "value"],
    "additionalProperties": False,
    "properties": {
        "metric": {"type": "string", "description": "The code of the metric.", "examples": ["error-rate"]},
        "at": {
            "type": "string",
            "format": "date-time",
            "description": "When it was so, with an offset; from 2000 on, at most 5 minutes in the future.",
        },
        "value": {
            "description": (
                "Exact: at most 15 digits, 9 of them after the point. A string is read digit by digit."
            ),
            "type": ["number", "string"],
            "examples": [0.31, "0.31"],
        },
        "n": {
            "type": ["integer", "null"],
            "minimum": 0,
            "maximum": intake.MOST_OBSERVATIONS,
            "description": "On how many observations it rests, such as requests; weighs it in means.",
        },
        "unit": {
            "type": "string",
            "description": "The unit of the value, when it is not the metric's own; it is converted.",
        },
        "source": {
            "type": "string",
            "maxLength": intake.LONGEST_SOURCE,
            "description": "Where it was read, when that is not the metric's own source.",
        },
    },
}
_POST_DOCUMENTATION: Final[dict[str, Any]] = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": False,
            "description": _KEY_HELP,
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": idempotency.LONGEST_KEY,
                "pattern": "^[!-~]+$",
            },
        }
    ],
    "requestBody": {
        "required": True,
        "description": "1 to 10,000 readings, at most 8 MB. All are recorded, or none.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["readings"],
                    "additionalProperties": False,
                    "properties": {
                        "readings": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": services.MOST_AT_ONCE,
                            "items": _READING_SCHEMA,
                        }
                    },
                }
            }
        },
    },
    "responses": {
        201: {
            "headers": {
                "Idempotency-Replayed": {
                    "description": "“true” when this is the stored answer to an earlier request.",
                    "schema": {"type": "string", "enum": ["true"]},
                }
            }
        },
        **documented(
            {
                400: "The body is not JSON, or the Idempotency-Key is not visible ASCII.",
                409: "A moment has another value, the same request is under way, or the rollout is over.",
                411: "There is no Content-Length.",
                413: "The body has more than 8 MB.",
                415: "The body is not declared as JSON.",
                422: "Readings are wrong, named by item and field; or the key was used for another body.",
            }
        ),
    },
}


@router.post(
    "/rollouts/{slug}/readings",
    response={201: RecordedOut},
    operation_id="record_readings",
    summary="Send readings",
    openapi_extra=_POST_DOCUMENTATION,
)
def post_readings(request: HttpRequest, slug: str) -> HttpResponse:
    """Record a batch of readings: all of them, or none. Needs a token with the scope readings.write.

    A batch may be sent again: a reading that is known to the digit is not added twice.
    """
    rollout = open_rollout(request, slug, READINGS_WRITE)
    token = token_of(request)
    key = _idempotency_key(request)
    body = read_body(request, limit=LIMIT)
    if key is None:
        with transaction.atomic():
            answer = _record(rollout, token, body)
        return _answer(answer)
    digest = request_digest(request.path, body)
    try:
        claim = idempotency.begin(token=token, key=key, digest=digest)
    except idempotency.OtherRequest:
        raise Problem(
            422,
            "idempotency-key-reused",
            _("The key stands for another body"),
            _("This Idempotency-Key was used for another request. Use a new key for a new body."),
        ) from None
    except idempotency.InProgress:
        raise _in_progress() from None
    if isinstance(claim, idempotency.Answer):
        return _answer(claim.body, replayed=True)
    try:
        with transaction.atomic():
            answer = _record(rollout, token, body)
            idempotency.finish(claim, status=201, body=answer)
    except idempotency.InProgress:
        raise _in_progress() from None
    except Exception:
        idempotency.release(claim)
        raise
    return _answer(answer)


@router.get(
    "/rollouts/{slug}/metrics",
    response=list[MetricOut],
    operation_id="list_metrics",
    summary="List the metrics",
)
def get_metrics(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """Return the metrics of the rollout in the plan's order. Needs the scope metrics.read."""
    rollout = open_rollout(request, slug, METRICS_READ)
    return [
        {
            "code": metric.code,
            "name": metric.name,
            "description": metric.description,
            "group": metric.group,
            "unit": metric.unit,
            "direction": metric.direction,
            "kind": metric.kind,
            "source": metric.source,
            "max_age_seconds": int(metric.max_age.total_seconds()) if metric.max_age is not None else None,
        }
        for metric in Metric.objects.filter(rollout=rollout).order_by("position", "pk")
    ]


@router.get(
    "/rollouts/{slug}/readings/latest",
    response=list[ReadingOut],
    operation_id="latest_readings",
    summary="Read the latest values",
)
def get_latest_readings(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """Return the newest reading in force of every metric that has one. Needs the scope metrics.read."""
    rollout = open_rollout(request, slug, METRICS_READ)
    newest = newest_readings(rollout, clock.now())
    metrics = Metric.objects.filter(rollout=rollout).order_by("position", "pk")
    return [_reading_out(metric, newest[metric.pk]) for metric in metrics if metric.pk in newest]


def _reading_out(metric: Metric, reading: Reading) -> dict[str, Any]:
    return {
        "metric": metric.code,
        "unit": metric.unit,
        "uuid": reading.uuid,
        "at": reading.at,
        "value": decimal_text(reading.value or Decimal(0)),
        "n": reading.n,
        "source": reading.source or metric.source,
        "recorded_at": reading.recorded_at,
    }


def _record(rollout: Rollout, token: ApiToken, body: bytes) -> str:
    """Record the batch in `body` and return the answer as JSON text."""
    items, problems = intake.read(_batch(body))
    try:
        if problems:
            metrics = {metric.code: metric for metric in Metric.objects.filter(rollout=rollout)}
            raise ReadingsRefused(problems + intake.check(items, metrics, clock.now())[1])
        readings = [item for item in items if item is not None]
        done = services.record_readings(rollout=rollout, readings=readings, token=token)
    except (ReadingsRefused, ReadingsConflict) as refused:
        conflict = isinstance(refused, ReadingsConflict)
        raise Problem(
            409 if conflict else 422,
            "readings-conflict" if conflict else "readings-refused",
            _("Nothing was recorded"),
            refused.message,
            errors=[
                {"item": problem.item, "field": problem.field, "message": problem.message}
                for problem in refused.problems
            ],
        ) from None
    except WrongState as refused:
        raise Problem(409, "rollout-over", _("The rollout is over"), refused.message) from None
    return json.dumps(
        {
            "recorded": done.new,
            "already_known": done.known,
            "recorded_at": done.at.isoformat().replace("+00:00", "Z"),
        }
    )


def _batch(body: bytes) -> list[Any]:
    """Return the items of the batch in `body`."""
    try:
        data = strict_json.loads(body)
    except strict_json.NotJson as error:
        raise Problem(
            400,
            "not-json",
            _("The body is not JSON"),
            _("It stops being JSON: %(where)s.") % {"where": error},
        ) from None
    if not isinstance(data, strict_json.StrictObject):
        raise _wrong_batch("", _("must be an object like {“readings”: […]}"))
    for name in data.repeated:
        raise _wrong_batch(name, _("is given twice"))
    for name in data:
        if name != "readings":
            raise _wrong_batch(name[:60], _("is not a field of a batch"))
    readings = data.get("readings")
    if not isinstance(readings, list):
        raise _wrong_batch("readings", _("must be a list of readings"))
    if not 0 < len(readings) <= services.MOST_AT_ONCE:
        raise _wrong_batch(
            "readings",
            _("has %(count)s readings; 1 to %(most)s are read at once")
            % {"count": f"{len(readings):,}", "most": f"{services.MOST_AT_ONCE:,}"},
        )
    return readings


def _wrong_batch(field: str, message: str) -> Problem:
    return Problem(
        422,
        "batch-refused",
        _("Nothing was recorded"),
        (_("The field “%(field)s” %(problem)s.") if field else _("The body %(problem)s."))
        % {"field": field, "problem": message},
        errors=[{"field": field, "message": message}],
    )


def request_digest(path: str, body: bytes) -> str:
    """Return the fingerprint by which a repeated request is known: its address and its bytes."""
    return hashlib.sha256(path.encode() + b"\n" + body).hexdigest()


def _idempotency_key(request: HttpRequest) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Problem(
            400,
            "idempotency-key-wrong",
            _("The key cannot be used"),
            _("An Idempotency-Key has 1 to 255 visible ASCII characters; a UUID is a good one."),
        )
    return key


def _in_progress() -> Problem:
    return Problem(
        409,
        "request-in-progress",
        _("The same request is under way"),
        _("A request with this Idempotency-Key is being worked on. Ask again in a second."),
        headers={"Retry-After": "1"},
    )


def _answer(body: str, *, replayed: bool = False) -> HttpResponse:
    response = HttpResponse(body, status=201, content_type="application/json")
    if replayed:
        response["Idempotency-Replayed"] = "true"
    return response
