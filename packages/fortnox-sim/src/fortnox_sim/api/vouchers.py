"""/3/vouchers: lists and counts, one voucher, vouchers by hand, and how bookings make them."""

from decimal import Decimal
from typing import Any

from fortnox_sim.api.chart_of_accounts import find_account
from fortnox_sim.api.financial_years import find_year_id
from fortnox_sim.api.voucher_series import ensure_series, take_voucher_number
from fortnox_sim.company import Company
from fortnox_sim.errors import (
    BAD_PARAMETER,
    INVENTED,
    ROW_ACCOUNT,
    VOUCHER_NOT_FOUND,
    WRONG_STRUCTURE,
    ApiError,
    build_locked_period_error,
    not_found,
)
from fortnox_sim.fields import Field, FieldTable, apply_changes
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
FEWEST_ROWS = 2
VoucherRows = list[tuple[int, Decimal]]
FIELDS = FieldTable(
    Field("ApprovalState", "int", readonly=True),
    Field("Comments", limit=1000),
    Field("CostCenter"),
    Field("Description", limit=200),
    Field("Project"),
    Field("ReferenceNumber", readonly=True),
    Field("ReferenceType", readonly=True),
    Field("TransactionDate", "date"),
    Field("VoucherNumber", "int", readonly=True),
    Field("VoucherRows", "rows"),
    Field("VoucherSeries", limit=10),
    Field("Year", "int", readonly=True),
)
ROW_FIELDS = FieldTable(
    Field("Account", "int"),
    Field("CostCenter"),
    Field("Credit", "money", unset=ZERO),
    Field("Debit", "money", unset=ZERO),
    Field("Description"),
    Field("Project"),
    Field("Quantity", "number", unset=ZERO),
    Field("Removed", "bool", unset=False, readonly=True),
    Field("TransactionInformation", limit=100),
)
MONEY = frozenset({"Account", "Credit", "Debit"})


def add_voucher(
    company: Company, *, series: str, day: str, text: str, kind: str, number: str, rows: VoucherRows, **facts: Any
) -> Record:
    """Write a voucher; positive amounts are debit. `facts` are kept with it, RemovedRows and AddedRows among them."""
    year = company.require_year(day)
    ensure_series(company, series)
    voucher = take_voucher_number(company, year["Id"], series)
    record: Record = {
        "VoucherSeries": series,
        "VoucherNumber": voucher,
        "Year": year["Id"],
        "TransactionDate": day,
        "Description": text,
        "ReferenceNumber": number,
        "ReferenceType": kind,
        "VoucherRows": [[account, amount] for account, amount in rows if amount],
        **facts,
    }
    return company.put("vouchers", f"{year['Id']}/{series}/{voucher}", record)


def check_period(company: Company, day: str) -> None:
    """Raise ApiError for a day without a financial year or in the locked period."""
    company.require_year(day)
    if company.is_locked(day):
        raise ApiError(build_locked_period_error(company.settings["Name"], company.settings["locked_period"]))


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


def build_row(account: int, amount: Decimal, facts: Record) -> Record:
    sides = {"Account": account, "Credit": -amount if amount < 0 else ZERO, "Debit": max(amount, ZERO)}
    return ROW_FIELDS.show({**facts, **sides})


def build_detail(company: Company, record: Record) -> Record:
    """Show a voucher with its rows, removed ones last."""
    facts = record.get("RowFacts") or [{}] * len(record["VoucherRows"])
    rows = [
        build_row(account, amount, fact) for (account, amount), fact in zip(record["VoucherRows"], facts, strict=True)
    ]
    rows += [build_row(account, amount, {"Removed": True}) for account, amount in record.get("RemovedRows", [])]
    more = {"CostCenter": record.get("CostCenter", ""), "Project": record.get("Project", ""), "VoucherRows": rows}
    return {**build_list_item(company, record), **more}


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
        raise not_found(VOUCHER_NOT_FOUND)
    return json_response({"Voucher": build_detail(request.company, record)})


def create_voucher(request: ApiRequest) -> Response:
    """Write a voucher by hand; it has no reference. Without `financialyear` it has to lie in today's year."""
    company, body = request.company, request.read_object("Voucher")
    read = apply_changes({}, FIELDS.read(body, company.switches))
    for name in ("Description", "TransactionDate", "VoucherSeries"):
        if name not in read:
            raise ApiError(INVENTED["required"], name)
    day = read["TransactionDate"]
    check_period(company, day)
    if company.require_year(day)["Id"] != find_year_id(company, request.query):
        raise ApiError(INVENTED["fiscal_year"])
    if company.get("voucherseries", read["VoucherSeries"]) is None:
        raise ApiError(INVENTED["series_missing"])
    rows = read_rows(company, body.get("VoucherRows"), day)
    facts: Record = {key: read[key] for key in ("Comments", "CostCenter", "Project") if key in read}
    facts["RowFacts"] = [{key: value for key, value in row.items() if key not in MONEY} for row in rows]
    record = add_voucher(
        company,
        series=read["VoucherSeries"],
        day=day,
        text=read["Description"],
        kind="",
        number="",
        rows=[(row["Account"], row.get("Debit", ZERO) - row.get("Credit", ZERO)) for row in rows],
        **facts,
    )
    request.record_change("voucher.create", f"{record['Year']}/{record['VoucherSeries']}/{record['VoucherNumber']}")
    return json_response({"Voucher": build_detail(company, record)}, 201, Location="vouchers")


def read_rows(company: Company, sent: Any, day: str) -> list[Record]:
    """Read the rows of a voucher by hand: each has an account of the year and one side, and they balance."""
    if not isinstance(sent, list) or not all(isinstance(row, dict) for row in sent):
        raise ApiError(WRONG_STRUCTURE)
    rows = [apply_changes({}, ROW_FIELDS.read(row, company.switches)) for row in sent]
    rows = [row for row in rows if row.get("Debit", ZERO) != row.get("Credit", ZERO)]
    if any(find_account(company, row.get("Account", ""), day) is None for row in rows):
        raise ApiError(ROW_ACCOUNT)
    if len(rows) < FEWEST_ROWS or sum(row.get("Debit", ZERO) - row.get("Credit", ZERO) for row in rows):
        raise ApiError(INVENTED["voucher_balance"])
    return rows


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
        "costcenter": contains("CostCenter"),
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
    Route("POST", "/3/vouchers", create_voucher, "bookkeeping"),
    Route("GET", "/3/vouchers/sublist", list_vouchers, "bookkeeping"),
    Route("GET", "/3/vouchers/sublist/{}", list_vouchers, "bookkeeping"),
    Route("GET", "/3/vouchers/{}/{}", get_voucher, "bookkeeping"),
]
