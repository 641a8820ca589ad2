"""Strings, names and addresses that others collected, as names, parameters and recipients of mails."""

import json
import os
import re
import xml.etree.ElementTree as ET
from email import message_from_bytes, message_from_string, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from rollout_portal.outbox import addresses, envelopes, services
from rollout_portal.outbox.exceptions import MessageRefused
from rollout_portal.outbox.headers import headers_text, mailbox
from rollout_portal.outbox.rendering import clean_value, render
from tests.outbox.factories import NOTICE, make_template

CORPUS = Path(os.environ.get("EXTERNAL_CORPUS", "/nowhere"))

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="EXTERNAL_CORPUS names no folder")


def strings() -> list[str]:
    found: list[str] = json.loads((CORPUS / "strings" / "blns.json").read_text())
    return found


def names() -> list[str]:
    found = json.loads((CORPUS / "names" / "faker_names_by_locale.json").read_text())
    return [
        f"{first} {last}"
        for locale in found.values()
        for first, last in zip(locale["first_names"], locale["last_names"], strict=False)
    ]


def read(subject: str, to: str) -> EmailMessage:
    mail = message_from_string(f"Subject: {headers_text(subject)}\r\nTo: {to}\r\n\r\n", policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_no_string_breaks_out_of_a_header() -> None:
    for text in [*strings(), *names()]:
        to = mailbox(text, "aina@example.org")
        assert to.isascii(), text
        assert headers_text(text).isascii(), text
        mail = read(text, to)
        assert mail.keys() == ["Subject", "To"], text
        assert [address.addr_spec for address in mail["To"].addresses] == ["aina@example.org"], text


def test_every_name_reads_back_as_written() -> None:
    assert len(names()) > 1000
    for name in names():
        [address] = read("x", mailbox(name, "aina@example.org"))["To"].addresses
        assert address.display_name.replace(" ", "") == name.replace(" ", ""), name


def test_every_string_is_words_in_a_text() -> None:
    for text in strings():
        shown = render(
            subject="For {name}",
            body="Dear {name}, hello.",
            language="en",
            values={"name": text},
            link_names=[],
        )
        assert shown.text == f"Dear {clean_value(text)}, hello.\n"
        assert len(shown.subject.splitlines()) == 1
        assert "<script" not in shown.html.lower()
        assert "<img" not in shown.html.lower()


@pytest.mark.django_db
def test_every_string_may_be_a_name_and_a_parameter() -> None:
    make_template("notice", NOTICE)
    drafts = [
        services.Draft(
            key=f"notice:{number}",
            template="notice",
            to="aina@example.org",
            to_name=text,
            params={"text": text[:500]},
            scope=None,
        )
        for number, text in enumerate(strings())
    ]
    for message in services.enqueue_many(drafts):
        mail = message_from_bytes(envelopes.compose(message).data, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        assert [address.addr_spec for address in mail["To"].addresses] == [message.recipient]


def test_an_address_is_taken_or_refused_and_what_is_taken_reads_back() -> None:
    cases = ET.parse(CORPUS / "email-address" / "isemail-tests.xml").getroot()  # noqa: S314
    taken = refused = 0
    for case in cases.iter("test"):
        # The corpus writes control characters by their pictures.
        given = "".join(
            chr(ord(letter) - 0x2400) if 0x2400 <= ord(letter) <= 0x2420 else letter
            for letter in case.findtext("address") or ""
        )
        try:
            address = addresses.check(given)
        except MessageRefused:
            refused += 1
            continue
        taken += 1
        [found] = read("x", mailbox("Aina", address))["To"].addresses
        local, _at, domain = address.rpartition("@")
        bare = re.sub(r"\\(.)", r"\1", local[1:-1]) if local.startswith('"') else local
        assert (found.username, found.domain) == (bare, domain)
        assert len(addresses.digest(address)) == 64
    assert taken >= 20
    assert refused >= 60
