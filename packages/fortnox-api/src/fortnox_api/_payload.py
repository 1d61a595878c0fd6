"""Bodies that are sent: strict, frozen, the same bytes for the same content, and text as Fortnox takes it.

One forbidden character anywhere refuses the whole record (code 2000359). Allowed are all letters of any script, 0-9,
line breaks, no-break space and the marks below; source: fortnox.se/developer/guides-and-good-to-know/
formats-and-encoding. That page may have lost the plain apostrophe and quotation mark to its own typography, so both are
replaced: a typographic one is safe either way.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import Enum
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import (
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    ValidationInfo,
    field_validator,
)

from fortnox_api._json import dumps, format_decimal
from fortnox_api._models import NO_RIGHT, fortnox_name

_MARKS: Final = frozenset("’\\ –:.`´,;^¤#%§£$€¢¥©™°&/()=+-*_!?²³®½@\u00a0\n\r0123456789\u0308\u030a")
_REPLACEMENTS: Final = {
    **dict.fromkeys("'\"‘‚‛“”„‟‹›«»′″＇＂", "’"),
    **dict.fromkeys("—―‒⸺⸻", "–"),
    **dict.fromkeys("‐‑−﹣－~", "-"),
    **dict.fromkeys("[{<", "("),
    **dict.fromkeys("]}>", ")"),
    **dict.fromkeys("|⁄∕", "/"),
    **dict.fromkeys("•·●▪", "-"),
    **dict.fromkeys("\u2028\u2029\x0b\x0c\x85", "\n"),
    "\t": " ",
    "…": "...",
    "×": "*",
}
_CLUSTER: Final = re.compile(r".[\u0300-\u036f]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TextChange:
    """What was replaced: at which place of the original text, what stood there, and what stands there now.

    `field` names the field of a payload, "" for a text by itself.
    """

    position: int
    before: str
    after: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class CleanText:
    """A text that Fortnox takes, and every change that was needed, so that a person can see them."""

    text: str
    changes: tuple[TextChange, ...]


def clean_text(text: str, *, longest: int | None = None, field: str = "") -> CleanText:
    """Replace what Fortnox refuses by what reads the same, drop the rest, and report each change.

    Composing letters (e + ´ to é) is no change. A text over `longest` characters is cut, and the cut reported. A clean
    text comes back as it is, so cleaning twice changes nothing.
    """
    cleaned = ""
    changes = []
    for match in _CLUSTER.finditer(text):
        composed = unicodedata.normalize("NFC", match.group())
        replacement = "".join(map(_replace_character, composed))
        cleaned += replacement
        if replacement != composed:
            changes.append(TextChange(match.start(), match.group(), replacement, field))
    if longest is not None and len(cleaned) > longest:
        changes.append(TextChange(len(text), cleaned[longest:], "", field))
        cleaned = cleaned[:longest]
    return CleanText(cleaned, tuple(changes))


def is_clean(text: str) -> bool:
    """Tell whether Fortnox takes this text as it is."""
    return all(character in _MARKS or unicodedata.category(character).startswith("L") for character in text)


def _replace_character(character: str) -> str:
    if is_clean(character):
        return character
    if character in _REPLACEMENTS:
        return _REPLACEMENTS[character]
    if unicodedata.category(character) == "Zs":
        return " "
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    # ① is 1, ％ is %, ½-like fractions come apart: the compatibility form, when that can be sent.
    plain = "".join(_REPLACEMENTS.get(each, each) for each in unicodedata.normalize("NFKC", character))
    return plain if plain != character and is_clean(plain) else ""


_LARGEST: Final = Decimal(10) ** 12


class Blank(Enum):
    """The type of BLANK."""

    BLANK = "API_BLANK"


BLANK: Final = Blank.BLANK
"""Clears a field in an update. Fortnox ignores "" and leaves an omitted field as it is; the text API_BLANK clears.

Source: public integrations (the C# SDK's constants) and recorded updates with "" that changed nothing.
"""


def round_amount(value: Decimal | int | str, places: int = 2) -> Decimal:
    """Round half away from zero, as Fortnox rounds quantities and prices (1.125 becomes 1.13). Floats are refused."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise TypeError(f"an amount is a Decimal, an int or a numeric text, not {type(value).__name__}")
    try:
        return Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    except InvalidOperation:
        raise ValueError("not a number that can be rounded so") from None


_NUMERIC: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")


def _parse_amount(value: Any) -> Decimal:
    amount = _parse_decimal(value)
    if amount != round_amount(amount):
        raise ValueError("Fortnox would round this; round it yourself with round_amount()")
    return amount


def _parse_decimal(value: Any) -> Decimal:
    if isinstance(value, str) and not _NUMERIC.fullmatch(value):
        raise ValueError("a numeric text has digits and at most one point")
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise ValueError("Decimal, int or numeric text only")  # noqa: TRY004 - pydantic turns ValueError into a finding
    amount = Decimal(value)
    if not amount.is_finite() or abs(amount) >= _LARGEST:
        raise ValueError("out of range")
    return amount


def _parse_number(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _parse_whole(value: Any) -> Any:
    return int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,18}", value) else value


def _parse_date(value: Any) -> Any:
    is_iso = isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)
    return date.fromisoformat(value) if is_iso else value


def _parse_blank(value: Any, info: ValidationInfo) -> Any:
    return BLANK if info.mode == "json" and value == BLANK.value else value


def held_as(exact: Any) -> GetPydanticSchema:
    """Let a field be made with what its annotation tells a type checker, and hold one exact type."""
    return GetPydanticSchema(lambda _annotated, handler: handler.generate_schema(exact))


NumberText = Annotated[str, BeforeValidator(_parse_number)]
"""Holds a text; a whole number becomes one."""

ExactAmount = Annotated[Decimal | int | str, held_as(Annotated[Decimal, BeforeValidator(_parse_amount)])]
"""Holds a Decimal with at most two places, which is what Fortnox keeps. Floats are refused."""

ExactRate = Annotated[Decimal | int | str, held_as(Annotated[Decimal, BeforeValidator(_parse_decimal)])]
"""Holds a Decimal with any number of places, such as a rate of exchange."""

RecordNumber = Annotated[str | int, held_as(Annotated[NumberText, Field(min_length=1)])]
"""Holds the number of another record as text."""

AccountNumber = Annotated[int | str, held_as(Annotated[int, BeforeValidator(_parse_whole), Field(ge=1000, le=9999)])]
"""Holds an account of the chart: four digits."""

InvoiceNumber = Annotated[int | str, held_as(Annotated[int, BeforeValidator(_parse_whole), Field(ge=1)])]
"""Holds the number of an invoice as int, which is how payments spell it."""

Day = Annotated[date | str, held_as(Annotated[date, BeforeValidator(_parse_date)])]
"""Holds a date; text is taken as YYYY-MM-DD."""

_BLANK_DAY = Annotated[date | Blank, BeforeValidator(_parse_date), BeforeValidator(_parse_blank)]
ClearableDay = Annotated[date | str | Blank, held_as(_BLANK_DAY)]
_BLANK_NUMBER = Annotated[str | Blank, BeforeValidator(_parse_number), BeforeValidator(_parse_blank)]
ClearableNumber = Annotated[str | int | Blank, held_as(_BLANK_NUMBER)]
ClearableText = Annotated[str | Blank, BeforeValidator(_parse_blank)]


class Payload(BaseModel):
    """A body to send. A field that is None is left out; what is set is sent as it is. Equal payloads are equal bytes.

    Lists become tuples, ISO dates dates, and numeric text numbers; `model_validate_json` reads `model_dump_json`.
    Raises pydantic's ValidationError, which is a ValueError, when it is made with what Fortnox could not keep.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=AliasGenerator(serialization_alias=fortnox_name),
        hide_input_in_errors=True,
    )
    wrapper: ClassVar[str]
    texts: ClassVar[Mapping[str, int]] = {}
    """The fields with free text, each with the most characters that Fortnox takes."""
    sent_as_text: ClassVar[frozenset[str]] = frozenset()
    """The numbers that travel as text."""

    @field_validator("*", mode="after")
    @classmethod
    def _check_text(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str):
            longest = cls.texts.get(str(info.field_name))
            if longest is not None and len(value) > longest:
                raise ValueError(f"more than {longest} characters")
            if value in {BLANK.value, NO_RIGHT}:
                raise ValueError("this text means something else to Fortnox")
            if any("\ud800" <= character <= "\udfff" for character in value):
                raise ValueError("half a character")
        return value

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show which fields are set and no value: it may be about a person."""
        return [(None, name) for name in type(self).model_fields if getattr(self, name) is not None]

    def __str__(self) -> str:
        return repr(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields in Fortnox's spelling and order, without those that are None."""
        found: dict[str, Any] = {}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if value is not None:
                found[str(field.serialization_alias)] = _to_json(value, as_text=name in self.sent_as_text)
        return found

    def to_json_bytes(self) -> bytes:
        """Return the whole body. Equal payloads give equal bytes, so they can be stored and compared."""
        return dumps({self.wrapper: self.to_dict()})

    def clean(self) -> tuple[Self, tuple[TextChange, ...]]:
        """Return the payload with every text as Fortnox takes it, and the changes that were needed.

        Raises ValidationError when nothing is left of a text that must not be empty.
        """
        fields: dict[str, Any] = {}
        changes: list[TextChange] = []
        for name in type(self).model_fields:
            value = getattr(self, name)
            longest = self.texts.get(name)
            if isinstance(value, str) and longest is not None:
                clean = clean_text(value, longest=longest, field=name)
                value = clean.text
                changes += clean.changes
            elif isinstance(value, tuple):
                rows = [row.clean() for row in value]
                value = tuple(row for row, _ in rows)
                for index, (_, found) in enumerate(rows):
                    changes += (replace(each, field=f"{name}.{index}.{each.field}") for each in found)
            fields[name] = value
        return type(self).model_validate(fields), tuple(changes)


def _to_json(value: Any, *, as_text: bool) -> Any:
    match value:
        case Payload():
            return value.to_dict()
        case tuple():
            return [_to_json(each, as_text=as_text) for each in value]
        case Enum():
            return value.value
        case date():
            return value.isoformat()
        case Decimal() | int() if as_text:
            return format_decimal(Decimal(value))
        case _:
            return value
