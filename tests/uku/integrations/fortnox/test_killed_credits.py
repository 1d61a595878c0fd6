"""A credit note and a cancellation, killed in a real process around each request and commit that is about them.

The steps are not named anywhere: the process counts each commit and each side of each request.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.uku.integrations.fortnox.conftest import clear_queue, lose_jobs, make_credit_note, work_off
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox.models import ExportState, InvoiceExport
from uku.invoices.cancel import cancel_invoice
from uku.invoices.models import Invoice, State
from uku.kit import clock

pytestmark = pytest.mark.process
ENOUGH = 4
"""Runs until two look-ups found nothing, the request was repeated, and the note is booked."""


@pytest.fixture
def order(shop):
    place = {"connection_id": shop.connection.pk, "company_id": FIRST}
    return {"do": "job", "name": "fortnox.work", "arguments": place}


@pytest.fixture
def die_everywhere(mortal, order, later):
    """Arrange something and do it; then again, killed at each step about invoices, and gone on with to the end."""

    def go(arrange, judge) -> list[str]:
        arrange()
        steps = mortal.live(**order)
        for at, step in enumerate(steps):
            if "PUT" not in step and "fortnox_push" not in step:
                continue
            arranged = arrange()
            died = mortal.die(at, **order)
            for _ in range(ENOUGH):
                lose_jobs()
                for export in InvoiceExport.objects.exclude(state=ExportState.CONFIRMED, booked=True):
                    later(export, seconds=20 * 60)
                mortal.live(**order)
            judge(arranged, died)
        return steps

    return go


def test_a_credit_of_a_part_is_made_once_wherever_the_worker_dies(fortnox, shop, die_everywhere):
    def arrange() -> Invoice:
        invoice = shop.issue()
        work_off()
        note = make_credit_note(shop.owner, invoice, "1")
        clear_queue()
        return note

    def judge(note, step) -> None:
        number = Invoice.objects.get(pk=note.pk).number
        made = {row["DocumentNumber"]: row for row in fortnox.invoices() if row.get("Credit") == "true"}
        assert set(made) == set(Invoice.objects.filter(credits__isnull=False).values_list("number", flat=True)), step
        assert (made[number]["Total"], made[number]["Booked"]) == (Decimal(-1188), True), step
        assert InvoiceExport.objects.get(invoice=note).booked, step

    steps = die_everywhere(arrange, judge)
    puts = [step for step in steps if "PUT" in step]
    assert len(puts) == 6, steps  # each side of the credit, of its rows and of its booking


def test_a_cancellation_is_made_once_wherever_the_worker_dies(fortnox, shop, die_everywhere):
    def arrange() -> Invoice:
        fortnox.set_company(locked_period=clock.today("Europe/Stockholm").isoformat())
        invoice = shop.issue()
        work_off()
        fortnox.set_company(locked_period=None)
        cancel_invoice(invoice=invoice, actor=shop.owner, at=clock.now())
        clear_queue()
        return invoice

    def judge(invoice, step) -> None:
        found = Invoice.objects.get(pk=invoice.pk)
        assert (found.state, found.cancel_asked_at) == (State.CANCELLED, None), step
        made = fortnox.invoices()
        assert all(row.get("Cancelled") and not row.get("Booked") for row in made), step
        assert len(fortnox.commits("invoice.cancel")) == len(made), step

    steps = die_everywhere(arrange, judge)
    assert len([step for step in steps if "PUT" in step]) == 2, steps
