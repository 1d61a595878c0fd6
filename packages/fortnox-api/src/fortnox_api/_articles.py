"""Articles. Scope `article`. Source: the OpenAPI document and recorded responses."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Unpack

from pydantic import Field

from fortnox_api._models import Bool, Code, OptionalAmount, Record, Reference, Text
from fortnox_api._payload import AccountNumber, ClearableText, ExactAmount, NumberText, Payload, held_as
from fortnox_api._request import Number
from fortnox_api._resource import DeletableResource, Listing, Page, Search


class ArticleItem(Record):
    """An article as lists show it: without VAT (always null there), account and activity.

    `sales_price` is the price in the default price list, None when it has none.
    """

    number: Code = Field(alias="ArticleNumber")
    description: Text = ""
    unit: Text = ""
    sales_price: OptionalAmount = None
    ean: Text = ""


class Article(Record):
    """An article with all its fields. `vat` is percent and follows the sales account's VAT code.

    `type` is STOCK or SERVICE. Accounts are "" when unset, which Fortnox writes as 0 or null.
    """

    number: Code = Field(alias="ArticleNumber")
    description: Text = ""
    unit: Text = ""
    sales_price: OptionalAmount = None
    purchase_price: OptionalAmount = None
    vat: OptionalAmount = None
    active: Bool = Field(alias="Active")
    expired: Bool = False
    type: Text = ""
    sales_account: Reference = ""
    eu_account: Reference = Field("", alias="EUAccount")
    eu_vat_account: Reference = Field("", alias="EUVATAccount")
    export_account: Reference = ""
    construction_account: Reference = ""
    purchase_account: Reference = ""
    ean: Text = ""
    note: Text = ""


class ArticleUpdate(Payload):
    """Changes to an article. What is None stays as it is; BLANK clears. The number cannot change.

    VAT is not set: it follows the VAT code of the sales account. Prices live in price lists (scope `price`).
    """

    wrapper: ClassVar = "Article"
    texts: ClassVar = {"description": 200, "note": 10000, "ean": 30, "manufacturer": 50}

    description: Annotated[str, Field(min_length=1)] | None = None
    unit: ClearableText | None = None
    active: bool | None = None
    type: Literal["STOCK", "SERVICE"] | None = None
    purchase_price: ExactAmount | None = None
    sales_account: AccountNumber | None = None
    ean: ClearableText | None = None
    manufacturer: ClearableText | None = None
    note: ClearableText | None = None


_NUMBER = Annotated[NumberText, Field(pattern=r"^[\p{L}0-9+/._-]+$", max_length=50)]
ArticleNumber = Annotated[str | int, held_as(_NUMBER)]


class ArticlePayload(ArticleUpdate):
    """An article to create. Without a `number` it gets the next in the series; without a type it becomes STOCK.

    A number is letters, digits and `- + / . _`.
    """

    number: ArticleNumber | None = Field(default=None, serialization_alias="ArticleNumber")
    description: Annotated[str, Field(min_length=1)]


class ArticleSearch(Search, total=False):
    filter: Literal["active", "inactive"] | None
    article_number: Number
    description: str
    ean: str
    supplier_number: Number
    manufacturer: str
    manufacturer_article_number: str
    webshop: bool


class ArticleListing(ArticleSearch, Listing, total=False):
    sort_by: Literal["article_number", "quantity_in_stock", "reserved_quantity", "stock_value"] | None


class Articles(DeletableResource[ArticleItem, Article, ArticlePayload, ArticleUpdate]):
    """`/3/articles`."""

    path = "articles"
    plural = "Articles"
    singular = "Article"
    item = ArticleItem
    record = Article
    payload = ArticlePayload
    changes = ArticleUpdate
    number_field = "ArticleNumber"
    listing = ArticleListing

    def pages(self, **asked: Unpack[ArticleListing]) -> Iterator[Page[ArticleItem]]:
        return self._pages(asked)

    def list(self, **asked: Unpack[ArticleListing]) -> Iterator[ArticleItem]:
        return self._list(asked)

    def count(self, **asked: Unpack[ArticleSearch]) -> int:
        return self._count(asked)
