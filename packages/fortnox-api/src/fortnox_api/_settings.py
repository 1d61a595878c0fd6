"""The company's settings, locked period, units, terms of payment and predefined accounts. Scope `settings`.

Source: the OpenAPI document and recorded responses.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from fortnox_api._models import Code, Key, OptionalBool, OptionalDate, OptionalInteger, Record, Text
from fortnox_api._payload import Payload
from fortnox_api._request import Request, RequestKind
from fortnox_api._resource import DeletableResource, ListResource, Resource


class CompanySettings(Record):
    """What the company prints on its invoices. `tax_enabled` tells whether it is approved for F-tax.

    None when Fortnox leaves it out.
    """

    shown: ClassVar = frozenset({"database_number"})

    database_number: Key
    name: Text = ""
    organisation_number: Text = Field("", alias="OrganizationNumber")
    vat_number: Text = ""
    tax_enabled: OptionalBool = None
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

    end_date: OptionalDate = None


class Settings(Resource):
    """`/3/settings`."""

    def company(self) -> CompanySettings:
        """Return the company's settings."""
        return self._read(Request(RequestKind.READ, "GET", "settings/company"), "CompanySettings", CompanySettings)

    def locked_period(self) -> LockedPeriod:
        """Return up to which day the bookkeeping is locked."""
        return self._read(Request(RequestKind.READ, "GET", "settings/lockedperiod"), "LockedPeriod", LockedPeriod)


class Unit(Record):
    """A unit of articles and rows, such as h."""

    shown: ClassVar = frozenset({"code"})

    code: Code
    description: Text = ""
    code_english: Text = ""


class UnitUpdate(Payload):
    """Changes to a unit. What is None stays as it is."""

    wrapper: ClassVar = "Unit"
    texts: ClassVar = {"description": 100, "code_english": 100}

    description: Annotated[str, Field(min_length=1)] | None = None
    code_english: str | None = None


class UnitPayload(UnitUpdate):
    """A unit to create."""

    code: Annotated[str, Field(min_length=1, max_length=20)]
    description: Annotated[str, Field(min_length=1)]


class Units(DeletableResource[Unit, Unit, UnitPayload, UnitUpdate]):
    """`/3/units`."""

    path = "units"
    plural = "Units"
    singular = "Unit"
    item = Unit
    record = Unit
    payload = UnitPayload
    changes = UnitUpdate
    number_field = "Code"


class TermsOfPayment(Record):
    """Terms of payment, such as 30 for thirty days or K for cash."""

    shown: ClassVar = frozenset({"code"})

    code: Code
    description: Text = ""


class TermsOfPaymentUpdate(Payload):
    """Changes to terms of payment."""

    wrapper: ClassVar = "TermsOfPayment"
    texts: ClassVar = {"description": 1024}

    description: Annotated[str, Field(min_length=1)]


class TermsOfPaymentPayload(TermsOfPaymentUpdate):
    """Terms of payment to create."""

    code: Annotated[str, Field(min_length=1, max_length=25)]


class TermsOfPayments(DeletableResource[TermsOfPayment, TermsOfPayment, TermsOfPaymentPayload, TermsOfPaymentUpdate]):
    """`/3/termsofpayments`."""

    path = "termsofpayments"
    plural = "TermsOfPayments"
    singular = "TermsOfPayment"
    item = TermsOfPayment
    record = TermsOfPayment
    payload = TermsOfPaymentPayload
    changes = TermsOfPaymentUpdate
    number_field = "Code"


class PredefinedAccount(Record):
    """The account that Fortnox uses for one purpose: SALES, SALES_25_SE, ROUNDOFF … `account` is None when unset."""

    shown: ClassVar = frozenset({"name", "account"})

    name: Key = Field(alias="Name")
    account: OptionalInteger = None


class PredefinedAccounts(ListResource[PredefinedAccount, PredefinedAccount]):
    """`/3/predefinedaccounts`."""

    path = "predefinedaccounts"
    plural = "PreDefinedAccounts"
    singular = "PreDefinedAccount"
    item = PredefinedAccount
    record = PredefinedAccount
    number_field = "Name"
