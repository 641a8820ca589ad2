"""The bytes of a mail, read back by the standard parser."""

from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.core import mail
from pytest_django import Settings

from rollout_portal.outbox import envelopes, sending
from rollout_portal.outbox.backends import EmlFileBackend
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.states import Happening, MessageState, Reason
from tests.outbox.factories import INVITATION, make_invitation, make_notice

pytestmark = pytest.mark.django_db

TAMIL_NAME = "பிரியா சுப்பிரமணியம் கிருஷ்ணமூர்த்தி வேங்கடேஸ்வரன் ராமலிங்கம்"
CHINESE_NAME = "陈伟杰（测试组）王小明李晓红赵丽华刘建国陈伟杰测试组王小明李晓红"


def parsed(message: Message) -> EmailMessage:
    envelope = envelopes.compose(message)
    assert envelope.data.isascii()
    assert max(len(line) for line in envelope.data.split(b"\r\n")) <= 998
    assert b"\n" not in envelope.data.replace(b"\r\n", b"")
    mail = message_from_bytes(envelope.data, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail.defects == []
    return mail


def part(read: EmailMessage, kind: str) -> str:
    body = read.get_body((kind,))
    assert body is not None
    content: str = body.get_content()
    return content


@pytest.mark.parametrize("language", list(INVITATION.texts))
def test_every_language_reads_back_as_written(language: str) -> None:
    mail = parsed(make_invitation(language=language, to_name=TAMIL_NAME))
    subject, body = INVITATION.texts[language]

    assert mail["Subject"] == subject
    assert mail["Content-Language"] == language
    first_line = body.split("\n")[0].replace("{name}", "Aina")
    assert part(mail, "plain").startswith(first_line)
    assert first_line in part(mail, "html")


@pytest.mark.parametrize(
    "name",
    [
        TAMIL_NAME,
        CHINESE_NAME,
        "Aina binti Ali",
        'O\'Neil, "Bob" <x> \\',
        "a@b.example",
        "—",
        "",
        "👩‍👩‍👧‍👧 Family",
        "Wan Ahmad Faizal bin Wan Abdul Rahman al-Haj Datuk Seri Panglima of the Long Name Association",
        '"Quoted" and, with commas and (comments) that go on for more than one line of a header',
    ],
)
def test_the_name_of_the_recipient_reads_back_as_written(name: str) -> None:
    message = make_invitation("aina@example.org", to_name=name)
    [address] = parsed(message)["To"].addresses

    assert address.addr_spec == "aina@example.org"
    if name.isascii():
        assert address.display_name == name
        return
    # RFC 2047 drops the blanks between encoded words; Python's parser of addresses keeps them.
    raw = message_from_bytes(envelopes.compose(message).data)["To"].replace("\r\n", "")
    assert str(make_header(decode_header(raw))) == f"{name} <aina@example.org>"
    assert address.display_name.replace(" ", "") == name.replace(" ", "")


@pytest.mark.parametrize(
    "name",
    [
        "Eve\r\nBcc: all@example.org",
        "Eve\nBcc: all@example.org",
        "Eve\x00\rBcc: all@example.org",
        "Eve\u2028Bcc: all@example.org",
        '"Eve" <eve@example.org>, all@example.org',
        "=?utf-8?q?Eve=0D=0ABcc=3A_all=40example=2Eorg?=",
    ],
)
def test_a_hostile_name_adds_no_header_and_no_recipient(name: str) -> None:
    message = make_notice("aina@example.org", to_name=name, params={"text": name})
    mail = parsed(message)

    assert mail["Bcc"] is None
    assert [address.addr_spec for address in mail["To"].addresses] == ["aina@example.org"]
    assert sorted(mail.keys()) == [
        "Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "MIME-Version",
        "Message-ID", "Subject", "To",
    ]  # fmt: skip


def test_machines_are_told_not_to_answer_and_people_how_to_leave() -> None:
    mail = parsed(make_invitation())

    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].startswith("<https://portal.example/t/")
    assert mail["List-Unsubscribe"].endswith("/>")


def test_every_try_carries_the_same_message_id() -> None:
    message = make_invitation()
    assert parsed(message)["Message-ID"] == parsed(message)["Message-ID"] == message.message_id


def test_without_a_server_every_message_becomes_a_file_for_the_owner_only(settings: Settings) -> None:
    message = make_invitation("aina@example.org", language="ta")

    assert sending.drain() == 1

    message.refresh_from_db()
    assert message.state == MessageState.SENT
    [path] = Path(settings.EMAIL_FILE_PATH).iterdir()
    assert path.name.endswith(f"Z-{message.uuid.hex}.eml")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert mail["Subject"] == INVITATION.texts["ta"][0]
    event = message.events.get(what=Happening.SENT)
    assert event.words == path.name


def test_a_folder_that_cannot_be_written_keeps_the_message(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    settings.EMAIL_FILE_PATH = str(tmp_path / "taken" / "outbox")
    message = make_invitation()

    sending.drain()

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.QUEUED, Reason.UNREACHABLE)


def test_djangos_own_mails_become_files_too(settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"{EmlFileBackend.__module__}.{EmlFileBackend.__qualname__}"

    mail.send_mail("Kata laluan baharu", "வணக்கம்", "portal@example.org", ["aina@example.org"])

    [path] = Path(settings.EMAIL_FILE_PATH).iterdir()
    written = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert (path.suffix, written["Subject"]) == (".eml", "Kata laluan baharu")
    assert written.get_content().strip() == "வணக்கம்"


def test_another_of_djangos_backends_may_be_named(settings: Settings, mailoutbox: list[object]) -> None:
    settings.MAIL_SERVERS = {"EMAIL_URL": {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    message = make_invitation("aina@example.org")

    sending.drain()

    message.refresh_from_db()
    assert message.state == MessageState.SENT
    assert [mail.to for mail in mailoutbox] == [["aina@example.org"]]  # type: ignore[attr-defined]


def test_a_channel_whose_entry_is_missing_waits_and_says_so(settings: Settings) -> None:
    message = make_invitation()
    message.channel.entry = "EMAIL_URL_BULK"
    message.channel.save()

    sending.drain()

    message.refresh_from_db()
    message.channel.refresh_from_db()
    assert message.state == MessageState.QUEUED
    assert message.channel.last_error == "EMAIL_URL_BULK is not set in the environment"
