"""JSON from strangers keeps every number as it was written and remembers repeated keys."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_portal.lib.strict_json import NotJson, NumberText, StrictObject, loads


def test_numbers_stay_as_they_were_written() -> None:
    data = loads(b'[0.10, 1e400, -0, 12345678901234567890, NaN, -Infinity, true, null, "0.1"]')
    assert data == ["0.10", "1e400", "-0", "12345678901234567890", "NaN", "-Infinity", True, None, "0.1"]
    assert [type(one) for one in data] == [NumberText] * 6 + [bool, type(None), str]


def test_an_object_remembers_what_it_repeats() -> None:
    data = loads(b'{"a": 1, "b": 2, "a": 3, "a": 4, "c": {"d": 1, "d": 2}}')
    assert isinstance(data, StrictObject)
    assert (data.repeated, data["c"].repeated, data["a"]) == (("a",), ("d",), "4")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "line 1, column 1"),
        (b'{"a":\n 1,}', "line 2, column 4"),
        (b"\xff", "byte 1 is not UTF-8"),
        (b'"\xed\xa0\x80"', "byte 2 is not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"{} {}", "Extra data"),
    ],
)
def test_what_is_no_json_says_where(body: bytes, words: str) -> None:
    with pytest.raises(NotJson, match=words):
        loads(body)


@given(st.binary(max_size=200))
def test_no_bytes_break_it(body: bytes) -> None:
    with suppress(NotJson):
        loads(body)
