"""The base of all bodies that are sent: strict, frozen, and the same bytes for the same content."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from fortnox_api._json import dumps, plain
from fortnox_api._models import NO_RIGHT, alias
from fortnox_api._text import TextChange, clean_text

_LARGEST: Final = Decimal(10) ** 12


class Blank(Enum):
    """The type of BLANK."""

    BLANK = "API_BLANK"


BLANK: Final = Blank.BLANK
"""Clears a field in an update. Fortnox ignores "" and leaves an omitted field as it is; the text API_BLANK clears.

Source: public integrations (the C# SDK's constants) and recorded updates with "" that changed nothing.
"""


def rounded(value: Decimal, places: int = 2) -> Decimal:
    """Round half away from zero, as Fortnox rounds quantities and prices (1.125 becomes 1.13)."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return Decimal(value)
    raise ValueError("Decimal or int only")


def _sendable(value: Decimal) -> Decimal:
    if not value.is_finite() or abs(value) >= _LARGEST:
        raise ValueError("out of range")
    if value != rounded(value):
        raise ValueError("Fortnox would round this; round it yourself with rounded()")
    return value


ExactAmount = Annotated[Decimal, BeforeValidator(_exact), AfterValidator(_sendable)]
"""A Decimal with at most two places, which is what Fortnox keeps. Floats and texts are refused."""

Account = Annotated[int, Field(ge=1000, le=9999)]
"""An account of the chart: four digits."""


class Payload(BaseModel):
    """A body to send. A field that is None is left out; what is set is sent as it is.

    Raises pydantic's ValidationError, which is a ValueError, when it is made with what Fortnox could not keep.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        populate_by_name=True,
        alias_generator=alias,
        hide_input_in_errors=True,
    )
    wrapper: ClassVar[str]
    texts: ClassVar[Mapping[str, int]] = {}
    """The fields with free text, each with the most characters that Fortnox takes."""
    spelled: ClassVar[frozenset[str]] = frozenset()
    """The numbers that travel as text."""

    @model_validator(mode="after")
    def _texts_fit(self) -> Self:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, str):
                _check_text(name, value, self.texts.get(name))
        return self

    def to_wire(self) -> dict[str, Any]:
        """Return the fields in Fortnox's spelling and order, without those that are None."""
        found: dict[str, Any] = {}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if value is not None:
                found[field.alias or name] = _on_the_wire(value, spelled=name in self.spelled)
        return found

    def to_json_bytes(self) -> bytes:
        """Return the whole body. Equal payloads give equal bytes, so they can be stored and compared."""
        return dumps({self.wrapper: self.to_wire()})

    def cleaned(self) -> tuple[Self, tuple[TextChange, ...]]:
        """Return the payload with every text as Fortnox takes it, and the changes that were needed.

        Raises ValidationError when nothing is left of a text that must not be empty.
        """
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        changes: list[TextChange] = []
        for name, value in fields.items():
            fields[name], found = _cleaned(value, name, self.texts.get(name))
            changes += found
        return type(self).model_validate(fields), tuple(changes)


def _check_text(name: str, text: str, longest: int | None) -> None:
    if longest is not None and len(text) > longest:
        raise ValueError(f"{name}: more than {longest} characters")
    if text in {BLANK.value, NO_RIGHT}:
        raise ValueError(f"{name}: this text means something else to Fortnox")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"{name}: half a character")


def _cleaned(value: Any, name: str, longest: int | None) -> tuple[Any, tuple[TextChange, ...]]:
    if isinstance(value, str) and longest is not None:
        clean = clean_text(value, longest=longest, field=name)
        return clean.text, clean.changes
    if isinstance(value, tuple):
        rows, changes = zip(*(row.cleaned() for row in value), strict=True) if value else ((), ())
        named = (
            TextChange(each.position, each.before, each.after, f"{name}.{index}.{each.field}")
            for index, found in enumerate(changes)
            for each in found
        )
        return rows, tuple(named)
    return value, ()


def _on_the_wire(value: Any, *, spelled: bool) -> Any:
    match value:
        case Payload():
            return value.to_wire()
        case tuple():
            return [_on_the_wire(each, spelled=spelled) for each in value]
        case Enum():
            return value.value
        case date():
            return value.isoformat()
        case Decimal() if spelled:
            return plain(value)
        case _:
            return value
