"""A file as rows of texts, read one at a time. Pure; refuses what is too large before it is all in memory."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from uku.clients.import_files import workbooks
from uku.clients.import_files.errors import FileReason, RowReason, Unreadable
from uku.clients.import_files.text_format import decode, guess_delimiter, guess_encoding, split_declared_delimiter
from uku.kit.spreadsheets import as_written

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = workbooks.MOST_COLUMNS
MOST_BLANK = 100_000  # empty rows between the others; a spreadsheet may have a million of them
_PACKED = b"\x1f\x8b"
_OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")  # also what Excel makes of a workbook with a password


@dataclass(frozen=True, slots=True)
class Row:
    """A row, by the number that a spreadsheet shows for it; cells without the blanks round them."""

    number: int
    cells: tuple[str, ...]
    errors: dict[int, RowReason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read: empty for a workbook."""

    encoding: str = ""
    delimiter: str = ""


def is_workbook(content: bytes) -> bool:
    """Say whether this is a zip, as XLSX files are. Raises Unreadable for an old or locked Excel file."""
    if content.startswith(_OLD_EXCEL):
        raise Unreadable(FileReason.OLD_EXCEL)
    return content.startswith(b"PK\x03\x04")


def is_packed(content: bytes) -> bool:
    """Say whether these are a workbook's rows as `keep` packs them."""
    return content.startswith(_PACKED)


def keep(content: bytes) -> bytes:
    """Return what is to be kept of a file: text as it is, a workbook as its rows, since reading one takes seconds.

    Raises Unreadable.
    """
    if is_packed(content):  # only we pack rows
        raise Unreadable(FileReason.NO_TABLE)
    if not is_workbook(content):
        return content
    packed = io.BytesIO()
    with gzip.open(packed, "wt", encoding="utf-8", compresslevel=5) as file:
        for row in _bounded(workbooks.rows(content)):
            file.write(json.dumps([row.number, row.cells, row.errors], ensure_ascii=False) + "\n")
    return packed.getvalue()


def guess(content: bytes) -> Reading:
    """Find out how to read a file. Raises Unreadable for what is no table."""
    if not content.strip():
        raise Unreadable(FileReason.EMPTY)
    if len(content) > MOST_BYTES:
        raise Unreadable(FileReason.TOO_LARGE)
    if is_workbook(content) or is_packed(content):
        return Reading()
    encoding = guess_encoding(content)
    return Reading(encoding, guess_delimiter(decode(content, encoding)))


def rows(content: bytes, reading: Reading) -> Iterator[Row]:
    """Yield the heading and at most 20,000 rows of what `keep` returned. Raises Unreadable, also on the way."""
    if not is_packed(content):
        yield from _bounded(_csv_rows(content, reading))
        return
    with gzip.open(io.BytesIO(content), "rt", encoding="utf-8") as file:
        for line in file:
            number, cells, errors = json.loads(line)
            yield Row(number, tuple(cells), {int(place): RowReason(reason) for place, reason in errors.items()})


def _bounded(found: Iterable[workbooks.Cells]) -> Iterator[Row]:
    """Leave out blank rows, and stop where the table is larger than we take."""
    told = 0
    for number, cells, errors in found:
        if number - told > MOST_BLANK:
            raise Unreadable(FileReason.TOO_MANY_ROWS, number)
        if not (any(cells) or errors):
            continue
        if len(cells) > MOST_COLUMNS and any(cells[MOST_COLUMNS:]):
            raise Unreadable(FileReason.TOO_MANY_COLUMNS, number)
        if told > MOST_ROWS:
            raise Unreadable(FileReason.TOO_MANY_ROWS, number)
        told += 1
        kept = cells[:MOST_COLUMNS]
        while kept and not kept[-1]:
            kept.pop()
        yield Row(number, tuple(kept), errors)


def count(content: bytes, reading: Reading) -> int:
    """Count the rows below the heading, reading all of them. Raises Unreadable."""
    found = sum(1 for _ in rows(content, reading))
    if not found:
        raise Unreadable(FileReason.EMPTY)
    if found == 1:
        raise Unreadable(FileReason.NO_ROWS)
    return found - 1


def heading_and_rows(content: bytes, reading: Reading) -> tuple[Row, Iterator[Row]]:
    """Part the first row that is not blank from the others. Raises Unreadable."""
    found = rows(content, reading)
    heading = next(found, None)
    if heading is None:
        raise Unreadable(FileReason.EMPTY)
    return heading, found


def _csv_rows(content: bytes, reading: Reading) -> Iterator[workbooks.Cells]:
    """Lines are numbered as rows of the table are: a cell with line breaks makes one row."""
    declared, text = split_declared_delimiter(decode(content, reading.encoding))
    # A reader of its own would end lines at the breaks that stand in cells.
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=reading.delimiter or declared or ";", strict=True)
    read = 0
    try:
        for read, cells in enumerate(lines, 1):
            yield read + bool(declared), [as_written(cell.strip(" \t\r\n\xa0")) for cell in cells], {}
    except csv.Error:
        raise Unreadable(FileReason.BROKEN_CSV, read + 1) from None
