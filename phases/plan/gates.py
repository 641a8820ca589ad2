"""Gates in a plan file: what must hold between two phases, and who signs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import AfterValidator, Field, model_validator

from phases.documents.rows import Path, Wanted, remove_others, runs, unknown, upsert, written
from phases.documents.schema import (
    Code,
    Coded,
    Day,
    KeyRefused,
    Length,
    Line,
    Role,
    Rule,
    RuleText,
    TimeOfDay,
    Window,
    filled,
    nearest,
    one_of,
)
from phases.models import Checklist, Criterion, Gate, Phase, Rollout, SignOffRequirement
from phases.models.gates import JUDGEMENT
from phases.permissions import RoleName, acts
from phases.plan.common import MeasureName
from phases.registry import PlanProblem, measures
from phases.states import GateState
from rollout_portal.accounts.models import User
from rollout_portal.lib.decimals import Comparator

CHECKLIST: Final = "phases.checklist"
ANYONE: Final = "anyone"


def _judge(value: str) -> str:
    allowed = [role.value for role in RoleName if role in acts()["criterion.judge"].roles]
    if value != ANYONE and value not in allowed:
        message = _("“%s” is not a role that can judge.") % value
        raise ValueError(f"{message} {nearest(value, [*allowed, ANYONE])}")
    return value


def _signing_role(value: str) -> str:
    allowed = [role.value for role in RoleName if role in acts()["gate.sign"].roles]
    if value not in allowed:
        raise ValueError(_("The role “%s” cannot sign a gate.") % value + " " + nearest(value, allowed))
    return value


class CriterionPlan(Coded):
    """One rule of a gate: measured (`measure`, `holds`), judged (`judged_by`), or a group (`all_of`)."""

    counted_as: ClassVar = gettext_lazy("criteria")

    rule: Annotated[Line, Field(max_length=300)]
    measure: MeasureName | None = None
    of: Annotated[Line, Field(max_length=120)] = ""
    over: Window = "latest"
    holds: RuleText | None = None
    against_baseline: bool = False
    min_count: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    not_older_than: Length | None = None
    decided_by: Annotated[str, one_of(Criterion.DecideBy)] = Criterion.DecideBy.POINT.value
    judged_by: Annotated[str, AfterValidator(_judge)] | None = None
    side: Annotated[str, one_of(Criterion.Side)] = Criterion.Side.GO.value
    blocks: bool = True
    all_of: "list[MemberPlan]" = []

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        if self.judged_by and (self.measure or self.all_of):
            raise KeyRefused(
                "judged_by", _("What is judged has no measure and no members. Take one of them out.")
            )
        if self.all_of and self.measure:
            raise KeyRefused("measure", _("A group reads its members only. Take the measure out."))
        if self.measure and self.holds is None:
            raise KeyRefused("measure", _("A measure needs a rule. Add one such as: holds: above 50 points"))
        if self.holds is not None and not self.measure:
            raise KeyRefused("holds", _("A rule needs a measure. Add one such as: measure: feedback.nps"))
        if self.against_baseline and (self.holds is None or self.holds.unit != "%"):
            raise KeyRefused(
                "against_baseline", _("A change against the baseline is in percent: holds: at most 0 %")
            )
        return self

    @model_validator(mode="after")
    def _keys_belong_to_a_measure(self) -> Self:
        if not self.measure:
            for key in ("of", "over", "min_count", "decided_by"):
                if getattr(self, key) != type(self).model_fields[key].default:
                    raise KeyRefused(
                        key, _("“%s” belongs to a measure, and there is none here. Take it out.") % key
                    )
        return self


class MemberPlan(CriterionPlan):
    """A criterion that a group is made of."""

    counted_as: ClassVar = gettext_lazy("members of criteria")


CriterionPlan.model_rebuild()
MemberPlan.model_rebuild(force=True)


class SignaturePlan(Coded):
    """A signature that the gate needs: a role, and how many different people in it."""

    counted_as: ClassVar = gettext_lazy("signatures")

    role: Annotated[Role, AfterValidator(_signing_role)]
    people: Annotated[int, Field(ge=1, le=32767)] = 1


class GatePlan(Coded):
    """The door between two phases. Without `to_phase` it closes the rollout."""

    counted_as: ClassVar = gettext_lazy("gates")

    name: Annotated[Line, Field(max_length=200)]
    from_phase: Code | None = None
    to_phase: Code | None = None
    due: Day | None = None
    due_at: TimeOfDay | None = None
    signatures: list[SignaturePlan] = []
    criteria: list[CriterionPlan] = []

    @model_validator(mode="after")
    def _stands_between_two_phases(self) -> Self:
        if self.from_phase is None and self.to_phase is None:
            raise KeyRefused(
                "code", _("A gate leaves a phase, enters one, or both: from_phase and to_phase.")
            )
        if self.from_phase == self.to_phase:
            raise KeyRefused("to_phase", _("A gate leads from one phase to another one."))
        return self

    @model_validator(mode="after")
    def _a_role_is_named_once(self) -> Self:
        roles = [signature.role for signature in self.signatures]
        for role in roles:
            if roles.count(role) > 1:
                raise KeyRefused(
                    "signatures", _("“%s” stands here twice. Say how many with “people”.") % role
                )
        return self


# --- Into rows -------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Placed:
    """A criterion with the code of its gate and of its group, and its place in the section."""

    plan: CriterionPlan
    gate: str
    group: str | None
    path: Path


def _placed(plans: Sequence[GatePlan]) -> list[_Placed]:
    def walk(entries: Sequence[CriterionPlan], gate: str, group: str | None, path: Path) -> Iterator[_Placed]:
        for place, entry in enumerate(entries):
            here = (*path, place)
            yield _Placed(entry, gate, group, here)
            yield from walk(entry.all_of, gate, entry.code, (*here, "all_of"))

    return [
        placed
        for position, plan in enumerate(plans)
        for placed in walk(plan.criteria, plan.code, None, (position, "criteria"))
    ]


def load(rollout: Rollout, plans: list[GatePlan], by: User | None) -> list[PlanProblem]:
    """Write the gates with their criteria and required signatures."""
    phases = written(Phase, rollout)
    lost = [
        unknown(code, phases, (position, key), _("phase"))
        for position, plan in enumerate(plans)
        for key, code in (("from_phase", plan.from_phase), ("to_phase", plan.to_phase))
        if code is not None and code not in phases
    ]
    criteria = _placed(plans)
    lost += _problems_of_measures(rollout, criteria)
    if any(not problem.is_warning for problem in lost):
        return lost
    gates, problems = upsert(
        Gate, rollout, [_gate(plan, place, phases) for place, plan in enumerate(plans)], settled=signed
    )
    wanted = [_criterion(placed, gates) for placed in criteria if placed.gate in gates]
    rows, refused = upsert(Criterion, rollout, wanted, settled=_criterion_settled)
    lost += _set_groups(rows, criteria)
    signatures = [
        Wanted(
            signature.code,
            {"gate": gates[plan.code], "role": signature.role, "people": signature.people},
            (position, "signatures", place),
        )
        for position, plan in enumerate(plans)
        if plan.code in gates
        for place, signature in enumerate(plan.signatures)
    ]
    return [
        *lost,
        *problems,
        *refused,
        *upsert(SignOffRequirement, rollout, signatures, settled=_of_signed_gate)[1],
    ]


def _problems_of_measures(rollout: Rollout, criteria: Sequence[_Placed]) -> list[PlanProblem]:
    """Find checklists that are not there; what nothing measures is told, for it may come later."""
    lists = set(Checklist.objects.filter(rollout=rollout).values_list("code", flat=True))
    known = measures()
    told: set[str] = set()
    problems = []
    for placed in criteria:
        plan, path = placed.plan, placed.path
        if plan.measure == CHECKLIST and plan.of not in lists:
            problems.append(unknown(plan.of, sorted(lists), (*path, "of"), _("checklist")))
        elif plan.measure and plan.measure not in known:
            if plan.measure in told:
                continue
            told.add(plan.measure)
            message = _("Nothing in this portal measures “%s” yet, so no criterion on it can be met.")
            text = f"{message % plan.measure} {nearest(plan.measure, sorted(known))}"
            problems.append(PlanProblem((*path, "measure"), text, is_warning=True))
        elif plan.measure and plan.decided_by == Criterion.DecideBy.INTERVAL:
            if not known[plan.measure].has_interval:
                message = _(
                    "“%s” never has an interval, so this can never be decided by it. Take “decided_by” out."
                )
                problems.append(PlanProblem((*path, "decided_by"), message % plan.measure, is_warning=True))
        elif not (plan.measure or plan.judged_by or plan.all_of):
            message = _(
                "Nothing says how this is decided, so it cannot be met. Add a measure or “judged_by”."
            )
            problems.append(PlanProblem((*path, "rule"), message, is_warning=True))
    return problems


def _gate(plan: GatePlan, position: int, phases: dict[str, Phase]) -> Wanted:
    return Wanted(
        plan.code,
        {
            "name": plan.name,
            "from_phase": phases[plan.from_phase] if plan.from_phase else None,
            "to_phase": phases[plan.to_phase] if plan.to_phase else None,
            "due_on": plan.due,
            "due_at": plan.due_at,
        },
        (position,),
    )


def _criterion(placed: _Placed, gates: dict[str, Gate]) -> Wanted:
    plan = placed.plan
    values: dict[str, Any] = {
        "gate": gates[placed.gate],
        "text": plan.rule,
        "side": plan.side,
        "blocking": plan.blocks,
        "measure": plan.measure or "",
        "subject": plan.of,
        "window": plan.over,
        "comparator": plan.holds.comparator if plan.holds else "",
        "threshold": plan.holds.threshold if plan.holds else None,
        "threshold_high": plan.holds.high if plan.holds else None,
        "unit": plan.holds.unit if plan.holds else "",
        "versus_baseline": plan.against_baseline,
        "min_n": plan.min_count,
        "max_age": plan.not_older_than,
        "decide_by": plan.decided_by,
        "judge_role": "",
    }
    if plan.judged_by:
        # A judgement reads as 1 when it holds.
        values |= {
            "measure": JUDGEMENT,
            "comparator": Comparator.EQUAL,
            "threshold": Decimal(1),
            "judge_role": "" if plan.judged_by == ANYONE else plan.judged_by,
        }
    return Wanted(plan.code, values, placed.path)


def signed(gate: Gate) -> str:
    """Say why a gate is history: it was decided, or somebody signed it, or was asked to."""
    if gate._state.adding:
        return ""
    in_force = gate.evidences.filter(closed_at__isnull=True, signoffs__isnull=False)
    if gate.state == GateState.OPEN and gate.requested_at is None and not in_force.exists():
        return ""
    message = _("“%s” was signed, decided or sent for signature on what it says. Change it in the console.")
    return message % gate.name


def _of_signed_gate(row: Criterion | SignOffRequirement) -> str:
    return signed(row.gate)


def _criterion_settled(row: Criterion) -> str:
    why = signed(row.gate)
    if why or row.pk is None:
        return why
    if row.judgements.exists() or row.waivers.exists():
        return _("“%s” was judged or waived in these words. Change it in the console, with the reason.") % row
    return ""


def _set_groups(rows: dict[str, Criterion], criteria: Sequence[_Placed]) -> list[PlanProblem]:
    """Link members to their group, once all rows are there."""
    problems = []
    for placed in criteria:
        row = rows.get(placed.plan.code)
        group = rows.get(placed.group) if placed.group else None
        if row is not None and row.parent_id != (group.pk if group else None):
            if runs(row.rollout) and signed(row.gate):
                problems.append(PlanProblem(placed.path, signed(row.gate)))
                continue
            row.parent = group
            row.save(update_fields=["parent"])
    return problems


# --- From rows -------------------------------------------------------------------------------------
def dump(rollout: Rollout) -> list[GatePlan] | None:
    """Return the gates of a rollout with their criteria and required signatures."""
    members: dict[tuple[int, int | None], list[Criterion]] = {}
    for row in Criterion.objects.filter(rollout=rollout).order_by("position", "pk"):
        members.setdefault((row.gate_id, row.parent_id), []).append(row)
    signatures: dict[int, list[SignaturePlan]] = {}
    for need in SignOffRequirement.objects.filter(rollout=rollout).order_by("position", "pk"):
        signature = SignaturePlan(code=need.code, role=need.role, people=need.people)
        signatures.setdefault(need.gate_id, []).append(signature)
    gates = (
        Gate.objects.filter(rollout=rollout)
        .select_related("from_phase", "to_phase")
        .order_by("position", "pk")
    )
    return [
        filled(
            GatePlan,
            code=gate.code,
            name=gate.name,
            from_phase=gate.from_phase.code if gate.from_phase else None,
            to_phase=gate.to_phase.code if gate.to_phase else None,
            due=gate.due_on,
            due_at=gate.due_at,
            signatures=signatures.get(gate.pk, []),
            criteria=[_dumped(row, members) for row in members.get((gate.pk, None), [])],
        )
        for gate in gates
    ] or None


def _dumped(row: Criterion, members: dict[tuple[int, int | None], list[Criterion]]) -> CriterionPlan:
    common: dict[str, Any] = {
        "code": row.code,
        "rule": row.text,
        "not_older_than": row.max_age,
        "side": row.side,
        "blocks": row.blocking,
    }
    parts = members.get((row.gate_id, row.pk), [])
    kind = CriterionPlan if row.parent_id is None else MemberPlan
    if parts:
        return filled(kind, **common, all_of=[_dumped(part, members) for part in parts])
    if row.is_judged:
        return filled(kind, **common, judged_by=row.judge_role or ANYONE)
    if not row.measure or row.threshold is None:
        return filled(kind, **common)
    unit = "%" if row.versus_baseline else row.unit
    return filled(
        kind,
        **common,
        measure=row.measure,
        of=row.subject,
        over=row.window,
        holds=Rule(Comparator(row.comparator), row.threshold, row.threshold_high, unit),
        against_baseline=row.versus_baseline,
        min_count=row.min_n,
        decided_by=row.decide_by,
    )


# --- What the file no longer has -------------------------------------------------------------------
def prune(rollout: Rollout, plans: list[GatePlan]) -> list[PlanProblem]:
    """Remove criteria, required signatures and gates that the file no longer has; a used gate stays."""

    def is_settled(row: Criterion | SignOffRequirement) -> bool:
        return runs(rollout) and bool(signed(row.gate))

    criteria = remove_others(
        Criterion.objects.filter(rollout=rollout).select_related("gate"),
        {placed.plan.code for placed in _placed(plans)},
        has_history=is_settled,
    )
    signatures = remove_others(
        SignOffRequirement.objects.filter(rollout=rollout).select_related("gate"),
        {signature.code for plan in plans for signature in plan.signatures},
        has_history=is_settled,
    )
    gates = remove_others(
        Gate.objects.filter(rollout=rollout),
        {plan.code for plan in plans},
        has_history=lambda gate: gate.state != GateState.OPEN or gate.requested_at is not None,
    )
    return [*criteria, *signatures, *gates]
