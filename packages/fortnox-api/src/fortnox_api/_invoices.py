"""Invoices. Scope `invoice`. Source: the OpenAPI document and recorded responses."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal, Unpack

from pydantic import AfterValidator, Field

from fortnox_api._models import (
    Amount,
    Bool,
    Key,
    OptionalAmount,
    OptionalDate,
    OptionalInteger,
    Record,
    Reference,
    Text,
)
from fortnox_api._payload import (
    AccountNumber,
    ClearableDay,
    ClearableText,
    Day,
    ExactAmount,
    NumberText,
    Payload,
    RecordNumber,
    held_as,
)
from fortnox_api._request import Expected, Number, Request, RequestKind
from fortnox_api._resource import Listing, Page, Search, WritableResource


class InvoiceItem(Record):
    """An invoice as lists show it. Amounts are in `currency`.

    `voucher_*` are unset until it is booked, and for a connection without the right to see vouchers. `final_pay_date`
    is None until it is fully paid.
    """

    number: Key = Field(alias="DocumentNumber")
    customer_number: Text = ""
    customer_name: Text = ""
    external_reference: Text = Field("", alias="ExternalInvoiceReference1")
    external_reference2: Text = Field("", alias="ExternalInvoiceReference2")
    ocr: Text = ""
    invoice_date: OptionalDate = None
    due_date: OptionalDate = None
    currency: Text = ""
    total: Amount
    balance: Amount
    booked: Bool
    cancelled: Bool
    sent: Bool = False
    invoice_type: Text = ""
    final_pay_date: OptionalDate = None
    voucher_series: Text = ""
    voucher_number: OptionalInteger = None
    voucher_year: OptionalInteger = None


class InvoiceRow(Record):
    """A row of an invoice as Fortnox stored it: rounded, with what Fortnox filled in.

    `row_id` is new for all rows after every update of the invoice.
    """

    shown: ClassVar = frozenset({"row_id"})

    row_id: OptionalInteger = None
    article_number: Text = ""
    description: Text = ""
    delivered_quantity: OptionalAmount = None
    unit: Text = ""
    price: OptionalAmount = None
    price_excluding_vat: OptionalAmount = None
    vat: OptionalAmount = None
    vat_code: Text = ""
    discount: OptionalAmount = None
    discount_type: Text = ""
    account_number: OptionalInteger = None
    total: OptionalAmount = None
    total_excluding_vat: OptionalAmount = None


class Invoice(Record):
    """An invoice with all its fields. Amounts are in `currency`; `total` is rounded when the company rounds.

    It is paid when booked, not cancelled and its balance is 0; partial payments stand in the payments. `credit` marks a
    credit note; `credit_invoice_reference` is the other document's number, "" for none. `nox_finans` marks an invoice
    that Fortnox' invoice service has sent or bought.
    """

    number: Key = Field(alias="DocumentNumber")
    customer_number: Text = ""
    customer_name: Text = ""
    external_reference: Text = Field("", alias="ExternalInvoiceReference1")
    external_reference2: Text = Field("", alias="ExternalInvoiceReference2")
    ocr: Text = ""
    invoice_date: OptionalDate = None
    due_date: OptionalDate = None
    delivery_date: OptionalDate = None
    currency: Text = ""
    currency_rate: OptionalAmount = None
    vat_included: Bool = False
    net: Amount
    gross: OptionalAmount = None
    freight: OptionalAmount = None
    administration_fee: OptionalAmount = None
    total_vat: Amount
    total: Amount
    round_off: Amount
    total_to_pay: OptionalAmount = None
    balance: Amount
    booked: Bool
    cancelled: Bool
    sent: Bool = False
    not_completed: Bool = False
    credit: Bool = False
    credit_invoice_reference: Reference = ""
    invoice_type: Text = ""
    language: Text = ""
    terms_of_payment: Text = ""
    our_reference: Text = ""
    your_reference: Text = ""
    your_order_number: Text = ""
    remarks: Text = ""
    comments: Text = ""
    accounting_method: Text = ""
    organisation_number: Text = ""
    final_pay_date: OptionalDate = None
    nox_finans: Bool = False
    reminders: OptionalInteger = None
    last_remind_date: OptionalDate = None
    voucher_series: Text = ""
    voucher_number: OptionalInteger = None
    voucher_year: OptionalInteger = None
    rows: tuple[InvoiceRow, ...] = Field((), alias="InvoiceRows")


Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
_DIGITS = Annotated[NumberText, Field(pattern="^[0-9]{1,18}$")]
Digits = Annotated[str | int, held_as(_DIGITS)]

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

    sent_as_text: ClassVar = frozenset({"delivered_quantity"})
    texts: ClassVar = {"description": 255, "unit": 20, "article_number": 50}

    row_id: int | None = None
    article_number: RecordNumber | None = None
    description: str | None = None
    delivered_quantity: ExactAmount
    unit: str | None = None
    price: ExactAmount
    vat: ExactAmount
    discount: ExactAmount = Decimal(0)
    discount_type: Literal["PERCENT", "AMOUNT"] = "PERCENT"
    account_number: AccountNumber | None = None
    cost_center: RecordNumber | None = None
    project: RecordNumber | None = None


class TextRowPayload(Payload):
    """A row that is text only, without quantity, price and VAT."""

    texts: ClassVar = {"description": 255}

    row_id: int | None = None
    description: str


class KeptRowPayload(Payload):
    """In an update, a row that stays as it is."""

    row_id: int


_AT_MOST_500 = Field(max_length=500)
InvoiceRows = Annotated[Sequence[InvoiceRowPayload | TextRowPayload], AfterValidator(tuple), _AT_MOST_500]
ChangedRows = Annotated[
    Sequence[InvoiceRowPayload | TextRowPayload | KeptRowPayload], AfterValidator(tuple), _AT_MOST_500
]


class InvoicePayload(Payload):
    """An invoice to create. What touches money has no default at Fortnox's end: it is always sent.

    `external_reference` (80 characters) is the only thing a lost response can be looked up by. Leave `document_number`
    None for Fortnox's own series; a supplied one must be unused digits. Fortnox takes at most 500 rows.
    """

    wrapper: ClassVar = "Invoice"
    texts: ClassVar = _TEXTS

    customer_number: RecordNumber
    invoice_date: Day
    due_date: Day
    delivery_date: Day | None = None
    currency: Currency
    vat_included: bool
    external_reference: str = Field(serialization_alias="ExternalInvoiceReference1")
    external_reference2: str | None = Field(default=None, serialization_alias="ExternalInvoiceReference2")
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
    terms_of_payment: RecordNumber | None = None
    invoice_type: Literal["INVOICE", "CASHINVOICE"] | None = None
    cost_center: RecordNumber | None = None
    project: RecordNumber | None = None
    not_completed: bool | None = None
    rows: InvoiceRows = Field(serialization_alias="InvoiceRows")


class InvoiceUpdate(Payload):
    """Changes to an invoice that is neither booked nor cancelled. What is None stays as it is; BLANK clears.

    `rows` replaces all rows. When no row has a `row_id` they are matched by place; when one has, rows without an id are
    new, and a row that is not mentioned is removed. Every row gets a new id. Source: the OpenAPI document.
    """

    wrapper: ClassVar = "Invoice"
    texts: ClassVar = _TEXTS

    invoice_date: Day | None = None
    due_date: Day | None = None
    delivery_date: ClearableDay | None = None
    external_reference: ClearableText | None = Field(default=None, serialization_alias="ExternalInvoiceReference1")
    external_reference2: ClearableText | None = Field(default=None, serialization_alias="ExternalInvoiceReference2")
    our_reference: ClearableText | None = None
    your_reference: ClearableText | None = None
    your_order_number: ClearableText | None = None
    remarks: ClearableText | None = None
    comments: ClearableText | None = None
    freight: ExactAmount | None = None
    administration_fee: ExactAmount | None = None
    language: Literal["SV", "EN"] | None = None
    not_completed: bool | None = None
    rows: ChangedRows | None = Field(default=None, serialization_alias="InvoiceRows")


class InvoiceSearch(Search, total=False):
    filter: Literal["cancelled", "fullypaid", "unpaid", "unpaidoverdue", "unbooked"] | None
    document_number: Number
    customer_number: Number
    customer_name: str
    external_reference: str
    external_reference2: str
    from_date: date
    to_date: date
    from_final_pay_date: date
    to_final_pay_date: date
    ocr: str
    our_reference: str
    your_reference: str
    your_order_number: str
    article_number: Number
    article_description: str
    account_number_from: Number
    account_number_to: Number
    currency: str
    invoice_type: str
    label: str
    cost_center: str
    project: str
    credit: bool
    not_completed: bool
    sent: bool


class InvoiceListing(InvoiceSearch, Listing, total=False):
    sort_by: Literal["customer_name", "customer_number", "document_number", "invoice_date", "ocr", "total"] | None


class Invoices(WritableResource[InvoiceItem, Invoice, InvoicePayload, InvoiceUpdate]):
    """`/3/invoices`. `from_date` and `to_date` are inclusive and mean the invoice date.

    A new invoice is not booked. When the outcome of a create is UNKNOWN look it up by its reference first. Only an
    invoice that is neither booked nor cancelled can be updated.
    """

    path = "invoices"
    plural = "Invoices"
    singular = "Invoice"
    item = InvoiceItem
    record = Invoice
    payload = InvoicePayload
    changes = InvoiceUpdate
    number_field = "DocumentNumber"
    listing = InvoiceListing
    query_names: ClassVar = {
        "external_reference": "externalinvoicereference1",
        "external_reference2": "externalinvoicereference2",
    }

    def pages(self, **asked: Unpack[InvoiceListing]) -> Iterator[Page[InvoiceItem]]:
        return self._pages(asked)

    def list(self, **asked: Unpack[InvoiceListing]) -> Iterator[InvoiceItem]:
        return self._list(asked)

    def count(self, **asked: Unpack[InvoiceSearch]) -> int:
        return self._count(asked)

    def find_by_reference(self, reference: str) -> Sequence[InvoiceItem]:
        """Return the invoices whose first external reference is exactly this one, cancelled ones too.

        Fortnox searches by *contains*, so all pages are read and compared. How soon a new invoice is found is not
        documented: wait five seconds after a lost response. Raises Unreadable if any row cannot be read.
        """
        if not reference:
            raise ValueError("an empty reference finds everything")
        found = self.list(external_reference=reference)
        return [each for each in found if each.external_reference == reference]

    def create_raw(self, body: bytes) -> Invoice:
        """Create an invoice from bytes that `InvoicePayload.to_json_bytes` made earlier."""
        if not isinstance(body, bytes):
            raise TypeError(f"a body is bytes, not {type(body).__name__}")
        return self._read(Request(RequestKind.WRITE, "POST", self.path, body=body), self.singular, self.record)

    def bookkeep(self, number: Number) -> Invoice:
        """Book an invoice: it gets a voucher and stays as it is. Raises Invalid when the period is locked."""
        return self._act(RequestKind.WRITE, "PUT", number, "bookkeep")

    def cancel(self, number: Number) -> Invoice:
        """Cancel an invoice that is not booked. It keeps its number; balance and total become 0."""
        return self._act(RequestKind.WRITE, "PUT", number, "cancel")

    def credit(self, number: Number) -> Invoice:
        """Credit a booked invoice in full. The response is the original; its `credit_invoice_reference` names the new
        credit note, which is also the look-up after a lost response. A second credit is refused.
        """
        return self._act(RequestKind.WRITE, "PUT", number, "credit")

    def external_print(self, number: Number) -> Invoice:
        """Mark an invoice as sent, because somebody else sent it. Nothing else happens."""
        return self._act(RequestKind.WRITE, "PUT", number, "externalprint")

    def email(self, number: Number) -> Invoice:
        """Have Fortnox e-mail the invoice to the customer. A GET that sends: made once, never repeated.

        With an UNKNOWN outcome read `sent`; when that does not settle it, a person has to decide.
        """
        return self._act(RequestKind.SEND, "GET", number, "email")

    def einvoice(self, number: Number) -> Invoice:
        """Have Fortnox send the invoice as an e-invoice. A GET that sends: made once, never repeated."""
        return self._act(RequestKind.SEND, "GET", number, "einvoice")

    def print(self, number: Number) -> bytes:
        """Return the PDF and mark the invoice as sent. A GET that changes something: made once, never repeated."""
        return self._get_pdf(RequestKind.SEND, number, "print")

    def preview(self, number: Number) -> bytes:
        """Return the PDF without marking the invoice as sent.

        Which Accept header a PDF needs is not documented; public clients send application/json, and so does this one.
        """
        return self._get_pdf(RequestKind.READ, number, "preview")

    def _get_pdf(self, kind: RequestKind, number: Number, action: str) -> bytes:
        return self._api.send(Request(kind, "GET", self.path, (number,), action, expects=Expected.PDF)).body
