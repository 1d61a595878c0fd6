"""Each row of a file as values and errors, and whether another row of the file is the same client. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from uku.clients.import_files.cells import Value, WrongCell, parse_cell, read_back
from uku.clients.import_files.errors import Row, RowError, RowReason
from uku.clients.normalization import identity
from uku.kit.identifiers import masked

_LONGEST_QUOTE = 60
KEY_FIELDS = ("name", "organisation_number", "vat_number", "email", "country")
_SUM_LINE = re.compile(
    r"(del|kokonais)?(summa|summor|total|totalt|totals|totalsumma|sum|yhteensä)[\s:=]*"
    r"[\d\s.,]*(st|kr|sek|eur|kund|kunder|poster|rader|clients|customers|rows|kpl|asiakasta)?[\s.:]*"
)


@dataclass(frozen=True, slots=True)
class Keys:
    """What a row or a client is known by; "" where it has none."""

    number: str
    email_and_name: str
    name: str

    @classmethod
    def of(cls, told: Mapping[str, Value]) -> Keys:
        """The organisation number, if missing the one in the VAT number; else e-mail and name, letter by letter."""
        name, email = comparable_text(str(told.get("name", ""))), str(told.get("email", "")).strip().casefold()
        number = identity(str(told.get("organisation_number", "")), str(told.get("country", "")))
        return cls(number or identity(str(told.get("vat_number", ""))), f"{email}\0{name}" if email else "", name)


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row: the fields that its filled cells give, and what is wrong with it.

    `wrong` are the texts of cells that are no value of their fields: a client may have them from elsewhere.
    """

    row: Row
    values: dict[str, Value]
    wrong: dict[str, str]
    keys: Keys
    errors: tuple[RowError, ...]

    def text(self, field: str) -> str:
        return str(self.values.get(field, self.wrong.get(field, "")))


def comparable_text(text: str) -> str:
    """Return a text for comparing: the same letters, whatever their case, form and blanks."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def check_rows(rows: Iterable[Row], columns: Sequence[str], *, with_sum_line: bool = False) -> Iterator[CheckedRow]:
    """Check rows one by one, in their order, against their fields and the rows before them."""
    earlier = _EarlierRows()
    # The country first: it decides how a number is checked.
    places = {field: place for place, field in enumerate(columns) if field}
    ordered = sorted(places.items(), key=lambda column: column[0] != "country")
    walk = iter(rows)
    row = next(walk, None)
    while row is not None:
        after = next(walk, None)
        checked = _read_cells(row, ordered, width=len(columns))
        errors = _errors_of_row(checked, places, is_last=after is None and not with_sum_line) or checked.errors
        if not errors:
            errors = tuple(earlier.add(row, checked.keys, checked.text("name")))
        yield replace(checked, errors=errors)
        row = after


def _read_cells(row: Row, places: Sequence[tuple[str, int]], *, width: int) -> CheckedRow:
    values: dict[str, Value] = {}
    wrong: dict[str, str] = {}
    errors: list[RowError] = []
    if any(row.cells[width:]):
        errors.append(RowError(row.number, -1, RowReason.MORE_CELLS, other=width))
    for field, place in places:
        text = row.cells[place] if place < len(row.cells) else ""
        country = str(values.get("country", wrong.get("country", "")))
        try:
            value = _read_cell(row, place, field, text, country=country)
        except WrongCell as error:
            wrong[field] = str(read_back(field, text, country=country))
            errors.append(RowError(row.number, place, error.reason, _quote(text)))
        else:
            values |= {field: value} if value != "" else {}
    in_order = tuple(sorted(errors, key=lambda error: error.column))
    return CheckedRow(row, values, wrong, Keys.of({**values, **wrong}), in_order)


def _read_cell(row: Row, place: int, field: str, text: str, *, country: str) -> Value:
    if place in row.errors:
        raise WrongCell(row.errors[place])
    value = parse_cell(field, text, country=country)
    if field == "name" and value == "":
        raise WrongCell(RowReason.NO_NAME)
    return value


def _errors_of_row(checked: CheckedRow, places: Mapping[str, int], *, is_last: bool) -> tuple[RowError, ...]:
    """What makes a row no client at all: one cell far from the others, or the sum below a list."""
    row, name = checked.row, places.get("name", -1)
    filled = [place for place, cell in enumerate(row.cells) if cell]
    if len(filled) == 1 and filled[0] != name and len(places) > 1:
        return (RowError(row.number, filled[0], RowReason.STRAY, _quote(row.cells[filled[0]])),)
    text = checked.text("name")
    if is_last and _SUM_LINE.fullmatch(text.casefold()) and not checked.text("organisation_number"):
        return (RowError(row.number, name, RowReason.SUM_LINE, _quote(text)),)
    return ()


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
