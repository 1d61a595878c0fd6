"""What can be done about an invoice, arranged and not yet done: by a worker, or by a person in the browser."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.uku.integrations.fortnox.conftest import issue, make_credit_note, work_off
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.clients.operations import create_client
from uku.integrations.fortnox.invoices.export import process_export
from uku.integrations.fortnox.models import Connection, ExportState, InvoiceExport, NewCustomers, RunKind
from uku.integrations.fortnox.work import requests
from uku.invoices.cancel import cancel_invoice
from uku.invoices.models import Invoice
from uku.kit import clock
from uku.workspaces.models import Workspace

POST = {"method": "POST", "path": "/3/invoices"}
POST_CUSTOMER = {"method": "POST", "path": "/3/customers"}
REFUSAL = '{"ErrorInformation":{"error":1,"message":"Fortnox säger nej","code":2009999}}'
NOT_PERMITTED = '{"ErrorInformation":{"error":1,"message":"Ingen behörighet","code":2000663}}'
GONE = '{"ErrorInformation":{"Error":1,"Message":"Kan inte hitta fakturan.","Code":2000434}}'
ALWAYS = 99
LOOK_UPS = 6
"""Each twenty minutes after the one before: sent, looked up twice, and the same once more."""
Order = dict[str, Any]


class Scenes:
    """Each public method arranges one thing and returns the order that does it; `faults` are those it is to meet."""

    def __init__(self, fortnox: Any, shop: Any, session: str, home: str, later: Any) -> None:
        self._fortnox, self._shop, self._session, self._home, self._later = fortnox, shop, session, home, later
        self.faults: list[dict[str, Any]] = []

    # Issue, export, confirm, book

    def issue(self) -> Order:
        return self._post(f"billing/{self._shop.draft().pk}/issue/")

    def issue_with_a_number_from_uku(self) -> Order:
        Connection.objects.update(enabled=False)
        return self._post(f"billing/{self._shop.draft().pk}/issue/", numbering="own")

    def export_and_book(self) -> Order:
        self._shop.issue()
        return self._work()

    def export_and_leave_not_booked(self) -> Order:
        self._shop.issue()
        InvoiceExport.objects.update(to_book=False)
        return self._work()

    def export_that_fortnox_refuses(self) -> Order:
        self._shop.issue()
        self._meet(**POST, status=400, body=REFUSAL, times=ALWAYS)
        return self._work()

    def export_that_is_not_permitted_at_first(self) -> Order:
        self._shop.issue()
        self._meet(**POST, status=403, body=NOT_PERMITTED)
        return self._work()

    def export_to_a_fortnox_that_is_busy(self) -> Order:
        self._shop.issue()
        self._meet(**POST, status=429)
        return self._work()

    def export_that_creates_the_customer(self) -> Order:
        self._issue_to_new_client()
        return self._work()

    def export_whose_customer_is_not_confirmed(self) -> Order:
        self._issue_to_new_client()
        self._meet(**POST_CUSTOMER, action="drop", phase="P2")
        return self._work()

    def export_that_looks_for_its_customer(self) -> Order:
        invoice = self._issue_to_new_client()
        self._fortnox.fault(**POST_CUSTOMER, action="drop", phase="P2")
        work_off()
        self._later(self._shop.export_of(invoice), seconds=60)
        return self._work()

    def export_whose_customer_must_wait(self) -> Order:
        self._issue_to_new_client()
        self._meet(**POST_CUSTOMER, status=429)
        return self._work()

    def export_whose_customer_fortnox_refuses(self) -> Order:
        self._issue_to_new_client()
        self._meet(**POST_CUSTOMER, status=400, body=REFUSAL, times=ALWAYS)
        return self._work()

    def export_whose_customer_number_is_used(self) -> Order:
        client = self._issue_to_new_client().client
        self._fortnox.customer(Name="Någon Annan AB", CustomerNumber=f"U{client.pk}")
        return self._work()

    def export_whose_customer_is_there_already(self) -> Order:
        self._issue_to_new_client()
        self._fortnox.customer(Name="Lind AB", OrganisationNumber="455000-0014")
        return self._work()

    def export_whose_date_holds_it(self) -> Order:
        invoice = self._shop.issue()
        day = clock.today("Europe/Stockholm") - timedelta(days=36)
        Invoice.objects.filter(pk=invoice.pk).update(invoice_date=day)
        return self._work()

    def export_answered_with_another_invoice(self) -> Order:
        self._shop.issue()
        self._meet(**POST, action="rewrite", set={"Invoice": {"DocumentNumber": "7", "ExternalInvoiceReference1": "X"}})
        return self._work()

    def export_of_a_number_from_uku(self) -> Order:
        self._shop.issue(numbering="own")
        return self._post(f"settings/fortnox/invoices/{Invoice.objects.get().pk}/send/")

    def export_of_a_number_that_is_used(self) -> Order:
        invoice = self._shop.issue(numbering="own")
        self._sent()
        with self._fortnox.app.installation.lock:
            company = self._fortnox.app.installation.company(FIRST)
            other = next(iter(company.table("invoices").rows.values()))
            taken = {"DocumentNumber": invoice.number, "ExternalInvoiceReference1": ""}
            company.put("invoices", invoice.number, {**other, **taken})
        return self._post(f"settings/fortnox/invoices/{invoice.pk}/send/")

    def export_refused_as_its_number_is_used(self) -> Order:
        self._press(self.export_of_a_number_that_is_used())
        return self._work()

    def number_kept_outside_fortnox(self) -> Order:
        self._do(self.export_of_a_number_that_is_used())
        return self._post(f"settings/fortnox/pushes/{self._refused().pk}/keep-number/")

    def export_sent_by_hand(self) -> Order:
        invoice = self._shop.issue(on=clock.today("Europe/Stockholm") - timedelta(days=36))
        return self._post(f"settings/fortnox/invoices/{invoice.pk}/send/")

    def export_tried_again(self) -> Order:
        self._do(self.export_that_fortnox_refuses())
        return self._post(f"settings/fortnox/pushes/{InvoiceExport.objects.get().pk}/retry/")

    def draft_again(self) -> Order:
        self._do(self.export_that_fortnox_refuses())
        return self._post(f"settings/fortnox/pushes/{InvoiceExport.objects.get().pk}/back-to-draft/")

    def draft_again_with_a_number_from_uku(self) -> Order:
        self._do(self.export_of_a_number_that_is_used())
        return self._post(f"settings/fortnox/pushes/{self._refused().pk}/back-to-draft/")

    def page_before_sending(self) -> Order:
        self.export_sent_by_hand()
        path = f"{self._home}/settings/fortnox/invoices/{Invoice.objects.get().pk}/send/"
        return {"do": "get", "path": path, "session": self._session}

    def booking_that_fortnox_refuses(self) -> Order:
        self._fortnox.set_company(locked_period=clock.today("Europe/Stockholm").isoformat())
        self._shop.issue()
        return self._work()

    def booking_whose_answer_is_lost(self) -> Order:
        self._shop.issue()
        self._meet(method="PUT", path="/3/invoices/*", action="drop", phase="P2")
        return self._work()

    def booking_that_never_arrives(self) -> Order:
        self._shop.issue()
        self._meet(method="PUT", path="/3/invoices/*", action="drop", phase="P1")
        return self._work()

    def booking_of_what_is_gone(self) -> Order:
        self._delete(self._unbooked().number)
        InvoiceExport.objects.update(to_book=True, next_at=clock.now())
        return self._work()

    # Reconcile

    def look_up_of_what_was_created(self) -> Order:
        self._unclear("P2")
        return self._work()

    def look_up_of_what_never_arrived(self) -> Order:
        self._unclear("P1")
        return self._work()

    def last_look_up_of_what_never_arrived(self) -> Order:
        """The number after that of the newest one in Fortnox is read, too."""
        self._sent()
        self._unclear("P1")
        InvoiceExport.objects.filter(state=ExportState.UNCERTAIN).update(late_negatives=1)
        return self._work()

    def look_up_after_two_silences(self) -> Order:
        self._shop.issue()
        self._meet(**POST, action="drop", phase="P1", times=ALWAYS)
        return self._work()

    def look_up_of_what_is_cancelled_there(self) -> Order:
        self._unclear("P2")
        self._ask_invoice(self._newest(), "cancel")
        return self._work()

    def look_up_of_what_a_note_copied(self) -> Order:
        self._fortnox.switch(credit_copies_reference=True)
        self._unclear("P2")
        for action in ("bookkeep", "credit"):
            self._ask_invoice(self._fortnox.invoices()[0]["DocumentNumber"], action)
        return self._work()

    # Credit

    def credit_in_the_browser(self) -> Order:
        return self._credit_page(self._sent())

    def credit_outside_fortnox(self) -> Order:
        return self._credit_page(self._shop.issue(numbering="own"))

    def credit_of_what_fortnox_refused(self) -> Order:
        self._do(self.export_of_a_number_that_is_used())
        return self._credit_page(self._refused().invoice)

    def credit_of_the_whole(self) -> Order:
        self._credit(self._sent())
        return self._work()

    def credit_issued_on_the_day_before(self) -> Order:
        """Fortnox dates the note by the day on which it makes it."""
        note = self._credit(self._sent())
        day = clock.today("Europe/Stockholm") - timedelta(days=1)
        Invoice.objects.filter(pk=note.pk).update(invoice_date=day, due_date=day)
        return self._work()

    def credit_of_a_part(self) -> Order:
        self._credit(self._sent(), "1")
        return self._work()

    def credit_of_the_rest(self) -> Order:
        invoice = self._sent()
        self._credit(invoice, "1")
        work_off()
        self._credit(invoice)
        return self._work()

    def credit_that_fortnox_refuses(self) -> Order:
        invoice = self._sent()
        self._credit(invoice)
        self._meet(method="PUT", path=f"/3/invoices/{invoice.number}/credit", status=400, body=REFUSAL, times=ALWAYS)
        return self._work()

    def credit_whose_rows_fortnox_refuses(self) -> Order:
        invoice = self._sent()
        self._credit(invoice, "1")
        note = str(int(invoice.number) + 1)
        self._meet(method="PUT", path=f"/3/invoices/{note}", status=400, body=REFUSAL, times=ALWAYS)
        return self._work()

    def credit_whose_answer_is_lost(self) -> Order:
        return self._credit_lost("P2")

    def credit_that_never_arrives(self) -> Order:
        return self._credit_lost("P1")

    def credit_found_before_it_is_asked_for_again(self) -> Order:
        """As when an earlier try landed after the last look-up."""
        self._credit(self._sent())
        self._fortnox.fault(method="PUT", path="/3/invoices/*", action="drop", phase="P2")
        work_off()
        InvoiceExport.objects.filter(state=ExportState.UNCERTAIN).update(state=ExportState.QUEUED, next_at=None)
        return self._work()

    def credit_looked_up_after_its_answer_was_lost(self) -> Order:
        return self._look_up_credit("P2")

    def credit_looked_up_after_it_never_arrived(self) -> Order:
        return self._look_up_credit("P1")

    def credit_of_what_is_cancelled_there(self) -> Order:
        invoice = self._unbooked()
        self._credit(invoice)
        self._ask_invoice(invoice.number, "cancel")
        return self._work()

    def credit_of_what_is_gone(self) -> Order:
        invoice = self._sent()
        self._credit(invoice)
        self._delete(invoice.number)
        return self._work()

    def credit_of_what_is_not_booked(self) -> Order:
        self._credit(self._unbooked())
        return self._work()

    # Cancel

    def cancel_in_the_browser(self) -> Order:
        return self._post(f"billing/{self._shop.issue().pk}/cancel/")

    def cancel_of_what_is_in_fortnox(self) -> Order:
        return self._post(f"billing/{self._unbooked().pk}/cancel/")

    def cancel_by_a_worker(self) -> Order:
        self._cancel(self._unbooked())
        return self._work()

    def cancel_that_fortnox_refuses(self) -> Order:
        invoice = self._unbooked()
        self._cancel(invoice)
        self._ask_invoice(invoice.number, "bookkeep")
        return self._work()

    def cancel_whose_answer_is_lost(self) -> Order:
        self._cancel(self._unbooked())
        self._meet(method="PUT", path="/3/invoices/*", action="drop", phase="P2")
        return self._work()

    def cancel_of_what_never_arrived(self) -> Order:
        self._cancel(self._unclear("P1"))
        self._meet(**POST, action="drop", phase="P1", times=ALWAYS)
        return self._work()

    # Read back

    def read_back_of_a_payment(self) -> Order:
        self._pay(self._sent())
        return self._read()

    def read_back_of_a_payment_removed(self) -> Order:
        invoice = self._sent()
        for _ in range(2):
            payment = self._pay(invoice)
        self._read()
        work_off()
        self._fortnox.ask("DELETE", f"companies/{FIRST}/payments/{payment}")
        return self._read()

    def read_back_of_a_payment_in_euros(self) -> Order:
        self._fortnox.set_company(currencies={"EUR": "11.25"})
        Workspace.objects.update(iban="SE4550000000058398257466")
        self._shop.client.currency = "EUR"
        self._shop.client.save()
        self._pay(self._sent())
        return self._read()

    def read_back_of_what_is_gone(self) -> Order:
        invoice = self._sent()
        InvoiceExport.objects.update(read_due_at=clock.now())
        self._meet(path=f"/3/invoices/{invoice.number}", status=404, body=GONE, times=ALWAYS)
        return self._read()

    def read_back_of_what_was_booked_there(self) -> Order:
        self._ask_invoice(self._unbooked().number, "bookkeep")
        return self._read()

    def read_back_of_a_note_made_there(self) -> Order:
        self._ask_invoice(self._sent().number, "credit")
        return self._read()

    # Compare

    def compare_with_one_that_is_gone(self) -> Order:
        self._fortnox.ask("DELETE", f"companies/{FIRST}/invoices/{self._sent().number}")
        requests.request_sync(self._shop.connection, RunKind.COMPARISON)
        return self._work()

    def compare_with_one_that_is_there(self) -> Order:
        """Uku lost how the create ended, as after a restored backup."""
        self._sent()
        lost = {"state": ExportState.REJECTED, "document_number": "", "booked": False, "next_at": None}
        InvoiceExport.objects.update(**lost)
        Invoice.objects.update(number="", ocr="")
        requests.request_sync(self._shop.connection, RunKind.COMPARISON)
        return self._work()

    # Decide

    def page_of_a_decision(self) -> Order:
        return self._decision_page(self._found_twice())

    def page_of_a_decision_about_a_note(self) -> Order:
        self._do(self.credit_whose_rows_fortnox_refuses())
        return self._decision_page(InvoiceExport.objects.get(state=ExportState.NEEDS_PERSON))

    def decision_to_adopt(self) -> Order:
        return self._decide(self._found_twice(), "adopt", number=self._fortnox.invoices()[0]["DocumentNumber"])

    def decision_to_adopt_a_note(self) -> Order:
        self._do(self.credit_whose_rows_fortnox_refuses())
        export = InvoiceExport.objects.get(state=ExportState.NEEDS_PERSON)
        return self._decide(export, "adopt", number=self._newest())

    def decision_to_send_again(self) -> Order:
        return self._decide(self._never_arrived(), "send-again", known="")

    def decision_to_send_again_carried_out(self) -> Order:
        self._press(self.decision_to_send_again())
        return self._work()

    def decision_to_leave(self) -> Order:
        return self._decide(self._found_twice(), "leave", reason="Typed by hand")

    def decision_to_leave_what_is_to_be_cancelled(self) -> Order:
        return self._decide(self._found_twice(cancel=True), "leave", reason="Typed by hand")

    def decision_to_adopt_another_than_the_one_uku_has(self) -> Order:
        return self._decide(self._doubled(), "adopt", number="9001")

    def decision_to_leave_another_than_the_one_uku_has(self) -> Order:
        return self._decide(self._doubled(), "leave", reason="A copy")

    def decision_made_anew(self) -> Order:
        self._press(self.decision_to_leave())
        return self._decide(InvoiceExport.objects.get(), "adopt", number=self._newest())

    # A person's mark

    def mark_paid(self) -> Order:
        return self._mark_paid(self._sent())

    def remove_mark(self) -> Order:
        invoice = self._sent()
        self._press(self._mark_paid(invoice))
        return self._post(f"billing/{invoice.pk}/remove-mark/")

    # How

    def _work(self) -> Order:
        place = {"connection_id": self._shop.connection.pk, "company_id": FIRST}
        return {"do": "job", "name": "fortnox.work", "arguments": place}

    def _post(self, path: str, **data: str) -> Order:
        return {"do": "post", "path": f"{self._home}/{path}", "data": data, "session": self._session}

    def _mark_paid(self, invoice: Invoice) -> Order:
        return self._post(f"billing/{invoice.pk}/mark-paid/", paid_on=clock.today("Europe/Stockholm").isoformat())

    def _delete(self, number: str) -> None:
        self._fortnox.ask("DELETE", f"companies/{FIRST}/invoices/{number}")

    def _read(self) -> Order:
        requests.request_sync(self._shop.connection, RunKind.PAYMENTS)
        return self._work()

    def _issue_to_new_client(self) -> Invoice:
        """An invoice to a client that Fortnox does not know, in a firm that lets Uku create customers."""
        Connection.objects.update(new_customers=NewCustomers.CREATE)
        facts = {"name": "Lind AB", "organisation_number": "455000-0014", "address1": "Ågatan 2", "city": "Luleå"}
        client = create_client(actor=self._shop.owner, at=clock.now(), **facts)
        issued: Invoice = issue(self._shop.owner, client, self._shop.article)
        return issued

    def _meet(self, **fault: Any) -> None:
        self.faults.append(fault)

    def _do(self, order: Order) -> None:
        """Do in this process what another scene arranged, with its faults, and forget them."""
        for fault in self.faults:
            self._fortnox.fault(**fault)
        if order["do"] == "post":
            self._press(order)
        work_off()
        self._fortnox.heal()
        self.faults.clear()

    def _press(self, order: Order) -> None:
        """Press a button in this process; what it asks for is left to a worker."""
        from django.test import Client

        browser = Client()
        browser.force_login(self._shop.owner)
        assert browser.post(order["path"], order["data"]).status_code == 302

    def _refused(self) -> InvoiceExport:
        return InvoiceExport.objects.get(state=ExportState.REJECTED)

    def _sent(self) -> Invoice:
        """An invoice in Fortnox, booked."""
        invoice = self._shop.issue()
        work_off()
        return Invoice.objects.get(pk=invoice.pk)

    def _unbooked(self) -> Invoice:
        """An invoice in Fortnox that is left not booked."""
        invoice = self._shop.issue()
        InvoiceExport.objects.filter(invoice=invoice).update(to_book=False)
        work_off()
        return Invoice.objects.get(pk=invoice.pk)

    def _unclear(self, phase: str) -> Invoice:
        """An invoice whose create was cut off, after or before it was carried out, a day ago."""
        self._fortnox.fault(**POST, action="drop", phase=phase)
        invoice = self._shop.issue()
        work_off()
        self._later(self._shop.export_of(invoice), seconds=20 * 60)
        return invoice

    def _found_twice(self, *, cancel: bool = False) -> InvoiceExport:
        """An invoice whose reference is on two in Fortnox, so that a person must decide."""
        invoice = self._unclear("P2")
        if cancel:
            self._cancel(invoice)
        self._fortnox.copy_invoice("9001")
        process_export(export_id=self._shop.export_of(invoice).pk)
        return InvoiceExport.objects.get(state=ExportState.NEEDS_PERSON)

    def _doubled(self) -> InvoiceExport:
        """An invoice in Fortnox, and another there with its reference, as a comparison found them."""
        invoice = self._sent()
        self._fortnox.copy_invoice("9001")
        requests.request_sync(self._shop.connection, RunKind.COMPARISON)
        work_off()
        return InvoiceExport.objects.get(invoice=invoice)

    def _never_arrived(self) -> InvoiceExport:
        """An invoice that was sent twice without an answer and is not in Fortnox, so that a person must decide."""
        self._fortnox.fault(**POST, action="drop", phase="P1", times=2)
        export = self._shop.export_of(self._shop.issue())
        work_off()
        for _ in range(LOOK_UPS):
            self._later(export, seconds=20 * 60)
            process_export(export_id=export.pk)
        return InvoiceExport.objects.get(state=ExportState.NEEDS_PERSON)

    def _decision(self, export: InvoiceExport) -> str:
        return f"settings/fortnox/pushes/{export.pk}"

    def _decision_page(self, export: InvoiceExport) -> Order:
        return {"do": "get", "path": f"{self._home}/{self._decision(export)}/decide/", "session": self._session}

    def _decide(self, export: InvoiceExport, way: str, **data: str) -> Order:
        return self._post(f"{self._decision(export)}/{way}/", seen=str(export.fence), **data)

    def _newest(self) -> str:
        return str(self._fortnox.invoices()[-1]["DocumentNumber"])

    def _ask_invoice(self, number: str, action: str) -> None:
        self._fortnox.ask("POST", f"companies/{FIRST}/invoices/{number}/{action}")

    def _pay(self, invoice: Invoice) -> str:
        return str(self._fortnox.pay(invoice.number, "100", clock.today("Europe/Stockholm").isoformat()))

    def _credit(self, invoice: Invoice, quantity: str | None = None) -> Invoice:
        return make_credit_note(self._shop.owner, invoice, quantity)

    def _credit_lost(self, phase: str) -> Order:
        invoice = self._sent()
        self._credit(invoice, "1")
        self._meet(method="PUT", path=f"/3/invoices/{invoice.number}/credit", action="drop", phase=phase)
        return self._work()

    def _look_up_credit(self, phase: str) -> Order:
        invoice = self._sent()
        note = self._credit(invoice, "1")
        self._fortnox.fault(method="PUT", path=f"/3/invoices/{invoice.number}/credit", action="drop", phase=phase)
        work_off()
        self._later(InvoiceExport.objects.get(invoice=note), seconds=20 * 60)
        return self._work()

    def _credit_page(self, invoice: Invoice) -> Order:
        row = invoice.rows.get()
        ledger = FIRST if invoice.ledger else ""
        quantity = {f"quantity-{row.pk}": str(Decimal(1))}
        return self._post(f"billing/{invoice.pk}/credit/", seen="0", ledger=ledger, reason="", **quantity)

    def _cancel(self, invoice: Invoice) -> None:
        cancel_invoice(invoice=invoice, actor=self._shop.owner, at=clock.now())


NAMES = sorted(name for name in vars(Scenes) if not name.startswith("_"))
