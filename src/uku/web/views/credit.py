"""Crediting and cancelling an invoice: each a page that says what will happen, and asks."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from uku.integrations.registry import ledger_of
from uku.invoices.cancel import NotCancellable, can_be_cancelled, cancel_invoice
from uku.invoices.credit import (
    CreditedMeanwhile,
    NotCreditable,
    can_be_credited,
    credit_invoice,
    effect_of_credit,
)
from uku.invoices.credit_totals import left_to_credit
from uku.invoices.models import Invoice
from uku.invoices.operations import NumberSourceChanged
from uku.kit import clock
from uku.web import integration_data
from uku.web.forms.credit import CreditForm
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission


@workspace_page(Permission.CREDIT_INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_credit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Ask how much is credited and show what that does; a POST that does not only recalculate makes the note."""
    invoice = get_object_or_404(Invoice.objects.select_related("client"), pk=pk)
    left = left_to_credit(invoice)
    if not (can_be_credited(invoice) and left):
        messages.info(request, gettext("Nothing was done: there is nothing to credit on this invoice."))
        return redirect("invoice", slug=request.workspace.slug, pk=pk)
    form = CreditForm(request.POST or None, rows=list(invoice.rows.all()), left=left)
    if request.method != "POST" or not form.is_valid() or "recalculate" in request.POST:
        return _credit_page(request, invoice, form)
    try:
        note = _credit(request, invoice, form)
    except (CreditedMeanwhile, NumberSourceChanged):
        changed = gettext("Nothing was done: the invoice has changed since you opened the page.")
        messages.error(request, changed + " " + gettext("Look at it, and credit it again if you still want to."))
        return redirect("invoice", slug=request.workspace.slug, pk=pk)
    except NotCreditable as refusal:
        form.add_error(None, str(refusal))
        return _credit_page(request, invoice, form)
    messages.success(request, gettext("The credit note is issued."))
    return redirect("invoice", slug=request.workspace.slug, pk=note.pk)


def _credit(request: WorkspaceRequest, invoice: Invoice, form: CreditForm) -> Invoice:
    """Make the note that the page showed, where nothing has changed since."""
    ledger, seen = ledger_of(invoice), request.POST.get("seen", "")
    if request.POST.get("ledger", ledger) != ledger or not seen.isdecimal():
        raise NumberSourceChanged
    return credit_invoice(
        invoice=invoice,
        actor=request.user,
        at=clock.now(),
        on=clock.today(request.workspace.time_zone),
        ledger=ledger,
        quantities=form.quantities,
        notes_seen=int(seen),
        reason=form.cleaned_data["reason"],
    )


def _credit_page(request: WorkspaceRequest, invoice: Invoice, form: CreditForm) -> HttpResponse:
    ledger = ledger_of(invoice)
    is_asked = not form.is_bound or form.is_valid()
    seen = invoice.credit_notes.count()
    context = {
        "invoice": invoice,
        "client": invoice.client,
        "form": form,
        "ledger": ledger,
        "company": integration_data.company_name(ledger) if ledger else "",
        "seen": seen,
        "effect": effect_of_credit(invoice, form.quantities, ledger) if is_asked else None,
        "untied": bool(ledger) and (seen > 0 or bool(invoice.ledger_credit_amount)),
    }
    return render(request, "billing/credit.html", context, status=422 if form.is_bound and form.errors else 200)


@workspace_page(Permission.CREDIT_INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_cancel(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Ask before an invoice is cancelled; a POST cancels it, or asks the accounting system that has it to."""
    invoice = get_object_or_404(Invoice.objects.select_related("client"), pk=pk)
    if request.method != "POST":
        if not can_be_cancelled(invoice):
            messages.info(request, gettext("Nothing was done: this invoice cannot be cancelled."))
            return redirect("invoice", slug=request.workspace.slug, pk=pk)
        context = {"invoice": invoice, "client": invoice.client, "system": _system_of(invoice)}
        return render(request, "billing/cancel.html", context)
    try:
        invoice = cancel_invoice(invoice=invoice, actor=request.user, at=clock.now())
    except NotCancellable as refusal:
        messages.error(request, str(refusal))
    else:
        waits = gettext("The invoice is being cancelled in the accounting system.")
        messages.success(request, waits if invoice.cancel_asked_at else gettext("The invoice is cancelled."))
    return redirect("invoice", slug=request.workspace.slug, pk=pk)


def _system_of(invoice: Invoice) -> str:
    """Return the company that has the invoice already, as its number tells; "" for one that nobody has."""
    ledger = ledger_of(invoice) if invoice.number else ""
    return integration_data.company_name(ledger) if ledger else ""
