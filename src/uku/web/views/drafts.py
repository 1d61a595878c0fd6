"""Drafts of invoices: writing one, editing, copying and deleting it, and its approval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from uku.clients.models import Client
from uku.invoices.approval import NotHandedOver, hand_over_draft, return_draft
from uku.invoices.drafts import (
    DraftChanged,
    DraftHadNumber,
    DraftHandedOver,
    DraftHead,
    InvoiceAlreadyIssued,
    copy_invoice,
    create_draft,
    delete_draft,
    edit_draft,
)
from uku.invoices.models import Invoice, InvoiceRow, State
from uku.kit import clock
from uku.products.models import Product
from uku.web import integration_data
from uku.web.forms.invoices import (
    MORE_ROWS,
    Currencies,
    HandBackForm,
    InvoiceForm,
    Rows,
    seen_version,
    typed_rows,
    with_product,
)
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission


@workspace_page(Permission.DRAFT_INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_new(request: WorkspaceRequest) -> HttpResponse:
    today, products = clock.today(request.workspace.time_zone), _products()
    if request.method != "POST":
        proposed = {"client": request.GET.get("client", ""), "invoice_date": today}
        return _draw_form(request, InvoiceForm(initial=proposed, today=today), Rows(None, products))
    if "more" in request.POST or "fill" in request.POST:
        return _refill_form(request, products, today)
    form, rows = _sent(request, products, today)
    if not all([form.is_valid(), rows.is_valid()]):
        return _draw_form(request, form, rows, status=422)
    invoice = create_draft(actor=request.user, at=clock.now(), head=DraftHead(**form.cleaned_data), rows=rows.facts)
    return _to_invoice(request, invoice.pk)


@workspace_page(Permission.DRAFT_INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The form of a new invoice, filled with a draft. What was typed stays on the page when it is not saved."""
    draft = get_object_or_404(Invoice.objects.select_related("client"), pk=pk)
    lines = list(InvoiceRow.objects.filter(invoice=draft).select_related("product"))
    today, products = clock.today(request.workspace.time_zone), _products(lines)
    if draft.is_issued:
        return _tell_issued(request, pk)
    if draft.state == State.APPROVAL and request.method != "POST":
        return _tell_handed_over(request, pk)
    if request.method != "POST":
        initial = {name: getattr(draft, name) for name in InvoiceForm.base_fields}
        form = InvoiceForm(initial=initial, today=today, draft=draft)
        return _draw_form(request, form, Rows(typed_rows(lines), products).unchecked(), draft=draft)
    if "more" in request.POST or "fill" in request.POST:
        return _refill_form(request, products, today, draft=draft)
    return _save_edit(request, draft, products, today)


def _save_edit(request: WorkspaceRequest, draft: Invoice, products: Sequence[Product], today: date) -> HttpResponse:
    """Save what was typed over the draft that the page showed; a newer one is not overwritten unseen."""
    version, (form, rows) = seen_version(request) or 0, _sent(request, products, today, draft=draft)
    if not all([form.is_valid(), rows.is_valid()]):
        return _draw_form(request, form, rows, draft=draft, version=version, status=422)
    head = DraftHead(**form.cleaned_data)
    try:
        edit_draft(invoice=draft, version=version, head=head, rows=rows.facts, actor=request.user, at=clock.now())
    except InvoiceAlreadyIssued:
        return _tell_issued(request, draft.pk)
    except DraftHandedOver:
        return _tell_handed_over(request, draft.pk)
    except DraftChanged as error:
        return _draw_form(request, form, rows, draft=error.invoice, overtaken=True, status=409)
    messages.success(request, gettext("The draft is saved."))
    return _to_invoice(request, draft.pk)


@workspace_page(Permission.SEE_INVOICES, act=Permission.DRAFT_INVOICES)
@require_POST
def invoice_copy(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Open the copy in the form: its date and period are the first that a person changes."""
    invoice = get_object_or_404(Invoice.objects, pk=pk)
    today = clock.today(request.workspace.time_zone)
    copied = copy_invoice(invoice=invoice, actor=request.user, at=clock.now(), today=today)
    messages.success(request, gettext("This draft is a copy, dated today. Check its texts before you issue it."))
    return redirect("invoice-edit", slug=request.workspace.slug, pk=copied.pk)


@workspace_page(Permission.DRAFT_INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_delete(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Say first what is deleted; a POST deletes."""
    draft = get_object_or_404(Invoice.objects.select_related("client"), pk=pk)
    if draft.is_issued:
        return _tell_issued(request, pk)
    if request.method != "POST":
        return render(request, "billing/delete.html", {"invoice": draft, "client": draft.client})
    try:
        delete_draft(invoice=draft, actor=request.user, at=clock.now())
    except InvoiceAlreadyIssued:
        return _tell_issued(request, pk)
    except DraftHandedOver:
        return _tell_handed_over(request, pk)
    except DraftHadNumber:
        words = gettext("Nothing was deleted: this draft had a number, and a number given once must be found for ever.")
        messages.error(request, words)
        return _to_invoice(request, pk)
    messages.success(request, gettext("The draft for %(client)s is deleted.") % {"client": draft.client})
    return redirect("billing", slug=request.workspace.slug)


@workspace_page(Permission.SEE_INVOICES, act=Permission.DRAFT_INVOICES)
@require_POST
def invoice_hand_over(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Ask for approval of the draft that the page showed."""
    draft = get_object_or_404(Invoice.objects, pk=pk)
    try:
        hand_over_draft(invoice=draft, version=seen_version(request), actor=request.user, at=clock.now())
    except InvoiceAlreadyIssued:
        return _tell_issued(request, pk)
    except DraftHandedOver:
        messages.info(request, gettext("This draft already waits for approval. Nothing was done."))
    except DraftChanged:
        words = gettext("Nothing was handed over: the draft was changed after you opened the page. Check it again.")
        messages.error(request, words)
    else:
        messages.success(request, gettext("The draft waits for approval. Those who may issue invoices are notified."))
    return _to_invoice(request, pk)


@workspace_page(Permission.SEE_INVOICES, act=Permission.ISSUE_INVOICES)
@require_POST
def invoice_hand_back(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Make a draft of what waits for approval, with a remark."""
    draft = get_object_or_404(Invoice.objects, pk=pk)
    form = HandBackForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(words) for words in form.errors["remark"]))
        return _to_invoice(request, pk)
    try:
        return_draft(invoice=draft, remark=form.cleaned_data["remark"], actor=request.user, at=clock.now())
    except InvoiceAlreadyIssued:
        return _tell_issued(request, pk)
    except NotHandedOver:
        messages.info(request, gettext("This invoice is a draft already. Nothing was done."))
    else:
        messages.success(request, gettext("The invoice is a draft again."))
    return _to_invoice(request, pk)


def _products(rows: Sequence[InvoiceRow] = ()) -> list[Product]:
    """The products to choose from: those in use, and those that stand on the draft already."""
    chosen = [row.product_id for row in rows if row.product_id]
    return list(Product.objects.filter(Q(archived_at=None) | Q(pk__in=chosen)).order_by("name", "id"))


def _sent(
    request: WorkspaceRequest, products: Sequence[Product], today: date, *, draft: Invoice | None = None
) -> tuple[InvoiceForm, Rows]:
    form = InvoiceForm(request.POST, today=today, draft=draft)
    billed = _billed_in(form.cleaned_data["client"], draft) if form.is_valid() else ""
    seen = bool(billed) and request.POST.get("priced_in") == billed
    currencies = Currencies(request.workspace.currency, billed, seen=seen)
    company = integration_data.connected_company()
    return form, Rows(request.POST.dict(), products, company=company, currencies=currencies)


def _tell_issued(request: WorkspaceRequest, pk: int) -> HttpResponse:
    words = gettext("Nothing was changed: this invoice is issued, and its content can no longer be changed.")
    messages.error(request, f"{words} {gettext('You can copy it to a new draft.')}")
    return _to_invoice(request, pk)


def _tell_handed_over(request: WorkspaceRequest, pk: int) -> HttpResponse:
    words = gettext("Nothing was changed: the draft waits for approval. It can be changed when it is a draft again.")
    messages.error(request, words)
    return _to_invoice(request, pk)


def _to_invoice(request: WorkspaceRequest, pk: int) -> HttpResponse:
    return redirect("invoice", slug=request.workspace.slug, pk=pk)


def _billed_in(client: Client, draft: Invoice | None) -> str:
    """Return the currency of an invoice to a client; a draft keeps its own while the client is the same."""
    return draft.currency if draft is not None and draft.client_id == client.pk else client.currency


def _is_foreign(request: WorkspaceRequest, draft: Invoice | None) -> bool:
    """Say whether the chosen client is billed in another currency than products are priced in."""
    chosen = request.POST.get("client", "")
    client = Client.objects.filter(pk=chosen).first() if chosen.isascii() and chosen.isdecimal() else None
    return client is not None and _billed_in(client, draft) != request.workspace.currency


def _refill_form(
    request: WorkspaceRequest, products: Sequence[Product], today: date, *, draft: Invoice | None = None
) -> HttpResponse:
    """Show the form again with more rows, or with a row filled in from its product; nothing is saved."""
    data = request.POST.dict()
    if "fill" in data:
        data = with_product(data, data["fill"], products, with_price=not _is_foreign(request, draft))
    rows = Rows(data, products, more=MORE_ROWS if "more" in data else 0)
    initial: dict[str, Any] = {name: data.get(name, "") for name in InvoiceForm.base_fields}
    form = InvoiceForm(initial=initial, today=today, draft=draft)
    return _draw_form(request, form, rows.unchecked(), draft=draft, version=seen_version(request))


def _draw_form(
    request: WorkspaceRequest,
    form: InvoiceForm,
    rows: Rows,
    *,
    draft: Invoice | None = None,
    version: int | None = None,
    overtaken: bool = False,
    status: int = 200,
) -> HttpResponse:
    billed = rows.currencies.billed if form.is_bound else request.POST.get("priced_in", draft.currency if draft else "")
    context = {
        "form": form,
        "rows": rows,
        "draft": draft,
        "overtaken": overtaken,
        "version": version,
        "priced_in": billed,
    }
    return render(request, "billing/form.html", context, status=status)
