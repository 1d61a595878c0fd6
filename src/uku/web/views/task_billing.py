"""Numbers of tasks put on drafts, and what was counted afterwards."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from uku.invoices.models import Invoice
from uku.kit import clock
from uku.kit.money import show_date
from uku.products.models import Product
from uku.tasks.billing import NotBillable, bill_late_volume, bill_value, dismiss_late_volume
from uku.tasks.models import TaskValue
from uku.web.list_filters import is_id
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission


@workspace_page(Permission.SEE, act=Permission.DRAFT_INVOICES)
@require_POST
def task_bill(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Put a number on its client's next draft, by the product that the button names."""
    value = _value_named(request, pk)
    sent = request.POST.get("product", "")
    product = get_object_or_404(Product.objects, pk=sent if is_id(sent) else 0)
    today = clock.today(request.workspace.time_zone)
    try:
        invoice = bill_value(value=value, product=product, actor=request.user, at=clock.now(), today=today)
    except NotBillable as error:
        messages.error(request, str(error))
    else:
        _tell_where(request, invoice)
    return redirect("task", slug=request.workspace.slug, pk=pk)


@workspace_page(Permission.SEE, act=Permission.DRAFT_INVOICES)
@require_POST
def task_bill_late(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Put what came late on the client's next draft, or dismiss it; go back to the draft that proposed it."""
    value = _value_named(request, pk)
    sent = request.POST.get("draft", "")
    if request.POST.get("action") == "dismiss":
        dismiss_late_volume(value=value, actor=request.user, at=clock.now())
        messages.success(request, gettext("The late volume is not proposed any more."))
    else:
        today = clock.today(request.workspace.time_zone)
        try:
            _tell_where(request, bill_late_volume(value=value, actor=request.user, at=clock.now(), today=today))
        except NotBillable as error:
            messages.error(request, str(error))
    if is_id(sent):
        return redirect("invoice", slug=request.workspace.slug, pk=int(sent))
    return redirect("task", slug=request.workspace.slug, pk=pk)


def _value_named(request: WorkspaceRequest, pk: int) -> TaskValue:
    """Return the value of a task, by its id, that the button names. Raises Http404."""
    sent = request.POST.get("value", "")
    return get_object_or_404(TaskValue.objects, task=pk, pk=sent if is_id(sent) else 0)


def _tell_where(request: WorkspaceRequest, invoice: Invoice) -> None:
    words = gettext("It is on the draft of %(day)s.")
    if invoice.is_issued:
        words = gettext("It is on invoice %(number)s.")
    facts = {"day": show_date(invoice.invoice_date), "number": invoice.number or invoice.reference}
    messages.success(request, words % facts)
