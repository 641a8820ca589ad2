"""The words that plans are written with: one table per language, one concept per row.

A row is a list of words and phrases. A `*` at the end stands for any ending. Words are found whole, without
regard to case, and accents may be missing; in scripts without spaces they are found anywhere.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

from phases.documents.markdown.vocabulary import ar, de, en, es, fr, ja, ko, ms, pt, ru, zh

LANGUAGES: Mapping[str, Mapping[str, str]] = {
    "en": en.WORDS,
    "de": de.WORDS,
    "fr": fr.WORDS,
    "es": es.WORDS,
    "pt": pt.WORDS,
    "zh": zh.WORDS,
    "ja": ja.WORDS,
    "ko": ko.WORDS,
    "ru": ru.WORDS,
    "ar": ar.WORDS,
    "ms": ms.WORDS,
}

# Scripts that are written without spaces, or that glue particles to the word.
UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
# In Arabic the article and short conjunctions are written with the word.
ARABIC_PREFIX = "(?:[وفبلك]?(?:ال|لل)|[وفبلك])?"


@cache
def words(concept: str, language: str | None = None) -> tuple[str, ...]:
    """All words of a concept, the longest first."""
    tables = [LANGUAGES[language]] if language else LANGUAGES.values()
    found = {
        unicodedata.normalize("NFKC", word.strip()).lower()
        for table in tables
        for word in table.get(concept, "").split(",")
        if word.strip()
    }
    return tuple(sorted(found, key=lambda word: (-len(word), word)))


def listed(concept: str, language: str) -> tuple[str, ...]:
    """The words of one language in the order of its table: months, numbers, ordinals."""
    row = LANGUAGES[language].get(concept, "")
    return tuple(unicodedata.normalize("NFKC", word.strip()).lower() for word in row.split(",") if word)


@cache
def pattern(*concepts: str) -> str:
    """Return a regular expression (no groups) that finds any word of these concepts."""
    return either(word for concept in concepts for word in words(concept))


@cache
def searcher(*concepts: str) -> re.Pattern[str]:
    return re.compile(pattern(*concepts), re.IGNORECASE)


@cache
def whole(*concepts: str) -> re.Pattern[str]:
    """Matches a text that is nothing but one of these words."""
    return re.compile(rf"\s*{pattern(*concepts)}\s*", re.IGNORECASE)


def either(phrases: Iterable[str]) -> str:
    """One expression for many phrases: those that begin alike share their beginning, so it stays fast."""
    groups: dict[str, _Node] = {}
    for phrase in sorted(set(phrases)):
        stem = phrase.rstrip("*")
        before = "" if re.match(rf"[{UNSPACED}]|\W", stem) else r"(?<!\w)"
        if re.match("[\u0600-\u06ff]", stem):
            before += ARABIC_PREFIX
        tail = "" if re.search(rf"[{UNSPACED}]$|\W$", stem) else r"(?!\w)"
        groups.setdefault(before, _Node()).add(stem, r"\w*" if phrase.endswith("*") else tail)
    parts = [before + node.pattern() for before, node in groups.items()]
    return f"(?:{'|'.join(parts)})" if parts else r"(?!)"


class _Node:
    """What may follow in a trie: for each letter its spellings and the node behind it."""

    def __init__(self) -> None:
        self.spellings: dict[str, set[str]] = {}
        self.behind: dict[str, _Node] = {}
        self.tail: str | None = None  # how a phrase ends that ends here

    def add(self, stem: str, tail: str) -> None:
        node = self
        for character in stem:
            key = _key(character)
            node.spellings.setdefault(key, set()).update((character, key))
            node = node.behind.setdefault(key, _Node())
        node.tail = tail if node.tail is None or tail == r"\w*" else node.tail

    def pattern(self) -> str:
        options = [_one(key, self.spellings[key]) + node.pattern() for key, node in self.behind.items()]
        if self.tail is not None:
            # Last, so that the longer phrase is found first: “or more” is not “or”.
            options.append(self.tail)
        return options[0] if len(options) == 1 else f"(?:{'|'.join(options)})"


def _key(character: str) -> str:
    """Letters that may stand for each other share a key, so that their phrases share a branch."""
    if character in " -":
        return " "
    if character in "'’":
        return "'"
    if character in "أإآا":
        return "ا"
    plain = unicodedata.normalize("NFD", character)[0]
    return plain if plain.isascii() else character


def _one(key: str, spellings: Iterable[str]) -> str:
    """One character of a phrase: its accent may be missing, a space may be any space or a hyphen."""
    if key == " ":
        return r"[\s,‐‑-]{0,2}"
    if key == "'":
        return "['’]"
    if key == "ا":
        return "[أإآا]"
    found = "".join(sorted(set(spellings)))
    return re.escape(key) if len(found) == 1 else f"[{found}]"
