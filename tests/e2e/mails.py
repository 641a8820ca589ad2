"""What stands in a mail."""

import re
from email.message import EmailMessage
from typing import Final

_LINK: Final = re.compile(r"https?://[^\s<>\"]+")


def text_of(mail: EmailMessage) -> str:
    """Return the plain text of a mail."""
    body = mail.get_body(preferencelist=("plain",))
    assert body is not None, f"a mail without plain text: {mail['Subject']}"
    return str(body.get_content())


def links_of(mail: EmailMessage) -> list[str]:
    """Return the links in the plain text of a mail, in their order."""
    return [link.rstrip(".,") for link in _LINK.findall(text_of(mail))]


def link_in(mail: EmailMessage, path: str) -> str:
    """Return the link in a mail that has `path` in it; its text must have exactly one that asks nothing more.

    The mail of a survey also has a link for each digit, `?nps=7`, that opens the same page with it filled in.
    """
    found = {link for link in links_of(mail) if path in link and "?" not in link}
    assert len(found) == 1, f"{len(found)} links to {path} in “{mail['Subject']}”:\n{text_of(mail)}"
    return found.pop()
