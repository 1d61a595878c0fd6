"""What stands on an invoice or credit note, as values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from uku.invoices.totals import Totals
from uku.kit.money import ZERO


class Language(StrEnum):
    ENGLISH = "en"
    SWEDISH = "sv"
    FINNISH = "fi"
    ESTONIAN = "et"


class Supply(StrEnum):
    GOODS = "goods"
    SERVICES = "services"


@dataclass(frozen=True, slots=True)
class Seller:
    """`name` is the registered one, as the register writes it: with "i likvidation" where that is so (ABL 28:5)."""

    name: str
    address: tuple[str, ...]
    country: str
    registered_office: str
    organisation_number: str
    vat_number: str
    f_tax: bool
    bankgiro: str = ""
    plusgiro: str = ""
    iban: str = ""
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Buyer:
    name: str
    address: tuple[str, ...]
    organisation_number: str = ""
    vat_number: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """The price is for one unit without VAT; rate and discount are in per cent. A row of text has no amounts."""

    description: str
    quantity: Decimal = ZERO
    unit: str = ""
    price: Decimal = ZERO
    discount: Decimal = ZERO
    vat_rate: Decimal = ZERO
    net: Decimal = ZERO
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class AccountingRate:
    """What one unit of the invoice's currency is in the currency of the books, and of which day that is."""

    rate: Decimal
    on: date
    currency: str = "SEK"


@dataclass(frozen=True, slots=True)
class Content:
    """An invoice; with `credits`, the number of the invoice that it credits, a credit note, whose amounts are negative.

    A draft has no number. `vat_type` is one of `uku.clients.models.VatType`, and `supplies` are what is sold.
    `own_sentences` are what the firm says about the VAT of each in place of our sentence.
    """

    language: Language
    seller: Seller
    buyer: Buyer
    number: str
    invoice_date: date
    due_date: date
    currency: str
    rows: tuple[Row, ...]
    totals: Totals
    vat_type: str = ""
    supplies: frozenset[Supply] = frozenset({Supply.SERVICES})
    own_sentences: Mapping[Supply, str] = field(default_factory=dict)
    ocr: str = ""
    supply_from: date | None = None
    supply_to: date | None = None
    your_reference: str = ""
    our_reference: str = ""
    remarks: str = ""
    late_interest: str = ""
    credits: str = ""
    accounting_rate: AccountingRate | None = None

    @property
    def is_draft(self) -> bool:
        return not self.number

    @property
    def is_credit_note(self) -> bool:
        return bool(self.credits)

    @property
    def is_paid_by_giro(self) -> bool:
        """Say whether Swedish banks can pay it by number: in kronor, to a Swedish seller who has one."""
        has_number = bool(self.seller.bankgiro or self.seller.plusgiro)
        return has_number and self.currency == "SEK" and self.seller.country == "SE"
