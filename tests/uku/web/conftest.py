"""Rows to look at in two workspaces, how to read a page, and an integration of the tests' own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from tests.uku.conftest import make_user
from tests.uku.web.page_reader import Page

AT = datetime(2026, 3, 31, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_collected_files(settings):
    """Static files come from the finders; WhiteNoise warns of a folder that `collectstatic` never made."""
    settings.STATIC_ROOT = None


@pytest.fixture
def read():
    """Read an answer as a page."""
    return lambda answer: Page(answer.content.decode())


@pytest.fixture
def make():
    """Makers of single rows, for the workspace in force."""
    return SimpleNamespace(client=make_client, product=make_product, draft=make_draft, task=make_task)


@pytest.fixture
def records(workspace, owner):
    return make_records(workspace, owner)


@pytest.fixture
def other_records(other_workspace, stranger):
    return make_records(other_workspace, stranger)


def make_records(workspace, actor, name="Åkerlunds Bygg AB"):
    """One of each, all complete, so that a leak would show."""
    from uku.invoices.operations import issue_invoice
    from uku.kit.scoping import workspace_in_force
    from uku.workspaces.invitations import invite
    from uku.workspaces.models import Membership

    with workspace_in_force(workspace.pk):
        client = make_client(actor, name)
        colleague = make_user(f"colleague@{workspace.slug}.example")
        membership = Membership.objects.create(user=colleague, role="member")
        invitation = invite(email=f"new@{workspace.slug}.example", role="member", actor=actor, at=AT)
        product = make_product(actor)
        draft, issued = (make_draft(actor, client, product) for _ in range(2))
        issue_invoice(invoice=issued, actor=actor, at=AT, numbering="own")
        issued.refresh_from_db()
        task = make_task(client, actor)
        return SimpleNamespace(
            client=client,
            product=product,
            draft=draft,
            issued=issued,
            task=task,
            field=task.values.get().field,
            file=make_import_file(actor),
            membership=membership,
            invitation=invitation,
        )


def make_client(actor, name, **fields):
    from uku.clients.operations import create_client

    facts = {"address1": "Storgatan 1", "postcode": "211 34", "city": "Malmö", "country": "SE"}
    return create_client(actor=actor, at=AT, name=name, **{**facts, **fields})


def multiply(row, first, last, **columns):
    """Put a row for each n of a range in a row's place, by SQL for the columns that differ: the ORM takes seconds."""
    from django.db import connection

    table = row._meta.db_table
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    values = {field.column: columns.get(field.attname, field.column) for field in fields}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())}"
            f" FROM {table}, generate_series(%s, %s) AS n WHERE id = %s",
            [first, last - 1, row.pk],
        )
    row.delete()


def make_import_file(actor, text="Namn;Ort\nEkdungen AB;Malmö\n"):
    from uku.clients.import_files.operations import upload_file

    content = text if isinstance(text, bytes) else text.encode()
    return upload_file(actor=actor, at=AT, name="clients.csv", content=content)


def make_product(actor):
    from uku.products.operations import create_product

    return create_product(
        actor=actor,
        at=AT,
        name="Bookkeeping",
        unit="h",
        price=Decimal("1250.00"),
        vat_rate=Decimal(25),
        article_number="100",
    )


def make_draft(actor, client, product=None, description="Bookkeeping"):
    from uku.invoices.drafts import DraftHead, RowFacts, create_draft

    row = RowFacts(description, Decimal(2), Decimal("1250.00"), Decimal(25), "h", "100", product)
    return create_draft(actor=actor, at=AT, head=DraftHead(client, date(2026, 3, 1)), rows=[row])


def make_task(client, assignee):
    from uku.tasks.models import SummaryPlan, Task, TaskField, TaskValue

    task = Task.objects.create(
        client=client,
        title="Monthly summary March 2026",
        assignee=assignee,
        due_date=date(2026, 3, 31),
        plan=SummaryPlan.objects.create(),
        month=date(2026, 3, 1),
        created_at=AT,
    )
    field = TaskField.objects.create(name="Vouchers")
    TaskValue.objects.create(task=task, field=field, value=Decimal(730), measured=Decimal(731), measured_at=AT)
    return task


class Ledger:
    """A stand-in for an integration, at the seam that pages see."""

    slug, title = "ledger", "Ledger"

    def card(self, workspace):  # noqa: ARG002  # the seam's signature, here and below
        from uku.integrations.registry import Badge, Card

        return Card("ledger", "Ledger", "Invoices go out.", Badge("Off", "neutral"), "/somewhere/")

    def banners(self, workspace, membership):  # noqa: ARG002
        return []

    def payments_check(self, workspace):  # noqa: ARG002
        return None

    source: object = None  # a test that needs one puts its own in place

    def number_source(self, invoice):  # noqa: ARG002
        return self.source

    proposal: dict[str, str] = {}  # noqa: RUF012  # a test that needs one puts its own in place

    def company_proposal(self, workspace):  # noqa: ARG002
        return self.proposal

    def statistic_label(self, name):
        return name.title()

    def documents_address(self, workspace, month, statistic):  # noqa: ARG002
        return f"/documents/{statistic}/"

    company = ""  # as of an article that was typed; a test that needs one puts its own in place

    def article_company(self):
        return self.company

    def company_name(self, company):
        return company.title()

    def client_states(self):
        return [("linked", "Linked"), ("loose", "Not linked")]

    def client_state(self):
        from django.db.models import Case, Value, When

        return Case(When(email="", then=Value("loose")), default=Value("linked"))

    waiting: object = None  # a test that needs one puts its own in place

    def clients_waiting(self, workspace):  # noqa: ARG002
        return self.waiting

    def client_badges(self, clients):
        from uku.integrations.registry import Badge

        return {client.pk: Badge(f"Linked {client.pk}", "good") for client in clients}

    def client_panels(self, client):  # noqa: ARG002
        from uku.integrations.registry import Action, Badge, Panel

        facts = (("Customer", "1042"),)
        return [Panel("Ledger", Badge("Linked 1042", "good"), facts, actions=(Action("Refresh", "/refresh/"),))]

    checks: tuple[object, ...] = ()  # a test that needs some puts its own in place

    def invoices_waiting_for_somebody(self):
        from uku.invoices.models import Invoice

        return Invoice.objects.filter(reference=self.stuck).values("pk")

    stuck = ""  # the reference of an invoice that waits for a person; a test that needs one puts its own in place

    def inactive_clients(self, clients):  # noqa: ARG002
        return set()

    def invoice_checks(self, invoice, rows):  # noqa: ARG002
        return self.checks

    def invoice_badges(self, invoices):
        from uku.integrations.registry import Badge

        return {invoice.pk: Badge("Waiting for number from Ledger", "moving") for invoice in invoices}

    def invoice_panels(self, invoice):  # noqa: ARG002
        from uku.integrations.registry import Badge, Panel

        error = ("Ledger did not take it.", "Nothing was booked.", "Send it again.", "Fel (1)")
        return [Panel("Ledger", Badge("Rejected", "bad"), (), *error)]

    offer: object = None  # a test that needs one puts its own in place

    def delivery_offer(self, invoice):  # noqa: ARG002
        return self.offer

    def article_system(self):
        return "Ledger"

    def article(self, number):
        return self.articles_of([number]).get(number)

    def articles_of(self, numbers):
        return {article.number: article for article in self.known_articles() if article.number in numbers}

    def articles(self, words, *, at_most):
        from uku.products.articles import ArticlesFound

        active = [article for article in self.known_articles() if article.active]
        found = [article for article in active if words.lower() in f"{article.number} {article.description}".lower()]
        return ArticlesFound(found[:at_most], len(found))

    says: dict[str, dict[str, object]] = {}  # noqa: RUF012  # what a test has an article say otherwise, by its number

    def known_articles(self):
        from dataclasses import replace

        from uku.products.articles import Article

        known = [
            Article("100", "Bookkeeping", "h", Decimal(1250), Decimal(25), True, "3041", "Ledger article 100"),
            Article("205", "Course <b>books</b>", "st", None, None, source="Ledger article 205"),
            Article("300", "Old style", "st", Decimal(10), Decimal(6), False, "3003", "Ledger article 300"),
        ]
        return [replace(article, **self.says.get(article.number, {})) for article in known]

    def tax_rates(self):
        from uku.products.rates import KnownRate

        return [KnownRate(Decimal(25), "Ledger article 100"), KnownRate(Decimal("25.5"), "Ledger article 101")]

    def units(self):
        return ["h", "paket"]


def known_integrations():
    """The registry; the addresses are read first, since they follow from what is registered then."""
    from django.urls import get_resolver

    from uku.integrations import registry

    assert get_resolver().url_patterns
    return registry


@pytest.fixture
def no_integration(monkeypatch):
    registry = known_integrations()
    monkeypatch.setattr(registry, "_registered", {})


@pytest.fixture
def ledger(monkeypatch):
    registry, stand_in = known_integrations(), Ledger()
    monkeypatch.setattr(registry, "_registered", {"ledger": stand_in})
    return stand_in


@pytest.fixture
def unnumbered(scope, owner):
    """An issued invoice that waits for its number."""
    from uku.invoices.operations import issue_invoice

    draft = make_draft(owner, make_client(owner, "Åkerlunds Bygg AB"))
    return issue_invoice(invoice=draft, actor=owner, at=AT, numbering="accounting")


@pytest.fixture
def april(monkeypatch):
    """Today is 1 April 2026."""
    from uku.kit import clock

    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 4, 1, 9, 0, tzinfo=UTC))
