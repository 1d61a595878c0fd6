"""What the facts of a company may be: one rule a field, for people and for an accounting system's proposals."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.utils.translation import gettext as _

from uku.kit import identifiers

CURRENCIES = ("SEK", "EUR")
COUNTRIES = ("SE", "FI", "NO", "DK", "EE", "LV", "LT", "DE", "GB", "US")
ZONES = ("UTC", *sorted(zone for zone in available_timezones() if zone.startswith("Europe/")))
LONGEST_TERMS = 365  # days
LONGEST = {
    "name": 200,
    "registered_office": 100,
    "organisation_number": 20,
    "vat_number": 20,
    "address": 200,
    "postcode": 20,
    "city": 100,
}
# In the order of the card.
FACTS = (
    "name",
    "registered_office",
    "organisation_number",
    "vat_number",
    "f_tax",
    "address",
    "postcode",
    "city",
    "bankgiro",
    "plusgiro",
    "iban",
    "bic",
    "payment_days",
    "country",
    "time_zone",
    "language",
    "currency",
)
DEFAULTED = frozenset({"country", "time_zone", "language", "currency"})
"""Facts that every workspace begins with: they state nothing until somebody has chosen them."""
PERSON = "person"
"""The origin of a fact that a person typed, chose or saw when saving the card."""
# Characters that make a text look like another one (B18).
_HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp"})


class InvalidFact(ValueError):
    """A value cannot stand on the card. `sentence` says what can."""

    def __init__(self, name: str, sentence: str) -> None:
        self.name, self.sentence = name, sentence
        super().__init__(f"{name}: {sentence}")


def clean_facts(facts: Mapping[str, Any], *, country: str) -> dict[str, Any]:
    """Return the facts as they are stored. `country` is the company's. Raises InvalidFact for the first that cannot."""
    return {name: clean_fact(name, value, country=country) for name, value in facts.items()}


def clean_fact(name: str, value: Any, *, country: str) -> Any:
    """Return one fact as it is stored, normalised. Raises InvalidFact."""
    if name not in FACTS:
        raise InvalidFact(name, _("The company details have no such field."))
    if name == "f_tax":
        return _f_tax(value)
    if name == "payment_days":
        return _payment_days(value)
    text = _plain(str(value))
    if name in LONGEST and len(text) > LONGEST[name]:
        raise InvalidFact(name, _("Write %(most)d characters at the most.") % {"most": LONGEST[name]})
    if name in _CHOICES:
        return _chosen(name, text)
    if name == "name" and not text:
        raise InvalidFact(name, _("Write the company's name."))
    if not text or name not in _NORMALISED:
        return text
    if name in {"organisation_number", "vat_number"} and country not in {"SE", "FI"}:
        return text  # another country's number is kept as it is written, unverified
    return _NORMALISED[name](text) or _refuse(name)


def is_empty(value: Any) -> bool:
    """Say whether a value states nothing; that a company is not approved for F-tax is a statement."""
    return value is None or value == ""


def _f_tax(value: Any) -> bool | None:
    """Approved, not approved, or None: not stated."""
    known = {"true": True, "1": True, "on": True, "false": False, "0": False, "": None, "none": None}
    text = str(value).lower()
    if text not in known:
        raise InvalidFact("f_tax", _("Choose approved, not approved, or not stated."))
    return known[text]


def _payment_days(value: Any) -> int | None:
    """Days, or None: not stated."""
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    if not (
        text.isascii() and text.isdecimal() and len(text) <= len(str(LONGEST_TERMS)) and int(text) <= LONGEST_TERMS
    ):
        words = _("Write the number of days, from 0 to %(most)d.")
        raise InvalidFact("payment_days", words % {"most": LONGEST_TERMS})
    return int(text)


def _plain(text: str) -> str:
    shown = "".join(" " if c in "\r\n\t" else c for c in unicodedata.normalize("NFC", text))
    return " ".join("".join(c for c in shown if unicodedata.category(c) not in _HIDDEN).split())


def _chosen(name: str, text: str) -> str:
    known = _CHOICES[name]()
    if text not in known:
        words = {"value": text[:50], "known": ", ".join(known)}
        raise InvalidFact(name, _("“%(value)s” is not one of these: %(known)s.") % words)
    return text


_CHOICES: dict[str, Callable[[], tuple[str, ...]]] = {
    "country": lambda: COUNTRIES,
    "time_zone": lambda: ZONES,
    "language": lambda: tuple(code for code, _name in settings.LANGUAGES),
    "currency": lambda: CURRENCIES,
}
_NORMALISED: dict[str, Callable[[str], str]] = {
    "organisation_number": identifiers.normalise_number,
    "vat_number": identifiers.normalise_vat,
    "bankgiro": identifiers.normalise_bankgiro,
    "plusgiro": identifiers.normalise_plusgiro,
    "iban": identifiers.normalise_iban,
    "bic": identifiers.normalise_bic,
}


def _refuse(name: str) -> str:
    raise InvalidFact(
        name,
        {
            "organisation_number": _(
                "The check digit of this number is wrong. Swedish numbers look like 556000-4615, Finnish"
                " like 0112038-9."
            ),
            "vat_number": _(
                "This is not a VAT number. Swedish ones look like SE556000461501, Finnish like FI01120389."
            ),
            "bankgiro": _(
                "This is not a bankgiro number. It looks like 5050-1055, and the last digit is a check digit."
            ),
            "plusgiro": _(
                "This is not a plusgiro number. It looks like 28 65 43-4, and the last digit is a check digit."
            ),
            "iban": _("This is not an IBAN: its length or its check digits are wrong. Copy it from your bank."),
            "bic": _("This is not a BIC. A BIC has 8 or 11 characters, such as ESSESESS."),
        }[name],
    )
