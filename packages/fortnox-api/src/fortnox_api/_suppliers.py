"""Suppliers. Scope `supplier`. Source: the OpenAPI document, which names no search."""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from fortnox_api._models import Bool, Code, Record, Text
from fortnox_api._payload import AccountNumber, ClearableNumber, ClearableText, NumberText, Payload, held_as
from fortnox_api._resource import WritableResource


class SupplierItem(Record):
    """A supplier as lists show it. Unset texts are ""."""

    number: Code = Field(alias="SupplierNumber")
    name: Text = ""
    organisation_number: Text = ""
    email: Text = ""
    phone: Text = ""
    address1: Text = ""
    address2: Text = ""
    zip_code: Text = ""
    city: Text = ""
    country_code: Text = ""
    active: Bool = Field(alias="Active")
    currency: Text = ""
    terms_of_payment: Text = ""
    bankgiro: Text = Field("", alias="BG")
    plusgiro: Text = Field("", alias="PG")
    iban: Text = ""
    bic: Text = ""
    bank_account_number: Text = ""
    account: Text = Field("", alias="PreDefinedAccount")
    disable_payment_file: Bool = False


class Supplier(SupplierItem):
    """A supplier with all its fields. `account` is what its invoices are booked on; `country` is in Swedish."""

    phone: Text = Field("", alias="Phone1")
    phone2: Text = ""
    country: Text = ""
    vat_number: Text = ""
    vat_type: Text = ""
    www: Text = ""
    our_reference: Text = ""
    your_reference: Text = ""
    our_customer_number: Text = ""
    clearing_number: Text = ""
    bank: Text = ""
    comments: Text = ""


_TEXTS: Final = {
    **dict.fromkeys(("name", "phone", "phone2", "address1", "address2", "city", "comments"), 1024),
    **dict.fromkeys(("our_reference", "your_reference"), 50),
    "zip_code": 10,
}


class SupplierUpdate(Payload):
    """Changes to a supplier. None leaves a field as it is, BLANK clears it; the code sets the country."""

    wrapper: ClassVar = "Supplier"
    texts: ClassVar = _TEXTS
    sent_as_text: ClassVar = frozenset({"account"})

    name: Annotated[str, Field(min_length=1)] | None = None
    organisation_number: ClearableText | None = None
    email: ClearableText | None = None
    phone: ClearableText | None = Field(default=None, serialization_alias="Phone1")
    phone2: ClearableText | None = None
    address1: ClearableText | None = None
    address2: ClearableText | None = None
    zip_code: ClearableText | None = None
    city: ClearableText | None = None
    country_code: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    active: bool | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    terms_of_payment: ClearableNumber | None = None
    bankgiro: ClearableText | None = Field(default=None, serialization_alias="BG")
    plusgiro: ClearableText | None = Field(default=None, serialization_alias="PG")
    iban: ClearableText | None = None
    bic: ClearableText | None = None
    vat_number: ClearableText | None = None
    account: AccountNumber | None = Field(default=None, serialization_alias="PreDefinedAccount")
    our_reference: ClearableText | None = None
    your_reference: ClearableText | None = None
    our_customer_number: ClearableNumber | None = None
    comments: ClearableText | None = None


_NUMBER = Annotated[NumberText, Field(min_length=1, max_length=1024)]


class SupplierPayload(SupplierUpdate):
    """A supplier to create. Without a `number` it gets the next in the series."""

    number: Annotated[str | int, held_as(_NUMBER)] | None = Field(default=None, serialization_alias="SupplierNumber")
    name: Annotated[str, Field(min_length=1)]


class Suppliers(WritableResource[SupplierItem, Supplier, SupplierPayload, SupplierUpdate]):
    """`/3/suppliers`. Fortnox documents no way to delete one: `active` is what ends it."""

    path = "suppliers"
    plural = "Suppliers"
    singular = "Supplier"
    item = SupplierItem
    record = Supplier
    payload = SupplierPayload
    changes = SupplierUpdate
    number_field = "SupplierNumber"
