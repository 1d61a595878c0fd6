"""/3/financialyears."""

from datetime import date, timedelta

from fortnox_sim.api.chart_of_accounts import copy_chart
from fortnox_sim.company import Company
from fortnox_sim.errors import INVENTED, ApiError, not_found
from fortnox_sim.fields import Field, FieldTable, apply_changes
from fortnox_sim.json_format import Record, Response, json_response
from fortnox_sim.lists import ListRule, list_records, read_day
from fortnox_sim.router import API_URL, ApiRequest, Route

FIELDS = FieldTable(
    Field("AccountChartType"),
    Field("AccountingMethod", "choice", choices=("ACCRUAL", "CASH")),
    Field("FromDate", "date"),
    Field("Id", "int", readonly=True),
    Field("ToDate", "date"),
)


def build_item(_company: Company, record: Record) -> Record:
    shown = {key: value for key, value in record.items() if not key.startswith("_")}
    return {"@url": f"{API_URL}/financialyears/{record['Id']}", **shown}


def find_year_id(company: Company, query: dict[str, str]) -> int:
    """Find the year a request is about: named, by date, or today's."""
    named = query.get("financialyear")
    if named is not None:
        if company.get("years", named) is None:
            raise not_found(INVENTED["year_missing"])
        return int(named)
    year = company.find_year(read_day(query.get("financialyeardate") or company.today().isoformat()))
    if year is None:
        raise ApiError(INVENTED["fiscal_year"])
    return int(year["Id"])


def open_year(company: Company, changes: Record) -> Record:
    """Open a financial year; it must follow the last one."""
    first, last = changes.get("FromDate"), changes.get("ToDate")
    known = sorted(company.table("years").values(), key=lambda record: record["ToDate"])
    follows = not known or first == (date.fromisoformat(known[-1]["ToDate"]) + timedelta(days=1)).isoformat()
    if first is None or last is None or first > last or not follows:
        raise ApiError(INVENTED["fiscal_year"])
    number = len(known) + 1
    settled = {"AccountChartType": f"BAS {last[:4]}", "AccountingMethod": company.settings["method"]}
    ordered = {"Id": number, "FromDate": first, "ToDate": last}
    if known:
        copy_chart(company, known[-1]["Id"], number)
    return company.put("years", str(number), {**ordered, **settled, **changes})


def list_years(request: ApiRequest) -> Response:
    return list_records(request.company, RULE, request.query)


def get_year(request: ApiRequest) -> Response:
    record = request.company.get("years", request.args[0])
    if record is None:
        raise not_found(INVENTED["year_missing"])
    return json_response({"FinancialYear": build_item(request.company, record)})


def create_year(request: ApiRequest) -> Response:
    changes = FIELDS.read(request.read_object("FinancialYear"), request.company.switches)
    record = open_year(request.company, apply_changes({}, changes))
    request.record_change("financialyear.create", str(record["Id"]))
    return json_response({"FinancialYear": build_item(request.company, record)}, 201, Location="financialyears")


RULE = ListRule(
    plural="FinancialYears",
    table="years",
    item=build_item,
    order=lambda record: -date.fromisoformat(record["FromDate"]).toordinal(),
    searches={"date": lambda _company, value: lambda record: record["FromDate"] <= read_day(value) <= record["ToDate"]},
)
ROUTES = [
    Route("GET", "/3/financialyears", list_years, "bookkeeping"),
    Route("POST", "/3/financialyears", create_year, "bookkeeping"),
    Route("GET", "/3/financialyears/{}", get_year, "bookkeeping"),
]
