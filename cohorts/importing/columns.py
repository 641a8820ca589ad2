"""What a column means: a guess by its name and its first cells, and the choices on the page."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.models import AttributeDefinition

IGNORE: Final = "ignore"
NEW: Final = "new"
ATTRIBUTE: Final = "attribute:"

TARGETS: Final = {
    "email": gettext_lazy("E-mail address"),
    "name": gettext_lazy("Name"),
    "language": gettext_lazy("Language"),
    "external_id": gettext_lazy("Id in the product"),
    "time_zone": gettext_lazy("Time zone"),
}

_NAMES: Final = {
    "email": (
        "email",
        "emailaddress",
        "mail",
        "mailaddress",
        "emel",
        "alamatemel",
        "电子邮件",
        "邮箱",
        "மின்னஞ்சல்",
    ),
    "name": ("name", "fullname", "nama", "displayname", "姓名", "பெயர்"),
    "language": (
        "language",
        "lang",
        "preferredlanguage",
        "languagepreference",
        "locale",
        "bahasa",
        "语言",
        "மொழி",
    ),
    "external_id": ("id", "externalid", "userid", "customerid", "memberid", "accountid"),
    "time_zone": ("timezone", "tz", "zone", "zonwaktu"),
}
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def choices(definitions: Iterable[AttributeDefinition]) -> list[tuple[str, str]]:
    """Return what a column can be said to mean, for the page."""
    known = [(ATTRIBUTE + definition.code, definition.label) for definition in definitions]
    return [
        *((target, str(label)) for target, label in TARGETS.items()),
        *known,
        (NEW, _("A new attribute (text)")),
        (IGNORE, _("Leave it out")),
    ]


def guess(
    names: Sequence[str], samples: Sequence[Sequence[str]], definitions: Iterable[AttributeDefinition]
) -> dict[str, str]:
    """Return what each column probably means; a column that says nothing to us is left out.

    :param samples: the first rows below the header.
    """
    by_name = {name: target for target, spellings in _NAMES.items() for name in spellings}
    for definition in definitions:
        for spelling in (definition.code, definition.label):
            by_name.setdefault(_plain(spelling), ATTRIBUTE + definition.code)
    guessed: dict[str, str] = {}
    for place, name in enumerate(names):
        target = by_name.get(_plain(name), IGNORE)
        cells = [row[place] for row in samples if place < len(row) and row[place].strip()]
        if target == IGNORE and cells and all(_ADDRESS.fullmatch(cell.strip()) for cell in cells):
            target = "email"
        guessed[name] = IGNORE if target in guessed.values() else target
    return guessed


def problems(columns: Mapping[str, str]) -> list[str]:
    """Return why this mapping cannot be used, in words; empty when it can."""
    found = []
    used = [target for target in columns.values() if target not in (IGNORE, NEW)]
    for target in sorted({target for target in used if used.count(target) > 1}):
        names = [f"“{name}”" for name, meant in columns.items() if meant == target]
        found.append(_("%(columns)s cannot all mean the same.") % {"columns": ", ".join(names)})
    if "email" not in used and "external_id" not in used:
        found.append(_("Say which column holds the e-mail address or the id in the product."))
    return found


def code_for(name: str, taken: Iterable[str]) -> str:
    """Return a code for a new attribute that is called like the column."""
    base = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:50] or "column"
    used, code, number = set(taken), base, 2
    while code in used:
        code, number = f"{base}_{number}", number + 1
    return code


def _plain(name: str) -> str:
    return re.sub(r"[\s_.\-/]+", "", name.casefold())
