"""XLSX read row by row, as people see it.

openpyxl reads the parts of a workbook and the values of cells. Rows are walked here, since openpyxl tells neither which
are hidden nor which are blank before it has read each of their cells. It reads with the standard library's expat, which
limits entities that grow; a workbook has no use for a document type, so one that declares any is refused (decision 9).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import DATA_TAG, FORMULA_TAG, INLINE_STRING, ROW_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import SubElement, iterparse

from uku.clients.import_files.errors import NO_RESULT, FileReason, Row, Unreadable
from uku.kit.spreadsheets import BLANKS

MOST_UNPACKED = 96 * 1024 * 1024  # all parts together; 20,000 clients take about 25 MB
MOST_PARTS = 2_000
LAST_ROW = 1_048_576  # of any sheet
MOST_ELEMENTS = 200_000  # of a part that is read whole, and from one row of a sheet to the next
MOST_TEXT_ELEMENTS = 2_000_000  # of the texts that cells share
_PROLOG = 64 * 1024  # bytes of a part, in which a document type would stand
_DOCTYPE = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_WORKBOOK = "xl/workbook.xml"
_READ_WHOLE = {_WORKBOOK, "[Content_Types].xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}
_TEXT_TAG = f"{{{SHEET_MAIN_NS}}}t"
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
        return [name for name, _part in _visible(book)]


def rows(content: bytes, sheet: int = 0) -> Iterator[Row]:
    """Yield the rows of a visible sheet, counted from 0, but for blank ones. Slow; raises Unreadable.

    A formula's value is the one that was stored with it; a formula without one is an error of its cell.
    """
    with _opened(content) as book:
        shown = _visible(book)[sheet : sheet + 1]
        if not shown:
            raise Unreadable(FileReason.NO_SHEET)
        if texts := book.package.find(SHARED_STRINGS):
            _check_elements(book.archive, texts.PartName[1:], MOST_TEXT_ELEMENTS)
        book.read_strings()
        apply_stylesheet(book.archive, book.wb)
        yield from _sheet_rows(book, shown[0][1])


@contextmanager
def _opened(content: bytes) -> Iterator[Any]:
    """Read of a workbook only which sheets it has."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive)
            if b"purl.oclc.org/ooxml" in archive.read(_WORKBOOK):
                content = _as_transitional(archive)
        book = ExcelReader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        book.read_manifest()
        book.read_workbook()
        yield book
    except Unreadable:
        raise
    except Exception as error:  # openpyxl and zipfile raise whatever their parsers do, from KeyError to zlib's own
        raise Unreadable(FileReason.BROKEN_XLSX) from error


def _visible(book: Any) -> list[tuple[str, str]]:
    """Name the sheets that a person sees, else all of them, each with its part."""
    if book.parser.workbook_part_name != _WORKBOOK:  # another part than the one that was looked at
        raise Unreadable(FileReason.BROKEN_XLSX)
    found = [(sheet, link.target) for sheet, link in book.parser.find_sheets() if "chartsheet" not in link.Type]
    seen = [(sheet.name, part) for sheet, part in found if sheet.state == "visible"]
    return seen or [(sheet.name, part) for sheet, part in found]


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
    for name in _READ_WHOLE & names:
        _check_elements(archive, name, MOST_ELEMENTS)


def _check_elements(archive: zipfile.ZipFile, part: str, most: int) -> None:
    """Refuse a part that would be millions of objects when it is read."""
    if archive.read(part).count(b"<") > most:
        raise Unreadable(FileReason.XLSX_UNPACKS_TOO_LARGE)


def _as_transitional(archive: zipfile.ZipFile) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as changed:
        for part in archive.infolist():
            text = archive.read(part)
            for strict, name in _STRICT.items():
                text = text.replace(strict, name)
            changed.writestr(part.filename, text)
    return packed.getvalue()


def _sheet_rows(book: Any, part: str) -> Iterator[Row]:
    sheet = SimpleNamespace(parent=book.wb)  # all that a cell needs to know its number format
    dates, durations = book.wb._date_formats, book.wb._timedelta_formats  # noqa: SLF001
    with book.archive.open(part) as source:
        parser = WorkSheetParser(
            source, book.shared_strings, data_only=True, epoch=book.wb.epoch,
            date_formats=dates, timedelta_formats=durations,
        )  # fmt: skip
        data, elements = None, 0
        for event, element in iterparse(source, events=("start", "end")):
            if event == "start":
                data = element if element.tag == DATA_TAG else data
                elements += 1
                if elements > MOST_ELEMENTS:
                    raise Unreadable(FileReason.XLSX_UNPACKS_TOO_LARGE)
            elif element.tag == ROW_TAG and data is not None:
                if any(len(cell) for cell in element):  # a blank cell has a format at most, and nothing within
                    yield _row(sheet, parser, element)
                else:
                    parser.row_counter = int(element.get("r") or parser.row_counter + 1)
                if parser.row_counter > LAST_ROW:
                    raise Unreadable(FileReason.BROKEN_XLSX)
                data.clear()
                elements = 0
            elif element.tag == DATA_TAG:
                return  # what follows is how the sheet looks and prints


def _row(sheet: Any, parser: WorkSheetParser, element: Any) -> Row:
    for cell in element:
        _store_inline_text(cell)
    number, found = parser.parse_row(element)
    cells: list[str] = []
    for cell, written in zip(found, element, strict=True):
        place = cell["column"] - 1
        cells += [""] * (place + 1 - len(cells))
        cells[place] = _text(sheet, cell)
        if cell["value"] is None and written.get("t") != "str" and written.find(FORMULA_TAG) is not None:
            cells[place] = NO_RESULT
    return Row(number, tuple(cells), hidden=element.get("hidden") in {"1", "true"})


def _store_inline_text(cell: Any) -> None:
    """Make a plain text of the cell its value, as of a formula: openpyxl builds an object for each inline text."""
    text = cell.find(INLINE_STRING)
    if text is not None and cell.get("t") == "inlineStr" and [part.tag for part in text] == [_TEXT_TAG]:
        cell.set("t", "str")
        SubElement(cell, VALUE_TAG).text = text[0].text


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
