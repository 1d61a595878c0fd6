"""/3/supplierinvoices: what suppliers want to be paid, the rows they are booked by, and their vouchers.

Amounts of the document are text in responses, as its schema says; those of rows are numbers, in kronor.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from fortnox_sim.api.chart_of_accounts import find_account
from fortnox_sim.api.currencies import ACCOUNTING_CURRENCY, convert_to_accounting, read_register_rate
from fortnox_sim.api.predefined import find_predefined_account, find_series
from fortnox_sim.api.vouchers import VoucherRows, add_voucher, check_period
from fortnox_sim.company import Company
from fortnox_sim.errors import (
    BAD_PARAMETER,
    INVENTED,
    ROW_ACCOUNT,
    SUPPLIER_INVOICE_BALANCE,
    WRONG_STRUCTURE,
    ApiError,
    not_found,
)
from fortnox_sim.fields import Field, FieldTable, apply_changes
from fortnox_sim.json_format import Record, Response, format_number
from fortnox_sim.lists import ListRule, Predicate, Search, at_least, at_most, contains, list_records, modified_since
from fortnox_sim.router import API_URL, ApiRequest, Handler, Route

ZERO, ONE = Decimal(0), Decimal(1)
TABLE = "supplierinvoices"
ROW_CODES = ("TOT", "VAT", "FRT", "AFE", "ROV", "CND", "CNC", "PRD", "PRC", "SRD", "SRC", "PRE", "GWB", "ACC")
FIELDS = FieldTable(
    Field("AccountingMethod", "choice", choices=("ACCRUAL", "CASH"), unset="ACCRUAL"),
    Field("AdministrationFee", "money", unset=ZERO),
    Field("Balance", "money", unset=ZERO, readonly=True),
    Field("Booked", "bool", unset=False, readonly=True),
    Field("Cancelled", "bool", unset=False, readonly=True),
    Field("Comments", limit=1000),
    Field("CostCenter"),
    Field("Credit", "bool", unset=False, readonly=True),
    Field("CreditReference", "int", unset=0, readonly=True),
    Field("Currency", limit=3, unset=ACCOUNTING_CURRENCY),
    Field("CurrencyRate", "number", unset=ONE),
    Field("CurrencyUnit", "number", unset=ONE),
    Field("DisablePaymentFile", "bool", unset=False),
    Field("DueDate", "date"),
    Field("ExternalInvoiceNumber"),
    Field("ExternalInvoiceSeries"),
    Field("FinalPayDate", "date", unset=None, readonly=True),
    Field("Freight", "money", unset=ZERO),
    Field("GivenNumber", readonly=True),
    Field("InvoiceDate", "date"),
    Field("InvoiceNumber", limit=64),
    Field("OCR"),
    Field("OurReference", limit=50),
    Field("PaymentPending", "bool", unset=False),
    Field("Project"),
    Field("RoundOffValue", "money", unset=ZERO),
    Field("SalesType", "choice", choices=("STOCK", "SERVICE"), unset="STOCK"),
    Field("SupplierInvoiceRows", "rows", unset=[]),
    Field("SupplierName"),
    Field("SupplierNumber"),
    Field("Total", "money", unset=ZERO),
    Field("VAT", "money", unset=ZERO),
    Field("VATType", "choice", choices=("NORMAL", "EUINTERNAL", "REVERSE"), unset="NORMAL"),
    Field("VoucherNumber", "int", unset=None, readonly=True),
    Field("VoucherSeries", unset=None, readonly=True),
    Field("VoucherYear", "int", unset=None, readonly=True),
    Field("Vouchers", "rows", unset=[], readonly=True),
    Field("YourReference", limit=50),
)
ROW_FIELDS = FieldTable(
    Field("Account", "int"),
    Field("AccountDescription", readonly=True),
    Field("ArticleNumber"),
    Field("Code", "choice", choices=ROW_CODES, unset="ACC"),
    Field("CostCenter"),
    Field("Credit", "money", unset=ZERO),
    Field("CreditCurrency", "money", unset=ZERO),
    Field("Debit", "money", unset=ZERO),
    Field("DebitCurrency", "money", unset=ZERO),
    Field("ItemDescription"),
    Field("Price", "money", unset=ZERO),
    Field("Project"),
    Field("Quantity", "int", unset=0),
    Field("StockLocationCode"),
    Field("StockPointCode"),
    Field("Total", "money", unset=ZERO),
    Field("TransactionInformation", limit=100),
    Field("Unit"),
)
REQUIRED = ("SupplierNumber", "InvoiceDate", "DueDate", "Total")
LIST_KEYS = (
    "AuthorizerName", "Balance", "Booked", "Cancel", "CostCenter", "Credit", "Currency", "CurrencyRate", "CurrencyUnit",
    "DueDate", "ExternalInvoiceNumber", "ExternalInvoiceSeries", "FinalPayDate", "GivenNumber", "InvoiceDate",
    "InvoiceNumber", "Project", "SupplierName", "SupplierNumber", "Total", "Vouchers",
)  # fmt: skip
AS_TEXT = frozenset({"AdministrationFee", "Balance", "CurrencyRate", "Freight", "RoundOffValue", "Total", "VAT"})


def find_supplier_invoice(company: Company, number: str) -> Record:
    record = company.get(TABLE, number)
    if record is None:
        raise not_found(INVENTED["supplier_invoice_missing"])
    return record


def build_detail(company: Company, record: Record) -> Record:
    shown = FIELDS.show(record)
    shown |= {key: format_number(shown[key]) for key in AS_TEXT}
    rows = [
        ROW_FIELDS.show({**row, "AccountDescription": describe_account(company, row["Account"])})
        for row in record["SupplierInvoiceRows"]
    ]
    url = f"{API_URL}/supplierinvoices/{record['GivenNumber']}"
    return {"@url": url, **shown, "SupplierInvoiceRows": rows}


def describe_account(company: Company, account: int) -> str:
    found = find_account(company, account)
    return str(found["Description"]) if found else ""


def build_list_item(company: Company, record: Record) -> Record:
    shown = {**build_detail(company, record), "AuthorizerName": "", "Cancel": record.get("Cancelled", False)}
    return {"@url": shown["@url"], **{key: shown[key] for key in LIST_KEYS}}


def add_supplier_invoice(company: Company, body: Record) -> Record:
    """Enter a supplier's invoice, not yet booked; without rows the total is a purchase with its VAT."""
    read = apply_changes({}, FIELDS.read(body, company.switches))
    if "SupplierNumber" not in read:
        raise ApiError(INVENTED["required"], "SupplierNumber")
    number = str(company.take_number(TABLE, TABLE))
    today = company.today().isoformat()
    rate = read_register_rate(company, read.get("Currency", ACCOUNTING_CURRENCY))
    record: Record = {"InvoiceDate": today, "DueDate": read.get("InvoiceDate", today), **rate, **read}
    return store_with_rows(company, {**record, "GivenNumber": number}, body.get("SupplierInvoiceRows"))


def change_supplier_invoice(company: Company, number: str, body: Record) -> Record:
    record = find_supplier_invoice(company, number)
    require_open(record)
    changed = apply_changes(record, FIELDS.read(body, company.switches), required=REQUIRED)
    return store_with_rows(company, changed, body.get("SupplierInvoiceRows", record["SupplierInvoiceRows"]))


def store_with_rows(company: Company, record: Record, sent: Any) -> Record:
    """Keep an invoice with its rows, and what is owed; raise ApiError unless they balance."""
    rows = read_rows(company, sent, record["InvoiceDate"]) if sent else build_rows(company, record)
    totals = [row for row in rows if row.get("Code") == "TOT"]
    rest = sum((row.get("Debit", ZERO) - row.get("Credit", ZERO) for row in rows), ZERO)
    if rest and not totals:
        rows = [build_row(find_predefined_account(company, "SUPDEBT"), -rest, "TOT"), *rows]
    elif rest:
        raise ApiError(SUPPLIER_INVOICE_BALANCE)
    if "Total" not in record:
        record = {**record, "Total": sum_code(rows, "TOT")}
    stored = {**record, "SupplierInvoiceRows": rows, "Balance": record["Total"]}
    return company.put(TABLE, record["GivenNumber"], stored)


def sum_code(rows: list[Record], code: str) -> Decimal:
    """Sum the credit side of the rows of a code."""
    return sum((row.get("Credit", ZERO) - row.get("Debit", ZERO) for row in rows if row.get("Code") == code), ZERO)


def build_row(account: int, amount: Decimal, code: str) -> Record:
    """Build a row; positive amounts are debit."""
    side = {"Debit": amount} if amount > 0 else {"Credit": -amount}
    return {"Account": account, "Code": code, "Total": amount, **side}


def build_rows(company: Company, record: Record) -> list[Record]:
    total, vat = (convert_to_accounting(record.get(key, ZERO), record) for key in ("Total", "VAT"))
    parts = (("SUPDEBT", -total, "TOT"), ("INVAT", vat, "VAT"), ("PURCASE", total - vat, "ACC"))
    return [build_row(find_predefined_account(company, name), amount, code) for name, amount, code in parts if amount]


def read_rows(company: Company, sent: Any, day: str) -> list[Record]:
    if not isinstance(sent, list) or not all(isinstance(row, dict) for row in sent):
        raise ApiError(WRONG_STRUCTURE)
    rows = [apply_changes({}, ROW_FIELDS.read(row, company.switches)) for row in sent]
    if any(find_account(company, row.get("Account", ""), day) is None for row in rows):
        raise ApiError(ROW_ACCOUNT)
    return rows


def require_open(record: Record) -> None:
    for state in ("Booked", "Cancelled"):
        if record.get(state):
            raise ApiError(INVENTED[state.lower()])


def list_voucher_rows(record: Record) -> VoucherRows:
    return [(row["Account"], row.get("Debit", ZERO) - row.get("Credit", ZERO)) for row in record["SupplierInvoiceRows"]]


def book_supplier_invoice(company: Company, number: str) -> Record:
    """Book an invoice: its voucher under the accrual method, and a credit note is set off against its invoice."""
    record = find_supplier_invoice(company, number)
    require_open(record)
    check_period(company, record["InvoiceDate"])
    booked: Record = {**record, "Booked": True}
    if company.settings["method"] == "ACCRUAL":
        voucher = add_voucher(
            company,
            series=find_series(company, "SUPPLIERINVOICE"),
            day=record["InvoiceDate"],
            text=f"Leverantörsfaktura {record.get('SupplierName', '')} ({number})",
            kind="SUPPLIERINVOICE",
            number=number,
            rows=list_voucher_rows(record),
        )
        booked = name_voucher(booked, voucher)
    booked = company.put(TABLE, number, booked)
    original = company.get(TABLE, str(record.get("CreditReference", ""))) if record.get("Credit") else None
    if original is not None and original["Balance"] + record["Balance"] == ZERO:
        for settled in (original, booked):
            company.put(TABLE, settled["GivenNumber"], settle(settled, settled["Balance"], record["InvoiceDate"]))
    return find_supplier_invoice(company, number)


def name_voucher(record: Record, voucher: Record) -> Record:
    """Give an invoice with a voucher: the one it was booked by, in its list of all."""
    own = {"VoucherSeries": voucher["VoucherSeries"], "VoucherNumber": voucher["VoucherNumber"]}
    listed = {"Number": voucher["VoucherNumber"], "ReferenceType": voucher["ReferenceType"]}
    listed |= {"Series": voucher["VoucherSeries"], "Year": voucher["Year"]}
    vouchers = [*record.get("Vouchers", []), listed]
    return {**record, **own, "VoucherYear": voucher["Year"], "Vouchers": vouchers}


def settle(record: Record, amount: Decimal, day: str) -> Record:
    """Give an invoice with so much less to pay."""
    balance = record["Balance"] - amount
    return {**record, "Balance": balance, "FinalPayDate": None if balance else day}


def cancel_supplier_invoice(company: Company, number: str) -> Record:
    record = find_supplier_invoice(company, number)
    require_open(record)
    return company.put(TABLE, number, {**record, "Cancelled": True, "Balance": ZERO})


def credit_supplier_invoice(company: Company, number: str) -> Record:
    """Make a credit note of a booked invoice, not yet booked; give the original, which names it."""
    record = find_supplier_invoice(company, number)
    if not record.get("Booked"):
        raise ApiError(INVENTED["not_booked"])
    if record.get("CreditReference"):
        raise ApiError(INVENTED["credited"])
    note = str(company.take_number(TABLE, TABLE))
    voucher_keys = {"Booked", "VoucherSeries", "VoucherNumber", "VoucherYear", "Vouchers", "FinalPayDate"}
    rows = [
        {**row, "Debit": row.get("Credit", ZERO), "Credit": row.get("Debit", ZERO), "Total": -row.get("Total", ZERO)}
        for row in record["SupplierInvoiceRows"]
    ]
    copied = {key: value for key, value in record.items() if key not in voucher_keys}
    negated: Record = {key: -copied[key] for key in ("Total", "VAT", "Freight", "AdministrationFee") if key in copied}
    references = {"GivenNumber": note, "Credit": True, "CreditReference": int(number)}
    dated = {"InvoiceDate": company.today().isoformat(), "Balance": -record["Total"]}
    company.put(TABLE, note, {**copied, **negated, **references, **dated, "SupplierInvoiceRows": rows})
    return company.put(TABLE, number, {**record, "CreditReference": int(note)})


def search_dates(search: Search) -> Search:
    """Let a search of days do what the switch says: nobody documents that there is one."""

    def search_as_switched(company: Company, value: str) -> Predicate:
        match company.switches["supplier_invoice_dates"]:
            case "refused":
                raise ApiError(BAD_PARAMETER)
            case "ignored":
                return lambda _record: True
        return search(company, value)

    return search_as_switched


def is_unpaid(record: Record) -> bool:
    return bool(record.get("Booked") and not record.get("Cancelled") and record["Balance"])


def filter_overdue(company: Company, _value: str) -> Predicate:
    today = company.today().isoformat()
    return lambda record: is_unpaid(record) and record["DueDate"] < today


FILTERS: dict[str, Search] = {
    "cancelled": lambda _company, _value: lambda record: bool(record.get("Cancelled")),
    "fullypaid": lambda _company, _value: lambda record: bool(record.get("Booked")) and not record["Balance"],
    "unpaid": lambda _company, _value: is_unpaid,
    "unpaidoverdue": filter_overdue,
    "unbooked": lambda _company, _value: lambda record: not (record.get("Booked") or record.get("Cancelled")),
    "pendingpayment": lambda _company, _value: lambda record: bool(record.get("PaymentPending")),
    "authorizepending": lambda _company, _value: lambda _record: False,
}


def list_invoices(request: ApiRequest) -> Response:
    return list_records(request.company, RULE, request.query)


def get_invoice(request: ApiRequest) -> Response:
    return respond(request, find_supplier_invoice(request.company, request.args[0]))


def respond(request: ApiRequest, record: Record, status: int = 200, **headers: str) -> Response:
    return request.respond("SupplierInvoice", build_detail(request.company, record), status, **headers)


def create_invoice(request: ApiRequest) -> Response:
    record = add_supplier_invoice(request.company, request.read_object("SupplierInvoice"))
    request.record_change("supplierinvoice.create", record["GivenNumber"])
    return respond(request, record, 201, Location="supplierinvoices")


def update_invoice(request: ApiRequest) -> Response:
    number = request.args[0]
    record = change_supplier_invoice(request.company, number, request.read_object("SupplierInvoice"))
    request.record_change("supplierinvoice.update", number)
    return respond(request, record)


def act_with(action: str, act: Callable[[Company, str], Record]) -> Handler:
    """Make the handler of a PUT that does something to an invoice."""

    def act_on_invoice(request: ApiRequest) -> Response:
        record = act(request.company, request.args[0])
        request.record_change(f"supplierinvoice.{action}", request.args[0])
        return respond(request, record)

    return act_on_invoice


ACTIONS = {"bookkeep": book_supplier_invoice, "cancel": cancel_supplier_invoice, "credit": credit_supplier_invoice}
RULE = ListRule(
    plural="SupplierInvoices",
    table=TABLE,
    item=build_list_item,
    order=lambda record: int(record["GivenNumber"]),
    searches={
        "suppliernumber": contains("SupplierNumber"),
        "fromdate": search_dates(at_least("InvoiceDate")),
        "todate": search_dates(at_most("InvoiceDate")),
        "lastmodified": modified_since,
    },
    filters=FILTERS,
)
ROUTES = [
    Route("GET", "/3/supplierinvoices", list_invoices, "supplierinvoice"),
    Route("POST", "/3/supplierinvoices", create_invoice, "supplierinvoice"),
    Route("GET", "/3/supplierinvoices/{}", get_invoice, "supplierinvoice"),
    Route("PUT", "/3/supplierinvoices/{}", update_invoice, "supplierinvoice"),
    *(
        Route("PUT", f"/3/supplierinvoices/{{}}/{action}", act_with(action, act), "supplierinvoice")
        for action, act in ACTIONS.items()
    ),
]
