"""The template tags and the parts: shape, word and class together; hostile words escaped."""

import datetime as dt
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import render_to_string

from phases.states import Outcome, PhaseState
from rollout_portal.console.templatetags.portal import OUTCOMES, STATES

NOW = dt.datetime(2026, 11, 25, 6, 20, tzinfo=dt.UTC)
KL = SimpleNamespace(name="MediMate", slug="medimate", time_zone="Asia/Kuala_Lumpur")


def render(source: str, **context: Any) -> str:
    values = {"frame_now": NOW, "rollout": KL, **context}
    return Template("{% load portal %}" + source).render(Context(values))


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_its_shape_its_class_and_its_word(outcome: Outcome) -> None:
    key = outcome.value.lower().replace("_", "-")
    shown = render("{% outcome o %}", o=outcome)
    assert f"outcome--{key}" in shown
    assert f"#o-{key}" in shown
    assert str(OUTCOMES[key]) in shown


def test_an_outcome_may_be_given_as_text_or_with_other_words() -> None:
    assert "Not met" in render("{% outcome 'NOT_MET' %}")
    assert "1 stale, 1 no data" in render("{% outcome 'stale' '1 stale, 1 no data' %}")


def test_a_word_that_is_no_outcome_is_a_mistake_of_ours_and_not_shown_as_one() -> None:
    with pytest.raises(ValueError, match="not one of the six outcomes"):
        render("{% outcome 'fine' %}")


def test_every_drawing_that_a_tag_names_is_in_the_sprite() -> None:
    sprite = render_to_string("parts/_sprite.html")
    looks = {look for look, _word in STATES.values()}
    named = {f"o-{key}" for key in OUTCOMES} | {f"s-{look}" for look in looks}
    named |= {f"c-{kind}" for kind in ("late", "soon", "ok", "paused")}
    assert {name for name in named if f'id="{name}"' not in sprite} == set()


@pytest.mark.parametrize("state", list(PhaseState))
def test_every_state_of_a_phase_has_a_look(state: PhaseState) -> None:
    assert 'class="chip chip--' in render("{% chip s %}", s=state)


def test_a_state_of_somebody_elses_is_shown_plain() -> None:
    class Tide(Enum):
        HIGH = "high"

    assert render("{% chip s 'High tide' %}", s=Tide.HIGH) == '<span class="chip">High tide</span>'


def test_a_moment_is_a_time_element_in_the_rollouts_zone() -> None:
    due = dt.datetime(2026, 12, 4, 8, 0, tzinfo=dt.UTC)
    assert render("{% moment due %}", due=due) == (
        '<time datetime="2026-12-04T16:00:00+08:00" title="Fri 4 Dec 2026, 16:00:00 MYT">'
        "Fri 4 Dec, 16:00 MYT</time>"
    )
    assert "08:00 UTC" in render("{% moment due 'UTC' %}", due=due)
    assert render("{% moment due %}|{% ago due %}", due=None) == "|"


def test_the_readers_zone_is_added_on_the_screen_and_not_on_paper() -> None:
    due = dt.datetime(2026, 12, 4, 8, 0, tzinfo=dt.UTC)
    reader = SimpleNamespace(time_zone="Europe/Berlin", is_authenticated=True)
    request = SimpleNamespace(user=reader)
    assert "(your time 09:00 CET)" in render("{% moment due %}", due=due, request=request)
    assert "your time" not in render("{% moment due paper=True %}", due=due, request=request)


def test_a_clock_from_a_time_names_the_exact_time_on_hover() -> None:
    shown = render("{% clock due %}", due=NOW - dt.timedelta(minutes=22))
    assert 'class="clock clock--late"' in shown
    assert 'title="Wed 25 Nov 2026, 13:58:00 MYT"' in shown
    assert "#c-late" in shown
    assert "late" in shown


def test_numbers_and_fingerprints() -> None:
    assert (
        render("{{ n|number }} {{ n|unit:'ms' }} {{ d|signed }}", n=12400, d=-2) == "12,400 12,400\u202fms −2"
    )
    assert "4189bece 97b5f77a" in render("{% digest '4189bece97b5f77a' %}")


HOSTILE = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("part", "context"),
    [
        ("verdict", {"sentence": HOSTILE, "detail": HOSTILE}),
        (
            "criterion",
            {
                "criterion": {
                    "sentence": HOSTILE,
                    "outcome": "met",
                    "facts": [HOSTILE],
                    "missing": HOSTILE,
                    "quote": HOSTILE,
                }
            },
        ),
        (
            "metric",
            {"metric": {"name": HOSTILE, "value": HOSTILE, "outcome": "met", "points": [1], "rule": HOSTILE}},
        ),
        ("funnel", {"steps": [{"count": 1, "label": HOSTILE, "note": HOSTILE}]}),
        ("timeline", {"phases": [{"name": HOSTILE, "line": HOSTILE, "weeks": 1}], "today": 5}),
        ("todo", {"items": [{"title": HOSTILE, "note": HOSTILE, "url": "/x/"}]}),
        ("empty", {"text": HOSTILE}),
        ("band", {"band": {"kind": "held", "text": HOSTILE}}),
        (
            "evidence_table",
            {"rows": [{"sentence": HOSTILE, "outcome": "met", "value": HOSTILE, "note": HOSTILE}]},
        ),
        (
            "signatures",
            {"signatures": [{"name": HOSTILE, "line": HOSTILE, "state": "open", "said": HOSTILE}]},
        ),
        ("consequences", {"steps": [HOSTILE]}),
        ("log", {"events": [{"at": NOW, "text": HOSTILE}]}),
        ("facts", {"facts": [{"name": HOSTILE, "value": HOSTILE}]}),
    ],
)
def test_a_part_escapes_what_people_wrote(part: str, context: dict[str, Any]) -> None:
    shown = render_to_string(f"parts/_{part}.html", {"frame_now": NOW, "rollout": KL, **context})
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


def test_a_phase_without_today_draws_no_line() -> None:
    shown = render_to_string("parts/_timeline.html", {"phases": [{"name": "1", "line": "", "weeks": 2}]})
    assert "timeline__today" not in shown
    assert "weeks-2" in shown


def test_a_page_needs_the_tags() -> None:
    with pytest.raises(TemplateSyntaxError):
        Template("{% outcome 'met' %}")
