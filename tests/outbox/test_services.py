"""Asking for messages, withdrawing them, and forgetting people."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock, wakeups
from rollout_portal.outbox import addresses, ledger, services
from rollout_portal.outbox.exceptions import MessageRefused
from rollout_portal.outbox.models import Channel, Message
from rollout_portal.outbox.services import Draft
from rollout_portal.outbox.states import Happening, MessageKind, MessageState, Policy, Reason
from rollout_portal.outbox.transports import Outcome, Result
from tests.outbox.factories import (
    SETUP,
    let_lease_run_out,
    link,
    make_invitation,
    make_lane,
    make_notice,
    make_template,
    on_postgresql,
    put_into,
)

pytestmark = pytest.mark.django_db


def draft(key: str, **fields: Any) -> Draft:
    values: dict[str, Any] = {
        "key": key,
        "template": "invitation",
        "to": "aina@example.org",
        "scope": None,
        "params": {"name": "Aina", "answer_link": link(), "leave_link": link()},
    }
    return Draft(**values | fields)


def test_a_message_is_a_row_before_anything_leaves() -> None:
    scope, person = uuid4(), uuid4()
    message = make_invitation("aina@example.org", scope=scope, reference=person, key="invitation:1")

    assert message.state == MessageState.QUEUED
    assert (message.kind, message.policy, message.urgent) == ("invitation", Policy.NEVER_TWICE, False)
    assert (message.scope, message.reference, message.recipient) == (scope, person, "aina@example.org")
    assert message.channel.entry == "EMAIL_URL"
    assert message.message_id == f"<{message.uuid.hex}@localhost>"
    assert list(message.events.values_list("what", flat=True)) == [Happening.QUEUED]


def test_asking_twice_with_one_key_makes_one_message() -> None:
    first = make_invitation("aina@example.org", key="invitation:1")
    second = make_invitation("other@example.org", key="invitation:1")

    assert second == first
    assert second.recipient == "aina@example.org"
    assert first.events.count() == 1


def test_many_are_queued_at_once_in_the_order_of_the_wishes() -> None:
    make_template()
    old = make_invitation(key="invitation:2")

    rows = services.enqueue_many([draft("invitation:1"), draft("invitation:2"), draft("invitation:1")])

    assert [row.key for row in rows] == ["invitation:1", "invitation:2", "invitation:1"]
    assert rows[1] == old
    assert Message.objects.count() == 2


def test_one_bad_wish_among_many_queues_none() -> None:
    make_template()

    with pytest.raises(MessageRefused):
        services.enqueue_many([draft("invitation:1"), draft("invitation:2", to="nobody")])
    assert not Message.objects.exists()


def test_a_thousand_are_queued_in_few_statements(django_assert_max_num_queries: Any) -> None:
    make_template()
    services.channel_called("default")
    drafts = [draft(f"invitation:{number}") for number in range(1000)]

    # SQLite takes 999 values in a statement.
    with django_assert_max_num_queries(20 if on_postgresql() else 60):
        services.enqueue_many(drafts)


def test_the_message_lives_and_dies_with_the_change_that_asked_for_it() -> None:
    with transaction.atomic():
        make_invitation()
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_a_wake_up_is_sent_after_the_commit(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    kicked: list[str] = []
    monkeypatch.setattr(wakeups, "kick", kicked.append)

    make_invitation()

    assert kicked == ["outbox.drain"]


@pytest.mark.parametrize(
    "address",
    ["", "aina", "aina@", "@example.org", "a@b@example.org", "aina@example.org, eve@example.org",
     "aina@example.org\r\nBcc: eve@example.org", "aina@exa mple.org", "<aina@example.org>",
     f"{'a' * 250}@example.org", "aina@-.example", "aina\x00@example.org", "aina@example"],
)  # fmt: skip
def test_a_wrong_address_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(MessageRefused) as refused:
        make_invitation(to=address) if address else addresses.check(address)
    assert "aina" not in refused.value.message


@pytest.mark.parametrize(
    ("one", "other"),
    [("Aina@Example.ORG", "aina@example.org"), (" a@münchen.example", "a@xn--mnchen-3ya.example ")],
)
def test_addresses_are_compared_without_case_and_in_one_spelling(one: str, other: str) -> None:
    assert addresses.digest(one) == addresses.digest(other)


@pytest.mark.parametrize("key", ["", "x" * 191, "invitation#2"])
def test_a_key_has_a_form(key: str) -> None:
    with pytest.raises(MessageRefused, match="key of 1 to 190"):
        make_invitation(key=key)


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(MessageRefused, match="answer_link, name"):
        make_invitation(params={"leave_link": link()})


def test_a_kind_for_testers_needs_the_link_to_leave() -> None:
    with pytest.raises(MessageRefused, match="leave_link"):
        make_invitation(params={"name": "Aina", "answer_link": link()})


def test_the_kind_that_the_caller_believes_in_is_checked() -> None:
    with pytest.raises(MessageRefused, match="is of the kind 'invitation', not 'staff_notice'"):
        make_invitation(kind=MessageKind.STAFF_NOTICE)


def test_an_unknown_channel_is_refused() -> None:
    with pytest.raises(MessageRefused, match="no channel 'bulk'"):
        make_invitation(channel="bulk")


def test_a_message_may_go_by_another_channel() -> None:
    bulk = Channel.objects.create(code="bulk", entry="EMAIL_URL_BULK")
    assert make_invitation(channel="bulk").channel == bulk


def test_staff_are_invited_by_the_built_in_text() -> None:
    message = services.send_staff_invitation(
        key="staff-invitation:1",
        to="farid@example.org",
        name="Farid Osman",
        invited_by="Aisyah Rahman",
        role="release engineer",
        rollout="MediMate",
        accept_link=link(),
        valid_until="Fri 27 Nov 2026, 16:00 MYT",
        scope=uuid4(),
    )

    assert (message.kind, message.policy) == (MessageKind.STAFF_INVITATION, Policy.AT_LEAST_ONCE)
    assert message.urgent


@pytest.mark.parametrize("state", list(MessageState))
def test_only_what_was_not_handed_over_can_be_withdrawn(state: MessageState) -> None:
    message = put_into(make_invitation(), state)

    done = services.cancel(keys=[message.key, "unknown"], reason="plan_changed")

    message.refresh_from_db()
    withdrawn = state in (MessageState.QUEUED, MessageState.CLAIMED)
    assert done == withdrawn
    assert message.state == (MessageState.CANCELLED if withdrawn else state)


def test_looking_again_leaves_alone_what_a_person_or_a_server_put_off() -> None:
    later = clock.now() + timedelta(hours=1)
    scope = uuid4()
    held = make_invitation(scope=scope, due_at=later)
    planned = make_invitation(scope=scope, due_at=later)
    busy = make_invitation(scope=scope, due_at=later)
    elsewhere = make_invitation(scope=uuid4(), due_at=later)
    Message.objects.filter(pk__in=[held.pk, elsewhere.pk]).update(reason="held")
    Message.objects.filter(pk=busy.pk).update(reason=Reason.SERVER_BUSY)

    assert services.look_again(scope=scope) == 1

    due = set(Message.objects.due(clock.now()))
    assert due == {held}
    assert planned not in due


def test_forgetting_a_person_leaves_states_and_times_and_nothing_personal() -> None:
    person = uuid4()
    sent = put_into(make_invitation("aina@example.org", reference=person, to_name="Aina"), MessageState.SENT)
    waiting = make_invitation("aina@example.org", reference=person)
    other = make_invitation("kavitha@example.org")

    assert services.erase(reference=person, by=SETUP, reason="asked by the person") == 2

    for message in (sent, waiting):
        message.refresh_from_db()
        assert (message.recipient, message.recipient_name, message.params) == ("", "", {})
        assert message.erased_at is not None
    assert (sent.state, waiting.state, waiting.reason) == (
        MessageState.SENT,
        MessageState.CANCELLED,
        Reason.ERASED,
    )
    other.refresh_from_db()
    assert other.recipient == "kavitha@example.org"
    event = AuditEvent.objects.get(verb="message.addresses_erased")
    assert "aina" not in str(event.after).lower()


def test_a_message_of_a_forgotten_person_never_goes_back_to_the_queue() -> None:
    person = uuid4()
    message = put_into(make_invitation(reference=person), MessageState.SENDING)
    services.erase(reference=person, by=SETUP, reason="asked")

    ledger.record(message, Outcome(Result.REFUSED_FOR_NOW, 451, "later"))

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.CANCELLED, Reason.ERASED)


def test_a_notice_of_a_forgotten_person_whose_sender_died_is_not_sent_again() -> None:
    person = uuid4()
    message = put_into(make_notice(reference=person), MessageState.SENDING)
    services.erase(reference=person, by=SETUP, reason="asked")
    let_lease_run_out(message)

    ledger.return_expired_leases()

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.CANCELLED, Reason.ERASED)


def test_a_claimed_message_of_a_forgotten_person_is_not_begun() -> None:
    person = uuid4()
    make_invitation(reference=person)
    [claimed] = ledger.claim(lane=make_lane(), size=1, position=1)
    services.erase(reference=person, by=SETUP, reason="asked")

    assert claimed.lease_token is not None
    assert ledger.begin(claimed.pk, claimed.lease_token) is None


def test_server_words_never_keep_an_address() -> None:
    words = "5.1.1 <aina@example.org>: user aina@example.org unknown in table"
    assert addresses.redact(words) == "5.1.1 <<…>>: user <…> unknown in table"
