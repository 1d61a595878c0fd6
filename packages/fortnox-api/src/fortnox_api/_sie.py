r"""SIE files of type 4, which carry the vouchers of a financial year between Swedish accounting programs.

Read as a stream, twice: first to see that the file is whole and how it is encoded, then voucher by voucher. So memory
does not grow with the file, and nothing of a cut file is ever given out. Source: SIE-gruppen's specification 4B, and
files of many programs, which stray from it. What is decided here:

* The bytes decide the encoding, never `#FORMAT`: ASCII, UTF-8 (with or without a mark, a letter cut in half too),
  code page 437, Windows-1252. Characters that are none (NUL, C0 and C1 controls) become U+FFFD. UTF-16 is refused.
* A line ends with CRLF, LF or CR; the last one needs no end. White space, NUL and DOS' end of file round a line do not
  count. Labels may be indented and in small letters; unknown ones, comments and text without a label are passed over.
* Fields are parted by blanks or tabs, with or without quotation marks. In quotes `\"` and `""` are a quotation mark,
  any other backslash is itself, and a mark that neither a blank nor a brace follows is a part of the text. A text that
  is not closed ends with its line.
* `{` may stand at the end of `#VER`, on a line of its own or before the first row, `}` behind the last row. A voucher
  without `}` ends with the next `#VER`; one that the end of the file cuts off is an error. One line holds one record.
* `#TRANS` is a row; `#RTRANS` (added: a `#TRANS` repeats it) and `#BTRANS` (removed) are not. A row outside of any
  voucher is counted as stray. A row may lack its list of objects.
* Amounts take a comma or a point, signs before or behind, and blanks, points or commas between thousands; a single
  comma or point begins the decimals. Dates take 8 digits, with dashes, points or slashes, too.
* What looks wrong in a voucher is a flag, never a reason to refuse the file. `#KSUMMA` is not computed anew, but one
  that is announced and never comes means that the file was cut.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from fortnox_api._sie_text import (
    BLANK,
    EncodingVote,
    Fields,
    SieError,
    parse_amount,
    parse_date,
    read_lines,
    split_fields,
)

_LABEL: Final = re.compile(rb"#([A-Za-z]+)")
_ROW_INSIDE: Final = re.compile(rb"#[BR]?TRANS\b", re.IGNORECASE)
_FIRST_THOUSANDS: Final = re.compile(rb"[+-]?\d{1,3}(\d{3})*")
_NEXT_THOUSANDS: Final = re.compile(rb"\d{3}([.,]\d*)?-?")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BEGINNINGS: Final = frozenset({b"FLAGGA", b"SIETYP", b"FORMAT", b"PROGRAM", b"RAR", b"VER"})
_HEAD: Final = frozenset({b"FNAMN", b"ORGNR", b"PROGRAM", b"SIETYP", b"FORMAT"})
_ROWS: Final = frozenset({b"TRANS", b"RTRANS", b"BTRANS"})
_NEVER_INSIDE: Final = frozenset(
    {b"KSUMMA", b"KONTO", b"IB", b"UB", b"OIB", b"OUB", b"RES", b"PSALDO", b"PBUDGET", b"RAR", b"DIM", b"OBJEKT"}
)


class SieFlag(StrEnum):
    """What is odd about a voucher that was kept all the same."""

    NO_ROWS = "no_rows"
    REMOVED_ROWS_ONLY = "removed_rows_only"
    OUTSIDE_YEAR = "outside_year"
    NO_DATE = "no_date"
    UNREADABLE_AMOUNT = "unreadable_amount"
    UNBALANCED = "unbalanced"
    NOT_CLOSED = "not_closed"


@dataclass(frozen=True, slots=True)
class SieRow:
    """A row of a voucher. Debit is positive; `amount` is None when it cannot be read."""

    account: str
    amount: Decimal | None
    text: str


@dataclass(frozen=True, slots=True)
class SieVoucher:
    """A voucher. `series` and `number` are "" where the file leaves them to the program that imports it.

    `rows` are its `#TRANS`; `line` is where it begins; `debit` sums the debit side.
    """

    series: str
    number: str
    day: date | None
    text: str
    rows: tuple[SieRow, ...]
    line: int
    flags: frozenset[SieFlag]

    @property
    def debit(self) -> Decimal:
        return sum((row.amount for row in self.rows if row.amount is not None and row.amount > 0), Decimal(0))


@dataclass(frozen=True, slots=True)
class SieTally:
    """How many vouchers, how many rows they have together, and what their debit sides sum to."""

    vouchers: int = 0
    rows: int = 0
    debit: Decimal = Decimal(0)

    def __add__(self, other: "SieTally") -> "SieTally":
        return SieTally(self.vouchers + other.vouchers, self.rows + other.rows, self.debit + other.debit)


@dataclass(frozen=True)
class SieCount:
    """The vouchers by series and month, and how often each flag was raised.

    A month is its first day, None for vouchers without a date. `stray_rows` are rows that belong to no voucher.
    """

    months: Mapping[tuple[str, date | None], SieTally]
    flags: Mapping[SieFlag, int]
    stray_rows: int

    @property
    def total(self) -> SieTally:
        return sum(self.months.values(), SieTally())


@dataclass(slots=True)
class _Block:
    """The lines of one voucher as they stand in the file."""

    line: int
    values: list[bytes]
    rows: list[bytes] = field(default_factory=list)
    removed_rows: int = 0
    is_open: bool = False
    is_closed: bool = False


class SieFile:
    """A whole SIE file of type 1 to 4: what its head says, and its vouchers, which only type 4 has.

    Made from bytes, a path, or a binary file that can seek, which it then owns. Raises SieError, which names the line,
    when the file is cut or no SIE at all. `years` holds the first and last day of each financial year, 0 being the one
    the file is about, -1 the one before; `declared_encoding` is what `#FORMAT` says and nobody should believe.
    """

    def __init__(self, source: bytes | str | os.PathLike[str] | BinaryIO) -> None:
        if isinstance(source, bytes):
            source = BytesIO(source)
        elif isinstance(source, str | os.PathLike):
            source = Path(source).open("rb")  # noqa: SIM115 - closed with this object
        elif not hasattr(source, "seek"):
            raise TypeError(f"SIE comes as bytes, a path or an open file, not as {type(source).__name__}")
        self._file: BinaryIO = source
        encodings, reader = EncodingVote(), _Reader()
        try:
            for _ in reader.read_blocks(read_lines(self._file, encodings.add)):
                pass
            _require_sie(reader)
        except BaseException:
            self.close()
            raise
        self.encoding = encodings.decide()
        self.stray_rows = reader.stray_rows
        self.years = _read_years(reader.years)
        heads = {label: self._decode(values[0]) for label, values in reader.head.items() if values}
        self.company_name = heads.get(b"FNAMN", "")
        self.organisation_number = heads.get(b"ORGNR", "")
        self.program = heads.get(b"PROGRAM", "")
        self.sie_type = heads.get(b"SIETYP", "")
        self.declared_encoding = heads.get(b"FORMAT", "")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def vouchers(self) -> Iterator[SieVoucher]:
        """Yield the vouchers in the order of the file, each with all its rows."""
        year = self.years.get(0)
        for block in _Reader().read_blocks(read_lines(self._file)):
            yield self._read_voucher(block, year)

    def count(self, first: date | None = None, last: date | None = None) -> SieCount:
        """Count vouchers, rows and sums by series and month; of these days only where they are given, both included."""
        months: dict[tuple[str, date | None], SieTally] = {}
        flags: Counter[SieFlag] = Counter()
        for voucher in self.vouchers():
            if first is not None and (voucher.day is None or voucher.day < first):
                continue
            if last is not None and (voucher.day is None or voucher.day > last):
                continue
            key = voucher.series, voucher.day and voucher.day.replace(day=1)
            months[key] = months.get(key, SieTally()) + SieTally(1, len(voucher.rows), voucher.debit)
            flags.update(voucher.flags)
        return SieCount(months, flags, self.stray_rows)

    def _read_voucher(self, block: _Block, year: tuple[date, date] | None) -> SieVoucher:
        series, number, day_text, text = (block.values + [b""] * 4)[:4]
        day = parse_date(day_text)
        rows = tuple(map(self._read_row, block.rows))
        flags = set()
        if not rows:
            flags.add(SieFlag.REMOVED_ROWS_ONLY if block.removed_rows else SieFlag.NO_ROWS)
        if day is None:
            flags.add(SieFlag.NO_DATE)
        elif year is not None and not year[0] <= day <= year[1]:
            flags.add(SieFlag.OUTSIDE_YEAR)
        amounts = [row.amount for row in rows if row.amount is not None]
        if len(amounts) < len(rows):
            flags.add(SieFlag.UNREADABLE_AMOUNT)
        elif sum(amounts):
            flags.add(SieFlag.UNBALANCED)
        if not block.is_closed:
            flags.add(SieFlag.NOT_CLOSED)
        return SieVoucher(
            self._decode(series), self._decode(number), day, self._decode(text), rows, block.line, frozenset(flags)
        )

    def _read_row(self, line: bytes) -> SieRow:
        fields = split_fields(line)
        account, amount, *rest = [*fields.values, b"", b""]
        unquoted = fields.unquoted - 2
        while unquoted > 0 and _FIRST_THOUSANDS.fullmatch(amount) and _NEXT_THOUSANDS.fullmatch(rest[0]):
            amount += rest.pop(0)
            unquoted -= 1
        text = rest[1] if len(rest) > 1 else b""
        return SieRow(self._decode(account), parse_amount(amount), self._decode(text))

    def _decode(self, raw: bytes) -> str:
        text = raw.decode(self.encoding, "replace")
        return text if text.isprintable() else _CONTROLS.sub("\ufffd", text)


class _Reader:
    """Reads the records of a file: vouchers come out as blocks, what else the file says stays here."""

    def __init__(self) -> None:
        self.head: dict[bytes, list[bytes]] = {}
        self.years: list[list[bytes]] = []
        self.stray_rows = 0
        self.labels: set[bytes] = set()
        self._announced_checksum: int | None = None
        self._has_braces = False
        self._block: _Block | None = None

    def read_blocks(self, lines: Iterator[tuple[int, bytes]]) -> Iterator[_Block]:
        """Yield the lines of each voucher. Raises SieError when the file is cut."""
        for number, whole_line in lines:
            line = whole_line
            while line[:1] in {b"{", b"}"}:
                yield from self._take_brace(line[:1])
                line = line[1:].lstrip(BLANK)
            if label := _LABEL.match(line):
                yield from self._take_record(number, label[1].upper(), line[label.end() :])
        if self._block is not None and (self._block.is_open or self._has_braces or not self._block.rows):
            raise SieError(self._block.line, "the file ends inside a voucher")
        if self._announced_checksum is not None:
            reason = "the checksum that is announced here is missing: the file is cut"
            raise SieError(self._announced_checksum, reason)
        yield from self._end_block()

    def _end_block(self) -> list[_Block]:
        """Return the voucher that ends here, if there is one."""
        block, self._block = self._block, None
        return [] if block is None else [block]

    def _take_brace(self, brace: bytes) -> list[_Block]:
        if self._block is None:
            return []
        if brace == b"{":
            self._block.is_open = self._has_braces = True
            return []
        self._block.is_closed = True
        return self._end_block()

    def _take_record(self, number: int, label: bytes, rest: bytes) -> list[_Block]:
        self.labels.add(label)
        if label == b"VER":
            return self._begin_block(number, split_fields(rest))
        if label in _ROWS:
            return self._take_row(label, rest)
        if label == b"KSUMMA":
            self._announced_checksum = None if rest.strip(BLANK) else number
        elif label == b"RAR":
            self.years.append(split_fields(rest).values)
        elif label in _HEAD:
            self.head.setdefault(label, split_fields(rest).values)
        is_over = label in _NEVER_INSIDE and self._block is not None and not self._block.is_open
        return self._end_block() if is_over else []

    def _begin_block(self, number: int, fields: Fields) -> list[_Block]:
        if _ROW_INSIDE.search(fields.brace):
            raise SieError(number, "more than one record on a line")
        ended = self._end_block()
        self._has_braces |= bool(fields.brace)
        self._block = _Block(number, fields.values, is_open=bool(fields.brace))
        if fields.is_closed or fields.brace.endswith(b"}"):
            ended += self._take_brace(b"}")
        return ended

    def _take_row(self, label: bytes, rest: bytes) -> list[_Block]:
        if self._block is None:
            self.stray_rows += label == b"TRANS"
            return []
        if label == b"TRANS":
            self._block.rows.append(rest)
        self._block.removed_rows += label == b"BTRANS"
        is_closed = rest.endswith(b"}") and split_fields(rest).is_closed
        return self._take_brace(b"}") if is_closed else []


def _require_sie(reader: _Reader) -> None:
    if not reader.labels & _BEGINNINGS:
        raise SieError(1, "no SIE file of type 1 to 4")


def _read_years(records: list[list[bytes]]) -> dict[int, tuple[date, date]]:
    years = {}
    for number, first_text, last_text in (values[:3] for values in records if len(values) > 2):  # noqa: PLR2004
        first, last = parse_date(first_text), parse_date(last_text)
        with suppress(ValueError):
            if first is not None and last is not None:
                years[int(number)] = first, last
    return years
