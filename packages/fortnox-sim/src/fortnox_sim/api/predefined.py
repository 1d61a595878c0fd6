"""/3/predefinedaccounts and /3/predefinedvoucherseries: what bookings use when nobody says otherwise."""

from fortnox_sim.api.chart_of_accounts import find_account
from fortnox_sim.api.voucher_series import ensure_series
from fortnox_sim.company import Company
from fortnox_sim.errors import PREDEFINED_NOT_FOUND, ROW_ACCOUNT, ApiError, not_found
from fortnox_sim.fields import Field, FieldTable
from fortnox_sim.json_format import Record, Response, json_response
from fortnox_sim.lists import ListRule, Predicate, list_records
from fortnox_sim.router import API_URL, ApiRequest, Route

ACCOUNTS = {
    "BG": 1930, "PG": 1920, "CASH": 1910, "CASHBYCARD": 1580, "AG": 1930, "PURCASE": 4000, "SUPDEBT": 2440,
    "SUPADMFEE": 6590, "SUPFREIGHT": 5710, "CASHDISCOUNTIN": 4731, "SALESCONSTR2": 3231, "SALESEUREV": 3108,
    "SALESEUREV2": 3308, "SALESEUVAT": 3106, "SALESEUVAT2": 3106, "SALESEXPORT": 3105, "SALESEXPORT2": 3305,
    "CUSTCLAIM": 1510, "ADMFEE": 3540, "FREIGHT": 3520, "CASHDISCOUNTOUT": 3731, "DEMAND": 3930, "INTEREST": 8313,
    "ROUNDOFF": 3740, "OUTVAT_MP1": 2611, "OUTVAT_MP2": 2621, "OUTVAT_MP3": 2631, "INVAT": 2641, "PRODUCT_DEB": 2645,
    "PRODUCT_CRE": 2614, "SERVICE_DEB": 2645, "SERVICE_CRE": 2614, "CONSTRUCTION_DEB": 2647,
    "CONSTRUCTION_CRE": 2614, "ACCRSINVOICE": 1790, "ACCRINVOICE": 2970, "ACCRINCOME": 1790, "ACCRCOST": 2990,
    "CURRENCYWIN": 3960, "CURRENCYLOSS": 7960,
}  # fmt: skip
# Eight names without Enkel moms give way to eight with it.
PLAIN_VAT = {
    "SALES": 3001, "SALES2": 3041, "SALES_MP0": 3004, "SALES_MP2": 3002, "SALES_MP3": 3003, "SALES_NOVAT": 3004,
    "SALESCONSTR": 3231, "OUTVAT_MP4": 2611,
}  # fmt: skip
EASY_VAT = {
    "SALES_25_SE": 3001, "SALES_25_SE2": 3041, "SALES_12_SE": 3002, "SALES_12_SE2": 3042, "SALES_6_SE": 3003,
    "SALES_6_SE2": 3043, "SALES_0_SE": 3004, "SALES_0_SE2": 3044,
}  # fmt: skip
# TAXREDUCTION, INVENTORY and EXPENSE stand in for names that are not known.
SERIES = {
    "ANL": "I", "CASHINVOICE": "G", "EXPENSE": "U", "INVENTORY": "T", "INVOICE": "B", "INVOICEACCRUAL": "F",
    "INVOICEPAYMENT": "C", "SALARY": "L", "SUPPLIERINVOICE": "D", "SUPPLIERINVOICEACCRUAL": "F",
    "SUPPLIERINVOICEPAYMENT": "E", "TAXREDUCTION": "R", "VAT": "M",
}  # fmt: skip
ACCOUNT_FIELDS = FieldTable(Field("Account", "int"), Field("Name", readonly=True))
SERIES_FIELDS = FieldTable(Field("Name", readonly=True), Field("VoucherSeries", limit=1))


def add_defaults(company: Company) -> None:
    for name, account in (ACCOUNTS | PLAIN_VAT | EASY_VAT).items():
        company.put("predefined", name, {"Account": account, "Name": name})
    for name, series in SERIES.items():
        company.put("predefinedseries", name, {"Name": name, "VoucherSeries": series})


def find_predefined_account(company: Company, name: str) -> int:
    """Give the account a name stands for; 0 when it is not set."""
    record = company.get("predefined", name)
    return int(record["Account"]) if record else 0


def find_series(company: Company, name: str) -> str:
    """Give the voucher series that bookings of a kind go to."""
    record = company.get("predefinedseries", name)
    return str(record["VoucherSeries"]) if record else SERIES[name]


def filter_by_vat(company: Company, _value: str) -> Predicate:
    hidden = PLAIN_VAT if company.settings["easy_vat"] else EASY_VAT
    return lambda record: record["Name"] not in hidden


def build_item(path: str, record: Record) -> Record:
    """Show a predefined account or voucher series: every key that is not internal."""
    shown = {key: value for key, value in record.items() if not key.startswith("_")}
    return {"@url": f"{API_URL}/{path}/{record['Name']}", **shown}


def find_shown_account(company: Company, name: str) -> Record:
    record = company.get("predefined", name)
    if record is None or not filter_by_vat(company, "")(record):
        raise not_found(PREDEFINED_NOT_FOUND)
    return record


def find_shown_series(company: Company, name: str) -> Record:
    record = company.get("predefinedseries", name)
    if record is None:
        raise not_found(PREDEFINED_NOT_FOUND)
    return record


def list_accounts(request: ApiRequest) -> Response:
    return list_records(request.company, ACCOUNT_RULE, request.query)


def get_account(request: ApiRequest) -> Response:
    record = find_shown_account(request.company, request.args[0])
    return json_response({"PreDefinedAccount": build_item("predefinedaccounts", record)})


def update_account(request: ApiRequest) -> Response:
    record = find_shown_account(request.company, request.args[0])
    changes = ACCOUNT_FIELDS.read(request.read_object("PreDefinedAccount"), request.company.switches)
    if find_account(request.company, changes.get("Account", "")) is None:
        raise ApiError(ROW_ACCOUNT)
    record = request.company.put("predefined", record["Name"], {**record, "Account": changes["Account"]})
    request.record_change("predefinedaccount.update", record["Name"])
    return json_response({"PreDefinedAccount": build_item("predefinedaccounts", record)})


def list_series(request: ApiRequest) -> Response:
    return list_records(request.company, SERIES_RULE, request.query)


def get_series(request: ApiRequest) -> Response:
    record = find_shown_series(request.company, request.args[0])
    return json_response({"PreDefinedVoucherSeries": build_item("predefinedvoucherseries", record)})


def update_series(request: ApiRequest) -> Response:
    record = find_shown_series(request.company, request.args[0])
    changes = SERIES_FIELDS.read(request.read_object("PreDefinedVoucherSeries"), request.company.switches)
    record = request.company.put("predefinedseries", record["Name"], {**record, **changes})
    ensure_series(request.company, record["VoucherSeries"])
    request.record_change("predefinedvoucherseries.update", record["Name"])
    return json_response({"PreDefinedVoucherSeries": build_item("predefinedvoucherseries", record)})


ACCOUNT_RULE = ListRule(
    plural="PreDefinedAccounts",
    table="predefined",
    item=lambda _company, record: build_item("predefinedaccounts", record),
    order=lambda record: record["Name"],
    base=filter_by_vat,
    paged=False,
)
SERIES_RULE = ListRule(
    plural="PreDefinedVoucherSeriesCollection",
    table="predefinedseries",
    item=lambda _company, record: build_item("predefinedvoucherseries", record),
    order=lambda record: record["Name"],
    paged=False,
)
ROUTES = [
    Route("GET", "/3/predefinedaccounts", list_accounts, "settings"),
    Route("GET", "/3/predefinedaccounts/{}", get_account, "settings"),
    Route("PUT", "/3/predefinedaccounts/{}", update_account, "settings"),
    Route("GET", "/3/predefinedvoucherseries", list_series, "settings"),
    Route("GET", "/3/predefinedvoucherseries/{}", get_series, "settings"),
    Route("PUT", "/3/predefinedvoucherseries/{}", update_series, "settings"),
]
