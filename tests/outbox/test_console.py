"""The outbox in the console: what waits, what nobody knows, the two decisions, and mails on file."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from phases.models import Rollout
from phases.permissions import RoleName
from phases.registry import waits_in
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.console.permissions import may
from rollout_portal.console.views import mail
from rollout_portal.lib import clock
from rollout_portal.outbox import caps, permission, sending, services
from rollout_portal.outbox.backends import write_eml
from rollout_portal.outbox.leases import LEASE, ahead
from rollout_portal.outbox.models import Channel, Message
from rollout_portal.outbox.states import CapPeriod, MessageState
from tests.factories import make_member, make_rollout, make_user
from tests.outbox.factories import SETUP, link, make_invitation, make_notice, put_into

pytestmark = pytest.mark.django_db

DECIDERS = {RoleName.PRODUCT_OWNER, RoleName.RELEASE_ENGINEER, RoleName.SUPPORT}
VIEWERS = DECIDERS | {RoleName.PROJECT_SPONSOR, RoleName.ANALYST}
READERS = {RoleName.PRODUCT_OWNER, RoleName.SUPPORT}
HOSTILE = "<script>alert(1)</script>{{7*7}}"


@pytest.fixture
def rollout() -> Rollout:
    return make_rollout()


@pytest.fixture(autouse=True)
def _the_real_rule(monkeypatch: pytest.MonkeyPatch, _nothing_is_asked: None) -> None:
    """The rule of the console, which the room's own tests leave out."""
    monkeypatch.setattr(permission, "_rules", [may])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def member(rollout: Rollout, role: RoleName = RoleName.PRODUCT_OWNER) -> Client:
    return signed_in(make_member(rollout, role))


def uncertain(rollout: Rollout, **fields: Any) -> Message:
    return put_into(make_invitation(scope=rollout.uuid, **fields), MessageState.UNCERTAIN)


def list_of(rollout: Rollout, show: str = "") -> str:
    return reverse("console:messages", args=[rollout.slug]) + (f"?show={show}" if show else "")


def page_of(rollout: Rollout, message: Message) -> str:
    return reverse("console:message", args=[rollout.slug, message.uuid])


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_the_list_says_what_is_uncertain_what_failed_and_what_waits(rollout: Rollout) -> None:
    uncertain(rollout)
    put_into(make_invitation(scope=rollout.uuid), MessageState.FAILED, reason="refused", error=HOSTILE)
    make_invitation(scope=rollout.uuid)
    put_into(make_invitation(scope=rollout.uuid), MessageState.SENT)
    make_invitation(scope=uuid4())
    client = member(rollout)

    first = text(client.get(list_of(rollout)))
    failed = text(client.get(list_of(rollout, "failed")))

    assert "1 message is uncertain, 1 failed; 1 waits, 1 was sent." in first
    assert "Ask the person, mark as sent, or send again by your decision." in first
    assert "The mail server refused it for good" in failed
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in failed
    assert "<script>alert" not in failed


def test_nobody_reads_an_address_in_the_list(rollout: Rollout) -> None:
    uncertain(rollout, to="aina.secret@example.org", to_name="Aina Secret")

    shown = text(member(rollout).get(list_of(rollout)))

    assert "a\u2060…\u2060@example.org" in shown
    assert "ecret" not in shown


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_same_number_of_questions_however_long_it_is(
    rollout: Rollout, number: int, django_assert_max_num_queries: Any
) -> None:
    for _row in range(number):
        uncertain(rollout)
    client = member(rollout)
    client.get(list_of(rollout))

    with django_assert_max_num_queries(18) as one:
        client.get(list_of(rollout))
    if number == 3:
        Message.objects.filter(pk=Message.objects.latest("pk").pk).update(state=MessageState.FAILED)
        with django_assert_max_num_queries(len(one.captured_queries)):
            client.get(list_of(rollout))


def test_a_long_list_is_read_page_by_page(rollout: Rollout) -> None:
    for number in range(53):
        make_invitation(scope=rollout.uuid, key=f"invitation:{number}")
    client = member(rollout)

    first = client.get(list_of(rollout, "waiting"))
    older = client.get(f"{list_of(rollout, 'waiting')}&before={first.context['older']}")

    assert (len(first.context["rows"]), len(older.context["rows"])) == (50, 3)
    assert older.context["older"] is None


@pytest.mark.parametrize("before", ["x", "-1", "1e9", "9" * 40, ""])
def test_a_strange_page_number_is_no_error(rollout: Rollout, before: str) -> None:
    assert member(rollout).get(f"{list_of(rollout)}?before={before}&show=nothing").status_code == 200


@pytest.mark.parametrize("role", list(RoleName))
def test_who_may_see_and_who_may_decide(rollout: Rollout, role: RoleName) -> None:
    message = uncertain(rollout)
    client = member(rollout, role)

    seen = client.get(page_of(rollout, message)).status_code
    decided = client.post(page_of(rollout, message), {"verb": "mark_as_sent", "reason": "in the log"})

    assert client.get(list_of(rollout)).status_code == seen == (200 if role in VIEWERS else 403)
    assert decided.status_code == (302 if role in DECIDERS else 403)
    message.refresh_from_db()
    assert message.state == (MessageState.SENT if role in DECIDERS else MessageState.UNCERTAIN)


def test_nobody_from_outside_sees_or_decides(rollout: Rollout) -> None:
    message = uncertain(rollout)
    other = make_rollout()
    outsiders = [
        member(other),
        signed_in(make_user(is_superuser=True)),
        signed_in(make_user()),
    ]
    for client in outsiders:
        for address in (list_of(rollout), page_of(rollout, message)):
            assert client.get(address).status_code in (403, 404)
        assert client.post(page_of(rollout, message), {"verb": "send_again"}).status_code in (403, 404)
    assert Client().get(list_of(rollout)).status_code == 302
    assert member(other).get(page_of(other, message)).status_code == 404
    message.refresh_from_db()
    assert message.state == MessageState.UNCERTAIN


def test_the_page_of_a_message_shows_what_happened_and_what_each_decision_does(rollout: Rollout) -> None:
    message = uncertain(rollout, to_name=HOSTILE)

    shown = text(member(rollout).get(page_of(rollout, message)))

    assert "Queued" in shown
    assert "If the first one arrived after all, the person gets it twice." in shown
    assert "Your name, the time and the reason are recorded." in shown
    assert "Dear Aina," in shown
    assert "<script>alert" not in shown
    assert message.recipient not in shown


def test_looking_changes_nothing(rollout: Rollout) -> None:
    message = uncertain(rollout)
    client = member(rollout)
    before = (message.events.count(), AuditEvent.objects.count())

    client.get(f"{page_of(rollout, message)}?verb=mark_as_sent&reason=x")

    message.refresh_from_db()
    assert message.state == MessageState.UNCERTAIN
    assert (message.events.count(), AuditEvent.objects.count()) == before


def test_sending_again_leads_to_the_new_message(rollout: Rollout) -> None:
    message = uncertain(rollout)
    client = member(rollout)

    answer = client.post(
        page_of(rollout, message), {"verb": "send_again", "reason": "she has not got it"}, follow=True
    )

    again = Message.objects.get(again_of=message)
    assert answer.redirect_chain == [(page_of(rollout, again), 302)]
    assert "It will be sent again as a new message." in text(answer)
    assert "It was sent again as a new message:" in text(client.get(page_of(rollout, message)))
    repeated = client.post(page_of(rollout, message), {"verb": "send_again", "reason": "double click"})
    assert repeated.status_code == 422
    assert "It was sent again already" in text(repeated)
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"verb": "mark_as_sent"}, "This field is required."),
        ({"verb": "delete", "reason": "x"}, "Choose what to do."),
        ({"reason": "x"}, "Choose what to do."),
    ],
)
def test_a_decision_without_verb_or_reason_changes_nothing(
    rollout: Rollout, data: dict[str, str], words: str
) -> None:
    message = uncertain(rollout)

    answer = member(rollout).post(page_of(rollout, message), data)

    assert answer.status_code == 422
    assert words in text(answer)
    message.refresh_from_db()
    assert message.state == MessageState.UNCERTAIN


def test_uncertain_messages_wait_for_those_who_may_decide(rollout: Rollout) -> None:
    uncertain(rollout)
    uncertain(rollout)
    put_into(make_invitation(scope=uuid4()), MessageState.UNCERTAIN)

    [wait] = [one for one in waits_in([rollout], clock.now()) if "uncertain" in one.title]

    assert wait.title == "Decide about 2 uncertain messages"
    assert wait.roles == {role.value for role in DECIDERS}


def test_a_server_that_stays_away_is_said_on_every_page(rollout: Rollout) -> None:
    make_invitation(scope=rollout.uuid)
    client = member(rollout)
    assert "Sending is paused" not in text(client.get(list_of(rollout)))

    Channel.objects.update(failures=3, paused_until=ahead(LEASE))

    assert "Sending is paused, 1 message waits. Nothing is lost." in text(client.get(list_of(rollout)))


# --- Mails on file ---------------------------------------------------------------------------------


def written(rollout: Rollout | None = None, **fields: Any) -> str:
    """The name of the file of a message of a rollout."""
    message = make_invitation(scope=rollout.uuid if rollout else None, **fields)
    sending.drain()
    message.refresh_from_db()
    assert message.state == MessageState.SENT
    return message.events.latest("pk").words


@pytest.mark.parametrize("role", list(RoleName))
def test_mails_on_file_are_for_those_who_may_read_them(rollout: Rollout, role: RoleName) -> None:
    name = written(rollout, to="aina@example.org")
    client = member(rollout, role)

    listed = text(client.get(reverse("console:mails")))
    pages = [client.get(reverse(f"console:{page}", args=[name])) for page in ("mail", "mail_html")]

    assert ("aina@example.org" in listed) == (role in READERS)
    assert [page.status_code for page in pages] == [200 if role in READERS else 404] * 2


def test_mails_of_another_rollout_and_of_the_installation_are_not_there(rollout: Rollout) -> None:
    foreign, common = written(make_rollout()), written()
    write_eml(b"Subject: New password\r\n\r\nhttps://portal.example/reset/\r\n", "0" * 16)
    client = member(rollout)

    assert "0 mails are on file." in text(client.get(reverse("console:mails")))
    for name in (foreign, common):
        assert client.get(reverse("console:mail", args=[name])).status_code == 404
    superuser = signed_in(make_user(is_superuser=True))
    assert "3 mails are on file; you may read 2." in text(superuser.get(reverse("console:mails")))
    assert superuser.get(reverse("console:mail", args=[foreign])).status_code == 404


def test_testers_mails_stay_theirs_however_many_there_are(
    rollout: Rollout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a mail whose message is gone is nobody's: it may have been a tester's."""
    monkeypatch.setattr("rollout_portal.console.views.mail._AT_ONCE", 2)
    for _ in range(5):
        written(rollout, to="aina@example.org")
    write_eml(b"Subject: An old invitation\r\n\r\nHello\r\n", uuid4().hex)
    superuser = signed_in(make_user(is_superuser=True))

    shown = superuser.get(reverse("console:mails"))
    assert "6 mails are on file; you may read none of them." in text(shown)
    assert "aina@example.org" not in text(shown)
    assert "5 mails are on file." in text(member(rollout).get(reverse("console:mails")))


def test_the_way_into_an_account_is_for_those_who_give_roles(rollout: Rollout) -> None:
    services.send_staff_invitation(
        key="staff-invitation:1",
        to="farid@example.org",
        name="Farid",
        invited_by="Aisyah",
        role="sponsor",
        rollout="MediMate",
        accept_link=link(),
        valid_until="Fri 27 Nov 2026",
        scope=rollout.uuid,
    )
    sending.drain()
    seen = {
        role: "farid@example.org" in text(member(rollout, role).get(reverse("console:mails")))
        for role in RoleName
    }
    assert [role for role, sees in seen.items() if sees] == [RoleName.ADMINISTRATOR]


def test_a_mail_is_shown_in_a_frame_that_can_do_nothing(rollout: Rollout) -> None:
    name = written(rollout, params={"name": HOSTILE, "answer_link": link(), "leave_link": link()})
    client = member(rollout)

    page = client.get(reverse("console:mail", args=[name]))
    frame = client.get(reverse("console:mail_html", args=[name]))

    assert 'sandbox=""' in text(page)
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "<script>alert" not in text(page)
    assert "&lt;script&gt;alert(1)" in text(frame)
    policy = {part.strip() for part in frame["Content-Security-Policy"].split(";")}
    assert policy == {
        "sandbox",
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    }
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "x.eml", "20261120T000000.000000Z-*.eml",
     "20261120T000000.000000Z-0000000000000000.eml", "20261120T000000.000000Z-0000000000000000.eml\n"],
)  # fmt: skip
def test_only_names_of_mails_are_opened(rollout: Rollout, name: str) -> None:
    assert signed_in(make_user(is_superuser=True)).get(f"/console/mail/{name}/").status_code == 404


def test_the_number_is_told_apart_from_what_may_be_read(rollout: Rollout) -> None:
    for _mail in range(2):
        written(rollout)
    written(make_rollout())
    administrator = member(rollout, RoleName.ADMINISTRATOR)

    said = text(administrator.get(reverse("console:mails")))
    own = text(member(rollout).get(reverse("console:mails")))

    assert "2 mails are on file; you may read none of them." in said
    assert "Mails of a rollout are read by: product owner or support." in said
    assert "2 mails are on file." in own
    assert "are read by" not in own


def test_more_than_the_page_shows_are_counted(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "MOST", 2)
    for _mail in range(3):
        written(rollout)
    said = text(member(rollout).get(reverse("console:mails")))
    assert "3 mails are on file." in said
    assert "These are the newest 2." in said


def test_the_way_into_an_account_in_use_is_read_by_nobody_here(rollout: Rollout) -> None:
    user, root = make_user(), make_user(is_superuser=True)
    Client().post(reverse("account_reset_password"), {"email": user.email})
    sending.drain()
    name = Message.objects.get().events.latest("pk").words

    assert "1 mail is on file; you may read none of them." in text(
        signed_in(root).get(reverse("console:mails"))
    )
    for page in ("mail", "mail_html"):
        assert signed_in(root).get(reverse(f"console:{page}", args=[name])).status_code == 404


def test_the_list_without_any_mail_says_so(settings: Settings, tmp_path: Path, rollout: Rollout) -> None:
    client = member(rollout)
    assert "so nothing leaves this machine" in text(client.get(reverse("console:mails")))
    settings.MAIL_SERVERS = {"EMAIL_URL": {}}
    assert "new mails go there" in text(client.get(reverse("console:mails")))
    assert Client().get(reverse("console:mails")).status_code == 302


# --- All data --------------------------------------------------------------------------------------

TABLES = ("message", "messagetemplate", "templateversion", "sendcap", "channel", "suppression")


@pytest.mark.parametrize("table", TABLES)
def test_the_tables_are_there_to_look_and_never_to_change(rollout: Rollout, table: str) -> None:
    message = make_notice()
    caps.set_cap(channel=message.channel, scope=None, period=CapPeriod.DAY, cap=5, by=SETUP, reason="limit")
    client = signed_in(make_user(is_superuser=True))

    listed = client.get(reverse(f"admin:outbox_{table}_changelist"))

    assert listed.status_code == 200
    assert message.recipient not in text(listed)
    assert client.get(reverse(f"admin:outbox_{table}_add")).status_code == 403
    assert (
        member(rollout, RoleName.VIEWER).get(reverse(f"admin:outbox_{table}_changelist")).status_code == 403
    )


def test_the_table_of_messages_is_scoped_and_answers_the_three_questions(rollout: Rollout) -> None:
    mine, other = uncertain(rollout, to="mine@example.org"), uncertain(make_rollout())
    waiting = make_invitation(scope=rollout.uuid)
    client = member(rollout, RoleName.ANALYST)
    address = reverse("admin:outbox_message_changelist")

    assert set(client.get(address).context["cl"].queryset) == {mine, waiting}
    for needs, rows in {"uncertain": [mine], "failed": [], "waiting": [waiting]}.items():
        assert list(client.get(f"{address}?needs={needs}").context["cl"].queryset) == rows
    shown = client.get(reverse("admin:outbox_message_change", args=[mine.pk]))
    assert shown.status_code == 200
    assert "mine@example.org" not in text(shown)
    assert client.get(reverse("admin:outbox_message_change", args=[other.pk])).status_code == 302
    deletion = client.post(reverse("admin:outbox_message_delete", args=[mine.pk]), {"post": "yes"})
    assert deletion.status_code == 403


@pytest.mark.parametrize("number", [1, 3])
def test_the_table_of_messages_asks_a_constant_number_of_questions(
    rollout: Rollout, number: int, django_assert_max_num_queries: Any
) -> None:
    for _row in range(number):
        make_invitation(scope=rollout.uuid)
    client = member(rollout)

    with django_assert_max_num_queries(18):
        client.get(reverse("admin:outbox_message_changelist"))
