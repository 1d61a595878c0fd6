"""Marking an invoice as paid by hand, and taking that back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from uku.integrations.registry import ledger_of
from uku.invoices.models import Invoice
from uku.invoices.paid_mark import NotMarkable, is_markable, mark_paid, remove_mark
from uku.kit import clock
from uku.web import integration_data
from uku.web.forms.paid_mark import PaidMarkForm
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission


@workspace_page(Permission.ISSUE_INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_mark_paid(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Ask for the day of payment; a POST marks the invoice."""
    invoice = get_object_or_404(Invoice.objects.select_related("client"), pk=pk)
    form = PaidMarkForm(request.POST or None, initial={"paid_on": clock.today(request.workspace.time_zone)})
    if request.method != "POST" and not is_markable(invoice):
        messages.info(request, gettext("Nothing was done: this invoice cannot be marked as paid."))
        return redirect("invoice", slug=request.workspace.slug, pk=pk)
    if request.method == "POST" and form.is_valid():
        try:
            mark_paid(invoice=invoice, paid_on=form.cleaned_data["paid_on"], actor=request.user, at=clock.now())
        except NotMarkable as refusal:
            form.add_error("paid_on", str(refusal))
        else:
            messages.success(request, gettext("The invoice is marked as paid."))
            return redirect("invoice", slug=request.workspace.slug, pk=pk)
    ledger = ledger_of(invoice)
    company = integration_data.company_name(ledger) if ledger else ""
    context = {"invoice": invoice, "client": invoice.client, "form": form, "company": company}
    return render(request, "billing/mark_paid.html", context, status=422 if form.errors else 200)


@workspace_page(Permission.ISSUE_INVOICES)
@require_POST
def invoice_remove_mark(request: WorkspaceRequest, pk: int) -> HttpResponse:
    invoice = get_object_or_404(Invoice.objects, pk=pk)
    remove_mark(invoice=invoice, actor=request.user, at=clock.now())
    messages.success(request, gettext("The mark is removed."))
    return redirect("invoice", slug=request.workspace.slug, pk=pk)
