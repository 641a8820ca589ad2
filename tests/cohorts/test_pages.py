"""The pages for staff: each opens, acts by POST only, hides names, and asks a constant number of queries."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cohorts.importing import services as importing
from cohorts.models import (
    AttributeDefinition,
    Batch,
    ConsentEvent,
    Membership,
    Participant,
    ParticipantImport,
    Person,
    Selection,
)
from cohorts.services import drawings
from cohorts.states import AttributeType, BatchState, ParticipantState, SelectionState
from phases.models import Phase, Rollout
from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock
from tests.cohorts.factories import (
    csv,
    make_participant,
    make_phase,
    make_pool,
    make_role,
    make_rollout,
    make_rule,
)
from tests.cohorts.test_invitations import approved, drafted, selected_phase
from tests.factories import make_user

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>\"'>"


@pytest.fixture
def rollout() -> Rollout:
    return make_rollout(product="MediMate", slug="medimate")


@pytest.fixture
def owner(rollout: Rollout) -> User:
    return make_role(rollout, RoleName.PRODUCT_OWNER)


@pytest.fixture
def engineer(rollout: Rollout) -> User:
    return make_role(rollout, RoleName.RELEASE_ENGINEER)


def _bytes(answer: Any) -> bytes:
    """The content of a file that is streamed."""
    return b"".join(answer.streaming_content)


def _download(answer: Any) -> str:
    """The text of a file that is streamed."""
    return _bytes(answer).decode()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _url(name: str, *args: object) -> str:
    return reverse(f"cohorts:{name}", args=["medimate", *args])


def _text(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status, url
    return response.content.decode()


def _words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_the_list_shows_numbers_and_no_names(rollout: Rollout, owner: User) -> None:
    AttributeDefinition.objects.create(rollout=rollout, code="level", label="Level", type=AttributeType.TEXT)
    make_participant(
        rollout, "ana@example.org", name="Ana Secret", language="ta", attributes={"level": HOSTILE}
    )
    text = _text(signed_in(owner), _url("participants"))
    assert "T-001" in text
    assert "Tamil" in text
    assert "Ana Secret" not in text
    assert "ana@example.org" not in text
    assert "<script>alert" not in text


def test_the_list_is_filtered_by_its_address(rollout: Rollout, owner: User) -> None:
    make_participant(rollout, "ana@example.org", language="ta", external_id="M-7")
    make_participant(rollout, "bo@example.org", language="ms", state=ParticipantState.LEFT)
    make_participant(rollout, "cy@example.org", opted_out_at=clock.now())
    client = signed_in(owner)

    def found(query: str) -> list[str]:
        return re.findall(r"participants/\d+/\">(T-\d+)", _text(client, f"{_url('participants')}?{query}"))

    assert found("") == ["T-001", "T-002", "T-003"]
    assert found("state=left") == ["T-002"]
    assert found("language=ta") == ["T-001"]
    assert found("language=none") == ["T-003"]
    assert found("wish=no") == ["T-003"]
    assert found("q=ANA@example.org") == ["T-001"]
    assert found("q=ana") == [], "no search by a part of an address"
    assert found("q=T-002") == ["T-002"]
    assert found("q=2") == ["T-002"]
    assert found("q=M-7") == ["T-001"]
    assert found("after=2") == ["T-003"]
    for nonsense in (
        "state=x",
        "after=-1",
        "after=99999999999999999999",
        "language=xx",
        "q=@",
        "q=a@%E2%80%8B",
    ):
        _text(client, f"{_url('participants')}?{nonsense}")


def test_a_page_of_the_list_ends_and_goes_on(rollout: Rollout, owner: User) -> None:
    make_pool(rollout, ms=60)
    text = _text(signed_in(owner), f"{_url('participants')}?language=ms")
    assert "language=ms&amp;after=50" in text
    assert "T-050" in text
    assert "T-051" not in text


@pytest.mark.parametrize("role", [RoleName.ADMINISTRATOR, RoleName.VIEWER])
def test_administrators_and_viewers_see_nobody(rollout: Rollout, owner: User, role: RoleName) -> None:
    make_participant(rollout)
    client = signed_in(make_role(rollout, role))
    for name in ("participants", "export", "import_start", "selections", "invitations"):
        assert client.get(_url(name)).status_code == 403
    assert client.get(_url("participant", 1)).status_code == 403


def test_a_name_is_shown_by_a_button_and_the_look_is_recorded(
    rollout: Rollout, owner: User, engineer: User
) -> None:
    make_participant(rollout, "ana@example.org", name=f"Ana {HOSTILE}")
    page = _text(signed_in(owner), _url("participant", 1))
    assert "ana@example.org" not in page
    assert signed_in(owner).get(_url("reveal", 1)).status_code == 405
    shown = signed_in(owner).post(_url("reveal", 1)).content.decode()
    assert "ana@example.org" in shown
    assert "<script>alert" not in shown
    assert AuditEvent.objects.get(verb="person.revealed").object_label == "T-001"
    assert signed_in(engineer).post(_url("reveal", 1)).status_code == 403


def test_sensitive_attributes_are_for_those_who_may_see_names(
    rollout: Rollout, owner: User, engineer: User
) -> None:
    AttributeDefinition.objects.create(
        rollout=rollout, code="illness", label="Illness", type=AttributeType.TEXT, sensitive=True
    )
    make_participant(rollout, attributes={"illness": "asthma"})
    assert "asthma" in _text(signed_in(owner), _url("participant", 1))
    assert "asthma" not in _text(signed_in(engineer), _url("participant", 1))
    assert "asthma" not in _text(signed_in(engineer), _url("participants"))
    exported = _download(signed_in(engineer).get(_url("export")))
    assert "asthma" not in exported


def test_an_export_holds_no_formula_and_names_only_when_asked(
    rollout: Rollout, owner: User, engineer: User
) -> None:
    AttributeDefinition.objects.create(rollout=rollout, code="note", label="Note", type=AttributeType.TEXT)
    make_participant(rollout, "ana@example.org", name="=cmd", language="ta", attributes={"note": "@SUM(1)"})

    def exported(user: User, *, names: bool = False) -> str:
        client = signed_in(user)
        response = client.post(_url("export")) if names else client.get(_url("export") + "?names=1")
        return _bytes(response).decode("utf-8-sig")

    assert exported(owner).splitlines() == [
        '"Number","Language","State","Id in the product","Came from","Note"',
        '"T-001","ta","In the register","","","\'@SUM(1)"',
    ]
    assert '"\'=cmd","ana@example.org"' in exported(owner, names=True)
    assert signed_in(engineer).post(_url("export")).status_code == 403
    assert AuditEvent.objects.filter(verb="participants.exported").count() == 1


def test_a_wish_and_an_erasure_are_written_down(rollout: Rollout, owner: User) -> None:
    make_participant(rollout, "ana@example.org")
    client = signed_in(owner)
    assert "Choose one." in client.post(_url("wish", 1), {"reason": "by phone"}).content.decode()
    assert client.post(_url("wish", 1), {"wish": "quiet", "reason": "by phone"}).status_code == 302
    assert ConsentEvent.objects.get().by == owner
    assert "cannot" not in _text(client, _url("erase", 1))
    assert client.post(_url("erase", 1), {"reason": "asked by letter"}).status_code == 302
    assert Person.objects.get().erased_at is not None
    assert "Erased" in _text(client, _url("participant", 1))
    assert client.get(_url("participant", 2)).status_code == 404


def test_an_import_goes_through_its_four_pages_without_script(rollout: Rollout, owner: User) -> None:
    client = signed_in(owner)
    assert "Choose a file, or paste the lines." in client.post(_url("import_start")).content.decode()
    assert (
        "workbook"
        in client.post(
            _url("import_start"), {"file": SimpleUploadedFile("a.xlsx", b"PK\x03\x04")}
        ).content.decode()
    )
    content = csv(
        "ana@example.org,Ana,ms", f'bad,"{HOSTILE.replace(chr(34), "")}",ms', "bo@example.org,Bo,ta"
    )
    response = client.post(_url("import_start"), {"file": SimpleUploadedFile(f"{HOSTILE}.csv", content)})
    step = response["Location"]
    page = _text(client, step)
    assert "Read as UTF-8, cells separated by comma." in page
    assert "<script>alert" not in page
    columns = {"column0": "email", "column1": "name", "column2": "language", "do": "check"}
    refused = client.post(step, columns).content.decode()
    assert "Say what the people agreed to." in refused
    assert "Say when they agreed." in refused
    agreed = {"source": "sign-up", "consent_wording": "I want to test", "consent_on": "2026-11-02"}
    assert client.post(step, columns | agreed)["Location"] == step
    look = _text(client, step)
    assert "This list has: 2 new, 1 line with errors." in look
    assert "Import 2 people" in look
    assert "<script>alert" not in look
    assert Participant.objects.count() == 0
    assert client.post(step, {"do": "import"})["Location"] == step
    done = _text(client, step)
    assert "Imported: 2 new, 1 line with errors." in done
    assert Participant.objects.count() == 2
    bad = client.get(f"{step}bad-lines.csv")
    assert "attachment" in bad["Content-Disposition"]
    assert b"bad" in _bytes(bad)
    assert client.post(step, {"do": "import"}).status_code == 409


def test_a_long_import_shows_how_far_it_is_and_can_be_stopped(
    rollout: Rollout, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "SHORT_ENOUGH", 0)
    client = signed_in(owner)
    step = client.post(_url("import_start"), {"lines": "email\nana@example.org\n"})["Location"]
    client.post(
        step, {"column0": "email", "consent_wording": "Yes", "consent_on": "2026-11-02", "do": "check"}
    )
    response = client.get(step)
    assert response["Refresh"] == "3"
    assert "You can leave this page and come back." in response.content.decode()
    client.post(step, {"do": "cancel"})
    assert "Refresh" not in client.get(step)
    assert ParticipantImport.objects.get().state == "read"


def test_a_selection_is_drawn_sent_and_approved_on_its_pages(
    rollout: Rollout, owner: User, engineer: User
) -> None:
    phase = make_phase(rollout)
    make_rule(phase)
    make_pool(rollout, ms=30, zh_hans=20, ta=8, en=9)
    first = signed_in(engineer)
    assert "50 seats: ms 20" in _text(first, _url("selections"))
    page = first.post(_url("draw", "2"), {"seed": ""})["Location"]
    text = _words(_text(first, page))
    assert "48 of 50 seats are filled. Tamil is short by 2." in text
    assert "8, short by 2" in text
    selection = Selection.objects.get()
    send = _url("propose", selection.uuid)
    assert "Say what shall happen with the open seats." in first.post(send).content.decode()
    assert first.post(send, {"shortfall": "go_on"}).status_code == 302
    assert first.get(_url("decide_selection", selection.uuid)).status_code == 403
    second = signed_in(owner)
    assert "Approve 48 people…" in _words(_text(second, page))
    assert "48 more get one." in _text(second, _url("decide_selection", selection.uuid))
    assert "Choose one." in second.post(_url("decide_selection", selection.uuid)).content.decode()
    assert second.post(_url("decide_selection", selection.uuid), {"decision": "approve"}).status_code == 302
    selection.refresh_from_db()
    assert (selection.state, Membership.objects.count()) == (SelectionState.APPLIED, 48)
    proof = second.get(_url("proof", selection.uuid))
    assert _bytes(proof).startswith(b'{"algorithm"')


def test_a_selection_says_why(rollout: Rollout, owner: User) -> None:
    phase = make_phase(rollout)
    make_rule(phase, {"ms": 1})
    make_participant(rollout, "ana@example.org", language="ms")
    selection = drawings.draft_selection(phase=phase, by=owner)
    page = _url("selection", selection.uuid)
    client = signed_in(owner)
    assert "T-001: Malay, place 1 in the draw; 1 seats." in _text(client, f"{page}?who=ana@example.org")
    assert "Nobody in the register" in _text(client, f"{page}?who=T-999")
    assert "<script>alert" not in _text(client, f"{page}?who={HOSTILE}")


def test_open_seats_are_given_away_with_a_name_and_a_reason(rollout: Rollout, owner: User) -> None:
    phase = make_phase(rollout)
    make_rule(phase, {"ms": 1, "ta": 1})
    make_pool(rollout, ms=3)
    selection = drawings.draft_selection(phase=phase, by=owner)
    client = signed_in(owner)
    assert "Give the open seats to others…" in _text(client, _url("selection", selection.uuid))
    answer = client.post(_url("reallocate", selection.uuid), {"reason": "Nobody speaks it"})
    assert "2 of 2 seats are filled." in _text(client, answer["Location"])


def test_a_batch_is_prepared_approved_held_and_resumed_on_its_pages(
    rollout: Rollout, owner: User, engineer: User
) -> None:
    selected_phase(rollout, owner, engineer)
    client = signed_in(owner)
    assert "4 people have a seat; 4 were not asked yet." in _text(client, _url("invitations"))
    now = clock.now().astimezone(rollout.zone)
    times = {
        "send_at": now.strftime("%Y-%m-%dT%H:%M"),
        "answer_until": (now + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M"),
    }
    wrong = client.post(_url("new_batch", "2"), times | {"answer_until": times["send_at"]})
    assert "must be after the day of sending" in wrong.content.decode()
    page = client.post(_url("new_batch", "2"), times | {"size": "3"})["Location"]
    batch = Batch.objects.get()
    assert batch.send_at == now.replace(second=0, microsecond=0)
    assert "Batch 1 has 3 people and waits for approval." in _text(client, page)
    approve = _url("approve_batch", batch.uuid)
    text = _text(client, approve)
    assert "Invite 3 people" in text
    assert "Will you test MediMate with us?" in text
    assert "Mahukah anda menguji" in text
    assert client.post(approve).status_code == 302
    assert "Batch 1 is sending: 0 of 3." in _text(client, page)
    assert "3 unsent invitations are held." in _text(client, _url("batch_verb", batch.uuid, "hold"))
    assert client.post(_url("batch_verb", batch.uuid, "hold"), {"reason": ""}).status_code == 200
    assert client.post(_url("batch_verb", batch.uuid, "hold"), {"reason": HOSTILE}).status_code == 302
    assert "<script>alert" not in _text(client, _url("invitations"))
    assert "Batch 1 is on hold: 0 of 3 are out." in _text(client, page)
    assert client.post(_url("batch_verb", batch.uuid, "resume"), {"reason": "Right now"}).status_code == 302
    assert client.post(_url("batch_verb", batch.uuid, "cancel"), {"reason": "Wrong day"}).status_code == 302
    batch.refresh_from_db()
    assert batch.state == BatchState.CANCELLED
    assert client.get(_url("batch_verb", batch.uuid, "delete")).status_code == 404


def test_support_may_hold_a_batch_and_not_approve_it(rollout: Rollout, owner: User, engineer: User) -> None:
    batch = drafted(selected_phase(rollout, owner, engineer), owner)
    support = signed_in(make_role(rollout, RoleName.SUPPORT))
    assert support.post(_url("approve_batch", batch.uuid)).status_code == 403
    assert support.post(_url("batch_verb", batch.uuid, "resume"), {"reason": "x"}).status_code == 403
    assert support.post(_url("batch_verb", batch.uuid, "hold"), {"reason": "Wrong text"}).status_code == 302


def _furnished(rollout: Rollout, owner: User, engineer: User) -> tuple[Phase, Selection, Batch]:
    phase = selected_phase(rollout, owner, engineer)
    return phase, Selection.objects.get(phase=phase), approved(phase, owner, size=3)


def _get_pages(selection: Selection, batch: Batch) -> list[str]:
    return [
        _url("participants"),
        _url("participant", 1),
        _url("import_start"),
        _url("wish", 1),
        _url("erase", 1),
        _url("selections"),
        _url("draw", "2"),
        _url("selection", selection.uuid),
        _url("invitations"),
        _url("new_batch", "2"),
        _url("batch", batch.uuid),
        _url("batch_verb", batch.uuid, "hold"),
    ]


def test_looking_at_a_page_changes_nothing(rollout: Rollout, owner: User, engineer: User) -> None:
    _phase, selection, batch = _furnished(rollout, owner, engineer)
    client = signed_in(owner)
    client.get(_url("participants"))
    for page in [*_get_pages(selection, batch), _url("export"), _url("proof", selection.uuid)]:
        with CaptureQueriesContext(connection) as queries:
            response = client.get(page)
            if response.streaming:
                _bytes(response)
        written = [q["sql"] for q in queries if q["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]
        assert written == [], page


def test_another_rollouts_things_are_not_found(rollout: Rollout, owner: User, engineer: User) -> None:
    _phase, selection, batch = _furnished(rollout, owner, engineer)
    other = make_rollout(slug="other")
    stranger = signed_in(make_role(other))
    for page in [*_get_pages(selection, batch), _url("export"), _url("proof", selection.uuid)]:
        assert stranger.get(page).status_code == 404, page
        assert stranger.get(page.replace("/medimate/", "/other/")).status_code in (200, 404)
    for name, row in (("selection", selection), ("proof", selection), ("batch", batch)):
        assert stranger.get(reverse(f"cohorts:{name}", args=["other", row.uuid])).status_code == 404


@pytest.mark.parametrize("name", ["participants", "selections", "invitations"])
def test_lists_ask_the_same_with_one_row_and_with_three(
    rollout: Rollout, owner: User, engineer: User, name: str
) -> None:
    asked = []
    for number in (2, 3, 4):
        phase = make_phase(rollout, str(number))
        make_rule(phase, {"ta": 1})
        make_participant(rollout, language="ta")
        selection = drawings.draft_selection(phase=phase, by=engineer)
        selection.refresh_from_db()
        Membership.objects.create(
            selection=selection,
            participant=make_participant(rollout, state=ParticipantState.SELECTED),
            phase=phase,
            reason="test",
            joined_at=clock.now(),
        )
        Batch.objects.create(
            rollout=rollout,
            phase=phase,
            selection=selection,
            number=1,
            send_at=clock.now(),
            answer_until=clock.now() + timedelta(days=1),
            drafted_by=owner,
            drafted_at=clock.now(),
        )
        client = signed_in(owner)
        client.get(_url(name))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(_url(name)).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1] == asked[2]
    assert asked[0] < 30


ADMIN = [
    "participant",
    "attributedefinition",
    "consenttext",
    "consentevent",
    "selectionrule",
    "quota",
    "selection",
    "membership",
    "batch",
    "invitation",
    "participantimport",
]
PEOPLES_ADDRESS = re.compile(r"(ms|ta|en|zh_hans)\d+@example")
PERSONAL = {
    "participant",
    "consentevent",
    "selection",
    "membership",
    "batch",
    "invitation",
    "participantimport",
}


@pytest.mark.parametrize("model", ADMIN)
def test_all_data_shows_own_rollouts_and_nothing_personal_to_administrators(
    rollout: Rollout, owner: User, engineer: User, model: str
) -> None:
    _furnished(rollout, owner, engineer)
    url = reverse(f"admin:cohorts_{model}_changelist")
    text = _text(signed_in(owner), f"{url}?q=1")
    assert not PEOPLES_ADDRESS.search(text)
    stranger = signed_in(make_role(make_rollout()))
    assert "T-001" not in _text(stranger, url)
    administrators = [make_role(rollout, RoleName.ADMINISTRATOR), make_user(is_superuser=True)]
    for person in administrators:
        assert signed_in(person).get(url).status_code == (403 if model in PERSONAL else 200)


def test_nothing_is_added_changed_or_deleted_under_all_data(
    rollout: Rollout, owner: User, engineer: User
) -> None:
    _furnished(rollout, owner, engineer)
    person = Participant.objects.order_by("pk")[0]
    client = signed_in(owner)
    assert client.get(reverse("admin:cohorts_participant_add")).status_code == 403
    change = reverse("admin:cohorts_participant_change", args=[person.pk])
    shown = _text(client, change)
    assert not PEOPLES_ADDRESS.search(shown)
    assert client.post(change, {"state": "left"}).status_code == 403
    assert client.get(reverse("admin:cohorts_participant_delete", args=[person.pk])).status_code == 403
    assert client.get(reverse("admin:cohorts_participant_history", args=[person.pk])).status_code in (
        200,
        302,
    )
