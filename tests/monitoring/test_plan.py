"""The section “monitoring” of a plan file: strict, and the same again after import and export."""

from decimal import Decimal
from pathlib import Path

import pytest

from monitoring.models import Metric, Target
from phases.documents.exporter import export_plan
from phases.documents.importer import Imported, import_plan
from phases.documents.problems import PlanRefused
from phases.models import Rollout
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import System
from rollout_portal.lib.digests import decimal_text
from tests.factories import make_user
from tests.monitoring.factories import NOON, make_reading

HEAD = """version: 1

rollout:
  slug: shop
  name: Shop

phases:
  - code: "1"
    name: First

"""
MEDIMATE = Path(__file__).resolve().parent.parent.parent / "plans" / "medimate.yaml"


def load(section: str) -> Imported:
    return import_plan(data=(HEAD + section).encode(), source="shop.yaml", by=System("a test"))


def refused(section: str) -> tuple[int, str]:
    """Return line (counted in the section) and words of the one problem."""
    with pytest.raises(PlanRefused) as raised:
        load(section)
    [problem] = raised.value.problems
    return problem.line - HEAD.count("\n"), problem.message


@pytest.fixture
def user(db: None) -> User:
    return make_user()


FULL = """monitoring:
  metrics:
    - code: crash-rate
      name: Crash rate
      about: Share of sessions that crash
      group: Stability
      unit: "%"
      kind: rate
      better: down
      counted_from: sessions
      source: Crashlytics
      owner: release_engineer
      every: 5m
      too_old_after: 15m
      targets:
        - code: crash-all
          holds: under 1 %
          alert: above 2 %
        - code: crash-1
          phase: "1"
          holds: under 0.5 %
    - code: response
      name: Response time
      unit: ms
      targets:
        - code: response-all
          holds: between 100 and 500 ms
          alert: above 1 s
"""


@pytest.mark.django_db
def test_a_section_becomes_metrics_and_targets() -> None:
    load(FULL)
    assert list(
        Metric.objects.order_by("position").values_list("code", "unit", "kind", "direction", "noun")
    ) == [
        ("crash-rate", "%", "rate", "down", "sessions"),
        ("response", "ms", "gauge", "none", ""),
    ]
    rows = Target.objects.order_by("position").values_list(
        "code",
        "phase__code",
        "comparator",
        "value",
        "value_high",
        "alert_comparator",
        "alert_value",
        "alert_unit",
    )
    assert list(rows) == [
        ("crash-all", None, "<", Decimal(1), None, ">", Decimal(2), "%"),
        ("crash-1", "1", "<", Decimal("0.5"), None, "", None, ""),
        ("response-all", None, "between", Decimal(100), Decimal(500), ">", Decimal(1), "s"),
    ]


@pytest.mark.django_db
def test_export_and_import_give_the_same_bytes() -> None:
    load(FULL)
    once = export_plan(Rollout.objects.get())
    assert FULL in once
    again = import_plan(data=once.encode(), source="x", by=System("a test"))
    assert (again.changes, export_plan(Rollout.objects.get())) == ([], once)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("was", "now", "line", "words"),
    [
        ("too_old_after: 15m", "too_old: 15m", 14, "too_old"),
        ("kind: rate", "kind: ratio", 8, "“ratio” is not known here."),
        ('unit: "%"', "unit: percent", 7, "“percent” is not a unit."),
        ("every: 5m", "every: 5", 13, "A length of time"),
        ("holds: under 1 %", "holds: under NaN %", 17, "is not a rule"),
        ("holds: under 1 %", "holds: under 1 s", 17, "“crash-rate” is measured in %;"),
        ("alert: above 1 s", "alert: above 1 %", 28, "“response” is measured in ms"),
        ('phase: "1"', 'phase: "7"', 20, "There is no phase “7”."),
        ("alert: above 2 %", "alert: above 0.9 %", 18, "The alert lies beyond the target."),
        ("alert: above 2 %", "alert: under 2 %", 18, "The alert lies beyond the target."),
        ("alert: above 2 %", "alert: between 2 and 3 %", 18, "An alert has one side: above 2 %."),
        ('          phase: "1"\n', "", 16, "There are two targets for every other phase. Keep one."),
        ("code: crash-1", "code: crash-all", None, "crash-all"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(was: str, now: str, line: int | None, words: str) -> None:
    assert was in FULL
    found, message = refused(FULL.replace(was, now, 1))
    assert line is None or found == line
    assert words in message
    assert not Metric.objects.exists()


@pytest.mark.django_db
def test_a_target_says_something() -> None:
    section = FULL.replace("          holds: under 0.5 %\n", "")
    assert "what should hold, what is alarming, or both" in refused(section)[1]


@pytest.mark.django_db
def test_a_metric_that_was_read_keeps_its_unit_and_stays(user: User) -> None:
    load(FULL)
    make_reading(Metric.objects.get(code="response"), "400", by=user, at=NOON)
    assert "“response” has readings in ms." in refused(FULL.replace("unit: ms", "unit: s"))[1]
    shorter = FULL[: FULL.index("    - code: response")]
    assert "it has history and stays" in refused(shorter)[1]
    assert Metric.objects.count() == 2


@pytest.mark.django_db
def test_what_the_file_no_longer_has_is_removed() -> None:
    load(FULL)
    load(FULL[: FULL.index("    - code: response")])
    assert list(Metric.objects.values_list("code", flat=True)) == ["crash-rate"]
    load("")
    assert not Metric.objects.exists()


@pytest.mark.django_db
def test_a_criterion_on_a_metric_that_is_not_there_is_told() -> None:
    gates = """gates:
  - code: gate-1
    name: Close
    from_phase: "1"
    criteria:
      - code: crashes
        rule: Few crashes
        measure: monitoring.metric
        of: crash-rat
        holds: under 1 %

"""
    [warning] = load(gates + FULL).warnings
    assert warning.message == (
        "Criterion “crashes” reads a metric “crash-rat” that is not in the plan. Did you mean “crash-rate”?"
    )
    wrong_unit = gates.replace("crash-rat\n", "crash-rate\n").replace("under 1 %", "under 1 s")
    assert "Criterion “crashes” is in s, and its metric in %." in refused(wrong_unit + FULL)[1]


@pytest.mark.django_db
def test_the_plan_of_medimate_names_its_metrics_and_targets() -> None:
    import_plan(data=MEDIMATE.read_bytes(), source="medimate.yaml", by=System("a test"))
    found = {
        metric.code: [
            f"{target.phase}: {target.comparator} {decimal_text(target.value)} {target.unit}"
            for target in metric.targets.order_by("position")
            if target.value is not None
        ]
        for metric in Metric.objects.order_by("position")
    }
    assert found == {
        "api-response-time": [],
        "content-load-time": [],
        "engagement": [],
        "error-rate": [
            "3 Limited rollout: < 0.5 %",
            "4 Expanded rollout: < 0.3 %",
            "5 Full rollout: < 0.2 %",
        ],
        "resource-utilisation": [],
        "content-view-rate": [
            "3 Limited rollout: > 30 %",
            "4 Expanded rollout: > 40 %",
            "5 Full rollout: > 50 %",
        ],
        "session-length": ["3 Limited rollout: > 5 min"],
        "video-playback-success": ["4 Expanded rollout: > 95 %"],
        "recommendation-relevance": ["4 Expanded rollout: > 70 %"],
        "quiz-completion-rate": ["5 Full rollout: > 30 %"],
    }
    assert export_plan(Rollout.objects.get()) == MEDIMATE.read_text(encoding="utf-8")
