"""What testers send: a draft kept for later, an answer, a change to it until the wave closes."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cohorts.models import Membership
from cohorts.states import GONE
from feedback.answering import Value
from feedback.exceptions import WaveClosed
from feedback.models import Answer, Question, Response, Submission, SurveyRequest
from feedback.services.waves import language_of
from feedback.states import REQUEST_MOVES, RequestState
from phases.exceptions import WrongState
from rollout_portal.lib import clock


@transaction.atomic
def keep_draft(*, request: SurveyRequest, values: Mapping[str, Value]) -> SurveyRequest:
    """Keep what was answered so far, because the tester pressed "Save and go on later".

    :raises WaveClosed: when the wave is over. An answer that was sent is changed by sending again.
    """
    locked = _locked_open(request, clock.now())
    if locked.state == RequestState.SUBMITTED:
        raise WrongState(_("You have answered already. To change an answer, send it again."))
    _move(locked, RequestState.STARTED)
    locked.draft = dict(values)
    locked.save(update_fields=["state", "draft"])
    return locked


@transaction.atomic
def submit_answers(*, request: SurveyRequest, values: Mapping[str, Value], language: str) -> Response:
    """Record an answer, or a change to it. Sending the same twice is one answer.

    :param values: what `answering.read_form` read without an error, by the code of the question.
    :param language: of the form that was sent.
    :raises WaveClosed: when the wave is over.
    """
    now = clock.now()
    locked = _locked_open(request, now)
    response = Response.objects.filter(request=locked).first()
    if response is None:
        response = Response.objects.create(
            request=locked,
            occasion=locked.occasion,
            language=language_of(locked),
            stratum=_stratum(locked),
            submitted_at=now,
        )
        _move(locked, RequestState.SUBMITTED)
        locked.draft = {}
        locked.save(update_fields=["state", "draft"])
        _submit(response, 1, values, language, now)
        return response
    newest = response.submissions.order_by("-number").first()
    number = newest.number if newest else 0
    if newest is None or answers_of(newest) != dict(values):
        _submit(response, number + 1, values, language, now)
        response.edited_at = now
        response.save(update_fields=["edited_at"])
    return response


def answers_of(submission: Submission) -> dict[str, Value]:
    """Return what a submission says, by the code of the question."""
    found: dict[str, Value] = {}
    rows = submission.answers.select_related("question").order_by("question__position", "pk")
    for row in rows:
        code = row.question.code
        if row.question.several:
            chosen = found.get(code, ())
            found[code] = (*chosen, row.choice) if isinstance(chosen, tuple) else (row.choice,)
        elif row.number is not None:
            found[code] = row.number
        else:
            found[code] = row.choice or row.text
    return found


def _submit(
    response: Response, number: int, values: Mapping[str, Value], language: str, now: datetime
) -> Submission:
    submission = Submission.objects.create(response=response, number=number, language=language, at=now)
    questions = Question.objects.filter(version=response.occasion.version_id, code__in=values)
    rows: list[Answer] = []
    for question in questions.order_by("position", "pk"):
        value = values[question.code]
        match value:
            case tuple():
                rows += [
                    Answer(submission=submission, question=question, slot=code, choice=code) for code in value
                ]
            case int():
                rows.append(Answer(submission=submission, question=question, number=value))
            case str() if question.options:
                rows.append(Answer(submission=submission, question=question, choice=value))
            case str():
                rows.append(Answer(submission=submission, question=question, text=value))
    Answer.objects.bulk_create(rows)
    return submission


def _locked_open(request: SurveyRequest, now: datetime) -> SurveyRequest:
    """Lock the request; refuse when its wave is over or the person has left."""
    locked = (
        SurveyRequest.objects.select_for_update(of=("self",))
        .select_related("occasion__version", "occasion__survey", "participant__person")
        .get(pk=request.pk)
    )
    if now >= locked.occasion.closes_at:
        raise WaveClosed(_("This survey is closed. Thank you for looking in."))
    # Who only wants no more mails stays in the test and may answer what she was asked.
    if locked.participant.state in GONE:
        raise WaveClosed(_("You have left the test, so nothing more is collected. Thank you."))
    return locked


def _move(request: SurveyRequest, to: RequestState) -> None:
    """Change the state of a locked request as the table allows."""
    if request.state == to:
        return
    if to not in REQUEST_MOVES[RequestState(request.state)]:
        raise WrongState(_("This survey is closed. Thank you for looking in."))
    request.state = to


def _stratum(request: SurveyRequest) -> str:
    """Return the group that the person was drawn for, copied so that the answer needs no name."""
    seat = Membership.objects.filter(
        participant=request.participant, phase=request.occasion.phase_id
    ).order_by("-pk")
    return seat.values_list("stratum", flat=True).first() or ""
