"""The e-mail that brings an invoice or a reminder, in the client's language, handed to the mail server once."""

from __future__ import annotations

from datetime import datetime
from email.utils import formataddr, parseaddr
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from uku.invoices.deliveries import claim, confirm_sent, leave_unclear, lost_deliveries, refuse
from uku.invoices.delivery_models import MAIL_REFUSED, DeliveryKind, DeliveryState, DeliveryWay, InvoiceDelivery
from uku.invoices.documents import language_of
from uku.invoices.pdf.words import catalogue, show_day
from uku.kit.mail import Outcome, send_message
from uku.kit.money import show_money
from uku.kit.scoping import workspace_in_force

LONGEST_SUBJECT: Final = 200


def send_mail(*, delivery_id: int, at: datetime) -> None:
    """Send the e-mail of a delivery, once: whoever finds it begun leaves it to its outcome, or to a person."""
    rows = InvoiceDelivery.everywhere.select_related("invoice__client", "invoice__credits", "workspace", "asked_by")
    delivery = rows.select_related("document").filter(pk=delivery_id, way=DeliveryWay.UKU).first()
    if delivery is None or delivery.state != DeliveryState.QUEUED:
        return
    with workspace_in_force(delivery.workspace_id):
        message = compose(delivery)
        if not claim(delivery):
            return
        outcome = send_message(message)
        if outcome == Outcome.SENT:
            confirm_sent(delivery, at=at)
        elif outcome == Outcome.REFUSED:
            refuse(delivery, "", code=MAIL_REFUSED, at=at)
        else:
            leave_unclear(delivery, at=at)


def give_up_lost(*, at: datetime) -> None:
    """Leave to a person what a worker had begun to send when it died."""
    for delivery in lost_deliveries():
        with workspace_in_force(delivery.workspace_id):
            leave_unclear(delivery, at=at)


def compose(delivery: InvoiceDelivery) -> EmailMessage:
    """Make the message. It comes from the installation's address in the firm's name; answers go to who sent it.

    Its Message-ID is the delivery's, so that a mailbox can tell a second copy of one e-mail.
    """
    invoice, firm = delivery.invoice, delivery.workspace.name
    gettext = catalogue(language_of(invoice.client, delivery.workspace)).gettext
    facts = {"number": invoice.number, "seller": firm}
    if delivery.kind == DeliveryKind.REMINDER:
        subject = gettext("Reminder: invoice %(number)s from %(seller)s") % facts
    elif invoice.is_credit_note:
        subject = gettext("Credit note %(number)s from %(seller)s") % facts
    else:
        subject = gettext("Invoice %(number)s from %(seller)s") % facts
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    message = EmailMessage(
        subject=" ".join(subject.split())[:LONGEST_SUBJECT],
        body=_body(delivery),
        from_email=formataddr((" ".join(firm.split()), address)),
        to=_split(delivery.to),
        cc=_split(delivery.cc),
        bcc=_split(delivery.bcc),
        reply_to=[delivery.asked_by.email],
        headers={"Message-ID": f"<invoice-delivery-{delivery.pk}@{urlsplit(settings.UKU.public_url).hostname}>"},
    )
    if delivery.document is not None:
        message.attach(_file_name(delivery), bytes(delivery.document.content), "application/pdf")
    return message


def _file_name(delivery: InvoiceDelivery) -> str:
    invoice = delivery.invoice
    gettext = catalogue(language_of(invoice.client, delivery.workspace)).gettext
    kind = gettext("Credit note") if invoice.is_credit_note else gettext("Invoice")
    return f"{kind}-{invoice.number}.pdf"


def _body(delivery: InvoiceDelivery) -> str:
    """A few plain sentences; the amount left is what the books said last."""
    invoice = delivery.invoice
    language = language_of(invoice.client, delivery.workspace)
    gettext = catalogue(language).gettext
    facts = {
        "number": invoice.number,
        "total": show_money(invoice.total, invoice.currency, language),
        "left": show_money(invoice.net_balance, invoice.currency, language),
        "due": show_day(invoice.due_date, language),
    }
    if delivery.kind == DeliveryKind.REMINDER:
        sentences = [
            gettext("Invoice %(number)s was due on %(due)s, and %(left)s is not paid yet.") % facts,
            gettext("If you have paid it in the last days, you need not do anything."),
            gettext("The invoice is attached."),
        ]
    elif invoice.is_credit_note:
        sentences = [gettext("Here is credit note %(number)s for %(total)s.") % facts]
    else:
        sentences = [gettext("Here is invoice %(number)s for %(total)s. It is due on %(due)s.") % facts]
    return "\n\n".join([gettext("Hello,"), " ".join(sentences), f"{delivery.asked_by}\n{delivery.workspace.name}\n"])


def _split(addresses: str) -> list[str]:
    return [address for address in addresses.split(", ") if address]
