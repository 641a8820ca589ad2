"""Who mints the links in messages. Rooms above register a minter by name; the sender asks while rendering.

    @links.register("cohorts.answer_invitation")
    def mint(row: UUID, message: Message) -> str:
        token = lib.links.mint("cohorts.answer_invitation", row)
        InvitationLink.objects.create(invitation=..., digest=token_digest(token))
        return f"{settings.BASE_URL}/i/{token}/"

A message carries only `links.to("cohorts.answer_invitation", invitation.uuid)` among its parameters. The
minter runs inside the transaction that moves the message to "sending": what it stores lives or dies with
that move, and a message that may not go out leaves no live link behind.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rollout_portal.outbox.exceptions import MessageRefused

if TYPE_CHECKING:
    from rollout_portal.outbox.models import Message

Minter = Callable[[UUID, "Message"], str]

LEAVE = "leave_link"
"""The parameter of kinds with one-click leave; its link also goes into the List-Unsubscribe header."""

_minters: dict[str, Minter] = {}


def register(purpose: str) -> Callable[[Minter], Minter]:
    """Register the function below as the minter of links for `purpose` (`room.verb_noun`)."""

    def add(minter: Minter) -> Minter:
        if purpose in _minters:
            raise RuntimeError(f"Links for {purpose!r} are registered twice")
        _minters[purpose] = minter
        return minter

    return add


def to(purpose: str, row: UUID) -> dict[str, dict[str, str]]:
    """Return the parameter that stands for a link which is minted when the message leaves."""
    return {"link": {"purpose": purpose, "row": str(row)}}


def is_link(value: object) -> bool:
    """Tell whether a parameter stands for a link."""
    return isinstance(value, dict)


def check(value: Any) -> None:
    """Refuse a parameter that is neither text nor a link that somebody can mint.

    :raises MessageRefused: naming what is wrong with it; for the room that called.
    """
    link = value.get("link") if set(value) == {"link"} else None
    if not isinstance(link, dict) or set(link) != {"purpose", "row"}:
        raise MessageRefused("A link parameter is made by outbox.links.to(purpose, row).")
    if link["purpose"] not in _minters:
        raise MessageRefused(f"Nobody registered links for {link['purpose']!r}.")
    UUID(link["row"])


def mint(value: dict[str, dict[str, str]], message: "Message") -> str:
    """Return the absolute address behind a link parameter, freshly minted."""
    link = value["link"]
    return _minters[link["purpose"]](UUID(link["row"]), message)
