"""The section `feedback` of a plan file: strict in, the same out."""

from pathlib import Path
from textwrap import dedent

import pytest

from feedback.models import PriorityRule, Question, Survey, SurveyVersion
from feedback.plan import dump
from feedback.services import publish_version
from feedback.services.surveys import newest_version
from feedback.states import QuestionKind, Rhythm
from phases.documents.exporter import export_plan
from phases.documents.importer import import_plan
from phases.documents.problems import PlanRefused
from phases.models import Rollout
from phases.permissions import RoleName
from rollout_portal.audit.services import System
from tests.factories import make_member, make_rollout

MEDIMATE = Path(__file__).resolve().parents[2] / "plans" / "medimate.yaml"
HEAD = """\
version: 1
rollout: {slug: beta, name: Beta, languages: [en, ta]}
phases:
  - {code: "1", name: Beta}
"""
SURVEY = """\
feedback:
  surveys:
    - code: weekly
      name: Weekly survey
      phase: "1"
      title: {en: Weekly, ta: வாரம்}
      questions:
        - code: nps
          kind: nps0_10
          text: {en: Recommend, ta: பரிந்துரை}
          lowest: {en: Never, ta: இல்லை}
          highest: {en: Sure, ta: ஆம்}
"""


def load(text: str, *, head: str = HEAD) -> Rollout:
    result = import_plan(
        data=(head + dedent(text)).encode(), source="plan.yaml", by=System(cause="test"), dry_run=False
    )
    assert result.rollout is not None
    return result.rollout


def refused(text: str) -> list[str]:
    with pytest.raises(PlanRefused) as caught:
        load(text)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.django_db
def test_medimate_asks_weekly_in_four_languages() -> None:
    result = import_plan(data=MEDIMATE.read_bytes(), source="medimate.yaml", by=System(cause="test"))
    rollout = result.rollout
    assert rollout is not None
    weekly = Survey.objects.get(rollout=rollout, code="weekly")
    version = newest_version(weekly)
    assert version is not None
    assert (weekly.phase.code, weekly.rhythm, weekly.opens_on_day, weekly.open_days) == (
        "2",
        Rhythm.WEEKLY,
        3,
        5,
    )
    assert list(version.questions.values_list("code", "kind")) == [
        ("nps", QuestionKind.NPS),
        ("satisfaction", QuestionKind.RATING),
        ("used", QuestionKind.CHOICE),
        ("better", QuestionKind.TEXT),
    ]
    rule = PriorityRule.objects.get(rollout=rollout)
    assert (rule.kinds, rule.notify) == (["blocker", "bug"], RoleName.RELEASE_ENGINEER)
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    for survey in Survey.objects.filter(rollout=rollout):
        publish_version(version=survey.versions.get(), by=owner)


@pytest.mark.django_db
def test_what_is_loaded_is_exported_byte_by_byte() -> None:
    first = load(SURVEY)
    text = export_plan(first)
    Rollout.objects.filter(pk=first.pk).update(slug="first")
    again = import_plan(data=text.encode(), source="again.yaml", by=System(cause="test")).rollout
    assert again is not None
    assert export_plan(again) == text


@pytest.mark.django_db
def test_loading_the_same_again_changes_nothing() -> None:
    rollout = load(SURVEY)
    version = SurveyVersion.objects.get()
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    publish_version(version=version, by=owner)
    load(SURVEY)
    assert SurveyVersion.objects.get() == version


@pytest.mark.django_db
def test_a_changed_question_of_a_published_survey_is_a_new_draft() -> None:
    rollout = load(SURVEY)
    publish_version(version=SurveyVersion.objects.get(), by=make_member(rollout, RoleName.PRODUCT_OWNER))
    load(SURVEY.replace("Recommend", "Would you recommend it"))
    versions = SurveyVersion.objects.order_by("number")
    assert [(version.number, version.is_published) for version in versions] == [(1, True), (2, False)]


@pytest.mark.django_db
def test_a_survey_that_the_file_drops_goes_unless_it_was_published() -> None:
    rollout = load(SURVEY + "  triage:\n    - {code: all, name: All, tell: support}\n")
    load("")
    assert (Survey.objects.count(), Question.objects.count(), PriorityRule.objects.count()) == (0, 0, 0)
    assert dump(rollout) is None
    load(SURVEY)
    publish_version(version=SurveyVersion.objects.get(), by=make_member(rollout, RoleName.PRODUCT_OWNER))
    assert ["Survey “weekly” is no longer in the file" in problem for problem in refused("")] == [True]


@pytest.mark.django_db
def test_an_empty_rollout_has_no_section() -> None:
    assert dump(make_rollout()) is None


@pytest.mark.django_db
def test_a_missing_translation_is_a_warning() -> None:
    text = SURVEY.replace("lowest: {en: Never, ta: இல்லை}", "lowest: {en: Never}")
    result = import_plan(data=(HEAD + text).encode(), source="x", by=System(cause="test"))
    assert [str(warning) for warning in result.warnings] == [
        "line 15, column 19: Not translated into ta; the survey cannot be published before it is."
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("was", "then", "words"),
    [
        ('phase: "1"', 'phase: "9"', "There is no phase “9”."),
        ("kind: nps0_10", "kind: nps", "Known are: nps0_10, rating5, choice, text."),
        ("kind: nps0_10", "kind: text", "Only a question of the kind nps0_10 names lowest and highest."),
        ("lowest: {en: Never, ta: இல்லை}\n", "\n", "Name both ends of the scale"),
        ("{en: Weekly, ta: வாரம்}", "{en: Weekly, fr: Semaine}", "“fr” is not a language of this survey."),
        ("{en: Weekly, ta: வாரம்}", "{}", "Give the text in at least one language"),
        ("title:", "day: 4\n      open_days: 5\n      title:", "day and open_days make 8 at most"),
        ("title:", "day: 0\n      title:", "The least that can stand here is 1."),
        ("title:", "at: 9:00\n      title:", 'Put it in quotes: "9:00".'),
        ("title:", "languages: [en, de]\n      title:", "“de” is not a language"),
        ("title:", "notes: x\n      title:", "“notes” is not known here."),
        ("kind: nps0_10", "several: true\n          kind: nps0_10", "Only a choice lets people"),
        ("{en: Never, ta: இல்லை}", "{en: no}", "put it in quotes"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(was: str, then: str, words: str) -> None:
    assert was in SURVEY
    assert words in "\n".join(refused(SURVEY.replace(was, then)))
    assert not Rollout.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("kind: choice\n          options: [{code: a, text: {en: A, ta: A}}]", "two options or more"),
        (
            "kind: choice\n          options: [{code: a, text: {en: A}}, {code: a, text: {en: B}}]",
            "two options or more",
        ),
        ("kind: rating5", 'codes "1" to "5"'),
        ("kind: text\n          options: [{code: a, text: {en: A}}]", "Only a choice or a rating"),
    ],
)
def test_options_fit_their_kind(options: str, words: str) -> None:
    question = f"        - code: more\n          text: {{en: More, ta: மேலும்}}\n          {options}\n"
    assert words in "\n".join(refused(SURVEY + question))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{code: a, name: A, kinds: [bugs]}", "Did you mean “bug”?"),
        ("{code: a, name: A, severities: [high, worst]}", "“worst” is not known here."),
        ("{code: a, name: A, tell: team}", "“team” is not a role."),
    ],
)
def test_triage_rules_are_strict(rule: str, words: str) -> None:
    assert words in "\n".join(refused(f"feedback:\n  triage:\n    - {rule}\n"))


@pytest.mark.django_db
def test_two_questions_with_one_code_are_refused() -> None:
    twice = SURVEY + "        - {code: nps, kind: text, text: {en: A, ta: A}}\n"
    assert "The code “nps” is used already" in "\n".join(refused(twice))
