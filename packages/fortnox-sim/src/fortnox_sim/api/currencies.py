"""Currencies of a company: the register's rates, and amounts in the currency the books are kept in."""

from decimal import Decimal
from typing import Any

from fortnox_sim.company import Company
from fortnox_sim.fields import round_to_cents
from fortnox_sim.json_format import Record

ACCOUNTING_CURRENCY = "SEK"
ONE = Decimal(1)


def read_register_rate(company: Company, code: str) -> Record:
    """Give rate and unit as invoices carry them; customers' invoices take the selling rate."""
    entry = company.get("currencies", code)
    if code == ACCOUNTING_CURRENCY or entry is None:
        return {"CurrencyRate": ONE, "CurrencyUnit": 1}
    return {"CurrencyRate": entry.get("SellRate", ONE), "CurrencyUnit": int(entry.get("Unit", ONE))}


def convert_to_accounting(amount: Decimal, document: Record) -> Decimal:
    """Convert by the rate of an invoice or a payment, rounded to the öre."""
    return round_to_cents(amount * document.get("CurrencyRate", ONE) / document.get("CurrencyUnit", 1))


def convert_from_accounting(amount: Decimal, document: Record) -> Decimal:
    rate = document.get("CurrencyRate", ONE)
    return round_to_cents(amount * document.get("CurrencyUnit", 1) / rate) if rate else amount


def list_codes(company: Company) -> list[str]:
    """List the register's codes as Fortnox does: the accounting currency first."""
    codes = [code for code in company.table("currencies").rows if company.get("currencies", code)]
    return sorted(codes, key=sort_key)


def sort_key(code: str) -> tuple[bool, str]:
    return code != ACCOUNTING_CURRENCY, code


def set_currencies(company: Company, wanted: Any) -> None:
    """Make the register hold these codes, a list or a mapping to rates, and the accounting currency."""
    rates = wanted if isinstance(wanted, dict) else {}
    codes = {ACCOUNTING_CURRENCY, *wanted}
    for code in list_codes(company):
        if code not in codes:
            company.remove("currencies", code)
    for code in codes:
        entry = company.get("currencies", code) or {"Code": code, "Description": code}
        if code in rates:
            entry = {**entry, "BuyRate": Decimal(str(rates[code])), "SellRate": Decimal(str(rates[code]))}
        company.put("currencies", code, entry)
