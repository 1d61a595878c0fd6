"""The fields of a client in a file: which headings name them, in three languages, and what their cells hold. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache

from babel import Locale
from babel.numbers import list_currencies

from uku.clients.import_files.errors import NO_RESULT, RowReason
from uku.clients.names import for_search
from uku.clients.normalization import identity, split_emails
from uku.kit.identifiers import OWN_COUNTRIES, normalise_any_vat, normalise_number
from uku.kit.spreadsheets import BLANKS

# The fields in the order of an export. The first heading is the one that an export writes.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "name": (
        "Name", "Client", "Client name", "Customer", "Customer name", "Company", "Company name", "Namn", "Kund",
        "Kundnamn", "Företag", "Företagsnamn", "Firma", "Firmanamn", "Bolag", "Bolagsnamn", "Nimi", "Asiakas",
        "Asiakkaan nimi", "Yritys", "Yrityksen nimi",
    ),
    "organisation_number": (
        "Organisation number", "Company number", "Registration number", "Register code", "Business ID", "FO-nummer",
        "Y-tunnus", "CVR", "CVR-nr", "Registrikood", "SSN",
    ),
    "vat_number": (
        "VAT number", "VAT no", "VAT registration number", "VAT ID", "VAT", "Momsregistreringsnummer", "Momsreg nr",
        "Momsnummer", "Momsnr", "VAT-nummer", "VAT-nr", "ALV-numero", "ALV-tunnus",
    ),
    "email": (
        "E-mail", "E-mail address", "Mail", "E-post", "E-postadress", "Mejl", "Mailadress", "Sähköposti",
        "Sähköpostiosoite",
    ),
    "phone": (
        "Phone", "Phone number", "Telephone", "Mobile", "Telefon", "Telefonnummer", "Telefonnr", "Tel", "Tfn", "Mobil",
        "Mobiltelefon", "Mobilnummer", "Puhelin", "Puhelinnumero", "Puh", "Matkapuhelin",
    ),
    "address1": (
        "Address", "Address 1", "Address line 1", "Street", "Street address", "Adress", "Adress 1", "Adressrad 1",
        "Gatuadress", "Gata", "Postadress", "Utdelningsadress", "Osoite", "Katuosoite", "Lähiosoite", "Postiosoite",
    ),
    "address2": (
        "Address, second line", "Address 2", "Address line 2", "Adress 2", "Adressrad 2", "c/o", "Osoite 2",
        "Osoiterivi 2",
    ),
    "postcode": ("Postcode", "Postal code", "Zip", "Zip code", "Postnummer", "Postnr", "Postinumero"),
    "city": ("City", "Town", "Ort", "Postort", "Stad", "Paikkakunta", "Kaupunki", "Postitoimipaikka"),
    "country": ("Country", "Country code", "Land", "Landskod", "Landkod", "Maa", "Maakoodi"),
    "currency": ("Currency", "Currency code", "Valuta", "Valutakod", "Valuutta"),
    "payment_days": (
        "Terms of payment, days", "Terms of payment", "Payment terms", "Payment days", "Days to pay",
        "Betalningsvillkor", "Betalningsvillkor dagar", "Betalvillkor", "Betalningsdagar", "Kredittid", "Maksuehto",
        "Maksuaika",
    ),
    "vat_type": ("VAT type", "Momstyp", "Typ av moms", "ALV-tyyppi"),
}  # fmt: skip
FIELDS = tuple(HEADINGS)
# As long as the fields are in the table of clients.
LONGEST: Mapping[str, int] = {
    **dict.fromkeys(("name", "email", "phone", "address1", "address2", "city"), 1024),
    "organisation_number": 20,
    "vat_number": 30,
    "postcode": 20,
}


def _folded(heading: str) -> str:
    """Letters and digits alone, in one word: `Org.nr:` and `orgnr` are the same, `E-post*` and `epost` too."""
    return re.sub(r"[^a-z0-9]", "", for_search(heading))


_FIELD_OF = {_folded(heading): field for field, known in HEADINGS.items() for heading in known}
_LONGEST_HEADING = 50
# The ways to say organisation or personal number are too many to list: Org.nr/Pers.nr, CompanyGovNo.
_OF_WHOM = r"organi[sz]ations?|org|personal|persons?|pers|corporate|companygov|corp"
_NUMBER = re.compile(
    rf"({_OF_WHOM}|identity|id|nr|no|nummer|number|och|or|and|eller)*({_OF_WHOM})(identity|id|reg)*(nr|no|nummer|number|id)"
)


def field_of(heading: str) -> str:
    """Return the field that a heading names, "" for none."""
    folded = _folded(heading)
    is_number = len(folded) <= _LONGEST_HEADING and _NUMBER.fullmatch(folded)
    return _FIELD_OF.get(folded) or ("organisation_number" if is_number else "")


def recognise(headings: Sequence[str]) -> list[str]:
    """Return the field that each column fills, "" for none.

    Where two columns would fill one field neither does: which one is meant is for a person to say.
    """
    found = [field_of(heading) for heading in headings]
    return [field if found.count(field) == 1 else "" for field in found]


def find_heading(rows: Sequence[Sequence[str]]) -> int:
    """Return the place of the row that names the columns: with the most headings that we know, the first of several.

    Where none knows any it is the first row that is not a title: that fills half as many cells as the fullest one.
    """
    known = [len(set(map(field_of, row)) - {""}) for row in rows]
    if any(known):
        return known.index(max(known))
    filled = [sum(map(bool, row)) for row in rows]
    return next(place for place, cells in enumerate(filled) if 2 * cells >= max(filled))


def is_mapping(columns: Sequence[str], width: int) -> bool:
    """Say whether this maps a file of so many columns: known fields, each at most once."""
    chosen = [field for field in columns if field]
    return len(columns) == width and len(chosen) == len(set(chosen)) and set(chosen) <= set(FIELDS)


Value = str | int
LONGEST_TERMS = 365  # days
_DAYS = re.compile(r"\D*?(\d{1,4})(?:[.,]0+)?\D*")
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# What Excel shows of a formula that failed, in English, Swedish and Finnish.
_ERROR_VALUE = re.compile(
    r"#(N/A|(NAME|NAMN|NIMI)\?|(REF|VALUE|DIV/0|NUM|NULL|SPILL|CALC|SAKNAS|REFERENS|VÄRDEFEL|DIVISION/0|OGILTIGT"
    r"|SKÄRNING|PUUTTUU|VIITTAUS|ARVO|JAKO/0|LUKU|TYHJÄ)!)"
)
# What a spreadsheet makes of digits that it takes for a number: 4,67012E+10 has lost some, 21134.0 has all.
_LOST_DIGITS = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
_DECIMALS = re.compile(r"^(\d+)[.,]0$")
_NUMBERS = frozenset({"organisation_number", "vat_number"})
_OF_DIGITS = _NUMBERS | {"phone", "postcode"}
_BREAKS = re.compile(r"\s*[\r\n]+\s*")
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
    wrong = (
        (field in _OF_DIGITS and _LOST_DIGITS.fullmatch(text), RowReason.SPOILT),
        (field in _NUMBERS and "*" in text, RowReason.NUMBER_MASKED),
        (len(text) > LONGEST.get(field, len(text)), RowReason.TOO_LONG),
        (_UNWRITABLE.search(text), RowReason.UNPRINTABLE),
        (text == NO_RESULT, RowReason.FORMULA),
        (_ERROR_VALUE.fullmatch(text), RowReason.ERROR_VALUE),
    )
    for is_wrong, reason in wrong:
        if is_wrong:
            raise WrongCell(reason)
    if field in _OF_DIGITS:
        text = _DECIMALS.sub(r"\1", text)
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
    number = normalise_number(text, country)
    if number and not identity(number, country):
        raise WrongCell(RowReason.NUMBER_FILLER)
    return number or (text if country not in OWN_COUNTRIES else None)


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
    for language in ("en", "sv", "fi"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}:  # noqa: PLR2004
                found |= {code.casefold(): code, str(name).casefold(): code}
    return found


_PARSERS: Mapping[str, tuple[Callable[[str, str], Value | None], RowReason]] = {
    "organisation_number": (_organisation_number, RowReason.NUMBER),
    "vat_number": (lambda text, _country: normalise_any_vat(text) or None, RowReason.VAT),
    "email": (_email, RowReason.EMAIL),
    "country": (lambda text, _country: _countries().get(text.casefold()), RowReason.COUNTRY),
    "currency": (_currency, RowReason.CURRENCY),
    "payment_days": (_days, RowReason.DAYS),
    "vat_type": (lambda text, _country: _VAT_TYPE_OF.get(text.casefold()), RowReason.VAT_TYPE),
}
