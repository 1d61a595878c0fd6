"""What importing a file would do, in figures and in its first rows; nothing is written for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext

from uku.clients.import_files import tables
from uku.clients.import_files.checks import CheckedRow, check_rows
from uku.clients.import_files.errors import RowError
from uku.clients.import_files.messages import row_error_words
from uku.clients.import_files.plan import Plan, PlannedRow, RowOutcome
from uku.clients.models import ImportFile
from uku.kit.spreadsheets import Cell

SHOWN_ROWS = 10
SHOWN_ERRORS = 50
SAMPLES = 3
LONGEST_SAMPLE = 40
LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class Figures:
    """How many rows would do what. They sum up to the rows of the file."""

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

    @classmethod
    def of(cls, outcomes: Counter[RowOutcome]) -> Figures:
        return cls(
            outcomes[RowOutcome.NEW],
            outcomes[RowOutcome.CHANGED],
            outcomes[RowOutcome.UNCHANGED],
            outcomes[RowOutcome.REFUSED],
        )


@dataclass(frozen=True, slots=True)
class Preview:
    """The figures, the first rows, the first errors, how many there are, and new rows with a client's name."""

    figures: Figures
    rows: Sequence[PlannedRow]
    errors: Sequence[RowError]
    error_count: int
    namesakes: int


def reading_of(file: ImportFile) -> tables.Reading:
    return tables.Reading(file.encoding, file.delimiter)


def heading_of(file: ImportFile) -> tuple[str, ...]:
    """Return the headings, as many as the file's first row has. Raises Unreadable."""
    return tables.heading_and_rows(bytes(file.content), reading_of(file))[0].cells


def checked_rows(file: ImportFile) -> Iterator[CheckedRow]:
    """Yield all rows, checked against their columns and each other. Raises Unreadable."""
    _heading, rows = tables.heading_and_rows(bytes(file.content), reading_of(file))
    return check_rows(rows, file.columns)


def planned_rows(file: ImportFile) -> Iterator[PlannedRow]:
    return Plan().of(checked_rows(file))


def preview(file: ImportFile) -> Preview:
    """Plan every row, and keep no more of them than a page shows. Raises Unreadable."""
    outcomes: Counter[RowOutcome] = Counter()
    shown: list[PlannedRow] = []
    errors: list[RowError] = []
    error_count = namesakes = 0
    for planned in planned_rows(file):
        outcomes[planned.outcome] += 1
        namesakes += planned.namesake
        error_count += len(planned.errors)
        errors += planned.errors[: SHOWN_ERRORS - len(errors)]
        if len(shown) < SHOWN_ROWS:
            shown.append(planned)
    return Preview(Figures.of(outcomes), shown, errors, error_count, namesakes)


def samples(file: ImportFile) -> list[list[str]]:
    """Return for each column a few of its first cells, so that a person sees what it holds. Raises Unreadable."""
    heading, rows = tables.heading_and_rows(bytes(file.content), reading_of(file))
    found: list[list[str]] = [[] for _ in heading.cells]
    for row in islice(rows, LOOKED_AT):
        for place, cell in enumerate(row.cells[: len(found)]):
            if cell and len(found[place]) < SAMPLES:
                found[place].append(cell[:LONGEST_SAMPLE])
    return found


def refused_rows(file: ImportFile) -> Iterator[Sequence[Cell]]:
    """Yield a heading and each row that is left out as it stands in the file, with its place and the reasons."""
    heading = heading_of(file)
    yield [*heading, gettext("Row in the file"), gettext("Why it was skipped")]
    for planned in planned_rows(file):
        if planned.outcome == RowOutcome.REFUSED:
            row = planned.checked.row
            cells = [*row.cells, *[""] * (len(heading) - len(row.cells))]
            reasons = "; ".join(row_error_words(error, heading) for error in planned.errors)
            yield [*cells, row.number, reasons]
