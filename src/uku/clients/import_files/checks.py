"""Each row of a file as values and errors, and whether another row of the file is the same client. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from uku.clients.import_files.cells import Value, WrongCell, parse_cell
from uku.clients.import_files.errors import RowError, RowReason
from uku.clients.import_files.tables import Row
from uku.clients.normalization import identity
from uku.kit.identifiers import masked

_LONGEST_QUOTE = 60


@dataclass(frozen=True, slots=True)
class Keys:
    """What a row or a client is known by; "" where it has none."""

    number: str
    email_and_name: str
    name: str

    @classmethod
    def of(cls, *, name: str, number: str, vat: str, email: str) -> Keys:
        """The organisation number, if missing the one in the VAT number; else e-mail and name, letter by letter."""
        plain = comparable_text(name)
        return cls(identity(number) or identity(vat), f"{email.strip().casefold()}\0{plain}" if email else "", plain)


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row: the fields that its filled cells give, and what is wrong with it."""

    row: Row
    values: dict[str, Value]
    keys: Keys
    errors: tuple[RowError, ...]


def comparable_text(text: str) -> str:
    """Return a text for comparing: the same letters, whatever their case, form and blanks."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def check_rows(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[CheckedRow]:
    """Check rows one by one, in their order, against their fields and the rows before them."""
    earlier = _EarlierRows()
    # The country first: it decides how a number is checked.
    places = sorted(
        ((field, place) for place, field in enumerate(columns) if field), key=lambda column: column[0] != "country"
    )
    for row in rows:
        values, errors = _read_cells(row, places, width=len(columns))
        keys = Keys.of(
            name=str(values.get("name", "")),
            number=str(values.get("organisation_number", "")),
            vat=str(values.get("vat_number", "")),
            email=str(values.get("email", "")),
        )
        if not errors:
            errors = earlier.add(row, keys, str(values.get("name", "")))
        yield CheckedRow(row, values, keys, tuple(errors))


def _read_cells(row: Row, places: Sequence[tuple[str, int]], *, width: int) -> tuple[dict[str, Value], list[RowError]]:
    values: dict[str, Value] = {}
    errors: list[RowError] = []
    if any(row.cells[width:]):
        errors.append(RowError(row.number, -1, RowReason.MORE_CELLS, other=width))
    for field, place in places:
        text = row.cells[place] if place < len(row.cells) else ""
        try:
            value = _read_cell(row, place, field, text, country=str(values.get("country", "")))
        except WrongCell as wrong:
            errors.append(RowError(row.number, place, wrong.reason, _quote(text)))
            continue
        if value != "":
            values[field] = value
    return values, sorted(errors, key=lambda error: error.column)


def _read_cell(row: Row, place: int, field: str, text: str, *, country: str) -> Value:
    if place in row.errors:
        raise WrongCell(row.errors[place])
    value = parse_cell(field, text, country=country)
    if field == "name" and value == "":
        raise WrongCell(RowReason.NO_NAME)
    return value


def _quote(text: str) -> str:
    """What a message may repeat of a cell: a person's number masked, long texts cut."""
    shown = masked(text)
    return shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE]}…"


class _EarlierRows:
    """The rows so far, by their keys. Of two rows with one key the first counts."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._emails: dict[str, list[tuple[int, str]]] = {}
        self._names: dict[str, int] = {}

    def add(self, row: Row, keys: Keys, name: str) -> list[RowError]:
        """Add a row, or return what is wrong with it among those before."""
        if keys.number in self._numbers:
            return [_collision(row, RowReason.SAME_NUMBER, keys.number, self._numbers[keys.number])]
        for other, number in self._emails.get(keys.email_and_name, ()):
            if not (number and keys.number):  # two numbers are two clients, whatever else they share
                return [_collision(row, RowReason.SAME_EMAIL_AND_NAME, name, other)]
        if not keys.number and not keys.email_and_name and keys.name in self._names:
            return [_collision(row, RowReason.SAME_NAME, name, self._names[keys.name])]
        if keys.number:
            self._numbers[keys.number] = row.number
        if keys.email_and_name:
            self._emails.setdefault(keys.email_and_name, []).append((row.number, keys.number))
        self._names.setdefault(keys.name, row.number)
        return []


def _collision(row: Row, reason: RowReason, value: str, other: int) -> RowError:
    return RowError(row.number, -1, reason, _quote(value), other)
