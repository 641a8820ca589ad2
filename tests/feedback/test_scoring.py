"""Scores are exact, and say how many answers are missing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.scoring import Groups, best_answers_needed, mean, nps_groups, satisfied
from rollout_portal.lib.decimals import holds


def test_marks_fall_into_promoters_passives_and_detractors() -> None:
    assert nps_groups(range(11)) == Groups(promoters=2, passives=2, detractors=7)


@pytest.mark.parametrize(
    ("promoters", "passives", "detractors", "score"),
    [(25, 10, 5, "50"), (26, 9, 5, "52.5"), (0, 0, 3, "-100"), (1, 1, 1, "0")],
)
def test_nps_is_exact(promoters: int, passives: int, detractors: int, score: str) -> None:
    assert Groups(promoters, passives, detractors).score == Decimal(score)


def test_nobody_answered_is_no_score() -> None:
    assert Groups().score is None
    assert Groups().interval is None
    assert satisfied([]).percent is None
    assert mean([]) is None


@pytest.mark.parametrize(("hits", "percent"), [(32, "80"), (33, "82.5")])
def test_satisfaction_is_the_share_of_the_two_best_marks(hits: int, percent: str) -> None:
    assert satisfied([4] * (hits - 1) + [5] + [3] * (40 - hits)).percent == Decimal(percent)


def test_mean_is_exact() -> None:
    assert mean([7, 8, 9, 6]) == Decimal("7.5")


@pytest.mark.parametrize(
    ("good", "n", "comparator", "threshold", "needed"),
    [
        (20, 40, ">", "50", 1),
        (21, 40, ">", "50", 0),
        (32, 40, ">", "80", 1),
        (32, 40, ">=", "80", 0),
        (31, 40, ">=", "80", 5),
        (-40, 40, ">", "50", 121),
        (40, 40, ">", "100", None),
        (39, 40, ">=", "100", None),
        (40, 40, ">=", "100", 0),
        (0, 40, "<", "50", None),
    ],
)
def test_missing_answers_are_counted_exactly(
    good: int, n: int, comparator: str, threshold: str, needed: int | None
) -> None:
    assert best_answers_needed(good, n, comparator, Decimal(threshold)) == needed


@given(
    n=st.integers(1, 300),
    share=st.fractions(-1, 1),
    comparator=st.sampled_from([">", ">="]),
    threshold=st.decimals(-99, "99.9", places=1),
)
def test_so_many_answers_are_enough_and_one_less_is_not(
    n: int, share: object, comparator: str, threshold: Decimal
) -> None:
    good = int(share * n)  # type: ignore[operator]
    needed = best_answers_needed(good, n, comparator, threshold)
    assert needed is not None

    def kept(more: int) -> bool:
        return holds(Decimal(100 * (good + more)) / (n + more), comparator, threshold)

    assert kept(needed)
    assert needed == 0 or not kept(needed - 1)
