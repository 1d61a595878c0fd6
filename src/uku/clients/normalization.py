"""Contact details brought into the one form in which two records can be compared. Pure.

Swedish and Finnish ways of writing: legal forms, `&`, postcodes of five digits, numbers with 0 or +46 and +358.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from uku.clients import names
from uku.kit.identifiers import OWN_COUNTRIES, is_personal, normalise_any_vat, normalise_number, postcode_digits

_EMAIL = re.compile(r"[^@<>()\[\]\\,;:\s\"]+@[^@<>()\[\]\\,;:\s\"]+\.[^@<>()\[\]\\,;:\s\".]+")
_SEVERAL_PHONES = re.compile(r"[,;/|]|\beller\b|\boch\b|\btai\b")
_ONE_PHONE = re.compile(r"[\d\s+().‐‑–−-]+")
_NO_SEPARATOR = re.compile(r"\(0\)|[^\d+]")
_COUNTRY_CODES = {"SE": "+46", "FI": "+358"}
_SHORTEST_PHONE = 8  # with the country's code, so that an extension alone is none
_MOST_WORDS_OF_A_PERSON = 4
_TYPED_TO_FILL_A_FIELD = frozenset({"1212121212", "1234567897"})


@dataclass(frozen=True, slots=True)
class NormalizedDetails:
    """A record's contact details, comparable. Empty texts and sets say nothing."""

    key: str
    number: str
    from_vat: bool
    name: str
    words: str  # a person's name with its words in order of the alphabet; "" for a company
    forms: frozenset[str]
    emails: frozenset[str]
    phones: frozenset[str]
    postcode: str


def normalize_details(
    *, key: str, name: str, number: str, vat: str, email: str, phone: str, postcode: str, country: str
) -> NormalizedDetails:
    """Normalize a record. An organisation number that is missing or wrong is taken from the VAT number."""
    own, derived = identity(number, country), identity(vat)
    may_be_a_person = not (own or derived) or (country in OWN_COUNTRIES and is_personal(own or derived))
    bare, forms = names.for_matching(name), names.legal_forms(name)
    words = bare.split()
    names_a_person = may_be_a_person and not forms and 1 < len(words) <= _MOST_WORDS_OF_A_PERSON
    return NormalizedDetails(
        key=key,
        number=own or derived,
        from_vat=bool(derived and not own),
        name=bare,
        words=" ".join(sorted(words)) if names_a_person else "",
        forms=forms,
        emails=frozenset(split_emails(email)[0]),
        phones=frozenset(split_phones(phone, country)),
        postcode=postcode_digits(postcode),
    )


def identity(number: str, country: str = "") -> str:
    """Return the normalised number, or "" for none, also when it passes its check but was typed to fill a field.

    0000000000, 5555555555 and 9999999999 all pass the Luhn check; they would make one client of many. What reads as
    Swedish or Finnish is one, since a list may not tell the country; another country's number begins with its code.
    """
    normal = normalise_number(number)
    if not normal and (foreign := normalise_number(number, country)):
        normal = f"{country}{foreign}"
    digits = normal.removeprefix("FI")
    return "" if len(set(digits)) <= 1 or digits in _TYPED_TO_FILL_A_FIELD else normal


def split_emails(text: str) -> tuple[list[str], list[str]]:
    """Return the addresses in a field, in lower case, and the parts that are none (B43).

    An address may stand in brackets behind a name: then only what holds an @ counts.
    """
    valid: list[str] = []
    invalid: list[str] = []
    for words in map(str.split, re.split(r"[;,\n]", text)):
        for part in [word for word in words if "@" in word] or words:
            bare = part.strip("<>\"'().").casefold().removeprefix("mailto:").partition("?")[0]
            (valid if _EMAIL.fullmatch(bare) else invalid).append(bare)
    return list(dict.fromkeys(valid)), [part for part in dict.fromkeys(invalid) if part]


def split_phones(text: str, country: str = "") -> list[str]:
    """Return the numbers in a field as +46 or +358 and so on. Without a country a leading 0 is Swedish."""
    found = []
    for part in _SEVERAL_PHONES.split(text.casefold()):
        digits = _NO_SEPARATOR.sub("", part)
        if digits.startswith("00"):
            digits = "+" + digits[2:]
        elif digits.startswith("0"):
            digits = _COUNTRY_CODES.get(country.upper(), "+46") + digits[1:]
        if digits.startswith("+") and digits[1:].isascii() and len(digits) >= _SHORTEST_PHONE:
            found.append(digits)
    return list(dict.fromkeys(found))


def comparable(field: str, value: Any, country: str = "") -> Any:
    """Return a client's value in the form in which all ways of writing it are one. `country` is the client's."""
    if not isinstance(value, str):
        return value
    if field == "vat_number":
        return normalise_number(value) or normalise_any_vat(value) or _plain(value)
    if field == "organisation_number":
        return normalise_number(value, country) or _plain(value)
    if field == "email":
        return value.casefold()
    if field == "phone" and _ONE_PHONE.fullmatch(value):
        return "".join(split_phones(value, country)) or _NO_SEPARATOR.sub("", value)
    return postcode_digits(value) if field == "postcode" else value


def _plain(number: str) -> str:
    return re.sub(r"[\s-]", "", number).upper()
