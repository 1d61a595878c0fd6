# ruff: noqa: INP001
"""A firm of the soak: what its people do about invoices, here and in Fortnox, one thing at a time."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

from firm import connect

from fortnox_api import FortnoxError

NAMES = (
    *("issue",) * 5,
    *("issue_to_new", "pay", "pay", "pay", "pay", "credit", "credit", "decide", "decide", "copy"),
    *("double", "decide_about_a_double", "decide_about_a_double"),
    *("cancel", "book", "reverse", "retry", "choose_booking", "choose_customers"),
)
"""What may happen, each as often as it stands here."""


class Firm:
    """One workspace with a customer and an article in a company of its own, and what befalls its invoices."""

    def __init__(self, fortnox: Any, company: str, chance: random.Random) -> None:
        self.fortnox, self.company, self.chance = fortnox, company, chance
        self.customer = fortnox.customer(company, OrganisationNumber="455000-0006")
        self.article = fortnox.article(company)
        self.owner, self.connection = connect(fortnox, f"byran-{company}", company)
        self.clients: list[Any] = []
        self.copied: set[str] = set()
        """The references of invoices that somebody copied in Fortnox."""

    def scope(self) -> Any:
        from uku.kit.scoping import workspace_in_force

        return workspace_in_force(self.connection.workspace_id)

    def is_imported(self) -> bool:
        from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, RunKind, RunState, SyncRun

        with self.scope():
            done = set(SyncRun.objects.filter(state=RunState.DONE).values_list("kind", flat=True))
            linked = CustomerRecord.objects.filter(client__isnull=False).exists() and ArticleRecord.objects.exists()
            return {RunKind.CUSTOMERS, RunKind.ARTICLES} <= done and linked

    def act(self) -> str:
        """Let one thing happen, by a person here or in Fortnox; return what it was, "" when nothing could."""
        name = self.chance.choice(NAMES)
        with self.scope():
            return name if getattr(self, name)() else ""

    def issue(self) -> bool:
        from uku.integrations.fortnox.models import CustomerRecord

        return self._issue(CustomerRecord.objects.get(number=self.customer).client)

    def issue_to_new(self) -> bool:
        """Issue to a client that Fortnox does not know, or that was one a moment ago; Uku creates the customer."""
        from stdnum import luhn

        from uku.clients.operations import create_client
        from uku.integrations.fortnox.models import Connection, NewCustomers
        from uku.kit import clock

        if Connection.objects.get().new_customers != NewCustomers.CREATE:
            return False
        if not self.clients or self.chance.random() < 0.5:  # noqa: PLR2004
            digits = f"456{len(self.clients):06}"
            number = f"{digits}{luhn.calc_check_digit(digits)}"
            name = f"Ny Kund {len(self.clients)} AB"
            facts = {"organisation_number": f"{number[:6]}-{number[6:]}", "address1": "Ågatan 2", "city": "Luleå"}
            self.clients.append(create_client(actor=self.owner, at=clock.now(), name=name, **facts))
        return self._issue(self.chance.choice(self.clients))

    def choose_customers(self) -> bool:
        from uku.integrations.fortnox.connection.choices import choose_new_customers
        from uku.integrations.fortnox.models import NewCustomers
        from uku.kit import clock

        workspace, choice = self.connection.workspace, NewCustomers.CREATE
        choose_new_customers(workspace=workspace, choice=choice, actor=self.owner, at=clock.now())
        return True

    def _issue(self, client: Any) -> bool:
        from tests.uku.integrations.fortnox.conftest import make_draft

        from uku.invoices.models import Numbering
        from uku.invoices.operations import issue_invoice
        from uku.kit import clock

        price = f"{self.chance.randint(1, 200_000) / 100:.2f}"
        quantity = self.chance.choice(("1", "2", "0.5", "3.25"))
        draft = make_draft(self.owner, client, self.article, price=price, quantity=quantity)
        by_fortnox = Numbering.ACCOUNTING
        issue_invoice(invoice=draft, actor=self.owner, at=clock.now(), numbering=by_fortnox, ledger=self.company)
        return True

    def pay(self) -> bool:
        """Pay what an invoice owes, or a part of it, in Fortnox; have it read back."""
        open_ones = [row for row in self.fortnox.invoices(self.company) if row.get("Booked") and row["Balance"] > 1]
        if not open_ones:
            return False
        invoice = self.chance.choice(open_ones)
        amount = invoice["Balance"] if self.chance.random() < 0.6 else (invoice["Balance"] / 2).quantize(1)  # noqa: PLR2004
        from uku.kit import clock

        body = {"amount": str(amount), "date": clock.today("Europe/Stockholm").isoformat()}
        number = invoice["DocumentNumber"]
        self.fortnox.ask("POST", f"companies/{self.company}/payments", invoice=number, **body)
        self.read_back()
        return True

    def reverse(self) -> bool:
        found = self.fortnox.ask("GET", f"companies/{self.company}/payments")
        numbers = [row["Number"] for row in found if row.get("Booked")]
        if not numbers:
            return False
        self.fortnox.ask("DELETE", f"companies/{self.company}/payments/{self.chance.choice(numbers)}")
        self.read_back()
        return True

    def read_back(self) -> None:
        from uku.integrations.fortnox.models import RunKind
        from uku.integrations.fortnox.work import requests

        requests.request_sync(self.connection, RunKind.PAYMENTS)

    def credit(self) -> bool:
        from tests.uku.integrations.fortnox.conftest import make_credit_note

        from uku.invoices.credit import NotCreditable

        if (invoice := self._any_issued()) is None:
            return False
        row = invoice.rows.get()
        part = None if self.chance.random() < 0.5 else str(row.quantity / 2)  # noqa: PLR2004
        try:
            make_credit_note(self.owner, invoice, part)
        except NotCreditable:
            return False
        return True

    def cancel(self) -> bool:
        from uku.invoices.cancel import NotCancellable, can_be_cancelled, cancel_invoice
        from uku.kit import clock

        invoice = self._any_issued(booked=False)
        if invoice is None or not can_be_cancelled(invoice):
            return False
        try:
            cancel_invoice(invoice=invoice, actor=self.owner, at=clock.now())
        except NotCancellable:
            return False
        return True

    def book(self) -> bool:
        from uku.integrations.fortnox.models import ExportState

        return self._retry(state=ExportState.CONFIRMED, booked=False, to_book=False, cancel_wanted_at=None)

    def retry(self) -> bool:
        """A person has what needs a decision looked for again."""
        from uku.integrations.fortnox.models import ExportState

        return self._retry(state__in=[ExportState.NEEDS_PERSON, ExportState.REJECTED])

    def _retry(self, **which: Any) -> bool:
        from uku.integrations.fortnox.invoices.retry import retry_export
        from uku.integrations.fortnox.models import InvoiceExport

        found = list(InvoiceExport.objects.filter(company_id=self.company, cancelled_at=None, **which).order_by("id"))
        if not found:
            return False
        retry_export(export=self.chance.choice(found), actor=self.owner)
        return True

    def copy(self) -> bool:
        """Somebody copies an invoice in Fortnox of which Uku has no answer yet, with our reference on it."""
        from uku.integrations.fortnox.models import ExportKind, ExportState, InvoiceExport

        facts = {"kind": ExportKind.CREATE, "state__in": [ExportState.SENDING, ExportState.UNCERTAIN]}
        unclear = set(InvoiceExport.objects.filter(**facts).values_list("reference", flat=True)) - self.copied
        with self.fortnox.app.installation.lock:
            company = self.fortnox.app.installation.company(self.company)
            found = [
                row
                for row in company.table("invoices").rows.values()
                if row.get("ExternalInvoiceReference1") in unclear
            ]
            if not found:
                return False
            row, number = self.chance.choice(found), str(company.take_number("invoices", "invoices"))
            company.put("invoices", number, {**row, "DocumentNumber": number, "OCR": f"{number}00"})
            self.fortnox.app.installation.store.commit([])
        self.copied.add(row["ExternalInvoiceReference1"])
        return True

    def decide(self) -> bool:
        """A person adopts what Fortnox has of an unclear invoice, sends again what is not there, or leaves it."""
        from uku.integrations.fortnox.invoices.decision import NotDecided, can_decide
        from uku.integrations.fortnox.models import ExportState, InvoiceExport

        states = [ExportState.UNCERTAIN, ExportState.NEEDS_PERSON, ExportState.LEFT]
        found = [
            export for export in InvoiceExport.objects.filter(state__in=states).order_by("id") if can_decide(export)
        ]
        if not found:
            return False
        with suppress(NotDecided, FortnoxError):  # a fault, or the workers were quicker: the page says so
            self._decide(self.chance.choice(found))
            return True
        return False

    def _decide(self, export: Any) -> None:
        from uku.integrations.fortnox.client.open import open_fortnox
        from uku.integrations.fortnox.invoices import decision
        from uku.integrations.fortnox.invoices.candidates import numbers_with_reference
        from uku.kit import clock

        facts = {"export": export, "seen": export.fence, "actor": self.owner, "at": clock.now()}
        if self.chance.random() < 0.2:  # noqa: PLR2004
            decision.leave(reason="Typed by hand", **facts)
            return
        with open_fortnox(self.connection) as fortnox:
            numbers = numbers_with_reference(fortnox, export)
        if numbers:
            decision.adopt(number=self.chance.choice(numbers), **facts)
        else:
            decision.send_again(known=numbers, **facts)

    def double(self) -> bool:
        """Somebody copies an invoice in Fortnox that Uku has, with our reference on it; both sides are compared."""
        from uku.integrations.fortnox.models import ExportKind, ExportState, InvoiceExport, RunKind
        from uku.integrations.fortnox.work import requests

        sent = InvoiceExport.objects.filter(company_id=self.company, state=ExportState.CONFIRMED)
        numbers = set(sent.filter(kind=ExportKind.CREATE).values_list("document_number", flat=True))
        found = [
            row
            for row in self.fortnox.invoices(self.company)
            if row["DocumentNumber"] in numbers and row["Balance"] == row["Total"] > 0 and not row.get("Cancelled")
        ]
        if not found:
            return False
        row = self.chance.choice(found)
        fresh = {"Booked": False, "VoucherNumber": None, "CreditInvoiceReference": "0"}
        self.fortnox.copy_invoice(of=row["DocumentNumber"], company=self.company, **fresh)
        self.copied.add(row["ExternalInvoiceReference1"])
        requests.request_sync(self.connection, RunKind.COMPARISON)
        return True

    def decide_about_a_double(self) -> bool:
        """A person says which of two it is in Fortnox, or leaves it."""
        from uku.integrations.fortnox.invoices.decision import NotDecided, standing_difference
        from uku.integrations.fortnox.models import ExportState, InvoiceExport

        sent = InvoiceExport.objects.filter(company_id=self.company, state=ExportState.CONFIRMED).order_by("id")
        found = [export for export in sent if export.reference in self.copied and standing_difference(export)]
        if not found:
            return False
        with suppress(NotDecided, FortnoxError):
            self._decide(self.chance.choice(found))
            return True
        return False

    def choose_booking(self) -> bool:
        from uku.integrations.fortnox.connection.choices import choose_booking
        from uku.integrations.fortnox.models import Booking
        from uku.kit import clock

        choice = Booking.BY_HAND if self.chance.random() < 0.3 else Booking.AT_ONCE  # noqa: PLR2004
        workspace = self.connection.workspace
        choose_booking(workspace=workspace, choice=choice, actor=self.owner, at=clock.now())
        return True

    def _any_issued(self, **which: Any) -> Any:
        from uku.invoices.models import Invoice, State

        issued = Invoice.objects.filter(credits=None, state__in=[State.CREATED, State.PAID], **which).order_by("-id")
        newest = list(issued[:40])
        return self.chance.choice(newest) if newest else None

    def is_at_rest(self) -> bool:
        from tests.uku.integrations.fortnox.conftest import due_steps

        with self.scope():
            return due_steps(self.connection) == []

    def is_under_way(self) -> bool:
        """Say whether something is still to become clear, or to be made, booked or cancelled, by itself."""
        from django.db.models import Q

        from uku.integrations.fortnox.invoices.credit import is_ready
        from uku.integrations.fortnox.invoices.export import TO_BOOK
        from uku.integrations.fortnox.models import ExportKind, ExportState, InvoiceExport

        queued = Q(state=ExportState.QUEUED) & (Q(kind=ExportKind.CREATE) | is_ready())
        moving = queued | Q(state__in=[ExportState.SENDING, ExportState.UNCERTAIN]) | TO_BOOK
        wanted = Q(cancel_wanted_at__isnull=False)
        return InvoiceExport.everywhere.filter(moving | wanted, company_id=self.company).exists()

    def let_time_pass(self) -> None:
        """Move the stamps of what goes out back by twenty minutes, end rests, and wake the loop. No worker runs."""
        from datetime import timedelta

        from django.db.models import F

        from uku.integrations.fortnox.models import InvoiceExport, Pace, StepRest
        from uku.integrations.fortnox.work.due import wake
        from uku.kit import clock

        span = timedelta(minutes=20)
        theirs = InvoiceExport.everywhere.filter(company_id=self.company)
        theirs.update(sent_at=F("sent_at") - span, next_at=F("next_at") - span, lease_until=F("lease_until") - span)
        StepRest.everywhere.all().delete()
        Pace.objects.all().delete()
        wake(self.connection, at=clock.now())
