"""The plans that come along: each imports whole, is written as an export writes it, and is asked well."""

from collections import Counter
from pathlib import Path

import pytest

from phases.documents.document import parse
from phases.documents.exporter import export_plan
from phases.documents.importer import import_plan
from phases.documents.linter import lint
from rollout_portal.audit.services import System

COUNTS = {
    "mps-building": {
        "roles": 11,
        "calendars": 1,
        "phases": 4,
        "goals": 12,
        "activities": 20,
        "checklists": 5,
        "checklist items": 42,
        "gates": 4,
        "signatures": 4,
        "criteria": 15,
        "members of criteria": 3,
        "resources": 2,
        "attributes": 7,
        "selection rules": 2,
        "quotas": 3,
        "announcements": 7,
        "trainings": 2,
        "metrics": 15,
        "targets": 13,
        "runbooks": 1,
        "steps of runbooks": 7,
        "triggers": 4,
        "escalation contacts": 3,
        "on-call shifts": 2,
        "surveys": 2,
        "questions": 4,
        "triage rules": 1,
    },
}
FOUND = {
    "mps-building": {
        "phases.vacant-role": 11,
        "phases.gate-before-its-results": 1,
        "feedback.gate-before-its-survey": 1,
        "feedback.too-few-people": 1,
        "monitoring.metric-without-source": 6,
        "monitoring.on-call-alone": 1,
    },
}
"""What contradicts itself in a plan, or is left open by it, as the plan says it."""


def plan(slug: str) -> bytes:
    return (Path("plans") / f"{slug}.yaml").read_bytes()


@pytest.mark.django_db
@pytest.mark.parametrize("slug", COUNTS)
def test_a_plan_has_everything_that_it_should(slug: str) -> None:
    result = import_plan(data=plan(slug), source=f"{slug}.yaml", by=System(cause="test"))
    assert dict(result.counts) == COUNTS[slug]


@pytest.mark.django_db
@pytest.mark.parametrize("slug", COUNTS)
def test_a_plan_is_written_as_an_export_writes_it(slug: str) -> None:
    result = import_plan(data=plan(slug), source=f"{slug}.yaml", by=System(cause="test"))
    assert result.rollout is not None
    assert export_plan(result.rollout).encode() == plan(slug)


@pytest.mark.parametrize("slug", FOUND)
def test_what_a_plan_says_twice_or_leaves_open_is_found(slug: str) -> None:
    assert Counter(one.rule.name for one in lint(parse(plan(slug)))) == FOUND[slug]
