"""API tokens: make one, revoke one, recognise one. The secret itself is never stored."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from phases import permissions
from phases.exceptions import Refused, WrongState
from phases.models import ApiToken, Rollout
from phases.permissions import RoleName
from phases.states import RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.audit import services as audit
from rollout_portal.lib import clock

PREFIX: Final = "rop_"
SHOWN_LETTERS: Final = 12
LONGEST_NAME: Final = 80
LONGEST_LIFE: Final = timedelta(days=366)
USE_GRAIN: Final = timedelta(hours=1)

permissions.register(
    "token.manage",
    gettext_lazy("Making and revoking API tokens"),
    [RoleName.ADMINISTRATOR, RoleName.RELEASE_ENGINEER],
)

_scopes: dict[str, "str | Promise"] = {}


def register_scope(name: str, label: "str | Promise") -> None:
    """Let tokens be made for a purpose: `object.verb`, and what it permits, in words."""
    if name in _scopes:
        raise RuntimeError(f"The scope {name!r} is registered twice")
    _scopes[name] = label


def scopes() -> dict[str, "str | Promise"]:
    """Return every purpose that a token can have, by name, with its words."""
    return dict(_scopes)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made, and its secret, which is nowhere else."""

    token: ApiToken
    secret: str


def create_token(
    *, rollout: Rollout, name: str, scopes: list[str], life: timedelta, by: User, reason: str = ""
) -> NewToken:
    """Make a token for `rollout`, good for `life`; the caller shows the secret once.

    :raises Refused: when a right, the name, a purpose or the life does not fit.
    """
    name = name.strip()
    wanted = sorted(set(scopes))
    now = clock.now()
    with transaction.atomic():
        locked = Rollout.objects.select_for_update().get(pk=rollout.pk)
        permissions.require(by, "token.manage", locked)
        if locked.state not in (RolloutState.DRAFT, RolloutState.ACTIVE):
            raise WrongState(_("The rollout is over; nothing can write to it any more."))
        if not name:
            raise Refused(_("Give the token a name that says which program uses it."))
        if len(name) > LONGEST_NAME:
            raise Refused(_("The name of a token has at most %s characters.") % LONGEST_NAME)
        if not wanted:
            raise Refused(_("Say what the token may do."))
        unknown = [scope for scope in wanted if scope not in _scopes]
        if unknown:
            raise Refused(_("There is no purpose called “%(scope)s”.") % {"scope": unknown[0]})
        if not timedelta(0) < life <= LONGEST_LIFE:
            raise Refused(_("A token lives at most 366 days."))
        secret = PREFIX + secrets.token_urlsafe(32)
        token = ApiToken.objects.create(
            rollout=locked,
            name=name,
            prefix=secret[:SHOWN_LETTERS],
            digest=_digest(secret),
            scopes=wanted,
            created_by=by,
            created_at=now,
            expires_at=now + life,
        )
        audit.record(
            actor=by,
            verb="token.created",
            obj=token,
            scope=locked.uuid,
            reason=reason,
            after={
                "name": name,
                "starts_with": token.prefix,
                "scopes": wanted,
                "expires_at": token.expires_at,
            },
            at=now,
        )
    return NewToken(token, secret)


def revoke_token(*, token: ApiToken, by: User, reason: str) -> ApiToken:
    """End a token at once. Revoking one that is revoked already changes nothing.

    :raises Refused: without a right or a reason.
    """
    now = clock.now()
    with transaction.atomic():
        locked = ApiToken.objects.select_for_update(of=("self",)).select_related("rollout").get(pk=token.pk)
        permissions.require(by, "token.manage", locked.rollout)
        if not reason.strip():
            raise Refused(_("Say why the token is revoked."))
        if locked.revoked_at is not None:
            return locked
        locked.revoked_at, locked.revoked_by = now, by
        locked.save(update_fields=["revoked_at", "revoked_by"])
        audit.record(
            actor=by,
            verb="token.revoked",
            obj=locked,
            scope=locked.rollout.uuid,
            reason=reason.strip(),
            after={"starts_with": locked.prefix},
            at=now,
        )
    return locked


def verify(secret: str) -> ApiToken | None:
    """Return the live token that `secret` is, with its rollout; None for any other text.

    The lookup goes by the SHA-256 of 256 random bits, so its timing tells nothing about a secret. Notes
    the use, at most once an hour.
    """
    if not secret.startswith(PREFIX) or not secret.isascii():
        return None
    now = clock.now()
    token = ApiToken.objects.select_related("rollout").live(now).filter(digest=_digest(secret)).first()
    if token is not None:
        ApiToken.objects.filter(
            Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USE_GRAIN), pk=token.pk
        ).update(last_used_at=now)
    return token


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
