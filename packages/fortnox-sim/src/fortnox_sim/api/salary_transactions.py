"""/3/salarytransactions: what employees are paid for, day by day. They write no voucher: the wage run does."""

from fortnox_sim.company import Company
from fortnox_sim.errors import INVENTED, ApiError, not_found
from fortnox_sim.fields import Field, FieldTable, apply_changes
from fortnox_sim.json_format import Record, Response, json_response
from fortnox_sim.lists import ListRule, list_records, read_day
from fortnox_sim.router import API_URL, ApiRequest, Route

FIELDS = FieldTable(
    Field("Amount"),
    Field("CostCenter"),
    Field("Date", "date"),
    Field("EmployeeId"),
    Field("Expense", limit=6),
    Field("Number"),
    Field("Project"),
    Field("SalaryCode"),
    Field("SalaryRow", "int", readonly=True),
    Field("TextRow", limit=40),
    Field("Total"),
    Field("VAT"),
)
REQUIRED = ("Date", "EmployeeId", "SalaryCode")


def find_row(company: Company, number: str) -> Record:
    record = company.get("salarytransactions", number)
    if record is None:
        raise not_found(INVENTED["salary_missing"])
    return record


def build_item(_company: Company, record: Record) -> Record:
    return {"@url": f"{API_URL}/salarytransactions/{record['SalaryRow']}", **FIELDS.show(record)}


def respond(record: Record, status: int = 200, **headers: str) -> Response:
    shown = FIELDS.show(record)
    return json_response({"SalaryTransaction": shown}, status, **headers)


def list_rows(request: ApiRequest) -> Response:
    query = {name.lower(): value for name, value in request.query.items()}
    return list_records(request.company, RULE, query)


def get_row(request: ApiRequest) -> Response:
    return respond(find_row(request.company, request.args[0]))


def create_row(request: ApiRequest) -> Response:
    changes = FIELDS.read(request.read_object("SalaryTransaction"), request.company.switches)
    for name in REQUIRED:
        if changes.get(name) is None:
            raise ApiError(INVENTED["required"], name)
    number = request.company.take_number("salarytransactions")
    record = request.company.put("salarytransactions", str(number), {**apply_changes({}, changes), "SalaryRow": number})
    request.record_change("salarytransaction.create", str(number))
    return respond(record, 201, Location="salarytransactions")


def update_row(request: ApiRequest) -> Response:
    record = find_row(request.company, request.args[0])
    changes = FIELDS.read(request.read_object("SalaryTransaction"), request.company.switches)
    record = request.company.put(
        "salarytransactions", request.args[0], apply_changes(record, changes, required=REQUIRED)
    )
    request.record_change("salarytransaction.update", request.args[0])
    return respond(record)


def delete_row(request: ApiRequest) -> Response:
    """Remove a row; the published document has it in the response."""
    record = find_row(request.company, request.args[0])
    request.company.remove("salarytransactions", request.args[0])
    request.record_change("salarytransaction.delete", request.args[0])
    return respond(record)


RULE = ListRule(
    plural="SalaryTransactions",
    table="salarytransactions",
    item=build_item,
    order=lambda record: record["SalaryRow"],
    searches={
        "employeeid": lambda _company, value: lambda record: record["EmployeeId"] == value,
        "date": lambda _company, value: lambda record: record["Date"] == read_day(value),
    },
)
ROUTES = [
    Route("GET", "/3/salarytransactions", list_rows, "salary"),
    Route("POST", "/3/salarytransactions", create_row, "salary"),
    Route("GET", "/3/salarytransactions/{}", get_row, "salary"),
    Route("PUT", "/3/salarytransactions/{}", update_row, "salary"),
    Route("DELETE", "/3/salarytransactions/{}", delete_row, "salary"),
]
