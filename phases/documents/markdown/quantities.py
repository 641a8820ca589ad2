"""Amounts with their comparator and unit in a line of text."""

import re
from dataclasses import dataclass, replace
from functools import cache

from phases.documents.markdown.numbers import DIGITS, MULTIPLIER, Style, multiplied, tidy
from phases.documents.markdown.vocabulary import pattern

SIGNS = {
    "<": "<",
    "<=": "<=",
    "=<": "<=",
    "≤": "<=",
    ">": ">",
    ">=": ">=",
    "=>": ">=",
    "≥": ">=",
    "=": "=",
    "==": "=",
    "±": "<=",
}
CURRENCIES = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "RM": "MYR",
    "USD": "USD",
    "EUR": "EUR",
}
_BEFORE = {"drop": "<", "le": "<=", "ge": ">=", "lt": "<", "gt": ">"}
_AFTER = {"le_after": "<=", "ge_after": ">=", "lt_after": "<", "gt_after": ">"}
NEGATED = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_TIMES = {
    "unit_ms": "ms",
    "unit_s": "s",
    "unit_min": "min",
    "unit_h": "h",
    "unit_d": "days",
    "unit_w": "weeks",
    "unit_mo": "months",
    "unit_y": "years",
}
TIME_UNITS = frozenset(_TIMES.values())
SECONDS = {
    "ms": 0.001,
    "s": 1,
    "min": 60,
    "h": 3600,
    "days": 86400,
    "weeks": 604800,
    "months": 2592000,
    "years": 31536000,
}
_SHORT = {
    "ms": "ms",
    "s": "s",
    "sec": "s",
    "secs": "s",
    "min": "min",
    "mins": "min",
    "h": "h",
    "hr": "h",
    "hrs": "h",
    "d": "days",
}
_SIZES = r"[KMGT]i?B(?:/s)?|kB|[KMG]bit/s|Mbps|req/s|rps|RPS|tps|TPS|qps|QPS|fps|LOC|tokens?|px|°C|dB"
# Counters that stand between a number and what follows it in Chinese, Japanese and Korean.
_COUNTER = r"[件个個名人次回点分台条條건명개회점]{0,2}"
# Spans that hold digits which are no amounts.
_DATELIKE = re.compile(
    r"\b\d{4}-\d{1,2}(?:-\d{1,2})?\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{4}\s*年(?:\s*\d{1,2}\s*月)?(?:\s*\d{1,2}\s*日)?|\d{1,2}\s*月\s*\d{1,2}\s*日|"
    r"\b\d{4}\s*년(?:\s*\d{1,2}\s*월)?(?:\s*\d{1,2}\s*일)?|\d{1,2}\s*월\s*\d{1,2}\s*일|"
    r"\b\d{1,2}:\d{2}\b|\b[vV]?\d+\.\d+\.\d+\b|\b24\s*/\s*7\b|\b[A-Za-z]+\d+\b|\bQ\d\b|\b\d+xx\b|\bHTTP\s+\d{3}\b|"
    r"https?://\S+|\b20[2-4]\d\b(?!\s*(?:%|users))|\b(?:[Tt]op|TOP|[Tt]ier|TLS|WCAG|ISO|SOC|Android|iOS|Python|Java|Node)[\s-]\d+(?:\.\d+)?\b"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount in a text.

    :ivar op: `< <= > >= =`, `between`, or "" where nothing says how to compare.
    :ivar signed: the comparator is a sign, not a word.
    :ivar unit: `%`, `ms`, `s`, `min`, `h`, `days`, …, `/5`, `x`, `USD`, `count`; with what it is counted per.
    :ivar adjective: “7-day”: part of a name.
    :ivar guessed: nobody wrote the comparator; it was chosen by what is measured.
    """

    start: int
    end: int
    value: float
    unit: str
    op: str = ""
    value2: float | None = None
    signed: bool = False
    word: str = ""
    approx: bool = False
    adjective: bool = False
    ratio: float | None = None
    scaled: bool = False
    guessed: bool = False

    @property
    def is_time(self) -> bool:
        return self.unit.split(" ")[0].split("/")[0] in TIME_UNITS and not self.unit.startswith("/")

    @property
    def explicit(self) -> bool:
        return bool(self.op)


@cache
def _scale_note() -> re.Pattern[str]:
    """“(1-5 scale)”, “60/40 split”."""
    between = rf"\s*(?:-|–|/|{pattern('to')})\s*"
    return re.compile(
        rf"\(?\s*\d+(?:\.\d+)?(?:{between}\d+(?:\.\d+)?)?[\s-]*(?:point[\s-]*)?{pattern('scale_word')}\s*\)?",
        re.IGNORECASE,
    )


@cache
def _number() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![A-Za-zА-яЁё0-9_])(?<![0-9][.,])(?<![#/§])(?<![A-Za-z]-)(?P<currency>[$€£¥₹]|RM|USD\s|EUR\s)?\s?"
        rf"(?P<number>{DIGITS})(?:\s?(?P<multiplier>{MULTIPLIER})(?![A-Za-zА-я]))?",
        re.IGNORECASE,
    )


@cache
def _range() -> re.Pattern[str]:
    return re.compile(
        rf"\s*(?P<unit>%)?\s*(?:-|–|—|~|\.\.\.?|…|{pattern('to')})\s*[$€£¥₹~≈]?\s*(?P<number>{DIGITS})(?:\s?(?P<multiplier>{MULTIPLIER})(?![A-Za-zА-я]))?(?!\d)",
        re.IGNORECASE,
    )


@cache
def _comparator() -> re.Pattern[str]:
    groups = "|".join(f"(?P<{name}>{pattern(name)})" for name in _BEFORE)
    return re.compile(
        rf"(?:(?P<sign>[<>]\s?=|=\s?[<>]|==?|[<>≤≥±])(?:\s*±)?|{groups})\.?\s*:?\s*(?:{pattern('filler')}\s*)?(?:{pattern('baseline_word')}\s*)?(?P<about>~|≈|{pattern('about')})?\s*[+±]?\s*$",
        re.IGNORECASE,
    )


@cache
def _approximate() -> re.Pattern[str]:
    return re.compile(rf"(?:~|≈|{pattern('about')})\.?\s*$", re.IGNORECASE)


@cache
def _postfix() -> re.Pattern[str]:
    groups = "|".join(f"(?P<{name}>{pattern(name)})" for name in _AFTER)
    return re.compile(rf"\s*{_COUNTER}\s*(?:[-,(]\s*)?(?:{groups})", re.IGNORECASE)


@cache
def _unit() -> re.Pattern[str]:
    short = "|".join(sorted(_SHORT, key=len, reverse=True))
    times = "|".join(f"(?P<{name}>{pattern(name)})" for name in _TIMES)
    return re.compile(
        rf"(?P<joint>[\s-]*)(?:{pattern('calendar_words')}\s+)?(?:(?P<points>{pattern('unit_pp')})|(?P<percent>%|{pattern('unit_pct')})|(?P<short>(?:{short})(?![\w]))|{times}|"
        rf"(?P<size>(?:{_SIZES})(?!\w))|(?P<factor>[x×](?![\w]))|(?P<money>k?[€₹£$]|USD|EUR|дол|元|円|원|руб))",
        re.IGNORECASE,
    )


@cache
def _per() -> re.Pattern[str]:
    return re.compile(
        rf"\s*(?:/\s*|{pattern('per_word')}\s+)(?P<what>[^\W\d_]+(?:/[^\W\d_]+)?)",
        re.IGNORECASE,
    )


@cache
def _scale() -> re.Pattern[str]:
    return re.compile(
        rf"\s*(?:/|{pattern('out_of')}\s)\s*(?P<scale>5|10|7|100|4)(?:[.,]0)?(?![\d.]*\d|\s*%)(?!\s*{pattern('people')})"
    )


@cache
def _people() -> re.Pattern[str]:
    return re.compile(
        rf"\s*{_COUNTER}\s*(?:(?!{pattern('per_word')})[^\W\d]+\s+){{0,2}}?{pattern('people')}", re.IGNORECASE
    )


def quantities(text: str, style: Style, skip: tuple[tuple[int, int], ...] = ()) -> list[Quantity]:
    """Find every amount in a text, from left to right.

    :param skip: spans that hold no amounts, such as dates and the labels of phases.
    """
    blocked = [
        *skip,
        *(match.span() for match in _DATELIKE.finditer(text)),
        *(match.span() for match in _scale_note().finditer(text)),
    ]
    found: list[Quantity] = []
    after = 0
    for match in _number().finditer(text):
        if match.start("number") < after or any(
            a < match.end() and match.start("number") < b for a, b in blocked
        ):
            continue
        quantity = _quantity(text, match, style, found[-1].end if found else 0)
        if quantity is not None:
            found.append(quantity)
            after = quantity.end
    return _merged(text, found)


def _quantity(text: str, match: re.Match[str], style: Style, floor: int) -> Quantity | None:
    value = multiplied(style.value(match.group("number")), match.group("multiplier"))
    end, value2, ratio = match.end(), None, None
    start = match.start("currency") if match.group("currency") else match.start("number")
    unit, adjective, scaled = "count", False, False
    if match.group("currency"):
        unit = CURRENCIES.get(match.group("currency").strip().upper(), match.group("currency"))
    percent_first = re.search(r"(?:百分之|%)\s?$", text[max(0, start - 4) : start])
    scale = _scale().match(text, end)
    if scale:
        unit, end, scaled = f"/{scale.group('scale')}", scale.end(), True
    else:
        between = _range().match(text, end)
        if between:
            value2 = multiplied(style.value(between.group("number")), between.group("multiplier") or None)
            if between.group("multiplier") and not match.group("multiplier") and value < value2 / 100:
                value = multiplied(value, between.group("multiplier"))
            end = between.end()
            if between.group("unit"):
                unit = "%"
            scale = _scale().match(text, end)
            if scale:
                unit, end, scaled = f"/{scale.group('scale')}", scale.end(), True
    fraction = None if scaled else re.match(r"\s*/\s*(\d+(?:[.,]\d+)?)", text[end:])
    if fraction:
        ratio, end = float(fraction.group(1).replace(",", ".")), end + fraction.end()
    plus = re.match(r"\s?\+(?!\s*\d)", text[end:])
    if plus:
        end += plus.end()
    named = None if scaled else _unit().match(text, end)
    if named and _counts_points(named, style):
        end = named.end()
    elif named and not (unit == "%" and not named.group("percent")):
        unit = _unit_name(named)
        adjective = "-" in named.group("joint") and unit in TIME_UNITS
        end = named.end()
        tail = _per().match(text, end)
        if tail:
            unit, end = f"{unit}/{tail.group('what')}", tail.end()
    elif unit == "count" and not scaled:
        tail = _per().match(text, end)
        if tail and not ratio:
            unit, end = f"per {tail.group('what')}", tail.end()
    elif unit in CURRENCIES.values():
        tail = _per().match(text, end)
        if tail:
            unit, end = f"{unit}/{tail.group('what')}", tail.end()
    if percent_first:
        unit, start = "%", max(0, start - 4) + percent_first.start()
    if not plus:
        plus = re.match(r"\s?\+(?!\s*\d)", text[end:])
        end += plus.end() if plus else 0
    op, signed, word, begin, approx = _compared(text, start, floor)
    if plus and op in ("", ">="):
        op, signed = ">=", True
    if not op or word:
        postfix = _postfix().match(text, end)
        if postfix:
            op = next(_AFTER[name] for name in _AFTER if postfix.group(name))
            word, end = postfix.group().strip(), postfix.end()
    if value2 is not None and not op:
        op = ""
    return Quantity(
        begin,
        end,
        tidy(value),
        unit,
        op,
        None if value2 is None else tidy(value2),
        signed,
        word,
        approx,
        adjective and not signed,
        ratio,
        scaled,
    )


def _counts_points(match: re.Match[str], style: Style) -> bool:
    """In Chinese “分” are the points of a score; in Japanese they are minutes."""
    return match.group().strip() == "分" and style.language != "ja"


def _compared(text: str, start: int, floor: int) -> tuple[str, bool, str, int, bool]:
    """Return the comparator left of a number: what, whether a sign, its word, where it begins, if about."""
    left = text[max(floor, start - 48) : start]
    offset = start - len(left)
    match = _comparator().search(left)
    if match is None:
        about = _approximate().search(left)
        return "", False, "", offset + about.start() if about else start, about is not None
    sign = match.group("sign")
    if sign:
        return (
            SIGNS[sign.replace(" ", "")],
            sign not in "==",
            "",
            offset + match.start(),
            bool(match.group("about")),
        )
    name = next(name for name in _BEFORE if match.group(name))
    op, begin = _BEFORE[name], match.start()
    negation = re.search(rf"{pattern('not')}\s*$", left[:begin], re.IGNORECASE)
    if negation:
        op, begin = NEGATED[op], negation.start()
    return op, False, match.group(name).strip(), offset + begin, bool(match.group("about"))


def _unit_name(match: re.Match[str]) -> str:
    if match.group("points"):
        return "pp"
    if match.group("percent"):
        return "%"
    if match.group("short"):
        return _SHORT[match.group("short").casefold()]
    if match.group("size"):
        return match.group("size")
    if match.group("factor"):
        return "x"
    if match.group("money"):
        return CURRENCIES.get(match.group("money").lstrip("k"), match.group("money"))
    return next(unit for name, unit in _TIMES.items() if match.group(name))


def _merged(text: str, found: list[Quantity]) -> list[Quantity]:
    """Read “> 1 % but < 2 %” as one amount between two."""
    result: list[Quantity] = []
    joint = re.compile(rf"\s*,?\s*(?:{pattern('but')}|&)?\s*", re.IGNORECASE)
    for quantity in found:
        last = result[-1] if result else None
        if (
            last is not None
            and last.op in (">", ">=")
            and quantity.op in ("<", "<=")
            and last.value2 is None
            and last.value < quantity.value
            and (last.unit == quantity.unit or last.unit == "count")
            and joint.fullmatch(text[last.end : quantity.start])
        ):
            result[-1] = replace(
                last, end=quantity.end, value2=quantity.value, op="between", unit=quantity.unit
            )
        else:
            result.append(quantity)
    return result


def counts_people(text: str, quantity: Quantity) -> bool:
    """Whether what stands behind a plain number is somebody, or a place where somebody is."""
    return quantity.unit == "count" and _people().match(text, quantity.end) is not None
