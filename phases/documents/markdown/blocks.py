"""Markdown to a flat list of blocks, each with its lines.

What is inside a line is not parsed here (`inline` does), so that the work stays in proportion to the size of
the document however it is written.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from phases.documents.markdown import inline
from phases.documents.markdown.limits import LONGEST_LINE, Deadline

MOST_ROWS = 2_000  # a longer table is data, not a plan
_CHECKBOX = re.compile(r"\[([ xX✓✔·_-]?)\]\s+|([☐☑☒⬜])\s*")
_BOX_ONLY = re.compile(r"\[([ xX]?)\]$")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:[^\n]*\n){0,60}?---[ \t]*(?:\n|$)")
_STARTS_A_LINE = re.compile(r"\s*(?:\*\*|__|[•●▪‣◦–—]\s|[☐☑☒✅❌⬜✔✖⚠🚨]|\[[ xX]\]\s|\*[^*\s])")
_BULLET = re.compile(r"\s*[•●▪‣◦]\s+")


class Kind(StrEnum):
    HEADING = "heading"
    TEXT = "text"  # one logical line of a paragraph
    ITEM = "item"  # the first line of a list item
    TABLE = "table"
    FENCE = "fence"
    SKIPPED = "skipped"  # nothing to read; `why` says so


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One piece of the document. Lines count from 1 and include both ends.

    :ivar level: of a heading 1-6; of an item or what is inside one, how deep (1 is outermost).
    :ivar number: the number of an item of a numbered list.
    :ivar box: of an item with a check box, whether it is ticked.
    """

    kind: Kind
    line: int
    end: int
    raw: str = ""
    level: int = 0
    number: int | None = None
    box: bool | None = None
    rows: tuple[Row, ...] = ()
    language: str = ""
    why: str = ""
    content: tuple[str, ...] = ()
    text: inline.Text = field(default_factory=lambda: inline.Text(""))


def parse(text: str, deadline: Deadline | None = None) -> list[Block]:
    """Read the blocks of a document.

    :raises DocumentRefused: when it takes too long.
    """
    deadline = deadline or Deadline()
    lines = text.split("\n")
    blocks: list[Block] = []
    front = _FRONT_MATTER.match(text)
    if front:
        count = front.group().count("\n")
        blocks.append(Block(Kind.SKIPPED, 1, count, why="front matter"))
        lines[:count] = [""] * count
    for number, line in enumerate(lines):
        if len(line) > LONGEST_LINE:
            blocks.append(Block(Kind.SKIPPED, number + 1, number + 1, why="longer than a line that is read"))
            lines[number] = ""
    blocks += _Walker(_tokens("\n".join(lines), deadline), lines, deadline).walk()
    return sorted(blocks, key=lambda block: block.line)


def _tokens(text: str, deadline: Deadline) -> Sequence[Token]:
    markdown = MarkdownIt("commonmark").enable("table").disable(["code", "inline", "reference"])

    def watch(state: StateBlock, first: int, last: int, silent: bool) -> bool:
        deadline.check()
        return False

    markdown.block.ruler.before("table", "watch", watch)
    return markdown.parse(text)


class _Walker:
    """Turns tokens into blocks."""

    def __init__(self, tokens: Sequence[Token], lines: Sequence[str], deadline: Deadline) -> None:
        self.tokens, self.lines, self.deadline = tokens, lines, deadline
        self.items: list[dict[str, Any]] = []
        self.ordered: list[bool] = []

    def walk(self) -> Iterator[Block]:
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if at % 512 == 0:
                self.deadline.check()
            match token.type:
                case "heading_open":
                    yield from self._heading(token, self.tokens[at + 1])
                    at += 2
                case "paragraph_open":
                    yield from self._paragraph(self.tokens[at + 1])
                    at += 2
                case "table_open":
                    at, block = self._table(at)
                    yield block
                case "fence" | "code_block":
                    yield from self._fence(token)
                case "html_block":
                    yield self._skipped(
                        token, "a comment" if token.content.lstrip().startswith("<!--") else "HTML"
                    )
                case "hr":
                    yield self._skipped(token, "a rule")
                case "ordered_list_open" | "bullet_list_open":
                    self.ordered.append(token.type == "ordered_list_open")
                case "ordered_list_close" | "bullet_list_close":
                    self.ordered.pop()
                case "list_item_open":
                    number = int(token.info) if self.ordered[-1] and token.info.isdigit() else None
                    self.items.append({"number": number, "fresh": True})
                case "list_item_close":
                    self.items.pop()
            at += 1

    def _heading(self, token: Token, content: Token) -> Iterator[Block]:
        first, last = _lines(token)
        if token.markup in ("-", "=") and (last - first > 1 or len(content.content) > 100 or self.items):
            # A rule that was set right below a paragraph.
            yield from self._paragraph(content, last=last - 1)
            return
        text = inline.read(content.content.replace("\n", " "))
        yield Block(Kind.HEADING, first, last, content.content, int(token.tag[1:]), text=text)

    def _paragraph(self, token: Token, last: int | None = None) -> Iterator[Block]:
        first, end = _lines(token)
        end = last or end
        item = self.items[-1] if self.items else None
        depth = len(self.items)
        for offset, count, joined in _logical_lines(token.content):
            line = first + offset
            to = min(line + count - 1, end)
            fresh = item is not None and item["fresh"] and offset == 0
            number = item["number"] if item is not None else None
            if fresh and item is not None:
                item["fresh"] = False
            bullet = _BULLET.match(joined)
            raw = joined[bullet.end() :] if bullet else joined
            box, rest = _box(raw)
            if fresh or bullet or box is not None:
                level = depth + (0 if fresh else 1)
                yield Block(
                    Kind.ITEM, line, to, rest, level, number if fresh else None, box, text=inline.read(rest)
                )
            else:
                yield Block(Kind.TEXT, line, to, raw, depth, text=inline.read(raw))

    def _table(self, at: int) -> tuple[int, Block]:
        first, last = _lines(self.tokens[at])
        rows: list[Row] = []
        cells: list[str] = []
        while self.tokens[at].type != "table_close":
            token = self.tokens[at]
            if at % 512 == 0:
                self.deadline.check()
            if token.type == "tr_open":
                cells, line = [], _lines(token)[0]
            elif token.type == "inline":
                cells.append(token.content)
            elif token.type == "tr_close":
                rows.append(Row(line, tuple(cells)))
            at += 1
        if len(rows) > MOST_ROWS:
            return at, Block(Kind.SKIPPED, first, last, why="a table with more rows than a plan has")
        return at, Block(Kind.TABLE, first, last, rows=tuple(rows), level=len(self.items))

    def _fence(self, token: Token) -> Iterator[Block]:
        first, last = _lines(token)
        content = tuple(token.content.rstrip("\n").split("\n"))
        yield Block(
            Kind.FENCE, first, last, language=token.info.strip(), content=content, level=len(self.items)
        )

    def _skipped(self, token: Token, why: str) -> Block:
        first, last = _lines(token)
        return Block(Kind.SKIPPED, first, last, why=why, content=tuple(self.lines[first - 1 : last]))


def _lines(token: Token) -> tuple[int, int]:
    first, last = token.map or [0, 1]
    return first + 1, max(last, first + 1)


def _box(raw: str) -> tuple[bool | None, str]:
    found = _CHECKBOX.match(raw) or _BOX_ONLY.match(raw)
    if found is None:
        return None, raw
    tick = next((group for group in found.groups() if group is not None), "")
    return tick in ("x", "X", "✓", "✔", "☑"), raw[found.end() :]


def _logical_lines(content: str) -> Iterator[tuple[int, int, str]]:
    """Split a paragraph: a line that begins with a label or a mark stands for itself, others are joined.

    Yields the offset of the line, how many lines it has, and its text.
    """
    begin, count, text = 0, 0, ""
    for offset, line in enumerate(content.split("\n")):
        if count and (
            _STARTS_A_LINE.match(line)
            or _labelled(text)
            or text.endswith(("  ", "\\"))
            or _next_field(text, line)
        ):
            yield begin, count, text
            begin, count, text = offset, 0, ""
        text = f"{text} {line}" if count else line
        count += 1
    if count:
        yield begin, count, text


def _next_field(text: str, line: str) -> bool:
    """Whether a short line is followed by a field of its own: “Phase 1: Office” / “Duration: 2 weeks”."""
    return len(text) < 60 and bool(re.match(r"\s*[^\W\d_][^:：.!?]{1,30}[:：](?:\s|$)", line))


def _labelled(text: str) -> bool:
    """Whether a line is a label with its value, which the next line does not continue."""
    return bool(
        re.match(r"\s*(?:\*\*|__)[^*_]{1,80}(?:[:：]\s*(?:\*\*|__)|(?:\*\*|__)\s*[:：])", text)
    ) or text.rstrip().endswith((":", "："))
