"""Is this the same client? Pure, and able to say why."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from stdnum import luhn
from stdnum.fi import ytunnus

from uku.clients.names import for_matching

_SWEDISH_DIGITS = 10
_DIGITS_WITH_CENTURY = 12


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """What two records are compared by. Empty texts say nothing."""

    key: str
    name: str
    organisation_number: str = ""
    email: str = ""
    postcode: str = ""


class Strength(StrEnum):
    STRONG = "strong"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate, how sure we are, and the evidence in words."""

    key: str
    strength: Strength
    evidence: str


def normalise_number(number: str) -> str:
    """Return an organisation number as its digits, or "" when it is none.

    Swedish numbers become ten digits that pass the Luhn check, Finnish business ids become `FI` and
    eight digits that pass theirs (reliability L15, L17). A VAT number's prefix and suffix are taken off.
    """
    text = re.sub(r"[\s\-+‐‑–−]", "", number).upper()
    if text.startswith("SE") and len(text) == _SWEDISH_DIGITS + 4:
        text = text[2:-2]
    if len(text) == _DIGITS_WITH_CENTURY and text[:2] in {"16", "18", "19", "20"}:
        text = text[2:]
    if len(text) == _SWEDISH_DIGITS and text.isdigit():
        return text if luhn.is_valid(text) else ""
    text = text.removeprefix("FI")
    return f"FI{text}" if ytunnus.is_valid(text) else ""


def is_personal(number: str) -> bool:
    """Say whether a normalised number is a person's: its third digit is 0 or 1 (reliability S51)."""
    return len(number) == _SWEDISH_DIGITS and number.isdigit() and number[2] in "01"


class Index:
    """The known clients, looked up by number, by e-mail and by name. Built once for a whole import."""

    def __init__(self, clients: Iterable[ContactDetails]) -> None:
        self._by_number: dict[str, list[str]] = {}
        self._by_name: dict[str, list[ContactDetails]] = {}
        for client in clients:
            self.add(client)

    def add(self, client: ContactDetails) -> None:
        if number := normalise_number(client.organisation_number):
            self._by_number.setdefault(number, []).append(client.key)
        if name := for_matching(client.name):
            self._by_name.setdefault(name, []).append(client)

    def find(self, customer: ContactDetails) -> list[Match]:
        """Return the matches, strong ones only when there are any.

        The organisation number decides alone; else e-mail and name; else the name, alone or with the
        postcode, only suggests.
        """
        number = normalise_number(customer.organisation_number)
        if number and number in self._by_number:
            evidence = f"Same organisation number {shown(number)}"
            return [Match(key, Strength.STRONG, evidence) for key in self._by_number[number]]
        candidates = self._by_name.get(for_matching(customer.name), [])
        possible = [c for c in candidates if not _contradict(number, c)]
        strong = [c for c in possible if c.email and c.email.casefold() == customer.email.casefold()]
        if strong:
            return [Match(c.key, Strength.STRONG, f"Same name and e-mail {c.email}") for c in strong]
        return [Match(c.key, Strength.WEAK, _weak_evidence(customer, c)) for c in possible]


def _contradict(number: str, client: ContactDetails) -> bool:
    """Two different valid numbers are two clients, whatever their names."""
    other = normalise_number(client.organisation_number)
    return bool(number and other and number != other)


def _weak_evidence(customer: ContactDetails, client: ContactDetails) -> str:
    same_postcode = customer.postcode and customer.postcode.replace(" ", "") == client.postcode.replace(" ", "")
    return f"Same name and postcode {client.postcode}" if same_postcode else "Same name"


def masked(text: str) -> str:
    """Show any organisation number, right or wrong, with a person's last four digits masked."""
    if number := normalise_number(text):
        return shown(number)
    digits = re.sub(r"\D", "", text)[-_SWEDISH_DIGITS:]
    return f"{digits[:6]}-****" if is_personal(digits) else text


def shown(number: str) -> str:
    """Show a normalised number as people write it; a person's last four digits are masked."""
    if number.startswith("FI"):
        return f"{number[2:9]}-{number[9:]}"
    if is_personal(number):
        return f"{number[:6]}-****"
    return f"{number[:6]}-{number[6:]}" if number else ""
