"""Whatever befalls a firm and its connection, in whatever order: each invoice keeps one number and one place, nothing
of one company is shown or sent as another's, and no value that a person typed changes but by a person.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.histories import histories
from tests.uku.integrations.fortnox.simulated import FIRST, SECOND

from uku.clients.models import Client
from uku.clients.operations import edit_client
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable, require_usable_connection
from uku.integrations.fortnox.customers.status import badges_of
from uku.integrations.fortnox.integration import FortnoxIntegration
from uku.integrations.fortnox.models import Connection, CustomerRecord, ExportState, InvoiceExport, RunKind
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.models import Invoice
from uku.kit import clock
from uku.workspaces.models import Workspace
from uku.workspaces.operations import set_plan

HANDS = {"email": "hand@byran.example", "phone": "040-123 45", "city": "Ystad", "name": "Namnet AB"}
THEIRS = {"Email": "post@kund.example", "Phone1": "08-123 45", "City": "Stockholm", "Name": "Kund i Fortnox AB"}

BUCKETS = {
    "In Fortnox": "in Fortnox",
    "Waiting for number": "waiting",
    "Held": "waiting",
    "Sending": "waiting",
    "Number from Uku": "own number",
    "Not sent": "needs a person",
    "Needs a decision": "needs a person",
    "Fortnox refused it": "needs a person",
}


def buckets_of(issued) -> dict[int, list[str]]:
    """Where each invoice is, by what the list of invoices says."""
    badges = FortnoxIntegration().invoice_badges(issued)
    found = {pk: [bucket for start, bucket in BUCKETS.items() if badges[pk].words.startswith(start)] for pk in badges}
    return {invoice.pk: found.get(invoice.pk) or (["own number"] if invoice.number else []) for invoice in issued}


def assert_pages_say_what_the_list_says() -> None:
    issued = list(Invoice.objects.exclude(issued_at=None))
    badges = FortnoxIntegration().invoice_badges(issued)
    panels = {invoice.pk: FortnoxIntegration().invoice_panels(invoice) for invoice in issued}
    assert {pk: [panel.badge for panel in found] for pk, found in panels.items() if found} == {
        pk: [badge] for pk, badge in badges.items()
    }


def assert_numbers_hold(fortnox) -> set[str]:
    """Return the places that were met."""
    issued = list(Invoice.objects.exclude(issued_at=None))
    places = buckets_of(issued)
    assert {pk: found for pk, found in places.items() if len(found) != 1} == {}
    own = [invoice.number for invoice in issued if not invoice.ledger]
    numbers = [(invoice.ledger, invoice.number) for invoice in issued if invoice.number]
    assert (len(set(own)), len(set(numbers))) == (len(own), len(numbers))
    assert set(own) & {number for ledger, number in numbers if ledger} == set()
    assert [count for count in fortnox.creates().values() if count > 1] == []
    for export in InvoiceExport.objects.filter(state=ExportState.CONFIRMED).select_related("invoice"):
        made = {row["DocumentNumber"]: row for row in fortnox.invoices(export.company_id)}[export.document_number]
        facts = (made["ExternalInvoiceReference1"], made["DocumentNumber"], made["OCR"])
        assert facts == (export.reference, export.invoice.number, export.invoice.ocr)
        assert export.invoice.ledger in {"", export.company_id}
    return {place for found in places.values() for place in found}


def assert_nothing_is_shown_as_anothers(client, company: str) -> None:
    "Linked is only who has a customer in the connected company; held for it is only what was issued for it."
    linked = (
        CustomerRecord.objects.filter(client=client, company_id=company, active=True).exists() if company else False
    )
    words = badges_of([client])[client.pk].words
    assert (words.startswith("Customer ") and not words.endswith(", not connected")) == linked
    integration = FortnoxIntegration()
    for export in InvoiceExport.objects.exclude(company_id=company).select_related("invoice"):
        (panel,) = integration.invoice_panels(export.invoice)
        assert "Company" in dict(panel.facts)


def machine_of(desk, shop, scope, fortnox, met):  # noqa: C901  # one function a rule
    """The firm, its connection and both Fortnox companies as a state machine over the real parts."""

    class Firm(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.typed: dict[str, str] = {}

        @initialize(follows=st.booleans())
        def begin(self, follows: bool) -> None:
            fortnox.switch(series_follows_highest=follows)
            set_plan(workspace=scope, plan="team", at=clock.now())
            self.typed = {name: getattr(self.client(), name) for name in self.client().edited_fields}

        def client(self) -> Client:
            return Client.objects.get(pk=shop.client.pk)

        def connect(self, company: str) -> None:
            set_plan(workspace=scope, plan="team", at=clock.now())
            desk.disconnect()
            desk.connect(company)

        @rule()
        def issue(self) -> None:
            desk.issue()

        @rule()
        def issue_with_a_number_from_uku(self) -> None:
            desk.issue(number="own")

        @rule()
        def issue_an_old_one(self) -> None:
            desk.issue(shop.draft(on=clock.today("Europe/Stockholm") - timedelta(days=40)))

        @rule()
        def send_by_hand(self) -> None:
            for invoice in Invoice.objects.exclude(issued_at=None):
                address = f"{desk.home}/settings/fortnox/invoices/{invoice.pk}/send/"
                if address in desk.show(invoice).values("a", "href"):
                    desk.browser.post(address)
                    return

        @rule()
        def enable(self) -> None:
            if Workspace.objects.get(pk=scope.pk).may_integrate:
                desk.enable()

        @rule()
        def disable(self) -> None:
            desk.disable()

        @rule(plan=st.sampled_from(["free", "team"]))
        def change_the_plan(self, plan: str) -> None:
            set_plan(workspace=scope, plan=plan, at=clock.now())

        @rule()
        def disconnect(self) -> None:
            desk.disconnect()

        @rule(company=st.sampled_from([FIRST, SECOND]))
        def connect_a_company(self, company: str) -> None:
            self.connect(company)

        @rule()
        def authorize_again(self) -> None:
            """The grant is refused until somebody authorizes again."""
            connection = Connection.objects.get()
            if connection.is_connected:
                Connection.objects.update(block_reason="needs_authorization", blocked_at=clock.now())
                desk.issue()
                set_plan(workspace=scope, plan="team", at=clock.now())
                desk.connect(connection.company_id)

        @rule(name=st.sampled_from(sorted(HANDS)), version=st.integers(1, 3))
        def type_a_value(self, name: str, version: int) -> None:
            value = f"{HANDS[name]}{version}"
            edit_client(client=self.client(), actor=shop.owner, at=clock.now(), changes={name: value})
            self.typed[name] = value

        @rule(company=st.sampled_from([FIRST, SECOND]), name=st.sampled_from(sorted(THEIRS)), version=st.integers(1, 3))
        def change_the_customer(self, company: str, name: str, version: int) -> None:
            number = CustomerRecord.objects.filter(client=shop.client, company_id=company).values_list(
                "number", flat=True
            )
            fortnox.change_customer(number[0], company, **{name: f"{THEIRS[name]}{version}"})

        @rule(full=st.booleans())
        def sync(self, full: bool) -> None:
            try:
                connection = require_usable_connection()
            except ConnectionNotUsable:
                return
            run_sync(SyncRequest(connection, RunKind.CUSTOMERS, full=full))
            clear_queue()

        @rule()
        def let_the_worker_work(self) -> None:
            """Until this happens the worker is dead: jobs wait, and pages tell of what waits."""
            desk.work(at_most=500)

        def teardown(self) -> None:
            """However a run went, each company is connected, gets an invoice sent, and an old one that waits."""
            for company in (SECOND, FIRST):
                self.connect(company)
                desk.enable()
                desk.issue()
                self.issue_an_old_one()
                desk.work(at_most=500)
                met.update(assert_numbers_hold(fortnox))
                assert_pages_say_what_the_list_says()

        @invariant()
        def each_invoice_has_one_number_and_one_place(self) -> None:
            met.update(assert_numbers_hold(fortnox))

        @invariant()
        def nothing_of_one_company_is_shown_as_anothers(self) -> None:
            assert_nothing_is_shown_as_anothers(self.client(), Connection.objects.get().company_id)

        @invariant()
        def what_a_person_typed_stays(self) -> None:
            client = self.client()
            assert {name: getattr(client, name) for name in self.typed} == self.typed

    return Firm


@pytest.mark.history
def test_whatever_happens_in_whatever_order(desk, shop, scope, fortnox):
    desk.disconnect()
    desk.connect_other()
    desk.disconnect()
    desk.connect(FIRST)
    met: set[str] = set()
    run_state_machine_as_test(machine_of(desk, shop, scope, fortnox, met), settings=histories(8))
    assert met == set(BUCKETS.values())  # a run that never reaches one of them would prove nothing of it
    assert set(InvoiceExport.objects.values_list("company_id", flat=True)) == {FIRST, SECOND}
