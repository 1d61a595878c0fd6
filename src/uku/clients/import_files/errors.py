"""A row of a file, and what can be wrong with it or with the file, in English; `messages` translates. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator


def _(sentence: str) -> str:
    """Mark a sentence for translation."""
    return sentence


_SAVE_ANEW = _("Open the file in its program, save it as XLSX or CSV, and choose the new file.")


class FileReason(Enum):
    """Why a file as a whole cannot be read, and what to do. Stored by its name."""

    EMPTY = _("The file is empty."), _("Choose a file with a heading row and one row for each client.")
    NO_ROWS = _("The file has a heading row but no other rows."), _("Choose a file with one row for each client.")
    TOO_LARGE = (
        _("The file is larger than %(megabytes)s MB."),
        _("Save only the sheet with the clients, without pictures, or split it into several files."),
    )
    TOO_MANY_ROWS = (
        _("The file has more than %(rows)s rows."),
        _("Split it into files of at most %(rows)s rows each, all with the heading row."),
    )
    TOO_MANY_COLUMNS = (
        _("Row %(at)s has more than %(columns)s columns."),
        _("Delete the columns that do not describe the client."),
    )
    OLD_EXCEL = (
        _("The file is an old Excel workbook (.xls), or it has a password."),
        _("Open the file in Excel, remove the password if it has one, save it as XLSX, and choose the new file."),
    )
    OPEN_DOCUMENT = _("The file is an OpenDocument spreadsheet."), _SAVE_ANEW
    SIE = (
        _("The file is a SIE file: it contains accounts and vouchers, and no register of clients."),
        _("Export the customer register from the accounting program as XLSX or CSV, and choose that file."),
    )
    MARKUP = (
        _("The file is a web page or XML, whatever its name says."),
        _("Open it in Excel, choose Save as and Excel workbook (.xlsx), and choose the new file."),
    )
    NO_TABLE = _("The file is neither CSV nor XLSX."), _SAVE_ANEW
    WRONG_ENCODING = _("Line %(at)s cannot be read with this character encoding."), _("Choose another encoding.")
    BROKEN_CSV = (
        _("The file cannot be read from row %(at)s on: a quotation mark is missing or misplaced."),
        _('Write a cell with the delimiter, a line break or " in quotation marks, and each " in it twice.'),
    )
    BROKEN_XLSX = _("The workbook is damaged and cannot be read."), _SAVE_ANEW
    XLSX_UNPACKS_TOO_LARGE = (
        _("The workbook is too large for a list of clients when it is unpacked."),
        _("Copy the sheet with the clients into a new workbook, and choose the new file."),
    )
    NO_SHEET = _("The workbook has no sheet with cells."), _SAVE_ANEW


class RowReason(Enum):
    """Why a row is left out, and what to do: of one cell, of the row in its file, of the row among the clients."""

    FORMULA = _("the result of the formula is not in the file. Open the file in Excel, save it, and try again.")
    ERROR_VALUE = _("“%(value)s” is the error of a formula. Correct the formula, or write the value.")
    SPOILT = _("“%(value)s” is a number that a spreadsheet has shortened. Write it again, in a column of texts.")
    TOO_LONG = _("“%(value)s” is too long for this field. Shorten it.")
    UNPRINTABLE = _("the cell contains a character that cannot be shown. Delete the character.")
    NO_NAME = _("the name is missing. Write the name of the client.")
    SUM_LINE = _("“%(value)s” looks like the sum of the list, not like a client. If it is one, say so below.")
    STRAY = _("“%(value)s” is the only cell of its row. Delete it, or write the name of the client.")
    NUMBER = _(
        "“%(value)s” is not an organisation number: the last digit is a check digit, and it is wrong. Swedish numbers"
        " look like 556000-4615, Finnish like 0112038-9. For a client in another country, write the country."
    )
    NUMBER_MASKED = _("“%(value)s” is a masked number. Write the whole number, or leave the cell empty.")
    NUMBER_FILLER = _("“%(value)s” is not a real number. Write the client's number, or leave the cell empty.")
    VAT = _("“%(value)s” is not a VAT number. A Swedish one looks like SE556000461501, a Finnish like FI01120389.")
    EMAIL = _("“%(value)s” is not an e-mail address. Write one like name@company.se.")
    COUNTRY = _("Uku does not know the country “%(value)s”. Write two letters, such as SE, or its name.")
    CURRENCY = _("“%(value)s” is not a currency. Write three letters, such as SEK.")
    DAYS = _("“%(value)s” is not a number of days. Write one from 0 to %(most)s, such as 30.")
    VAT_TYPE = _("“%(value)s” is not a VAT type. Write one as Uku's export does, or leave it empty.")
    SAME_NAME = _("“%(value)s” is also in row %(other)s. Delete one, or write an organisation number or e-mail.")
    SAME_CLIENT = _("this row and row %(other)s are the same client, “%(value)s”. Keep one of the two rows.")
    MORE_CELLS = _("the row has more cells than the %(other)s headings. Check whether one cell is split in two.")
    SEVERAL_CLIENTS = _("%(other)s clients match “%(value)s”. Give each its own number, or archive one of them.")
    ARCHIVED = _("the client “%(value)s” is archived. Restore the client first, or delete the row.")
    NAME_TAKEN = _(
        "Uku has a client “%(value)s” with other details. A name alone does not show that it is the same client."
        " Write an organisation number or e-mail in the row."
    )


NO_RESULT = "#RESULT!"  # in place of a formula whose result is not stored in the file


class Unreadable(Exception):
    """The file cannot be read as a table. `at` is the line, where one is to blame; 0 otherwise."""

    def __init__(self, reason: FileReason, at: int = 0) -> None:
        self.reason, self.at = reason, at
        super().__init__(f"{reason.name} at line {at}" if at else reason.name)


# Stored by its name: its value is a sentence.
_ByName = Annotated[RowReason, PlainValidator(lambda told: RowReason[told]), PlainSerializer(lambda told: told.name)]


@dataclass(frozen=True, slots=True)
class Row:
    """A row, by the number that a spreadsheet shows for it; cells without the blanks round them."""

    number: int
    cells: tuple[str, ...]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing that is wrong: the row as the spreadsheet numbers it, the column's place (-1: the whole row).

    `value` is what stands there, or what it collides with; `other` the row or the count that it collides with.
    """

    row: int
    column: int
    reason: _ByName
    value: str = ""
    other: int = 0
