"""A figure as of a past moment never changes: read all of them, let things happen, read them again."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from phases.models import Phase
from phases.registry import find_measure

Asked = tuple[str, str, str]
"""Measure, subject, window."""


def bodies(phase: Phase, asked: Iterable[Asked], as_of: datetime) -> dict[Asked, dict[str, Any]]:
    """Return everything that the measures say about `phase` as of a moment."""
    found = {}
    for name, subject, window in asked:
        measure = find_measure(name)
        assert measure is not None
        read = measure.function(
            rollout=phase.rollout, phase=phase, subject=subject, window=window, as_of=as_of
        )
        found[name, subject, window] = asdict(read)
    return found
