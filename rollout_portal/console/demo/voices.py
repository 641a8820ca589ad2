"""What the testers said: three survey waves and sixty reports, as far as the present day."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cohorts.models import Participant
from feedback.models import FeedbackItem, Occasion, Survey
from feedback.services import answers, items, surveys, waves
from feedback.states import Area, ItemKind, ItemState, ItemVerb, Severity
from phases.models import Rollout
from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from rollout_portal.console.demo import post
from rollout_portal.console.demo.calendar import Calendar
from rollout_portal.console.demo.reports import REPORTS

SEED: Final = 60
# The latest reports that nobody has looked at yet.
NEW_REPORTS: Final = 5


@dataclass(frozen=True, slots=True)
class Wave:
    """The answers of one wave: how many promote, are passive, detract; how many of them are satisfied."""

    week: int
    promoters: int
    passives: int
    detractors: int
    satisfied: int

    @property
    def marks(self) -> list[int]:
        """Marks from 0 to 10 that add up to the wave."""
        return [
            *(9 + place % 2 for place in range(self.promoters)),
            *(7 + place % 2 for place in range(self.passives)),
            *(2 + place % 5 for place in range(self.detractors)),
        ]


# NPS 34.1, 41.9, 50.0: rising, and exactly 50 is not above 50.
WAVES: Final = (Wave(2, 21, 13, 7, 30), Wave(3, 24, 13, 6, 34), Wave(4, 13, 10, 1, 20))


def publish(rollout: Rollout, owner: User, calendar: Calendar) -> None:
    """Publish the surveys of the plan before the testers come."""
    with calendar.at(1, 4, 9):
        for survey in Survey.objects.filter(rollout=rollout):
            version = surveys.newest_version(survey)
            if version is not None:
                surveys.publish_version(version=version, by=owner)


def play(rollout: Rollout, cast: dict[RoleName, User], calendar: Calendar) -> None:
    """Let three waves go out and be answered, and reports come in between."""
    dice = random.Random(SEED)  # noqa: S311 - a demo, not a secret
    reports = _reports(rollout, dice)
    for wave in WAVES:
        with calendar.at(wave.week, 2, 9, 1):
            waves.ensure_occasions()
            post.deliver()
        _answer(rollout, wave, calendar, dice)
        for place in range(len(REPORTS) // len(WAVES)):
            with calendar.at(
                wave.week, 2 + place % 5 if wave.week < WAVES[-1].week else 2, 9 + place % 10, 20
            ):
                next(reports)
                post.deliver()
        with calendar.at(wave.week, 6, 23, 59):
            waves.ensure_occasions()
        _triage(rollout, cast[RoleName.SUPPORT], wave, calendar, dice)


def _answer(rollout: Rollout, wave: Wave, calendar: Calendar, dice: random.Random) -> None:
    occasion = Occasion.objects.filter(survey__rollout=rollout).order_by("-number")[0]
    asked = list(occasion.requests.filter(state="sent").select_related("participant__person").order_by("pk"))
    marks = wave.marks
    dice.shuffle(marks)
    answering = dice.sample(asked, min(len(marks), len(asked)))
    last = wave.week == WAVES[-1].week
    for place, (request, mark) in enumerate(zip(answering, marks, strict=False)):
        rating = 4 + place % 2 if place < wave.satisfied else 1 + place % 3
        day = 2 if last else 2 + place % 4
        with calendar.at(wave.week, day, 10 + place % 11, place):
            answers.submit_answers(
                request=request,
                values={"nps": mark, "satisfaction": rating, "used": _used(dice)},
                language=request.participant.person.language,
            )


def _used(dice: random.Random) -> tuple[str, ...]:
    return tuple(code for code in ("articles", "videos", "quiz") if dice.random() < 0.6) or ("articles",)


def _reports(rollout: Rollout, dice: random.Random) -> Iterator[FeedbackItem]:
    """Yield one report after the other, each by a tester who speaks its language."""
    phase = rollout.phases.get(code="2")
    testers = Participant.objects.in_phase(phase).taking_part().select_related("person").order_by("number")
    by_language: dict[str, list[Participant]] = {}
    for tester in testers:
        by_language.setdefault(tester.person.language, []).append(tester)
    lines = list(REPORTS)
    dice.shuffle(lines)
    for language, kind, _area, _severity, text in lines:
        yield items.report_item(
            rollout=rollout,
            report=items.Report(kind=ItemKind(kind), text=text, language=language, may_ask_back=True),
            by=None,
            reporter=dice.choice(by_language[language]),
            phase=phase,
        )


def _triage(rollout: Rollout, agent: User, wave: Wave, calendar: Calendar, dice: random.Random) -> None:
    """Judge what is new and resolve what is fixed; the newest reports and one critical one stay open."""
    judged = {text: (kind, area, severity) for _language, kind, area, severity, text in REPORTS}
    last = wave.week == WAVES[-1].week
    new = list(FeedbackItem.objects.filter(rollout=rollout, state=ItemState.NEW).order_by("number"))
    with calendar.at(wave.week, 3 if last else 6, 8 if last else 18, 30):
        for item in new[:-NEW_REPORTS] if last else new:
            kind, area, severity = judged[item.text]
            found = items.judge_item(
                item=item,
                by=agent,
                judged=items.Judged(kind=ItemKind(kind), area=Area(area), severity=Severity(severity)),
            )
            stays = found.severity == Severity.CRITICAL and found.area == Area.USABILITY
            if not stays and (not last or dice.random() < 0.5):
                items.move_item(
                    item=item, by=agent, verb=ItemVerb.RESOLVE, reason="Fixed in the next version"
                )
