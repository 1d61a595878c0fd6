"""Issuing an invoice, and the number that it gets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy

from uku.invoices.approval import end_approval_notices
from uku.invoices.checks import InvoiceNotReady, content_checks
from uku.invoices.credit_totals import store_credit_of_original
from uku.invoices.deliveries import may_have_arrived
from uku.invoices.drafts import add_up_rows, lock_draft, store_totals
from uku.invoices.models import (
    LONGEST_DESCRIPTION,
    LONGEST_REMARKS,
    CancelledNumber,
    Invoice,
    InvoiceRow,
    Numbering,
    NumberSeries,
    State,
)
from uku.invoices.numbers import first_number_beyond, new_reference, ocr_for
from uku.invoices.period import name_period
from uku.invoices.totals import Totals
from uku.kit.events import publish
from uku.kit.money import show_amount, show_money
from uku.products.models import TaxRateName
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace, workspace_language
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs


@dataclass(frozen=True, slots=True)
class InvoiceIssued:
    """The invoice's content is frozen. Told inside the issuing transaction."""

    workspace_id: int
    invoice_id: int
    numbering: Numbering
    ledger: str = ""
    to_book: bool | None = None
    """Whether the accounting system is to book it at once; None: by its setting."""


class NumberSourceChanged(Exception):
    """The company that should give the number is connected no more, or another one is. Nothing was issued."""


class NotReopenable(Exception):
    """Only an issued invoice that is neither sent, booked nor paid goes back to draft."""


class NumberTaken(Exception):
    """Another invoice has this number or its OCR, and each stands for one invoice for ever."""


class ArticlesElsewhere(Exception):
    """Rows have an article of another company than the one that is connected; `rows` are those."""

    def __init__(self, rows: Sequence[InvoiceRow]) -> None:
        self.rows = tuple(rows)
        super().__init__(", ".join(str(row) for row in rows))


@transaction.atomic
@needs(Permission.ISSUE_INVOICES)
def issue_invoice(
    *,
    invoice: Invoice,
    actor: User,
    at: datetime,
    numbering: Numbering,
    ledger: str = "",
    version: int | None = None,
    to_book: bool | None = None,
) -> Invoice:
    """Freeze the content and tell the fact, in one transaction.

    With our own numbering the number and its OCR are given here; otherwise they wait for the answer of the accounting
    system's company `ledger`, and rows get their articles there. `version` is the one that the person has seen.
    `to_book` is the person's choice whether it is booked there at once, None for the setting's.
    Raises NotAllowed, InvoiceAlreadyIssued, DraftChanged, InvoiceNotReady, ArticlesElsewhere or NumberSourceChanged.
    """
    invoice = lock_draft(invoice, version=version)
    rows = list(InvoiceRow.objects.filter(invoice=invoice).select_related("product"))
    if checks := content_checks(invoice, rows):
        raise InvoiceNotReady(checks)
    _freeze_rows(invoice, rows, ledger)
    store_totals(invoice)
    if numbering == Numbering.OWN:
        invoice.number, invoice.ocr = take_number()
    invoice.numbering, invoice.ledger = numbering, ledger
    invoice.state, invoice.issued_at = State.CREATED, at
    invoice.save()
    after = {"number": invoice.number, "total": invoice.total, "currency": invoice.currency}
    if to_book is not None and ledger:
        after["to_book"] = to_book
    words = (
        gettext_lazy("%(invoice)s was issued") if invoice.number else gettext_lazy("Invoice to %(client)s was issued")
    )
    record(
        actor=actor,
        action="invoice.issue",
        target=invoice,
        summary=translate_for_workspace(words, invoice=invoice, client=invoice.client.name),
        at=at,
        after=after,
    )
    if invoice.handed_over_by_id is not None:
        end_approval_notices(invoice, at=at)
    publish(InvoiceIssued(invoice.workspace_id, invoice.pk, numbering, ledger, to_book))
    return invoice


@transaction.atomic
@needs(Permission.ISSUE_INVOICES)
def reopen_invoice(*, invoice: Invoice, actor: User, at: datetime) -> Invoice:
    """Make an issued invoice a draft again. The caller has proved that no accounting system has it.

    It gets another reference, so that nothing is taken for it that was made of the old one. A number from Uku is
    cancelled. Raises NotAllowed or NotReopenable.
    """
    invoice = Invoice.objects.select_for_update(of=("self",)).select_related("client").get(pk=invoice.pk)
    is_plain = not (invoice.booked or invoice.is_credit_note or invoice.cancel_asked_at)
    has_followers = invoice.payments.exists() or invoice.credit_notes.exists() or may_have_arrived(invoice)
    if invoice.state != State.CREATED or not is_plain or has_followers:
        raise NotReopenable(invoice.reference)
    summary = translate_for_workspace(gettext_lazy("%(invoice)s is a draft again"), invoice=invoice)
    before = {"number": invoice.number, "reference": invoice.reference}
    if invoice.number:
        CancelledNumber.objects.create(
            invoice=invoice, number=invoice.number, ocr=invoice.ocr, cancelled_at=at, cancelled_by=actor
        )
    invoice.state, invoice.issued_at, invoice.reference = State.DRAFT, None, new_reference()
    invoice.numbering = invoice.ledger = invoice.number = invoice.ocr = ""
    invoice.handed_over_by, invoice.approval_remark = None, ""
    invoice.version += 1
    invoice.save()
    after = {"number": "", "reference": invoice.reference}
    record(actor=actor, action="invoice.reopen", target=invoice, summary=summary, at=at, before=before, after=after)
    return invoice


def accept_number(*, invoice: Invoice, number: str, ocr: str, figures: Totals, at: datetime) -> list[str]:
    """Store the number, OCR and figures that the accounting system gave; return the amounts that differ.

    Its figures are what the customer sees; a difference stays visible on the invoice. Raises NumberTaken.
    """
    with transaction.atomic(savepoint=False):
        leave_range_to(number)
        invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
        ours = add_up_rows(invoice)
        differing = ours.differs_from(figures)
        before = invoice.difference
        with workspace_language():
            words = _difference_in_words(figures, ours, differing, invoice.currency)
            invoice.difference = words[:LONGEST_DIFFERENCE]
        if invoice.difference != before:
            invoice.difference_accepted_at = None
        invoice.number, invoice.ocr = number, ocr
        invoice.net, invoice.vat = figures.net, figures.vat
        invoice.rounding, invoice.total = figures.rounding, figures.total
        _save_number(invoice)
        if invoice.is_credit_note:
            store_credit_of_original(invoice, at=at)
        summary = translate_for_workspace(gettext_lazy("Number %(number)s given"), number=number)
        if differing:
            summary = f"{summary} ({invoice.difference})"
        record(actor=None, action="invoice.number", target=invoice, summary=summary, at=at)
    return differing


@transaction.atomic
@needs(Permission.ISSUE_INVOICES)
def accept_difference(*, invoice: Invoice, seen: str, actor: User, at: datetime) -> bool:
    """Say that the accounting system's amounts are right, so that the invoice can be sent; return whether it was said.

    `seen` is the difference that the person saw: another one is not accepted unseen. Raises NotAllowed.
    """
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if not invoice.difference or invoice.difference != seen:
        return False
    if invoice.difference_accepted_at is None:
        invoice.difference_accepted_at = at
        invoice.save(update_fields=["difference_accepted_at"])
        words = gettext_lazy("%(invoice)s: the accounting system's amounts were accepted")
        summary = translate_for_workspace(words, invoice=invoice)
        after = {"difference": invoice.difference}
        record(actor=actor, action="invoice.accept", target=invoice, summary=summary, at=at, after=after)
    return True


@transaction.atomic
def await_number(*, invoice: Invoice, ledger: str) -> None:
    """Let another company of the accounting system give the number of an invoice that has none yet."""
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if invoice.number or invoice.numbering != Numbering.ACCOUNTING:
        raise NumberTaken(invoice.number)
    invoice.ledger = ledger
    invoice.save(update_fields=["ledger"])


def leave_range_to(number: str) -> None:
    """Go on beyond a number of our range that an accounting system gets or gave: it may continue from there."""
    beyond = first_number_beyond(number)
    if beyond is None:
        return
    series = _locked_series()
    if series.next_number < beyond:
        series.next_number = beyond
        series.save(update_fields=["next_number"])


def _freeze_rows(invoice: Invoice, rows: Sequence[InvoiceRow], company: str) -> None:
    """Store what rows say from now on: their article in this company, what their rate is called, and the period.

    The article may be its product's by now. Raises ArticlesElsewhere.
    """
    if company and (elsewhere := [row for row in rows if row.asks_for_article(company)]):
        raise ArticlesElsewhere(elsewhere)
    names = dict(TaxRateName.objects.exclude(name="").values_list("rate", "name"))
    with workspace_language():
        texts = [
            name_period(each, invoice.supply_from, invoice.supply_to)
            for each in (invoice.remarks, *(row.description for row in rows))
        ]
    invoice.remarks = texts[0][:LONGEST_REMARKS]
    for row, text in zip(rows, texts[1:], strict=True):
        if number := row.article_in(company):
            row.article_number, row.article_company = number, company
        row.rate_name = "" if row.is_text else names.get(row.vat_rate, "")
        row.description = text[:LONGEST_DESCRIPTION]
    InvoiceRow.objects.bulk_update(rows, ["article_number", "article_company", "rate_name", "description"])


_NUMBER_CONSTRAINTS = frozenset({"uku_invoice_number_in_ledger", "uku_invoice_ocr_in_ledger", "uku_invoice_own_number"})


def _save_number(invoice: Invoice) -> None:
    """Save an invoice with its number, as part of a transaction that ends with NumberTaken.

    Raises NumberTaken when the database knows another one with it.
    """
    try:
        invoice.save()
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)  # psycopg's
        if getattr(diagnosis, "constraint_name", None) in _NUMBER_CONSTRAINTS:
            raise NumberTaken(invoice.number) from error
        raise


def _locked_series() -> NumberSeries:
    series: NumberSeries = NumberSeries.objects.select_for_update().get_or_create()[0]
    return series


def take_number() -> tuple[str, str]:
    """Take the next number of ours that nobody has, with its OCR."""
    series = _locked_series()
    number = series.next_number
    while any(
        table.objects.filter(Q(number=str(number)) | Q(ocr=ocr_for(str(number)))).exists()
        for table in (Invoice, CancelledNumber)
    ):
        number += 1
    series.next_number = number + 1
    series.save(update_fields=["next_number"])
    return str(number), ocr_for(str(number))


LONGEST_DIFFERENCE: Final = 200
_AMOUNTS: Final = {
    "net": gettext_lazy("net"),
    "vat": gettext_lazy("VAT"),
    "rounding": gettext_lazy("rounding"),
    "total": gettext_lazy("total"),
}


def _difference_in_words(theirs: Totals, ours: Totals, names: Iterable[str], currency: str) -> str:
    words = gettext("%(name)s %(theirs)s instead of %(ours)s")
    return "; ".join(
        words
        % {
            "name": _AMOUNTS[name],
            "theirs": show_amount(getattr(theirs, name)),
            "ours": show_money(getattr(ours, name), currency),
        }
        for name in names
    )
