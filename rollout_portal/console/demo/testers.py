"""The people of phase 2: applicants in, fifty drawn by quota, invited in their language, answered."""

import random
from datetime import timedelta
from typing import Final

from django.core.files.base import ContentFile

from cohorts.importing import services as importing
from cohorts.models import Invitation, Participant
from cohorts.services import drawings, invitations, selections
from cohorts.states import Answer
from phases.models import Rollout
from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from rollout_portal.console.demo import applicants, post
from rollout_portal.console.demo.calendar import Calendar
from rollout_portal.lib import clock
from rollout_portal.outbox.states import MessageState

DRAW_SEED: Final = "medimate-beta-2026"
BOUNCES: Final = 2
DECLINES: Final = 1
ANSWERS_SEED: Final = 47


def bring_team(rollout: Rollout, cast: dict[RoleName, User], calendar: Calendar) -> None:
    """Let the team of ten into phase 1 by name; they need no invitation."""
    owner, engineer = cast[RoleName.PRODUCT_OWNER], cast[RoleName.RELEASE_ENGINEER]
    with calendar.at(1, 0, 9, 10):
        _import(rollout, engineer, "team.csv", applicants.team_csv(), source="team")
        team = list(Participant.objects.filter(rollout=rollout, source="team"))
        named = drawings.name_people(
            phase=rollout.phases.get(code="1"), participants=team, by=engineer, reason="The team tests first."
        )
        selections.propose_selection(selection=named, by=engineer)
        selections.approve_selection(selection=named, by=owner)
        selections.admit(selection=named, by=engineer, reason="They work on the product.")


def play(rollout: Rollout, cast: dict[RoleName, User], calendar: Calendar) -> None:
    """Import the applicants, draw and approve fifty, invite them, and let them answer."""
    with calendar.at(1, 3, 16):
        _import(rollout, cast[RoleName.SUPPORT], "applicants.csv", applicants.as_csv(), source="application")
    _draw(rollout, cast, calendar)
    _invite(rollout, cast, calendar)
    _answer(rollout, calendar)


def _import(rollout: Rollout, by: User, name: str, content: bytes, *, source: str) -> None:
    """Import a list in its four steps: file, columns, look, done."""
    imported = importing.read_file(rollout=rollout, content=ContentFile(content), name=name, by=by)
    imported = importing.set_columns(
        imported=imported,
        columns=imported.columns,
        source=source,
        consent_wording="Yes, you may write to me about the test of the Education Hub.",
        consent_on=clock.now().astimezone(rollout.zone).date(),
        by=by,
    )
    importing.check(imported=imported, by=by)
    importing.run(imported=imported, by=by)


def _draw(rollout: Rollout, cast: dict[RoleName, User], calendar: Calendar) -> None:
    phase = rollout.phases.get(code="2")
    with calendar.at(2, 0, 9, 20):
        drawn = drawings.draft_selection(phase=phase, by=cast[RoleName.RELEASE_ENGINEER], seed=DRAW_SEED)
        drawn = selections.propose_selection(selection=drawn, by=cast[RoleName.RELEASE_ENGINEER])
    with calendar.at(2, 0, 9, 50):
        selections.approve_selection(selection=drawn, by=cast[RoleName.PRODUCT_OWNER])


def _invite(rollout: Rollout, cast: dict[RoleName, User], calendar: Calendar) -> None:
    phase, engineer = rollout.phases.get(code="2"), cast[RoleName.RELEASE_ENGINEER]
    with calendar.at(2, 0, 10) as now:
        batch = invitations.draft_batch(
            phase=phase, by=engineer, send_at=now, answer_until=now + timedelta(days=7)
        )
    with calendar.at(2, 0, 10, 5):
        batch = invitations.approve_batch(batch=batch, by=engineer)
        asked = batch.invitations.order_by("participant__number").select_related("participant__person")
        bouncing = {invitation.participant.person.email for invitation in list(asked)[7:40:30][:BOUNCES]}
        post.deliver(bouncing)


def _answer(rollout: Rollout, calendar: Calendar) -> None:
    """All who got the mail answer within two days; one of them declines."""
    dice = random.Random(ANSWERS_SEED)  # noqa: S311 - a demo, not a secret
    asked = Invitation.objects.filter(batch__rollout=rollout).order_by("participant__number")
    reached = list(asked.filter(message__state=MessageState.SENT))
    declining = set(dice.sample([one.pk for one in reached], DECLINES))
    for place, invitation in enumerate(sorted(reached, key=lambda _one: dice.random())):
        with calendar.at(2, place // 24, 11 + place % 11, dice.randrange(60)):
            invitations.answer_invitation(
                invitation=invitation,
                answer=Answer.DECLINED if invitation.pk in declining else Answer.ACCEPTED,
                consents=invitations.consent_texts(rollout) if dice.random() < 0.8 else (),
                language=invitation.participant.person.language,
            )
