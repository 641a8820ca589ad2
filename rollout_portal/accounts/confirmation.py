"""When and how the person behind a session last showed who they are."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest

from rollout_portal.accounts.models import User
from rollout_portal.lib import clock

# What proves a person. Being remembered by a browser does not.
_PROOFS = frozenset({"password", "mfa"})


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The last proof of identity in this session.

    :ivar method: what was given: "password", "totp", "recovery_codes".
    :ivar at: when, in business time, UTC.
    """

    method: str
    at: datetime

    @property
    def recent(self) -> bool:
        """Whether it is fresh enough to sign with."""
        return clock.now() - self.at <= timedelta(seconds=settings.REAUTHENTICATION_MAX_AGE)


def last_confirmed(request: HttpRequest) -> Confirmed | None:
    """Return the newest proof of identity of this session; None when it has none.

    The records carry the machine's time; the business clock may run beside it in a demo, so the age
    counts.
    """
    user = request.user if isinstance(request.user, User) else None
    records = [one for one in get_authentication_records(request, user) if one["method"] in _PROOFS]
    if not records:
        return None
    newest = max(records, key=lambda record: record["at"])
    age = timedelta(seconds=max(0.0, time.time() - newest["at"]))
    return Confirmed(method=str(newest.get("type") or newest["method"]), at=clock.now() - age)
