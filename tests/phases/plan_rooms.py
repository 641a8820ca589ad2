"""Anything that the rooms above plan, drawn and written as rows: comms, flags, what stops a rollout."""

from collections.abc import Sequence
from datetime import time
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from comms.models import Announcement, Channel, Meeting, TrainingSession
from flags.models import Experiment, Flag, FlagRule, Mode, Variant
from monitoring.models import EscalationContact, OnCallShift, Runbook, RunbookStep, Trigger
from phases.models import Phase, PlannedRole, Rollout, Weekday
from phases.models.timing import when_columns
from rollout_portal.lib.decimals import UNITS, Comparator
from tests.phases.plan_rows import Strategy, exact, lengths, repetition, times


class Rooms:
    """Draws rows for one rollout."""

    def __init__(
        self,
        draw: st.DrawFn,
        rollout: Rollout,
        phases: Sequence[Phase],
        roles: Sequence[PlannedRole],
        lines: Strategy,
        texts: Strategy,
    ) -> None:
        self.draw, self.rollout, self.phases, self.roles = draw, rollout, phases, roles
        self.lines, self.texts = lines, texts

    def fill(self) -> None:
        """Write some of everything."""
        self._comms()
        self._flags()
        self._safety()

    def _item(self, code: str) -> dict[str, Any]:
        return {"rollout": self.rollout, "code": code, "position": self.draw(st.integers(0, 3))}

    def _mine(self, code: str) -> dict[str, Any]:
        return self._item(code) | {"owner": self._one(self.roles), "phase": self._one(self.phases)}

    def _one(self, things: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from([None, *things]))

    def _line(self, most: int = 200, *, or_nothing: bool = True) -> str:
        text: str = self.draw(st.just("") | self.lines if or_nothing else self.lines)
        return text[:most].strip() or ("" if or_nothing else "x")

    def _text(self) -> str:
        text: str = self.draw(st.just("") | self.texts)
        return text

    def _codes(self) -> list[str]:
        return self.draw(st.lists(st.sampled_from([role.code for role in self.roles]), unique=True))

    def _time(self) -> dict[str, Any]:
        return when_columns(self.draw(times()))

    def _agenda(self) -> list[dict[str, Any]]:
        minutes = self.draw(st.lists(st.integers(1, 1440), max_size=3))
        return [{"text": self._line(or_nothing=False), "minutes": number} for number in minutes]

    def _hours(self) -> dict[str, Any]:
        opens = self.draw(st.none() | st.integers(0, 23))
        if opens is None:
            return {}
        return {"opens_at": time(opens), "closes_at": time((opens + self.draw(st.integers(1, 23))) % 24, 30)}

    def _comms(self) -> None:
        draw = self.draw
        Announcement.objects.create(
            **self._mine("say"),
            **self._time(),
            **draw(repetition()),
            text=draw(self.lines),
            about=self._text(),
            audience=self._line(or_nothing=False),
            channels=draw(st.lists(st.sampled_from(Channel.values), min_size=1, unique=True)),
            languages=self.rollout.languages[:1],
            in_rollback=draw(st.booleans()),
        )
        for model, code in ((Meeting, "meet"), (TrainingSession, "train")):
            more: dict[str, Any] = {}
            if model is TrainingSession:
                more = {"seats": draw(st.none() | st.integers(1, 99)), "certifies": draw(st.booleans())}
            model.objects.create(
                **self._mine(code),
                **self._time(),
                **draw(repetition()),
                **more,
                text=draw(self.lines),
                audience=self._line(),
                channel=draw(st.sampled_from(["", *Channel.values])),
                takes=draw(st.none() | lengths),
                agenda=self._agenda(),
                note=self._text(),
            )

    def _flags(self) -> None:
        draw = self.draw
        flag = Flag.objects.create(
            **self._item("feature_a"),
            owner=self._one(self.roles),
            name=draw(self.lines),
            group=self._line(80),
            about=self._text(),
            default=draw(st.sampled_from(Mode.values)),
            kill_switch=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 2))):
            self._rule(flag, f"rule{number}")
        experiment = Experiment.objects.create(
            **self._mine("try"),
            flag=draw(st.sampled_from([None, flag])),
            name=draw(self.lines),
            hypothesis=self._text(),
            segment=self._line(120),
            decided_by=self._line(),
        )
        both: list[Decimal | None] = [Decimal("33.5"), Decimal("66.5")]
        shares: list[Decimal | None] = draw(st.sampled_from([both, [None, None], []]))
        for number, share in enumerate(shares):
            Variant.objects.create(
                **self._item(f"variant{number}"),
                experiment=experiment,
                name=self._line(or_nothing=False),
                percent=share,
            )

    def _rule(self, flag: Flag, code: str) -> None:
        draw = self.draw
        mode = draw(st.sampled_from(Mode.values))
        phase = self._one(self.phases)
        rise: dict[str, Any] = {}
        if draw(st.booleans()):
            rise = {"raise_by": Decimal("2.5"), "raise_every": draw(lengths), "raise_to": Decimal(90)}
        FlagRule.objects.create(
            **self._item(code),
            flag=flag,
            phase=phase,
            segment=self._line(120),
            mode=mode,
            note=self._line(or_nothing=mode != Mode.LIMITED),
            percent=Decimal(draw(st.sampled_from(["0", "10", "12.125"]))) if rise else None,
            day=draw(st.none() | st.integers(1, 99)) if phase else None,
            **rise,
        )

    def _safety(self) -> None:
        draw = self.draw
        decided_by = self._codes()
        runbook = Runbook.objects.create(
            **self._mine("book"),
            name=draw(self.lines),
            kind=draw(st.sampled_from(Runbook.Kind.values)),
            about=self._text(),
            decided_by=decided_by,
            together=len(decided_by) > 1 and draw(st.booleans()),
            within=draw(st.none() | lengths),
        )
        for number in range(draw(st.integers(0, 2))):
            RunbookStep.objects.create(
                **self._item(f"step{number}"),
                runbook=runbook,
                owner=self._one(self.roles),
                text=draw(self.lines),
                minutes=draw(st.none() | st.integers(1, 500)),
                due_after=draw(st.none() | lengths),
                every=draw(st.none() | lengths),
                command=self._text(),
                verify=self._line(),
            )
        action = draw(st.sampled_from(Trigger.Action.values))
        Trigger.objects.create(
            **self._mine("trip"),
            **self._limit(),
            text=draw(self.lines),
            complete_within=draw(st.none() | lengths),
            cooldown=draw(st.none() | lengths),
            action=action,
            automatic=draw(st.booleans()),
            switches_off=["feature_a"] if action == Trigger.Action.SWITCH_OFF else [],
            runbook=draw(st.sampled_from([None, runbook])),
        )
        EscalationContact.objects.create(
            **self._item("next"),
            **self._hours(),
            owner=self._one(self.roles),
            level=draw(st.integers(1, 9)),
            topic=self._line(),
            reach=self._line(),
            after=draw(st.none() | lengths),
        )
        first, second = self.roles
        OnCallShift.objects.create(
            **self._item("shift"),
            **self._time(),
            **self._hours(),
            phase=self._one(self.phases),
            primary=first,
            backup=draw(st.sampled_from([None, second])),
            rotation=draw(st.sampled_from([[], [second.code]])),
            days=draw(st.lists(st.sampled_from(Weekday.values), unique=True)),
            note=self._line(),
        )

    def _limit(self) -> dict[str, Any]:
        kind = self.draw(st.sampled_from(["limit", "target", "event"]))
        measured = {
            "measure": "feedback.nps",
            "subject": self._line(120),
            "lasting": self.draw(st.none() | lengths),
        }
        if kind == "event":
            return {}
        if kind == "target":
            return measured | {"against_target": True}
        one_sided = [one for one in Comparator if one != Comparator.BETWEEN]
        return measured | {
            "comparator": self.draw(st.sampled_from(one_sided)),
            "threshold": self.draw(exact),
            "unit": self.draw(st.sampled_from(sorted(UNITS))),
        }
