"""What login may do: sign in, second factor, re-authenticate. Never self-registration."""

from datetime import datetime
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from rollout_portal.accounts.models import User

_LAST_TIME: Final = "signed_in_last_time"


class InvitedOnlyAdapter(DefaultAccountAdapter):
    """Accounts are made by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: User, **rest: Any) -> HttpResponse | None:
        """Keep when the person signed in last time, before this time takes its place."""
        if user.last_login is not None:
            request.session[_LAST_TIME] = user.last_login.isoformat()
        answer: HttpResponse | None = super().pre_login(request, user, **rest)
        return answer


def signed_in_last_time(request: HttpRequest) -> datetime | None:
    """Return when the reader signed in before this session, UTC; None the first time."""
    kept = request.session.get(_LAST_TIME)
    return datetime.fromisoformat(kept) if kept else None
