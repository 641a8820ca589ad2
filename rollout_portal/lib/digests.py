"""Canonical JSON and SHA-256: the same data gives the same fingerprint on every machine."""

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID


def canonical_json(data: object) -> str:
    """Return `data` as JSON with sorted keys, no spaces, and one spelling for every value.

    Decimals are written without exponent and without trailing zeros, moments as UTC with a `Z`,
    both as strings. Floats are refused: they have no exact spelling.
    """
    return json.dumps(_plain(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(data: object) -> str:
    """Return the SHA-256 of the canonical JSON of `data`, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(data).encode()).hexdigest()


def decimal_text(value: Decimal) -> str:
    """Return a decimal in full and without trailing zeros: 0.50 is "0.5", 1E+3 is "1000"."""
    if not value.is_finite():
        raise ValueError(f"{value} is not a finite number")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _plain(data: object) -> object:
    match data:
        case None | bool() | str() | int():
            return data
        case float():
            raise TypeError("A float has no exact spelling; use Decimal")
        case Decimal():
            return decimal_text(data)
        case datetime():
            return data.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case date():
            return data.isoformat()
        case UUID():
            return str(data)
        case dict():
            return {str(key): _plain(value) for key, value in data.items()}
        case list() | tuple():
            return [_plain(value) for value in data]
        case set() | frozenset():
            return sorted(str(value) for value in data)
        case _:
            return str(data)
