"""The cast of this room's tests: one running rollout, and one who may do everything in it."""

from collections.abc import Callable
from datetime import datetime

import pytest

from phases.models import Rollout
from rollout_portal.accounts.models import User
from tests.monitoring.factories import NOON, make_engineer, make_rollout


@pytest.fixture(autouse=True)
def _it_is_noon(business_clock: Callable[[datetime], None]) -> None:
    """Every test of this room begins at the same business moment."""
    business_clock(NOON)


@pytest.fixture
def rollout(db: None) -> Rollout:
    return make_rollout()


@pytest.fixture
def engineer(rollout: Rollout) -> User:
    return make_engineer(rollout)
