"""The card of the survey on the cockpit: what few people answered is nobody's to see."""

from datetime import timedelta

import pytest

from feedback.scoring import SMALLEST_GROUP
from rollout_portal.console.survey import survey_of
from rollout_portal.console.svg import waves
from rollout_portal.lib import clock
from tests.feedback.factories import STARTED, make_answers, make_beta, make_survey, make_wave

pytestmark = pytest.mark.django_db


def test_a_wave_of_few_answers_shows_neither_score_nor_interval() -> None:
    clock_now = STARTED + timedelta(days=16)
    with clock.told(clock_now):
        survey = make_survey(make_beta())
        first, second = make_wave(survey, 2, closes_at=clock_now + timedelta(days=9)), make_wave(survey, 3)
        make_answers(first, "nps", [10] * SMALLEST_GROUP)
        make_answers(second, "nps", [3] * (SMALLEST_GROUP - 1))
        card = survey_of(survey.phase, [], clock.now())
    assert card is not None
    enough, few = card.waves
    assert (enough.value, enough.n, enough.low is not None) == (100, 5, True)
    assert (few.value, few.low, few.high, few.n) == (None, None, None, 4)
    assert "Wave 3 too few answers to show" in waves(card.waves, 50)
