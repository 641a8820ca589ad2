"""What a plan gets wrong in its surveys, and in the criteria that read them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _

from feedback.plan import SurveyPlan
from feedback.states import Rhythm
from phases.documents.schema import Rule
from phases.lint import (
    PlanDay,
    Sections,
    criteria,
    first_day,
    last_day,
    most_people,
    population_sizes,
    stages,
    things,
)
from phases.plan.stages import PhasePlan
from phases.registry import Finding, lint_rule
from rollout_portal.lib.decimals import Comparator
from rollout_portal.lib.statistics import adjusted_wald_nps, wilson_share

_NPS: Final = "feedback.nps"
_SHARE: Final = "feedback.satisfaction"
_SCORES: Final = (_NPS, _SHARE)
_TOP: Final = Decimal(100)
_MOST: Final = 2000
"""More answers than these are not asked of anybody; a limit so close to the end is told as it is."""


@lint_rule("feedback.scale", why=_("On the wrong scale a criterion holds always, or never."))
def _scale(sections: Sections) -> Iterator[Finding]:
    for path, _gate, criterion in criteria(sections):
        rule = criterion.holds
        if rule is None or criterion.measure not in _SCORES:
            continue
        place = ((*path, "holds"),)
        values = {"rule": criterion.rule, "limit": str(rule)}
        lowest = -_TOP if criterion.measure == _NPS else Decimal(0)
        if not lowest <= rule.threshold <= _TOP:
            yield Finding(
                place,
                _("“%(rule)s” asks for %(limit)s, outside of the scale."),
                _("A Net Promoter Score is from −100 to 100, a share of satisfied answers from 0 to 100 %%."),
                values,
            )
        elif criterion.measure == _NPS and 0 < rule.threshold <= 10:
            yield Finding(
                place,
                _("“%(rule)s” asks for %(limit)s on a scale from −100 to 100."),
                _("Was the mean of the marks 0 to 10 meant? Then use feedback.mean and “/10”."),
                values,
            )
        elif criterion.measure == _SHARE and rule.threshold <= 5:
            yield Finding(
                place,
                _("“%(rule)s” asks for %(limit)s of the answers."),
                _("Was the mean of the marks 1 to 5 meant? Then use feedback.mean and “/5”."),
                values,
            )


@lint_rule(
    "feedback.too-few-people",
    why=_("With so few answers the best result cannot be told from one that misses the limit."),
)
def _too_few_people(sections: Sections) -> Iterator[Finding]:
    sizes = population_sizes(sections)
    phases = {phase.code: phase for phase in stages(sections)}
    for path, gate, criterion in criteria(sections):
        phase = phases.get(gate.from_phase or "")
        if phase is None or criterion.holds is None or criterion.measure not in _SCORES:
            continue
        people = most_people(phase, sizes)
        needed = answers_needed(criterion.measure, criterion.holds)
        if people is None or needed is None or people >= needed:
            continue
        yield Finding(
            (path, ("phases", list(phases).index(phase.code))),
            _("“%(rule)s” rests on %(people)s people at most; to be sure of it takes %(needed)s answers."),
            _("Ask more people, decide it by judgement, or record that so few answers are enough."),
            {"rule": criterion.rule, "people": people, "needed": needed},
        )


def answers_needed(measure: str, rule: Rule) -> int | None:
    """Return the fewest answers with which the best possible result is surely beyond a lower limit.

    "Surely" is the 95 % interval that the gate shows: adjusted Wald for a score, Wilson for a share. None
    where the rule is not a lower limit, or no reasonable number of answers is enough.
    """
    if rule.comparator not in (Comparator.ABOVE, Comparator.AT_LEAST) or rule.threshold >= _TOP:
        return None
    interval = wilson_share if measure == _SHARE else lambda best, n: adjusted_wald_nps(best, n - best, 0)
    return next((n for n in range(1, _MOST + 1) if (interval(n, n) or (-_TOP,))[0] > rule.threshold), None)


@lint_rule("feedback.no-survey-feeds-it", why=_("A criterion that no survey of its phase feeds stays open."))
def _no_survey(sections: Sections) -> Iterator[Finding]:
    surveys = {survey.code: survey for _place, survey in things(sections, "feedback", "surveys")}
    for path, gate, criterion in criteria(sections):
        survey = surveys.get(criterion.of.split(".")[0])
        if criterion.measure not in _SCORES or survey is None or gate.from_phase is None:
            continue
        if survey.phase != gate.from_phase:
            yield Finding(
                ((*path, "of"), ("feedback", "surveys", list(surveys).index(survey.code), "phase")),
                _("“%(rule)s” reads the survey “%(survey)s”, which is held in phase %(phase)s."),
                _("Hold a survey in phase %(from)s, or read another one."),
                {
                    "rule": criterion.rule,
                    "survey": survey.name,
                    "phase": survey.phase,
                    "from": gate.from_phase,
                },
            )


# --- When they are held -----------------------------------------------------------------------------
@lint_rule("feedback.survey-after-its-phase", why=_("Whom a phase had is asked while they are in it."))
def _survey_after_its_phase(sections: Sections) -> Iterator[Finding]:
    phases = {phase.code: (place, phase) for place, phase in enumerate(stages(sections))}
    for place, survey in held_once(sections):
        number, phase = phases.get(survey.phase, (0, None))
        opens, end = _days(survey, phase)[0], last_day(phase) if phase is not None else None
        if phase is not None and opens is not None and end is not None and opens > end:
            yield Finding(
                (("feedback", "surveys", place, "day"), ("phases", number)),
                _("“%(survey)s” opens on day %(day)s of “%(phase)s”, which is over by then."),
                _("Hold it earlier, let the phase go on, or ask in the phase that runs then."),
                {"survey": survey.name, "day": survey.day, "phase": phase.name},
            )


@lint_rule("feedback.gate-before-its-survey", why=_("A gate cannot read answers that are still to come."))
def _gate_before_its_survey(sections: Sections) -> Iterator[Finding]:
    phases = {phase.code: (place, phase) for place, phase in enumerate(stages(sections))}
    surveys = {survey.code: (place, survey) for place, survey in held_once(sections)}
    for path, gate, criterion in criteria(sections):
        place, survey = surveys.get(criterion.of.split(".")[0], (0, None))
        number, after = phases.get(gate.to_phase or "", (0, None))
        if survey is None or after is None or not (criterion.measure or "").startswith("feedback."):
            continue
        closes, start = _days(survey, phases.get(survey.phase, (0, None))[1])[1], first_day(after)
        if closes is not None and start is not None and closes >= start:
            yield Finding(
                (path, ("feedback", "surveys", place), ("phases", number)),
                _("“%(rule)s” reads the survey “%(survey)s”, which is not over when “%(after)s” starts."),
                _("Let the phase start after it, or ask earlier."),
                {"rule": criterion.rule, "survey": survey.name, "after": after.name},
            )


def held_once(sections: Sections) -> Iterator[tuple[int, SurveyPlan]]:
    """Yield the surveys of a plan that are held once, with their positions."""
    for place, survey in things(sections, "feedback", "surveys"):
        if survey.rhythm == Rhythm.ONCE:
            yield place, survey


def _days(survey: SurveyPlan, phase: PhasePlan | None) -> tuple[PlanDay | None, PlanDay | None]:
    """Return the first and the last day of a survey, to compare with those of phases."""
    start = first_day(phase) if phase is not None else None
    if start is None:
        return None, None
    kind, day = start
    opens = day + survey.day - 1
    return (kind, opens), (kind, opens + survey.open_days - 1)


@lint_rule("feedback.language-left-out", why=_("People are asked in their language, or they do not answer."))
def _language_left_out(sections: Sections) -> Iterator[Finding]:
    header = sections.get("rollout")
    for place, survey in things(sections, "feedback", "surveys"):
        spoken = survey.languages or (header.languages if header is not None else [])
        for number, question in enumerate(survey.questions):
            missing = [language for language in spoken if language not in question.text]
            if missing:
                yield Finding(
                    (("feedback", "surveys", place, "questions", number, "text"),),
                    _("A question of “%(survey)s” is not there in %(languages)s."),
                    _("Translate it; the survey is not published before."),
                    {"survey": survey.name, "languages": ", ".join(missing)},
                )
