"""Rows as CSV that a Swedish or Finnish Excel opens as a table, and as XLSX. Pure.

UTF-8 with a byte order mark and semicolons: Excel there takes a comma for the decimal sign, so that its lists have
semicolons, and takes a file without the mark for Windows-1252. Quotes and line ends are those of RFC 4180. Texts that
a spreadsheet program may take for formulas are made harmless (B06; OWASP, CSV Injection).
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

MARK = b"\xef\xbb\xbf"
DELIMITER = ";"
BLANKS = " \t\r\n\xa0\u202f"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_PIECE = 64 * 1024
_WIDTH = 18  # characters of a column
Cell = str | int | Decimal


def as_csv(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield the file in pieces. Numbers stay numbers, also below 0."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=DELIMITER, lineterminator="\r\n")
    yield MARK
    for row in rows:
        writer.writerow([harmless(cell) if isinstance(cell, str) else str(cell).replace(".", ",") for cell in row])
        if out.tell() >= _PIECE:
            yield _emptied(out)
    yield _emptied(out)


def as_xlsx(rows: Iterable[Sequence[Cell]], *, title: str) -> IO[bytes]:
    """Return a workbook of one sheet as an open file that is gone when it is closed. The first row is the heading.

    Texts are texts, so that 007 stays 007 and no formula comes about.
    """
    walk = iter(rows)
    heading = [str(cell) for cell in next(walk)]
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for place in range(len(heading)):
        sheet.column_dimensions[column_letters(place)].width = _WIDTH
    sheet.append([_in_sheet(sheet, text, bold=True) for text in heading])
    for row in walk:
        sheet.append([_in_sheet(sheet, value) for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115  # whoever sends it closes it
    book.save(file)
    file.seek(0)
    return file


def column_letters(place: int) -> str:
    """Name a column as spreadsheets do, counted from 0: A, B, … Z, AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def harmless(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula: an apostrophe before it makes it plain text."""
    return f"'{text}" if _looks_like_formula(text) else text


def as_written(text: str) -> str:
    """Take off the apostrophe that `harmless` put before a text."""
    return text[1:] if text.startswith("'") and _looks_like_formula(text[1:]) else text


def _looks_like_formula(text: str) -> bool:
    """Apostrophes that stand there already count as nothing, so that what is written can be read back as it was."""
    return text.lstrip(" '").startswith(FORMULA)


def _in_sheet(sheet: Any, value: Cell, *, bold: bool = False) -> Any:
    """Only what needs it is made a cell of its own, which takes long; other texts are written as texts anyway."""
    if not isinstance(value, str):
        return value
    text = "".join(letter for letter in value if letter >= " " or letter in "\t\n\r")  # XML cannot write the others
    if not (bold or text.startswith("=")):
        return text
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # else a text that begins with = would be a formula
    if bold:
        cell.font = Font(bold=True)
    return cell


def _emptied(out: io.StringIO) -> bytes:
    piece = out.getvalue().encode("utf-8", "surrogatepass")
    out.seek(0)
    out.truncate()
    return piece
