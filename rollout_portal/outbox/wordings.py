"""How people write what messages say: what stands, what is missing, what waits for it, and a new version.

A room whose sending waits while a text is incomplete says how many people wait:

    @wordings.counts_waiting("survey_request")
    def people_to_ask(scope: UUID) -> int: …
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from rollout_portal.accounts.models import User
from rollout_portal.outbox import links, permission, templates
from rollout_portal.outbox.exceptions import (
    Fault,
    NotAllowed,
    OutboxError,
    TemplateError,
    TextsRefused,
    UnknownTemplate,
    WrongState,
)
from rollout_portal.outbox.models import MessageTemplate, TemplateVersion
from rollout_portal.outbox.rendering import check_text, used_names
from rollout_portal.outbox.states import KINDS, MessageKind
from rollout_portal.outbox.templates import Text, Wording

Counter = Callable[[UUID], int]

_TAG: Final = re.compile(r"<\s*[/!]?\s*[a-zA-Z][^<>]*>|<!--|&(?:[a-zA-Z]{2,8}|#\d{1,6});")

_counters: dict[str, list[Counter]] = {}


def counts_waiting(code: str) -> Callable[[Counter], Counter]:
    """Register who counts the people that wait while the template `code` is incomplete."""

    def register(counter: Counter) -> Counter:
        _counters.setdefault(code, []).append(counter)
        return counter

    return register


@dataclass(frozen=True, slots=True)
class Standing:
    """How a text stands in a scope.

    :ivar version: None while it is the portal's own and not in the table yet.
    :ivar own: whether the scope wrote it.
    :ivar languages: which it must be complete in before anything is sent by it.
    :ivar missing: which of these have no complete text.
    :ivar waiting: how many people wait because of that.
    """

    code: str
    wording: Wording
    version: TemplateVersion | None
    own: bool
    languages: tuple[str, ...]
    missing: tuple[str, ...]
    waiting: int

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self.wording.title) or self.code

    @property
    def seen(self) -> str:
        """What a form carries, so that nobody overwrites what they have not seen."""
        return str(self.version.uuid) if self.own and self.version else ""

    @property
    def may_wait(self) -> bool:
        """Whether a language may be left open for a while: what goes out to staff cannot wait."""
        return KINDS[self.wording.kind].to_testers


def all_of(scope: UUID) -> list[Standing]:
    """Return every text that goes out under a scope, what blocks sending first.

    Mails about accounts are the installation's and go out under none.
    """
    testers = templates.testers_languages(scope)
    found = [
        _judged(code, scope, version, wording, testers)
        for code, (version, wording) in templates.standings(scope).items()
        if wording.kind != MessageKind.ACCOUNT
    ]
    return sorted(found, key=lambda one: not one.missing)


def find(code: str, scope: UUID) -> Standing | None:
    """Return how one text stands; None when nothing goes out by it under a scope."""
    try:
        version, wording = templates.standing(code, scope)
    except UnknownTemplate:
        return None
    if wording.kind == MessageKind.ACCOUNT:
        return None
    return _judged(code, scope, version, wording, templates.testers_languages(scope))


def faults_in(standing: Standing, texts: Mapping[str, Text]) -> list[Fault]:
    """Return everything that keeps `texts` from becoming the next version of a text."""
    return [
        fault
        for language, (subject, body) in texts.items()
        for fault in _faults(standing, language, subject, body)
    ]


def rewrite(
    *, code: str, scope: UUID, texts: Mapping[str, Text], by: User, reason: str, seen: str
) -> TemplateVersion:
    """Write the next version of a scope's own text; what is on its way keeps the version that it has.

    :param seen: `Standing.seen` of what the person looked at.
    :raises NotAllowed: when `by` may not write texts here.
    :raises TextsRefused: naming each place that has to be put right.
    :raises WrongState: when somebody else wrote a version meanwhile.
    :raises OutboxError: without a reason, or when nothing was changed.
    """
    if not permission.may(by, permission.WRITE, scope):
        raise NotAllowed(_("You may not write what messages say here."))
    with transaction.atomic():
        list(MessageTemplate.objects.select_for_update().filter(scope=scope, code=code))
        before = find(code, scope)
        if before is None:
            raise UnknownTemplate(_("There is no message template called “%(code)s”.") % {"code": code})
        if before.seen != seen:
            raise WrongState(_changed_meanwhile(before))
        wanted = {one: _cleaned(texts.get(one, ("", ""))) for one in before.languages}
        if faults := faults_in(before, wanted):
            raise TextsRefused(faults)
        if not reason.strip():
            raise OutboxError(_("Say why. The reason stands in the record."))
        wording = replace(before.wording, texts=wanted, languages=before.languages)
        if wanted == {one: _cleaned(before.wording.texts.get(one, ("", ""))) for one in before.languages}:
            raise OutboxError(_("Nothing was changed, so there is no new version."))
        version = templates.write(code=code, scope=scope, wording=wording, by=by, reason=reason.strip())
        expected = before.version.number + 1 if before.own and before.version else 1
        if version.number != expected:
            # Two people wrote the first version at once; the second of them sees what stands now.
            raise WrongState(_("Somebody else wrote this text while you did."))
    return version


def _judged(
    code: str, scope: UUID, version: TemplateVersion | None, wording: Wording, testers: Sequence[str]
) -> Standing:
    languages = tuple(templates.wanted_languages(wording, testers))
    missing = tuple(templates.lacking(wording.texts, languages))
    return Standing(
        code=code,
        wording=wording,
        version=version,
        own=version is not None and version.template.scope == scope,
        languages=languages,
        missing=missing,
        waiting=sum(count(scope) for count in _counters.get(code, ())) if missing else 0,
    )


def _faults(standing: Standing, language: str, subject: str, body: str) -> list[Fault]:
    found = []
    names = [one.name for one in standing.wording.placeholders]
    for part, text in (("subject", subject), ("body", body)):
        try:
            check_text(*((text, "") if part == "subject" else ("", text)), names, language)
        except TemplateError as error:
            found.append(Fault(language, part, error.message))
        if tag := _TAG.search(text):
            words = _("“%(found)s” is HTML. Write plain words; a link on a line of its own becomes a button.")
            found.append(Fault(language, part, words % {"found": tag[0][:40]}))
        if not text.strip() and not standing.may_wait:
            words = _("This goes to the team at once and cannot wait for a text. Write one.")
            found.append(Fault(language, part, words))
    needed = [one.name for one in standing.wording.placeholders if one.required]
    if KINDS[standing.wording.kind].leave and links.LEAVE not in needed:
        needed.append(links.LEAVE)
    absent = [name for name in needed if name not in used_names(body)] if body.strip() else []
    if absent:
        words = _("%(names)s is missing: without it this message is of no use.")
        names_in_braces = ", ".join("{" + name + "}" for name in absent)
        found.append(Fault(language, "body", words % {"names": names_in_braces}))
    return found


def _cleaned(text: Text) -> Text:
    subject, body = text
    return subject.strip(), body.replace("\r\n", "\n").strip()


def _changed_meanwhile(standing: Standing) -> str:
    version = standing.version
    if version is None or version.written_by is None:
        return _("This text was changed while you wrote. Your text is kept below; look and save again.")
    return _(
        "%(who)s wrote version %(number)s while you did. Your text is kept below; look and save again."
    ) % {
        "who": version.written_by,
        "number": version.number,
    }
