"""How every page of a rollout begins: who is asking, what they may do here, and what the frame shows.

The face, for the pages of all rooms::

    @require_safe
    @rollout_page("rollout.view")
    def participants(request: HttpRequest, here: Here) -> HttpResponse:
        return here.render("cohorts/participants.html", title=_("Participants"), rows=...)

- Not signed in: to the login page, and back by GET.
- No role in the rollout: 404, as for a rollout that does not exist.
- A role, but not for this act: a 403 page that says which role can and who has it. The same page answers
  a `PermissionRefused` that the view does not catch itself.
- `here.may("phase.start")` asks the permission table without another query; `here.why_not(act)` gives
  the sentence that belongs beside a verb that is missing.
- `attempt(form, lambda: service(...))` puts a refusal onto the form; `here.done(said, url)` follows an act.
- `here.render(template, **context)` adds what every page needs: rollout, rights, the running phase,
  crumbs. Templates extend "phases/page.html"; bands, Stop… and the sidebar come from the frame by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from phases import permissions
from phases.exceptions import PermissionRefused, Refused
from phases.models import Phase, Rollout
from phases.permissions import Rights
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the way to a page; the last one, the page itself, has no address."""

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Here:
    """A rollout as one reader opened it.

    :ivar running: the phases that run, in the plan's order, held ones included.
    :ivar now: the business moment of the request, UTC; read once.
    """

    request: HttpRequest
    user: User
    rollout: Rollout
    rights: Rights
    running: tuple[Phase, ...]
    now: datetime

    @property
    def phase(self) -> Phase | None:
        """The phase that runs: the newest in the plan's order where two overlap."""
        return self.running[-1] if self.running else None

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the plan; pages say times in it."""
        return self.rollout.zone

    @property
    def today(self) -> date:
        """The calendar day in the rollout's zone."""
        return self.now.astimezone(self.zone).date()

    def may(self, act: str) -> bool:
        """Whether the reader may do `act` here; asks no database."""
        return self.rights.may(act)

    def require(self, act: str) -> None:
        """Answer with the page that says who can, when the reader may not do `act`."""
        if not self.may(act):
            raise PermissionRefused(permissions.refusal(act, self.rollout))

    def why_not(self, act: str) -> str:
        """Which role can do `act` and who has it; empty when the reader may. One query when not."""
        return "" if self.may(act) else permissions.refusal(act, self.rollout)

    def url(self, name: str, *args: object) -> str:
        """Return the address of a page of this rollout by its full name: `here.url("phases:gate", "2")`."""
        return reverse(name, args=[self.rollout.slug, *args])

    def context(
        self, *, title: str, crumbs: Sequence[Crumb] = (), crumb: str = "", **more: Any
    ) -> dict[str, Any]:
        """Return what a template of this rollout gets; `crumbs` are those between rollout and page.

        :param crumb: what the page is called at the end of the way, where its title repeats the step before.
        """
        own = [Crumb(self.rollout.name, address("console:cockpit", self.rollout.slug)), *crumbs]
        return {
            "title": title,
            "rollout": self.rollout,
            "rights": self.rights,
            "phase": self.phase,
            "frame_now": self.now,
            "today": self.today,
            "crumbs": [
                Crumb(_("All rollouts"), address("console:rollouts")),
                *(own if title != self.rollout.name else crumbs),
                Crumb(crumb or title),
            ],
            **more,
        }

    def render(
        self,
        template: str,
        *,
        title: str,
        crumbs: Sequence[Crumb] = (),
        status: int = 200,
        **more: Any,
    ) -> HttpResponse:
        """Answer with a page of this rollout."""
        return render(self.request, template, self.context(title=title, crumbs=crumbs, **more), status=status)

    def done(self, said: str, url: str) -> HttpResponse:
        """Say what was done, on the page that follows."""
        messages.success(self.request, said)
        return redirect(url)


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, for a form that is bound by a POST, be it empty; None on a GET."""
    return request.POST if request.method == "POST" else None


def attempt(form: forms.BaseForm, act: Callable[[], object]) -> bool:
    """Do what a valid form asks for. A refusal lands on the form, which keeps its text; False then."""
    try:
        act()
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return False
    return True


def address(name: str, *args: object) -> str:
    """Return the address of a page, or "" while no room has made it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def open_rollout(request: HttpRequest, slug: str, act: str = "rollout.view") -> Here:
    """Open the rollout called `slug` for the one who is signed in, in three queries.

    :raises Http404: when there is none, or the person has no role in it: both look the same.
    :raises PermissionRefused: when the person has a role but may not do `act`; the message says who can.
    """
    user = request.user
    rollout = Rollout.objects.filter(slug=slug).first() if isinstance(user, User) else None
    if rollout is None or not isinstance(user, User):
        raise Http404
    rights = permissions.rights(user, rollout)
    if not rights.may("rollout.view"):
        raise Http404
    if not rights.may(act):
        raise PermissionRefused(permissions.refusal(act, rollout))
    return Here(
        request=request, user=user, rollout=rollout, rights=rights, running=_running(rollout), now=clock.now()
    )


def rollout_page(
    act: str = "rollout.view",
) -> Callable[
    [Callable[Concatenate[HttpRequest, Here, P], HttpResponseBase]], Callable[..., HttpResponseBase]
]:
    """Open the rollout in the address before the view runs, and hand it over as `here`.

    The act can be read from the view (`view.act`), for the test that walks the permission table.
    """

    def decorate(
        view: Callable[Concatenate[HttpRequest, Here, P], HttpResponseBase],
    ) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def opened(request: HttpRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path() if request.method == "GET" else "/console/")
            try:
                here = open_rollout(request, slug, act)
                return view(request, here, *args, **kwargs)
            except PermissionRefused as refusal:
                return refused(open_rollout(request, slug), refusal)

        opened.act = act  # type: ignore[attr-defined]
        return opened

    return decorate


def refused(here: Here, refusal: PermissionRefused) -> HttpResponse:
    """Answer with the page that says which role can do this and who has it."""
    return here.render("phases/refused.html", title=_("Not yours to do"), refusal=refusal.message, status=403)


def _running(rollout: Rollout) -> tuple[Phase, ...]:
    phases = rollout.phases.running().select_related("held_by", "base").order_by("position", "pk")
    for phase in phases:
        phase.rollout = rollout
    return tuple(phases)
