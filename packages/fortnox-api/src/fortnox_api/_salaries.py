"""Salary transactions. Scope `salary`. Source: the OpenAPI document."""

from datetime import date
from typing import ClassVar

from pydantic import Field

from fortnox_api._models import Key, OptionalAmount, OptionalDate, Record, Text
from fortnox_api._resource import ListResource
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


class SalaryTransactions(ListResource[SalaryTransaction, SalaryTransaction]):
    """`/3/salarytransactions`. `date` is one day."""

    path = "salarytransactions"
    plural = "SalaryTransactions"
    singular = "SalaryTransaction"
    item = SalaryTransaction
    record = SalaryTransaction
    number_field = "SalaryRow"
    searches = "employeeid date"

    def count_between(self, first: date, last: date) -> int:
        """Return how many are dated in these days, both included. All pages are read: the search takes one day."""
        return count_days(self.list(), lambda item: item.day, first, last)
