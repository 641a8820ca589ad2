"""What the frame of a page shows of the rollout that is open: its name, its phase, its bands, Stop….

Read once per request and kept on it, because sidebar, switcher and page ask for the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phases import permissions
from phases.models import Phase, ReadingFailure, Rollout
from phases.states import Intake, PhaseState, RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.console.addresses import address
from rollout_portal.lib import clock, words

# More rollouts than these do not fit into a menu; the list of all rollouts has the rest.
SWITCHER_LENGTH = 20
STOP_ACTS = ("phase.hold", "phase.stop_intake", "phase.shrink", "phase.roll_back")


@dataclass(frozen=True)
class Band:
    """A sentence under the top bar: `kind` is held, rolled-back or system; the link is the way out."""

    kind: str
    text: str
    url: str = ""
    link: str = ""


BandSource = Callable[[HttpRequest, Rollout | None], Iterable[Band]]
_band_sources: list[BandSource] = []


def band_source(source: BandSource) -> BandSource:
    """Register a function that adds bands to every page, for instance one on sending that is paused."""
    _band_sources.append(source)
    return source


class Frame:
    """The open rollout as one reader sees it. Attributes are read when first asked for."""

    def __init__(self, request: HttpRequest, slug: str = "") -> None:
        self.request = request
        self.slug = slug or slug_of(request)
        self.now = clock.now()

    @cached_property
    def user(self) -> User | AnonymousUser:
        user: User | AnonymousUser = getattr(self.request, "user", AnonymousUser())
        return user

    @cached_property
    def rollouts(self) -> list[Rollout]:
        """The rollouts that the reader may open, by name; at most as many as fit into the switcher."""
        if not isinstance(self.user, User) or not self.user.is_active:
            return []
        shown = Rollout.objects.visible_to(self.user)
        return list(shown.exclude(state=RolloutState.DISCARDED)[:SWITCHER_LENGTH])

    @cached_property
    def rollout(self) -> Rollout | None:
        """The rollout in whose pages the reader is, found by the `slug` of the address.

        Outside of any rollout it is the only one that the reader has, so that the sidebar leads somewhere.
        """
        slug = self.slug
        if not slug:
            return self.rollouts[0] if len(self.rollouts) == 1 else None
        for rollout in self.rollouts:
            if rollout.slug == slug:
                return rollout
        if not isinstance(self.user, User):
            return None
        return Rollout.objects.visible_to(self.user).filter(slug=slug).first()

    @cached_property
    def rights(self) -> permissions.Rights | None:
        """What the reader may do in the open rollout."""
        return permissions.rights(self.user, self.rollout) if self.rollout else None

    def may(self, act: str) -> bool:
        """Tell whether the reader may do `act` here; an act that no room has registered is nobody's."""
        return self.rights is not None and act in permissions.acts() and self.rights.may(act)

    @cached_property
    def phases(self) -> list[Phase]:
        """All phases of the open rollout in the plan's order, parts included."""
        if self.rollout is None:
            return []
        return list(self.rollout.phases.select_related("held_by", "parent").order_by("position", "pk"))

    @cached_property
    def line(self) -> str:
        """Where the rollout stands: "Phase 2 of 5 · running", or its own state while nothing runs."""
        if self.rollout is None:
            return ""
        stages = [phase for phase in self.phases if phase.parent_id is None]
        running = [number for number, phase in enumerate(stages, 1) if phase.is_running]
        if not running:
            return str(self.rollout.get_state_display())
        held = stages[running[-1] - 1].is_held
        return _("Phase %(number)s of %(whole)s · %(state)s") % {
            "number": running[-1],
            "whole": len(stages),
            "state": _("on hold") if held else _("running"),
        }

    @cached_property
    def stop_url(self) -> str:
        """Where "Stop…" leads: whoever may do one of the four stopping verbs sees it on every page."""
        if self.rollout is None or not any(self.may(act) for act in STOP_ACTS):
            return ""
        return address("stop", self.rollout.slug)

    def bands(self) -> list[Band]:
        """What holds the open rollout back, and what the system has to say."""
        found = [band for phase in self.phases for band in self._bands_of(phase)] + self._unread()
        return found + [band for source in _band_sources for band in source(self.request, self.rollout)]

    def _bands_of(self, phase: Phase) -> Iterable[Band]:
        if phase.held_at is not None:
            yield Band("held", self._held(phase), *self._way_out("resume", "phase.resume", _("Resume…")))
        elif phase.state == PhaseState.ROLLED_BACK:
            yield Band("rolled-back", _("%(phase)s was rolled back.") % {"phase": phase.name})
        elif phase.is_running and phase.intake == Intake.STOPPED:
            text = _("Intake of %(phase)s is stopped: who is in stays, nobody new.") % {"phase": phase.name}
            yield Band("held", text)

    def _unread(self) -> list[Band]:
        """Say which criteria of a gate ahead cannot be read: until somebody mends it, the gate stays shut."""
        failing = ReadingFailure.objects.filter(criterion__rollout=self.rollout, ended_at__isnull=True)
        rows = list(failing.select_related("criterion__gate").order_by("since", "pk"))
        if not rows or self.rollout is None:
            return []
        first = rows[0]
        text = ngettext(
            "“%(rule)s” cannot be read since %(since)s. It does not count, so its gate stays shut.",
            "“%(rule)s” and %(more)s more cannot be read, the first since %(since)s. They do not count.",
            len(rows),
        ) % {
            "rule": first.criterion.text,
            "more": len(rows) - 1,
            "since": words.short(first.since, self.rollout.time_zone, now=self.now),
        }
        url = reverse("phases:gate", args=[self.rollout.slug, first.criterion.gate.code])
        return [Band("system", text, url, _("Open the gate"))]

    def _held(self, phase: Phase) -> str:
        zone = self.rollout.time_zone if self.rollout else "UTC"
        since = words.short(phase.held_at, zone, now=self.now) if phase.held_at else ""
        who = phase.held_by.get_short_name() if phase.held_by else _("the portal")
        return _("%(phase)s is on hold since %(since)s by %(who)s: “%(why)s”. Nothing goes out.") % {
            "phase": phase.name,
            "since": since,
            "who": who,
            "why": phase.held_because,
        }

    def _way_out(self, page: str, act: str, title: str) -> tuple[str, str]:
        url = address(page, self.rollout.slug) if self.rollout and self.may(act) else ""
        return (url, title) if url else ("", "")

    def context(self) -> dict[str, Any]:
        """The values for a template. What concerns one rollout is empty on pages outside of any."""
        inside = bool(self.slug)
        rollout = self.rollout
        return {
            "frame_now": self.now,
            "open_slug": rollout.slug if rollout else "",
            "rollout": rollout if inside else None,
            "switcher": self._switcher(),
            "stop_url": self.stop_url if inside else "",
            "bands": self.bands() if inside else self._system_bands(),
        }

    def _system_bands(self) -> list[Band]:
        return [band for source in _band_sources for band in source(self.request, None)]

    def _switcher(self) -> dict[str, str] | None:
        if self.rollout is not None:
            return {"title": self.rollout.name, "line": self.line}
        return {"title": _("Choose a rollout"), "line": ""} if self.rollouts else None


def of(request: HttpRequest, slug: str = "") -> Frame:
    """The frame of this request, made once. `slug` names the rollout where the address does not."""
    kept: Frame | None = getattr(request, "_console_frame", None)
    if kept is None:
        kept = Frame(request, slug)
        request._console_frame = kept  # type: ignore[attr-defined]
    return kept


def slug_of(request: HttpRequest) -> str:
    """The slug of the rollout that the page belongs to, from its address; empty outside of a rollout."""
    match = request.resolver_match
    return str(match.kwargs["slug"]) if match and "slug" in match.kwargs else ""
