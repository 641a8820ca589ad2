"""Invitations: the board of batches, and one batch."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cohorts.models import Batch, Invitation, Membership, Participant
from cohorts.pages.people import language_name
from cohorts.states import BatchState, InvitationState, ParticipantState
from phases.models import Phase, Rollout
from phases.permissions import Rights
from phases.states import OVER, PhaseState
from rollout_portal.lib import words

SHOWN: Final = 100

# The columns of the board, in the order of an invitation's life, and what each counts.
COLUMNS: Final = (
    (
        gettext_lazy("Queued"),
        frozenset({InvitationState.QUEUED, InvitationState.SENDING, InvitationState.DRAFT}),
    ),
    (gettext_lazy("Sent"), frozenset({InvitationState.SENT, InvitationState.EXPIRED})),
    (gettext_lazy("Bounced"), frozenset({InvitationState.BOUNCED, InvitationState.FAILED})),
    (gettext_lazy("Accepted"), frozenset({InvitationState.ACCEPTED})),
    (gettext_lazy("Declined"), frozenset({InvitationState.DECLINED})),
    (gettext_lazy("Uncertain"), frozenset({InvitationState.UNCERTAIN})),
    (gettext_lazy("Not sent"), frozenset({InvitationState.SKIPPED, InvitationState.CANCELLED})),
)


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One batch on the board. `counts` follows COLUMNS; `why_held` names the rule or the person."""

    batch: Batch
    size: int
    cumulative: int
    look: str
    state: str
    why_held: str
    counts: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class PhaseBoard:
    """The batches of one phase, with the sum check on top."""

    phase: Phase
    sentence: str
    lines: list[BatchLine]
    can_prepare: bool


def read_board(rollout: Rollout, rights: Rights, now: dt.datetime) -> list[PhaseBoard]:
    """Return every phase with seats or batches: four queries."""
    batches: dict[int, list[Batch]] = {}
    rows = (
        Batch.objects.filter(rollout=rollout).select_related("held_by", "phase").order_by("phase", "number")
    )
    for row in rows:
        batches.setdefault(row.phase_id, []).append(row)
    counted = _counted(Invitation.objects.filter(batch__rollout=rollout), now)
    seats = {
        phase: (everybody, waiting)
        for phase, everybody, waiting in Membership.objects.current()
        .filter(phase__rollout=rollout)
        .order_by()
        .values_list("phase")
        .annotate(
            everybody=Count("pk"),
            waiting=Count("pk", filter=Q(participant__state=ParticipantState.SELECTED)),
        )
    }
    boards = []
    for phase in rollout.phases.select_related("base").order_by("position", "pk"):
        phase.rollout = rollout
        everybody, waiting = seats.get(phase.pk, (0, 0))
        own = batches.get(phase.pk, [])
        if not own and not everybody:
            continue
        boards.append(
            PhaseBoard(
                phase=phase,
                sentence=_sum_check(everybody, waiting),
                lines=_lines(phase, own, counted),
                can_prepare=waiting > 0 and phase.state not in OVER and rights.may("batch.draft"),
            )
        )
    return boards


def _counted(rows: Any, now: dt.datetime) -> dict[int, Counter[str]]:
    counted: dict[int, Counter[str]] = {}
    grouped = rows.with_state(now).order_by().values_list("batch_id", "standing").annotate(n=Count("pk"))
    for batch, standing, n in grouped:
        counted.setdefault(batch, Counter())[standing] = n
    return counted


def _sum_check(everybody: int, waiting: int) -> str:
    seats = ngettext("%(n)s person has a seat", "%(n)s people have a seat", everybody) % {
        "n": words.number(everybody)
    }
    if not waiting:
        return _("%(seats)s; everybody was asked or let in.") % {"seats": seats}
    left = ngettext("%(n)s was not asked yet", "%(n)s were not asked yet", waiting) % {
        "n": words.number(waiting)
    }
    return _("%(seats)s; %(left)s.") % {"seats": seats, "left": left}


def _lines(phase: Phase, batches: list[Batch], counted: dict[int, Counter[str]]) -> list[BatchLine]:
    lines, sum_so_far = [], 0
    for batch in batches:
        standings = counted.get(batch.pk, Counter())
        size = sum(standings.values())
        sum_so_far += size if batch.state != BatchState.CANCELLED else 0
        look, state, why = look_of(batch, phase, standings)
        lines.append(BatchLine(batch, size, sum_so_far, look, state, why, columns_of(standings)))
    return lines


def columns_of(standings: Counter[str]) -> list[tuple[str, int]]:
    """Return the counts under the headings of the board."""
    return [(str(label), sum(standings[state] for state in states)) for label, states in COLUMNS]


def look_of(batch: Batch, phase: Phase, standings: Counter[str]) -> tuple[str, str, str]:
    """Return how a batch is shown: its chip's look, its words, and why nothing goes out."""
    waiting = sum(standings[state] for state in COLUMNS[0][1])
    if batch.state == BatchState.CANCELLED:
        return "skipped", _("Taken back"), ""
    if batch.state == BatchState.DRAFT:
        return "draft", _("Draft"), ""
    if not waiting:
        return "done", _("Sent"), ""
    if batch.is_held:
        return "held", _("On hold"), f"{batch.held_by}: “{batch.held_because}”"
    if phase.is_held:
        return "held", _("On hold"), _("The phase is on hold: “%s”") % phase.held_because
    if phase.state == PhaseState.ROLLED_BACK:
        return "rolled-back", _("Rolled back"), ""
    if not phase.is_running:
        return "waiting", _("Waits for the phase"), _("The phase does not run yet.")
    if not phase.accepts_outreach:
        return "held", _("On hold"), _("The phase takes nobody new.")
    return "sending", _("Sending"), ""


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One invitation of a batch."""

    invitation: Invitation
    person: Participant
    language: str
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class BatchRead:
    """One batch as its page shows it."""

    look: str
    state: str
    why_held: str
    sentence: str
    counts: list[tuple[str, int]]
    size: int
    unsent: int
    lines: list[PersonLine]
    more: int


def read_batch(batch: Batch, now: dt.datetime) -> BatchRead:
    """Return what the page of a batch shows: two queries beside the row."""
    standings = _counted(Invitation.objects.filter(batch=batch), now).get(batch.pk, Counter())
    look, state, why = look_of(batch, batch.phase, standings)
    size = sum(standings.values())
    rows = (
        batch.invitations.with_state(now)
        .select_related("participant__person", "message")
        .order_by("participant__number")[:SHOWN]
    )
    return BatchRead(
        look=look,
        state=state,
        why_held=why,
        sentence=_sentence(batch, size, standings, why),
        counts=columns_of(standings),
        size=size,
        unsent=standings[InvitationState.QUEUED],
        lines=[_person_line(row) for row in rows],
        more=max(0, size - SHOWN),
    )


def _sentence(batch: Batch, size: int, standings: Counter[str], why: str) -> str:
    gone = size - sum(standings[state] for state in COLUMNS[0][1])
    place = {"n": batch.number, "gone": words.number(gone), "size": words.number(size)}
    if batch.state == BatchState.DRAFT:
        return _("Batch %(n)s has %(size)s people and waits for approval.") % place
    if batch.state == BatchState.CANCELLED:
        return _("Batch %(n)s was taken back.") % place
    if gone == size:
        return _("Batch %(n)s is out: %(gone)s of %(size)s.") % place
    if why:
        return _("Batch %(n)s is on hold: %(gone)s of %(size)s are out.") % place
    return _("Batch %(n)s is sending: %(gone)s of %(size)s.") % place


def _person_line(row: Invitation) -> PersonLine:
    message = row.message
    why = message.reason if message is not None else ""
    return PersonLine(
        invitation=row,
        person=row.participant,
        language=language_name(row.participant.person.language),
        state=str(InvitationState(row.standing).label),  # type: ignore[attr-defined]
        why=why.replace("_", " "),
    )
