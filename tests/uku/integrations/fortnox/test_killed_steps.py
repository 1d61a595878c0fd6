"""Each step of the loop, killed before, inside and after it: whoever takes it up ends as one clean run would.

The steps come from the product's own list, so a new one without a scene here fails. Sweeps over every commit and
every side of every request are where it matters most: exports, imports, reloads and tokens have tests of their own.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from tests.uku.integrations.fortnox.conftest import clear_queue, due_steps, lose_jobs, make_credit_note, work_off
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.clients.models import Client
from uku.integrations.fortnox.models import (
    ArticleRecord,
    BulkCreation,
    Connection,
    CustomerRecord,
    ExportKind,
    ExportState,
    InvoiceExport,
    ReadKind,
    Reload,
    RequestedRead,
    RequestedSync,
    RunKind,
    RunState,
    StepRest,
    SyncRun,
)
from uku.integrations.fortnox.reload import service
from uku.integrations.fortnox.statistics.preview import request_preview
from uku.integrations.fortnox.work import requests
from uku.integrations.fortnox.work.steps import STEPS
from uku.invoices.cancel import cancel_invoice
from uku.invoices.deliveries import Wanted, send_invoice
from uku.invoices.delivery_models import DeliveryState, DeliveryWay, InvoiceDelivery, LedgerMethod
from uku.invoices.models import Invoice, State
from uku.kit import clock
from uku.tasks.models import TaskValue
from uku.tasks.summaries import Schedule, open_month, own_plan, plan_summaries
from uku.workspaces.models import Notice

pytestmark = pytest.mark.process
TWO_DAYS = timedelta(days=2)


class World:
    """What makes one step due, again and again, each time with something new in it."""

    def __init__(self, fortnox, shop, later) -> None:
        self.fortnox, self._shop, self._later = fortnox, shop, later
        self.connection = shop.connection
        self._times = 0

    def arrange(self, name: str) -> None:
        self._times += 1
        getattr(self, f"make_{name}_due", lambda: self._ask_for_sync(name))()

    def pass_time(self) -> None:
        """Let leases and pauses between look-ups be over, and no e-mail wait for this worker's place."""
        lose_jobs()
        for export in InvoiceExport.objects.exclude(state=ExportState.CONFIRMED, booked=True):
            self._later(export, seconds=20 * 60)
        due = InvoiceDelivery.objects.filter(ledger_due_at__isnull=False)
        due.update(ledger_due_at=F("ledger_due_at") - timedelta(minutes=20))

    def _ask_for_sync(self, name: str) -> None:
        requests.request_sync(self.connection, RunKind(name))

    def make_export_due(self) -> None:
        self._shop.issue(price=f"{900 + self._times}.50")

    def make_credit_due(self) -> None:
        """A credit of the whole and one of a part, by turns: the part needs its rows on the note, too."""
        invoice = self._shop.issue(price=f"{900 + self._times}.50")
        work_off()
        make_credit_note(self._shop.owner, invoice, None if self._times % 2 else "1")

    def make_cancel_due(self) -> None:
        self.fortnox.set_company(locked_period=clock.today("Europe/Stockholm").isoformat())
        invoice = self._shop.issue()
        work_off()
        self.fortnox.set_company(locked_period=None)
        cancel_invoice(invoice=invoice, actor=self._shop.owner, at=clock.now())

    def make_delivery_due(self) -> None:
        invoice = self._shop.issue(price=f"{900 + self._times}.50")
        work_off()
        wanted = Wanted(DeliveryWay.ACCOUNTING, method=LedgerMethod.EMAIL)
        send_invoice(invoice=invoice, wanted=wanted, seen=0, actor=self._shop.owner, at=clock.now())

    def make_record_due(self) -> None:
        self.fortnox.change_customer(self._shop.customer, Name=f"Björk {self._times} AB")
        requests.request_read(self.connection, ReadKind.CUSTOMER, self._shop.customer)

    def make_check_refusal_due(self) -> None:
        past = clock.now() - TWO_DAYS
        Connection.objects.update(refused_since=past + timedelta(days=1), refreshed_at=past, authorized_at=past)

    def make_keep_alive_due(self) -> None:
        Connection.objects.update(refreshed_at=clock.now() - TWO_DAYS)

    def make_company_due(self) -> None:
        self.fortnox.set_company(Name=f"Exempelbyrån {self._times} AB")
        requests.request_read(self.connection, ReadKind.COMPANY)

    def make_grant_due(self) -> None:
        requests.request_read(self.connection, ReadKind.GRANT)

    def make_customers_due(self) -> None:
        self.fortnox.customer(Name=f"Ny {self._times} AB")
        self._ask_for_sync("customers")

    def make_articles_due(self) -> None:
        self.fortnox.article(Description=f"Lön {self._times}")
        self._ask_for_sync("articles")

    def make_payments_due(self) -> None:
        if not Invoice.objects.exists():
            self._shop.issue()
            work_off()
        invoice = Invoice.objects.get()
        self.fortnox.pay(invoice.number, "100", clock.today("Europe/Stockholm").isoformat())
        self._ask_for_sync("payments")

    def make_statistics_due(self) -> None:
        today, owner = clock.today("Europe/Stockholm"), self._shop.owner
        fields = {"customers": "Customers"}
        at = clock.now()
        plan_summaries(
            actor=owner, at=at, title="Month", topic="B", client=None, fields=fields, schedule=Schedule(today)
        )
        Connection.objects.update(statistics=["customers"])
        open_month(own_plan(), month=today, at=at)
        self._ask_for_sync("statistics")

    def make_preview_due(self) -> None:
        facts = {"workspace": self.connection.workspace, "connection": self.connection, "actor": self._shop.owner}
        request_preview(**facts, month=clock.today("Europe/Stockholm").replace(day=1), at=clock.now())

    def make_comparison_due(self) -> None:
        """Uku lost how a create ended, as after a restored backup."""
        invoice = self._shop.issue(price=f"{900 + self._times}.50")
        work_off()
        lost = {"state": ExportState.REJECTED, "document_number": "", "booked": False, "next_at": None}
        InvoiceExport.objects.filter(invoice=invoice).update(**lost)
        Invoice.objects.filter(pk=invoice.pk).update(number="", ocr="")
        self._ask_for_sync("comparison")

    def make_create_clients_due(self) -> None:
        Connection.objects.update(first_import_of="")
        self.make_customers_due()
        work_off()
        asked = {"company_id": FIRST, "asked": 1, "asked_by": self._shop.owner, "asked_at": clock.now()}
        BulkCreation.objects.create(up_to=CustomerRecord.objects.latest("id").pk, **asked)

    def make_details_due(self) -> None:
        CustomerRecord.objects.update(detail_read_at=None)

    def make_reload_due(self) -> None:
        service.begin(actor=self._shop.owner, at=clock.now())

    def make_review_due(self) -> None:
        Notice.objects.all().delete()
        StepRest.objects.filter(step="review").delete()
        Connection.objects.update(block_reason="needs_authorization", reviewed_at=None)

    # What must hold afterwards

    def here(self) -> dict[str, object]:
        read = Invoice.objects.filter(balance__isnull=False)
        paid = {invoice.number: invoice.total - invoice.balance for invoice in read}
        return {
            "customers": dict(CustomerRecord.objects.filter(active=True).values_list("number", "name")),
            "clients": Counter(Client.objects.values_list("name", flat=True)),
            "articles": dict(ArticleRecord.objects.filter(active=True).values_list("number", "description")),
            "invoices": {e.reference: 1 for e in InvoiceExport.objects.filter(kind=ExportKind.CREATE)},
            "credited": dict(
                InvoiceExport.objects.filter(kind=ExportKind.CREDIT).values_list("document_number", "invoice__total")
            ),
            "unbooked": set(
                InvoiceExport.objects.filter(booked=False).values_list("document_number", "invoice__state")
            ),
            "paid": {number: amount for number, amount in paid.items() if amount},
            "sent": Counter(
                InvoiceDelivery.objects.filter(state=DeliveryState.SENT).values_list("invoice__number", flat=True)
            ),
            "company": Connection.objects.get().company_name,
        }

    def there(self) -> dict[str, object]:
        with self.fortnox.app.installation.lock:
            company = self.fortnox.app.installation.company(FIRST)
            tables = {name: list(company.table(name).values()) for name in ("customers", "articles", "invoices")}
            called = company.settings["Name"]
        customers = {row["CustomerNumber"]: row["Name"] for row in tables["customers"]}
        paid = {
            row["DocumentNumber"]: Decimal(str(row["Total"])) - Decimal(str(row["Balance"]))
            for row in tables["invoices"]
        }
        return {
            "customers": customers,
            "clients": Counter(customers.values()),
            "articles": {row["ArticleNumber"]: row["Description"] for row in tables["articles"]},
            "invoices": dict(self.fortnox.creates()),
            "credited": {
                row["DocumentNumber"]: row["Total"] for row in tables["invoices"] if row.get("Credit") == "true"
            },
            "unbooked": {
                (row["DocumentNumber"], State.CANCELLED if row.get("Cancelled") else State.CREATED)
                for row in tables["invoices"]
                if not row.get("Booked")
            },
            "paid": {number: amount for number, amount in paid.items() if amount},
            "sent": Counter(entry["key"] for entry in self.fortnox.commits("invoice.email")),
            "company": called,
        }


def _decimal(amount: object) -> Decimal:
    return Decimal(str(amount))


@pytest.fixture
def world(fortnox, shop, later):
    clear_queue()
    return World(fortnox, shop, later)


@pytest.mark.parametrize("name", [step.name for step in STEPS])
def test_a_step_killed_before_inside_and_after_it_ends_as_one_clean_run(mortal, world, name):
    connection = world.connection
    place = {"connection_id": connection.pk, "company_id": connection.company_id}
    order = {"do": "job", "name": "fortnox.work", "arguments": place}
    for _ in range(2):  # the first one also does what comes once
        world.arrange(name)
        assert name in due_steps(connection)
        steps = mortal.live(**order)
    for at in sorted({0, len(steps) // 2, len(steps) - 1}):
        world.arrange(name)
        died = mortal.die(at, **order)
        assert died is not None, (at, steps)
        for _ in range(4):
            world.pass_time()
            mortal.live(**order)
            if not due_steps(connection) and world.here() == world.there():
                break
        assert due_steps(connection) == [], died
        assert world.here() == world.there(), died
        assert not RequestedSync.objects.exists(), died
        assert not RequestedRead.objects.exists(), died
        assert not BulkCreation.objects.filter(ended_at=None).exists(), died
        assert not any(rows.objects.filter(state=RunState.RUNNING).exists() for rows in (SyncRun, Reload)), died
    assert not TaskValue.objects.filter(value=None).exists()
    assert Notice.objects.filter(key="fortnox.needs_authorization").count() == (1 if name == "review" else 0)
