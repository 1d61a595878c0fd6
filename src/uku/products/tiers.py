"""What a number of pieces costs where the price depends on how many there are. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from uku.kit.money import ZERO


@dataclass(frozen=True, slots=True)
class Tier:
    """`first` is the first piece that costs `price`, from 1."""

    first: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """So many pieces at one price; less than none takes pieces back."""

    quantity: Decimal
    price: Decimal


def price_pieces(quantity: Decimal, tiers: Sequence[Tier], *, all_at_last: bool) -> list[Part]:
    """Return what pieces cost: each at its own tier, or all at the last one that they reach.

    `tiers` are in order, and the first begins with piece 1. Part of a piece costs what the whole one does, by its
    part: of 20.5 pieces, half a piece is at the tier from 21.
    """
    reached = [tier for tier in tiers if quantity > tier.first - 1]
    if not reached:
        return []
    if all_at_last:
        return [Part(quantity, reached[-1].price)]
    ends = [Decimal(tier.first - 1) for tier in reached[1:]] + [quantity]
    return [Part(end - (tier.first - 1), tier.price) for tier, end in zip(reached, ends, strict=True)]


def difference(billed: Sequence[Part], counted: Sequence[Part]) -> list[Part]:
    """Return what is to be billed beside what was billed, so that together they are what was counted."""
    quantities: dict[Decimal, Decimal] = {}
    for sign, parts in ((-1, billed), (1, counted)):
        for part in parts:
            quantities[part.price] = quantities.get(part.price, ZERO) + sign * part.quantity
    return [Part(quantity, price) for price, quantity in quantities.items() if quantity]
