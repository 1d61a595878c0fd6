"""The company's own terms of payment, for customers that have none: learnt from Fortnox' answers, for no request."""

from __future__ import annotations

from datetime import date
from importlib import import_module

import pytest
from django.db import connection as database
from tests.uku.integrations.fortnox.conftest import make_draft
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.clients.models import Client
from uku.integrations.fortnox.models import CustomerRecord
from uku.invoices.models import Invoice
from uku.invoices.operations import issue_invoice
from uku.kit import clock
from uku.workspaces.models import AuditEntry, Workspace


@pytest.fixture
def unstated(scope, shop, fortnox, run_jobs):
    """Nobody stated the company's terms; in Fortnox they are 20 days, and the customer has none."""
    Workspace.objects.filter(pk=scope.pk).update(payment_days=None)
    Client.objects.update(payment_days=None)
    fortnox.set_company(terms="20")

    def send(customer_terms: str = "") -> int | None:
        """Send an invoice whose due date a person chose; return what the company's terms are then."""
        fortnox.change_customer(shop.customer, TermsOfPayment=customer_terms)
        CustomerRecord.objects.update(detail_read_at=None)
        Workspace.objects.filter(pk=scope.pk).update(payment_days=30)  # a due date was typed
        draft = make_draft(shop.owner, shop.client, shop.article)
        Workspace.objects.filter(pk=scope.pk).update(payment_days=None)
        issue_invoice(invoice=draft, actor=shop.owner, at=clock.now(), numbering="accounting", ledger=FIRST)
        run_jobs()
        assert Invoice.objects.get().number != ""
        return Workspace.objects.get(pk=scope.pk).payment_days

    return send


def test_an_imported_client_whose_customer_has_no_terms_has_none(shop, fortnox, read):
    fortnox.customer(Name="Utan Villkor AB", OrganisationNumber="455000-0048")
    fortnox.customer(Name="Med Villkor AB", OrganisationNumber="455000-0055", TermsOfPayment="10")
    read()
    names = ("Utan Villkor AB", "Med Villkor AB")
    assert [Client.objects.get(name=name).payment_days for name in names] == [None, 10]


def test_the_first_invoice_to_a_customer_without_terms_tells_the_companys(fortnox, unstated):
    before = fortnox.mark()
    assert unstated() == 20
    told = AuditEntry.objects.filter(action="company.edit").latest("position")
    assert (told.actor_id, told.before, told.after) == (None, {"payment_days": None}, {"payment_days": 20})
    assert [r for r in fortnox.requests(before) if "terms" in r or "settings" in r] == []


def test_an_invoice_to_a_customer_with_terms_of_its_own_tells_nothing(unstated):
    assert unstated("10") is None


def test_what_a_person_stated_is_not_overwritten(scope, shop, fortnox, run_jobs):
    fortnox.set_company(terms="20")
    shop.issue()
    run_jobs()
    assert Workspace.objects.get(pk=scope.pk).payment_days == 30


def test_thirty_days_that_nobody_stated_are_forgotten(shop):
    named = {"none": ("", []), "own": ("10", []), "typed": ("", ["payment_days"])}
    for number, (name, (terms, edited)) in enumerate(named.items()):
        client = Client.objects.create(name=name, created_at=clock.now(), payment_days=30, edited_fields=edited)
        facts = {"company_id": FIRST, "number": f"9{number}", "seen_at": clock.now(), "detail_read_at": clock.now()}
        CustomerRecord.objects.create(**facts, name=name, client=client, terms_of_payment=terms)
    migration = import_module("uku.integrations.fortnox.migrations.0037_terms_nobody_stated")
    with database.cursor() as cursor:
        cursor.execute(migration.FORGET)
    found = Client.objects.filter(name__in=named).order_by("pk")
    assert list(found.values_list("name", "payment_days")) == [("none", None), ("own", 30), ("typed", 30)]


def test_the_invoice_carries_the_due_date_by_the_companys_terms(scope, shop, fortnox, run_jobs):
    Client.objects.update(payment_days=None)
    Workspace.objects.filter(pk=scope.pk).update(payment_days=12)
    invoice = shop.issue()
    run_jobs()
    (made,) = fortnox.invoices()
    days = date.fromisoformat(made["DueDate"]) - date.fromisoformat(made["InvoiceDate"])
    assert (days.days, made["DueDate"]) == (12, invoice.due_date.isoformat())
