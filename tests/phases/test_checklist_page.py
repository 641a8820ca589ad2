"""Checklists on the page: tick by a plain POST, back to the same row, words kept when refused."""

import hashlib
from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from phases import attachments
from phases.models import ChecklistItem
from phases.permissions import RoleName
from phases.services import reopen_item, sign_gate, tick_item
from phases.states import ItemState
from rollout_portal.audit.models import AuditEvent
from rollout_portal.jobs import files
from rollout_portal.jobs.models import StoredFile
from rollout_portal.lib import clock
from tests.factories import confirmation, go, make_checklist, make_criterion, make_member, make_rollout, shown
from tests.phases.factories import Beta, text_of

pytestmark = pytest.mark.django_db

PAGE = "checklists/go-live/"


@pytest.fixture
def furnished(beta: Beta) -> Beta:
    beta.furnish()
    return beta


def item(number: int) -> ChecklistItem:
    return ChecklistItem.objects.get(code=f"go-live-{number}")


def press(client: Client, beta: Beta, number: int, act: str, text: str = "", **more: object) -> str:
    """Press a button of a row and return the answer as text, or the address that follows."""
    given = {"item": f"go-live-{number}", "act": act, "text": text, **more}
    answer = client.post(beta.url(PAGE), given)
    return answer["Location"] if answer.status_code == 302 else text_of(answer)


def test_a_tick_comes_back_to_its_row(client: Client, furnished: Beta) -> None:
    client.force_login(furnished.owner)
    assert press(client, furnished, 4, "tick") == furnished.url(f"{PAGE}?show=all#item-go-live-4")
    assert (item(4).state, item(4).resolved_by) == (ItemState.DONE, furnished.owner)
    page = client.get(furnished.url(PAGE))
    assert "done by Aisyah Rahman" in text_of(page)
    assert 'id="item-go-live-4" tabindex="-1"' in page.content.decode()


def test_the_filter_stays_in_the_address(client: Client, furnished: Beta) -> None:
    client.force_login(furnished.owner)
    answer = client.post(furnished.url(f"{PAGE}?show=open"), {"item": "go-live-4", "act": "tick"})
    assert answer["Location"] == furnished.url(f"{PAGE}?show=open#item-go-live-4")


def test_a_tick_that_needs_proof_is_refused_at_its_row(client: Client, furnished: Beta) -> None:
    client.force_login(furnished.owner)
    said = press(client, furnished, 3, "tick")
    assert "needs evidence: a link, a sentence or a file." in said
    assert item(3).state == ItemState.OPEN
    press(client, furnished, 3, "tick", evidence="https://translate.example.org/ta")
    assert item(3).evidence == "https://translate.example.org/ta"


def test_not_applicable_and_undo_ask_why_and_keep_the_words(client: Client, furnished: Beta) -> None:
    client.force_login(furnished.owner)
    assert "Say why “The status page names the beta” does not apply." in press(
        client, furnished, 4, "not_applicable"
    )
    press(client, furnished, 4, "not_applicable", "There is no status page")
    assert (item(4).state, item(4).reason) == (ItemState.NOT_APPLICABLE, "There is no status page")
    assert "not applicable, says Aisyah Rahman" in text_of(client.get(furnished.url(PAGE)))
    assert "Say why “The status page names the beta” is open again." in press(client, furnished, 4, "reopen")
    press(client, furnished, 4, "reopen", "Now there is one")
    assert item(4).state == ItemState.OPEN
    assert AuditEvent.objects.get(verb="checklist_item.reopened").reason == "Now there is one"


def test_a_refused_row_shows_its_form_open_with_the_words(client: Client, furnished: Beta) -> None:
    support = furnished.member(RoleName.SUPPORT)
    client.force_login(support)
    answer = client.post(
        furnished.url(PAGE), {"item": "go-live-3", "act": "not_applicable", "text": "No Tamil speakers"}
    )
    page = answer.content.decode()
    assert "belongs to the product owner." in text_of(answer)
    assert "Error:" in page.split("</title>")[0]
    assert item(3).state == ItemState.OPEN


def test_a_row_of_another_role_says_whose_it_is(client: Client, furnished: Beta) -> None:
    client.force_login(furnished.engineer)
    page = text_of(client.get(furnished.url(PAGE)))
    assert "“The privacy notice is translated into Tamil” belongs to the product owner." in page
    client.force_login(furnished.member(RoleName.VIEWER))
    assert "Your role reads this list." in text_of(client.get(furnished.url(PAGE)))


def test_somebody_else_was_first(client: Client, furnished: Beta) -> None:
    client.force_login(furnished.owner)
    said = press(client, furnished, 1, "tick")
    assert "Daniel Tan resolved “Alert rules for the API are switched on” already." in said


def test_a_reader_ticks_nothing(client: Client, furnished: Beta) -> None:
    client.force_login(furnished.member(RoleName.VIEWER))
    answer = client.post(furnished.url(PAGE), {"item": "go-live-4", "act": "tick"})
    assert (answer.status_code, item(4).state) == (403, ItemState.OPEN)


def test_acts_and_rows_that_do_not_exist(client: Client, furnished: Beta) -> None:
    client.force_login(furnished.owner)
    for posted in ({"item": "go-live-4", "act": "delete"}, {"item": "nothing", "act": "tick"}, {}):
        assert client.post(furnished.url(PAGE), posted).status_code == 404
    make_checklist(make_rollout(), "theirs")
    assert client.get(furnished.url("checklists/theirs/")).status_code == 404


@pytest.mark.parametrize(
    ("show", "rows"),
    [("all", {1, 2, 3, 4, 5}), ("open", {2, 3, 4, 5}), ("mine", {3}), ("nonsense", {1, 2, 3, 4, 5})],
)
def test_the_filters(client: Client, furnished: Beta, show: str, rows: set[int]) -> None:
    client.force_login(furnished.owner)
    page = client.get(furnished.url(f"{PAGE}?show={show}")).content.decode()
    assert {number for number in range(1, 6) if f'id="item-go-live-{number}"' in page} == rows


def test_the_sentence_names_the_gate_that_it_keeps_shut(client: Client, furnished: Beta) -> None:
    make_criterion(
        furnished.gate, "go-live", measure="phases.checklist", subject="go-live", comparator=">=",
        threshold=100, unit="%",
    )  # fmt: skip
    client.force_login(furnished.owner)
    page = text_of(client.get(furnished.url(PAGE)))
    assert "1 of 5 done; 3 keep “Phase 2 to phase 3” shut." in page


def test_late_is_said_by_word_and_shape(client: Client, furnished: Beta) -> None:
    late = item(5)
    late.due_on = clock.now().date() - timedelta(days=3)
    late.save()
    ChecklistItem.objects.filter(code="go-live-2").update(due_on=date(2099, 1, 1))
    client.force_login(furnished.owner)
    page = client.get(furnished.url(PAGE))
    assert "late, was due" in text_of(page)
    assert 'href="#c-late"' in page.content.decode()
    assert "1 late" in text_of(client.get(furnished.url("checklists/")))


PDF = b"%PDF-1.7 what was seen"


def sent(name: str = "report.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_a_file_is_evidence_and_can_be_opened(client: Client, furnished: Beta) -> None:
    client.force_login(furnished.owner)
    press(client, furnished, 3, "tick", evidence="https://reports.example.org/7", file=sent())
    row = item(3)
    assert (row.state, row.evidence) == (ItemState.DONE, "https://reports.example.org/7")
    assert row.evidence_file is not None
    assert row.evidence_file.digest == hashlib.sha256(PDF).hexdigest()
    url = furnished.url(f"proofs/{row.evidence_file.uuid}/")
    page = client.get(furnished.url(PAGE)).content.decode()
    assert f'<a href="{url}">report.pdf</a>' in page
    answer = client.get(url)
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
    assert answer["Content-Disposition"] == 'attachment; filename="report.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    entry = AuditEvent.objects.filter(verb="checklist_item.done").latest("pk")
    assert entry.after is not None
    assert entry.after["file"] == row.evidence_file.digest


def test_not_applicable_takes_evidence_too(client: Client, furnished: Beta) -> None:
    client.force_login(furnished.owner)
    press(client, furnished, 4, "not_applicable", "There is none", evidence="Ask Daniel", file=sent())
    row = item(4)
    assert (row.state, row.reason, row.evidence) == (
        ItemState.NOT_APPLICABLE,
        "There is none",
        "Ask Daniel",
    )
    assert row.evidence_file is not None


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("run.exe", b"MZ", "“run.exe” is not taken: PDF, PNG, JPEG, Word, Excel, CSV, JSON or text"),
        ("report", b"x", "“report” is not taken"),
        ("report.pdf", b"<html>", "“report.pdf” is not what its name says"),
        ("notes.txt", b"\x00\x01", "“notes.txt” is not what its name says"),
        ("notes.txt", b"\xff\xfe", "“notes.txt” is not what its name says"),
        ("empty.txt", b"", "“empty.txt” is empty."),
        ("big.pdf", PDF + b"x" * attachments.LARGEST, "“big.pdf” has 11 MB; the most is 10 MB."),
    ],
)
def test_a_file_that_is_not_taken_says_why_and_changes_nothing(
    client: Client, furnished: Beta, name: str, content: bytes, said: str
) -> None:
    client.force_login(furnished.owner)
    given = {"item": "go-live-3", "act": "tick", "evidence": "My words", "file": sent(name, content)}
    answer = client.post(furnished.url(PAGE), given)
    assert said in text_of(answer)
    assert "The file was not kept; choose it again." in text_of(answer)
    assert 'value="My words"' in answer.content.decode()
    assert item(3).state == ItemState.OPEN
    assert not StoredFile.objects.exists()


def test_a_refused_act_keeps_no_file(client: Client, furnished: Beta) -> None:
    client.force_login(furnished.owner)
    assert "Say why" in press(client, furnished, 4, "not_applicable", file=sent())
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        ("C:\\papers\\re\u202eport.PDF", PDF, ("report.PDF", "application/pdf")),
        ("தமிழ்.txt", "தமிழ்".encode() * 4000, ("தமிழ்.txt", "text/plain")),
        (f"{'x' * 300}.png", b"\x89PNG\r\n\x1a\n", (f"{'x' * 116}.png", "image/png")),
    ],
)
def test_a_name_keeps_what_can_be_seen_of_it(name: str, content: bytes, kept: tuple[str, str]) -> None:
    taken = attachments.take(name, ContentFile(content))
    assert (taken.name, taken.content_type) == kept


def test_only_evidence_is_handed_out_and_not_to_everybody(client: Client, furnished: Beta) -> None:
    client.force_login(furnished.owner)
    press(client, furnished, 3, "tick", file=sent())
    file = item(3).evidence_file
    assert file is not None
    list_of_people = files.store(
        content=b"x", name="x.csv", content_type="text/csv", scope=furnished.rollout.uuid, by=furnished.owner
    )
    assert client.get(furnished.url(f"proofs/{list_of_people.uuid}/")).status_code == 404
    other = make_rollout()
    client.force_login(make_member(other, RoleName.PRODUCT_OWNER))
    assert client.get(f"/console/{other.slug}/proofs/{file.uuid}/").status_code == 404
    client.force_login(furnished.member(RoleName.ADMINISTRATOR))
    assert client.get(furnished.url(f"proofs/{file.uuid}/")).status_code == 403
    page = client.get(furnished.url(PAGE)).content.decode()
    assert "report.pdf" in page
    assert f"proofs/{file.uuid}" not in page


def test_a_signed_file_can_be_opened_when_its_tick_is_gone(client: Client, beta: Beta) -> None:
    beta.ready()
    client.force_login(beta.owner)
    row = ChecklistItem.objects.get(checklist__code="alerts")
    reopen_item(item=row, by=beta.owner, reason="With the report.")
    row = tick_item(item=row, by=beta.owner, file=attachments.take("report.pdf", ContentFile(PDF)))
    file = row.evidence_file
    assert file is not None
    gate = client.get(beta.url(f"gates/{beta.gate.code}/")).content.decode()
    assert f"proofs/{file.uuid}/" in gate
    signed = sign_gate(
        gate=beta.gate,
        by=beta.owner,
        chosen=go(),
        shown=shown(beta.gate),
        confirmation=confirmation(beta.owner),
    )
    reopen_item(item=row, by=beta.owner, reason="It was the wrong report.")
    record = client.get(beta.url(f"gates/{beta.gate.code}/record/{signed.evidence.uuid}/"))
    assert f"proofs/{file.uuid}/" in record.content.decode()
    assert file.digest[:8] in text_of(record)
    answer = client.get(beta.url(f"proofs/{file.uuid}/"))
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]


def test_hostile_words_stay_words(client: Client, furnished: Beta) -> None:
    evil = item(4)
    evil.text = "<script>alert(1)</script>"
    evil.save()
    client.force_login(furnished.owner)
    assert "<script>alert" not in client.get(furnished.url(PAGE)).content.decode()


def test_one_item_and_three_cost_the_same(
    client: Client, beta: Beta, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_checklist(beta.rollout, "one", items=1)
    make_checklist(beta.rollout, "three", items=3)
    client.force_login(beta.owner)
    client.get(beta.url("checklists/one/"))
    with CaptureQueriesContext(connection) as first:
        client.get(beta.url("checklists/one/"))
    cost = len(first)
    with django_assert_num_queries(cost):
        client.get(beta.url("checklists/three/"))


def test_one_list_and_three_cost_the_same(
    client: Client, beta: Beta, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_checklist(beta.rollout, "one")
    client.force_login(beta.owner)
    client.get(beta.url("checklists/"))
    with CaptureQueriesContext(connection) as first:
        client.get(beta.url("checklists/"))
    cost = len(first)
    make_checklist(beta.rollout, "two", phase=beta.phase)
    make_checklist(beta.rollout, "three", phase=beta.next)
    with django_assert_num_queries(cost):
        assert "0 of 6 items are done." in text_of(client.get(beta.url("checklists/")))


def test_an_empty_list_says_what_will_be_here(client: Client) -> None:
    rollout = make_rollout()
    client.force_login(make_member(rollout, RoleName.VIEWER))
    assert "The plan has no checklist yet." in text_of(client.get(f"/console/{rollout.slug}/checklists/"))
    make_checklist(rollout, "bare", items=0)
    assert "This list has no item yet." in text_of(client.get(f"/console/{rollout.slug}/checklists/bare/"))
