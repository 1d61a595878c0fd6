"""Vouchers and their series. Scope `bookkeeping`, predefined series `settings`.

A voucher is named by its series, its number and its financial year. Source: the OpenAPI document, recorded lists, older
pages of Fortnox for the days of a search.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Unpack

from pydantic import AfterValidator, Field

from fortnox_api._models import Bool, Key, OptionalAmount, OptionalDate, OptionalInteger, Record, Text
from fortnox_api._payload import AccountNumber, Day, ExactAmount, Payload, RecordNumber
from fortnox_api._request import Number, Request, RequestKind, format_number
from fortnox_api._resource import Collection, Listing, ListResource, Page, Search, WritableResource, encode_payload


class VoucherItem(Record):
    """A voucher as lists show it, without rows. `year` is the id of its financial year.

    `reference_type` is INVOICE, INVOICEPAYMENT, SUPPLIERINVOICE, SUPPLIERPAYMENT, CASHINVOICE, ACCRUAL, or "" for one
    that was entered by hand (recorded, though the document says MANUAL); `reference_number` is the document's number.
    """

    shown: ClassVar = frozenset({"series", "number", "year"})

    series: Key = Field(alias="VoucherSeries")
    number: Key = Field(alias="VoucherNumber")
    year: OptionalInteger = None
    transaction_date: OptionalDate = None
    description: Text = ""
    comments: Text = ""
    reference_type: Text = ""
    reference_number: Text = ""


class VoucherRow(Record):
    """A row of a voucher. A `removed` one does not count: somebody corrected the voucher."""

    shown: ClassVar = frozenset({"account"})

    account: OptionalInteger = None
    debit: OptionalAmount = None
    credit: OptionalAmount = None
    description: Text = ""
    transaction_information: Text = ""
    cost_center: Text = ""
    project: Text = ""
    quantity: OptionalAmount = None
    removed: Bool = False


class Voucher(VoucherItem):
    """A voucher with its rows."""

    cost_center: Text = ""
    project: Text = ""
    rows: tuple[VoucherRow, ...] = Field((), alias="VoucherRows")


class VoucherRowPayload(Payload):
    """A row to book: one of `debit` and `credit`."""

    wrapper: ClassVar = "VoucherRow"
    texts: ClassVar = {"description": 200, "transaction_information": 100}

    account: AccountNumber
    debit: ExactAmount = Decimal(0)
    credit: ExactAmount = Decimal(0)
    description: str | None = None
    transaction_information: str | None = None
    cost_center: RecordNumber | None = None
    project: RecordNumber | None = None


VoucherRows = Annotated[Sequence[VoucherRowPayload], AfterValidator(tuple), Field(min_length=2)]


class VoucherPayload(Payload):
    """A voucher to book by hand. Its rows have to balance; what is booked can only be corrected, never changed."""

    wrapper: ClassVar = "Voucher"
    texts: ClassVar = {"description": 200, "comments": 1000}

    voucher_series: Annotated[str, Field(min_length=1, max_length=10)]
    transaction_date: Day
    description: Annotated[str, Field(min_length=1)]
    comments: str | None = None
    cost_center: RecordNumber | None = None
    project: RecordNumber | None = None
    rows: VoucherRows = Field(serialization_alias="VoucherRows")


class VoucherSearch(Search, total=False):
    financial_year: Number
    financial_year_date: date
    from_date: date
    to_date: date
    voucher_series: str
    cost_center: str


class VoucherListing(VoucherSearch, Listing, total=False):
    sort_by: Literal["reference_number", "reference_type", "voucher_number", "voucher_series"] | None


class Vouchers(Collection[VoucherItem]):
    """`/3/vouchers`.

    Fortnox looks into one financial year at a time: name it by `financial_year`, its id, or by `financial_year_date`, a
    day in it; without either it is today's. `from_date` and `to_date` are inclusive and have to lie in that year, so a
    month that lies in two years is asked for twice (see `FinancialYears.overlapping`). `voucher_series` may find every
    series that contains the letters: compare exactly afterwards.
    """

    path = "vouchers"
    plural = "Vouchers"
    item = VoucherItem
    number_field = "VoucherNumber"
    listing = VoucherListing

    def pages(self, **asked: Unpack[VoucherListing]) -> Iterator[Page[VoucherItem]]:
        return self._pages(asked)

    def list(self, **asked: Unpack[VoucherListing]) -> Iterator[VoucherItem]:
        return self._list(asked)

    def count(self, **asked: Unpack[VoucherSearch]) -> int:
        return self._count(asked)

    def get(self, series: str, number: Number, *, financial_year: Number | None = None) -> Voucher:
        """Return a voucher with its rows; without a financial year's id it is looked for in today's."""
        query = {} if financial_year is None else {"financialyear": format_number(financial_year)}
        request = Request(RequestKind.READ, "GET", self.path, (series, number), query=query)
        return self._read(request, "Voucher", Voucher)

    def create(self, payload: VoucherPayload, *, financial_year: Number) -> Voucher:
        """Book a voucher by hand. When the outcome is UNKNOWN look for it before you book it again.

        `financial_year` is the id of the year that holds the date: without it Fortnox takes the year that somebody
        last worked in.
        """
        query = {"financialyear": format_number(financial_year)}
        request = Request(
            RequestKind.WRITE, "POST", self.path, query=query, body=encode_payload(payload, VoucherPayload)
        )
        return self._read(request, "Voucher", Voucher)

    def tally(self, first: date, last: date, *, financial_year: Number) -> Counter[tuple[str, str]]:
        """Return how many vouchers are dated in these days, both included, by series and reference type.

        One request for each 500 vouchers. Days and series are compared here, whatever Fortnox makes of the search.
        """
        found = self.list(financial_year=financial_year, from_date=first, to_date=last)
        return Counter(
            (each.series, each.reference_type)
            for each in found
            if each.transaction_date is not None and first <= each.transaction_date <= last
        )


class VoucherSeries(Record):
    """A series of vouchers. `year` is the id of a financial year; numbers begin anew in each.

    `manual` tells whether people enter vouchers in it; `next_voucher_number` is None in lists.
    """

    shown: ClassVar = frozenset({"code"})

    code: Key
    description: Text = ""
    manual: Bool = False
    year: OptionalInteger = None
    next_voucher_number: OptionalInteger = None


class VoucherSeriesUpdate(Payload):
    """Changes to a series. What is None stays as it is."""

    wrapper: ClassVar = "VoucherSeries"
    texts: ClassVar = {"description": 200}

    description: Annotated[str, Field(min_length=1)] | None = None
    manual: bool | None = None


class VoucherSeriesPayload(VoucherSeriesUpdate):
    """A series to create."""

    code: Annotated[str, Field(min_length=1, max_length=10)]
    description: Annotated[str, Field(min_length=1)]


class VoucherSeriesSearch(Search, total=False):
    financial_year: Number


class VoucherSeriesListing(VoucherSeriesSearch, Listing, total=False):
    """No order can be asked for."""


class VoucherSeriesList(WritableResource[VoucherSeries, VoucherSeries, VoucherSeriesPayload, VoucherSeriesUpdate]):
    """`/3/voucherseries`. `financial_year` (told by SDKs, not by the document) is the id of a year."""

    path = "voucherseries"
    plural = "VoucherSeriesCollection"
    singular = "VoucherSeries"
    item = VoucherSeries
    record = VoucherSeries
    payload = VoucherSeriesPayload
    changes = VoucherSeriesUpdate
    number_field = "Code"
    listing = VoucherSeriesListing

    def pages(self, **asked: Unpack[VoucherSeriesListing]) -> Iterator[Page[VoucherSeries]]:
        return self._pages(asked)

    def list(self, **asked: Unpack[VoucherSeriesListing]) -> Iterator[VoucherSeries]:
        return self._list(asked)

    def count(self, **asked: Unpack[VoucherSeriesSearch]) -> int:
        return self._count(asked)


class PredefinedVoucherSeries(Record):
    """The series that Fortnox books one kind of event in: INVOICE, SUPPLIERINVOICE, SUPPLIERINVOICEPAYMENT …"""

    shown: ClassVar = frozenset({"name", "voucher_series"})

    name: Key = Field(alias="Name")
    voucher_series: Text = ""


class PredefinedVoucherSeriesList(ListResource[PredefinedVoucherSeries, PredefinedVoucherSeries]):
    """`/3/predefinedvoucherseries`. Scope `settings`."""

    path = "predefinedvoucherseries"
    plural = "PreDefinedVoucherSeriesCollection"
    singular = "PreDefinedVoucherSeries"
    item = PredefinedVoucherSeries
    record = PredefinedVoucherSeries
    number_field = "Name"
