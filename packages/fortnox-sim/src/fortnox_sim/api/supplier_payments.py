"""/3/supplierinvoicepayments: created unbooked; booking writes the voucher and lowers what the invoice owes."""

from decimal import Decimal

from fortnox_sim.api.currencies import ACCOUNTING_CURRENCY, convert_to_accounting
from fortnox_sim.api.payment_vouchers import WRITE_OFF_ACCOUNT, sum_settled
from fortnox_sim.api.payments import WRITE_OFF_FIELDS, compute_amounts, read_write_offs
from fortnox_sim.api.predefined import find_predefined_account, find_series
from fortnox_sim.api.supplier_invoices import find_supplier_invoice, list_voucher_rows, name_voucher, settle
from fortnox_sim.api.vouchers import VoucherRows, add_voucher, check_period
from fortnox_sim.company import Company
from fortnox_sim.errors import ALREADY_PAID, INVENTED, ApiError, not_found
from fortnox_sim.fields import Field, FieldTable, apply_changes
from fortnox_sim.json_format import Record, Response, format_number
from fortnox_sim.lists import ListRule, Predicate, contains, list_records, modified_since
from fortnox_sim.router import API_URL, ApiRequest, Route

ZERO, ONE = Decimal(0), Decimal(1)
TABLE = "supplierpayments"
BANK = 1930
FIELDS = FieldTable(
    Field("Amount", "money", unset=ZERO),
    Field("AmountCurrency", "money", unset=ZERO),
    Field("Booked", "bool", unset=False, readonly=True),
    Field("Currency", limit=3, unset=ACCOUNTING_CURRENCY),
    Field("CurrencyRate", "number", unset=ONE),
    Field("CurrencyUnit", "number", unset=ONE),
    Field("Information"),
    Field("InvoiceDueDate", readonly=True),
    Field("InvoiceNumber"),
    Field("InvoiceOCR", readonly=True),
    Field("InvoiceSupplierName", readonly=True),
    Field("InvoiceSupplierNumber", readonly=True),
    Field("InvoiceTotal", readonly=True),
    Field("ModeOfPayment", unset="BG"),
    Field("Number", "int", readonly=True),
    Field("PaymentDate", "date"),
    Field("Source", unset="manual", readonly=True),
    Field("VoucherNumber", "int", unset=None, readonly=True),
    Field("VoucherSeries", unset=None, readonly=True),
    Field("VoucherYear", "int", unset=None, readonly=True),
    Field("WriteOffs", "rows", unset=[]),
)
LIST_KEYS = (
    "@url", "Amount", "Booked", "Currency", "CurrencyRate", "CurrencyUnit", "InvoiceNumber", "Number", "PaymentDate",
    "Source",
)  # fmt: skip


def find_payment(company: Company, number: str) -> Record:
    record = company.get(TABLE, number)
    if record is None:
        raise not_found(INVENTED["payment_missing"])
    return record


def build_detail(company: Company, record: Record) -> Record:
    """Show a payment with what it shows of its invoice."""
    invoice = company.get("supplierinvoices", record["InvoiceNumber"]) or {}
    shown = {"@url": f"{API_URL}/supplierinvoicepayments/{record['Number']}", **FIELDS.show(record)}
    return shown | {
        "InvoiceDueDate": invoice.get("DueDate", ""),
        "InvoiceOCR": invoice.get("OCR", ""),
        "InvoiceSupplierName": invoice.get("SupplierName", ""),
        "InvoiceSupplierNumber": invoice.get("SupplierNumber", ""),
        "InvoiceTotal": format_number(invoice.get("Total", ZERO)),
        "WriteOffs": [WRITE_OFF_FIELDS.show(row) for row in record["WriteOffs"]],
    }


def build_list_item(company: Company, record: Record) -> Record:
    shown = build_detail(company, record)
    return {**{key: shown[key] for key in LIST_KEYS}, "WriteOffExist": bool(record["WriteOffs"])}


def add_payment(company: Company, body: Record) -> Record:
    """Enter a payment, not yet booked, of a booked invoice with something left to pay."""
    record = apply_changes({}, FIELDS.read(body, company.switches))
    invoice = find_supplier_invoice(company, record.get("InvoiceNumber", ""))
    if invoice.get("Cancelled"):
        raise ApiError(INVENTED["cancelled"])
    if not invoice.get("Booked"):
        raise ApiError(INVENTED["not_booked"])
    if not invoice["Balance"]:
        raise ApiError(ALREADY_PAID)
    currency = invoice.get("Currency", ACCOUNTING_CURRENCY)
    if record.setdefault("Currency", currency) != currency:
        raise ApiError(INVENTED["payment_currency"])
    record["WriteOffs"] = read_write_offs(company, body.get("WriteOffs") or [], invoice)
    record.setdefault("PaymentDate", company.today().isoformat())
    record |= compute_amounts(company, invoice, record)
    number = company.take_number(TABLE, TABLE)
    return company.put(TABLE, str(number), {**record, "Number": number})


def change_payment(company: Company, number: str, body: Record) -> Record:
    """Change a payment that is not booked."""
    record = find_payment(company, number)
    if record.get("Booked"):
        raise ApiError(INVENTED["payment_booked"])
    changes = FIELDS.read(body, company.switches)
    changes.pop("InvoiceNumber", None)
    merged = apply_changes(record, changes, required=("PaymentDate", "Amount", "AmountCurrency"))
    sent = {key: changes[key] for key in ("Amount", "AmountCurrency", "CurrencyRate") if changes.get(key) is not None}
    if sent:
        invoice = find_supplier_invoice(company, record["InvoiceNumber"])
        merged |= compute_amounts(company, invoice, {"AmountCurrency": record["AmountCurrency"]} | sent)
    return company.put(TABLE, number, merged)


def build_payment_rows(company: Company, payment: Record, invoice: Record) -> VoucherRows:
    """Give the voucher rows in kronor; under the cash method the last payment books the purchase."""
    mode = company.get("modes", payment.get("ModeOfPayment", "BG"))
    money = [(int(mode["AccountNumber"]) if mode else BANK, -payment["Amount"])]
    money += [
        (row.get("AccountNumber", WRITE_OFF_ACCOUNT), -convert_to_accounting(row["Amount"], payment))
        for row in payment["WriteOffs"]
    ]
    left = invoice["Balance"] - sum_settled(payment)
    debt = convert_to_accounting(invoice["Balance"], invoice) - convert_to_accounting(left, invoice)
    difference = -debt - sum((amount for _, amount in money), ZERO)
    exchange = find_predefined_account(company, "CURRENCYLOSS" if difference > 0 else "CURRENCYWIN")
    payable = find_predefined_account(company, "SUPDEBT")
    if company.settings["method"] == "CASH" and left <= 0:
        purchase = [row for row in list_voucher_rows(invoice) if row[0] != payable]
        booked = sum((amount for _, amount in purchase), ZERO)
        return [*money, *purchase, (payable, debt - booked), (exchange, difference)]
    return [*money, (payable, debt), (exchange, difference)]


def book_payment(company: Company, number: str) -> Record:
    record = find_payment(company, number)
    if record.get("Booked"):
        raise ApiError(INVENTED["payment_booked"])
    check_period(company, record["PaymentDate"])
    invoice = find_supplier_invoice(company, record["InvoiceNumber"])
    voucher = add_voucher(
        company,
        series=find_series(company, "SUPPLIERINVOICEPAYMENT"),
        day=record["PaymentDate"],
        text=f"Leverantörsbetalning {invoice.get('SupplierName', '')} ({record['InvoiceNumber']})",
        kind="SUPPLIERPAYMENT",
        number=number,
        rows=build_payment_rows(company, record, invoice),
    )
    paid = settle(invoice, sum_settled(record), record["PaymentDate"])
    paid["Vouchers"] = name_voucher(paid, voucher)["Vouchers"]
    company.put("supplierinvoices", invoice["GivenNumber"], paid)
    where = {key: voucher[key] for key in ("VoucherSeries", "VoucherNumber")} | {"VoucherYear": voucher["Year"]}
    return company.put(TABLE, number, {**record, "Booked": True, **where})


def list_payments(request: ApiRequest) -> Response:
    return list_records(request.company, RULE, request.query)


def respond(request: ApiRequest, record: Record, status: int = 200, **headers: str) -> Response:
    return request.respond("SupplierInvoicePayment", build_detail(request.company, record), status, **headers)


def get_payment(request: ApiRequest) -> Response:
    return respond(request, find_payment(request.company, request.args[0]))


def create_payment(request: ApiRequest) -> Response:
    record = add_payment(request.company, request.read_object("SupplierInvoicePayment"))
    request.record_change("supplierpayment.create", str(record["Number"]))
    return respond(request, record, 201, Location="supplierinvoicepayments")


def update_payment(request: ApiRequest) -> Response:
    record = change_payment(request.company, request.args[0], request.read_object("SupplierInvoicePayment"))
    request.record_change("supplierpayment.update", request.args[0])
    return respond(request, record)


def bookkeep_payment(request: ApiRequest) -> Response:
    record = book_payment(request.company, request.args[0])
    request.record_change("supplierpayment.bookkeep", request.args[0])
    return respond(request, record)


def delete_payment(request: ApiRequest) -> Response:
    record = find_payment(request.company, request.args[0])
    if record.get("Booked"):
        raise ApiError(INVENTED["payment_booked"])
    request.company.put(TABLE, request.args[0], {**record, "_deleted": True})
    request.record_change("supplierpayment.delete", request.args[0])
    return Response(204)


def search_invoice_number(company: Company, value: str) -> Predicate:
    if company.switches["exact_searches"]:
        return lambda record: record["InvoiceNumber"] == value
    return contains("InvoiceNumber")(company, value)


RULE = ListRule(
    plural="SupplierInvoicePayments",
    table=TABLE,
    item=build_list_item,
    order=lambda record: (record["PaymentDate"], record["Number"]),
    searches={"invoicenumber": search_invoice_number, "lastmodified": modified_since},
)
ROUTES = [
    Route("GET", "/3/supplierinvoicepayments", list_payments, "payment"),
    Route("POST", "/3/supplierinvoicepayments", create_payment, "payment"),
    Route("GET", "/3/supplierinvoicepayments/{}", get_payment, "payment"),
    Route("PUT", "/3/supplierinvoicepayments/{}", update_payment, "payment"),
    Route("DELETE", "/3/supplierinvoicepayments/{}", delete_payment, "payment"),
    Route("PUT", "/3/supplierinvoicepayments/{}/bookkeep", bookkeep_payment, "payment"),
]
