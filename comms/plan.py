"""This room's section of a plan file: what is announced, who meets, who is trained."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field, model_validator

from comms.models import Announcement, Channel, Meeting, TrainingSession
from phases.documents.rows import unknown
from phases.documents.schema import Code, Coded, Languages, Length, Line, PlanModel, Text, WhenText, one_of
from phases.documents.tables import Group, Placed, Table
from phases.models import Rollout
from phases.plan.common import (
    AGENDA,
    OWNER,
    PHASE,
    AgendaPlan,
    RepeatsText,
    WeekdayText,
    agenda_fits,
    distinct,
    weekday_of_a_week,
)
from phases.registry import PlanProblem, PlanSection, plan_section

ChannelText = Annotated[str, one_of(Channel)]
_What = Annotated[Line, Field(max_length=300)]
_Whom = Annotated[Line, Field(max_length=200)]


class AnnouncementPlan(Coded):
    """What is said to whom, when and how."""

    counted_as: ClassVar = gettext_lazy("announcements")

    text: _What
    about: Text = ""
    audience: _Whom
    channels: Annotated[list[ChannelText], Field(min_length=1)]
    languages: Languages = []
    owner: Code | None = None
    phase: Code | None = None
    when: WhenText | None = None
    repeats: RepeatsText | None = None
    weekday: WeekdayText | None = None
    in_rollback: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        weekday_of_a_week(self.repeats, self.weekday)
        distinct("channels", self.channels, _("“%s” stands here twice."))
        return self


class MeetingPlan(Coded):
    """People who come together."""

    counted_as: ClassVar = gettext_lazy("meetings")

    text: _What
    audience: _Whom = ""
    channel: ChannelText | None = None
    owner: Code | None = None
    phase: Code | None = None
    when: WhenText | None = None
    repeats: RepeatsText | None = None
    weekday: WeekdayText | None = None
    takes: Length | None = None
    agenda: list[AgendaPlan] = []
    note: Text = ""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        weekday_of_a_week(self.repeats, self.weekday)
        return self


class TrainingPlan(Coded):
    """A training."""

    counted_as: ClassVar = gettext_lazy("trainings")

    text: _What
    audience: _Whom = ""
    channel: ChannelText | None = None
    owner: Code | None = None
    phase: Code | None = None
    when: WhenText | None = None
    repeats: RepeatsText | None = None
    weekday: WeekdayText | None = None
    takes: Length | None = None
    agenda: list[AgendaPlan] = []
    seats: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    recorded: bool = False
    certifies: bool = False
    note: Text = ""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        weekday_of_a_week(self.repeats, self.weekday)
        return self


class CommsPlan(PlanModel):
    """Everything that this room plans."""

    announcements: list[AnnouncementPlan] = []
    meetings: list[MeetingPlan] = []
    trainings: list[TrainingPlan] = []


def _languages_of_the_testers(rollout: Rollout, placed: Sequence[Placed]) -> list[PlanProblem]:
    return [
        unknown(code, rollout.languages, (*one.path, "languages", place), _("language of the testers"))
        for one in placed
        for place, code in enumerate(one.plan.languages)
        if code not in rollout.languages
    ]


_REFS: Final = {"owner": OWNER, "phase": PHASE}

COMMS: Final = Group(
    CommsPlan,
    {
        "announcements": Table(Announcement, AnnouncementPlan, refs=_REFS, check=_languages_of_the_testers),
        "meetings": Table(Meeting, MeetingPlan, refs=_REFS, kept={"agenda": AGENDA}, check=agenda_fits),
        "trainings": Table(
            TrainingSession, TrainingPlan, refs=_REFS, kept={"agenda": AGENDA}, check=agenda_fits
        ),
    },
)

plan_section(
    PlanSection(
        "comms", CommsPlan, lambda rollout, plan, by: COMMS.load(rollout, plan), COMMS.dump, COMMS.prune
    )
)
