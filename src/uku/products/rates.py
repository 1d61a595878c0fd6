"""The VAT rates that a product can have, and where each is known from. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

# Sweden: mervärdesskattelagen (2023:200) 9 kap. Finland: arvonlisäverolaki 84 to 85 a §, with the reduced rate of
# before and of after 1 January 2026.
STATUTORY = {
    "SE": (Decimal(25), Decimal(12), Decimal(6), Decimal(0)),
    "FI": (Decimal("25.5"), Decimal(14), Decimal("13.5"), Decimal(10), Decimal(0)),
}


@dataclass(frozen=True, slots=True)
class KnownRate:
    """A rate in per cent, and in words where it is known from."""

    rate: Decimal
    source: str


def statutory(country: str) -> tuple[Decimal, ...]:
    """Return the rates of a country's law, highest first; Sweden's for countries that we have none of."""
    return STATUTORY.get(country, STATUTORY["SE"])
