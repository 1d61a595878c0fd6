"""XLSX read row by row, as people see it.

openpyxl reads the parts of a workbook and the values of cells. Rows are walked here, since openpyxl tells neither which
are hidden nor which are blank before it has read each of their cells. It reads with the standard library's expat, which
limits entities that grow; a workbook has no use for a document type, so one that declares any is refused (decision 9).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.worksheet._reader import DATA_TAG, FORMULA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml.functions import iterparse

from uku.clients.import_files.errors import FileReason, Row, Unreadable
from uku.kit.spreadsheets import BLANKS

MOST_UNPACKED = 96 * 1024 * 1024  # all parts together; 20,000 clients take about 25 MB
MOST_PARTS = 2_000
_PROLOG = 64 * 1024  # bytes of a part, in which a document type would stand
_DOCTYPE = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_WORKBOOK = "xl/workbook.xml"
# Strict Open XML (ISO/IEC 29500-1) has other names for the same things.
_STRICT = {
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ),
}
# A number format that writes digits between fixed signs: `000000-0000`, `000 00`, `"Tel "0##\-#######`.
_DIGITS_AND_SIGNS = re.compile(r'(?:[0#?]|"[^"]*"|\\.|[ \-+/()])*')
_SIGN = re.compile(r'"([^"]*)"|\\(.)|(.)')
_DIGIT_PLACES = frozenset("0#?")


def sheet_names(content: bytes) -> list[str]:
    """Name the sheets that a person sees. Raises Unreadable."""
    with _opened(content) as book:
        return [sheet.title for sheet in _visible(book)]


def rows(content: bytes, sheet: int = 0) -> Iterator[Row]:
    """Yield the rows of a visible sheet, counted from 0, but for blank ones. Slow; raises Unreadable.

    A formula's value is the one that was stored with it; a formula without one is an error of its cell.
    """
    with _opened(content) as book:
        shown = _visible(book)[sheet : sheet + 1]
        if not shown:
            raise Unreadable(FileReason.NO_SHEET)
        yield from _sheet_rows(shown[0])


@contextmanager
def _opened(content: bytes) -> Iterator[Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive)
            if b"purl.oclc.org/ooxml" in archive.read(_WORKBOOK):
                content = _as_transitional(archive)
        yield load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    except Unreadable:
        raise
    except Exception as error:  # openpyxl and zipfile raise whatever their parsers do, from KeyError to zlib's own
        raise Unreadable(FileReason.BROKEN_XLSX) from error


def _visible(book: Any) -> Sequence[Any]:
    """The sheets that a person sees, else all of them."""
    return [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets


def _check_parts(archive: zipfile.ZipFile) -> None:
    """Look into the zip before anything is unpacked; zipfile unpacks no more of a part than its entry says."""
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if "mimetype" in names and "content.xml" in names:
        raise Unreadable(FileReason.OPEN_DOCUMENT)
    if _WORKBOOK not in names:
        raise Unreadable(FileReason.NO_TABLE)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable(FileReason.XLSX_UNPACKS_TOO_LARGE)
    for part in parts:
        with archive.open(part) as file:
            prolog = file.read(_PROLOG)
        if any(mark in prolog for mark in _DOCTYPE):
            raise Unreadable(FileReason.BROKEN_XLSX)


def _as_transitional(archive: zipfile.ZipFile) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as changed:
        for part in archive.infolist():
            text = archive.read(part)
            for strict, name in _STRICT.items():
                text = text.replace(strict, name)
            changed.writestr(part.filename, text)
    return packed.getvalue()


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    with sheet._get_source() as source:  # noqa: SLF001  # only openpyxl's own rows open it otherwise
        book, data = sheet.parent, None
        parser = WorkSheetParser(
            source, sheet._shared_strings, data_only=True, epoch=book.epoch,  # noqa: SLF001
            date_formats=book._date_formats, timedelta_formats=book._timedelta_formats,  # noqa: SLF001
        )  # fmt: skip
        for event, element in iterparse(source, events=("start", "end")):
            if event == "start":
                data = element if element.tag == DATA_TAG else data
            elif element.tag == ROW_TAG and data is not None:
                if any(len(cell) for cell in element):  # a blank cell has a format at most, and nothing within
                    yield _row(sheet, parser, element)
                else:
                    parser.row_counter = int(element.get("r") or parser.row_counter + 1)
                data.clear()
            elif element.tag == DATA_TAG:
                return  # what follows is how the sheet looks and prints


def _row(sheet: Any, parser: WorkSheetParser, element: Any) -> Row:
    number, found = parser.parse_row(element)
    cells: list[str] = []
    unsaved = []
    for cell, written in zip(found, element, strict=True):
        place = cell["column"] - 1
        cells += [""] * (place + 1 - len(cells))
        cells[place] = _text(sheet, cell)
        if cell["value"] is None and written.get("t") != "str" and written.find(FORMULA_TAG) is not None:
            unsaved.append(place)
    return Row(number, tuple(cells), tuple(unsaved), hidden=element.get("hidden") in {"1", "true"})


def _text(sheet: Any, cell: dict[str, Any]) -> str:
    value = cell["value"]
    if isinstance(value, str):
        return value.strip(BLANKS)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value == value // 1:
        return _shown_number(int(value), ReadOnlyCell(sheet, **cell).number_format)
    if isinstance(value, datetime):
        value = value.date()
    return "" if value is None else str(value)


def _shown_number(number: int, number_format: str) -> str:
    """A whole number as its format shows it, 203041234 as 020304-1234; without the separators of thousands."""
    form = re.sub(r"\[[^\]]*\]|[_*].", "", number_format.split(";", maxsplit=1)[0])
    signs = _SIGN.findall(form)
    places = sum(plain in _DIGIT_PLACES for _quoted, _escaped, plain in signs)
    if not _DIGITS_AND_SIGNS.fullmatch(form) or not places:
        return str(number)
    digits = str(abs(number)).rjust(places)
    beyond = len(digits) - places  # the first place takes all that the others leave
    walk = iter([digits[: beyond + 1], *digits[beyond + 1 :]])
    shown = ""
    for quoted, escaped, plain in signs:
        if plain in _DIGIT_PLACES:
            shown += next(walk).strip() or ("0" if plain == "0" else "")
        else:
            shown += quoted or escaped or plain
    return ("-" if number < 0 else "") + shown.strip()
