"""Messages of a rollout: what waits, what failed, what nobody knows, and the decision about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages as notes
from django.db.models import Count, Min, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from phases.exceptions import PermissionRefused
from phases.views.base import Crumb, Here, posted, rollout_page
from rollout_portal.console import texts
from rollout_portal.console.forms import ReasonForm
from rollout_portal.console.sending import mask, reason_words
from rollout_portal.outbox import decisions, templates, wordings
from rollout_portal.outbox.exceptions import OutboxError
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.querysets import MessageQuerySet
from rollout_portal.outbox.states import STOPPED, WAITING, MessageState

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Question:
    """One of the questions that the list answers, with the rows that answer it."""

    name: str
    title: str | Promise
    rows: Q


QUESTIONS: Final = (
    Question("uncertain", gettext_lazy("Uncertain"), Q(state=MessageState.UNCERTAIN, again__isnull=True)),
    Question("failed", gettext_lazy("Failed"), Q(state=MessageState.FAILED, again__isnull=True)),
    Question("waiting", gettext_lazy("Waiting"), Q(state__in=WAITING)),
    Question("skipped", gettext_lazy("Not sent"), Q(state__in=STOPPED)),
    Question("sent", gettext_lazy("Sent"), Q(state=MessageState.SENT)),
)
_EXPLAINED: Final = {
    "uncertain": gettext_lazy(
        "The server may have taken them. Ask the person, mark as sent, or send again by your decision."
    ),
    "failed": gettext_lazy("The server refused them for good, or too often. No more tries are made."),
    "waiting": gettext_lazy("They leave by themselves, unless something holds them back."),
    "skipped": gettext_lazy("They were due, and something forbade them; they will not leave."),
    "sent": gettext_lazy("The server took them. Whether somebody read them is not known."),
}


@require_safe
@rollout_page("message.view")
def messages(request: HttpRequest, here: Here) -> HttpResponse:
    """One question at a time; without one asked, the first that has an answer."""
    rows = Message.objects.of_scope(here.rollout.uuid)
    counts = rows.aggregate(
        **{question.name: Count("pk", filter=question.rows) for question in QUESTIONS},
        next_due=Min("due_at", filter=Q(state=MessageState.QUEUED)),
    )
    asked = request.GET.get("show", "")
    shown = next((one for one in QUESTIONS if one.name == asked), None) or next(
        (one for one in QUESTIONS if counts[one.name]), QUESTIONS[2]
    )
    page = _page(rows.filter(shown.rows), request.GET.get("before", ""))
    blocking = [one for one in wordings.all_of(here.rollout.uuid) if one.missing]
    return here.render(
        "outbox/messages.html",
        title=_("Messages"),
        questions=[(one, counts[one.name]) for one in QUESTIONS],
        shown=shown,
        explained=_EXPLAINED[shown.name],
        rows=[_line(message) for message in page[:PAGE]],
        older=page[PAGE - 1].pk if len(page) > PAGE else None,
        tone="stale" if counts["uncertain"] or counts["failed"] else "met",
        sentence=_verdict(counts),
        next_due=counts["next_due"],
        blocked=texts.verdict(blocking) if blocking else None,
        on_file="EMAIL_URL" not in settings.MAIL_SERVERS and here.may("message.read"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("message.view")
def message(request: HttpRequest, here: Here, uuid: UUID) -> HttpResponse:
    """One message with everything that happened to it; a POST decides about it."""
    row = (
        Message.objects.of_scope(here.rollout.uuid)
        .filter(uuid=uuid)
        .select_related("version__template", "channel", "again", "again_of")
        .prefetch_related("version__texts", "events")
        .first()
    )
    if row is None:
        raise Http404
    form = ReasonForm(posted(request))
    if request.method == "POST":
        if not here.may("message.decide"):
            raise PermissionRefused(here.why_not("message.decide"))
        done = _decide(request, here, row, form)
        if done is not None:
            return done
    again = Message.objects.filter(again_of=row).first()
    open_ = again is None and row.state in (MessageState.UNCERTAIN, MessageState.FAILED)
    return here.render(
        "outbox/message.html",
        title=str(row),
        crumbs=[Crumb(_("Messages"), here.url("console:messages"))],
        message=row,
        again=again,
        form=form,
        facts=_facts(row),
        preview=templates.preview(row.version, row.language),
        can_mark=open_ and row.state == MessageState.UNCERTAIN,
        can_send=open_ and row.erased_at is None,
        may_decide=here.may("message.decide"),
        ask=here.why_not("message.decide") if open_ else "",
        tone={MessageState.SENT: "met", MessageState.UNCERTAIN: "stale"}.get(MessageState(row.state), "open"),
        sentence=_sentence(row),
        status=422 if form.errors else 200,
    )


def _decide(request: HttpRequest, here: Here, row: Message, form: ReasonForm) -> HttpResponse | None:
    verbs = {"mark_as_sent": decisions.mark_as_sent, "send_again": decisions.send_again}
    verb = verbs.get(request.POST.get("verb", ""))
    if verb is None or not form.is_valid():
        if verb is None:
            form.add_error(None, _("Choose what to do."))
        return None
    try:
        result = verb(message=row, by=here.user, reason=form.cleaned_data["reason"])
    except OutboxError as refusal:
        form.add_error(None, refusal.message)
        return None
    said = _("Marked as sent.") if result.pk == row.pk else _("It will be sent again as a new message.")
    notes.success(request, said)
    return redirect(here.url("console:message", result.uuid))


def _page(rows: MessageQuerySet, before: str) -> Sequence[Message]:
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    return list(rows.select_related("version__template").order_by("-pk")[: PAGE + 1])


def _line(row: Message) -> dict[str, Any]:
    return {
        "message": row,
        "to": mask(row.recipient),
        "because": reason_words(row.reason),
        "when": row.sent_at or row.handed_at or row.due_at,
    }


def _verdict(counts: dict[str, Any]) -> str:
    parts = []
    if counts["uncertain"]:
        parts.append(
            ngettext("%s message is uncertain", "%s messages are uncertain", counts["uncertain"])
            % counts["uncertain"]
        )
    if counts["failed"]:
        parts.append(ngettext("%s failed", "%s failed", counts["failed"]) % counts["failed"])
    if not parts:
        parts.append(_("Nothing needs a decision"))
    waiting = ngettext("%s waits", "%s wait", counts["waiting"]) % f"{counts['waiting']:,}"
    sent = ngettext("%s was sent", "%s were sent", counts["sent"]) % f"{counts['sent']:,}"
    return f"{', '.join(parts)}; {waiting}, {sent}."


def _sentence(row: Message) -> str:
    because = reason_words(row.reason)
    state = row.get_state_display()
    return f"{state}. {because}." if because else f"{state}."


def _facts(row: Message) -> list[dict[str, Any]]:
    return [
        {"name": _("To"), "value": mask(row.recipient) or _("erased")},
        {"name": _("Text"), "value": f"{row.version} ({row.language})"},
        {"name": _("If the answer is lost"), "value": row.get_policy_display()},
        {"name": _("Tries"), "value": row.attempts},
        {"name": _("By"), "value": row.channel},
        {"name": "Message-ID", "value": row.message_id},
    ]
