"""Changes to the chart: new and changed accounts, predefined accounts, a new financial year."""

from datetime import date, timedelta

from fortnox_sim.api import accounts
from fortnox_sim.company import Company
from fortnox_sim.errors import INVENTED, ROW_ACCOUNT, Refusal
from fortnox_sim.fields import Field, FieldTable, apply
from fortnox_sim.json_format import Answer, Record, json_answer
from fortnox_sim.router import Call, Route

LOWEST, HIGHEST = 1000, 9999
ACCOUNT = FieldTable(
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
PREDEFINED = FieldTable(Field("Account", "int"), Field("Name", readonly=True))
YEAR = FieldTable(
    Field("AccountChartType"),
    Field("AccountingMethod", "choice", choices=("ACCRUAL", "CASH")),
    Field("FromDate", "date"),
    Field("Id", "int", readonly=True),
    Field("ToDate", "date"),
)


def _post_account(call: Call) -> Answer:
    changes = ACCOUNT.read(call.json("Account"), call.company.switches)
    number = changes.get("Number", 0)
    if not LOWEST <= number <= HIGHEST or not changes.get("Description"):
        raise Refusal((2002462, "Kontot har fel format"), "Number")
    if str(number) in call.company.table("accounts"):
        raise Refusal(INVENTED["code_used"])
    record = call.company.put("accounts", str(number), apply({}, changes))
    call.done("account.create", str(number))
    return json_answer({"Account": accounts.detail(call.company, record)}, 201, Location="accounts")


def _put_account(call: Call) -> Answer:
    record = accounts.find(call.company, call.args[0])
    changes = ACCOUNT.read(call.json("Account"), call.company.switches)
    changes.pop("Number", None)
    record = call.company.put("accounts", str(record["Number"]), apply(record, changes))
    call.done("account.update", str(record["Number"]))
    return json_answer({"Account": accounts.detail(call.company, record)})


def _put_predefined(call: Call) -> Answer:
    record = accounts.find_predefined(call.company, call.args[0])
    changes = PREDEFINED.read(call.json("PreDefinedAccount"), call.company.switches)
    if str(changes.get("Account", "")) not in call.company.table("accounts"):
        raise Refusal(ROW_ACCOUNT)
    record = call.company.put("predefined", record["Name"], {**record, "Account": changes["Account"]})
    call.done("predefinedaccount.update", record["Name"])
    return json_answer({"PreDefinedAccount": accounts.predefined_item(call.company, record)})


def open_year(company: Company, changes: Record) -> Record:
    """Open a financial year; it must follow the last one."""
    first, last = changes.get("FromDate"), changes.get("ToDate")
    known = [year["ToDate"] for year in company.table("years").values()]
    follows = not known or first == (date.fromisoformat(max(known)) + timedelta(days=1)).isoformat()
    if first is None or last is None or first > last or not follows:
        raise Refusal(INVENTED["fiscal_year"])
    number = len(known) + 1
    settled = {"AccountChartType": f"BAS {last[:4]}", "AccountingMethod": company.settings["method"]}
    ordered = {"Id": number, "FromDate": first, "ToDate": last}
    return company.put("years", str(number), {**ordered, **settled, **changes})


def _post_year(call: Call) -> Answer:
    changes = YEAR.read(call.json("FinancialYear"), call.company.switches)
    record = open_year(call.company, apply({}, changes))
    call.done("financialyear.create", str(record["Id"]))
    return json_answer({"FinancialYear": accounts.year_item(call.company, record)}, 201, Location="financialyears")


ROUTES = [
    Route("POST", "/3/accounts", _post_account, "bookkeeping"),
    Route("PUT", "/3/accounts/{}", _put_account, "bookkeeping"),
    Route("PUT", "/3/predefinedaccounts/{}", _put_predefined, "settings"),
    Route("POST", "/3/financialyears", _post_year, "bookkeeping"),
]
