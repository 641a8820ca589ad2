"""Moving phases: every cell of the table, forward only through the gate, stopping always."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from phases import registry
from phases.exceptions import GateNotReady, PermissionRefused, Refused, WrongState
from phases.models import Evidence, Gate, Phase, PhaseTransition, Rollout, StopHookRun
from phases.pages.decisions import read_record
from phases.permissions import RoleName
from phases.registry import Stop
from phases.services import (
    complete_phase,
    give_role,
    hold_phase,
    judge_criterion,
    open_intake,
    prepare_phase,
    resume_phase,
    retry_stop_hooks,
    roll_back_phase,
    shrink_phase,
    sign_gate,
    skip_phase,
    start_phase,
    start_rollout,
    stop_intake,
)
from phases.states import MOVES, RUNNING, GateState, Intake, PhaseState, RolloutState, Verb
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.audit.services import System, verify
from rollout_portal.lib import clock
from tests.factories import (
    confirmation,
    go,
    make_criterion,
    make_gate,
    make_member,
    make_phase,
    make_rollout,
    make_user,
    shown,
)

pytestmark = pytest.mark.django_db

SERVICES: dict[Verb, Callable[[Phase, User], PhaseTransition]] = {
    Verb.PREPARE: lambda phase, by: prepare_phase(phase=phase, by=by),
    Verb.START: lambda phase, by: start_phase(phase=phase, by=by, reason="The team is ready"),
    Verb.COMPLETE: lambda phase, by: complete_phase(phase=phase, by=by),
    Verb.SKIP: lambda phase, by: skip_phase(phase=phase, by=by, reason="Not needed"),
    Verb.HOLD: lambda phase, by: hold_phase(phase=phase, by=by, reason="API errors"),
    Verb.STOP_INTAKE: lambda phase, by: stop_intake(phase=phase, by=by, reason="Full"),
    Verb.OPEN_INTAKE: lambda phase, by: open_intake(phase=phase, by=by, reason="Room again"),
    Verb.SHRINK: lambda phase, by: shrink_phase(phase=phase, by=by, reason="Load", keep=10),
    Verb.ROLL_BACK: lambda phase, by: roll_back_phase(
        phase=phase, by=by, reason="Data loss", typed_name=phase.rollout.name
    ),
}


class Case:
    """Phase 2 runs; the gate to phase 3 is signed go."""

    def __init__(self) -> None:
        self.rollout = make_rollout()
        self.before = make_phase(self.rollout, "2", state=PhaseState.ACTIVE, start_week=2, end_week=5)
        self.after = make_phase(self.rollout, "3", start_week=6, end_week=7)
        self.gate = make_gate(self.rollout, self.before, self.after)
        self.owner = make_member(self.rollout, RoleName.PRODUCT_OWNER)
        self.engineer = make_member(self.rollout, RoleName.RELEASE_ENGINEER)
        self.rule = make_criterion(self.gate, "stable")
        self.judge(True)

    def judge(self, holds: bool) -> None:
        judge_criterion(criterion=self.rule, by=self.engineer, holds=holds, rationale="Seen")

    def sign(self) -> None:
        sign_gate(
            gate=self.gate,
            by=self.owner,
            chosen=go(),
            shown=shown(self.gate),
            confirmation=confirmation(self.owner),
        )

    def states(self) -> tuple[str, str]:
        self.before.refresh_from_db()
        self.after.refresh_from_db()
        self.gate.refresh_from_db()
        return self.before.state, self.after.state


@pytest.fixture
def case() -> Case:
    return Case()


# --- The table ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(PhaseState))
@pytest.mark.parametrize("verb", list(SERVICES))
def test_every_cell_of_the_table(state: PhaseState, verb: Verb) -> None:
    rollout = make_rollout()
    phase = make_phase(rollout, state=state)
    if state in RUNNING:
        phase.started_at = clock.now()
        phase.save()
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    if state in MOVES[verb].sources:
        moved = SERVICES[verb](phase, owner)
        phase.refresh_from_db()
        assert phase.state == (MOVES[verb].to or state)
        assert (moved.verb, moved.from_state, moved.to_state) == (verb, state, phase.state)
        assert AuditEvent.objects.count() == 1
    else:
        with pytest.raises(WrongState):
            SERVICES[verb](phase, owner)
        assert not PhaseTransition.objects.exists()


@pytest.mark.parametrize("verb", list(SERVICES))
def test_every_act_needs_its_role(verb: Verb) -> None:
    rollout = make_rollout()
    source = sorted(MOVES[verb].sources)[0]
    phase = make_phase(rollout, state=source)
    if source in RUNNING:
        Phase.objects.filter(pk=phase.pk).update(started_at=clock.now())
    for person in (make_member(rollout, RoleName.VIEWER), make_user(is_superuser=True), make_user()):
        with pytest.raises(PermissionRefused):
            SERVICES[verb](phase, person)
    assert not PhaseTransition.objects.exists()


# --- Forward ------------------------------------------------------------------------------------------


def test_a_signed_gate_starts_the_phase_and_completes_the_one_before(case: Case) -> None:
    case.sign()
    moved = start_phase(phase=case.after, by=case.engineer)
    assert case.states() == (PhaseState.COMPLETED, PhaseState.ACTIVE)
    entry = AuditEvent.objects.get(verb="phase.started")
    assert moved.evidence is not None
    assert entry.after is not None
    assert moved.evidence.digest == entry.after["evidence"]
    assert not Evidence.objects.open().exists()
    assert verify().whole


def test_without_a_signature_nothing_starts(case: Case) -> None:
    with pytest.raises(GateNotReady, match="Missing: product owner"):
        start_phase(phase=case.after, by=case.engineer)
    assert case.states() == (PhaseState.ACTIVE, PhaseState.PLANNED)


def test_a_stale_signature_starts_nothing_and_says_what_changed(case: Case) -> None:
    case.sign()
    case.judge(True)
    with pytest.raises(GateNotReady, match="stale") as refused:
        start_phase(phase=case.after, by=case.engineer)
    assert refused.value.reasons == [f"What “{case.rule}” rests on was corrected or withdrawn"]
    assert case.states() == (PhaseState.ACTIVE, PhaseState.AWAITING_GO)


def test_without_a_gate_only_the_first_phase_starts_and_with_a_reason() -> None:
    rollout = make_rollout()
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    first, second = make_phase(rollout), make_phase(rollout)
    with pytest.raises(GateNotReady, match="no gate"):
        start_phase(phase=second, by=owner, reason="In a hurry")
    with pytest.raises(Refused, match="say why"):
        start_phase(phase=first, by=owner)
    start_phase(phase=first, by=owner, reason="The team is ready")
    first.refresh_from_db()
    assert first.state == PhaseState.ACTIVE


def test_of_phases_in_the_same_place_one_is_the_first() -> None:
    rollout = make_rollout()
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    first, second = make_phase(rollout, position=1), make_phase(rollout, position=1)
    with pytest.raises(GateNotReady, match="no gate"):
        start_phase(phase=second, by=owner, reason="In a hurry")
    start_phase(phase=first, by=owner, reason="The team is ready")


def test_a_part_of_a_gated_phase_does_not_start_before_it(case: Case) -> None:
    """3 → 3A, 3B: the parts rest on the gate of the whole."""
    parts = [make_phase(case.rollout, code, parent=case.after) for code in ("3A", "3B")]
    for part in parts:
        with pytest.raises(GateNotReady, match="is a part of “3 Phase 2”, which does not run"):
            start_phase(phase=part, by=case.engineer, reason="In a hurry")
    case.sign()
    start_phase(phase=case.after, by=case.engineer)
    hold_phase(phase=case.after, by=case.owner, reason="API errors")
    with pytest.raises(WrongState, match="on hold"):
        start_phase(phase=parts[0], by=case.engineer, reason="Power users")
    resume_phase(phase=case.after, by=case.owner, reason="Fixed")
    for part in parts:
        start_phase(phase=part, by=case.engineer, reason="As planned")
        part.refresh_from_db()
        assert part.state == PhaseState.ACTIVE


def test_a_part_with_a_gate_of_its_own_needs_it(case: Case) -> None:
    part = make_phase(case.rollout, "2A", parent=case.before)
    make_gate(case.rollout, to_phase=part)
    with pytest.raises(GateNotReady, match="not signed"):
        start_phase(phase=part, by=case.engineer, reason="The whole runs")


def test_every_gate_into_a_phase_must_be_go(case: Case) -> None:
    beside = make_phase(case.rollout, "2B", state=PhaseState.ACTIVE, start_week=2, end_week=5)
    other = make_gate(case.rollout, beside, case.after, position=case.gate.position)
    rule = make_criterion(other, "quiet")
    judge_criterion(criterion=rule, by=case.engineer, holds=True, rationale="Seen")
    case.sign()
    with pytest.raises(GateNotReady, match="“Gate 2” is not signed"):
        start_phase(phase=case.after, by=case.engineer)
    sign_gate(
        gate=other, by=case.owner, chosen=go(), shown=shown(other), confirmation=confirmation(case.owner)
    )
    moved = start_phase(phase=case.after, by=case.engineer)
    beside.refresh_from_db()
    assert (*case.states(), beside.state) == (
        PhaseState.COMPLETED,
        PhaseState.ACTIVE,
        PhaseState.COMPLETED,
    )
    signed = set(Evidence.objects.values_list("digest", flat=True))
    assert set(moved.options["evidences"]) == signed
    assert {read_record(each, clock.now()).state for each in Evidence.objects.all()} == {"used"}
    roll_back_phase(
        phase=case.after, by=case.engineer, reason="Error rate", typed_name=case.after.rollout.name
    )
    beside.refresh_from_db()
    assert (*case.states(), beside.state) == (PhaseState.ACTIVE, PhaseState.ROLLED_BACK, PhaseState.ACTIVE)


def test_rolling_back_reopens_only_what_the_start_had_ended(case: Case) -> None:
    early = make_phase(
        case.rollout, "1", state=PhaseState.COMPLETED, ended_at=clock.now() - timedelta(days=9)
    )
    gate = make_gate(case.rollout, early, case.after)
    case.sign()
    Phase.objects.filter(pk=early.pk).update(state=PhaseState.ACTIVE)
    rule = make_criterion(gate, "quiet")
    judge_criterion(criterion=rule, by=case.engineer, holds=True, rationale="Seen")
    gate.refresh_from_db()
    sign_gate(gate=gate, by=case.owner, chosen=go(), shown=shown(gate), confirmation=confirmation(case.owner))
    Phase.objects.filter(pk=early.pk).update(state=PhaseState.COMPLETED)
    start_phase(phase=case.after, by=case.engineer)
    roll_back_phase(
        phase=case.after, by=case.engineer, reason="Error rate", typed_name=case.after.rollout.name
    )
    early.refresh_from_db()
    assert (*case.states(), early.state) == (
        PhaseState.ACTIVE,
        PhaseState.ROLLED_BACK,
        PhaseState.COMPLETED,
    )


def test_the_phase_before_runs_on_where_the_plan_overlaps(case: Case) -> None:
    Phase.objects.filter(pk=case.before.pk).update(end_week=6)
    case.sign()
    start_phase(phase=case.after, by=case.engineer)
    assert case.states() == (PhaseState.ACTIVE, PhaseState.ACTIVE)


def test_a_held_phase_is_not_left_forward(case: Case) -> None:
    case.sign()
    hold_phase(phase=case.before, by=case.owner, reason="API errors")
    with pytest.raises(WrongState, match="on hold"):
        start_phase(phase=case.after, by=case.engineer)
    assert case.states() == (PhaseState.ACTIVE, PhaseState.AWAITING_GO)


def test_nothing_moves_forward_in_a_draft(case: Case) -> None:
    case.rollout.state = RolloutState.DRAFT
    case.rollout.save()
    with pytest.raises(WrongState, match="Start the rollout first"):
        start_phase(phase=case.after, by=case.engineer)


@pytest.mark.django_db(transaction=True)
def test_eight_threads_start_a_phase_and_one_wins(in_threads: Callable[..., list[object]]) -> None:
    case = Case()
    case.sign()

    def press() -> object:
        return start_phase(
            phase=Phase.objects.get(pk=case.after.pk), by=User.objects.get(pk=case.engineer.pk)
        )

    results = in_threads([press] * 8)
    assert sorted(type(result).__name__ for result in results) == ["PhaseTransition"] + ["WrongState"] * 7
    assert AuditEvent.objects.filter(verb="phase.started").count() == 1
    assert PhaseTransition.objects.filter(verb=Verb.START).count() == 1


# --- Stopping -----------------------------------------------------------------------------------------


def test_hold_stops_outreach_and_resume_ends_it(case: Case) -> None:
    hold_phase(phase=case.before, by=case.owner, reason="API errors")
    case.before.refresh_from_db()
    assert (case.before.may_contact, case.before.accepts_outreach) == (False, False)
    assert (case.before.held_by, case.before.held_because) == (case.owner, "API errors")
    resume_phase(phase=case.before, by=case.owner, reason="Fixed")
    case.before.refresh_from_db()
    assert (case.before.may_contact, case.before.held_because) == (True, "")


def test_holding_twice_is_one_hold(case: Case) -> None:
    first = hold_phase(phase=case.before, by=case.owner, reason="API errors")
    assert hold_phase(phase=case.before, by=case.engineer, reason="Me too") == first
    assert AuditEvent.objects.filter(verb="phase.held").count() == 1


def test_support_may_hold_but_not_resume(case: Case) -> None:
    agent = make_member(case.rollout, RoleName.SUPPORT)
    hold_phase(phase=case.before, by=agent, reason="Calls about data loss")
    with pytest.raises(PermissionRefused):
        resume_phase(phase=case.before, by=agent, reason="Fine again")


def test_stopped_intake_keeps_who_is_in(case: Case) -> None:
    stop_intake(phase=case.before, by=case.owner, reason="Full")
    case.before.refresh_from_db()
    assert (case.before.intake, case.before.may_contact, case.before.accepts_outreach) == (
        Intake.STOPPED,
        True,
        False,
    )


@pytest.mark.parametrize("reason", ["", "   "])
def test_stopping_asks_for_a_reason(case: Case, reason: str) -> None:
    with pytest.raises(Refused, match="Say why"):
        hold_phase(phase=case.before, by=case.owner, reason=reason)


def test_rolling_back_reopens_the_phase_before_and_voids_signatures(case: Case) -> None:
    case.sign()
    start_phase(phase=case.after, by=case.engineer)
    next_gate = make_gate(case.rollout, case.after, make_phase(case.rollout, "4"))
    roll_back_phase(
        phase=case.after, by=case.engineer, reason="Error rate", typed_name=case.after.rollout.name
    )
    assert case.states() == (PhaseState.ACTIVE, PhaseState.ROLLED_BACK)
    assert (case.gate.state, next_gate.state) == (GateState.OPEN, GateState.OPEN)
    with pytest.raises(WrongState):
        start_phase(phase=case.after, by=case.engineer)
    prepare_phase(phase=case.after, by=case.engineer, reason="Fixed in 1.2")
    with pytest.raises(GateNotReady, match="not signed"):
        start_phase(phase=case.after, by=case.engineer)
    case.gate.refresh_from_db()
    case.sign()
    start_phase(phase=case.after, by=case.engineer)
    assert case.states() == (PhaseState.COMPLETED, PhaseState.ACTIVE)


@pytest.mark.parametrize("typed", ["", "Rollout", "another"])
def test_a_person_types_the_name_of_what_is_rolled_back(case: Case, typed: str) -> None:
    with pytest.raises(Refused, match=f"Type the name of the rollout: {case.rollout.name}"):
        roll_back_phase(phase=case.before, by=case.owner, reason="Data loss", typed_name=typed)
    roll_back_phase(
        phase=case.before, by=case.owner, reason="Data loss", typed_name=f" {case.rollout.name.upper()} "
    )


@pytest.mark.parametrize(
    ("model", "field"), [(Phase, "state"), (Phase, "intake"), (Gate, "state"), (Rollout, "state")]
)
def test_database_keeps_known_states_only(case: Case, model: type[Model], field: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        model._default_manager.update(**{field: "odd"})


def test_the_portal_itself_may_roll_back_with_a_cause(case: Case) -> None:
    moved = roll_back_phase(phase=case.before, by=System("trigger error-rate"), reason="Above 0.5 %")
    assert (moved.by, moved.cause) == (None, "trigger error-rate")
    assert AuditEvent.objects.get(verb="phase.rolled_back").cause == "trigger error-rate"


# --- What rooms do about a stop -----------------------------------------------------------------------


@pytest.fixture
def hook() -> Iterator[list[Stop | Exception]]:
    """A room that notes every stop; an exception in the list makes it fail once."""
    calls: list[Stop | Exception] = []

    def note(stop: Stop) -> None:
        if calls and isinstance(failure := calls[-1], Exception):
            calls.pop()
            raise failure
        calls.append(stop)

    registry.stop_hook("tests.note", note)
    yield calls
    registry._stop_hooks.pop("tests.note")


@pytest.mark.parametrize("verb", [Verb.HOLD, Verb.STOP_INTAKE, Verb.SHRINK, Verb.ROLL_BACK])
def test_every_stopping_verb_reaches_the_rooms(case: Case, verb: Verb, hook: list[Stop]) -> None:
    SERVICES[verb](case.before, case.owner)
    assert [(stop.verb, stop.phase) for stop in hook] == [(verb, case.before)]
    assert StopHookRun.objects.get(hook="tests.note").done_at is not None


def test_a_room_that_fails_never_prevents_the_stop_and_is_tried_again(
    case: Case, hook: list[Stop | Exception], business_clock: Callable[[datetime], None]
) -> None:
    hook.append(RuntimeError("no connection"))
    hold_phase(phase=case.before, by=case.owner, reason="API errors")
    case.before.refresh_from_db()
    run = StopHookRun.objects.get(hook="tests.note")
    assert (case.before.is_held, run.done_at, run.error) == (True, None, "RuntimeError('no connection')")
    business_clock(datetime.now(UTC) + timedelta(minutes=1))
    assert retry_stop_hooks() == 1
    run.refresh_from_db()
    assert (run.attempts, run.done_at is not None, len(hook)) == (2, True, 1)
    assert retry_stop_hooks() == 0


def failing_stop(case: Case, hook: list[Stop | Exception], verb: Verb) -> StopHookRun:
    hook.append(RuntimeError("no connection"))
    SERVICES[verb](case.before, case.owner)
    return StopHookRun.objects.get(hook="tests.note", done_at__isnull=True)


@pytest.mark.parametrize(
    ("verb", "ends"),
    [
        (Verb.HOLD, lambda phase, by: resume_phase(phase=phase, by=by, reason="Fixed")),
        (Verb.STOP_INTAKE, lambda phase, by: open_intake(phase=phase, by=by, reason="Room again")),
    ],
)
def test_a_retry_that_comes_too_late_is_dropped_and_recorded(
    case: Case,
    hook: list[Stop | Exception],
    verb: Verb,
    ends: Callable[[Phase, User], object],
    business_clock: Callable[[datetime], None],
) -> None:
    run = failing_stop(case, hook, verb)
    ends(case.before, case.owner)
    business_clock(datetime.now(UTC) + timedelta(minutes=1))
    assert (retry_stop_hooks(), hook) == (0, [])
    run.refresh_from_db()
    assert run.done_at is not None
    entry = AuditEvent.objects.get(verb="phase.stop_effect_dropped")
    assert (entry.actor, entry.reason) == (
        None,
        f"The phase has moved on: {'resume' if verb == Verb.HOLD else 'open intake'}.",
    )
    assert verify().whole


def test_a_stop_that_still_holds_is_retried_after_other_moves(
    case: Case, hook: list[Stop | Exception], business_clock: Callable[[datetime], None]
) -> None:
    failing_stop(case, hook, Verb.SHRINK)
    hold_phase(phase=case.before, by=case.owner, reason="API errors")
    resume_phase(phase=case.before, by=case.owner, reason="Fixed")
    business_clock(datetime.now(UTC) + timedelta(minutes=1))
    assert retry_stop_hooks() == 1
    assert [stop.verb for stop in hook if isinstance(stop, Stop)] == [Verb.HOLD, Verb.SHRINK]


def test_a_phase_comes_back_only_when_its_rollback_is_finished(
    case: Case, hook: list[Stop | Exception]
) -> None:
    run = failing_stop(case, hook, Verb.ROLL_BACK)
    prepare_phase(phase=case.before, by=case.owner, reason="Fixed")
    hook.append(RuntimeError("still no connection"))
    with pytest.raises(WrongState, match="not finished in every room"):
        start_phase(phase=case.before, by=case.owner, reason="Fixed")
    hook.clear()
    start_phase(phase=case.before, by=case.owner, reason="Fixed")
    run.refresh_from_db()
    assert run.done_at is not None
    assert [stop.verb for stop in hook if isinstance(stop, Stop)] == [Verb.ROLL_BACK]


# --- The rollout and its roles ------------------------------------------------------------------------


def test_a_draft_starts_with_a_first_day() -> None:
    rollout = make_rollout(state=RolloutState.DRAFT, started_at=None, anchor=None)
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    with pytest.raises(Refused, match="first day"):
        start_rollout(rollout=rollout, by=owner)
    with pytest.raises(Refused, match="no phase"):
        start_rollout(rollout=rollout, by=owner, anchor=date(2026, 11, 2))
    make_phase(rollout)
    start_rollout(rollout=rollout, by=owner, anchor=date(2026, 11, 2))
    rollout.refresh_from_db()
    assert (rollout.state, rollout.anchor) == (RolloutState.ACTIVE, date(2026, 11, 2))


def test_weeks_become_days_from_the_anchor(case: Case) -> None:
    assert (case.before.planned_start, case.before.planned_end) == (date(2026, 11, 9), date(2026, 12, 6))


def test_nobody_gives_a_role_to_themselves() -> None:
    rollout = make_rollout()
    administrator = make_member(rollout, RoleName.ADMINISTRATOR)
    with pytest.raises(PermissionRefused, match="themselves"):
        give_role(rollout=rollout, user=administrator, role=RoleName.PRODUCT_OWNER, by=administrator)
    other = make_user()
    given = give_role(rollout=rollout, user=other, role=RoleName.SUPPORT, by=administrator)
    assert give_role(rollout=rollout, user=other, role=RoleName.SUPPORT, by=administrator) == given
    with pytest.raises(PermissionRefused, match="administrator"):
        give_role(rollout=rollout, user=make_user(), role=RoleName.SUPPORT, by=other)
