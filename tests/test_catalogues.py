"""What testers read is translated whole, and the compiled catalogues are those of the sources."""

import ast
import gettext
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

from cohorts.states import Purpose

ROOT = Path(__file__).parent.parent
LOCALES = ["ms", "ta", "zh_Hans"]
TEMPLATES = ["templates/tester", "templates/feedback/tester"]
MODULES = [
    "cohorts/views/testers.py",
    "feedback/views/tester.py",
    "feedback/answering.py",
    "feedback/pictures.py",
    "feedback/tester_forms.py",
]
# Said to testers by services that speak to staff as well.
ALSO = [
    "Choose one of the languages.",
    "You have answered already. Write to us if you changed your mind.",
    "This invitation is closed.",
    "The time to answer is over. Write to us if you still want to take part.",
    "The test is paused. Please try again later; your place is kept.",
    "You have answered already. To change an answer, send it again.",
    "Say what happened.",
]
_CALL = re.compile(r"""gettext\(u?((?:"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'))""")


def _sources() -> Iterator[str]:
    """Every text that a tester's page asks the catalogue for."""
    for folder in TEMPLATES:
        for file in sorted((ROOT / folder).rglob("*.html")):
            for found in _CALL.finditer(templatize(file.read_text("utf-8"), origin=str(file))):
                yield ast.literal_eval(found[1])
    for module in MODULES:
        for node in ast.walk(ast.parse((ROOT / module).read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "gettext_lazy"):
                yield ast.literal_eval(node.args[0])
    yield from ALSO
    yield from (str(purpose.label) for purpose in Purpose)


def _catalogue(locale: str) -> dict[str, str]:
    with (ROOT / "locale" / locale / "LC_MESSAGES" / "django.mo").open("rb") as file:
        found: dict[str, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {key: text for key, text in found.items() if key}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_on_a_testers_page_is_translated(locale: str) -> None:
    catalogue = _catalogue(locale)
    wanted = set(_sources())
    assert len(wanted) > 50
    assert sorted(text for text in wanted if not catalogue.get(text)) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_placeholders_are_kept(locale: str) -> None:
    names = re.compile(r"%\(\w+\)s")
    wrong = [
        text
        for text, translated in _catalogue(locale).items()
        if set(names.findall(text)) != set(names.findall(translated))
    ]
    assert wrong == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_catalogue_says_that_nobody_reviewed_it_yet(locale: str) -> None:
    head = (ROOT / "locale" / locale / "LC_MESSAGES" / "django.po").read_text("utf-8").splitlines()[0]
    assert "Machine-made" in head


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="GNU gettext is not installed")
def test_the_compiled_catalogue_is_the_one_of_its_source(locale: str, tmp_path: Path) -> None:
    folder = ROOT / "locale" / locale / "LC_MESSAGES"
    made = tmp_path / "django.mo"
    command = ["msgfmt", "--check-format", "-o", str(made), str(folder / "django.po")]
    subprocess.run(command, check=True, capture_output=True)
    with made.open("rb") as new, (folder / "django.mo").open("rb") as kept:
        assert (
            gettext.GNUTranslations(new)._catalog  # type: ignore[attr-defined]
            == gettext.GNUTranslations(kept)._catalog  # type: ignore[attr-defined]
        )
