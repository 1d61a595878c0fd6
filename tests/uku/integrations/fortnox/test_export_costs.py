"""One invoice out costs at most 35 SQL statements, transactions included, in each way that ends in Confirmed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from tests.uku.integrations.fortnox.conftest import make_credit_note
from tests.uku.integrations.fortnox.test_customer_creation import invoice_to, new_client

from uku.clients.models import Client
from uku.integrations.fortnox.connection.choices import choose_new_customers
from uku.integrations.fortnox.invoices.steps import CREDIT, EXPORT
from uku.integrations.fortnox.models import (
    ArticleRecord,
    Connection,
    CustomerRecord,
    ExportState,
    InvoiceExport,
    NewCustomers,
)
from uku.integrations.fortnox.work.loop import agenda, look_at
from uku.integrations.fortnox.work.step import Work
from uku.integrations.fortnox.work.steps import STEPS
from uku.kit import clock

MOST = 35


@pytest.fixture
def cost(shop, fortnox):
    """Let a step take its first invoice out, as the loop does; return requests and statements.

    The look that found it due is not counted, nor what asks how far drills moved the clock.
    """

    def of(invoice, step=EXPORT, *, booked: bool = True) -> tuple[int, int]:
        connection = Connection.objects.get()
        row, before = look_at(connection.pk, connection.company_id, STEPS), fortnox.mark()
        assert step in {due.step for due in agenda(row, STEPS).due}
        with CaptureQueriesContext(database) as asked:
            assert step.do(Work(row, lambda: None))
        export = InvoiceExport.objects.get(invoice=invoice)
        assert (export.state, export.booked) == (ExportState.CONFIRMED, booked)
        return len(fortnox.requests(before)), sum("uku_clockoffset" not in each["sql"] for each in asked)

    return of


@pytest.fixture
def sent(shop, cost):
    """Send an invoice first, so that its customer and its article are fresh; return it."""
    invoice = shop.issue()
    cost(invoice)
    return invoice


def age() -> None:
    """Let what is known of customers and articles be old, so that it is read again."""
    long_ago = clock.now() - timedelta(days=1)
    CustomerRecord.objects.update(detail_read_at=long_ago)
    ArticleRecord.objects.update(detail_read_at=long_ago)


def test_one_that_is_sent_and_booked(shop, sent, cost):
    assert cost(shop.issue()) == (2, 22)


def test_one_that_is_sent_and_not_booked(shop, sent, cost):
    invoice = shop.issue()
    InvoiceExport.objects.filter(invoice=invoice).update(to_book=False)
    assert cost(invoice, booked=False) == (1, 16)


def test_one_whose_customer_and_article_are_read_again(shop, sent, cost):
    invoice = shop.issue()
    age()
    assert cost(invoice) == (4, 31)


def test_one_whose_customer_fills_its_client_as_well(shop, sent, cost):
    invoice = shop.issue()
    age()
    Client.objects.update(payment_days=None, currency="")
    assert cost(invoice) == (4, MOST)


def test_one_whose_customer_is_created_first(shop, scope, sent, cost):
    choose_new_customers(workspace=scope, choice=NewCustomers.CREATE, actor=shop.owner, at=clock.now())
    assert cost(invoice_to(shop, new_client(shop))) == (5, MOST)


def test_one_whose_outcome_was_unclear(shop, sent, cost, fortnox, later):
    invoice = shop.issue()
    fortnox.fault(path="/3/invoices", method="POST", action="drop", phase="P2")
    EXPORT.do(Work(Connection.objects.get(), lambda: None))
    later(shop.export_of(invoice), seconds=5)
    assert cost(invoice) == (3, 18)


@pytest.mark.parametrize(("quantity", "figures"), [(None, (4, 34)), ("1", (5, MOST))])
def test_a_credit_note(shop, sent, cost, quantity, figures):
    """Of the whole invoice, and of a part, whose rows are written over those that Fortnox made."""
    assert cost(make_credit_note(shop.owner, sent, quantity), CREDIT) == figures


def test_a_second_credit_note_goes_as_an_invoice(shop, sent, cost):
    cost(make_credit_note(shop.owner, sent, "1"), CREDIT)
    note = make_credit_note(shop.owner, sent, "0.5")
    CREDIT.do(Work(Connection.objects.get(), lambda: None))
    assert cost(note) == (2, 33)
