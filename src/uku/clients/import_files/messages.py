"""What is wrong with a file or a row, what it means and what to do, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uku.clients.import_files.cells import LONGEST_TERMS
from uku.clients.import_files.errors import FileReason, RowError, RowReason, Unreadable
from uku.clients.import_files.headings import HEADINGS
from uku.clients.import_files.tables import MOST_BYTES, MOST_COLUMNS, MOST_ROWS
from uku.kit.spreadsheets import column_letters

_AS_CSV = _("Open the file in its program, save it as XLSX or CSV, and choose the new file.")
_FILE_ERRORS: Mapping[FileReason, tuple[Promise, Promise]] = {
    FileReason.EMPTY: (
        _("The file is empty."),
        _("Choose a file with a heading row and one row for each client."),
    ),
    FileReason.NO_ROWS: (
        _("The file has a heading row but no other rows."),
        _("Choose a file with one row for each client."),
    ),
    FileReason.TOO_LARGE: (
        _("The file is larger than %(megabytes)s MB."),
        _("Save only the sheet with the clients, without pictures, or split it into several files."),
    ),
    FileReason.TOO_MANY_ROWS: (
        _("The file has more than %(rows)s rows."),
        _("Split it into files of at most %(rows)s rows each, all with the heading row."),
    ),
    FileReason.TOO_MANY_COLUMNS: (
        _("Row %(at)s has more than %(columns)s columns."),
        _("Delete the columns that do not describe the client."),
    ),
    FileReason.OLD_EXCEL: (
        _("The file is an old Excel workbook (.xls), or it has a password."),
        _("Open the file in Excel, remove the password if it has one, save it as XLSX, and choose the new file."),
    ),
    FileReason.OPEN_DOCUMENT: (_("The file is an OpenDocument spreadsheet."), _AS_CSV),
    FileReason.SIE: (
        _("The file is a SIE file: it contains accounts and vouchers, and no register of clients."),
        _("Export the customer register from the accounting program as XLSX or CSV, and choose that file."),
    ),
    FileReason.MARKUP: (
        _("The file is a web page or XML, whatever its name says."),
        _("Open it in Excel, choose Save as and Excel workbook (.xlsx), and choose the new file."),
    ),
    FileReason.NO_TABLE: (_("The file is neither CSV nor XLSX."), _AS_CSV),
    FileReason.WRONG_ENCODING: (
        _(
            "The file has another character encoding. Line %(at)s is the first one that cannot be"
            " read with this encoding."
        ),
        _("Choose another encoding."),
    ),
    FileReason.NO_ENCODING: (_("Uku cannot read this character encoding."), _("Choose one from the list.")),
    FileReason.BROKEN_CSV: (
        _("The file cannot be read from row %(at)s on: a quotation mark is missing or misplaced."),
        _(
            'Correct the row. A cell that contains the delimiter, a line break or " must be written'
            ' in quotation marks, and each " in it must be written twice.'
        ),
    ),
    FileReason.BROKEN_XLSX: (
        _("The workbook is damaged and cannot be read."),
        _("Open the file in Excel, save it again as XLSX or CSV, and choose the new file."),
    ),
    FileReason.XLSX_UNPACKS_TOO_LARGE: (
        _("The workbook is too large for a list of clients when it is unpacked."),
        _("Copy the sheet with the clients into a new workbook, and choose the new file."),
    ),
    FileReason.NO_SHEET: (_("The workbook has no sheet with cells."), _AS_CSV),
}
_ROW_ERRORS: Mapping[RowReason, Promise] = {
    RowReason.FORMULA: _(
        "the result of a formula is not stored in the file. Open the file in Excel, save it, and try again."
    ),
    RowReason.ERROR_VALUE: _("“%(value)s” is the error of a formula. Correct the formula, or write the value."),
    RowReason.SPOILT: _(
        "“%(value)s” is a number that a spreadsheet has shortened. Format the column as text, and write"
        " the number again."
    ),
    RowReason.SUM_LINE: _("“%(value)s” looks like the sum of the list, not like a client. If it is one, say so below."),
    RowReason.STRAY: _("“%(value)s” is the only cell of its row. Delete it, or write the name of the client."),
    RowReason.TOO_LONG: _("“%(value)s” is too long for this field. Shorten it."),
    RowReason.UNPRINTABLE: _("the cell contains a character that cannot be shown. Delete the character."),
    RowReason.NO_NAME: _("the name is missing. Write the name of the client."),
    RowReason.NUMBER: _(
        "“%(value)s” is not an organisation number: the last digit is a check digit, and it is"
        " wrong. Swedish numbers look like 556000-4615, Finnish like 0112038-9. For a client in"
        " another country, write the country."
    ),
    RowReason.NUMBER_MASKED: _("“%(value)s” is a masked number. Write the whole number, or leave the cell empty."),
    RowReason.NUMBER_FILLER: _(
        "“%(value)s” is not a real number. Write the number of the client, or leave the cell empty."
    ),
    RowReason.VAT: _(
        "“%(value)s” is not a VAT number. A Swedish VAT number is SE, the organisation number"
        " and 01. A Finnish one is FI and eight digits, and the last digit is a check digit."
    ),
    RowReason.EMAIL: _("“%(value)s” is not an e-mail address. Write one like name@company.se."),
    RowReason.COUNTRY: _(
        "Uku does not know the country “%(value)s”. Write two letters, such as SE, or the name of the country."
    ),
    RowReason.CURRENCY: _("“%(value)s” is not a currency. Write three letters, such as SEK."),
    RowReason.DAYS: _("“%(value)s” is not a number of days. Write one from 0 to %(most)s, such as 30."),
    RowReason.VAT_TYPE: _("“%(value)s” is not a VAT type. Write one as Uku's export does, or leave it empty."),
    RowReason.SAME_NUMBER: _("Organisation number %(value)s is also in row %(other)s. Keep one of the two rows."),
    RowReason.SAME_EMAIL_AND_NAME: _(
        "“%(value)s” with the same e-mail is also in row %(other)s. Keep one of the two rows."
    ),
    RowReason.SAME_NAME: _(
        "“%(value)s” is also in row %(other)s, and both rows can be the same client. Keep one of"
        " the two rows, or write an organisation number or e-mail in this one."
    ),
    RowReason.SAME_CLIENT: _("this row and row %(other)s are the same client, “%(value)s”. Keep one of the two rows."),
    RowReason.MORE_CELLS: _(
        "the row has more cells than the heading row, which has %(other)s. Check whether one cell is split in two."
    ),
    RowReason.SEVERAL_CLIENTS: _(
        "%(other)s clients in Uku match “%(value)s”. Give each client its own organisation"
        " number, or archive one of them."
    ),
    RowReason.ARCHIVED: _("the client “%(value)s” is archived. Restore the client first, or delete the row."),
    RowReason.NAME_TAKEN: _(
        "Uku has a client “%(value)s” with other details. A name alone does not show that it is"
        " the same client. Write an organisation number or e-mail in the row."
    ),
}


def label_of(field: str) -> str:
    """Name a field, as exports head its column."""
    return gettext(HEADINGS[field][0])


def column_name(headings: Sequence[str], place: int) -> str:
    """Name a column by its letter, and by its heading when it has one: `C “E-post”`."""
    heading = headings[place].strip() if place < len(headings) else ""
    return f"{column_letters(place)} “{heading}”" if heading else column_letters(place)


def file_error_words(error: Unreadable) -> tuple[str, str]:
    """Return what is wrong with a file, and what to do."""
    megabytes = MOST_BYTES // (1024 * 1024)
    facts = {"at": error.at, "megabytes": megabytes, "rows": f"{MOST_ROWS:,}", "columns": MOST_COLUMNS}
    happened, remedy = _FILE_ERRORS[error.reason]
    return str(happened) % facts, str(remedy) % facts


def row_error_words(error: RowError, headings: Sequence[str]) -> str:
    """Tell the column, what is wrong there, and what to do; the row's number stands beside it."""
    facts = {"value": error.value, "other": error.other, "most": LONGEST_TERMS}
    told = str(_ROW_ERRORS[error.reason]) % facts
    if error.column < 0:
        return told[0].upper() + told[1:]
    return gettext("Column %(column)s: %(told)s") % {"column": column_name(headings, error.column), "told": told}
