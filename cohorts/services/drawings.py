"""Draw: from a rule and the register to a stored draft with its places, report and proof."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from cohorts import attributes, drawing, languages, proofs
from cohorts.drawing import UNKNOWN, Candidate, Drawing, Share
from cohorts.keys import lock_register
from cohorts.models import Membership, Participant, Place, Selection, SelectionRule
from cohorts.services.selections import lock_selection, move_selection, record_selection, require_state
from cohorts.states import Method, ParticipantState, SelectionState, Shortfall
from phases import permissions
from phases.exceptions import Refused, WrongState
from phases.models import Phase
from phases.states import OVER
from rollout_portal.accounts.models import User
from rollout_portal.jobs import files
from rollout_portal.lib import clock

_BATCH: Final = 1_000
# People behind the last seat whose place is kept in a table; the proof file has all of them.
_RESERVES: Final = 500
NAMED: Final = "named"


@dataclass(frozen=True, slots=True)
class Pool:
    """Who can be drawn for a phase, and how many each condition leaves.

    :ivar registered: by stratum, before any condition.
    :ivar left: (condition in words, people left after it), in order.
    """

    candidates: list[Candidate]
    registered: dict[str, int]
    left: list[tuple[str, int]]


def pool_of(rule: SelectionRule) -> Pool:
    """Return who can be drawn by a rule at this moment. Reads only; three queries.

    Who has a seat in the phase keeps it whatever the conditions say now; where the phase contains the
    earlier ones, their people who meet the conditions sit first.
    """
    phase = rule.phase
    seated = set(Membership.objects.current().filter(phase=phase).values_list("participant_id", flat=True))
    earlier: set[int] = set()
    if phase.cumulative:
        before = Phase.objects.filter(rollout=phase.rollout, position__lt=phase.position)
        earlier = set(
            Membership.objects.current().filter(phase__in=before).values_list("participant_id", flat=True)
        )
    rows = Participant.objects.filter(rollout=phase.rollout).select_related("person")
    names = attributes.labels(phase.rollout.attributedefinitions.all())
    conditions = rule.conditions
    left = [0] * len(conditions)
    registered: Counter[str] = Counter()
    candidates = []
    for row in rows.iterator(chunk_size=2_000):
        is_seated = row.pk in seated
        can_be_drawn = row.state == ParticipantState.REGISTERED and row.opted_out_at is None
        if not (is_seated or can_be_drawn or row.pk in earlier):
            continue
        facts = attributes.facts_of(row)
        stratum = str(facts.get(rule.attribute) or UNKNOWN)
        registered[stratum] += 1
        holds = attributes.conditions_held(facts, conditions)
        for place in range(holds):
            left[place] += 1
        if is_seated or holds == len(conditions):
            kept = is_seated or row.pk in earlier
            candidates.append(Candidate(row.pk, row.selection_key, stratum, kept))
    words = [attributes.condition_text(condition, names) for condition in conditions]
    return Pool(candidates, dict(registered), list(zip(words, left, strict=True)))


def seats_of(rule: SelectionRule, pool: Pool) -> tuple[dict[str, int], list[Share]]:
    """Return the seats by stratum in the rule's order, and the shares behind them where there are any.

    Without quotas nobody has a seat; a share of the register needs a condition, or the word `everyone`.
    """
    if rule.method == Method.QUOTA:
        return {quota.value: quota.seats for quota in rule.quotas.order_by("position", "pk")}, []
    if not rule.conditions and not rule.everyone:
        return {}, []
    total = rule.total or rule.phase.planned_size or 0
    shares = drawing.largest_remainder(total, pool.registered)
    return {share.value: share.seats for share in shares}, shares


@transaction.atomic
def draft_selection(*, phase: Phase, by: User, seed: str = "") -> Selection:
    """Draw for a phase. Nobody gets a seat by it; an older draft of the phase is replaced.

    :param seed: what the order hangs on; a new one is made when none is given. The seed of an approved
        draw gives the same order again, so that free seats go to the next in line.
    """
    permissions.require(by, "selection.draft", phase.rollout)
    lock_register(phase.rollout)
    rule = SelectionRule.objects.select_related("phase__rollout", "phase__base").filter(phase=phase).first()
    if rule is None:
        raise Refused(_("“%s” has no rule yet: nobody can be drawn.") % phase)
    pool = pool_of(rule)
    seats, shares = seats_of(rule, pool)
    if not seats:
        raise Refused(_("The rule of “%s” names no seats: nobody can be drawn.") % phase)
    drawn = drawing.draw(seed.strip() or secrets.token_hex(16), seats, pool.candidates)
    return _store(phase, rule.method, drawn, by, _rule_as_data(rule), pool=pool, shares=shares)


@transaction.atomic
def name_people(*, phase: Phase, participants: Sequence[Participant], by: User, reason: str) -> Selection:
    """Choose people by name instead of by lot, for a stated reason: a team, a client, a reviewer."""
    permissions.require(by, "selection.draft", phase.rollout)
    if not reason.strip():
        raise Refused(_("Say why these people. The reason stands in the record."))
    if phase.state in OVER:
        raise WrongState(_("“%s” is over; nobody gets a seat in it.") % phase)
    register = lock_register(phase.rollout)
    chosen = list(
        Participant.objects.filter(rollout=register.rollout, pk__in=[row.pk for row in participants])
        .drawable()
        .order_by("number")
    )
    if len(chosen) != len(participants) or not chosen:
        raise Refused(_("Choose people who are in the register, have no seat and did not opt out."))
    pool = Pool([Candidate(row.pk, row.selection_key, NAMED) for row in chosen], {NAMED: len(chosen)}, [])
    drawn = drawing.draw(NAMED, {NAMED: len(chosen)}, pool.candidates)
    rule = {"attribute": NAMED, "conditions": [], "seats": {NAMED: len(chosen)}, "labels": {}}
    return _store(phase, Method.NAMED, drawn, by, rule, pool=pool, reason=reason.strip())


@transaction.atomic
def reallocate(*, selection: Selection, by: User, reason: str) -> Selection:
    """Give seats that nobody can fill to other strata: a decision with a name and a reason.

    Makes a new draft with the same seed. The open seats go to strata that have people left, in
    proportion to their own seats, by largest remainder.
    """
    lock_register(selection.rollout)
    locked = lock_selection(selection)
    permissions.require(by, "selection.reallocate", locked.rollout)
    require_state(locked, SelectionState.DRAFT)
    if not reason.strip():
        raise Refused(_("Say why. The reason stands in the record."))
    if not locked.short:
        raise Refused(_("Every seat is filled; there is nothing to give away."))
    rule = SelectionRule.objects.select_related("phase__rollout", "phase__base").get(phase=locked.phase)
    pool = pool_of(rule)
    seats, shares = seats_of(rule, pool)
    moved = _seats_after_giving(seats, Counter(person.stratum for person in pool.candidates))
    drawn = drawing.draw(locked.seed, moved, pool.candidates)
    data = _rule_as_data(rule) | {"planned_seats": seats, "seats": moved}
    return _store(
        locked.phase,
        rule.method,
        drawn,
        by,
        data,
        pool=pool,
        shares=shares,
        reason=reason,
        shortfall=Shortfall.REALLOCATE,
    )


def _seats_after_giving(seats: Mapping[str, int], pool: Mapping[str, int]) -> dict[str, int]:
    """Return the seats with those that nobody fills given to strata that have people left."""
    filled = {value: min(number, pool.get(value, 0)) for value, number in seats.items()}
    while open_seats := sum(seats.values()) - sum(filled.values()):
        free = {value: pool.get(value, 0) - number for value, number in filled.items()}
        takers = {value: seats[value] for value in filled if free[value] > 0 and seats[value]}
        if not takers:
            break
        for share in drawing.largest_remainder(open_seats, takers):
            filled[share.value] += min(share.seats, free[share.value])
    return filled


def _store(
    phase: Phase,
    method: str,
    drawn: Drawing,
    by: User,
    rule: dict[str, Any],
    *,
    pool: Pool,
    shares: Sequence[Share] = (),
    reason: str = "",
    shortfall: str = Shortfall.NONE,
) -> Selection:
    """Write a draw down: version, places, report and proof."""
    for older in Selection.objects.select_for_update().filter(phase=phase, state=SelectionState.DRAFT):
        move_selection(older, SelectionState.SUPERSEDED)
        older.save(update_fields=["state"])
    keys = [(person.key, person.stratum) for person in pool.candidates]
    number = (phase.selections.aggregate(newest=Max("number"))["newest"] or 0) + 1
    selection = Selection(
        rollout=phase.rollout,
        phase=phase,
        number=number,
        method=method,
        seed=drawn.seed,
        rule_version=drawing.RULE_VERSION,
        rule=rule,
        pool_size=drawn.pool,
        pool_digest=proofs.pool_fingerprint(keys),
        requested=drawn.seats,
        taken=drawn.taken,
        report=_report(drawn, rule, pool, shares),
        shortfall=shortfall,
        reason=reason,
        drafted_by=by,
        drafted_at=clock.now(),
    )
    selection.proof = files.store(
        content=proofs.proof_file(selection, drawn),
        name=f"selection-{phase.rollout.slug}-{phase.code}-{number}.json",
        content_type="application/json",
        scope=phase.rollout.uuid,
        by=by,
    )
    selection.save(force_insert=True)
    Place.objects.bulk_create(
        (
            Place(
                selection=selection,
                participant_id=place.ref,
                stratum=place.stratum,
                u=place.u,
                rank=place.rank,
                taken=place.taken,
                kept=place.kept,
            )
            for stratum in drawn.strata
            for place in stratum.places[: max(stratum.taken, stratum.seats) + _RESERVES]
        ),
        batch_size=_BATCH,
    )
    record_selection(
        selection,
        by,
        "selection.drawn",
        reason=reason,
        after={
            "version": number,
            "seats": drawn.seats,
            "taken": drawn.taken,
            "pool": selection.pool_digest,
            "proof": selection.proof.digest,
            "shortfall": shortfall,
        },
    )
    return selection


def _report(drawn: Drawing, rule: dict[str, Any], pool: Pool, shares: Sequence[Share]) -> dict[str, Any]:
    exact = {share.value: share for share in shares}
    strata = [
        {
            "value": stratum.value,
            "label": rule["labels"].get(stratum.value, stratum.value),
            "registered": pool.registered.get(stratum.value, 0),
            "seats": stratum.seats,
            "pool": stratum.pool,
            "kept": stratum.kept,
            "taken": stratum.taken,
            "short": stratum.short,
            "share": str(exact[stratum.value].shown) if stratum.value in exact else "",
            "rounded_up": exact[stratum.value].rounded_up if stratum.value in exact else False,
        }
        for stratum in drawn.strata
    ]
    return {
        "strata": strata,
        "registered": sum(pool.registered.values()),
        "conditions": [{"text": text, "left": left} for text, left in pool.left],
    }


def _rule_as_data(rule: SelectionRule) -> dict[str, Any]:
    quotas = list(rule.quotas.order_by("position", "pk"))
    definition = rule.rollout.attributedefinitions.filter(code=rule.attribute).first()
    choices = {
        choice["value"]: choice.get("label", "") for choice in (definition.choices if definition else [])
    }
    named = (
        {code: str(label) for code, label in languages.LABELS.items()} if rule.attribute == "language" else {}
    )
    return {
        "method": rule.method,
        "attribute": rule.attribute,
        "conditions": rule.conditions,
        "everyone": rule.everyone,
        "seats": {quota.value: quota.seats for quota in quotas},
        "labels": {UNKNOWN: _("Not known")}
        | {value: label for value, label in (named | choices).items() if label}
        | {quota.value: quota.label for quota in quotas if quota.label},
    }
