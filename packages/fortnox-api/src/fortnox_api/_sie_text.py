"""The text of SIE files: lines, encoding, fields, dates and amounts. What is decided stands in `_sie`."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import BinaryIO, Final, NamedTuple

_CHUNK: Final = 65_536
_LONGEST_LINE: Final = 1_000_000
_MARK: Final = b"\xef\xbb\xbf"
BLANK: Final = b" \t\r\n\f\v\x00\x1a"
# A list of objects or a lone brace; a text in quotes; a closing brace; a text without quotes. Each character has one
# way to match, so that no line takes more than linear time.
_FIELD: Final = re.compile(
    rb"""(\{(?:"(?:[^"\\]|\\.)*"|[^}"])*\}|\{[^}]*\}?)"""
    rb"""|"((?:[^"\\]|\\.|\\$|""|"(?=[^\s{}"]))*)"?"""
    rb"""|(\})"""
    rb"""|([^\s{}"][^\s{}]*)""",
    re.DOTALL,
)
_QUOTE: Final = re.compile(rb'\\"|""')
_DATE: Final = re.compile(rb"(\d{4})[-./]?(\d{2})[-./]?(\d{2})")
_AMOUNT_BLANKS: Final = re.compile(rb"[\s'\xa0\xc2\xff]")
_AMOUNT: Final = re.compile(rb"([+-]?)(\d[\d.,]{0,39}|[.,]\d{1,20})(-?)")
_UTF8: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_LIKELY: Final = {
    encoding: tuple((weight, characters.encode(encoding, "ignore")) for weight, characters in wanted)
    for wanted in [((2, "åäöÅÄÖéÉüÜ"), (1, "“”‘’–—…€•"))]
    for encoding in ("cp437", "cp1252")
}
"""The bytes beyond ASCII that Swedish texts have in each encoding, and how much they say."""


class SieError(ValueError):
    """The file cannot be read as SIE. `line` is the number of the line, from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class Fields(NamedTuple):
    """The fields of a line, without its label and lists of objects.

    `unquoted` of them, from the first on, stand without quotation marks; `brace` is the first list or opening brace;
    `is_closed` tells whether a brace without a beginning stands in the line.
    """

    values: list[bytes]
    unquoted: int
    brace: bytes
    is_closed: bool


class EncodingVote:
    """Looks at the bytes beyond ASCII, some lines at a time, and says which encoding makes Swedish of them."""

    def __init__(self) -> None:
        self._has_mark = False
        self._is_ascii = True
        self._is_utf8 = True
        self._votes = {"cp437": 0, "cp1252": 0, "utf-8": 0}

    def add(self, lines: bytes) -> None:
        """Look at whole lines. A byte order mark, where there is one, stands at their beginning."""
        self._has_mark = self._has_mark or (self._is_ascii and lines.startswith(_MARK))
        if lines.isascii():
            return
        self._is_ascii = False
        rest, letters = _UTF8.subn(b"", lines)
        self._votes["utf-8"] += 2 * letters
        if not rest.isascii():
            self._is_utf8 = False
            for encoding, likely in _LIKELY.items():
                self._votes[encoding] += sum(w * (len(rest) - len(rest.translate(None, found))) for w, found in likely)

    def decide(self) -> str:
        if self._has_mark or (self._is_utf8 and not self._is_ascii):
            return "utf-8"
        return "ascii" if self._is_ascii else max(self._votes, key=self._votes.__getitem__)


def read_lines(file: BinaryIO, watch: Callable[[bytes], None] | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, with their numbers and without what is blank round them.

    `watch` gets all lines, many at a time. The place in the file is kept here, so that two can read it at once.
    """
    number, offset, rest = 0, 0, b""
    while True:
        file.seek(offset)
        chunk = file.read(_CHUNK)
        if offset == 0 and chunk.startswith((b"\xff\xfe", b"\xfe\xff", b"#\x00", b"\x00#")):
            raise SieError(1, "the file is UTF-16")
        offset += len(chunk)
        lines = (rest + chunk).splitlines(keepends=True)
        rest = lines.pop() if chunk and lines else b""  # it may go on in the next chunk, be it with the LF of a CRLF
        if watch is not None:
            watch(b"".join(lines))
        for line in lines:
            number += 1
            if number == 1:
                line = line.removeprefix(_MARK)  # noqa: PLW2901 - the mark is no part of the line
            if text := line.strip(BLANK):
                yield number, text
        if not chunk:
            return
        if len(rest) > _LONGEST_LINE:
            raise SieError(number + 1, "the line is too long")


def split_fields(line: bytes) -> Fields:
    values: list[bytes] = []
    unquoted, is_unquoted, brace, is_closed = 0, True, b"", False
    for found_brace, quoted, closing, plain in _FIELD.findall(line):
        if found_brace:
            brace = brace or found_brace
        elif closing:
            is_closed = True
        else:
            is_unquoted = is_unquoted and bool(plain)
            unquoted += is_unquoted
            values.append(plain or (_QUOTE.sub(b'"', quoted) if b'"' in quoted else quoted))
    return Fields(values, unquoted, brace, is_closed)


@lru_cache(maxsize=2048)
def parse_date(raw: bytes) -> date | None:
    found = _DATE.fullmatch(raw.strip())
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def parse_amount(raw: bytes) -> Decimal | None:
    found = _AMOUNT.fullmatch(_AMOUNT_BLANKS.sub(b"", raw))
    if found is None or (found[1] and found[3]):
        return None
    sign, digits = (found[1] or found[3]).decode(), found[2].decode()
    separators = [each for each in digits if each in ".,"]
    if len(separators) > 1 and len(set(separators)) == 1:
        return Decimal(sign + digits.replace(separators[0], ""))
    whole, separator, decimals = digits.rpartition(separators[-1]) if separators else (digits, "", "")
    return Decimal(f"{sign}{whole.replace('.', '').replace(',', '') or 0}{separator and '.'}{decimals}")
