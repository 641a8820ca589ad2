"""Changing a metric or a target: who may, what must fit, and what the record says."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from monitoring import services
from monitoring.exceptions import TargetRefused
from monitoring.lights import Colour, lights
from monitoring.models import Metric, Target
from phases.documents.schema import Rule
from phases.exceptions import PermissionRefused, Refused, WrongState
from phases.models import Rollout
from phases.permissions import RoleName
from phases.states import RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from rollout_portal.lib.decimals import Comparator
from tests.factories import make_member
from tests.monitoring.factories import NOON, after, entry, make_metric, make_phase, make_reading, make_target

BASE = "/console/medimate/metrics/error-rate"


@pytest.fixture
def metric(rollout: Rollout) -> Metric:
    return make_metric(rollout)


@pytest.fixture
def signed_in(engineer: User) -> Client:
    client = Client()
    client.force_login(engineer)
    return client


def under(value: str, unit: str = "%") -> Rule:
    return Rule(Comparator.BELOW, Decimal(value), unit=unit)


def above(value: str, unit: str = "%") -> Rule:
    return Rule(Comparator.ABOVE, Decimal(value), unit=unit)


def test_a_new_target_changes_the_light_and_is_on_the_record(metric: Metric, engineer: User) -> None:
    phase = make_phase(metric.rollout, "3", running=True)
    make_reading(metric, "0.4", by=engineer)
    services.set_target(
        metric=metric, phase=phase, holds=under("0.5"), alert=above("1"), by=engineer, reason="As planned"
    )
    assert lights(metric.rollout, NOON)[0].colour == Colour.GREEN
    services.set_target(
        metric=metric, phase=phase, holds=under("0.3"), alert=None, by=engineer, reason="Users complain"
    )
    assert lights(metric.rollout, NOON)[0].colour == Colour.AMBER
    assert Target.objects.count() == 1
    assert after("target.added") == {
        "metric": "error-rate",
        "phase": "3",
        "holds": "under 0.5 %",
        "alert": "above 1 %",
    }
    changed = entry("target.changed")
    assert (changed.reason, changed.before, after("target.changed")["holds"]) == (
        "Users complain",
        after("target.added"),
        "under 0.3 %",
    )


def test_a_code_is_never_used_for_two_targets(rollout: Rollout, engineer: User) -> None:
    metric, other = make_metric(rollout), make_metric(rollout, "other")
    taken = make_target(other, "< 1 %")
    taken.code = "error-rate-all"
    taken.save()
    made = services.set_target(
        metric=metric, phase=None, holds=under("1"), alert=None, by=engineer, reason="New"
    )
    assert made.code == "error-rate-all-2"


@pytest.mark.parametrize(
    ("holds", "alert", "field"),
    [
        (None, None, "holds"),
        (under("1"), above("0.9"), "alert"),
        (under("1"), under("2"), "alert"),
        (above("70"), above("60"), "alert"),
        (above("70"), under("71"), "alert"),
        (under("1", "s"), None, "holds"),
        (None, above("1", "ms"), "alert"),
        (None, Rule(Comparator.BETWEEN, Decimal(1), Decimal(2), "%"), "alert"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused_at_its_field(
    metric: Metric, engineer: User, holds: Rule | None, alert: Rule | None, field: str
) -> None:
    with pytest.raises(TargetRefused) as raised:
        services.set_target(metric=metric, phase=None, holds=holds, alert=alert, by=engineer, reason="Test")
    assert raised.value.field == field
    assert not Target.objects.exists()


def test_only_builders_change_targets_with_a_reason_while_the_rollout_runs(
    metric: Metric, engineer: User
) -> None:
    analyst = make_member(metric.rollout, RoleName.ANALYST)
    with pytest.raises(PermissionRefused):
        services.set_target(metric=metric, phase=None, holds=under("1"), alert=None, by=analyst, reason="x")
    with pytest.raises(PermissionRefused):
        services.edit_metric(metric=metric, changes={"name": "x"}, by=analyst, reason="x")
    with pytest.raises(Refused, match="Say why"):
        services.set_target(metric=metric, phase=None, holds=under("1"), alert=None, by=engineer, reason=" ")
    with pytest.raises(Refused, match="Say why"):
        services.edit_metric(metric=metric, changes={"name": "x"}, by=engineer, reason="")
    metric.rollout.state, metric.rollout.ended_at = RolloutState.CLOSED, clock.now()
    metric.rollout.save()
    with pytest.raises(WrongState):
        services.set_target(metric=metric, phase=None, holds=under("1"), alert=None, by=engineer, reason="x")
    with pytest.raises(WrongState):
        services.edit_metric(metric=metric, changes={"name": "x"}, by=engineer, reason="x")


def test_a_metric_is_changed_by_what_differs(metric: Metric, engineer: User) -> None:
    services.edit_metric(
        metric=metric,
        changes={"name": metric.name, "source": "Datadog", "max_age": timedelta(minutes=15)},
        by=engineer,
        reason="Moved",
    )
    assert after("metric.changed") == {"source": "Datadog", "max_age": "0:15:00"}
    assert entry("metric.changed").before == {"source": "Firebase", "max_age": None}
    with pytest.raises(Refused, match="Nothing differs"):
        services.edit_metric(metric=metric, changes={"source": "Datadog"}, by=engineer, reason="Again")
    with pytest.raises(ValueError, match="unit"):
        services.edit_metric(metric=metric, changes={"unit": "s"}, by=engineer, reason="Again")


# --- Pages ---------------------------------------------------------------------------------------------


def test_a_target_is_set_in_the_words_of_the_plan(signed_in: Client, metric: Metric) -> None:
    make_phase(metric.rollout, "3")
    answer = signed_in.post(
        f"{BASE}/target/3/", {"holds": "under 0.5 %", "alert": "above 1 %", "reason": "As planned"}
    )
    assert answer.status_code == 302
    target = Target.objects.get()
    assert (target.comparator, target.value, target.alert_value, target.code) == (
        "<",
        Decimal("0.5"),
        Decimal(1),
        "error-rate-3",
    )
    html = signed_in.get(f"{BASE}/target/3/").content.decode()
    assert 'value="under 0.5 %"' in html


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"holds": "< 0.5 %"}, "Write the comparison in words: “under 0.5 %”."),
        ({"holds": "under 0.5 furlongs"}, "“furlongs” is not a unit."),
        ({"holds": "under 1 %", "alert": "above 0.5 %"}, "The alert lies beyond the target."),
        ({"holds": "under 1 s"}, "write this with a unit that fits."),
        ({"reason": ""}, "This field is required."),
        ({"holds": "", "alert": ""}, "what should hold, what is alarming, or both."),
    ],
)
def test_a_wrong_target_is_refused_at_its_field(
    signed_in: Client, metric: Metric, fields: dict[str, str], words: str
) -> None:
    typed = {"holds": "under 1 %", "alert": "", "reason": "Because", **fields}
    answer = signed_in.post(f"{BASE}/target/", typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Target.objects.exists()


def test_a_metric_is_changed_on_its_page(signed_in: Client, metric: Metric) -> None:
    form = {
        "name": "Errors",
        "direction": "down",
        "source": "Datadog",
        "max_age": "15m",
        "cadence": "",
        "reason": "x",
    }
    assert signed_in.post(f"{BASE}/change/", form).status_code == 302
    metric.refresh_from_db()
    assert (metric.name, metric.source, metric.max_age) == ("Errors", "Datadog", timedelta(minutes=15))
    assert b'value="15m"' in signed_in.get(f"{BASE}/change/").content
    assert signed_in.post(f"{BASE}/change/", {**form, "max_age": "soon"}).status_code == 422


def test_others_do_not_open_the_pages(metric: Metric) -> None:
    client = Client()
    client.force_login(make_member(metric.rollout, RoleName.ANALYST))
    assert [client.get(f"{BASE}/{page}").status_code for page in ("change/", "target/", "target/9/")] == [
        403
    ] * 3
