"""The chart of accounts (scope `bookkeeping`) and the accounts Fortnox uses by itself (scope `settings`).

No endpoint lists VAT rates. They follow from the VAT codes of accounts: MP1 is 25 %, MP2 12 %, MP3 6 %, MF exempt;
companies may have codes of their own. Source: the OpenAPI document, public integrations.
"""

from typing import ClassVar

from pydantic import Field

from fortnox_api._fields import Flag, Key, OptionalAmount, Text, Whole
from fortnox_api._lists import Listed
from fortnox_api._models import Record
from fortnox_api._pages import Shape


class Account(Record):
    """An account of one financial year. `year` is the year's id; `vat_code` is "" when sales on it carry none."""

    number: Key = Field(alias="Number")
    description: Text = ""
    active: Flag = Field(alias="Active")
    vat_code: Text = ""
    sru: Text = Field("", alias="SRU")
    year: Whole = None
    balance_brought_forward: OptionalAmount = None


class Accounts(Listed[Account, Account]):
    """`/3/accounts`. `financial_year` is the id of a year, not a calendar year."""

    shape = Shape(
        path="accounts",
        plural="Accounts",
        singular="Account",
        item=Account,
        record=Account,
        number="Number",
        searches="sru financialyear",
        sorts="number",
    )


class PredefinedAccount(Record):
    """The account that Fortnox uses for one purpose: SALES, SALES_25_SE, ROUNDOFF … `account` is None when unset."""

    shown: ClassVar = frozenset({"name", "account"})

    name: Key = Field(alias="Name")
    account: Whole = None


class PredefinedAccounts(Listed[PredefinedAccount, PredefinedAccount]):
    """`/3/predefinedaccounts`."""

    shape = Shape(
        path="predefinedaccounts",
        plural="PreDefinedAccounts",
        singular="PreDefinedAccount",
        item=PredefinedAccount,
        record=PredefinedAccount,
        number="Name",
    )
