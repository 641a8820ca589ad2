"""Signing a gate: only by the right people, only what was shown, and void when it no longer holds."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from phases import attachments, gates, registry
from phases.evidence import changes, open_evidence
from phases.exceptions import (
    EvidenceChanged,
    GateNotReady,
    NotConfirmed,
    PermissionRefused,
    Refused,
    WrongState,
)
from phases.models import Evidence, Gate, SignOff
from phases.permissions import RoleName
from phases.services import (
    Chosen,
    Shown,
    decisions,
    edit_criterion,
    end_role,
    end_waiver,
    give_role,
    judge_criterion,
    record_baseline,
    reopen_item,
    request_signatures,
    roll_back_phase,
    sign_gate,
    start_phase,
    tick_item,
    waive_criterion,
    withdraw_request,
)
from phases.states import Decision, GateState, PhaseState
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.audit.services import System, verify
from rollout_portal.lib import clock
from tests.factories import (
    confirmation,
    go,
    make_checklist,
    make_criterion,
    make_gate,
    make_group,
    make_member,
    make_phase,
    make_rollout,
    make_user,
    shown,
)
from tests.phases.factories import Dial

pytestmark = pytest.mark.django_db

CONDITIONS = ({"what": "CDN", "who": "Daniel", "until": "2026-12-10"},)


class Case:
    """A rollout in phase 2 whose gate to phase 3 holds: one judged criterion, one checklist, one owner."""

    def __init__(self, signed_by: dict[RoleName, int] | None = None) -> None:
        self.rollout = make_rollout()
        self.before = make_phase(self.rollout, "2", state=PhaseState.ACTIVE)
        self.after = make_phase(self.rollout, "3")
        self.gate = make_gate(self.rollout, self.before, self.after, signed_by)
        self.owner = make_member(self.rollout, RoleName.PRODUCT_OWNER, "Aisyah Rahman")
        self.sponsor = make_member(self.rollout, RoleName.PROJECT_SPONSOR, "Lim Wei Jian")
        self.engineer = make_member(self.rollout, RoleName.RELEASE_ENGINEER, "Daniel Tan")
        self.judged = make_criterion(self.gate, "stable", judge_role=RoleName.RELEASE_ENGINEER)
        judge_criterion(criterion=self.judged, by=self.engineer, holds=True, rationale="Two quiet weeks.")
        self.checklist = make_checklist(self.rollout, "alerts", items=1)
        self.listed = make_criterion(
            self.gate, "alerts", measure="phases.checklist", subject="alerts", comparator=">=",
            threshold=Decimal(100), unit="%",
        )  # fmt: skip
        self.item = self.checklist.items.get()
        tick_item(item=self.item, by=self.owner)

    def sign(self, by: User | None = None, chosen: Chosen | None = None, **fields: Any) -> SignOff:
        signer = by or self.owner
        return sign_gate(
            gate=self.gate,
            by=signer,
            chosen=chosen or go(),
            shown=fields.get("shown") or shown(self.gate),
            confirmation=fields.get("confirmation") or confirmation(signer),
        )

    def state(self) -> GateState:
        self.gate.refresh_from_db()
        return GateState(self.gate.state)


@pytest.fixture
def case() -> Case:
    return Case()


# --- The plain way ------------------------------------------------------------------------------------


def test_the_last_signature_opens_the_gate_and_gives_the_phase_its_start(case: Case) -> None:
    signed = case.sign()
    case.after.refresh_from_db()
    assert (case.state(), case.after.state) == (GateState.GO, PhaseState.AWAITING_GO)
    assert (signed.role, signed.typed_name, signed.digest) == (
        "product_owner",
        "Aisyah Rahman",
        signed.evidence.digest,
    )
    assert "may start" in signed.meaning
    entry = AuditEvent.objects.get(verb="gate.signed")
    assert entry.after is not None
    assert (entry.actor, entry.after["evidence"]) == (case.owner, signed.digest)
    assert verify().whole


def test_every_required_role_signs_the_same_evidence() -> None:
    case = Case({RoleName.PRODUCT_OWNER: 1, RoleName.PROJECT_SPONSOR: 1})
    first = case.sign()
    assert case.state() == GateState.OPEN
    second = case.sign(case.sponsor)
    assert (first.digest, case.state()) == (second.digest, GateState.GO)


def test_frozen_evidence_hashes_to_its_fingerprint(case: Case) -> None:

    evidence = case.sign().evidence
    assert hashlib.sha256(evidence.body.encode()).hexdigest() == evidence.digest


@pytest.mark.parametrize(
    ("chosen", "state"),
    [
        (Chosen(Decision.CONDITIONAL, "Watch the CDN", CONDITIONS), GateState.CONDITIONAL_GO),
        (Chosen(Decision.NOT_YET, "Too early", look_again_on=date(2030, 1, 1)), GateState.NOT_YET),
        (Chosen(Decision.NO_GO, "Not like this"), GateState.NO_GO),
    ],
)
def test_each_decision_leads_to_its_state(case: Case, chosen: Chosen, state: GateState) -> None:
    case.sign(chosen=chosen)
    assert case.state() == state


def test_one_refusal_decides_for_all() -> None:
    case = Case({RoleName.PRODUCT_OWNER: 1, RoleName.PROJECT_SPONSOR: 1})
    case.sign()
    case.sign(case.sponsor, Chosen(Decision.NO_GO, "The clinic is not ready"))
    assert case.state() == GateState.NO_GO


def test_after_a_refusal_new_evidence_is_signed_afresh(case: Case) -> None:
    refused = case.sign(chosen=Chosen(Decision.NOT_YET, "Too early", look_again_on=date(2030, 1, 1)))
    assert case.state() == GateState.NOT_YET
    again = case.sign()
    assert (refused.evidence_id != again.evidence_id, case.state()) == (True, GateState.GO)
    assert Evidence.objects.open().count() == 1


def test_a_second_click_on_a_refusal_signs_nothing_more(case: Case) -> None:
    seen = shown(case.gate)
    not_yet = Chosen(Decision.NOT_YET, "Too early", look_again_on=date(2030, 1, 1))
    case.sign(chosen=not_yet, shown=seen)
    with pytest.raises(PermissionRefused, match="signed this evidence already"):
        case.sign(chosen=not_yet, shown=seen)
    assert SignOff.objects.count() == 1


def test_a_page_from_before_a_refusal_signs_nothing() -> None:
    case = Case({RoleName.PRODUCT_OWNER: 1, RoleName.PROJECT_SPONSOR: 1})
    case.sign()
    seen = shown(case.gate)
    case.sign(case.sponsor, Chosen(Decision.NO_GO, "Not like this"), shown=seen)
    with pytest.raises(EvidenceChanged):
        case.sign(make_member(case.rollout, RoleName.PROJECT_SPONSOR), shown=seen)
    assert case.state() == GateState.NO_GO


# --- Who may not --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "role",
    [RoleName.ADMINISTRATOR, RoleName.SUPPORT, RoleName.ANALYST, RoleName.VIEWER],
)
def test_roles_without_the_right_cannot_sign_and_learn_who_can(case: Case, role: RoleName) -> None:
    with pytest.raises(PermissionRefused, match="Aisyah Rahman"):
        case.sign(make_member(case.rollout, role))


def test_a_superuser_and_a_stranger_cannot_sign(case: Case) -> None:
    for person in (make_user(is_superuser=True), make_user()):
        with pytest.raises(PermissionRefused):
            case.sign(person)


def test_a_role_of_another_rollout_signs_nothing_here(case: Case) -> None:
    with pytest.raises(PermissionRefused):
        case.sign(make_member(make_rollout(), RoleName.PRODUCT_OWNER))


def test_a_role_that_the_gate_does_not_ask_for_is_told_so(case: Case) -> None:
    with pytest.raises(PermissionRefused, match="signed by: product owner"):
        case.sign(case.sponsor)


def test_who_asked_for_signatures_cannot_sign(case: Case) -> None:
    request_signatures(gate=case.gate, by=case.owner)
    with pytest.raises(PermissionRefused, match="You asked"):
        case.sign()
    withdraw_request(gate=case.gate, by=case.owner, reason="I sign myself")
    case.sign()
    assert case.state() == GateState.GO


def test_database_itself_refuses_a_signature_of_the_requester(case: Case) -> None:
    signed = case.sign()
    signed.pk, signed.uuid, signed.requester = None, None, signed.signer  # type: ignore[assignment]
    with pytest.raises(IntegrityError), transaction.atomic():
        SignOff.objects.bulk_create([signed])


def test_nobody_signs_twice() -> None:
    case = Case({RoleName.PRODUCT_OWNER: 2})
    case.sign()
    with pytest.raises(PermissionRefused, match="already"):
        case.sign()
    assert case.state() == GateState.OPEN


def test_who_changed_a_criterion_cannot_be_the_only_one_to_sign(case: Case) -> None:
    edit_criterion(criterion=case.listed, by=case.owner, reason="Clearer", text="All alerts are set")
    with pytest.raises(PermissionRefused, match="cannot be the only one"):
        case.sign()
    make_member(case.rollout, RoleName.PRODUCT_OWNER, "Second Owner")
    second = make_member(case.rollout, RoleName.PRODUCT_OWNER, "Third Owner")
    case.sign(second)
    assert case.state() == GateState.GO


def test_what_another_one_changes_later_takes_nobody_off_the_list(case: Case) -> None:
    edit_criterion(criterion=case.listed, by=case.owner, reason="Softer", threshold=Decimal(50))
    second = make_member(case.rollout, RoleName.PRODUCT_OWNER, "Second Owner")
    edit_criterion(criterion=case.listed, by=second, reason="A typo", text="All alerts are set")
    for author in (case.owner, second):
        with pytest.raises(PermissionRefused, match="cannot be the only one"):
            case.sign(author)
    case.sign(make_member(case.rollout, RoleName.PRODUCT_OWNER, "Third Owner"))
    assert case.state() == GateState.GO


def test_a_refusal_in_between_takes_nobody_off_the_list_either(case: Case) -> None:
    edit_criterion(criterion=case.listed, by=case.owner, reason="Softer", threshold=Decimal(50))
    case.sign(chosen=Chosen(Decision.NOT_YET, "Too early", look_again_on=date(2030, 1, 1)))
    assert case.state() == GateState.NOT_YET
    with pytest.raises(PermissionRefused, match="cannot be the only one"):
        case.sign()


def test_two_authors_do_not_sign_for_each_other() -> None:
    case = Case({RoleName.PRODUCT_OWNER: 2})
    second = make_member(case.rollout, RoleName.PRODUCT_OWNER, "Second Owner")
    edit_criterion(criterion=case.listed, by=case.owner, reason="Softer", threshold=Decimal(50))
    edit_criterion(criterion=case.listed, by=second, reason="A typo", text="All alerts are set")
    case.sign()
    with pytest.raises(PermissionRefused, match="cannot be the only one"):
        case.sign(second)


def test_who_recorded_the_baseline_cannot_be_the_only_one_to_sign(case: Case, dial: Dial) -> None:
    make_criterion(
        case.gate, "speed", measure="tests.dial", subject="speed", comparator="<=", threshold=Decimal(0),
        versus_baseline=True, unit="ms",
    )  # fmt: skip
    dial.set("speed", "600", unit="ms")

    def freeze(by: User, value: str, subject: str = "speed") -> None:
        record_baseline(
            phase=case.before, by=by, measure="tests.dial", subject=subject, value=Decimal(value), unit="ms"
        )

    freeze(case.owner, "900")
    freeze(case.engineer, "650")
    with pytest.raises(PermissionRefused, match="recorded the baseline of “speed”"):
        case.sign()
    second = make_member(case.rollout, RoleName.PRODUCT_OWNER, "Second Owner")
    freeze(second, "5", "another figure")
    case.sign(second)
    assert case.state() == GateState.GO


def test_a_start_through_the_gate_settles_what_was_shaped_before(case: Case) -> None:
    edit_criterion(criterion=case.listed, by=case.owner, reason="Softer", threshold=Decimal(50))
    case.sign(make_member(case.rollout, RoleName.PRODUCT_OWNER, "Second Owner"))
    start_phase(phase=case.after, by=case.engineer)
    roll_back_phase(
        phase=case.after, by=case.engineer, reason="Error rate", typed_name=case.after.rollout.name
    )
    case.gate.refresh_from_db()
    case.sign()
    assert case.state() == GateState.GO


def test_who_waived_needs_a_second_signer_who_did_not() -> None:
    case = Case({RoleName.PRODUCT_OWNER: 1, RoleName.PROJECT_SPONSOR: 1})
    reopen_item(item=case.item, by=case.owner, reason="It broke")
    waive_criterion(
        criterion=case.listed, by=case.owner, reason="Comes next week", until=clock.now() + timedelta(days=7)
    )
    case.sign()
    case.sign(case.sponsor)
    assert case.state() == GateState.GO


# --- How they must sign -------------------------------------------------------------------------------


def test_an_old_confirmation_of_identity_is_asked_for_again(case: Case) -> None:
    late = confirmation(case.owner, confirmed_at=clock.now() - timedelta(seconds=301))
    with pytest.raises(NotConfirmed, match="5 minutes"):
        case.sign(confirmation=late)


@pytest.mark.parametrize("name", ["", "  ", "Aisyah", "Lim Wei Jian"])
def test_the_typed_name_must_be_the_signers(case: Case, name: str) -> None:
    with pytest.raises(NotConfirmed, match="Aisyah Rahman"):
        case.sign(confirmation=confirmation(case.owner, typed_name=name))


def test_case_and_spaces_of_the_typed_name_do_not_matter(case: Case) -> None:
    case.sign(confirmation=confirmation(case.owner, typed_name="  aisyah   RAHMAN "))
    assert case.state() == GateState.GO


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (Chosen(Decision.NO_GO, " "), "Say why"),
        (Chosen(Decision.CONDITIONAL, "But"), "each condition"),
        (Chosen(Decision.CONDITIONAL, "But", ({"what": "CDN", "who": " ", "until": "2026-12-10"},)), "each"),
        (Chosen(Decision.CONDITIONAL, "But", ({"what": "CDN", "who": "Daniel", "until": "soon"},)), "each"),
        (Chosen(Decision.CONDITIONAL, "But", (*CONDITIONS, {"what": "CDN"})), "each condition"),
        (Chosen(Decision.NOT_YET, "Early"), "Name the day"),
        (Chosen(Decision.NOT_YET, "Early", look_again_on=date(2020, 1, 1)), "Name the day"),
    ],
)
def test_each_decision_asks_for_what_it_needs(case: Case, chosen: Chosen, words: str) -> None:
    with pytest.raises(Refused, match=words):
        case.sign(chosen=chosen)
    assert not SignOff.objects.exists()


def test_go_is_refused_while_a_criterion_does_not_count(case: Case) -> None:
    reopen_item(item=case.item, by=case.owner, reason="It broke")
    with pytest.raises(GateNotReady, match="1 of 2") as refused:
        case.sign()
    assert refused.value.reasons == ["1 item of “List alerts”"]
    assert not Evidence.objects.exists()


def test_an_empty_gate_can_never_be_signed_go() -> None:
    case = Case()
    empty = make_gate(case.rollout, case.before, make_phase(case.rollout, "4"))
    with pytest.raises(GateNotReady, match="no criterion"):
        sign_gate(
            gate=empty, by=case.owner, chosen=go(), shown=shown(empty), confirmation=confirmation(case.owner)
        )


# --- What was shown -----------------------------------------------------------------------------------


def test_nothing_is_signed_when_the_evidence_changed_while_looking(case: Case) -> None:
    seen = shown(case.gate)
    reopen_item(item=case.item, by=case.owner, reason="It broke")
    with pytest.raises(EvidenceChanged):
        case.sign(shown=seen)
    assert not SignOff.objects.exists()


def test_a_wrong_or_old_fingerprint_is_not_signed(case: Case) -> None:
    seen = shown(case.gate)
    for wrong in (
        Shown(as_of=seen.as_of, digest="0" * 64),
        Shown(as_of=seen.as_of - timedelta(minutes=31), digest=seen.digest),
        Shown(as_of=seen.as_of + timedelta(minutes=1), digest=seen.digest),
    ):
        with pytest.raises(EvidenceChanged):
            case.sign(shown=wrong)


# --- Stale --------------------------------------------------------------------------------------------


def changes_of(case: Case) -> list[str]:
    evidence = open_evidence(case.gate)
    assert evidence is not None
    report = gates.evaluate(case.gate)
    return sorted({change.kind.value for change in changes(decisions.frozen_body(evidence), report)})


def test_untouched_evidence_stays_valid(case: Case) -> None:
    case.sign()
    assert changes_of(case) == []


def proven(case: Case, content: bytes = b"%PDF-1.7 the report", words: str = "") -> None:
    """Tick the item anew, with a file and words as evidence, at the moment of the tick before."""
    moment = case.item.resolved_at or clock.now()
    with clock.told(moment):
        reopen_item(item=case.item, by=case.owner, reason="With the report.")
        file = attachments.take("report.pdf", ContentFile(content))
        case.item = tick_item(item=case.item, by=case.owner, evidence=words, file=file)


def test_a_file_is_part_of_what_is_signed(case: Case) -> None:
    proven(case, words="https://reports.example.org/7")
    signed = case.sign()
    rows: Any = decisions.frozen_body(signed.evidence)["criteria"]
    (listed,) = (row for row in rows if row["code"] == "alerts")
    assert case.item.evidence_file is not None
    (said,) = listed["cited"].values()
    assert said["evidence"] == "https://reports.example.org/7"
    assert (said["file_name"], said["file_id"]) == ("report.pdf", str(case.item.evidence_file.uuid))
    assert said["file"] == hashlib.sha256(b"%PDF-1.7 the report").hexdigest()
    assert changes_of(case) == []


@pytest.mark.parametrize("other", [{"content": b"%PDF-1.7 another"}, {"words": "Other words"}])
def test_another_file_or_other_words_make_a_signature_stale(case: Case, other: dict[str, Any]) -> None:
    """Even where the moment of the tick is the same: what was given counts, not only when."""
    proven(case)
    case.sign()
    moment = case.item.resolved_at
    proven(case, **other)
    assert case.item.resolved_at == moment
    assert changes_of(case) == ["source"]


def edit_rule(case: Case) -> None:
    edit_criterion(criterion=case.listed, by=case.owner, reason="Softer", threshold=Decimal(50))


def edit_words(case: Case) -> None:
    edit_criterion(criterion=case.listed, by=case.owner, reason="Clearer", text="All alerts")


def add_rule(case: Case) -> None:
    make_criterion(case.gate, "late")


def take_tick_back(case: Case) -> None:
    reopen_item(item=case.item, by=case.owner, reason="It broke")


def tick_anew(case: Case) -> None:
    take_tick_back(case)
    tick_item(item=case.item, by=case.owner)


def judge_again(case: Case) -> None:
    judge_criterion(criterion=case.judged, by=case.engineer, holds=True, rationale="Still so")


def judge_otherwise(case: Case) -> None:
    judge_criterion(criterion=case.judged, by=case.engineer, holds=False, rationale="An outage")


def lose_role(case: Case) -> None:
    end_role(role=case.rollout.roles.get(user=case.owner), by=System("left the company"), reason="Left")


def switch_account_off(case: Case) -> None:
    case.owner.is_active = False
    case.owner.save()


def name_another_signer(case: Case) -> None:
    give_role(rollout=case.rollout, user=make_user(), role=RoleName.PRODUCT_OWNER, by=System("plan"))


def regroup(case: Case) -> None:
    case.listed.parent = make_group(case.gate, "group")
    case.listed.save()


def reword_the_ticked_item(case: Case) -> None:
    case.item.refresh_from_db()
    case.item.text = "Something else"
    case.item.save()


def replace_the_proof(case: Case) -> None:
    case.item.refresh_from_db()
    case.item.evidence = "https://example.org/other"
    case.item.save()


def expect_two(case: Case) -> None:
    case.gate.requirements.update(people=2)


@pytest.mark.parametrize(
    ("touch", "kinds"),
    [
        (edit_rule, ["criterion"]),
        (edit_words, ["criterion"]),
        (add_rule, ["criterion"]),
        (take_tick_back, ["outcome", "source"]),
        (tick_anew, ["source"]),
        (judge_again, ["source"]),
        (regroup, ["criterion"]),
        (reword_the_ticked_item, ["source"]),
        (replace_the_proof, ["source"]),
        (judge_otherwise, ["outcome", "source"]),
        (lose_role, ["signers"]),
        (switch_account_off, ["signers"]),
        (name_another_signer, ["signers"]),
        (expect_two, ["signers"]),
    ],
)
def test_touching_what_was_signed_makes_the_signature_stale(
    case: Case, touch: Callable[[Case], None], kinds: list[str]
) -> None:
    case.sign()
    touch(case)
    assert changes_of(case) == kinds


def test_the_evidence_holds_the_words_that_it_rests_on(case: Case) -> None:
    body: dict[str, Any] = decisions.frozen_body(case.sign().evidence)
    judged, listed = (list(row["cited"].values()) for row in body["criteria"])
    assert [(one["holds"], one["reason"], one["name"]) for one in judged] == [
        (True, "Two quiet weeks.", "Daniel Tan")
    ]
    assert [(one["item"], one["text"], one["state"], one["name"]) for one in listed] == [
        ("alerts-1", "Thing 1", "done", "Aisyah Rahman")
    ]
    assert judged[0]["by"] == str(case.engineer.uuid)


def test_somebody_who_takes_another_name_breaks_nothing(case: Case) -> None:
    case.sign()
    case.engineer.name = "Daniel Tan Wei"
    case.engineer.save()
    assert changes_of(case) == []


def test_a_waiver_that_ends_makes_the_signature_stale() -> None:
    case = Case({RoleName.PRODUCT_OWNER: 1, RoleName.PROJECT_SPONSOR: 1})
    take_tick_back(case)
    waiver = waive_criterion(
        criterion=case.listed, by=case.sponsor, reason="Next week", until=clock.now() + timedelta(days=7)
    )
    case.sign()
    assert changes_of(case) == []
    end_waiver(waiver=waiver, by=case.sponsor, reason="Too long")
    assert changes_of(case) == ["outcome", "waiver"]


def test_what_is_not_in_the_evidence_breaks_nothing(case: Case) -> None:
    case.sign()
    give_role(rollout=case.rollout, user=make_user(), role=RoleName.VIEWER, by=System("plan"))
    record_baseline(
        phase=case.before, by=case.owner, measure="monitoring.metric", subject="x", value=Decimal(1), unit=""
    )
    case.rollout.overview = "New words"
    case.rollout.save()
    assert changes_of(case) == []


def test_what_cannot_be_asked_about_its_sources_is_not_known_to_stand(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.sign()

    def fail(sources: object) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
        return []

    for name, row in registry.measures().items():
        monkeypatch.setitem(registry._measures, name, replace(row, broken=fail))
    assert changes_of(case) == ["source"]


def test_a_stale_signature_is_asked_for_again_on_new_evidence(case: Case) -> None:
    first = case.sign()
    judge_again(case)
    second = case.sign()
    first.evidence.refresh_from_db()
    assert (first.evidence.closed_because, case.state()) == ("replaced by new evidence", GateState.GO)
    assert first.digest != second.digest


# --- When -----------------------------------------------------------------------------------------


def test_a_gate_is_history_once_its_phase_runs(case: Case) -> None:
    type(case.after).objects.filter(pk=case.after.pk).update(
        state=PhaseState.ACTIVE, started_at=datetime(2026, 12, 1, tzinfo=UTC)
    )
    with pytest.raises(WrongState, match="history"):
        case.sign()


def test_a_gate_is_decided_only_while_the_phase_before_runs(case: Case) -> None:
    type(case.before).objects.filter(pk=case.before.pk).update(state=PhaseState.PLANNED)
    with pytest.raises(WrongState, match="while the phase before it runs"):
        case.sign()


@pytest.mark.parametrize("statement", ["update", "delete"])
def test_database_refuses_to_rewrite_a_signature(case: Case, statement: str) -> None:
    case.sign()
    rows = SignOff.objects.all()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(reason="nicer") if statement == "update" else rows._raw_delete(rows.db)


def test_evidence_is_closed_once_and_otherwise_never_changed(case: Case) -> None:
    evidence = case.sign().evidence
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Evidence.objects.filter(pk=evidence.pk).update(body="{}")
    decisions.close(evidence, "used")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Evidence.objects.filter(pk=evidence.pk).update(closed_because="otherwise")


# --- Many at once -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_signatures_of_five_people_count_four_times(
    in_threads: Callable[..., list[object]],
) -> None:
    """One of the five asked for the signatures; each of the others counts once, however often they press."""
    case = Case({RoleName.PRODUCT_OWNER: 5})
    people = [case.owner, *(make_member(case.rollout, RoleName.PRODUCT_OWNER) for _ in range(4))]
    request_signatures(gate=case.gate, by=case.owner)
    seen = shown(case.gate)

    def press(person: User) -> Callable[[], object]:
        def act() -> object:
            mine = User.objects.get(pk=person.pk)
            gate = Gate.objects.get(pk=case.gate.pk)
            evidence = open_evidence(gate)
            look = Shown(as_of=evidence.as_of, digest=evidence.digest) if evidence else seen
            return sign_gate(gate=gate, by=mine, chosen=go(), shown=look, confirmation=confirmation(mine))

        return act

    results = in_threads([press(person) for person in people * 10])
    signed = list(SignOff.objects.values_list("signer_id", flat=True))
    assert sorted(signed) == sorted(person.pk for person in people[1:])
    assert sum(isinstance(result, SignOff) for result in results) == 4
    # Who waits for the lock for too long is told to press again; nothing is signed by that.
    refusals = {PermissionRefused, EvidenceChanged, OperationalError}
    assert {type(result) for result in results} <= {SignOff, *refusals}
    assert AuditEvent.objects.filter(verb="gate.signed").count() == 4
    assert Evidence.objects.count() == 1
    assert verify().whole
