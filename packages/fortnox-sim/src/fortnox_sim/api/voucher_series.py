"""/3/voucherseries: the letters that vouchers are numbered under, anew in each financial year."""

from fortnox_sim.api.financial_years import find_year_id
from fortnox_sim.company import Company
from fortnox_sim.errors import INVENTED, ApiError, not_found
from fortnox_sim.fields import Field, FieldTable, apply_changes
from fortnox_sim.json_format import Record, Response, json_response
from fortnox_sim.lists import ListRule, list_records, modified_since
from fortnox_sim.router import API_URL, ApiRequest, Route

FIELDS = FieldTable(
    Field("Approver", "object", unset=None),
    Field("Code", limit=10),
    Field("Description", limit=200),
    Field("Manual", "bool", unset=True),
    Field("NextVoucherNumber", "int", readonly=True),
    Field("Year", "int", readonly=True),
)
NOBODY = {"Id": None, "Name": None}
NAMES = {
    "A": "Redovisning", "B": "Kundfakturor", "C": "Kundinbetalningar", "D": "Leverantörsfakturor",
    "E": "Leverantörsbetalningar", "F": "Periodiseringar", "G": "Kontantfakturor", "I": "Anläggningar", "L": "Löner",
    "M": "Momsrapport", "R": "Skattereduktion", "T": "Inventering", "U": "Utlägg",
}  # fmt: skip
MANUAL = frozenset("A")


def add_defaults(company: Company) -> None:
    for code, text in NAMES.items():
        company.put("voucherseries", code, {"Code": code, "Description": text, "Manual": code in MANUAL})


def ensure_series(company: Company, code: str) -> None:
    """Put a series that something is booked in into the register, where it is missing."""
    if code not in company.table("voucherseries"):
        company.put("voucherseries", code, {"Code": code, "Description": code, "Manual": True})


def take_voucher_number(company: Company, year: int, series: str) -> int:
    """Draw the next number of a series in a financial year."""
    return company.take_number(f"voucher/{year}/{series}")


def build_list_item(year: int, record: Record) -> Record:
    return {
        "@url": f"{API_URL}/voucherseries/{record['Code']}",
        "Approver": NOBODY,
        "Code": record["Code"],
        "Description": record["Description"],
        "Manual": record.get("Manual", True),
        "Year": year,
    }


def respond(request: ApiRequest, record: Record, status: int = 200, **headers: str) -> Response:
    year = find_year_id(request.company, request.query)
    number = request.company.counter(f"voucher/{year}/{record['Code']}")
    shown = {**build_list_item(year, record), "NextVoucherNumber": number}
    return json_response({"VoucherSeries": shown}, status, **headers)


def find_series(company: Company, code: str) -> Record:
    record = company.get("voucherseries", code)
    if record is None:
        raise not_found(INVENTED["series_missing"])
    return record


def list_series(request: ApiRequest) -> Response:
    year = find_year_id(request.company, request.query)
    # The year of an item is the one that is asked for, so an item cannot be kept by its record alone.
    request.company.table("voucherseries").fragments.clear()
    rule = ListRule(
        plural="VoucherSeriesCollection",
        table="voucherseries",
        item=lambda _company, record: build_list_item(year, record),
        order=lambda record: record["Code"],
        searches={"lastmodified": modified_since},
    )
    return list_records(request.company, rule, request.query)


def get_series(request: ApiRequest) -> Response:
    return respond(request, find_series(request.company, request.args[0]))


def create_series(request: ApiRequest) -> Response:
    changes = FIELDS.read(request.read_object("VoucherSeries"), request.company.switches)
    code = changes.get("Code")
    if not code:
        raise ApiError((2000108, "Kod måste anges"), "Code")
    if code in request.company.table("voucherseries"):
        raise ApiError(INVENTED["code_used"])
    record = request.company.put(
        "voucherseries", code, apply_changes({"Description": code}, changes, required=("Description",))
    )
    request.record_change("voucherseries.create", code)
    return respond(request, record, 201, Location="voucherseries")


def update_series(request: ApiRequest) -> Response:
    record = find_series(request.company, request.args[0])
    changes = FIELDS.read(request.read_object("VoucherSeries"), request.company.switches)
    changes.pop("Code", None)
    record = request.company.put(
        "voucherseries", record["Code"], apply_changes(record, changes, required=("Description",))
    )
    request.record_change("voucherseries.update", record["Code"])
    return respond(request, record)


ROUTES = [
    Route("GET", "/3/voucherseries", list_series, "bookkeeping"),
    Route("POST", "/3/voucherseries", create_series, "bookkeeping"),
    Route("GET", "/3/voucherseries/{}", get_series, "bookkeeping"),
    Route("PUT", "/3/voucherseries/{}", update_series, "bookkeeping"),
]
