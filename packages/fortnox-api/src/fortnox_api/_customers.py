"""Customers. Scope `customer`. Source: the OpenAPI document and recorded answers."""

from pydantic import Field

from fortnox_api._customer_payload import CustomerPayload, CustomerUpdate
from fortnox_api._fields import Code, Flag, Text
from fortnox_api._lists import Listed
from fortnox_api._models import Record
from fortnox_api._pages import Shape


class CustomerItem(Record):
    """A customer as lists show it. Whether it is active is a filter, not a field. Unset texts are ""."""

    number: Code = Field(alias="CustomerNumber")
    name: Text = ""
    organisation_number: Text = ""
    email: Text = ""
    phone: Text = ""
    address1: Text = ""
    address2: Text = ""
    zip_code: Text = ""
    city: Text = ""


class Customer(Record):
    """A customer with all its fields. Unset texts are "".

    `type` is PRIVATE, COMPANY, or UNDEFINED on some old records, which Fortnox then refuses to update. `vat_type` is
    SEVAT, SEREVERSEDVAT, EUREVERSEDVAT, EUVAT or EXPORT, and decides which account a sale goes to. `country` is in
    Swedish. Values that Fortnox adds later come through as they are.
    """

    number: Code = Field(alias="CustomerNumber")
    name: Text = ""
    organisation_number: Text = ""
    email: Text = ""
    phone1: Text = ""
    phone2: Text = ""
    address1: Text = ""
    address2: Text = ""
    zip_code: Text = ""
    city: Text = ""
    country: Text = ""
    country_code: Text = ""
    active: Flag = Field(alias="Active")
    type: Text = ""
    vat_type: Text = ""
    vat_number: Text = ""
    currency: Text = ""
    terms_of_payment: Text = ""
    email_invoice: Text = ""
    our_reference: Text = ""
    your_reference: Text = ""
    price_list: Text = ""
    sales_account: Text = ""
    invoice_discount: Text = ""
    invoice_freight: Text = ""
    invoice_administration_fee: Text = ""
    show_price_vat_included: Flag = Field(False, alias="ShowPriceVATIncluded")
    external_reference: Text = ""
    comments: Text = ""


class Customers(Listed[CustomerItem, Customer]):
    """`/3/customers`."""

    shape = Shape(
        path="customers",
        plural="Customers",
        singular="Customer",
        item=CustomerItem,
        record=Customer,
        number="CustomerNumber",
        searches="customernumber name zipcode city email phone organisationnumber gln glndelivery",
        filters="active inactive",
        sorts="customernumber name",
    )

    def create(self, payload: CustomerPayload) -> Customer:
        """Create a customer. When the outcome is UNKNOWN look for its name or number first."""
        return self._create(payload)

    def update(self, number: str | int, changes: CustomerUpdate) -> Customer:
        """Change the fields that are set and return the whole customer."""
        return self._update(number, changes)
