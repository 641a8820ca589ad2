"""The links of this room: minted while a mail leaves, found again when somebody opens them."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from cohorts import visits
from cohorts.states import ParticipantState
from cohorts.visits import Visit
from feedback.models import FeedbackItem, SurveyLink, SurveyRequest
from feedback.services.notices import ITEM_LINK
from feedback.services.waves import SURVEY_LINK, digit_link
from feedback.states import SCALES, QuestionKind, RequestState
from rollout_portal.lib import clock
from rollout_portal.lib import links as signed
from rollout_portal.outbox import links
from rollout_portal.outbox.models import Message

# A closed survey still says that it is closed; after that its link says nothing.
READABLE_AFTER_CLOSE: Final = timedelta(days=30)


@links.register(SURVEY_LINK)
def mint_survey_link(row: UUID, message: Message) -> str:
    """Return a fresh link to a survey, and note that the mail leaves: runs while it becomes "sending"."""
    return f"{settings.BASE_URL}{reverse('feedback_tester:open', args=[_token(row, message)])}"


def _register_digit(digit: int) -> None:
    """A mark that is pressed in the mail: the same link, on which the mark is chosen and not recorded."""

    @links.register(digit_link(digit))
    def mint(row: UUID, message: Message) -> str:
        return f"{mint_survey_link(row, message)}?nps={digit}"


for _digit in SCALES[QuestionKind.NPS].values:
    _register_digit(_digit)


def _token(row: UUID, message: Message) -> str:
    """Return the one token that all links of a mail to this request share."""
    kept: dict[UUID, str] = message.__dict__.setdefault("_survey_tokens", {})
    if row not in kept:
        kept[row] = _mint(row)
    return kept[row]


def _mint(row: UUID) -> str:
    request = SurveyRequest.objects.get(uuid=row)
    token = signed.mint(SURVEY_LINK, request.uuid)
    now = clock.now()
    SurveyLink.objects.create(request=request, digest=signed.token_digest(token), minted_at=now)
    SurveyRequest.objects.filter(pk=request.pk, state=RequestState.QUEUED).update(
        state=RequestState.SENT, sent_at=now
    )
    return token


@links.register(ITEM_LINK)
def item_address(row: UUID, message: Message) -> str:
    """Return the address of an item in the console; who opens it has to sign in."""
    item = FeedbackItem.objects.select_related("rollout").get(uuid=row)
    return f"{settings.BASE_URL}{reverse('feedback:item', args=[item.rollout.slug, item.number])}"


@visits.register(SURVEY_LINK)
def find_survey(row: UUID, digest: str) -> Visit | None:
    """Return the visit behind a link to a survey; None for every link that opens nothing any more."""
    link = (
        SurveyLink.objects.filter(
            digest=digest,
            request__uuid=row,
            request__occasion__closes_at__gt=clock.now() - READABLE_AFTER_CLOSE,
        )
        .exclude(request__participant__state=ParticipantState.ERASED)
        .select_related("request__participant__person", "request__participant__rollout")
        .first()
    )
    return Visit(row, SURVEY_LINK, link.request.participant) if link else None
