"""Intervals for shares and scores. Golden figures are in tests/lib/test_statistics.py."""

from decimal import Decimal, localcontext
from statistics import NormalDist

Interval = tuple[Decimal, Decimal]

# The two-sided 95 % quantile, 1.959964; a Decimal so that the sums below stay exact.
_Z95 = Decimal(repr(NormalDist().inv_cdf(0.975)))


def wilson_share(hits: int, n: int) -> Interval | None:
    """Return the 95 % Wilson score interval of `hits` out of `n`, in percent; None without answers.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    JASA 22 (1927), 209-212.
    """
    if n == 0:
        return None
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is not a share")
    with localcontext() as context:
        context.prec = 28
        share, total, z2 = Decimal(hits) / n, Decimal(n), _Z95 * _Z95
        centre = share + z2 / (2 * total)
        half = _Z95 * (share * (1 - share) / total + z2 / (4 * total * total)).sqrt()
        scale = 1 + z2 / total
        low, high = (centre - half) / scale, (centre + half) / scale
        return 100 * max(low, Decimal(0)), 100 * min(high, Decimal(1))


def net_promoter_score(promoters: int, passives: int, detractors: int) -> Decimal | None:
    """Return 100 * (promoters - detractors) / answers, -100 ... 100; None without answers."""
    n = promoters + passives + detractors
    return Decimal(100 * (promoters - detractors)) / n if n else None


def adjusted_wald_nps(promoters: int, passives: int, detractors: int) -> Interval | None:
    """Return the 95 % adjusted-Wald interval of a Net Promoter Score, clipped to -100 ... 100.

    Three answers are added, 3/4 promoter, 3/2 passive and 3/4 detractor, before the Wald interval is
    taken. Source: B. Rocks, "Interval estimation for the Net Promoter Score", The American
    Statistician 70 (2016), 365-372; the version that kept its coverage for small n.
    """
    n = promoters + passives + detractors
    if n == 0:
        return None
    with localcontext() as context:
        context.prec = 28
        total = Decimal(n) + 3
        up = (promoters + Decimal("0.75")) / total
        down = (detractors + Decimal("0.75")) / total
        score = up - down
        half = _Z95 * ((up + down - score * score) / total).sqrt()
        one = Decimal(1)
        return 100 * max(score - half, -one), 100 * min(score + half, one)
