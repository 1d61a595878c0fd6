"""Payments of customer invoices. Scope `payment`. Source: the OpenAPI document and a recorded list."""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal, Unpack

from pydantic import AfterValidator, Field

from fortnox_api._models import Amount, Bool, Key, OptionalAmount, OptionalDate, OptionalInteger, Record, Text
from fortnox_api._payload import AccountNumber, Day, ExactAmount, ExactRate, InvoiceNumber, Payload, RecordNumber
from fortnox_api._request import Number, RequestKind
from fortnox_api._resource import DeletableResource, Listing, Page, Search


class InvoicePaymentItem(Record):
    """A payment as lists show it. Only booked payments lower the balance. `amount` is in the accounting currency.

    `source` is manual, direct or file. With `write_off_exist` the invoice was closed by more than the amount.
    """

    number: Key = Field(alias="Number")
    invoice_number: Key
    amount: Amount
    payment_date: OptionalDate = None
    booked: Bool
    currency: Text = ""
    currency_rate: OptionalAmount = None
    source: Text = ""
    write_off_exist: Bool = False


class WriteOff(Record):
    """A part of an invoice that was closed without money."""

    shown: ClassVar = frozenset({"account_number"})

    amount: OptionalAmount = None
    account_number: OptionalInteger = None
    currency: Text = ""
    description: Text = ""


class InvoicePayment(Record):
    """A payment in full. `amount_currency` is in `currency`, `amount` in the accounting currency.

    `invoice_total` is a text as Fortnox writes it: its format is not documented.
    """

    number: Key = Field(alias="Number")
    invoice_number: Key
    amount: Amount
    amount_currency: Amount
    payment_date: OptionalDate = None
    booked: Bool
    currency: Text = ""
    currency_rate: OptionalAmount = None
    source: Text = ""
    external_reference: Text = Field("", alias="ExternalInvoiceReference1")
    invoice_customer_number: Text = ""
    invoice_due_date: OptionalDate = None
    invoice_ocr: Text = Field("", alias="InvoiceOCR")
    invoice_total: Text = ""
    mode_of_payment: Text = ""
    mode_of_payment_account: OptionalInteger = None
    voucher_series: Text = ""
    voucher_number: OptionalInteger = None
    voucher_year: OptionalInteger = None
    write_offs: tuple[WriteOff, ...] = ()


class WriteOffPayload(Payload):
    """A part of the invoice to close without money, in the invoice's currency."""

    wrapper: ClassVar = "WriteOff"
    texts: ClassVar = {"description": 200, "transaction_information": 100}

    amount: ExactAmount
    account_number: AccountNumber
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    description: str | None = None
    transaction_information: str | None = None
    cost_center: RecordNumber | None = None
    project: RecordNumber | None = None


class InvoicePaymentUpdate(Payload):
    """Changes to a payment that is not booked. What is None stays as it is."""

    wrapper: ClassVar = "InvoicePayment"

    amount: ExactAmount | None = None
    amount_currency: ExactAmount | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    currency_rate: ExactRate | None = None
    payment_date: Day | None = None
    mode_of_payment: RecordNumber | None = None
    mode_of_payment_account: AccountNumber | None = None


class InvoicePaymentPayload(InvoicePaymentUpdate):
    """A payment to create, not yet booked. `amount` is in the accounting currency.

    For an invoice in another currency give `amount_currency`, `currency` and `currency_rate` too.
    """

    invoice_number: InvoiceNumber
    amount: ExactAmount
    payment_date: Day
    write_offs: Annotated[Sequence[WriteOffPayload], AfterValidator(tuple)] = ()


class InvoicePaymentSearch(Search, total=False):
    invoice_number: Number


class InvoicePaymentListing(InvoicePaymentSearch, Listing, total=False):
    sort_by: Literal["payment_date"] | None


class InvoicePayments(
    DeletableResource[InvoicePaymentItem, InvoicePayment, InvoicePaymentPayload, InvoicePaymentUpdate]
):
    """`/3/invoicepayments`. Whether `invoice_number` is compared exactly is not documented: check.

    A payment is created, then booked, and only then lowers the balance; a booked one can be neither changed nor
    deleted. When the outcome of a create is UNKNOWN list the invoice's payments before you create it again.
    """

    path = "invoicepayments"
    plural = "InvoicePayments"
    singular = "InvoicePayment"
    item = InvoicePaymentItem
    record = InvoicePayment
    payload = InvoicePaymentPayload
    changes = InvoicePaymentUpdate
    number_field = "Number"
    listing = InvoicePaymentListing

    def pages(self, **asked: Unpack[InvoicePaymentListing]) -> Iterator[Page[InvoicePaymentItem]]:
        return self._pages(asked)

    def list(self, **asked: Unpack[InvoicePaymentListing]) -> Iterator[InvoicePaymentItem]:
        return self._list(asked)

    def count(self, **asked: Unpack[InvoicePaymentSearch]) -> int:
        return self._count(asked)

    def bookkeep(self, number: Number) -> InvoicePayment:
        """Book a payment: it gets a voucher, and the invoice's balance falls. Raises Invalid in a locked period."""
        return self._act(RequestKind.WRITE, "PUT", number, "bookkeep")
