"""Comparing exactly, converting exactly, and never rounding towards a threshold."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from rollout_portal.lib.decimals import (
    Comparator,
    convert,
    holds,
    is_close,
    is_kept_exactly,
    rule_text,
    shown,
    validate_exact,
    with_unit,
)

D = Decimal


@pytest.mark.parametrize(
    ("value", "comparator", "threshold", "kept"),
    [
        ("69.96", ">", "70", False),
        ("70", ">", "70", False),
        ("70.000000001", ">", "70", True),
        ("80", ">=", "80", True),
        ("0.5", "<", "0.5", False),
        ("0.49", "<", "0.5", True),
        ("0.5", "<=", "0.5", True),
        ("0", "=", "0", True),
        ("-0", "=", "0", True),
        ("50.0", "=", "50", True),
    ],
)
def test_comparison_is_exact(value: str, comparator: str, threshold: str, kept: bool) -> None:
    assert holds(D(value), comparator, D(threshold)) is kept


@pytest.mark.parametrize(
    ("value", "kept"), [("2.9", False), ("3", True), ("4", True), ("5", True), ("5.1", False)]
)
def test_between_holds_at_both_ends(value: str, kept: bool) -> None:
    assert holds(D(value), Comparator.BETWEEN, D(3), D(5)) is kept


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_a_value_that_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        holds(D(value), ">", D(5))


@pytest.mark.parametrize(
    ("value", "unit", "to", "result"),
    [
        ("1200", "ms", "s", "1.2"),
        ("1", "s", "ms", "1000"),
        ("5", "min", "s", "300"),
        ("2", "GB", "MB", "2000"),
    ],
)
def test_units_of_one_dimension_convert_exactly(value: str, unit: str, to: str, result: str) -> None:
    assert convert(D(value), unit, to) == D(result)


def test_units_of_two_dimensions_do_not_convert() -> None:
    with pytest.raises(ValueError, match="cannot be turned"):
        convert(D(1), "ms", "MB")


@pytest.mark.parametrize(
    ("value", "threshold", "text"),
    [
        ("69.96", "70", "69.96"),
        ("69.9996", "70", "69.9996"),
        ("70.00004", "70", "70.00004"),
        ("80.172413793", "80", "80.17"),
        ("52.5", "50", "52.5"),
        ("612", "800", "612"),
        ("18204", None, "18,204"),
        ("-33.333333", "50", "−33.33"),
        ("0.4996", "0.5", "0.4996"),
        ("0", "0", "0"),
    ],
)
def test_shown_number_stays_on_its_side(value: str, threshold: str | None, text: str) -> None:
    assert shown(D(value), D(threshold) if threshold else None) == text


@given(
    st.decimals(-1000, 1000, places=8),
    st.decimals(-1000, 1000, places=3),
)
def test_no_value_is_ever_shown_on_the_other_side(value: Decimal, threshold: Decimal) -> None:
    text = D(shown(value, threshold).replace("−", "-").replace(",", ""))
    assert (text > threshold) == (value > threshold)
    assert (text < threshold) == (value < threshold)


def test_close_is_within_one_percent() -> None:
    assert is_close(D("69.96"), D(70))
    assert not is_close(D(70), D(70))
    assert not is_close(D(69), D(70))


def test_rule_reads_like_the_plan() -> None:
    assert rule_text("<", D("0.5"), None, "%") == "under 0.5\N{NARROW NO-BREAK SPACE}%"
    assert rule_text("between", D(3), D(5), "") == "between 3 and 5"
    assert with_unit("612", "ms") == "612\N{NARROW NO-BREAK SPACE}ms"


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("0", True),
        ("999999999999999", True),
        ("1000000000000000", False),
        ("123456.123456789", True),
        ("1234567.123456789", False),
        ("0.123456789", True),
        ("0.1234567891", False),
        ("1.5000000000000000000000000", True),
        ("1E+14", True),
        ("1E+15", False),
        ("-0.000000001", True),
    ],
)
def test_a_number_is_kept_to_its_last_digit_or_refused(number: str, kept: bool) -> None:
    assert is_kept_exactly(Decimal(number)) is kept
    if kept:
        validate_exact(Decimal(number))
    else:
        with pytest.raises(ValidationError, match="at most 15 digits"):
            validate_exact(Decimal(number))


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
def test_what_is_no_number_is_not_exact(number: str) -> None:
    with pytest.raises(ValidationError):
        validate_exact(Decimal(number))
