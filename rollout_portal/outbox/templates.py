"""What messages say: built-in texts, new versions, the current one, and previews.

A version is written whole and never changes; a new wording is a new version. A rollout's own template
goes before the installation's of the same code, and that before the built-in one. How people write texts
is in `wordings.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, OuterRef, Q, Subquery
from django.utils.functional import Promise
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
    :ivar title: what people call it; not stored.
    :ivar occasion: when it is sent, in a sentence; not stored.
    """

    kind: MessageKind
    placeholders: tuple[Placeholder, ...]
    texts: Mapping[str, Text]
    languages: tuple[str, ...] = field(default=())
    title: str | Promise = ""
    occasion: str | Promise = ""

    def __post_init__(self) -> None:
        if not self.languages:
            object.__setattr__(self, "languages", tuple(self.texts))


Languages = Callable[[UUID], Sequence[str]]

_builtin: dict[str, Wording] = {}
_languages: list[Languages] = []


def define(code: str, wording: Wording) -> None:
    """Register the built-in text called `code`; it is written to the table when it is first needed."""
    if code in _builtin:
        raise RuntimeError(f"The template {code!r} is defined twice")
    _check(wording)
    _builtin[code] = wording


def languages_of(answer: Languages) -> Languages:
    """Register who knows in which languages the testers of a scope are written to; empty: not known."""
    _languages.append(answer)
    return answer


def builtins() -> dict[str, Wording]:
    """Return the portal's own texts by code."""
    return dict(_builtin)


def title_of(template: MessageTemplate) -> str:
    """Return what people call a template: the portal's title for it, else its code."""
    wording = _builtin.get(template.code)
    return str(wording.title) if wording and wording.title else template.code


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
            placeholders=_rules(wording),
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

    The portal's own text is written to the table when it is first needed.

    :raises UnknownTemplate: when there is none.
    """
    version, wording = standing(code, scope)
    if version is not None:
        return version
    cause = audit.System(cause="The portal's own text was written or renewed.")
    return write(code=code, scope=None, wording=wording, by=cause)


def standing(code: str, scope: UUID | None) -> tuple[TemplateVersion | None, Wording]:
    """Return what `current` would use, without writing anything.

    The version is None while it is the portal's own text and not in the table yet.

    :raises UnknownTemplate: when there is none.
    """
    return _standing(code, scope, _newest_of(scope, code))


def standings(scope: UUID | None) -> dict[str, tuple[TemplateVersion | None, Wording]]:
    """Return what `standing` says about every text that a scope has, by code; in three queries.

    These are the portal's own texts, and what the scope wrote under names of its own.
    """
    newest = _newest_of(scope)
    codes = dict.fromkeys([*_builtin, *sorted(code for place, code in newest if place == scope)])
    return {code: _standing(code, scope, newest) for code in codes}


def wording_of(version: TemplateVersion) -> Wording:
    """Return what a version holds; what the placeholders mean is known for the portal's own texts only."""
    own = _builtin.get(version.template.code)
    known = {one.name: one for one in own.placeholders} if own else {}
    return Wording(
        kind=MessageKind(version.template.kind),
        placeholders=tuple(
            Placeholder(
                name,
                rule["sample"],
                rule["link"],
                known[name].meaning if name in known else "",
                name in known and known[name].required,
            )
            for name, rule in version.placeholders.items()
        ),
        texts={text.language: (text.subject, text.body) for text in version.texts.all()},
        languages=tuple(version.languages),
        title=own.title if own else "",
        occasion=own.occasion if own else "",
    )


def parameters(version: TemplateVersion) -> dict[str, Any]:
    """Return the parameters that a message may bring: the version's, and what the portal has added since.

    An own text of a rollout is older than the portal that sends by it one day; it need not use what is new.
    """
    own = _builtin.get(version.template.code)
    return {**(_rules(own) if own else {}), **version.placeholders}


def testers_languages(scope: UUID | None) -> list[str]:
    """Return in which languages the testers of a scope are written to; empty when nobody knows."""
    answers = (list(answer(scope)) for answer in _languages) if scope is not None else iter(())
    return next((found for found in answers if found), [])


def wanted_languages(wording: Wording, testers: Sequence[str]) -> list[str]:
    """Return which languages a text must have: those of the testers, if it goes to them, or its own."""
    return list(testers if testers and KINDS[wording.kind].to_testers else wording.languages)


def missing_languages(version: TemplateVersion, scope: UUID | None = None) -> list[str]:
    """Return the languages that have no complete text in a version.

    :param scope: whose testers read it; without it, the version's own list of languages counts.
    """
    wording = wording_of(version)
    return lacking(wording.texts, wanted_languages(wording, testers_languages(scope)))


def lacking(texts: Mapping[str, Text], languages: Sequence[str]) -> list[str]:
    """Return which of `languages` have no complete text."""
    return [one for one in languages if not all(part.strip() for part in texts.get(one, ("", "")))]


def require_complete(version: TemplateVersion, scope: UUID | None = None) -> None:
    """Refuse a version with an incomplete language.

    :raises TemplateIncomplete: naming the languages.
    """
    missing = missing_languages(version, scope)
    if missing:
        raise TemplateIncomplete(title_of(version.template), missing)


def text_for(version: TemplateVersion, language: str) -> TemplateText:
    """Return the text for a person who reads `language`; the version's first one if it has no such text.

    A regional variant falls back to its language: `ta-my` reads `ta`.
    """
    texts = {text.language: text for text in version.texts.all()}
    for candidate in (language, language.split("-")[0], *version.languages):
        text = texts.get(candidate)
        if text is not None and text.subject.strip() and text.body.strip():
            return text
    raise TemplateIncomplete(title_of(version.template), version.languages)


def preview(
    version: TemplateVersion, language: str, values: Mapping[str, str] | None = None
) -> Rendered | None:
    """Return how a message would look, with the samples of the placeholders; None if it is incomplete.

    :param values: what to show instead of the samples, by placeholder.
    """
    return preview_of(wording_of(version), language, values)


def preview_of(wording: Wording, language: str, values: Mapping[str, str] | None = None) -> Rendered | None:
    """Return how a message by a wording would look, be it stored or not; None if it is incomplete."""
    subject, body = wording.texts.get(language, ("", ""))
    if not subject.strip() or not body.strip():
        return None
    samples = {one.name: one.sample or SAMPLE_LINK for one in wording.placeholders}
    return render(
        subject=subject,
        body=body,
        language=language,
        values={**samples, **(values or {})},
        link_names=[one.name for one in wording.placeholders if one.link],
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


def _rules(wording: Wording) -> dict[str, Any]:
    return {p.name: {"sample": p.sample, "link": p.link} for p in wording.placeholders}


def _standing(
    code: str, scope: UUID | None, newest: Mapping[tuple[UUID | None, str], TemplateVersion]
) -> tuple[TemplateVersion | None, Wording]:
    own, shared, wording = newest.get((scope, code)), newest.get((None, code)), _builtin.get(code)
    if scope is not None and own is not None:
        return own, wording_of(own)
    if wording is not None and (shared is None or shared.written_by_id is None):
        renewed = shared is None or _contents(shared) != _wanted(wording)
        return (None if renewed else shared), wording
    if shared is None:
        raise UnknownTemplate(_("There is no message template called “%(code)s”.") % {"code": code})
    return shared, wording_of(shared)


def _newest_of(scope: UUID | None, code: str = "") -> dict[tuple[UUID | None, str], TemplateVersion]:
    """Return the newest versions of a scope and of the installation, by scope and code."""
    places = Q(template__scope__isnull=True) | Q(template__scope=scope)
    rows = (
        TemplateVersion.objects.filter(places, template__code=code)
        if code
        else (TemplateVersion.objects.filter(places))
    )
    siblings = TemplateVersion.objects.filter(template=OuterRef("template")).order_by("-number")
    rows = rows.filter(pk=Subquery(siblings.values("pk")[:1]))
    return {
        (row.template.scope, row.template.code): row
        for row in rows.select_related("template", "written_by").prefetch_related("texts")
    }


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
        _rules(wording),
        {language: (subject, body) for language, (subject, body) in wording.texts.items()},
    )
