"""Jobs of invoices: e-mail to clients."""

from __future__ import annotations

from uku.invoices import delivery_mail
from uku.invoices.deliveries import mail_lock
from uku.invoices.delivery_models import DeliveryState, DeliveryWay, InvoiceDelivery
from uku.kit import clock
from uku.kit.jobs import SOON, each, enqueue_once, job


@job(name="invoices.send_mail")
def send_mail(delivery_id: int) -> None:
    """Send the e-mail of a delivery."""
    delivery_mail.send_mail(delivery_id=delivery_id, at=clock.now())


@each("* * * * *")
@job(name="invoices.look_after_mail")
def look_after_mail(timestamp: int) -> None:  # noqa: ARG001  # when it was due; what waits stands in the table
    """Give up what a dead worker had begun, and wake what waits. The safety net, not the path."""
    delivery_mail.give_up_lost(at=clock.now())
    queued = InvoiceDelivery.everywhere.filter(way=DeliveryWay.UKU, state=DeliveryState.QUEUED)
    for pk in queued.values_list("pk", flat=True):
        enqueue_once("invoices.send_mail", key=f"mail {pk}", lock=mail_lock(pk), priority=SOON, delivery_id=pk)
