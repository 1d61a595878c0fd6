"""/3/suppliers: the register alone. A supplier invoice keeps the number and name it was entered with."""

from urllib.parse import quote

from fortnox_sim.api.chart_of_accounts import find_account
from fortnox_sim.api.countries import find_swedish_name
from fortnox_sim.company import Company
from fortnox_sim.errors import CURRENCY_NOT_FOUND, INVENTED, ROW_ACCOUNT, TERMS_NOT_FOUND, ApiError, not_found
from fortnox_sim.fields import Field, FieldTable, apply_changes
from fortnox_sim.json_format import Record, Response
from fortnox_sim.lists import ListRule, list_records, modified_since, number_sort_key
from fortnox_sim.router import API_URL, ApiRequest, Route

LONG = 1024
FIELDS = FieldTable(
    Field("Active", "bool", unset=True),
    Field("Address1"),
    Field("Address2"),
    Field("BG"),
    Field("BIC"),
    Field("Bank"),
    Field("BankAccountNumber"),
    Field("BranchCode"),
    Field("City", limit=LONG),
    Field("ClearingNumber"),
    Field("Comments", limit=LONG),
    Field("CostCenter"),
    Field("Country", readonly=True),
    Field("CountryCode", limit=2),
    Field("Currency", limit=3, unset="SEK"),
    Field("DisablePaymentFile", "bool", unset=False),
    Field("Email"),
    Field("Fax"),
    Field("IBAN"),
    Field("Name", limit=LONG),
    Field("OrganisationNumber"),
    Field("OurCustomerNumber"),
    Field("OurReference"),
    Field("PG"),
    Field("Phone1", limit=LONG),
    Field("Phone2", limit=LONG),
    Field("PreDefinedAccount", limit=4, unset="4000"),
    Field("Project"),
    Field("SupplierNumber", "code"),
    Field("TermsOfPayment"),
    Field("VATNumber"),
    Field("VATType"),
    Field("VisitingAddress"),
    Field("VisitingCity"),
    Field("VisitingCountry", readonly=True),
    Field("VisitingCountryCode"),
    Field("VisitingZipCode"),
    Field("WWW"),
    Field("WorkPlace"),
    Field("YourReference"),
    Field("ZipCode"),
)
LIST_KEYS = (
    "Active", "Address1", "Address2", "BG", "BIC", "BankAccountNumber", "City", "CostCenter", "CountryCode",
    "Currency", "DisablePaymentFile", "Email", "IBAN", "Name", "OrganisationNumber", "PG", "PreDefinedAccount",
    "Project", "SupplierNumber", "TermsOfPayment", "ZipCode",
)  # fmt: skip


def build_url(number: str) -> str:
    return f"{API_URL}/suppliers/{quote(number, safe='')}"


def build_list_item(_company: Company, record: Record) -> Record:
    shown = FIELDS.show(record)
    return {
        "@url": build_url(record["SupplierNumber"]),
        **{key: shown[key] for key in LIST_KEYS},
        "Phone": shown["Phone1"],
    }


def build_detail(record: Record) -> Record:
    shown = {"@url": build_url(record["SupplierNumber"]), **FIELDS.show(record)}
    for place in ("", "Visiting"):
        shown[f"{place}Country"] = find_swedish_name(shown[f"{place}CountryCode"] or None) or ""
    return shown


def _read_changes(company: Company, body: Record) -> Record:
    changes = FIELDS.read(body, company.switches)
    account = changes.get("PreDefinedAccount")
    if account and not (account.isdigit() and find_account(company, int(account))):
        raise ApiError(ROW_ACCOUNT)
    if changes.get("Currency") and company.get("currencies", changes["Currency"]) is None:
        raise ApiError(CURRENCY_NOT_FOUND)
    if changes.get("TermsOfPayment") and changes["TermsOfPayment"] not in company.table("terms"):
        raise ApiError(TERMS_NOT_FOUND)
    return changes


def find_supplier(company: Company, number: str) -> Record:
    record = company.get("suppliers", number)
    if record is None:
        raise not_found(INVENTED["supplier_missing"])
    return record


def list_suppliers(request: ApiRequest) -> Response:
    return list_records(request.company, RULE, request.query)


def get_supplier(request: ApiRequest) -> Response:
    return request.respond("Supplier", build_detail(find_supplier(request.company, request.args[0])))


def create_supplier(request: ApiRequest) -> Response:
    """Make a supplier; only the name is needed."""
    company = request.company
    changes = _read_changes(company, request.read_object("Supplier"))
    if not changes.get("Name"):
        raise ApiError(INVENTED["required"], "Name")
    number = changes.get("SupplierNumber")
    if number is not None and number in company.table("suppliers"):
        raise ApiError(INVENTED["code_used"])
    number = number or str(company.take_number("suppliers", "suppliers"))
    record = company.put("suppliers", number, apply_changes({}, {**changes, "SupplierNumber": number}))
    request.record_change("supplier.create", number)
    return request.respond("Supplier", build_detail(record), 201, Location="suppliers")


def update_supplier(request: ApiRequest) -> Response:
    record = find_supplier(request.company, request.args[0])
    changes = _read_changes(request.company, request.read_object("Supplier"))
    changes.pop("SupplierNumber", None)
    record = request.company.put("suppliers", record["SupplierNumber"], apply_changes(record, changes))
    request.record_change("supplier.update", record["SupplierNumber"])
    return request.respond("Supplier", build_detail(record))


RULE = ListRule(
    plural="Suppliers",
    table="suppliers",
    item=build_list_item,
    order=lambda record: number_sort_key(record["SupplierNumber"]),
    searches={"lastmodified": modified_since},
)
ROUTES = [
    Route("GET", "/3/suppliers", list_suppliers, "supplier"),
    Route("POST", "/3/suppliers", create_supplier, "supplier"),
    Route("GET", "/3/suppliers/{}", get_supplier, "supplier"),
    Route("PUT", "/3/suppliers/{}", update_supplier, "supplier"),
]
