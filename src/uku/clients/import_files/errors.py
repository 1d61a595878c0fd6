"""A row of a file, and what can be wrong with it or with the file. Pure: the words for it are in `messages`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FileReason(StrEnum):
    """Why a file as a whole cannot be read."""

    EMPTY = "empty"
    TOO_LARGE = "too large"
    TOO_MANY_ROWS = "too many rows"
    TOO_MANY_COLUMNS = "too many columns"
    NO_ROWS = "no rows"
    OLD_EXCEL = "old excel"
    OPEN_DOCUMENT = "open document"
    SIE = "sie"
    MARKUP = "markup"
    NO_TABLE = "no table"
    WRONG_ENCODING = "wrong encoding"
    NO_ENCODING = "no encoding"
    BROKEN_CSV = "broken csv"
    BROKEN_XLSX = "broken xlsx"
    XLSX_UNPACKS_TOO_LARGE = "xlsx unpacks too large"
    NO_SHEET = "no sheet"


class Unreadable(Exception):
    """The file cannot be read as a table. `at` is the line, where one is to blame; 0 otherwise."""

    def __init__(self, reason: FileReason, at: int = 0) -> None:
        self.reason, self.at = reason, at
        super().__init__(f"{reason} at line {at}" if at else str(reason))


class RowReason(StrEnum):
    """Why a row is left out."""

    # of one cell
    FORMULA = "formula"
    ERROR_VALUE = "error value"
    SPOILT = "spoilt"
    TOO_LONG = "too long"
    UNPRINTABLE = "unprintable"
    NO_NAME = "no name"
    SUM_LINE = "sum line"
    NUMBER = "number"
    NUMBER_MASKED = "number masked"
    NUMBER_FILLER = "number filler"
    VAT = "vat"
    EMAIL = "email"
    COUNTRY = "country"
    CURRENCY = "currency"
    DAYS = "days"
    VAT_TYPE = "vat type"
    # of the row among the others of the file
    SAME_NUMBER = "same number"
    SAME_EMAIL_AND_NAME = "same email and name"
    SAME_NAME = "same name"
    SAME_CLIENT = "same client"
    MORE_CELLS = "more cells"
    STRAY = "stray"
    # of the row among the clients
    SEVERAL_CLIENTS = "several clients"
    ARCHIVED = "archived"
    NAME_TAKEN = "name taken"


@dataclass(frozen=True, slots=True)
class Row:
    """A row, by the number that a spreadsheet shows for it; cells without the blanks round them."""

    number: int
    cells: tuple[str, ...]
    errors: dict[int, RowReason] = field(default_factory=dict)
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing that is wrong: the row as the spreadsheet numbers it, the column's place (-1: the whole row).

    `value` is what stands there, or what it collides with; `other` the row or the count that it collides with.
    """

    row: int
    column: int
    reason: RowReason
    value: str = ""
    other: int = 0
