"""Links for the invitations of a chaos test, minted in whichever process sends them."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.apps import AppConfig

from rollout_portal.lib import links as signed_links
from rollout_portal.outbox import links

if TYPE_CHECKING:
    from rollout_portal.outbox.models import Message

PURPOSE = "chaos.open"


def mint(row: UUID, message: "Message") -> str:
    return f"https://portal.example/t/{signed_links.mint(PURPOSE, row)}/"


class Minting(AppConfig):
    name = "tests.chaos"
    label = "chaos"

    def ready(self) -> None:
        links.register(PURPOSE)(mint)
