"""From a message's row to the bytes that a mail server gets."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final

from django.conf import settings

from rollout_portal.lib import clock
from rollout_portal.outbox import addresses, links, templates
from rollout_portal.outbox.headers import headers_text, mailbox
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.rendering import Rendered, render
from rollout_portal.outbox.states import KINDS, MessageKind

_SEVEN_BIT: Final = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is handed to a server.

    :ivar data: the message with CRLF line ends, not yet dot-stuffed.
    :ivar utf8: whether the address needs a server that speaks SMTPUTF8 (RFC 6531).
    """

    sender: str
    recipient: str
    data: bytes
    utf8: bool


def compose(message: Message) -> Envelope:
    """Mint the links of a message, render it in its language and put it into an envelope.

    Runs inside the transaction that moves the message to "sending": minters store what they mint.

    :raises TemplateError: when the text cannot be filled in.
    """
    version = message.version
    text = templates.text_for(version, message.language)
    values = {
        name: links.mint(value, message) if links.is_link(value) else str(value)
        for name, value in message.params.items()
    }
    rendered = render(
        subject=text.subject,
        body=text.body,
        language=text.language,
        values=values,
        link_names=templates.link_names(version),
    )
    recipient = _spec(message.recipient)
    utf8 = not recipient.isascii()
    headers = {
        "Subject": headers_text(rendered.subject),
        "From": _from(),
        "To": mailbox(message.recipient_name, recipient),
        "Date": format_datetime(clock.now()),
        "Message-ID": message.message_id,
        "Auto-Submitted": "auto-generated",
        "Content-Language": text.language,
    }
    if KINDS[MessageKind(message.kind)].leave:
        headers["List-Unsubscribe"] = f"<{values[links.LEAVE]}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return Envelope(
        sender=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        recipient=recipient,
        data=head.encode("utf-8" if utf8 else "ascii") + _body(rendered),
        utf8=utf8,
    )


def _body(rendered: Rendered) -> bytes:
    """Return the two parts with their own headers, in seven bits: every server passes those on."""
    mail = EmailMessage(policy=_SEVEN_BIT)
    mail.set_content(rendered.text)
    mail.add_alternative(rendered.html, subtype="html")
    return mail.as_bytes()


def _from() -> str:
    name, spec = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return mailbox(name, spec)


def _spec(address: str) -> str:
    local, _at, domain = address.rpartition("@")
    return f"{local}@{addresses.ascii_domain(domain)}"
