"""Which invoices are repeated, whoever asks for them."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from django.db import connection
from tests.uku.conftest import AT, make_user, make_workspace
from tests.uku.web.conftest import make_client

from uku.clients.operations import archive_clients
from uku.invoices.drafts import DraftHead, RowFacts, create_draft
from uku.invoices.models import Invoice
from uku.invoices.operations import issue_invoice
from uku.invoices.repeat import Chosen, candidates, repeat_invoices
from uku.kit.scoping import workspace_in_force

MARCH = date(2026, 3, 1)


def invoiced(owner, client, day=date(2026, 2, 3), *, issued=True):
    row = RowFacts("Bokföring", Decimal(1), Decimal(950), Decimal(25), "h")
    draft = create_draft(actor=owner, at=AT, head=DraftHead(client, day), rows=[row])
    return issue_invoice(invoice=draft, actor=owner, at=AT, numbering="own") if issued else draft


def repeat(owner, *invoices):
    """Repeat invoices for March; return how many drafts that made, and the clients that were passed over."""
    chosen = {invoice.pk: Chosen({}, 0) for invoice in invoices}
    drafts, passed = repeat_invoices(chosen=chosen, month=MARCH, on=date(2026, 3, 31), actor=owner, at=AT)
    return len(drafts), [str(client) for client in passed]


@pytest.mark.parametrize("state", ["archived", "cancelled", "draft", "credit note", "another month"])
def test_what_the_page_would_not_offer_is_passed_over(scope, owner, state):
    client = make_client(owner, "Åkerlunds Bygg AB")
    day = date(2026, 1, 31) if state == "another month" else date(2026, 2, 3)
    invoice = invoiced(owner, client, day, issued=state != "draft")
    if state == "archived":
        archive_clients(ids=[client.pk], actor=owner, at=AT)
    elif state == "cancelled":
        Invoice.objects.filter(pk=invoice.pk).update(state="cancelled")
    elif state == "credit note":
        Invoice.objects.filter(pk=invoice.pk).update(credits=invoiced(owner, client, date(2026, 1, 31)))
    assert candidates(MARCH) == []
    assert repeat(owner, invoice) == (0, ["Åkerlunds Bygg AB"])


def test_a_client_gets_one_draft_of_two_invoices(scope, owner):
    client = make_client(owner, "Åkerlunds Bygg AB")
    assert repeat(owner, invoiced(owner, client), invoiced(owner, client)) == (1, ["Åkerlunds Bygg AB"])


def test_two_clicks_at_once_make_one_draft(committed):
    owner = make_user("owner@byran.example")
    workspace = make_workspace("byran", owner)
    with workspace_in_force(workspace.pk):
        invoice = invoiced(owner, make_client(owner, "Åkerlunds Bygg AB"))
    outcomes = []

    def click():
        try:
            with workspace_in_force(workspace.pk):
                outcomes.append(repeat(owner, invoice)[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(2)]
    with psycopg.connect(committed.superuser) as held:
        held.execute("SELECT FROM uku_client FOR UPDATE")
        for thread in threads:
            thread.start()
            thread.join(0.5)  # it waits for the client by now
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == [0, 1]
