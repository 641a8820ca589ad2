"""From a template's text and a message's parameters to a subject, plain text and simple HTML.

Nothing in a text is executed: the only thing it may contain besides words is `{name}` with a name from
the template's list. Values are words too, never markup, never another placeholder.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from rollout_portal.outbox import links
from rollout_portal.outbox.exceptions import MessageRefused, TemplateError, UnknownPlaceholder

MAX_SUBJECT: Final = 200
MAX_BODY: Final = 10_000
MAX_VALUE: Final = 500
MAX_PARAMS: Final = 40

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PLACEHOLDER: Final = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")
_BRACE: Final = re.compile(r"[{}]")
# Control characters other than line feed and tab, and marks that turn the direction of what follows.
_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LABELLED_LINK: Final = re.compile(r"(?:(?P<label>[^{}\n]{1,80}?)\s*[:：]\s*)?\{(?P<name>[a-z][a-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in one language, ready to be put into an envelope."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A name that a text may use.

    :ivar sample: what the preview shows for it.
    :ivar meaning: what stands there in a mail, for whoever writes a text.
    :ivar required: whether a text without it is of no use: the link that a mail is about, for example.
    """

    name: str
    sample: str
    link: bool = False
    meaning: str | Promise = ""
    required: bool = False


def check_placeholders(placeholders: Iterable[Placeholder]) -> None:
    """Refuse a list of placeholders that a text could not use."""
    for placeholder in placeholders:
        if not _NAME.fullmatch(placeholder.name):
            raise TemplateError(
                _("“%(name)s” cannot be a placeholder: use small letters, digits and underscores.")
                % {"name": placeholder.name[:40]}
            )
        if len(placeholder.sample) > MAX_VALUE:
            raise TemplateError(_("The sample of {%(name)s} is too long.") % {"name": placeholder.name})


def check_text(subject: str, body: str, allowed: Iterable[str], language: str) -> None:
    """Refuse a subject or a body that could not be sent as it stands.

    :raises UnknownPlaceholder: naming the allowed ones.
    :raises TemplateError: on a line break in the subject or a text that is too long.
    """
    allowed = set(allowed)
    if len(subject.splitlines()) > 1 or _UNSEEN.search(subject) or "\n" in subject:
        raise TemplateError(_("The subject (%(language)s) must be one line.") % {"language": language})
    if _UNSEEN.search(body.replace("\r\n", "\n")):
        raise TemplateError(
            _("The text (%(language)s) contains a control character.") % {"language": language}
        )
    for name, value, limit in ((_("subject"), subject, MAX_SUBJECT), (_("text"), body, MAX_BODY)):
        if len(value) > limit:
            raise TemplateError(
                _("The %(part)s (%(language)s) has %(n)s characters; %(limit)s are allowed.")
                % {"part": name, "language": language, "n": len(value), "limit": limit}
            )
        _check_braces(value, allowed, f"{name}, {language}")


def _check_braces(value: str, allowed: set[str], where: str) -> None:
    for name in used_names(value):
        if name not in allowed:
            raise UnknownPlaceholder("{" + name + "}", allowed, where)
    rest = _PLACEHOLDER.sub(" ", value)
    stray = _BRACE.search(rest)
    if stray:
        end = rest.find("}", stray.start())
        found = rest[stray.start() : end + 1 if end >= 0 else stray.start() + 20]
        raise UnknownPlaceholder(found, allowed, where)


def used_names(*texts: str) -> set[str]:
    """Return the names of all placeholders in the texts."""
    return {name for text in texts for name in _PLACEHOLDER.findall(text)}


def check_params(params: Mapping[str, Any], placeholders: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse parameters that the template does not know, or that are not words, numbers or links."""
    if len(params) > MAX_PARAMS:
        raise MessageRefused(f"{len(params)} parameters; {MAX_PARAMS} are allowed.")
    for name, value in params.items():
        placeholder = placeholders.get(name)
        if placeholder is None:
            raise MessageRefused(
                f"Unknown parameter {name!r}; the template allows: {', '.join(sorted(placeholders))}."
            )
        if bool(placeholder["link"]) != links.is_link(value):
            kind = "a link, made by outbox.links.to()" if placeholder["link"] else "text or a whole number"
            raise MessageRefused(f"The parameter {name!r} must be {kind}.")
        if links.is_link(value):
            links.check(value)
        elif isinstance(value, bool) or not isinstance(value, str | int):
            raise MessageRefused(f"The parameter {name!r} must be text or a whole number.")
        elif len(str(value)) > MAX_VALUE:
            raise MessageRefused(f"The parameter {name!r} is longer than {MAX_VALUE} characters.")


def render(
    *, subject: str, body: str, language: str, values: Mapping[str, str], link_names: Iterable[str]
) -> Rendered:
    """Return the three parts of a message.

    :param values: a text for every placeholder; for links the absolute address.
    :param link_names: which of the values are links; they become buttons or anchors in the HTML part.
    :raises TemplateError: when a value is missing.
    """
    clean = {name: clean_value(value) for name, value in values.items()}
    missing = used_names(subject, body) - set(clean)
    if missing:
        raise TemplateError(_("No value for %(names)s.") % {"names": ", ".join(sorted(missing))})
    body = body.replace("\r\n", "\n").strip()
    one_line = {name: " ".join(value.split()) for name, value in clean.items()}
    filled_subject = " ".join(_fill(subject, one_line).split())
    return Rendered(
        subject=filled_subject,
        text=_fill(body, clean) + "\n",
        html=_html(filled_subject, body, language, clean, frozenset(link_names)),
    )


def clean_value(value: str) -> str:
    """Return a value without characters that nobody can see or that turn the text around."""
    return _UNSEEN.sub("", str(value).replace("\r\n", "\n").replace("\r", "\n"))[: MAX_VALUE * 4]


def _fill(text: str, values: Mapping[str, str]) -> str:
    # One pass: a value that looks like a placeholder stays the words that it is.
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


def _html(
    subject: str, body: str, language: str, values: Mapping[str, str], link_names: frozenset[str]
) -> str:
    blocks = [
        _block(block.strip("\n"), values, link_names)
        for block in re.split(r"\n[ \t]*\n", body)
        if block.strip()
    ]
    return render_to_string("outbox/mail.html", {"subject": subject, "language": language, "blocks": blocks})


def _block(block: str, values: Mapping[str, str], link_names: frozenset[str]) -> dict[str, Any]:
    """Return a paragraph or a list; `Label: {link}` alone is a button, and a quiet link for leaving.

    Several lines of `Label: {link}` and nothing else are a row of small buttons.
    """
    found = _LABELLED_LINK.fullmatch(block.strip())
    if found and found["name"] in link_names:
        address = values[found["name"]]
        kind = "leave" if found["name"] == links.LEAVE else "button"
        return {"kind": kind, "address": address, "label": (found["label"] or address).strip()}
    lines = block.split("\n")
    row = [_LABELLED_LINK.fullmatch(line.strip()) for line in lines]
    if len(row) > 1 and all(one and one["label"] and one["name"] in link_names for one in row):
        return {"kind": "row", "links": [(one["label"].strip(), values[one["name"]]) for one in row if one]}
    if all(line.startswith("- ") for line in lines):
        return {"kind": "list", "items": [_line(line[2:], values, link_names) for line in lines]}
    return {"kind": "paragraph", "lines": [_line(line, values, link_names) for line in lines]}


def _line(line: str, values: Mapping[str, str], link_names: frozenset[str]) -> SafeString:
    parts: list[str] = []
    end = 0
    for match in _PLACEHOLDER.finditer(line):
        parts.append(escape(line[end : match.start()]))
        value, end = values[match[1]], match.end()
        if match[1] in link_names:
            parts.append(format_html('<a href="{}">{}</a>', value, value))
        else:
            parts.append(escape(value).replace("\n", mark_safe("<br>")))
    parts.append(escape(line[end:]))
    return mark_safe("".join(parts))  # noqa: S308 - every part was escaped above
