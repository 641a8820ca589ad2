"""Feedback in the console: the inbox, one item beside it, merging."""

from collections.abc import Callable
from typing import Any, Final

from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from feedback import services
from feedback.forms import JudgeForm, MergeForm
from feedback.models import FeedbackItem
from feedback.pages import inbox as pages
from feedback.services import Judged
from feedback.services.items import why_no_answer
from feedback.states import ITEM_MOVES, ItemState, ItemVerb
from feedback.views import keys
from phases.exceptions import Refused
from phases.views.base import Crumb, Here, rollout_page


@require_safe
@rollout_page("feedback.view")
def inbox(request: HttpRequest, here: Here) -> HttpResponse:
    """A queue of reports: what may stop the gate first, then what has waited longest."""
    return _page(here, None)


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("feedback.view")
def item(request: HttpRequest, here: Here, number: int) -> HttpResponse:
    """One report beside its queue. POST does one thing, or says what a judgement would do."""
    found = _item(here, number)
    if request.method != "POST":
        return _page(here, found)
    act = request.POST.get("act", "")
    if act == "look":
        here.require("feedback.triage")
        return _page(here, found, JudgeForm(request.POST, initial=_initial(found)), looks=True)
    if act not in _ACTS and act not in {verb.value for verb in ITEM_MOVES}:
        raise Http404
    here.require("feedback.triage")
    if act == "answer":
        here.require("feedback.reply")
    form = JudgeForm(request.POST, initial=_initial(found))
    if act in _JUDGING and not form.is_valid():
        return _page(here, found, form)
    try:
        with transaction.atomic():
            said = _ACTS.get(act, _move)(here, found, form)
    except Refused as refusal:
        form.is_valid()
        form.add_error(None, refusal.message)
        return _page(here, found, form)
    return here.done(said, _address(here, found))


def _save(here: Here, item: FeedbackItem, form: JudgeForm) -> str:
    """Judge and translate."""
    told = form.cleaned_data
    judged = Judged(told["kind"], told["area"], told["severity"])
    if told["translation"].strip() != item.translation:
        services.translate_item(item=item, by=here.user, translation=told["translation"])
    if item.state != ItemState.DUPLICATE:
        services.judge_item(item=item, by=here.user, judged=judged, reason=told["reason"])
    return _("%s is saved.") % item.label


def _save_and_answer(here: Here, item: FeedbackItem, form: JudgeForm) -> str:
    _save(here, item, form)
    services.answer_tester(item=item, by=here.user, text=form.cleaned_data["reply"])
    return _("%s is saved, and the answer is on its way.") % item.label


def _note(here: Here, item: FeedbackItem, form: JudgeForm) -> str:
    services.comment_on_item(item=item, by=here.user, text=here.request.POST.get("note", ""))
    return _("The note is added.")


def _take(here: Here, item: FeedbackItem, form: JudgeForm) -> str:
    services.assign_item(item=item, by=here.user, to=here.user)
    return _("%s is yours.") % item.label


def _give_back(here: Here, item: FeedbackItem, form: JudgeForm) -> str:
    services.assign_item(item=item, by=here.user, to=None)
    return _("%s is nobody’s now.") % item.label


def _split(here: Here, item: FeedbackItem, form: JudgeForm) -> str:
    services.split_item(item=item, by=here.user, reason=here.request.POST.get("why", ""))
    return _("%s stands for itself again.") % item.label


def _move(here: Here, item: FeedbackItem, form: JudgeForm) -> str:
    verb = ItemVerb(here.request.POST["act"])
    if verb in (ItemVerb.CLASSIFY, ItemVerb.MERGE, ItemVerb.SPLIT):
        raise Http404
    moved = services.move_item(item=item, by=here.user, verb=verb, reason=here.request.POST.get("why", ""))
    return _("%(item)s: %(state)s.") % {"item": item.label, "state": moved.get_state_display()}


_JUDGING: Final = ("save", "answer")
_ACTS: Final[dict[str, Callable[[Here, FeedbackItem, JudgeForm], str]]] = {
    "save": _save,
    "answer": _save_and_answer,
    "note": _note,
    "take": _take,
    "give_back": _give_back,
    "split": _split,
}


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("feedback.triage")
def merge(request: HttpRequest, here: Here, number: int) -> HttpResponse:
    """Merge a report into another: both sides, what happens, one button."""
    found = _item(here, number)
    form = MergeForm(request.POST or request.GET or None)
    other = _other(here, form) if form.is_valid() else None
    if form.is_bound and form.is_valid() and other is None:
        form.add_error("into", _("There is no such report in this rollout."))
    if request.method == "POST" and other is not None:
        try:
            services.merge_item(item=found, into=other, by=here.user, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            return here.done(
                _("%(item)s is merged into %(other)s.") % {"item": found.label, "other": other.label},
                _address(here, other),
            )
    return here.render(
        "feedback/merge.html",
        title=_("Merge %s") % found.label,
        crumbs=_crumbs(here, found),
        item=found,
        other=other,
        form=form,
        sides=[_side(one) for one in (found, other) if one is not None],
        back=_address(here, found),
        steps=[
            _("The words of both stay as they are."),
            _("They count as one defect; each person counts once."),
            _("It can be undone, with a reason."),
        ],
    )


@require_safe
@rollout_page("feedback.view")
def picture(request: HttpRequest, here: Here, number: int) -> HttpResponseBase:
    """The picture of a report."""
    found = _item(here, number)
    if found.picture is None or not found.picture.content:
        raise Http404
    response = FileResponse(found.picture.content.open(), content_type=found.picture.content_type)
    response["Content-Disposition"] = f'inline; filename="{found.label}-{found.picture.name}"'
    response["Cache-Control"] = "no-store"
    return response


# --- Parts ---------------------------------------------------------------------------------------------


def _page(
    here: Here, item: FeedbackItem | None, form: JudgeForm | None = None, *, looks: bool = False
) -> HttpResponse:
    """Answer with the inbox; `looks`: the reader asked what a judgement would do, and nothing is saved."""
    tabs = pages.queues(here.rollout, here.user)
    key = here.request.GET.get("queue", "new" if tabs[0].count else "open")
    key = key if key in pages.QUEUES else "open"
    listed = pages.read_page(here.rollout, key, here.user, here.request.GET.get("after", ""))
    context: dict[str, Any] = {
        "tabs": tabs,
        "queue": key,
        "listed": listed,
        "verdict": pages.list_verdict(tabs),
        "item": item,
        "keys": keys.are_on(here),
    }
    if item is None:
        may_enter = here.may("feedback.enter")
        return here.render("feedback/inbox.html", title=_("Feedback"), **context, may_enter=may_enter)
    return here.render(
        "feedback/item.html",
        title=item.label,
        crumbs=[Crumb(_("Feedback"), here.url("feedback:feedback"))],
        **context,
        looks=looks,
        **_reader(here, item, form or JudgeForm(initial=_initial(item))),
    )


def _reader(here: Here, item: FeedbackItem, form: JudgeForm) -> dict[str, Any]:
    """Return what stands beside the list: the item and what a decision about it needs."""
    may_triage = here.may("feedback.triage")
    return {
        "form": form,
        "effects": pages.effects(item, _judged(form, item)) if may_triage else [],
        "same": pages.perhaps_the_same(item) if may_triage else None,
        "people": pages.people_behind(item),
        "duplicates": list(item.duplicates.order_by("number")),
        "moves": pages.verbs_of(item) if may_triage else [],
        "notes": list(item.comments.select_related("by")),
        "answers": pages.answers_to(item),
        "history": list(item.transitions.select_related("by")[:20]),
        "may_triage": may_triage,
        "why_not_triage": here.why_not("feedback.triage"),
        "may_reply": here.may("feedback.reply"),
        "why_no_answer": why_no_answer(item),
    }


def _judged(form: JudgeForm, item: FeedbackItem) -> Judged:
    """Return what the form says now, right or wrong; the item's own facts where it says nothing usable."""
    if form.is_bound:
        form.is_valid()
        told = getattr(form, "cleaned_data", {})
        if "kind" in told:
            return Judged(told["kind"], told.get("area", ""), told.get("severity", ""))
    return Judged(item.kind, item.area, item.severity)  # type: ignore[arg-type]


def _initial(item: FeedbackItem) -> dict[str, str]:
    return {
        "kind": item.kind,
        "area": item.area,
        "severity": item.severity,
        "translation": item.translation,
    }


def _item(here: Here, number: int) -> FeedbackItem:
    rows = FeedbackItem.objects.select_related(
        "reporter__person", "phase", "assignee", "duplicate_of", "picture", "translated_by"
    )
    found = rows.filter(rollout=here.rollout, number=number).first()
    if found is None:
        raise Http404
    found.rollout = here.rollout
    return found


def _other(here: Here, form: MergeForm) -> FeedbackItem | None:
    rows = FeedbackItem.objects.filter(rollout=here.rollout, number=form.cleaned_data["into"])
    return rows.select_related("reporter").first()


def _side(item: FeedbackItem) -> dict[str, Any]:
    return {"item": item, "people": pages.people_behind(item)}


def _address(here: Here, item: FeedbackItem) -> str:
    return here.url("feedback:item", item.number)


def _crumbs(here: Here, item: FeedbackItem) -> list[Crumb]:
    return [
        Crumb(_("Feedback"), here.url("feedback:feedback")),
        Crumb(item.label, _address(here, item)),
    ]
