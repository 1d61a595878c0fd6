"""Which keys a resource has, and how a value sent for one is read.

One table per resource says name, kind, limits and what an unset key looks like in a response. The
tables are written from the recordings and the published schema, in the order responses have them.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from fortnox_sim.errors import INVENTED, WRONG_DATA, WRONG_STRUCTURE, ApiError
from fortnox_sim.json_format import Record
from fortnox_sim.switches import Switches

BLANK = "API_BLANK"
CENT = Decimal("0.01")
WIDE = Context(prec=60)
HIGHEST = Decimal(10) ** 15
ALPHANUMERIC = re.compile(r"[^\W_]*(?:[-+/._][^\W_]*)*", re.ASCII)
MARKS = frozenset("’\\\u0308\u030a –:.`´,;^¤#%§£$€¢¥©™°&/()=+-*_!?²³®½@\u00a0\n\r0123456789")
QUOTES = frozenset("'\"")

Reader = Callable[[Any, "Field"], Any]


@dataclass(frozen=True)
class Field:
    """One key of a resource."""

    name: str
    kind: str = "text"
    limit: int = 0
    unset: Any = ""
    choices: tuple[str, ...] = ()
    readonly: bool = False


def round_to_cents(value: Decimal) -> Decimal:
    """Round to two decimals, half away from zero (recorded: 1.125 becomes 1.13)."""
    return value.quantize(CENT, ROUND_HALF_UP, WIDE)


def read_number(value: Any, field: Field) -> Decimal:
    """Read a number, sent as a number or as text."""
    try:
        number = Decimal(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number) > HIGHEST:
        raise ApiError((2000108, "Värdet måste vara numeriskt"), field.name)
    return number


def read_money(value: Any, field: Field) -> Decimal:
    return round_to_cents(read_number(value, field))


def read_int(value: Any, field: Field) -> int:
    number = read_number(value, field)
    if number != number.to_integral_value():
        raise ApiError((2000108, "Värdet måste vara numeriskt"), field.name)
    return int(number)


def read_bool(value: Any, field: Field) -> bool:
    text = str(value).lower()
    if text not in {"true", "false"}:
        raise ApiError((2000134, "Värdet måste vara en boolean"), field.name)
    return text == "true"


def read_date(value: Any, field: Field) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise ApiError(INVENTED["date"], field.name) from None


def read_choice(value: Any, field: Field) -> str:
    if value not in field.choices:
        raise ApiError(INVENTED["choice"], field.name)
    return str(value)


def read_code(value: Any, field: Field) -> str:
    """Read a customer's or an article's own number."""
    text = read_text(value, field)
    if not ALPHANUMERIC.fullmatch(text):
        raise ApiError((2000106, "Värdet måste vara alfanumeriskt"), field.name)
    return text


def read_text(value: Any, field: Field) -> str:
    if isinstance(value, bool | Mapping | list):
        raise ApiError(WRONG_STRUCTURE)
    text = str(value)
    if field.limit and len(text) > field.limit:
        raise ApiError((2000107, "Värdet är för långt"), field.name)
    return text


READERS: dict[str, Reader] = {
    "text": read_text,
    "code": read_code,
    "bool": read_bool,
    "int": read_int,
    "number": read_number,
    "money": read_money,
    "date": read_date,
    "choice": read_choice,
}


def has_allowed_characters(text: str, *, quotes: bool) -> bool:
    """Say whether every character is one Fortnox stores."""
    return all(c.isalpha() or c in MARKS or (quotes and c in QUOTES) for c in text)


def unwrap_object(body: Any, name: str) -> Record:
    """Take `{"Customer": {…}}` apart; anything else is wrong data (recorded)."""
    if not isinstance(body, dict) or not isinstance(body.get(name), dict):
        raise ApiError(WRONG_DATA)
    inner: Record = body[name]
    return inner


class FieldTable:
    """All keys of one resource."""

    def __init__(self, *fields: Field) -> None:
        self.fields = fields
        self.by_name = {field.name: field for field in fields}
        self._unset = {field.name: field.unset for field in fields}

    def read(self, body: Mapping[str, Any], switches: Switches) -> Record:
        """Read the keys that were sent; a value of None means: clear it.

        Names are judged before values, as recorded. Empty text neither sets nor clears.
        """
        for name in body:
            field = self.by_name.get(name)
            known = field is not None or name.startswith("@url")
            refused = field is not None and field.readonly and switches["readonly_keys"] == "refuse"
            if not known or refused:
                raise ApiError((2001399, "Felaktigt fältnamn"), name)
        changes: Record = {}
        for name, value in body.items():
            field = self.by_name.get(name)
            if field is None or field.readonly or field.kind in {"rows", "object"} or value in (None, ""):
                continue
            if value == BLANK:
                changes[name] = None
                continue
            read = READERS[field.kind](value, field)
            if field.kind in {"text", "code"} and not has_allowed_characters(read, quotes=switches["quotes_allowed"]):
                raise ApiError((2000359, "Värdet innehåller ej tillåtna tecken."), field.name)
            changes[name] = read
        return changes

    def show(self, record: Record) -> Record:
        """Give every key in order, unset ones as responses show them."""
        return {name: record.get(name, unset) for name, unset in self._unset.items()}


def apply_changes(record: Record, changes: Record, *, required: Collection[str] = ()) -> Record:
    """Give a new record with the changes; None removes, but for what is required, which stays as it is."""
    merged = {**record, **{name: value for name, value in changes.items() if value is not None or name not in required}}
    return {name: value for name, value in merged.items() if value is not None}
