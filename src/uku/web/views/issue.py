"""Issuing an invoice, and what must be right before."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from uku.integrations.registry import number_source_of
from uku.invoices.checks import Check, InvoiceNotReady, content_checks
from uku.invoices.drafts import DraftChanged, InvoiceAlreadyIssued
from uku.invoices.models import Invoice, InvoiceRow, Numbering
from uku.invoices.operations import ArticlesElsewhere, NumberSourceChanged, accept_difference, issue_invoice
from uku.kit import clock
from uku.products.models import TaxRateName
from uku.web import integration_data
from uku.web.forms.invoices import seen_version
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

BOOKING: Final = {"at_once": True, "by_hand": False}
"""What a page of a draft asks; what was not asked is left to the accounting system's setting."""


class WouldWait(Exception):
    """The invoice would wait instead of going out, and the page said that it goes out at once."""


@workspace_page(Permission.SEE_INVOICES, act=Permission.ISSUE_INVOICES)
@require_POST
def invoice_issue(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Issue the draft as it is stored, with the number that the page promised."""
    invoice = get_object_or_404(Invoice.objects.select_related("client"), pk=pk)
    own_number = request.POST.get("number") == Numbering.OWN
    issue_and_tell(request, invoice, version=seen_version(request), own_number=own_number)
    return redirect("invoice", slug=request.workspace.slug, pk=pk)


@workspace_page(Permission.SEE_INVOICES, act=Permission.ISSUE_INVOICES)
@require_POST
def invoice_accept(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Accept the difference that the page showed."""
    invoice = get_object_or_404(Invoice.objects, pk=pk)
    seen = request.POST.get("difference", "")
    if accept_difference(invoice=invoice, seen=seen, actor=request.user, at=clock.now()):
        messages.success(request, gettext("The amounts are accepted. The invoice can be sent."))
    else:
        messages.error(request, gettext("Nothing was accepted: the amounts changed. Read them again."))
    return redirect("invoice", slug=request.workspace.slug, pk=pk)


def issue_and_tell(request: WorkspaceRequest, invoice: Invoice, *, version: int | None, own_number: bool) -> bool:
    """Issue a draft and tell the person; return whether it is issued now. What is wrong with it stands on its page."""
    try:
        issue_draft(request, invoice, version=version, own_number=own_number)
    except NumberSourceChanged:
        happened = gettext(
            "Nothing was issued: the company that gives the number has changed since you opened the page."
        )
        messages.error(request, happened + " " + gettext("Read the text next to Issue, and click it again."))
    except WouldWait:
        happened = gettext("Nothing was issued: since you opened the page, something keeps invoices from being sent.")
        messages.error(request, happened + " " + gettext("Read the text next to Issue, and click it again."))
    except DraftChanged:
        happened = gettext("Nothing was issued: the draft was changed after you opened the page.")
        messages.error(request, happened + " " + gettext("Check it as it is now, then click Issue again."))
    except InvoiceAlreadyIssued:
        messages.info(request, gettext("This invoice is already issued. Nothing was done."))
    except (ArticlesElsewhere, InvoiceNotReady):
        happened = gettext("The invoice was not issued. It is saved as a draft.")
        messages.error(request, happened + " " + gettext("This page shows what to correct first."))
    else:
        words = gettext("The invoice to %(client)s is issued. Its content can no longer be changed.")
        messages.success(request, words % {"client": invoice.client})
        return True
    return False


def issue_draft(
    request: WorkspaceRequest, invoice: Invoice, *, version: int | None = None, own_number: bool = False
) -> None:
    """Issue with the number that the page promised: the company's, or by the person's choice one from Uku."""
    source = number_source_of(invoice)
    ledger = source.ledger if source else ""
    if request.POST.get("ledger", ledger) != ledger:
        raise NumberSourceChanged
    if source and source.happened and request.POST.get("waits") == "" and not own_number:
        raise WouldWait
    if own_number:
        ledger = ""
    numbering = Numbering.ACCOUNTING if ledger else Numbering.OWN
    facts: dict[str, Any] = {"numbering": numbering, "ledger": ledger, "version": version}
    to_book = BOOKING.get(request.POST.get("booking", ""))
    issue_invoice(invoice=invoice, actor=request.user, at=clock.now(), to_book=to_book, **facts)


def checks_of(invoice: Invoice, rows: Sequence[InvoiceRow]) -> list[Check]:
    """Return what is not right yet in a draft, which need not be stored."""
    return [*content_checks(invoice, rows), *integration_data.invoice_checks(invoice, rows)]


def rate_names_of(invoice: Invoice, rows: Sequence[InvoiceRow]) -> dict[Decimal, str]:
    """Return what rates are called on the invoice: as they were when it was issued, on a draft as they are."""
    if invoice.is_issued:
        return {row.vat_rate: row.rate_name for row in rows if row.rate_name}
    return dict(TaxRateName.objects.exclude(name="").values_list("rate", "name"))


def rows_of_other_companies(rows: Sequence[InvoiceRow]) -> list[dict[str, Any]]:
    """The rows whose article is one of another company than the connected one, with both companies' names."""
    company, name = integration_data.connected_company()
    found = [row for row in rows if company and row.asks_for_article(company)]
    return [{"row": row, "owner": integration_data.company_name(row.article_company), "company": name} for row in found]
