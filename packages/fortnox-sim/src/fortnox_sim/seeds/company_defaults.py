"""What every company begins with: chart of accounts, registers, predefined accounts, years."""

from datetime import date
from decimal import Decimal
from typing import Any

from fortnox_sim.company import COMPANIES, Company
from fortnox_sim.json_format import Record
from fortnox_sim.scopes import ALL_LICENCES
from fortnox_sim.store import Store

ACCOUNTS: tuple[tuple[int, str, str], ...] = (
    (1250, "Datorer", ""), (1510, "Kundfordringar", ""), (1630, "Skattekonto", ""), (1910, "Kassa", ""),
    (1920, "PlusGiro", ""), (1930, "Företagskonto", ""), (2440, "Leverantörsskulder", ""),
    (2510, "Skatteskulder", ""), (2611, "Utgående moms på försäljning inom Sverige, 25 %", "U1"),
    (2621, "Utgående moms på försäljning inom Sverige, 12 %", "U2"),
    (2631, "Utgående moms på försäljning inom Sverige, 6 %", "U3"), (2641, "Debiterad ingående moms", "I"),
    (2650, "Redovisningskonto för moms", "R1"), (2710, "Personalskatt", ""),
    (2731, "Avräkning lagstadgade sociala avgifter", ""),
    (3001, "Försäljning inom Sverige, 25 % moms", "MP1"), (3002, "Försäljning inom Sverige, 12 % moms",
    "MP2"),
    (3003, "Försäljning inom Sverige, 6 % moms", "MP3"), (3004, "Försäljning inom Sverige, momsfri", "MF"),
    (3041, "Försäljning av tjänster, 25 % moms", "MP1"), (3042, "Försäljning av tjänster, 12 % moms", "MP2"),
    (3043, "Försäljning av tjänster, 6 % moms", "MP3"), (3044, "Försäljning av tjänster, momsfri", "MF"),
    (3105, "Försäljning varor till land utanför EU", "E"), (3106,
    "Försäljning varor till annat EU-land, moms", "EUVAT"),
    (3108, "Försäljning varor till annat EU-land, momsfri", "VTEU"),
    (3231, "Försäljning inom byggsektorn, omvänd skattskyldighet", "OMSS"),
    (3305, "Försäljning tjänster till land utanför EU", "ÖTTU"), (3308,
    "Försäljning tjänster till annat EU-land", "ÖTEU"),
    (3520, "Fakturerade frakter", "MP1"), (3540, "Faktureringsavgifter", "MP1"),
    (3740, "Öres- och kronutjämning", ""), (3960, "Valutakursvinster", ""), (4000, "Inköp av varor", ""),
    (5010, "Lokalhyra", ""), (5410, "Förbrukningsinventarier", ""), (5420, "Programvaror", ""),
    (5800, "Resekostnader", ""), (6110, "Kontorsmateriel", ""), (6212, "Mobiltelefon", ""), (6310,
    "Försäkringar", ""),
    (6351, "Konstaterade kundförluster", ""), (6570, "Bankkostnader", ""), (7010, "Löner", ""),
    (7510, "Arbetsgivaravgifter", ""), (7832, "Avskrivningar på inventarier", ""), (7960,
    "Valutakursförluster", ""),
    (8310, "Ränteintäkter", ""), (8410, "Räntekostnader", ""),
)  # fmt: skip
PREDEFINED = {
    "CUSTCLAIM": 1510, "INVAT": 2641, "OUTVAT_MP1": 2611, "OUTVAT_MP2": 2621, "OUTVAT_MP3": 2631,
    "ROUNDOFF": 3740,
    "FREIGHT": 3520, "ADMFEE": 3540, "SALES": 3001, "SALES2": 3041, "SALES_MP2": 3002, "SALES_MP3": 3003,
    "SALES_NOVAT": 3004, "SALESEUREV": 3108, "SALESEUREV2": 3308, "SALESEUVAT": 3106, "SALESEUVAT2": 3106,
    "SALESEXPORT": 3105, "SALESEXPORT2": 3305, "SALESCONSTR2": 3231, "SUPPCLAIM": 2440, "BANK": 1930,
    "CURRENCYWIN": 3960, "CURRENCYLOSS": 7960,
}  # fmt: skip
EASY_VAT = {
    "SALES_25_SE": 3001, "SALES_25_SE2": 3041, "SALES_12_SE": 3002, "SALES_12_SE2": 3042, "SALES_6_SE": 3003,
    "SALES_6_SE2": 3043, "SALES_0_SE": 3004, "SALES_0_SE2": 3044,
}  # fmt: skip
UNITS = (
    ("förp", "pack", "förpackning"), ("h", "h", "timmar"), ("km", "km", "Kilometer"), ("mån", "month",
    "månad"),
    ("st", "pcs", "styck"), ("utl", "exp", "Utlägg"), ("år", "year", "år"),
)  # fmt: skip
TERMS = (
    ("0", "0 dagar"), ("10", "10 dagar"), ("14", "14 dagar"), ("15", "15 dagar"), ("20", "20 dagar"),
    ("30", "30 dagar"), ("60", "60 dagar"), ("AG", "Autogiro"), ("K", "Kontant"), ("PF", "Postförskott"),
)  # fmt: skip
MODES = (
    ("BG", "Bankgiro", "1930"),
    ("PG", "Plusgiro", "1920"),
    ("KT", "Kontant", "1910"),
    ("AG", "Autogiro", "1930"),
)
SERIES = (
    ("ACCRUAL", "F"), ("INVOICE", "B"), ("INVOICEPAYMENT", "C"), ("MANUAL", "A"), ("SUPPLIERINVOICE", "D"),
    ("SUPPLIERPAYMENT", "E"), ("SALARY", "L"), ("ASSET", "I"),
)  # fmt: skip
CURRENCIES = (
    ("SEK", "Svensk krona", "1"),
    ("EUR", "Euro", "11.25"),
    ("NOK", "Norsk krona", "0.97"),
    ("USD", "US-dollar", "10.40"),
)
SETTINGS: Record = {
    "licences": list(ALL_LICENCES),
    "integration_licence": True,
    "locked": False,
    "inactive": False,
    "easy_vat": False,
    "warehouse": False,
    "rounding": True,
    "method": "ACCRUAL",
    "locked_period": None,
    "vat_rates": ["25", "12", "6", "0"],
    "vat_codes": {},
    "terms": "30",
    "freight": None,
    "admin_fee": None,
    "article_sales_account": 3001,
}


def add_company(store: Store, number: int, name: str, organisation: str, **settings: Any) -> None:
    """Create a company with its registers; `settings` override the defaults."""
    digits = organisation.replace("-", "")
    vat = f"FI{digits}" if settings.get("CountryCode") == "FI" else f"SE{digits}01"
    record = {"DatabaseNumber": number, "Name": name, "OrganizationNumber": organisation, "VATNumber": vat}
    store.put(COMPANIES, str(number), {**SETTINGS, **record, **settings})


def add_registers(company: Company) -> None:
    """Fill chart, registers and predefined accounts."""
    for account, text, code in ACCOUNTS:
        company.put("accounts", str(account), {"Number": account, "Description": text, "VATCode": code})
    names = PREDEFINED | (EASY_VAT if company.settings["easy_vat"] else {})
    for name, account in names.items():
        company.put("predefined", name, {"Account": account, "Name": name})
    for code, english, text in UNITS:
        company.put("units", code, {"Code": code, "CodeEnglish": english, "Description": text})
    for code, text in TERMS:
        company.put("terms", code, {"Code": code, "Description": text})
    for code, text, mode_account in MODES:
        company.put("modes", code, {"Code": code, "Description": text, "AccountNumber": mode_account})
    for name, series in SERIES:
        company.put("predefinedseries", name, {"Name": name, "VoucherSeries": series})
    for code, text, rate in CURRENCIES:
        value = Decimal(rate)
        company.put("currencies", code, {"Code": code, "Description": text, "BuyRate": value, "SellRate": value})


def add_years(company: Company, first: date, last: date) -> None:
    """Open calendar years that cover both dates, and the one after."""
    for number, year in enumerate(range(first.year, last.year + 2), start=1):
        record = {
            "Id": number,
            "FromDate": f"{year}-01-01",
            "ToDate": f"{year}-12-31",
            "AccountChartType": f"BAS {year}",
            "AccountingMethod": company.settings["method"],
        }
        company.put("years", str(number), record)
