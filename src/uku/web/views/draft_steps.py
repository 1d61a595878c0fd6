"""What is done to a draft by a button: copying, deleting, and its approval."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from uku.invoices.approval import NotHandedOver, hand_over_draft, return_draft
from uku.invoices.drafts import (
    DraftChanged,
    DraftHadNumber,
    DraftHandedOver,
    InvoiceAlreadyIssued,
    copy_invoice,
    delete_draft,
)
from uku.invoices.models import Invoice
from uku.kit import clock
from uku.web.forms.invoices import HandBackForm, seen_version
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission


@workspace_page(Permission.SEE_INVOICES, act=Permission.DRAFT_INVOICES)
@require_POST
def invoice_copy(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Open the copy in the form: its date and period are the first that a person changes. A credit note has none."""
    invoice = get_object_or_404(Invoice.objects.filter(credits=None), pk=pk)
    today = clock.today(request.workspace.time_zone)
    copied = copy_invoice(invoice=invoice, actor=request.user, at=clock.now(), today=today)
    messages.success(request, gettext("This draft is a copy, dated today. Check its texts before you issue it."))
    if invoice.rows.exclude(charge=None).exists():
        messages.info(request, gettext("What was billed from tasks is not copied: each task is billed once."))
    return redirect("invoice-edit", slug=request.workspace.slug, pk=copied.pk)


@workspace_page(Permission.DRAFT_INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_delete(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Say first what is deleted; a POST deletes."""
    draft = get_object_or_404(Invoice.objects.select_related("client"), pk=pk)
    if draft.is_issued:
        return tell_issued(request, pk)
    if request.method != "POST":
        return render(request, "billing/delete.html", {"invoice": draft, "client": draft.client})
    try:
        delete_draft(invoice=draft, actor=request.user, at=clock.now())
    except InvoiceAlreadyIssued:
        return tell_issued(request, pk)
    except DraftHandedOver:
        return tell_handed_over(request, pk)
    except DraftHadNumber:
        words = gettext("Nothing was deleted: this draft had a number, and a number given once must be found for ever.")
        messages.error(request, words)
        return to_invoice(request, pk)
    messages.success(request, gettext("The draft for %(client)s is deleted.") % {"client": draft.client})
    return redirect("billing", slug=request.workspace.slug)


@workspace_page(Permission.SEE_INVOICES, act=Permission.DRAFT_INVOICES)
@require_POST
def invoice_hand_over(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Ask for approval of the draft that the page showed."""
    return hand_over(request, get_object_or_404(Invoice.objects, pk=pk), version=seen_version(request))


def hand_over(request: WorkspaceRequest, draft: Invoice, *, version: int | None) -> HttpResponse:
    """Ask for approval of a draft, tell the person, and show it."""
    try:
        hand_over_draft(invoice=draft, version=version, actor=request.user, at=clock.now())
    except InvoiceAlreadyIssued:
        return tell_issued(request, draft.pk)
    except DraftHandedOver:
        messages.info(request, gettext("This draft already waits for approval. Nothing was done."))
    except DraftChanged:
        words = gettext("Nothing was handed over: the draft was changed after you opened the page. Check it again.")
        messages.error(request, words)
    else:
        messages.success(request, gettext("The draft waits for approval. Those who may issue invoices are notified."))
    return to_invoice(request, draft.pk)


@workspace_page(Permission.SEE_INVOICES, act=Permission.ISSUE_INVOICES)
@require_POST
def invoice_hand_back(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Make a draft of what waits for approval, with a remark."""
    draft = get_object_or_404(Invoice.objects, pk=pk)
    form = HandBackForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(words) for words in form.errors["remark"]))
        return to_invoice(request, pk)
    try:
        return_draft(invoice=draft, remark=form.cleaned_data["remark"], actor=request.user, at=clock.now())
    except InvoiceAlreadyIssued:
        return tell_issued(request, pk)
    except NotHandedOver:
        messages.info(request, gettext("This invoice is a draft already. Nothing was done."))
    else:
        messages.success(request, gettext("The invoice is a draft again."))
    return to_invoice(request, pk)


def tell_issued(request: WorkspaceRequest, pk: int) -> HttpResponse:
    words = gettext("Nothing was changed: this invoice is issued, and its content can no longer be changed.")
    messages.error(request, f"{words} {gettext('You can copy it to a new draft.')}")
    return to_invoice(request, pk)


def tell_handed_over(request: WorkspaceRequest, pk: int) -> HttpResponse:
    words = gettext("Nothing was changed: the draft waits for approval. It can be changed when it is a draft again.")
    messages.error(request, words)
    return to_invoice(request, pk)


def to_invoice(request: WorkspaceRequest, pk: int) -> HttpResponse:
    return redirect("invoice", slug=request.workspace.slug, pk=pk)
