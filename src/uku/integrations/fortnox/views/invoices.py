"""An invoice's buttons about Fortnox, and the page before it is sent by hand: what that means for its number."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from uku.integrations.fortnox.connection.company import name_of_company
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable, require_usable_connection
from uku.integrations.fortnox.invoices import send_by_hand
from uku.integrations.fortnox.invoices.back_to_draft import MayExist, return_to_draft
from uku.integrations.fortnox.invoices.retry import retry_export
from uku.integrations.fortnox.invoices.validate import hold_in_words
from uku.integrations.fortnox.models import Hold, InvoiceExport
from uku.integrations.fortnox.views.frame import draw_tab
from uku.integrations.fortnox.work import issue_actions
from uku.invoices.models import Invoice
from uku.invoices.operations import NotReopenable
from uku.kit import clock
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

NOT_SENT = gettext_lazy("Nothing was sent: the invoice is already in Fortnox, or it is being sent.")


@workspace_page(Permission.ISSUE_INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Say what sending by hand means; a POST sends the invoice."""
    invoice = get_object_or_404(Invoice.objects.select_related("client"), pk=pk)
    try:
        if request.method == "POST":
            send_by_hand.send_by_hand(invoice=invoice, actor=request.user, at=clock.now())
            return redirect("invoice", slug=request.workspace.slug, pk=pk)
        connection = require_usable_connection()
        export = InvoiceExport.standing().filter(invoice=invoice).first()
        if not send_by_hand.can_be_sent(invoice, export, connection.company_id):
            messages.info(request, str(NOT_SENT))
            return redirect("invoice", slug=request.workspace.slug, pk=pk)
        elsewhere = export is not None and export.company_id != connection.company_id
        return draw_tab(
            request,
            connection,
            "send",
            tab="overview",
            section="billing",
            invoice=invoice,
            held=hold_in_words(Hold(export.hold), invoice.invoice_date) if export and export.hold else "",
            elsewhere=name_of_company(export.company_id) if export and elsewhere else "",
            consequences=send_by_hand.consequences_of(invoice, export, connection),
        )
    except ConnectionNotUsable as refusal:
        messages.error(request, str(refusal))
    except send_by_hand.NotSendable:
        messages.info(request, str(NOT_SENT))
    return redirect("invoice", slug=request.workspace.slug, pk=pk)


@workspace_page(Permission.ISSUE_INVOICES)
@require_POST
def keep_number(request: WorkspaceRequest, pk: int) -> HttpResponse:
    export = get_object_or_404(InvoiceExport.objects, pk=pk)
    try:
        send_by_hand.keep_own_number(export=export, actor=request.user, at=clock.now())
    except send_by_hand.NotSendable:
        messages.info(request, _("Nothing was done: Fortnox did not refuse the number of this invoice."))
    return redirect("invoice", slug=request.workspace.slug, pk=export.invoice_id)


@workspace_page(Permission.ISSUE_INVOICES)
@require_POST
def back_to_draft(request: WorkspaceRequest, pk: int) -> HttpResponse:
    export = get_object_or_404(InvoiceExport.objects.select_related("invoice"), pk=pk)
    number = export.invoice.number
    try:
        return_to_draft(export=export, actor=request.user, at=clock.now())
    except (MayExist, NotReopenable):
        messages.error(request, _("Nothing was changed: the invoice is in Fortnox, may be there, or is a draft again."))
    else:
        words = [_("The invoice is a draft again. Edit it, then issue it.")]
        if number:
            cancelled = _("The number %(number)s is cancelled: no invoice gets it again.")
            words.append(cancelled % {"number": number})
        messages.success(request, " ".join(words))
    return redirect("invoice", slug=request.workspace.slug, pk=export.invoice_id)


@workspace_page(Permission.SEE_INVOICES)
@require_safe
def export_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Lead to the page of the invoice that is sent."""
    export = get_object_or_404(InvoiceExport.objects, pk=pk)
    return redirect("invoice", slug=request.workspace.slug, pk=export.invoice_id)


@workspace_page(Permission.ISSUE_INVOICES)
@require_POST
def retry(request: WorkspaceRequest, pk: int) -> HttpResponse:
    export = get_object_or_404(InvoiceExport.objects, pk=pk)
    try:
        retry_export(export=export, actor=request.user)
    except ConnectionNotUsable as refusal:
        messages.error(request, str(refusal))
    return redirect("invoice", slug=request.workspace.slug, pk=export.invoice_id)


@workspace_page(Permission.SEE_INVOICES)
@require_POST
def check_payments(request: WorkspaceRequest) -> HttpResponse:
    """Have the paid status read now, and go back to the list as it was shown."""
    try:
        issue_actions.check_payments(actor=request.user)
    except ConnectionNotUsable as refusal:
        messages.error(request, str(refusal))
    query = QueryDict(request.POST.get("query", "")).urlencode()
    place = reverse("billing", kwargs={"slug": request.workspace.slug})
    return redirect(f"{place}?{query}" if query else place)
