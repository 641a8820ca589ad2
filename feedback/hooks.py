"""What this room answers when others ask: may a mail still go out, and what does a stop do here."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import ngettext

from cohorts.models import Membership, Participant
from cohorts.states import GONE
from feedback.models import Reply, SurveyRequest
from feedback.states import UNANSWERED, RequestState
from phases.models import Phase
from phases.registry import Stop, consequences, stop_hook
from phases.signals import phase_moved
from phases.states import RolloutState, Verb
from rollout_portal.lib import clock
from rollout_portal.outbox import hooks, permission
from rollout_portal.outbox import services as outbox
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.permission import Refusal
from rollout_portal.outbox.states import MessageKind, MessageState

ASK_AGAIN_AFTER: Final = timedelta(minutes=5)


@permission.register
def may_survey_mail_leave(message: Message) -> Refusal | None:
    """Refuse a survey mail to somebody who left, in a wave or a phase that is over, or during a hold."""
    if message.kind != MessageKind.SURVEY_REQUEST:
        return None
    request = (
        SurveyRequest.objects.filter(message=message)
        .select_related("occasion__phase", "occasion__survey__rollout", "participant")
        .first()
    )
    if request is None:
        return None
    return _gone(request.participant) or _answered(request) or _over(request) or _held(request)


@permission.register
def may_answer_leave(message: Message) -> Refusal | None:
    """Refuse an answer to a tester who has left since it was written."""
    if message.kind != MessageKind.ANSWER:
        return None
    # A reply never changes: it points to the first message, of which this one may be sent again.
    while message.again_of is not None:
        message = message.again_of
    reply = Reply.objects.filter(message=message).select_related("item__reporter").first()
    reporter = reply.item.reporter if reply else None
    return _gone(reporter) if reporter else None


@hooks.sent_again
def follow_new_message(old: Message, new: Message) -> None:
    """A request whose mail staff send again stands by its new message: asked about and withdrawn by it."""
    SurveyRequest.objects.filter(message=old).update(message=new)


def _gone(person: Participant) -> Refusal | None:
    if person.opted_out_at is not None:
        return Refusal("opted_out")
    if person.state in GONE:
        return Refusal("left")
    return None


def _answered(request: SurveyRequest) -> Refusal | None:
    """Refuse what was sent again to somebody who has answered meanwhile: she got the first one."""
    return Refusal("answered") if request.state == RequestState.SUBMITTED else None


def _over(request: SurveyRequest) -> Refusal | None:
    """Refuse for good: nothing brings this wave back."""
    occasion = request.occasion
    if clock.now() >= occasion.closes_at:
        return Refusal("wave_closed")
    if not occasion.phase.is_running or occasion.survey.rollout.state != RolloutState.ACTIVE:
        return Refusal("phase_over")
    seat = Membership.objects.filter(
        participant=request.participant, phase=occasion.phase, ended_at__isnull=True
    )
    return None if seat.exists() else Refusal("left_phase")


def _held(request: SurveyRequest) -> Refusal | None:
    if request.occasion.phase.may_contact:
        return None
    return Refusal("held", clock.now() + ASK_AGAIN_AFTER)


def _waiting(phase: Phase) -> Any:
    """Return the requests of a phase whose mail has not left, be it the first one or one sent again."""
    can_be_stopped = Q(message__state__in=[MessageState.QUEUED, MessageState.CLAIMED])
    return SurveyRequest.objects.filter(
        Q(state=RequestState.QUEUED) | can_be_stopped,
        state__in=UNANSWERED,
        occasion__phase=phase,
        occasion__finished_at__isnull=True,
    )


def withdraw_survey_mails(stop: Stop) -> None:
    """Withdraw survey mails that have not left when a phase is rolled back. Answers and reports stay."""
    if stop.verb != Verb.ROLL_BACK:
        return
    keys = list(_waiting(stop.phase).filter(message__isnull=False).values_list("message__key", flat=True))
    outbox.cancel(keys=keys, reason="rolled_back")


stop_hook("feedback.withdraw_survey_mails", withdraw_survey_mails)


def send_again_after_hold(sender: object, transition: Any, **kwargs: object) -> None:
    """When a hold ends, look at once at what waited; the next look would come by itself."""
    if transition.verb == Verb.RESUME:
        outbox.look_again(scope=transition.phase.rollout.uuid)


phase_moved.connect(send_again_after_hold, dispatch_uid="feedback.send_again_after_hold")


@consequences
def survey_mails_in_words(phase: Phase, verb: Verb) -> Iterable[str]:
    """Say how many survey mails a verb holds back or withdraws."""
    if verb not in (Verb.HOLD, Verb.ROLL_BACK):
        return
    n = _waiting(phase).count()
    if n and verb == Verb.HOLD:
        yield (
            ngettext("%s survey mail that has not left waits.", "%s survey mails that have not left wait.", n)
            % n
        )
    if n and verb == Verb.ROLL_BACK:
        yield (
            ngettext(
                "%s survey mail that has not left is withdrawn.",
                "%s survey mails that have not left are withdrawn.",
                n,
            )
            % n
        )
