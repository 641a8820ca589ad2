"""Signed links for people without a login: an HMAC over (purpose, row, nonce).

The token is long enough to be unguessable, tells nothing, and verifies without the database; the
table keeps only its SHA-256, so a stolen table opens nothing. Keys are LINK_SIGNING_KEYS: the first
signs, all verify, so that a key is rotated by putting a new one in front.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

_MAC_BYTES = 24
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Link:
    """What a verified token names."""

    purpose: str
    row: UUID
    nonce: bytes


def mint(purpose: str, row: UUID) -> str:
    """Return a fresh token for `purpose` on `row`, URL-safe, 70 characters."""
    body = row.bytes + secrets.token_bytes(_NONCE_BYTES)
    return _encode(body + _mac(settings.LINK_SIGNING_KEYS[0], purpose, body))


def verify(purpose: str, token: str) -> Link | None:
    """Return what `token` names, or None when it is cut, altered, of another purpose or key."""
    raw = _decode(token)
    if raw is None or len(raw) != 16 + _NONCE_BYTES + _MAC_BYTES:
        return None
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    for key in settings.LINK_SIGNING_KEYS:
        if hmac.compare_digest(_mac(key, purpose, body), mac):
            return Link(purpose=purpose, row=UUID(bytes=body[:16]), nonce=body[16:])
    return None


def token_digest(token: str) -> str:
    """Return the SHA-256 of a token: what a table may keep."""
    return hashlib.sha256(token.encode()).hexdigest()


def _mac(key: str, purpose: str, body: bytes) -> bytes:
    message = purpose.encode() + b"\x1f" + body
    return hmac.new(key.encode(), message, hashlib.sha256).digest()[:_MAC_BYTES]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(token: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (ValueError, UnicodeEncodeError):
        return None
