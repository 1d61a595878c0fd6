"""Fortnox payloads and domain values, one into the other. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from fortnox_api import Customer, CustomerItem, Invoice, InvoicePayload, InvoicePaymentItem, InvoiceRowPayload
from uku.clients.matching import ContactDetails
from uku.invoices.reading import PaymentFact, Reading
from uku.invoices.totals import Totals

NO_REFERENCE = frozenset({None, "", "0"})


def contact_details(customer: CustomerItem) -> ContactDetails:
    """What a customer is matched by."""
    return ContactDetails(
        key=customer.number,
        name=customer.name,
        organisation_number=customer.organisation_number or "",
        email=customer.email or "",
        postcode=customer.zip_code or "",
        phone=customer.phone or "",
    )


def client_fields(customer: CustomerItem) -> dict[str, Any]:
    """The client's fields that a list item fills."""
    return {
        "name": customer.name,
        "organisation_number": customer.organisation_number or "",
        "email": customer.email or "",
        "phone": customer.phone or "",
        "address1": customer.address1 or "",
        "address2": customer.address2 or "",
        "postcode": (customer.zip_code or "")[:20],
        "city": customer.city or "",
    }


def client_fields_from_detail(customer: Customer) -> dict[str, Any]:
    """The client's fields that only the detail read tells."""
    return {
        "vat_number": customer.vat_number or "",
        "country": customer.country_code or "",
        "currency": customer.currency or "",
        "payment_days": payment_days(customer.terms_of_payment or ""),
    }


def payment_days(terms: str) -> int | None:
    """Return the days of a terms-of-payment code; None for codes that are no number of days (AG, K, PF)."""
    return int(terms) if terms.isdigit() else None


def invoice_payload(invoice: Any, rows: Iterable[Any], *, customer_number: str) -> InvoicePayload:
    """Build the invoice to create. Nothing that affects money is left to defaults (spec section 9).

    No account is sent: Fortnox chooses accounts from the article and the customer's VAT type.
    """
    return InvoicePayload(
        customer_number=customer_number,
        invoice_date=invoice.invoice_date,
        due_date=invoice.due_date,
        delivery_date=invoice.invoice_date,
        currency=invoice.currency,
        vat_included=False,
        freight=Decimal(0),
        administration_fee=Decimal(0),
        external_reference=invoice.reference,
        your_reference=invoice.your_reference or None,
        our_reference=invoice.our_reference or None,
        remarks=invoice.remarks or None,
        rows=tuple(invoice_row(row) for row in rows),
    )


def invoice_row(row: Any) -> InvoiceRowPayload:
    return InvoiceRowPayload(
        article_number=row.article_number or None,
        description=row.description,
        delivered_quantity=row.quantity,
        unit=row.unit or None,
        price=row.price,
        vat=row.vat_rate,
        discount=Decimal(0),
    )


def figures(invoice: Invoice) -> Totals:
    """The amounts that Fortnox made of an invoice."""
    return Totals(net=invoice.net, vat=invoice.total_vat, rounding=invoice.round_off, total=invoice.total)


def payment_fact(payment: InvoicePaymentItem) -> PaymentFact:
    return PaymentFact(payment.number, payment.amount, payment.payment_date, payment.booked)


def reading(invoice: Invoice, payments: Iterable[PaymentFact], *, as_of: datetime) -> Reading:
    """What Fortnox says about payment. A reference to a credit note tells that the invoice is credited."""
    return Reading(
        as_of=as_of,
        balance=invoice.balance,
        booked=invoice.booked,
        cancelled=invoice.cancelled,
        credited=invoice.credit_invoice_reference not in NO_REFERENCE,
        sent=invoice.sent,
        final_pay_date=invoice.final_pay_date,
        payments=tuple(payments),
    )
