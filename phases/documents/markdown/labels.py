"""“Phase 2”, “第一阶段”, “Stage 3A”, “Erste Welle”: the labels that phases go by."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from phases.documents.markdown import numbers
from phases.documents.markdown.vocabulary import LANGUAGES, either, pattern, words

# The classes of words, the strongest first: what is called a phase is one; a week may be one.
CLASSES = ("phase", "stage", "wave", "month", "week", "day", "sprint")
STRONG = frozenset({"phase", "stage", "wave"})
_PERIODS = frozenset({"month", "week", "day"})
_PREFIXED = frozenset({"zh", "ja", "ko"})
_NUMBER = (
    r"\d{1,3}(?:\.\d{1,2})*(?:[A-Za-z](?![A-Za-z]))?|[IVX]{1,5}(?![\w])|[A-Z](?:-?\d{1,2})?(?![\w'’])"
    r"|[ivx]{1,4}(?![\w])"
)
_SECOND = (
    r"\s*(?:-|–|—|~|/|&|\+|{to}|{and_})\s*"
    r"(?P<second>\d{{1,3}}(?!\s*%|\d|[.,:/]\d)|[IVX]{{1,5}}(?!\w)|[A-Z](?!\w))"
)
_CJK_NUMBER = "[零一二三四五六七八九十两]{1,3}"
_CJK_TO = r"\s?[-–~至到]\s?"
# Not the label of a phase: “the next phase”, “within 3 days”.
_NOT_BEFORE = "(?<![下上每各这這本同单單])"
_NOT_BEHIND = r"(?!\s*(?:以内|以上|以下|之内|[間间内]))"
_LEADING = re.compile(
    r"^(?:\W*\d{1,2}(?:\.\d{1,2})*[.)、:]\s+|[\W_]*\[[^\]]{1,20}\]\s*|(?![\[(\"“'«「『])[^\w(\[\"“'«「『<>≥≤~]+)+",
    re.UNICODE,
)
_SEPARATOR = r"\s*(?P<separator>[:：.]|[-–—|→>»·]+|,)?\s*"
_COMPACT = re.compile(
    r"^(?P<letter>[MWDTS])\s?\+?(?P<number>\d{1,3})(?:\s?[-–]\s?[MWDTS]?(?P<second>\d{1,3}))?(?P<open>\+)?(?:h|d|w)?(?![\w%])"
)


@dataclass(frozen=True, slots=True)
class Label:
    """What a text is labelled with, and what follows.

    :ivar word: the class of the word that was used.
    :ivar key: what orders and identifies it: “2”, “3a”, “b”; numbers in words and in roman are figures.
    :ivar second: the end of “Weeks 2-5”; “+” in `open_end`.
    :ivar rest: the text behind the label and its separator.
    :ivar separated: whether something stands between label and rest (“Phase 1: Pilot”).
    """

    word: str
    key: str
    shown: str
    rest: str
    second: str = ""
    open_end: bool = False
    separated: bool = False
    trailing: bool = False

    @property
    def order(self) -> tuple[int, str]:
        digits = re.match(r"\d+", self.key)
        if digits:
            return int(digits.group()), self.key[digits.end() :]
        return ord(self.key[0]) - ord("a") + 1 if self.key else 0, self.key[1:]


@cache
def _forms() -> list[tuple[str, re.Pattern[str], re.Pattern[str]]]:
    """For each class of words: the label at the beginning, and the label anywhere."""
    second = _SECOND.format(to=pattern("to"), and_=pattern("and"))
    forms = []
    for name in CLASSES:
        spaced = either(
            w for language in LANGUAGES if language not in _PREFIXED for w in words(name, language)
        )
        glued = either(w for language in _PREFIXED for w in words(name, language))
        worded = numbers.worded_pattern()
        number = rf"(?P<number>(?-i:{_NUMBER})|{worded})(?:{second})?(?P<open>\+)?"
        long = either(w for language in _PREFIXED for w in words(name, language) if len(w) > 1)
        ordinal = rf"{worded}|\d{{1,2}}(?:st|nd|rd|th|\.|ª|º|ère|re|er|ème|e|-?й|-?я|-?ая)?"
        figure = rf"\d{{1,3}}(?:{_CJK_TO}\d{{1,3}})?|{_CJK_NUMBER}(?:{_CJK_TO}{_CJK_NUMBER})?"
        behind = r"\d{1,3}[A-Za-z]?(?![\w.%])|[IVX]{1,4}(?!\w)|[A-Z](?!\w)|[一二三四五六七八九十]{1,2}"
        first = "|".join(
            (
                rf"(?P<before>{spaced})\s*(?:№|[Nn]o\.?|#|n°)?\s*{number}",
                rf"{_NOT_BEFORE}(?:第\s*)?(?P<cjk>{figure})\s*(?:つ目の|个|個)?(?P<after>{glued}){_NOT_BEHIND}",
                rf"(?P<glued>{long})\s*(?P<number2>{behind})(?:{_CJK_TO}(?P<second2>\d{{1,3}}))?",
                rf"(?P<ordinal>{ordinal})\s+(?P<ordered>{spaced})",
            )
        )
        lead = rf"(?:(?:{pattern('rollout')})[\s-]+)?" if name in STRONG else ""
        begins = re.compile(rf"^{lead}(?:{first})", re.IGNORECASE)
        anywhere = re.compile(rf"(?:{first})", re.IGNORECASE)
        forms.append((name, begins, anywhere))
    return forms


def strip_lead(text: str) -> str:
    """Take the numbering, pictures and status marks off the beginning of a heading."""
    return _LEADING.sub("", text, count=1) if text else text


@lru_cache(maxsize=20_000)
def label_of(text: str, *, trailing: bool = False) -> Label | None:
    """Read the label that a heading begins with, or with `trailing` the one that it ends with."""
    text = strip_lead(text)[:300]
    for name, begins, _anywhere in _forms():
        match = begins.match(text)
        if match:
            label = _label(name, match, text)
            if label is not None:
                return label
    compact = _COMPACT.match(text)
    if compact and (compact.group("letter") != "S"):
        word = {"M": "month", "W": "week", "D": "day", "T": "day"}[compact.group("letter")]
        separator = re.compile(_SEPARATOR).match(text, compact.end())
        rest = text[separator.end() :] if separator else ""
        return Label(
            word,
            compact.group("number"),
            compact.group(),
            rest,
            compact.group("second") or "",
            bool(compact.group("open")),
            bool(separator and separator.group("separator")),
        )
    if trailing:
        end = re.search(r"^(?P<name>.{2,80}?)\s*(?:[(\[]|[-–—:]\s)(?P<label>[^()\[\]]{3,30})[)\]]?\s*$", text)
        if end:
            inner = label_of(end.group("label"))
            if inner is not None and inner.word in STRONG and not inner.rest:
                return Label(
                    inner.word,
                    inner.key,
                    inner.shown,
                    end.group("name"),
                    inner.second,
                    inner.open_end,
                    True,
                    True,
                )
    return None


def _label(name: str, match: re.Match[str], text: str) -> Label | None:
    groups = match.groupdict()
    second, open_end = groups.get("second") or "", bool(groups.get("open"))
    if name in _PERIODS and not _ordinal_mark(groups, match.group()):
        return None
    raw = groups.get("number") or groups.get("number2") or groups.get("cjk") or groups.get("ordinal") or ""
    if groups.get("second2"):
        second = groups["second2"]
    if groups.get("cjk"):
        raw, _sep, second = _halves(raw)
    key = key_of(raw, ordinal=bool(groups.get("ordinal")))
    if key is None:
        return None
    end = match.end()
    if second and not second.isdigit() and raw[:1].isdigit():
        # “Phase 2 - X”: the name of the phase, not the end of a range.
        second, end = "", match.end("number")
    tail = re.compile(_SEPARATOR).match(text, end)
    rest = text[tail.end() :] if tail else text[end:]
    separated = bool(tail and tail.group("separator")) or not rest or rest.startswith(("(", "["))
    return Label(
        name,
        key,
        text[match.start() : end].strip(),
        rest.strip(),
        (key_of(second) or "") if second else "",
        open_end,
        separated,
    )


def _ordinal_mark(groups: dict[str, str | None], shown: str) -> bool:
    """Whether a week or a day is one by its place: “2 weeks” and “2周” are lengths of time."""
    if groups.get("ordinal"):
        return not (groups["ordinal"] or "").isdigit()
    if groups.get("cjk"):
        return shown.startswith("第") or shown.endswith(("目", "차"))
    return not groups.get("glued") or len(groups["glued"] or "") > 1


def _halves(raw: str) -> tuple[str, str, str]:
    parts = re.split(r"\s?[-–~至到]\s?", raw)
    return parts[0], "-", parts[1] if len(parts) > 1 else ""


def key_of(raw: str, *, ordinal: bool = False) -> str | None:
    """Bring a number, letter, roman number or word to the key of a label."""
    raw = raw.strip()
    if not raw:
        return None
    if ordinal and re.match(r"\d", raw):
        return re.match(r"\d+", raw).group()  # type: ignore[union-attr]
    if re.fullmatch(r"\d{1,3}(?:\.\d{1,2})*(?:\s?[A-Za-z])?", raw):
        return re.sub(r"^0+(?=\d)", "", raw.replace(" ", "").lower())
    cjk = numbers.cjk(raw)
    if cjk is not None:
        return str(cjk)
    if re.fullmatch(r"[IVXivx]{1,5}", raw):
        value = numbers.roman(raw.upper())
        if value is not None and (len(raw) > 1 or raw in "IVXi"):
            return str(value)
        if len(raw) > 1:
            return None
    if re.fullmatch(r"[A-Za-z](?:-?\d{1,2})?", raw):
        return raw.replace("-", "").lower()
    value = numbers.worded(raw)
    return None if value is None else str(value)


@lru_cache(maxsize=20_000)
def labels_in(text: str) -> tuple[tuple[Label, int, int], ...]:
    """Find every label in a text, with its span."""
    found: list[tuple[Label, int, int]] = []
    for name, _begins, anywhere in _forms():
        for match in anywhere.finditer(text):
            label = _label(name, match, text)
            if label is not None and not any(a < match.end() and match.start() < b for _l, a, b in found):
                found.append((label, match.start(), match.end()))
    return tuple(sorted(found, key=lambda entry: entry[1]))
