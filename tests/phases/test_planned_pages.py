"""The pages that show what is planned and does not act yet, from announcements to who is on call."""

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comms.models import Announcement
from phases.documents.exporter import export_plan
from phases.documents.importer import import_plan
from phases.documents.problems import PlanRefused
from phases.models import Rollout
from phases.permissions import RoleName
from rollout_portal.audit.services import System
from tests.factories import make_member, make_rollout

pytestmark = pytest.mark.django_db

BASE = "/console/hub"
NOTICES = {
    "announcements": "Nothing is sent from this page yet; it shows what the plan says.",
    "flags": "Nothing is switched by this page yet; it shows what the plan says.",
    "triggers": "No trigger stops anything yet; this page shows what the plan says. Stop… always works.",
    "runbooks": "No runbook can be run from this page yet; it shows what the plan says.",
    "on-call": "Nobody is called by the portal yet; this page shows what the plan says.",
}

PLAN = """\
version: 1

rollout:
  slug: hub
  name: Hub
  languages: [en, ta]
  anchor: 2026-02-02

roles:
  - code: ops
    name: Operations
    person: A. Person

  - code: boss
    name: Owner

phases:
  - code: A
    name: Pilot
    weeks: 5
    days: 1-3

  - code: B
    name: All
    weeks: 6

comms:
  announcements:
    - code: hello
      text: We begin
      about: What will happen
      audience: All internal users
      channels: [email, chat]
      languages: [en, ta]
      owner: ops
      when: week 5 day 4 AM
      in_rollback: true
    - code: weekly
      text: How it goes
      audience: Executives
      channels: [report]
      owner: boss
      repeats: weekly
      weekday: friday
  meetings:
    - code: standup
      text: Stand-up
      channel: video
      owner: ops
      when: weeks 1-9 at 10:00
      repeats: working_days
      takes: 15m
  trainings:
    - code: training
      text: Internal training
      audience: Technicians
      owner: ops
      when: week 5 day 4 PM
      takes: 45m
      agenda:
        - text: Welcome
          minutes: 5
        - text: Tour
          minutes: 40
      seats: 20
      recorded: true
      certifies: true

flags:
  features:
    - code: drag_drop
      name: Drag and drop
      owner: ops
      kill_switch: true
      rules:
        - code: drag-pilot
          phase: A
          segment: internal testers
          mode: limited
          note: logging only
          percent: 50
        - code: drag-all
          phase: B
          percent: 10
          day: 2
          raise_by: 10
          raise_every: 1d
          raise_to: 90
    - code: reports
      name: Reports
  experiments:
    - code: onboarding
      name: Onboarding flow
      phase: A
      flag: drag_drop
      decided_by: Sign-ups
      variants:
        - code: old
          name: Old
          percent: 50
        - code: new
          name: New
          percent: 50

monitoring:
  metrics:
    - code: errors
      name: Errors
      unit: "%"
      targets:
        - code: errors-b
          phase: B
          holds: under 0.5 %
  runbooks:
    - code: rollback
      name: Back to the version before
      phase: A
      decided_by: [ops, boss]
      together: true
      within: 5m
      steps:
        - code: flags-off
          text: Flags off
          owner: ops
          minutes: 2
          command: off --all
          check: Nobody sees it
        - code: tell
          text: Tell people
          due_after: 30m
          every: 30m
  triggers:
    - code: too-many
      text: Errors for two minutes
      owner: ops
      measure: monitoring.metric
      of: errors
      fires: above 10 %
      lasting: 2m
      cooldown: 1h
      action: roll_back
      automatic: true
      runbook: rollback
    - code: over-target
      text: Errors over the target
      measure: monitoring.metric
      of: errors
      against_target: true
      action: hold
    - code: breach
      text: A breach
      action: switch_off
      switches_off: [drag_drop]
  escalation:
    - code: l1
      level: 1
      topic: How to use it
      owner: boss
      reach: "#help"
    - code: l2
      level: 2
      owner: ops
      opens: "10:00"
      closes: "19:00"
      after: 4h
  on_call:
    - code: week
      primary: ops
      backup: boss
      phase: A
      days: [monday, tuesday]
      opens: "09:00"
      closes: "17:00"
    - code: weekend
      primary: ops
      days: [saturday, sunday]
"""


def take(text: str) -> Rollout:
    result = import_plan(data=text.encode(), source="hub.yaml", by=System(cause="test"))
    assert result.rollout is not None
    return result.rollout


@pytest.fixture
def rollout() -> Rollout:
    return take(PLAN)


def client(rollout: Rollout, role: RoleName) -> Client:
    made = Client()
    made.force_login(make_member(rollout, role))
    return made


def words(answer: Any) -> str:
    """Return the words of a page, without markup and with plain spaces."""
    html = re.sub(r"<(script|style|svg).*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("&#x27;", "'")


def page(rollout: Rollout, name: str) -> str:
    answer = client(rollout, RoleName.RELEASE_ENGINEER).get(f"{BASE}/{name}/")
    assert answer.status_code == 200
    return words(answer)


def test_the_sections_come_back_byte_for_byte(rollout: Rollout) -> None:
    assert export_plan(rollout) == PLAN


@pytest.mark.parametrize("name", NOTICES)
def test_a_page_says_that_nothing_acts_yet_and_can_be_opened_from_the_sidebar(
    rollout: Rollout, name: str
) -> None:
    answer = client(rollout, RoleName.RELEASE_ENGINEER).get(f"{BASE}/{name}/")
    assert NOTICES[name] in words(answer)
    assert f'href="{BASE}/{name}/"' in answer.content.decode()


@pytest.mark.parametrize("name", NOTICES)
def test_a_page_without_anything_says_what_will_be_here(name: str) -> None:
    text = page(make_rollout(slug="hub"), name)
    assert "The plan file names them in its section “" in text
    assert " 0 " in text


@pytest.mark.parametrize("name", NOTICES)
def test_a_page_asks_the_same_number_of_questions_however_much_is_planned(name: str) -> None:
    few, many = take(PLAN), take(_doubled(PLAN).replace("slug: hub", "slug: more"))
    counts = []
    for rollout in (few, many):
        browser = client(rollout, RoleName.RELEASE_ENGINEER)
        browser.get(f"/console/{rollout.slug}/{name}/")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            browser.get(f"/console/{rollout.slug}/{name}/")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def _doubled(text: str) -> str:
    """Return the plan with each announcement, flag, trigger, step and shift once more."""
    for first, last in (
        ("    - code: hello", "    - code: weekly"),
        ("    - code: drag_drop", "    - code: reports"),
        ("    - code: too-many", "    - code: over-target"),
        ("        - code: flags-off", "        - code: tell"),
        ("    - code: week\n", "    - code: weekend"),
    ):
        block = text[text.index(first) : text.index(last)]
        again = re.sub(r"- code: (\S+)", r"- code: \1-2", block)
        text = text.replace(block, block + again)
    return text


def test_announcements_say_who_hears_what_when_and_how(rollout: Rollout) -> None:
    text = page(rollout, "announcements")
    assert "2 announcements are planned. 1 has nobody who does it. 1 has no date yet." in text
    assert "We begin What will happen in en, ta All internal users Thu 5 Mar" in text
    assert "AM e-mail, team chat Operations, A. Person goes out" in text
    assert (
        "How it goes Executives no date yet; every week, Friday written report Owner (vacant) is held" in text
    )
    assert "10:00; every working day 15 min video call" in text
    assert "Welcome, 5 min; Tour, 40 min 20 seats, is recorded, certifies Technicians" in text


def test_flags_say_who_gets_what_in_which_phase(rollout: Rollout) -> None:
    text = page(rollout, "flags")
    assert "2 flags are planned. 1 has no rule." in text
    assert "Pilot, 50 % of internal testers: a limited form (logging only)" in text
    assert "All from day 2, 10 % of everybody, and 10 points more every 24 h up to 90 %: all of it" in text
    assert "Drag and drop drag_drop" in text
    assert "Old, 50 %, New, 50 % Pilot everybody Sign-ups" in text


def test_triggers_say_the_limit_and_where_there_is_none(rollout: Rollout) -> None:
    text = page(rollout, "triggers")
    assert "3 triggers are planned. 1 waits for a person to report it." in text
    assert "Errors for two minutes Back to the version before rests for 1 h above 10" in text
    assert "roll back, by itself every phase Operations, A. Person" in text
    assert "Pilot: no limit, not armed; All: not under 0.5" in text
    assert "a person reports it at once switch features off: Drag and drop, by a person" in text


def test_runbooks_say_every_step_in_order(rollout: Rollout) -> None:
    text = page(rollout, "runbooks")
    assert "1 runbook is planned. Of the steps, 1 has nobody who does it." in text
    assert "decided by Operations, A. Person and Owner (vacant) · within 5 min" in text
    assert "1. Flags off Operations, A. Person 2 min – off --all Nobody sees it" in text
    assert "2. Tell people – – after 30 min, every 30 min – –" in text


def test_on_call_says_who_stands_in_and_who_is_asked_next(rollout: Rollout) -> None:
    text = page(rollout, "on-call")
    assert "2 shifts are planned. 1 has no stand-in." in text
    assert "Operations, A. Person Pilot Monday, Tuesday 09:00–17:00 – Owner (vacant)" in text
    assert "Owner (vacant) 1 How to use it #help all day –" in text
    assert "10:00–19:00 4 h" in text


@pytest.mark.parametrize(
    ("role", "status"), [(RoleName.SUPPORT, 200), (RoleName.VIEWER, 403), (RoleName.ADMINISTRATOR, 403)]
)
def test_who_is_on_call_is_for_the_staff(rollout: Rollout, role: RoleName, status: int) -> None:
    answer = client(rollout, role).get(f"{BASE}/on-call/")
    assert answer.status_code == status
    other = client(rollout, role).get(f"{BASE}/triggers/")
    assert other.status_code == 200
    assert (f'href="{BASE}/on-call/"' in other.content.decode()) == (status == 200)


# --- What does not fit together ----------------------------------------------------------------------
WRONG = {
    "a metric that is not there": (
        ("of: errors\n      fires", "of: error\n      fires"),
        "There is no metric “error”. Did you mean “errors”?",
    ),
    "a limit in another unit": (
        ("fires: above 10 %", "fires: above 10 ms"),
        "The limit is in ms, and the metric in %.",
    ),
    "a flag that is not there": (
        ("switches_off: [drag_drop]", "switches_off: [drag-drop]"),
        "There is no flag “drag-drop”. Did you mean “drag_drop”?",
    ),
    "a runbook that is not there": (
        ("runbook: rollback", "runbook: back"),
        "There is no runbook “back”. Known are: rollback.",
    ),
    "a role that is not there": (
        ("decided_by: [ops, boss]", "decided_by: [ops, cto]"),
        "There is no role of the plan “cto”. Known are: ops, boss.",
    ),
    "a language that nobody speaks": (
        ("languages: [en, ta]\n      owner", "languages: [en, ms]\n      owner"),
        "There is no language of the testers “ms”. Known are: en, ta.",
    ),
    "an experiment on no flag": (
        ("      flag: drag_drop", "      flag: other"),
        "There is no flag “other”. Known are: drag_drop, reports.",
    ),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=list(WRONG))
def test_what_does_not_fit_together_is_named(change: tuple[str, str], said: str) -> None:
    with pytest.raises(PlanRefused) as error:
        take(PLAN.replace(*change))
    assert [problem.message for problem in error.value.problems] == [said]
    assert error.value.problems[0].line > 1
    assert not Rollout.objects.exists()


def test_an_agenda_that_does_not_add_up_is_told_and_taken() -> None:
    text = PLAN.replace("minutes: 40", "minutes: 30")
    result = import_plan(data=text.encode(), source="hub.yaml", by=System(cause="test"))
    assert [warning.message for warning in result.warnings] == [
        "The points of the agenda take 35 minutes, the whole takes 45m."
    ]


def test_times_follow_the_anchor(rollout: Rollout) -> None:
    take(PLAN.replace("anchor: 2026-02-02", "anchor: 2026-02-09"))
    assert Announcement.objects.get(code="hello").planned_start == date(2026, 3, 12)
