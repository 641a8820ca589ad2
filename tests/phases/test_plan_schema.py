"""The schema for editors: rebuilt from the sections, and true of the plans that there are."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.core.management import call_command

from phases.documents import yaml
from phases.documents.json_schema import plan_json_schema, schema_text
from tests.phases import test_plan_sections, test_planned_pages

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs" / "plan-file.schema.json"


def as_json(value: Any) -> Any:
    """Return the data of a plan file as an editor sees it: dates are texts, numbers are numbers."""
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_json(one) for one in value]
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def read(text: bytes) -> Any:
    return as_json(yaml.read(text).root.plain())


def test_the_published_schema_is_the_one_of_the_sections() -> None:
    assert FILE.read_text(encoding="utf-8") == schema_text(), (
        "manage.py plan_schema > docs/plan-file.schema.json"
    )


def test_the_command_writes_it() -> None:
    out = StringIO()
    call_command("plan_schema", stdout=out)
    assert json.loads(out.getvalue()) == plan_json_schema()


def plans() -> list[Any]:
    manual = (ROOT / "docs" / "plan-file.md").read_text(encoding="utf-8")
    found = [
        pytest.param(path.read_bytes(), id=path.name) for path in sorted((ROOT / "plans").glob("*.yaml"))
    ]
    return [
        *found,
        pytest.param(manual.split("```yaml\n")[1].split("```")[0].encode(), id="the manual"),
        pytest.param(test_plan_sections.PLAN.encode(), id="sections"),
        pytest.param(test_planned_pages.PLAN.encode(), id="rooms"),
    ]


@pytest.mark.parametrize("text", plans())
def test_an_editor_finds_nothing_wrong_in_a_plan_that_is_right(text: bytes) -> None:
    checker = jsonschema_rs.validator_for(plan_json_schema())
    assert [error.message for error in checker.iter_errors(read(text))] == []


WRONG = {
    "an unknown section": {"phase": []},
    "an unknown key": {"roles": [{"code": "a", "name": "A", "person_": "B"}]},
    "a missing key": {"activities": [{"code": "a"}]},
    "a word that is none": {"risks": [{"code": "a", "text": "A", "likelihood": "often", "impact": "low"}]},
    "a code that is none": {"weeks": [{"code": "a b", "week": 1, "goal": "G"}]},
    "a text for a number": {"weeks": [{"code": "a", "week": "1", "goal": "G"}]},
    "nothing at all": {"activities": [{"code": "a", "text": "A", "owner": None}]},
    "a rule that is none": {"deliverables": [{"code": "a", "text": "A", "holds": "40+"}]},
    "a length that is none": {"activities": [{"code": "a", "text": "A", "takes": "45"}]},
    "a time of day that is none": {"calendars": [{"code": "a", "name": "A", "opens": "9:00"}]},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_an_editor_marks_what_the_importer_would_refuse(wrong: dict[str, Any]) -> None:
    plan = {"version": 1, "rollout": {"slug": "hub", "name": "Hub"}}
    checker = jsonschema_rs.validator_for(plan_json_schema())
    assert checker.is_valid(plan)
    assert not checker.is_valid(plan | wrong)
