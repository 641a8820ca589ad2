"""What became of every line of a document: a fact, text that was kept, or nothing, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from phases.documents.markdown.blocks import Block, Kind


class Fate(StrEnum):
    FACT = "fact"
    TEXT = "text"  # kept as it is, where it stands
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class LineFate:
    """`what` is the kind of fact, what the text is kept as, or why the line was ignored."""

    line: int
    fate: Fate
    what: str


def cover(lines: Sequence[str], blocks: Sequence[Block], used: Mapping[int, str]) -> list[LineFate]:
    """Say of every line, in order, what became of it."""
    kinds: dict[int, Block] = {}
    for block in blocks:
        for line in range(block.line, block.end + 1):
            kinds[line] = block
    return [_fate(number, text, kinds.get(number), used) for number, text in enumerate(lines, start=1)]


def _fate(number: int, text: str, block: Block | None, used: Mapping[int, str]) -> LineFate:
    if number in used:
        return LineFate(number, Fate.FACT, used[number])
    if not text.strip():
        return LineFate(number, Fate.IGNORED, "empty")
    if block is None:
        return LineFate(number, Fate.IGNORED, "nested deeper than is read")
    if block.kind is Kind.SKIPPED:
        return LineFate(number, Fate.IGNORED, block.why)
    if block.line in used and block.kind in (Kind.ITEM, Kind.TEXT):
        return LineFate(number, Fate.FACT, used[block.line])
    if block.kind is Kind.TABLE and not set("|-: \t").issuperset(text) and number <= block.line:
        return LineFate(number, Fate.TEXT, "header of a table")
    if block.kind is Kind.TABLE and set("|-: \t").issuperset(text):
        return LineFate(number, Fate.IGNORED, "rule of a table")
    if block.kind is Kind.FENCE and number in (block.line, block.end):
        return LineFate(number, Fate.IGNORED, "fence")
    names = {
        Kind.HEADING: "heading",
        Kind.TEXT: "paragraph",
        Kind.ITEM: "list item",
        Kind.TABLE: "row of a table",
        Kind.FENCE: "code",
    }
    return LineFate(number, Fate.TEXT, names.get(block.kind, "text"))
