"""What may happen to an invoice before it is booked: creating, changing, cancelling, sending."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from fortnox_sim.api import rot_rut
from fortnox_sim.api.countries import COUNTRY_NAMES, find_swedish_name
from fortnox_sim.api.currencies import ACCOUNTING_CURRENCY, read_register_rate
from fortnox_sim.api.invoice_fields import FIELDS
from fortnox_sim.api.invoice_rows import NO_VAT, merge_rows, read_rows
from fortnox_sim.api.invoice_totals import TotalsBasis, add_row_totals, build_ocr, compute_totals, find_rounding_step
from fortnox_sim.api.labels import read_labels
from fortnox_sim.company import Company
from fortnox_sim.errors import (
    CUSTOMER_NOT_FOUND,
    INVENTED,
    INVOICE_NOT_FOUND,
    TERMS_NOT_FOUND,
    ApiError,
    not_found,
)
from fortnox_sim.fields import apply_changes, round_to_cents
from fortnox_sim.json_format import Record

ZERO = Decimal(0)
FEE_RATE = Decimal(25)
SAME = (
    "Address1 Address2 City ZipCode CostCenter Currency DeliveryAddress1 DeliveryAddress2 DeliveryCity DeliveryName "
    "DeliveryZipCode OrganisationNumber OurReference Phone1 Phone2 PriceList Project TermsOfDelivery TermsOfPayment "
    "WayOfDelivery YourReference"
)
FROM_CUSTOMER = {key: key for key in SAME.split()} | {
    "CustomerName": "Name",
    "Remarks": "InvoiceRemark",
    "VATIncluded": "ShowPriceVATIncluded",
    "Freight": "InvoiceFreight",
    "AdministrationFee": "InvoiceAdministrationFee",
}


def find_invoice(company: Company, document: str) -> Record:
    record = company.get("invoices", document)
    if record is None:
        raise not_found(INVOICE_NOT_FOUND)
    return record


def create_invoice(company: Company, body: Record) -> Record:
    """Create an invoice; only the customer is needed, everything else has a default."""
    changes = _read_changes(company, body)
    customer = _require_customer(company, changes.get("CustomerNumber", ""))
    record = apply_changes(_copy_defaults(company, customer), changes)
    rows = read_rows(company, body.get("InvoiceRows") or [], customer)
    day = record.get("InvoiceDate") or company.today().isoformat()
    record["InvoiceDate"] = day
    record["DueDate"] = changes.get("DueDate") or compute_due_date(day, record.get("TermsOfPayment", ""))
    record["OutboundDate"] = record.get("OutboundDate") or day
    record = _apply_currency_rate(company, record, changes)
    record["DocumentNumber"] = _choose_document_number(company, changes.get("DocumentNumber"))
    record["OCR"] = changes.get("OCR") or build_ocr(record["DocumentNumber"])
    record["_visible"] = int(company.clock.now().timestamp())
    return store_with_totals(company, record, rows)


def _apply_currency_rate(company: Company, record: Record, changes: Record) -> Record:
    """Give an invoice its rate: the one that was sent, else the register's; kronor have none of their own."""
    code = record.get("Currency", ACCOUNTING_CURRENCY)
    rate = read_register_rate(company, code)
    if code != ACCOUNTING_CURRENCY:
        rate |= {key: changes[key] for key in rate if key in changes}
    return {**record, **rate}


def _read_changes(company: Company, body: Record) -> Record:
    changes = FIELDS.read(body, company.switches)
    for key in ("Country", "DeliveryCountry"):
        name = changes.get(key)
        if name and name.casefold() not in COUNTRY_NAMES:
            raise ApiError((2000919, f"Ogiltigt land: {name}"))
    if changes.get("Currency") and company.get("currencies", changes["Currency"]) is None:
        raise ApiError(INVENTED["currency"])
    if changes.get("TermsOfPayment") and changes["TermsOfPayment"] not in company.table("terms"):
        raise ApiError(TERMS_NOT_FOUND)
    if company.switches["ocr_unique"] and changes.get("OCR"):
        used = {invoice.get("OCR") for invoice in company.table("invoices").values()}
        if changes["OCR"] in used:
            raise ApiError(INVENTED["ocr"])
    if body.get("Labels") is not None:
        changes["Labels"] = read_labels(company, body["Labels"])
    for key in ("EDIInformation", "EmailInformation"):
        if isinstance(body.get(key), dict):
            changes[key] = body[key]
    return changes


def _require_customer(company: Company, number: str) -> Record:
    customer = company.get("customers", number)
    if customer is None:
        raise ApiError(CUSTOMER_NOT_FOUND)
    return customer


def _copy_defaults(company: Company, customer: Record) -> Record:
    """Give the values that come from the customer, then from the company."""
    settings = company.settings
    found = {key: customer.get(source) for key, source in FROM_CUSTOMER.items()}
    found["Country"] = find_swedish_name(customer.get("CountryCode")) or None
    found["TermsOfPayment"] = found["TermsOfPayment"] or settings["terms"]
    for key, source in (("Freight", "freight"), ("AdministrationFee", "admin_fee")):
        if found[key] is None and settings[source] is not None:
            found[key] = round_to_cents(Decimal(str(settings[source])))
    found["AccountingMethod"] = settings["method"]
    found["_email"] = customer.get("EmailInvoice") or customer.get("Email")
    return {key: value for key, value in found.items() if value is not None}


def compute_due_date(day: str, terms: str) -> str:
    """Add the days a term's code begins with; codes such as K or PF add none."""
    digits = terms[: next((i for i, c in enumerate(terms) if not c.isdigit()), len(terms))]
    return (date.fromisoformat(day) + timedelta(days=int(digits or 0))).isoformat()


def _choose_document_number(company: Company, wanted: str | None) -> str:
    if wanted is None:
        return str(company.take_number("invoices", "invoices"))
    if not wanted.isdigit():
        raise ApiError((2000108, "Värdet måste vara numeriskt"), "DocumentNumber")
    if wanted in company.table("invoices"):
        if company.switches["document_number_reuse"] == "refuse":
            raise ApiError(INVENTED["document_number"])
        return str(company.take_number("invoices", "invoices"))
    if company.switches["series_follows_highest"] and int(wanted) >= company.counter("invoices"):
        company.set_counter("invoices", int(wanted) + 1)
    return wanted


def store_with_totals(company: Company, record: Record, rows: list[Record]) -> Record:
    """Number the rows anew, compute every sum, and keep the invoice."""
    rot_rut.check_rows(record, rows)
    included = record.get("VATIncluded", False)
    first = company.counter("rows")
    company.set_counter("rows", first + len(rows))
    rows = [{**add_row_totals(row, vat_included=included), "RowId": first + i} for i, row in enumerate(rows)]
    customer = company.get("customers", record["CustomerNumber"]) or {}
    rounded = record.get("Currency", ACCOUNTING_CURRENCY) == ACCOUNTING_CURRENCY or company.switches["round_foreign"]
    basis = TotalsBasis(
        vat_included=included,
        freight=record.get("Freight", ZERO),
        fee=record.get("AdministrationFee", ZERO),
        fee_rate=ZERO if customer.get("VATType") in NO_VAT else FEE_RATE,
        step=find_rounding_step(company.settings["rounding"]) if rounded else ZERO,
        per_row=company.switches["vat_rounding"] == "row",
    )
    totals = compute_totals(rows, basis)
    contribution = {
        "ContributionValue": totals["Net"],
        "ContributionPercent": Decimal(100 if totals["Net"] else 0),
    }
    record = {**record, **totals, **contribution, "InvoiceRows": rows, "Balance": totals["TotalToPay"]}
    record["HouseWork"] = any(row.get("HouseWork") for row in rows)
    return company.put("invoices", record["DocumentNumber"], record)


def update_invoice(company: Company, document: str, body: Record) -> Record:
    """Change an invoice that is neither booked nor cancelled."""
    record = find_invoice(company, document)
    require_open(record)
    changes = _read_changes(company, body)
    changes.pop("DocumentNumber", None)
    customer = _require_customer(company, changes.get("CustomerNumber") or record["CustomerNumber"])
    if customer["CustomerNumber"] != record["CustomerNumber"]:
        record = {**record, **_copy_defaults(company, customer)}
    rows: Any = record["InvoiceRows"]
    if "InvoiceRows" in body:
        rows = merge_rows(company, rows, body["InvoiceRows"], customer)
    merged = apply_changes(record, changes)
    if changes.get("Currency", record.get("Currency")) != record.get("Currency"):
        merged = _apply_currency_rate(company, merged, changes)
    if "DueDate" not in changes and {"InvoiceDate", "TermsOfPayment"} & set(changes):
        merged["DueDate"] = compute_due_date(merged["InvoiceDate"], merged.get("TermsOfPayment", ""))
    return store_with_totals(company, merged, rows)


def require_open(record: Record) -> None:
    if record.get("Cancelled"):
        raise ApiError(INVENTED["cancelled"])
    if record.get("Booked"):
        raise ApiError(INVENTED["booked"])


def cancel_invoice(company: Company, document: str) -> Record:
    """Cancel an unbooked invoice: balance and total become 0 (recorded)."""
    record = find_invoice(company, document)
    require_open(record)
    gone = {"Cancelled": True, "Balance": ZERO, "Total": ZERO, "TotalToPay": ZERO}
    return company.put("invoices", document, {**record, **gone})


def mark_warehouse_ready(company: Company, document: str) -> Record:
    """Finalize an invoice of a company with the warehouse module."""
    record = find_invoice(company, document)
    return company.put("invoices", document, {**record, "WarehouseReady": True})


def count_reminder(company: Company, document: str) -> Record:
    """Count a reminder."""
    record = find_invoice(company, document)
    counted = {"Reminders": record.get("Reminders", 0) + 1, "LastRemindDate": company.today().isoformat()}
    return company.put("invoices", document, {**record, **counted})


def mark_sent(company: Company, document: str) -> Record:
    """Note that the invoice went to the customer."""
    record = find_invoice(company, document)
    return company.put("invoices", document, {**record, "Sent": True})
