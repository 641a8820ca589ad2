"""Pages of people and of testers: at each width, accessible, silent, no wider than the screen."""

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import Page, expect

from cohorts import hooks
from cohorts.importing import services as importing
from cohorts.models import Batch, ConsentText, Invitation, Participant, Person, Selection
from cohorts.services import drawings, selections
from cohorts.states import Answer, ParticipantState, Purpose
from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.states import MessageState
from tests.cohorts.factories import (
    AGREED_ON,
    csv,
    make_participant,
    make_phase,
    make_pool,
    make_role,
    make_rollout,
    make_rule,
)
from tests.cohorts.test_invitations import approved, selected_phase
from tests.e2e.conftest import WIDTHS

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

LANGUAGES = ["en", "ms", "zh-hans", "ta"]


class Stage:
    """A rollout with people, a selection that is short, a batch on its way, and a list being imported."""

    def __init__(self) -> None:
        self.rollout = make_rollout(slug="medimate", product="MediMate", name="MediMate Education Hub")
        self.owner: User = make_role(self.rollout)
        engineer = make_role(self.rollout, RoleName.RELEASE_ENGINEER)
        phase = selected_phase(self.rollout, self.owner, engineer, ms=3, ta=2)
        self.batch: Batch = approved(phase, self.owner)
        Message.objects.update(state=MessageState.SENT, sent_at=clock.now())
        wider = make_phase(self.rollout, "3", name="Limited rollout", cumulative=False)
        make_rule(wider, {"zh-hans": 4, "en": 3}, conditions=[{"attribute": "language", "test": "known"}])
        make_pool(self.rollout, zh_hans=6, en=1)
        self.selection: Selection = drawings.draft_selection(phase=wider, by=engineer)
        team = [make_participant(self.rollout, source="team") for _number in range(3)]
        first = make_phase(self.rollout, "1", name="Internal testing")
        named = drawings.name_people(
            phase=first, participants=team[:2], by=engineer, reason="The team tests first."
        )
        selections.propose_selection(selection=named, by=engineer)
        self.named: Selection = selections.approve_selection(selection=named, by=self.owner)
        content = ContentFile(csv("new@example.org,Ana,ms", "bad,Bo,ms"))
        self.read = importing.read_file(
            rollout=self.rollout, content=content, name="people.csv", by=self.owner
        )
        again = importing.read_file(rollout=self.rollout, content=content, name="more.csv", by=self.owner)
        importing.set_columns(
            imported=again,
            columns=again.columns,
            source="sign-up",
            consent_wording="I want to test",
            consent_on=AGREED_ON,
            by=self.owner,
        )
        self.looked = importing.check(imported=again, by=self.owner)
        for place, (code, purpose, required) in enumerate(
            [("take-part", Purpose.TAKE_PART, True), ("behaviour", Purpose.BEHAVIOUR, False)]
        ):
            ConsentText.objects.create(
                rollout=self.rollout,
                code=code,
                purpose=purpose,
                required=required,
                position=place,
                texts={language: f"{code} {language}" for language in LANGUAGES},
            )

    def staff_pages(self) -> dict[str, str]:
        """The pages of the console, by name."""
        number = Participant.objects.order_by("number")[0].number
        return {
            "participants": "participants/",
            "participant": f"participants/{number}/",
            "erase": f"participants/{number}/erase/",
            "wish": f"participants/{number}/wish/",
            "import-file": "participants/import/",
            "import-columns": f"participants/import/{self.read.uuid}/",
            "import-look": f"participants/import/{self.looked.uuid}/",
            "selections": "selections/",
            "selection": f"selections/{self.selection.uuid}/?who=T-006",
            "draw": "selections/draw/3/",
            "propose": f"selections/{self.selection.uuid}/send/",
            "give-away": f"selections/{self.selection.uuid}/give-away/",
            "name": "selections/name/1/",
            "named": f"selections/{self.named.uuid}/",
            "let-in": f"selections/{self.named.uuid}/let-in/",
            "phase": "phases/1/",
            "invitations": "invitations/",
            "batch": f"invitations/{self.batch.uuid}/",
            "hold-batch": f"invitations/{self.batch.uuid}/hold/",
        }

    def link(self, language: str) -> tuple[str, Invitation]:
        """A fresh link to an invitation of somebody who reads `language`."""
        row = (
            self.batch.invitations.filter(answer=Answer.NONE).select_related("message", "participant").first()
        )
        assert row is not None
        assert row.message is not None
        Person.objects.filter(pk=row.participant.person_id).update(language=language)
        return hooks.mint_invitation_link(row.uuid, row.message).removeprefix("http://localhost:8000"), row


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_staff_pages_are_accessible_and_fit(
    open_page: Callable[..., Page],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    site: str,
    width: int,
    dark: bool,
) -> None:
    stage = Stage()
    page = open_page(width=width, dark=dark, user=stage.owner)
    for name, path in stage.staff_pages().items():
        page.goto(f"{site}/console/medimate/{path}")
        shoot(page, f"cohorts-{name}-{width}-{'dark' if dark else 'light'}")
        fits(page)
        axe(page)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize(("width", "dark"), [(1400, False), (390, True)])
def test_a_team_is_named_approved_and_let_in(
    open_page: Callable[..., Page],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    site: str,
    width: int,
    dark: bool,
    script: bool,
) -> None:
    """Wrong lines first, then the list, the draft, a second person's yes, and the door."""
    rollout = make_rollout(slug="medimate", product="MediMate", name="MediMate Education Hub")
    make_phase(rollout, "1", name="Internal testing")
    for _number in range(3):
        make_participant(rollout, source="team")
    make_participant(rollout, opted_out_at=clock.now())
    engineer = make_role(rollout, RoleName.RELEASE_ENGINEER)
    page = open_page("/console/medimate/phases/1/", width=width, dark=dark, user=engineer, script=script)
    page.get_by_role("link", name="Name people…").click()
    lines, why = page.get_by_label("People, one on each line"), page.get_by_label("Why these people")
    lines.fill("T-004\nT-002")
    why.fill("The team tests first.")
    page.get_by_role("button", name="Look who they are").click()
    expect(page.get_by_text("Line 1: T-004 opted out of messages.").first).to_be_visible()
    expect(lines).to_have_value("T-004\nT-002")
    shoot(page, f"cohorts-name-wrong-{width}")
    fits(page)
    if script:
        axe(page)
    lines.fill("T-002")
    page.get_by_label("Add everybody who came from").select_option("team")
    page.get_by_role("button", name="Add them").click()
    expect(lines).to_have_value("T-002\nT-001\nT-003\n")
    expect(why).to_have_value("The team tests first.")
    page.get_by_role("button", name="Look who they are").click()
    expect(page.get_by_text("3 people are on the list for “Internal testing”")).to_be_visible()
    shoot(page, f"cohorts-name-look-{width}")
    fits(page)
    if script:
        axe(page)
    page.get_by_role("button", name="Name 3 people").click()
    expect(page.get_by_text("3 people are named for “Internal testing”.")).to_be_visible()
    page.get_by_role("link", name="Send for approval…").click()
    page.get_by_role("button", name="Send for approval").click()
    named = page.url
    expect(page.get_by_role("link", name="Approve 3 people…")).to_have_count(0)
    other = open_page(width=width, dark=dark, user=make_role(rollout), script=script)
    other.goto(named)
    other.get_by_role("link", name="Approve 3 people…").click()
    other.get_by_label("Approve: these people get their seats").check()
    other.get_by_role("button", name="Record the decision").click()
    page.goto(named)
    page.get_by_role("link", name="Let people in…").click()
    page.get_by_label("Why").fill("They work on the product.")
    page.get_by_role("button", name="Let 3 people in").click()
    expect(page.get_by_text("3 people are in.")).to_be_visible()
    assert Participant.objects.filter(state=ParticipantState.ACTIVE).count() == 3
    assert not Message.objects.exists()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [390, 320])
def test_testers_pages_are_accessible_and_fit_without_script(
    open_page: Callable[..., Page],
    fits: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    site: str,
    width: int,
    language: str,
) -> None:
    stage = Stage()
    address, invitation = stage.link(language)
    page = open_page(width=width, script=False)
    page.goto(site + address)
    assert page.url == f"{site}/t/{invitation.uuid}/"
    for name, path in {"invitation": "", "leave": "leave/", "data": "data/", "erase": "data/erase/"}.items():
        page.goto(f"{site}/t/{invitation.uuid}/{path}")
        shoot(page, f"tester-{name}-{width}-{language}")
        fits(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_testers_pages_have_no_finding(
    open_page: Callable[..., Page], axe: Callable[[Page], None], site: str, language: str
) -> None:
    stage = Stage()
    address, invitation = stage.link(language)
    page = open_page(width=320)
    page.goto(site + address)
    for path in ("", "leave/", "data/", "data/erase/"):
        page.goto(f"{site}/t/{invitation.uuid}/{path}")
        axe(page)
    page.watch.expect(404)  # type: ignore[attr-defined]
    page.goto(f"{site}/t/i/nothing/")
    axe(page)


def test_a_tester_accepts_in_tamil_without_script(open_page: Callable[..., Page], site: str) -> None:
    stage = Stage()
    address, invitation = stage.link("en")
    page = open_page(width=320, script=False)
    page.goto(site + address)
    page.get_by_label("behaviour en").check()
    page.get_by_role("button", name="தமிழ்").click()
    assert page.get_by_label("behaviour ta").is_checked(), "the tick survives the change of language"
    page.get_by_role("button", name="பங்கேற்கிறேன்").click()
    assert page.get_by_role("heading", level=1).inner_text() == "நீங்கள் சேர்ந்துவிட்டீர்கள்"
    invitation.refresh_from_db()
    assert invitation.answer == Answer.ACCEPTED
    consents = invitation.participant.consents.values_list("purpose", "language")
    assert set(consents) == {(Purpose.TAKE_PART, "ta"), (Purpose.BEHAVIOUR, "ta")}
