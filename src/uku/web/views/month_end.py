"""Month end: what to look through before a month is called checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from uku.invoices.models import Invoice
from uku.invoices.month_end import MonthEnd, Part, check_month, list_invoices, month_end
from uku.kit import clock
from uku.kit.months import last_of, month_named
from uku.kit.spreadsheets import Cell, as_csv, as_xlsx
from uku.web.forms.invoices import AHEAD, EARLIEST
from uku.web.invoice_list import needs_you
from uku.web.views.client_export import XLSX_TYPE
from uku.web.views.import_files import CSV_TYPE, as_file
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.permissions import Permission

SHOWN = 25
"""Of each list on the page; the file has them all."""


@workspace_page(Permission.SEE_INVOICES)
@require_safe
def month_page(request: WorkspaceRequest) -> HttpResponse:
    today = clock.today(request.workspace.time_zone)
    month = _month_named(request, request.GET.get("month", "")) or today.replace(day=1)
    found = month_end(month, at_most=SHOWN)
    context = {
        "found": found,
        "waiting": _waiting(found, SHOWN),
        "month": month,
        "month_named": month.isoformat()[:7],
        "is_over": today >= found.last,
        "today": today,
    }
    return render(request, "billing/month_end.html", context)


@workspace_page(Permission.SEE_INVOICES, act=Permission.ISSUE_INVOICES)
@require_POST
def month_check(request: WorkspaceRequest) -> HttpResponse:
    """Tick a month that is over as checked."""
    month = _month_named(request, request.POST.get("month", ""))
    if month is None:
        raise Http404
    if clock.today(request.workspace.time_zone) < last_of(month):
        messages.error(request, gettext("Nothing was checked: the month is not over yet."))
    else:
        check = check_month(month=month, actor=request.user, at=clock.now())
        messages.success(request, gettext("The month is checked, by %(person)s.") % {"person": check.checked_by})
    address = reverse("month-end", kwargs={"slug": request.workspace.slug})
    return redirect(f"{address}?month={month.isoformat()[:7]}")


@workspace_page(Permission.SEE_INVOICES)
@require_POST
def month_export(request: WorkspaceRequest) -> HttpResponse:
    """Send all lists of a month's end as one file; a POST, because that is written down."""
    month, form = _month_named(request, request.POST.get("month", "")), request.POST.get("action", "")
    if month is None or form not in ("csv", "xlsx"):
        raise Http404
    named = month.isoformat()[:7]
    summary = translate_for_workspace(gettext_lazy("Month end exported: %(month)s"), month=named)
    facts = {"file": form, "month": named}
    record(
        actor=request.user,
        action="invoice.month_export",
        target=request.workspace,
        summary=summary,
        at=clock.now(),
        after=facts,
    )
    rows = list(_rows(month_end(month)))
    name = f"month-end-{request.workspace.slug}-{named}.{form}"
    if form == "xlsx":
        return as_file(FileResponse(as_xlsx(rows, title=named), content_type=XLSX_TYPE), name)
    return as_file(StreamingHttpResponse(as_csv(rows), content_type=CSV_TYPE), name)


def _waiting(found: MonthEnd, at_most: int | None = None) -> Part[Invoice]:
    """Return the month's invoices that wait for a person, as the billing list finds them."""
    of_month = Invoice.objects.filter(invoice_date__range=(found.month, found.last))
    return list_invoices(of_month.filter(needs_you()), at_most)


def _rows(found: MonthEnd) -> Iterator[Sequence[Cell | Decimal]]:
    """Yield a heading, and each line of each list with the name of its list before it."""
    yield [
        gettext("List"),
        gettext("Client"),
        gettext("Number"),
        gettext("Date"),
        gettext("Amount"),
        gettext("Currency"),
    ]
    lists = {
        gettext("Drafts"): found.drafts,
        gettext("Not sent"): found.not_sent,
        gettext("Not booked"): found.not_booked,
        gettext("Needs you"): _waiting(found),
        gettext("Open credit notes"): found.open_credits,
    }
    for name, invoices in lists.items():
        for one in invoices.rows:
            yield [name, str(one.client), one.number, one.invoice_date.isoformat(), one.total, one.currency]
    for client in found.not_invoiced.rows:
        yield [gettext("Invoiced last month, not this month"), str(client), "", "", "", ""]
    day = found.last.isoformat()
    for owed in found.owed.rows:
        yield [gettext("Owed at the month's end"), str(owed.client), "", day, owed.amount, owed.currency]
    for billed in found.billed:
        for part in billed.rates:
            for words, amount in ((gettext("Net"), part.net), (gettext("VAT"), part.vat)):
                yield [
                    f"{gettext('Invoiced')} {part.rate.normalize():f} %: {words}",
                    "",
                    "",
                    day,
                    amount,
                    billed.currency,
                ]


def _month_named(request: WorkspaceRequest, text: str) -> date | None:
    """Return the first day of a month that an invoice can be dated in."""
    first = month_named(text)
    is_in_range = first is not None and EARLIEST <= first <= clock.today(request.workspace.time_zone) + AHEAD
    return first if is_in_range else None
