"""Mails about accounts, as messages of the installation: a new password, or that there is no account.

The login package decides who may ask and how often, and answers everybody alike. What it would mail at once
becomes a row here, without the link: that is minted while the mail leaves, for the account as it stands then.
"""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid4

import structlog
from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from rollout_portal.accounts.adapters import InvitedOnlyAdapter
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from rollout_portal.outbox import addresses, links, permission, services
from rollout_portal.outbox.exceptions import MessageRefused
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.rendering import Placeholder
from rollout_portal.outbox.states import MessageKind
from rollout_portal.outbox.templates import Wording, define

log = structlog.get_logger("outbox")

RESET: Final = "account_reset"
NO_ACCOUNT: Final = "account_unknown"
RESET_LINK: Final = "accounts.reset"
# Whoever asked has given up by then, and asks again.
WORTH_SENDING: Final = timedelta(hours=12)

define(
    RESET,
    Wording(
        kind=MessageKind.ACCOUNT,
        placeholders=(
            Placeholder(
                "password_link",
                "https://portal.example/accounts/password/…",
                link=True,
                meaning=_("The personal link to set a password."),
                required=True,
            ),
        ),
        texts={
            "en": (
                "Set your password",
                "Hello,\n\n"
                "somebody, most likely you, asked to set the password of this account.\n\n"
                "Set the password: {password_link}\n\n"
                "If it was not you, do nothing: the password stays as it is.",
            )
        },
        title=_("New password"),
        occasion=_("Goes to who asks for a new password at the login page."),
    ),
)

define(
    NO_ACCOUNT,
    Wording(
        kind=MessageKind.ACCOUNT,
        placeholders=(
            Placeholder("address", "farid@portal.example", meaning=_("The address as it was typed.")),
        ),
        texts={
            "en": (
                "No account for this address",
                "Hello,\n\n"
                "somebody asked to set the password of an account with the address {address}. "
                "There is none.\n\n"
                "People come by invitation: ask the administrator of your rollout. "
                "If it was not you, do nothing.",
            )
        },
        title=_("No account"),
        occasion=_(
            "Goes to an address without an account, so that nobody learns from the page which have one."
        ),
    ),
)


class OutboxAdapter(InvitedOnlyAdapter):
    """The login package's door to mail: everything goes by the outbox."""

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Ask for the mail; the link in `context` is dropped unread, and minted anew when it leaves."""
        _enqueue(RESET, email, {"password_link": links.to(RESET_LINK, user.uuid)}, user)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Ask for another mail of the login package.

        :raises RuntimeError: for one that no setting of ours switches on; it needs a text here first.
        """
        if template_prefix != "account/email/unknown_account":
            raise RuntimeError(f"The outbox has no text for {template_prefix!r}.")
        _enqueue(NO_ACCOUNT, email, {"address": email}, None)


@links.register(RESET_LINK)
def mint_password_link(row: UUID, message: Message) -> str:
    """Return an address at which the account's password can be set, once and for a while."""
    user = User.objects.get(uuid=row)
    key = f"{user_pk_to_url_str(user)}-{app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)}"
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    return f"{settings.BASE_URL}{path.replace('UID-KEY', quote(key))}"


@permission.register
def may_account_mail_leave(message: Message) -> permission.Refusal | None:
    """Refuse the way into an account that was switched off or got another address since it was asked for."""
    if message.kind != MessageKind.ACCOUNT or message.reference is None:
        return None
    user = User.objects.filter(uuid=message.reference, is_active=True).first()
    if user is None or user.email.casefold() != message.recipient.casefold():
        return permission.Refusal("account_changed")
    return None


def _enqueue(template: str, email: str, params: dict[str, Any], user: User | None) -> None:
    try:
        services.enqueue(
            key=f"account:{uuid4()}",
            template=template,
            kind=MessageKind.ACCOUNT,
            scope=None,
            to=email,
            to_name=user.name if user else "",
            language=user.language if user else "en",
            reference=user.uuid if user else None,
            expires_at=clock.now() + WORTH_SENDING,
            params=params,
        )
    except MessageRefused as refusal:
        # The page answers as for every other address, so that it tells nothing.
        log.info("account.address_refused", template=template, words=addresses.redact(refusal.message))
