"""Invoices brought into each of their states, by what people and Fortnox do, for a browser to look at."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.journeys.site import SLUG
from tests.journeys.test_invoice_numbers import decide_first_import, drafts
from tests.uku.integrations.fortnox.conftest import clear_queue, issue, make_credit_note
from tests.uku.integrations.fortnox.simulated import FIRST

POST = {"method": "POST", "path": "/3/invoices"}
FIRST_COPY = 700_000
ADDRESS = {"address1": "Ågatan 2", "postcode": "972 31", "city": "Luleå", "country": "SE"}
REFUSAL = '{"ErrorInformation":{"error":1,"message":"Fortnox säger nej","code":2009999}}'


class InvoiceWorld:
    """A connected workspace with one linked client and one article, seen by its owner and a member."""

    def __init__(self, site: Any) -> None:
        self.site, self.fortnox = site, site.fortnox
        self.page = self.owner = site.sign_in("owner")
        self.member = site.sign_in("member")
        mail = "post@bjork.example"
        site.fortnox.customer(OrganisationNumber="455000-0006", Email=mail, EmailInvoice=mail)
        site.fortnox.article()
        site.connect(self.owner)
        site.within(decide_first_import)
        site.work()
        self.sent()  # so that Fortnox has an invoice that can be copied

    def put_back(self) -> None:
        """What a state changed of the company and of the connection is as it was."""
        self.page = self.owner
        self.fortnox.heal()
        self.fortnox.switch(credit_settles="automatic", decimal_vat="accept")
        self.fortnox.set_company(locked_period=None, rounding=True)
        self.site.within(_connect_again)
        self.work()  # what waited goes now, and meets no fault that is meant for another

    # Look

    def open(self, pk: int, path: str = "") -> None:
        self.site.open(self.page, f"/billing/{pk}/{path}")

    @property
    def text(self) -> str:
        return str(self.page.inner_text("body"))

    def press(self, name: str) -> None:
        for role in ("button", "link"):
            for wanted in ({"name": name, "exact": True}, {"name": re.compile(f"^{re.escape(name)}")}):
                found = self.page.get_by_role(role, **wanted)
                if found.count():
                    found.first.click()
                    return
        raise AssertionError(f"no button {name} on the page: {self.text}")

    def await_words(self, words: str) -> None:
        self.page.get_by_text(re.compile(words)).first.wait_for()

    # Do

    def within(self, work: Callable[[Any], Any]) -> Any:
        """Do something as the owner, with the workspace in force."""
        return self.site.within(lambda: work(_owner()))

    def work(self) -> None:
        self.site.within(_end_rests)
        self.site.work()

    def draft(self) -> int:
        (pk,) = self.site.within(drafts)
        return int(pk)

    def issued(self, **facts: Any) -> int:
        return int(self.within(lambda owner: issue(owner, *_whom(), **facts).pk))

    def sent(self, **facts: Any) -> int:
        """In Fortnox, and booked."""
        pk = self.issued(**facts)
        self.work()
        return pk

    def issued_to_new_client(self, name: str, **facts: Any) -> int:
        """To a client that is no customer in Fortnox, in a firm that lets Uku create it."""
        from uku.clients.operations import create_client
        from uku.integrations.fortnox.connection.choices import choose_new_customers
        from uku.integrations.fortnox.models import NewCustomers
        from uku.kit import clock

        def issue_to(owner: Any) -> int:
            choose_new_customers(workspace=_workspace(), choice=NewCustomers.CREATE, actor=owner, at=clock.now())
            client = create_client(actor=owner, at=clock.now(), name=name, **ADDRESS, **facts)
            return int(issue(owner, client, _whom()[1]).pk)

        return int(self.within(issue_to))

    def unbooked(self) -> int:
        pk = self.issued()
        self.change_export(pk, to_book=False)
        self.work()
        return pk

    def lost(self, phase: str = "P2") -> int:
        """Its create was not answered, after (P2) or before (P1) it was carried out."""
        self.fortnox.fault(**POST, action="drop", phase=phase)
        return self.sent()

    def undecided(self) -> int:
        pk = self.lost()
        self.copy(self.last_number())
        self.look_up(pk)
        return pk

    def cancelled_there(self) -> int:
        pk = self.lost()
        self.ask(self.last_number(), "cancel")
        self.look_up(pk)
        return pk

    def left(self) -> int:
        from uku.integrations.fortnox.invoices.decision import leave
        from uku.kit import clock

        pk = self.undecided()

        def decide(owner: Any) -> None:
            export = _export(pk)
            leave(export=export, reason="Typed by hand", seen=export.fence, actor=owner, at=clock.now())

        self.within(decide)
        return pk

    def used_number(self) -> int:
        """A number from Uku that another invoice has in Fortnox."""
        from uku.integrations.fortnox.invoices.send_by_hand import send_by_hand
        from uku.invoices.models import Invoice
        from uku.kit import clock

        pk = self.issued(numbering="own")
        self.copy(self.last_number(), self.number(pk), ExternalInvoiceReference1="")
        self.within(lambda owner: send_by_hand(invoice=Invoice.objects.get(pk=pk), actor=owner, at=clock.now()))
        self.work()
        return pk

    def credited(self, pk: int, quantity: str | None = None) -> int:
        from uku.invoices.models import Invoice

        return int(self.within(lambda owner: make_credit_note(owner, Invoice.objects.get(pk=pk), quantity).pk))

    def cancel(self, pk: int) -> int:
        from uku.invoices.cancel import cancel_invoice
        from uku.invoices.models import Invoice
        from uku.kit import clock

        self.within(lambda owner: cancel_invoice(invoice=Invoice.objects.get(pk=pk), actor=owner, at=clock.now()))
        return pk

    def deliver(self, pk: int, way: str) -> None:
        """Ask for it to be sent to the client: `uku`, `accounting` or `hand`."""
        from uku.invoices.deliveries import Wanted, send_invoice
        from uku.invoices.delivery_models import LedgerMethod
        from uku.invoices.models import Invoice
        from uku.kit import clock

        def ask(owner: Any) -> None:
            facts = {
                "uku": {"to": "post@bjork.example"},
                "accounting": {"method": LedgerMethod.EMAIL},
                "hand": {"sent_on": clock.today("Europe/Stockholm")},
            }
            wanted = Wanted(way, **facts[way])
            send_invoice(invoice=Invoice.objects.get(pk=pk), wanted=wanted, seen=0, actor=owner, at=clock.now())

        self.within(ask)

    def marked_paid(self, pk: int) -> int:
        from uku.invoices.models import Invoice
        from uku.invoices.paid_mark import mark_paid
        from uku.kit import clock

        def mark(owner: Any) -> None:
            today = clock.today("Europe/Stockholm")
            mark_paid(invoice=Invoice.objects.get(pk=pk), paid_on=today, actor=owner, at=clock.now())

        self.within(mark)
        return pk

    def look_up(self, pk: int) -> None:
        """Let all times of looking be over."""

        def look(_owner: Any) -> None:
            from uku.integrations.fortnox.invoices.export import process_export

            for _ in range(3):
                _move_back(pk, minutes=20)
                process_export(export_id=_export(pk).pk)

        self.within(look)

    def read(self, pk: int) -> None:
        def ask(_owner: Any) -> None:
            from uku.integrations.fortnox.models import Connection, InvoiceExport, RunKind
            from uku.integrations.fortnox.work import requests
            from uku.kit import clock

            InvoiceExport.objects.filter(invoice=pk).update(read_due_at=clock.now())
            requests.request_sync(Connection.objects.get(), RunKind.PAYMENTS)

        self.within(ask)
        self.work()

    def compare(self) -> None:
        """Have both sides' invoices compared."""

        def ask(_owner: Any) -> None:
            from uku.integrations.fortnox.models import Connection, RunKind
            from uku.integrations.fortnox.work import requests

            requests.request_sync(Connection.objects.get(), RunKind.COMPARISON)

        self.within(ask)
        self.work()

    # Facts

    def number(self, pk: int) -> str:
        from uku.invoices.models import Invoice

        return str(self.within(lambda _owner: Invoice.objects.get(pk=pk).number))

    def change(self, pk: int, **facts: Any) -> None:
        from uku.invoices.models import Invoice

        self.within(lambda _owner: Invoice.objects.filter(pk=pk).update(**facts))

    def change_export(self, pk: int, **facts: Any) -> None:
        from uku.integrations.fortnox.models import InvoiceExport

        self.within(lambda _owner: InvoiceExport.objects.filter(invoice=pk).update(**facts))

    def change_delivery(self, pk: int, **facts: Any) -> None:
        from uku.invoices.delivery_models import InvoiceDelivery

        self.within(lambda _owner: InvoiceDelivery.objects.filter(invoice=pk).update(**facts))

    def let_pass(self, pk: int, **span: float) -> None:
        self.within(lambda _owner: _move_back(pk, **span))

    # In Fortnox

    def last_number(self) -> str:
        """The number that Fortnox gave last."""
        numbers = [int(row["DocumentNumber"]) for row in self.fortnox.invoices()]
        return str(max(number for number in numbers if number < FIRST_COPY))

    def copy(self, original: str, number: str = "", **changes: str) -> None:
        """Put a copy of an invoice beside it, with a number beyond all others unless one is given."""
        number = number or str(FIRST_COPY + len(self.fortnox.invoices()))
        with self.fortnox.app.installation.lock:
            company = self.fortnox.app.installation.company(FIRST)
            row = company.get("invoices", original)
            company.put("invoices", number, {**row, "DocumentNumber": number, "OCR": f"{number}0", **changes})

    def change_there(self, pk: int, **facts: Any) -> None:
        number = self.number(pk)
        with self.fortnox.app.installation.lock:
            company = self.fortnox.app.installation.company(FIRST)
            company.put("invoices", number, {**company.get("invoices", number), **facts})

    def ask(self, number: str, action: str) -> None:
        self.fortnox.ask("POST", f"companies/{FIRST}/invoices/{number}/{action}")

    def days_ago(self, days: int) -> date:
        from uku.kit import clock

        return self.within(lambda _owner: clock.today("Europe/Stockholm")) - timedelta(days=days)

    def pay(self, pk: int, amount: str) -> None:
        self.fortnox.pay(self.number(pk), amount, self.days_ago(0).isoformat())
        self.read(pk)


def _owner() -> Any:
    from uku.workspaces.models import User

    return User.objects.get(email="owner@byran.example")


def _workspace() -> Any:
    from uku.workspaces.models import Workspace

    return Workspace.objects.get(slug=SLUG)


def _whom() -> tuple[Any, str]:
    """The client that was linked first, and the first article."""
    from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord

    linked = CustomerRecord.objects.exclude(client=None).order_by("pk").first()
    return linked.client, ArticleRecord.objects.order_by("pk").first().number


def _export(pk: int) -> Any:
    from uku.integrations.fortnox.models import InvoiceExport

    return InvoiceExport.objects.select_related("invoice").get(invoice=pk)


def _move_back(pk: int, **span: float) -> None:
    from uku.integrations.fortnox.models import InvoiceExport

    row = _export(pk)
    stamps = {name: getattr(row, name) for name in ("sent_at", "next_at", "lease_until")}
    moved = {name: stamp and stamp - timedelta(**span) for name, stamp in stamps.items()}
    InvoiceExport.objects.filter(pk=row.pk).update(**moved)
    clear_queue()


def _end_rests() -> None:
    from uku.integrations.fortnox.models import Connection, StepRest
    from uku.integrations.fortnox.work.due import wake
    from uku.kit import clock

    StepRest.objects.all().delete()
    wake(Connection.objects.get(), at=clock.now())


def _connect_again() -> None:
    from uku.integrations.fortnox.models import Connection

    Connection.objects.update(enabled=True, company_id=FIRST, new_customers="ask")
