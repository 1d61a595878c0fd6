"""A cell's text as the value of a field, or what is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from babel import Locale
from babel.numbers import list_currencies

from uku.clients.import_files.errors import RowReason
from uku.clients.import_files.headings import LONGEST
from uku.clients.normalization import identity, split_emails
from uku.kit.identifiers import OWN_COUNTRIES, normalise_any_vat, normalise_number
from uku.kit.spreadsheets import BLANKS

Value = str | int
LONGEST_TERMS = 365  # days
_DAYS = re.compile(r"\D*?(\d{1,4})(?:[.,]0+)?\D*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# What a spreadsheet makes of digits that it takes for a number: 4,67012E+10 has lost some, 21134.0 has all.
_LOST_DIGITS = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
_DECIMALS = re.compile(r"(\d+)[.,]0")
_OF_DIGITS = frozenset({"organisation_number", "vat_number", "phone", "postcode"})
_BREAKS = re.compile(r"\s*[\r\n]+\s*")
_LANGUAGES = ("en", "sv", "fi")
_CURRENCIES = frozenset(list_currencies())
_OTHER_NAMES = {"sverige ab": "SE", "uk": "GB", "storbritannien": "GB", "usa": "US", "holland": "NL", "england": "GB"}
_CURRENCY_NAMES = {"kr": "SEK", "kronor": "SEK", "sek kr": "SEK", "€": "EUR", "euro": "EUR"}
_VAT_TYPES: Mapping[str, tuple[str, ...]] = {
    "domestic": ("VAT in Sweden", "SEVAT", "Moms i Sverige", "Inrikes", "Kotimaa"),
    "reverse_charge": ("Reverse charge in Sweden", "SEREVERSEDVAT", "Omvänd skattskyldighet", "Omvänd moms"),
    "eu_reverse_charge": (
        "Reverse charge within the EU",
        "EUREVERSEDVAT",
        "Omvänd skattskyldighet EU",
        "Omvänd moms EU",
    ),
    "eu_vat": ("VAT on sales within the EU", "EUVAT", "Moms inom EU"),
    "export": ("Export outside the EU", "EXPORT", "Utanför EU"),
}
_VAT_TYPE_OF = {word.casefold(): code for code, words in _VAT_TYPES.items() for word in (*words, code)}
_REASONS = {
    "email": RowReason.EMAIL,
    "country": RowReason.COUNTRY,
    "currency": RowReason.CURRENCY,
    "payment_days": RowReason.DAYS,
    "vat_type": RowReason.VAT_TYPE,
}


class WrongCell(Exception):
    """The cell holds no value for its field."""

    def __init__(self, reason: RowReason) -> None:
        self.reason = reason
        super().__init__(str(reason))


def parse_cell(field: str, text: str, *, country: str) -> Value:
    """Return a cell's value; "" for an empty one. `country` is the row's, as a code. Raises WrongCell."""
    between = ", " if field.startswith("address") else " "  # a cell may have lines, and a field has one
    text = _BREAKS.sub(between, text.strip(BLANKS)).replace("\t", " ")
    if field in _OF_DIGITS:
        if _LOST_DIGITS.fullmatch(text):
            raise WrongCell(RowReason.SPOILT)
        text = _DECIMALS.sub(r"\1", text) if _DECIMALS.fullmatch(text) else text
    if not text:
        return ""
    if len(text) > LONGEST.get(field, len(text)):
        raise WrongCell(RowReason.TOO_LONG)
    if _CONTROL.search(text):
        raise WrongCell(RowReason.UNPRINTABLE)
    if field == "organisation_number":
        return _parse_organisation_number(text, country)
    if field == "vat_number":
        return _parse_vat_number(text)
    if field not in _REASONS:
        return text
    value = _parse(field, text)
    if value is None:
        raise WrongCell(_REASONS[field])
    return value


def read_back(field: str, value: Value, *, country: str) -> Value:
    """Return what a file would give of a stored value, which may be older than our rules, or come from elsewhere."""
    told: Value = str(value)
    with suppress(WrongCell):
        told = parse_cell(field, _UNWRITABLE.sub("", str(value)), country=country)
    return writable(told) if isinstance(told, str) else told


def writable(text: str) -> str:
    """Return a text without the control characters that a workbook loses, and with single blanks."""
    return " ".join(_UNWRITABLE.sub("", text).split())


def _parse_organisation_number(text: str, country: str) -> str:
    """Another country's number that its rules do not know is taken as it stands."""
    if "*" in text:
        raise WrongCell(RowReason.NUMBER_MASKED)
    number = normalise_number(text, country)
    if number and not identity(number, country):
        raise WrongCell(RowReason.NUMBER_FILLER)
    if not number and country in OWN_COUNTRIES:
        raise WrongCell(RowReason.NUMBER)
    return number or text


def _parse_vat_number(text: str) -> str:
    if "*" in text:
        raise WrongCell(RowReason.NUMBER_MASKED)
    number = normalise_any_vat(text)
    if not number:
        raise WrongCell(RowReason.VAT)
    return number


def _parse(field: str, text: str) -> Value | None:
    """Return the value, or None where the text is none for its field."""
    if field == "email":
        valid, invalid = split_emails(text)
        return text if valid and not invalid else None
    if field == "country":
        return _countries().get(text.casefold())
    if field == "currency":
        code = _CURRENCY_NAMES.get(text.casefold().rstrip("."), text.upper())
        return code if code in _CURRENCIES else None
    if field == "vat_type":
        return _VAT_TYPE_OF.get(text.casefold())
    # `30`, `30 dagar`, `30 days net`; two numbers, as in `10 dagar 2 %`, are no plain term.
    found = _DAYS.fullmatch(text) if "-" not in text else None
    return int(found[1]) if found and int(found[1]) <= LONGEST_TERMS else None


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, str]:
    """Codes (ISO 3166) and names in three languages, all in lower case."""
    found = dict(_OTHER_NAMES)
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}:  # noqa: PLR2004
                found |= {code.casefold(): code, str(name).casefold(): code}
    return found
