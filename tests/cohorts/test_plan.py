"""The section `cohorts` of a plan file: strict, complete, and back the same."""

from pathlib import Path

import pytest

from cohorts.models import ConsentText, Quota, SelectionRule
from cohorts.services import drawings
from cohorts.states import Method, Purpose
from phases.documents.exporter import export_plan
from phases.documents.importer import import_plan
from phases.documents.problems import PlanRefused
from phases.models import Rollout
from phases.permissions import RoleName
from rollout_portal.audit.services import System
from tests.cohorts.factories import make_pool, make_role

pytestmark = pytest.mark.django_db

HEAD = """\
version: 1

rollout:
  slug: small
  name: Small
  languages: [ms, ta, en]

phases:
  - code: "1"
    name: First
    weeks: 1
    people: 3
"""

WHOLE = (
    HEAD
    + """
cohorts:
  attributes:
    - code: platform
      label: Platform
      texts:
        - language: ms
          text: Telefon
        - language: ta
          text: கைபேசி
      type: choice
      choices:
        - value: ios
          label: iPhone
        - value: android
          texts:
            - language: ta
              text: ஆண்ட்ராய்டு
    - code: orders
      label: Orders
      type: integer
      sensitive: true
  consents:
    - code: take-part
      purpose: take_part
      required: true
      texts:
        - language: ms
          text: Saya setuju.
        - language: ta
          text: ஒப்புக்கொள்கிறேன்.
        - language: en
          text: I agree.
  selections:
    - code: testers
      phase: "1"
      by: platform
      seats:
        - code: testers-ios
          value: ios
          label: iPhone
          people: 2
        - code: testers-android
          value: android
          people: 1
      conditions:
        - attribute: orders
          test: at_least
          value: "6"
        - attribute: language
          test: in
          values: [ms, ta]
        - attribute: platform
          test: known
      note: People who order often.
"""
)


def _take(text: str) -> Rollout:
    result = import_plan(data=text.encode(), source="small.yaml", by=System(cause="test"))
    assert result.rollout is not None
    return result.rollout


def _refusal(text: str) -> str:
    with pytest.raises(PlanRefused) as refused:
        _take(text)
    return str(refused.value)


def test_a_section_comes_back_byte_for_byte() -> None:
    rollout = _take(WHOLE)
    assert export_plan(rollout) == WHOLE
    rule = SelectionRule.objects.get()
    assert (rule.method, rule.attribute, rule.phase.code) == (Method.QUOTA, "platform", "1")
    assert rule.conditions[1] == {"attribute": "language", "test": "in", "value": ["ms", "ta"]}
    assert list(Quota.objects.values_list("value", "seats")) == [("ios", 2), ("android", 1)]
    assert ConsentText.objects.get().texts["en"] == "I agree."
    assert _take(WHOLE) == rollout
    assert export_plan(rollout) == WHOLE


def test_what_the_file_no_longer_has_goes() -> None:
    rollout = _take(WHOLE)
    _take(HEAD)
    assert not rollout.attributedefinitions.exists()
    assert not SelectionRule.objects.exists()
    assert not Quota.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('phase: "1"\n      by', 'phase: "9"\n      by', "There is no phase “9”. Known are: 1."),
        ("by: platform", "by: plattform", "There is no attribute “plattform”. Did you mean “platform”?"),
        (
            "value: ios\n          label: iPhone\n          people",
            "value: web\n          people",
            "There is no value “web”. Known are: ios, android.",
        ),
        ("test: known", "test: unknown", "“unknown” is not a test. Did you mean “known”?"),
        ("test: known", "test: is", "This test takes one value."),
        ('value: "6"', "values: [a]", "This test takes one value."),
        (
            "          values: [ms, ta]\n",
            "          value: ms\n",
            "“in” takes a list: values: [ios, android]",
        ),
        ("type: integer", "type: choice", "A choice names its choices; nothing else has any."),
        ("language: ta\n", "language: fr\n", "There is no language of the testers “fr”."),
        ("purpose: take_part", "purpose: everything", "“everything” is not known here."),
        (
            "      by: platform\n",
            "      by: platform\n      everyone: true\n",
            "A quota names its seats, and nothing about shares.",
        ),
        ("      by: platform\n", "      method: lottery\n", "“lottery” is no way to give seats."),
        ("people: 1", "people: -1", "The least that can stand here is 0."),
        ("code: orders", "code: platform", "The code “platform” is used already"),
        (
            "value: android\n          people",
            "value: ios\n          people",
            "Two lines give seats to the same value. Make them one.",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_words(old: str, new: str, words: str) -> None:
    assert old in WHOLE
    assert words in _refusal(WHOLE.replace(old, new, 1))
    assert not Rollout.objects.exists(), "all or nothing"


def test_seats_that_do_not_make_up_the_phase_are_told() -> None:
    result = import_plan(
        data=WHOLE.replace("people: 2", "people: 1").encode(), source="small.yaml", by=System(cause="test")
    )
    assert result.rollout is not None
    assert "The seats make 2 people, the phase plans 3." in str(result.warnings)


def test_the_medimate_plan_draws_its_fifty() -> None:
    rollout = _take((Path(__file__).parents[2] / "plans" / "medimate.yaml").read_text("utf-8"))
    rule = SelectionRule.objects.get()
    assert list(rule.quotas.values_list("value", "seats")) == [
        ("ms", 20),
        ("zh-hans", 15),
        ("ta", 10),
        ("en", 5),
    ]
    assert set(ConsentText.objects.values_list("purpose", "required")) == {
        (Purpose.TAKE_PART, True),
        (Purpose.BEHAVIOUR, False),
        (Purpose.INTERVIEW, False),
    }
    make_pool(rollout, ms=180, zh_hans=120, ta=60, en=40)
    engineer = make_role(rollout, RoleName.RELEASE_ENGINEER)
    assert drawings.draft_selection(phase=rule.phase, by=engineer).taken == 50
