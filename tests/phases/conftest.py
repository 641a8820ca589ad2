"""Fixtures of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.phases.factories import Beta, Dial, registered_dial

_PLANS = Path(__file__).resolve().parents[2] / "plans"


@pytest.fixture(scope="session")
def medimate() -> bytes:
    """The plan file of the demo."""
    return (_PLANS / "medimate.yaml").read_bytes()


@pytest.fixture
def dial() -> Iterator[Dial]:
    """A measure whose figures the test sets."""
    with registered_dial() as instrument:
        yield instrument


@pytest.fixture
def beta(db: None) -> Beta:
    """A rollout in its beta with an empty gate to phase 3."""
    return Beta()
