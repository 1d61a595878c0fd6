"""/3/articles."""

from decimal import Decimal
from urllib.parse import quote

from fortnox_sim.api.accounts import find_account_vat_rate
from fortnox_sim.api.chart_of_accounts import find_account
from fortnox_sim.company import Company
from fortnox_sim.errors import (
    ARTICLE_NOT_FOUND,
    ARTICLE_NUMBER_USED,
    INVENTED,
    ROW_ACCOUNT,
    UNIT_NOT_FOUND,
    ApiError,
    not_found,
)
from fortnox_sim.fields import Field, FieldTable, apply_changes
from fortnox_sim.json_format import Record, Response, format_number
from fortnox_sim.lists import ListRule, contains, flag, list_records, modified_since, number_sort_key
from fortnox_sim.router import API_URL, ApiRequest, Route

ZERO = Decimal(0)
ACCOUNTS = (
    "ConstructionAccount",
    "EUAccount",
    "EUVATAccount",
    "ExportAccount",
    "PurchaseAccount",
    "SalesAccount",
)
FIELDS = FieldTable(
    Field("ArticleNumber", "code", 50),
    Field("Bulky", "bool", unset=False),
    Field("ConstructionAccount", "int", unset=0),
    Field("Depth", "int", unset=0),
    Field("Description", limit=200),
    Field("DisposableQuantity", "money", unset=ZERO, readonly=True),
    Field("EAN", limit=30),
    Field("EUAccount", "int", unset=3108),
    Field("EUVATAccount", "int", unset=3106),
    Field("ExportAccount", "int", unset=3105),
    Field("Height", "int", unset=0),
    Field("Housework", "bool", unset=False),
    Field("HouseworkType", unset=None),
    Field("Active", "bool", unset=True),
    Field("Manufacturer", limit=50, unset=None),
    Field("ManufacturerArticleNumber", limit=50),
    Field("Note", limit=10000),
    Field("PurchaseAccount", "int", unset=4000),
    Field("PurchasePrice", "money", unset=ZERO),
    Field("QuantityInStock", "money", unset=ZERO),
    Field("ReservedQuantity", "money", unset=ZERO, readonly=True),
    Field("SalesAccount", "int", unset=3001),
    Field("StockGoods", "bool", unset=False),
    Field("StockPlace", limit=100, unset=None),
    Field("StockValue", "money", unset=ZERO, readonly=True),
    Field("StockWarning", "number", unset=None),
    Field("SupplierName", unset=None, readonly=True),
    Field("SupplierNumber", unset=None),
    Field("Type", "choice", unset="STOCK", choices=("STOCK", "SERVICE")),
    Field("Unit", unset=None),
    Field("VAT", "number", unset=ZERO),
    Field("WebshopArticle", "bool", unset=False),
    Field("Weight", "int", unset=0),
    Field("Width", "int", unset=0),
    Field("Expired", "bool", unset=False),
    Field("SalesPrice", "money", unset=None, readonly=True),
    Field("CostCalculationMethod", unset=None),
    Field("StockAccount", "int", unset=None),
    Field("StockChangeAccount", "int", unset=None),
    Field("DirectCost", "money", unset=None),
    Field("FreightCost", "money", unset=None),
    Field("OtherCost", "money", unset=None),
    Field("DefaultStockPoint", unset=None),
    Field("DefaultStockLocation", unset=None),
    Field("CommodityCode"),
)


def build_url(article: str) -> str:
    return f"{API_URL}/articles/{quote(article, safe='')}"


def find_vat_rate(company: Company, record: Record) -> Decimal:
    """An article's rate follows the VAT code of its sales account (recorded)."""
    return find_account_vat_rate(company, record.get("SalesAccount", 3001))


def build_list_item(_company: Company, record: Record) -> Record:
    """Show a list item: numbers as text, VAT null whatever the article has (recorded)."""
    price = record.get("SalesPrice")
    stock = format_number(record.get("QuantityInStock", ZERO))
    return {
        "@url": build_url(record["ArticleNumber"]),
        "ArticleNumber": record["ArticleNumber"],
        "Description": record["Description"],
        "DisposableQuantity": stock,
        "EAN": record.get("EAN", ""),
        "Housework": record.get("Housework", False),
        "PurchasePrice": format_number(record.get("PurchasePrice", ZERO)),
        "SalesPrice": None if price is None else format_number(price),
        "QuantityInStock": stock,
        "ReservedQuantity": "0",
        "StockPlace": record.get("StockPlace"),
        "StockValue": "0",
        "Unit": record.get("Unit"),
        "VAT": None,
        "WebshopArticle": record.get("WebshopArticle", False),
    }


def build_detail(company: Company, record: Record) -> Record:
    """Show one article with real numbers."""
    shown = {"@url": build_url(record["ArticleNumber"]), **FIELDS.show(record)}
    shown["VAT"] = find_vat_rate(company, record)
    shown["DisposableQuantity"] = shown["QuantityInStock"]
    shown |= {key: shown[key] or None for key in ("Unit", "StockPlace")}  # empty text in lists, null here (recorded)
    if company.switches["wire_era"] == "2023-01":
        del shown["CommodityCode"]
        shown["StockWarning"] = shown["StockWarning"] or ZERO
    return shown


def _read_changes(company: Company, body: Record) -> Record:
    changes = FIELDS.read(body, company.switches)
    unit = changes.get("Unit")
    if unit is not None and unit not in company.table("units"):
        raise ApiError(UNIT_NOT_FOUND)
    for key in ACCOUNTS:
        account = changes.get(key)
        if account and find_account(company, account) is None:
            raise ApiError(ROW_ACCOUNT)
    changes.pop("VAT", None)
    return changes


def add_article(company: Company, body: Record) -> Record:
    """Make an article; only the description is needed."""
    changes = _read_changes(company, body)
    if not changes.get("Description"):
        raise ApiError((2000108, "Benämning måste anges"), "Description")
    article = changes.get("ArticleNumber")
    if article is not None and article in company.table("articles"):
        raise ApiError(ARTICLE_NUMBER_USED)
    article = article or str(company.take_number("articles", "articles"))
    account = company.settings["article_sales_account"]
    record = {"SalesAccount": account, **changes, "ArticleNumber": article}
    return company.put("articles", article, apply_changes({}, record))


def find_article(company: Company, article: str) -> Record:
    record = company.get("articles", article)
    if record is None:
        raise not_found(ARTICLE_NOT_FOUND)
    return record


def change_article(company: Company, article: str, body: Record) -> Record:
    """Change an article; its default accounts must exist, or any change fails (recorded)."""
    record = find_article(company, article)
    changes = _read_changes(company, body)
    changes.pop("ArticleNumber", None)
    merged = apply_changes(record, changes)
    account = merged.get("PurchaseAccount", 4000)
    if find_account(company, account) is None:
        text = f'Inköpskonto inte uppdaterat. Kontot "{account}" existerar inte.'
        raise ApiError((INVENTED["article_account"][0], text), "PurchaseAccount")
    return company.put("articles", article, merged)


def list_articles(request: ApiRequest) -> Response:
    return list_records(request.company, RULE, request.query)


def get_article(request: ApiRequest) -> Response:
    return request.respond("Article", build_detail(request.company, find_article(request.company, request.args[0])))


def create_article(request: ApiRequest) -> Response:
    record = add_article(request.company, request.read_object("Article"))
    request.record_change("article.create", record["ArticleNumber"])
    return request.respond("Article", build_detail(request.company, record), 201, Location="articles")


def update_article(request: ApiRequest) -> Response:
    record = change_article(request.company, request.args[0], request.read_object("Article"))
    request.record_change("article.update", record["ArticleNumber"])
    return request.respond("Article", build_detail(request.company, record))


def delete_article(request: ApiRequest) -> Response:
    record = find_article(request.company, request.args[0])
    article = record["ArticleNumber"]
    invoices = request.company.table("invoices").values()
    if any(row["ArticleNumber"] == article for invoice in invoices for row in invoice["InvoiceRows"]):
        raise ApiError(INVENTED["article_in_use"])
    request.company.put("articles", article, {**record, "_deleted": True})
    request.record_change("article.delete", article)
    return Response(204)


RULE = ListRule(
    plural="Articles",
    table="articles",
    item=build_list_item,
    order=lambda record: number_sort_key(record["ArticleNumber"]),
    searches={
        "articlenumber": contains("ArticleNumber"),
        "description": contains("Description"),
        "ean": contains("EAN"),
        "suppliernumber": contains("SupplierNumber"),
        "manufacturer": contains("Manufacturer"),
        "manufacturerarticlenumber": contains("ManufacturerArticleNumber"),
        "webshop": flag("WebshopArticle"),
        "lastmodified": modified_since,
    },
    filters={
        "active": lambda _company, _value: lambda record: record.get("Active", True),
        "inactive": lambda _company, _value: lambda record: not record.get("Active", True),
    },
    sorts={
        "articlenumber": lambda record: number_sort_key(record["ArticleNumber"]),
        "quantityinstock": lambda record: record.get("QuantityInStock", ZERO),
        "reservedquantity": lambda _record: ZERO,
        "stockvalue": lambda _record: ZERO,
    },
)
ROUTES = [
    Route("GET", "/3/articles", list_articles, "article"),
    Route("POST", "/3/articles", create_article, "article"),
    Route("GET", "/3/articles/{}", get_article, "article"),
    Route("PUT", "/3/articles/{}", update_article, "article"),
    Route("DELETE", "/3/articles/{}", delete_article, "article"),
]
