"""The papers of invoices: what stands on one by the stored facts, and the bytes that are drawn once and kept."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from babel import Locale
from django.db import transaction
from django.utils.translation import gettext, gettext_lazy

from uku.clients.models import Client
from uku.invoices.delivery_models import DocumentSource, InvoiceDocument
from uku.invoices.invoice_settings import settings_of
from uku.invoices.models import Invoice, InvoiceRow, State
from uku.invoices.numbers import finnish_reference_for
from uku.invoices.pdf.content import AccountingRate, Buyer, Content, Language, Row, Seller, Supply
from uku.invoices.pdf.render import render_pdf
from uku.invoices.pdf.words import late_interest_by_law
from uku.invoices.period import name_period
from uku.invoices.totals import Totals, add_up
from uku.invoices.vat_rates import buyer_owes_vat
from uku.invoices.vat_sentences import own_sentences
from uku.kit.identifiers import normalise_number
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace, workspace_language
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs

SPOKEN: Final = {"SE": Language.SWEDISH, "FI": Language.FINNISH, "EE": Language.ESTONIAN}
BOOKS: Final = "SEK"


class NoDocument(Exception):
    """The invoice has no paper to go out; the text says why and what to do."""


def language_of(client: Client, seller: Workspace) -> Language:
    """The language that was chosen for the client, else that of its country."""
    if client.language:
        return Language(client.language)
    return SPOKEN.get(client.country or seller.country, Language.ENGLISH)


def content_of(invoice: Invoice) -> Content:
    """Return what stands on an invoice by the facts as they are stored now."""
    seller, client = Workspace.objects.get(pk=invoice.workspace_id), invoice.client
    language, taxed = language_of(client, seller), client.vat_type or "domestic"
    rows = list(InvoiceRow.objects.filter(invoice=invoice).select_related("product"))
    lines = [row.line for row in rows if not row.is_text]
    totals = Totals(
        invoice.net, invoice.vat, invoice.rounding, invoice.total, add_up(lines, whole_kronor=False).by_rate
    )
    return Content(
        language=language,
        seller=_seller_of(seller),
        buyer=_buyer_of(client, seller, language, owes_vat=buyer_owes_vat(taxed, (line.vat_rate for line in lines))),
        number=invoice.number,
        invoice_date=invoice.invoice_date,
        due_date=invoice.due_date,
        currency=invoice.currency,
        rows=tuple(_row_of(row, _text_of(invoice, row.description)) for row in rows),
        totals=totals,
        vat_type=taxed,
        own_sentences={
            supply: text for (vat_type, supply), text in own_sentences(language).items() if vat_type == taxed
        },
        supplies=frozenset(_supply_of(row) for row in rows if not row.is_text),
        ocr=_payment_reference(invoice, seller),
        supply_from=invoice.supply_from,
        supply_to=invoice.supply_to,
        your_reference=invoice.your_reference,
        our_reference=invoice.our_reference,
        remarks=_text_of(invoice, invoice.remarks),
        late_interest=settings_of().late_interest or late_interest_by_law(language),
        credits=invoice.credits.number if invoice.credits else "",
        accounting_rate=_accounting_rate(invoice),
    )


def draw_draft(invoice: Invoice) -> bytes:
    """Draw a draft, or an invoice that waits for its number, as it would look; nothing is stored."""
    return render_pdf(content_of(invoice))


def why_no_document(invoice: Invoice) -> str:
    """Say why no paper of an issued invoice may go out; "" when one may."""
    if not invoice.number:
        return gettext("The invoice waits for its number. The PDF is made when it has one.")
    if invoice.state == State.CANCELLED:
        return gettext("The invoice is cancelled.")
    if invoice.ledger_ocr:
        words = gettext(
            "The accounting system now has the OCR number %(theirs)s in place of %(ours)s. Uku's PDF and e-mail are"
            " withheld: send the invoice from the accounting system."
        )
        return words % {"theirs": invoice.ledger_ocr, "ours": invoice.ocr}
    if invoice.difference:
        return gettext(
            "The amounts in the accounting system differ from Uku's. Send the invoice from the accounting system."
        )
    if asks_for_rate(invoice):
        words = gettext("VAT in %(currency)s must also be told in kronor. Enter the rate and its date.")
        return words % {"currency": invoice.currency}
    return ""


def asks_for_rate(invoice: Invoice) -> bool:
    """Say whether the paper must tell its VAT in kronor, and the rate is not known (ML 17:29)."""
    seller = Workspace.objects.get(pk=invoice.workspace_id)
    is_foreign = seller.country == "SE" and invoice.currency != BOOKS
    return is_foreign and bool(invoice.vat) and _accounting_rate(invoice) is None


@transaction.atomic
@needs(Permission.SEND_INVOICES)
def state_rate(*, invoice: Invoice, rate: Decimal, on: date, actor: User, at: datetime) -> None:
    """Store by which rate the VAT is told in kronor; what a paper already tells does not change. Raises NotAllowed."""
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if not asks_for_rate(invoice):
        return
    invoice.currency_rate, invoice.currency_rate_on = rate, on
    invoice.save(update_fields=["currency_rate", "currency_rate_on"])
    summary = translate_for_workspace(gettext_lazy("%(invoice)s: rate for VAT in kronor stated"), invoice=invoice)
    after = {"rate": rate, "date": on}
    record(actor=actor, action="invoice.rate", target=invoice, summary=summary, at=at, after=after)


def stored_document(invoice: Invoice, source: str = "") -> InvoiceDocument | None:
    """Return a paper that is kept: of this source, else the accounting system's before ours."""
    kept = InvoiceDocument.objects.filter(invoice=invoice, number=invoice.number, source__startswith=source)
    found: InvoiceDocument | None = kept.order_by("source").first()  # "accounting" before "uku"
    return found


@transaction.atomic
def store_document(invoice: Invoice, *, at: datetime) -> InvoiceDocument:
    """Return the paper that Uku drew, drawn now if it never was; from then on it is that one.

    Raises NoDocument, also for one that names an OCR number which is not the invoice's any more.
    """
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    found = stored_document(invoice, DocumentSource.UKU)
    if found is not None and not invoice.ledger_ocr:
        return found
    invoice = Invoice.objects.select_related("client", "credits").get(pk=invoice.pk)
    if not invoice.is_issued or (reason := why_no_document(invoice)):
        raise NoDocument(reason if invoice.is_issued else gettext("The invoice is a draft."))
    content = content_of(invoice)
    return _store(invoice, DocumentSource.UKU, render_pdf(content), content.language, at)


def store_ledger_document(invoice: Invoice, content: bytes, *, at: datetime) -> InvoiceDocument:
    """Keep the paper that the accounting system drew; the first one stays."""
    found = stored_document(invoice, DocumentSource.ACCOUNTING)
    return found or _store(invoice, DocumentSource.ACCOUNTING, content, "", at)


def _store(invoice: Invoice, source: str, content: bytes, language: str, at: datetime) -> InvoiceDocument:
    made: InvoiceDocument = InvoiceDocument.objects.create(
        invoice=invoice,
        source=source,
        number=invoice.number,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        language=language,
        made_at=at,
    )
    return made


def _seller_of(seller: Workspace) -> Seller:
    return Seller(
        name=seller.name,
        address=_address(seller.address, "", seller.postcode, seller.city),
        country=seller.country,
        registered_office=seller.registered_office,
        organisation_number=_whole_number(seller.organisation_number),
        vat_number=seller.vat_number,
        f_tax=bool(seller.f_tax),
        bankgiro=seller.bankgiro,
        plusgiro=seller.plusgiro,
        iban=seller.iban,
        bic=seller.bic,
    )


def _buyer_of(client: Client, seller: Workspace, language: Language, *, owes_vat: bool) -> Buyer:
    """A person's number is printed only in the VAT number of one who owes the VAT, for whom the law asks for it."""
    country = ""
    if client.country and client.country != seller.country:
        country = Locale.parse(language.value).territories.get(client.country, client.country)
    return Buyer(
        name=client.name,
        address=_address(client.address1, client.address2, client.postcode, client.city, country),
        organisation_number="" if client.is_person else _whole_number(client.organisation_number),
        vat_number=client.vat_number if owes_vat or not client.is_person else "",
        country=client.country,
    )


def _address(first: str, second: str, postcode: str, city: str, country: str = "") -> tuple[str, ...]:
    lines = (first, second, f"{postcode} {city}".strip(), country)
    return tuple(line for line in lines if line)


def _whole_number(number: str) -> str:
    """An organisation number as it is written, whole: the law asks for it."""
    digits = normalise_number(number)
    if digits.startswith("FI"):
        return f"{digits[2:9]}-{digits[9:]}"
    return f"{digits[:6]}-{digits[6:]}" if digits.isdigit() else number


def _text_of(invoice: Invoice, text: str) -> str:
    """Return a text as it stands on the invoice: a draft's names its period only when it is issued."""
    if invoice.is_issued:
        return text
    with workspace_language():
        return name_period(text, invoice.supply_from, invoice.supply_to)


def _row_of(row: InvoiceRow, text: str) -> Row:
    if row.is_text:
        return Row(text, is_text=True)
    line = row.line
    return Row(text, row.quantity, row.unit, row.price, row.discount, row.vat_rate, line.net)


def _supply_of(row: InvoiceRow) -> Supply:
    return Supply.GOODS if row.product is not None and row.product.is_goods else Supply.SERVICES


def _payment_reference(invoice: Invoice, seller: Workspace) -> str:
    """What the payer writes: a Finnish seller's *viitenumero* in place of the OCR number, never both."""
    if invoice.is_credit_note:
        return ""
    if seller.country == "FI" and invoice.number.isdecimal():
        return finnish_reference_for(invoice.number)
    return invoice.ocr


def _accounting_rate(invoice: Invoice) -> AccountingRate | None:
    if invoice.currency_rate is None or invoice.currency_rate_on is None:
        return None
    return AccountingRate(invoice.currency_rate, invoice.currency_rate_on, BOOKS)
