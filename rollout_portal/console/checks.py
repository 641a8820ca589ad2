"""System checks: settings that would let the portal start and then fail people."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.db import connections

# Each thread of the web server, each process of a worker and each kind of work in the sweeper holds one
# connection at most; what remains is for the operator, migrations and backups.
_SPARE = 10


@register(Tags.security)
def clock_follows_the_machine(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a business clock that can be moved, outside of development."""
    if settings.CLOCK_FILE and not settings.DEBUG:
        return [
            Error(
                "CLOCK_FILE is set while DEBUG is off: whoever writes that file decides what time it is, "
                "and so which gates are due and which signatures are fresh.",
                hint="Remove CLOCK_FILE, or set DEBUG=on for a demo or a test.",
                id="console.E001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def mail_leaves_the_machine(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn when messages would only be written to files."""
    if settings.EMAIL_URL:
        return []
    return [
        Caution(
            "EMAIL_URL is not set: every message becomes a file in var/outbox/ and reaches nobody.",
            hint="Set EMAIL_URL, such as smtp+tls://user:password@mail.example.org:587.",
            id="console.W001",
        )
    ]


@register(Tags.security, deploy=True)
def links_lead_here(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn when mailed links would name an address that nobody else can open."""
    if settings.BASE_URL.startswith("https://"):
        return []
    return [
        Caution(
            f"BASE_URL is {settings.BASE_URL}: links in mails would lead there, without encryption.",
            hint="Set BASE_URL to the public address, such as https://portal.example.org.",
            id="console.W002",
        )
    ]


@register(Tags.database)
def database_has_room(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn when the processes of one installation may ask for more connections than PostgreSQL grants."""
    connection = connections["default"]
    if "default" not in (databases or ()) or connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        granted = int(cursor.fetchone()[0])
    web = settings.WEB_WORKERS * settings.WEB_THREADS
    wanted = web + settings.WORKER_PROCESSES + _SPARE
    if wanted <= granted:
        return []
    return [
        Caution(
            f"PostgreSQL grants {granted} connections; {web} web threads, {settings.WORKER_PROCESSES} worker "
            f"processes and {_SPARE} to spare may ask for {wanted}.",
            hint="Lower WEB_WORKERS, WEB_THREADS or WORKER_PROCESSES, or raise max_connections.",
            id="console.W003",
        )
    ]
