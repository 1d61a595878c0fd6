"""Crediting a booked invoice."""

from typing import Any

from fortnox_sim.api.invoice_booking import book_invoice
from fortnox_sim.api.invoice_rows import read_rows
from fortnox_sim.api.invoice_rules import find_invoice, store_with_totals
from fortnox_sim.api.invoice_totals import ZERO, build_ocr
from fortnox_sim.company import Company
from fortnox_sim.errors import INVENTED, ApiError
from fortnox_sim.json_format import Record


def credit_invoice(company: Company, document: str, *, sent_rows: Any = None) -> tuple[Record, Record]:
    """Credit a booked invoice once, whole or by the rows that are sent; give the original and the note."""
    record = find_invoice(company, document)
    if not record.get("Booked"):
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
    return find_invoice(company, document), note
