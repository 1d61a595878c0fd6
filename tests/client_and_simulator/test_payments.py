"""What the books of the simulator make of payments, as the client reads it."""

from __future__ import annotations

from decimal import Decimal


def test_a_payment_that_is_not_booked_leaves_the_balance_although_another_is_booked(sim, fortnox):
    number = fortnox.invoices.create(sim.invoice_payload()).number
    booked = fortnox.invoices.bookkeep(number)
    day = booked.invoice_date.isoformat()
    sim.pay(number, "1000", day, book=False)
    sim.pay(number, "500", day)
    assert fortnox.invoices.get(number).balance == booked.total - 500
    amounts = {each.amount: each.booked for each in fortnox.invoice_payments.list(invoice_number=number)}
    assert amounts == {Decimal(1000): False, Decimal(500): True}
