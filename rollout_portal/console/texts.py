"""What the pages of message texts show: which there are, what blocks sending, versions and previews."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.languages import html_code
from feedback.languages import english_name
from phases.models import Rollout
from rollout_portal.outbox import templates
from rollout_portal.outbox.models import Message, TemplateVersion
from rollout_portal.outbox.states import WAITING
from rollout_portal.outbox.templates import Wording
from rollout_portal.outbox.wordings import Standing

SHOWN_VERSIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Spoken:
    """One language of a text, as the receiver would see it.

    :ivar subject, text, html: empty while the language is incomplete.
    """

    code: str
    name: str
    lang: str
    subject: str = ""
    text: str = ""
    html: str = ""

    @property
    def is_complete(self) -> bool:
        return bool(self.text)


def names_of(languages: Iterable[str]) -> str:
    """Return languages in words: "Malay, Tamil"."""
    return ", ".join(english_name(one) for one in languages)


def verdict(standings: Iterable[Standing]) -> dict[str, Any]:
    """Return what the list says first: whether anything keeps messages from going out."""
    all_ = list(standings)
    blocked = [one for one in all_ if one.missing]
    if not blocked:
        sentence = ngettext("The text is complete.", "All %s texts are complete.", len(all_))
        return {
            "tone": "met",
            "sentence": sentence % len(all_) if len(all_) != 1 else sentence,
            "detail": _("Nothing waits for a translation."),
        }
    return {
        "tone": "not-met" if any(one.waiting for one in blocked) else "stale",
        "sentence": ngettext(
            "Sending is blocked by %s incomplete text.",
            "Sending is blocked by %s incomplete texts.",
            len(blocked),
        )
        % len(blocked),
        "detail": " ".join(lack(one) for one in blocked),
    }


def lack(standing: Standing) -> str:
    """Say what a text lacks, and who waits for it: "Survey request: Tamil is missing; 45 people wait"."""
    said = _("%(title)s: %(languages)s to be completed") % {
        "title": standing.title,
        "languages": names_of(standing.missing),
    }
    if standing.waiting:
        waits = ngettext("%s person waits for it", "%s people wait for it", standing.waiting)
        return f"{said}; {waits % f'{standing.waiting:,}'}."
    return f"{said}; {_('nobody waits for it yet')}."


@dataclass(frozen=True, slots=True)
class Meaning:
    """Placeholders that mean the same: one, or a row such as the marks of a question."""

    names: tuple[str, ...]
    meaning: str
    sample: str
    required: bool

    @property
    def text(self) -> str:
        """The names in braces: "{nps_0} … {nps_10}"."""
        first, last = self.names[0], self.names[-1]
        return f"{{{first}}}" if first == last else f"{{{first}}} … {{{last}}}"


def meanings(wording: Wording) -> list[Meaning]:
    """Return what may stand in a text, neighbours with the same meaning as one line."""
    found: list[Meaning] = []
    for one in wording.placeholders:
        said = str(one.meaning)
        if found and said and found[-1].meaning == said:
            found[-1] = replace(found[-1], names=(*found[-1].names, one.name))
        else:
            found.append(Meaning((one.name,), said, one.sample, one.required))
    return found


def verdict_of(standing: Standing) -> dict[str, Any]:
    """Return what the page of one text says first."""
    if standing.missing:
        return {
            "tone": "not-met" if standing.waiting else "stale",
            "sentence": _("Nothing is sent by this text before it is complete."),
            "detail": lack(standing),
        }
    n = len(standing.languages)
    sentence = ngettext("Complete in its language.", "Complete in all %s languages.", n)
    return {
        "tone": "met",
        "sentence": sentence % n if n != 1 else sentence,
        "detail": _in_use(standing),
    }


def _in_use(standing: Standing) -> str:
    version = standing.version
    if version is None or not standing.own:
        return _("The portal’s own words are in use.")
    return _("Version %(n)s, by %(who)s, is in use.") % {"n": version.number, "who": version.written_by}


def spoken(wording: Wording, languages: Iterable[str], rollout: Rollout) -> list[Spoken]:
    """Return a wording in each language with example values; product and rollout are the real ones."""
    return [spoken_in(wording, language, rollout) for language in languages]


def spoken_in(wording: Wording, language: str, rollout: Rollout) -> Spoken:
    """Return a wording in one language with example values."""
    shown = templates.preview_of(wording, language, _known(wording, rollout))
    name, lang = english_name(language), html_code(language)
    if shown is None:
        return Spoken(language, name, lang)
    return Spoken(language, name, lang, shown.subject, shown.text, shown.html)


def _known(wording: Wording, rollout: Rollout) -> Mapping[str, str]:
    real = {"product": rollout.product or rollout.name, "rollout": rollout.name}
    return {one.name: real[one.name] for one in wording.placeholders if one.name in real}


def versions_of(standing: Standing, scope: UUID) -> list[TemplateVersion]:
    """Return the newest versions that the rollout wrote itself, newest first."""
    rows = TemplateVersion.objects.filter(template__scope=scope, template__code=standing.code)
    return list(rows.select_related("written_by").order_by("-number")[:SHOWN_VERSIONS])


def wording_asked(standing: Standing, scope: UUID, asked: str) -> Wording | None:
    """Return the wording of a version by its number: "0" is the portal's own, "" the one in use."""
    if not asked:
        return standing.wording
    if asked == "0":
        return templates.builtins().get(standing.code)
    if not asked.isdecimal() or len(asked) > 9:
        return None
    version = (
        TemplateVersion.objects.filter(template__scope=scope, template__code=standing.code, number=int(asked))
        .select_related("template")
        .prefetch_related("texts")
        .first()
    )
    return templates.wording_of(version) if version else None


def queued_with(standing: Standing, scope: UUID) -> int:
    """Return how many messages wait with the version that is in use now; a new one does not change them."""
    if standing.version is None:
        return 0
    return Message.objects.of_scope(scope).filter(version=standing.version, state__in=WAITING).count()
