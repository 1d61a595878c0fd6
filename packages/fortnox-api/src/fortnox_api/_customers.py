"""Customers. Scope `customer`. Source: the OpenAPI document and recorded responses."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Unpack

from pydantic import Field

from fortnox_api._models import Bool, Code, Record, Text
from fortnox_api._payload import AccountNumber, ClearableNumber, ClearableText, NumberText, Payload, held_as
from fortnox_api._request import Number
from fortnox_api._resource import DeletableResource, Listing, Page, Search


class CustomerItem(Record):
    """A customer as lists show it. Whether it is active is a filter, not a field. Unset texts are ""."""

    number: Code = Field(alias="CustomerNumber")
    name: Text = ""
    organisation_number: Text = ""
    email: Text = ""
    phone: Text = ""
    address1: Text = ""
    address2: Text = ""
    zip_code: Text = ""
    city: Text = ""


class Customer(Record):
    """A customer with all its fields. Unset texts are "".

    `type` is PRIVATE, COMPANY, or UNDEFINED on some old records, which Fortnox then refuses to update. `vat_type` is
    SEVAT, SEREVERSEDVAT, EUREVERSEDVAT, EUVAT or EXPORT, and decides which account a sale goes to. `country` is in
    Swedish. Values that Fortnox adds later come through as they are.
    """

    number: Code = Field(alias="CustomerNumber")
    name: Text = ""
    organisation_number: Text = ""
    email: Text = ""
    phone1: Text = ""
    phone2: Text = ""
    address1: Text = ""
    address2: Text = ""
    zip_code: Text = ""
    city: Text = ""
    country: Text = ""
    country_code: Text = ""
    active: Bool = Field(alias="Active")
    type: Text = ""
    vat_type: Text = ""
    vat_number: Text = ""
    currency: Text = ""
    terms_of_payment: Text = ""
    email_invoice: Text = ""
    email_invoice_cc: Text = ""
    email_invoice_bcc: Text = ""
    our_reference: Text = ""
    your_reference: Text = ""
    price_list: Text = ""
    sales_account: Text = ""
    invoice_discount: Text = ""
    invoice_freight: Text = ""
    invoice_administration_fee: Text = ""
    show_price_vat_included: Bool = Field(False, alias="ShowPriceVATIncluded")
    external_reference: Text = ""
    comments: Text = ""

    @property
    def invoice_delivery(self) -> str:
        """How invoices go out by default: PRINT, EMAIL, PRINTSERVICE or ELECTRONICINVOICE; "" when that is not told."""
        ways = (self.model_extra or {}).get("DefaultDeliveryTypes")
        way = ways.get("Invoice") if isinstance(ways, dict) else None
        return way if isinstance(way, str) else ""


class CustomerUpdate(Payload):
    """Changes to a customer. None leaves a field as it is, BLANK clears it; the code sets the country."""

    wrapper: ClassVar = "Customer"
    texts: ClassVar = {
        **dict.fromkeys(("name", "phone1", "phone2", "address1", "address2", "city", "comments"), 1024),
        **dict.fromkeys(("email", "email_invoice", "email_invoice_cc", "email_invoice_bcc"), 1024),
        **dict.fromkeys(("external_reference", "invoice_remark"), 1024),
        "zip_code": 10,
        "our_reference": 50,
        "your_reference": 50,
    }
    sent_as_text: ClassVar = frozenset({"sales_account"})

    name: Annotated[str, Field(min_length=1)] | None = None
    organisation_number: ClearableText | None = None
    email: ClearableText | None = None
    email_invoice: ClearableText | None = None
    email_invoice_cc: ClearableText | None = None
    email_invoice_bcc: ClearableText | None = None
    phone1: ClearableText | None = None
    phone2: ClearableText | None = None
    address1: ClearableText | None = None
    address2: ClearableText | None = None
    zip_code: ClearableText | None = None
    city: ClearableText | None = None
    country_code: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    active: bool | None = None
    type: Literal["PRIVATE", "COMPANY"] | None = None
    vat_type: Literal["SEVAT", "SEREVERSEDVAT", "EUREVERSEDVAT", "EUVAT", "EXPORT"] | None = None
    vat_number: ClearableText | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    terms_of_payment: ClearableNumber | None = None
    sales_account: AccountNumber | None = None
    our_reference: ClearableText | None = None
    your_reference: ClearableText | None = None
    invoice_remark: ClearableText | None = None
    external_reference: ClearableText | None = None
    comments: ClearableText | None = None


_NUMBER = Annotated[NumberText, Field(pattern=r"^[\p{L}0-9+/_-]+$", max_length=1024)]
CustomerNumber = Annotated[str | int, held_as(_NUMBER)]


class CustomerPayload(CustomerUpdate):
    """A customer to create. Without a `number` it gets the next in the series; a number once used stays taken.

    A number is letters, digits and `- + / _`.
    """

    number: CustomerNumber | None = Field(default=None, serialization_alias="CustomerNumber")
    name: Annotated[str, Field(min_length=1)]


class CustomerSearch(Search, total=False):
    filter: Literal["active", "inactive"] | None
    customer_number: Number
    name: str
    zip_code: str
    city: str
    email: str
    phone: str
    organisation_number: str
    gln: str
    gln_delivery: str


class CustomerListing(CustomerSearch, Listing, total=False):
    sort_by: Literal["customer_number", "name"] | None


class Customers(DeletableResource[CustomerItem, Customer, CustomerPayload, CustomerUpdate]):
    """`/3/customers`. When the outcome of a create is UNKNOWN look for its name or number first."""

    path = "customers"
    plural = "Customers"
    singular = "Customer"
    item = CustomerItem
    record = Customer
    payload = CustomerPayload
    changes = CustomerUpdate
    number_field = "CustomerNumber"
    listing = CustomerListing

    def pages(self, **asked: Unpack[CustomerListing]) -> Iterator[Page[CustomerItem]]:
        return self._pages(asked)

    def list(self, **asked: Unpack[CustomerListing]) -> Iterator[CustomerItem]:
        return self._list(asked)

    def count(self, **asked: Unpack[CustomerSearch]) -> int:
        return self._count(asked)
