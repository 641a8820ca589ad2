"""The linter: each rule finds its contradiction at its lines, and nothing in a plan without one."""

from pathlib import Path

import pytest

from phases.documents.document import parse
from phases.documents.linter import Found, lint
from phases.registry import lint_rules

HEAD = """\
version: 1
rollout: {slug: x, name: X, languages: [en, de]}
populations:
  - {code: users, name: Users, size: 100}
phases:
  - {code: "1", name: One, weeks: 1-2, people: 20}
  - {code: "2", name: Two, weeks: 3, open_ended: true, percent: 50, of: users}
gates:
  - code: g
    name: Gate
    from_phase: "1"
    to_phase: "2"
    signatures: [{code: s, role: product_owner}]
    criteria:
      - {code: c, rule: Fine, judged_by: support}
"""
SURVEY = """\
feedback:
  surveys:
    - code: weekly
      name: Weekly
      phase: "1"
      title: {en: W, de: W}
      questions:
        - {code: nps, kind: nps0_10, text: {en: Q, de: F}, lowest: {en: l, de: l}, highest: {en: h, de: h}}
"""
METRIC = """\
monitoring:
  metrics:
    - code: errors
      name: Errors
      unit: "%"
      source: Logs
      targets: [{code: t, phase: "1", holds: under 0.5 %}]
"""

# rule, what is changed in the plan above as (old, new), what is found: its lines, and a part of its words.
WRONG = [
    ("phases.empty-gate", "    criteria:\n      - {code: c, rule: Fine, judged_by: support}\n", "",
     (9,), "The gate “Gate” has no criterion."),
    ("phases.gate-without-signature", "    signatures: [{code: s, role: product_owner}]\n", "",
     (9,), "Nobody signs the gate “Gate”."),
    ("phases.phase-without-gate", ", open_ended: true", "", (7,), "No gate leaves phase “Two”."),
    ("phases.gate-before-its-results", "weeks: 3,", "weeks: 2,", (7, 9, 6), "“Two” starts before “One”"),
    ("phases.gap", "weeks: 3,", "weeks: 5,", (7, 6), "ends with plan week 2 and “Two” starts in week 5."),
    ("phases.audience-shrinks", "percent: 50", "percent: 10", (7, 6), "reaches 10 people, fewer than the 20"),
    ("phases.too-many-people", "people: 20}", "people: 200, of: users}", (6,), "wants 200 of the 100"),
    ("phases.part-outside", ', open_ended: true, percent: 50, of: users}',
     ', open_ended: true, percent: 50, of: users}\n  - {code: "1a", name: Part, weeks: 2-3, part_of: "1"}',
     (8, 6), "“Part” runs in weeks 2-3, outside of “One” in weeks 1-2."),
    ("phases.gate-due-outside", 'weeks: 1-2, people: 20}',
     'starts: 2026-01-05, ends: 2026-01-18, people: 20}', (13, 6), "due on 2026-01-10"),
    ("phases.two-limits", "{code: c, rule: Fine, judged_by: support}",
     "{code: a, rule: A, measure: monitoring.metric, of: errors, holds: under 1 %}\n"
     "      - {code: b, rule: B, measure: monitoring.metric, of: errors, holds: under 2 %}",
     (16, 15), "“B” and “A” hold the same figure to under 2 % and to under 1 %."),
    ("phases.never-enough", "{code: c, rule: Fine, judged_by: support}",
     "{code: a, rule: A, measure: feedback.nps, of: weekly, holds: above 20 points, min_count: 30}",
     (15, 6), "waits for 30 answers, and “One” has 20 people"),
    ("monitoring.metric-without-source", "      source: Logs\n", "", (18,), "where “Errors” is read"),
    ("monitoring.criterion-beside-target", "{code: c, rule: Fine, judged_by: support}",
     "{code: a, rule: A, measure: monitoring.metric, of: errors, holds: under 1 %}",
     (15, 22), "The gate asks for under 1 % of “Errors”, the target of the same phase under 0.5 %."),
    ("feedback.scale", "{code: c, rule: Fine, judged_by: support}",
     "{code: a, rule: A, measure: feedback.nps, of: weekly, holds: above 7 points}",
     (15,), "above 7 points on a scale from −100 to 100"),
    ("feedback.scale", "{code: c, rule: Fine, judged_by: support}",
     "{code: a, rule: A, measure: feedback.nps, of: weekly, holds: above 120 points}",
     (15,), "outside of the scale"),
    ("feedback.scale", "{code: c, rule: Fine, judged_by: support}",
     "{code: a, rule: A, measure: feedback.satisfaction, of: weekly, holds: above 4 %}",
     (15,), "above 4 % of the answers"),
    ("feedback.too-few-people", "people: 20}", "people_at_least: 2, people_at_most: 3}",
     (15, 6), "rests on 3 people at most; to be sure of it takes 6 answers"),
    ("feedback.no-survey-feeds-it", 'phase: "1"\n      title', 'phase: "2"\n      title',
     (15, 20), "reads the survey “Weekly”, which is held in phase 2"),
    ("feedback.survey-after-its-phase", 'phase: "1"\n      title',
     'phase: "1"\n      rhythm: once\n      day: 15\n      title',
     (22, 6), "opens on day 15 of “One”, which is over by then"),
    ("feedback.gate-before-its-survey", 'phase: "1"\n      title',
     'phase: "1"\n      rhythm: once\n      day: 14\n      open_days: 2\n      title',
     (15, 18, 7), "reads the survey “Weekly”, which is not over when “Two” starts."),
    ("feedback.language-left-out", "text: {en: Q, de: F}", "text: {en: Q}", (23,), "not there in de"),
    ("phases.vacant-role", "populations:\n",
     "roles:\n  - {code: po, name: Owner}\n  - {code: ok, name: Fine, person: Ada}\n"
     "activities:\n  - {code: a, text: A, owner: po}\npopulations:\n",
     (4,), "Nobody is named for “Owner”; the plan names the role 1 times."),
    ("phases.week-without-phase", "populations:\n",
     "weeks:\n  - {code: w4, week: 4, goal: G}\npopulations:\n",
     (4, 9), "a week 4, and its last phase “Two” ends with week 3."),
    ("phases.after-the-end", "languages: [en, de]",
     "languages: [en, de], anchor: 2026-01-05, done_by: 2026-01-15",
     (6, 2), "“One” ends on 2026-01-18, after 2026-01-15"),
    ("phases.after-its-phase", "populations:\n",
     'milestones:\n  - {code: m, text: Half, phase: "1", when: week 3}\npopulations:\n',
     (4, 8), "“Half” belongs to “One” and is planned for week 3, when that is over."),
    ("phases.review-in-mid-week", "languages: [en, de]}\n",
     "languages: [en, de], anchor: 2026-01-07}\nweeks:\n  - {code: w, week: 1, goal: G}\n"
     "reviews:\n  - {code: r, text: Look, repeats: weekly, weekday: friday}\n",
     (6, 2), "“Look” comes each friday, and the weeks of the plan end with a tuesday."),
    ("phases.parts-and-whole", ", open_ended: true, percent: 50, of: users}",
     ', people: 50}\n  - {code: "2a", name: Part, part_of: "2", people: 40, cumulative: false}',
     (7, 8), "The parts of “Two” bring 40 people to 20, and it is for 50."),
    ("monitoring.deliverable-beside-target", "populations:\n",
     'deliverables:\n  - {code: d, text: Calm, phase: "1", measure: monitoring.metric, of: errors, '
     "holds: under 1 %}\npopulations:\n",
     (4, 24), "“Calm” should bring under 1 % of “Errors”, and its target is under 0.5 %."),
    ("monitoring.on-call-gap", "monitoring:\n",
     "monitoring:\n  on_call:\n    - {code: o, primary: po, backup: b, when: week 1}\n"
     "    - {code: p, primary: po, backup: b, when: weeks 3-4}\n",
     (19, 18), "on call in week 1 and in week 3, and nobody in between"),
    ("comms.two-times", "populations:\n",
     "comms:\n  trainings:\n    - {code: a, text: Talk, when: week 1}\n"
     "    - {code: b, text: Talk, when: week 2}\npopulations:\n",
     (6, 5), "“Talk” is planned for week 1 and for week 2."),
    ("monitoring.phase-without-limit", "monitoring:\n",
     "monitoring:\n  triggers:\n    - {code: r, text: Too many, measure: monitoring.metric, of: errors, "
     "against_target: true, action: roll_back}\n",
     (18, 20), "“Too many” is not armed in 2 Two: “Errors” has no target there."),
    ("monitoring.limits-out-of-order", "monitoring:\n",
     "monitoring:\n  triggers:\n    - {code: r, text: Too many, measure: monitoring.metric, of: errors, "
     "fires: above 0.4 %, action: roll_back}\n",
     (18, 24), "“Too many” fires above 0.4 %, before under 0.5 % of “Errors” is passed."),
    ("monitoring.on-call-alone", "monitoring:\n",
     "monitoring:\n  on_call:\n    - {code: o, primary: po, days: [saturday, sunday]}\n",
     (18,), "“po” is on call without a stand-in (saturday, sunday)."),
    ("comms.agenda", "populations:\n",
     "comms:\n  meetings:\n    - {code: m, text: Talk, takes: 45m, agenda: [{text: A, minutes: 5}]}\n"
     "populations:\n",
     (5,), "The points of “Talk” take 5 minutes, the whole takes 45m."),
    ("comms.in-a-blackout", "populations:\n",
     "blackouts:\n  - {code: b, text: Holidays, when: 2026-12-24 to 2026-12-26}\n"
     "comms:\n  announcements:\n"
     "    - {code: h, text: Hello, audience: All, channels: [email], when: 2026-12-25}\npopulations:\n",
     (7, 4), "“Hello” is announced on 2026-12-25, in the blackout “Holidays”."),
]  # fmt: skip
SCORE = "{code: a, rule: A, measure: feedback.nps, of: weekly, holds: above 20 points}"
NEEDS_SCORE = {"feedback.too-few-people", "feedback.no-survey-feeds-it", "feedback.gate-before-its-survey"}
DUE = ("    signatures:", "    due: 2026-01-10\n    signatures:")


def plan_with(rule: str, old: str, new: str) -> str:
    text = HEAD + (METRIC if rule.startswith("monitoring") or rule == "phases.two-limits" else SURVEY)
    if rule in NEEDS_SCORE:
        text = text.replace("{code: c, rule: Fine, judged_by: support}", SCORE)
    if rule == "phases.gate-due-outside":
        text = text.replace(*DUE)
    if rule == "phases.week-without-phase":
        text = text.replace(", open_ended: true", "")
    assert old in text
    return text.replace(old, new, 1)


def found_in(text: str) -> list[Found]:
    return lint(parse(text.encode()))


@pytest.mark.parametrize(("rule", "old", "new", "lines", "words"), WRONG, ids=[one[0] for one in WRONG])
def test_each_rule_finds_its_contradiction(
    rule: str, old: str, new: str, lines: tuple[int, ...], words: str
) -> None:
    found = [one for one in found_in(plan_with(rule, old, new)) if one.rule.name == rule]
    assert [one.lines for one in found] == [lines]
    assert words in found[0].finding.text
    assert found[0].finding.advice
    assert str(found[0].rule.why).endswith(".")


def test_every_rule_is_tried() -> None:
    assert {one[0] for one in WRONG} | {"cohorts.seats-and-people"} == set(lint_rules())


@pytest.mark.parametrize("more", [SURVEY, METRIC], ids=["survey", "metric"])
def test_a_plan_without_contradiction_has_no_finding(more: str) -> None:
    assert found_in(HEAD + more) == []


def test_phases_that_share_a_week_are_told_apart_by_its_days() -> None:
    shared = HEAD.replace("weeks: 1-2,", "weeks: 1-2, days: 1-3,").replace("weeks: 3,", "weeks: 2, days: 4,")
    assert found_in(shared + SURVEY) == []
    (found,) = found_in(shared.replace("days: 4,", "days: 3,") + SURVEY)
    assert found.rule.name == "phases.gate-before-its-results"


def test_a_survey_may_be_open_until_the_day_before_the_next_phase() -> None:
    once = SURVEY.replace("      title", "      rhythm: once\n      day: 14\n      open_days: 1\n      title")
    scored = HEAD.replace("{code: c, rule: Fine, judged_by: support}", SCORE)
    assert found_in(scored + once) == []


def test_a_week_of_the_plan_ends_by_the_day_by_which_all_is_done() -> None:
    ends = (
        "languages: [en, de], anchor: 2026-01-05, done_by: 2026-01-31}\n"
        "weeks:\n  - {code: w, week: 4, goal: G}\n"
    )
    (found,) = found_in(HEAD.replace("languages: [en, de]}\n", ends) + SURVEY)
    assert (found.rule.name, found.lines) == ("phases.after-the-end", (4, 2))
    assert "Week 4 ends on 2026-02-01, after 2026-01-31" in found.finding.text
    assert found_in(HEAD.replace("languages: [en, de]}\n", ends.replace("01-31", "02-01")) + SURVEY) == []


def test_a_target_without_a_phase_is_that_of_each_phase_without_its_own() -> None:
    asks = "{code: a, rule: A, measure: monitoring.metric, of: errors, holds: under 1 %}"
    gate = HEAD.replace("{code: c, rule: Fine, judged_by: support}", asks)
    (found,) = found_in(gate + METRIC.replace('phase: "1", ', ""))
    assert found.rule.name == "monitoring.criterion-beside-target"
    assert found_in(gate + METRIC.replace('phase: "1"', 'phase: "2"')) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("when: week 3", "when: week 2"),
        ("when: week 3", "when: 2026-01-01"),
        ('phase: "1", when: week 3', "when: week 3"),
    ],
    ids=["in its phase", "a date without an anchor", "of no phase"],
)
def test_what_comes_while_its_phase_runs_is_no_finding(old: str, new: str) -> None:
    late = 'milestones:\n  - {code: m, text: Half, phase: "1", when: week 3}\npopulations:\n'
    assert found_in(HEAD.replace("populations:\n", late.replace(old, new)) + SURVEY) == []


def test_a_friday_is_the_end_of_a_week_that_begins_on_monday() -> None:
    friday = (
        "languages: [en, de], anchor: 2026-01-05}\nweeks:\n  - {code: w, week: 1, goal: G}\n"
        "reviews:\n  - {code: r, text: Look, repeats: weekly, weekday: friday}\n"
    )
    assert found_in(HEAD.replace("languages: [en, de]}\n", friday) + SURVEY) == []


def test_parts_that_bring_who_is_missing_add_up() -> None:
    part = (
        ", people: 50, open_ended: true}\n"
        '  - {code: "2a", name: P, part_of: "2", people: 30, cumulative: false}'
    )
    assert found_in(HEAD.replace(", open_ended: true, percent: 50, of: users}", part) + SURVEY) == []


def test_a_training_for_others_may_have_the_same_name() -> None:
    twice = (
        "comms:\n  trainings:\n    - {code: a, text: Talk, audience: A, when: week 1}\n"
        "    - {code: b, text: Talk, audience: B, when: week 2}\npopulations:\n"
    )
    assert found_in(HEAD.replace("populations:\n", twice) + SURVEY) == []


def test_seats_add_up_to_the_phase() -> None:
    seats = (
        'cohorts:\n  selections:\n    - {code: d, phase: "1", seats: [{code: e, value: de, people: 15}]}\n'
    )
    conditions = seats.replace("]}\n", "], conditions: [{attribute: language, test: known}]}\n")
    (found,) = found_in(HEAD + conditions)
    assert found.finding.text == "The quotas have 15 seats, and “One” is for 20 people."
    assert found_in(HEAD + conditions.replace("people: 15", "people: 20")) == []


def test_a_finding_keeps_its_key_when_lines_move_and_loses_it_when_figures_change() -> None:
    wrong = HEAD.replace("weeks: 3,", "weeks: 5,")
    (first,) = found_in(wrong)
    (moved,) = found_in("# A comment\n\n" + wrong)
    assert (moved.key, moved.lines) == (first.key, tuple(line + 2 for line in first.lines))
    (other,) = found_in(wrong.replace("weeks: 5,", "weeks: 6,"))
    assert other.key != first.key


def test_every_rule_stands_in_the_manual() -> None:
    manual = Path("docs/plan-file.md").read_text(encoding="utf-8")
    assert [name for name in lint_rules() if f"`{name}`" not in manual] == []


def test_a_rule_that_stops_a_gate_may_lie_beyond_the_target() -> None:
    name, old, new, _lines, _words = next(
        one for one in WRONG if one[0] == "monitoring.criterion-beside-target"
    )
    stopping = plan_with(name, old, new.replace("holds:", "side: no_go, holds:"))
    assert stopping != plan_with(name, old, new)
    assert [one for one in found_in(stopping) if one.rule.name == name] == []


@pytest.mark.parametrize("plan", sorted(Path("plans").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_plans_that_come_along_can_be_asked(plan: Path) -> None:
    for one in lint(parse(plan.read_bytes())):
        assert one.lines[0] > 1
        assert "%(" not in one.finding.text + one.finding.advice
