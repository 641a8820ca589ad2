"""What messages say: built-in texts, new versions, the current one, and previews.

A version is written whole and never changes; a new wording is a new version. A rollout's own template
goes before the installation's of the same code, and that before the built-in one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from rollout_portal.accounts.models import User
from rollout_portal.audit import services as audit
from rollout_portal.outbox import links
from rollout_portal.outbox.exceptions import TemplateError, TemplateIncomplete, UnknownTemplate
from rollout_portal.outbox.models import MessageTemplate, TemplateText, TemplateVersion
from rollout_portal.outbox.rendering import (
    Placeholder,
    Rendered,
    check_placeholders,
    check_text,
    render,
    used_names,
)
from rollout_portal.outbox.states import KINDS, MessageKind

SAMPLE_LINK = "https://portal.example/preview/"

Text = tuple[str, str]
"""Subject and body in one language."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything that a version holds.

    :ivar texts: subject and body by language code.
    :ivar languages: which must be complete before anything is sent; the first is for everybody else.
    """

    kind: MessageKind
    placeholders: tuple[Placeholder, ...]
    texts: Mapping[str, Text]
    languages: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.languages:
            object.__setattr__(self, "languages", tuple(self.texts))


_builtin: dict[str, Wording] = {}


def define(code: str, wording: Wording) -> None:
    """Register the built-in text called `code`; it is written to the table when it is first needed."""
    if code in _builtin:
        raise RuntimeError(f"The template {code!r} is defined twice")
    _check(wording)
    _builtin[code] = wording


def write(
    *, code: str, scope: UUID | None, wording: Wording, by: User | audit.System, reason: str = ""
) -> TemplateVersion:
    """Write a new version of the template `code` of a rollout, or of the installation.

    An unchanged wording writes nothing and returns the version that is there. A language may be left
    incomplete; nothing is sent by the template then.

    :raises TemplateError: when a text cannot be used, with the place and what would be right.
    """
    _check(wording)
    with transaction.atomic():
        template, _created = MessageTemplate.objects.select_for_update().get_or_create(
            scope=scope, code=code, defaults={"kind": wording.kind}
        )
        if template.kind != wording.kind:
            raise TemplateError(
                _("“%(code)s” is already the name of another kind of message (%(kind)s).")
                % {"code": code, "kind": template.get_kind_display()}
            )
        newest = _newest(template)
        if newest is not None and _contents(newest) == _wanted(wording):
            return newest
        number = template.versions.aggregate(newest=Max("number"))["newest"] or 0
        version = TemplateVersion.objects.create(
            template=template,
            number=number + 1,
            languages=list(wording.languages),
            placeholders={p.name: {"sample": p.sample, "link": p.link} for p in wording.placeholders},
            written_by=by if isinstance(by, User) else None,
        )
        TemplateText.objects.bulk_create(
            TemplateText(version=version, language=language, subject=subject, body=body)
            for language, (subject, body) in wording.texts.items()
        )
        audit.record(
            actor=by,
            verb="template.written",
            obj=version,
            scope=scope,
            reason=reason,
            after={"code": code, "version": version.number, "incomplete": missing_languages(version)},
        )
    return version


def current(code: str, scope: UUID | None) -> TemplateVersion:
    """Return the version that a message of `scope` by the template `code` would use now.

    :raises UnknownTemplate: when there is none.
    """
    places = Q(scope__isnull=True) | Q(scope=scope) if scope else Q(scope__isnull=True)
    found = {template.scope: template for template in MessageTemplate.objects.filter(places, code=code)}
    own = found.get(scope) if scope else None
    version = _newest(own) if own else None
    if version is not None:
        return version
    shared = found.get(None)
    version = _newest(shared) if shared else None
    wording = _builtin.get(code)
    if wording is not None and (version is None or version.written_by_id is None):
        if version is None or _contents(version) != _wanted(wording):
            cause = audit.System(cause="The portal's own text was written or renewed.")
            return write(code=code, scope=None, wording=wording, by=cause)
        return version
    if version is None:
        raise UnknownTemplate(_("There is no message template called “%(code)s”.") % {"code": code})
    return version


def missing_languages(version: TemplateVersion) -> list[str]:
    """Return the languages of a version that have no complete text, in the version's order."""
    complete = {text.language for text in version.texts.all() if text.subject.strip() and text.body.strip()}
    return [language for language in version.languages if language not in complete]


def require_complete(version: TemplateVersion) -> None:
    """Refuse a version with an incomplete language.

    :raises TemplateIncomplete: naming the languages.
    """
    missing = missing_languages(version)
    if missing:
        raise TemplateIncomplete(version.template.code, missing)


def text_for(version: TemplateVersion, language: str) -> TemplateText:
    """Return the text for a person who reads `language`; the version's first one if it has no such text.

    A regional variant falls back to its language: `ta-my` reads `ta`.
    """
    texts = {text.language: text for text in version.texts.all()}
    for candidate in (language, language.split("-")[0], *version.languages):
        text = texts.get(candidate)
        if text is not None and text.subject.strip() and text.body.strip():
            return text
    raise TemplateIncomplete(version.template.code, version.languages)


def preview(
    version: TemplateVersion, language: str, values: Mapping[str, str] | None = None
) -> Rendered | None:
    """Return how a message would look, with the samples of the placeholders; None if it is incomplete.

    :param values: what to show instead of the samples, by placeholder.
    """
    text = next((text for text in version.texts.all() if text.language == language), None)
    if text is None or not text.subject.strip() or not text.body.strip():
        return None
    samples = {name: rule["sample"] or SAMPLE_LINK for name, rule in version.placeholders.items()}
    return render(
        subject=text.subject,
        body=text.body,
        language=language,
        values={**samples, **(values or {})},
        link_names=link_names(version),
    )


def link_names(version: TemplateVersion) -> list[str]:
    """Return which placeholders of a version stand for links."""
    return [name for name, rule in version.placeholders.items() if rule["link"]]


def _check(wording: Wording) -> None:
    check_placeholders(wording.placeholders)
    names = [placeholder.name for placeholder in wording.placeholders]
    if not wording.languages:
        raise TemplateError(_("A template needs at least one language."))
    leaves = KINDS[wording.kind].leave
    if leaves and Placeholder(links.LEAVE, "", link=True) not in [
        Placeholder(p.name, "", p.link) for p in wording.placeholders
    ]:
        raise TemplateError(
            _("Messages of this kind need the placeholder {%(name)s} for the link to leave.")
            % {"name": links.LEAVE}
        )
    for language, (subject, body) in wording.texts.items():
        check_text(subject, body, names, language)
        if leaves and body.strip() and links.LEAVE not in used_names(body):
            raise TemplateError(
                _("The text (%(language)s) needs {%(name)s}, the link to leave.")
                % {"language": language, "name": links.LEAVE}
            )


def _newest(template: MessageTemplate) -> TemplateVersion | None:
    return (
        TemplateVersion.objects.filter(template=template)
        .select_related("template")
        .prefetch_related("texts")
        .order_by("-number")
        .first()
    )


def _contents(version: TemplateVersion) -> tuple[Any, ...]:
    texts = {text.language: (text.subject, text.body) for text in version.texts.all()}
    return version.template.kind, version.languages, version.placeholders, texts


def _wanted(wording: Wording) -> tuple[Any, ...]:
    return (
        wording.kind,
        list(wording.languages),
        {p.name: {"sample": p.sample, "link": p.link} for p in wording.placeholders},
        {language: (subject, body) for language, (subject, body) in wording.texts.items()},
    )
