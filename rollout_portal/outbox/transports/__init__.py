"""Ways out: a mail server, files, or another of Django's mail backends."""

from django.conf import settings

from rollout_portal.outbox.models import Channel
from rollout_portal.outbox.transports.base import Outcome, Result, Transport, Unreachable
from rollout_portal.outbox.transports.local import DjangoTransport, FileTransport
from rollout_portal.outbox.transports.smtp import Server, SmtpTransport

__all__ = ["Outcome", "Result", "Transport", "Unreachable", "for_channel"]

_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_DEFAULT_ENTRY = "EMAIL_URL"


def for_channel(channel: Channel) -> Transport:
    """Return the way out that the channel's entry in the environment names.

    :raises Unreachable: when there is no such entry; only EMAIL_URL itself may be absent.
    """
    config = settings.MAIL_SERVERS.get(channel.entry)
    if config is None:
        if channel.entry != _DEFAULT_ENTRY:
            raise Unreachable(f"{channel.entry} is not set in the environment")
        return FileTransport()
    if config["EMAIL_BACKEND"] != _SMTP:
        return DjangoTransport(config["EMAIL_BACKEND"], config.get("EMAIL_FILE_PATH") or None)
    return SmtpTransport(
        Server(
            host=config["EMAIL_HOST"] or "localhost",
            port=config["EMAIL_PORT"] or 0,
            user=config.get("EMAIL_HOST_USER") or "",
            password=config.get("EMAIL_HOST_PASSWORD") or "",
            starttls=bool(config.get("EMAIL_USE_TLS")),
            tls=bool(config.get("EMAIL_USE_SSL")),
        )
    )
