"""Each row of a file as values and errors, and whether another row of the file is the same client. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

from uku.clients.import_files.errors import Row, RowError, RowReason
from uku.clients.import_files.fields import Value, WrongCell, parse_cell, read_back
from uku.clients.normalization import identity
from uku.kit.identifiers import masked

_LONGEST_QUOTE = 60
_SUM_LINE = re.compile(
    r"(del|kokonais)?(summa|summor|total|totalt|totals|totalsumma|sum|yhteensä)[\s:=]*"
    r"[\d\s.,]*(st|kr|sek|eur|kund|kunder|poster|rader|clients|customers|rows|kpl|asiakasta)?[\s.:]*"
)
T = TypeVar("T")


class Keys(NamedTuple):
    """What a row or a client is known by; "" where it has none."""

    number: str
    email_and_name: str
    name: str

    @classmethod
    def of(cls, told: Mapping[str, Value]) -> Keys:
        """The organisation number, if missing the one in the VAT number; else e-mail and name, letter by letter."""
        name, email = _comparable(str(told.get("name", ""))), str(told.get("email", "")).strip().casefold()
        number = identity(str(told.get("organisation_number", "")), str(told.get("country", "")))
        return cls(number or identity(str(told.get("vat_number", ""))), f"{email}\0{name}" if email else "", name)


class KeyIndex(Generic[T]):
    """Rows or clients by their keys."""

    def __init__(self) -> None:
        # By the kind of key and the key: the organisation number, which two that share another key may differ in.
        self._items: dict[tuple[str, str], list[tuple[str, T]]] = {}

    def add(self, keys: Keys, item: T) -> None:
        for kind, key in keys._asdict().items():
            if key:
                self._items.setdefault((kind, key), []).append((keys.number, item))

    def find(self, keys: Keys) -> tuple[str, list[T]]:
        """Return what is the same, and by which key: the strongest there is; the name only where there is no other."""
        if found := self._items.get(("number", keys.number)):
            return "number", [item for _number, item in found]
        # Two numbers are two clients, whatever else they share.
        alike = self._items.get(("email_and_name", keys.email_and_name), [])
        if same := [item for number, item in alike if not (number and keys.number)]:
            return "email_and_name", same
        if keys.number or keys.email_and_name:
            return "", []
        return "name", self.namesakes(keys)

    def namesakes(self, keys: Keys) -> list[T]:
        return [item for _number, item in self._items.get(("name", keys.name), [])]


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


def check_rows(rows: Iterable[Row], columns: Sequence[str], *, with_sum_line: bool = False) -> Iterator[CheckedRow]:
    """Check rows one by one, in their order, against their fields and the rows before them."""
    earlier = KeyIndex[int]()
    # The country first: it decides how a number is checked.
    places = {field: place for place, field in enumerate(columns) if field}
    ordered = sorted(places.items(), key=lambda column: column[0] != "country")
    walk = iter(rows)
    row = next(walk, None)
    while row is not None:
        after = next(walk, None)
        checked = _read_cells(row, ordered, width=len(columns))
        errors = _errors_of_row(checked, places, is_last=after is None and not with_sum_line) or checked.errors
        yield replace(checked, errors=errors or _collisions(checked, earlier))
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
            value = parse_cell(field, text, country=country)
        except WrongCell as error:
            wrong[field] = str(read_back(field, text, country=country))
            errors.append(RowError(row.number, place, error.reason, _quote(text)))
        else:
            values |= {field: value} if value != "" else {}
    in_order = tuple(sorted(errors, key=lambda error: error.column))
    return CheckedRow(row, values, wrong, Keys.of({**values, **wrong}), in_order)


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


def _collisions(checked: CheckedRow, earlier: KeyIndex[int]) -> tuple[RowError, ...]:
    """Add a row to the earlier ones, or say which of them has its key: of two the first counts."""
    kind, same = earlier.find(checked.keys)
    if not same:
        earlier.add(checked.keys, checked.row.number)
        return ()
    reason = RowReason.SAME_NAME if kind == "name" else RowReason.SAME_CLIENT
    return (RowError(checked.row.number, -1, reason, _quote(checked.text("name")), same[0]),)


def _comparable(text: str) -> str:
    """The same letters, whatever their case, form and blanks."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _quote(text: str) -> str:
    """What a message may repeat of a cell: a person's number masked, long texts cut."""
    shown = masked(text)
    return shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE]}…"
