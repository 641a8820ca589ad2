"""Mail addresses: one spelling for comparing, and a digest that names nobody."""

import hashlib
import re
from contextlib import suppress
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from rollout_portal.outbox.exceptions import MessageRefused

_ADDRESS_IN_TEXT = re.compile(r"[^\s<>()\[\],;:|\"]{1,64}@[^\s<>()\[\],;:|\"]{1,255}")


def check(address: str) -> str:
    """Return `address` without surrounding space.

    :raises MessageRefused: when it is not one mail address; the message does not repeat it.
    """
    address = address.strip()
    local, _at, domain = address.rpartition("@")
    try:
        # The letters of the local part are the receiving server's business (RFC 6531); its form is ours.
        validate_email(f"{_ascii_shape(local)}@{domain}")
        ascii_domain(domain)
    except (ValidationError, UnicodeError):
        raise MessageRefused(_("The mail address is not valid.")) from None
    if len(address) > 254:
        raise MessageRefused(_("The mail address is longer than 254 characters."))
    return address


def _ascii_shape(local: str) -> str:
    return "".join("x" if ord(letter) > 127 and letter.isprintable() else letter for letter in local)


def ascii_domain(domain: str) -> str:
    """Return the domain as the mail protocol carries it: `münchen.example` is `xn--mnchen-3ya.example`."""
    return domain.encode("idna").decode("ascii").lower()


def normalise(address: str) -> str:
    """Return the one spelling by which addresses are compared: lower case, ASCII domain."""
    local, _at, domain = address.strip().rpartition("@")
    return f"{local.lower()}@{ascii_domain(domain)}"


def digest(address: str) -> str:
    """Return the SHA-256 of the normalised address: what a list of blocked addresses may keep."""
    return hashlib.sha256(b"outbox.address\x1f" + normalise(address).encode()).hexdigest()


def own_domain() -> str:
    """Return the domain that the portal sends from, in ASCII."""
    return ascii_domain(parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost")


def mentioned(text: str) -> list[str]:
    """Return everything in a text that looks like a mail address and can be compared."""
    found = []
    for address in _ADDRESS_IN_TEXT.findall(text):
        with suppress(MessageRefused):
            found.append(check(address.rstrip(".")))
    return found


def redact(words: str) -> str:
    """Return a server's words without any mail address in them, at most 500 characters."""
    return _ADDRESS_IN_TEXT.sub("<…>", words)[:500]
