"""When something is planned: the words of a plan file, and the days that they become."""

from datetime import date, time

import pytest
from hypothesis import given

from phases.when import When, read_when
from tests.phases.plan_rows import times

MONDAY = date(2026, 2, 2)

WORDS = {
    "2026-11-14": When(starts_on=date(2026, 11, 14)),
    "2026-11-14 to 2026-11-15": When(starts_on=date(2026, 11, 14), ends_on=date(2026, 11, 15)),
    "from 2026-11-14": When(starts_on=date(2026, 11, 14), open_ended=True),
    "2026-12-03 at 10:00": When(starts_on=date(2026, 12, 3), at=time(10)),
    "week 3": When(week=3),
    "weeks 2-5": When(week=2, end_week=5),
    "from week 6": When(week=6, open_ended=True),
    "week 5 day 4 AM": When(week=5, day=4, half="AM"),
    "week 5 days 4-7": When(week=5, day=4, end_day=7),
    "week 5 day 4 to week 6 day 2": When(week=5, day=4, end_week=6, end_day=2),
    "day 31": When(day=31),
    "days 1-3 PM": When(day=1, end_day=3, half="PM"),
    "from day 8": When(day=8, open_ended=True),
    "at 09:30": When(at=time(9, 30)),
}  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_the_words_of_a_plan_are_read_and_written(words: str) -> None:
    assert read_when(words) == WORDS[words]
    assert str(WORDS[words]) == words


@given(when=times())
def test_every_time_is_read_again_as_it_was_written(when: When) -> None:
    assert when == When() or read_when(str(when)) == when


@pytest.mark.parametrize(
    ("words", "same"),
    [("weeks 2-2", "week 2"), ("days 3-3", "day 3"), ("week 1 day 2 to week 1 day 4", "week 1 days 2-4")],
)
def test_a_range_of_one_is_one(words: str, same: str) -> None:
    assert read_when(words) == read_when(same)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("2026-02-30 to 2026-03-01", "There is no day 2026-02-30."),
        ("2026-03-02 to 2026-03-01", "The last day is before the first, 2026-03-02. Swap them."),
        ("weeks 5-2", "The first comes first: 2-5."),
        ("week 5 day 8", "A week has the days 1 to 7; day 1 is the weekday of the anchor."),
        ("week 1000", "A plan has at most 999 weeks."),
        ("week 1 at 24:00", "“24:00” is no time of day. They go from 00:00 to 23:59."),
    ],
)
def test_an_impossible_time_says_what_is_wrong(words: str, said: str) -> None:
    with pytest.raises(ValueError, match="^" + said.replace(".", r"\.") + "$"):
        read_when(words)


@pytest.mark.parametrize(
    "words",
    [
        *("", " ", "week", "Week 3", "week 03", "week 0", "from days 1-3", "from 2026-01-01 to 2026-01-02"),
        *("noon", " AM", "week 3  AM", "2026-1-2", "week 3 AM PM", "weeks 1-2 day 3", "week 3 at 9:00"),
        "x" * 200,
    ],
)  # fmt: skip
def test_what_is_no_time_is_told_how_times_are_written(words: str) -> None:
    with pytest.raises(ValueError, match=r"^A time is a date, weeks or days of the plan: "):
        read_when(words)


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("week 5", date(2026, 3, 2), date(2026, 3, 8)),
        ("week 5 day 4", date(2026, 3, 5), date(2026, 3, 5)),
        ("week 5 days 4-7", date(2026, 3, 5), date(2026, 3, 8)),
        ("week 5 day 4 to week 6 day 2", date(2026, 3, 5), date(2026, 3, 10)),
        ("weeks 2-5", date(2026, 2, 9), date(2026, 3, 8)),
        ("from week 6", date(2026, 3, 9), None),
        ("day 1", MONDAY, MONDAY),
        ("days 2-3", date(2026, 2, 3), date(2026, 2, 4)),
        ("2026-11-14 to 2026-11-15", date(2026, 11, 14), date(2026, 11, 15)),
        ("at 10:00", None, None),
    ],
)
def test_weeks_and_days_become_dates_by_the_anchor(words: str, first: date | None, last: date | None) -> None:
    when = read_when(words)
    assert (when.first_day(MONDAY, MONDAY), when.last_day(MONDAY, MONDAY)) == (first, last)


def test_nothing_is_fixed_without_an_anchor_except_a_date() -> None:
    assert read_when("week 5").first_day(None, None) is None
    assert read_when("day 5").last_day(None, None) is None
    assert read_when("2026-11-14").first_day(None, None) == date(2026, 11, 14)


def test_a_day_without_a_week_counts_from_its_phase() -> None:
    assert read_when("day 3").first_day(MONDAY, date(2026, 3, 9)) == date(2026, 3, 11)


def test_a_day_beyond_the_calendar_is_no_day() -> None:
    assert read_when("week 999").first_day(date(9999, 12, 1), None) is None
