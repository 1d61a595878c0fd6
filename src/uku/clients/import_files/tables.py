"""A file as rows of texts, read one at a time. Pure; refuses what is too large before it is all in memory.

How a text is written is guessed from its bytes, shown to the person, and changeable: no guess is certain.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, zip_longest

from uku.clients.import_files import workbooks
from uku.clients.import_files.errors import FileReason, Row, Unreadable
from uku.clients.import_files.fields import find_heading
from uku.kit.spreadsheets import BLANKS, as_written

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 100
MOST_MARKS = 10 * MOST_COLUMNS  # in a line; a cell may have some
FIRST_ROWS = 20  # among which the headings are looked for
_LOOKED_AT, _SAMPLES, _LONGEST_SAMPLE = 50, 3, 40  # rows, cells of a column, characters
_BEGINNING = 2048  # bytes that tell what a file is
_PACKED = b"\x1f\x8b"
_OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")  # also what Excel makes of a workbook with a password
_SIE = re.compile(rb"^\s*#(FLAGGA|SIETYP)\b", re.MULTILINE)
_MARKUP = re.compile(rb"\s*<(!doctype|html|head|body|meta|table|\?xml|workbook)\b", re.IGNORECASE)
_TEXT_FORMULA = re.compile(r'="([^"]*)"')  # how programs keep Excel from taking a text for a number

# By the name that is stored: the codec, and what people call it. Of code pages that are as likely the first is guessed.
ENCODINGS: Mapping[str, tuple[str, str]] = {
    "utf-8": ("utf-8-sig", "UTF-8"),
    "utf-16-le": ("utf-16-le", "UTF-16 LE"),
    "utf-16-be": ("utf-16-be", "UTF-16 BE"),
    "windows-1252": ("cp1252", "Windows-1252"),
    "cp850": ("cp850", "CP850 (DOS)"),
    "cp437": ("cp437", "CP437 (DOS)"),
    "mac-roman": ("mac_roman", "MacRoman"),
    "latin-1": ("latin-1", "Latin-1 (ISO 8859-1)"),
}
_CODE_PAGES = ("windows-1252", "cp850", "cp437", "mac-roman", "latin-1")
DELIMITERS = (";", ",", "\t")
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_ASCII = bytes(range(128))
_UTF16_SAMPLE = 4096  # bytes, for what tells it without a mark
_DELIMITER_SAMPLE = 200_000  # characters, for what parts the cells
_SAMPLE_LINES = 30
_DECLARED = re.compile(r" *sep=([;,\t|]) *\r?", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"?')
# How much a sign speaks for the code page that makes it of a byte, in a list of Nordic companies and people.
_LIKELY = {**dict.fromkeys("åäö", 10), **dict.fromkeys("ÅÄÖ", 8)}
_LIKELY |= {**dict.fromkeys("éèüøæõáóšžß", 5), **dict.fromkeys("ÉÈÜØÆÕÁÓŠŽ", 4)}
_LIKELY |= dict.fromkeys("\xa0“”’‘–…§°´½«»·®€", 0)
_LATIN_LETTER, _OTHER_SIGN, _NO_SIGN = 1, -5, -50


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read. `heading` is the number of the row with the headings, 0 for the one that is found."""

    encoding: str = ""  # of a text file
    delimiter: str = ""
    heading: int = 0
    with_hidden: bool = False


def check_kind(content: bytes) -> None:
    """Raise Unreadable for what is no table, or more than we take, by its first bytes."""
    if not content.strip():
        raise Unreadable(FileReason.EMPTY)
    if len(content) > MOST_BYTES:
        raise Unreadable(FileReason.TOO_LARGE)
    beginning = content[:_BEGINNING].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")
    if content.startswith(_OLD_EXCEL):
        raise Unreadable(FileReason.OLD_EXCEL)
    if _SIE.search(beginning):
        raise Unreadable(FileReason.SIE)
    if _MARKUP.match(beginning):
        raise Unreadable(FileReason.MARKUP)
    if content.startswith(_PACKED):  # only we pack rows
        raise Unreadable(FileReason.NO_TABLE)


def is_workbook(content: bytes) -> bool:
    return content.startswith(b"PK\x03\x04")


def pack_sheet(content: bytes, sheet: int) -> bytes:
    """Return a sheet's rows, packed: reading them from a workbook takes seconds. Raises Unreadable."""
    packed = io.BytesIO()
    with gzip.open(packed, "wt", encoding="utf-8", compresslevel=5) as file:
        for row in _bounded(workbooks.rows(content, sheet)):
            file.write(json.dumps([row.number, row.cells, row.hidden], ensure_ascii=False) + "\n")
    return packed.getvalue()


def guess(content: bytes) -> Reading:
    """Find out how to read a text. Raises Unreadable for what is none."""
    encoding = guess_encoding(content)
    return Reading(encoding, guess_delimiter(decode(content, encoding)))


def all_rows(content: bytes, reading: Reading) -> Iterator[Row]:
    """Yield all rows that are not blank, of a text or of packed rows. Raises Unreadable, also on the way."""
    if not content.startswith(_PACKED):
        yield from _bounded(_csv_rows(content, reading))
        return
    with gzip.open(io.BytesIO(content), "rt", encoding="utf-8") as file:
        for line in file:
            number, cells, hidden = json.loads(line)
            yield Row(number, tuple(cells), hidden)


class Table:
    """A file's headings, and the rows below them. Unreadable is raised when it is made, and while rows are read."""

    def __init__(self, content: bytes, reading: Reading) -> None:
        self._content, self._reading = content, reading
        self.first = list(islice(all_rows(content, reading), FIRST_ROWS))
        if not self.first:
            raise Unreadable(FileReason.EMPTY)
        chosen = [row for row in self.first if row.number == reading.heading]
        self.heading = chosen[0] if chosen else self.first[find_heading([row.cells for row in self.first])]

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the headings; hidden ones only if they are read."""
        return (row for row in self._below() if self._reading.with_hidden or not row.hidden)

    def count(self) -> tuple[int, int]:
        """Count all rows below the headings, and those of them that are hidden, reading all of them."""
        hidden = [row.hidden for row in self._below()]
        if not hidden:
            raise Unreadable(FileReason.NO_ROWS)
        if len(hidden) > MOST_ROWS:
            raise Unreadable(FileReason.TOO_MANY_ROWS)
        return len(hidden), sum(hidden)

    def samples(self) -> list[list[str]]:
        """Return for each column a few of its first cells, so that a person sees what it holds."""
        columns = zip_longest(*(row.cells for row in islice(self.rows(), _LOOKED_AT)), fillvalue="")
        found = [[cell[:_LONGEST_SAMPLE] for cell in cells if cell][:_SAMPLES] for cells in columns]
        return (found + [[]] * len(self.heading.cells))[: len(self.heading.cells)]

    def accented_samples(self) -> list[str]:
        """Return cells with letters that another character encoding would show otherwise."""
        cells = (cell[:_LONGEST_SAMPLE] for row in self.rows() for cell in row.cells if not cell.isascii())
        return list(dict.fromkeys(islice(cells, _SAMPLES)))

    def _below(self) -> Iterator[Row]:
        return (row for row in all_rows(self._content, self._reading) if row.number > self.heading.number)


def _bounded(found: Iterable[Row]) -> Iterator[Row]:
    """Leave out blank rows and blank cells at the end, and stop where the table is larger than we take."""
    told = 0
    for row in found:
        filled = max((place for place, cell in enumerate(row.cells, 1) if cell), default=0)
        if not filled:
            continue
        if filled > MOST_COLUMNS:
            raise Unreadable(FileReason.TOO_MANY_COLUMNS, row.number)
        if told > MOST_ROWS + FIRST_ROWS:
            raise Unreadable(FileReason.TOO_MANY_ROWS, row.number)
        told += 1
        yield replace(row, cells=row.cells[:filled])


def _csv_rows(content: bytes, reading: Reading) -> Iterator[Row]:
    """Lines are numbered as rows of the table are: a cell with line breaks makes one row."""
    declared, text = split_declared_delimiter(decode(content, reading.encoding))
    mark = reading.delimiter or declared or ";"
    # A reader of its own would end lines at the breaks that stand in cells.
    lines = csv.reader(_bounded_lines(io.StringIO(text, newline=""), mark), delimiter=mark, strict=True)
    read = 0
    try:
        for read, cells in enumerate(lines, 1):
            yield Row(read + bool(declared), tuple(map(_csv_text, cells)))
    except csv.Error:
        raise Unreadable(FileReason.BROKEN_CSV, read + 1) from None


def _bounded_lines(lines: Iterable[str], mark: str) -> Iterator[str]:
    """Stop before a line becomes millions of cells."""
    for number, line in enumerate(lines, 1):
        if line.count(mark) > MOST_MARKS:
            raise Unreadable(FileReason.TOO_MANY_COLUMNS, number)
        yield line


def _csv_text(cell: str) -> str:
    text = _TEXT_FORMULA.fullmatch(cell.strip(BLANKS))
    return text[1] if text else as_written(cell).strip(BLANKS)


def guess_encoding(content: bytes) -> str:
    """Return the likely encoding, a key of `ENCODINGS`. Raises Unreadable for what is no text at all.

    Without a mark, text of letters has a zero in every second byte in UTF-16. What is not valid UTF-8 is in the code
    page that makes most of its bytes letters as Nordic names have them.
    """
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return encoding
    if b"\0" in content:
        beginning = content[:_UTF16_SAMPLE]
        even, odd = beginning[::2].count(0), beginning[1::2].count(0)
        most = max(even, odd)
        if most < len(beginning) // 8 or min(even, odd) > most // 4:
            raise Unreadable(FileReason.NO_TABLE)
        return "utf-16-be" if even > odd else "utf-16-le"
    try:
        content.decode()
    except UnicodeDecodeError:
        signs = Counter(content.translate(None, _ASCII))
        return max(_CODE_PAGES, key=lambda page: sum(_likelihood(sign, page) * n for sign, n in signs.items()))
    return "utf-8"


def _likelihood(byte: int, code_page: str) -> int:
    letter = bytes([byte]).decode(ENCODINGS[code_page][0], "replace")
    if letter in _LIKELY:
        return _LIKELY[letter]
    if not letter.isprintable() or letter == "\ufffd":
        return _NO_SIGN
    return _LATIN_LETTER if letter.isalpha() and letter < "ɐ" else _OTHER_SIGN


def decode(content: bytes, encoding: str) -> str:
    """Return the text without its byte order mark. Raises Unreadable when the bytes do not fit the encoding."""
    if encoding not in ENCODINGS:
        raise Unreadable(FileReason.WRONG_ENCODING, 1)
    try:
        text = content.decode(ENCODINGS[encoding][0])
    except UnicodeDecodeError as error:
        raise Unreadable(FileReason.WRONG_ENCODING, content.count(b"\n", 0, error.start) + 1) from None
    if "\0" in text:
        raise Unreadable(FileReason.WRONG_ENCODING, text.count("\n", 0, text.index("\0")) + 1)
    return text.removeprefix("\ufeff")


def split_declared_delimiter(text: str) -> tuple[str, str]:
    """Return the delimiter that Excel's own first line `sep=;` declares, or "", and the text behind that line."""
    first, _, rest = text.partition("\n")
    declared = _DECLARED.fullmatch(first)
    return (declared[1], rest) if declared else ("", text)


def guess_delimiter(text: str) -> str:
    """Return what parts the cells: what stands equally often in most of the first lines; a semicolon for one column.

    A title above the table has none, and a street may have a comma: the usual count decides, not that of a line.
    """
    declared, text = split_declared_delimiter(text)
    if declared in DELIMITERS:
        return declared
    lines = [line for line in _QUOTED.sub("", text[:_DELIMITER_SAMPLE]).splitlines() if line.strip()][:_SAMPLE_LINES]
    usual = {mark: Counter(filter(None, (line.count(mark) for line in lines))).most_common(1) for mark in DELIMITERS}
    return max(DELIMITERS, key=lambda mark: [(told, count) for count, told in usual[mark]])
