"""What every company begins with: chart of accounts, registers, predefined accounts, years."""

from decimal import Decimal
from typing import Any

from fortnox_sim.api import predefined, voucher_series
from fortnox_sim.company import COMPANIES, Company
from fortnox_sim.json_format import Record
from fortnox_sim.scopes import ALL_LICENCES
from fortnox_sim.store import Store

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
    """Fill registers and predefined accounts."""
    predefined.add_defaults(company)
    voucher_series.add_defaults(company)
    for code, english, text in UNITS:
        company.put("units", code, {"Code": code, "CodeEnglish": english, "Description": text})
    for code, text in TERMS:
        company.put("terms", code, {"Code": code, "Description": text})
    for code, text, mode_account in MODES:
        company.put("modes", code, {"Code": code, "Description": text, "AccountNumber": mode_account})
    for code, text, rate in CURRENCIES:
        value = Decimal(rate)
        company.put("currencies", code, {"Code": code, "Description": text, "BuyRate": value, "SellRate": value})


def add_years(company: Company, years: list[tuple[str, str]]) -> None:
    """Open financial years by their first and last days."""
    for number, (first, last) in enumerate(years, start=1):
        record = {
            "Id": number,
            "FromDate": first,
            "ToDate": last,
            "AccountChartType": f"BAS {last[:4]}",
            "AccountingMethod": company.settings["method"],
        }
        company.put("years", str(number), record)


def list_calendar_years(first: int, last: int) -> list[tuple[str, str]]:
    """List the years from one to another, and the one after."""
    return [(f"{year}-01-01", f"{year}-12-31") for year in range(first, last + 2)]
