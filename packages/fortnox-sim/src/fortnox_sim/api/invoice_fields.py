"""The keys of invoices and their rows, and how an invoice is shown."""

from decimal import Decimal

from fortnox_sim.company import Company
from fortnox_sim.fields import Field, FieldTable
from fortnox_sim.json_format import Record, format_number
from fortnox_sim.router import API_URL

ZERO, ONE = Decimal(0), Decimal(1)
HUNDRED = Decimal(100)
TYPES = ("INVOICE", "AGREEMENTINVOICE", "INTRESTINVOICE", "SUMMARYINVOICE", "CASHINVOICE")


def _read_only(name: str, unset: object = "") -> Field:
    return Field(name, unset=unset, readonly=True)


FIELDS = FieldTable(
    _read_only("AccountingMethod", "ACCRUAL"),
    Field("Address1", limit=1024),
    Field("Address2", limit=1024),
    Field("AdministrationFee", "money", unset=ZERO),
    _read_only("AdministrationFeeVAT", ZERO),
    _read_only("Balance", ZERO),
    _read_only("BasisTaxReduction", ZERO),
    _read_only("Booked", False),
    _read_only("Cancelled", False),
    Field("City", limit=1024),
    Field("Comments", limit=1024),
    _read_only("ContractReference", "0"),
    _read_only("ContributionPercent", ZERO),
    _read_only("ContributionValue", ZERO),
    Field("CostCenter"),
    Field("Country"),
    _read_only("Credit", "false"),
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
    _read_only("FinalPayDate", None),
    Field("Freight", "money", unset=ZERO),
    _read_only("FreightVAT", ZERO),
    _read_only("Gross", ZERO),
    _read_only("HouseWork", False),
    Field("InvoiceDate", "date"),
    _read_only("InvoicePeriodEnd"),
    _read_only("InvoicePeriodStart"),
    _read_only("InvoiceReference", "0"),
    Field("InvoiceRows", "rows", unset=[]),
    Field("InvoiceType", "choice", unset="INVOICE", choices=TYPES),
    Field("Labels", "rows", unset=[]),
    Field("Language", "choice", unset="SV", choices=("SV", "EN")),
    _read_only("LastRemindDate", None),
    _read_only("Net", ZERO),
    Field("NotCompleted", "bool", unset=False),
    _read_only("NoxFinans", False),
    Field("OCR"),
    _read_only("OfferReference", "0"),
    _read_only("OrderReference", "0"),
    _read_only("OrganisationNumber"),
    Field("OurReference", limit=50),
    Field("OutboundDate", "date"),
    Field("PaymentWay"),
    Field("Phone1", limit=1024),
    Field("Phone2", limit=1024),
    Field("PriceList", unset="A"),
    Field("PrintTemplate", unset="st"),
    Field("Project"),
    Field("Remarks", limit=1024),
    _read_only("Reminders", 0),
    _read_only("RoundOff", ZERO),
    _read_only("Sent", False),
    _read_only("TaxReduction", None),
    Field("TaxReductionType", "choice", unset="none", choices=("none", "rot", "rut", "green")),
    Field("TermsOfDelivery"),
    Field("TermsOfPayment"),
    _read_only("TimeBasisReference", None),
    _read_only("Total", ZERO),
    _read_only("TotalToPay", ZERO),
    _read_only("TotalVAT", ZERO),
    Field("VATIncluded", "bool", unset=False),
    _read_only("VoucherNumber", None),
    _read_only("VoucherSeries", None),
    _read_only("VoucherYear", None),
    _read_only("WarehouseReady", False),
    Field("WayOfDelivery"),
    Field("YourOrderNumber", limit=75),
    Field("YourReference", limit=50),
    Field("ZipCode", limit=1024),
)
ROW_FIELDS = FieldTable(
    Field("AccountNumber", "int"),
    Field("ArticleNumber"),
    _read_only("ContributionPercent", "0"),
    _read_only("ContributionValue", "0"),
    Field("CostCenter"),
    _read_only("Cost", ZERO),
    Field("DeliveredQuantity", "money", unset=ZERO),
    Field("Description", limit=255),
    Field("Discount", "money", unset=ZERO),
    Field("DiscountType", "choice", unset="PERCENT", choices=("PERCENT", "AMOUNT")),
    Field("HouseWork", "bool", unset=False),
    Field("HouseWorkHoursToReport", "int", unset=None),
    Field("HouseWorkType", unset=None),
    Field("Price", "money", unset=ZERO),
    _read_only("PriceExcludingVAT", ZERO),
    Field("Project"),
    Field("RowId", "int", unset=0),
    Field("StockPointCode", unset=None),
    _read_only("Total", ZERO),
    _read_only("TotalExcludingVAT", ZERO),
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


def build_list_item(_company: Company, record: Record) -> Record:
    """Show a list item: the currency rate is text here (recorded)."""
    shown = {"@url": f"{API_URL}/invoices/{record['DocumentNumber']}"}
    for key in LIST_KEYS:
        shown[key] = record.get(key, FIELDS.by_name[key].unset)
    shown["CurrencyRate"] = format_number(record.get("CurrencyRate", ONE))
    return shown


def build_detail(company: Company, record: Record, *, vouchers: bool) -> Record:
    """Show one invoice; without the voucher right its voucher stays hidden (recorded)."""
    document = record["DocumentNumber"]
    old = company.switches["wire_era"] == "2023-01"
    shown: Record = {
        "@url": f"{API_URL}/invoices/{document}",
        "@urlTaxReductionList": f"{API_URL}/taxreductions?filter=invoices&referencenumber={document}",
        **FIELDS.show(record),
    }
    shown["WarehouseReady"] = not company.settings["warehouse"] or record.get("WarehouseReady", False)
    if not vouchers:
        shown |= dict.fromkeys(VOUCHER_KEYS)
    shown["InvoiceRows"] = []
    for row in record["InvoiceRows"]:
        shown_row = ROW_FIELDS.show(row)
        shown_row["DeliveredQuantity"] = format_number(row["DeliveredQuantity"])
        shown_row["ContributionValue"] = format_number(row["TotalExcludingVAT"])
        shown_row["ContributionPercent"] = "100" if row["TotalExcludingVAT"] else "0"
        if old:
            del shown_row["VATCode"]
        shown["InvoiceRows"].append(shown_row)
    edi = record.get("EDIInformation") or {}
    shown["EDIInformation"] = {**{key: edi.get(key) for key in EDI_KEYS}, "EDIStatus": ""}
    shown["EmailInformation"] = {
        "EmailAddressFrom": None,
        "EmailAddressTo": record.get("_email", ""),
        "EmailAddressCC": None,
        "EmailAddressBCC": None,
        "EmailSubject": "Faktura {no} bifogas",
        "EmailBody": " ",
        **(record.get("EmailInformation") or {}),
    }
    if old:
        shown["ContractReference"] = 0
    return shown
