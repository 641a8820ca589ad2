"""What every API route of a rollout needs: who speaks, for which rollout, for which purpose."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from phases import tokens
from phases.models import ApiToken, Rollout
from rollout_portal.lib.problems import Problem


class TokenAuth(HttpBearer):
    """`Authorization: Bearer rop_…`; anything else is 401."""

    def __call__(self, request: HttpRequest) -> Any:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise unauthorized(_("Send your token in the header “Authorization: Bearer rop_…”."), "")
        return self.authenticate(request, secret.strip())

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        found = tokens.verify(token)
        if found is None:
            raise unauthorized(
                _("The token is unknown, revoked or expired. Make a new one on the token page."),
                ', error="invalid_token"',
            )
        return found


def unauthorized(detail: str, error: str) -> Problem:
    """Return the refusal of a request without a live token."""
    return Problem(
        401,
        "token-needed",
        _("A live token is needed"),
        detail,
        headers={"WWW-Authenticate": f'Bearer realm="rollout-portal"{error}'},
    )


def token_of(request: HttpRequest) -> ApiToken:
    """Return the token that the request came with."""
    token = getattr(request, "auth", None)
    if not isinstance(token, ApiToken):
        raise TypeError("The route has no TokenAuth")
    return token


def open_rollout(request: HttpRequest, slug: str, scope: str) -> Rollout:
    """Return the rollout called `slug`, for which the request's token was made with `scope`.

    Another rollout is as unknown as one that does not exist.
    """
    token = token_of(request)
    if token.rollout.slug != slug:
        raise Problem(
            404,
            "unknown-rollout",
            _("No such rollout"),
            _("This token opens no rollout called “%(slug)s”. Check the address and the token.")
            % {"slug": slug[:60]},
        )
    if scope not in token.scopes:
        raise Problem(
            403,
            "scope-missing",
            _("The token may not do this"),
            _("The token “%(token)s” was not made for “%(scope)s”. Make one that is.")
            % {"token": token.name, "scope": scope},
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
        )
    return token.rollout
