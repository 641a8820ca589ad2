"""Scores from marks, exactly: pure functions, no database.

NPS is 100 · (promoters − detractors) / answers on −100 … 100; satisfaction is the share of the two best
marks of five. Who did not answer is in no denominator.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Final

from feedback.states import DETRACTOR_TO, PROMOTER_FROM, SATISFIED_FROM
from rollout_portal.lib.decimals import Comparator
from rollout_portal.lib.statistics import (
    Interval,
    adjusted_wald_nps,
    net_promoter_score,
    wilson_share,
)

SMALLEST_GROUP: Final = 5
"""What fewer people than this answered is shown on no page of results, so that nobody can be recognised."""


@dataclass(frozen=True, slots=True)
class Groups:
    """How the answers to the recommendation question fall into three groups."""

    promoters: int = 0
    passives: int = 0
    detractors: int = 0

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def lead(self) -> int:
        """Promoters minus detractors."""
        return self.promoters - self.detractors

    @property
    def score(self) -> Decimal | None:
        """The Net Promoter Score; None without answers."""
        return net_promoter_score(self.promoters, self.passives, self.detractors)

    @property
    def interval(self) -> Interval | None:
        """The adjusted-Wald 95 % interval of the score."""
        return adjusted_wald_nps(self.promoters, self.passives, self.detractors)


def nps_groups(marks: Iterable[int]) -> Groups:
    """Sort marks from 0 to 10 into promoters (9, 10), passives (7, 8) and detractors (0 to 6)."""
    found = list(marks)
    promoters = sum(mark >= PROMOTER_FROM for mark in found)
    detractors = sum(mark <= DETRACTOR_TO for mark in found)
    return Groups(promoters, len(found) - promoters - detractors, detractors)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    hits: int
    n: int

    @property
    def percent(self) -> Decimal | None:
        """The share in percent; None without answers, never 0."""
        return Decimal(100 * self.hits) / self.n if self.n else None

    @property
    def interval(self) -> Interval | None:
        """The Wilson 95 % interval of the share, in percent."""
        return wilson_share(self.hits, self.n)


def satisfied(marks: Iterable[int]) -> Share:
    """Return the share of the two best marks of five."""
    found = list(marks)
    return Share(hits=sum(mark >= SATISFIED_FROM for mark in found), n=len(found))


def mean(marks: Iterable[int]) -> Decimal | None:
    """Return the mean of the marks; None without any."""
    found = list(marks)
    return Decimal(sum(found)) / len(found) if found else None


def best_answers_needed(good: int, n: int, comparator: str, threshold: Decimal) -> int | None:
    """Return how many more answers of the best kind make 100 · good / n keep the rule; exact.

    `good` may be negative (promoters minus detractors). None when no number of them would do, or when the
    rule asks for a low value; 0 when it is kept already.
    """
    if comparator not in (Comparator.ABOVE, Comparator.AT_LEAST):
        return None
    limit = Fraction(threshold)
    # 100 · (good + k) ≥ limit · (n + k)  ⇔  k · (100 − limit) ≥ limit · n − 100 · good
    missing, gain = limit * n - 100 * good, 100 - limit
    if n and (missing < 0 or (missing == 0 and comparator == Comparator.AT_LEAST)):
        return 0
    if gain < 0 or (gain == 0 and (missing > 0 or comparator == Comparator.ABOVE)):
        return None
    if gain == 0:
        return 1
    wanted = missing / gain
    least = floor(wanted) + 1 if comparator == Comparator.ABOVE else ceil(wanted)
    return max(least, 1)
