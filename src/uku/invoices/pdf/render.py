"""The paper drawn: a value in, the bytes of a tagged PDF out (PDF/UA-1). Pure.

Data goes in as JSON and is never pasted into the template, so that no text of a person is read as code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any, Final

import typst

from uku.invoices.pdf.content import Content, Language, Row
from uku.invoices.pdf.qr import draw_payment_code
from uku.invoices.pdf.words import catalogue, show_day, vat_sentences
from uku.kit.money import show_amount, show_quantity

TEMPLATE: Final = files("uku.invoices.pdf").joinpath("invoice.typ").read_bytes()

Facts = list[tuple[str, str]]


def render_pdf(content: Content) -> bytes:
    """Draw an invoice, credit note or draft as a tagged PDF with its fonts inside."""
    return bytes(_compile(content, format="pdf", pdf_standards=["ua-1"]))


def render_pages(content: Content, *, pixels_per_inch: float = 96) -> list[bytes]:
    """Draw the pages as PNG, to be looked at."""
    drawn = _compile(content, format="png", ppi=pixels_per_inch)
    return [bytes(page) for page in (drawn if isinstance(drawn, list) else [drawn])]


def _compile(content: Content, **options: Any) -> Any:
    compiler = typst.Compiler(
        TEMPLATE, ignore_system_fonts=True, sys_inputs={"content": json.dumps(_printed(content), ensure_ascii=False)}
    )
    return compiler.compile(**options)


def _printed(content: Content) -> Mapping[str, Any]:
    """Everything as the template prints it: words in the client's language, amounts and dates by its custom."""
    _ = catalogue(content.language).gettext
    day, amount = _day_of(content.language), _amount_of(content.language)
    totals = content.totals
    kind = _("Credit note") if content.is_credit_note else _("Invoice")
    lines: Facts = [(_("Net"), amount(totals.net))]
    for part in totals.by_rate:
        facts = {"rate": show_quantity(part.rate, content.language), "net": amount(part.net)}
        lines.append((_("VAT %(rate)s %% on %(net)s") % facts, amount(part.vat)))
    if totals.rounding:
        lines.append((_("Rounding"), amount(totals.rounding)))
    return {
        "language": content.language.value,
        "date": [content.invoice_date.year, content.invoice_date.month, content.invoice_date.day],
        "title": f"{kind} {content.number}".strip(),
        "draft": _("Draft, not an invoice") if content.is_draft else "",
        "watermark": _("Draft") if content.is_draft else "",
        "refers": _("Refers to invoice %(number)s") % {"number": content.credits} if content.is_credit_note else "",
        "seller": {
            "name": content.seller.name,
            "address": list(content.seller.address),
            "facts": _seller_facts(content),
        },
        "buyer": {"name": content.buyer.name, "address": list(content.buyer.address), "facts": _buyer_facts(content)},
        "facts": _invoice_facts(content, day),
        "headings": _headings(content),
        "has_discounts": any(row.discount for row in content.rows),
        "rows": [_printed_row(row, content.language) for row in content.rows],
        "totals": lines,
        "total": [_total_label(content), f"{amount(totals.total)} {content.currency}"],
        "sentences": [*vat_sentences(content), *_vat_in_books(content, day, amount)],
        "remarks": content.remarks.splitlines(),
        "payment": _payment_facts(content, day, amount),
        "late_interest": "" if content.is_credit_note else content.late_interest,
        "code": draw_payment_code(content),
        "words": {
            "seller": _("Seller"),
            "buyer": _("Buyer"),
            "rows": _("Rows"),
            "payment": _("Payment"),
            "code": _("QR code for payment in a bank's app"),
            "page": _("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
        },
    }


def _total_label(content: Content) -> str:
    gettext = catalogue(content.language).gettext
    return gettext("Credited") if content.is_credit_note else gettext("Amount due")


def _headings(content: Content) -> list[str]:
    _ = catalogue(content.language).gettext
    amount = _("Amount, %(currency)s") % {"currency": content.currency}
    return [_("Description"), _("Quantity"), _("Unit"), _("Price"), _("Discount"), _("VAT"), amount]


def _printed_row(row: Row, language: Language) -> Mapping[str, Any]:
    if row.is_text:
        return {"text": row.description}
    discount = f"{show_quantity(row.discount, language)} %" if row.discount else ""
    quantity, rate = show_quantity(row.quantity, language), show_quantity(row.vat_rate, language)
    price, net = show_amount(row.price, language), show_amount(row.net, language)
    return {"cells": [row.description, quantity, row.unit, price, discount, f"{rate} %", net]}


def _invoice_facts(content: Content, day: Callable[[date], str]) -> Facts:
    """The facts of the invoice; the date of supply stands there always (L01)."""
    _ = catalogue(content.language).gettext
    number = _("Credit note number") if content.is_credit_note else _("Invoice number")
    facts = [(number, content.number), (_("Invoice date"), day(content.invoice_date))]
    if not content.is_credit_note:
        facts.append((_("Due date"), day(content.due_date)))
        facts += _reference(content)
    first, last = content.supply_from, content.supply_to or content.invoice_date
    if first is not None and first != last:
        facts.append((_("Period"), f"{day(first)} – {day(last)}"))
    else:
        facts.append((_("Date of supply"), day(last)))
    facts += [(_("Your reference"), content.your_reference), (_("Our reference"), content.our_reference)]
    return [(label, value) for label, value in facts if value]


def _reference(content: Content) -> Facts:
    """What the payer writes: a Finnish seller's *viitenumero*, or the OCR number that only Swedish banks read."""
    gettext = catalogue(content.language).gettext
    if content.seller.country == "FI":
        return [(gettext("Reference number"), content.ocr)]
    return [(gettext("OCR number"), content.ocr)] if content.currency == "SEK" else []


def _seller_facts(content: Content) -> Facts:
    """The seller as the law names one: number, seat, VAT, and that tax is not to be withheld (ABL 28:5, L01)."""
    _ = catalogue(content.language).gettext
    seller = content.seller
    facts = [
        (_number_label(content, seller.country), seller.organisation_number),
        (_("VAT number"), seller.vat_number),
        (_("Registered office"), seller.registered_office),
    ]
    found = [(label, value) for label, value in facts if value]
    if seller.f_tax:
        tax = _("Entered in the prepayment register") if seller.country == "FI" else _("Approved for F-tax")
        found.append((tax, ""))
    return found


def _number_label(content: Content, country: str) -> str:
    """What a company's number is called: a Swedish one is no *Y-tunnus*, in whatever language the paper is."""
    _ = catalogue(content.language).gettext
    return _("Business ID") if country == "FI" else _("Organisation number")


def _buyer_facts(content: Content) -> Facts:
    _ = catalogue(content.language).gettext
    buyer = content.buyer
    facts = [(_number_label(content, buyer.country), buyer.organisation_number), (_("VAT number"), buyer.vat_number)]
    return [(label, value) for label, value in facts if value]


def _payment_facts(content: Content, day: Callable[[date], str], amount: Callable[[Decimal], str]) -> Facts:
    """How to pay: by giro where Swedish banks can, else to the account. Nothing is paid on a credit note."""
    if content.is_credit_note:
        return []
    _ = catalogue(content.language).gettext
    seller = content.seller
    if content.is_paid_by_giro:
        accounts = [(_("Bankgiro"), seller.bankgiro), (_("Plusgiro"), seller.plusgiro)]
    else:
        iban = " ".join(seller.iban[start : start + 4] for start in range(0, len(seller.iban), 4))
        accounts = [("IBAN", iban), ("BIC", seller.bic)]
    facts = [
        *accounts,
        *(_reference(content) or [(_("Invoice number"), content.number)]),
        (_("Due date"), day(content.due_date)),
        (_("Amount due"), f"{amount(content.totals.total)} {content.currency}"),
    ]
    return [(label, value) for label, value in facts if value]


def _vat_in_books(content: Content, day: Callable[[date], str], amount: Callable[[Decimal], str]) -> list[str]:
    """Say what the VAT of an invoice in another currency is in that of the books, by which rate (ML 17:29)."""
    known = content.accounting_rate
    if known is None or not content.totals.vat or content.currency == known.currency:
        return []
    gettext = catalogue(content.language).gettext
    sentence = gettext("VAT in %(books)s: %(vat)s, at %(rate)s %(books)s for 1 %(currency)s of %(day)s.")
    rate = format(known.rate.normalize(), "f")
    facts = {
        "books": known.currency,
        "vat": amount(content.totals.vat * known.rate),
        "rate": rate if content.language == Language.ENGLISH else rate.replace(".", ","),
        "currency": content.currency,
        "day": day(known.on),
    }
    return [sentence % facts]


def _day_of(language: Language) -> Callable[[date], str]:
    return lambda when: show_day(when, language)


def _amount_of(language: Language) -> Callable[[Decimal], str]:
    return lambda value: show_amount(value, language)
