"""Golden figures of the intervals, with their sources."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_portal.lib.statistics import adjusted_wald_nps, net_promoter_score, wilson_share


def rounded(pair: tuple[Decimal, Decimal] | None, places: str = "0.01") -> tuple[str, str] | None:
    return (
        None
        if pair is None
        else (str(pair[0].quantize(Decimal(places))), str(pair[1].quantize(Decimal(places))))
    )


@pytest.mark.parametrize(
    ("hits", "n", "interval"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3.
        (81, 263, ("25.53", "36.62")),
        (15, 148, ("6.24", "16.05")),
        (0, 20, ("0.00", "16.11")),
        (1, 29, ("0.61", "17.18")),
        (10, 10, ("72.25", "100.00")),
    ],
)
def test_wilson_interval_matches_published_figures(hits: int, n: int, interval: tuple[str, str]) -> None:
    assert rounded(wilson_share(hits, n)) == interval


def test_no_answers_have_no_interval_and_no_score() -> None:
    assert wilson_share(0, 0) is None
    assert adjusted_wald_nps(0, 0, 0) is None
    assert net_promoter_score(0, 0, 0) is None


@pytest.mark.parametrize(
    ("answers", "score"),
    [((25, 10, 5), Decimal(50)), ((26, 9, 5), Decimal("52.5")), ((0, 0, 7), Decimal(-100))],
)
def test_net_promoter_score_is_exact(answers: tuple[int, int, int], score: Decimal) -> None:
    assert net_promoter_score(*answers) == score


def test_adjusted_wald_adds_three_answers() -> None:
    # By hand for 25/10/5: up = 25.75/43, down = 5.75/43, half = 1.959964 * sqrt((up+down-(up-down)^2)/43).
    low, high = adjusted_wald_nps(25, 10, 5) or (Decimal(0), Decimal(0))
    up, down = 25.75 / 43, 5.75 / 43
    half = 1.959963984540054 * (((up + down) - (up - down) ** 2) / 43) ** 0.5
    assert float(low) == pytest.approx(100 * (up - down - half), abs=1e-9)
    assert float(high) == pytest.approx(100 * (up - down + half), abs=1e-9)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_nps_interval_lies_on_the_scale_and_is_ordered(up: int, middle: int, down: int) -> None:
    interval = adjusted_wald_nps(up, middle, down)
    if up + middle + down == 0:
        assert interval is None
    else:
        assert interval is not None
        assert -100 <= interval[0] <= interval[1] <= 100
