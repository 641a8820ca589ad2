"""Signs for probes: /healthz says that this process answers, /readyz that it can do its work."""

import functools
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rollout_portal.jobs import services as jobs

OK, AWAY, MISSING, DEGRADED = "ok", "away", "missing", "degraded"


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer: the process is up. Asks nothing, neither database nor broker."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when requests can be served, 503 when the database is away or lacks a migration.

    What only slows background work down (broker, worker, sweeper) is told and changes nothing else.
    Two queries, whatever is in the database.
    """
    parts = {"database": OK, "migrations": OK}
    try:
        applied = set(MigrationRecorder(connection).applied_migrations())
        if not _migrations_of_the_code() <= applied:
            parts["migrations"] = MISSING
        else:
            parts |= _background()
    except DatabaseError:
        parts = {"database": AWAY}
    if AWAY in parts.values() or MISSING in parts.values():
        return _answer("unavailable", parts, 503)
    return _answer(DEGRADED if DEGRADED in parts.values() else OK, parts, 200)


def _answer(status: str, parts: dict[str, str], code: int) -> JsonResponse:
    return JsonResponse({"status": status, "parts": parts}, status=code)


def _background() -> dict[str, str]:
    """Return how broker, worker and sweeper are; the sweeper is the one that asks the broker."""
    alive: dict[str, dict[str, Any]] = jobs.alive(["worker", "sweeper"])
    up = {
        "broker": bool(settings.CELERY_BROKER_URL) and bool(alive.get("sweeper", {}).get("broker")),
        "worker": "worker" in alive,
        "sweeper": "sweeper" in alive,
    }
    return {name: OK if good else DEGRADED for name, good in up.items()}


@functools.cache
def _migrations_of_the_code() -> frozenset[tuple[str, str]]:
    """Return the newest migrations that this process's code brings; they do not change while it runs."""
    loader = MigrationLoader(None)
    return frozenset(loader.graph.leaf_nodes())
