"""How many, and what share of whom: audiences, quotas and steps of a ramp."""

import re
from functools import cache

from phases.documents.markdown.facts import Audience
from phases.documents.markdown.labels import labels_in
from phases.documents.markdown.numbers import Style, tidy
from phases.documents.markdown.quantities import Quantity, counts_people, quantities
from phases.documents.markdown.vocabulary import pattern, searcher

_ARROW = re.compile(r"\s*(?:→|->|=>|➜|⇒|>)\s*")


@cache
def _everybody() -> re.Pattern[str]:
    """“all users”, “all internal staff”, “全量”."""
    everyone, inside, somebody = pattern("all"), pattern("internal"), pattern("people")
    return re.compile(
        rf"{pattern('everyone', 'full_audience')}"
        rf"|{everyone}\s*(?:{pattern('filler')}\s*)?(?:\(?{inside}\)?\s*)?{somebody}"
        rf"|{everyone}\s+{inside}|{everyone}\s*の\s*{somebody}",
        re.IGNORECASE,
    )


@cache
def _share_of_people() -> re.Pattern[str]:
    """“% of users”, “% der Nutzer”, “% 的用户”."""
    return re.compile(rf"\s*(?:[^\W\d]+\s+){{0,4}}?[^\W\d]*?{pattern('people')}", re.IGNORECASE)


def everybody(text: str) -> bool:
    return _everybody().search(text) is not None


def audience_in(text: str, style: Style, line: int = 0, *, field: bool = False) -> Audience | None:
    """Read who is reached.

    :param field: the text is the value of a field about the audience, so a bare number counts people.
    """
    skip = tuple((a, b) for _label, a, b in labels_in(text))
    found = [q for q in quantities(text, style, skip) if q.ratio is None and not q.scaled]
    counts = [q for q in found if counts_people(text, q)]
    if field and found and found[0].start <= 2 and found[0].unit == "count":
        counts = found[:1] if found[0] not in counts else counts
    if not counts and field:
        counts = [q for q in found if q.unit == "count" or q.unit.startswith("per ")][:1]
    shares = [
        q for q in found if q.unit.split("/")[0] == "%" and (field or _share_of_people().match(text, q.end))
    ]
    audience = Audience(text=text, line=line)
    if counts:
        audience = audience.filled_from(_counted(text, counts))
    if shares:
        audience = audience.filled_from(_shared(text, shares))
    elif (not counts and everybody(text)) or (everybody(text) and counts and _everybody().match(text)):
        audience = audience.filled_from(Audience(percent_min=100, percent_max=100))
    return audience if audience.has_count or audience.has_percent else None


def whole_share(text: str, style: Style) -> Audience | None:
    """“Open to the whole city (100 %)”."""
    shares = shares_in(text, style)
    return (
        Audience(percent_min=100, percent_max=100, text=text) if any(q.value == 100 for q in shares) else None
    )


def opens_with_people(text: str, style: Style) -> bool:
    """Whether a sentence begins with who is reached: “All 18 warehouses, ~600 pickers”."""
    if _everybody().match(text):
        return True
    found = quantities(text, style)
    return bool(found) and found[0].start <= 4 and counts_people(text, found[0])


def shares_in(text: str, style: Style) -> list[Quantity]:
    """Every percentage of a text, for ramps and headings."""
    skip = tuple((a, b) for _label, a, b in labels_in(text))
    return [q for q in quantities(text, style, skip) if q.unit == "%"]


def bounds(quantity: Quantity) -> tuple[float | None, float | None]:
    """The least and the most that an amount stands for."""
    if quantity.value2 is not None:
        return quantity.value, quantity.value2
    if quantity.op in (">=", ">"):
        return quantity.value, None
    if quantity.op in ("<=", "<"):
        return None, quantity.value
    return quantity.value, quantity.value


def _counted(text: str, counts: list[Quantity]) -> Audience:
    total = [counts[0]]
    for quantity in counts[1:]:
        between = text[total[-1].end : quantity.start]
        if not re.search(rf"\+|&|{pattern('sum')}", between, re.IGNORECASE) or re.search(r"[;.(]", between):
            break
        total.append(quantity)
    least, most = bounds(total[0])
    for quantity in total[1:]:
        low, high = bounds(quantity)
        least = None if least is None or low is None else least + low
        most = None if most is None or high is None else most + high
    approx = any(quantity.approx for quantity in total)
    return Audience(_tidy(least), _tidy(most), approx=approx)


def _shared(text: str, shares: list[Quantity]) -> Audience:
    first = last = shares[0]
    for quantity in shares[1:]:
        if _ARROW.fullmatch(text[last.end : quantity.start]):
            last = quantity
    least, most = bounds(first)
    if last is not first:
        most = bounds(last)[1]
    return Audience(percent_min=_tidy(least), percent_max=_tidy(most))


def _tidy(value: float | None) -> float | None:
    return None if value is None else tidy(value)


def is_exposure(text: str) -> bool:
    """Whether a sentence says that something is opened to people."""
    return searcher("exposure").search(text) is not None
