"""What is wrong with a file or a row, what it means and what to do, in words."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from uku.clients.import_files.cells import LONGEST_TERMS
from uku.clients.import_files.errors import FileReason, RowError, RowReason, Unreadable
from uku.clients.import_files.headings import HEADINGS
from uku.clients.import_files.tables import MOST_BYTES, MOST_COLUMNS, MOST_ROWS
from uku.clients.import_files.workbooks import column_letters


def label_of(field: str) -> str:
    """Name a field, as exports head its column."""
    labels = {
        "name": _("Name"),
        "organisation_number": _("Organisation number"),
        "vat_number": _("VAT number"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "address1": _("Address"),
        "address2": _("Address, second line"),
        "postcode": _("Postcode"),
        "city": _("City"),
        "country": _("Country"),
        "currency": _("Currency"),
        "payment_days": _("Terms of payment, days"),
        "vat_type": _("VAT type"),
    }
    return labels.get(field, HEADINGS[field][0])


def column_name(headings: Sequence[str], place: int) -> str:
    """Name a column by its letter, and by its heading when it has one: `C “E-post”`."""
    heading = headings[place].strip() if place < len(headings) else ""
    return f"{column_letters(place)} “{heading}”" if heading else column_letters(place)


def file_error_words(error: Unreadable) -> tuple[str, str]:
    """Return what is wrong with a file, and what to do."""
    as_csv = _("Open it in its program, save it as XLSX or CSV, and choose that file.")
    words = {
        FileReason.EMPTY: (
            _("The file is empty."),
            _("Choose a file with a heading row and a row for each client."),
        ),
        FileReason.NO_ROWS: (
            _("The file has a heading row and nothing below it."),
            _("Choose a file with a row for each client."),
        ),
        FileReason.TOO_LARGE: (
            _("The file is larger than %(megabytes)s MB."),
            _("Save only the sheet with the clients, without pictures, or divide it into several files."),
        ),
        FileReason.TOO_MANY_ROWS: (
            _("The file has more than %(rows)s rows."),
            _("Divide it into files of at most %(rows)s rows each, all with the heading row."),
        ),
        FileReason.TOO_MANY_COLUMNS: (
            _("Row %(at)s has more than %(columns)s columns."),
            _("Take the columns out that do not describe the client."),
        ),
        FileReason.OLD_EXCEL: (
            _("This is a workbook of old Excel (.xls), or one with a password."),
            _("Open it in Excel, take the password away if it has one, save it as XLSX, and choose that file."),
        ),
        FileReason.OPEN_DOCUMENT: (_("This is an OpenDocument spreadsheet."), as_csv),
        FileReason.NO_TABLE: (_("This file is neither CSV nor XLSX."), as_csv),
        FileReason.WRONG_ENCODING: (
            _("The text of the file does not fit this character encoding; line %(at)s is the first that does not."),
            _("Choose another encoding."),
        ),
        FileReason.NO_ENCODING: (_("This is no character encoding that Uku reads."), _("Choose one from the list.")),
        FileReason.BROKEN_CSV: (
            _("The file cannot be read from row %(at)s on: a quotation mark is not closed, or stands where none may."),
            _('Mend that row: a cell with the delimiter, a line break or " in it stands in "…", each " in it twice.'),
        ),
        FileReason.BROKEN_XLSX: (
            _("The workbook is damaged and cannot be read."),
            _("Open it in Excel, save it anew as XLSX or CSV, and choose that file."),
        ),
        FileReason.XLSX_UNPACKS_TOO_LARGE: (
            _("The workbook is far larger inside than a list of clients can be."),
            _("Copy the sheet with the clients into a new workbook, and choose that."),
        ),
        FileReason.NO_SHEET: (_("The workbook has no sheet with cells."), as_csv),
    }
    megabytes = MOST_BYTES // (1024 * 1024)
    facts = {"at": error.at, "megabytes": megabytes, "rows": f"{MOST_ROWS:,}", "columns": MOST_COLUMNS}
    happened, remedy = words[error.reason]
    return happened % facts, remedy % facts


def row_error_words(error: RowError, headings: Sequence[str]) -> str:
    """Tell the column, what is wrong there, and what to do; the row's number stands beside it."""
    words = {
        RowReason.FORMULA: _("a formula whose result is not stored in the file. Open it in Excel, save it, try again."),
        RowReason.ERROR_VALUE: _("“%(value)s” is a formula's error. Mend the formula or write the value."),
        RowReason.TOO_LONG: _("“%(value)s” is too long for this field. Shorten it."),
        RowReason.UNPRINTABLE: _("a character that cannot be shown stands in it. Take it out."),
        RowReason.NO_NAME: _("the name is missing. Write the client's name."),
        RowReason.NUMBER: _(
            "“%(value)s” is not an organisation number. The last digit is calculated from the others, and here it"
            " does not fit. Compare it with the register; Swedish ones look like 556000-4615, Finnish like 0112038-9."
            " For a client in another country, state the country."
        ),
        RowReason.NUMBER_MASKED: _("“%(value)s” is masked. Write the whole number, or leave the cell empty."),
        RowReason.NUMBER_FILLER: _("“%(value)s” was typed to fill a field. Write the client's own number or none."),
        RowReason.VAT: _(
            "“%(value)s” is not a VAT number. Swedish ones are SE, the organisation number and 01; Finnish ones FI"
            " and eight digits, of which the last is calculated from the others."
        ),
        RowReason.EMAIL: _("“%(value)s” is not an e-mail address. Write one like name@company.se."),
        RowReason.COUNTRY: _(
            "“%(value)s” is not a country that Uku knows. Write two letters, such as SE, or its name."
        ),
        RowReason.CURRENCY: _("“%(value)s” is not a currency. Write three letters, such as SEK."),
        RowReason.DAYS: _("“%(value)s” is not a number of days. Write one from 0 to %(most)s, such as 30."),
        RowReason.VAT_TYPE: _("“%(value)s” is not a VAT type. Write one as Uku's export does, or leave it empty."),
        RowReason.SAME_NUMBER: _("Organisation number %(value)s stands in row %(other)s already. Keep one of the two."),
        RowReason.SAME_EMAIL_AND_NAME: _(
            "“%(value)s” stands with the same e-mail in row %(other)s already. Keep one of the two."
        ),
        RowReason.SAME_NAME: _(
            "“%(value)s” stands in row %(other)s already, and nothing tells the two apart. Keep one, or give this one"
            " an organisation number or e-mail."
        ),
        RowReason.SAME_CLIENT: _("this is “%(value)s”, as row %(other)s is. Keep one of the two."),
        RowReason.MORE_CELLS: _("the row has more cells than the heading has (%(other)s). See whether one is divided."),
        RowReason.SEVERAL_CLIENTS: _(
            "%(other)s clients in Uku fit “%(value)s”. Give each its own organisation number, or archive one."
        ),
        RowReason.ARCHIVED: _("the client “%(value)s” is archived. Restore it first, or take the row out."),
        RowReason.NAME_TAKEN: _(
            "a client “%(value)s” is in Uku with other details, and a name alone does not say that it is the same."
            " Give the row an organisation number or e-mail."
        ),
    }
    told = words[error.reason] % {"value": error.value, "other": error.other, "most": LONGEST_TERMS}
    if error.column < 0:
        return told[0].upper() + told[1:]
    return _("Column %(column)s: %(told)s") % {"column": column_name(headings, error.column), "told": told}
