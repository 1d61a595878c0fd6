"""Which VAT rate is proposed for a row. 0 % is proposed only where the law asks for it for certain. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from uku.kit.identifiers import normalise_any_vat
from uku.kit.money import ZERO

EU: Final = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "GR", "HR"),
        *("HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)
"""The countries of the Union, and Greece by the prefix of its VAT numbers, too."""
REVERSE_CHARGE: Final = frozenset({"reverse_charge", "eu_reverse_charge"})
WITHOUT_VAT: Final = REVERSE_CHARGE | {"export"}


@dataclass(frozen=True, slots=True)
class TaxedBuyer:
    """Of a client what decides its VAT; `vat_type` is one of `uku.clients.models.VatType`, "" where none is known."""

    vat_type: str
    country: str
    vat_number: str
    seller_country: str

    @property
    def is_zero_rated(self) -> bool:
        """Say whether sales are for certain without VAT.

        So is reverse charge within the Union to a buyer with a valid VAT number of another country, and what leaves
        it. Reverse charge within Sweden is for construction services alone (ML 16:13), which a person must say.
        """
        if self.vat_type == "eu_reverse_charge":
            prefix = normalise_any_vat(self.vat_number)[:2]
            return prefix in EU and prefix != self.seller_country
        return self.vat_type == "export" and self.country not in EU


def buyer_owes_vat(vat_type: str, rates: Iterable[Decimal]) -> bool:
    """Say whether the buyer owes the VAT of a row: such an invoice carries the buyer's VAT number (L09)."""
    return vat_type in REVERSE_CHARGE and ZERO in rates


def proposed_rate(own: Decimal, buyer: TaxedBuyer) -> Decimal | None:
    """Return the rate of a product whose `own` rate this is, for a buyer; None where a person must say it."""
    if buyer.is_zero_rated:
        return ZERO
    return None if buyer.vat_type == "reverse_charge" else own


def repeated_rate(before: Decimal, own: Decimal | None, buyer: TaxedBuyer) -> Decimal | None:
    """Return the rate of a row that is made again; `own` is its product's, None where it has none.

    It stays as it was, but for a 0 % that would not be proposed now.
    """
    if before or buyer.is_zero_rated:
        return before
    if own is None:
        return None if buyer.vat_type in WITHOUT_VAT else before
    return proposed_rate(own, buyer)
