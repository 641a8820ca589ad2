"""When things happen in the demo: counted from the first day of plan week 1, in the rollout's zone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rollout_portal.lib import clock

# Today is the fourth day of plan week 4: the third week of the four beta weeks, a day after its survey.
DAYS_GONE = 24


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of the demo, counted from its anchor. The present is never told: it goes on by itself."""

    anchor: date
    zone: ZoneInfo

    @classmethod
    def around(cls, now: datetime, zone: ZoneInfo) -> "Calendar":
        """Return the calendar in which `now` lies on the fourth day of plan week 4."""
        return cls(anchor=now.astimezone(zone).date() - timedelta(days=DAYS_GONE), zone=zone)

    def moment(self, week: int, day: int, hour: int, minute: int = 0) -> datetime:
        """Return a moment by plan week (1 is the first, 0 the one before), day of it (from 0) and time."""
        on = self.anchor + timedelta(weeks=week - 1, days=day)
        return datetime.combine(on, time(hour, minute), tzinfo=self.zone)

    @contextmanager
    def at(self, week: int, day: int, hour: int, minute: int = 0) -> Iterator[datetime]:
        """Within, it is that moment; one that lies ahead of the present is the present."""
        moment = min(self.moment(week, day, hour, minute), clock.now())
        with clock.told(moment):
            yield moment
