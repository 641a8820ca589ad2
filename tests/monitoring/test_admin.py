"""The raw models under "All data": scoped to the reader's rollouts, and only to look at."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitoring.models import Metric
from phases.models import Rollout
from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from tests.factories import make_member
from tests.monitoring.factories import make_metric, make_reading, make_rollout, make_secret, make_target

LISTS = ("monitoring/metric", "monitoring/target", "monitoring/reading", "phases/apitoken")


@pytest.fixture
def other(db: None) -> Rollout:
    """Another rollout with one of everything, in which the engineer of ours has no role."""
    rollout = make_rollout("other")
    stranger = make_member(rollout, RoleName.RELEASE_ENGINEER, "Stranger")
    metric = make_metric(rollout, "secret-metric", name="<b>Secret")
    make_target(metric, "< 1 %")
    make_reading(metric, "0.7", by=stranger)
    make_secret(rollout, stranger)
    return rollout


def opened(user: User, name: str) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    answer = client.get(f"/console/data/{name}/")
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_the_rows_of_the_readers_rollouts_only(
    rollout: Rollout, engineer: User, other: Rollout, name: str
) -> None:
    metric = make_metric(rollout, "own-metric", name="<i>Own")
    make_target(metric, "< 1 %")
    make_reading(metric, "0.5", by=engineer)
    make_secret(rollout, engineer)
    status, html = opened(engineer, name)
    assert status == 200
    assert "Secret" not in html
    assert "Stranger" not in html
    assert "<i>Own" not in html
    assert ("&lt;i&gt;Own" in html) is (name != "phases/apitoken")


def test_tokens_are_listed_for_those_who_manage_them(rollout: Rollout, engineer: User) -> None:
    make_secret(rollout, engineer)
    assert opened(make_member(rollout, RoleName.VIEWER), "phases/apitoken")[0] == 403
    assert opened(engineer, "phases/apitoken")[0] == 200


@pytest.mark.parametrize("name", LISTS)
def test_nothing_is_added_or_deleted_there(engineer: User, name: str) -> None:
    client = Client()
    client.force_login(engineer)
    assert client.get(f"/console/data/{name}/add/").status_code == 403
    assert client.post(f"/console/data/{name}/add/", {}).status_code == 403


def test_the_list_of_readings_takes_the_same_queries_for_any_number(rollout: Rollout, engineer: User) -> None:
    counts = []
    for number in range(3):
        metric: Metric = make_metric(rollout, f"m-{number}")
        make_reading(metric, "0.5", by=engineer)
        with CaptureQueriesContext(connection) as queries:
            assert opened(engineer, "monitoring/reading")[0] == 200
        counts.append(len(queries))
    assert counts[1:] == counts[:1] * 2
