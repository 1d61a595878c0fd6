"""The company's settings: itself and its locked period. Scope `settings`.

Source: the OpenAPI document.
"""

from typing import ClassVar

from pydantic import Field

from fortnox_api._api import Api, Call, Kind
from fortnox_api._fields import Day, Key, OptionalFlag, Text
from fortnox_api._lists import record
from fortnox_api._models import Record


class CompanySettings(Record):
    """What the company prints on its invoices. `tax_enabled` tells whether it is approved for F-tax.

    None when Fortnox leaves it out.
    """

    shown: ClassVar = frozenset({"database_number"})

    database_number: Key
    name: Text = ""
    organisation_number: Text = Field("", alias="OrganizationNumber")
    vat_number: Text = ""
    tax_enabled: OptionalFlag = None
    address: Text = ""
    zip_code: Text = ""
    city: Text = ""
    country: Text = ""
    country_code: Text = ""
    domicile: Text = ""
    bankgiro: Text = Field("", alias="BG")
    plusgiro: Text = Field("", alias="PG")
    iban: Text = Field("", alias="IBAN")
    bic: Text = Field("", alias="BIC")
    email: Text = ""
    phone1: Text = ""
    www: Text = ""


class LockedPeriod(Record):
    """Bookkeeping is locked through `end_date`, that day included; None when nothing is locked."""

    shown: ClassVar = frozenset({"end_date"})

    end_date: Day = None


class Settings:
    """`/3/settings`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def company(self) -> CompanySettings:
        """Return the company's settings."""
        call = Call(Kind.READ, "GET", "settings/company")
        return record(self._api, call, "CompanySettings", CompanySettings)

    def locked_period(self) -> LockedPeriod:
        """Return up to which day the bookkeeping is locked."""
        return record(self._api, Call(Kind.READ, "GET", "settings/lockedperiod"), "LockedPeriod", LockedPeriod)
