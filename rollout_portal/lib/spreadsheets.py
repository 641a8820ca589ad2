"""Tables for spreadsheets: a cell that came from people never becomes a formula."""

import csv
from collections.abc import Iterable
from decimal import Decimal
from typing import IO, Final

BOM: Final = "\ufeff"
"""First letter of a file for spreadsheet programs, which take it for a sign of UTF-8."""

# What a spreadsheet reads as the start of a formula, with the full-width forms that some of them accept.
_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Cell = str | int | Decimal | bool | None


def safe_cell(value: Cell) -> str:
    """Return what to write into a cell. Text that could be a formula gets an apostrophe in front.

    Numbers stay numbers, also negative ones; nothing becomes an empty cell.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    text = value.replace("\x00", "")
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_STARTS) else text


def plain_cell(text: str) -> str:
    """Return what `safe_cell` was given, for text that it wrote."""
    return text[1:] if text.startswith("'") and safe_cell(text[1:]) == text else text


class SafeWriter:
    """Writes rows as CSV, every cell quoted and safe."""

    def __init__(self, file: IO[str]) -> None:
        file.write(BOM)
        self._writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")

    def row(self, cells: Iterable[Cell]) -> None:
        """Write one row."""
        self._writer.writerow([safe_cell(cell) for cell in cells])
