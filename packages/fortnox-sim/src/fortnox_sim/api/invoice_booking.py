"""Booking an invoice: what is checked, the voucher it writes, and a credit note's set-off."""

from decimal import Decimal

from fortnox_sim.api import vouchers
from fortnox_sim.api.chart_of_accounts import find_account
from fortnox_sim.api.currencies import convert_to_accounting
from fortnox_sim.api.invoice_rules import find_invoice, require_open
from fortnox_sim.api.invoice_totals import compute_vat_by_rate
from fortnox_sim.api.predefined import find_predefined_account, find_series
from fortnox_sim.company import Company
from fortnox_sim.errors import INVENTED, PERIOD_LOCKED, ROW_ACCOUNT, ROW_WITHOUT_TEXT, ApiError
from fortnox_sim.json_format import Record

ZERO = Decimal(0)
OUT_VAT = {
    Decimal(25): ("OUTVAT_MP1", 2611),
    Decimal(12): ("OUTVAT_MP2", 2621),
    Decimal(6): ("OUTVAT_MP3", 2631),
}


def book_invoice(company: Company, document: str) -> Record:
    """Book an invoice: check everything first, then write the voucher."""
    record = find_invoice(company, document)
    require_open(record)
    _check_booking(company, record)
    booked: Record = {**record, "Booked": True}
    if company.settings["method"] == "ACCRUAL":
        voucher = vouchers.add_voucher(
            company,
            series=find_series(company, "INVOICE"),
            day=record["InvoiceDate"],
            text=f"Kundfaktura {record['CustomerName']} ({document})",
            kind="INVOICE",
            number=document,
            rows=build_voucher_rows(company, record),
        )
        booked |= {
            "VoucherSeries": voucher["VoucherSeries"],
            "VoucherNumber": voucher["VoucherNumber"],
            "VoucherYear": voucher["Year"],
        }
    if not record["Balance"]:
        booked["FinalPayDate"] = record["InvoiceDate"]
    booked = company.put("invoices", document, booked)
    settle_credit_note(company, document)
    return find_invoice(company, document)


def settle_credit_note(company: Company, document: str) -> None:
    """Set a credit note off by itself, where the switch says so and something is open on both."""
    note = find_invoice(company, document)
    if note.get("Credit") != "true" or company.switches["credit_settles"] != "automatic":
        return
    original = company.get("invoices", note["CreditInvoiceReference"])
    if original is not None and original["Balance"] > 0 > note["Balance"]:
        set_off_credit_note(company, document)


def set_off_credit_note(company: Company, document: str) -> None:
    """Set a credit note off against its original, as far as both reach; under the invoice method a booked one."""
    note = find_invoice(company, document)
    original = find_invoice(company, note["CreditInvoiceReference"])
    amount = min(-note["Balance"], original["Balance"])
    counts = note.get("Booked") or company.settings["method"] == "CASH"
    if amount <= 0 or not counts:
        raise ApiError(INVENTED["not_booked"])
    _move_balances(company, note, original, amount)


def undo_set_off(company: Company, document: str) -> None:
    """Open a credit note and its original again."""
    note = find_invoice(company, document)
    if amount := note.get("_setoff", ZERO):
        _move_balances(company, note, find_invoice(company, note["CreditInvoiceReference"]), amount)


def _move_balances(company: Company, note: Record, original: Record, amount: Decimal) -> None:
    for record, part in ((note, -amount), (original, amount)):
        balance = record["Balance"] - part
        whole = {"_setoff": record.get("_setoff", ZERO) + part, "Balance": balance}
        whole["FinalPayDate"] = None if balance else note["InvoiceDate"]
        company.put("invoices", record["DocumentNumber"], {**record, **whole})


def _check_booking(company: Company, record: Record) -> None:
    """Raise ApiError where the invoice cannot be booked."""
    unfinished = company.settings["warehouse"] and not record.get("WarehouseReady")
    if record.get("NotCompleted") or unfinished:
        number = record["DocumentNumber"]
        text = f"Kunde inte bokföra fakturanummer {number}. Faktura som bokförs måste var klarmarkerad."
        raise ApiError((2003498, text))
    company.require_year(record["InvoiceDate"])
    if company.is_locked(record["InvoiceDate"]):
        raise ApiError(PERIOD_LOCKED)
    customer = company.get("customers", record["CustomerNumber"]) or {}
    needs_number = company.switches["reverse_needs_vat_number"] and customer.get("VATType") == "EUREVERSEDVAT"
    if needs_number and not customer.get("VATNumber"):
        raise ApiError(INVENTED["vat_number"])
    for row in record["InvoiceRows"]:
        if row["DeliveredQuantity"] and not row["ArticleNumber"] and not row.get("Description"):
            raise ApiError(ROW_WITHOUT_TEXT)
    needed = ["CUSTCLAIM"]
    needed += ["ROUNDOFF"] if record["RoundOff"] else []
    needed += ["FREIGHT"] if record.get("Freight") else []
    needed += ["ADMFEE"] if record.get("AdministrationFee") else []
    for name in needed:
        if find_account(company, find_predefined_account(company, name), record["InvoiceDate"]) is None:
            raise ApiError(ROW_ACCOUNT)


def build_voucher_rows(company: Company, record: Record) -> list[tuple[int, Decimal]]:
    """Give the voucher of a booking, in kronor: claim, sales, VAT, fees, rounding; it balances."""
    included = record.get("VATIncluded", False)
    lines = [(find_predefined_account(company, "CUSTCLAIM"), record["Total"])]
    lines += [(row["AccountNumber"], -row["TotalExcludingVAT"]) for row in record["InvoiceRows"]]
    for percent, amount in compute_vat_by_rate(record["InvoiceRows"], included=included, per_row=False).items():
        name, fallback = OUT_VAT.get(percent, ("OUTVAT_MP1", 2611))
        lines.append((find_predefined_account(company, name) or fallback, -amount))
    fee_vat = record["FreightVAT"] + record["AdministrationFeeVAT"]
    lines.append((find_predefined_account(company, "OUTVAT_MP1"), -fee_vat))
    for name, key in (("FREIGHT", "Freight"), ("ADMFEE", "AdministrationFee")):
        fee = record.get(key, ZERO) - (record[f"{key}VAT"] if included else ZERO)
        lines.append((find_predefined_account(company, name), -fee))
    booked = [(account, convert_to_accounting(amount, record)) for account, amount in lines]
    rest = sum((amount for _, amount in booked), ZERO)
    return [*booked, (find_predefined_account(company, "ROUNDOFF"), -rest)]
