"""Amounts: rounded once, on purpose, half up; shown by locale. Pure."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

ORE = Decimal("0.01")
ZERO = Decimal("0.00")
_BABEL = {"en": "en_GB", "sv": "sv_SE", "fi": "fi_FI", "et": "et_EE"}


def to_ore(amount: Decimal) -> Decimal:
    """Round to two decimals, half away from zero (Skatteverket: third decimal 5 or more upwards)."""
    return amount.quantize(ORE, rounding=ROUND_HALF_UP) + 0  # a zero has no sign


def to_krona(amount: Decimal) -> Decimal:
    """Round to whole kronor, 50 öre upwards (SFS 1970:1029), kept with two decimals."""
    return amount.quantize(Decimal(1), rounding=ROUND_HALF_UP).quantize(ORE)


def show_money(amount: Decimal, currency: str, language: str = "en") -> str:
    """Show an amount with its currency. Babel rounds half to even by itself, so we round first."""
    return str(format_currency(to_ore(amount), currency, "#,##0.00 ¤¤", locale=_BABEL.get(language, "en_GB")))


def show_amount(amount: Decimal, language: str = "en") -> str:
    return str(format_decimal(to_ore(amount), "#,##0.00", locale=_BABEL.get(language, "en_GB")))


def show_quantity(quantity: Decimal, language: str = "en") -> str:
    return str(format_decimal(quantity.normalize(), "#,##0.##", locale=_BABEL.get(language, "en_GB")))


def show_date(day: date, language: str = "en") -> str:
    return str(format_date(day, "d MMM yyyy", locale=_BABEL.get(language, "en_GB")))
