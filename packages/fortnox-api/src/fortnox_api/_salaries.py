"""Salary transactions. Scope `salary`. Source: the OpenAPI document."""

from collections.abc import Iterator
from datetime import date
from typing import ClassVar, Unpack

from pydantic import Field

from fortnox_api._models import Key, OptionalAmount, OptionalDate, Record, Text
from fortnox_api._request import Number
from fortnox_api._resource import Listing, ListResource, Page, Search
from fortnox_api._verified_days import count_days


class SalaryTransaction(Record):
    """What an employee is paid for on one day. `quantity` is hours, pieces or days, as the salary code says."""

    shown: ClassVar = frozenset({"row"})

    row: Key = Field(alias="SalaryRow")
    employee_id: Text = ""
    salary_code: Text = ""
    day: OptionalDate = Field(None, alias="Date")
    quantity: OptionalAmount = Field(None, alias="Number")
    amount: OptionalAmount = None
    total: OptionalAmount = None
    vat: OptionalAmount = None
    text: Text = Field("", alias="TextRow")
    cost_center: Text = ""
    project: Text = ""


class SalaryTransactionSearch(Search, total=False):
    employee_id: Number
    date: date


class SalaryTransactionListing(SalaryTransactionSearch, Listing, total=False):
    """No order can be asked for."""


class SalaryTransactions(ListResource[SalaryTransaction, SalaryTransaction]):
    """`/3/salarytransactions`. `date` is one day."""

    path = "salarytransactions"
    plural = "SalaryTransactions"
    singular = "SalaryTransaction"
    item = SalaryTransaction
    record = SalaryTransaction
    number_field = "SalaryRow"
    listing = SalaryTransactionListing

    def pages(self, **asked: Unpack[SalaryTransactionListing]) -> Iterator[Page[SalaryTransaction]]:
        return self._pages(asked)

    def list(self, **asked: Unpack[SalaryTransactionListing]) -> Iterator[SalaryTransaction]:
        return self._list(asked)

    def count(self, **asked: Unpack[SalaryTransactionSearch]) -> int:
        return self._count(asked)

    def count_between(self, first: date, last: date) -> int:
        """Return how many are dated in these days, both included. All pages are read: the search takes one day."""
        return count_days(self.list(), lambda item: item.day, first, last)
