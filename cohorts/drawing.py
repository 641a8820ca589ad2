"""Who is drawn: exact numbers per stratum, in an order that anybody can compute again.

    d = SHA-256(seed + 0x1F + key)        u = the first 8 bytes of d as a number, shifted right by one

Inside a stratum people stand in the order of u (then of d); the first N are taken, the rest waits in that
order. The same seed, people and seats give the same result on every machine; nothing here knows a database.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

RULE_VERSION: Final = "1"
UNKNOWN: Final = "unknown"
_SEPARATOR: Final = b"\x1f"


def key_digest(seed: bytes, key: str) -> bytes:
    """Return the SHA-256 of the seed and a person's key; the proof shows it instead of the key."""
    return hashlib.sha256(seed + _SEPARATOR + key.encode()).digest()


def place_number(digest: bytes) -> int:
    """Return u, the 63-bit number by which people are ordered: fits into a signed bigint."""
    return int.from_bytes(digest[:8], "big") >> 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who can be drawn.

    :ivar ref: how the caller finds the person again.
    :ivar key: the frozen selection key.
    :ivar stratum: the value of the attribute that seats are given by; UNKNOWN when there is none.
    :ivar kept: whether the person has a seat already; kept people sit first.
    """

    ref: int
    key: str
    stratum: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """One person's place in the order of a stratum; the first one has rank 1."""

    ref: int
    stratum: str
    digest: str
    u: int
    rank: int
    taken: bool
    kept: bool


@dataclass(frozen=True, slots=True)
class Stratum:
    """What happened in one stratum. `seats` is 0 where the rule gives none."""

    value: str
    seats: int
    pool: int
    kept: int
    places: tuple[Place, ...]

    @property
    def taken(self) -> int:
        return sum(place.taken for place in self.places)

    @property
    def short(self) -> int:
        return max(0, self.seats - self.taken)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole draw, stratum by stratum in the order of the rule."""

    seed: str
    strata: tuple[Stratum, ...]

    @property
    def seats(self) -> int:
        return sum(stratum.seats for stratum in self.strata)

    @property
    def taken(self) -> int:
        return sum(stratum.taken for stratum in self.strata)

    @property
    def pool(self) -> int:
        return sum(stratum.pool for stratum in self.strata)


def draw(seed: str, seats: Mapping[str, int], pool: Iterable[Candidate]) -> Drawing:
    """Fill the seats of each stratum from the pool.

    People whose stratum has no seats are listed with it and none of them is taken; a person without a
    value is in the stratum UNKNOWN. Who is kept sits whatever the number of seats: growing only adds.
    No seats at all draw nobody.
    """
    salt = seed.encode()
    ordered: dict[str, list[tuple[bool, int, bytes, Candidate]]] = {value: [] for value in seats}
    for person in pool:
        digest = key_digest(salt, person.key)
        row = (not person.kept, place_number(digest), digest, person)
        ordered.setdefault(person.stratum or UNKNOWN, []).append(row)
    strata = []
    for value, rows in ordered.items():
        rows.sort(key=lambda row: row[:3])
        wanted = seats.get(value, 0)
        places = tuple(
            Place(
                ref=person.ref,
                stratum=value,
                digest=digest.hex(),
                u=u,
                rank=rank,
                taken=person.kept or rank <= wanted,
                kept=person.kept,
            )
            for rank, (_new, u, digest, person) in enumerate(rows, 1)
        )
        kept = sum(place.kept for place in places)
        strata.append(Stratum(value, wanted, len(places), kept, places))
    return Drawing(seed, tuple(strata))


@dataclass(frozen=True, slots=True)
class Share:
    """What one stratum gets of a total: the exact share and the whole seats."""

    value: str
    exact: Fraction
    seats: int
    rounded_up: bool

    @property
    def shown(self) -> Decimal:
        """The exact share with one decimal, for the sentence that explains the rounding."""
        return (Decimal(self.exact.numerator) / Decimal(self.exact.denominator)).quantize(Decimal("0.1"))


def largest_remainder(total: int, weights: Mapping[str, int]) -> list[Share]:
    """Share `total` seats in proportion to the weights, by largest remainder (Hamilton); sums exactly.

    Equal remainders: the larger weight first, then the value in alphabetical order. Without any weight
    nobody gets a seat.

    :raises ValueError: on a negative number.
    """
    if total < 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError("Seats and weights cannot be negative")
    whole = sum(weights.values())
    if whole == 0:
        return [Share(value, Fraction(0), 0, False) for value in weights]
    exact = {value: Fraction(total * weight, whole) for value, weight in weights.items()}
    floors = {value: int(share) for value, share in exact.items()}
    left = total - sum(floors.values())
    order = sorted(weights, key=lambda value: (floors[value] - exact[value], -weights[value], value))
    lucky = set(order[:left])
    return [Share(value, exact[value], floors[value] + (value in lucky), value in lucky) for value in weights]
