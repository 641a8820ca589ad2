"""How times, durations and numbers are said."""

import datetime as dt
from decimal import Decimal

import pytest

from rollout_portal.lib import words

UTC = dt.UTC
NOW = dt.datetime(2026, 11, 25, 6, 20, 8, tzinfo=UTC)
KL = "Asia/Kuala_Lumpur"
N = words.NARROW_SPACE


@pytest.mark.parametrize(
    ("zone", "label"),
    [
        (KL, "MYT"),
        ("Asia/Singapore", "SGT"),
        ("Asia/Kolkata", "IST"),
        ("Europe/Berlin", "CET"),
        ("UTC", "UTC"),
        ("Asia/Kathmandu", "NPT"),
        ("Asia/Urumqi", "UTC+6"),
        ("Australia/Eucla", "UTC+8:45"),
        ("Etc/GMT+3", "UTC−3"),
    ],
)
def test_a_zone_is_named_or_said_as_an_offset(zone: str, label: str) -> None:
    assert words.zone_label(zone, NOW) == label


def test_a_zone_with_summer_time_is_named_for_the_day() -> None:
    july = dt.datetime(2026, 7, 1, tzinfo=UTC)
    assert words.zone_label("Europe/Berlin", july) == "CEST"


def test_a_moment_is_said_in_the_rollouts_zone_without_the_running_year() -> None:
    due = dt.datetime(2026, 12, 4, 8, 0, tzinfo=UTC)
    shown = words.moment(due, KL, now=NOW)
    assert shown == words.Moment(
        iso="2026-12-04T16:00:00+08:00", text="Fri 4 Dec, 16:00 MYT", title="Fri 4 Dec 2026, 16:00:00 MYT"
    )


def test_the_year_stands_when_it_is_another_one_in_the_rollouts_zone() -> None:
    new_year = dt.datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
    assert words.moment(new_year, KL, now=NOW).text == "Fri 1 Jan 2027, 01:00 MYT"
    assert words.moment(new_year, "UTC", now=NOW).text == "Thu 31 Dec, 17:00 UTC"


def test_paper_has_the_year_and_nothing_relative() -> None:
    earlier = NOW - dt.timedelta(minutes=6)
    assert words.moment(earlier, KL, now=NOW, paper=True).text == "Wed 25 Nov 2026, 14:14 MYT"


def test_within_a_day_the_distance_is_added() -> None:
    assert (
        words.moment(NOW - dt.timedelta(minutes=6), KL, now=NOW).text
        == f"Wed 25 Nov, 14:14 MYT (6{N}min ago)"
    )
    assert words.moment(NOW + dt.timedelta(hours=24), KL, now=NOW).text == "Thu 26 Nov, 14:20 MYT"


@pytest.mark.parametrize(
    ("reader", "added"),
    [
        ("Europe/Berlin", " (your time 09:00 CET)"),
        ("America/Los_Angeles", " (your time 00:00 PST)"),
        ("Pacific/Auckland", " (your time 21:00 NZDT)"),
        ("Asia/Singapore", ""),
        ("", ""),
    ],
)
def test_the_readers_time_follows_where_it_differs(reader: str, added: str) -> None:
    due = dt.datetime(2026, 12, 4, 8, 0, tzinfo=UTC)
    assert words.moment(due, KL, now=NOW, reader_zone=reader).text == f"Fri 4 Dec, 16:00 MYT{added}"


def test_the_readers_day_is_said_when_it_is_another() -> None:
    late = dt.datetime(2026, 12, 4, 15, 0, tzinfo=UTC)
    text = words.moment(late, KL, now=NOW, reader_zone="Pacific/Auckland").text
    assert text == "Fri 4 Dec, 23:00 MYT (your time Sat 5 Dec, 04:00 NZDT)"


def test_seconds_are_said_for_readings() -> None:
    assert (
        words.moment(NOW - dt.timedelta(days=2), KL, now=NOW, seconds=True).text == "Mon 23 Nov, 14:20:08 MYT"
    )


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (dt.timedelta(), f"0{N}s"),
        (dt.timedelta(seconds=59.9), f"59{N}s"),
        (dt.timedelta(seconds=60), f"1{N}min"),
        (dt.timedelta(minutes=59, seconds=59), f"59{N}min"),
        (dt.timedelta(hours=2, minutes=4), f"2{N}h 4{N}min"),
        (dt.timedelta(hours=2), f"2{N}h"),
        (dt.timedelta(hours=26, minutes=30), f"26{N}h"),
        (dt.timedelta(hours=47, minutes=59), f"47{N}h"),
        (dt.timedelta(days=2), "2 days"),
        (dt.timedelta(days=-9), "9 days"),
    ],
)
def test_a_duration_is_cut_and_never_rounded_up(span: dt.timedelta, text: str) -> None:
    assert words.duration(span) == text


@pytest.mark.parametrize(
    ("away", "text"),
    [
        (dt.timedelta(seconds=9), "now"),
        (dt.timedelta(seconds=-9), "now"),
        (dt.timedelta(minutes=-6), f"6{N}min ago"),
        (dt.timedelta(minutes=45), f"in 45{N}min"),
        (dt.timedelta(days=9), "in 9 days"),
    ],
)
def test_a_distance_says_its_direction(away: dt.timedelta, text: str) -> None:
    assert words.relative(NOW + away, now=NOW) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NOW - dt.timedelta(minutes=39), "13:41"),
        (dt.datetime(2026, 11, 24, 15, 59, tzinfo=UTC), "Tue 23:59"),
        (dt.datetime(2026, 11, 24, 16, 0, tzinfo=UTC), "00:00"),
        (NOW - dt.timedelta(days=6), "Thu 14:20"),
        (NOW - dt.timedelta(days=7), "18 Nov"),
        (NOW - dt.timedelta(days=365), "25 Nov 2025"),
    ],
)
def test_a_time_in_a_log_is_as_short_as_it_can_be(at: dt.datetime, text: str) -> None:
    assert words.short(at, KL, now=NOW) == text


@pytest.mark.parametrize(
    ("left", "whole", "clock"),
    [
        (dt.timedelta(minutes=-22), None, words.Clock("late", f"22{N}min late")),
        (dt.timedelta(), None, words.Clock("ok", f"0{N}s left")),
        (dt.timedelta(minutes=45), None, words.Clock("ok", f"45{N}min left")),
        (dt.timedelta(minutes=59), dt.timedelta(hours=4), words.Clock("soon", f"59{N}min left")),
        (dt.timedelta(minutes=60), dt.timedelta(hours=4), words.Clock("ok", f"1{N}h left")),
        (dt.timedelta(days=5), None, words.Clock("ok", "30 Nov")),
    ],
)
def test_a_clock_says_what_is_left(
    left: dt.timedelta, whole: dt.timedelta | None, clock: words.Clock
) -> None:
    assert words.clock(NOW + left, now=NOW, whole=whole, zone=KL) == clock


def test_a_clock_that_stands_still_says_why_even_when_it_is_late() -> None:
    late = NOW - dt.timedelta(hours=1)
    assert words.clock(late, now=NOW, paused="waits for the tester") == words.Clock(
        "paused", "paused: waits for the tester"
    )


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (12400, None, "12,400"),
        (Decimal("69.96"), None, "69.96"),
        (Decimal("-0.04"), None, "−0.04"),
        (Decimal("50.00"), None, "50.00"),
        (Decimal("1E+3"), None, "1,000"),
        (0.1, None, "0.1"),
        (Decimal("69.96"), 1, "70.0"),
        (Decimal("2.5"), 0, "2"),
    ],
)
def test_a_number_is_exact_unless_places_are_asked(
    value: Decimal | float, places: int | None, text: str
) -> None:
    assert words.number(value, places) == text


def test_units_signs_and_caps() -> None:
    assert words.with_unit(612, "ms") == f"612{N}ms"
    assert words.with_unit(44, "") == "44"
    assert words.signed(Decimal("3.1")) == "+3.1"
    assert words.signed(Decimal("-0.2")) == "−0.2"
    assert words.signed(0) == "0"
    assert words.about(12400, cap=12400) == f"≈{N}12,400"
    assert words.about(12399, cap=12400) == "12,399"


def test_a_fingerprint_stands_in_groups_of_eight() -> None:
    assert words.grouped("4189bece97b5f77a7f66") == "4189bece 97b5f77a 7f66"


def test_a_day_keeps_its_year_without_a_present() -> None:
    day = dt.date(2026, 12, 4)
    assert words.day(day) == "Fri 4 Dec 2026"
    assert words.day(day, now=dt.date(2026, 11, 25)) == "Fri 4 Dec"
    assert words.day(day, now=dt.date(2027, 1, 1)) == "Fri 4 Dec 2026"
