"""Crediting an invoice, changing its credit note, and setting the two off."""

from typing import Any

from fortnox_sim.api import payments
from fortnox_sim.api.invoice_booking import (
    book_invoice,
    set_off_credit_note,
    settle_credit_note,
    undo_set_off,
)
from fortnox_sim.api.invoice_rows import read_rows
from fortnox_sim.api.invoice_rules import find_invoice, store_with_totals, update_invoice
from fortnox_sim.api.invoice_totals import ZERO, build_ocr
from fortnox_sim.company import Company
from fortnox_sim.errors import INVENTED, ApiError
from fortnox_sim.json_format import Record


def credit_invoice(company: Company, document: str, *, sent_rows: Any = None) -> tuple[Record, Record]:
    """Credit an invoice once, whole or by the rows that are sent; give the original and the note.

    Under the invoice method it must be booked.
    """
    record = find_invoice(company, document)
    needs_no_booking = company.settings["method"] == "CASH" and company.switches["credit_under_cash"] == "accept"
    if record.get("Cancelled"):
        raise ApiError(INVENTED["cancelled"])
    if not (record.get("Booked") or needs_no_booking):
        raise ApiError(INVENTED["not_booked"])
    if record.get("CreditInvoiceReference", "0") != "0":
        raise ApiError(INVENTED["credited"])
    dropped = {"Booked", "Sent", "VoucherSeries", "VoucherNumber", "VoucherYear", "FinalPayDate", "_setoff"}
    if not company.switches["credit_copies_reference"]:
        dropped.add("ExternalInvoiceReference1")
    note = {key: value for key, value in record.items() if key not in dropped}
    number = str(company.take_number("invoices", "invoices"))
    day = company.today().isoformat()
    note |= {"DocumentNumber": number, "OCR": build_ocr(number), "Credit": "true"}
    note |= {"CreditInvoiceReference": record["DocumentNumber"], "InvoiceDate": day, "OutboundDate": day}
    note |= {"DueDate": day, "_visible": int(company.clock.now().timestamp())}
    for fee in ("Freight", "AdministrationFee"):
        note[fee] = -note.get(fee, ZERO)
    if sent_rows is None:
        rows = [{**row, "DeliveredQuantity": -row["DeliveredQuantity"]} for row in record["InvoiceRows"]]
    else:
        rows = read_rows(company, sent_rows, company.get("customers", record["CustomerNumber"]) or {})
    note = store_with_totals(company, note, rows)
    company.put("invoices", document, {**record, "CreditInvoiceReference": number})
    if company.switches["credit_note_booked"]:
        note = book_invoice(company, number)
    elif company.settings["method"] == "CASH":
        settle_credit_note(company, number)
    return find_invoice(company, document), find_invoice(company, number)


def change_invoice(company: Company, document: str, body: Record) -> Record:
    """Change an invoice; a credit note that was set off already is set off anew."""
    undo_set_off(company, document)
    record = update_invoice(company, document, body)
    if company.settings["method"] == "CASH":
        settle_credit_note(company, document)
    return find_invoice(company, record["DocumentNumber"])


def set_off(company: Company, document: str) -> None:
    """Set a credit note off as a person does: by a pair of payments that nets to zero, where the switch says so."""
    if company.switches["credit_settles"] != "by_payments":
        set_off_credit_note(company, document)
        return
    note = find_invoice(company, document)
    original = find_invoice(company, note["CreditInvoiceReference"])
    amount = min(-note["Balance"], original["Balance"])
    for record, part in ((original, amount), (note, -amount)):
        sent = {"InvoiceNumber": record["DocumentNumber"], "AmountCurrency": str(part)}
        payment = payments.add_payment(company, {**sent, "PaymentDate": note["InvoiceDate"]})
        payments.book_payment(company, payment["Number"])
