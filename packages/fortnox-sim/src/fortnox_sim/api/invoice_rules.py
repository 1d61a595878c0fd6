"""What may happen to an invoice, and what it does to the books."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from fortnox_sim.api import accounts, rot_rut, vouchers
from fortnox_sim.api.countries import COUNTRY_NAMES, swedish_name
from fortnox_sim.api.invoice_fields import FIELDS
from fortnox_sim.api.invoice_rows import NO_VAT, merge_rows, read_rows
from fortnox_sim.api.invoice_totals import Terms, ocr, rates_vat, row_sums, sums
from fortnox_sim.company import Company
from fortnox_sim.errors import (
    CUSTOMER_NOT_FOUND,
    INVENTED,
    INVOICE_NOT_FOUND,
    PERIOD_LOCKED,
    ROW_ACCOUNT,
    ROW_WITHOUT_TEXT,
    TERMS_NOT_FOUND,
    Refusal,
    missing,
)
from fortnox_sim.fields import apply, round2
from fortnox_sim.json_format import Record

ZERO = Decimal(0)
FEE_RATE = Decimal(25)
OUT_VAT = {
    Decimal(25): ("OUTVAT_MP1", 2611),
    Decimal(12): ("OUTVAT_MP2", 2621),
    Decimal(6): ("OUTVAT_MP3", 2631),
}
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


def find(company: Company, document: str) -> Record:
    record = company.get("invoices", document)
    if record is None:
        raise missing(INVOICE_NOT_FOUND)
    return record


def create(company: Company, body: Record) -> Record:
    """Make an invoice; only the customer is needed, everything else has a default."""
    changes = _read(company, body)
    customer = _customer(company, changes.get("CustomerNumber", ""))
    record = apply(_defaults(company, customer), changes)
    rows = read_rows(company, body.get("InvoiceRows") or [], customer)
    record |= _dates(company, record, changes)
    record["DocumentNumber"] = _document_number(company, changes.get("DocumentNumber"))
    record["OCR"] = changes.get("OCR") or ocr(record["DocumentNumber"])
    record["_visible"] = int(company.clock.now().timestamp())
    return _store(company, record, rows)


def _read(company: Company, body: Record) -> Record:
    changes = FIELDS.read(body, company.switches)
    for key in ("Country", "DeliveryCountry"):
        name = changes.get(key)
        if name and name.casefold() not in COUNTRY_NAMES:
            raise Refusal((2000919, f"Ogiltigt land: {name}"))
    if changes.get("Currency") and changes["Currency"] not in company.settings["currencies"]:
        raise Refusal(INVENTED["currency"])
    if changes.get("TermsOfPayment") and changes["TermsOfPayment"] not in company.table("terms"):
        raise Refusal(TERMS_NOT_FOUND)
    if company.switches["ocr_unique"] and changes.get("OCR"):
        _check_ocr(company, changes["OCR"])
    for key in ("EDIInformation", "EmailInformation"):
        if isinstance(body.get(key), dict):
            changes[key] = body[key]
    return changes


def _check_ocr(company: Company, text: str) -> None:
    if any(invoice.get("OCR") == text for invoice in company.table("invoices").values()):
        raise Refusal(INVENTED["ocr"])


def _customer(company: Company, number: str) -> Record:
    customer = company.get("customers", number)
    if customer is None:
        raise Refusal(CUSTOMER_NOT_FOUND)
    return customer


def _defaults(company: Company, customer: Record) -> Record:
    """Give the values that come from the customer, then from the company."""
    settings = company.settings
    found = {key: customer.get(source) for key, source in FROM_CUSTOMER.items()}
    found["Country"] = swedish_name(customer.get("CountryCode")) or None
    found["TermsOfPayment"] = found["TermsOfPayment"] or settings["terms"]
    for key, source in (("Freight", "freight"), ("AdministrationFee", "admin_fee")):
        if found[key] is None and settings[source] is not None:
            found[key] = round2(Decimal(str(settings[source])))
    found["AccountingMethod"] = settings["method"]
    found["_email"] = customer.get("EmailInvoice") or customer.get("Email")
    return {key: value for key, value in found.items() if value is not None}


def _dates(company: Company, record: Record, changes: Record) -> Record:
    day = record.get("InvoiceDate") or company.today().isoformat()
    due = changes.get("DueDate") or due_date(day, record.get("TermsOfPayment", ""))
    return {"InvoiceDate": day, "DueDate": due, "OutboundDate": record.get("OutboundDate") or day}


def due_date(day: str, terms: str) -> str:
    """Add the days a term's code begins with; codes such as K or PF add none."""
    digits = terms[: next((i for i, c in enumerate(terms) if not c.isdigit()), len(terms))]
    return (date.fromisoformat(day) + timedelta(days=int(digits or 0))).isoformat()


def _document_number(company: Company, wanted: str | None) -> str:
    if wanted is None:
        return str(company.take_number("invoices", "invoices"))
    if not wanted.isdigit():
        raise Refusal((2000108, "Värdet måste vara numeriskt"), "DocumentNumber")
    if wanted in company.table("invoices"):
        if company.switches["document_number_reuse"] == "refuse":
            raise Refusal(INVENTED["document_number"])
        return str(company.take_number("invoices", "invoices"))
    if company.switches["series_follows_highest"] and int(wanted) >= company.counter("invoices"):
        company.set_counter("invoices", int(wanted) + 1)
    return wanted


def _store(company: Company, record: Record, rows: list[Record]) -> Record:
    """Number the rows anew, compute every sum, and keep the invoice."""
    rot_rut.check(record, rows)
    included = record.get("VATIncluded", False)
    first = company.counter("rows")
    company.set_counter("rows", first + len(rows))
    rows = [{**row_sums(row, vat_included=included), "RowId": first + i} for i, row in enumerate(rows)]
    totals = sums(rows, terms_of(company, record))
    contribution = {
        "ContributionValue": totals["Net"],
        "ContributionPercent": Decimal(100 if totals["Net"] else 0),
    }
    record = {**record, **totals, **contribution, "InvoiceRows": rows, "Balance": totals["TotalToPay"]}
    record["HouseWork"] = any(row.get("HouseWork") for row in rows)
    return company.put("invoices", record["DocumentNumber"], record)


def terms_of(company: Company, record: Record) -> Terms:
    customer = company.get("customers", record["CustomerNumber"]) or {}
    swedish = record.get("Currency", "SEK") == "SEK"
    return Terms(
        vat_included=record.get("VATIncluded", False),
        freight=record.get("Freight", ZERO),
        fee=record.get("AdministrationFee", ZERO),
        fee_rate=ZERO if customer.get("VATType") in NO_VAT else FEE_RATE,
        whole=company.settings["rounding"] and (swedish or company.switches["round_foreign"]),
        per_row=company.switches["vat_rounding"] == "row",
    )


def update(company: Company, document: str, body: Record) -> Record:
    """Change an invoice that is neither booked nor cancelled."""
    record = find(company, document)
    _open(record)
    changes = _read(company, body)
    changes.pop("DocumentNumber", None)
    customer = _customer(company, changes.get("CustomerNumber") or record["CustomerNumber"])
    if customer["CustomerNumber"] != record["CustomerNumber"]:
        record = {**record, **_defaults(company, customer)}
    rows: Any = record["InvoiceRows"]
    if "InvoiceRows" in body:
        rows = merge_rows(company, rows, body["InvoiceRows"], customer)
    merged = apply(record, changes)
    if "DueDate" not in changes and {"InvoiceDate", "TermsOfPayment"} & set(changes):
        merged["DueDate"] = due_date(merged["InvoiceDate"], merged.get("TermsOfPayment", ""))
    return _store(company, merged, rows)


def _open(record: Record) -> None:
    if record.get("Cancelled"):
        raise Refusal(INVENTED["cancelled"])
    if record.get("Booked"):
        raise Refusal(INVENTED["booked"])


def cancel(company: Company, document: str) -> Record:
    """Cancel an unbooked invoice: balance and total become 0 (recorded)."""
    record = find(company, document)
    _open(record)
    gone = {"Cancelled": True, "Balance": ZERO, "Total": ZERO, "TotalToPay": ZERO}
    return company.put("invoices", document, {**record, **gone})


def bookkeep(company: Company, document: str) -> Record:
    """Book an invoice: check everything first, then write the voucher."""
    record = find(company, document)
    _open(record)
    _check_booking(company, record)
    booked: Record = {**record, "Booked": True}
    if company.settings["method"] == "ACCRUAL":
        voucher = vouchers.make(
            company,
            series="B",
            day=record["InvoiceDate"],
            text=f"Kundfaktura {record['CustomerName']} ({document})",
            kind="INVOICE",
            number=document,
            rows=voucher_rows(company, record),
        )
        booked |= {
            "VoucherSeries": "B",
            "VoucherNumber": voucher["VoucherNumber"],
            "VoucherYear": voucher["Year"],
        }
    if not record["Balance"]:
        booked["FinalPayDate"] = record["InvoiceDate"]
    booked = company.put("invoices", document, booked)
    if booked.get("Credit") == "true" and company.switches["credit_settles"]:
        set_off(company, document)
    return find(company, document)


def set_off(company: Company, document: str) -> None:
    """Set a booked credit note off against its original, as far as both reach."""
    note = find(company, document)
    original = find(company, note["CreditInvoiceReference"])
    amount = min(-note["Balance"], original["Balance"])
    if amount <= 0 or not note.get("Booked"):
        raise Refusal(INVENTED["not_booked"])
    day = note["InvoiceDate"]
    for record, part in ((note, -amount), (original, amount)):
        balance = record["Balance"] - part
        whole = {"_setoff": record.get("_setoff", ZERO) + part, "Balance": balance}
        whole["FinalPayDate"] = None if balance else day
        company.put("invoices", record["DocumentNumber"], {**record, **whole})


def _check_booking(company: Company, record: Record) -> None:
    waiting = company.settings["warehouse"] and not record.get("WarehouseReady")
    if record.get("NotCompleted") or waiting:
        number = record["DocumentNumber"]
        text = f"Kunde inte bokföra fakturanummer {number}. Faktura som bokförs måste var klarmarkerad."
        raise Refusal((2003498, text))
    company.year_needed(record["InvoiceDate"])
    if company.locked(record["InvoiceDate"]):
        raise Refusal(PERIOD_LOCKED)
    customer = company.get("customers", record["CustomerNumber"]) or {}
    needs = company.switches["reverse_needs_vat_number"] and customer.get("VATType") == "EUREVERSEDVAT"
    if needs and not customer.get("VATNumber"):
        raise Refusal(INVENTED["vat_number"])
    for row in record["InvoiceRows"]:
        if row["DeliveredQuantity"] and not row["ArticleNumber"] and not row.get("Description"):
            raise Refusal(ROW_WITHOUT_TEXT)
    for name in _predefined_names(record):
        if str(accounts.predefined_account(company, name)) not in company.table("accounts"):
            raise Refusal(ROW_ACCOUNT)


def _predefined_names(record: Record) -> list[str]:
    names = ["CUSTCLAIM"]
    names += ["ROUNDOFF"] if record["RoundOff"] else []
    names += ["FREIGHT"] if record.get("Freight") else []
    names += ["ADMFEE"] if record.get("AdministrationFee") else []
    return names


def voucher_rows(company: Company, record: Record) -> list[tuple[int, Decimal]]:
    """Give the voucher of a booking, in kronor: claim, sales, VAT, fees, rounding; it balances."""
    rate = record.get("CurrencyRate", Decimal(1))
    included = record.get("VATIncluded", False)
    lines = [(row["AccountNumber"], -row["Total"]) for row in record["InvoiceRows"]]
    vats = rates_vat(record["InvoiceRows"], included=included, per_row=False)
    for percent, amount in vats.items():
        name, fallback = OUT_VAT.get(percent, ("OUTVAT_MP1", 2611))
        lines.append((accounts.predefined_account(company, name) or fallback, -amount))
    fees = record["FreightVAT"] + record["AdministrationFeeVAT"]
    lines.append((accounts.predefined_account(company, "OUTVAT_MP1"), -fees))
    lines.append((accounts.predefined_account(company, "FREIGHT"), -record.get("Freight", ZERO)))
    lines.append((accounts.predefined_account(company, "ADMFEE"), -record.get("AdministrationFee", ZERO)))
    claim = [(accounts.predefined_account(company, "CUSTCLAIM"), record["Total"])]
    booked = [(account, round2(amount * rate)) for account, amount in claim + lines]
    if included and record["InvoiceRows"]:
        account, amount = booked[1]
        booked[1] = (account, amount + sum(vats.values(), ZERO) + fees)
    rest = sum((amount for _, amount in booked), ZERO)
    return [*booked, (accounts.predefined_account(company, "ROUNDOFF"), -rest)]


def credit(company: Company, document: str) -> tuple[Record, Record]:
    """Credit a booked invoice once; give the original and the note."""
    record = find(company, document)
    if not record.get("Booked"):
        raise Refusal(INVENTED["not_booked"])
    if record.get("CreditInvoiceReference", "0") != "0":
        raise Refusal(INVENTED["credited"])
    note = _note(company, record)
    changed = {**record, "CreditInvoiceReference": note["DocumentNumber"]}
    company.put("invoices", document, changed)
    if company.switches["credit_note_booked"]:
        note = bookkeep(company, note["DocumentNumber"])
    return find(company, document), note


def _note(company: Company, record: Record) -> Record:
    dropped = {"Booked", "Sent", "VoucherSeries", "VoucherNumber", "VoucherYear", "FinalPayDate", "_setoff"}
    if not company.switches["credit_copies_reference"]:
        dropped.add("ExternalInvoiceReference1")
    note = {key: value for key, value in record.items() if key not in dropped}
    number = str(company.take_number("invoices", "invoices"))
    day = company.today().isoformat()
    note |= {"DocumentNumber": number, "OCR": ocr(number), "Credit": "true"}
    note |= {"CreditInvoiceReference": record["DocumentNumber"], "InvoiceDate": day, "OutboundDate": day}
    note |= {"DueDate": day, "_visible": int(company.clock.now().timestamp())}
    for fee in ("Freight", "AdministrationFee"):
        note[fee] = -note.get(fee, ZERO)
    rows = [{**row, "DeliveredQuantity": -row["DeliveredQuantity"]} for row in record["InvoiceRows"]]
    return _store(company, note, rows)


def warehouse_ready(company: Company, document: str) -> Record:
    """Finalize an invoice of a company with the warehouse module."""
    record = find(company, document)
    return company.put("invoices", document, {**record, "WarehouseReady": True})


def remind(company: Company, document: str) -> Record:
    """Count a reminder."""
    record = find(company, document)
    counted = {"Reminders": record.get("Reminders", 0) + 1, "LastRemindDate": company.today().isoformat()}
    return company.put("invoices", document, {**record, **counted})


def mark_sent(company: Company, document: str) -> Record:
    """Note that the invoice went to the customer."""
    record = find(company, document)
    return company.put("invoices", document, {**record, "Sent": True})
