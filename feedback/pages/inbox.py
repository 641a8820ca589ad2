"""The inbox: queues, a page of items, one item with everything that a decision about it needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from feedback import defects
from feedback.models import FeedbackItem, Reply
from feedback.services import Judged
from feedback.states import ITEM_MOVES, OPEN, ItemKind, ItemState, ItemVerb, Severity
from phases import gates
from phases.gates import Overlay
from phases.models import Criterion, Gate, Phase, Rollout
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from rollout_portal.outbox.models import Message

ROWS: Final = 25
_LOOKED_AT: Final = 300
_ALIKE: Final = 0.34

QUEUES: Final = {
    "new": gettext_lazy("New"),
    "mine": gettext_lazy("Mine"),
    "waiting": gettext_lazy("Waiting for the tester"),
    "open": gettext_lazy("All open"),
    "done": gettext_lazy("Done"),
}


@dataclass(frozen=True, slots=True)
class Queue:
    """One tab: its key, its words, how many are in it."""

    key: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Some items of a queue, and where the next ones begin."""

    items: list[FeedbackItem]
    after: str


def in_queue(rollout: Rollout, key: str, user: User) -> QuerySet[FeedbackItem]:
    """Return the items of a queue."""
    rows = FeedbackItem.objects.filter(rollout=rollout)
    match key:
        case "new":
            return rows.filter(state=ItemState.NEW)
        case "mine":
            return rows.filter(state__in=OPEN, assignee=user)
        case "waiting":
            return rows.filter(state=ItemState.WAITING)
        case "done":
            return rows.exclude(state__in=OPEN)
        case _:
            return rows.filter(state__in=OPEN)


def queues(rollout: Rollout, user: User) -> list[Queue]:
    """Return the tabs with their counts; one query. What is done is not counted: it only grows."""
    is_open = FeedbackItem.objects.filter(rollout=rollout, state__in=OPEN)
    counts = is_open.aggregate(
        new=Count("pk", filter=Q(state=ItemState.NEW)),
        mine=Count("pk", filter=Q(assignee=user)),
        waiting=Count("pk", filter=Q(state=ItemState.WAITING)),
        open=Count("pk"),
    )
    return [Queue(key, str(title), counts.get(key, -1)) for key, title in QUEUES.items()]


# What may stop the gate comes first; then what has waited longest. Done: the newest first.
_RANK: Final = Case(
    When(Q(kind=ItemKind.BLOCKER) | Q(severity=Severity.CRITICAL), then=Value(0)),
    default=Value(1),
    output_field=IntegerField(),
)
_PLACE: Final = re.compile(r"([01])-([0-9]{1,9})")


def read_page(rollout: Rollout, key: str, user: User, after: str) -> ItemPage:
    """Return a page of a queue from the place `after` on; one query, however many there are."""
    rows = in_queue(rollout, key, user).select_related("reporter", "phase").annotate(rank=_RANK)
    newest_first = key == "done"
    place = _PLACE.fullmatch(after)
    if place:
        rank, number = int(place[1]), int(place[2])
        further = Q(rank=rank, number__lt=number) if newest_first else Q(rank=rank, number__gt=number)
        rows = rows.filter(further | Q(rank__gt=rank))
    rows = rows.order_by("rank", "-number" if newest_first else "number")
    found: list[Any] = list(rows[: ROWS + 1])
    more = f"{found[ROWS - 1].rank}-{found[ROWS - 1].number}" if len(found) > ROWS else ""
    return ItemPage(found[:ROWS], more)


def list_verdict(tabs: Sequence[Queue]) -> dict[str, str]:
    """Return the sentence on top of the inbox."""
    counts = {tab.key: tab.count for tab in tabs}
    if not counts["open"]:
        return {"tone": "met", "sentence": _("Nothing is open.")}
    text = ngettext("%(n)s report is open", "%(n)s reports are open", counts["open"])
    return {
        "tone": "open",
        "sentence": _("%(open)s, %(new)s of them new.")
        % {"open": text % {"n": f"{counts['open']:,}"}, "new": f"{counts['new']:,}"},
    }


# --- One item ------------------------------------------------------------------------------------------


def verbs_of(item: FeedbackItem) -> list[tuple[str, str]]:
    """Return what can be done to an item now, each verb with its word; those with a page of their own not."""
    own = (ItemVerb.CLASSIFY, ItemVerb.MERGE, ItemVerb.SPLIT)
    return [
        (verb.value, str(verb.label))
        for verb, move in ITEM_MOVES.items()
        if verb not in own and item.state in move.sources
    ]


def people_behind(item: FeedbackItem) -> int:
    """Return how many different people reported this, those of merged reports included."""
    reports = FeedbackItem.objects.filter(Q(pk=item.pk) | Q(duplicate_of=item.pk))
    known = set(reports.exclude(reporter=None).values_list("reporter_id", flat=True))
    return len(known) + reports.filter(reporter=None).count()


def perhaps_the_same(item: FeedbackItem) -> FeedbackItem | None:
    """Return the report that shares most words with this one, among the newest; None where none is alike."""
    if item.state == ItemState.DUPLICATE:
        return None
    mine = _words(item)
    others = (
        FeedbackItem.objects.filter(rollout=item.rollout_id)
        .exclude(pk=item.pk)
        .exclude(state__in=[ItemState.DUPLICATE, ItemState.DECLINED])
        .exclude(duplicate_of=item.pk)
        .order_by("-number")
    )
    best = max(
        ((_alike(mine, _words(other)), other) for other in others[:_LOOKED_AT]),
        key=lambda pair: pair[0],
        default=(0.0, None),
    )
    return best[1] if best[0] >= _ALIKE else None


def _words(item: FeedbackItem) -> set[str]:
    text = f"{item.text} {item.translation} {item.place}".casefold()
    return {word for word in re.findall(r"\w+", text) if len(word) > 3 or not word.isascii()}


def _alike(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to the tester and the message that carries it now: the newest, where it was sent again."""

    reply: Reply
    message: Message


def answers_to(item: FeedbackItem) -> list[Answered]:
    """Return the answers to the tester; two queries, and one more for each time that one was sent again."""
    replies = list(item.replies.select_related("by", "message"))
    newest = {reply.message.pk: reply.message for reply in replies}
    carries = {pk: pk for pk in newest}
    while carries:
        further: dict[int, int] = {}
        for message in Message.objects.filter(again_of__in=carries):
            assert message.again_of_id is not None
            first = carries[message.again_of_id]
            newest[first], further[message.pk] = message, first
        carries = further
    return [Answered(reply, newest[reply.message.pk]) for reply in replies]


@dataclass(frozen=True, slots=True)
class Effect:
    """What judging an item would change at a gate, in a sentence."""

    gate: str
    text: str


_MEASURES: Final = ("feedback.open_defects", "feedback.reported_defects")


def effects(item: FeedbackItem, judged: Judged) -> list[Effect]:
    """Return what changes at the gates to come if the item is judged so: counts, and whether they open."""
    standing = replace(
        defects.standing_of(item),
        state=ItemState.TRIAGED if item.state == ItemState.NEW else item.state,
        kind=judged.kind,
        area=judged.area,
        severity=judged.severity,
    )
    return _effects(item.rollout, standing, clock.now())


def effects_of_new(rollout: Rollout, phase: Phase | None, judged: Judged) -> list[Effect]:
    """Return what changes at the gates to come if a report comes in that is judged so."""
    now = clock.now()
    standing = defects.Standing(
        pk=0,
        uuid="",
        number=0,
        state=ItemState.TRIAGED if judged.severity else ItemState.NEW,
        kind=judged.kind,
        area=judged.area,
        severity=judged.severity,
        phase_id=phase.pk if phase else None,
        reported_at=now,
    )
    return _effects(rollout, standing, now)


def _effects(rollout: Rollout, standing: defects.Standing, now: datetime) -> list[Effect]:
    found: list[Effect] = []
    ahead = rollout.gates.ahead()
    for gate in ahead.select_related("from_phase", "to_phase", "to_phase__base", "rollout"):
        for criterion in gate.criteria.filter(measure__in=_MEASURES).order_by("position", "pk"):
            found += _effect(gate, criterion, standing, now)
    return found


def _effect(gate: Gate, criterion: Criterion, standing: defects.Standing, now: datetime) -> list[Effect]:
    about: dict[str, Any] = {
        "rollout": gate.rollout,
        "phase": gate.from_phase or gate.to_phase,
        "subject": criterion.subject,
        "window": criterion.window,
        "as_of": now,
        "only_open": criterion.measure == "feedback.open_defects",
    }
    before = defects.as_measured(defects.count(**about))
    after = defects.as_measured(defects.count(**about, instead=standing))
    if before.value == after.value or before.value is None or after.value is None:
        return []
    was = gates.evaluate(gate, now).result_of(criterion.code)
    then = gates.evaluate(gate, now, Overlay({criterion.code: after})).result_of(criterion.code)
    text = _("“%(rule)s”: %(after)s instead of %(before)s.") % {
        "rule": criterion.text,
        "after": int(after.value),
        "before": int(before.value),
    }
    if was.counts and not then.counts:
        text += " " + _("The gate “%s” cannot open then.") % gate.name
    elif then.counts and not was.counts:
        text += " " + _("The criterion is met then.")
    else:
        text += " " + _("The outcome stays: %s.") % str(then.outcome.label).lower()
    return [Effect(gate.name, text)]
