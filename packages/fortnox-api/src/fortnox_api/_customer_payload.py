"""What is sent to make or change a customer. Source: the OpenAPI document and recorded requests."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fortnox_api._payload import Blank, Payload


class CustomerUpdate(Payload):
    """Changes to a customer. None leaves a field as it is, BLANK clears it; the code sets the country."""

    wrapper: ClassVar = "Customer"
    texts: ClassVar = {
        **dict.fromkeys(("name", "phone1", "phone2", "address1", "address2", "city", "comments"), 1024),
        **dict.fromkeys(("email", "email_invoice", "email_invoice_cc", "email_invoice_bcc"), 1024),
        **dict.fromkeys(("external_reference", "invoice_remark"), 1024),
        "zip_code": 10,
        "our_reference": 50,
        "your_reference": 50,
    }

    name: Annotated[str, Field(min_length=1)] | None = None
    organisation_number: str | Blank | None = None
    email: str | Blank | None = None
    email_invoice: str | Blank | None = None
    email_invoice_cc: str | Blank | None = None
    email_invoice_bcc: str | Blank | None = None
    phone1: str | Blank | None = None
    phone2: str | Blank | None = None
    address1: str | Blank | None = None
    address2: str | Blank | None = None
    zip_code: str | Blank | None = None
    city: str | Blank | None = None
    country_code: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    active: bool | None = None
    type: Literal["PRIVATE", "COMPANY"] | None = None
    vat_type: Literal["SEVAT", "SEREVERSEDVAT", "EUREVERSEDVAT", "EUVAT", "EXPORT"] | None = None
    vat_number: str | Blank | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    terms_of_payment: str | Blank | None = None
    sales_account: Annotated[str, Field(pattern="^[1-9][0-9]{3}$")] | None = None
    our_reference: str | Blank | None = None
    your_reference: str | Blank | None = None
    invoice_remark: str | Blank | None = None
    external_reference: str | Blank | None = None
    comments: str | Blank | None = None


class CustomerPayload(CustomerUpdate):
    """A customer to create. Without a `number` it gets the next in the series; a number once used stays taken.

    A number is letters, digits and `- + / _`.
    """

    number: Annotated[str, Field(pattern=r"^[\p{L}0-9+/_-]+$", max_length=1024)] | None = Field(
        None, alias="CustomerNumber"
    )
    name: Annotated[str, Field(min_length=1)]
