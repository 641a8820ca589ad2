"""Pages by personal links: nothing by GET, nothing about others, every language, no inline anything."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cohorts import hooks
from cohorts.models import (
    AttributeDefinition,
    Batch,
    ConsentEvent,
    ConsentText,
    Invitation,
    Participant,
    Person,
    PersonalLink,
)
from cohorts.services import people
from cohorts.states import Answer, AttributeType, How, ParticipantState, Purpose
from phases import services as phases
from phases.models import Rollout
from phases.permissions import RoleName
from phases.states import RolloutState
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock, links
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.states import MessageState
from tests.cohorts.factories import make_role, make_rollout
from tests.cohorts.test_invitations import approved, selected_phase

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation() -> Invitation:
    """A sent invitation to somebody who reads English."""
    rollout = make_rollout(product="MediMate")
    owner = make_role(rollout)
    phase = selected_phase(rollout, owner, make_role(rollout, RoleName.RELEASE_ENGINEER), en=2)
    batch = approved(phase, owner)
    Message.objects.update(state=MessageState.SENT, sent_at=clock.now())
    ConsentText.objects.create(
        rollout=rollout,
        code="behaviour",
        purpose=Purpose.BEHAVIOUR,
        texts={"en": "You may see how I use it.", "ta": "நான் எப்படிப் பயன்படுத்துகிறேன் என்று பார்க்கலாம்."},
    )
    first = batch.invitations.select_related("participant__person", "message", "batch").order_by("pk").first()
    assert first is not None
    return first


def _link(invitation: Invitation) -> str:
    assert invitation.message is not None
    address = hooks.mint_invitation_link(invitation.uuid, invitation.message)
    return address.removeprefix("http://localhost:8000")


def _leave_link(invitation: Invitation) -> str:
    assert invitation.message is not None
    address = hooks.mint_leave_link(invitation.participant.uuid, invitation.message)
    return address.removeprefix("http://localhost:8000")


def _opened(invitation: Invitation) -> Client:
    client = Client()
    client.get(_link(invitation))
    return client


def _page(invitation: Invitation, below: str = "") -> str:
    return f"/t/{invitation.uuid}/{below}"


def _text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_opening_a_link_sets_a_cookie_for_its_pages_and_drops_the_token(invitation: Invitation) -> None:
    address = _link(invitation)
    client = Client()
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, _page(invitation))
    cookie = response.cookies["visit"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (_page(invitation), True, "Lax")
    token = address.split("/")[3]
    assert token not in response["Location"]
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "Will you test MediMate with us?" in _text(client, _page(invitation))
    assert PersonalLink.objects.get(purpose="cohorts.answer_invitation").digest == links.token_digest(token)


def test_several_links_are_live_at_once(invitation: Invitation) -> None:
    old, new = _link(invitation), _link(invitation)
    for address in (old, new, old):
        assert Client().get(address).status_code == 302


def _wrong_links(invitation: Invitation) -> list[str]:
    good = _link(invitation)
    token = good.split("/")[3]
    leave = _leave_link(invitation).split("/")[3]
    never_mailed = links.mint("cohorts.answer_invitation", invitation.uuid)
    revoked = _link(invitation)
    PersonalLink.objects.filter(digest=links.token_digest(revoked.split("/")[3])).update(
        revoked_at=clock.now()
    )
    return [
        f"/t/i/{token[:-1]}/",
        f"/t/i/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}/",
        f"/t/i/{leave}/",
        f"/t/l/{token}/",
        f"/t/i/{never_mailed}/",
        revoked,
        "/t/i/x/",
        f"/t/{invitation.uuid}/",
        f"/t/{invitation.uuid}/leave/",
        f"/t/{uuid4()}/data/",
    ]


def test_a_wrong_link_says_the_same_whoever_exists(invitation: Invitation) -> None:
    pages = set()
    for address in _wrong_links(invitation):
        response = Client().get(address)
        assert response.status_code == 404, address
        pages.add(response.content)
    assert len(pages) == 1
    text = pages.pop().decode()
    assert "This link does not open anything" in text
    assert "MediMate" not in text


def test_the_cookie_of_one_visit_opens_no_other(invitation: Invitation) -> None:
    other = Invitation.objects.exclude(pk=invitation.pk).get()
    client = _opened(invitation)
    client.cookies["visit"]["path"] = "/"
    for below in ("", "leave/", "data/", "data/download/", "data/erase/"):
        assert client.get(f"/t/{other.uuid}/{below}").status_code == 404
        assert client.post(f"/t/{other.uuid}/{below}", {"answer": "accept", "do": "erase"}).status_code == 404
    assert not Participant.objects.taking_part().exists()


@pytest.mark.parametrize(
    ("state", "days", "opens"),
    [
        (ParticipantState.INVITED, 29, True),
        (ParticipantState.INVITED, 31, False),
        (ParticipantState.DECLINED, 31, False),
        (ParticipantState.ACCEPTED, 400, True),
        (ParticipantState.ACTIVE, 400, True),
    ],
)
def test_a_link_to_an_invitation_opens_until_a_month_after_the_last_day_and_while_she_takes_part(
    invitation: Invitation,
    state: ParticipantState,
    days: int,
    opens: bool,
    business_clock: Callable[[datetime], None],
) -> None:
    address, client = _link(invitation), _opened(invitation)
    Participant.objects.update(state=state)
    business_clock(invitation.batch.answer_until + timedelta(days=days))
    assert Client().get(address).status_code == (302 if opens else 404)
    data = client.get(_page(invitation, "data/"))
    assert data.status_code == (200 if opens else 404)
    if not opens:
        assert Client().get(address).content == Client().get("/t/i/nothing/").content, "it tells of nobody"


def test_a_link_opens_for_a_month_after_she_left_or_the_rollout_ended(
    invitation: Invitation, business_clock: Callable[[datetime], None]
) -> None:
    address, day = _link(invitation), invitation.batch.answer_until + timedelta(days=200)
    changes: list[Callable[[], object]] = [
        lambda: Participant.objects.update(state=ParticipantState.LEFT, state_at=day),
        lambda: (
            Participant.objects.update(state=ParticipantState.ACTIVE),
            Rollout.objects.update(state=RolloutState.CLOSED, ended_at=day),
        ),
    ]
    for change in changes:
        change()
        for days, status in ((29, 302), (31, 404)):
            business_clock(day + timedelta(days=days))
            assert Client().get(address).status_code == status


def test_reading_changes_nothing(invitation: Invitation) -> None:
    addresses = [_link(invitation), _leave_link(invitation)]
    client = _opened(invitation)
    pages = [_page(invitation, below) for below in ("", "leave/", "data/", "data/download/", "data/erase/")]
    asked = [*pages, *(f"{page}?lang=ta&answer=accept&do=leave" for page in pages)]
    with CaptureQueriesContext(connection) as queries:
        for browser, address in [(Client(), address) for address in addresses] + [
            (client, page) for page in asked
        ]:
            assert browser.get(address).status_code in (200, 302)
            assert browser.head(address).status_code in (200, 302)
    assert not [query["sql"] for query in queries if not query["sql"].lstrip().upper().startswith("SELECT")]


def test_accepting_by_a_pressed_button(invitation: Invitation) -> None:
    client = _opened(invitation)
    assert "checked" not in _text(client, _page(invitation)), "nothing is ticked beforehand"
    response = client.post(_page(invitation), {"answer": "accept", "consent": "behaviour"})
    assert (response.status_code, response["Location"]) == (302, _page(invitation))
    assert "You are in" in _text(client, _page(invitation))
    invitation.refresh_from_db()
    assert invitation.answer == Answer.ACCEPTED
    given = ConsentEvent.objects.in_force().values_list("purpose", "how", "language")
    assert set(given) == {(Purpose.BEHAVIOUR, How.PAGE, "en"), (Purpose.TAKE_PART, How.PAGE, "en")}


def test_declining_by_a_pressed_button(invitation: Invitation) -> None:
    client = _opened(invitation)
    client.post(_page(invitation), {"answer": "decline"})
    assert "You said no, thank you" in _text(client, _page(invitation))
    response = client.post(_page(invitation), {"answer": "accept"})
    assert "You have answered already" in response.content.decode()
    invitation.participant.refresh_from_db()
    assert invitation.participant.state == ParticipantState.DECLINED


@pytest.mark.parametrize("sent", [{}, {"answer": ""}, {"answer": "yes"}, {"answer": "accept\x00"}])
def test_without_one_of_the_buttons_nothing_happens(invitation: Invitation, sent: dict[str, str]) -> None:
    response = _opened(invitation).post(_page(invitation), sent)
    assert "Press one of the two buttons." in response.content.decode()
    assert "<title>Error:" in response.content.decode()
    assert not Invitation.objects.exclude(answer="").exists()


def test_posts_without_a_token_against_forgery_are_refused(invitation: Invitation) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(_link(invitation))
    assert client.post(_page(invitation), {"answer": "accept"}).status_code == 403


def test_a_paused_test_says_so_and_takes_a_no(invitation: Invitation) -> None:
    owner = invitation.batch.approved_by
    assert owner is not None
    phases.hold_phase(phase=invitation.batch.phase, by=owner, reason="API errors")
    client = _opened(invitation)
    assert "The test is paused." in _text(client, _page(invitation))
    response = client.post(_page(invitation), {"answer": "accept"})
    assert "The test is paused." in response.content.decode()
    client.post(_page(invitation), {"answer": "decline"})
    assert "You said no, thank you" in _text(client, _page(invitation))


def test_after_the_last_day_the_page_says_what_to_do(invitation: Invitation) -> None:
    past = clock.now() - timedelta(minutes=1)
    Batch.objects.update(send_at=past - timedelta(days=1), answer_until=past)
    text = _text(_opened(invitation), _page(invitation))
    assert "The time to answer is over." in text
    assert 'name="answer"' not in text


def test_switching_the_language_keeps_what_was_ticked_and_does_nothing(invitation: Invitation) -> None:
    client = _opened(invitation)
    response = client.post(_page(invitation), {"lang": "ta", "consent": "behaviour", "answer": "accept"})
    text = response.content.decode()
    assert '<html lang="ta">' in text
    assert "நான் எப்படிப் பயன்படுத்துகிறேன்" in text
    assert re.search(r'value="behaviour" checked', text)
    assert not Invitation.objects.exclude(answer="").exists()
    assert '<html lang="ta">' in _text(client, _page(invitation)), "the language stays for the visit"
    assert '<html lang="zh-Hans">' in _text(client, _page(invitation, "data/?lang=zh-hans"))
    assert '<html lang="zh-Hans">' in _text(client, _page(invitation, "data/?lang=xx"))


@pytest.mark.parametrize(
    ("language", "html", "words"),
    [
        ("en", "en", "Take part"),
        ("ms", "ms", "Sertai"),
        ("zh-hans", "zh-Hans", "参加"),
        ("ta", "ta", "பங்கேற்கிறேன்"),
    ],
)
def test_a_page_opens_in_the_language_of_the_person(
    invitation: Invitation, language: str, html: str, words: str
) -> None:
    Person.objects.filter(pk=invitation.participant.person_id).update(language=language)
    text = _text(_opened(invitation), _page(invitation))
    assert f'<html lang="{html}">' in text
    assert words in text


def test_leaving_frees_the_seat_and_stops_everything(invitation: Invitation) -> None:
    client = _opened(invitation)
    client.post(_page(invitation), {"answer": "accept"})
    response = client.post(_page(invitation, "leave/"), {"do": "leave", "reason": "No time"})
    assert response.status_code == 302
    assert "You left the test" in _text(client, _page(invitation, "leave/"))
    assert "You left the test" in _text(client, _page(invitation))
    participant = Participant.objects.get(pk=invitation.participant_id)
    assert (participant.state, participant.left_because) == (ParticipantState.LEFT, "No time")
    assert participant.opted_out_at is not None
    assert "No time" not in str(list(AuditEvent.objects.values_list("reason", "after")))


def test_stopping_the_messages_keeps_the_seat(invitation: Invitation) -> None:
    client = _opened(invitation)
    client.post(_page(invitation), {"answer": "accept"})
    client.post(_page(invitation, "leave/"), {"do": "quiet"})
    participant = Participant.objects.get(pk=invitation.participant_id)
    assert participant.state == ParticipantState.ACCEPTED
    assert participant.opted_out_at is not None
    agree = {"purpose": Purpose.CONTACT, "wanted": "given"}
    assert 'value="given"' in _text(client, _page(invitation, "data/"))
    for _tap in range(2):
        client.post(_page(invitation, "data/"), agree)
        participant.refresh_from_db()
        assert participant.opted_out_at is None, "a second tap asks for the same"
    assert ConsentEvent.objects.filter(purpose=Purpose.CONTACT).count() == 2
    for spoiled in (
        {"wanted": "given"},
        agree | {"wanted": "x"},
        agree | {"purpose": "x", "wanted": "withdrawn"},
    ):
        client.post(_page(invitation, "data/"), spoiled | {"name": "Ana", "language": ""})
    participant.refresh_from_db()
    assert participant.opted_out_at is None


def test_a_mail_program_opts_out_with_one_post(invitation: Invitation) -> None:
    address = _leave_link(invitation)
    client = Client(enforce_csrf_checks=True)
    for _twice in range(2):
        response = client.post(address, {"List-Unsubscribe": "One-Click"})
        assert (response.status_code, response.cookies) == (200, {})
    participant = Participant.objects.get(pk=invitation.participant_id)
    assert participant.opted_out_at is not None
    assert participant.state == ParticipantState.INVITED
    assert ConsentEvent.objects.get().how == How.ONE_CLICK
    assert AuditEvent.objects.get(verb="consent.withdrawn").cause == f"{participant.label} (one_click)"


def test_other_posts_to_the_leave_link_do_nothing(invitation: Invitation) -> None:
    address = _leave_link(invitation)
    for sent in ({}, {"List-Unsubscribe": "yes"}):
        assert Client().post(address, sent).status_code == 404
    assert Client().post("/t/l/x/", {"List-Unsubscribe": "One-Click"}).status_code == 404
    assert not ConsentEvent.objects.exists()


def test_the_leave_link_opens_the_page_to_leave(invitation: Invitation) -> None:
    client = Client()
    response = client.get(_leave_link(invitation))
    page = f"/t/{invitation.participant.uuid}/"
    assert response["Location"] == f"{page}leave/"
    assert "Leave the test" in _text(client, f"{page}leave/")
    assert client.get(page)["Location"] == f"{page}data/"


def test_she_sees_and_corrects_her_data(invitation: Invitation) -> None:
    client = _opened(invitation)
    text = _text(client, _page(invitation, "data/"))
    assert "e…@example.org" in text
    assert invitation.participant.person.email not in text
    client.post(_page(invitation, "data/"), {"name": "  <b>Mei\x00 Lin</b> ", "language": "ta"})
    person = Person.objects.get(pk=invitation.participant.person_id)
    assert (person.name, person.language) == ("<b>Mei Lin</b>", "ta")
    assert "&lt;b&gt;Mei Lin&lt;/b&gt;" in _text(client, _page(invitation, "data/"))
    response = client.post(_page(invitation, "data/"), {"name": "Mei", "language": "tlh"})
    assert response.status_code == 200, "an unknown language is refused in words"
    assert AuditEvent.objects.get(verb="person.corrected").after == {"fields": ["name", "language"]}


def test_facts_about_her_are_named_in_her_language(invitation: Invitation) -> None:
    participant = invitation.participant
    AttributeDefinition.objects.create(
        rollout=participant.rollout,
        code="skill",
        label="Tech literacy",
        texts={"ta": "பழக்கம்"},
        type=AttributeType.CHOICE,
        choices=[{"value": "high", "label": "High", "texts": {"ta": "அதிகம்"}}],
    )
    Participant.objects.filter(pk=participant.pk).update(attributes={"skill": "high"})
    client = _opened(invitation)
    tamil = _text(client, _page(invitation, "data/?lang=ta"))
    assert "<dt>பழக்கம்</dt><dd>அதிகம்</dd>" in tamil
    english = _text(client, _page(invitation, "data/?lang=en"))
    assert "<dt>Tech literacy</dt><dd>High</dd>" in english


def test_she_takes_her_data_along(invitation: Invitation) -> None:
    people.set_consent(
        participant=invitation.participant, purpose=Purpose.BEHAVIOUR, given=True, how=How.PAGE
    )
    response = _opened(invitation).get(_page(invitation, "data/download/"))
    held = response.json()
    assert held["email"] == invitation.participant.person.email
    assert [row["purpose"] for row in held["consents"]] == ["behaviour"]
    assert response["Content-Disposition"] == 'attachment; filename="my-data.json"'


def test_erasing_leaves_a_number_and_no_name(invitation: Invitation) -> None:
    person = invitation.participant.person
    old = person.email
    client = _opened(invitation)
    text = client.post(_page(invitation, "data/erase/"), {"do": "erase"}).content.decode()
    assert "Your name and address are erased." in text
    assert client.get(_page(invitation, "data/")).status_code == 404, "her links stopped working"
    person.refresh_from_db()
    assert (person.email, person.name) == ("", "")
    participant = Participant.objects.get(pk=invitation.participant_id)
    assert (participant.state, participant.attributes) == (ParticipantState.ERASED, {})
    assert participant.selection_key.startswith("sha256:")
    assert not Message.objects.exclude(recipient="").filter(reference=participant.uuid).exists()
    assert old not in str(
        list(AuditEvent.objects.values_list("object_label", "cause", "reason", "before", "after"))
    )


def test_every_page_is_small_and_holds_no_inline_style_or_script(invitation: Invitation) -> None:
    client = _opened(invitation)
    for below in ("", "leave/", "data/", "data/erase/"):
        response = client.get(_page(invitation, below))
        text = response.content.decode()
        assert "<script" not in text
        assert not re.search(r'\s(style|on\w+)="', text)
        assert "'unsafe-inline'" not in response["Content-Security-Policy"]
        assert "style-src 'self'" in response["Content-Security-Policy"]
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert len(response.content) < 12_000


def test_hostile_words_of_a_plan_stay_words(invitation: Invitation) -> None:
    Rollout.objects.update(product='<img src=x onerror="alert(1)">')
    ConsentText.objects.update(texts={"en": "<script>alert(1)</script>"})
    text = _text(_opened(invitation), _page(invitation))
    assert "<img" not in text
    assert "<script" not in text


def test_a_page_asks_the_same_whoever_opens_it(invitation: Invitation) -> None:
    client = _opened(invitation)
    with CaptureQueriesContext(connection) as first:
        client.get(_page(invitation))
    assert len(first) <= 4
