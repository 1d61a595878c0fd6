"""An invoice's sums: pure arithmetic, half away from zero."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from fortnox_sim.fields import WIDE, round_to_cents
from fortnox_sim.json_format import Record

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)


@dataclass(frozen=True)
class TotalsBasis:
    """What besides the rows decides the sums."""

    vat_included: bool
    freight: Decimal = ZERO
    fee: Decimal = ZERO
    fee_rate: Decimal = ZERO
    step: Decimal = ONE  # what the total is rounded to; 0 rounds nothing
    per_row: bool = False


def add_row_totals(row: Record, *, vat_included: bool) -> Record:
    """Add the sums of one row."""
    gross = row["DeliveredQuantity"] * row["Price"]
    percent = row["DiscountType"] == "PERCENT"
    discount = gross * row["Discount"] / HUNDRED if percent else row["Discount"]
    total = round_to_cents(gross - discount)
    share = ONE + row["VAT"] / HUNDRED if vat_included else ONE
    return {
        **row,
        "Total": total,
        "TotalExcludingVAT": round_to_cents(total / share),
        "PriceExcludingVAT": round_to_cents(row["Price"] / share),
    }


def compute_vat(amount: Decimal, rate: Decimal, *, included: bool) -> Decimal:
    """Give the VAT on, or in, an amount."""
    return round_to_cents(amount * rate / ((HUNDRED + rate) if included else HUNDRED))


def compute_totals(rows: list[Record], basis: TotalsBasis) -> Record:
    """Give all totals of an invoice from rows that carry theirs."""
    freight_vat = compute_vat(basis.freight, basis.fee_rate, included=basis.vat_included)
    fee_vat = compute_vat(basis.fee, basis.fee_rate, included=basis.vat_included)
    row_total = sum((row["Total"] for row in rows), ZERO)
    row_vat = sum(compute_vat_by_rate(rows, included=basis.vat_included, per_row=basis.per_row).values(), ZERO)
    vat = row_vat + freight_vat + fee_vat
    net = row_total - row_vat if basis.vat_included else row_total
    exact = row_total + basis.freight + basis.fee + (ZERO if basis.vat_included else vat)
    total = (exact / basis.step).quantize(ONE, ROUND_HALF_UP, WIDE) * basis.step if basis.step else exact
    return {
        "Gross": net,
        "Net": net,
        "FreightVAT": freight_vat,
        "AdministrationFeeVAT": fee_vat,
        "TotalVAT": vat,
        "RoundOff": total - exact,
        "Total": total,
        "TotalToPay": total,
    }


def find_rounding_step(setting: object) -> Decimal:
    """Read a company's `rounding`: whole kronor, a step such as `0.50`, or none."""
    return Decimal(int(setting)) if isinstance(setting, bool) else Decimal(str(setting))


def compute_vat_by_rate(rows: list[Record], *, included: bool, per_row: bool) -> dict[Decimal, Decimal]:
    """Give the VAT per rate, rounded once per rate or once per row."""
    found: dict[Decimal, Decimal] = defaultdict(Decimal)
    if per_row:
        for row in rows:
            found[row["VAT"]] += compute_vat(row["Total"], row["VAT"], included=included)
        return dict(found)
    bases: dict[Decimal, Decimal] = defaultdict(Decimal)
    for row in rows:
        bases[row["VAT"]] += row["Total"]
    return {rate: compute_vat(base, rate, included=included) for rate, base in bases.items()}


def compute_luhn_digit(digits: str) -> int:
    """Give the check digit that makes digits pass the modulus-10 test."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return -total % 10


def build_ocr(document: str) -> str:
    """Make the reference as Fortnox does: number, length digit, check digit (142 of 142 recorded)."""
    if not document.isdigit():
        return ""
    body = f"{document}{(len(document) + 2) % 10}"
    return f"{body}{compute_luhn_digit(body)}"
