"""XLSX read row by row.

openpyxl reads with the standard library's expat, which from 2.4.1 on limits entities that grow; a workbook has no
use for a document type, so one that declares any is refused, and no entity is ever opened (decision 9).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import repeat
from typing import Any

from openpyxl import load_workbook

from uku.clients.import_files.errors import FileReason, RowReason, Unreadable

MOST_COLUMNS = 100
MOST_UNPACKED = 96 * 1024 * 1024  # all parts together; 20,000 clients take about 25 MB
MOST_PARTS = 2_000
_PIECE = 1024 * 1024
_DOCTYPE = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_FORMULA = (b"<f>", b"<f ", b"<f/>", b":f>", b":f ")
_SPREADSHEET = "xl/workbook.xml"
_WIDTH = 18  # characters

Cells = tuple[int, list[str], dict[int, RowReason]]


def rows(content: bytes) -> Iterator[Cells]:
    """Yield number, texts and errors of each row of the first sheet. Slow; raises Unreadable.

    A formula's value is the one that was stored with it; a formula without one is an error of its cell.
    """
    has_formulas = _examine(content)
    try:
        book = _open(content, data_only=True)
        values = _first_sheet(book)
        formulas = _first_sheet(_open(content, data_only=False)) if has_formulas else repeat(None)
        for number, (row, written) in enumerate(zip(values, formulas, strict=False), 1):
            yield number, [_text(cell) for cell in row], _cell_errors(row, written or ())
    except Unreadable:
        raise
    except Exception as error:  # openpyxl raises whatever its parsers do, from KeyError to zlib's own
        raise Unreadable(FileReason.BROKEN_XLSX) from error


def sheet_names(content: bytes) -> list[str]:
    """Name the sheets; only the first one is read. Raises Unreadable."""
    _examine(content)
    try:
        return [sheet.title for sheet in _open(content, data_only=True).worksheets]
    except Exception as error:
        raise Unreadable(FileReason.BROKEN_XLSX) from error


def _open(content: bytes, *, data_only: bool) -> Any:
    return load_workbook(io.BytesIO(content), read_only=True, data_only=data_only, keep_links=False)


def _first_sheet(book: Any) -> Iterator[Sequence[Any]]:
    if not book.worksheets:
        raise Unreadable(FileReason.NO_SHEET)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # what the file says of its own size is often wrong
    rows: Iterator[Sequence[Any]] = sheet.iter_rows(max_col=MOST_COLUMNS + 1)
    return rows


def _text(cell: Any) -> str:
    """A cell as a person reads it: whole numbers without decimals, zeros in front where the format shows them."""
    value = getattr(cell, "value", None)
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        shown = str(getattr(cell, "number_format", "") or "")
        return str(value).zfill(len(shown)) if shown and set(shown) == {"0"} else str(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value).strip(" \t\r\n\xa0")


def _cell_errors(row: Sequence[Any], written: Sequence[Any]) -> dict[int, RowReason]:
    found = {place: RowReason.ERROR_VALUE for place, cell in enumerate(row) if getattr(cell, "data_type", "") == "e"}
    for place, cell in enumerate(written):
        empty = place >= len(row) or getattr(row[place], "value", None) is None
        if getattr(cell, "data_type", "") == "f" and empty:
            found[place] = RowReason.FORMULA
    return found


def _examine(content: bytes) -> bool:
    """Look into the zip before anything is unpacked, then at each part; say whether a sheet has formulas.

    A part is unpacked to no more than its directory entry says: zipfile stops there.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            _check_directory(parts)
            texts = [part for part in parts if part.filename.lower().endswith((".xml", ".rels"))]
            with_formulas = [part.filename for part in texts if _has_formula(archive, part)]
    except Unreadable:
        raise
    except Exception as error:  # a broken zip raises whatever its parsers do, from OSError to zlib's own
        raise Unreadable(FileReason.BROKEN_XLSX) from error
    return bool(with_formulas)


def _check_directory(parts: Sequence[zipfile.ZipInfo]) -> None:
    names = {part.filename for part in parts}
    if "mimetype" in names and "content.xml" in names:
        raise Unreadable(FileReason.OPEN_DOCUMENT)
    if _SPREADSHEET not in {name.lower().lstrip("/") for name in names}:
        raise Unreadable(FileReason.NO_TABLE)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable(FileReason.XLSX_UNPACKS_TOO_LARGE)


def _has_formula(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Read a part in pieces that overlap, so that nothing looked for is cut in two."""
    found, tail = False, b""
    with archive.open(part) as file:
        while piece := file.read(_PIECE):
            looked_at = tail + piece
            if any(mark in looked_at for mark in _DOCTYPE):
                raise Unreadable(FileReason.BROKEN_XLSX)
            found = found or any(mark in looked_at for mark in _FORMULA)
            tail = piece[-32:]
    return found and "worksheets/" in part.filename.lower()
