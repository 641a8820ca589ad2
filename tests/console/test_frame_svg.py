"""The drawings, compared with golden files: tests/console/golden/*.svg can be looked at in a browser.

After a wanted change: UPDATE_GOLDEN=1 pytest tests/console/test_frame_svg.py, and look at the difference.
"""

import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils.safestring import SafeString

from rollout_portal.console import svg

GOLDEN = Path(__file__).parent / "golden"
D = Decimal


@dataclass(frozen=True)
class Bar:
    """A phase on the plan."""

    name: str
    start: date | None = None
    end: date | None = None
    real_start: date | None = None
    real_end: date | None = None
    open_ended: bool = False
    depth: int = 0
    gates: tuple["Diamond", ...] = ()


@dataclass(frozen=True)
class Diamond:
    """A gate on the plan."""

    day: date
    passed: bool = False


def nov(day: int) -> date:
    return date(2026, 11, day)


PLAN = [
    Bar("1 Internal testing", nov(2), nov(8), nov(2), nov(8), gates=(Diamond(nov(8), passed=True),)),
    Bar("2 Beta user program", nov(9), nov(22), nov(9), nov(18), gates=(Diamond(nov(20)),)),
    Bar("2.1 A name that is much too long for its place", nov(9), nov(15), depth=1),
    Bar("3 Full rollout", nov(23), open_ended=True),
    Bar("4 Some day"),
]

DRAWINGS: dict[str, Callable[[], SafeString]] = {
    "scale-too-few": lambda: svg.scale(
        D("50.00"),
        50,
        low=-100,
        high=100,
        interval_low=D("21.7"),
        interval_high=D("78.3"),
        enough=False,
        name="NPS",
        threshold_text="above 50",
    ),
    "scale-enough": lambda: svg.scale(
        D("83.5"), 80, low=0, high=100, interval_low=D("75.1"), interval_high=D("89.6"), name="Satisfied"
    ),
    "scale-threshold-at-the-end": lambda: svg.scale(D("99.2"), D("99.5"), low=0, high=100, name="Crash-free"),
    "scale-threshold-at-the-start": lambda: svg.scale(3, 0, low=0, high=10, name="Open defects"),
    "scale-without-a-value": lambda: svg.scale(None, 50, low=-100, high=100, name="NPS"),
    "scale-value-beyond-its-ends": lambda: svg.scale(120, 50, low=0, high=100, name="Load"),
    "spark": lambda: svg.spark([0.5, 0.55, 0.79, 0.44, 0.31], 0.5),
    "spark-with-a-gap": lambda: svg.spark([5, None, None, 4, 3, None, 2]),
    "spark-flat": lambda: svg.spark([3, 3, 3], 3),
    "spark-one-reading": lambda: svg.spark([3]),
    "spark-nothing-read": lambda: svg.spark([None, None], 3),
    "waves": lambda: svg.waves(
        [
            svg.Wave("Wave 1", D("34.78"), D("12.9"), D("56.7"), n=46),
            svg.Wave("Wave 2", None),
            svg.Wave("Wave 3", D("50.00"), D("21.7"), D("78.3"), n=24, enough=False, current=True),
        ],
        50,
    ),
    "waves-below-zero": lambda: svg.waves([svg.Wave("Wave 1", -20, -61, 21, n=9)], 50),
    "ring-none": lambda: svg.ring(0, 5),
    "ring-one-of-five": lambda: svg.ring(1, 5),
    "ring-three-of-five": lambda: svg.ring(3, 5),
    "ring-all": lambda: svg.ring(5, 5),
    "ring-of-nothing": lambda: svg.ring(0, 0),
    "bar": lambda: svg.bar(24, 47, least=30),
    "bar-over-full": lambda: svg.bar(60, 50),
    "bar-of-nothing": lambda: svg.bar(0, 0),
    "plan": lambda: svg.plan(PLAN, nov(2), nov(30), nov(18)),
    "plan-before-it-begins": lambda: svg.plan(PLAN[3:4], nov(23), nov(30), nov(2)),
    "plan-on-its-last-day": lambda: svg.plan(PLAN[:1], nov(2), nov(8), nov(8)),
    "plan-of-a-year": lambda: svg.plan(
        [Bar("1", nov(2), date(2027, 11, 1))], nov(2), date(2027, 11, 1), nov(30)
    ),
    "today": lambda: svg.today(D("37.46")),
    "today-at-the-end": lambda: svg.today(97),
    "today-after-the-plan": lambda: svg.today(140),
}


def parsed(drawing: str) -> ET.Element:
    return ET.fromstring(drawing)  # noqa: S314 -- our own drawing; that it parses is what is tested


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_as_it_was(name: str) -> None:
    drawn = DRAWINGS[name]().replace("><", ">\n<") + "\n"
    golden = GOLDEN / f"{name}.svg"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(drawn, encoding="utf-8")
    assert drawn == golden.read_text(encoding="utf-8")


def test_every_golden_file_belongs_to_a_drawing() -> None:
    assert {path.stem for path in GOLDEN.glob("*.svg")} == set(DRAWINGS)


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_holds_under_the_policy_and_says_what_it_shows(name: str) -> None:
    drawing = parsed(DRAWINGS[name]())
    for part in drawing.iter():
        assert not {"style", "onload", "onclick", "href"} & set(part.attrib)
        assert part.tag not in {"style", "script", "foreignObject"}
    said = drawing.get("role") == "img" and drawing.get("aria-label")
    assert bool(said) != (drawing.get("aria-hidden") == "true")


def test_words_from_outside_are_escaped() -> None:
    hostile = '"><script>alert(1)</script>'
    for drawn in (
        svg.scale(1, 2, low=0, high=3, name=hostile, threshold_text=hostile),
        svg.waves([svg.Wave(hostile, 1, n=2)], 50, name=hostile),
        svg.plan([Bar(hostile, nov(2), nov(8))], nov(2), nov(8), nov(3)),
    ):
        assert "<script" not in drawn
        parsed(drawn)


def test_the_sentence_of_a_scale_carries_every_number() -> None:
    drawing = parsed(DRAWINGS["scale-too-few"]())
    assert drawing.get("aria-label") == "NPS 50.00, interval 21.7 to 78.3, threshold above 50"


def test_a_point_is_hollow_only_while_the_answers_are_too_few() -> None:
    assert re.findall(r'class="(point[^"]*)"', DRAWINGS["scale-too-few"]()) == ["point"]
    assert re.findall(r'class="(point[^"]*)"', DRAWINGS["scale-enough"]()) == ["point point--sure"]
