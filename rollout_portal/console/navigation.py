"""Sidebar, rollout switcher and palette: what leads where, as data and as callables of the request.

A page registers nothing here: its entry appears as soon as its address (`<room>:<name>`) exists and its
reader may open it. An entry whose page does not exist is never shown. What a badge counts and which objects
the palette finds by number is registered by the page's own module (`badge`, `finder`).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from phases.models import Rollout
from rollout_portal.console import frame
from rollout_portal.console.addresses import address

Text = str | Promise


@dataclass(frozen=True)
class Mark:
    """The number beside an entry; urgent ones are red, and only what is late is urgent."""

    text: str
    urgent: bool = False


@dataclass(frozen=True)
class Entry:
    """One line of the sidebar.

    `name` is the url name inside the namespace of its room, or a whole name with its own namespace; a
    `scoped` page takes the rollout's slug. `act` is the permission that the reader needs in the open rollout.
    """

    name: str
    title: Text
    icon: str
    act: str = "rollout.view"
    scoped: bool = True


@dataclass(frozen=True)
class Group:
    """A question that people come with."""

    title: Text
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Verb:
    """Something to do, found in the palette by its words. It opens the page that shows the consequence."""

    title: Text
    words: str
    name: str
    act: str
    query: str = ""


@dataclass(frozen=True)
class Found:
    """One line of the palette."""

    title: str
    note: str
    link: str


GROUPS = (
    Group(
        "",
        (
            Entry("start", _("Start"), "home", scoped=False),
            Entry("rollouts", _("All rollouts"), "apps", scoped=False),
        ),
    ),
    Group(
        _("This rollout"),
        (
            Entry("cockpit", _("Cockpit"), "speed"),
            Entry("timeline", _("Timeline"), "calendar_month"),
            Entry("gates", _("Gates"), "verified_user"),
            Entry("checklists", _("Checklists"), "checklist"),
        ),
    ),
    Group(
        _("People"),
        (
            Entry("participants", _("Participants"), "group", act="participant.view"),
            Entry("selections", _("Selections"), "filter_list", act="selection.view"),
            Entry("invitations", _("Invitations"), "send", act="invitation.view"),
            Entry("messages", _("Messages"), "mail", act="message.view"),
            Entry("texts", _("Message texts"), "edit_note"),
            Entry("limits", _("Sending limits"), "hourglass_top"),
        ),
    ),
    Group(
        _("Voice"),
        (
            Entry("surveys", _("Surveys"), "chat", act="survey.results"),
            Entry("feedback", _("Feedback"), "inbox", act="feedback.view"),
            Entry("announcements", _("Announcements"), "campaign", act="announcement.view"),
        ),
    ),
    Group(
        _("Safety"),
        (
            Entry("metrics", _("Metrics"), "monitoring"),
            Entry("triggers", _("Triggers"), "bolt", act="trigger.view"),
            Entry("runbooks", _("Runbooks"), "menu_book", act="trigger.view"),
            Entry("on_call", _("On call"), "call", act="contact.view"),
            Entry("flags", _("Flags"), "flag", act="flag.view"),
            Entry("incidents", _("Incidents"), "emergency_home"),
        ),
    ),
    Group(
        _("Record"),
        (
            Entry("reports", _("Reports"), "description"),
            Entry("plan", _("Plan document"), "article"),
            Entry("audit", _("Audit trail"), "history", act="audit.read"),
            Entry("members", _("People and roles"), "badge"),
            Entry("tokens", _("API tokens"), "key", act="token.manage"),
        ),
    ),
    Group("", (Entry("admin:index", _("All data"), "database", act="role.manage", scoped=False),)),
)


VERBS = (
    Verb(_("Hold…"), "hold pause stop freeze", "stop", "phase.hold", "verb=hold"),
    Verb(_("Stop intake…"), "stop intake close door", "stop", "phase.stop_intake", "verb=stop_intake"),
    Verb(_("Shrink…"), "shrink reduce fewer stop", "stop", "phase.shrink", "verb=shrink"),
    Verb(_("Roll back…"), "roll back rollback revert undo stop", "stop", "phase.roll_back", "verb=roll_back"),
    Verb(_("Resume…"), "resume continue go on", "resume", "phase.resume"),
    Verb(_("Decide at a gate…"), "decide sign go approve", "gates", "gate.sign"),
    Verb(_("Invite…"), "invite batch send", "invitations", "invitation.view"),
    Verb(_("Add a reading…"), "reading metric value", "metrics", "rollout.view"),
)

BadgeFunction = Callable[[HttpRequest, Rollout], Mark | None]
FinderFunction = Callable[[HttpRequest, Rollout, str], Iterable[Found]]
_badges: dict[str, BadgeFunction] = {}
_finders: list[FinderFunction] = []


def badge(entry: str) -> Callable[[BadgeFunction], BadgeFunction]:
    """Register what counts beside an entry: `@badge("gates")`. Called only where the entry is shown."""
    if entry not in {one.name for group in GROUPS for one in group.entries}:
        raise ValueError(f"The sidebar has no entry {entry!r}")

    def register(function: BadgeFunction) -> BadgeFunction:
        _badges[entry] = function
        return function

    return register


def finder(function: FinderFunction) -> FinderFunction:
    """Register a search for objects of a rollout by number or name; it asks for permission itself."""
    _finders.append(function)
    return function


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups for this reader and the open rollout; a group without an entry is left out."""
    groups = []
    for group in GROUPS:
        items = [_item(request, entry, link) for entry, link in _entries(request, group)]
        if items:
            groups.append({"title": group.title, "items": items})
    return groups


def _entries(request: HttpRequest, group: Group) -> Iterator[tuple[Entry, str]]:
    """The entries of a group that exist and that the reader may open, each with its address."""
    here = frame.of(request)
    for entry in group.entries:
        if entry.scoped and (here.rollout is None or not here.may(entry.act)):
            continue
        if ":" in entry.name:
            if getattr(here.user, "is_superuser", False) or here.may(entry.act):
                yield entry, reverse(entry.name)
            continue
        link = address(entry.name, here.rollout.slug if entry.scoped and here.rollout else "")
        if link:
            yield entry, link


def _item(request: HttpRequest, entry: Entry, link: str) -> dict[str, Any]:
    rollout = frame.of(request).rollout
    count = _badges.get(entry.name)
    return {
        "title": entry.title,
        "icon": entry.icon,
        "link": link,
        "active": _is_here(request.path, link, entry),
        "mark": count(request, rollout) if count and rollout else None,
    }


def _is_here(path: str, link: str, entry: Entry) -> bool:
    """Start and cockpit are the stem of every other address, so they are current only on their own page."""
    return path == link or (entry.name not in {"start", "cockpit"} and path.startswith(link))


def rollout_switcher(request: HttpRequest) -> list[dict[str, Any]]:
    """The rollouts in which the reader has a role; each leads to its cockpit."""
    here = frame.of(request)
    return [
        {
            "title": rollout.name,
            "link": link,
            "attrs": {"aria-current": "true"} if rollout == here.rollout else {},
        }
        for rollout in here.rollouts
        if (link := address("cockpit", rollout.slug))
    ]


def palette(request: HttpRequest, search_term: str) -> list[Found]:
    """What Ctrl K finds for a term: verbs, objects, pages, other rollouts; each a link, none acts."""
    term = search_term.strip().lower()
    here = frame.of(request)
    found = list(_verbs(here, term))
    if here.rollout is not None:
        for find in _finders:
            found += find(request, here.rollout, term)
    for group in GROUPS:
        found += [
            Found(str(entry.title), str(group.title), link)
            for entry, link in _entries(request, group)
            if term in str(entry.title).lower()
        ]
    found += [
        Found(rollout.name, str(_("Rollout")), link)
        for rollout in here.rollouts
        if term in rollout.name.lower() and (link := address("cockpit", rollout.slug))
    ]
    return found


def _verbs(here: frame.Frame, term: str) -> Iterator[Found]:
    if here.rollout is None:
        return
    for verb in VERBS:
        if term not in verb.words and term not in str(verb.title).lower():
            continue
        link = address(verb.name, here.rollout.slug) if here.may(verb.act) else ""
        if link:
            yield Found(str(verb.title), here.rollout.name, f"{link}?{verb.query}" if verb.query else link)
