"""Repeat last month: clients with the rows of their last invoice, made again as drafts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dates import MONTHS
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from uku.invoices.repeat import MOST_AT_ONCE, Candidate, Chosen, candidates, repeat_invoices, shift_months
from uku.kit import clock
from uku.kit.money import show_quantity
from uku.web import integration_data
from uku.web.list_filters import is_id
from uku.web.numbers import NotANumber, parse_number
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission


@workspace_page(Permission.DRAFT_INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoices_repeat(request: WorkspaceRequest) -> HttpResponse:
    today = clock.today(request.workspace.time_zone)
    if request.method != "POST":
        return _draw(request, _first_day(request.GET.get("month", "")) or today.replace(day=1), today)
    month, on = _first_day(request.POST.get("month", "")), _day(request.POST.get("on", ""))
    if month is None:
        raise Http404
    try:
        chosen = _chosen(request)
    except NotANumber:
        messages.error(request, gettext("Nothing was made: a quantity is not a number. Write it like 1 234,50."))
        return _draw(request, month, on or today, status=422)
    if on is None or not chosen:
        messages.error(request, gettext("Nothing was made: select clients, and choose the invoice date."))
        return _draw(request, month, on or today, status=422)
    drafts, passed = repeat_invoices(chosen=chosen, month=month, on=on, actor=request.user, at=clock.now())
    words = ngettext("%(count)s draft is made.", "%(count)s drafts are made.", len(drafts))
    messages.success(request, words % {"count": len(drafts)})
    if passed:
        names = ", ".join(str(client) for client in passed)
        words = gettext("Passed over, as something changed since the page was opened: %(names)s. Open it again.")
        messages.warning(request, words % {"names": names})
    return redirect(reverse("billing", kwargs={"slug": request.workspace.slug}) + "?show=draft")


def _chosen(request: WorkspaceRequest) -> dict[int, Chosen]:
    """Return what was ticked, with its quantities. Raises NotANumber; Http404 for what no page of ours sends."""
    sent = request.POST.getlist("invoice")
    if len(sent) > MOST_AT_ONCE or not all(is_id(one) for one in sent):
        raise Http404
    return {int(one): Chosen(_quantities(request, one), _count(request.POST.get(f"seen-{one}", ""))) for one in sent}


def _quantities(request: WorkspaceRequest, invoice: str) -> dict[int, Decimal]:
    prefix = f"quantity-{invoice}-"
    found = {name.removeprefix(prefix): str(text) for name, text in request.POST.items() if name.startswith(prefix)}
    return {int(pk): parse_number(text or "0") for pk, text in found.items() if is_id(pk)}


def _count(text: str) -> int:
    return int(text) if is_id(text) else 0


def _draw(request: WorkspaceRequest, month: date, on: date, *, status: int = 200) -> HttpResponse:
    found = candidates(month)
    inactive = integration_data.inactive_clients([each.invoice.client for each in found])
    lines = [
        {
            "candidate": each,
            "is_inactive": each.invoice.client_id in inactive,
            "is_other_currency": each.invoice.currency != each.invoice.client.currency,
            "is_proposed": not each.made and each.invoice.client_id not in inactive,
            "months": ", ".join(str(MONTHS[number]) for number in sorted(each.months)),
            "rows": _rows(each),
        }
        for each in found
    ]
    context = {
        "lines": lines,
        "month": month,
        "month_named": month.isoformat()[:7],
        "before": shift_months(month, -1),
        "on": on,
        "proposed": sum(bool(line["is_proposed"]) for line in lines),
    }
    return render(request, "billing/repeat.html", context, status=status)


def _rows(candidate: Candidate) -> list[tuple[object, str]]:
    return [(row, "" if row.is_text else show_quantity(row.quantity)) for row in candidate.rows]


def _first_day(month: str) -> date | None:
    return _day(f"{month}-01")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
