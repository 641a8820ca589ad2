"""Reading the body of an API request: its type, its size, its JSON; refusals are problems."""

from django.http import HttpRequest
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _

from rollout_portal.lib.problems import Problem


def read_body(request: HttpRequest, *, limit: int) -> bytes:
    """Return the bytes of a JSON body of at most `limit` bytes.

    Reads the stream itself: the limit is this route's own, and may be above the one that Django keeps for
    forms (DATA_UPLOAD_MAX_MEMORY_SIZE).
    """
    _require_json(request)
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdecimal():
        raise Problem(
            411,
            "length-needed",
            _("The length is needed"),
            _("Send a Content-Length; chunked bodies are not read."),
        )
    if int(length) > limit:
        raise _too_large(limit)
    try:
        body = request.read(limit + 1)
    except UnreadablePostError:
        raise Problem(400, "body-cut", _("The body was cut off"), _("The connection ended early.")) from None
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _require_json(request: HttpRequest) -> None:
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if request.content_type != "application/json" or charset not in ("utf-8", "utf8"):
        raise Problem(
            415,
            "json-needed",
            _("Only JSON is read"),
            _("Send “Content-Type: application/json”, in UTF-8."),
            headers={"Accept-Post": "application/json"},
        )
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, "plain-needed", _("Compressed bodies are not read"), _("Send the body as it is."))


def _too_large(limit: int) -> Problem:
    size = f"{limit / 1_000_000:g} MB"
    return Problem(
        413,
        "body-too-large",
        _("The body is too large"),
        _("At most %(size)s are read here. Send less at once.") % {"size": size},
    )
