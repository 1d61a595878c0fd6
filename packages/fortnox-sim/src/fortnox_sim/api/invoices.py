"""/3/invoices: lists, details, changes, and the actions, some of which are GET and still change something."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from fortnox_sim.api import credit_notes
from fortnox_sim.api import invoice_rules as rules
from fortnox_sim.api.invoice_booking import book_invoice
from fortnox_sim.api.invoice_fields import build_detail, build_list_item
from fortnox_sim.company import Company
from fortnox_sim.errors import BAD_PARAMETER, ApiError
from fortnox_sim.json_format import Record, Response
from fortnox_sim.lists import (
    ListRule,
    Predicate,
    Search,
    at_least,
    at_most,
    contains,
    flag,
    list_records,
    modified_since,
    number_sort_key,
)
from fortnox_sim.router import ApiRequest, Route

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def _respond(request: ApiRequest, record: Record, status: int = 200) -> Response:
    shown = build_detail(request.company, record, vouchers=request.installation.switches["voucher_right"])
    headers = {"Location": "invoices"} if status == HTTPStatus.CREATED else {}
    return request.respond("Invoice", shown, status, **headers)


def list_invoices(request: ApiRequest) -> Response:
    query = dict(request.query)
    if "accountnumberfrom" in query or "accountnumberto" in query:
        query["_accounts"] = f"{query.get('accountnumberfrom', '0')}-{query.get('accountnumberto', '9999')}"
    return list_records(request.company, RULE, query)


def get_invoice(request: ApiRequest) -> Response:
    return _respond(request, rules.find_invoice(request.company, request.args[0]))


def create_invoice(request: ApiRequest) -> Response:
    record = rules.create_invoice(request.company, request.read_object("Invoice"))
    request.record_change("invoice.create", record["DocumentNumber"], record.get("ExternalInvoiceReference1"))
    return _respond(request, record, 201)


def update_invoice(request: ApiRequest) -> Response:
    record = credit_notes.change_invoice(request.company, request.args[0], request.read_object("Invoice"))
    request.record_change("invoice.update", record["DocumentNumber"])
    return _respond(request, record)


def credit_invoice(request: ApiRequest) -> Response:
    record, note = credit_notes.credit_invoice(request.company, request.args[0])
    request.record_change("invoice.credit", note["DocumentNumber"], note.get("ExternalInvoiceReference1"))
    return _respond(request, record)


def run_action(name: str, act: Callable[[Company, str], Record], request: ApiRequest) -> Response:
    """Do something to an invoice, and show it."""
    record = act(request.company, request.args[0])
    request.record_change(f"invoice.{name}", record["DocumentNumber"], record.get("ExternalInvoiceReference1"))
    return _respond(request, record)


def print_invoice(name: str, act: Callable[[Company, str], Record], request: ApiRequest) -> Response:
    """Do something to an invoice, and respond with its paper."""
    record = act(request.company, request.args[0])
    request.record_change(f"invoice.{name}", record["DocumentNumber"])
    return Response(200, PDF, {"Content-Type": "application/pdf"})


def preview_invoice(request: ApiRequest) -> Response:
    rules.find_invoice(request.company, request.args[0])
    return Response(200, PDF, {"Content-Type": "application/pdf"})


def is_unpaid(record: Record) -> bool:
    return bool(record.get("Booked") and not record.get("Cancelled") and record["Balance"])


def filter_overdue(company: Company, _value: str) -> Predicate:
    today = company.today().isoformat()
    return lambda record: is_unpaid(record) and record["DueDate"] < today


def filter_visible(company: Company, _value: str) -> Predicate:
    latest = company.clock.now().timestamp() - company.switches["visible_after_seconds"]
    return lambda record: bool(record["_visible"] <= latest)


def filter_accounts(_company: Company, value: str) -> Predicate:
    """Find invoices with a row whose account lies in a range such as `2000-2999`."""
    try:
        lowest, highest = (int(end) for end in value.split("-"))
    except ValueError:
        raise ApiError(BAD_PARAMETER) from None
    return lambda record: any(lowest <= row["AccountNumber"] <= highest for row in record["InvoiceRows"])


def search_reference(company: Company, value: str) -> Predicate:
    if company.switches["reference_search"] == "exact":
        return lambda record: record.get("ExternalInvoiceReference1") == value
    return contains("ExternalInvoiceReference1")(company, value)


def row_contains(key: str) -> Search:
    def search(_company: Company, value: str) -> Predicate:
        wanted = value.casefold()
        return lambda record: any(wanted in str(row.get(key, "")).casefold() for row in record["InvoiceRows"])

    return search


RULE = ListRule(
    plural="Invoices",
    table="invoices",
    item=build_list_item,
    order=lambda record: number_sort_key(record["DocumentNumber"]),
    base=filter_visible,
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
        "label": lambda _company, value: lambda record: value in [str(one["Id"]) for one in record.get("Labels", [])],
        "ocr": contains("OCR"),
        "ourreference": contains("OurReference"),
        "project": contains("Project"),
        "sent": flag("Sent"),
        "externalinvoicereference1": search_reference,
        "externalinvoicereference2": contains("ExternalInvoiceReference2"),
        "yourreference": contains("YourReference"),
        "invoicetype": contains("InvoiceType"),
        "articlenumber": row_contains("ArticleNumber"),
        "articledescription": row_contains("Description"),
        "currency": contains("Currency"),
        "_accounts": filter_accounts,
        "accountnumberfrom": lambda _company, _value: lambda _record: True,
        "accountnumberto": lambda _company, _value: lambda _record: True,
        "yourordernumber": contains("YourOrderNumber"),
        "credit": lambda _company, value: lambda record: record.get("Credit", "false") == value.lower(),
    },
    filters={
        "cancelled": lambda _company, _value: lambda record: record.get("Cancelled", False),
        "fullypaid": lambda _company, _value: (
            lambda record: bool(record.get("Booked") and not record.get("Cancelled") and not record["Balance"])
        ),
        "unpaid": lambda _company, _value: is_unpaid,
        "unpaidoverdue": filter_overdue,
        "unbooked": lambda _company, _value: lambda record: not (record.get("Booked") or record.get("Cancelled")),
    },
    sorts={
        "customername": lambda record: record.get("CustomerName", "").casefold(),
        "customernumber": lambda record: number_sort_key(record["CustomerNumber"]),
        "documentnumber": lambda record: number_sort_key(record["DocumentNumber"]),
        "invoicedate": lambda record: record["InvoiceDate"],
        "ocr": lambda record: number_sort_key(record.get("OCR", "")),
        "total": lambda record: record["Total"],
    },
)
ACTIONS: tuple[tuple[str, str, Callable[[Company, str], Record]], ...] = (
    ("PUT", "bookkeep", book_invoice),
    ("PUT", "cancel", rules.cancel_invoice),
    ("PUT", "externalprint", rules.mark_sent),
    ("PUT", "warehouseready", rules.mark_warehouse_ready),
    ("GET", "email", rules.mark_sent),
    ("GET", "einvoice", rules.mark_sent),
    ("GET", "eprint", rules.mark_sent),
)
PAPERS = (("print", rules.mark_sent), ("printreminder", rules.count_reminder))
ROUTES = [
    Route("GET", "/3/invoices", list_invoices, "invoice"),
    Route("POST", "/3/invoices", create_invoice, "invoice"),
    Route("GET", "/3/invoices/{}", get_invoice, "invoice"),
    Route("PUT", "/3/invoices/{}", update_invoice, "invoice"),
    Route("PUT", "/3/invoices/{}/credit", credit_invoice, "invoice"),
    Route("GET", "/3/invoices/{}/preview", preview_invoice, "invoice"),
    *(Route("GET", f"/3/invoices/{{}}/{name}", partial(print_invoice, name, act), "invoice") for name, act in PAPERS),
    *(
        Route(method, f"/3/invoices/{{}}/{name}", partial(run_action, name, act), "invoice")
        for method, name, act in ACTIONS
    ),
]
