"""What people wrote never becomes a formula in a spreadsheet."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_portal.lib.spreadsheets import SafeWriter, safe_cell


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u00a0="]
)
def test_text_that_could_be_a_formula_is_disarmed(start: str) -> None:
    assert safe_cell(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        ("", ""),
        ("Ana = Añä", "Ana = Añä"),
        (-4, "-4"),
        (Decimal("-0.50"), "-0.50"),
        (True, "true"),
        (False, "false"),
        ("a\x00b", "ab"),
    ],
)
def test_numbers_and_plain_words_stay_what_they_are(
    value: str | int | Decimal | bool | None, written: str
) -> None:
    assert safe_cell(value) == written


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), min_size=1, max_size=5
    )
)
def test_a_row_is_read_back_cell_by_cell_and_none_is_a_formula(cells: list[str]) -> None:
    file = io.StringIO(newline="")
    SafeWriter(file).row(cells)
    text = file.getvalue()
    assert text.startswith("\ufeff")
    read = next(csv.reader(io.StringIO(text[1:], newline="")))
    assert [cell.removeprefix("'") for cell in read] == [cell.removeprefix("'") for cell in cells]
    assert not any(cell.lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r")) for cell in read)
