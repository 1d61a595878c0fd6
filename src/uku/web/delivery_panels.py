"""How an invoice stands on its way to the client, in words, with what a person can do."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from uku.integrations.registry import Action, Badge, Panel
from uku.invoices.deliveries import why_not_deliverable
from uku.invoices.delivery_models import (
    MAIL_REFUSED,
    DeliveryKind,
    DeliveryState,
    DeliveryWay,
    DocumentSource,
    InvoiceDelivery,
    InvoiceDocument,
)
from uku.invoices.documents import why_no_document
from uku.invoices.models import Invoice, State
from uku.invoices.reminders import is_remindable, why_no_reminder
from uku.kit.money import show_date
from uku.kit.times import show_time
from uku.workspaces.models import Workspace
from uku.workspaces.permissions import Permission

Words = tuple[str, str, str]
NOTHING_WRONG: Final[Words] = ("", "", "")


def delivery_context(
    invoice: Invoice, found: list[InvoiceDelivery], seller: Workspace, *, at: datetime
) -> dict[str, Any]:
    """What the invoice page shows of sending, reminding and the paper; `found` are its deliveries, oldest first."""
    is_open = any(delivery.is_open for delivery in found)
    can_send = not is_open and not why_not_deliverable(invoice)
    return {
        "delivery_panels": _panels(invoice, found, seller),
        "can_send": can_send,
        "is_sent": invoice.state == State.SENT or any(d.state == DeliveryState.SENT for d in found),
        "can_remind": can_send and is_remindable(invoice) and not why_no_reminder(invoice, at=at),
        "has_pdf": _has_paper(invoice),
    }


def _has_paper(invoice: Invoice) -> bool:
    """Say whether the paper can be shown: one that is kept and not withheld, one that can be drawn, or a preview."""
    if not (invoice.is_issued and why_no_document(invoice)):
        return True
    kept = set(InvoiceDocument.objects.filter(invoice=invoice, number=invoice.number).values_list("source", flat=True))
    return DocumentSource.ACCOUNTING in kept or (DocumentSource.UKU in kept and not invoice.ledger_ocr)


def _panels(invoice: Invoice, deliveries: list[InvoiceDelivery], seller: Workspace) -> list[Panel]:
    if not invoice.is_issued or not invoice.number:
        return []
    last = next((each for each in reversed(deliveries) if each.kind == DeliveryKind.INVOICE), None)
    reminders = [each for each in deliveries if each.kind == DeliveryKind.REMINDER]
    panels = [_invoice_panel(invoice, last, seller)]
    if reminders:
        panels.append(_panel(_("Reminder"), reminders[-1], seller))
    return panels


def _invoice_panel(invoice: Invoice, delivery: InvoiceDelivery | None, seller: Workspace) -> Panel:
    title = _("To the client")
    facts = _ledger_facts(invoice)
    changed = _changed_ocr(invoice)
    if delivery is None:
        badge = Badge(_("Not sent"), "neutral")
        if invoice.state == State.SENT:
            badge = Badge(_("Sent from the accounting system"), "good")
        elif invoice.state != State.CREATED:  # it is not known whether the accounting system sent it before
            badge = Badge(_("Not sent from Uku"), "neutral")
        return Panel(title, Badge(badge.words, "warning") if changed[0] else badge, facts, *changed)
    return _panel(title, delivery, seller, more=facts, instead=changed)


def _panel(
    title: str,
    delivery: InvoiceDelivery,
    seller: Workspace,
    *,
    more: tuple[tuple[str, str], ...] = (),
    instead: Words = NOTHING_WRONG,
) -> Panel:
    when = delivery.ended_at or delivery.asked_at
    facts = [(_("How"), str(DeliveryWay(delivery.way).label))]
    facts += [(label, value) for label, value in ((_("To"), delivery.to), (_("CC"), delivery.cc)) if value]
    if delivery.bcc:
        facts.append((_("BCC"), delivery.bcc))
    shown = show_date(delivery.sent_on) if delivery.sent_on else show_time(when, seller.time_zone)
    facts += [(_("When"), shown), (_("Asked by"), str(delivery.asked_by))]
    words = _explain(delivery)
    badge = _badge(delivery)
    if words == NOTHING_WRONG and instead[0]:
        words, badge = instead, Badge(badge.words, "warning")
    moving = delivery.state in {DeliveryState.QUEUED, DeliveryState.SENDING}
    return Panel(
        title,
        badge,
        (*facts, *more),
        *words,
        quoted="" if delivery.error_code == MAIL_REFUSED else delivery.error_code,
        actions=_actions(delivery, seller),
        moving=moving,
    )


def _badge(delivery: InvoiceDelivery) -> Badge:
    return {
        DeliveryState.QUEUED: Badge(_("Waiting to be sent"), "moving"),
        DeliveryState.SENDING: Badge(_("Sending"), "moving"),
        DeliveryState.SENT: Badge(_("Sent"), "good"),
        DeliveryState.REFUSED: Badge(_("Not sent"), "bad"),
        DeliveryState.UNCLEAR: Badge(_("Not confirmed"), "warning"),
        DeliveryState.NOT_SENT: Badge(_("Not sent"), "neutral"),
    }[DeliveryState(delivery.state)]


def _explain(delivery: InvoiceDelivery) -> Words:
    """What happened, what it means, what to do; three empty texts when nothing is wrong."""
    if delivery.state == DeliveryState.REFUSED:
        remedy = _("Correct the cause, then click Send: you can also choose another way there.")
        refused = _("The mail server did not accept the e-mail.")
        happened = refused if delivery.error_code == MAIL_REFUSED else delivery.error_text
        return happened, _("Nothing was sent."), remedy
    if delivery.state == DeliveryState.UNCLEAR and delivery.way == DeliveryWay.UKU:
        return (
            _("The mail server did not confirm that it took the e-mail for everybody."),
            _("The client may have it. Uku does not send it again by itself."),
            _("Ask the client whether it arrived. Then click It arrived or Send again."),
        )
    if delivery.state == DeliveryState.UNCLEAR:
        return (
            _("The accounting system did not confirm that it sent the invoice."),
            _("The client may have it. Uku does not have it sent again by itself."),
            _("Look at the invoice there, or ask the client. Then click It arrived or Send again."),
        )
    if delivery.ledger_error:
        happened = _("The invoice could not be marked as sent in the accounting system: %(error)s")
        means = _("The client has the invoice all the same.")
        return happened % {"error": delivery.ledger_error}, means, _("Mark it as sent there.")
    return NOTHING_WRONG


def _actions(delivery: InvoiceDelivery, seller: Workspace) -> tuple[Action, ...]:
    place = {"slug": seller.slug, "pk": delivery.pk}
    may = Permission.SEND_INVOICES
    if delivery.state == DeliveryState.UNCLEAR:
        return (
            Action(_("It arrived"), reverse("delivery-arrived", kwargs=place), permission=may),
            Action(_("Send again"), reverse("delivery-again", kwargs=place), permission=may),
        )
    if delivery.state == DeliveryState.QUEUED and delivery.way == DeliveryWay.ACCOUNTING:
        return (Action(_("Do not send"), reverse("delivery-withdraw", kwargs=place), permission=may),)
    return ()


def _changed_ocr(invoice: Invoice) -> Words:
    if not invoice.ledger_ocr:
        return NOTHING_WRONG
    facts = {"theirs": invoice.ledger_ocr, "ours": invoice.ocr}
    return (
        _("The OCR number in the accounting system is now %(theirs)s. On Uku's PDF it is %(ours)s.") % facts,
        _("A payment with the old number may not be found. Uku's PDF, e-mail and reminders are withheld."),
        _("Send the invoice from the accounting system."),
    )


def _ledger_facts(invoice: Invoice) -> tuple[tuple[str, str], ...]:
    facts = []
    if invoice.factored:
        facts.append((_("Invoice service"), _("yes, in the accounting system")))
    if invoice.ledger_reminders:
        words = str(invoice.ledger_reminders)
        if invoice.ledger_reminded_on:
            words = _("%(count)s, last %(day)s") % {"count": words, "day": show_date(invoice.ledger_reminded_on)}
        facts.append((_("Reminders in the accounting system"), words))
    return tuple(facts)
