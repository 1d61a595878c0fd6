"""I01 to I12 and I27 for whole histories: whatever is done about invoices, in whatever order, with whatever faults."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F, Q
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.uku.integrations.fortnox.baseline import Moment
from tests.uku.integrations.fortnox.conftest import issue, lose_jobs, make_credit_note
from tests.uku.integrations.fortnox.histories import histories
from tests.uku.integrations.fortnox.invoice_rules import Watch
from tests.uku.integrations.fortnox.simulated import FIRST, until

from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.connection import authorize
from uku.integrations.fortnox.invoices import decision
from uku.integrations.fortnox.invoices.back_to_draft import can_go_back
from uku.integrations.fortnox.invoices.candidates import numbers_with_reference
from uku.integrations.fortnox.invoices.export import TO_BOOK
from uku.integrations.fortnox.invoices.retry import retry_export
from uku.integrations.fortnox.models import (
    Connection,
    Decision,
    Difference,
    ExportKind,
    ExportState,
    InvoiceExport,
    Pace,
    RunKind,
    StepRest,
)
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work import loop
from uku.integrations.fortnox.work.runs import run_sync
from uku.integrations.fortnox.work.steps import STEPS
from uku.invoices.cancel import NotCancellable, can_be_cancelled, cancel_invoice
from uku.invoices.credit import NotCreditable, can_be_credited
from uku.invoices.models import Invoice
from uku.kit import clock

NO = '{"ErrorInformation":{"error":1,"message":"Fortnox säger nej","code":2009999}}'
CREATE = {"method": "POST", "path": "/3/invoices"}
WRITES = (CREATE, {"method": "PUT", "path": "/3/invoices/*"})
FAULTS: tuple[dict[str, Any], ...] = (
    {"action": "drop", "phase": "P1"},
    {"action": "drop", "phase": "P2"},
    {"action": "reset", "phase": "P2"},
    {"action": "drop", "phase": "P5", "seconds": 0.02},
    {"action": "status", "phase": "P1", "status": 500},
    {"action": "status", "phase": "P2", "status": 500},
    {"action": "html", "phase": "P2", "status": 503},
    {"action": "status", "phase": "P1", "status": 429},
    {"action": "truncate", "phase": "P3"},
)
REFUSALS = ({"action": "status", "phase": "P1", "status": 400, "body": NO}, {"action": "drop", "phase": "P1"})
"""What leads to a person: Fortnox refuses, or never answers."""
UNDER_WAY = TO_BOOK | Q(state__in=[ExportState.QUEUED, ExportState.SENDING, ExportState.UNCERTAIN])
MOST_ROUNDS = 14
PLACES = st.integers(0, 7)
FRESH: dict[str, Any] = {"Booked": False, "VoucherNumber": None, "Sent": False, "CreditInvoiceReference": "0"}
"""What a copy in Fortnox is not yet, whatever its first one is."""
DOUBLES = (
    ("stands", Decision.ADOPTED),
    ("stands", Decision.LEFT),
    ("is deleted", Decision.ADOPTED),
    ("is deleted", Decision.LEFT),
    ("is sent", Decision.ADOPTED),
)
"""What became of the first of two in Fortnox, and what a person decides."""
DECISIONS_ON_DOUBLES = [
    *(f"{code} {way}" for code in (Difference.TWICE, Difference.MOVED) for way in (Decision.ADOPTED, Decision.LEFT)),
    "the client has the first",
]
REACHED = {
    *(state.value for state in (ExportState.CONFIRMED, ExportState.UNCERTAIN, ExportState.NEEDS_PERSON)),
    *(state.value for state in (ExportState.QUEUED, ExportState.REJECTED, ExportState.CANCELLED, ExportState.LEFT)),
    *(f"decided: {way.value}" for way in Decision),
    *(f"double: {told}" for told in DECISIONS_ON_DOUBLES),
    *("is created", "is paid", "is cancelled", "paid again unpaid", "credited", "retried"),
}
"""A run that never comes to one of these would prove nothing of it."""


def machine_of(fortnox: Any, shop: Any, scope: Any, start: Moment, met: Counter[str]) -> type[RuleBasedStateMachine]:  # noqa: C901
    """The firm's invoices and Fortnox's as a state machine over the real parts, without workers."""

    class Invoices(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            start.put_back()
            self.watch = Watch(fortnox)
            self.watch.met = met

        def issued(self, place: int) -> Invoice | None:
            found = list(Invoice.objects.exclude(issued_at=None).filter(credits=None).order_by("id"))
            return found[place % len(found)] if found else None

        @rule(price=st.integers(1, 99_999), quantity=st.sampled_from(["1", "2", "0.5"]))
        def issue(self, price: int, quantity: str) -> None:
            numbering = "accounting" if Connection.objects.get().enabled else "own"
            facts = {"price": f"{price / 100:.2f}", "quantity": quantity, "numbering": numbering}
            issue(shop.owner, shop.client, shop.article, **facts)

        @rule(fault=st.sampled_from(FAULTS), times=st.sampled_from([1, 1, 9]))
        def issue_into_a_fault(self, fault: dict[str, Any], times: int) -> None:
            self.enable()
            fortnox.fault(**CREATE, **fault, times=times)
            self.issue(950_00, "1")
            self.send()

        @rule(fault=st.sampled_from(REFUSALS))
        def issue_what_needs_a_person(self, fault: dict[str, Any]) -> None:
            self.issue_into_a_fault(fault, 9)
            self.let_time_pass(20, 2)
            fortnox.heal()

        @rule(fault=st.sampled_from(FAULTS), call=st.sampled_from(WRITES), times=st.integers(1, 2))
        def meet_a_fault(self, fault: dict[str, Any], call: dict[str, str], times: int) -> None:
            fortnox.fault(**call, **fault, times=times)

        @rule()
        def send(self) -> None:
            """Do what is due, as a worker's loop does."""
            lose_jobs()
            Pace.objects.all().delete()
            loop.run(shop.connection.pk, FIRST, STEPS)

        @rule(minutes=st.sampled_from([0.2, 20]), times=st.integers(1, 2))
        def let_time_pass(self, minutes: float, times: int) -> None:
            for _ in range(times):
                self.let_pass(minutes)

        def let_pass(self, minutes: float) -> None:
            """What Fortnox was sent has landed by then."""
            until(lambda: [e["kind"] for e in fortnox.journal()].count("request") == answers(fortnox))
            span = timedelta(minutes=minutes)
            stamps = ("sent_at", "next_at", "lease_until")
            InvoiceExport.objects.update(**{stamp: F(stamp) - span for stamp in stamps})
            StepRest.objects.filter(step__in=["export", "credit", "cancel", ""]).delete()
            self.send()

        @rule(place=PLACES)
        def try_again(self, place: int) -> None:
            """A person sends again what was refused, books, or has it looked for again."""
            export = self.export_of(self.issued(place))
            if export is None or export.state == ExportState.WITHDRAWN or not Connection.objects.get().enabled:
                return
            retry_export(export=export, actor=shop.owner)
            self.watch.retried[export.pk] = self.watch.retried.get(export.pk, 0) + 1
            met["retried"] += 1

        @rule(way=st.sampled_from(list(Decision)))
        def issue_and_let_a_person_decide(self, way: Decision) -> None:
            """One that never arrived, or one that arrived and that somebody copied in Fortnox meanwhile."""
            fortnox.heal()
            arrives = way != Decision.SENT_AGAIN
            self.issue_into_a_fault({"action": "drop", "phase": "P2" if arrives else "P1"}, 1 if arrives else 9)
            export = InvoiceExport.objects.latest("pk")
            if arrives:
                with open_fortnox(Connection.objects.get()) as client:
                    client.invoices.create_raw(bytes(export.payload))
                self.watch.extra[export.reference] += 1
            self.let_time_pass(20, 5)
            fortnox.heal()
            self.decide(export, way)
            if way == Decision.LEFT:
                self.decide(export, Decision.ADOPTED)

        @rule(place=PLACES, way=st.sampled_from(list(Decision)))
        def decide_about_any(self, place: int, way: Decision) -> None:
            """Also a credit note, and what was left before."""
            waiting = list(InvoiceExport.objects.filter(state__in=[ExportState.NEEDS_PERSON, ExportState.LEFT]))
            if waiting:
                self.enable()
                self.decide(sorted(waiting, key=lambda export: export.pk)[place % len(waiting)], way)

        @rule(place=st.none() | PLACES)
        def decide_about_doubles(self, place: int | None) -> None:
            """Somebody copied a new invoice, or any of ours, in Fortnox, and deleted the first or sent it."""
            for first, way in DOUBLES:
                self.decide_about_a_double(place, first, way)

        def decide_about_a_double(self, place: int | None, first: str, way: Decision) -> None:
            fortnox.heal()
            self.enable()
            if place is None:
                self.issue(950_00, "1")
                self.send()
            theirs = InvoiceExport.objects.filter(state=ExportState.CONFIRMED, kind=ExportKind.CREATE)
            found = list(theirs.filter(invoice__credits=None, invoice__missing_since=None).order_by("-pk"))
            if not found:
                return
            export = found[(place or 0) % len(found)]
            self.double(export, first)
            self.compare()
            export.refresh_from_db()
            told = decision.standing_difference(export)
            if told is None:
                return
            was, fence = export.document_number, export.fence
            self.decide(export, way)
            export.refresh_from_db()
            if export.fence > fence:
                met[f"double: {told.code} {way}"] += 1
            if first == "is sent":
                assert export.document_number == was
                met["double: the client has the first"] += 1

        def double(self, export: InvoiceExport, first: str) -> None:
            (row,) = [row for row in fortnox.invoices() if row["DocumentNumber"] == export.document_number]
            fortnox.copy_invoice(of=export.document_number, **FRESH, Balance=row["Total"], Cancelled=False)
            self.watch.copied.add(export.reference)
            if first == "is sent":
                fortnox.copy_invoice(export.document_number, of=export.document_number, OCR=row["OCR"], Sent=True)
            elif first == "is deleted":
                fortnox.ask("DELETE", f"companies/{FIRST}/invoices/{export.document_number}")

        @rule()
        def compare(self) -> None:
            """What a comparison has looked at again is read, too."""
            if Connection.objects.get().enabled:
                run_sync(SyncRequest(Connection.objects.get(), RunKind.COMPARISON))
                self.read_back()

        def decide(self, export: InvoiceExport, way: Decision) -> None:
            """Decide on what the page shows; a second person, who saw the same, changes nothing."""
            seen = InvoiceExport.objects.get(pk=export.pk)
            try:
                self.press(seen, way)
            except decision.NotDecided:
                assert InvoiceExport.objects.get(pk=export.pk).fence == seen.fence
                return
            for other in Decision:
                with pytest.raises(decision.NotDecided):
                    self.press(seen, other)
            met[f"decided: {way.value}"] += 1
            met[InvoiceExport.objects.get(pk=export.pk).state] += 1
            self.send()

        def press(self, seen: InvoiceExport, way: Decision) -> None:
            facts = {"export": seen, "seen": seen.fence, "actor": shop.owner, "at": clock.now()}
            with open_fortnox(Connection.objects.get()) as client:
                numbers = numbers_with_reference(client, seen)
            if way == Decision.LEFT:
                decision.leave(reason="Typed by hand", **facts)
            elif way == Decision.SENT_AGAIN:
                decision.send_again(known=numbers, **facts)
                self.watch.extra[seen.reference] += 1
            elif numbers:
                other = [number for number in numbers if number != seen.document_number]
                decision.adopt(number=(other or numbers)[-1], **facts)
            else:
                raise decision.NotDecided

        @rule(place=PLACES, whole=st.booleans())
        def pay(self, place: int, whole: bool) -> None:
            rows = [row for row in fortnox.invoices() if row.get("Booked") and row["Balance"] >= 2]
            if rows:
                row = rows[place % len(rows)]
                amount = row["Balance"] if whole else row["Balance"] // 2
                fortnox.pay(row["DocumentNumber"], str(amount), clock.today("Europe/Stockholm").isoformat())
                self.read_back()

        @rule(is_reversed=st.booleans())
        def send_and_pay(self, is_reversed: bool) -> None:
            self.enable()
            self.issue(950_00, "1")
            self.send()
            self.pay(-1, whole=True)
            if is_reversed:
                self.reverse_a_payment(-1)

        @rule(place=PLACES)
        def reverse_a_payment(self, place: int) -> None:
            if not fortnox.ask("GET", f"companies/{FIRST}/payments"):
                self.send_and_pay(is_reversed=False)
            found = fortnox.ask("GET", f"companies/{FIRST}/payments")
            if found:
                number, was_paid = found[place % len(found)]["Number"], Invoice.objects.filter(state="paid").count()
                fortnox.ask("DELETE", f"companies/{FIRST}/payments/{number}")
                self.read_back()
                if Invoice.objects.filter(state="paid").count() < was_paid:
                    met["paid again unpaid"] += 1

        @rule()
        def read_back(self) -> None:
            if Connection.objects.get().enabled:
                run_sync(SyncRequest(Connection.objects.get(), RunKind.PAYMENTS))

        @rule(place=PLACES, whole=st.booleans())
        def credit(self, place: int, whole: bool) -> None:
            invoice = self.issued(place)
            if invoice is not None and can_be_credited(invoice):
                try:
                    note = make_credit_note(shop.owner, invoice, None if whole else "0.25")
                except NotCreditable:
                    return
                if whole and invoice.credit_notes.count() == 1:
                    assert (note.net, note.vat, note.total) == (-invoice.net, -invoice.vat, -invoice.total)  # I10
                met["credited"] += 1

        @rule(place=PLACES)
        def cancel(self, place: int) -> None:
            invoice = self.issued(place)
            if invoice is not None and can_be_cancelled(invoice):
                try:
                    cancel_invoice(invoice=invoice, actor=shop.owner, at=clock.now())
                except NotCancellable:
                    return

        @rule()
        def issue_and_cancel(self) -> None:
            self.issue(950_00, "1")
            self.cancel(Invoice.objects.exclude(issued_at=None).filter(credits=None).count() - 1)

        @rule()
        def disable(self) -> None:
            authorize.disable(workspace=scope, actor=shop.owner, at=clock.now())

        @rule()
        def enable(self) -> None:
            authorize.enable(workspace=scope, actor=shop.owner, at=clock.now())

        def export_of(self, invoice: Invoice | None) -> InvoiceExport | None:
            found = None if invoice is None else InvoiceExport.standing().filter(invoice=invoice).first()
            return None if found is not None and can_go_back(found) and found.state == ExportState.QUEUED else found

        @invariant()
        def every_rule_holds(self) -> None:
            self.watch.check()
            self.watch.check_own_numbers()

        def teardown(self) -> None:
            """Faults stop, the firm enables Fortnox, and time passes until nothing is under way."""
            fortnox.heal()
            self.enable()
            for _ in range(MOST_ROUNDS):
                self.let_pass(20)
                if not InvoiceExport.objects.filter(UNDER_WAY | Q(cancel_wanted_at__isnull=False)).exists():
                    break
            self.read_back()
            self.watch.check()
            self.watch.check_rest()

    return Invoices


def answers(fortnox: Any) -> int:
    return [entry["kind"] for entry in fortnox.journal()].count("answer")


USUAL: dict[str, Any] = {}
OTHERWISE = {
    "credit_copies_reference": True,
    "credit_settles": "never",
    "exact_searches": False,
    "lastmodified_minutes": True,
    "payment_touches_invoice": False,
    "reference_search": "exact",
    "series_follows_highest": False,
}
"""What nobody knows of Fortnox, the other way round."""


@pytest.mark.history
@pytest.mark.parametrize("switches", [USUAL, OTHERWISE], ids=["usual", "otherwise"])
def test_whatever_is_done_about_invoices_each_is_there_once_and_both_sides_agree(
    shop, scope, fortnox, baseline, switches
):
    """I01, I02, I03, I04, I05, I06, I07, I08, I09, I10, I11, I12, I27, whichever way Fortnox does what is not known."""
    fortnox.switch(**switches)
    met: Counter[str] = Counter()
    start = Moment(fortnox, baseline.tables)
    run_state_machine_as_test(machine_of(fortnox, shop, scope, start, met), settings=histories(20))
    assert REACHED - set(met) == set()
