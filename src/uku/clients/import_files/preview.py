"""A file read as it says to be read, and what importing it would do: in figures, first rows, and words about errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext
from pydantic import TypeAdapter

from uku.clients.import_files import tables, workbooks
from uku.clients.import_files.checks import CheckedRow, check_rows
from uku.clients.import_files.errors import RowError, RowReason, Unreadable
from uku.clients.import_files.fields import HEADINGS, LONGEST_TERMS, recognise
from uku.clients.import_files.plan import PlannedRow, RowOutcome, plan_rows
from uku.clients.models import HiddenRows, ImportFile
from uku.kit.spreadsheets import MARK, as_csv, column_letters

SHOWN_ROWS = 10
SHOWN_ERRORS = 50
TOLD_EVERY = 500  # rows


@dataclass(frozen=True, slots=True)
class Figures:
    """How many rows would do what. They sum up to the rows that are read."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0

    @property
    def imported(self) -> int:
        return self.new + self.changed

    @property
    def rows(self) -> int:
        return self.new + self.changed + self.unchanged + self.refused


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as a page shows it: its values by field, wrong ones as they stand, and the fields that change."""

    number: int
    outcome: RowOutcome
    values: dict[str, str]
    changes: list[str]
    namesake: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The figures, the first rows, the first errors, how many there are, and new rows with a client's name.

    `plan` says of every row which client it is about, as `PlannedRow.decision` does.
    """

    figures: Figures
    rows: Sequence[PreviewRow]
    errors: Sequence[RowError]
    error_count: int
    namesakes: int
    has_sum_line: bool
    plan: Sequence[int]


_STORED = TypeAdapter(Preview)


def read_file(file: ImportFile) -> None:
    """Find out what the file does not say yet: its rows, how they are read, and what fills which field.

    Raises Unreadable.
    """
    workbook, content = bytes(file.workbook), bytes(file.content)
    if workbook and not content:
        file.sheets, file.content = workbooks.sheet_names(workbook), tables.pack_sheet(workbook, file.sheet)
    elif not workbook and not file.encoding:
        found = tables.guess(content)
        file.encoding, file.delimiter = found.encoding, found.delimiter
    table = table_of(file)
    file.heading_row = table.heading.number
    file.columns = file.columns or recognise(table.heading.cells)
    rows, file.hidden_rows = table.count()
    file.rows = rows if file.hidden_choice == HiddenRows.IMPORT else rows - file.hidden_rows


def table_of(file: ImportFile) -> tables.Table:
    """Read a file's beginning as it says to be read. Raises Unreadable."""
    with_hidden = file.hidden_choice == HiddenRows.IMPORT
    reading = tables.Reading(file.encoding, file.delimiter, file.heading_row, with_hidden)
    return tables.Table(bytes(file.content), reading)


def checked_rows(file: ImportFile) -> Iterator[CheckedRow]:
    """Yield all rows, checked against their columns and each other. Raises Unreadable."""
    return check_rows(table_of(file).rows(), file.columns, with_sum_line=file.with_sum_line)


def preview_of(file: ImportFile) -> Preview:
    """Return what was found in the background, or look now. Raises Unreadable."""
    return _STORED.validate_python(file.preview) if file.preview else make_preview(file)


def make_preview(file: ImportFile, tell: Callable[[int], object] = lambda _place: None) -> Preview:
    """Plan every row; put into the file what its page shows, the plan, and the rows that are left out, as CSV.

    `tell` hears how many it were so far. Raises Unreadable.
    """
    heading = table_of(file).heading.cells
    skipped = [b"".join(as_csv([[*heading, gettext("Row in the file"), gettext("Why it was skipped")]]))]
    plan: list[int] = []
    outcomes: Counter[RowOutcome] = Counter()
    shown: list[PreviewRow] = []
    errors: list[RowError] = []
    error_count = namesakes = 0
    planned = None
    for count, planned in enumerate(plan_rows(checked_rows(file)), 1):
        checked = planned.checked
        plan.append(planned.decision)
        outcomes[planned.outcome] += 1
        namesakes += planned.namesake
        error_count += len(planned.errors)
        errors += planned.errors[: SHOWN_ERRORS - len(errors)]
        skipped.append(skipped_row(planned, heading))
        if len(shown) < SHOWN_ROWS:
            values = {field: str(value) for field, value in {**checked.values, **checked.wrong}.items()}
            shown.append(
                PreviewRow(checked.row.number, planned.outcome, values, list(planned.changes), planned.namesake)
            )
        if count % TOLD_EVERY == 0:
            tell(count)
    last = [error.reason for error in planned.errors] if planned else []
    figures = Figures(**{outcome.value: outcomes[outcome] for outcome in RowOutcome})
    found = Preview(figures, shown, errors, error_count, namesakes, RowReason.SUM_LINE in last, plan)
    file.preview, file.skipped = _STORED.dump_python(found, mode="json"), b"".join(skipped)
    return found


def skipped_row(planned: PlannedRow, heading: Sequence[str]) -> bytes:
    """Return a row that is left out as it stands in the file, with its place and the reasons, as CSV; else nothing."""
    if not planned.errors:
        return b""
    row = planned.checked.row
    cells = [*row.cells, *[""] * (len(heading) - len(row.cells))]
    reasons = "; ".join(row_error_words(error, heading) for error in planned.errors)
    return b"".join(as_csv([[*cells, row.number, reasons]])).removeprefix(MARK)


def label_of(field: str) -> str:
    """Name a field, as exports head its column."""
    return gettext(HEADINGS[field][0])


def column_name(headings: Sequence[str], place: int) -> str:
    """Name a column by its letter, and by its heading when it has one: `C “E-post”`."""
    heading = headings[place].strip() if place < len(headings) else ""
    return f"{column_letters(place)} “{heading}”" if heading else column_letters(place)


def file_error_words(error: Unreadable) -> tuple[str, str]:
    """Return what is wrong with a file, and what to do."""
    limits = {"megabytes": tables.MOST_BYTES // 2**20, "rows": f"{tables.MOST_ROWS:,}", "columns": tables.MOST_COLUMNS}
    happened, remedy = error.reason.value
    return gettext(happened) % {"at": error.at, **limits}, gettext(remedy) % limits


def row_error_words(error: RowError, headings: Sequence[str]) -> str:
    """Tell the column, what is wrong there, and what to do; the row's number stands beside it."""
    facts = {"value": error.value, "other": error.other, "most": LONGEST_TERMS}
    told = gettext(error.reason.value) % facts
    if error.column < 0:
        return told[0].upper() + told[1:]
    return gettext("Column %(column)s: %(told)s") % {"column": column_name(headings, error.column), "told": told}
