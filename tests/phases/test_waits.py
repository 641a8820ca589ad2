"""What waits for people on Start, by the days of their rollout."""

from datetime import UTC, date, datetime

import pytest

from phases.models import ChecklistItem
from phases.registry import waits_in
from tests.factories import make_checklist, make_rollout

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("zone", "now", "waits"),
    [
        # 20:00 UTC on the 10th is the 11th in Kuala Lumpur, so that the 25th is fourteen days away.
        ("Asia/Kuala_Lumpur", datetime(2026, 11, 10, 20, tzinfo=UTC), True),
        ("Asia/Kuala_Lumpur", datetime(2026, 11, 10, 15, tzinfo=UTC), False),
        # 2:00 UTC on the 11th is still the 10th in Los Angeles.
        ("America/Los_Angeles", datetime(2026, 11, 11, 2, tzinfo=UTC), False),
        ("America/Los_Angeles", datetime(2026, 11, 11, 9, tzinfo=UTC), True),
    ],
)
def test_a_checklist_item_waits_from_fourteen_days_before_its_day_in_its_rollout(
    zone: str, now: datetime, waits: bool
) -> None:
    rollout = make_rollout(time_zone=zone)
    make_checklist(rollout, items=1)
    ChecklistItem.objects.update(due_on=date(2026, 11, 25))
    assert [wait.title for wait in waits_in([rollout], now)] == ["Tick: Thing 1"] * waits
