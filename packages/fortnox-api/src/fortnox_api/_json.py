"""JSON as money needs it: numbers stay exact on the way in and on the way out, and nothing is guessed.

Read: numbers with a point become Decimal, whole numbers int; NaN, Infinity, duplicate keys and anything that is not
UTF-8 are refused. Written: Decimal as a plain number, one spelling for one value, so that equal payloads are equal
bytes.
"""

import json
from decimal import Decimal, InvalidOperation
from typing import Any


class NotJsonError(ValueError):
    """The bytes are not JSON that can be read exactly. The text names the error, never the content."""


def loads(raw: bytes) -> Any:
    """Parse bytes: objects become dict, arrays list, numbers int or Decimal. Raises NotJsonError only."""
    try:
        return json.loads(
            raw.decode("utf-8-sig"),
            parse_float=_parse_number,
            parse_constant=_parse_number,
            object_pairs_hook=_build_object,
        )
    except NotJsonError:
        raise
    except RecursionError:
        raise NotJsonError("nested too deeply") from None
    except ValueError as error:
        raise NotJsonError(type(error).__name__) from None


def dumps(value: Any) -> bytes:
    """Write compact UTF-8. Keys keep their order; Decimal is written without exponent and without padding.

    Raises TypeError for anything but dict, list, tuple, str, bool, int, Decimal and None: float above all.
    """
    try:
        return _encode(value).encode("utf-8", "surrogatepass")
    except RecursionError:
        raise ValueError("nested too deeply") from None


def format_decimal(number: Decimal) -> str:
    """Write a finite Decimal without exponent, trailing zeros or negative zero: `Decimal("1E+2")` is 100."""
    if not number.is_finite():
        raise ValueError("not a finite number")
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _encode(value: Any) -> str:
    match value:
        case None | bool() | int() | str():
            return json.dumps(value, ensure_ascii=False)
        case Decimal():
            return format_decimal(value)
        case dict():
            return "{" + ",".join(f"{_encode(str(key))}:{_encode(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_encode, value)) + "]"
        case _:
            raise TypeError(f"{type(value).__name__} has no exact JSON form")


def _parse_number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise NotJsonError("a number out of range") from None
    if not number.is_finite():
        raise NotJsonError("not a finite number")
    return number


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJsonError("a key stands twice")
    return found
