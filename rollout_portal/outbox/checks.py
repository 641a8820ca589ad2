"""System checks: settings under which every message would fail."""

from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from rollout_portal.outbox import addresses
from rollout_portal.outbox.exceptions import MessageRefused


@register(Tags.security)
def sender_is_an_address(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a sender that no mail server takes. `portal@localhost`, the default on one machine, passes."""
    spec = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    try:
        if not spec.endswith("@localhost"):
            addresses.check(spec)
        spec.encode("ascii")
    except (MessageRefused, UnicodeError):
        return [
            Error(
                f"DEFAULT_FROM_EMAIL is “{settings.DEFAULT_FROM_EMAIL}”, which is not a mail address.",
                hint="Set it to a name and an address, such as MediMate <beta@medimate.example>.",
                id="outbox.E001",
            )
        ]
    return []
