"""Stopping on the page: two taps, consequences before, never in the way of the one who must stop."""

import socket
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from phases import registry
from phases.models import Gate, Phase, PhaseTransition
from phases.permissions import RoleName
from phases.services import hold_phase, sign_gate, stop_intake
from phases.states import Intake, PhaseState, Verb
from rollout_portal.audit.models import AuditEvent
from tests.factories import confirmation, go, make_member, make_phase, make_rollout, shown
from tests.phases.factories import Beta, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def told() -> Iterator[list[str]]:
    """A room that says what a verb would do to its people."""
    said = ["253 unsent invitations are held."]

    def consequences(phase: Phase, verb: Verb) -> list[str]:
        return [f"{verb.value}: {sentence}" for sentence in said]

    registry.consequences(consequences)
    yield said
    registry._consequences.remove(consequences)


def stop(client: Client, beta: Beta, **fields: object) -> str:
    values: dict[str, object] = {"phase": "2", "verb": "hold", "why": "look", "more": ""}
    answer = client.post(beta.url("stop/"), values | fields)
    return answer["Location"] if answer.status_code == 302 else text_of(answer)


def test_the_four_verbs_stand_with_their_line_and_the_asked_one_is_chosen(client: Client, beta: Beta) -> None:
    client.force_login(beta.owner)
    answer = client.get(beta.url("stop/?verb=roll_back"))
    page, markup = text_of(answer), answer.content.decode()
    for line in (
        "Hold Nothing new goes out. Nobody loses access.",
        "Stop intake Who is in stays. Nobody new comes in.",
        "Shrink Some lose access, by rule.",
        "Roll back Back to the phase before, by the runbook.",
    ):
        assert line in page
    assert markup.count("checked") == 1
    assert 'value="roll_back" checked' in markup


def test_hold_takes_two_taps(client: Client, beta: Beta) -> None:
    client.force_login(beta.owner)
    form = client.get(beta.url("stop/?verb=hold")).context["form"]
    filled = {name: form[name].value() or "" for name in form.fields} | {"phase": "2"}
    assert client.post(beta.url("stop/"), filled | {"why": "look"}).status_code == 302
    beta.phase.refresh_from_db()
    assert beta.phase.held_because == "Something looks wrong; we are looking into it"


def test_nothing_but_the_asked_verb_is_chosen(client: Client, beta: Beta) -> None:
    """Whoever presses the button without a choice is asked; nothing stops for a reason that nobody gave."""
    client.force_login(beta.owner)
    for asked in ("", "?verb=nonsense", "?verb=complete"):
        assert "checked" not in client.get(beta.url(f"stop/{asked}")).content.decode()
    page = client.get(beta.url("stop/?verb=hold")).content.decode()
    assert (page.count("checked"), 'value="hold" checked' in page) == (1, True)
    assert "Choose what to do." in stop(client, beta, verb="")
    said = stop(client, beta, why="", more="The API answers with errors")
    assert "Choose why." in said
    assert "The API answers with errors" in said
    assert not Phase.objects.filter(held_at__isnull=False).exists()


def test_consequences_of_every_room_stand_before_the_button_with_what_stays(
    client: Client, beta: Beta, told: list[str]
) -> None:
    client.force_login(beta.owner)
    page = text_of(client.get(beta.url("stop/?verb=hold")))
    assert "hold: 253 unsent invitations are held." in page
    assert "roll_back: 253 unsent invitations are held." in page
    assert "Nobody loses access. Answers, feedback and readings stay." in page
    assert page.index("253 unsent") < page.index("Hold now")


def test_a_room_that_fails_to_count_does_not_keep_the_page_shut(client: Client, beta: Beta) -> None:
    def broken(phase: Phase, verb: Verb) -> list[str]:
        raise RuntimeError("no database of mine")

    registry.consequences(broken)
    try:
        client.force_login(beta.owner)
        page = text_of(client.get(beta.url("stop/")))
    finally:
        registry._consequences.remove(broken)
    assert "What happens in “tests” cannot be counted at this moment." in page
    assert "Hold now" in page


def test_rolling_back_needs_the_name_of_the_rollout_and_says_what_it_voids(
    client: Client, beta: Beta
) -> None:
    beta.ready()
    gate = Gate.objects.get(pk=beta.gate.pk)
    sign_gate(gate=gate, by=beta.owner, chosen=go(), shown=shown(gate), confirmation=confirmation(beta.owner))
    client.force_login(beta.owner)
    assert "1 signature becomes void." in text_of(client.get(beta.url("stop/?verb=roll_back")))
    said = stop(client, beta, verb="roll_back", why="data", more="Grades are gone", typed_name="MediMate")
    assert "Type the name of the rollout: MediMate Education Hub." in said
    assert "Grades are gone" in said
    beta.phase.refresh_from_db()
    assert beta.phase.state == PhaseState.ACTIVE
    stop(
        client,
        beta,
        verb="roll_back",
        why="data",
        more="Grades are gone",
        typed_name="medimate education hub",
    )
    beta.phase.refresh_from_db()
    assert beta.phase.state == PhaseState.ROLLED_BACK
    reason = AuditEvent.objects.get(verb="phase.rolled_back").reason
    assert reason == "Data is wrong, lost or exposed: Grades are gone"


@pytest.mark.parametrize("verb", [Verb.HOLD, Verb.STOP_INTAKE, Verb.SHRINK])
def test_the_other_verbs_ask_for_no_name(client: Client, beta: Beta, verb: Verb) -> None:
    client.force_login(beta.owner)
    where = stop(client, beta, verb=verb.value, keep="10")
    assert where == beta.url("phases/2/")
    assert PhaseTransition.objects.get().verb == verb


def test_shrinking_asks_how_many_stay(client: Client, beta: Beta) -> None:
    client.force_login(beta.owner)
    assert "Say how many people stay: 0 or more." in stop(client, beta, verb="shrink", keep="")
    stop(client, beta, verb="shrink", keep="0")
    assert PhaseTransition.objects.get().options == {"keep": 0}


def test_another_reason_says_which(client: Client, beta: Beta) -> None:
    client.force_login(beta.owner)
    assert "Say which reason." in stop(client, beta, why="other")
    stop(client, beta, why="other", more="The clinic is closed")
    assert PhaseTransition.objects.get().reason == "The clinic is closed"


def test_it_works_with_broker_and_mail_away(client: Client, beta: Beta, settings: Settings) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port}/0"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    client.force_login(beta.owner)
    stop(client, beta)
    beta.phase.refresh_from_db()
    assert beta.phase.is_held


def test_each_verb_asks_for_its_own_right(client: Client, beta: Beta) -> None:
    support = beta.member(RoleName.SUPPORT)
    client.force_login(support)
    page = text_of(client.get(beta.url("stop/?verb=roll_back")))
    assert "Rolling back needs the role" in page
    answer = client.post(
        beta.url("stop/"),
        {"phase": "2", "verb": "roll_back", "why": "look", "typed_name": "MediMate Education Hub"},
    )
    assert answer.status_code == 403
    stop(client, beta)
    beta.phase.refresh_from_db()
    assert (beta.phase.held_by, beta.phase.state) == (support, PhaseState.ACTIVE)


def test_who_may_stop_nothing_reads_who_can_and_has_no_button(client: Client, beta: Beta) -> None:
    client.force_login(beta.member(RoleName.VIEWER))
    answer = client.get(beta.url("stop/"))
    assert "Ask Aisyah Rahman (product owner)" in text_of(answer)
    assert b'type="submit"' not in answer.content.split(b'class="cols cols--2-1 cols--decide stop"')[1]


def test_what_is_done_already_is_off_with_its_reason(client: Client, beta: Beta) -> None:
    hold_phase(phase=beta.phase, by=beta.owner, reason="API errors")
    stop_intake(phase=beta.phase, by=beta.owner, reason="Full")
    client.force_login(beta.owner)
    answer = client.get(beta.url("stop/?verb=hold"))
    assert "It is on hold already." in text_of(answer)
    assert "The intake is stopped already." in text_of(answer)
    assert "checked" not in answer.content.decode()


def test_a_verb_that_does_not_exist_stops_nothing_and_says_so(client: Client, beta: Beta) -> None:
    client.force_login(beta.owner)
    assert "Select a valid choice." in stop(client, beta, verb="delete")
    assert PhaseTransition.objects.count() == 0


def test_two_running_phases_are_told_apart(client: Client, beta: Beta) -> None:
    beta.first.state, beta.first.ended_at = PhaseState.ACTIVE, None
    beta.first.save()
    client.force_login(beta.owner)
    page = client.get(beta.url("stop/?verb=stop_intake"))
    assert "stop 1 Internal testing instead" in text_of(page)
    assert "?phase=1&amp;verb=stop_intake" in page.content.decode()
    stop(client, beta, phase="1", verb="stop_intake")
    beta.first.refresh_from_db()
    beta.phase.refresh_from_db()
    assert (beta.first.intake, beta.phase.intake) == (Intake.STOPPED, Intake.OPEN)


def test_nothing_to_stop_and_nothing_to_resume(client: Client) -> None:
    rollout = make_rollout()
    make_phase(rollout)
    client.force_login(make_member(rollout, RoleName.PRODUCT_OWNER))
    assert "Nothing runs, so there is nothing to stop." in text_of(
        client.get(f"/console/{rollout.slug}/stop/")
    )
    assert "Nothing is on hold." in text_of(client.get(f"/console/{rollout.slug}/resume/"))


def test_resume_leads_to_the_hold_and_ends_it_with_a_reason(client: Client, beta: Beta) -> None:
    hold_phase(phase=beta.phase, by=beta.engineer, reason="API errors")
    client.force_login(beta.owner)
    answer = client.get(beta.url("resume/"))
    assert answer["Location"] == beta.url("phases/2/resume/")
    page = text_of(client.get(answer["Location"]))
    assert "What was planned in the meantime goes out by its own rules" in page
    assert "Say why." in text_of(client.post(answer["Location"], {"reason": ""}))
    client.post(answer["Location"], {"reason": "5.1.2 is out"})
    beta.phase.refresh_from_db()
    assert not beta.phase.is_held
    assert AuditEvent.objects.get(verb="phase.resumed").reason == "5.1.2 is out"


def test_looking_at_a_stop_stops_nothing(client: Client, beta: Beta) -> None:
    client.force_login(beta.owner)
    for path in ("stop/?verb=roll_back", "stop/?verb=hold", "phases/2/complete/", "phases/3/skip/"):
        client.get(beta.url(path))
    assert (PhaseTransition.objects.count(), AuditEvent.objects.count()) == (0, 0)
