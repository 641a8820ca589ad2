"""The record in sentences: who did what, to what, and why."""

from collections.abc import Mapping
from typing import Final

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollout_portal.audit.models import AuditEvent

# Rooms add their verbs with `words_for`; a verb without words is shown by its name.
_words: Final[dict[str, str | Promise]] = {
    "rollout.imported": gettext_lazy("imported the plan of %(object)s"),
    "rollout.started": gettext_lazy("started the rollout"),
    "finding.accepted": gettext_lazy("accepted what the plan contradicts: %(object)s"),
    "finding.reopened": gettext_lazy("opened a contradiction of the plan again: %(object)s"),
    "rollout.closed": gettext_lazy("closed the rollout"),
    "rollout.discarded": gettext_lazy("discarded the draft"),
    "role.given": gettext_lazy("gave a role: %(object)s"),
    "role.ended": gettext_lazy("ended a role: %(object)s"),
    "phase.prepared": gettext_lazy("prepared %(object)s"),
    "phase.ready_to_start": gettext_lazy("gave %(object)s its start"),
    "phase.started": gettext_lazy("started %(object)s"),
    "phase.completed": gettext_lazy("completed %(object)s"),
    "phase.reopened": gettext_lazy("reopened %(object)s"),
    "phase.skipped": gettext_lazy("skipped %(object)s"),
    "phase.held": gettext_lazy("held %(object)s"),
    "phase.resumed": gettext_lazy("resumed %(object)s"),
    "phase.intake_stopped": gettext_lazy("stopped the intake of %(object)s"),
    "phase.intake_opened": gettext_lazy("opened the intake of %(object)s"),
    "phase.shrunk": gettext_lazy("shrank %(object)s"),
    "phase.rolled_back": gettext_lazy("rolled back %(object)s"),
    "phase.stop_effect_dropped": gettext_lazy("gave up an effect of an earlier stop of %(object)s"),
    "gate.signatures_requested": gettext_lazy("asked for the signatures of %(object)s"),
    "gate.request_withdrawn": gettext_lazy("took back the question for signatures of %(object)s"),
    "gate.signed": gettext_lazy("signed %(object)s"),
    "criterion.judged": gettext_lazy("judged “%(object)s”"),
    "criterion.waived": gettext_lazy("waived “%(object)s”"),
    "criterion.waiver_ended": gettext_lazy("ended the waiver of “%(object)s”"),
    "criterion.changed": gettext_lazy("changed “%(object)s”"),
    "baseline.recorded": gettext_lazy("recorded the baseline %(object)s"),
    "checklist_item.done": gettext_lazy("ticked “%(object)s”"),
    "checklist_item.not_applicable": gettext_lazy("marked “%(object)s” as not applicable"),
    "checklist_item.reopened": gettext_lazy("opened “%(object)s” again"),
    "token.created": gettext_lazy("made the API token “%(object)s”"),
    "token.revoked": gettext_lazy("revoked the API token “%(object)s”"),
    "import.file_read": gettext_lazy("read a list of people"),
    "import.checked": gettext_lazy("checked a list of people"),
    "import.imported": gettext_lazy("imported a list of people"),
    "import.stopped": gettext_lazy("stopped an import"),
    "import.stop_asked": gettext_lazy("asked to stop an import"),
    "participant.left": gettext_lazy("left: %(object)s"),
    "participant.erased": gettext_lazy("erased %(object)s"),
    "person.corrected": gettext_lazy("corrected %(object)s"),
    "person.revealed": gettext_lazy("looked at the name behind %(object)s"),
    "consent.given": gettext_lazy("gave a consent: %(object)s"),
    "consent.withdrawn": gettext_lazy("withdrew a consent: %(object)s"),
    "selection.drawn": gettext_lazy("drew %(object)s"),
    "selection.sent_for_approval": gettext_lazy("sent %(object)s for approval"),
    "selection.approved": gettext_lazy("approved %(object)s"),
    "selection.returned": gettext_lazy("gave %(object)s back"),
    "selection.discarded": gettext_lazy("threw away %(object)s"),
    "selection.reallocated": gettext_lazy("gave open seats of %(object)s to others"),
    "selection.admitted": gettext_lazy("let in the people of %(object)s"),
    "phase.seats_ended": gettext_lazy("ended seats in %(object)s"),
    "batch.drafted": gettext_lazy("prepared %(object)s"),
    "batch.approved": gettext_lazy("approved %(object)s: its invitations go out"),
    "batch.held": gettext_lazy("held %(object)s"),
    "batch.resumed": gettext_lazy("resumed %(object)s"),
    "batch.cancelled": gettext_lazy("took back %(object)s"),
    "invitation.accepted": gettext_lazy("accepted an invitation"),
    "invitation.declined": gettext_lazy("declined an invitation"),
    "template.written": gettext_lazy("wrote the text “%(object)s”"),
    "cap.set": gettext_lazy("set a sending limit: %(object)s"),
    "address.blocked": gettext_lazy("blocked an address"),
    "address.unblocked": gettext_lazy("unblocked an address"),
    "message.marked_sent": gettext_lazy("marked a message as sent"),
    "message.sent_again": gettext_lazy("sent a message again"),
    "message.addresses_erased": gettext_lazy("erased the addresses of messages"),
    "metric.changed": gettext_lazy("changed the metric %(object)s"),
    "target.added": gettext_lazy("added a target: %(object)s"),
    "target.changed": gettext_lazy("changed a target: %(object)s"),
    "survey_version.begun": gettext_lazy("began a new version: %(object)s"),
    "survey_version.published": gettext_lazy("published %(object)s"),
    "question.changed": gettext_lazy("changed the question %(object)s"),
    "occasion.opened": gettext_lazy("opened %(object)s"),
    "occasion.closed": gettext_lazy("closed %(object)s"),
    "feedback.reported": gettext_lazy("took in %(object)s"),
    "feedback.judged": gettext_lazy("judged %(object)s"),
    "feedback.assigned": gettext_lazy("assigned %(object)s"),
    "feedback.started": gettext_lazy("began work on %(object)s"),
    "feedback.waiting": gettext_lazy("asked the tester about %(object)s"),
    "feedback.resolved": gettext_lazy("resolved %(object)s"),
    "feedback.verified": gettext_lazy("verified %(object)s"),
    "feedback.closed": gettext_lazy("closed %(object)s"),
    "feedback.declined": gettext_lazy("declined %(object)s"),
    "feedback.merged": gettext_lazy("merged %(object)s"),
    "feedback.split": gettext_lazy("took %(object)s apart again"),
    "feedback.reopened": gettext_lazy("reopened %(object)s"),
    "feedback.answered": gettext_lazy("answered %(object)s"),
    "feedback.noted": gettext_lazy("noted something on %(object)s"),
    "feedback.translated": gettext_lazy("translated %(object)s"),
    "readings.recorded": gettext_lazy("recorded readings"),
    "reading.corrected": gettext_lazy("corrected a reading of %(object)s"),
}


def words_for(verbs: Mapping[str, str | Promise]) -> None:
    """Give the verbs of a room their words, with %(object)s where the object's name goes."""
    _words.update(verbs)


# What comes in all day long stands on the record, and is no news.
ROUTINE: Final = ("readings.recorded",)


def decided() -> QuerySet[AuditEvent]:
    """Return the entries that are news to somebody, newest first."""
    return AuditEvent.objects.exclude(verb__in=ROUTINE)


def has_words(verb: str) -> bool:
    """Tell whether a verb reads as a sentence."""
    return verb in _words


def actor_of(event: AuditEvent) -> str:
    """Return who acted: a person, or the portal with its cause."""
    return str(event.actor) if event.actor is not None else _("The portal (%s)") % event.cause


def act_of(event: AuditEvent) -> str:
    """Return what was done, in words."""
    known = _words.get(event.verb)
    if known is None:
        return f"{event.verb}: {event.object_label}"
    return str(known) % {"object": event.object_label}


def sentence_of(event: AuditEvent) -> str:
    """Return an entry as one sentence: "Aisyah Rahman signed Gate 2 to 3"."""
    return f"{actor_of(event)} {act_of(event)}"
