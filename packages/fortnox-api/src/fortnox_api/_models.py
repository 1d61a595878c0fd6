"""Records that Fortnox returns, and how its loose types become exact ones: one coercion for each kind of field.

Recorded responses hold numbers as strings and strings as numbers, `"true"` for true, null and "" for nothing, dates as
"" and with a time. A value outside these tables is an error of its record, never a guess. Floats are refused.
"""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from fortnox_api._json import format_decimal

_UNSAFE: Final = re.compile(r"[\x00\ud800-\udfff]")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,15}([.,][0-9]{1,12})?")
_LARGEST: Final = Decimal(10) ** 15
_SMALLEST_EXPONENT: Final = -12
_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False}


def parse_text(value: Any) -> str:
    """Return a text; null is "". NUL and lone surrogates, which no database takes, become U+FFFD."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format_decimal(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004 - pydantic turns ValueError into a finding, TypeError not
    return _UNSAFE.sub("\ufffd", value)


def parse_key(value: Any) -> str:
    """Return a number that Fortnox counts up: any text but an empty one or 0."""
    found = parse_text(value)
    if not found.strip() or found.strip() == "0":
        raise ValueError("not a number of a record")
    return found


def parse_code(value: Any) -> str:
    """Return a code that people choose, such as an article's number: any text but an empty one; 0 is one too."""
    found = parse_text(value)
    if not found.strip():
        raise ValueError("no number or code")
    return found


def parse_reference(value: Any) -> str:
    """Return a number of another record, "" for none, which Fortnox writes as 0, "0", "" or null."""
    found = parse_text(value)
    return "" if found == "0" else found


def parse_number(value: Any) -> Decimal | None:
    """Return an exact number; null and "" are None."""
    match value:
        case None | "":
            return None
        case bool():
            raise ValueError("not a number")
        case int() | Decimal():
            found = Decimal(value)
        case str() if _NUMBER.fullmatch(value.strip()):
            found = Decimal(value.strip().replace(",", "."))
        case _:
            raise ValueError("not a number")
    if not found.is_finite() or abs(found) >= _LARGEST or found.adjusted() < _SMALLEST_EXPONENT:
        raise ValueError("a number out of range")
    return found


def parse_integer(value: Any) -> int | None:
    """Return a whole number; null and "" are None."""
    found = parse_number(value)
    if found is None:
        return None
    if found != found.to_integral_value():
        raise ValueError("not a whole number")
    return int(found)


def parse_bool(value: Any) -> bool:
    """Return true or false, also from "true", "false", 0 and 1; null and "" are false."""
    if value is None or value == "":
        return False
    found = _BOOLEANS.get(str(value).lower()) if isinstance(value, str | int) else None
    if found is None:
        raise ValueError("neither true nor false")
    return found


def parse_optional_bool(value: Any) -> bool | None:
    """Return what `parse_bool` does, but None for null and ""."""
    return None if value is None or value == "" else parse_bool(value)


def parse_date(value: Any) -> date | None:
    """Return a date; null, "" and 0000-00-00 are None. A time behind the date is cut off."""
    if isinstance(value, date):
        return value
    if value is None or value == "" or value == "0000-00-00":  # noqa: PLR1714 - lists have no hash
        return None
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}([T ].{0,40})?", value, re.ASCII):
        raise ValueError("not a date")
    return date.fromisoformat(value[:10])


def parse_amount(value: Any) -> Decimal:
    """Return an exact number for a field that must have one."""
    found = parse_number(value)
    if found is None:
        raise ValueError("no number")
    return found


Text = Annotated[str, BeforeValidator(parse_text)]
Key = Annotated[str, BeforeValidator(parse_key)]
Code = Annotated[str, BeforeValidator(parse_code)]
Reference = Annotated[str, BeforeValidator(parse_reference)]
Amount = Annotated[Decimal, BeforeValidator(parse_amount)]
OptionalAmount = Annotated[Decimal | None, BeforeValidator(parse_number)]
OptionalInteger = Annotated[int | None, BeforeValidator(parse_integer)]
Bool = Annotated[bool, BeforeValidator(parse_bool)]
OptionalBool = Annotated[bool | None, BeforeValidator(parse_optional_bool)]
OptionalDate = Annotated[date | None, BeforeValidator(parse_date)]


NO_RIGHT: Final = "API_NORIGHT"
"""What Fortnox puts into any field, numbers too, that the connection has no right to see."""

_CAPITALS: Final = {
    name: name.upper() for name in ("vat", "ocr", "www", "gln", "ean", "cc", "bcc", "iban", "bic", "sru")
}


def fortnox_name(name: str) -> str:
    """Return Fortnox's spelling of one of our names: `vat_type` is VATType."""
    return "".join(_CAPITALS.get(word, word.capitalize()) for word in name.split("_"))


class Record(BaseModel):
    """A record of Fortnox, frozen. Fields that Fortnox adds later are kept in `model_extra` as they came.

    `no_right` lists the fields, in Fortnox's spelling, that the connection may not see; they read as unset. `repr()`
    shows the record's number alone, since the rest may be about a person; `model_dump()` gives everything.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        populate_by_name=True,
        alias_generator=fortnox_name,
        loc_by_alias=False,
        hide_input_in_errors=True,
    )
    shown: ClassVar[frozenset[str]] = frozenset({"number"})

    no_right: frozenset[str] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _set_aside_hidden_fields(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        hidden = frozenset(name for name, item in value.items() if item == NO_RIGHT)
        if not hidden:
            return value
        return {name: item for name, item in value.items() if name not in hidden} | {"no_right": hidden}

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show what identifies the record, nothing about a person."""
        return [(name, getattr(self, name)) for name in type(self).model_fields if name in self.shown]

    def __str__(self) -> str:
        return repr(self)


def describe_errors(error: ValidationError) -> str:
    """Say which fields do not fit and why, without a single value."""
    found = error.errors(include_input=False, include_url=False)[:5]
    parts = ((".".join(map(str, each["loc"])), each["msg"]) for each in found)
    return "; ".join(": ".join(filter(None, pair)) for pair in parts)
