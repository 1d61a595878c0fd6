"""Billing: the list of invoices, drafting one, its page, and issuing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from uku.integrations.registry import Badge, Panel, number_source_of
from uku.invoices.cancel import can_be_cancelled
from uku.invoices.credit import can_be_credited
from uku.invoices.delivery_models import InvoiceDelivery
from uku.invoices.models import Invoice, State
from uku.invoices.paid_mark import is_markable
from uku.invoices.payment_messages import status_in_words
from uku.invoices.payment_status import Credit, Tone, payment_status
from uku.invoices.totals import add_up
from uku.kit import clock
from uku.kit.banking_days import first_banking_day
from uku.kit.money import ZERO, show_date
from uku.web import integration_data
from uku.web.delivery_panels import delivery_context
from uku.web.forms.invoices import HandBackForm
from uku.web.invoice_list import InvoiceList
from uku.web.invoice_steps import steps_of
from uku.web.views.issue import checks_of, rate_names_of, rows_of_other_companies
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.audit_search import history_of
from uku.workspaces.models import Workspace
from uku.workspaces.permissions import Permission, may

SHOWN_OF_HISTORY = 30
URGENCY: Mapping[Tone, int] = {"bad": 0, "warning": 1, "moving": 2}
"""What somebody should see first; of two that are as urgent, payment."""


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """An invoice in a list: what it is, how it stands with the client and with the integration."""

    invoice: Invoice
    payment_status: Badge | None
    badge: Badge | None

    @property
    def status(self) -> Badge:
        """How it stands, in one word: what needs somebody most, of payment and integration."""
        state = Badge(str(self.invoice.get_state_display()), "neutral")
        if not self.invoice.is_issued:
            return state
        known = [badge for badge in (self.payment_status, self.badge) if badge is not None] or [state]
        return min(known, key=lambda badge: URGENCY.get(badge.tone, len(URGENCY)))

    @property
    def is_waiting(self) -> bool:
        """Say whether the integration's words stand where the number will."""
        unnumbered = self.invoice.is_issued and not self.invoice.number
        return unnumbered and self.badge is not None and self.badge.tone == "moving"


@workspace_page(Permission.SEE_INVOICES)
@require_safe
def invoice_list(request: WorkspaceRequest) -> HttpResponse:
    listing = InvoiceList.of(request.GET, request.workspace)
    page = listing.page(request)
    check = integration_data.payments_check(request.workspace)
    context = {
        "page": page,
        "lines": lines_of(list(page), request.workspace),
        "chosen": set(request.GET.getlist("invoice")),
        "listing": listing,
        "words": listing.words,
        "today": clock.today(request.workspace.time_zone),
        "check": check,
        "checked_at": check.checked_at if check else Invoice.objects.aggregate(at=Max("read_at"))["at"],
    }
    if request.htmx.target == "payments-check":
        return render(request, "billing/_payments_check_done.html", context)
    if request.htmx.target == "rows":
        return render(request, "billing/_list.html", context)
    return render(request, "billing/list.html", context)


@workspace_page(Permission.SEE_INVOICES)
@require_safe
def invoice_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Show an invoice; a draft that the person may change is shown as the page it is written on."""
    invoice = get_object_or_404(Invoice.objects.select_related("client", "credits", "marked_paid_by"), pk=pk)
    if invoice.state == State.DRAFT and may(request.membership, Permission.DRAFT_INVOICES):
        return redirect("invoice-edit", slug=request.workspace.slug, pk=pk)
    return _invoice_page(request, invoice)


def lines_of(invoices: Sequence[Invoice], seller: Workspace) -> list[InvoiceLine]:
    """Return invoices as a list shows them, with one question to each integration for all of them."""
    badges = integration_data.invoice_badges(invoices)
    return [InvoiceLine(invoice, payment_status_of(invoice, seller), badges.get(invoice.pk)) for invoice in invoices]


def payment_status_of(invoice: Invoice, seller: Workspace) -> Badge | None:
    """Return how payment stands; nothing is owed on a draft."""
    if not invoice.is_issued:
        return None
    if invoice.cancel_asked_at is not None:
        return Badge(gettext("Being cancelled"), "moving")
    if day := invoice.contradicted_mark:
        return Badge(gettext("Marked as paid %(day)s, not paid in the books") % {"day": show_date(day)}, "warning")
    status = payment_status(
        state="missing" if invoice.is_missing else invoice.state,
        total=invoice.total,
        balance=invoice.balance,
        payable_until=first_banking_day(invoice.due_date, seller.country),
        final_pay_date=invoice.final_pay_date,
        credit=Credit(invoice.credited, invoice.credited_amount, invoice.credit_balance),
        today=clock.today(seller.time_zone),
        is_credit_note=invoice.is_credit_note,
    )
    return Badge(status_in_words(status), status.tone)


def _is_error(panel: Panel) -> bool:
    """Say whether a panel stands above everything else: something is wrong, and it tells what to do."""
    return bool(panel.happened) and panel.badge.tone in {"bad", "warning"}


def _invoice_page(request: WorkspaceRequest, invoice: Invoice) -> HttpResponse:
    rows = list(invoice.rows.select_related("product", "charge__value__task"))
    has_discount = any(row.discount for row in rows)
    panels = integration_data.invoice_panels(invoice)
    deliveries = list(InvoiceDelivery.objects.filter(invoice=invoice).select_related("asked_by").order_by("id"))
    sending = delivery_context(invoice, deliveries, request.workspace, at=clock.now())
    history = history_of(invoice, at_most=SHOWN_OF_HISTORY)
    handed_over_at = next((entry.at for entry in history if entry.action == "invoice.hand_over"), None)
    all_panels = (*sending["delivery_panels"], *panels)
    # Read again soon while something moves, seldom while the invoice waits for its number.
    refresh = "10s" if invoice.is_issued and not invoice.number else ""
    context = {
        "invoice": invoice,
        "client": invoice.client,
        "rows": rows,
        "has_discount": has_discount,
        "columns": 7 if has_discount else 6,
        "by_rate": add_up([row.line for row in rows if not row.is_text], whole_kronor=False).by_rate,
        "rate_names": rate_names_of(invoice, rows),
        "payments": list(invoice.payments.order_by("paid_on", "id")),
        "payment_status": payment_status_of(invoice, request.workspace),
        "panels": all_panels,
        "problems": [panel for panel in all_panels if _is_error(panel)],
        "steps": steps_of(invoice, deliveries, handed_over_at=handed_over_at, zone=request.workspace.time_zone),
        "history": history,
        **sending,
        "waiting": panels[0].badge if panels else None,
        "refresh": "2s" if any(panel.moving for panel in all_panels) else refresh,
        "source": None if invoice.is_issued else number_source_of(invoice),
        "checks": [] if invoice.is_issued else checks_of(invoice, rows),
        "cancelled_numbers": list(invoice.cancelled_numbers.order_by("pk")),
        "hand_back": HandBackForm(),
        "credit_notes": list(invoice.credit_notes.order_by("id")) if invoice.is_issued else [],
        "left_to_pay": max(invoice.net_balance, ZERO),
        "can_credit": can_be_credited(invoice),
        "can_cancel": can_be_cancelled(invoice),
        "can_mark_paid": is_markable(invoice),
        "elsewhere": [] if invoice.is_issued else rows_of_other_companies(rows),
    }
    return render(request, "billing/page.html", context)
