"""A client is reminded of what is overdue, known to be unpaid, and ours to collect."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.uku.conftest import AT
from tests.uku.mail_servers import mail_server

from uku.invoices.deliveries import NotDeliverable, Wanted, send_invoice
from uku.invoices.delivery_mail import send_mail
from uku.invoices.delivery_models import DeliveryKind, DeliveryWay, InvoiceDelivery
from uku.invoices.invoice_settings import save_settings, settings_of
from uku.invoices.models import Invoice, Numbering, State
from uku.invoices.operations import issue_invoice
from uku.invoices.reminders import first_reminder_on, remind, why_no_reminder
from uku.kit.banking_days import add_banking_days
from uku.workspaces.permissions import NotAllowed

pytestmark = pytest.mark.django_db
TO = Wanted(DeliveryWay.UKU, "anna@bygg.example")
LATER = datetime(2026, 4, 28, 9, 0, tzinfo=UTC)
"""Due on Monday 20 April 2026; five banking days later it is the 27th."""


@pytest.fixture
def server(settings):
    with mail_server(settings) as server:
        yield server


@pytest.fixture
def overdue(draft, owner, server):
    """An invoice that was sent, and read back as long before as still counts."""
    invoice = issue_invoice(invoice=draft, actor=owner, at=AT, numbering=Numbering.OWN)
    sent = send_invoice(invoice=invoice, wanted=TO, seen=0, actor=owner, at=AT)
    send_mail(delivery_id=sent.pk, at=AT)
    Invoice.objects.update(read_at=LATER - timedelta(minutes=15), balance=Decimal("1250.00"))
    return Invoice.objects.get()


def ask(invoice, owner, *, at=LATER, seen=1):
    remind(invoice=invoice, wanted=TO, seen=seen, actor=owner, at=at)
    for delivery in InvoiceDelivery.objects.filter(kind=DeliveryKind.REMINDER):
        send_mail(delivery_id=delivery.pk, at=at)


def test_the_client_gets_the_same_paper_once_and_what_is_left(overdue, owner, server):
    Invoice.objects.update(balance=Decimal("250.00"))
    for _ in range(2):
        ask(overdue, owner)
    first, reminder = server.messages
    assert reminder["Subject"] == "Påminnelse: faktura 900000001 från Byran"
    papers = [next(message.iter_attachments()).get_content() for message in (first, reminder)]
    assert papers[0] == papers[1]
    assert reminder.get_body().get_content().splitlines()[2] == (
        "Faktura 900000001 förföll till betalning 2026-04-20, och 250,00 SEK är inte betalt."
        " Har du betalat de senaste dagarna behöver du inte göra något. Fakturan är bifogad."
    )
    assert Invoice.objects.get().state == State.SENT


def test_not_before_so_many_banking_days(overdue, owner, scope):
    assert first_reminder_on(overdue, scope) == date(2026, 4, 27)
    with pytest.raises(NotDeliverable, match="can be reminded from 27 Apr 2026"):
        ask(overdue, owner, at=LATER - timedelta(days=2))
    facts = {"way": DeliveryWay.UKU, "late_interest": "", "actor": owner, "at": AT}
    save_settings(workspace=scope, remind_after=0, **facts)
    assert (settings_of().remind_after, first_reminder_on(overdue, scope)) == (0, date(2026, 4, 20))


@pytest.mark.parametrize(("count", "day"), [(0, date(2026, 6, 18)), (1, date(2026, 6, 22)), (2, date(2026, 6, 23))])
def test_banking_days_are_counted_past_midsummer(count, day):
    assert add_banking_days(date(2026, 6, 18), count, "SE") == day


@pytest.mark.parametrize("read_at", [None, LATER - timedelta(minutes=15, seconds=1)])
def test_only_after_the_payment_was_checked(overdue, owner, server, read_at):
    Invoice.objects.update(read_at=read_at)
    with pytest.raises(NotDeliverable, match="Check the payment first"):
        ask(overdue, owner)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"factored": True},
        {"credited_amount": Decimal(100)},
        {"credited": True, "credited_amount": Decimal(1250)},
        {"state": State.PAID, "balance": Decimal(0)},
        {"balance": Decimal(0)},
        {"state": State.CANCELLED},
        {"missing_since": AT},
        {"ledger_ocr": "77777"},
    ],
)
def test_never_of_what_is_not_ours_to_collect(overdue, owner, server, facts):
    Invoice.objects.update(**facts)
    with pytest.raises(NotDeliverable):
        ask(Invoice.objects.get(), owner)
    assert len(server.received) == 1


def test_a_second_reminder_is_another_one(overdue, owner, server):
    ask(overdue, owner)
    ask(overdue, owner, seen=2)
    assert len(server.received) == 3


def test_only_who_may_send_reminds(overdue, member):
    assert why_no_reminder(overdue, at=LATER) == ""
    with pytest.raises(NotAllowed):
        ask(overdue, member)
