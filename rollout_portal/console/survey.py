"""How the running survey goes, wave by wave: for the cockpit. Pure reads in a constant number of queries."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count
from django.utils.translation import gettext as _

from feedback.models import Occasion, Survey, SurveyRequest
from feedback.readings import counted, find_question
from feedback.scoring import SMALLEST_GROUP
from feedback.states import DETRACTOR_TO, PROMOTER_FROM, QuestionKind, RequestState
from phases.gates import CriterionResult
from phases.models import Phase
from rollout_portal.console.svg import Wave
from rollout_portal.lib.digests import decimal_text
from rollout_portal.lib.statistics import adjusted_wald_nps, net_promoter_score

NPS = "feedback.nps"


@dataclass(frozen=True, slots=True)
class SurveyCard:
    """The newest wave and the scores of all of them.

    :ivar asked: people who got the newest wave; `answered` of them have answered.
    :ivar target: the score that the gate asks for, if it does.
    """

    survey: Survey
    occasion: Occasion
    is_open: bool
    asked: int
    answered: int
    waves: tuple[Wave, ...]
    target: Decimal | None


def survey_of(phase: Phase, results: Sequence[CriterionResult], now: datetime) -> SurveyCard | None:
    """Return the card of the survey that runs in `phase`; None while no wave has opened."""
    occasions = list(
        Occasion.objects.filter(phase=phase, opens_at__lte=now).select_related("survey").order_by("opens_at")
    )
    if not occasions:
        return None
    newest = occasions[-1]
    mine = [occasion for occasion in occasions if occasion.survey_id == newest.survey_id]
    requests = dict(
        SurveyRequest.objects.filter(occasion=newest)
        .exclude(state__in=[RequestState.QUEUED, RequestState.LEFT])
        .order_by()
        .values_list("state")
        .annotate(count=Count("pk"))
    )
    rule = next((row.criterion for row in results if row.criterion.measure == NPS), None)
    return SurveyCard(
        survey=newest.survey,
        occasion=newest,
        is_open=newest.closes_at > now,
        asked=sum(requests.values()),
        answered=requests.get(RequestState.SUBMITTED, 0),
        waves=_waves(phase, mine, now),
        target=_plain(rule.threshold) if rule and rule.threshold is not None else None,
    )


def _waves(phase: Phase, occasions: Sequence[Occasion], now: datetime) -> tuple[Wave, ...]:
    """Return score and interval of each wave, as the gate counts them; nothing without an NPS question."""
    asked = find_question(phase.rollout, occasions[-1].survey.code, [QuestionKind.NPS], now)
    if asked is None:
        return ()
    answers = (
        counted(asked, now, occasions)
        .filter(number__isnull=False)
        .order_by()
        .values_list("submission__response__occasion", "number")
        .annotate(count=Count("pk"))
    )
    by_wave: dict[int, Counter[int]] = {}
    for occasion, mark, count in answers:
        by_wave.setdefault(occasion, Counter())[mark] += count
    return tuple(
        _wave(occasion, by_wave.get(occasion.pk, Counter()), current=occasion == occasions[-1])
        for occasion in occasions
    )


def _wave(occasion: Occasion, marks: Counter[int], *, current: bool) -> Wave:
    promoters = sum(count for mark, count in marks.items() if mark >= PROMOTER_FROM)
    detractors = sum(count for mark, count in marks.items() if mark <= DETRACTOR_TO)
    parts = (promoters, sum(marks.values()) - promoters - detractors, detractors)
    label, n = _("Wave %s") % occasion.number, sum(parts)
    if n < SMALLEST_GROUP:
        return Wave(label=label, value=None, n=n, current=current)
    low, high = adjusted_wald_nps(*parts) or (None, None)
    return Wave(label=label, value=net_promoter_score(*parts), low=low, high=high, n=n, current=current)


def _plain(value: Decimal) -> Decimal:
    """Return a threshold without the zeros that the database keeps: 50, not 50.000000000."""
    return Decimal(decimal_text(value))
