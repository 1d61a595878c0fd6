"""/3/invoicepayments: created unbooked; only booked payments reduce the balance."""

from decimal import Decimal
from http import HTTPStatus
from typing import Any

from fortnox_sim.api import vouchers
from fortnox_sim.api.chart_of_accounts import find_account
from fortnox_sim.api.currencies import (
    ACCOUNTING_CURRENCY,
    convert_from_accounting,
    convert_to_accounting,
    read_register_rate,
)
from fortnox_sim.api.payment_vouchers import WRITE_OFF_ACCOUNT, build_payment_rows, sum_settled
from fortnox_sim.api.predefined import find_series
from fortnox_sim.company import Company
from fortnox_sim.errors import (
    ALREADY_PAID,
    INVENTED,
    INVOICE_NOT_FOUND,
    ROW_ACCOUNT,
    WRONG_STRUCTURE,
    ApiError,
    not_found,
)
from fortnox_sim.fields import Field, FieldTable, apply_changes
from fortnox_sim.json_format import Record, Response, format_number
from fortnox_sim.lists import ListRule, Predicate, contains, list_records, modified_since
from fortnox_sim.router import API_URL, ApiRequest, Route

ZERO, ONE = Decimal(0), Decimal(1)
FIELDS = FieldTable(
    Field("Amount", "money", unset=ZERO),
    Field("AmountCurrency", "money", unset=ZERO),
    Field("Booked", "bool", unset=False, readonly=True),
    Field("Currency", limit=3, unset="SEK"),
    Field("CurrencyRate", "number", unset=ONE),
    Field("CurrencyUnit", "number", unset=ONE),
    Field("ExternalInvoiceReference1", limit=80, readonly=True),
    Field("ExternalInvoiceReference2", limit=80, readonly=True),
    Field("InvoiceCustomerName", readonly=True),
    Field("InvoiceCustomerNumber", readonly=True),
    Field("InvoiceDueDate", readonly=True),
    Field("InvoiceNumber", "int", unset=0),
    Field("InvoiceOCR", readonly=True),
    Field("InvoiceTotal", readonly=True),
    Field("ModeOfPayment", unset="BG"),
    Field("ModeOfPaymentAccount", "int", unset=1930),
    Field("Number"),
    Field("PaymentDate", "date"),
    Field("Source", unset="manual", readonly=True),
    Field("VoucherNumber", unset=None, readonly=True),
    Field("VoucherSeries", unset=None, readonly=True),
    Field("VoucherYear", unset=None, readonly=True),
    Field("WriteOffs", "rows", unset=[]),
)
WRITE_OFF_FIELDS = FieldTable(
    Field("AccountNumber", "int", unset=WRITE_OFF_ACCOUNT),
    Field("Amount", "money", unset=ZERO),
    Field("CostCenter"),
    Field("Currency", limit=3, unset="SEK"),
    Field("Description"),
    Field("Project"),
    Field("TransactionInformation"),
)


def build_list_item(_company: Company, record: Record) -> Record:
    return {
        "@url": f"{API_URL}/invoicepayments/{record['Number']}",
        "Amount": record["Amount"],
        "Booked": record.get("Booked", False),
        "Currency": record.get("Currency", "SEK"),
        "CurrencyRate": record.get("CurrencyRate", ONE),
        "CurrencyUnit": record.get("CurrencyUnit", ONE),
        "InvoiceNumber": record["InvoiceNumber"],
        "Number": record["Number"],
        "PaymentDate": record["PaymentDate"],
        "Source": record.get("Source", "manual"),
        "WriteOffExist": bool(record.get("WriteOffs")),
    }


def build_detail(company: Company, record: Record) -> Record:
    """Show one payment with what it shows of its invoice."""
    invoice = company.get("invoices", str(record["InvoiceNumber"])) or {}
    shown = {"@url": f"{API_URL}/invoicepayments/{record['Number']}", **FIELDS.show(record)}
    return shown | {
        "ExternalInvoiceReference1": invoice.get("ExternalInvoiceReference1", ""),
        "ExternalInvoiceReference2": invoice.get("ExternalInvoiceReference2", ""),
        "InvoiceCustomerName": invoice.get("CustomerName", ""),
        "InvoiceCustomerNumber": invoice.get("CustomerNumber", ""),
        "InvoiceDueDate": invoice.get("DueDate", ""),
        "InvoiceOCR": invoice.get("OCR", ""),
        "InvoiceTotal": format_number(invoice.get("Total", ZERO)),
        "WriteOffs": [WRITE_OFF_FIELDS.show(row) for row in record.get("WriteOffs", [])],
    }


def find_payment(company: Company, payment: str) -> Record:
    record = company.get("payments", payment)
    if record is None:
        raise not_found(INVENTED["payment_missing"])
    return record


def add_payment(company: Company, body: Record, *, source: str = "manual") -> Record:
    """Add a payment, not yet booked; nothing is checked against the balance but that it is open."""
    record = {key: value for key, value in FIELDS.read(body, company.switches).items() if value is not None}
    invoice = company.get("invoices", str(record.get("InvoiceNumber", "")))
    if invoice is None:
        raise ApiError(INVOICE_NOT_FOUND)
    record["WriteOffs"] = read_write_offs(company, body.get("WriteOffs") or [], invoice)
    record.setdefault("Currency", invoice.get("Currency", ACCOUNTING_CURRENCY))
    record.setdefault("PaymentDate", company.today().isoformat())
    record |= compute_amounts(company, invoice, record)
    mode = company.get("modes", record.get("ModeOfPayment", "BG"))
    record.setdefault("ModeOfPaymentAccount", int(mode["AccountNumber"]) if mode else 1930)
    _check_invoice(company, record, invoice)
    payment = str(company.take_number("payments", "payments"))
    document = str(record["InvoiceNumber"])
    index = company.get("paymentsof", document) or {"numbers": []}
    company.put("paymentsof", document, {"numbers": [*index["numbers"], payment]})
    return company.put("payments", payment, {**record, "Number": payment, "Source": source})


def compute_amounts(company: Company, invoice: Record, sent: Record) -> Record:
    """Give both amounts and the rate: `Amount` in kronor, `AmountCurrency` in the invoice's currency.

    What is missing follows from the rest; without any amount the payment settles the balance.
    """
    code = invoice.get("Currency", ACCOUNTING_CURRENCY)
    if code == ACCOUNTING_CURRENCY:
        amount = sent.get("Amount", sent.get("AmountCurrency", invoice["Balance"]))
        return {"Amount": amount, "AmountCurrency": amount, "CurrencyRate": ONE, "CurrencyUnit": ONE}
    register = read_register_rate(company, code)
    rate = {"CurrencyRate": invoice.get("CurrencyRate", ONE), "CurrencyUnit": invoice.get("CurrencyUnit", 1)}
    if company.switches["payment_rate"] == "register":
        rate = register
    rate |= {key: sent[key] for key in rate if key in sent}
    if "AmountCurrency" in sent:
        foreign = sent["AmountCurrency"]
    else:
        foreign = convert_from_accounting(sent["Amount"], rate) if "Amount" in sent else invoice["Balance"]
    return {**rate, "AmountCurrency": foreign, "Amount": sent.get("Amount", convert_to_accounting(foreign, rate))}


def read_write_offs(company: Company, rows: Any, invoice: Record) -> list[Record]:
    """Read the write-offs; they count in the invoice's currency."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ApiError(WRONG_STRUCTURE)
    currency = invoice.get("Currency", ACCOUNTING_CURRENCY)
    read = [{"Currency": currency, **apply_changes({}, WRITE_OFF_FIELDS.read(row, company.switches))} for row in rows]
    if any(row["Currency"] != currency for row in read):
        raise ApiError(INVENTED["payment_currency"])
    if any(find_account(company, row.get("AccountNumber", WRITE_OFF_ACCOUNT)) is None for row in read):
        raise ApiError(ROW_ACCOUNT)
    return read


def _check_invoice(company: Company, record: Record, invoice: Record) -> None:
    """Raise ApiError where the invoice cannot take this payment."""
    if invoice.get("Cancelled"):
        raise ApiError(INVENTED["cancelled"])
    needs_booking = company.switches["payment_needs_booked"] and company.settings["method"] == "ACCRUAL"
    if needs_booking and not invoice.get("Booked"):
        raise ApiError(INVENTED["not_booked"])
    if not invoice["Balance"]:
        raise ApiError(ALREADY_PAID)
    if record["Currency"] != invoice.get("Currency", ACCOUNTING_CURRENCY):
        raise ApiError(INVENTED["payment_currency"])
    if record["PaymentDate"] < invoice["InvoiceDate"]:
        raise ApiError(INVENTED["payment_early"])
    year = company.find_year(invoice["InvoiceDate"])
    inside = year is not None and record["PaymentDate"] <= year["ToDate"]
    if not inside and not company.switches["payment_other_year"]:
        raise ApiError(INVENTED["payment_year"])


def book_payment(company: Company, payment: str) -> Record:
    """Book a payment: voucher in series C, and the invoice's balance falls."""
    record = find_payment(company, payment)
    if record.get("Booked"):
        raise ApiError(INVENTED["payment_booked"])
    vouchers.check_period(company, record["PaymentDate"])
    invoice = company.get("invoices", str(record["InvoiceNumber"]))
    if invoice is None:
        raise ApiError(INVOICE_NOT_FOUND)
    voucher = vouchers.add_voucher(
        company,
        series=find_series(company, "INVOICEPAYMENT"),
        day=record["PaymentDate"],
        text=f"Kundinbetalning {invoice['CustomerName']} ({record['InvoiceNumber']})",
        kind="INVOICEPAYMENT",
        number=payment,
        rows=build_payment_rows(company, record, invoice),
    )
    where = {key: voucher[key] for key in ("VoucherSeries", "VoucherNumber")} | {"VoucherYear": voucher["Year"]}
    booked = company.put("payments", payment, {**record, "Booked": True, **where})
    update_balance(company, invoice, record["PaymentDate"])
    return booked


def update_balance(company: Company, invoice: Record, day: str) -> None:
    """Compute an invoice's balance anew from its booked payments and their write-offs."""
    document = invoice["DocumentNumber"]
    paid = invoice.get("_setoff", ZERO)
    index = company.get("paymentsof", document) or {"numbers": []}
    for number in index["numbers"]:
        payment = company.table("payments").rows[number]
        if payment.get("Booked") and not payment.get("_deleted"):
            paid += sum_settled(payment)
    balance = invoice["TotalToPay"] - paid
    changed = {**invoice, "Balance": balance, "FinalPayDate": None if balance else day}
    touch = company.switches["payment_touches_invoice"]
    company.put("invoices", document, changed, touch=touch)


def remove_payment(company: Company, payment: str) -> Record:
    """Remove a payment; a booked one is reversed and its invoice is open again."""
    record = find_payment(company, payment)
    gone = company.put("payments", payment, {**record, "_deleted": True})
    invoice = company.get("invoices", str(record["InvoiceNumber"]))
    if record.get("Booked") and invoice is not None:
        update_balance(company, invoice, record["PaymentDate"])
    return gone


def change_payment(company: Company, payment: str, body: Record) -> Record:
    """Change a payment that is not booked."""
    record = find_payment(company, payment)
    if record.get("Booked"):
        raise ApiError(INVENTED["payment_booked"])
    changes = FIELDS.read(body, company.switches)
    for fixed in ("Number", "InvoiceNumber"):
        changes.pop(fixed, None)
    merged = apply_changes(record, changes)
    invoice = company.get("invoices", str(record["InvoiceNumber"]))
    if invoice is not None and changes.keys() & {"Amount", "AmountCurrency", "CurrencyRate", "CurrencyUnit"}:
        sent = {key: changes[key] for key in ("Amount", "AmountCurrency") if key in changes}
        rate = {key: merged[key] for key in ("CurrencyRate", "CurrencyUnit")}
        merged |= compute_amounts(company, invoice, rate | (sent or {"AmountCurrency": record["AmountCurrency"]}))
    return company.put("payments", payment, merged)


def list_payments(request: ApiRequest) -> Response:
    return list_records(request.company, RULE, request.query)


def get_payment(request: ApiRequest) -> Response:
    return _respond(request, find_payment(request.company, request.args[0]))


def _respond(request: ApiRequest, record: Record, status: int = 200) -> Response:
    headers = {"Location": "invoicepayments"} if status == HTTPStatus.CREATED else {}
    return request.respond("InvoicePayment", build_detail(request.company, record), status, **headers)


def create_payment(request: ApiRequest) -> Response:
    record = add_payment(request.company, request.read_object("InvoicePayment"))
    request.record_change("payment.create", record["Number"])
    return _respond(request, record, 201)


def update_payment(request: ApiRequest) -> Response:
    record = change_payment(request.company, request.args[0], request.read_object("InvoicePayment"))
    request.record_change("payment.update", record["Number"])
    return _respond(request, record)


def bookkeep_payment(request: ApiRequest) -> Response:
    record = book_payment(request.company, request.args[0])
    request.record_change("payment.bookkeep", record["Number"])
    return _respond(request, record)


def delete_payment(request: ApiRequest) -> Response:
    record = find_payment(request.company, request.args[0])
    if record.get("Booked"):
        raise ApiError(INVENTED["payment_booked"])
    remove_payment(request.company, record["Number"])
    request.record_change("payment.delete", record["Number"])
    return Response(204)


def search_invoice_number(company: Company, value: str) -> Predicate:
    if company.switches["exact_searches"]:
        return lambda record: str(record["InvoiceNumber"]) == value
    return contains("InvoiceNumber")(company, value)


RULE = ListRule(
    plural="InvoicePayments",
    table="payments",
    item=build_list_item,
    order=lambda record: (record["PaymentDate"], int(record["Number"])),
    searches={"invoicenumber": search_invoice_number, "lastmodified": modified_since},
    sorts={"paymentdate": lambda record: record["PaymentDate"]},
)
ROUTES = [
    Route("GET", "/3/invoicepayments", list_payments, "payment"),
    Route("POST", "/3/invoicepayments", create_payment, "payment"),
    Route("GET", "/3/invoicepayments/{}", get_payment, "payment"),
    Route("PUT", "/3/invoicepayments/{}", update_payment, "payment"),
    Route("DELETE", "/3/invoicepayments/{}", delete_payment, "payment"),
    Route("PUT", "/3/invoicepayments/{}/bookkeep", bookkeep_payment, "payment"),
]
