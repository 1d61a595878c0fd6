"""The paper of an invoice, sending it to the client, reminding, and what a person decides about either."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from uku.integrations.registry import DeliveryOffer
from uku.invoices.deliveries import (
    NotDeliverable,
    Wanted,
    decide_unclear,
    open_delivery,
    send_invoice,
    why_not_deliverable,
    withdraw_delivery,
)
from uku.invoices.delivery_models import DeliveryState, DeliveryWay, DocumentSource, InvoiceDelivery
from uku.invoices.documents import (
    NoDocument,
    asks_for_rate,
    draw_draft,
    state_rate,
    store_document,
    stored_document,
    why_no_document,
)
from uku.invoices.invoice_settings import save_settings, settings_of
from uku.invoices.models import Invoice
from uku.invoices.reminders import ask_for_reading, earlier_reminders, is_freshly_read, remind, why_no_reminder
from uku.kit import clock
from uku.kit.times import local_time
from uku.web import integration_data
from uku.web.forms.deliveries import InvoiceSettingsForm, MailForm, RateForm, SendForm
from uku.web.list_filters import chosen_ids
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

SENT = {
    DeliveryWay.UKU: _("The invoice is being sent. This page shows when the mail server has taken it."),
    DeliveryWay.ACCOUNTING: _("The invoice is being sent from the accounting system."),
    DeliveryWay.HAND: _("The invoice is marked as sent."),
}


def _invoice(pk: int) -> Invoice:
    found: Invoice = get_object_or_404(Invoice.objects.select_related("client", "credits", "workspace"), pk=pk)
    return found


@workspace_page(Permission.SEE_INVOICES)
@require_safe
def invoice_pdf(request: WorkspaceRequest, pk: int, source: str = "") -> HttpResponse:
    """Show the paper: the one that is kept; drawn now and kept when there is none; of a draft a preview."""
    invoice = _invoice(pk)
    try:
        content = _paper(invoice, source)
    except NoDocument as error:
        messages.error(request, str(error))
        return redirect("invoice", slug=request.workspace.slug, pk=pk)
    response = HttpResponse(content, content_type="application/pdf")
    name = invoice.number or gettext("draft")
    response["Content-Disposition"] = f'inline; filename="{"credit-note" if invoice.credits else "invoice"}-{name}.pdf"'
    return response


def _paper(invoice: Invoice, source: str) -> bytes:
    """Return the bytes of a paper. Raises NoDocument."""
    if not (invoice.is_issued and invoice.number):
        return draw_draft(invoice)
    kept = stored_document(invoice, source)
    if kept is not None and (source or kept.source == DocumentSource.ACCOUNTING):
        return bytes(kept.content)
    return bytes(store_document(invoice, at=clock.now()).content)


@workspace_page(Permission.SEND_INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_send(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Ask how an invoice goes to the client; a POST lets it go."""
    invoice = _invoice(pk)
    reason = why_not_deliverable(invoice)
    if reason or open_delivery(invoice):
        messages.info(request, reason or gettext("Nothing was done: the invoice is being sent already."))
        return redirect("invoice", slug=request.workspace.slug, pk=pk)
    if "rate" in request.POST:
        return _state_rate(request, invoice)
    offer = integration_data.delivery_offer(invoice)
    form = SendForm(request.POST or None, ways=_ways(invoice, offer), initial=_initial(request, invoice, offer))
    if request.method != "POST" or not form.is_valid():
        return _send_page(request, invoice, form, offer, RateForm(initial={"on": invoice.invoice_date}))
    typed = form.cleaned_data
    wanted = Wanted(DeliveryWay(typed["way"]), typed["to"], typed["cc"], typed["bcc"], sent_on=typed["sent_on"])
    try:
        send_invoice(invoice=invoice, wanted=wanted, seen=_seen(request), actor=request.user, at=clock.now())
    except NotDeliverable as error:
        form.add_error(None, str(error))
        return _send_page(request, invoice, form, offer, RateForm(initial={"on": invoice.invoice_date}))
    messages.success(request, str(SENT[wanted.way]))
    return redirect("invoice", slug=request.workspace.slug, pk=pk)


@workspace_page(Permission.SEND_INVOICES)
@require_POST
def invoices_send(request: WorkspaceRequest) -> HttpResponse:
    """Send the chosen invoices that were never sent, each in the firm's way; one that is not here refuses them all."""
    ids = chosen_ids(request, "invoice")
    chosen = list(Invoice.objects.select_related("client", "credits").filter(pk__in=ids).order_by("pk"))
    if len(chosen) != len(set(ids)):
        raise Http404
    held, count = [], 0
    for invoice in chosen:
        try:
            wanted = _wanted_by_default(invoice)
            made = send_invoice(invoice=invoice, wanted=wanted, seen=0, actor=request.user, at=clock.now())
            count += made.state == DeliveryState.QUEUED
        except NotDeliverable as error:
            held.append(f"{invoice}: {error}")
    if count:
        words = ngettext("%(count)s invoice is being sent.", "%(count)s invoices are being sent.", count)
        messages.success(request, words % {"count": count})
    for sentence in held:
        messages.error(request, sentence)
    if not (count or held):
        messages.info(request, gettext("Nothing was sent: no invoice was selected, or they were sent before."))
    query, address = request.POST.get("query", ""), reverse("billing", kwargs={"slug": request.workspace.slug})
    return redirect(f"{address}?{query}" if query.isprintable() else address)


def _wanted_by_default(invoice: Invoice) -> Wanted:
    """How the firm's setting brings an invoice, to the addresses that are known. Raises NotDeliverable."""
    offer = integration_data.delivery_offer(invoice)
    way, open_ways = settings_of().way, [way for way, _words in _ways(invoice, offer)]
    if way == DeliveryWay.HAND:
        raise NotDeliverable(
            gettext("By the settings you send it yourself. Open it and click Send to mark it as sent.")
        )
    if way not in open_ways:
        reason = why_not_deliverable(invoice) or why_no_document(invoice)
        raise NotDeliverable(reason or gettext("The accounting system cannot send it now."))
    return Wanted(DeliveryWay(way), offer.to, offer.cc, offer.bcc)


def _state_rate(request: WorkspaceRequest, invoice: Invoice) -> HttpResponse:
    form = RateForm(request.POST)
    if not form.is_valid():
        offer = integration_data.delivery_offer(invoice)
        send = SendForm(ways=_ways(invoice, offer), initial=_initial(request, invoice, offer))
        return _send_page(request, invoice, send, offer, form)
    typed = form.cleaned_data
    state_rate(invoice=invoice, rate=typed["rate"], on=typed["on"], actor=request.user, at=clock.now())
    return redirect("invoice-send", slug=request.workspace.slug, pk=invoice.pk)


def _ways(invoice: Invoice, offer: DeliveryOffer) -> list[tuple[str, Any]]:
    """The ways that are open: Uku's needs a paper, the accounting system's a connection that has the invoice."""
    ways: list[tuple[str, Any]] = []
    if offer.system and offer.method:
        words = gettext("From %(system)s, %(method)s")
        ways.append((DeliveryWay.ACCOUNTING, words % {"system": offer.system, "method": offer.method.label}))
    if not why_no_document(invoice):
        ways.append((DeliveryWay.UKU, DeliveryWay.UKU.label))
    return [*ways, (DeliveryWay.HAND, DeliveryWay.HAND.label)]


def _initial(request: WorkspaceRequest, invoice: Invoice, offer: DeliveryOffer) -> dict[str, Any]:
    open_ways = [way for way, _words in _ways(invoice, offer)]
    chosen = settings_of().way
    way = chosen if chosen in open_ways else open_ways[0]
    today = clock.today(request.workspace.time_zone)
    return {"way": way, "to": offer.to, "cc": offer.cc, "bcc": offer.bcc, "sent_on": today}


def _send_page(
    request: WorkspaceRequest, invoice: Invoice, form: SendForm, offer: DeliveryOffer, rate: RateForm
) -> HttpResponse:
    context = {
        "invoice": invoice,
        "form": form,
        "offer": offer,
        "withheld": why_no_document(invoice),
        "rate": rate if asks_for_rate(invoice) else None,
        "seen": request.POST.get("seen", InvoiceDelivery.objects.filter(invoice=invoice).count()),
        "was_sent": InvoiceDelivery.objects.filter(invoice=invoice, state=DeliveryState.SENT).exists(),
    }
    failed = form.errors if form.is_bound else rate.errors
    return render(request, "billing/send.html", context, status=422 if failed else 200)


def _seen(request: WorkspaceRequest) -> int:
    """How many deliveries the page showed."""
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0  # noqa: PLR2004  # fits an integer


@workspace_page(Permission.SEND_INVOICES)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_remind(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Ask before a client is reminded; a POST sends the e-mail."""
    invoice = _invoice(pk)
    reason = why_no_reminder(invoice, at=clock.now()) or why_no_document(invoice)
    if reason or open_delivery(invoice):
        messages.info(request, reason or gettext("Nothing was done: the invoice is being sent already."))
        return redirect("invoice", slug=request.workspace.slug, pk=pk)
    offer = integration_data.delivery_offer(invoice)
    form = MailForm(request.POST or None, initial={"to": offer.to, "cc": offer.cc, "bcc": offer.bcc})
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        wanted = Wanted(DeliveryWay.UKU, typed["to"], typed["cc"], typed["bcc"])
        try:
            remind(invoice=invoice, wanted=wanted, seen=_seen(request), actor=request.user, at=clock.now())
        except NotDeliverable as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("The reminder is being sent."))
            return redirect("invoice", slug=request.workspace.slug, pk=pk)
    earlier, today = earlier_reminders(invoice), clock.today(request.workspace.time_zone)
    context = {
        "invoice": invoice,
        "form": form,
        "is_fresh": is_freshly_read(invoice, at=clock.now()),
        "earlier": earlier,
        "reminded_today": any(_day_of(request, one.asked_at) == today for one in earlier)
        or invoice.ledger_reminded_on == today,
        "seen": request.POST.get("seen", InvoiceDelivery.objects.filter(invoice=invoice).count()),
    }
    return render(request, "billing/remind.html", context, status=422 if form.errors else 200)


def _day_of(request: WorkspaceRequest, when: datetime) -> date:
    return local_time(when, request.workspace.time_zone).date()


@workspace_page(Permission.SEE_INVOICES)
@require_POST
def invoice_check_payment(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Have the books asked now whether the invoice is paid."""
    try:
        ask_for_reading(invoice=_invoice(pk), actor=request.user)
    except NotDeliverable as error:
        messages.error(request, str(error))
    else:
        messages.success(request, gettext("The payment is being checked. Reload the page in a moment."))
    return redirect("invoice-remind", slug=request.workspace.slug, pk=pk)


@workspace_page(Permission.SEE_INVOICES)
@require_safe
def delivery_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Lead to the page of the invoice that is brought."""
    delivery = get_object_or_404(InvoiceDelivery.objects, pk=pk)
    return redirect("invoice", slug=request.workspace.slug, pk=delivery.invoice_id)


def _decide(request: WorkspaceRequest, pk: int, *, arrived: bool) -> HttpResponse:
    delivery = get_object_or_404(InvoiceDelivery.objects, pk=pk)
    try:
        decide_unclear(delivery=delivery, arrived=arrived, actor=request.user, at=clock.now())
    except NotDeliverable as error:
        messages.error(request, str(error))
    return redirect("invoice", slug=request.workspace.slug, pk=delivery.invoice_id)


@workspace_page(Permission.SEE_INVOICES, act=Permission.SEND_INVOICES)
@require_POST
def delivery_arrived(request: WorkspaceRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, arrived=True)


@workspace_page(Permission.SEE_INVOICES, act=Permission.SEND_INVOICES)
@require_POST
def delivery_again(request: WorkspaceRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, arrived=False)


@workspace_page(Permission.SEE_INVOICES, act=Permission.SEND_INVOICES)
@require_POST
def delivery_withdraw(request: WorkspaceRequest, pk: int) -> HttpResponse:
    delivery = get_object_or_404(InvoiceDelivery.objects, pk=pk)
    withdraw_delivery(delivery=delivery, actor=request.user, at=clock.now())
    return redirect("invoice", slug=request.workspace.slug, pk=delivery.invoice_id)


@workspace_page(Permission.MANAGE_COMPANY)
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_settings(request: WorkspaceRequest) -> HttpResponse:
    """How the firm sends invoices and reminds."""
    known = settings_of()
    names = ("way", "remind_after", "late_interest")
    form = InvoiceSettingsForm(request.POST or None, initial={name: getattr(known, name) for name in names})
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        save_settings(
            workspace=request.workspace,
            way=DeliveryWay(typed["way"]),
            remind_after=typed["remind_after"],
            late_interest=typed["late_interest"],
            actor=request.user,
            at=clock.now(),
        )
        messages.success(request, gettext("The settings are saved."))
        return redirect("settings", slug=request.workspace.slug)
    return render(request, "settings/invoices.html", {"form": form}, status=422 if form.errors else 200)
