"""/3/accounts, /3/predefinedaccounts, /3/predefinedvoucherseries."""

from decimal import Decimal

from fortnox_sim.company import Company
from fortnox_sim.errors import ACCOUNT_NOT_FOUND, INVENTED, PREDEFINED_NOT_FOUND, ROW_ACCOUNT, ApiError, not_found
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
PREDEFINED_FIELDS = FieldTable(Field("Account", "int"), Field("Name", readonly=True))


def find_account_vat_rate(company: Company, account: int) -> Decimal:
    """Give the rate of an account's VAT code; none means 0 (recorded)."""
    record = company.table("accounts").get(str(account))
    code = record.get("VATCode", "") if record else ""
    custom = company.settings["vat_codes"].get(code, ZERO)
    return VAT_RATES.get(code, Decimal(str(custom)))


def find_predefined_account(company: Company, name: str) -> int:
    """Give the account a name stands for; 0 when it is not set."""
    record = company.get("predefined", name)
    return int(record["Account"]) if record else 0


def build_list_item(company: Company, record: Record) -> Record:
    year = company.find_year(company.today().isoformat())
    number = year["Id"] if year else 1
    return {
        "@url": f"{API_URL}/accounts/{record['Number']}?financialyear={number}",
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
        "Year": number,
    }


def build_detail(company: Company, record: Record) -> Record:
    shown = build_list_item(company, record)
    more = {
        "BalanceCarriedForward": ZERO,
        "OpeningQuantities": [],
        "QuantitySettings": "ALLOWED",
        "QuantityUnit": "",
        "TransactionInformation": "",
        "TransactionInformationSettings": "ALLOWED",
    }
    return {**shown, **more}


def find_account(company: Company, account: str) -> Record:
    record = company.get("accounts", account)
    if record is None:
        raise not_found(ACCOUNT_NOT_FOUND)
    return record


def list_accounts(request: ApiRequest) -> Response:
    return list_records(request.company, ACCOUNT_RULE, request.query)


def get_account(request: ApiRequest) -> Response:
    return json_response({"Account": build_detail(request.company, find_account(request.company, request.args[0]))})


def create_account(request: ApiRequest) -> Response:
    changes = ACCOUNT_FIELDS.read(request.read_object("Account"), request.company.switches)
    number = changes.get("Number", 0)
    if not LOWEST <= number <= HIGHEST or not changes.get("Description"):
        raise ApiError((2002462, "Kontot har fel format"), "Number")
    if str(number) in request.company.table("accounts"):
        raise ApiError(INVENTED["code_used"])
    record = request.company.put("accounts", str(number), apply_changes({}, changes))
    request.record_change("account.create", str(number))
    return json_response({"Account": build_detail(request.company, record)}, 201, Location="accounts")


def update_account(request: ApiRequest) -> Response:
    record = find_account(request.company, request.args[0])
    changes = ACCOUNT_FIELDS.read(request.read_object("Account"), request.company.switches)
    changes.pop("Number", None)
    record = request.company.put("accounts", str(record["Number"]), apply_changes(record, changes))
    request.record_change("account.update", str(record["Number"]))
    return json_response({"Account": build_detail(request.company, record)})


def build_named_item(path: str, record: Record) -> Record:
    """Show a predefined account or voucher series: every key that is not internal."""
    shown = {key: value for key, value in record.items() if not key.startswith("_")}
    return {"@url": f"{API_URL}/{path}/{record['Name']}", **shown}


def find_predefined(company: Company, name: str) -> Record:
    record = company.get("predefined", name)
    if record is None:
        raise not_found(PREDEFINED_NOT_FOUND)
    return record


def list_predefined_accounts(request: ApiRequest) -> Response:
    return list_records(request.company, PREDEFINED_RULE, request.query)


def get_predefined_account(request: ApiRequest) -> Response:
    record = find_predefined(request.company, request.args[0])
    return json_response({"PreDefinedAccount": build_named_item("predefinedaccounts", record)})


def update_predefined_account(request: ApiRequest) -> Response:
    record = find_predefined(request.company, request.args[0])
    changes = PREDEFINED_FIELDS.read(request.read_object("PreDefinedAccount"), request.company.switches)
    if str(changes.get("Account", "")) not in request.company.table("accounts"):
        raise ApiError(ROW_ACCOUNT)
    record = request.company.put("predefined", record["Name"], {**record, "Account": changes["Account"]})
    request.record_change("predefinedaccount.update", record["Name"])
    return json_response({"PreDefinedAccount": build_named_item("predefinedaccounts", record)})


def list_predefined_voucher_series(request: ApiRequest) -> Response:
    return list_records(request.company, SERIES_RULE, request.query)


ACCOUNT_RULE = ListRule(
    plural="Accounts",
    table="accounts",
    item=build_list_item,
    order=lambda record: record["Number"],
    searches={"lastmodified": modified_since, "sru": contains("SRU")},
    sorts={"number": lambda record: record["Number"]},
)
PREDEFINED_RULE = ListRule(
    plural="PreDefinedAccounts",
    table="predefined",
    item=lambda _company, record: build_named_item("predefinedaccounts", record),
    order=lambda record: record["Name"],
    paged=False,
)
SERIES_RULE = ListRule(
    plural="PreDefinedVoucherSeriesCollection",
    table="predefinedseries",
    item=lambda _company, record: build_named_item("predefinedvoucherseries", record),
    order=lambda record: record["Name"],
)
ROUTES = [
    Route("GET", "/3/accounts", list_accounts, "bookkeeping"),
    Route("POST", "/3/accounts", create_account, "bookkeeping"),
    Route("GET", "/3/accounts/{}", get_account, "bookkeeping"),
    Route("PUT", "/3/accounts/{}", update_account, "bookkeeping"),
    Route("GET", "/3/predefinedaccounts", list_predefined_accounts, "settings"),
    Route("GET", "/3/predefinedaccounts/{}", get_predefined_account, "settings"),
    Route("PUT", "/3/predefinedaccounts/{}", update_predefined_account, "settings"),
    Route("GET", "/3/predefinedvoucherseries", list_predefined_voucher_series, "settings"),
]
