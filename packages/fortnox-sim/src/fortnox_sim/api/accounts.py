"""/3/accounts: a chart for each financial year."""

from dataclasses import replace
from decimal import Decimal

from fortnox_sim.api.chart_of_accounts import find_account, name_chart, open_chart
from fortnox_sim.api.financial_years import find_year_id
from fortnox_sim.company import Company
from fortnox_sim.errors import ACCOUNT_NOT_FOUND, INVENTED, ApiError, not_found
from fortnox_sim.fields import Field, FieldTable, apply_changes
from fortnox_sim.json_format import Record, Response, json_response
from fortnox_sim.lists import ListRule, contains, list_records, modified_since
from fortnox_sim.router import API_URL, ApiRequest, Route

ZERO = Decimal(0)
VAT_RATES = {"MP1": Decimal(25), "MP2": Decimal(12), "MP3": Decimal(6), "EUVAT": Decimal(25)}
LOWEST, HIGHEST = 1000, 9999
ACCOUNT_FIELDS = FieldTable(
    Field("Active", "bool", unset=True),
    Field("BalanceBroughtForward", "money"),
    Field("CostCenter"),
    Field("CostCenterSettings"),
    Field("Description", limit=200),
    Field("Number", "int"),
    Field("OpeningQuantities", "rows"),
    Field("Project"),
    Field("ProjectSettings"),
    Field("SRU", "int"),
    Field("TransactionInformation"),
    Field("TransactionInformationSettings"),
    Field("VATCode"),
)


def find_account_vat_rate(company: Company, account: int) -> Decimal:
    """Give the rate of an account's VAT code; none means 0 (recorded)."""
    record = find_account(company, account)
    code = record.get("VATCode", "") if record else ""
    custom = company.settings["vat_codes"].get(code, ZERO)
    return VAT_RATES.get(code, Decimal(str(custom)))


def build_list_item(year: int, record: Record) -> Record:
    return {
        "@url": f"{API_URL}/accounts/{record['Number']}?financialyear={year}",
        "Active": record.get("Active", True),
        "BalanceBroughtForward": ZERO,
        "CostCenter": "",
        "CostCenterSettings": "ALLOWED",
        "Description": record["Description"],
        "Number": record["Number"],
        "Project": "",
        "ProjectSettings": "ALLOWED",
        "SRU": record.get("SRU", 0),
        "VATCode": record.get("VATCode") or "",
        "Year": year,
    }


def _respond(year: int, record: Record, status: int = 200, **headers: str) -> Response:
    more = {
        "BalanceCarriedForward": ZERO,
        "OpeningQuantities": [],
        "QuantitySettings": "ALLOWED",
        "QuantityUnit": "",
        "TransactionInformation": "",
        "TransactionInformationSettings": "ALLOWED",
    }
    return json_response({"Account": {**build_list_item(year, record), **more}}, status, **headers)


def list_accounts(request: ApiRequest) -> Response:
    year = find_year_id(request.company, request.query)
    open_chart(request.company, year)
    rule = replace(ACCOUNT_RULE, table=name_chart(year), item=lambda _company, record: build_list_item(year, record))
    return list_records(request.company, rule, request.query)


def _find_requested(request: ApiRequest) -> tuple[int, Record]:
    """Find the account that a request names, in the financial year it asks for."""
    year = find_year_id(request.company, request.query)
    record = open_chart(request.company, year).get(request.args[0])
    if record is None or record.get("_deleted"):
        raise not_found(ACCOUNT_NOT_FOUND)
    return year, record


def get_account(request: ApiRequest) -> Response:
    return _respond(*_find_requested(request))


def create_account(request: ApiRequest) -> Response:
    changes = ACCOUNT_FIELDS.read(request.read_object("Account"), request.company.switches)
    year = find_year_id(request.company, request.query)
    number = changes.get("Number", 0)
    if not LOWEST <= number <= HIGHEST or not changes.get("Description"):
        raise ApiError((2002462, "Kontot har fel format"), "Number")
    if str(number) in open_chart(request.company, year):
        raise ApiError(INVENTED["code_used"])
    record = request.company.put(name_chart(year), str(number), apply_changes({}, changes))
    request.record_change("account.create", str(number))
    return _respond(year, record, 201, Location="accounts")


def update_account(request: ApiRequest) -> Response:
    year, record = _find_requested(request)
    changes = ACCOUNT_FIELDS.read(request.read_object("Account"), request.company.switches)
    changes.pop("Number", None)
    record = request.company.put(name_chart(year), str(record["Number"]), apply_changes(record, changes))
    request.record_change("account.update", str(record["Number"]))
    return _respond(year, record)


def delete_account(request: ApiRequest) -> Response:
    year, record = _find_requested(request)
    number = str(record["Number"])
    vouchers = request.company.table("vouchers").values()
    if any(v["Year"] == year and record["Number"] in (a for a, _ in v["VoucherRows"]) for v in vouchers):
        raise ApiError(INVENTED["code_in_use"])
    request.company.put(name_chart(year), number, {**record, "_deleted": True})
    request.record_change("account.delete", number)
    return Response(204)


ACCOUNT_RULE = ListRule(
    plural="Accounts",
    table="accounts",
    item=lambda _company, record: record,
    order=lambda record: record["Number"],
    searches={
        "lastmodified": modified_since,
        "sru": contains("SRU"),
        "financialyear": lambda _company, _value: lambda _record: True,
        "financialyeardate": lambda _company, _value: lambda _record: True,
    },
    sorts={"number": lambda record: record["Number"]},
)
ROUTES = [
    Route("GET", "/3/accounts", list_accounts, "bookkeeping"),
    Route("POST", "/3/accounts", create_account, "bookkeeping"),
    Route("GET", "/3/accounts/{}", get_account, "bookkeeping"),
    Route("PUT", "/3/accounts/{}", update_account, "bookkeeping"),
    Route("DELETE", "/3/accounts/{}", delete_account, "bookkeeping"),
]
