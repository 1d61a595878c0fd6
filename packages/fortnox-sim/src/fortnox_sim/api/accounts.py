"""/3/accounts, /3/predefinedaccounts, /3/predefinedvoucherseries, /3/financialyears."""

from decimal import Decimal

from fortnox_sim.api.texts import BASE
from fortnox_sim.company import Company
from fortnox_sim.errors import ACCOUNT_NOT_FOUND, INVENTED, PREDEFINED_NOT_FOUND, missing
from fortnox_sim.json_format import Answer, Record, json_answer
from fortnox_sim.lists import ListRule, answer_list, contains, day_of, modified_since
from fortnox_sim.router import Call, Route

ZERO = Decimal(0)
RATES = {"MP1": Decimal(25), "MP2": Decimal(12), "MP3": Decimal(6), "EUVAT": Decimal(25)}


def account_rate(company: Company, account: int) -> Decimal:
    """Give the rate of an account's VAT code; none means 0 (recorded)."""
    record = company.table("accounts").get(str(account))
    code = record.get("VATCode", "") if record else ""
    custom = company.settings["vat_codes"].get(code, ZERO)
    return RATES.get(code, Decimal(str(custom)))


def item(company: Company, record: Record) -> Record:
    year = company.year_of(company.today().isoformat())
    number = year["Id"] if year else 1
    return {
        "@url": f"{BASE}/accounts/{record['Number']}?financialyear={number}",
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


def detail(company: Company, record: Record) -> Record:
    shown = item(company, record)
    more = {
        "BalanceCarriedForward": ZERO,
        "OpeningQuantities": [],
        "QuantitySettings": "ALLOWED",
        "QuantityUnit": "",
        "TransactionInformation": "",
        "TransactionInformationSettings": "ALLOWED",
    }
    return {**shown, **more}


def find(company: Company, account: str) -> Record:
    record = company.get("accounts", account)
    if record is None:
        raise missing(ACCOUNT_NOT_FOUND)
    return record


def _account(call: Call) -> Answer:
    return json_answer({"Account": detail(call.company, find(call.company, call.args[0]))})


def _accounts(call: Call) -> Answer:
    return answer_list(call.company, ACCOUNT_RULE, call.query)


def predefined_item(_company: Company, record: Record) -> Record:
    return {"@url": f"{BASE}/predefinedaccounts/{record['Name']}", **_plain(record)}


def _plain(record: Record) -> Record:
    return {key: value for key, value in record.items() if not key.startswith("_")}


def _predefined(call: Call) -> Answer:
    return answer_list(call.company, PREDEFINED_RULE, call.query)


def find_predefined(company: Company, name: str) -> Record:
    record = company.get("predefined", name)
    if record is None:
        raise missing(PREDEFINED_NOT_FOUND)
    return record


def _predefined_one(call: Call) -> Answer:
    record = find_predefined(call.company, call.args[0])
    return json_answer({"PreDefinedAccount": predefined_item(call.company, record)})


def predefined_account(company: Company, name: str) -> int:
    """Give the account a name stands for; 0 when it is not set."""
    record = company.get("predefined", name)
    return int(record["Account"]) if record else 0


def _series(call: Call) -> Answer:
    return answer_list(call.company, SERIES_RULE, call.query)


def year_item(_company: Company, record: Record) -> Record:
    return {"@url": f"{BASE}/financialyears/{record['Id']}", **_plain(record)}


def _years(call: Call) -> Answer:
    return answer_list(call.company, YEAR_RULE, call.query)


def _year(call: Call) -> Answer:
    record = call.company.get("years", call.args[0])
    if record is None:
        raise missing(INVENTED["year_missing"])
    return json_answer({"FinancialYear": year_item(call.company, record)})


ACCOUNT_RULE = ListRule(
    plural="Accounts",
    table="accounts",
    item=item,
    order=lambda record: record["Number"],
    searches={"lastmodified": modified_since, "sru": contains("SRU")},
    sorts={"number": lambda record: record["Number"]},
)
PREDEFINED_RULE = ListRule(
    plural="PreDefinedAccounts",
    table="predefined",
    item=predefined_item,
    order=lambda record: record["Name"],
    paged=False,
)
SERIES_RULE = ListRule(
    plural="PreDefinedVoucherSeriesCollection",
    table="predefinedseries",
    item=lambda _company, record: {
        "@url": f"{BASE}/predefinedvoucherseries/{record['Name']}",
        **_plain(record),
    },
    order=lambda record: record["Name"],
)
YEAR_RULE = ListRule(
    plural="FinancialYears",
    table="years",
    item=year_item,
    order=lambda record: record["Id"],
    searches={"date": lambda _company, value: lambda record: record["FromDate"] <= day_of(value) <= record["ToDate"]},
)
ROUTES = [
    Route("GET", "/3/accounts", _accounts, "bookkeeping"),
    Route("GET", "/3/accounts/{}", _account, "bookkeeping"),
    Route("GET", "/3/predefinedaccounts", _predefined, "settings"),
    Route("GET", "/3/predefinedaccounts/{}", _predefined_one, "settings"),
    Route("GET", "/3/predefinedvoucherseries", _series, "settings"),
    Route("GET", "/3/financialyears", _years, "bookkeeping"),
    Route("GET", "/3/financialyears/{}", _year, "bookkeeping"),
]
