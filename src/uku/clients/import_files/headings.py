"""Which column fills which field, by its heading in English, Swedish or Finnish. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from uku.clients.names import for_search

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


def claimed_twice(headings: Sequence[str]) -> dict[str, list[int]]:
    """Return the fields that several headings name, with the places of their columns."""
    found = [field_of(heading) for heading in headings]
    twice = {field for field in found if field and found.count(field) > 1}
    return {field: [place for place, other in enumerate(found) if other == field] for field in FIELDS if field in twice}


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
