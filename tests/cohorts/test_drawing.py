"""The draw: exact, stratified, the same on every machine."""

import hashlib
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.drawing import UNKNOWN, Candidate, draw, key_digest, largest_remainder, place_number

SEATS = {"ms": 20, "zh-hans": 15, "ta": 10, "en": 5}


def _pool(**sizes: int) -> list[Candidate]:
    return [
        Candidate(ref=number, key=f"{stratum}-{number}@example.org", stratum=stratum.replace("_", "-"))
        for stratum, size in sizes.items()
        for number in range(size)
    ]


def _digest_of_taken(pool: list[Candidate], seed: str = "medimate-2") -> str:
    taken = [
        f"{place.stratum}:{place.ref}"
        for stratum in draw(seed, SEATS, pool).strata
        for place in stratum.places
        if place.taken
    ]
    return hashlib.sha256("\n".join(taken).encode()).hexdigest()


def test_the_number_is_the_one_of_the_rule() -> None:
    digest = hashlib.sha256(b"seed\x1fana@example.org").digest()
    assert key_digest(b"seed", "ana@example.org") == digest
    assert place_number(digest) == int.from_bytes(digest[:8], "big") // 2
    assert place_number(b"\xff" * 32) == 2**63 - 1


def test_fifty_seats_by_language_are_filled_exactly() -> None:
    drawing = draw("medimate-2", SEATS, _pool(ms=180, zh_hans=120, ta=60, en=40))
    assert {stratum.value: (stratum.taken, stratum.short) for stratum in drawing.strata} == {
        "ms": (20, 0),
        "zh-hans": (15, 0),
        "ta": (10, 0),
        "en": (5, 0),
    }
    assert (drawing.taken, drawing.seats, drawing.pool) == (50, 50, 400)


def test_the_same_seed_and_pool_give_the_same_people_for_ever() -> None:
    pool = _pool(ms=180, zh_hans=120, ta=60, en=40)
    shuffled = sorted(pool, key=lambda person: person.key[::-1])
    assert _digest_of_taken(pool) == "a929dd6fec36e8f43ab62bf608d26b68b7621c08db03a171367d9337768c175e"
    assert _digest_of_taken(shuffled) == _digest_of_taken(pool)


def test_another_seed_gives_other_people() -> None:
    pool = _pool(ms=180, zh_hans=120, ta=60, en=40)
    assert _digest_of_taken(pool, "medimate-3") != _digest_of_taken(pool)


def test_eight_tamil_speakers_stop_the_draw_at_forty_eight() -> None:
    drawing = draw("medimate-2", SEATS, _pool(ms=180, zh_hans=120, ta=8, en=92))
    assert drawing.taken == 48
    assert {stratum.value: stratum.short for stratum in drawing.strata if stratum.short} == {"ta": 2}


def test_no_seats_draw_nobody() -> None:
    assert draw("seed", {}, _pool(ms=10)).taken == 0


def test_a_person_without_a_value_is_shown_and_not_taken() -> None:
    drawing = draw("seed", SEATS, [Candidate(1, "a", ""), Candidate(2, "b", "ms")])
    unknown = drawing.strata[-1]
    assert (unknown.value, unknown.seats, unknown.pool, unknown.taken) == (UNKNOWN, 0, 1, 0)


def test_who_has_a_seat_keeps_it_and_growing_only_adds() -> None:
    pool = _pool(ms=30)
    before = {place.ref for place in draw("one", {"ms": 5}, pool).strata[0].places if place.taken}
    kept = [Candidate(person.ref, person.key, person.stratum, person.ref in before) for person in pool]
    after = draw("two", {"ms": 8}, kept).strata[0]
    assert before < {place.ref for place in after.places if place.taken}
    assert (after.kept, after.taken) == (5, 8)
    fewer = draw("two", {"ms": 3}, kept).strata[0]
    assert {place.ref for place in fewer.places if place.taken} == before


def test_a_ramp_with_one_seed_is_nested() -> None:
    pool = _pool(ms=500)
    steps = [
        {place.ref for place in draw("ramp", {"ms": seats}, pool).strata[0].places if place.taken}
        for seats in (10, 50, 250)
    ]
    assert steps[0] < steps[1] < steps[2]


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 40), max_size=6),
    st.lists(st.tuples(st.integers(), st.sampled_from(["a", "b", "c", "", "zz"])), max_size=80, unique=True),
    st.text(max_size=10),
)
def test_every_draw_keeps_its_promises(
    seats: dict[str, int], people: list[tuple[int, str]], seed: str
) -> None:
    pool = [Candidate(ref, str(ref), stratum) for ref, stratum in people]
    drawing = draw(seed, seats, pool)
    sizes = Counter(stratum or UNKNOWN for _ref, stratum in people)
    assert drawing.pool == len(people), "nobody is dropped"
    for stratum in drawing.strata:
        assert stratum.taken == min(stratum.seats, sizes[stratum.value])
        assert [place.u for place in stratum.places] == sorted(place.u for place in stratum.places)
        assert [place.rank for place in stratum.places] == list(range(1, sizes[stratum.value] + 1))
        assert all(place.taken == (place.rank <= stratum.seats) for place in stratum.places)


_WEIGHTS = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 10_000), max_size=8)


@given(st.integers(0, 5_000), _WEIGHTS)
def test_shares_sum_to_the_total_and_stay_within_one_seat(total: int, weights: dict[str, int]) -> None:
    shares = largest_remainder(total, weights)
    whole = sum(weights.values())
    assert [share.value for share in shares] == list(weights)
    assert sum(share.seats for share in shares) == (total if whole else 0)
    for share in shares:
        assert abs(share.seats - share.exact) < 1
        assert weights[share.value] or not share.seats, "no seat for an empty stratum"
    if whole:
        lucky = [share.exact - int(share.exact) for share in shares if share.rounded_up]
        others = [share.exact - int(share.exact) for share in shares if not share.rounded_up]
        assert min(lucky, default=Fraction(1)) >= max(others, default=Fraction(0))


def test_ten_percent_of_five_thousand_by_language() -> None:
    shares = largest_remainder(500, {"ms": 2015, "zh-hans": 1487, "ta": 998, "en": 500})
    assert {share.value: (share.seats, str(share.shown), share.rounded_up) for share in shares} == {
        "ms": (201, "201.5", False),
        "zh-hans": (149, "148.7", True),
        "ta": (100, "99.8", True),
        "en": (50, "50.0", False),
    }


def test_equal_remainders_go_to_the_larger_weight_then_by_name() -> None:
    shares = largest_remainder(1, {"b": 2, "a": 2, "c": 2})
    assert {share.value: share.seats for share in shares} == {"b": 0, "a": 1, "c": 0}


def test_negative_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        largest_remainder(-1, {"a": 1})
