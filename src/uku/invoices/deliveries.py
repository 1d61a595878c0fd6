"""Bringing an invoice to the client: asked for once, tried once, settled by a person where the outcome is unclear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from uku.invoices.delivery_models import (
    OPEN_STATES,
    DeliveryKind,
    DeliveryState,
    DeliveryWay,
    InvoiceDelivery,
    LedgerMethod,
)
from uku.invoices.documents import NoDocument, store_document
from uku.invoices.models import Invoice, State
from uku.kit import clock
from uku.kit.clock import database_now
from uku.kit.events import publish
from uku.kit.jobs import SOON, enqueue
from uku.kit.times import local_time
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.notices import News, clear, tell
from uku.workspaces.permissions import Permission, needs

LEASE: Final = timedelta(minutes=5)
"""How long sending takes at most; after it nobody knows whether it was sent."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a person wants an invoice brought. Addresses have a comma between them; `method` is the ledger's."""

    way: DeliveryWay
    to: str = ""
    cc: str = ""
    bcc: str = ""
    method: LedgerMethod | None = None
    sent_on: date | None = None


@dataclass(frozen=True, slots=True)
class LedgerAsked:
    """The accounting system is to send an invoice, or to be told that it was sent. Told inside the transaction.

    For `sends` it raises NotDeliverable when it cannot.
    """

    workspace_id: int
    invoice_id: int
    sends: bool


class NotDeliverable(Exception):
    """Nothing was sent. The text says why and what to do."""


def clean_addresses(text: str) -> str:
    """Return one or more e-mail addresses with a comma between them. Raises NotDeliverable for what is none (B16)."""
    found = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    for address in found:
        try:
            validate_email(address)
        except ValidationError:
            raise NotDeliverable(gettext("“%(text)s” is not an e-mail address.") % {"text": address[:100]}) from None
    return ", ".join(found)


def why_not_deliverable(invoice: Invoice) -> str:
    """Say why an invoice cannot be brought to the client by anybody now; "" when it can."""
    if not invoice.is_issued:
        return gettext("The invoice is a draft. Issue it first.")
    if not invoice.number:
        return gettext("The invoice waits for its number. It can be sent when it has one.")
    if invoice.state == State.CANCELLED or invoice.cancel_asked_at is not None:
        return gettext("The invoice is cancelled.")
    if invoice.is_missing:
        return gettext("The invoice was deleted in the accounting system.")
    if invoice.difference and invoice.difference_accepted_at is None:
        return gettext("The amounts in the accounting system differ from Uku's. Accept them on the invoice first.")
    return ""


def open_delivery(invoice: Invoice) -> InvoiceDelivery | None:
    found: InvoiceDelivery | None = InvoiceDelivery.objects.filter(invoice=invoice, state__in=OPEN_STATES).first()
    return found


def has_arrived(invoice: Invoice) -> bool:
    """Say whether the client got the invoice from us."""
    sent = InvoiceDelivery.objects.filter(kind=DeliveryKind.INVOICE, state=DeliveryState.SENT)
    return sent.filter(invoice=invoice).exists()


def may_have_arrived(invoice: Invoice) -> bool:
    """Say whether the client has the invoice, may have it, or is about to get it from us."""
    gone = (DeliveryState.REFUSED, DeliveryState.NOT_SENT)
    return InvoiceDelivery.objects.filter(invoice=invoice).exclude(state__in=gone).exists()


@transaction.atomic
@needs(Permission.SEND_INVOICES)
def send_invoice(*, invoice: Invoice, wanted: Wanted, seen: int, actor: User, at: datetime) -> InvoiceDelivery:
    """Store that an invoice is to be brought to the client, and let it go out; by hand it has gone already.

    `seen` is how many deliveries the person saw: a second click finds one more and sends nothing.
    Raises NotAllowed or NotDeliverable.
    """
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    return ask_for_delivery(invoice, DeliveryKind.INVOICE, wanted, seen=seen, actor=actor, at=at)


@needs(Permission.SEND_INVOICES)
def ask_for_delivery(
    invoice: Invoice, kind: DeliveryKind, wanted: Wanted, *, seen: int, actor: User, at: datetime
) -> InvoiceDelivery:
    """Store a delivery of a locked invoice, in the caller's transaction. Raises NotAllowed or NotDeliverable."""
    earlier = list(InvoiceDelivery.objects.filter(invoice=invoice).order_by("id"))
    if len(earlier) > seen:
        return earlier[-1]
    if reason := why_not_deliverable(invoice):
        raise NotDeliverable(reason)
    if any(delivery.is_open for delivery in earlier):
        raise NotDeliverable(gettext("The invoice is being sent already, or it is not known whether it was sent."))
    delivery = InvoiceDelivery(
        workspace_id=invoice.workspace_id,
        invoice=invoice,
        kind=kind,
        way=wanted.way,
        to=clean_addresses(wanted.to),
        cc=clean_addresses(wanted.cc),
        bcc=clean_addresses(wanted.bcc),
        method=wanted.method or "",
        asked_by=actor,
        asked_at=at,
    )
    clear(key=_notice_key(delivery), at=at)
    {DeliveryWay.UKU: _queue_mail, DeliveryWay.ACCOUNTING: _queue_in_ledger, DeliveryWay.HAND: _store_by_hand}[
        wanted.way
    ](delivery, wanted, at)
    way = DeliveryWay(wanted.way).label
    if kind == DeliveryKind.REMINDER:
        words = gettext_lazy("A reminder of %(invoice)s is to be sent to the client: %(way)s")
        _record(delivery, action="invoice.remind", words=words, at=at, actor=actor, way=way)
    else:
        words = gettext_lazy("%(invoice)s is to be sent to the client: %(way)s")
        _record(delivery, action="invoice.send", words=words, at=at, actor=actor, way=way)
    return delivery


def _queue_mail(delivery: InvoiceDelivery, _wanted: Wanted, at: datetime) -> None:
    if not delivery.to:
        raise NotDeliverable(gettext("Write the e-mail address that the invoice goes to."))
    try:
        delivery.document = store_document(delivery.invoice, at=at)
    except NoDocument as error:
        raise NotDeliverable(str(error)) from None
    delivery.save()
    enqueue("invoices.send_mail", lock=mail_lock(delivery.pk), priority=SOON, delivery_id=delivery.pk)


def mail_lock(delivery_id: int) -> str:
    return f"delivery {delivery_id}"


def _queue_in_ledger(delivery: InvoiceDelivery, _wanted: Wanted, _at: datetime) -> None:
    delivery.to = delivery.cc = delivery.bcc = ""
    delivery.ledger_due_at = database_now()
    delivery.save()
    publish(LedgerAsked(delivery.workspace_id, delivery.invoice_id, sends=True))


def _store_by_hand(delivery: InvoiceDelivery, wanted: Wanted, at: datetime) -> None:
    """The paper that a person took along is kept, where there is one."""
    delivery.to = delivery.cc = delivery.bcc = ""
    today = local_time(at, delivery.workspace.time_zone).date()
    delivery.sent_on, delivery.state, delivery.ended_at = wanted.sent_on or today, DeliveryState.SENT, at
    try:
        delivery.document = store_document(delivery.invoice, at=at)
    except NoDocument:
        delivery.document = None
    delivery.save()
    _follow_sent(delivery)


@transaction.atomic
def claim(delivery: InvoiceDelivery, **facts: object) -> bool:
    """Take a delivery for sending; False when it is not this worker's to send, or must not go any more.

    What became of the invoice since it was asked for is looked at under its lock, where cancelling it waits.
    """
    invoice = Invoice.objects.select_for_update().get(pk=delivery.invoice_id)
    queued = InvoiceDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.QUEUED)
    if reason := why_not_deliverable(invoice) or _why_withheld(delivery, invoice):
        refuse(delivery, reason, at=clock.now())
        return False
    return bool(queued.update(state=DeliveryState.SENDING, began_at=database_now(), **facts))


def _why_withheld(delivery: InvoiceDelivery, invoice: Invoice) -> str:
    """Our paper stays here while it names another OCR number than the one that the books know (rule 11)."""
    if delivery.way == DeliveryWay.UKU and invoice.ledger_ocr:
        return gettext("The OCR number has changed in the accounting system. Send the invoice from there.")
    return ""


@transaction.atomic
def confirm_sent(delivery: InvoiceDelivery, *, at: datetime, **facts: object) -> None:
    """Store that it was sent, also where it was not known before."""
    row = _locked(delivery)
    if row.state not in {DeliveryState.SENDING, DeliveryState.UNCLEAR}:
        return
    for name, value in facts.items():
        setattr(row, name, value)
    row.state, row.ended_at, row.error_code, row.error_text = DeliveryState.SENT, at, "", ""
    row.save()
    clear(key=_notice_key(row), at=at)
    _follow_sent(row)
    words = {
        DeliveryKind.INVOICE: gettext_lazy("%(invoice)s was sent to the client"),
        DeliveryKind.REMINDER: gettext_lazy("A reminder of %(invoice)s was sent to the client"),
    }[DeliveryKind(row.kind)]
    _record(row, action="invoice.sent", words=words, at=at)


@transaction.atomic
def refuse(delivery: InvoiceDelivery, why: str, *, code: str = "", at: datetime) -> None:
    """Store that nothing was sent, and why."""
    row = _locked(delivery)
    if row.state not in {DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNCLEAR}:
        return
    row.state, row.ended_at, row.ledger_due_at = DeliveryState.REFUSED, at, None
    row.error_code, row.error_text = code[:20], why[:500]
    row.save()
    words = gettext_lazy("%(invoice)s was not sent to the client")
    _record(row, action="invoice.not_sent", words=words, at=at)
    _tell(row, words, at)


@transaction.atomic
def leave_unclear(delivery: InvoiceDelivery, *, at: datetime) -> None:
    """Store that nobody knows whether it was sent: a person decides."""
    row = _locked(delivery)
    if row.state != DeliveryState.SENDING:
        return
    row.state, row.ledger_due_at = DeliveryState.UNCLEAR, None
    row.save()
    words = gettext_lazy("It is not known whether %(invoice)s was sent to the client")
    _record(row, action="invoice.send_unclear", words=words, at=at)
    _tell(row, words, at)


@transaction.atomic
@needs(Permission.SEND_INVOICES)
def decide_unclear(*, delivery: InvoiceDelivery, arrived: bool, actor: User, at: datetime) -> InvoiceDelivery:
    """Settle what was unclear: the client has it, or it is sent once more, in the same way to the same addresses.

    Raises NotAllowed or NotDeliverable; a second click changes nothing.
    """
    invoice = Invoice.objects.select_for_update().get(pk=delivery.invoice_id)
    row = _locked(delivery)
    if row.state != DeliveryState.UNCLEAR:
        return row
    row.ended_at = at
    clear(key=_notice_key(row), at=at)
    if arrived:
        row.state = DeliveryState.SENT
        row.save()
        _follow_sent(row)
        _record(
            row,
            action="invoice.sent",
            words=gettext_lazy("%(invoice)s has reached the client, by a person"),
            at=at,
            actor=actor,
        )
        return row
    row.state = DeliveryState.NOT_SENT
    row.save()
    _record(
        row, action="invoice.not_sent", words=gettext_lazy("%(invoice)s was not sent, by a person"), at=at, actor=actor
    )
    method = LedgerMethod(row.method) if row.method else None
    wanted = Wanted(DeliveryWay(row.way), row.to, row.cc, row.bcc, method)
    seen = InvoiceDelivery.objects.filter(invoice=invoice).count()
    return ask_for_delivery(invoice, DeliveryKind(row.kind), wanted, seen=seen, actor=actor, at=at)


@transaction.atomic
@needs(Permission.SEND_INVOICES)
def withdraw_delivery(*, delivery: InvoiceDelivery, actor: User, at: datetime) -> bool:
    """Take back what has not begun to be sent; say whether it was taken back. Raises NotAllowed."""
    row = _locked(delivery)
    if row.state != DeliveryState.QUEUED:
        return False
    row.state, row.ended_at, row.ledger_due_at = DeliveryState.NOT_SENT, at, None
    row.save()
    _record(
        row, action="invoice.not_sent", words=gettext_lazy("%(invoice)s is not sent, by a person"), at=at, actor=actor
    )
    return True


def confirm_by_reading(invoice: Invoice, *, at: datetime) -> None:
    """Settle what was unclear by the books, which call the invoice sent and did not before."""
    unclear = InvoiceDelivery.objects.filter(invoice=invoice, state=DeliveryState.UNCLEAR, way=DeliveryWay.ACCOUNTING)
    for delivery in unclear.filter(was_sent=False):
        confirm_sent(delivery, at=at, ledger_due_at=database_now())


def lost_deliveries() -> models.QuerySet[InvoiceDelivery]:
    """Mails whose worker died while it sent them, of all workspaces."""
    sending = InvoiceDelivery.everywhere.filter(way=DeliveryWay.UKU, state=DeliveryState.SENDING)
    return sending.filter(began_at__lt=database_now() - LEASE)


def _tell(delivery: InvoiceDelivery, words: Promise, at: datetime) -> None:
    """Tell those who may send that an invoice needs them, until it is sent or tried again."""
    title = translate_for_workspace(words, invoice=delivery.invoice)
    page = reverse("invoice", kwargs={"slug": delivery.workspace.slug, "pk": delivery.invoice_id})
    news = News(_notice_key(delivery), title, url=page, tone="warning", permission=Permission.SEND_INVOICES)
    tell(news, at=at)


def _notice_key(delivery: InvoiceDelivery) -> str:
    return f"invoice.delivery.{delivery.invoice_id}"


def _follow_sent(delivery: InvoiceDelivery) -> None:
    """An invoice that has reached the client is sent; an accounting system that did not send it is told."""
    if delivery.kind != DeliveryKind.INVOICE:
        return
    Invoice.objects.filter(pk=delivery.invoice_id, state=State.CREATED).update(state=State.SENT)
    if delivery.way != DeliveryWay.ACCOUNTING:
        InvoiceDelivery.objects.filter(pk=delivery.pk).update(ledger_due_at=database_now())
        publish(LedgerAsked(delivery.workspace_id, delivery.invoice_id, sends=False))


def _locked(delivery: InvoiceDelivery) -> InvoiceDelivery:
    rows = InvoiceDelivery.objects.select_for_update(of=("self",)).select_related("invoice", "workspace")
    row: InvoiceDelivery = rows.get(pk=delivery.pk)
    return row


def _record(
    delivery: InvoiceDelivery, *, action: str, words: Promise, at: datetime, actor: User | None = None, **facts: object
) -> None:
    summary = translate_for_workspace(words, invoice=delivery.invoice, **facts)
    after = {name: value for name in ("to", "cc", "bcc", "error_text") if (value := getattr(delivery, name))}
    record(actor=actor, action=action, target=delivery.invoice, summary=summary, at=at, after=after)
