"""Invoices as Fortnox answers them. Source: the OpenAPI document and recorded answers."""

from typing import ClassVar

from pydantic import Field

from fortnox_api._fields import Amount, Day, Flag, Key, OptionalAmount, Reference, Text, Whole
from fortnox_api._models import Record


class InvoiceItem(Record):
    """An invoice as lists show it. Amounts are in `currency`.

    `voucher_*` are unset until it is booked, and for a connection without the right to see vouchers. `final_pay_date`
    is None until it is fully paid.
    """

    number: Key = Field(alias="DocumentNumber")
    customer_number: Text = ""
    customer_name: Text = ""
    external_reference: Text = Field("", alias="ExternalInvoiceReference1")
    external_reference2: Text = Field("", alias="ExternalInvoiceReference2")
    ocr: Text = ""
    invoice_date: Day = None
    due_date: Day = None
    currency: Text = ""
    total: Amount
    balance: Amount
    booked: Flag
    cancelled: Flag
    sent: Flag = False
    invoice_type: Text = ""
    final_pay_date: Day = None
    voucher_series: Text = ""
    voucher_number: Whole = None
    voucher_year: Whole = None


class InvoiceRow(Record):
    """A row of an invoice as Fortnox stored it: rounded, with what Fortnox filled in.

    `row_id` is new for all rows after every update of the invoice.
    """

    shown: ClassVar = frozenset({"row_id"})

    row_id: Whole = None
    article_number: Text = ""
    description: Text = ""
    delivered_quantity: OptionalAmount = None
    unit: Text = ""
    price: OptionalAmount = None
    price_excluding_vat: OptionalAmount = None
    vat: OptionalAmount = None
    vat_code: Text = ""
    discount: OptionalAmount = None
    discount_type: Text = ""
    account_number: Whole = None
    total: OptionalAmount = None
    total_excluding_vat: OptionalAmount = None


class Invoice(Record):
    """An invoice with all its fields. Amounts are in `currency`; `total` is rounded when the company rounds.

    It is paid when booked, not cancelled and its balance is 0; partial payments stand in the payments. `credit` marks a
    credit note; `credit_invoice_reference` is the other document's number, "" for none.
    """

    number: Key = Field(alias="DocumentNumber")
    customer_number: Text = ""
    customer_name: Text = ""
    external_reference: Text = Field("", alias="ExternalInvoiceReference1")
    external_reference2: Text = Field("", alias="ExternalInvoiceReference2")
    ocr: Text = ""
    invoice_date: Day = None
    due_date: Day = None
    delivery_date: Day = None
    currency: Text = ""
    currency_rate: OptionalAmount = None
    vat_included: Flag = False
    net: Amount
    gross: OptionalAmount = None
    freight: OptionalAmount = None
    administration_fee: OptionalAmount = None
    total_vat: Amount
    total: Amount
    round_off: Amount
    total_to_pay: OptionalAmount = None
    balance: Amount
    booked: Flag
    cancelled: Flag
    sent: Flag = False
    not_completed: Flag = False
    credit: Flag = False
    credit_invoice_reference: Reference = ""
    invoice_type: Text = ""
    language: Text = ""
    terms_of_payment: Text = ""
    our_reference: Text = ""
    your_reference: Text = ""
    your_order_number: Text = ""
    remarks: Text = ""
    comments: Text = ""
    accounting_method: Text = ""
    organisation_number: Text = ""
    final_pay_date: Day = None
    voucher_series: Text = ""
    voucher_number: Whole = None
    voucher_year: Whole = None
    rows: tuple[InvoiceRow, ...] = Field((), alias="InvoiceRows")
