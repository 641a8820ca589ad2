"""The record: whole when untouched, refused when edited, and found out when edited all the same."""

import uuid
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from rollout_portal.audit import services
from rollout_portal.audit.models import AuditEvent
from rollout_portal.audit.services import System, record, verify, write_anchor
from tests.append_only import triggers_off
from tests.factories import make_rollout, make_user

pytestmark = pytest.mark.django_db


def write(count: int = 3) -> list[AuditEvent]:
    rollout, user = make_rollout(), make_user()
    return [
        record(
            actor=user,
            verb="phase.held",
            obj=rollout,
            scope=rollout.uuid,
            reason=f"Reason {number} with “quotes”, தமிழ் and 中文",
            before={"n": number},
            after={"n": number + 1},
        )
        for number in range(count)
    ]


def run_past_the_triggers(statement: str, *params: int | str) -> None:
    """Do what a database superuser could: change a row with the triggers switched off."""
    with triggers_off(), connection.cursor() as cursor:
        cursor.execute(statement, params)


def test_entries_of_a_rollout_form_one_chain() -> None:
    events = write()
    assert [event.seq for event in events] == [1, 2, 3]
    assert events[1].previous == events[0].digest
    result = verify()
    assert (result.entries, result.chains, result.breaks) == (3, 1, [])


def test_every_rollout_has_its_own_chain_and_so_has_the_installation() -> None:
    write(2)
    write(1)
    record(actor=System("start"), verb="portal.started", obj=make_user(), scope=None)
    result = verify()
    assert (result.entries, result.chains, result.breaks) == (4, 3, [])


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_auditevent SET reason = 'x'", "DELETE FROM audit_auditevent"]
)
def test_database_refuses_to_rewrite_the_record(statement: str) -> None:
    write()
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert verify().whole


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite replaces a row on insert")
@pytest.mark.parametrize("same", ["id", "uuid", "seq"])
def test_sqlite_refuses_insert_or_replace(same: str) -> None:
    """A new row that clashes by any unique key would push the old one out without an UPDATE or DELETE."""
    first = write()[0]
    fresh = {"id": "9999", "uuid": f"'{uuid.uuid4().hex}'", "seq": "9999"}
    fresh.pop(same)
    columns = [str(field.column) for field in AuditEvent._meta.concrete_fields]
    names = ", ".join(columns)
    values = ", ".join(fresh.get(column, column) for column in columns)
    table = "audit_auditevent"
    statement = f"INSERT OR REPLACE INTO {table} ({names}) SELECT {values} FROM {table} WHERE id = %s"
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [first.pk])
    assert verify().whole


def test_an_edit_past_the_triggers_is_found() -> None:
    event = write()[1]
    run_past_the_triggers("UPDATE audit_auditevent SET reason = 'nicer' WHERE id = %s", event.pk)
    assert [(found.seq, found.what) for found in verify().breaks] == [(2, "was changed after it was written")]


def test_a_removed_entry_is_found() -> None:
    event = write()[1]
    run_past_the_triggers("DELETE FROM audit_auditevent WHERE id = %s", event.pk)
    assert [found.seq for found in verify().breaks] == [2]


def test_two_entries_that_changed_places_are_found() -> None:
    first, second, _third = write()
    run_past_the_triggers("UPDATE audit_auditevent SET seq = 99 WHERE id = %s", first.pk)
    run_past_the_triggers("UPDATE audit_auditevent SET seq = 1 WHERE id = %s", second.pk)
    run_past_the_triggers("UPDATE audit_auditevent SET seq = 2 WHERE id = %s", first.pk)
    assert not verify().whole


def test_a_cut_tail_is_found_by_the_head_and_by_the_anchor() -> None:
    events = write()
    assert write_anchor() == 1
    assert write_anchor() == 0
    run_past_the_triggers("DELETE FROM audit_auditevent WHERE id = %s", events[2].pk)
    run_past_the_triggers(
        "UPDATE audit_chainhead SET seq = 2, digest = %s WHERE scope IS NOT NULL", events[1].digest
    )
    assert [found.what.split(" ")[0] for found in verify().breaks] == ["differs"]


def test_what_is_written_during_the_walk_is_no_break(monkeypatch: pytest.MonkeyPatch) -> None:
    first = write()[0]
    step = services._Walk._step

    def and_another_one(walk: services._Walk, event: AuditEvent) -> None:
        step(walk, event)
        if event == first:
            record(actor=make_user(), verb="phase.held", obj=make_rollout(), scope=first.scope)

    monkeypatch.setattr(services._Walk, "_step", and_another_one)
    assert (verify().breaks, verify().entries) == ([], 5)


def test_a_head_that_was_set_back_is_found() -> None:
    first, second, _third = write()
    run_past_the_triggers(
        "UPDATE audit_chainhead SET seq = 2, digest = %s WHERE scope IS NOT NULL", second.digest
    )
    assert [found.seq for found in verify(first.scope, every_chain=False).breaks] == [4]


def test_a_rollout_without_an_entry_is_whole() -> None:
    assert verify(uuid.uuid4(), every_chain=False).whole


def test_command_says_that_the_record_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    write()
    call_command("verify_audit")
    assert "3 entries in 1 chains, all whole." in capsys.readouterr().out


def test_command_fails_when_it_is_not() -> None:
    event = write()[0]
    run_past_the_triggers("UPDATE audit_auditevent SET verb = 'x' WHERE id = %s", event.pk)
    with pytest.raises(CommandError, match="1 breaks in 3 entries"):
        call_command("verify_audit")


@pytest.mark.django_db(transaction=True)
def test_parallel_writers_never_fork_the_chain(in_threads: Callable[..., list[object]]) -> None:
    rollout, user = make_rollout(), make_user()

    def one() -> None:
        for _ in range(5):
            record(actor=user, verb="phase.held", obj=rollout, scope=rollout.uuid)

    assert in_threads([one] * 8) == [None] * 8
    result = verify()
    assert (result.entries, result.breaks) == (40, [])
