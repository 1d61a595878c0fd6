"""/3/vouchers: lists and counts, one voucher, and how bookings make them."""

from decimal import Decimal

from fortnox_sim.api.financial_years import find_year_id
from fortnox_sim.company import Company
from fortnox_sim.errors import BAD_PARAMETER, ApiError, not_found
from fortnox_sim.json_format import Record, Response, json_response
from fortnox_sim.lists import (
    ListRule,
    Predicate,
    at_least,
    at_most,
    contains,
    list_records,
    modified_since,
    read_day,
)
from fortnox_sim.router import API_URL, ApiRequest, Route

ZERO = Decimal(0)
VoucherRows = list[tuple[int, Decimal]]


def add_voucher(
    company: Company, *, series: str, day: str, text: str, kind: str, number: str, rows: VoucherRows
) -> Record:
    """Write a voucher; positive amounts are debit."""
    year = company.require_year(day)
    voucher = company.take_number(f"voucher/{year['Id']}/{series}")
    record: Record = {
        "VoucherSeries": series,
        "VoucherNumber": voucher,
        "Year": year["Id"],
        "TransactionDate": day,
        "Description": text,
        "ReferenceNumber": number,
        "ReferenceType": kind,
        "VoucherRows": [[account, amount] for account, amount in rows if amount],
    }
    return company.put("vouchers", f"{year['Id']}/{series}/{voucher}", record)


def build_list_item(_company: Company, record: Record) -> Record:
    """Show a list item; manual vouchers have an empty ReferenceType (recorded)."""
    path = f"{record['VoucherSeries']}/{record['VoucherNumber']}"
    return {
        "@url": f"{API_URL}/vouchers/{path}?financialyear={record['Year']}",
        "Comments": record.get("Comments"),
        "Description": record["Description"],
        "ReferenceNumber": record["ReferenceNumber"],
        "ReferenceType": record["ReferenceType"],
        "TransactionDate": record["TransactionDate"],
        "VoucherNumber": record["VoucherNumber"],
        "VoucherSeries": record["VoucherSeries"],
        "Year": record["Year"],
        "ApprovalState": 0,
    }


def list_vouchers(request: ApiRequest) -> Response:
    number = find_year_id(request.company, request.query)
    year = request.company.table("years").rows[str(number)]
    days = [read_day(request.query[name]) for name in ("fromdate", "todate") if name in request.query]
    if not all(year["FromDate"] <= day <= year["ToDate"] for day in days):
        raise ApiError(BAD_PARAMETER)
    query = {**request.query, "_year": str(number)}
    if request.args:
        query["_series"] = request.args[0]
    return list_records(request.company, RULE, query)


def get_voucher(request: ApiRequest) -> Response:
    series, number = request.args
    if not number.isdigit():
        raise ApiError(BAD_PARAMETER)
    record = request.company.get("vouchers", f"{find_year_id(request.company, request.query)}/{series}/{number}")
    if record is None:
        raise not_found((2000763, "Kan inte hitta verifikationen."))
    rows = [
        {
            "Account": account,
            "CostCenter": "",
            "Credit": -amount if amount < 0 else ZERO,
            "Debit": max(amount, ZERO),
            "Description": "",
            "Project": "",
            "Quantity": ZERO,
            "Removed": False,
            "TransactionInformation": "",
        }
        for account, amount in record["VoucherRows"]
    ]
    shown = {**build_list_item(request.company, record), "CostCenter": "", "Project": "", "VoucherRows": rows}
    return json_response({"Voucher": shown})


def search_series(company: Company, value: str) -> Predicate:
    if company.switches["exact_searches"]:
        return lambda record: record["VoucherSeries"] == value
    return contains("VoucherSeries")(company, value)


def sort_key(record: Record) -> tuple[str, int]:
    return record["VoucherSeries"], record["VoucherNumber"]


RULE = ListRule(
    plural="Vouchers",
    table="vouchers",
    item=build_list_item,
    order=sort_key,
    searches={
        "_year": lambda _company, value: lambda record: record["Year"] == int(value),
        "_series": lambda _company, value: lambda record: record["VoucherSeries"] == value,
        "fromdate": at_least("TransactionDate"),
        "todate": at_most("TransactionDate"),
        "voucherseries": search_series,
        "lastmodified": modified_since,
        "financialyear": lambda _company, _value: lambda _record: True,
        "financialyeardate": lambda _company, _value: lambda _record: True,
    },
    sorts={
        "vouchernumber": lambda record: record["VoucherNumber"],
        "voucherseries": sort_key,
        "referencenumber": lambda record: record["ReferenceNumber"],
        "referencetype": lambda record: record["ReferenceType"],
    },
)
ROUTES = [
    Route("GET", "/3/vouchers", list_vouchers, "bookkeeping"),
    Route("GET", "/3/vouchers/sublist/{}", list_vouchers, "bookkeeping"),
    Route("GET", "/3/vouchers/{}/{}", get_voucher, "bookkeeping"),
]
