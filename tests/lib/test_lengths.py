"""Lengths of time as plans and windows write them."""

from datetime import timedelta

import pytest

from rollout_portal.lib.lengths import length_of


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("36h", timedelta(hours=36)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_a_length_is_a_number_and_a_letter(text: str, length: timedelta) -> None:
    assert length_of(text) == length


@pytest.mark.parametrize(
    "text", ["", "d", "7", "0d", "07d", "-7d", "7D", "7 d", "1.5h", "٧d", "7d\n", "phase", "999999999w"]
)
def test_anything_else_is_none(text: str) -> None:
    assert length_of(text) is None
