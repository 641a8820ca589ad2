"""Waves: opening the one that is due now, asking the people of the phase, closing what is over.

Everything here follows from rows and the business clock and may run any number of times, at once too.
After an outage only the wave that is open now is made; one whose time has passed is never made up for.
"""

import zoneinfo
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import dateformat, formats, translation

from cohorts.models import Membership, Participant
from cohorts.states import GONE
from feedback.models import Occasion, Question, Survey, SurveyRequest
from feedback.models.surveys import text_in
from feedback.services.surveys import current_version
from feedback.states import SCALES, UNANSWERED, QuestionKind, RequestState, Rhythm
from phases.states import RUNNING, RolloutState
from rollout_portal.audit.services import System, record
from rollout_portal.lib import clock, words
from rollout_portal.outbox import addresses, links, wordings
from rollout_portal.outbox import services as outbox
from rollout_portal.outbox.exceptions import MessageRefused, OutboxError
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.states import MessageKind

log = structlog.get_logger("feedback")

SURVEY_LINK: Final = "feedback.answer_survey"
LEAVE_LINK: Final = "cohorts.leave"
TEMPLATE: Final = "survey_request"
TEMPLATE_WITH_MARKS: Final = "survey_request_nps"
"""With the question whose mark can be pressed in the mail itself."""

_CHUNK: Final = 200
_LAST_MINUTE: Final = time(23, 59)


@dataclass(frozen=True, slots=True)
class Window:
    """When a wave is open, and its number."""

    number: int
    opens_at: datetime
    closes_at: datetime

    def holds(self, moment: datetime) -> bool:
        return self.opens_at <= moment < self.closes_at


def wave_window(survey: Survey, now: datetime) -> Window | None:
    """Return the wave whose week (or whose only time) contains `now`; None before the phase has begun.

    The weeks of a phase are plan weeks: they begin on its first planned day, or, when the phase began in a
    later week than planned, on that weekday of the week in which it began.
    """
    first = _first_day(survey)
    if first is None:
        return None
    zone = survey.rollout.zone
    today = now.astimezone(zone).date()
    week = 0 if survey.rhythm == Rhythm.ONCE else (today - first).days // 7
    if today < first:
        return None
    day = first + timedelta(weeks=week, days=survey.opens_on_day - 1)
    return Window(
        number=week + 1,
        opens_at=datetime.combine(day, survey.opens_at, tzinfo=zone),
        closes_at=datetime.combine(day + timedelta(days=survey.open_days - 1), _LAST_MINUTE, tzinfo=zone),
    )


def _first_day(survey: Survey) -> date | None:
    phase = survey.phase
    if phase.started_at is None:
        return None
    began = phase.started_at.astimezone(survey.rollout.zone).date()
    planned = phase.planned_start
    if planned is None:
        return began
    return planned + timedelta(weeks=max(0, (began - planned).days // 7))


def ensure_occasions() -> int:
    """Open, fill and close waves as the clock says; return how many rows were made or closed."""
    now = clock.now()
    done = 0
    for survey in _running_surveys():
        done += _open_wave(survey, now)
    for occasion in _open_occasions(now):
        try:
            done += _step_out(occasion) + _ask_people(occasion, now)
        except OutboxError as error:
            # One rollout's incomplete text must not keep the others waiting; the mail stays due.
            log.error("survey.people_not_asked", occasion=str(occasion.uuid), reason=error.message)
    for occasion in Occasion.objects.filter(finished_at__isnull=True, closes_at__lte=now):
        done += _finish(occasion, now)
    return done


def waves_due() -> datetime | None:
    """Return since when a wave waits to be opened, filled or closed; None when nothing is due."""
    now = clock.now()
    waiting = list(
        Occasion.objects.filter(finished_at__isnull=True, closes_at__lte=now).values_list(
            "closes_at", flat=True
        )[:1]
    )
    for survey, window in _due_windows(now):
        if not Occasion.objects.filter(
            survey=survey, phase_id=survey.phase_id, number=window.number
        ).exists():
            waiting.append(window.opens_at)
    for occasion in _open_occasions(now):
        joined = _unasked(occasion).order_by("joined_at").values_list("joined_at", flat=True).first()
        if joined is not None:
            waiting.append(max(joined, occasion.opens_at))
    return min(waiting, default=None)


def _running_surveys() -> QuerySet[Survey]:
    """Return the surveys of phases that run and are not held, in rollouts that run."""
    return Survey.objects.filter(
        rollout__state=RolloutState.ACTIVE, phase__state__in=RUNNING, phase__held_at__isnull=True
    ).select_related("rollout", "phase__rollout")


def _due_windows(now: datetime) -> Iterator[tuple[Survey, Window]]:
    published = _running_surveys().filter(versions__published_at__isnull=False).distinct()
    for survey in published:
        window = wave_window(survey, now)
        if window is not None and window.holds(now):
            yield survey, window


def _open_occasions(now: datetime) -> QuerySet[Occasion]:
    """Return the waves that are open now and whose people may be written to."""
    return Occasion.objects.filter(
        finished_at__isnull=True,
        opens_at__lte=now,
        closes_at__gt=now,
        survey__rollout__state=RolloutState.ACTIVE,
        phase__state__in=RUNNING,
        phase__held_at__isnull=True,
    ).select_related("survey__rollout", "phase", "version")


@transaction.atomic
def _open_wave(survey: Survey, now: datetime) -> int:
    """Make the wave that is open now, once."""
    locked = (
        Survey.objects.select_for_update(of=("self",))
        .select_related("rollout", "phase__rollout")
        .get(pk=survey.pk)
    )
    window = wave_window(locked, now)
    version = current_version(locked)
    if window is None or version is None or not window.holds(now):
        return 0
    occasion, made = Occasion.objects.get_or_create(
        survey=locked,
        phase=locked.phase,
        number=window.number,
        defaults={
            "version": version,
            "opens_at": window.opens_at,
            "closes_at": window.closes_at,
            "created_at": now,
        },
    )
    if made:
        record(
            actor=System(cause="The survey's rhythm"),
            verb="occasion.opened",
            obj=occasion,
            scope=locked.rollout.uuid,
            after={
                "number": occasion.number,
                "version": version.number,
                "opens_at": occasion.opens_at,
                "closes_at": occasion.closes_at,
            },
        )
    return int(made)


def _unasked(occasion: Occasion) -> QuerySet[Membership]:
    """Return the seats of those who take part in the phase and were not asked in this wave yet."""
    asked = SurveyRequest.objects.filter(occasion=occasion, participant=OuterRef("participant"))
    people = Participant.objects.taking_part().reachable()
    return Membership.objects.filter(
        ~Exists(asked), phase=occasion.phase, ended_at__isnull=True, participant__in=people
    )


def _ask_people(occasion: Occasion, now: datetime) -> int:
    """Make a request and its message for everybody who has none, a chunk in a transaction."""
    done = 0
    while True:
        with transaction.atomic():
            Occasion.objects.select_for_update(of=("self",)).get(pk=occasion.pk)
            seats = _unasked(occasion).select_related("participant__person").order_by("participant_id")
            people = [seat.participant for seat in seats[:_CHUNK]]
            if not people:
                return done
            requests = SurveyRequest.objects.bulk_create(
                SurveyRequest(occasion=occasion, participant=person, created_at=now) for person in people
            )
            for request, message in zip(requests, _enqueue(occasion, requests), strict=True):
                request.message = message
            SurveyRequest.objects.bulk_update(requests, ["message"])
        done += len(people)
        log.info("survey.people_asked", occasion=str(occasion.uuid), people=len(people))


def _enqueue(occasion: Occasion, requests: Sequence[SurveyRequest]) -> list[Message | None]:
    """Ask for the mails; a person whose address cannot be used keeps a request without one."""
    usable = [request for request in requests if _has_usable_address(request)]
    messages = outbox.enqueue_many([_draft(occasion, request) for request in usable])
    asked = dict(zip((request.pk for request in usable), messages, strict=True))
    return [asked.get(request.pk) for request in requests]


def _has_usable_address(request: SurveyRequest) -> bool:
    try:
        addresses.check(request.participant.person.email)
    except MessageRefused:
        log.warning("survey.address_refused", request=str(request.uuid))
        return False
    return True


def _draft(occasion: Occasion, request: SurveyRequest) -> outbox.Draft:
    """Return the mail that asks one person, in her language."""
    survey, person = occasion.survey, request.participant.person
    rollout = survey.rollout
    language = language_of(request)
    recommendation = _recommendation(occasion)
    zone = person.time_zone or rollout.time_zone
    return outbox.Draft(
        key=f"survey:{occasion.uuid}:{request.participant.uuid}",
        template=_template(occasion),
        kind=MessageKind.SURVEY_REQUEST,
        scope=rollout.uuid,
        to=person.email,
        to_name=person.name,
        language=language,
        time_zone=person.time_zone,
        reference=request.participant.uuid,
        expires_at=occasion.closes_at,
        params={
            "product": rollout.product or rollout.name,
            "survey": occasion.version.title(language),
            "until": moment_in(occasion.closes_at, zone, language),
            "answer_link": links.to(SURVEY_LINK, request.uuid),
            "leave_link": links.to(LEAVE_LINK, request.participant.uuid),
            **(_marks(recommendation, request, language) if recommendation else {}),
        },
    )


def digit_link(digit: int) -> str:
    """Return the purpose of the link behind a mark in the mail."""
    return f"{SURVEY_LINK}_{digit}"


@wordings.counts_waiting(TEMPLATE)
def people_to_ask(scope: UUID) -> int:
    """Count who takes part in an open wave and was not asked yet, while the mail cannot be made."""
    return _people_to_ask(scope, TEMPLATE)


@wordings.counts_waiting(TEMPLATE_WITH_MARKS)
def people_to_ask_with_marks(scope: UUID) -> int:
    """Count the same for the mail with marks."""
    return _people_to_ask(scope, TEMPLATE_WITH_MARKS)


def _people_to_ask(scope: UUID, template: str) -> int:
    waves = _open_occasions(clock.now()).filter(survey__rollout__uuid=scope)
    return sum(_unasked(wave).count() for wave in waves if _template(wave) == template)


def _template(occasion: Occasion) -> str:
    """Return by which mail people are asked in a wave."""
    return TEMPLATE_WITH_MARKS if _recommendation(occasion) else TEMPLATE


def _recommendation(occasion: Occasion) -> Question | None:
    """Return the question from 0 to 10 if the wave asks exactly one; it is looked up once per wave."""
    if "_recommendation" not in occasion.__dict__:
        asked = list(occasion.version.questions.filter(kind=QuestionKind.NPS)[:2])
        occasion.__dict__["_recommendation"] = asked[0] if len(asked) == 1 else None
    found: Question | None = occasion.__dict__["_recommendation"]
    return found


def _marks(question: Question, request: SurveyRequest, language: str) -> dict[str, Any]:
    """Return what the mail with marks says beside the rest."""
    languages = request.occasion.version.languages
    marks = {
        f"nps_{digit}": links.to(digit_link(digit), request.uuid) for digit in SCALES[QuestionKind.NPS].values
    }
    return {
        "question": text_in(question.texts, language, languages),
        "lowest": text_in(question.low, language, languages),
        "highest": text_in(question.high, language, languages),
        **marks,
    }


def language_of(request: SurveyRequest) -> str:
    """Return the language in which a person is asked: her own where the version has it, else its first."""
    languages: list[str] = request.occasion.version.languages
    wanted = request.participant.person.language
    return wanted if wanted in languages else (languages or ["en"])[0]


def moment_in(at: datetime, zone: str, language: str) -> str:
    """Say a moment in a person's language and zone: "Sunday, 29 November 2026, 23:59 (MYT)"."""
    with translation.override(language):
        local = at.astimezone(zoneinfo.ZoneInfo(zone))
        day = f"{dateformat.format(local, 'l')}, {formats.date_format(local, 'DATE_FORMAT')}"
        return f"{day}, {local:%H:%M} ({words.zone_label(zone, at)})"


def _step_out(occasion: Occasion) -> int:
    """Close the requests of people who left since."""
    open_ones = SurveyRequest.objects.filter(occasion=occasion, state__in=UNANSWERED)
    return open_ones.filter(participant__state__in=GONE).update(state=RequestState.LEFT, draft={})


@transaction.atomic
def _finish(occasion: Occasion, now: datetime) -> int:
    """Write off what was not answered in a wave that is over; once."""
    claimed = Occasion.objects.filter(pk=occasion.pk, finished_at__isnull=True).update(finished_at=now)
    if not claimed:
        return 0
    expired = SurveyRequest.objects.filter(occasion=occasion, state__in=UNANSWERED).update(
        state=RequestState.EXPIRED, draft={}
    )
    record(
        actor=System(cause="The survey's rhythm"),
        verb="occasion.closed",
        obj=occasion,
        scope=occasion.survey.rollout.uuid,
        after={"answered": occasion.responses.count(), "unanswered": expired},
    )
    return 1
