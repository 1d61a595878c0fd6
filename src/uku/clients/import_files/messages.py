"""What is wrong with a file or a row, what it means and what to do, in the person's language."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext

from uku.clients.import_files.cells import LONGEST_TERMS
from uku.clients.import_files.errors import RowError, Unreadable
from uku.clients.import_files.headings import HEADINGS
from uku.clients.import_files.tables import MOST_BYTES, MOST_COLUMNS, MOST_ROWS
from uku.kit.spreadsheets import column_letters


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
    happened, remedy = error.reason.value
    return gettext(happened) % facts, gettext(remedy) % facts


def row_error_words(error: RowError, headings: Sequence[str]) -> str:
    """Tell the column, what is wrong there, and what to do; the row's number stands beside it."""
    facts = {"value": error.value, "other": error.other, "most": LONGEST_TERMS}
    told = gettext(error.reason.value) % facts
    if error.column < 0:
        return told[0].upper() + told[1:]
    return gettext("Column %(column)s: %(told)s") % {"column": column_name(headings, error.column), "told": told}
