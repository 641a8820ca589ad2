"""What the columns of a table hold."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from phases.documents.markdown import inline
from phases.documents.markdown.blocks import Block
from phases.documents.markdown.vocabulary import searcher

_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class TableRow:
    line: int
    cells: tuple[inline.Text, ...]

    def cell(self, index: int | None) -> str:
        return self.cells[index].plain if index is not None and index < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its header read."""

    line: int
    header: tuple[str, ...]
    rows: tuple[TableRow, ...]

    def find(self, kind: str, *, taken: Sequence[int | None] = ()) -> int | None:
        """Return the column that is best named as one of this kind."""
        scored = [
            (column_fit(kind, name), -index) for index, name in enumerate(self.header) if index not in taken
        ]
        best = max(scored, default=(0.0, 0))
        return -best[1] if best[0] >= 0.5 else None

    def all_of(self, kind: str) -> list[int]:
        return [index for index, name in enumerate(self.header) if column_fit(kind, name) >= 0.5]


@lru_cache(maxsize=4_000)
def column_fit(kind: str, name: str) -> float:
    """How much of the name of a column is a word of this kind, from 0 to 1."""
    text = re.sub(r"\([^)]*\)", " ", name) if re.sub(r"\([^)]*\)", "", name).strip() else name
    letters = len(_LETTERS.sub("", text)) or len(text.strip())
    if not letters:
        return 0.0
    found = max(
        (len(_LETTERS.sub("", m.group())) or len(m.group()) for m in searcher(f"col_{kind}").finditer(text)),
        default=0,
    )
    return found / letters


@lru_cache(maxsize=512)
def table_of(block: Block) -> Table:
    header, *rows = block.rows
    return Table(
        block.line,
        tuple(inline.read(cell).plain for cell in header.cells),
        tuple(TableRow(row.line, tuple(inline.read(cell) for cell in row.cells)) for row in rows),
    )
