"""The inbox: queues, places, one item, its effect on the gate before anything is saved."""

from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from feedback.models import FeedbackItem, Reply
from feedback.pages.inbox import ROWS, perhaps_the_same
from feedback.services import Judged, judge_item, merge_item
from feedback.states import Area, ItemKind, ItemState, Severity
from phases.models import Gate, Phase
from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from rollout_portal.jobs import files
from rollout_portal.outbox.models import Message
from tests.factories import make_criterion, make_gate, make_member, make_phase
from tests.feedback.factories import make_item, make_tester

CRITICAL = Judged(ItemKind.BUG, Area.USABILITY, Severity.CRITICAL)


@pytest.fixture
def browser(client: Client, support: User) -> Client:
    client.force_login(support)
    return client


@pytest.fixture
def gate(phase: Phase) -> Gate:
    gate = make_gate(phase.rollout, phase, make_phase(phase.rollout, "3"))
    make_criterion(
        gate,
        text="No critical usability issue is open",
        measure="feedback.open_defects",
        subject="critical usability",
        comparator="=",
        threshold=Decimal(0),
    )
    return gate


def address(phase: Phase, path: str = "") -> str:
    return f"/console/{phase.rollout.slug}/feedback/{path}"


def read(client: Client, phase: Phase, path: str = "") -> str:
    answer = client.get(address(phase, path))
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def act(client: Client, item: FeedbackItem, **fields: Any) -> Any:
    return client.post(f"/console/{item.rollout.slug}/feedback/{item.number}/", fields)


def judged(item: FeedbackItem, **fields: str) -> dict[str, str]:
    return {
        "kind": item.kind,
        "area": item.area,
        "severity": item.severity,
        "translation": item.translation,
    } | fields


def looked(client: Client, item: FeedbackItem, **fields: str) -> str:
    """What the page says that a judgement would do."""
    answer = act(client, item, act="look", **judged(item, **fields))
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def labels(text: str) -> list[str]:
    """The numbers in the list, in its order."""
    return [
        part.split('">')[0].split("?")[0].strip("/").rpartition("/")[2]
        for part in text.split('inbox__item" href="')[1:]
    ]


def test_what_may_stop_the_gate_comes_first(browser: Client, phase: Phase, support: User) -> None:
    first, second, third = (make_item(phase.rollout) for _number in range(3))
    blocker = make_item(phase.rollout, kind=ItemKind.BLOCKER)
    judge_item(item=third, by=support, judged=CRITICAL)
    text = read(browser, phase, "?queue=open")
    assert labels(text) == [str(item.number) for item in (third, blocker, first, second)]
    assert "4 reports are open, 3 of them new." in text


def test_queues_hold_what_their_names_say(browser: Client, phase: Phase, support: User) -> None:
    fresh, mine, waiting, done = (make_item(phase.rollout) for _number in range(4))
    FeedbackItem.objects.filter(pk=mine.pk).update(assignee=support, state=ItemState.TRIAGED)
    FeedbackItem.objects.filter(pk=waiting.pk).update(state=ItemState.WAITING)
    FeedbackItem.objects.filter(pk=done.pk).update(state=ItemState.CLOSED)
    found = {key: labels(read(browser, phase, f"?queue={key}")) for key in ("new", "mine", "waiting", "done")}
    assert found == {
        "new": [str(fresh.number)],
        "mine": [str(mine.number)],
        "waiting": [str(waiting.number)],
        "done": [str(done.number)],
    }
    assert len(labels(read(browser, phase, "?queue=nonsense"))) == 3


def test_a_long_queue_is_read_page_by_page(browser: Client, phase: Phase) -> None:
    for number in range(2 * ROWS + 3):
        make_item(phase.rollout, kind=ItemKind.BLOCKER if number % 10 == 0 else ItemKind.BUG)
    seen: list[str] = []
    path = "?queue=open"
    for _page in range(3):
        text = read(browser, phase, path)
        seen += labels(text)
        path = "?queue=open&after=" + text.split("&after=")[1].split('"')[0] if "&after=" in text else ""
    assert (len(seen), len(set(seen)), path) == (2 * ROWS + 3, 2 * ROWS + 3, "")
    for wrong in ("x", "2-1", "1-", "1-" + "9" * 40, "'"):
        assert browser.get(address(phase, f"?after={wrong}")).status_code == 200


def test_the_inbox_costs_the_same_for_one_and_for_many(
    browser: Client, phase: Phase, gate: Gate, django_assert_num_queries: Callable[[int], object]
) -> None:
    lists, readers = set(), set()
    for amount in (1, 2, 30):
        for _number in range(amount):
            make_item(phase.rollout, reporter=make_tester(phase))
        with django_assert_num_queries(exact=False, num=60) as captured:  # type: ignore[call-arg,attr-defined]
            read(browser, phase)
        lists.add(len(captured))
        with django_assert_num_queries(exact=False, num=60) as captured:  # type: ignore[call-arg,attr-defined]
            read(browser, phase, "1/")
        readers.add(len(captured))
    assert (len(lists), len(readers)) == (1, 1)


def test_the_effect_on_the_gate_is_shown_before_saving(
    browser: Client, phase: Phase, gate: Gate, support: User
) -> None:
    item = make_item(phase.rollout, phase=phase)
    asked = looked(browser, item, area="usability", severity="critical")
    assert "“No critical usability issue is open”: 1 instead of 0." in asked
    assert "The gate “Gate 1” cannot open then." in asked
    item.refresh_from_db()
    assert (item.severity, item.state) == ("", ItemState.NEW)
    harmless = looked(browser, item, area="usability", severity="low")
    assert "This changes nothing at the gate." in harmless
    other = make_item(phase.rollout, phase=phase)
    judge_item(item=other, by=support, judged=CRITICAL)
    more = looked(browser, item, area="usability", severity="critical", translation="kept")
    assert ">\nkept</textarea>" in more
    assert "2 instead of 1. The outcome stays: not met." in more
    less = looked(browser, other, area="usability", severity="low")
    assert "0 instead of 1. The criterion is met then." in less


def test_saving_judges_and_translates(browser: Client, phase: Phase) -> None:
    item = make_item(phase.rollout, text="பொத்தான்", language="ta")
    answer = act(
        browser, item, act="save", **judged(item, severity="high", area="function", translation="Button")
    )
    assert answer.status_code == 302
    item.refresh_from_db()
    assert (item.state, item.severity, item.translation) == (ItemState.TRIAGED, "high", "Button")
    text = read(browser, phase, f"{item.number}/")
    assert '<p lang="ta" dir="auto">பொத்தான்</p>' in text
    assert "translated by Kavitha Nair" in text


def test_a_refusal_keeps_what_was_typed(browser: Client, phase: Phase, support: User) -> None:
    item = judge_item(item=make_item(phase.rollout), by=support, judged=CRITICAL)
    answer = act(browser, item, act="save", **judged(item, severity="low", translation="typed"))
    text = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert "Say why FB-0001 is less severe than “critical”." in text
    assert ">\ntyped</textarea>" in text
    item.refresh_from_db()
    assert (item.severity, item.translation) == ("critical", "")


def test_save_and_answer_is_both_or_neither(browser: Client, phase: Phase) -> None:
    item = make_item(phase.rollout, reporter=make_tester(phase), may_ask_back=True)
    refused = act(browser, item, act="answer", **judged(item, severity="low"), reply=" ")
    assert "Write the answer first." in unescape(refused.content.decode())
    item.refresh_from_db()
    assert item.severity == ""
    act(browser, item, act="answer", **judged(item, severity="low"), reply="Thank you!")
    item.refresh_from_db()
    assert (item.severity, Reply.objects.count(), Message.objects.count()) == ("low", 1, 1)


def test_notes_moves_and_owners(browser: Client, phase: Phase, support: User) -> None:
    item = make_item(phase.rollout)
    for fields in (
        {"act": "note", "note": "<b>old phone</b>"},
        {"act": "take"},
        {"act": "resolve", "why": "Mended"},
        {"act": "give_back"},
    ):
        assert act(browser, item, **fields).status_code == 302
    item.refresh_from_db()
    assert (item.state, item.assignee) == (ItemState.RESOLVED, None)
    raw = browser.get(address(phase, f"{item.number}/")).content.decode()
    assert "&lt;b&gt;old phone&lt;/b&gt;" in raw
    assert "“Mended”" in unescape(raw)
    assert "Say why" in unescape(act(browser, item, act="reopen", why="").content.decode())
    for unknown in ("", "delete", "classify", "merge", "report"):
        assert act(browser, item, act=unknown).status_code == 404


def test_merging_shows_both_sides_first(browser: Client, phase: Phase) -> None:
    one = make_item(phase.rollout, reporter=make_tester(phase), text="Quiz button is cut off")
    two = make_item(phase.rollout, reporter=make_tester(phase), text="The quiz button is cut off here")
    assert f"Perhaps the same as {one.label}" in read(browser, phase, f"{two.number}/")
    asked = read(browser, phase, f"{two.number}/merge/?into={one.label}")
    assert "Quiz button is cut off" in asked
    assert "each person counts once" in asked
    two.refresh_from_db()
    assert two.state == ItemState.NEW
    done = browser.post(address(phase, f"{two.number}/merge/"), {"into": one.number})
    assert done["Location"] == address(phase, f"{one.number}/")
    text = read(browser, phase, f"{one.number}/")
    assert "2 people in all" in text
    assert act(browser, two, act="split", why="Another page").status_code == 302
    for wrong in ("", "x", "999", "FB-9999999", str(two.number)):
        refused = browser.post(address(phase, f"{two.number}/merge/"), {"into": wrong})
        assert (refused.status_code, "errors-title" in refused.content.decode()) == (200, True)


def test_what_is_not_alike_is_not_suggested(phase: Phase, support: User) -> None:
    one = make_item(phase.rollout, text="Video stops after ten seconds")
    two = make_item(phase.rollout, text="Could you add reminders?")
    same = make_item(phase.rollout, text="The video stops after ten seconds again")
    assert (perhaps_the_same(two), perhaps_the_same(same)) == (None, one)
    merge_item(item=same, into=one, by=support)
    same.refresh_from_db()
    assert (perhaps_the_same(same), perhaps_the_same(one)) == (None, None)


def test_a_picture_is_served_to_those_who_may_read_feedback(browser: Client, phase: Phase) -> None:
    kept = files.store(
        content=b"\x89PNG", name="picture.png", content_type="image/png", scope=phase.rollout.uuid, by=None
    )
    item = make_item(phase.rollout, picture=kept)
    where = address(phase, f"{item.number}/picture/")
    answer = browser.get(where)
    assert (b"".join(answer.streaming_content), answer["Content-Type"]) == (b"\x89PNG", "image/png")  # type: ignore[attr-defined]
    viewer = Client()
    viewer.force_login(make_member(phase.rollout, RoleName.VIEWER))
    assert viewer.get(where).status_code == 403
    assert Client().get(where).status_code == 302
    assert browser.get(address(phase, f"{make_item(phase.rollout).number}/picture/")).status_code == 404


def test_who_may_read_but_not_judge_sees_why(phase: Phase) -> None:
    item = make_item(phase.rollout)
    analyst = Client()
    analyst.force_login(make_member(phase.rollout, RoleName.ANALYST))
    text = read(analyst, phase, f"{item.number}/")
    assert "Judging feedback needs the role" in text
    assert 'name="act"' not in text
    for fields in (
        {"act": "note", "note": "x"},
        {"act": "take"},
        {"act": "start"},
        {"act": "save", "kind": "bug"},
    ):
        refused = act(analyst, item, **fields)
        assert refused.status_code == 403
    assert analyst.get(address(phase, f"{item.number}/merge/")).status_code == 403


@pytest.mark.parametrize("path", ["", "1/", "1/merge/", "1/picture/"])
def test_who_has_no_role_finds_nothing(phase: Phase, path: str) -> None:
    make_item(phase.rollout)
    stranger = Client()
    stranger.force_login(make_member(make_phase(phase.rollout, "8").rollout, RoleName.VIEWER))
    assert stranger.get(address(phase, path)).status_code == 403
    other = Client()
    other.force_login(User.objects.create_user("other@example.org"))
    assert other.get(address(phase, path)).status_code == 404
    assert Client().get(address(phase, path)).status_code == 302


def test_an_item_of_another_rollout_is_not_found(browser: Client, phase: Phase) -> None:
    assert browser.get(address(phase, "1/")).status_code == 404
    assert browser.get(address(phase, f"{10**12}/")).status_code == 404


def test_single_keys_are_switched_off_for_one_person_and_on_again(browser: Client, phase: Phase) -> None:
    item = make_item(phase.rollout)
    places, switch = ("", f"{item.number}/"), address(phase, "keys/")
    assert all("feedback/keys.js" in read(browser, phase, place) for place in places)
    off = browser.post(switch, {"keys": "off", "item": item.number})
    assert off["Location"] == address(phase, f"{item.number}/")
    for place in places:
        text = read(browser, phase, place)
        assert ("feedback/keys.js" in text, "Switch single keys on" in text) == (False, True)
    browser.force_login(make_member(phase.rollout, RoleName.ANALYST))
    assert "feedback/keys.js" in read(browser, phase), "another person in the same browser"
    browser.post(switch, {"keys": "off"})
    assert browser.post(switch, {"keys": "on", "item": "no number"})["Location"] == address(phase)
    assert "feedback/keys.js" in read(browser, phase)
    assert browser.get(switch).status_code == 405
