"""Mails that were written to files, because no mail server is named: a list, and each as it would be seen.

What a mail shows is somebody's text: it stands in a frame of its own that may run nothing, load nothing
and go nowhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from phases.admin import visible_rollouts
from phases.models import Rollout
from phases.permissions import RoleName, acts
from rollout_portal.accounts.models import User
from rollout_portal.console.sealed import is_sealed, shows_a_frame
from rollout_portal.outbox.backends import SUFFIX
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.states import MessageKind

MOST: Final = 100
_AT_ONCE: Final = 500
_OF_A_MESSAGE: Final = 32
"""Hexadecimal digits in the name of a mail from the outbox, the id of its message; others have 16."""
_NAME: Final = re.compile(r"(?P<time>\d{8}T\d{6}\.\d{6}Z)-(?P<id>[0-9a-f]{16}|[0-9a-f]{32})\.eml")


@dataclass(frozen=True, slots=True)
class Written:
    """A mail on file: its name, and the message that it was made from, if it came from the outbox."""

    path: Path
    message: Message | None
    is_of_a_message: bool

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def at(self) -> datetime | None:
        """When it was written, UTC."""
        found = _NAME.fullmatch(self.name)
        return parse_datetime(found["time"]) if found else None

    def read(self) -> EmailMessage:
        """Return the mail."""
        mail = message_from_bytes(self.path.read_bytes(), policy=policy.default)
        if not isinstance(mail, EmailMessage):
            raise Http404
        return mail


@dataclass(slots=True)
class Shelf:
    """The mails on file for one reader.

    :ivar readable: the newest that they may read, `MOST` at most.
    :ivar count: how many they may read in all.
    :ivar closed: how many more there are that they may know of.
    """

    readable: list[Written] = field(default_factory=list)
    count: int = 0
    closed: int = 0


@require_safe
@login_required
def mails(request: HttpRequest) -> HttpResponse:
    """The newest mails on file that the reader may read."""
    shelf = _shelf(request)
    to_files = "EMAIL_URL" not in settings.MAIL_SERVERS
    context = {
        "title": _("Mails on file"),
        "rows": [_line(written) for written in shelf.readable],
        "sentence": _sentence(shelf),
        "detail": _("No mail server is named (EMAIL_URL), so nothing leaves this machine.")
        if to_files
        else _("A mail server is named (EMAIL_URL): new mails go there, these are older."),
        "closed_because": _closed_because() if shelf.closed else "",
        "most": MOST if shelf.count > MOST else 0,
    }
    return render(request, "outbox/mails.html", context)


@require_safe
@login_required
@shows_a_frame
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail: its headers, its plain text, and its HTML part in a frame of its own."""
    written = _one(request, name)
    read = written.read()
    text = read.get_body(("plain",))
    context = {
        "title": read["Subject"],
        "name": written.name,
        "headers": [(key, value) for key, value in read.items() if not key.startswith(("Content", "MIME"))],
        "text": text.get_content() if text is not None else "",
        "language": read["Content-Language"] or "",
        "has_html": read.get_body(("html",)) is not None,
    }
    return render(request, "outbox/mail_on_file.html", context)


@require_safe
@login_required
@xframe_options_sameorigin
@is_sealed
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part, under a policy that allows it to look and nothing else."""
    part = _one(request, name).read().get_body(("html",))
    if part is None:
        raise Http404
    return HttpResponse(part.get_content())


def _sentence(shelf: Shelf) -> str:
    if not shelf.closed:
        return ngettext("%s mail is on file.", "%s mails are on file.", shelf.count) % f"{shelf.count:,}"
    every = shelf.count + shelf.closed
    words = ngettext(
        "%(all)s mail is on file; you may read %(n)s.",
        "%(all)s mails are on file; you may read %(n)s.",
        every,
    )
    return words % {"all": f"{every:,}", "n": f"{shelf.count:,}" if shelf.count else _("none of them")}


def _closed_because() -> str:
    """Say who reads the mails that the reader may not."""
    who = {act: _(" or ").join(_roles(act)) for act in ("message.read", "role.manage")}
    return _(
        "Mails of a rollout are read by: %(readers)s. An invitation of staff opens an account and is read "
        "by: %(givers)s. A link to a new password is read by nobody here."
    ) % {"readers": who["message.read"], "givers": who["role.manage"]}


def _roles(act: str) -> list[str]:
    return [str(role.label).lower() for role in RoleName if role in acts()[act].roles]


def _line(written: Written) -> dict[str, Any]:
    read = written.read()
    return {
        "name": written.name,
        "at": written.at,
        "subject": read["Subject"],
        "to": read["To"],
        "language": read["Content-Language"],
    }


def _one(request: HttpRequest, name: str) -> Written:
    if not _NAME.fullmatch(name):
        raise Http404
    written = next((one for one in _shelf(request, name).readable if one.name == name), None)
    if written is None:
        raise Http404
    return written


def _shelf(request: HttpRequest, only: str = "") -> Shelf:
    """Return the mails on file as the reader may see them, the newest first.

    Mails to testers and staff belong to their rollout and need its act `message.read`; an invitation of
    staff holds the way into an account, so it needs the right to give roles. The way into an account that
    is in use is for nobody but its owner. Everything else is the installation's, and a superuser's. Of
    rollouts that the reader may not open, not even the number is told.
    """
    shelf, user = Shelf(), request.user
    if not isinstance(user, User):
        return shelf
    folder = Path(settings.EMAIL_FILE_PATH)
    paths = sorted(folder.glob(only or f"*{SUFFIX}"), key=lambda path: path.name, reverse=True)
    named = [(path, found["id"]) for path in paths if (found := _NAME.fullmatch(path.name))]
    scopes = {act: _scopes(user, act) for act in ("rollout.view", "message.read", "role.manage")}
    for one in _with_messages(named):
        if _may_read(user, one, scopes):
            shelf.count += 1
            if shelf.count <= MOST:
                shelf.readable.append(one)
        elif _may_know(user, one, scopes):
            shelf.closed += 1
    return shelf


def _with_messages(named: list[tuple[Path, str]]) -> Iterator[Written]:
    """Yield the mails with the messages that they were made from, some hundred with one query."""
    for start in range(0, len(named), _AT_ONCE):
        some = named[start : start + _AT_ONCE]
        ids = [UUID(hex=text) for _path, text in some if len(text) == _OF_A_MESSAGE]
        messages = {row.uuid.hex: row for row in Message.objects.filter(uuid__in=ids)}
        yield from (Written(path, messages.get(text), len(text) == _OF_A_MESSAGE) for path, text in some)


def _may_read(user: User, written: Written, scopes: dict[str, frozenset[UUID]]) -> bool:
    row = written.message
    if row is not None and row.kind == MessageKind.ACCOUNT:
        return False
    if row is not None and row.scope is not None:
        invites = row.kind == MessageKind.STAFF_INVITATION
        return row.scope in scopes["role.manage" if invites else "message.read"]
    # A mail of the outbox whose row is not there belongs to some rollout: it is nobody's.
    return user.is_superuser and (row is not None or not written.is_of_a_message)


def _may_know(user: User, written: Written, scopes: dict[str, frozenset[UUID]]) -> bool:
    """Tell whether the reader may count a mail that is not theirs to read."""
    row = written.message
    if row is not None and row.scope is not None:
        return row.scope in scopes["rollout.view"]
    return user.is_superuser


def _scopes(user: User, act: str) -> frozenset[UUID]:
    seen = visible_rollouts(user, act)
    return frozenset(Rollout.objects.filter(pk__in=seen).values_list("uuid", flat=True))
