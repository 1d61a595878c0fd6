"""A request that is refused half way leaves the books as they were."""

from __future__ import annotations

import pytest
from tests.uku.integrations.fortnox.simulated import FIRST

from fortnox_api import Invalid


def test_a_credit_whose_note_cannot_be_booked_leaves_no_note_and_takes_no_number(sim, fortnox):
    booked = fortnox.invoices.bookkeep(fortnox.invoices.create(sim.invoice_payload()).number)
    sim.switch(credit_note_booked=True)
    sim.ask("PATCH", f"companies/{FIRST}", locked_period=booked.invoice_date.isoformat())
    with pytest.raises(Invalid):
        fortnox.invoices.credit(booked.number)
    assert [each.number for each in fortnox.invoices.list()] == [booked.number]
    assert fortnox.invoices.get(booked.number).credit_invoice_reference == ""
    sim.ask("PATCH", f"companies/{FIRST}", locked_period=None)
    assert fortnox.invoices.credit(booked.number).credit_invoice_reference == str(int(booked.number) + 1)
