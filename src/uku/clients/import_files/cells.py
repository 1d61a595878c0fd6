"""A cell's text as the value of a field, or what is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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
# What Excel shows of a formula that failed, in English, Swedish and Finnish.
_ERROR_VALUE = re.compile(
    r"#(N/A|(NAME|NAMN|NIMI)\?|(REF|VALUE|DIV/0|NUM|NULL|SPILL|CALC|SAKNAS|REFERENS|VÄRDEFEL|DIVISION/0|OGILTIGT"
    r"|SKÄRNING|PUUTTUU|VIITTAUS|ARVO|JAKO/0|LUKU|TYHJÄ)!)"
)
# What a spreadsheet makes of digits that it takes for a number: 4,67012E+10 has lost some, 21134.0 has all.
_LOST_DIGITS = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
_DECIMALS = re.compile(r"^(\d+)[.,]0$")
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


class WrongCell(Exception):
    """The cell holds no value for its field."""

    def __init__(self, reason: RowReason) -> None:
        self.reason = reason
        super().__init__(str(reason))


def parse_cell(field: str, text: str, *, country: str) -> Value:
    """Return a cell's value; "" for an empty one. `country` is the row's, as a code. Raises WrongCell."""
    between = ", " if field.startswith("address") else " "  # a cell may have lines, and a field has one
    text = _BREAKS.sub(between, text.strip(BLANKS)).replace("\t", " ")
    if not text:
        if field == "name":
            raise WrongCell(RowReason.NO_NAME)
        return ""
    if field in _OF_DIGITS:
        if _LOST_DIGITS.fullmatch(text):
            raise WrongCell(RowReason.SPOILT)
        text = _DECIMALS.sub(r"\1", text)
    if len(text) > LONGEST.get(field, len(text)):
        raise WrongCell(RowReason.TOO_LONG)
    if _CONTROL.search(text):
        raise WrongCell(RowReason.UNPRINTABLE)
    if _ERROR_VALUE.fullmatch(text):
        raise WrongCell(RowReason.ERROR_VALUE)
    if field not in _PARSERS:
        return text
    parse, reason = _PARSERS[field]
    value = parse(text, country)
    if value is None:
        raise WrongCell(reason)
    return value


def read_back(field: str, value: Value, *, country: str) -> Value:
    """Return what a file would give of a stored value, which may be older than our rules, or come from elsewhere."""
    told: Value = _UNWRITABLE.sub("", str(value))  # which a workbook loses
    with suppress(WrongCell):
        told = parse_cell(field, str(told), country=country)
    return " ".join(told.split()) if isinstance(told, str) else told


def _organisation_number(text: str, country: str) -> str | None:
    """Another country's number that its rules do not know is taken as it stands."""
    _refuse_masked(text)
    number = normalise_number(text, country)
    if number and not identity(number, country):
        raise WrongCell(RowReason.NUMBER_FILLER)
    return number or (text if country not in OWN_COUNTRIES else None)


def _vat_number(text: str, _country: str) -> str | None:
    _refuse_masked(text)
    return normalise_any_vat(text) or None


def _refuse_masked(text: str) -> None:
    if "*" in text:
        raise WrongCell(RowReason.NUMBER_MASKED)


def _email(text: str, _country: str) -> str | None:
    valid, invalid = split_emails(text)
    return text if valid and not invalid else None


def _currency(text: str, _country: str) -> str | None:
    code = _CURRENCY_NAMES.get(text.casefold().rstrip("."), text.upper())
    return code if code in _CURRENCIES else None


def _days(text: str, _country: str) -> int | None:
    """`30`, `30 dagar`, `30 days net`; two numbers, as in `10 dagar 2 %`, are no plain term."""
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


_PARSERS: Mapping[str, tuple[Callable[[str, str], Value | None], RowReason]] = {
    "organisation_number": (_organisation_number, RowReason.NUMBER),
    "vat_number": (_vat_number, RowReason.VAT),
    "email": (_email, RowReason.EMAIL),
    "country": (lambda text, _country: _countries().get(text.casefold()), RowReason.COUNTRY),
    "currency": (_currency, RowReason.CURRENCY),
    "payment_days": (_days, RowReason.DAYS),
    "vat_type": (lambda text, _country: _VAT_TYPE_OF.get(text.casefold()), RowReason.VAT_TYPE),
}
