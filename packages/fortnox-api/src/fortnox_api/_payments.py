"""Payments of customer invoices. Scope `payment`. Source: the OpenAPI document and a recorded list."""

from collections.abc import Iterator
from typing import ClassVar, Literal, Unpack

from pydantic import Field

from fortnox_api._models import Amount, Bool, Key, OptionalAmount, OptionalDate, OptionalInteger, Record, Text
from fortnox_api._request import Number
from fortnox_api._resource import Listing, ListResource, Page, Search


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


class InvoicePaymentSearch(Search, total=False):
    invoice_number: Number


class InvoicePaymentListing(InvoicePaymentSearch, Listing, total=False):
    sort_by: Literal["payment_date"] | None


class InvoicePayments(ListResource[InvoicePaymentItem, InvoicePayment]):
    """`/3/invoicepayments`. Whether `invoice_number` is compared exactly is not documented: check."""

    path = "invoicepayments"
    plural = "InvoicePayments"
    singular = "InvoicePayment"
    item = InvoicePaymentItem
    record = InvoicePayment
    number_field = "Number"
    listing = InvoicePaymentListing

    def pages(self, **asked: Unpack[InvoicePaymentListing]) -> Iterator[Page[InvoicePaymentItem]]:
        return self._pages(asked)

    def list(self, **asked: Unpack[InvoicePaymentListing]) -> Iterator[InvoicePaymentItem]:
        return self._list(asked)

    def count(self, **asked: Unpack[InvoicePaymentSearch]) -> int:
        return self._count(asked)
