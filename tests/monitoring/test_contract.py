"""The API against its own description, with generated requests: `pytest -m contract`.

Stands outside of the usual run: it takes a minute. Schemathesis is used as a library; its plugin for
pytest stays off.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from monitoring.models import Metric
from phases.models import Rollout
from rollout_portal.accounts.models import User
from rollout_portal.wsgi import application
from tests.monitoring.factories import make_metric, make_secret

pytestmark = [pytest.mark.contract, pytest.mark.django_db]

EXAMPLES = 300
OPERATIONS = ("record_readings", "list_metrics", "latest_readings")

load_all_checks()
# A batch of the right shape may still name a metric that does not exist: that is a 422, by description.
_CHECKS = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "unsupported_method",
    )
]


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """Keep the connection of the test open when a request ends, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def operations(_one_connection: None, rollout: Rollout, engineer: User) -> dict[str, Any]:
    make_metric(rollout)
    make_metric(rollout, "logins", unit="count", kind=Metric.Kind.COUNT)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    results = schema.get_all_operations()
    found = [result.ok() for result in results if isinstance(result, Ok)]
    return {operation.definition.raw["operationId"]: operation for operation in found}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_is_one_that_the_description_names(
    operations: dict[str, Any], rollout: Rollout, engineer: User, name: str, mode: GenerationMode
) -> None:
    headers = {"Authorization": f"Bearer {make_secret(rollout, engineer)}"}

    @given(case=operations[name].as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    def holds(case: Any) -> None:
        if "slug" in case.path_parameters and mode == GenerationMode.POSITIVE:
            case.path_parameters["slug"] = rollout.slug
        with transaction.atomic():
            case.call_and_validate(headers=headers, checks=_CHECKS)
            transaction.set_rollback(True)

    holds()


def test_batches_of_known_metrics_are_recorded(
    operations: dict[str, Any], rollout: Rollout, engineer: User
) -> None:
    """With codes and times that exist, what the description allows is taken or refused by item and field."""
    headers = {"Authorization": f"Bearer {make_secret(rollout, engineer)}"}
    seen: set[int] = set()

    @given(case=operations["record_readings"].as_strategy())
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    def holds(case: Any) -> None:
        case.path_parameters["slug"] = rollout.slug
        for place, item in enumerate(case.body["readings"]):
            item["metric"] = "error-rate"
            item["at"] = (datetime(2026, 11, 20, tzinfo=UTC) - timedelta(minutes=place)).isoformat()
            item.pop("unit", None)
        with transaction.atomic():
            answer = case.call_and_validate(headers=headers, checks=_CHECKS)
            transaction.set_rollback(True)
        seen.add(answer.status_code)

    holds()
    assert 201 in seen
