"""From the rows that were sent to the rows that are stored: articles, accounts, rates, defaults."""

from decimal import Decimal
from typing import Any

from fortnox_sim.api import accounts, articles
from fortnox_sim.api.invoice_fields import ROW_FIELDS
from fortnox_sim.company import Company
from fortnox_sim.errors import (
    BAD_VAT_CODE,
    EASY_VAT_ACCOUNT,
    INVENTED,
    ROW_ACCOUNT,
    ROW_ARTICLE,
    UNIT_NOT_FOUND,
    WRONG_STRUCTURE,
    Refusal,
)
from fortnox_sim.json_format import Record

ZERO = Decimal(0)
MAX_ROWS = 500
STANDARD_RATES = {Decimal(25): "25", Decimal(12): "12", Decimal(6): "6", ZERO: "0"}
FAMILY = {
    "SEREVERSEDVAT": "ConstructionAccount",
    "EUREVERSEDVAT": "EUAccount",
    "EUVAT": "EUVATAccount",
    "EXPORT": "ExportAccount",
}
FAMILY_DEFAULT = {
    "SEREVERSEDVAT": "SALESCONSTR2",
    "EUREVERSEDVAT": "SALESEUREV",
    "EUVAT": "SALESEUVAT",
    "EXPORT": "SALESEXPORT",
}
NO_VAT = frozenset({"SEREVERSEDVAT", "EUREVERSEDVAT", "EXPORT"})


def read_rows(company: Company, sent: Any, customer: Record) -> list[Record]:
    """Read the rows of a new invoice."""
    return [_fill(company, read_row(company, row), customer) for row in check_rows(sent)]


def check_rows(sent: Any) -> list[Record]:
    if not isinstance(sent, list) or not all(isinstance(row, dict) for row in sent):
        raise Refusal(WRONG_STRUCTURE)
    if len(sent) > MAX_ROWS:
        raise Refusal(INVENTED["rows"])
    return sent


def read_row(company: Company, sent: Record) -> Record:
    """Read the keys of one row that were sent."""
    return {key: value for key, value in ROW_FIELDS.read(sent, company.switches).items() if value is not None}


def merge_rows(company: Company, old: list[Record], sent: Any, customer: Record) -> list[Record]:
    """Apply rows to an invoice: by RowId where one is given, else by position; the rest goes."""
    rows = [read_row(company, row) for row in check_rows(sent)]
    by_id = {row["RowId"]: row for row in old}
    if any(row.get("RowId") for row in rows):
        before = [by_id.get(row.get("RowId", 0), {}) for row in rows]
    else:
        before = [old[place] if place < len(old) else {} for place in range(len(rows))]
    return [_fill(company, {**kept, **row}, customer) for kept, row in zip(before, rows, strict=True)]


def _fill(company: Company, row: Record, customer: Record) -> Record:
    """Fill what was left out from article, customer and company."""
    article = _article(company, row)
    kind = customer.get("VATType", "SEVAT")
    row = {**_from_article(article), **row}
    row.setdefault("DeliveredQuantity", ZERO)
    if company.settings["warehouse"]:
        row["DeliveredQuantity"] = ZERO
    row.setdefault("Price", ZERO)
    row.setdefault("DiscountType", "PERCENT")
    row.setdefault("Discount", customer.get("InvoiceDiscount") or ZERO)
    row["VAT"] = _rate(company, row, article, kind)
    row["AccountNumber"] = _account(company, row, article, customer)
    if row.get("Unit") and row["Unit"] not in company.table("units"):
        raise Refusal(UNIT_NOT_FOUND)
    row["ArticleNumber"] = row.get("ArticleNumber", "")
    return row


def _article(company: Company, row: Record) -> Record | None:
    if not row.get("ArticleNumber"):
        return None
    article = company.get("articles", row["ArticleNumber"])
    if article is None:
        raise Refusal(ROW_ARTICLE)
    return article


def _from_article(article: Record | None) -> Record:
    if article is None:
        return {}
    found = {
        "Description": article["Description"],
        "Unit": article.get("Unit"),
        "Price": article.get("SalesPrice"),
    }
    return {key: value for key, value in found.items() if value is not None}


def _rate(company: Company, row: Record, article: Record | None, kind: str) -> Decimal:
    """Decide the row's rate: as sent, else the article's; without either it is 0 (recorded)."""
    sent = row.get("VAT")
    if kind in NO_VAT and (sent is None or not company.switches["sent_vat_wins"]):
        return ZERO
    if sent is None:
        return articles.rate(company, article) if article is not None else ZERO
    return _known_rate(company, sent)


def _known_rate(company: Company, rate: Decimal) -> Decimal:
    how = company.switches["decimal_vat"]
    if rate != rate.to_integral_value() and how != "accept":
        if how == "refuse":
            raise Refusal((2000108, "Värdet måste vara numeriskt"), "VAT")
        rate = Decimal(int(rate))
    if rate not in [Decimal(str(known)) for known in company.settings["vat_rates"]]:
        raise Refusal(INVENTED["vat"])
    return rate


def _account(company: Company, row: Record, article: Record | None, customer: Record) -> int:
    """Decide the row's account: as sent, the article's for this kind of customer, or a predefined one."""
    account = row.get("AccountNumber")
    easy = company.settings["easy_vat"]
    if account is None and easy and row["VAT"] not in STANDARD_RATES:
        raise Refusal(EASY_VAT_ACCOUNT)
    if account is None:
        account = _default_account(company, row, article, customer)
    if str(account) not in company.table("accounts"):
        raise Refusal(ROW_ACCOUNT)
    chart = company.table("accounts").rows[str(account)]
    if not chart.get("Active", True):
        raise Refusal((2000550, "Kontot är inte aktivt"))
    fixed = chart.get("VATCode") in accounts.RATES and customer.get("VATType", "SEVAT") == "SEVAT"
    if easy and fixed and accounts.account_rate(company, account) != row["VAT"]:
        raise Refusal(BAD_VAT_CODE)
    return int(account)


def _default_account(company: Company, row: Record, article: Record | None, customer: Record) -> int:
    kind = customer.get("VATType", "SEVAT")
    if kind in FAMILY:
        default = articles.FIELDS.by_name[FAMILY[kind]].unset
        own = article.get(FAMILY[kind], default) if article is not None else 0
        return int(own or accounts.predefined_account(company, FAMILY_DEFAULT[kind]))
    if customer.get("SalesAccount"):
        return int(customer["SalesAccount"])
    if article is not None:
        return int(article.get("SalesAccount", 3001))
    if company.settings["easy_vat"]:
        return accounts.predefined_account(company, f"SALES_{STANDARD_RATES[row['VAT']]}_SE")
    return accounts.predefined_account(company, "SALES")
