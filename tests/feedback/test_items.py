"""Reports: one function moves them, every move leaves a trace, the team is told once, people count once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from cohorts.models import Participant
from cohorts.states import ParticipantState
from feedback.hooks import may_answer_leave
from feedback.models import Comment, FeedbackItem, FeedbackItemTransition, PriorityRule, Reply
from feedback.pages.inbox import answers_to
from feedback.services import (
    Judged,
    answer_tester,
    assign_item,
    comment_on_item,
    judge_item,
    merge_item,
    move_item,
    split_item,
    translate_item,
)
from feedback.services.items import LONGEST_REPLY
from feedback.states import ITEM_MOVES, Area, ItemKind, ItemState, ItemVerb, Severity
from phases.exceptions import PermissionRefused, Refused, WrongState
from phases.models import Phase
from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock
from rollout_portal.outbox.decisions import send_again
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.states import MessageKind, MessageState, Policy
from tests.factories import make_member, make_rollout
from tests.feedback.factories import WAVE_3, make_beta, make_item, make_tester

CRITICAL = Judged(ItemKind.BUG, Area.USABILITY, Severity.CRITICAL)
LOW = Judged(ItemKind.BUG, Area.USABILITY, Severity.LOW)


def make_rule(phase: Phase, *kinds: ItemKind, **fields: object) -> PriorityRule:
    values: dict[str, object] = {
        "code": "team",
        "name": "Bugs go to the team",
        "kinds": [kind.value for kind in kinds],
        "notify": RoleName.RELEASE_ENGINEER,
    }
    return PriorityRule.objects.create(rollout=phase.rollout, **values | fields)


def test_numbers_run_per_rollout(phase: Phase) -> None:
    first, second = make_item(phase.rollout), make_item(phase.rollout)
    other = make_item(make_rollout())
    assert [first.label, second.label, other.label] == ["FB-0001", "FB-0002", "FB-0001"]


def test_a_new_report_is_triaged_by_judging_it(phase: Phase, support: User) -> None:
    item = judge_item(item=make_item(phase.rollout), by=support, judged=CRITICAL)
    assert (item.state, item.severity, item.area) == (
        ItemState.TRIAGED,
        Severity.CRITICAL,
        Area.USABILITY,
    )
    last = AuditEvent.objects.get(verb="feedback.judged")
    assert [said and said["severity"] for said in (last.before, last.after)] == ["", "critical"]
    count = item.transitions.count()
    judge_item(item=item, by=support, judged=CRITICAL)
    assert item.transitions.count() == count


def test_a_lower_severity_needs_a_reason_and_stays_visible(phase: Phase, support: User) -> None:
    item = judge_item(item=make_item(phase.rollout), by=support, judged=CRITICAL)
    with pytest.raises(Refused, match="less severe than “critical”"):
        judge_item(item=item, by=support, judged=LOW)
    judge_item(item=item, by=support, judged=LOW, reason="Only on one old phone")
    said = item.transitions.order_by("pk").values_list("verb", "severity", "reason")
    assert list(said) == [
        ("report", "", ""),
        ("classify", "critical", ""),
        ("classify", "low", "Only on one old phone"),
    ]
    with pytest.raises(Refused):
        judge_item(item=item, by=support, judged=Judged(ItemKind.BUG, "", ""))


_PLAIN = [verb for verb in ITEM_MOVES if verb not in (ItemVerb.CLASSIFY, ItemVerb.MERGE, ItemVerb.SPLIT)]


@pytest.mark.parametrize("verb", _PLAIN)
@pytest.mark.parametrize("state", ItemState)
def test_every_cell_of_the_table(phase: Phase, support: User, state: ItemState, verb: ItemVerb) -> None:
    item, other = make_item(phase.rollout), make_item(phase.rollout)
    FeedbackItem.objects.filter(pk=item.pk).update(
        state=state, duplicate_of=other if state == ItemState.DUPLICATE else None
    )
    if state in ITEM_MOVES[verb].sources:
        moved = move_item(item=item, by=support, verb=verb, reason="because")
        assert (moved.state, moved.transitions.first().from_state) == (  # type: ignore[union-attr]
            ITEM_MOVES[verb].to,
            state,
        )
    else:
        with pytest.raises(WrongState):
            move_item(item=item, by=support, verb=verb, reason="because")
        item.refresh_from_db()
        assert item.state == state


@pytest.mark.parametrize("verb", [verb for verb in _PLAIN if ITEM_MOVES[verb].needs_reason])
def test_what_ends_or_reopens_needs_a_reason(phase: Phase, support: User, verb: ItemVerb) -> None:
    item = make_item(phase.rollout)
    FeedbackItem.objects.update(state=sorted(ITEM_MOVES[verb].sources)[0])
    with pytest.raises(Refused, match="Say why"):
        move_item(item=item, by=support, verb=verb, reason="  ")


@pytest.mark.parametrize("role", [RoleName.VIEWER, RoleName.ANALYST, RoleName.PROJECT_SPONSOR])
def test_who_may_not_triage_changes_nothing(phase: Phase, support: User, role: RoleName) -> None:
    reader = make_member(phase.rollout, role)
    item, other = make_item(phase.rollout), make_item(phase.rollout)
    acts: list[Callable[[], object]] = [
        lambda: judge_item(item=item, by=reader, judged=CRITICAL),
        lambda: move_item(item=item, by=reader, verb=ItemVerb.START),
        lambda: merge_item(item=item, into=other, by=reader),
        lambda: split_item(item=item, by=reader, reason="x"),
        lambda: assign_item(item=item, by=reader, to=reader),
        lambda: comment_on_item(item=item, by=reader, text="x"),
        lambda: translate_item(item=item, by=reader, translation="x"),
        lambda: answer_tester(item=item, by=reader, text="x"),
        lambda: make_item(phase.rollout, by=reader),
    ]
    for act in acts:
        with pytest.raises(PermissionRefused):
            act()
    with pytest.raises(Refused, match="no role here"):
        assign_item(item=item, by=support, to=reader)


# --- Merging -----------------------------------------------------------------------------------------


def test_merged_reports_point_to_the_one_that_stands(phase: Phase, support: User) -> None:
    one, two, three = (make_item(phase.rollout) for _number in range(3))
    merge_item(item=three, into=two, by=support)
    merge_item(item=two, into=one, by=support, reason="Same button")
    pointing = FeedbackItem.objects.filter(duplicate_of=one).order_by("pk")
    assert list(pointing) == [two, three]
    back = split_item(item=three, by=support, reason="Another page")
    assert (back.state, back.duplicate_of) == (ItemState.TRIAGED, None)


def test_a_merge_that_makes_no_sense_is_refused(phase: Phase, support: User) -> None:
    one, two = make_item(phase.rollout), make_item(phase.rollout)
    elsewhere = make_item(make_rollout())
    for into, words in ((one, "itself"), (elsewhere, "another rollout")):
        with pytest.raises(Refused, match=words):
            merge_item(item=one, into=into, by=support)
    merge_item(item=two, into=one, by=support)
    with pytest.raises(Refused, match="duplicate itself"):
        merge_item(item=one, into=two, by=support)
    with pytest.raises(WrongState):
        judge_item(item=two, by=support, judged=CRITICAL)


@pytest.mark.django_db(transaction=True)
def test_two_that_merge_into_each_other_at_once_leave_one_standing(
    business_clock: Callable[[datetime], None],
    in_threads: Callable[[list[Callable[[], object]]], list[object]],
) -> None:
    business_clock(WAVE_3)
    phase = make_beta()
    support = make_member(phase.rollout, RoleName.SUPPORT)
    one, two = make_item(phase.rollout), make_item(phase.rollout)
    results = in_threads(
        [
            lambda: merge_item(item=one, into=two, by=support),
            lambda: merge_item(item=two, into=one, by=support),
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["FeedbackItem", "Refused"]
    assert FeedbackItem.objects.filter(state=ItemState.DUPLICATE).count() == 1
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_numbers_given_at_once_are_all_different(
    business_clock: Callable[[datetime], None],
    in_threads: Callable[[list[Callable[[], object]]], list[object]],
) -> None:
    business_clock(WAVE_3)
    phase = make_beta()
    results = in_threads([lambda: make_item(phase.rollout)] * 8)
    assert sorted(item.number for item in results) == list(range(1, 9))  # type: ignore[attr-defined]
    connection.close()


# --- Telling the team ------------------------------------------------------------------------------------


def test_a_bug_tells_the_team_once(phase: Phase, support: User) -> None:
    engineers = [make_member(phase.rollout, RoleName.RELEASE_ENGINEER) for _number in range(2)]
    make_rule(phase, ItemKind.BLOCKER, ItemKind.BUG)
    item = make_item(phase.rollout, phase=phase, language="ta", text="தனிப்பட்ட சொற்கள்")
    judge_item(item=item, by=support, judged=CRITICAL)
    move_item(item=item, by=support, verb=ItemVerb.RESOLVE, reason="Mended")
    move_item(item=item, by=support, verb=ItemVerb.REOPEN, reason="Not mended")
    notices = Message.objects.order_by("pk")
    assert [notice.recipient for notice in notices] == [engineer.email for engineer in engineers]
    assert {(notice.kind, notice.policy) for notice in notices} == {
        (MessageKind.STAFF_NOTICE, Policy.AT_LEAST_ONCE)
    }
    # The words of a tester stay in the one place where erasure finds them.
    assert notices[0].params["headline"] == "FB-0001: Bug"
    assert notices[0].params["text"] == "It came in just now, in Tamil, from Beta programme."


@pytest.mark.parametrize("kind", [ItemKind.IDEA, ItemKind.QUESTION, ItemKind.PRAISE])
def test_what_no_rule_names_tells_nobody(phase: Phase, kind: ItemKind) -> None:
    make_member(phase.rollout, RoleName.RELEASE_ENGINEER)
    make_rule(phase, ItemKind.BLOCKER, ItemKind.BUG)
    item = make_item(phase.rollout, kind=kind)
    assert (item.notified_at, Message.objects.count()) == (None, 0)


def test_what_turns_out_to_be_a_bug_tells_the_team_then(phase: Phase, support: User) -> None:
    make_member(phase.rollout, RoleName.RELEASE_ENGINEER)
    make_rule(phase, ItemKind.BUG)
    item = make_item(phase.rollout, kind=ItemKind.QUESTION)
    assert not Message.objects.exists()
    judge_item(item=item, by=support, judged=CRITICAL)
    assert Message.objects.count() == 1


def test_the_first_rule_that_fits_decides(phase: Phase) -> None:
    make_member(phase.rollout, RoleName.RELEASE_ENGINEER)
    make_rule(phase, ItemKind.BUG, code="quiet", notify="", position=0)
    make_rule(phase, code="all", position=1)
    make_item(phase.rollout)
    assert not Message.objects.exists()
    make_item(phase.rollout, kind=ItemKind.BLOCKER)
    assert Message.objects.count() == 1


def test_nobody_holds_the_role_yet_and_the_notice_waits(phase: Phase, support: User) -> None:
    make_rule(phase, ItemKind.BUG)
    item = make_item(phase.rollout)
    assert item.notified_at is None
    make_member(phase.rollout, RoleName.RELEASE_ENGINEER)
    judge_item(item=item, by=support, judged=CRITICAL)
    assert Message.objects.count() == 1


# --- Notes and answers ------------------------------------------------------------------------------------


def test_a_note_never_becomes_a_message(phase: Phase, support: User) -> None:
    item = make_item(phase.rollout, reporter=make_tester(phase), may_ask_back=True)
    comment_on_item(item=item, by=support, text="She has an old phone.")
    assert (Comment.objects.count(), Reply.objects.count(), Message.objects.count()) == (1, 0, 0)


def test_an_answer_goes_to_the_tester_in_her_language_once(phase: Phase, support: User) -> None:
    tester = make_tester(phase, language="ta")
    item = make_item(phase.rollout, reporter=tester, may_ask_back=True, language="ta")
    reply = answer_tester(item=item, by=support, text=" நன்றி! ")
    assert (reply.text, reply.message.language, reply.message.recipient) == (
        "நன்றி!",
        "ta",
        tester.person.email,
    )
    assert (reply.message.policy, reply.message.reference) == (Policy.NEVER_TWICE, tester.uuid)
    with pytest.raises(Refused, match="sent already"):
        answer_tester(item=item, by=support, text="நன்றி!")
    answer_tester(item=item, by=support, text="இன்னும் ஒன்று")
    assert Message.objects.count() == 2
    assert may_answer_leave(reply.message) is None
    Participant.objects.update(state=ParticipantState.LEFT)
    refusal = may_answer_leave(reply.message)
    assert refusal is not None
    assert refusal.reason == "left"


def test_an_answer_that_is_sent_again_follows_the_person_and_shows_where_it_stands(
    phase: Phase, support: User
) -> None:
    item = make_item(phase.rollout, reporter=make_tester(phase), may_ask_back=True)
    first = answer_tester(item=item, by=support, text="Thank you!").message
    other = answer_tester(item=item, by=support, text="It is mended.").message
    for _time in range(2):
        newest = Message.objects.get(again__isnull=True, key__contains=f"{item.uuid}:answer:1")
        Message.objects.filter(pk=newest.pk).update(state=MessageState.UNCERTAIN, reason="answer_lost")
        again = send_again(message=newest, by=support, reason="She has not got it.")
    assert [(one.reply.text, one.message) for one in answers_to(item)] == [
        ("Thank you!", again),
        ("It is mended.", other),
    ]
    assert first != again
    assert may_answer_leave(again) is None
    Participant.objects.update(state=ParticipantState.LEFT)
    refusal = may_answer_leave(again)
    assert refusal is not None
    assert refusal.reason == "left"


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"may_ask_back": False}, "did not agree"),
        ({"state": ParticipantState.LEFT}, "has left the test"),
        ({"opted_out_at": WAVE_3}, "has left the test"),
        ({"text": ""}, "Write the answer first"),
        ({"text": "x" * (LONGEST_REPLY + 1)}, "501"),
    ],
)
def test_an_answer_nobody_may_get_is_refused(
    phase: Phase, support: User, about: dict[str, object], words: str
) -> None:
    agreed = bool(about.pop("may_ask_back", True))
    text = str(about.pop("text", "Thank you!"))
    tester = make_tester(phase, **about)  # type: ignore[arg-type]
    item = make_item(phase.rollout, reporter=tester, may_ask_back=agreed)
    with pytest.raises(Refused, match=words):
        answer_tester(item=item, by=support, text=text)
    assert not Message.objects.exists()


def test_a_report_without_a_sender_has_nobody_to_answer(phase: Phase, support: User) -> None:
    with pytest.raises(Refused, match="no tester to answer"):
        answer_tester(item=make_item(phase.rollout, by=support), by=support, text="Thank you!")


def test_a_translation_stands_beside_the_original(phase: Phase, support: User) -> None:
    item = make_item(phase.rollout, text="பொத்தான் பாதி", language="ta")
    assert item.headline == "பொத்தான் பாதி"
    translate_item(item=item, by=support, translation="Button is half visible")
    item.refresh_from_db()
    assert (item.text, item.headline, item.translated_by) == (
        "பொத்தான் பாதி",
        "Button is half visible",
        support,
    )


def test_what_happened_is_never_rewritten(phase: Phase, support: User) -> None:
    item = make_item(phase.rollout, reporter=make_tester(phase), may_ask_back=True)
    comment_on_item(item=item, by=support, text="note")
    answer_tester(item=item, by=support, text="answer")
    for model in (FeedbackItemTransition, Comment, Reply):
        for write in (
            lambda model=model: model.objects.update(at=clock.now() + timedelta(days=1)),
            lambda model=model: model.objects.all()._raw_delete("default"),
        ):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                write()


def test_an_answer_waits_for_a_text_in_every_language_of_the_plan(phase: Phase, support: User) -> None:
    item = make_item(phase.rollout, reporter=make_tester(phase, language="ta"), may_ask_back=True)
    phase.rollout.languages = ["ta", "id"]
    phase.rollout.save()
    with pytest.raises(Refused, match="incomplete in: id"):
        answer_tester(item=item, by=support, text="நன்றி!")
    assert not item.replies.exists()


@pytest.mark.parametrize("field", ["state", "severity"])
def test_database_keeps_known_words_only(phase: Phase, field: str) -> None:
    make_item(phase.rollout)
    with pytest.raises(IntegrityError), transaction.atomic():
        FeedbackItem.objects.update(**{field: "odd"})
