"""Units and terms of payment. Scope `settings`. Source: the OpenAPI document and recorded answers."""

from typing import Annotated, ClassVar

from pydantic import Field

from fortnox_api._fields import Code, Text
from fortnox_api._lists import Listed
from fortnox_api._models import Record
from fortnox_api._pages import Shape
from fortnox_api._payload import Payload


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


class Units(Listed[Unit, Unit]):
    """`/3/units`."""

    shape = Shape(path="units", plural="Units", singular="Unit", item=Unit, record=Unit, number="Code")

    def create(self, payload: UnitPayload) -> Unit:
        """Create a unit."""
        return self._create(payload)

    def update(self, code: str, changes: UnitUpdate) -> Unit:
        """Change a unit's texts."""
        return self._update(code, changes)


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


class TermsOfPayments(Listed[TermsOfPayment, TermsOfPayment]):
    """`/3/termsofpayments`."""

    shape = Shape(
        path="termsofpayments",
        plural="TermsOfPayments",
        singular="TermsOfPayment",
        item=TermsOfPayment,
        record=TermsOfPayment,
        number="Code",
    )

    def create(self, payload: TermsOfPaymentPayload) -> TermsOfPayment:
        """Create terms of payment."""
        return self._create(payload)

    def update(self, code: str, changes: TermsOfPaymentUpdate) -> TermsOfPayment:
        """Change the description."""
        return self._update(code, changes)
