"""/3/invoicepayments: created unbooked; only booked payments reduce the balance."""

from decimal import Decimal
from http import HTTPStatus
from typing import Any

from fortnox_sim.api import accounts, vouchers
from fortnox_sim.api.invoice_rules import voucher_rows
from fortnox_sim.api.texts import BASE
from fortnox_sim.company import Company
from fortnox_sim.errors import (
    ALREADY_PAID,
    INVENTED,
    INVOICE_NOT_FOUND,
    ROW_ACCOUNT,
    WRONG_STRUCTURE,
    Refusal,
    missing,
    voucher_locked,
)
from fortnox_sim.fields import Field, FieldTable, apply, round2
from fortnox_sim.json_format import Answer, Record, number
from fortnox_sim.lists import ListRule, Predicate, answer_list, contains, modified_since
from fortnox_sim.router import Call, Route

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
    Field("AccountNumber", "int", unset=3740),
    Field("Amount", "money", unset=ZERO),
    Field("CostCenter"),
    Field("Currency", limit=3, unset="SEK"),
    Field("Description"),
    Field("Project"),
    Field("TransactionInformation"),
)


def item(_company: Company, record: Record) -> Record:
    return {
        "@url": f"{BASE}/invoicepayments/{record['Number']}",
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


def detail(company: Company, record: Record) -> Record:
    """Show one payment with what it borrows from its invoice."""
    invoice = company.get("invoices", str(record["InvoiceNumber"])) or {}
    shown = {"@url": f"{BASE}/invoicepayments/{record['Number']}", **FIELDS.show(record)}
    return shown | {
        "ExternalInvoiceReference1": invoice.get("ExternalInvoiceReference1", ""),
        "ExternalInvoiceReference2": invoice.get("ExternalInvoiceReference2", ""),
        "InvoiceCustomerName": invoice.get("CustomerName", ""),
        "InvoiceCustomerNumber": invoice.get("CustomerNumber", ""),
        "InvoiceDueDate": invoice.get("DueDate", ""),
        "InvoiceOCR": invoice.get("OCR", ""),
        "InvoiceTotal": number(invoice.get("Total", ZERO)),
        "WriteOffs": [WRITE_OFF_FIELDS.show(row) for row in record.get("WriteOffs", [])],
    }


def find(company: Company, payment: str) -> Record:
    record = company.get("payments", payment)
    if record is None:
        raise missing(INVENTED["payment_missing"])
    return record


def create(company: Company, body: Record) -> Record:
    """Make a payment, not yet booked; nothing is checked against the balance but that it is open."""
    changes = {key: value for key, value in FIELDS.read(body, company.switches).items() if value is not None}
    invoice = company.get("invoices", str(changes.get("InvoiceNumber", "")))
    if invoice is None:
        raise Refusal(INVOICE_NOT_FOUND)
    changes["WriteOffs"] = _write_offs(company, body.get("WriteOffs"))
    record = _complete(company, changes, invoice)
    _check(company, record, invoice)
    payment = str(company.take_number("payments", "payments"))
    document = str(record["InvoiceNumber"])
    index = company.get("paymentsof", document) or {"numbers": []}
    company.put("paymentsof", document, {"numbers": [*index["numbers"], payment]})
    return company.put("payments", payment, {**record, "Number": payment})


def _complete(company: Company, changes: Record, invoice: Record) -> Record:
    currency = invoice.get("Currency", "SEK")
    rate = changes.get("CurrencyRate", invoice.get("CurrencyRate", ONE))
    changes.setdefault("Currency", currency)
    changes.setdefault("PaymentDate", company.today().isoformat())
    if "AmountCurrency" not in changes:
        changes["AmountCurrency"] = changes.get("Amount", invoice["Balance"])
    if "Amount" not in changes or (currency != "SEK" and "CurrencyRate" not in changes):
        changes["Amount"] = round2(changes["AmountCurrency"] * rate)
    mode = company.get("modes", changes.get("ModeOfPayment", "BG"))
    changes.setdefault("ModeOfPaymentAccount", int(mode["AccountNumber"]) if mode else 1930)
    return {**changes, "CurrencyRate": rate}


def _write_offs(company: Company, sent: Any) -> list[Record]:
    rows = sent or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refusal(WRONG_STRUCTURE)
    read = [apply({}, WRITE_OFF_FIELDS.read(row, company.switches)) for row in rows]
    if any(str(row.get("AccountNumber", 3740)) not in company.table("accounts") for row in read):
        raise Refusal(ROW_ACCOUNT)
    return read


def _check(company: Company, record: Record, invoice: Record) -> None:
    if invoice.get("Cancelled"):
        raise Refusal(INVENTED["cancelled"])
    if company.switches["payment_needs_booked"] and not invoice.get("Booked"):
        raise Refusal(INVENTED["not_booked"])
    if not invoice["Balance"]:
        raise Refusal(ALREADY_PAID)
    if record["Currency"] != invoice.get("Currency", "SEK"):
        raise Refusal(INVENTED["payment_currency"])
    if record["PaymentDate"] < invoice["InvoiceDate"]:
        raise Refusal(INVENTED["payment_early"])
    year = company.year_of(invoice["InvoiceDate"])
    inside = year is not None and record["PaymentDate"] <= year["ToDate"]
    if not inside and not company.switches["payment_other_year"]:
        raise Refusal(INVENTED["payment_year"])


def bookkeep(company: Company, payment: str) -> Record:
    """Book a payment: voucher in series C, and the invoice's balance falls."""
    record = find(company, payment)
    if record.get("Booked"):
        raise Refusal(INVENTED["payment_booked"])
    company.year_needed(record["PaymentDate"])
    if company.locked(record["PaymentDate"]):
        raise Refusal(voucher_locked(company.settings["Name"], company.settings["locked_period"]))
    invoice = company.get("invoices", str(record["InvoiceNumber"]))
    if invoice is None:
        raise Refusal(INVOICE_NOT_FOUND)
    voucher = vouchers.make(
        company,
        series="C",
        day=record["PaymentDate"],
        text=f"Kundinbetalning {invoice['CustomerName']} ({record['InvoiceNumber']})",
        kind="INVOICEPAYMENT",
        number=payment,
        rows=_rows(company, record, invoice),
    )
    where = {"VoucherSeries": "C", "VoucherNumber": voucher["VoucherNumber"], "VoucherYear": voucher["Year"]}
    booked = company.put("payments", payment, {**record, "Booked": True, **where})
    settle(company, invoice, record["PaymentDate"])
    return booked


def _rows(company: Company, record: Record, invoice: Record) -> list[tuple[int, Decimal]]:
    """Money in, write-offs, claim out; under the cash method the sale itself is booked here."""
    offs = [(row.get("AccountNumber", 3740), row["Amount"]) for row in record.get("WriteOffs", [])]
    money = [(record["ModeOfPaymentAccount"], record["Amount"]), *offs]
    paid = sum((amount for _, amount in money), ZERO)
    full = paid >= invoice["Balance"]
    if company.settings["method"] == "CASH" and full:
        return [*money, *voucher_rows(company, invoice)[1:]]
    return [*money, (accounts.predefined_account(company, "CUSTCLAIM"), -paid)]


def of_invoice(company: Company, document: str) -> list[Record]:
    """Find an invoice's payments by the index that `create` keeps."""
    index = company.get("paymentsof", document) or {"numbers": []}
    return [company.table("payments").rows[number] for number in index["numbers"]]


def settle(company: Company, invoice: Record, day: str) -> None:
    """Compute an invoice's balance anew from its booked payments and their write-offs."""
    document = invoice["DocumentNumber"]
    paid = invoice.get("_setoff", ZERO)
    for payment in of_invoice(company, document):
        if payment.get("Booked") and not payment.get("_deleted"):
            paid += payment["AmountCurrency"]
            paid += sum((row["Amount"] for row in payment.get("WriteOffs", [])), ZERO)
    balance = invoice["TotalToPay"] - paid
    changed = {**invoice, "Balance": balance, "FinalPayDate": None if balance else day}
    touch = company.switches["payment_touches_invoice"]
    company.put("invoices", document, changed, touch=touch)


def remove(company: Company, payment: str) -> Record:
    """Take a payment away; a booked one is reversed and its invoice is open again."""
    record = find(company, payment)
    gone = company.put("payments", payment, {**record, "_deleted": True})
    invoice = company.get("invoices", str(record["InvoiceNumber"]))
    if record.get("Booked") and invoice is not None:
        settle(company, invoice, record["PaymentDate"])
    return gone


def update(company: Company, payment: str, body: Record) -> Record:
    """Change a payment that is not booked."""
    record = find(company, payment)
    if record.get("Booked"):
        raise Refusal(INVENTED["payment_booked"])
    changes = FIELDS.read(body, company.switches)
    for fixed in ("Number", "InvoiceNumber"):
        changes.pop(fixed, None)
    return company.put("payments", payment, apply(record, changes))


def _list(call: Call) -> Answer:
    return answer_list(call.company, RULE, call.query)


def _get(call: Call) -> Answer:
    return _show(call, find(call.company, call.args[0]))


def _show(call: Call, record: Record, status: int = 200) -> Answer:
    headers = {"Location": "invoicepayments"} if status == HTTPStatus.CREATED else {}
    return call.show("InvoicePayment", detail(call.company, record), status, **headers)


def _post(call: Call) -> Answer:
    record = create(call.company, call.json("InvoicePayment"))
    call.done("payment.create", record["Number"])
    return _show(call, record, 201)


def _put(call: Call) -> Answer:
    record = update(call.company, call.args[0], call.json("InvoicePayment"))
    call.done("payment.update", record["Number"])
    return _show(call, record)


def _bookkeep(call: Call) -> Answer:
    record = bookkeep(call.company, call.args[0])
    call.done("payment.bookkeep", record["Number"])
    return _show(call, record)


def _delete(call: Call) -> Answer:
    record = find(call.company, call.args[0])
    if record.get("Booked"):
        raise Refusal(INVENTED["payment_booked"])
    remove(call.company, record["Number"])
    call.done("payment.delete", record["Number"])
    return Answer(204)


def _of_invoice(company: Company, value: str) -> Predicate:
    if company.switches["exact_searches"]:
        return lambda record: str(record["InvoiceNumber"]) == value
    return contains("InvoiceNumber")(company, value)


RULE = ListRule(
    plural="InvoicePayments",
    table="payments",
    item=item,
    order=lambda record: (record["PaymentDate"], int(record["Number"])),
    searches={"invoicenumber": _of_invoice, "lastmodified": modified_since},
    sorts={"paymentdate": lambda record: record["PaymentDate"]},
)
ROUTES = [
    Route("GET", "/3/invoicepayments", _list, "payment"),
    Route("POST", "/3/invoicepayments", _post, "payment"),
    Route("GET", "/3/invoicepayments/{}", _get, "payment"),
    Route("PUT", "/3/invoicepayments/{}", _put, "payment"),
    Route("DELETE", "/3/invoicepayments/{}", _delete, "payment"),
    Route("PUT", "/3/invoicepayments/{}/bookkeep", _bookkeep, "payment"),
]
