"""The plans that come along: counted as docs/plans.md says, written as an export writes them, asked well."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from monitoring.models import Metric, Target
from phases.documents.document import parse
from phases.documents.exporter import export_plan
from phases.documents.importer import Imported, import_plan
from phases.documents.linter import lint
from rollout_portal.audit.services import System

SLUGS: Final = sorted(path.stem for path in Path("plans").glob("*.yaml"))
FOUND: Final = {
    "ecg-monitor": {
        "phases.vacant-role": 1,
        "phases.week-without-phase": 1,
        "phases.after-the-end": 1,
        "phases.after-its-phase": 3,
        "phases.parts-and-whole": 1,
        "phases.review-in-mid-week": 1,
        "monitoring.metric-without-source": 2,
        "monitoring.criterion-beside-target": 2,
        "monitoring.deliverable-beside-target": 4,
        "monitoring.on-call-gap": 1,
        "comms.two-times": 1,
        "feedback.survey-after-its-phase": 1,
    },
    "markethub": {"phases.vacant-role": 2, "feedback.scale": 3, "feedback.survey-after-its-phase": 1},
    "medimate": {"phases.vacant-role": 3, "monitoring.phase-without-limit": 1},
    "mps-building": {
        "phases.vacant-role": 11,
        "phases.gate-before-its-results": 1,
        "feedback.gate-before-its-survey": 1,
        "feedback.too-few-people": 1,
        "monitoring.metric-without-source": 6,
        "monitoring.on-call-alone": 1,
    },
    "stripboard": {},
}
"""What contradicts itself in a plan, or is left open by it, as the plan says it."""

_SECTION: Final = re.compile(r"^## (\S+)\.yaml\b[^\n]*$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_ROW: Final = re.compile(r"^\| ([^|]+) \| (\d+|–) \| (\d+) \| ([^|]*?) ?\|$", re.MULTILINE)


@cache
def table(slug: str) -> dict[str, tuple[str, int, str]]:
    """Return what docs/plans.md says of a plan: how many of a kind it lists, the file holds, and why."""
    sections = dict(_SECTION.findall(Path("docs/plans.md").read_text(encoding="utf-8")))
    rows = _ROW.findall(sections.get(slug, ""))
    assert len({kind for kind, *_rest in rows}) == len(rows)
    return {kind: (listed, int(held), words) for kind, listed, held, words in rows}


def plan(slug: str) -> bytes:
    return (Path("plans") / f"{slug}.yaml").read_bytes()


def taken(slug: str) -> Imported:
    return import_plan(data=plan(slug), source=f"{slug}.yaml", by=System(cause="test"))


def held(result: Imported) -> Iterator[tuple[str, int]]:
    """Yield what a plan holds by kind; targets are told apart as plans list them."""
    yield from ((str(kind), number) for kind, number in result.counts.items() if str(kind) != "targets")
    targets = Target.objects.filter(rollout=result.rollout)
    yield "targets with an alert", targets.exclude(alert_value=None).exclude(value=None).count()
    yield "targets without an alert", targets.filter(alert_value=None).count()
    yield "alerts without a target", targets.filter(value=None).count()
    watched = Metric.objects.filter(rollout=result.rollout).exclude(pk__in=targets.values("metric"))
    yield "metrics only watched", watched.count()


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SLUGS)
def test_a_plan_holds_what_the_table_says_and_is_written_as_an_export_writes_it(slug: str) -> None:
    result = taken(slug)
    counted = {kind: number for kind, (_listed, number, _words) in table(slug).items()}
    assert counted == {kind: number for kind, number in held(result) if number}
    assert result.rollout is not None
    assert export_plan(result.rollout).encode() == plan(slug)


@pytest.mark.parametrize("slug", SLUGS)
def test_what_a_file_holds_more_or_less_of_is_explained(slug: str) -> None:
    rows = table(slug).items()
    assert [
        kind for kind, (listed, number, words) in rows if listed not in ("–", str(number)) and not words
    ] == []


@pytest.mark.parametrize("slug", SLUGS)
def test_what_a_plan_says_twice_or_leaves_open_is_found(slug: str) -> None:
    assert Counter(one.rule.name for one in lint(parse(plan(slug)))) == FOUND[slug]
