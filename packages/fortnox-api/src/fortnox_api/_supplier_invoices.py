"""Supplier invoices, scope `supplierinvoice`, and their payments, scope `payment`. Source: the OpenAPI document.

Both are counted by day. Nobody documents a search by day for either, so it is believed only after it was seen to work.
"""

from collections.abc import Iterator
from datetime import date
from typing import ClassVar, Literal, Unpack

from pydantic import Field

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
from fortnox_api._request import Number
from fortnox_api._resource import Listing, ListResource, Page, Search
from fortnox_api._verified_days import DayCount, count_days


class DocumentVoucher(Record):
    """A voucher that a supplier invoice led to, its payments' among them. `year` is the id of a financial year."""

    shown: ClassVar = frozenset({"series", "number", "year"})

    series: Text = ""
    number: OptionalInteger = None
    year: OptionalInteger = None
    reference_type: Text = ""


class SupplierInvoiceItem(Record):
    """A supplier invoice as lists show it. Amounts are in `currency`.

    `number` is the one Fortnox gave it, `invoice_number` the supplier's own. `final_pay_date` is None until it is paid.
    """

    number: Key = Field(alias="GivenNumber")
    supplier_number: Text = ""
    supplier_name: Text = ""
    invoice_number: Text = ""
    invoice_date: OptionalDate = None
    due_date: OptionalDate = None
    currency: Text = ""
    currency_rate: OptionalAmount = None
    total: Amount
    balance: Amount
    booked: Bool
    cancelled: Bool = Field(alias="Cancel")
    credit: Bool = False
    final_pay_date: OptionalDate = None
    cost_center: Text = ""
    project: Text = ""
    vouchers: tuple[DocumentVoucher, ...] = ()


class SupplierInvoiceRow(Record):
    """A row of a supplier invoice, in the accounting currency. `code` is TOT for the debt, VAT for the tax …"""

    shown: ClassVar = frozenset({"account"})

    account: OptionalInteger = None
    code: Text = ""
    debit: OptionalAmount = None
    credit: OptionalAmount = None
    item_description: Text = ""
    cost_center: Text = ""
    project: Text = ""


class SupplierInvoice(SupplierInvoiceItem):
    """A supplier invoice with all its fields. `credit_reference` is the other document's number, "" for none."""

    cancelled: Bool = Field(alias="Cancelled")
    vat: OptionalAmount = None
    freight: OptionalAmount = None
    ocr: Text = ""
    comments: Text = ""
    credit_reference: Reference = ""
    voucher_series: Text = ""
    voucher_number: OptionalInteger = None
    voucher_year: OptionalInteger = None
    rows: tuple[SupplierInvoiceRow, ...] = Field((), alias="SupplierInvoiceRows")


class SupplierInvoiceSearch(Search, total=False):
    filter: (
        Literal["cancelled", "fullypaid", "unpaid", "unpaidoverdue", "unbooked", "pendingpayment", "authorizepending"]
        | None
    )
    supplier_number: Number
    from_date: date
    to_date: date


class SupplierInvoiceListing(SupplierInvoiceSearch, Listing, total=False):
    """No order can be asked for."""


class SupplierInvoices(ListResource[SupplierInvoiceItem, SupplierInvoice]):
    """`/3/supplierinvoices`. `supplier_number` is told by SDKs, not by the document.

    `from_date` and `to_date` are told by integrators: look at the invoice dates of what comes back.
    """

    path = "supplierinvoices"
    plural = "SupplierInvoices"
    singular = "SupplierInvoice"
    item = SupplierInvoiceItem
    record = SupplierInvoice
    number_field = "GivenNumber"
    listing = SupplierInvoiceListing

    def pages(self, **asked: Unpack[SupplierInvoiceListing]) -> Iterator[Page[SupplierInvoiceItem]]:
        return self._pages(asked)

    def list(self, **asked: Unpack[SupplierInvoiceListing]) -> Iterator[SupplierInvoiceItem]:
        return self._list(asked)

    def count(self, **asked: Unpack[SupplierInvoiceSearch]) -> int:
        return self._count(asked)

    _by_day: DayCount[SupplierInvoiceItem] | None = None

    def count_between(self, first: date, last: date) -> int:
        """Return how many are dated in these days, both included, cancelled ones and credit notes too.

        The first time all pages are read, and the search by day is tried on what they hold; if it works, later counts
        are one request each, else all pages are read every time.
        """
        if self._by_day is None:
            self._by_day = DayCount(self, lambda item: item.invoice_date, self._count_by_search)
        return self._by_day.count(first, last)

    def _count_by_search(self, first: date, last: date) -> int:
        return self._read_total(self.path, {"fromdate": first.isoformat(), "todate": last.isoformat()})


class SupplierInvoicePaymentItem(Record):
    """A payment as lists show it. Only booked payments lower the balance. `amount` is in the accounting currency."""

    number: Key = Field(alias="Number")
    invoice_number: Key
    amount: Amount
    payment_date: OptionalDate = None
    booked: Bool
    currency: Text = ""
    currency_rate: OptionalAmount = None
    source: Text = ""
    write_off_exist: Bool = False


class SupplierInvoicePayment(SupplierInvoicePaymentItem):
    """A payment in full. `amount_currency` is in `currency`."""

    amount_currency: OptionalAmount = None
    information: Text = ""
    invoice_supplier_number: Text = ""
    invoice_due_date: OptionalDate = None
    invoice_ocr: Text = Field("", alias="InvoiceOCR")
    invoice_total: Text = ""
    mode_of_payment: Text = ""
    voucher_series: Text = ""
    voucher_number: OptionalInteger = None
    voucher_year: OptionalInteger = None


class SupplierInvoicePaymentSearch(Search, total=False):
    invoice_number: Number


class SupplierInvoicePaymentListing(SupplierInvoicePaymentSearch, Listing, total=False):
    """No order can be asked for."""


class SupplierInvoicePayments(ListResource[SupplierInvoicePaymentItem, SupplierInvoicePayment]):
    """`/3/supplierinvoicepayments`. Whether `invoice_number` is compared exactly is not documented: check."""

    path = "supplierinvoicepayments"
    plural = "SupplierInvoicePayments"
    singular = "SupplierInvoicePayment"
    item = SupplierInvoicePaymentItem
    record = SupplierInvoicePayment
    number_field = "Number"
    listing = SupplierInvoicePaymentListing

    def pages(self, **asked: Unpack[SupplierInvoicePaymentListing]) -> Iterator[Page[SupplierInvoicePaymentItem]]:
        return self._pages(asked)

    def list(self, **asked: Unpack[SupplierInvoicePaymentListing]) -> Iterator[SupplierInvoicePaymentItem]:
        return self._list(asked)

    def count(self, **asked: Unpack[SupplierInvoicePaymentSearch]) -> int:
        return self._count(asked)

    def count_between(self, first: date, last: date) -> int:
        """Return how many are dated in these days, both included, booked or not. All pages are read: no search by day
        is known.
        """
        return count_days(self.list(), lambda item: item.payment_date, first, last)
