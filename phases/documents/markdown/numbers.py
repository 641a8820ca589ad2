"""Numbers as people write them: 1,000 · 1.000 · 15 000 · 50K · 3万 · IV · 三 · two."""

import re
from dataclasses import dataclass
from functools import cache

from phases.documents.markdown.vocabulary import LANGUAGES, either, listed

_CJK = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"两": 2, "兩": 2}
_ROMAN = {"I": 1, "V": 5, "X": 10}
_MULTIPLIERS = {
    "k": 1_000,
    "千": 1_000,
    "천": 1_000,
    "thousand": 1_000,
    "tsd": 1_000,
    "tsd.": 1_000,
    "тыс": 1_000,
    "тыс.": 1_000,
    "mil": 1_000,
    "ألف": 1_000,
    "آلاف": 1_000,
    "ribu": 1_000,
    "万": 10_000,
    "萬": 10_000,
    "만": 10_000,
    "m": 1_000_000,
    "mio": 1_000_000,
    "mio.": 1_000_000,
    "million": 1_000_000,
    "millions": 1_000_000,
    "млн": 1_000_000,
    "millones": 1_000_000,
    "milhões": 1_000_000,
    "مليون": 1_000_000,
    "juta": 1_000_000,
    "百万": 1_000_000,
    "亿": 100_000_000,
    "億": 100_000_000,
}
MULTIPLIER = rf"(?:{'|'.join(re.escape(word) for word in sorted(_MULTIPLIERS, key=len, reverse=True))})"

# A number in digits, with its separators.
DIGITS = r"\d{1,3}(?:[,.'’ ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?"
# What counts phases: digits with a letter, a letter, a roman number, or in words.
COMMA_DECIMAL = frozenset({"de", "fr", "es", "pt", "ru"})


@dataclass(frozen=True, slots=True)
class Style:
    """How a language writes numbers."""

    comma_decimal: bool = False
    language: str = "en"

    @classmethod
    def of(cls, language: str) -> "Style":
        return cls(language in COMMA_DECIMAL, language)

    def value(self, digits: str) -> float:
        """Read a number that `DIGITS` matched."""
        text = re.sub(r"[ '’]", "", digits)
        if re.fullmatch(r"\d{1,3}(?:[,.]\d{3})+(?:[.,]\d{1,2})?", text):
            separators = [character for character in text if not character.isdigit()]
            decimal = "," if self.comma_decimal else "."
            if len(set(separators)) == 2:
                return float(text.replace(separators[0], "").replace(separators[-1], "."))
            if separators[0] != decimal or len(separators) > 1:
                return float(re.sub(r"[,.]", "", text))
            if text.startswith("0"):
                return float(text.replace(",", "."))
        return float(text.replace(",", "."))


def multiplied(value: float, multiplier: str | None) -> float:
    return value * _MULTIPLIERS.get((multiplier or "").strip().casefold(), 1)


def tidy(value: float) -> float | int:
    """Return a whole number as an int."""
    return int(value) if float(value).is_integer() else round(value, 6)


def cjk(text: str) -> int | None:
    """Read a Chinese or Japanese number up to 99."""
    if not text or any(character not in _CJK and character != "十" for character in text):
        return None
    if "十" not in text:
        return _CJK[text] if len(text) == 1 else None
    tens, _, ones = text.partition("十")
    return (_CJK[tens] if tens else 1) * 10 + (_CJK[ones] if ones else 0)


def roman(text: str) -> int | None:
    """Read a roman number up to 39."""
    if not re.fullmatch(r"X{0,3}(?:IX|IV|V?I{0,3})", text) or not text:
        return None
    values = [_ROMAN[character] for character in text]
    return sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))


@cache
def _worded() -> dict[str, int]:
    found: dict[str, int] = {}
    for language in LANGUAGES:
        if language in ("zh", "ja", "ko"):
            continue
        for value, word in enumerate(listed("numbers", language)):
            found.setdefault(word, value)
        for concept in ("ordinals", "ordinals_m"):
            for value, word in enumerate(listed(concept, language), start=1):
                found.setdefault(word.rstrip("*"), value)
    return found


@cache
def worded_pattern() -> str:
    """Finds a number in words, cardinal or ordinal."""
    stems = [
        word
        for language in LANGUAGES
        if language not in ("zh", "ja", "ko")
        for concept in ("numbers", "ordinals", "ordinals_m")
        for word in listed(concept, language)
    ]
    return either(stems)


def worded(text: str) -> int | None:
    """Read a number in words."""
    word = text.strip().casefold()
    if word in _worded():
        return _worded()[word]
    return next((value for stem, value in _worded().items() if len(stem) > 3 and word.startswith(stem)), None)
