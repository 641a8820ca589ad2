"""One line of a plan as rules: name, comparator, value, unit, window."""

import re
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache

from phases.documents.markdown.labels import labels_in
from phases.documents.markdown.numbers import Style
from phases.documents.markdown.quantities import NEGATED, Quantity, counts_people, quantities
from phases.documents.markdown.sections import split_field
from phases.documents.markdown.vocabulary import pattern, searcher


class Strictness(IntEnum):
    """How much a number must say about itself to be taken as a rule.

    A list of success criteria is all rules; elsewhere a number is one only if it says so.
    """

    ANY = 0  # in a list of criteria: “99.9% uptime”, “10 interviews”
    EXPLICIT = 1  # among metrics and deliverables: “80%+”, “< 2 hours”
    TARGET = 2  # anywhere: “(target: >80%)”


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    op: str
    value: float
    unit: str
    value2: float | None = None
    window: str = ""
    start: int = 0
    is_second_goal: bool = False
    guessed: bool = False


_EDGE = " \t:;,.-–—|()[]→•*="
# Small words that are left over where the amount was taken out.
_LOOSE_END = re.compile(r"\s+(?:of|von|de|d['’]|du|da|do|bei|auf|à|is|ist|est|es|é)$", re.IGNORECASE)
_PAREN = re.compile(r"\([^()]*\)")


@cache
def _no() -> re.Pattern[str]:
    return re.compile(rf"^\W*{pattern('no')}(?!-\w)", re.IGNORECASE)


@cache
def _no_behind() -> re.Pattern[str]:
    """Languages that say “none” at the end: なし, 없음."""
    return re.compile(rf"{pattern('none_behind')}\W*$")


@cache
def _zero() -> re.Pattern[str]:
    return re.compile(rf"(?:^|:\s*|\s)({pattern('zero_alone')})", re.IGNORECASE)


@cache
def _previous() -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern('previously')})[\s:(]*(?:~|≈)?\s*$", re.IGNORECASE)


@cache
def _target_before() -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern('target')})[^.;()\d]{{0,18}}\(?\s*$", re.IGNORECASE)


@cache
def _called_target() -> re.Pattern[str]:
    """“Delivery rate (target”: what is left of a name where the target was in parentheses."""
    return re.compile(rf"[\s(:\[–-]+{pattern('target')}\W*$", re.IGNORECASE)


@cache
def _window_before() -> re.Pattern[str]:
    return re.compile(
        rf"(?:{pattern('window', 'within')})\s*(?:{pattern('first_last')}\s+)?$",
        re.IGNORECASE,
    )


@cache
def _reached_people() -> re.Pattern[str]:
    return re.compile(
        rf"\s*(?:[^\W\d]+\s+){{0,3}}?{pattern('people')}\s+(?:[^\W\d]+\s+)?{pattern('reached')}",
        re.IGNORECASE,
    )


@cache
def _subject_before() -> re.Pattern[str]:
    """“NPS 50”, “rating of 4.5”: the number right behind is the score."""
    return re.compile(
        rf"(?:{pattern('nps', 'rating')})\)?\s*(?:score\s*)?(?:of|von|de|:|=)?\s*$", re.IGNORECASE
    )


def rules_in(text: str, style: Style, strictness: Strictness, bold: str = "") -> list[Rule]:
    """Read the rules of one line, from left to right."""
    skip = tuple((a, b) for _label, a, b in labels_in(text))
    found = [
        q
        for q in quantities(text, style, skip)
        if not _previous().search(text[max(0, q.start - 30) : q.start]) or q.signed
    ]
    found = [q for q in found if not q.adjective]
    windows = [
        q
        for q in found
        if _is_window(text, q)
        and any(o is not q and not o.is_time and (o.explicit or o.unit == "%") for o in found)
    ]
    rest = [q for q in found if q not in windows]
    if strictness is Strictness.TARGET:
        chosen = [q for q in rest if _target_before().search(text[max(0, q.start - 40) : q.start])]
        chosen = [
            _as_goal(text, q)
            for q in chosen
            if q.explicit or q.unit in ("%", "x") or q.scaled or q.value == 0
        ]
    else:
        chosen = [q for q in rest if _is_rule(text, q, strictness)]
        signed = [q for q in chosen if q.signed or q.op == "between"]
        if signed:
            chosen = [
                q
                for q in chosen
                if q.explicit and (q.signed or not _in_parentheses(text, q)) and (q.signed or not q.is_time)
            ]
        if not chosen and strictness is Strictness.ANY:
            chosen = _bare(text, rest, bold)
        if not chosen:
            chosen = [
                q for q in rest if q.unit == "count" and not q.ratio and _reached_people().match(text, q.end)
            ][:1]
    window = _window_text(text, windows) if windows else _first_period(text)
    return _named(text, chosen, bold, window)


def zero_in_words(text: str) -> str | None:
    """Return what there must be none of, where a line says “Zero X”; None where it does not."""
    behind = re.search(rf"\s*{pattern('zero_behind')}\W*$", text)
    behind = behind or re.search(rf"\s{pattern('zero_alone')}\W*$", text, re.IGNORECASE)
    if behind and behind.start() and not re.search(r"\d", text):
        return text[: behind.start()].strip(_EDGE)
    match = _zero().search(text)
    if match is None or re.search(r"\d", text[: match.start()]):
        return None
    key, value = split_field(text)
    if (
        match.start(1) > 0
        and text[: match.start(1)].strip(" :")
        and not text[: match.start(1)].rstrip().endswith(":")
        and ord(match.group(1)[0]) < 0x3000
    ):
        return None
    rest = text[match.end() :].strip(_EDGE)
    before = text[: match.start(1)].strip(_EDGE)
    if before and _zero().match(before.strip()):
        before = ""
    subject = before or rest.split(":")[0]
    return (subject or value or key).strip(_EDGE) or text


def none_in_words(text: str) -> str | None:
    """Return what there must be none of, where a line says “No X”; None where it does not."""
    for part in (text, split_field(text)[1]):
        match = _no().match(part)
        if match:
            return part[match.end() :].strip(_EDGE) or part
    behind = _no_behind().search(text)
    return text[: behind.start()].strip(_EDGE) if behind else None


def _as_goal(text: str, quantity: Quantity) -> Quantity:
    if quantity.explicit:
        return quantity
    return replace(quantity, op="=" if quantity.value == 0 else _direction(text, quantity), guessed=True)


def _is_window(text: str, quantity: Quantity) -> bool:
    if not quantity.is_time or quantity.signed:
        return False
    before = _window_before().search(text[max(0, quantity.start - 24) : quantity.start])
    behind = searcher("consecutive").match(text[quantity.end :].lstrip())
    return bool(before or behind) or quantity.word.casefold() in (
        "over",
        "under",
        "within",
        "über",
        "sur",
        "за",
        "до",
        "sous",
        "خلال",
    )


def _is_rule(text: str, quantity: Quantity, strictness: Strictness) -> bool:
    if quantity.ratio is not None:
        return False
    if quantity.signed or quantity.op == "between":
        return True
    if quantity.op and strictness is Strictness.ANY:
        return True
    if quantity.is_time and searcher("within").fullmatch(quantity.word) and strictness is Strictness.EXPLICIT:
        return _follows_key(text, quantity)  # “respond within 24 h” is a promise, not a metric
    if quantity.op and strictness is Strictness.EXPLICIT:
        return not _in_parentheses(text, quantity) or _follows_key(text, quantity)
    return False


def _follows_key(text: str, quantity: Quantity) -> bool:
    key, value = split_field(text)
    return bool(key) and text.rfind(value) <= quantity.start <= text.rfind(value) + 2


def _in_parentheses(text: str, quantity: Quantity) -> bool:
    return any(match.start() < quantity.start < match.end() for match in _PAREN.finditer(text))


def _bare(text: str, found: list[Quantity], bold: str) -> list[Quantity]:
    """Choose the one amount without a comparator that a criterion is about."""
    outside = [
        q for q in found if not _in_parentheses(text, q) and q.ratio is None and not _is_exposure(text, q)
    ]
    zeros = [q for q in found if q.value == 0 and q.unit in ("count", "%")]
    zero = next((q for q in zeros if q in outside or text[q.end :].strip() == ")"), None)
    if zero is not None:
        return [replace(zero, op="=")]
    percent = next((q for q in outside if q.unit.startswith("%")), None)
    if percent is not None:
        return [replace(percent, op=_direction(text, percent), guessed=True)]
    key, value = split_field(text, bold)
    rated = next((q for q in outside if q.scaled or _is_factor(text, q, value) or _is_score(text, q)), None)
    if rated is not None:
        return [replace(rated, op=_direction(text, rated), guessed=True)]
    begin = len(text) - len(value) if key and text.endswith(value) else 0
    for quantity in outside:
        if quantity.start < begin or (
            quantity.start - begin > 2 and not _approximately(text[begin : quantity.start])
        ):
            continue
        behind = text[quantity.end :].strip()
        if quantity.is_time and (key or searcher("lower_better").search(behind)):
            return [replace(quantity, op=_direction(text, quantity), guessed=True)]
        if quantity.unit == "count" and (key or re.match(r"[^\W\d]{2,}", behind)):
            return [replace(quantity, op=_direction(text, quantity), guessed=True)]
        if quantity.unit not in ("count",) and not quantity.is_time:
            return [replace(quantity, op=_direction(text, quantity), guessed=True)]
    return []


def _is_factor(text: str, quantity: Quantity, value: str) -> bool:
    """“40x faster”, “Speed: 40x”; but not “at 10x volume”."""
    behind = text[quantity.end :].lstrip(" )")
    return quantity.unit == "x" and (
        value.startswith(text[quantity.start : quantity.end]) or bool(searcher("increase").match(behind))
    )


def _is_score(text: str, quantity: Quantity) -> bool:
    return _subject_before().search(text[max(0, quantity.start - 30) : quantity.start]) is not None


def _is_exposure(text: str, quantity: Quantity) -> bool:
    """“The 100% rollout was successful” measures nothing."""
    return quantity.unit == "%" and searcher("rollout").match(text[quantity.end :].lstrip()) is not None


def _approximately(text: str) -> bool:
    return bool(searcher("about").fullmatch(text.strip())) or text.strip() in ("~", "≈")


def _direction(text: str, quantity: Quantity) -> str:
    """Guess the comparator that nobody wrote: of errors at most, of everything else at least."""
    if quantity.value2 is not None:
        return "between"
    if quantity.value == 100 and quantity.unit == "%":
        return "="
    around = text[: quantity.start] + text[quantity.end :]
    if searcher("increase", "decrease").search(around) and quantity.unit.startswith("%"):
        return ">="
    if quantity.unit == "x":
        return ">="
    if searcher("lower_better").search(around) or (quantity.is_time and quantity.unit in ("ms", "s", "min")):
        return "<="
    return ">="


def _named(text: str, chosen: list[Quantity], bold: str, window: str) -> list[Rule]:
    """Give each amount the words that it stands among."""
    key, _value = split_field(text, bold)
    negated = bool(_no().match(split_field(text, bold)[1] if key else text))
    result: list[Rule] = []
    for index, quantity in enumerate(chosen):
        begin = chosen[index - 1].end if index else 0
        end = chosen[index + 1].start if index + 1 < len(chosen) else len(text)
        before, behind = text[begin : quantity.start], text[quantity.end : end]
        before = re.split(r"[;,]\s", before)[-1] if index else before
        if index + 1 < len(chosen):
            behind = re.split(rf"[;,]\s|\s(?:{pattern('and', 'or')})\s", behind)[0]
        name = f"{before.strip(_EDGE)} {_without_window(behind).strip(_EDGE)}".strip(_EDGE)
        if index and key and not before.strip(_EDGE):
            name = f"{key} {name}".strip()
        op = NEGATED.get(quantity.op, quantity.op) if negated and quantity.op in (">", ">=") else quantity.op
        unit = quantity.unit
        around = f"{before[-40:]} {behind[:40]}"
        if unit == "%" and searcher("increase").match(behind.strip()):
            unit = "% increase"
        elif unit == "%" and searcher("decrease").match(behind.strip()):
            unit = "% decrease"
        elif unit == "count" and searcher("nps").search(around + key):
            unit = "score"
        elif unit == "count" and quantity.value <= 5 and searcher("rating").search(f"{key} {around}"):
            unit = "/5"
        elif unit == "count" and counts_people(text, quantity):
            unit = "users"
        if negated and op != quantity.op:
            name = re.sub(rf"^\W*{pattern('no')}\s*", "", name, flags=re.IGNORECASE)
        name = _LOOSE_END.sub("", _called_target().sub("", name))
        second = (
            bool(result)
            and _in_parentheses(text, quantity)
            and bool(_target_before().search(text[max(0, quantity.start - 30) : quantity.start]))
        )
        result.append(
            Rule(
                name or key,
                op or ">=",
                quantity.value,
                unit,
                quantity.value2,
                window,
                quantity.start,
                second,
                quantity.guessed,
            )
        )
    return result


def _without_window(text: str) -> str:
    return re.sub(r"\((?:[^()]*)\)\s*$", "", text)


def _window_text(text: str, windows: list[Quantity]) -> str:
    quantity = windows[0]
    left = _window_before().search(text[max(0, quantity.start - 24) : quantity.start])
    word = left.group().strip() if left else quantity.word
    return (
        f"{word} {text[quantity.start : quantity.end].strip()}".strip()
        if word not in text[quantity.start : quantity.end]
        else text[quantity.start : quantity.end].strip()
    )


def _first_period(text: str) -> str:
    match = re.search(
        rf"(?:{pattern('window')})\s+(?:the\s+)?(?:first|last|ersten|premier|primer|первый)\s+[^\W\d]+",
        text,
        re.IGNORECASE,
    )
    return match.group() if match else ""
