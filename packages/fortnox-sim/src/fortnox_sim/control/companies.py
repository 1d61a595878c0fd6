"""Control of a company's books: what its own people would do inside Fortnox."""

import random
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from fortnox_sim.api import (
    articles,
    credit_notes,
    customers,
    invoice_booking,
    invoice_fields,
    invoice_rules,
    payments,
    vouchers,
)
from fortnox_sim.api.currencies import set_currencies
from fortnox_sim.company import Company
from fortnox_sim.control.simulator import describe_company
from fortnox_sim.json_format import Record
from fortnox_sim.router import ControlRequest
from fortnox_sim.seeds.seed_file import add_company, add_record, add_records, change_record


def require_company(request: ControlRequest) -> Company:
    """Find the company that a control address names, or raise KeyError."""
    company = request.installation.company(request.args[0])
    if company is None:
        raise KeyError(f"company {request.args[0]}")
    return company


def create_company(request: ControlRequest) -> Record:
    today = request.installation.clock.today()
    return describe_company(add_company(request.installation, request.body, today))


def show_company(request: ControlRequest) -> Record:
    return describe_company(require_company(request))


def change_company(request: ControlRequest) -> Record:
    """Change settings such as locked, licences, OrganizationNumber, locked_period, rounding, easy_vat."""
    company = require_company(request)
    if "DatabaseNumber" in request.body:
        raise ValueError("a database number cannot change")
    changes = dict(request.body)
    if "currencies" in changes:
        set_currencies(company, changes.pop("currencies"))
    company.change_settings(**changes)
    return describe_company(company)


def list_stored_records(kind: str, request: ControlRequest) -> list[Record]:
    records = require_company(request).table(kind).values()
    return [dict(record) for record in records if not record.get("_deleted")]


def create_records(kind: str, request: ControlRequest) -> Record:
    """Add so many customers or articles, or the one that the body describes."""
    company = require_company(request)
    if "count" in request.body:
        rng = random.Random(f"{kind}/{company.number}/{len(company.table(kind))}")  # noqa: S311
        return {"numbers": add_records(company, kind, int(request.body["count"]), rng)}
    return show_record(company, kind, add_record(company, kind, request.body))


def show_record(company: Company, kind: str, record: Record) -> Record:
    return customers.build_detail(record) if kind == "customers" else articles.build_detail(company, record)


def update_record(kind: str, request: ControlRequest) -> Record:
    company, key = require_company(request), request.args[1]
    if company.get(kind, key) is None:
        raise KeyError(key)
    return show_record(company, kind, change_record(company, kind, key, request.body))


def delete_record(kind: str, request: ControlRequest) -> Record:
    company, key = require_company(request), request.args[1]
    record = company.get(kind, key)
    if record is None:
        raise KeyError(key)
    company.put(kind, key, {**record, "_deleted": True})
    return {"deleted": key}


def create_payment(request: ControlRequest) -> Record:
    """Record a payment: invoice, date, book, source, amount and write_off in the invoice's currency, rate."""
    company, body = require_company(request), request.body
    sent: Record = {"InvoiceNumber": str(body["invoice"]), "PaymentDate": body.get("date")}
    for key, name in (("amount", "AmountCurrency"), ("rate", "CurrencyRate")):
        if key in body:
            sent[name] = str(body[key])
    if body.get("write_off"):
        sent["WriteOffs"] = [{"Amount": str(body["write_off"]), "AccountNumber": body.get("account", 3740)}]
    sent = {key: value for key, value in sent.items() if value is not None}
    record = payments.add_payment(company, sent, source=body.get("source", "manual"))
    if body.get("book", True):
        record = payments.book_payment(company, record["Number"])
    return payments.build_detail(company, record)


def delete_payment(request: ControlRequest) -> Record:
    payments.remove_payment(require_company(request), request.args[1])
    return {"deleted": request.args[1]}


def run_invoice_action(act: Callable[[Company, str], object], request: ControlRequest) -> Record:
    company, document = require_company(request), request.args[1]
    act(company, document)
    return show_invoice(company, document)


def show_invoice(company: Company, document: str) -> Record:
    return invoice_fields.build_detail(company, invoice_rules.find_invoice(company, document), vouchers=True)


def credit_invoice(request: ControlRequest) -> Record:
    """Credit an invoice, whole or by the `InvoiceRows` of the body; `book` books the note as well."""
    company = require_company(request)
    _, note = credit_notes.credit_invoice(company, request.args[1], sent_rows=request.body.get("InvoiceRows"))
    if request.body.get("book") and not note.get("Booked"):
        invoice_booking.book_invoice(company, note["DocumentNumber"])
    return show_invoice(company, request.args[1])


def create_voucher(request: ControlRequest) -> Record:
    """Write a voucher by hand: `series`, `date`, `text`, `rows`, debit positive, `removed` rows, number `added`."""
    company, body = require_company(request), request.body
    rows, removed = (
        [(int(account), Decimal(str(amount))) for account, amount in body.get(name, [])] for name in ("rows", "removed")
    )
    if sum(amount for _, amount in rows):
        raise ValueError("the voucher does not balance")
    return vouchers.add_voucher(
        company,
        series=body.get("series", "A"),
        day=body.get("date") or company.today().isoformat(),
        text=body.get("text", ""),
        kind=body.get("type", ""),
        number=body.get("number", ""),
        rows=rows,
        RemovedRows=[list(row) for row in removed],
        AddedRows=int(body.get("added", 0)),
    )


def edit_invoice(request: ControlRequest) -> Record:
    """Edit an invoice as a person may in Fortnox, through the same rules as the API."""
    return run_invoice_action(partial(credit_notes.change_invoice, body=request.body), request)


ACTIONS: dict[tuple[str, str], Callable[[ControlRequest], object]] = {
    ("POST", "/_sim/companies"): create_company,
    ("GET", "/_sim/companies/{}"): show_company,
    ("PATCH", "/_sim/companies/{}"): change_company,
    ("GET", "/_sim/companies/{}/customers"): partial(list_stored_records, "customers"),
    ("GET", "/_sim/companies/{}/articles"): partial(list_stored_records, "articles"),
    ("GET", "/_sim/companies/{}/invoices"): partial(list_stored_records, "invoices"),
    ("GET", "/_sim/companies/{}/payments"): partial(list_stored_records, "payments"),
    ("GET", "/_sim/companies/{}/vouchers"): partial(list_stored_records, "vouchers"),
    ("GET", "/_sim/companies/{}/supplierinvoices"): partial(list_stored_records, "supplierinvoices"),
    ("GET", "/_sim/companies/{}/supplierpayments"): partial(list_stored_records, "supplierpayments"),
    ("POST", "/_sim/companies/{}/customers"): partial(create_records, "customers"),
    ("PATCH", "/_sim/companies/{}/customers/{}"): partial(update_record, "customers"),
    ("DELETE", "/_sim/companies/{}/customers/{}"): partial(delete_record, "customers"),
    ("POST", "/_sim/companies/{}/articles"): partial(create_records, "articles"),
    ("PATCH", "/_sim/companies/{}/articles/{}"): partial(update_record, "articles"),
    ("DELETE", "/_sim/companies/{}/articles/{}"): partial(delete_record, "articles"),
    ("POST", "/_sim/companies/{}/payments"): create_payment,
    ("DELETE", "/_sim/companies/{}/payments/{}"): delete_payment,
    ("POST", "/_sim/companies/{}/vouchers"): create_voucher,
    ("DELETE", "/_sim/companies/{}/invoices/{}"): partial(delete_record, "invoices"),
    ("POST", "/_sim/companies/{}/invoices/{}/cancel"): partial(run_invoice_action, invoice_rules.cancel_invoice),
    ("POST", "/_sim/companies/{}/invoices/{}/credit"): credit_invoice,
    ("POST", "/_sim/companies/{}/invoices/{}/bookkeep"): partial(run_invoice_action, invoice_booking.book_invoice),
    ("POST", "/_sim/companies/{}/invoices/{}/setoff"): partial(run_invoice_action, credit_notes.set_off),
    ("POST", "/_sim/companies/{}/invoices/{}/edit"): edit_invoice,
}
