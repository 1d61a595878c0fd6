"""What is sent to make or change an invoice. Source: `InvoicePayload` of the OpenAPI document, recorded answers."""

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from fortnox_api._payload import Account, Blank, ExactAmount, Payload

Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Digits = Annotated[str, Field(pattern="^[0-9]{1,18}$")]

_TEXTS: Final = {
    "external_reference": 80,
    "external_reference2": 80,
    "our_reference": 50,
    "your_reference": 50,
    "your_order_number": 75,
    "remarks": 1024,
    "comments": 1024,
}


class InvoiceRowPayload(Payload):
    """A row. `price` is per unit, with or without VAT as the invoice says; `vat` and a PERCENT discount are percent.

    A quantity left out would be 0, so it has no default. Leave `account_number` out for Fortnox to choose by article
    and customer. Amounts and quantities with more than two places are refused: Fortnox would round them. `row_id` is
    for updates alone: it names the row that this one replaces.
    """

    spelled: ClassVar = frozenset({"delivered_quantity"})
    texts: ClassVar = {"description": 255, "unit": 20, "article_number": 50}

    row_id: int | None = None
    article_number: str | None = None
    description: str | None = None
    delivered_quantity: ExactAmount
    unit: str | None = None
    price: ExactAmount
    vat: ExactAmount
    discount: ExactAmount = Decimal(0)
    discount_type: Literal["PERCENT", "AMOUNT"] = "PERCENT"
    account_number: Account | None = None
    cost_center: str | None = None
    project: str | None = None


class TextRowPayload(Payload):
    """A row that is text only, without quantity, price and VAT."""

    texts: ClassVar = {"description": 255}

    row_id: int | None = None
    description: str


class KeptRowPayload(Payload):
    """In an update, a row that stays as it is."""

    row_id: int


class InvoicePayload(Payload):
    """An invoice to create. What touches money has no default at Fortnox's end: it is always sent.

    `external_reference` (80 characters) is the only thing a lost answer can be looked up by. Leave `document_number`
    None for Fortnox's own series; a supplied one must be unused digits. Fortnox takes at most 500 rows.
    """

    wrapper: ClassVar = "Invoice"
    texts: ClassVar = _TEXTS

    customer_number: Annotated[str, Field(min_length=1)]
    invoice_date: date
    due_date: date
    delivery_date: date | None = None
    currency: Currency
    vat_included: bool
    external_reference: str = Field(alias="ExternalInvoiceReference1")
    external_reference2: str | None = Field(None, alias="ExternalInvoiceReference2")
    our_reference: str | None = None
    your_reference: str | None = None
    your_order_number: str | None = None
    remarks: str | None = None
    comments: str | None = None
    freight: ExactAmount = Decimal(0)
    administration_fee: ExactAmount = Decimal(0)
    document_number: Digits | None = None
    ocr: Digits | None = None
    language: Literal["SV", "EN"] | None = None
    terms_of_payment: str | None = None
    invoice_type: Literal["INVOICE", "CASHINVOICE"] | None = None
    cost_center: str | None = None
    project: str | None = None
    not_completed: bool | None = None
    rows: Annotated[tuple[InvoiceRowPayload | TextRowPayload, ...], Field(max_length=500)] = Field(alias="InvoiceRows")


class InvoiceUpdate(Payload):
    """Changes to an invoice that is neither booked nor cancelled. What is None stays as it is; BLANK clears.

    `rows` replaces all rows. When no row has a `row_id` they are matched by place; when one has, rows without an id are
    new, and a row that is not mentioned is removed. Every row gets a new id. Source: the OpenAPI document.
    """

    wrapper: ClassVar = "Invoice"
    texts: ClassVar = _TEXTS

    invoice_date: date | None = None
    due_date: date | None = None
    delivery_date: date | Blank | None = None
    external_reference: str | Blank | None = Field(None, alias="ExternalInvoiceReference1")
    external_reference2: str | Blank | None = Field(None, alias="ExternalInvoiceReference2")
    our_reference: str | Blank | None = None
    your_reference: str | Blank | None = None
    your_order_number: str | Blank | None = None
    remarks: str | Blank | None = None
    comments: str | Blank | None = None
    freight: ExactAmount | None = None
    administration_fee: ExactAmount | None = None
    language: Literal["SV", "EN"] | None = None
    not_completed: bool | None = None
    rows: Annotated[tuple[InvoiceRowPayload | TextRowPayload | KeptRowPayload, ...], Field(max_length=500)] | None = (
        Field(None, alias="InvoiceRows")
    )
