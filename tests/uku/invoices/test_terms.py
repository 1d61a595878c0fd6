"""When an invoice is due: by the client's terms, else the company's own, else as a person says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.uku.conftest import AT
from tests.uku.invoices.conftest import make_client, make_draft, rows

from uku.clients.models import Client
from uku.invoices.drafts import DraftHead, TermsUnknown, copy_invoice, create_draft
from uku.invoices.models import Invoice
from uku.workspaces.company import edit_company
from uku.workspaces.models import Workspace
from uku.workspaces.seller import InvalidFact

DAY = date(2026, 3, 31)


@pytest.fixture
def without_terms(scope, owner):
    client = make_client(owner)
    Client.objects.update(payment_days=None)
    return Client.objects.get(pk=client.pk)


def state_terms(workspace, owner, days):
    edit_company(workspace=workspace, actor=owner, at=AT, changes={"payment_days": days})


def due_after(client) -> timedelta:
    return DraftHead(Client.objects.get(pk=client.pk), DAY).due - DAY


def test_the_clients_own_terms_win(scope, owner):
    client = make_client(owner)
    state_terms(scope, owner, "10")
    assert due_after(client) == timedelta(days=20)


def test_without_them_the_companys_hold(scope, owner, without_terms):
    state_terms(scope, owner, "10")
    assert due_after(without_terms) == timedelta(days=10)


def test_terms_of_no_days_are_terms(scope, owner, without_terms):
    Client.objects.update(payment_days=0)
    assert due_after(without_terms) == timedelta(0)


def test_without_any_a_person_says_when_it_is_due(scope, owner, without_terms):
    state_terms(scope, owner, "")
    with pytest.raises(TermsUnknown):
        create_draft(actor=owner, at=AT, head=DraftHead(without_terms, DAY), rows=rows("100"))
    assert Invoice.objects.count() == 0
    chosen = DraftHead(without_terms, DAY, due_date=date(2026, 4, 15))
    assert create_draft(actor=owner, at=AT, head=chosen, rows=rows("100")).due_date == date(2026, 4, 15)


def test_a_copy_is_due_after_as_many_days_where_nobody_knows_terms(scope, owner, without_terms):
    draft = make_draft(owner, without_terms)
    state_terms(scope, owner, "")
    Invoice.objects.update(invoice_date=DAY, due_date=DAY + timedelta(days=14))
    copied = copy_invoice(invoice=draft, actor=owner, at=AT, today=date(2026, 5, 1))
    assert copied.due_date == date(2026, 5, 15)


@pytest.mark.parametrize("typed", ["-1", "366", "thirty", "1.5", "9999999999"])
def test_terms_are_days_of_a_year_at_most(scope, owner, typed):
    with pytest.raises(InvalidFact) as refused:
        state_terms(scope, owner, typed)
    assert refused.value.sentence == "Write the number of days, from 0 to 365."
    assert Workspace.objects.get(pk=scope.pk).payment_days == 30
