"""One line of a list, checked: what it says of a person, or what is wrong with it, cell by cell."""

import re
import unicodedata
import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

from cohorts import attributes, languages
from cohorts.attributes import Value, WrongValue
from cohorts.importing import columns as meanings
from cohorts.importing.reader import Problem, Row
from cohorts.models import AttributeDefinition
from rollout_portal.outbox import addresses
from rollout_portal.outbox.exceptions import MessageRefused

MAX_NAME: Final = 150
MAX_EXTERNAL_ID: Final = 120
_ZONES: Final = frozenset(zoneinfo.available_timezones())
_SPACES: Final = re.compile(r"\s+")


@dataclass(slots=True)
class Line:
    """What one line says. Empty texts and missing attributes say nothing and change nothing."""

    number: int
    cells: list[str]
    email: str = ""
    email_digest: str = ""
    name: str = ""
    language: str = ""
    time_zone: str = ""
    external_id: str = ""
    attributes: dict[str, Value] = field(default_factory=dict)

    @property
    def selection_key(self) -> str:
        """The key for a person who comes in by this line."""
        return self.external_id or addresses.normalise(self.email)


class LineReader:
    """Reads lines by one mapping of columns."""

    def __init__(
        self,
        names: Sequence[str],
        mapping: Mapping[str, str],
        allowed_languages: Sequence[str],
        definitions: Iterable[AttributeDefinition],
    ) -> None:
        self._languages = list(allowed_languages)
        self._definitions = {definition.code: definition for definition in definitions}
        self._columns = [
            (place, name, mapping[name])
            for place, name in enumerate(names)
            if mapping.get(name, meanings.IGNORE) not in (meanings.IGNORE, meanings.NEW)
        ]

    def read(self, row: Row) -> Line | list[Problem]:
        """Return what the row says, or everything that is wrong with it."""
        if row.problems:
            return row.problems
        line = Line(row.line, row.cells)
        found: list[Problem] = []
        for place, name, target in self._columns:
            text = plain(row.cells[place])
            if not text:
                continue
            try:
                self._take(line, target, text)
            except WrongValue as wrong:
                found.append(Problem(row.line, name, wrong.message))
        if not line.email and not line.external_id and not found:
            found.append(Problem(row.line, "", _("Give an e-mail address or an id in the product.")))
        return found or line

    def _take(self, line: Line, target: str, text: str) -> None:
        match target:
            case "email":
                line.email = _address(text)
                line.email_digest = addresses.digest(line.email)
            case "name":
                line.name = _at_most(text, MAX_NAME)
            case "external_id":
                line.external_id = _at_most(text, MAX_EXTERNAL_ID)
            case "time_zone":
                line.time_zone = _zone(text)
            case "language":
                line.language = self._language(text)
            case _:
                code = target.removeprefix(meanings.ATTRIBUTE)
                line.attributes[code] = attributes.parse(self._definitions[code], text)

    def _language(self, text: str) -> str:
        code = languages.recognise(text, self._languages)
        if code is None:
            raise WrongValue(
                _("This is not a language of the rollout. Use one of: %(codes)s.")
                % {"codes": ", ".join(self._languages)}
            )
        return code


def plain(cell: str) -> str:
    """Return a cell as it is compared: one spelling of each letter, single spaces, none around."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", cell)).strip()


def _address(text: str) -> str:
    try:
        return addresses.check(text)
    except MessageRefused as refused:
        raise WrongValue(_("%(why)s Write it like ana@example.org.") % {"why": refused.message}) from None


def _at_most(text: str, length: int) -> str:
    if len(text) > length:
        raise WrongValue(_("Use at most %(n)s characters.") % {"n": length})
    return text


def _zone(text: str) -> str:
    if text not in _ZONES:
        raise WrongValue(_("Write the time zone like Asia/Kuala_Lumpur."))
    return text
