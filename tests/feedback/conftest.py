"""The setting of most tests: the third week of a running beta."""

from collections.abc import Callable
from datetime import datetime

import pytest

from feedback.models import Occasion, Survey
from phases.models import Phase
from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from tests.factories import make_member
from tests.feedback.factories import WAVE_3, make_beta, make_survey, make_wave


@pytest.fixture
def now(business_clock: Callable[[datetime], None]) -> datetime:
    """Wednesday of the third week, 14:00 in the rollout's zone."""
    business_clock(WAVE_3)
    return WAVE_3


@pytest.fixture
def phase(db: None, now: datetime) -> Phase:
    return make_beta()


@pytest.fixture
def owner(phase: Phase) -> User:
    return make_member(phase.rollout, RoleName.PRODUCT_OWNER, "Aisyah Rahman")


@pytest.fixture
def support(phase: Phase) -> User:
    return make_member(phase.rollout, RoleName.SUPPORT, "Kavitha Nair")


@pytest.fixture
def survey(phase: Phase, owner: User) -> Survey:
    return make_survey(phase, owner=owner)


@pytest.fixture
def wave(survey: Survey) -> Occasion:
    """Wave 3, open now."""
    return make_wave(survey)
