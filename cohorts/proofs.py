"""The proof of a draw: a file by which anybody can make it again, without a name in it.

docs/check_selection.py checks such a file with nothing but Python's standard library.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from cohorts.drawing import RULE_VERSION, Drawing, Place, Stratum
from rollout_portal.lib.digests import canonical_json

if TYPE_CHECKING:
    from cohorts.models import Selection

FORMAT: Final = "rollout-portal/selection-proof/1"

# In English whatever the reader's language: the words belong to the format.
ALGORITHM: Final = (
    "A person's key is the id in the product, else the e-mail address in lower case with an ASCII domain.",
    "d = SHA-256(seed as UTF-8, then the byte 1F, then the key as UTF-8).",
    "u = the first 8 bytes of d as a big-endian number, shifted right by one bit.",
    "In each stratum people stand in the order of u, then of d; people who had a seat already come first.",
    "The first people are taken until the seats of the stratum are filled; the rest waits in that order.",
    "Each line of a stratum is: d in hexadecimal digits, u, and what became of the person.",
    "The fingerprint of the pool is the SHA-256 of all lines “key TAB stratum LF”, sorted, as UTF-8.",
)


def pool_fingerprint(people: Iterable[tuple[str, str]]) -> str:
    """Return the fingerprint of (key, stratum) pairs: the same people in the same strata give the same."""
    digest = hashlib.sha256()
    for line in sorted(f"{key}\t{stratum}\n".encode() for key, stratum in people):
        digest.update(line)
    return digest.hexdigest()


def proof_file(selection: "Selection", drawn: Drawing) -> bytes:
    """Return the proof of a draw as JSON, one line for each person."""
    phase = selection.phase
    head: dict[str, Any] = {
        "format": FORMAT,
        "rule_version": RULE_VERSION,
        "algorithm": list(ALGORITHM),
        "rollout": phase.rollout.slug,
        "phase": phase.code,
        "selection": str(selection.uuid),
        "version": selection.number,
        "drawn_at": selection.drafted_at,
        "seed": drawn.seed,
        "attribute": selection.rule["attribute"],
        "conditions": selection.rule["conditions"],
        "pool": {"people": drawn.pool, "fingerprint": selection.pool_digest},
    }
    strata = ",\n".join(_stratum(stratum) for stratum in drawn.strata)
    return f'{canonical_json(head)[:-1]},\n"strata":[\n{strata}\n]}}\n'.encode()


def _stratum(stratum: Stratum) -> str:
    """Return a stratum as JSON, written by hand because there may be a million lines."""
    lines = ",\n".join(f'["{place.digest}",{place.u},"{_what(place)}"]' for place in stratum.places)
    return f'{{"value":{json.dumps(stratum.value)},"seats":{stratum.seats},"order":[\n{lines}\n]}}'


def _what(place: Place) -> str:
    if place.kept:
        return "kept"
    return "taken" if place.taken else "reserve"
