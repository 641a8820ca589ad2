"""Files given as evidence: which are taken, and how large.

A file is believed by its first bytes, not by its name alone. It is only ever handed out as a download.
"""

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from django.core.files.base import File
from django.utils.translation import gettext as _

from phases.exceptions import Refused

LARGEST: Final = 10 * 1024 * 1024
_LONGEST_NAME: Final = 120
_HEAD: Final = 8192


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that may be kept: what it is called, what it is, and its bytes."""

    name: str
    content_type: str
    content: File


def _starts(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(marks)


def _is_text(head: bytes) -> bool:
    """Tell whether bytes are text in UTF-8; the head may end in the middle of a character."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return b"\0" not in head


_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_KINDS: Final[dict[str, tuple[str, Callable[[bytes], bool]]]] = {
    ".pdf": ("application/pdf", _starts(b"%PDF-")),
    ".png": ("image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    ".jpg": ("image/jpeg", _starts(b"\xff\xd8\xff")),
    ".jpeg": ("image/jpeg", _starts(b"\xff\xd8\xff")),
    ".docx": (f"{_OFFICE}.wordprocessingml.document", _starts(b"PK\x03\x04")),
    ".xlsx": (f"{_OFFICE}.spreadsheetml.sheet", _starts(b"PK\x03\x04")),
    ".csv": ("text/csv", _is_text),
    ".json": ("application/json", _is_text),
    ".log": ("text/plain", _is_text),
    ".md": ("text/plain", _is_text),
    ".txt": ("text/plain", _is_text),
}

ACCEPT: Final = ",".join(_KINDS)
"""For the `accept` of a file field."""


def limits_text() -> str:
    """Say beside the field what is taken."""
    return _("PDF, PNG, JPEG, Word, Excel, CSV, JSON or text; at most %s MB.") % (LARGEST // 1024**2)


def take(name: str, content: File) -> Attachment:
    """Return a file as one that may be kept.

    :raises Refused: when it is empty, too large, of a kind that is not taken, or not what its name says.
    """
    called = _clean(name)
    kind = _KINDS.get(PurePath(called).suffix.lower())
    if kind is None:
        raise Refused(_("“%(name)s” is not taken: %(limits)s") % {"name": called, "limits": limits_text()})
    if not content.size:
        raise Refused(_("“%s” is empty.") % called)
    if content.size > LARGEST:
        raise Refused(
            _("“%(name)s” has %(size)s MB; the most is %(most)s MB.")
            % {
                "name": called,
                "size": -(-content.size // 1024**2),
                "most": LARGEST // 1024**2,
            }
        )
    content.seek(0)
    head = content.read(_HEAD)
    content.seek(0)
    content_type, fits = kind
    if not fits(head):
        raise Refused(_("“%s” is not what its name says: look at the file, or choose another one.") % called)
    return Attachment(called, content_type, content)


def _clean(name: str) -> str:
    """Return the last part of a name without what cannot be seen, at most 120 characters, with its ending."""
    last = "".join(sign for sign in name.replace("\\", "/").rsplit("/", 1)[-1] if sign.isprintable()).strip()
    path = PurePath(last)
    return path.stem[: _LONGEST_NAME - len(path.suffix)] + path.suffix
