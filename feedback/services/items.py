"""What becomes of a report. One function moves an item; every move leaves a transition behind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cohorts.models import Participant
from cohorts.states import GONE, ParticipantState
from feedback.models import (
    Comment,
    FeedbackItem,
    FeedbackItemTransition,
    ItemCounter,
    Reply,
    SurveyRequest,
)
from feedback.services.notices import tell_team
from feedback.states import (
    ITEM_MOVES,
    Area,
    ItemKind,
    ItemState,
    ItemVerb,
    Origin,
    Severity,
)
from phases import permissions
from phases.exceptions import Refused, WrongState
from phases.models import Phase, Rollout
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import System, record
from rollout_portal.jobs.models import StoredFile
from rollout_portal.lib import clock
from rollout_portal.outbox import services as outbox
from rollout_portal.outbox.exceptions import TemplateIncomplete
from rollout_portal.outbox.states import MessageKind

ANSWER_TEMPLATE: Final = "feedback_answer"
LONGEST_REPORT: Final = 4000
LONGEST_REPLY: Final = 500
"""What a message carries in one parameter; longer answers are two."""

_WORST_FIRST: Final = list(Severity)


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody tells us.

    :ivar form_key: of the form it was written in; the same form sent twice is one report.
    """

    kind: ItemKind
    text: str
    place: str = ""
    language: str = "en"
    may_ask_back: bool = False
    picture: StoredFile | None = None
    area: Area | str = ""
    severity: Severity | str = ""
    form_key: UUID | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """How staff judge an item."""

    kind: ItemKind
    area: Area | str
    severity: Severity | str


def report_item(
    *,
    rollout: Rollout,
    report: Report,
    by: User | None,
    reporter: Participant | None = None,
    request: SurveyRequest | None = None,
    phase: Phase | None = None,
    origin: Origin = Origin.FORM,
) -> FeedbackItem:
    """Record a report, by a tester through a form (`by` None) or entered by staff; tell whom the rules name.

    A form that is sent twice gives the item that it gave the first time. What staff enter with a severity is
    judged by that.

    :raises Refused: without words, or for a tester who was erased.
    """
    if by is not None:
        permissions.require(by, "feedback.enter", rollout)
    if not report.text.strip():
        raise Refused(_("Say what happened."))
    if reporter is not None and reporter.state == ParticipantState.ERASED:
        raise Refused(_("%s was erased. Enter it as from nobody in the register.") % reporter.label)
    known = _known(report)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return _report(rollout, report, by, reporter, request, phase, origin)
    except IntegrityError:
        known = _known(report)
        if known is None:
            raise
        return known


def _known(report: Report) -> FeedbackItem | None:
    if report.form_key is None:
        return None
    return FeedbackItem.objects.filter(form_key=report.form_key).first()


def _report(
    rollout: Rollout,
    report: Report,
    by: User | None,
    reporter: Participant | None,
    request: SurveyRequest | None,
    phase: Phase | None,
    origin: Origin,
) -> FeedbackItem:
    now = clock.now()
    counter, _made = ItemCounter.objects.select_for_update().get_or_create(rollout=rollout)
    counter.last += 1
    counter.save(update_fields=["last"])
    item = FeedbackItem.objects.create(
        rollout=rollout,
        number=counter.last,
        kind=report.kind,
        area=report.area,
        severity=report.severity,
        state=ItemState.TRIAGED if by is not None and report.severity else ItemState.NEW,
        origin=origin,
        phase=phase,
        reporter=reporter,
        request=request,
        language=report.language,
        text=report.text.strip(),
        place=report.place.strip(),
        may_ask_back=report.may_ask_back,
        picture=report.picture,
        form_key=report.form_key,
        reported_at=now,
        changed_at=now,
    )
    _note(item, ItemVerb.REPORT, "", by, "", now)
    tell_team(item, now)
    record(
        actor=by or System(cause="A tester's report"),
        verb="feedback.reported",
        obj=item,
        scope=rollout.uuid,
        after={"kind": item.kind, "origin": item.origin, "language": item.language},
    )
    return item


@transaction.atomic
def judge_item(*, item: FeedbackItem, by: User, judged: Judged, reason: str = "") -> FeedbackItem:
    """Set kind, area and severity. A new item is triaged by that. A lower severity needs a reason."""
    locked = _locked(item)
    permissions.require(by, "feedback.triage", locked.rollout)
    _require_source(locked, ItemVerb.CLASSIFY)
    if _is_lower(locked.severity, judged.severity) and not reason.strip():
        raise Refused(
            _("Say why %(item)s is less severe than “%(was)s”. The gate counts by severity.")
            % {"item": locked.label, "was": locked.get_severity_display().lower()}
        )
    before = _facts(locked)
    locked.kind, locked.area, locked.severity = judged.kind, judged.area, judged.severity
    if locked.state == ItemState.NEW:
        locked.state = ItemState.TRIAGED
    if before == _facts(locked):
        return locked
    return _moved(locked, ItemVerb.CLASSIFY, before, by, reason)


@transaction.atomic
def move_item(*, item: FeedbackItem, by: User, verb: ItemVerb, reason: str = "") -> FeedbackItem:
    """Take an item along its life: start, wait, resolve, verify, close, decline, reopen."""
    if verb in (ItemVerb.CLASSIFY, ItemVerb.MERGE, ItemVerb.SPLIT, ItemVerb.REPORT):
        raise TypeError(f"{verb} has a service of its own")
    locked = _locked(item)
    permissions.require(by, "feedback.triage", locked.rollout)
    return _act(locked, verb, by, reason)


@transaction.atomic
def merge_item(*, item: FeedbackItem, into: FeedbackItem, by: User, reason: str = "") -> FeedbackItem:
    """Merge a report into another of the same thing. Its own duplicates come along; people count once.

    It can be undone. The other report keeps its number, its kind and its severity.
    """
    first, second = sorted([item.pk, into.pk])
    rows = FeedbackItem.objects.select_for_update(of=("self",)).select_related("rollout")
    locked = {row.pk: row for row in rows.filter(pk__in=[first, second]).order_by("pk")}
    source, target = locked[item.pk], locked[into.pk]
    permissions.require(by, "feedback.triage", source.rollout)
    if source.pk == target.pk:
        raise Refused(_("%s cannot be merged into itself.") % source.label)
    if source.rollout_id != target.rollout_id:
        raise Refused(_("%s belongs to another rollout.") % target.label)
    if target.state in (ItemState.DUPLICATE, ItemState.DECLINED):
        raise Refused(
            _("%(item)s is %(state)s itself. Merge into a report that stands.")
            % {"item": target.label, "state": target.get_state_display().lower()}
        )
    for duplicate in (
        source.duplicates.select_for_update(of=("self",)).select_related("rollout").order_by("pk")
    ):
        _point_to(duplicate, target, by, _("%s was merged") % source.label)
    return _point_to(source, target, by, reason)


@transaction.atomic
def split_item(*, item: FeedbackItem, by: User, reason: str) -> FeedbackItem:
    """Undo a merge: the report stands for itself again."""
    locked = _locked(item)
    permissions.require(by, "feedback.triage", locked.rollout)
    _require_source(locked, ItemVerb.SPLIT)
    _require_reason(ItemVerb.SPLIT, reason)
    before = _facts(locked)
    locked.state, locked.duplicate_of = ItemState.TRIAGED, None
    return _moved(locked, ItemVerb.SPLIT, before, by, reason)


@transaction.atomic
def assign_item(*, item: FeedbackItem, by: User, to: User | None) -> FeedbackItem:
    """Give an item to somebody who may judge feedback, or to nobody."""
    locked = _locked(item)
    permissions.require(by, "feedback.triage", locked.rollout)
    if to is not None and not permissions.allows(to, "feedback.triage", locked.rollout):
        raise Refused(_("%s has no role here that works on feedback.") % to)
    before, locked.assignee = locked.assignee, to
    if before == to:
        return locked
    locked.save(update_fields=["assignee"])
    record(
        actor=by,
        verb="feedback.assigned",
        obj=locked,
        scope=locked.rollout.uuid,
        before={"assignee": before.uuid if before else None},
        after={"assignee": to.uuid if to else None},
    )
    return locked


@transaction.atomic
def translate_item(*, item: FeedbackItem, by: User, translation: str) -> FeedbackItem:
    """Write down in English what the tester said; the original words stay as they are."""
    locked = _locked(item)
    permissions.require(by, "feedback.triage", locked.rollout)
    wanted = translation.strip()[:LONGEST_REPORT]
    if locked.translation == wanted:
        return locked
    locked.translation = wanted
    locked.translated_by, locked.translated_at = (by, clock.now()) if wanted else (None, None)
    locked.save(update_fields=["translation", "translated_by", "translated_at"])
    record(actor=by, verb="feedback.translated", obj=locked, scope=locked.rollout.uuid)
    return locked


@transaction.atomic
def comment_on_item(*, item: FeedbackItem, by: User, text: str) -> Comment:
    """Add a note for the team. The tester never sees it."""
    permissions.require(by, "feedback.triage", item.rollout)
    if not text.strip():
        raise Refused(_("Write the note first."))
    made = Comment.objects.create(item=item, text=text.strip()[:LONGEST_REPORT], by=by, at=clock.now())
    record(actor=by, verb="feedback.noted", obj=item, scope=item.rollout.uuid)
    return made


@transaction.atomic
def answer_tester(*, item: FeedbackItem, by: User, text: str) -> Reply:
    """Write to the tester who reported it, once per press of the button, in the words given."""
    locked = _locked(item)
    permissions.require(by, "feedback.reply", locked.rollout)
    words = text.strip()
    reason = why_no_answer(locked)
    if reason:
        raise Refused(reason)
    if not words:
        raise Refused(_("Write the answer first."))
    if len(words) > LONGEST_REPLY:
        raise Refused(
            _("An answer has at most %(limit)s characters; this one has %(n)s.")
            % {"limit": LONGEST_REPLY, "n": len(words)}
        )
    assert locked.reporter is not None
    person, now = locked.reporter.person, clock.now()
    newest = locked.replies.order_by("-pk").first()
    if newest is not None and newest.text == words:
        raise Refused(_("This answer was sent already."))
    try:
        message = outbox.enqueue(
            key=f"feedback:{locked.uuid}:answer:{locked.replies.count() + 1}",
            template=ANSWER_TEMPLATE,
            kind=MessageKind.ANSWER,
            scope=locked.rollout.uuid,
            to=person.email,
            to_name=person.name,
            language=locked.language,
            time_zone=person.time_zone,
            reference=locked.reporter.uuid,
            params={
                "product": locked.rollout.product or locked.rollout.name,
                "number": locked.label,
                "answer": words,
            },
        )
    except TemplateIncomplete as error:
        raise Refused(error.message) from error
    reply = Reply.objects.create(
        item=locked, text=words, language=locked.language, message=message, by=by, at=now
    )
    record(
        actor=by,
        verb="feedback.answered",
        obj=locked,
        scope=locked.rollout.uuid,
        after={"language": locked.language, "message": message.uuid},
    )
    return reply


def why_no_answer(item: FeedbackItem) -> str:
    """Return why nobody can be written to about an item; empty when somebody can."""
    reporter = item.reporter
    if reporter is None:
        return _("There is no tester to answer: the report was entered without one.")
    if reporter.state in GONE or reporter.opted_out_at is not None or not reporter.person.email:
        return _("%s has left the test and is not written to.") % reporter.label
    if not item.may_ask_back:
        return _("%s did not agree to be written to about this report.") % reporter.label
    return ""


# --- The one way to move an item ---------------------------------------------------------------------------


def _locked(item: FeedbackItem) -> FeedbackItem:
    return (
        FeedbackItem.objects.select_for_update(of=("self",))
        .select_related("rollout", "reporter__person", "assignee")
        .get(pk=item.pk)
    )


def _act(item: FeedbackItem, verb: ItemVerb, by: User, reason: str) -> FeedbackItem:
    move = ITEM_MOVES[verb]
    _require_source(item, verb)
    _require_reason(verb, reason)
    before = _facts(item)
    item.state = move.to or item.state
    return _moved(item, verb, before, by, reason)


def _point_to(item: FeedbackItem, target: FeedbackItem, by: User, reason: str) -> FeedbackItem:
    if item.state != ItemState.DUPLICATE:
        _require_source(item, ItemVerb.MERGE)
    before = _facts(item)
    item.state, item.duplicate_of = ItemState.DUPLICATE, target
    return _moved(item, ItemVerb.MERGE, before, by, reason)


def _moved(
    item: FeedbackItem, verb: ItemVerb, before: Mapping[str, Any], by: User, reason: str
) -> FeedbackItem:
    """Save a changed item, note the transition, tell the team where a rule says so, record."""
    now = clock.now()
    item.changed_at = now
    item.save()
    _note(item, verb, before["state"], by, reason, now)
    tell_team(item, now)
    record(
        actor=by,
        verb=_PAST[verb],
        obj=item,
        scope=item.rollout.uuid,
        reason=reason,
        before=dict(before),
        after=_facts(item),
    )
    return item


_PAST: Final = {
    ItemVerb.CLASSIFY: "feedback.judged",
    ItemVerb.START: "feedback.started",
    ItemVerb.WAIT: "feedback.waiting",
    ItemVerb.RESOLVE: "feedback.resolved",
    ItemVerb.VERIFY: "feedback.verified",
    ItemVerb.CLOSE: "feedback.closed",
    ItemVerb.DECLINE: "feedback.declined",
    ItemVerb.MERGE: "feedback.merged",
    ItemVerb.SPLIT: "feedback.split",
    ItemVerb.REOPEN: "feedback.reopened",
}


def _note(
    item: FeedbackItem, verb: ItemVerb, before: str, by: User | None, reason: str, now: datetime
) -> None:
    FeedbackItemTransition.objects.create(
        item=item,
        verb=verb,
        from_state=before,
        to_state=item.state,
        kind=item.kind,
        area=item.area,
        severity=item.severity,
        duplicate_of=item.duplicate_of,
        at=now,
        by=by,
        reason=reason.strip(),
    )


def _facts(item: FeedbackItem) -> dict[str, Any]:
    return {
        "state": item.state,
        "kind": item.kind,
        "area": item.area,
        "severity": item.severity,
        "duplicate_of": item.duplicate_of.label if item.duplicate_of else None,
    }


def _require_source(item: FeedbackItem, verb: ItemVerb) -> None:
    if item.state not in ITEM_MOVES[verb].sources:
        raise WrongState(
            _("%(item)s is %(state)s; “%(verb)s” does not apply to it.")
            % {"item": item.label, "state": item.get_state_display().lower(), "verb": str(verb.label)}
        )


def _require_reason(verb: ItemVerb, reason: str) -> None:
    if ITEM_MOVES[verb].needs_reason and not reason.strip():
        raise Refused(_("Say why. The reason stands in the record."))


def _is_lower(before: str, after: str) -> bool:
    if not before:
        return False
    if not after:
        return True
    return _WORST_FIRST.index(Severity(after)) > _WORST_FIRST.index(Severity(before))
