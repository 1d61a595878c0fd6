"""/3/customers."""

from urllib.parse import quote

from fortnox_sim.api.chart_of_accounts import find_account
from fortnox_sim.api.countries import find_swedish_name
from fortnox_sim.company import Company
from fortnox_sim.errors import (
    BAD_CUSTOMER_TYPE,
    CURRENCY_NOT_FOUND,
    CUSTOMER_NOT_FOUND,
    INVENTED,
    ROW_ACCOUNT,
    TERMS_NOT_FOUND,
    ApiError,
    not_found,
)
from fortnox_sim.fields import Field, FieldTable, apply_changes
from fortnox_sim.json_format import Record, Response
from fortnox_sim.lists import ListRule, contains, list_records, modified_since, number_sort_key
from fortnox_sim.router import API_URL, ApiRequest, Route

LONG, SHORT = 1024, 128
TYPES = ("PRIVATE", "COMPANY")
VAT_TYPES = ("SEVAT", "SEREVERSEDVAT", "EUREVERSEDVAT", "EUVAT", "EXPORT")
DEFAULT_DELIVERY = {"Invoice": "PRINT", "Order": "PRINT", "Offer": "PRINT"}
DELIVERY_WAYS = frozenset({"PRINT", "EMAIL", "PRINTSERVICE", "ELECTRONICINVOICE"})
TEMPLATES = dict.fromkeys(("Order", "Offer", "Invoice", "CashInvoice"), "DEFAULTTEMPLATE")


def _null(name: str, limit: int = LONG) -> Field:
    return Field(name, limit=limit, unset=None)


def _empty(name: str, limit: int = LONG) -> Field:
    return Field(name, limit=limit)


FIELDS = FieldTable(
    _null("Address1"),
    _null("Address2"),
    _null("City"),
    Field("Country", unset=None, readonly=True),
    _null("Comments"),
    Field("Currency", limit=3, unset="SEK"),
    _null("CostCenter"),
    _null("CountryCode", 2),
    Field("Active", "bool", unset=True),
    Field("CustomerNumber", "code", LONG),
    Field("DefaultDeliveryTypes", "object", unset=DEFAULT_DELIVERY),
    Field("DefaultTemplates", "object", unset=TEMPLATES),
    _null("DeliveryAddress1"),
    _null("DeliveryAddress2"),
    _null("DeliveryCity"),
    Field("DeliveryCountry", unset=None, readonly=True),
    _null("DeliveryCountryCode", 2),
    _null("DeliveryFax"),
    _null("DeliveryName"),
    _null("DeliveryPhone1"),
    _null("DeliveryPhone2"),
    _null("DeliveryZipCode", 10),
    _empty("Email"),
    _empty("EmailInvoice"),
    _empty("EmailInvoiceBCC"),
    _empty("EmailInvoiceCC"),
    _empty("EmailOffer"),
    _empty("EmailOfferBCC"),
    _empty("EmailOfferCC"),
    _empty("EmailOrder"),
    _empty("EmailOrderBCC"),
    _empty("EmailOrderCC"),
    _null("ExternalReference"),
    _null("Fax"),
    _null("GLN", 13),
    _null("GLNDelivery", 13),
    Field("InvoiceAdministrationFee", "money", unset=None),
    Field("InvoiceDiscount", "number", unset=None),
    Field("InvoiceFreight", "money", unset=None),
    _empty("InvoiceRemark"),
    _empty("Name"),
    _empty("OrganisationNumber", 30),
    _empty("OurReference", 50),
    _null("Phone1"),
    _null("Phone2"),
    Field("PriceList", unset="A"),
    _empty("Project"),
    Field("SalesAccount", "int", unset=None),
    Field("ShowPriceVATIncluded", "bool", unset=False),
    _empty("TermsOfDelivery"),
    _empty("TermsOfPayment"),
    Field("Type", "text", unset="COMPANY"),
    _empty("VATNumber"),
    Field("VATType", "choice", unset="SEVAT", choices=VAT_TYPES),
    _null("VisitingAddress", SHORT),
    _null("VisitingCity", SHORT),
    Field("VisitingCountry", unset=None, readonly=True),
    _null("VisitingCountryCode", 2),
    _null("VisitingZipCode", 10),
    _empty("WayOfDelivery"),
    _empty("WWW", SHORT),
    _empty("YourReference", 50),
    _null("ZipCode", 10),
)
LIST_KEYS = ("Address1", "Address2", "City", "CustomerNumber", "Email", "Name", "OrganisationNumber")


def build_url(number: str) -> str:
    return f"{API_URL}/customers/{quote(number, safe='')}"


def build_list_item(_company: Company, record: Record) -> Record:
    """Show the ten keys of a list item, unset ones as empty text (recorded)."""
    shown = {"@url": build_url(record["CustomerNumber"])}
    shown |= {key: record.get(key) or "" for key in LIST_KEYS}
    return {**shown, "Phone": record.get("Phone1") or "", "ZipCode": record.get("ZipCode") or ""}


def build_detail(record: Record, *, created: bool = False) -> Record:
    """Show one customer; SalesAccount is a number in the response to a POST, text elsewhere (recorded)."""
    shown = {"@url": build_url(record["CustomerNumber"]), **FIELDS.show(record)}
    for place in ("", "Delivery", "Visiting"):
        shown[f"{place}Country"] = find_swedish_name(shown[f"{place}CountryCode"])
    if shown["SalesAccount"] is not None and not created:
        shown["SalesAccount"] = str(shown["SalesAccount"])
    for key in ("InvoiceAdministrationFee", "InvoiceFreight"):
        shown[key] = None if shown[key] is None else str(shown[key])
    return shown


def _read_changes(company: Company, body: Record) -> Record:
    changes = FIELDS.read(body, company.switches)
    kind = changes.get("Type")
    if kind is not None and kind not in TYPES:
        raise ApiError(BAD_CUSTOMER_TYPE)
    account = changes.get("SalesAccount")
    if account is not None and find_account(company, account) is None:
        raise ApiError(ROW_ACCOUNT)
    if changes.get("Currency") and company.get("currencies", changes["Currency"]) is None:
        raise ApiError(CURRENCY_NOT_FOUND)
    if changes.get("TermsOfPayment") and changes["TermsOfPayment"] not in company.table("terms"):
        raise ApiError(TERMS_NOT_FOUND)
    for name, default in (("DefaultDeliveryTypes", DEFAULT_DELIVERY), ("DefaultTemplates", TEMPLATES)):
        sent = body.get(name)
        if not isinstance(sent, dict):
            continue
        for key, value in sent.items():
            if key not in default:
                raise ApiError((2001399, "Felaktigt fältnamn"), key)
            if name == "DefaultDeliveryTypes" and value not in DELIVERY_WAYS:
                raise ApiError(INVENTED["choice"], key)
        changes[name] = {**default, **sent}
    return changes


def add_customer(company: Company, body: Record) -> Record:
    """Make a customer; only the name is needed."""
    changes = _read_changes(company, body)
    if not changes.get("Name"):
        raise ApiError((2000108, "Namn måste anges"), "Name")
    number = changes.get("CustomerNumber")
    if number is not None and number in company.table("customers"):
        text = f"Kundnummer {number} används redan."
        if company.get("customers", number) is None:
            text += " Kundnumret har redan använts men blivit raderat."
        raise ApiError((2000637, text))
    number = number or str(company.take_number("customers", "customers"))
    return company.put("customers", number, apply_changes({}, {**changes, "CustomerNumber": number}))


def find_customer(company: Company, number: str) -> Record:
    record = company.get("customers", number)
    if record is None:
        raise not_found(CUSTOMER_NOT_FOUND)
    return record


def change_customer(company: Company, number: str, body: Record) -> Record:
    """Change the keys that were sent."""
    record = find_customer(company, number)
    if record.get("Type") == "UNDEFINED":
        raise ApiError(BAD_CUSTOMER_TYPE)
    changes = _read_changes(company, body)
    changes.pop("CustomerNumber", None)
    return company.put("customers", number, apply_changes(record, changes))


def list_customers(request: ApiRequest) -> Response:
    return list_records(request.company, RULE, request.query)


def get_customer(request: ApiRequest) -> Response:
    return request.respond("Customer", build_detail(find_customer(request.company, request.args[0])))


def create_customer(request: ApiRequest) -> Response:
    record = add_customer(request.company, request.read_object("Customer"))
    request.record_change("customer.create", record["CustomerNumber"])
    return request.respond("Customer", build_detail(record, created=True), 201, Location="customers")


def update_customer(request: ApiRequest) -> Response:
    record = change_customer(request.company, request.args[0], request.read_object("Customer"))
    request.record_change("customer.update", record["CustomerNumber"])
    return request.respond("Customer", build_detail(record))


def delete_customer(request: ApiRequest) -> Response:
    record = find_customer(request.company, request.args[0])
    number = record["CustomerNumber"]
    invoices = request.company.table("invoices").values()
    if any(invoice["CustomerNumber"] == number and not invoice.get("Cancelled") for invoice in invoices):
        raise ApiError(INVENTED["customer_in_use"])
    request.company.put("customers", number, {**record, "_deleted": True})
    request.record_change("customer.delete", number)
    return Response(204)


SEARCHES = {
    "customernumber": contains("CustomerNumber"),
    "name": contains("Name"),
    "zipcode": contains("ZipCode"),
    "city": contains("City"),
    "email": contains("Email"),
    "phone": contains("Phone1"),
    "organisationnumber": contains("OrganisationNumber"),
    "gln": contains("GLN"),
    "glndelivery": contains("GLNDelivery"),
    "lastmodified": modified_since,
}
RULE = ListRule(
    plural="Customers",
    table="customers",
    item=build_list_item,
    order=lambda record: number_sort_key(record["CustomerNumber"]),
    searches=SEARCHES,
    filters={
        "active": lambda _company, _value: lambda record: record.get("Active", True),
        "inactive": lambda _company, _value: lambda record: not record.get("Active", True),
    },
    sorts={
        "customernumber": lambda record: number_sort_key(record["CustomerNumber"]),
        "name": lambda record: record["Name"].casefold(),
    },
)
ROUTES = [
    Route("GET", "/3/customers", list_customers, "customer"),
    Route("POST", "/3/customers", create_customer, "customer"),
    Route("GET", "/3/customers/{}", get_customer, "customer"),
    Route("PUT", "/3/customers/{}", update_customer, "customer"),
    Route("DELETE", "/3/customers/{}", delete_customer, "customer"),
]
