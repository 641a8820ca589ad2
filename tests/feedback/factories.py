"""Factories of this room: a phase with testers, a published survey, waves, answers, reports."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from cohorts.models import Membership, Participant, Person, Selection
from cohorts.states import Method, ParticipantState
from feedback.answering import Value
from feedback.models import (
    FeedbackItem,
    Occasion,
    Response,
    Survey,
    SurveyLink,
    SurveyRequest,
    SurveyVersion,
)
from feedback.services import Report, publish_version, report_item, submit_answers
from feedback.services.surveys import write_version
from feedback.services.waves import SURVEY_LINK
from feedback.states import ItemKind, Origin, RequestState
from phases.models import Phase, Rollout
from phases.permissions import RoleName
from phases.states import PhaseState
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock, links
from tests.factories import make_member, make_phase, make_rollout

_numbers = itertools.count(1)

FOUR = ["ms", "zh-hans", "ta", "en"]
STARTED = datetime(2026, 11, 9, 1, 0, tzinfo=UTC)  # Mon 9 Nov, 9:00 MYT
WAVE_3 = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)  # Wed 25 Nov, 14:00 MYT


def in_four(text: str) -> dict[str, str]:
    """A text that says in which language it is."""
    return {language: f"{text} ({language})" for language in FOUR}


def questions() -> list[dict[str, Any]]:
    """One question of each kind, the choice with several answers."""
    blank: dict[str, Any] = {
        "required": False,
        "several": False,
        "hints": {},
        "low": {},
        "high": {},
        "options": [],
    }
    marks = [{"code": str(mark), "texts": in_four(f"mark {mark}")} for mark in range(1, 6)]
    used = [{"code": code, "texts": in_four(code)} for code in ("articles", "videos", "quiz")]
    return [
        blank
        | {
            "code": "nps",
            "position": 0,
            "kind": "nps0_10",
            "required": True,
            "texts": in_four("Would you recommend it?"),
            "low": in_four("Not at all"),
            "high": in_four("Certainly"),
        },
        blank
        | {
            "code": "satisfaction",
            "position": 1,
            "kind": "rating5",
            "texts": in_four("How satisfied are you?"),
            "options": marks,
        },
        blank
        | {
            "code": "used",
            "position": 2,
            "kind": "choice",
            "several": True,
            "texts": in_four("What did you use?"),
            "options": used,
        },
        blank
        | {
            "code": "better",
            "position": 3,
            "kind": "text",
            "texts": in_four("What could be better?"),
            "hints": in_four("No names, please."),
        },
    ]


def make_beta(**fields: Any) -> Phase:
    """The running beta of a MediMate-like rollout: plan weeks 2 to 5, started on its first Monday."""
    rollout = make_rollout(languages=FOUR, product="MediMate", name="MediMate Education Hub", **fields)
    make_phase(rollout, "1", name="Internal testing", state=PhaseState.COMPLETED, ended_at=STARTED)
    return make_phase(
        rollout,
        "2",
        name="Beta programme",
        state=PhaseState.ACTIVE,
        started_at=STARTED,
        start_week=2,
        end_week=5,
    )


def make_survey(phase: Phase, code: str = "weekly", *, owner: User | None = None, **fields: Any) -> Survey:
    """A survey that opens on the third day of each week at 9:00 for five days; published."""
    values: dict[str, Any] = {
        "name": "Weekly survey",
        "opens_on_day": 3,
        "opens_at": time(9),
        "open_days": 5,
    }
    survey = Survey.objects.create(rollout=phase.rollout, phase=phase, code=code, **values | fields)
    make_version(survey, owner=owner or make_member(phase.rollout, RoleName.PRODUCT_OWNER))
    return survey


def make_version(
    survey: Survey, *, owner: User | None = None, asked: Sequence[Mapping[str, Any]] | None = None
) -> SurveyVersion:
    """A version with one question of each kind; published if an owner is given."""
    version = write_version(
        survey=survey,
        languages=FOUR,
        titles=in_four("Weekly survey"),
        questions=questions() if asked is None else asked,
    )
    return publish_version(version=version, by=owner) if owner else version


def make_tester(
    phase: Phase,
    *,
    language: str = "en",
    stratum: str = "",
    state: ParticipantState = ParticipantState.ACTIVE,
    **fields: Any,
) -> Participant:
    """Somebody with a seat in the phase."""
    number = next(_numbers)
    email = fields.pop("email", f"tester{number}@example.net")
    person = Person.objects.create(
        email=email,
        email_digest=f"{number:064}",
        name=fields.pop("name", f"Tester {number}"),
        language=language,
    )
    participant = Participant.objects.create(
        rollout=phase.rollout,
        person=person,
        number=phase.rollout.participants.count() + 1,
        selection_key=fields.pop("selection_key", email),
        state=state,
        **fields,
    )
    make_seat(participant, phase, stratum=stratum or language)
    return participant


def make_seat(participant: Participant, phase: Phase, *, stratum: str = "") -> Membership:
    selection = Selection.objects.filter(phase=phase).first() or Selection.objects.create(
        rollout=phase.rollout,
        phase=phase,
        number=1,
        seed="seed",
        method=Method.QUOTA,
        rule_version="1",
        pool_size=0,
        requested=0,
        taken=0,
        drafted_by=make_member(phase.rollout, RoleName.SUPPORT),
        drafted_at=STARTED,
    )
    return Membership.objects.create(
        selection=selection,
        participant=participant,
        phase=phase,
        stratum=stratum,
        reason="drawn",
        joined_at=phase.started_at or STARTED,
    )


def make_wave(survey: Survey, number: int = 3, **fields: Any) -> Occasion:
    """Wave `number` of the survey, open from Wednesday to Sunday of its week."""
    opens = STARTED + timedelta(weeks=number - 1, days=2)
    values: dict[str, Any] = {
        "version": survey.versions.filter(published_at__isnull=False).order_by("-number").first(),
        "phase": survey.phase,
        "opens_at": opens,
        "closes_at": opens + timedelta(days=4, hours=14, minutes=59),
        "created_at": opens,
    }
    return Occasion.objects.create(survey=survey, number=number, **values | fields)


def make_request(
    wave: Occasion, tester: Participant | None = None, state: RequestState = RequestState.SENT
) -> SurveyRequest:
    """A request whose mail has left: now, or when the wave opens."""
    return SurveyRequest.objects.create(
        occasion=wave,
        participant=tester or make_tester(wave.phase),
        state=state,
        created_at=wave.opens_at,
        sent_at=max(wave.opens_at, clock.now()) if state != RequestState.QUEUED else None,
    )


def make_link(request: SurveyRequest) -> str:
    """The token of a link that was mailed for `request`."""
    token = links.mint(SURVEY_LINK, request.uuid)
    SurveyLink.objects.create(request=request, digest=links.token_digest(token), minted_at=request.created_at)
    return token


def make_answer(wave: Occasion, values: Mapping[str, Value], language: str = "en") -> Response:
    """An answer of a new tester, sent now."""
    return submit_answers(request=make_request(wave), values=values, language=language)


def make_answers(wave: Occasion, code: str, marks: Sequence[int]) -> list[Response]:
    """One answer per mark, each of a new tester."""
    return [make_answer(wave, {code: mark}) for mark in marks]


def make_item(rollout: Rollout, *, by: User | None = None, **fields: Any) -> FeedbackItem:
    """A report that came in now."""
    report = {"kind": ItemKind.BUG, "text": "The button does nothing."}
    names = {"phase", "reporter", "request", "origin"}
    about = {name: fields.pop(name) for name in list(fields) if name in names}
    return report_item(
        rollout=rollout,
        report=Report(**report | fields),
        by=by,
        **{"origin": Origin.FORM} | about,
    )
