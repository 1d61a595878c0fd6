"""The base of all records that Fortnox answers."""

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

NO_RIGHT: Final = "API_NORIGHT"
"""What Fortnox puts into any field, numbers too, that the connection has no right to see."""

_CAPITALS: Final = {
    name: name.upper() for name in ("vat", "ocr", "www", "gln", "ean", "cc", "bcc", "iban", "bic", "sru")
}


def alias(name: str) -> str:
    """Return Fortnox's spelling of one of our names: `vat_type` is VATType."""
    return "".join(_CAPITALS.get(word, word.capitalize()) for word in name.split("_"))


class Record(BaseModel):
    """A record of Fortnox, frozen. Fields that Fortnox adds later are kept in `model_extra` as they came.

    `no_right` lists the fields, in Fortnox's spelling, that the connection may not see; they read as unset. `repr()`
    shows the record's number alone, since the rest may be about a person.
    """

    model_config = ConfigDict(
        frozen=True, extra="allow", populate_by_name=True, alias_generator=alias, hide_input_in_errors=True
    )
    shown: ClassVar[frozenset[str]] = frozenset({"number"})

    no_right: frozenset[str] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _set_aside_what_may_not_be_seen(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        hidden = frozenset(name for name, item in value.items() if item == NO_RIGHT)
        if not hidden:
            return value
        return {name: item for name, item in value.items() if name not in hidden} | {"no_right": hidden}

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show what identifies the record, nothing about a person."""
        return [(name, getattr(self, name)) for name in type(self).model_fields if name in self.shown]


def findings(fault: ValidationError) -> str:
    """Say which fields do not fit and why, without a single value."""
    found = fault.errors(include_input=False, include_url=False)[:5]
    parts = ((".".join(map(str, each["loc"])), each["msg"]) for each in found)
    return "; ".join(": ".join(filter(None, pair)) for pair in parts)
