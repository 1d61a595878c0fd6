"""From the rows that were sent to the rows that are stored: articles, accounts, rates, defaults."""

from decimal import Decimal
from typing import Any

from fortnox_sim.api import accounts, articles
from fortnox_sim.api.chart_of_accounts import find_account
from fortnox_sim.api.invoice_fields import ROW_FIELDS
from fortnox_sim.api.predefined import find_predefined_account
from fortnox_sim.company import Company
from fortnox_sim.errors import (
    BAD_VAT_CODE,
    EASY_VAT_ACCOUNT,
    INVENTED,
    ROW_ACCOUNT,
    ROW_ARTICLE,
    UNIT_NOT_FOUND,
    WRONG_STRUCTURE,
    ApiError,
)
from fortnox_sim.fields import apply_changes
from fortnox_sim.json_format import Record

ZERO = Decimal(0)
MAX_ROWS = 500
STANDARD_RATES = {Decimal(25): "25", Decimal(12): "12", Decimal(6): "6", ZERO: "0"}
ARTICLE_ACCOUNTS = {
    "SEREVERSEDVAT": "ConstructionAccount",
    "EUREVERSEDVAT": "EUAccount",
    "EUVAT": "EUVATAccount",
    "EXPORT": "ExportAccount",
}
DEFAULT_ACCOUNTS = {
    "SEREVERSEDVAT": "SALESCONSTR2",
    "EUREVERSEDVAT": "SALESEUREV",
    "EUVAT": "SALESEUVAT",
    "EXPORT": "SALESEXPORT",
}
NO_VAT = frozenset({"SEREVERSEDVAT", "EUREVERSEDVAT", "EXPORT"})


def read_rows(company: Company, sent: Any, customer: Record) -> list[Record]:
    """Read the rows of a new invoice."""
    return [_complete_row(company, row, customer) for row in _read_fields(company, sent)]


def _read_fields(company: Company, sent: Any) -> list[Record]:
    """Read the keys of each row that were sent; an object in place of the list is read as a row (recorded)."""
    if isinstance(sent, dict):
        sent = [sent]
    if not isinstance(sent, list) or not all(isinstance(row, dict) for row in sent):
        raise ApiError(WRONG_STRUCTURE)
    if len(sent) > MAX_ROWS:
        raise ApiError(INVENTED["rows"])
    return [apply_changes({}, ROW_FIELDS.read(row, company.switches)) for row in sent]


def merge_rows(company: Company, old: list[Record], sent: Any, customer: Record) -> list[Record]:
    """Apply rows to an invoice: by RowId where one is given, else by position; the rest goes."""
    rows = _read_fields(company, sent)
    by_id = {row["RowId"]: row for row in old}
    if any(row.get("RowId") for row in rows):
        before = [by_id.get(row.get("RowId", 0), {}) for row in rows]
    else:
        before = [old[place] if place < len(old) else {} for place in range(len(rows))]
    return [_complete_row(company, {**kept, **row}, customer) for kept, row in zip(before, rows, strict=True)]


def _complete_row(company: Company, row: Record, customer: Record) -> Record:
    """Fill what was left out from article, customer and company."""
    article = None
    if row.get("ArticleNumber"):
        article = company.get("articles", row["ArticleNumber"])
        if article is None:
            raise ApiError(ROW_ARTICLE)
        copied = {
            "Description": article["Description"],
            "Unit": article.get("Unit"),
            "Price": article.get("SalesPrice"),
        }
        row = {**apply_changes({}, copied), **row}
    else:
        row = dict(row)
    row.setdefault("DeliveredQuantity", ZERO)
    if company.settings["warehouse"]:
        row["DeliveredQuantity"] = ZERO
    row.setdefault("Price", ZERO)
    row.setdefault("DiscountType", "PERCENT")
    row.setdefault("Discount", customer.get("InvoiceDiscount") or ZERO)
    row["VAT"] = _choose_vat_rate(company, row, article, customer.get("VATType", "SEVAT"))
    row["AccountNumber"] = _choose_account(company, row, article, customer)
    if row.get("Unit") and row["Unit"] not in company.table("units"):
        raise ApiError(UNIT_NOT_FOUND)
    row["ArticleNumber"] = row.get("ArticleNumber", "")
    return row


def _choose_vat_rate(company: Company, row: Record, article: Record | None, kind: str) -> Decimal:
    """Decide the row's rate: as sent; left out it is 0, article or not (recorded), or the article's."""
    sent = row.get("VAT")
    if kind in NO_VAT and (sent is None or not company.switches["sent_vat_wins"]):
        return ZERO
    if sent is None:
        if article is None or company.switches["row_vat"] == "zero":
            return ZERO
        return articles.find_vat_rate(company, article)
    rate = Decimal(sent)
    if rate != rate.to_integral_value() and company.switches["decimal_vat"] != "accept":
        if company.switches["decimal_vat"] == "refuse":
            raise ApiError((2000108, "Värdet måste vara numeriskt"), "VAT")
        rate = Decimal(int(rate))
    if rate not in [Decimal(str(known)) for known in company.settings["vat_rates"]]:
        raise ApiError(INVENTED["vat"])
    return rate


def _choose_account(company: Company, row: Record, article: Record | None, customer: Record) -> int:
    """Decide the row's account: as sent, the article's for this kind of customer, or a predefined one."""
    account = row.get("AccountNumber") or None  # 0 stands for none
    easy = company.settings["easy_vat"]
    if account is None and easy and row["VAT"] not in STANDARD_RATES:
        raise ApiError(EASY_VAT_ACCOUNT)
    if account is None:
        account = _default_account(company, row, article, customer)
    chart = find_account(company, account)
    if chart is None:
        raise ApiError(ROW_ACCOUNT)
    if not chart.get("Active", True):
        raise ApiError((2000550, "Kontot är inte aktivt"))
    fixed = chart.get("VATCode") in accounts.VAT_RATES and customer.get("VATType", "SEVAT") == "SEVAT"
    if easy and fixed and accounts.find_account_vat_rate(company, account) != row["VAT"]:
        raise ApiError(BAD_VAT_CODE)
    return int(account)


def _default_account(company: Company, row: Record, article: Record | None, customer: Record) -> int:
    kind = customer.get("VATType", "SEVAT")
    if kind in ARTICLE_ACCOUNTS:
        default = articles.FIELDS.by_name[ARTICLE_ACCOUNTS[kind]].unset
        own = article.get(ARTICLE_ACCOUNTS[kind], default) if article is not None else 0
        return int(own or find_predefined_account(company, DEFAULT_ACCOUNTS[kind]))
    if customer.get("SalesAccount"):
        return int(customer["SalesAccount"])
    if article is not None:
        return int(article.get("SalesAccount", 3001))
    if company.settings["easy_vat"]:
        return find_predefined_account(company, f"SALES_{STANDARD_RATES[row['VAT']]}_SE")
    return find_predefined_account(company, "SALES")
