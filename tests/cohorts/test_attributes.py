"""Conditions over what is known of people: nothing is known of a missing value."""

from typing import Any

import pytest

from cohorts import attributes, languages


@pytest.mark.parametrize(
    ("value", "test", "wanted", "holds"),
    [
        ("ta", "is", "TA", True),
        ("ta", "is", "ms", False),
        ("ta", "is_not", "ms", True),
        (None, "is_not", "ms", True),
        (None, "is", "ms", False),
        (None, "known", None, False),
        (0, "known", None, True),
        ("ios", "in", ["android", "iOS"], True),
        ("web", "in", ["android", "ios"], False),
        (6, "at_least", "6", True),
        (5, "at_least", "6", False),
        ("10", "at_least", "9", True),
        ("4.50", "at_most", "4.5", True),
        ("4.10.0", "at_least", "4.9.9", True),
        ("2026-11-02", "at_most", "2026-11-02", True),
        ("2026-11-03", "at_most", "2026-11-02", False),
        ("Infinity", "at_least", "6", False),
        ("NaN", "at_most", "6", False),
        ("many", "at_least", "6", False),
        ("2026-11-02", "at_least", "6", False),
        (True, "is", "true", True),
    ],
)
def test_a_condition_holds_or_not(value: attributes.Value, test: str, wanted: Any, holds: bool) -> None:
    assert attributes.holds(value, test, wanted) is holds


def test_an_unknown_test_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="nearly"):
        attributes.holds("a", "nearly", "b")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("ms", "ms"),
        (" Malay ", "ms"),
        ("BM", "ms"),
        ("ms_MY", "ms"),
        ("zh", "zh-hans"),
        ("ZH-Hans", "zh-hans"),
        ("中文", "zh-hans"),
        ("தமிழ்", "ta"),
        ("en-GB", "en"),
        ("Klingon", None),
        ("", None),
        ("fr", None),
    ],
)
def test_languages_are_known_by_the_names_in_lists(said: str, code: str | None) -> None:
    assert languages.recognise(said, ["en", "ms", "zh-hans", "ta"]) == code


def test_only_the_rollouts_languages_are_taken() -> None:
    assert languages.recognise("Tamil", ["en", "ms"]) is None
