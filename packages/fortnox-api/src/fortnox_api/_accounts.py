"""The chart of accounts and financial years. Scope `bookkeeping`.

No endpoint lists VAT rates. They follow from the VAT codes of accounts: MP1 is 25 %, MP2 12 %, MP3 6 %, MF exempt;
companies may have codes of their own. Source: the OpenAPI document, recorded lists, public integrations.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import ClassVar, Literal, Unpack

from pydantic import Field

from fortnox_api._models import Bool, Key, OptionalAmount, OptionalDate, OptionalInteger, Record, Text
from fortnox_api._request import Number
from fortnox_api._resource import Listing, ListResource, Page, Search


class FinancialYear(Record):
    """A financial year. `id` counts the company's years from 1 and is not the calendar year.

    `accounting_method` is ACCRUAL or CASH.
    """

    shown: ClassVar = frozenset({"id"})

    id: Key = Field(alias="Id")
    from_date: OptionalDate
    to_date: OptionalDate
    accounting_method: Text = ""
    account_chart_type: Text = ""


class Account(Record):
    """An account of one financial year. `year` is the year's id; `vat_code` is "" when sales on it carry none."""

    number: Key = Field(alias="Number")
    description: Text = ""
    active: Bool = Field(alias="Active")
    vat_code: Text = ""
    sru: Text = Field("", alias="SRU")
    year: OptionalInteger = None
    balance_brought_forward: OptionalAmount = None


class AccountSearch(Search, total=False):
    sru: Number
    financial_year: Number


class AccountListing(AccountSearch, Listing, total=False):
    sort_by: Literal["number"] | None


class Accounts(ListResource[Account, Account]):
    """`/3/accounts`. `financial_year` is the id of a year, not a calendar year."""

    path = "accounts"
    plural = "Accounts"
    singular = "Account"
    item = Account
    record = Account
    number_field = "Number"
    listing = AccountListing

    def pages(self, **asked: Unpack[AccountListing]) -> Iterator[Page[Account]]:
        return self._pages(asked)

    def list(self, **asked: Unpack[AccountListing]) -> Iterator[Account]:
        return self._list(asked)

    def count(self, **asked: Unpack[AccountSearch]) -> int:
        return self._count(asked)


class FinancialYearSearch(Search, total=False):
    date: date


class FinancialYearListing(FinancialYearSearch, Listing, total=False):
    """No order can be asked for."""


class FinancialYears(ListResource[FinancialYear, FinancialYear]):
    """`/3/financialyears`."""

    path = "financialyears"
    plural = "FinancialYears"
    singular = "FinancialYear"
    item = FinancialYear
    record = FinancialYear
    number_field = "Id"
    listing = FinancialYearListing

    def pages(self, **asked: Unpack[FinancialYearListing]) -> Iterator[Page[FinancialYear]]:
        return self._pages(asked)

    def list(self, **asked: Unpack[FinancialYearListing]) -> Iterator[FinancialYear]:
        return self._list(asked)

    def count(self, **asked: Unpack[FinancialYearSearch]) -> int:
        return self._count(asked)

    def on(self, day: date) -> FinancialYear | None:
        """Return the year that holds this day, None when the company has none yet (common in January)."""
        for year in self.list(date=day):
            if year.from_date and year.to_date and year.from_date <= day <= year.to_date:
                return year
        return None

    def overlapping(self, first: date, last: date) -> Sequence[tuple[FinancialYear, date, date]]:
        """Return the years that these days touch, oldest first, each with the first and the last of the days in it.

        Years are of any length and begin on any day: a month may lie in two of them, or partly in none.
        """
        return sorted(
            (
                (year, max(first, year.from_date), min(last, year.to_date))
                for year in self.list()
                if year.from_date and year.to_date and year.from_date <= last and first <= year.to_date
            ),
            key=lambda found: found[1],
        )
