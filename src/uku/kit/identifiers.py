"""Numbers that carry their own check: organisation, VAT and payment numbers; and postcodes. Pure; only it uses stdnum.

Vectors and sources: L15 (Swedish organisation numbers), L16 (VAT), L17 (Finnish business ids).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from stdnum import bic, get_cc_module, iban, luhn
from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus

_SWEDISH_DIGITS = 10
_DIGITS_WITH_CENTURY = 12
_BANKGIRO_DIGITS = (7, 8)
_PLUSGIRO_DIGITS = range(2, 9)
_SWEDISH_VAT = re.compile(r"(SE)?(?P<digits>[0-9]{10})(01)?")
_PERSONAL = re.compile(r"(\d{2})?\d{2}[01]\d{3}[-+]\d{4}")
_SEPARATORS = re.compile(r"[\s\-+‐‑–−]")
OWN_COUNTRIES = frozenset({"", "SE", "FI"})
"""Whose organisation numbers are checked; "": a country that is not stated."""
# What python-stdnum calls a country's numbers of companies, where that is not `vat`.
_OTHER_NAMES = {"EE": ("registrikood",), "FR": ("siren", "siret"), "NO": ("orgnr",), "PL": ("regon",)}
_ANY_VAT = re.compile(r"(?=.*[0-9]{2})[A-Z]{2,3}[0-9A-Z+*]{2,15}")


def normalise_number(number: str, country: str = "") -> str:
    """Return an organisation number as its digits, or "" when it is none.

    Swedish numbers become ten digits that pass the Luhn check, Finnish business ids become `FI` and
    eight digits that pass theirs (L15, L17). A VAT number's prefix and suffix are taken off. Where another country is
    stated, its own rules decide, and "" says only that we know none that the number passes.
    """
    if not number:
        return ""
    if country not in OWN_COUNTRIES:
        return next((digits for rule in _foreign_rules(country) if (digits := _checked(rule, number))), "")
    text = _SEPARATORS.sub("", number).upper()
    if text.startswith("SE") and len(text) == _SWEDISH_DIGITS + 4:
        text = text[2:-2]
    if len(text) == _DIGITS_WITH_CENTURY and text[:2] in {"16", "18", "19", "20"}:
        text = text[2:]
    if len(text) == _SWEDISH_DIGITS and text.isdigit():
        return text if luhn.is_valid(text) else ""
    text = text.removeprefix("FI")
    return f"FI{text}" if ytunnus.is_valid(text) else ""


@lru_cache
def _foreign_rules(country: str) -> list[Any]:
    names = ("vat", "businessid", *_OTHER_NAMES.get(country, ()))
    found = (get_cc_module(country.lower(), name) for name in names)
    return [rule for rule in found if rule is not None]


def _checked(rule: Any, number: str) -> str:
    try:
        return str(rule.validate(number))
    except ValidationError:
        return ""


def is_personal(number: str) -> bool:
    """Say whether a normalised number is a person's: its third digit is 0 or 1 (S51)."""
    return len(number) == _SWEDISH_DIGITS and number.isdigit() and number[2] in "01"


def masked(text: str, *, person: bool = False, country: str = "") -> str:
    """Show any organisation number, right or wrong, with a person's last four digits masked.

    Ten digits or twelve, coordination numbers too, and nine where a spreadsheet has lost a zero in front. `person`: it
    is a private person's, whatever it looks like (B41). Another country's number is shown as it is written, unless
    somebody wrote a Swedish personal number there, with its hyphen.
    """
    if country not in OWN_COUNTRIES and not _PERSONAL.fullmatch(text.strip()):
        return _without_end(text) if person else text
    number = normalise_number(text)
    if number and not person:
        return shown(number)
    digits = re.sub(r"\D", "", number or text)
    if text.strip().upper().startswith("SE") and len(digits) == _DIGITS_WITH_CENTURY:
        digits = digits[:_SWEDISH_DIGITS]  # a VAT number that normalises to none: SE, ten digits, 01
    digits = digits[-_SWEDISH_DIGITS:]
    if is_personal(digits) or is_personal(f"0{digits}") or (person and len(digits) == _SWEDISH_DIGITS):
        return f"{digits[:-4]}-****"
    return _without_end(text) if person else text


def masked_vat(text: str, *, person: bool = False, country: str = "") -> str:
    """Show a VAT number as it is written; one that is made of a personal number is masked (S52)."""
    found = _SWEDISH_VAT.fullmatch(_SEPARATORS.sub("", text).upper())
    if found and (found[1] or country in OWN_COUNTRIES) and is_personal(found["digits"]):
        return f"SE{found['digits'][:6]}****"
    return _without_end(text) if person else text


def _without_end(text: str) -> str:
    """Mask the last four signs, which tell one person from another."""
    return f"{text[:-4]}****" if text else ""


def shown(number: str) -> str:
    """Show a normalised number as people write it; a person's last four digits are masked."""
    if number.startswith("FI"):
        return f"{number[2:9]}-{number[9:]}"
    if is_personal(number):
        return f"{number[:6]}-****"
    return f"{number[:6]}-{number[6:]}" if number.isdigit() else number


def postcode_digits(text: str) -> str:
    """Return a postcode without spaces and without the country before it, `SE-211 34` as 21134."""
    return re.sub(r"^(SE|S|FI|FIN)(?=\d)", "", re.sub(r"[\s\-]", "", text).upper())


def luhn_digit(digits: str) -> str:
    """Return the check digit that makes these digits pass the Luhn check."""
    return str(luhn.calc_check_digit(digits))


def normalise_vat(number: str) -> str:
    """Return a Swedish or Finnish VAT number without spaces, or "" when it is none (L16, L17).

    The Swedish one is SE, the ten digits of the organisation number, and 01.
    """
    text = _SEPARATORS.sub("", number).upper()
    if text.startswith("SE") and text.endswith("01") and len(text) == _SWEDISH_DIGITS + 4:
        digits = text[2:-2]
        return text if digits.isdigit() and luhn.is_valid(digits) else ""
    if text.startswith("FI") and ytunnus.is_valid(text[2:]):
        return text
    return ""


def normalise_any_vat(number: str) -> str:
    """Return a VAT number of any country in capitals without separators, or "" when it is none.

    A Swedish or Finnish one is checked; of others only the form, since a register has more than its rule tells.
    """
    text = re.sub(r"[.,/]", "", _SEPARATORS.sub("", number)).upper()
    if text[:2] in {"SE", "FI"}:
        return normalise_vat(text)
    return text if _ANY_VAT.fullmatch(text) else ""


def normalise_bankgiro(number: str) -> str:
    """Return a bankgiro number as it is printed, `5050-1055` or `991-2346`, or "" when its check digit is wrong."""
    digits = _SEPARATORS.sub("", number)
    if not (digits.isascii() and digits.isdigit() and len(digits) in _BANKGIRO_DIGITS and luhn.is_valid(digits)):
        return ""
    return f"{digits[:-4]}-{digits[-4:]}"


def normalise_plusgiro(number: str) -> str:
    """Return a plusgiro number as it is printed, `28 65 43-4`, or "" when its check digit is wrong."""
    digits = _SEPARATORS.sub("", number)
    if not (digits.isascii() and digits.isdigit() and len(digits) in _PLUSGIRO_DIGITS and luhn.is_valid(digits)):
        return ""
    body = digits[:-1]
    odd = len(body) % 2
    pairs = [body[:odd]] if odd else []
    pairs += [body[start : start + 2] for start in range(odd, len(body), 2)]
    return f"{' '.join(pairs)}-{digits[-1]}"


def normalise_iban(number: str) -> str:
    """Return an IBAN without spaces, or "" when its length or check digits are wrong (ISO 13616)."""
    text = re.sub(r"[\s-]", "", number).upper()
    return text if iban.is_valid(text) else ""


def normalise_bic(code: str) -> str:
    """Return a BIC of 8 or 11 characters, or "" when it is none (ISO 9362)."""
    text = re.sub(r"\s", "", code).upper()
    return text if bic.is_valid(text) else ""
