"""The keys of invoices and their rows, and how an invoice is shown."""

from decimal import Decimal

from fortnox_sim.api.texts import BASE
from fortnox_sim.company import Company
from fortnox_sim.fields import Field, FieldTable
from fortnox_sim.json_format import Record, number

ZERO, ONE = Decimal(0), Decimal(1)
HUNDRED = Decimal(100)
TYPES = ("INVOICE", "AGREEMENTINVOICE", "INTRESTINVOICE", "SUMMARYINVOICE", "CASHINVOICE")


def _ro(name: str, unset: object = "") -> Field:
    return Field(name, unset=unset, readonly=True)


FIELDS = FieldTable(
    _ro("AccountingMethod", "ACCRUAL"),
    Field("Address1", limit=1024),
    Field("Address2", limit=1024),
    Field("AdministrationFee", "money", unset=ZERO),
    _ro("AdministrationFeeVAT", ZERO),
    _ro("Balance", ZERO),
    _ro("BasisTaxReduction", ZERO),
    _ro("Booked", False),
    _ro("Cancelled", False),
    Field("City", limit=1024),
    Field("Comments", limit=1024),
    _ro("ContractReference", "0"),
    _ro("ContributionPercent", ZERO),
    _ro("ContributionValue", ZERO),
    Field("CostCenter"),
    Field("Country"),
    _ro("Credit", "false"),
    Field("CreditInvoiceReference", unset="0"),
    Field("Currency", limit=3, unset="SEK"),
    Field("CurrencyRate", "number", unset=ONE),
    Field("CurrencyUnit", "int", unset=1),
    Field("CustomerName", limit=1024),
    Field("CustomerNumber"),
    Field("DeliveryAddress1", limit=1024),
    Field("DeliveryAddress2", limit=1024),
    Field("DeliveryCity", limit=1024),
    Field("DeliveryCountry"),
    Field("DeliveryDate", "date", unset=None),
    Field("DeliveryName", limit=1024),
    Field("DeliveryZipCode", limit=1024),
    Field("DocumentNumber"),
    Field("DueDate", "date"),
    Field("EDIInformation", "object", unset=None),
    Field("EUQuarterlyReport", "bool", unset=False),
    Field("EmailInformation", "object", unset=None),
    Field("ExternalInvoiceReference1", limit=80),
    Field("ExternalInvoiceReference2", limit=80),
    _ro("FinalPayDate", None),
    Field("Freight", "money", unset=ZERO),
    _ro("FreightVAT", ZERO),
    _ro("Gross", ZERO),
    _ro("HouseWork", False),
    Field("InvoiceDate", "date"),
    _ro("InvoicePeriodEnd"),
    _ro("InvoicePeriodStart"),
    _ro("InvoiceReference", "0"),
    Field("InvoiceRows", "rows", unset=[]),
    Field("InvoiceType", "choice", unset="INVOICE", choices=TYPES),
    Field("Labels", "rows", unset=[]),
    Field("Language", "choice", unset="SV", choices=("SV", "EN")),
    _ro("LastRemindDate", None),
    _ro("Net", ZERO),
    Field("NotCompleted", "bool", unset=False),
    _ro("NoxFinans", False),
    Field("OCR"),
    _ro("OfferReference", "0"),
    _ro("OrderReference", "0"),
    _ro("OrganisationNumber"),
    Field("OurReference", limit=50),
    Field("OutboundDate", "date"),
    Field("PaymentWay"),
    Field("Phone1", limit=1024),
    Field("Phone2", limit=1024),
    Field("PriceList", unset="A"),
    Field("PrintTemplate", unset="st"),
    Field("Project"),
    Field("Remarks", limit=1024),
    _ro("Reminders", 0),
    _ro("RoundOff", ZERO),
    _ro("Sent", False),
    _ro("TaxReduction", None),
    Field("TaxReductionType", "choice", unset="none", choices=("none", "rot", "rut", "green")),
    Field("TermsOfDelivery"),
    Field("TermsOfPayment"),
    _ro("TimeBasisReference", None),
    _ro("Total", ZERO),
    _ro("TotalToPay", ZERO),
    _ro("TotalVAT", ZERO),
    Field("VATIncluded", "bool", unset=False),
    _ro("VoucherNumber", None),
    _ro("VoucherSeries", None),
    _ro("VoucherYear", None),
    _ro("WarehouseReady", False),
    Field("WayOfDelivery"),
    Field("YourOrderNumber", limit=75),
    Field("YourReference", limit=50),
    Field("ZipCode", limit=1024),
)
ROW_FIELDS = FieldTable(
    Field("AccountNumber", "int"),
    Field("ArticleNumber"),
    _ro("ContributionPercent", "0"),
    _ro("ContributionValue", "0"),
    Field("CostCenter"),
    _ro("Cost", ZERO),
    Field("DeliveredQuantity", "money", unset=ZERO),
    Field("Description", limit=255),
    Field("Discount", "money", unset=ZERO),
    Field("DiscountType", "choice", unset="PERCENT", choices=("PERCENT", "AMOUNT")),
    Field("HouseWork", "bool", unset=False),
    Field("HouseWorkHoursToReport", "int", unset=None),
    Field("HouseWorkType", unset=None),
    Field("Price", "money", unset=ZERO),
    _ro("PriceExcludingVAT", ZERO),
    Field("Project"),
    Field("RowId", "int", unset=0),
    Field("StockPointCode", unset=None),
    _ro("Total", ZERO),
    _ro("TotalExcludingVAT", ZERO),
    Field("Unit"),
    Field("VAT", "number", unset=ZERO),
    Field("VATCode", unset=None),
)
LIST_KEYS = (
    "Balance", "Booked", "Cancelled", "CostCenter", "Currency", "CurrencyRate", "CurrencyUnit",
    "CustomerName",
    "CustomerNumber", "DocumentNumber", "DueDate", "ExternalInvoiceReference1", "ExternalInvoiceReference2",
    "FinalPayDate", "InvoiceDate", "InvoiceType", "NoxFinans", "OCR", "Project", "Sent", "TermsOfPayment",
    "Total",
    "VoucherNumber", "VoucherSeries", "VoucherYear", "WayOfDelivery",
)  # fmt: skip
VOUCHER_KEYS = ("VoucherNumber", "VoucherSeries", "VoucherYear")
EDI_KEYS = (
    "EDIGlobalLocationNumber", "EDIGlobalLocationNumberDelivery", "EDIInvoiceExtra1", "EDIInvoiceExtra2",
    "EDIOurElectronicReference", "EDIYourElectronicReference",
)  # fmt: skip


def url(document: str) -> str:
    return f"{BASE}/invoices/{document}"


def item(_company: Company, record: Record) -> Record:
    """Show a list item: the currency rate is text here (recorded)."""
    shown = {"@url": url(record["DocumentNumber"])}
    for key in LIST_KEYS:
        shown[key] = record.get(key, FIELDS.by_name[key].unset)
    shown["CurrencyRate"] = number(record.get("CurrencyRate", ONE))
    return shown


def detail(company: Company, record: Record, *, vouchers: bool) -> Record:
    """Show one invoice; without the voucher right its voucher stays hidden (recorded)."""
    document = record["DocumentNumber"]
    shown: Record = {
        "@url": url(document),
        "@urlTaxReductionList": f"{BASE}/taxreductions?filter=invoices&referencenumber={document}",
        **FIELDS.show(record),
    }
    if not vouchers:
        shown |= dict.fromkeys(VOUCHER_KEYS)
    shown["InvoiceRows"] = [_row(company, row) for row in record["InvoiceRows"]]
    shown["EDIInformation"] = _edi(record)
    shown["EmailInformation"] = _email(record)
    if company.switches["wire_era"] == "2023-01":
        shown["ContractReference"] = 0
    return shown


def _row(company: Company, row: Record) -> Record:
    shown = ROW_FIELDS.show(row)
    shown["DeliveredQuantity"] = number(row["DeliveredQuantity"])
    shown["ContributionValue"] = number(row["TotalExcludingVAT"])
    shown["ContributionPercent"] = "100" if row["TotalExcludingVAT"] else "0"
    if company.switches["wire_era"] == "2023-01":
        del shown["VATCode"]
    return shown


def _edi(record: Record) -> Record:
    sent = record.get("EDIInformation") or {}
    return {**{key: sent.get(key) for key in EDI_KEYS}, "EDIStatus": ""}


def _email(record: Record) -> Record:
    sent = record.get("EmailInformation") or {}
    defaults = {
        "EmailAddressFrom": None,
        "EmailAddressTo": record.get("_email", ""),
        "EmailAddressCC": None,
        "EmailAddressBCC": None,
        "EmailSubject": "Faktura {no} bifogas",
        "EmailBody": " ",
    }
    return {**defaults, **sent}
