"""The company's settings, locked period, and its registers: units, terms and modes of payment, predefined accounts.

Scope `settings`, but `currency` for currencies.
Source: the OpenAPI document and recorded responses.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from fortnox_api._models import (
    Bool,
    Code,
    Key,
    OptionalAmount,
    OptionalBool,
    OptionalDate,
    OptionalInteger,
    Record,
    Text,
)
from fortnox_api._payload import AccountNumber, ExactRate, Payload
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


class ModeOfPayment(Record):
    """A mode of payment, such as BG, and the account that its payments are booked on."""

    shown: ClassVar = frozenset({"code"})

    code: Code
    description: Text = ""
    account_number: OptionalInteger = None


class ModeOfPaymentUpdate(Payload):
    """Changes to a mode of payment. What is None stays as it is."""

    wrapper: ClassVar = "ModeOfPayment"
    texts: ClassVar = {"description": 100}
    sent_as_text: ClassVar = frozenset({"account_number"})

    description: Annotated[str, Field(min_length=1)] | None = None
    account_number: AccountNumber | None = None


class ModeOfPaymentPayload(ModeOfPaymentUpdate):
    """A mode of payment to create."""

    code: Annotated[str, Field(min_length=1, max_length=25)]
    description: Annotated[str, Field(min_length=1)]
    account_number: AccountNumber


class ModesOfPayment(DeletableResource[ModeOfPayment, ModeOfPayment, ModeOfPaymentPayload, ModeOfPaymentUpdate]):
    """`/3/modesofpayments`."""

    path = "modesofpayments"
    plural = "ModesOfPayments"
    singular = "ModeOfPayment"
    item = ModeOfPayment
    record = ModeOfPayment
    payload = ModeOfPaymentPayload
    changes = ModeOfPaymentUpdate
    number_field = "Code"


class Currency(Record):
    """A currency and its rates: `unit` of it cost so much of the accounting currency. Invoices take `sell_rate`."""

    shown: ClassVar = frozenset({"code"})

    code: Code
    description: Text = ""
    buy_rate: OptionalAmount = None
    sell_rate: OptionalAmount = None
    unit: OptionalAmount = None
    date: OptionalDate = None
    is_automatic: Bool = False


class CurrencyUpdate(Payload):
    """Changes to a currency. What is None stays as it is."""

    wrapper: ClassVar = "Currency"
    texts: ClassVar = {"description": 100}

    description: Annotated[str, Field(min_length=1)] | None = None
    buy_rate: ExactRate | None = None
    sell_rate: ExactRate | None = None
    unit: ExactRate | None = None
    is_automatic: bool | None = None


class CurrencyPayload(CurrencyUpdate):
    """A currency to create."""

    code: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    description: Annotated[str, Field(min_length=1)]


class Currencies(DeletableResource[Currency, Currency, CurrencyPayload, CurrencyUpdate]):
    """`/3/currencies`. Scope `currency`."""

    path = "currencies"
    plural = "Currencies"
    singular = "Currency"
    item = Currency
    record = Currency
    payload = CurrencyPayload
    changes = CurrencyUpdate
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
