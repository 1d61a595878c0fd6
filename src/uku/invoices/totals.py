"""Sums, VAT and rounding of an invoice. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from uku.kit.money import ZERO, to_krona, to_ore


@dataclass(frozen=True, slots=True)
class Line:
    """What is sold: the price is for one unit without VAT; rate and discount are in per cent."""

    quantity: Decimal
    price: Decimal
    vat_rate: Decimal
    discount: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return to_ore(self.quantity * self.price * (100 - self.discount) / 100)


@dataclass(frozen=True, slots=True)
class VatLine:
    rate: Decimal
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """All amounts in the invoice's currency, to the öre or cent."""

    net: Decimal
    vat: Decimal
    rounding: Decimal
    total: Decimal
    by_rate: tuple[VatLine, ...] = ()

    def differs_from(self, other: Totals) -> list[str]:
        """Name the amounts that are not the same to the öre."""
        names = ("net", "vat", "rounding", "total")
        return [name for name in names if getattr(self, name) != getattr(other, name)]


def add_up(lines: Iterable[Line], *, whole_kronor: bool) -> Totals:
    """Add up an invoice: VAT per rate on the sum of its rows, half up (L03 to L06)."""
    sums: dict[Decimal, Decimal] = {}
    for line in lines:
        sums[line.vat_rate] = sums.get(line.vat_rate, ZERO) + line.net
    by_rate = tuple(VatLine(rate, net, to_ore(net * rate / 100)) for rate, net in sorted(sums.items()))
    net = sum((part.net for part in by_rate), ZERO)
    vat = sum((part.vat for part in by_rate), ZERO)
    exact = net + vat
    total = to_krona(exact) if whole_kronor else exact
    return Totals(net=net, vat=vat, rounding=total - exact, total=total, by_rate=by_rate)
