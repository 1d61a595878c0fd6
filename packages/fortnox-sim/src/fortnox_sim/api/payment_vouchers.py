"""The voucher of a payment: money in, the claim down by as much as was open, and the exchange difference."""

from decimal import Decimal

from fortnox_sim.api.currencies import convert_to_accounting
from fortnox_sim.api.invoice_booking import build_voucher_rows
from fortnox_sim.api.predefined import find_predefined_account
from fortnox_sim.api.vouchers import VoucherRows
from fortnox_sim.company import Company
from fortnox_sim.json_format import Record

ZERO = Decimal(0)
WRITE_OFF_ACCOUNT = 3740


def sum_settled(payment: Record) -> Decimal:
    """Give what a payment and its write-offs settle, in the invoice's currency."""
    settled: Decimal = payment["AmountCurrency"]
    return settled + sum((row["Amount"] for row in payment.get("WriteOffs", [])), ZERO)


def build_payment_rows(company: Company, payment: Record, invoice: Record) -> VoucherRows:
    """Give the voucher rows in kronor; under the cash method the last payment books the sale."""
    write_offs = [
        (row.get("AccountNumber", WRITE_OFF_ACCOUNT), convert_to_accounting(row["Amount"], payment))
        for row in payment.get("WriteOffs", [])
    ]
    money = [(payment["ModeOfPaymentAccount"], payment["Amount"]), *write_offs]
    left = invoice["Balance"] - sum_settled(payment)
    # What is left is converted, not the part paid: so the last payment empties the claim to the öre.
    claim = convert_to_accounting(invoice["Balance"], invoice) - convert_to_accounting(left, invoice)
    difference = claim - sum((amount for _, amount in money), ZERO)
    exchange = find_predefined_account(company, "CURRENCYLOSS" if difference > 0 else "CURRENCYWIN")
    receivable = find_predefined_account(company, "CUSTCLAIM")
    if company.settings["method"] == "CASH" and left <= 0:
        (_, total), *sale = build_voucher_rows(company, invoice)
        return [*money, *sale, (receivable, total - claim), (exchange, difference)]
    return [*money, (receivable, -claim), (exchange, difference)]
