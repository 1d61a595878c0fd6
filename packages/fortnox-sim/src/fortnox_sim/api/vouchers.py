"""/3/vouchers: lists and counts, one voucher, and how bookings make them."""

from decimal import Decimal

from fortnox_sim.api.texts import BASE
from fortnox_sim.company import Company
from fortnox_sim.errors import BAD_PARAMETER, INVENTED, Refusal, missing
from fortnox_sim.json_format import Answer, Record, json_answer
from fortnox_sim.lists import (
    ListRule,
    Predicate,
    answer_list,
    at_least,
    at_most,
    contains,
    day_of,
    modified_since,
)
from fortnox_sim.router import Call, Route

ZERO = Decimal(0)
VoucherRows = list[tuple[int, Decimal]]


def make(company: Company, *, series: str, day: str, text: str, kind: str, number: str, rows: VoucherRows) -> Record:
    """Write a voucher; positive amounts are debit."""
    year = company.year_needed(day)
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


def item(_company: Company, record: Record) -> Record:
    """Show a list item; manual vouchers have an empty ReferenceType (recorded)."""
    path = f"{record['VoucherSeries']}/{record['VoucherNumber']}"
    return {
        "@url": f"{BASE}/vouchers/{path}?financialyear={record['Year']}",
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


def _row(row: tuple[int, Decimal]) -> Record:
    account, amount = row
    return {
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


def year_id(company: Company, query: dict[str, str]) -> int:
    """Find the year a request is about: named, by date, or today's."""
    named = query.get("financialyear")
    if named is not None:
        if company.get("years", named) is None:
            raise missing(INVENTED["year_missing"])
        return int(named)
    year = company.year_of(day_of(query.get("financialyeardate") or company.today().isoformat()))
    if year is None:
        raise Refusal(INVENTED["fiscal_year"])
    return int(year["Id"])


def _list(call: Call) -> Answer:
    query = {**call.query, "_year": str(year_id(call.company, call.query))}
    if call.args:
        query["_series"] = call.args[0]
    return answer_list(call.company, RULE, query)


def _get(call: Call) -> Answer:
    series, number = call.args
    if not number.isdigit():
        raise Refusal(BAD_PARAMETER)
    record = call.company.get("vouchers", f"{year_id(call.company, call.query)}/{series}/{number}")
    if record is None:
        raise missing((2000763, "Kan inte hitta verifikationen."))
    rows = [_row(row) for row in record["VoucherRows"]]
    shown = {**item(call.company, record), "CostCenter": "", "Project": "", "VoucherRows": rows}
    return json_answer({"Voucher": shown})


def _series(company: Company, value: str) -> Predicate:
    if company.switches["exact_searches"]:
        return lambda record: record["VoucherSeries"] == value
    return contains("VoucherSeries")(company, value)


def _key(record: Record) -> tuple[str, int]:
    return record["VoucherSeries"], record["VoucherNumber"]


RULE = ListRule(
    plural="Vouchers",
    table="vouchers",
    item=item,
    order=_key,
    searches={
        "_year": lambda _company, value: lambda record: record["Year"] == int(value),
        "_series": lambda _company, value: lambda record: record["VoucherSeries"] == value,
        "fromdate": at_least("TransactionDate"),
        "todate": at_most("TransactionDate"),
        "voucherseries": _series,
        "lastmodified": modified_since,
        "financialyear": lambda _company, _value: lambda _record: True,
        "financialyeardate": lambda _company, _value: lambda _record: True,
    },
    sorts={
        "vouchernumber": lambda record: record["VoucherNumber"],
        "voucherseries": _key,
        "referencenumber": lambda record: record["ReferenceNumber"],
        "referencetype": lambda record: record["ReferenceType"],
    },
)
ROUTES = [
    Route("GET", "/3/vouchers", _list, "bookkeeping"),
    Route("GET", "/3/vouchers/sublist/{}", _list, "bookkeeping"),
    Route("GET", "/3/vouchers/{}/{}", _get, "bookkeeping"),
]
