"""A rollout in its beta, with one criterion of every outcome, for the tests of pages."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

from phases import registry
from phases.models import Criterion, Gate, Objective, Phase, Rollout
from phases.permissions import RoleName
from phases.registry import Measured, Need
from phases.services import judge_criterion, tick_item, waive_criterion
from phases.states import PhaseState, Reason
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from tests.factories import (
    make_base,
    make_checklist,
    make_criterion,
    make_gate,
    make_group,
    make_member,
    make_phase,
    make_rollout,
)


@dataclass
class Dial:
    """A measure whose figures a test sets by subject; registered as `tests.dial` by `registered_dial`."""

    figures: dict[str, Measured] = field(default_factory=dict)

    def __call__(self, *, subject: str, **_asked: Any) -> Measured:
        return self.figures.get(subject, Measured(value=None, reason=Reason.NEVER, source="Firebase"))

    def set(self, subject: str, value: str, **fields: Any) -> None:
        """Let the dial stand at `value`, read two minutes ago unless told otherwise."""
        values: dict[str, Any] = {"as_of": clock.now() - timedelta(minutes=2), "source": "Datadog"}
        self.figures[subject] = Measured(value=Decimal(value), **values | fields)


@contextmanager
def registered_dial() -> Iterator[Dial]:
    """Register a dial as the measure `tests.dial` for as long as the block lasts."""
    dial = Dial()
    registry.measure("tests.dial", label="A dial")(dial)
    try:
        yield dial
    finally:
        registry._measures.pop("tests.dial")


def text_of(answer: object) -> str:
    """What a reader reads, with single spaces."""
    content: bytes = answer.content  # type: ignore[attr-defined]
    words = unescape(re.sub(r"<[^>]*>", " ", content.decode()))
    return " ".join(words.split())


class Beta:
    """Phase 2 of 5 runs; the gate to phase 3 needs the product owner and the sponsor."""

    def __init__(self, **fields: Any) -> None:
        self.rollout: Rollout = make_rollout(
            name="MediMate Education Hub", slug="medimate-education-hub", **fields
        )
        make_base(self.rollout)
        base = self.rollout.populationbases.get()
        self.first: Phase = make_phase(
            self.rollout, "1", name="Internal testing", state=PhaseState.COMPLETED, start_week=1, end_week=1,
            size_max=12, ended_at=datetime(2026, 11, 8, 10, tzinfo=UTC),
        )  # fmt: skip
        self.phase: Phase = make_phase(
            self.rollout, "2", name="Beta user program", state=PhaseState.ACTIVE, start_week=2, end_week=5,
            size_max=50, audience="selected users", started_at=datetime(2026, 11, 9, 1, tzinfo=UTC),
        )  # fmt: skip
        self.next: Phase = make_phase(
            self.rollout,
            "3",
            name="Limited rollout",
            start_week=6,
            end_week=7,
            percent=Decimal(10),
            base=base,
        )
        make_phase(
            self.rollout, "4", name="Expanded rollout", start_week=8, end_week=9, percent=50, base=base
        )
        make_phase(
            self.rollout, "5", name="Full rollout", start_week=10, open_ended=True, percent=100, base=base
        )
        self.owner: User = self.member(RoleName.PRODUCT_OWNER, "Aisyah Rahman")
        self.sponsor: User = self.member(RoleName.PROJECT_SPONSOR, "Lim Wei Jian")
        self.engineer: User = self.member(RoleName.RELEASE_ENGINEER, "Daniel Tan")
        self.gate: Gate = make_gate(
            self.rollout, self.phase, self.next, {RoleName.PRODUCT_OWNER: 1, RoleName.PROJECT_SPONSOR: 1},
            code="gate-2-3", name="Phase 2 to phase 3", due_on=date(2026, 12, 4), due_at="16:00",
        )  # fmt: skip
        self.gate.refresh_from_db()

    def member(self, role: RoleName, name: str = "", **fields: Any) -> User:
        return make_member(self.rollout, role, name, time_zone="Asia/Kuala_Lumpur", **fields)

    def url(self, rest: str = "") -> str:
        return f"/console/{self.rollout.slug}/{rest}"

    def judged(self, code: str = "stable", holds: bool | None = True, **fields: Any) -> Criterion:
        """A criterion that the release engineer judged, unless `holds` is None."""
        values = {"judge_role": RoleName.RELEASE_ENGINEER, "text": "The infrastructure is stable"}
        row = make_criterion(self.gate, code, **values | fields)
        if holds is not None:
            judge_criterion(
                criterion=row, by=self.engineer, holds=holds, rationale="Two weeks without an alarm.",
                evidence="https://status.example.org/november",
            )  # fmt: skip
        return row

    def dialled(self, code: str, text: str, rule: str, threshold: str, **fields: Any) -> Criterion:
        """A criterion that reads the dial of the same name."""
        values = {
            "measure": "tests.dial",
            "subject": code,
            "comparator": rule,
            "threshold": Decimal(threshold),
        }
        return make_criterion(self.gate, code, text=text, **values | fields)

    def every_outcome(self, dial: Dial) -> None:
        """Give the gate one criterion of each outcome, as the prototype of the page shows them."""
        now = clock.now()
        self.dialled("satisfied", "More than 80 % of answers are satisfied", ">", "80", unit="%")
        dial.set(
            "satisfied", "80", unit="%", n=115, hits=92, noun="answers", source="Weekly survey, waves 1 to 3",
            interval=(Decimal("71.8"), Decimal("86.3")),
            needs=(Need("answers", "1 more satisfied answer", amount=Decimal(1)),),
        )  # fmt: skip
        self.dialled("nps", "NPS is above 50", ">", "50", unit="points", min_n=30)
        dial.set(
            "nps", "50.00", unit="points", n=24, noun="answers", source="Weekly survey, wave 3",
            interval=(Decimal("21.7"), Decimal("78.3")), scale=(Decimal(-100), Decimal(100)),
        )  # fmt: skip
        group = make_group(self.gate, "performance", text="Performance metrics are met")
        self.dialled("sessions", "Sessions per tester and week are at least 2", ">=", "2", parent=group,
                     max_age=timedelta(hours=24))  # fmt: skip
        dial.set(
            "sessions",
            "2.6",
            n=44,
            noun="testers",
            source="Google Analytics",
            as_of=now - timedelta(hours=26),
        )
        self.dialled(
            "crashes", "Sessions without a crash are above 99.5 %", ">", "99.5", unit="%", parent=group
        )
        content = self.dialled(
            "content", "Content loads in under 3 s (p95)", "<", "3", unit="s", parent=group
        )
        dial.set("content", "3.42", unit="s", n=9114, noun="loads")
        waive_criterion(
            criterion=content, by=self.owner, reason="CDN work is planned in phase 4; 3G users are told.",
            until=now + timedelta(days=30),
        )  # fmt: skip
        self.dialled("load", "Database load stays under 70 %", "<", "70", unit="%", parent=group)
        dial.set("load", "69.96", unit="%")
        self.judged()
        self.dialled("security", "Critical security issue", ">", "0", side=Criterion.Side.NO_GO)
        dial.set("security", "0", noun="issues", source="Feedback")

    def ready(self) -> None:
        """Let the gate hold: two criteria, both count."""
        self.judged()
        checklist = make_checklist(self.rollout, "alerts", items=1, phase=self.phase)
        make_criterion(
            self.gate, "alerts", text="All monitoring alerts are configured", measure="phases.checklist",
            subject="alerts", comparator=">=", threshold=Decimal(100), unit="%",
        )  # fmt: skip
        tick_item(item=checklist.items.get(), by=self.owner)

    def furnish(self) -> None:
        """Add goals and a checklist with every kind of item."""
        Objective.objects.create(
            rollout=self.rollout, code="goal-1", phase=self.phase, text="Learn what testers do not understand"
        )
        checklist = make_checklist(self.rollout, "go-live", items=5, phase=self.phase)
        one, two, three, four, five = checklist.items.order_by("position")
        texts = (
            "Alert rules for the API are switched on",
            "Support knows the answers to the ten first questions",
            "The privacy notice is translated into Tamil",
            "The status page names the beta",
            "Backups were restored once for practice",
        )
        for item, text in zip((one, two, three, four, five), texts, strict=True):
            item.text, item.group = text, "Before the start" if item.position < 4 else "In the first week"
        two.owner_role, two.due_on = RoleName.SUPPORT, date(2026, 11, 20)
        three.evidence_required, three.owner_role = True, RoleName.PRODUCT_OWNER
        five.required, five.due_on = False, date(2026, 12, 1)
        for item in (one, two, three, four, five):
            item.save()
        tick_item(item=one, by=self.engineer, evidence="https://alerts.example.org/rules")
