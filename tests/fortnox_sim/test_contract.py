"""Every answer the simulator gives, held against Fortnox's published document and its recorded deviations."""

import copy
import json
from functools import cache

import pytest
from jsonschema import Draft202012Validator
from tests.fortnox_sim.client_app import SHARED

from fortnox_sim import errors
from fortnox_sim.api import (
    accounts,
    accruals,
    articles,
    customers,
    invoice_fields,
    labels,
    payments,
    predefined,
    reference_data,
    salary_transactions,
    supplier_invoices,
    supplier_payments,
    suppliers,
    voucher_series,
    vouchers,
)
from fortnox_sim.api.dispatch import ROUTES
from fortnox_sim.errors import ApiError

ROW = {"ArticleNumber": "1", "DeliveredQuantity": "1", "Price": 1000, "VAT": 25}
TEXT, NULL = {"type": "string"}, {"type": "null"}

# Where recorded answers differ from the published document (wire_vs_spec.json), or a recording is known that does.
# schema -> (keys that may be null, keys that may be any text, keys of another type, extra keys, absent keys)
DEVIATIONS = {
    "fortnox_InvoiceListItem": (
        ["FinalPayDate", "VoucherNumber", "VoucherSeries", "VoucherYear"],
        [],
        {"CurrencyRate": TEXT},
        [],
        [],
    ),
    "fortnox_Invoice": (
        [
            "TaxReduction",
            "TimeBasisReference",
            "DeliveryDate",
            "LastRemindDate",
            "FinalPayDate",
            "VoucherNumber",
            "VoucherSeries",
            "VoucherYear",
        ],
        ["PaymentWay", "InvoicePeriodStart", "InvoicePeriodEnd"],
        {"ContractReference": {"type": ["string", "integer"]}},
        ["InvoiceReference"],
        ["InvoicePeriodReference"],
    ),
    "fortnox_Invoice_EDIInformation": (
        [
            "EDIGlobalLocationNumber",
            "EDIGlobalLocationNumberDelivery",
            "EDIInvoiceExtra1",
            "EDIInvoiceExtra2",
            "EDIOurElectronicReference",
            "EDIYourElectronicReference",
        ],
        [],
        {},
        [],
        [],
    ),
    "fortnox_Invoice_EmailInformation": (["EmailAddressFrom", "EmailAddressCC", "EmailAddressBCC"], [], {}, [], []),
    "fortnox_Invoice_InvoiceRow": (
        ["VATCode", "HouseWorkType", "HouseWorkHoursToReport", "StockPointCode"],
        [],
        {},
        ["Cost"],
        [],
    ),
    "fortnox_ArticleListItem": (["SalesPrice", "VAT", "StockPlace", "Unit"], [], {"QuantityInStock": TEXT}, [], []),
    "fortnox_Article": (
        [
            "HouseworkType",
            "Manufacturer",
            "StockPlace",
            "SupplierName",
            "SupplierNumber",
            "Unit",
            "SalesPrice",
            "CostCalculationMethod",
            "StockAccount",
            "StockChangeAccount",
            "DirectCost",
            "FreightCost",
            "OtherCost",
            "DefaultStockPoint",
            "DefaultStockLocation",
            "StockWarning",
        ],
        [],
        {"ConstructionAccount": {"type": "integer"}},
        ["CommodityCode"],
        [],
    ),
    "fortnox_Customer": (
        [
            "Address1",
            "Address2",
            "City",
            "Country",
            "Comments",
            "CostCenter",
            "CountryCode",
            "DeliveryAddress1",
            "DeliveryAddress2",
            "DeliveryCity",
            "DeliveryCountry",
            "DeliveryCountryCode",
            "DeliveryFax",
            "DeliveryName",
            "DeliveryPhone1",
            "DeliveryPhone2",
            "DeliveryZipCode",
            "ExternalReference",
            "Fax",
            "GLN",
            "GLNDelivery",
            "InvoiceAdministrationFee",
            "InvoiceDiscount",
            "InvoiceFreight",
            "Phone1",
            "Phone2",
            "VisitingAddress",
            "VisitingCity",
            "VisitingCountry",
            "VisitingCountryCode",
            "VisitingZipCode",
            "ZipCode",
        ],
        [],
        {"SalesAccount": {"type": ["string", "integer", "null"]}},
        [],
        [],
    ),
    "fortnox_CompanyInfo": (["VisitAddress", "VisitCity", "VisitCountryCode", "VisitZipCode"], [], {}, [], []),
    "fortnox_LockedPeriod": (["EndDate"], [], {}, [], []),
    "fortnox_VoucherListItem": (["Comments"], ["ReferenceType"], {}, [], []),
    "fortnox_Voucher": (["Comments"], ["ReferenceType"], {}, [], []),
    "fortnox_VoucherSeriesListItem_Approver": (["Id", "Name"], [], {}, [], []),
    "fortnox_VoucherSeries_Approver": (["Id", "Name"], [], {}, [], []),
    "fortnox_SupplierInvoice": (["FinalPayDate", "VoucherNumber", "VoucherSeries", "VoucherYear"], [], {}, [], []),
    "fortnox_SupplierInvoiceListItem": (["FinalPayDate"], [], {}, [], []),
    "fortnox_SupplierInvoicePayment": (["VoucherNumber", "VoucherSeries", "VoucherYear"], [], {}, [], []),
    "fortnox_InvoicePayment": (["VoucherNumber", "VoucherSeries", "VoucherYear"], [], {}, [], []),
    "fortnox_Currency": (["Date"], [], {}, [], []),
}


def accrual(account, document, number):
    rows = [{"Account": 1790, "Credit": 90}, {"Account": 5010, "Debit": 90}]
    return {
        "AccrualAccount": 1790,
        account: 5010,
        f"{document}Number": number,
        f"{document}AccrualRows": rows,
        "Period": "MONTHLY",
        "StartDate": "2026-03-01",
        "EndDate": "2026-05-31",
        "Times": 3,
        "Total": 90,
    }


BODIES = {
    "/3/customers": {"Customer": {"Name": "Ny"}},
    "/3/articles": {"Article": {"Description": "Ny"}},
    "/3/invoices": {"Invoice": {"CustomerNumber": "1", "InvoiceRows": [ROW]}},
    "/3/invoicepayments": {"InvoicePayment": {"InvoiceNumber": 1001, "Amount": 5}},
    "/3/units": {"Unit": {"Code": "x", "Description": "X"}},
    "/3/termsofpayments": {"TermsOfPayment": {"Code": "x", "Description": "X"}},
    "/3/modesofpayments": {"ModeOfPayment": {"Code": "x", "Description": "X", "AccountNumber": "1930"}},
    "/3/currencies": {"Currency": {"Code": "DKK", "Description": "Dansk krona"}},
    "/3/accounts": {"Account": {"Number": 3055, "Description": "Ny"}},
    "/3/accounts/{}": {"Account": {"Description": "Ny"}},
    "/3/predefinedaccounts/{}": {"PreDefinedAccount": {"Account": 3002}},
    "/3/financialyears": {"FinancialYear": {"FromDate": "2028-01-01", "ToDate": "2028-12-31"}},
    "/3/customers/{}": {"Customer": {"City": "Lund"}},
    "/3/articles/{}": {"Article": {"Note": "x"}},
    "/3/invoices/{}": {"Invoice": {"Remarks": "x"}},
    "/3/invoicepayments/{}": {"InvoicePayment": {"Amount": 6}},
    "/3/units/{}": {"Unit": {"Description": "Y"}},
    "/3/termsofpayments/{}": {"TermsOfPayment": {"Description": "Y"}},
    "/3/modesofpayments/{}": {"ModeOfPayment": {"Description": "Y"}},
    "/3/labels": {"Label": {"Description": "Ny"}},
    "/3/labels/{}": {"Label": {"Description": "Ny"}},
    "/3/predefinedvoucherseries/{}": {"PreDefinedVoucherSeries": {"VoucherSeries": "Q"}},
    "/3/suppliers": {"Supplier": {"Name": "Ny"}},
    "/3/suppliers/{}": {"Supplier": {"City": "Lund"}},
    "/3/supplierinvoices": {"SupplierInvoice": {"SupplierNumber": "7", "Total": "125", "VAT": "25"}},
    "/3/supplierinvoices/{}": {"SupplierInvoice": {"Comments": "x"}},
    "/3/supplierinvoicepayments": {"SupplierInvoicePayment": {"InvoiceNumber": "1", "Amount": 5}},
    "/3/supplierinvoicepayments/{}": {"SupplierInvoicePayment": {"Amount": 6}},
    "/3/supplierinvoiceaccruals": {"SupplierInvoiceAccrual": accrual("CostAccount", "SupplierInvoice", 2)},
    "/3/supplierinvoiceaccruals/{}": {"SupplierInvoiceAccrual": {"Description": "Y"}},
    "/3/invoiceaccruals": {"InvoiceAccrual": accrual("RevenueAccount", "Invoice", 1002)},
    "/3/invoiceaccruals/{}": {"InvoiceAccrual": {"Description": "Y"}},
    "/3/salarytransactions": {"SalaryTransaction": {"EmployeeId": "1", "SalaryCode": "11", "Date": "2026-03-02"}},
    "/3/salarytransactions/{}": {"SalaryTransaction": {"TextRow": "Y"}},
    "/3/voucherseries": {"VoucherSeries": {"Code": "Q", "Description": "Ny"}},
    "/3/voucherseries/{}": {"VoucherSeries": {"Description": "Ny"}},
    "/3/vouchers": {
        "Voucher": {
            "Description": "Kontantköp",
            "VoucherSeries": "A",
            "TransactionDate": "2026-03-30",
            "VoucherRows": [{"Account": 6110, "Debit": 80}, {"Account": 1910, "Credit": 80}],
        }
    },
    "/3/currencies/{}": {"Currency": {"Description": "Y"}},
}
ARGUMENTS = {
    "customers": "1", "articles": "1", "invoices": "1002", "invoicepayments": "1", "units": "h",
    "termsofpayments": "30", "modesofpayments": "BG", "currencies": "EUR", "accounts": "3001",
    "predefinedaccounts": "SALES", "financialyears": "2", "predefinedvoucherseries": "INVOICE", "labels": "1",
    "voucherseries": "A", "sie": "4", "supplierinvoices": "2", "supplierinvoicepayments": "1",
    "salarytransactions": "1", "supplierinvoiceaccruals": "1", "invoiceaccruals": "1001",
    "suppliers": "1",
}  # fmt: skip
UNUSED = {
    "customers": "9", "articles": "9", "units": "km", "termsofpayments": "14", "modesofpayments": "KT",
    "currencies": "NOK", "accounts": "1011",
}  # fmt: skip


@cache
def document():
    return json.loads((SHARED / "openapi.json").read_text(encoding="utf-8"))


@cache
def schemas():
    """The published schemas, with the deviations written in and no other key allowed."""
    found = copy.deepcopy(document()["components"]["schemas"])
    for name, (nulls, texts, types, extras, absent) in DEVIATIONS.items():
        fields = found[name]["properties"]
        for key in nulls:
            fields[key] = {"anyOf": [fields[key], NULL]}
        fields |= dict.fromkeys(texts, TEXT) | types | {key: {} for key in extras}
        for key in absent:
            del fields[key]
    for schema in found.values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return found


def faults_of(name, body):
    """List what an answer has against a schema; every declared key has to be there."""
    strict = copy.deepcopy(schemas())
    for schema in strict.values():
        if "properties" in schema:
            schema["required"] = sorted(schema["properties"])
    wrapped = strict[name]
    if any(key in body for key in ("MetaInformation",)):
        wrapped["properties"]["MetaInformation"] = {"$ref": "#/components/schemas/fortnox_MetaInformation"}
    root = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": strict}}
    checker = Draft202012Validator.FORMAT_CHECKER
    found = Draft202012Validator(root, format_checker=checker).iter_errors(body)
    return [f"{error.json_path}: {error.message}" for error in found]


def published(path):
    """Find the document's own spelling of a path, whatever it calls its arguments."""
    parts = path.split("/")
    for known in document()["paths"]:
        theirs = known.split("/")
        if len(theirs) == len(parts) and all(
            a == b or (a == "{}" and b.startswith("{")) for a, b in zip(parts, theirs, strict=True)
        ):
            return known
    raise LookupError(path)


def schema_of(route, status):
    answers = document()["paths"][published(route.path)][route.method.lower()]["responses"]
    content = answers.get(str(status), {}).get("content", {})
    return next((kind["schema"].get("$ref", "").rpartition("/")[2] for kind in content.values()), "")


@pytest.fixture
def books(client, shared):
    """Each kind of record once: a booked invoice with an unbooked payment, and one invoice not booked."""
    client.control("companies/556001/customers", Name="Ensam AB", CustomerNumber="9", SalesAccount="3001")
    client.control("companies/556001/articles", Description="Ensam", ArticleNumber="9")
    number = client.booked(ROW)["DocumentNumber"]
    client.post("labels", Label={"Description": "Etikett"})
    client.invoice(ROW, Labels=[{"Id": 1}])
    client.post("invoicepayments", InvoicePayment={"InvoiceNumber": number, "Amount": 5})
    for _ in range(2):
        client.post("supplierinvoices", SupplierInvoice={"SupplierNumber": "7", "Total": "125", "VAT": "25"})
    client.put("supplierinvoices/1/bookkeep")
    client.post("supplierinvoicepayments", SupplierInvoicePayment={"InvoiceNumber": "1", "Amount": 5})
    client.post("supplierinvoiceaccruals", SupplierInvoiceAccrual=accrual("CostAccount", "SupplierInvoice", 1))
    client.post("invoiceaccruals", InvoiceAccrual=accrual("RevenueAccount", "Invoice", 1001))
    client.post("suppliers", **BODIES["/3/suppliers"])
    client.post("salarytransactions", **BODIES["/3/salarytransactions"])
    return client


def address(route):
    kind = route.path.split("/")[2]
    if route.path == "/3/vouchers/{}/{}":
        return "/3/vouchers/B/1"
    if route.path == "/3/vouchers/sublist/{}":
        return "/3/vouchers/sublist/B"
    number = ARGUMENTS.get(kind, "")
    if route.method == "DELETE":
        number = UNUSED.get(kind, number)
    if route.path.endswith("/credit"):
        number = {"invoices": "1001", "supplierinvoices": "1"}[kind]
    return route.path.replace("{}", number)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_answers_as_the_document_and_the_recordings_say(books, route):
    body = BODIES.get(route.path) if route.method in {"POST", "PUT"} else None
    answer = books.http.open(address(route), method=route.method, json=body, headers=books.headers)
    expected = {"POST": 201, "DELETE": 204}.get(route.method, 200)
    if (route.method, route.path) == ("DELETE", "/3/salarytransactions/{}"):
        expected = 200  # the one that has its record in the response
    assert answer.status_code == expected, answer.text
    name = schema_of(route, expected) if answer.mimetype == "application/json" else ""
    assert not name or faults_of(name, answer.json) == []


def test_details_of_every_state_satisfy_the_document(books):
    cancelled = books.invoice(ROW)["DocumentNumber"]
    books.put(f"invoices/{cancelled}/cancel")
    note = books.put("invoices/1001/credit").json["Invoice"]["CreditInvoiceReference"]
    books.control("companies/556001/payments", invoice="1001", amount="1250", date="2026-04-01", write_off="1")
    invoices = [books.get(f"invoices/{number}").json for number in ("1001", "1002", cancelled, note)]
    payments = [books.get(f"invoicepayments/{number}").json for number in ("1", "2")]
    found = [faults_of("fortnox_Invoice_Wrap", body) for body in invoices]
    found += [faults_of("fortnox_InvoicePayment_Wrap", body) for body in payments]
    assert found == [[]] * 6


ERRORS = {name: value for name, value in vars(errors).items() if name.isupper() and isinstance(value, tuple)} | {
    f"INVENTED[{name}]": value for name, value in errors.INVENTED.items()
}


@pytest.mark.parametrize("name", sorted(ERRORS))
@pytest.mark.parametrize("status", [400, 404])
def test_every_refusal_satisfies_the_document_but_for_its_casing(shared, name, status):
    body = json.loads(ApiError(ERRORS[name], status=status).to_response().body)
    inner = {key.capitalize(): value for key, value in body["ErrorInformation"].items()}
    assert faults_of("fortnox_ErrorInformationWrap", {"ErrorInformation": inner}) == []


PAYLOADS = {
    "fortnox_InvoicePayload": invoice_fields.FIELDS,
    "fortnox_InvoicePayload_InvoiceRow": invoice_fields.ROW_FIELDS,
    "fortnox_Customer": customers.FIELDS,
    "fortnox_Article": articles.FIELDS,
    "fortnox_InvoicePayment": payments.FIELDS,
    "fortnox_InvoicePayment_WriteOff": payments.WRITE_OFF_FIELDS,
    "fortnox_AccountPayload": accounts.ACCOUNT_FIELDS,
    "fortnox_Unit": reference_data.UNITS.fields,
    "fortnox_TermsOfPayment": reference_data.TERMS.fields,
    "fortnox_ModeOfPayment": reference_data.MODES.fields,
    "fortnox_Currency": reference_data.CURRENCIES.fields,
    "fortnox_Label": labels.FIELDS,
    "fortnox_Supplier": suppliers.FIELDS,
    "fortnox_SupplierInvoice": supplier_invoices.FIELDS,
    "fortnox_SupplierInvoice_SupplierInvoiceRow": supplier_invoices.ROW_FIELDS,
    "fortnox_SupplierInvoicePayment": supplier_payments.FIELDS,
    "fortnox_SupplierInvoiceAccrual": accruals.SUPPLIER_INVOICE_ACCRUALS.fields,
    "fortnox_SupplierInvoiceAccrual_SupplierInvoiceAccrualRows": accruals.ROW_FIELDS,
    "fortnox_InvoiceAccrual": accruals.INVOICE_ACCRUALS.fields,
    "fortnox_SalaryTransaction": salary_transactions.FIELDS,
    "fortnox_Voucher": vouchers.FIELDS,
    "fortnox_Voucher_VoucherRow": vouchers.ROW_FIELDS,
    "fortnox_VoucherSeries": voucher_series.FIELDS,
    "fortnox_PredefinedAccount": predefined.ACCOUNT_FIELDS,
    "fortnox_PredefinedVoucherSeries": predefined.SERIES_FIELDS,
}


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_every_key_the_document_takes_is_known_and_no_other(shared, name):
    declared = set(document()["components"]["schemas"][name]["properties"]) - {"@url"}
    extras = set(DEVIATIONS.get(name, ([], [], {}, [], []))[3])
    writable = {field.name for field in PAYLOADS[name].fields if not field.readonly}
    assert declared - set(PAYLOADS[name].by_name) == set()
    assert writable - declared - extras == set()


@pytest.mark.parametrize(
    ("name", "unlimited"),
    [
        ("fortnox_Customer", {"DeliveryCountry": 1024, "SalesAccount": 4, "VisitingCountry": 128}),
        ("fortnox_Supplier", {}),
        ("fortnox_Article", {}),
        ("fortnox_Voucher", {}),
        ("fortnox_VoucherSeries", {}),
    ],
)
def test_lengths_are_those_of_the_document(shared, name, unlimited):
    """`unlimited` has what the document limits and the simulator does not: two that Fortnox fills, and a number."""
    declared = document()["components"]["schemas"][name]["properties"]
    lengths = {key: field["maxLength"] for key, field in declared.items() if "maxLength" in field}
    limits = {field.name: field.limit for field in PAYLOADS[name].fields}
    assert {key: length for key, length in lengths.items() if limits.get(key) != length} == unlimited


def test_codes_are_told_apart():
    codes = [code for code, _ in ERRORS.values()]
    assert len(codes) == len(set(codes))
