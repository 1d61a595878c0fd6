"""/3/invoices: lists, details, changes, and the actions, some of which are GET and still change something."""

from collections.abc import Callable
from http import HTTPStatus

from fortnox_sim.api import invoice_rules as rules
from fortnox_sim.api.invoice_fields import detail, item
from fortnox_sim.company import Company
from fortnox_sim.json_format import Answer, Record
from fortnox_sim.lists import (
    ListRule,
    Predicate,
    answer_list,
    at_least,
    at_most,
    contains,
    flag,
    modified_since,
    number_order,
)
from fortnox_sim.router import Call, Handler, Route

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def _show(call: Call, record: Record, status: int = 200) -> Answer:
    shown = detail(call.company, record, vouchers=call.world.switches["voucher_right"])
    headers = {"Location": "invoices"} if status == HTTPStatus.CREATED else {}
    return call.show("Invoice", shown, status, **headers)


def _list(call: Call) -> Answer:
    return answer_list(call.company, RULE, call.query)


def _get(call: Call) -> Answer:
    return _show(call, rules.find(call.company, call.args[0]))


def _post(call: Call) -> Answer:
    record = rules.create(call.company, call.json("Invoice"))
    call.done("invoice.create", record["DocumentNumber"], record.get("ExternalInvoiceReference1"))
    return _show(call, record, 201)


def _put(call: Call) -> Answer:
    record = rules.update(call.company, call.args[0], call.json("Invoice"))
    call.done("invoice.update", record["DocumentNumber"])
    return _show(call, record)


def _action(name: str, act: Callable[[Company, str], Record]) -> Handler:
    def handler(call: Call) -> Answer:
        record = act(call.company, call.args[0])
        call.done(f"invoice.{name}", record["DocumentNumber"], record.get("ExternalInvoiceReference1"))
        return _show(call, record)

    return handler


def _credit(call: Call) -> Answer:
    record, note = rules.credit(call.company, call.args[0])
    call.done("invoice.credit", note["DocumentNumber"], note.get("ExternalInvoiceReference1"))
    return _show(call, record)


def _paper(name: str, act: Callable[[Company, str], Record]) -> Handler:
    def handler(call: Call) -> Answer:
        record = act(call.company, call.args[0])
        call.done(f"invoice.{name}", record["DocumentNumber"])
        return Answer(200, PDF, {"Content-Type": "application/pdf"})

    return handler


def _preview(call: Call) -> Answer:
    rules.find(call.company, call.args[0])
    return Answer(200, PDF, {"Content-Type": "application/pdf"})


def _open(record: Record) -> bool:
    return bool(record.get("Booked") and not record.get("Cancelled") and record["Balance"])


def _overdue(company: Company, _value: str) -> Predicate:
    today = company.today().isoformat()
    return lambda record: _open(record) and record["DueDate"] < today


def _reference(company: Company, value: str) -> Predicate:
    if company.switches["reference_search"] == "exact":
        return lambda record: record.get("ExternalInvoiceReference1") == value
    return contains("ExternalInvoiceReference1")(company, value)


def _visible(company: Company, _value: str) -> Predicate:
    latest = company.clock.now().timestamp() - company.switches["visible_after_seconds"]
    return lambda record: bool(record["_visible"] <= latest)


def _any_row(key: str) -> Callable[[Company, str], Predicate]:
    def search(_company: Company, value: str) -> Predicate:
        wanted = value.casefold()
        return lambda record: any(wanted in str(row.get(key, "")).casefold() for row in record["InvoiceRows"])

    return search


RULE = ListRule(
    plural="Invoices",
    table="invoices",
    item=item,
    order=lambda record: number_order(record["DocumentNumber"]),
    base=_visible,
    searches={
        "costcenter": contains("CostCenter"),
        "customername": contains("CustomerName"),
        "customernumber": contains("CustomerNumber"),
        "documentnumber": contains("DocumentNumber"),
        "fromdate": at_least("InvoiceDate"),
        "todate": at_most("InvoiceDate"),
        "fromfinalpaydate": at_least("FinalPayDate"),
        "tofinalpaydate": at_most("FinalPayDate"),
        "lastmodified": modified_since,
        "notcompleted": flag("NotCompleted"),
        "ocr": contains("OCR"),
        "ourreference": contains("OurReference"),
        "project": contains("Project"),
        "sent": flag("Sent"),
        "externalinvoicereference1": _reference,
        "externalinvoicereference2": contains("ExternalInvoiceReference2"),
        "yourreference": contains("YourReference"),
        "invoicetype": contains("InvoiceType"),
        "articlenumber": _any_row("ArticleNumber"),
        "articledescription": _any_row("Description"),
        "currency": contains("Currency"),
        "accountnumberfrom": lambda _company, value: (
            lambda record: any(str(row["AccountNumber"]) >= value for row in record["InvoiceRows"])
        ),
        "accountnumberto": lambda _company, value: (
            lambda record: any(str(row["AccountNumber"]) <= value for row in record["InvoiceRows"])
        ),
        "yourordernumber": contains("YourOrderNumber"),
        "credit": lambda _company, value: lambda record: record.get("Credit", "false") == value.lower(),
    },
    filters={
        "cancelled": lambda _company, _value: lambda record: record.get("Cancelled", False),
        "fullypaid": lambda _company, _value: (
            lambda record: bool(record.get("Booked") and not record.get("Cancelled") and not record["Balance"])
        ),
        "unpaid": lambda _company, _value: _open,
        "unpaidoverdue": _overdue,
        "unbooked": lambda _company, _value: lambda record: not (record.get("Booked") or record.get("Cancelled")),
    },
    sorts={
        "customername": lambda record: record.get("CustomerName", "").casefold(),
        "customernumber": lambda record: number_order(record["CustomerNumber"]),
        "documentnumber": lambda record: number_order(record["DocumentNumber"]),
        "invoicedate": lambda record: record["InvoiceDate"],
        "ocr": lambda record: number_order(record.get("OCR", "")),
        "total": lambda record: record["Total"],
    },
)
ACTIONS: tuple[tuple[str, str, Callable[[Company, str], Record]], ...] = (
    ("PUT", "bookkeep", rules.bookkeep),
    ("PUT", "cancel", rules.cancel),
    ("PUT", "externalprint", rules.mark_sent),
    ("PUT", "warehouseready", rules.warehouse_ready),
    ("GET", "email", rules.mark_sent),
    ("GET", "einvoice", rules.mark_sent),
    ("GET", "eprint", rules.mark_sent),
)
ROUTES = [
    Route("GET", "/3/invoices", _list, "invoice"),
    Route("POST", "/3/invoices", _post, "invoice"),
    Route("GET", "/3/invoices/{}", _get, "invoice"),
    Route("PUT", "/3/invoices/{}", _put, "invoice"),
    Route("PUT", "/3/invoices/{}/credit", _credit, "invoice"),
    Route("GET", "/3/invoices/{}/print", _paper("print", rules.mark_sent), "invoice"),
    Route("GET", "/3/invoices/{}/printreminder", _paper("printreminder", rules.remind), "invoice"),
    Route("GET", "/3/invoices/{}/preview", _preview, "invoice"),
    *(Route(method, f"/3/invoices/{{}}/{name}", _action(name, act), "invoice") for method, name, act in ACTIONS),
]
