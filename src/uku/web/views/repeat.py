"""Repeat last month: clients with the rows of their last invoice, made again as drafts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dates import MONTHS
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from uku.clients.models import Client
from uku.invoices.models import Invoice, InvoiceRow
from uku.invoices.repeat import MOST_AT_ONCE, Candidate, Chosen, NotBillable, candidates, repeat_invoices
from uku.kit import clock
from uku.kit.months import last_of, months_later
from uku.web import integration_data
from uku.web.forms.invoices import AHEAD, EARLIEST
from uku.web.list_filters import is_id
from uku.web.numbers import NotANumber, parse_number, text_of_number
from uku.web.templatetags.figures import month as month_in_words
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission


class NotRepeated(Exception):
    """What was sent cannot be made, and nothing was; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)


@workspace_page(Permission.DRAFT_INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoices_repeat(request: WorkspaceRequest) -> HttpResponse:
    today = clock.today(request.workspace.time_zone)
    if request.method != "POST":
        return _draw(request, _month_named(request.GET.get("month", ""), today) or today.replace(day=1), today)
    month = _month_named(request.POST.get("month", ""), today)
    if month is None:
        raise Http404
    try:
        drafts, passed = _repeat(request, month)
    except NotRepeated as error:
        messages.error(request, error.sentence)
        return _draw(request, month, today, status=422)
    words = ngettext("%(count)s draft is made.", "%(count)s drafts are made.", len(drafts))
    messages.success(request, words % {"count": len(drafts)})
    if passed:
        names = ", ".join(str(client) for client in passed)
        words = gettext("Passed over, as something changed since the page was opened: %(names)s. Open it again.")
        messages.warning(request, words % {"names": names})
    return redirect(reverse("billing", kwargs={"slug": request.workspace.slug}) + "?show=draft")


def _repeat(request: WorkspaceRequest, month: date) -> tuple[list[Invoice], list[Client]]:
    """Make what was sent; return the drafts, and the clients that were passed over. Raises NotRepeated."""
    on = _day(request.POST.get("on", ""))
    if on is None or on.replace(day=1) != month:
        words = gettext("Nothing was made: choose an invoice date in %(month)s.")
        raise NotRepeated(words % {"month": month_in_words(month)})
    try:
        chosen = _chosen(request)
    except NotANumber:
        words = gettext("Nothing was made: a marked quantity is not a number. Write it like 1 234,50.")
        raise NotRepeated(words) from None
    if not chosen:
        raise NotRepeated(gettext("Nothing was made: select clients first."))
    try:
        return repeat_invoices(chosen=chosen, month=month, on=on, actor=request.user, at=clock.now())
    except NotBillable as error:
        words = gettext("Nothing was made. %(client)s: %(sentence)s")
        raise NotRepeated(words % {"client": error.client, "sentence": error.sentence}) from None


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


def _draw(request: WorkspaceRequest, month: date, today: date, *, status: int = 200) -> HttpResponse:
    """Show what can be repeated; what was sent stays on the page."""
    sent, found = request.POST, candidates(month)
    inactive = integration_data.inactive_clients([each.invoice.client for each in found])
    lines = [
        {
            "candidate": each,
            "is_inactive": each.invoice.client_id in inactive,
            "is_other_currency": each.invoice.currency != each.invoice.client.currency,
            "is_chosen": _is_chosen(each, inactive, sent),
            "months": ", ".join(str(MONTHS[number]) for number in sorted(each.months)),
            "rows": _rows(each, sent),
        }
        for each in found
    ]
    context = {
        "lines": lines,
        "month": month,
        "month_named": month.isoformat()[:7],
        "before": months_later(month, -1),
        "on": sent.get("on") or _nearest_day(month, today).isoformat(),
        "chosen": sum(bool(line["is_chosen"]) for line in lines),
    }
    return render(request, "billing/repeat.html", context, status=status)


def _is_chosen(candidate: Candidate, inactive: Collection[int], sent: QueryDict) -> bool:
    """Say whether a client is ticked: as it was sent, else who is active and has nothing in the month yet."""
    invoice = candidate.invoice
    if invoice.currency != invoice.client.currency:
        return False
    if sent:
        return str(invoice.pk) in sent.getlist("invoice")
    return not candidate.made and invoice.client_id not in inactive


def _rows(candidate: Candidate, sent: QueryDict) -> list[tuple[InvoiceRow, str, bool]]:
    """Return the rows with their quantities, as they were sent, and whether that is no number."""
    found, name = [], f"quantity-{candidate.invoice.pk}-"
    for row in candidate.rows:
        text = "" if row.is_text else str(sent.get(f"{name}{row.pk}", text_of_number(row.quantity)))
        found.append((row, text, not _is_number(text)))
    return found


def _is_number(text: str) -> bool:
    try:
        parse_number(text or "0")
    except NotANumber:
        return False
    return True


def _nearest_day(month: date, today: date) -> date:
    return min(max(today, month), last_of(month))


def _month_named(text: str, today: date) -> date | None:
    """Return the first day of a month that an invoice can be dated in."""
    first = _day(f"{text}-01")
    return first if first and EARLIEST <= first <= today + AHEAD else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
