"""Lengths of time as people write them in plans and windows: 90s, 15m, 36h, 7d, 2w."""

import re
from datetime import timedelta
from typing import Final

# Seconds to weeks, the largest first.
SECONDS: Final = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}

LENGTH: Final = re.compile(r"([1-9][0-9]{0,8})([wdhms])")


def length_of(text: str) -> timedelta | None:
    """Return how long `text` says; None when it is no length, or longer than time goes."""
    found = LENGTH.fullmatch(text)
    if found is None:
        return None
    try:
        return timedelta(seconds=int(found[1]) * SECONDS[found[2]])
    except OverflowError:
        return None
