"""A worker killed at each step of sending an invoice by e-mail: never two mails, and what is not known is said."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from tests.uku.integrations.fortnox.conftest import Mortal, clear_queue, forks
from tests.uku.mail_servers import mail_server

from uku.invoices.deliveries import Wanted, send_invoice
from uku.invoices.delivery_mail import give_up_lost, send_mail
from uku.invoices.delivery_models import DeliveryWay, InvoiceDelivery
from uku.invoices.models import Invoice, State
from uku.kit import clock
from uku.kit.scoping import workspace_in_force

pytestmark = pytest.mark.process
SEND = """
import sys, django
from uku.kit.loading import loading_what_stays
with loading_what_stays():
    django.setup()
from uku.invoices.delivery_mail import send_mail
from uku.kit import clock
from uku.kit.scoping import workspace_in_force
send_mail(delivery_id=int(sys.argv[1]), at=clock.now())
"""


@pytest.fixture
def mailbox(settings):
    with mail_server(settings) as server:
        yield server


@pytest.fixture
def environment(environment, mailbox):
    host, port = mailbox.server_address
    return {**environment, "UKU_SMTP_URL": f"smtp://{host}:{port}"}


@pytest.fixture
def mailer(environment, fortnox, tmp_path):
    with forks(environment, tmp_path / "mailer.log") as process:
        yield Mortal(process, fortnox.address)


@pytest.fixture
def ask(shop):
    def go():
        invoice = shop.issue(numbering="own")
        wanted = Wanted(DeliveryWay.UKU, "anna@bygg.example")
        made = send_invoice(invoice=invoice, wanted=wanted, seen=0, actor=shop.owner, at=clock.now())
        clear_queue()
        return made

    return go


def pass_time() -> None:
    InvoiceDelivery.objects.update(began_at=F("began_at") - timedelta(minutes=6))
    give_up_lost(at=clock.now())


def mails_of(mailbox, delivery) -> int:
    return sum(f"<invoice-delivery-{delivery.pk}@" in message["Message-ID"] for message in mailbox.messages)


def test_a_worker_killed_at_any_step_never_sends_twice(mailbox, mailer, ask):
    order = {"do": "job", "name": "invoices.send_mail"}
    steps = mailer.live(**order, arguments={"delivery_id": ask().pk})
    assert len(steps) >= 2
    outcomes = []
    for at in range(len(steps)):
        delivery = ask()
        died = mailer.die(at, **order, arguments={"delivery_id": delivery.pk})
        assert died is not None
        pass_time()
        for _ in range(2):
            mailer.live(**order, arguments={"delivery_id": delivery.pk})
        delivery.refresh_from_db()
        outcomes.append((delivery.state, mails_of(mailbox, delivery)))
    assert outcomes[0] == ("unclear", 0)  # it was stored that it begins, and nothing had left
    assert outcomes[-1] == ("sent", 1)
    assert set(outcomes) <= {("unclear", 0), ("unclear", 1), ("sent", 1)}


def test_a_worker_killed_while_the_mail_server_answers_leaves_it_to_a_person(mailbox, processes, ask):
    mailbox.holds = threading.Event()
    delivery = ask()
    worker = processes("-c", SEND, str(delivery.pk))
    assert mailbox.took.wait(60)
    worker.kill()
    worker.wait()
    mailbox.holds.set()
    pass_time()
    send_mail(delivery_id=delivery.pk, at=clock.now())
    delivery.refresh_from_db()
    assert (delivery.state, mails_of(mailbox, delivery)) == ("unclear", 1)
    assert Invoice.objects.get().state == State.CREATED


def test_eight_clicks_at_once_send_one_mail(mailbox, shop, queue):
    invoice, clicks = shop.issue(numbering="own"), []
    clear_queue()

    def click() -> None:
        facts = {"wanted": Wanted(DeliveryWay.UKU, "anna@bygg.example"), "seen": 0, "actor": shop.owner}
        with workspace_in_force(invoice.workspace_id):
            clicks.append(send_invoice(invoice=invoice, at=clock.now(), **facts).pk)
        connection.close()

    together = [threading.Thread(target=click) for _ in range(8)]
    for one in together:
        one.start()
    for one in together:
        one.join(60)
    assert (len(clicks), len(set(clicks)), len(queue("invoices.send_mail"))) == (8, 1, 1)
    for pk in clicks:
        send_mail(delivery_id=pk, at=clock.now())
    assert len(mailbox.received) == 1
