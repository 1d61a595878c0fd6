"""Fortnox payloads and domain values, one into the other. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from fortnox_api import (
    Article,
    ArticleItem,
    Customer,
    CustomerItem,
    CustomerPayload,
    Invoice,
    InvoicePayload,
    InvoicePayment,
    InvoicePaymentItem,
    InvoiceRowPayload,
    InvoiceUpdate,
    TextRowPayload,
    clean_text,
)
from uku.clients.matching import ContactDetails, is_personal, normalise_number
from uku.invoices.ledger_facts import PaymentFact, Reading
from uku.invoices.totals import Totals
from uku.kit.identifiers import normalise_any_vat

NO_REFERENCE = frozenset({None, "", "0"})
CASH_METHOD: Final = "CASH"
"""An invoice's AccountingMethod in a company that books what is paid, and never invoices."""
PRIVATE: Final = "PRIVATE"
ACCOUNTING_CURRENCY: Final = "SEK"
NO_CURRENCY: Final = "XXX"
"""ISO 4217: no currency is involved."""
VAT_TYPES: Final = {
    "SEVAT": "domestic",
    "SEREVERSEDVAT": "reverse_charge",
    "EUREVERSEDVAT": "eu_reverse_charge",
    "EUVAT": "eu_vat",
    "EXPORT": "export",
}
"""Fortnox's VAT types (OpenAPI document, Customer.VATType) in our words, uku.clients.models.VatType."""
_CENT: Final = Decimal("0.01")
_LARGEST_PRICE, _HUNDRED = Decimal(10) ** 12, Decimal(100)
# What the columns hold.
_LONGEST_NUMBER, _LONGEST_VAT_NUMBER, _LONGEST_CODE, _LONGEST_UNIT, _LONGEST_TEXT = 20, 30, 30, 20, 1024
_MOST_DAYS: Final = 32_767


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


def record_fields(customer: CustomerItem | Customer) -> dict[str, Any]:
    """A customer's fields that a list item tells, and the detail too."""
    return {
        "name": customer.name,
        "organisation_number": customer.organisation_number or "",
        "email": customer.email or "",
        "phone": (customer.phone1 if isinstance(customer, Customer) else customer.phone) or "",
        "address1": customer.address1 or "",
        "address2": customer.address2 or "",
        "postcode": (customer.zip_code or "")[:20],
        "city": customer.city or "",
    }


def client_fields(customer: CustomerItem) -> dict[str, Any]:
    """The client's fields that a list item fills. What is too long for an organisation number is none."""
    fields = record_fields(customer)
    return {**fields, "organisation_number": fitting(fields["organisation_number"], _LONGEST_NUMBER)}


def record_fields_from_detail(customer: Customer) -> dict[str, Any]:
    """A customer's fields that only the detail tells, as it tells them."""
    return {
        "vat_type": (customer.vat_type or "")[:_LONGEST_CODE],
        "vat_number": fitting(customer.vat_number or "", _LONGEST_TEXT),
        "country": (customer.country_code or "")[:_LONGEST_CODE],
        "currency": (customer.currency or "")[:_LONGEST_CODE],
        "terms_of_payment": (customer.terms_of_payment or "")[:_LONGEST_CODE],
        "email_invoice": fitting(customer.email_invoice, _LONGEST_TEXT),
        "email_invoice_cc": fitting(customer.email_invoice_cc, _LONGEST_TEXT),
        "email_invoice_bcc": fitting(customer.email_invoice_bcc, _LONGEST_TEXT),
        "invoice_delivery": customer.invoice_delivery[:_LONGEST_CODE],
        "is_person": customer.type == PRIVATE or is_personal(normalise_number(customer.organisation_number or "")),
    }


def client_fields_from_detail(customer: Customer) -> dict[str, Any]:
    """The client's fields that only the detail read tells; what makes no sense fills nothing."""
    fields = record_fields_from_detail(customer)
    return {
        "vat_number": fitting(vat_number(fields["vat_number"]), _LONGEST_VAT_NUMBER),
        "country": _letters(fields["country"], 2),
        "currency": _letters(fields["currency"], 3).replace(NO_CURRENCY, ""),
        "payment_days": payment_days(fields["terms_of_payment"]),
        "vat_type": vat_type(fields["vat_type"]),
        "is_person": fields["is_person"],
    }


def vat_number(text: str) -> str:
    """Return a VAT number as a client has it; what is none stays as it is written."""
    return normalise_any_vat(text) or text


def customer_payload(client: Any, *, number: str, reference: str) -> CustomerPayload:
    """Build the customer to create. Terms of payment are left to the company: each invoice carries its due date.

    A client without a VAT type is one in Sweden, which the caller has made sure of.
    """
    codes = {ours: theirs for theirs, ours in VAT_TYPES.items()}
    facts: dict[str, Any] = {
        "type": PRIVATE if client.is_person else "COMPANY",
        "vat_type": codes.get(client.vat_type, "SEVAT"),
    }
    payload, _changes = CustomerPayload(
        number=number,
        name=clean_text(client.name).text.strip() or number,
        organisation_number=client.organisation_number or None,
        email=client.email or None,
        phone1=client.phone or None,
        address1=client.address1 or None,
        address2=client.address2 or None,
        zip_code=client.postcode or None,
        city=client.city or None,
        country_code=_letters(client.country, 2) or None,
        vat_number=client.vat_number or None,
        currency=_letters(client.currency, 3) or None,
        external_reference=reference,
        **facts,
    ).clean()
    return payload


def vat_type(code: str) -> str:
    """Return our name of a customer's VAT type, "" for one that we do not know (B40)."""
    return VAT_TYPES.get(code, "")


def payment_days(terms: str) -> int | None:
    """Return the days of a terms-of-payment code; None for codes that are no number of days (AG, K, PF)."""
    return int(terms) if terms.isascii() and terms.isdecimal() and int(terms) <= _MOST_DAYS else None


def fitting(text: str, longest: int) -> str:
    """Return a text that fits, else none: half a number is a wrong number."""
    return text if len(text) <= longest else ""


def _letters(text: str, count: int) -> str:
    code = text.strip().upper()
    return code if len(code) == count and code.isascii() and code.isalpha() else ""


def article_fields(article: ArticleItem) -> dict[str, Any]:
    """An article's fields as a list item tells them."""
    return {
        "description": article.description[:200],
        "unit": article.unit or "",
        "price": None if article.sales_price is None else article.sales_price.quantize(_CENT, ROUND_HALF_UP),
    }


def article_fields_from_detail(article: Article) -> dict[str, Any]:
    """An article's fields as its detail tells them: rate and account, and price and unit again.

    What makes no sense is none: the check before sending says so then (B51).
    """
    account, price, rate = article.sales_account, article.sales_price, article.vat
    return {
        "unit": fitting(article.unit or "", _LONGEST_UNIT),
        "price": price.quantize(_CENT, ROUND_HALF_UP) if price is not None and abs(price) < _LARGEST_PRICE else None,
        "vat_rate": rate.quantize(_CENT, ROUND_HALF_UP) if rate is not None and 0 <= rate < _HUNDRED else None,
        "account": int(account) if re.fullmatch(r"[0-9]{1,9}", account) else None,
    }


def invoice_payload(
    invoice: Any, rows: Iterable[Any], *, customer_number: str, remarks: str, credits_number: str = ""
) -> InvoicePayload:
    """Build the invoice to create. Nothing that affects money is left to defaults.

    `credits_number` is the number of the invoice that it takes back, as Fortnox credits none a second time.
    No account is sent: Fortnox chooses accounts from the article and the customer's VAT type. A number that the invoice
    has already goes along with its OCR.
    """
    return InvoicePayload(
        customer_number=customer_number,
        invoice_date=invoice.invoice_date,
        due_date=invoice.due_date,
        delivery_date=invoice.supply_to or invoice.invoice_date,
        currency=invoice.currency,
        vat_included=False,
        freight=Decimal(0),
        administration_fee=Decimal(0),
        external_reference=invoice.reference,
        document_number=invoice.number or None,
        ocr=invoice.ocr or None,
        your_reference=invoice.your_reference or None,
        our_reference=invoice.our_reference or None,
        external_reference2=credits_number or None,
        remarks=remarks or None,
        rows=tuple(invoice_row(row) for row in rows),
    )


def invoice_row(row: Any) -> InvoiceRowPayload | TextRowPayload:
    if row.is_text:
        return TextRowPayload(description=row.description)
    return InvoiceRowPayload(
        article_number=row.article_number or None,
        description=row.description,
        delivered_quantity=row.quantity,
        unit=row.unit or None,
        price=row.price,
        vat=row.vat_rate,
        discount=row.discount,
    )


def figures(invoice: Invoice) -> Totals:
    """The amounts that Fortnox made of an invoice."""
    return Totals(net=invoice.net, vat=invoice.total_vat, rounding=invoice.round_off, total=invoice.total)


def payment_fact(payment: InvoicePaymentItem) -> PaymentFact:
    """A payment as a list item tells it, whose amount is in the accounting currency."""
    return PaymentFact(payment.number, payment.amount, payment.payment_date, payment.booked)


def payment_fact_from_detail(payment: InvoicePayment) -> PaymentFact:
    """A payment as its detail tells it, in the currency of its invoice."""
    return PaymentFact(payment.number, payment.amount_currency, payment.payment_date, payment.booked)


def credit_rows(rows: Iterable[Any]) -> InvoiceUpdate:
    """Build the change that puts our rows on the credit note that Fortnox made."""
    return InvoiceUpdate(rows=tuple(invoice_row(row) for row in rows))


def row_facts(rows: Iterable[Any], *, sign: int = 1) -> list[tuple[str, Decimal, Decimal, Decimal, Decimal]]:
    """What makes rows of an invoice in Fortnox the same: article, quantity, price, rate and discount.

    Rows of text and those of quantity 0 are left out.
    """
    facts = [
        (
            row.article_number,
            sign * (row.delivered_quantity or Decimal(0)),
            row.price or Decimal(0),
            row.vat or Decimal(0),
            row.discount or Decimal(0),
        )
        for row in rows
        if not isinstance(row, TextRowPayload)
    ]
    return sorted(fact for fact in facts if fact[1])


def reading(
    invoice: Invoice, payments: Iterable[PaymentFact], *, as_of: datetime, foreign_note: Invoice | None = None
) -> Reading:
    """What Fortnox says about payment; `foreign_note` is the credit note of the invoice that was not made here."""
    counts = foreign_note is not None and not foreign_note.cancelled
    return Reading(
        as_of=as_of,
        balance=invoice.balance,
        booked=invoice.booked,
        cancelled=invoice.cancelled,
        sent=invoice.sent,
        final_pay_date=invoice.final_pay_date,
        payments=tuple(payments),
        credit_amount=-foreign_note.total if foreign_note and counts else Decimal(0),
        credit_balance=foreign_note.balance if foreign_note and counts else Decimal(0),
        ocr=invoice.ocr,
        factored=invoice.nox_finans,
        reminders=min(max(invoice.reminders or 0, 0), _MOST_DAYS),
        reminded_on=invoice.last_remind_date,
    )
