"""The steps on an invoice's page: those it took, each with its day, then those ahead."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from uku.invoices.delivery_models import DeliveryKind, DeliveryState, InvoiceDelivery
from uku.invoices.models import Invoice, State
from uku.web.invoice_steps import steps_of

MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATE = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
"""Half past midnight of the 4th in Sweden."""


def invoice(state: State, **facts: object) -> Invoice:
    issued = None if state in {State.DRAFT, State.APPROVAL} else LATE
    return Invoice(state=state, **{"created_at": MARCH, "issued_at": issued} | facts)


def delivered(**facts: object) -> InvoiceDelivery:
    return InvoiceDelivery(**{"kind": DeliveryKind.INVOICE, "state": DeliveryState.SENT, "ended_at": LATE} | facts)


def told(shown: Invoice, *deliveries: InvoiceDelivery, handed_over_at: datetime | None = None) -> str:
    """Tell the steps in a line: the day of the month in brackets, `now` after the present one, then what is ahead."""
    steps = steps_of(shown, deliveries, handed_over_at=handed_over_at, zone="Europe/Stockholm")

    def words(step):
        day = f" ({step.day.day})" if step.day else ""
        return f"{step.name}{day}{' now' if step.is_now else ''}{'' if step.is_taken else ' …'}"

    return ", ".join(map(words, steps))


def test_a_draft_has_its_way_before_it():
    assert told(invoice(State.DRAFT)) == "Draft (2) now, Created …, Sent …, Paid …"


def test_one_handed_over_waits_for_approval():
    waiting = invoice(State.APPROVAL, handed_over_by_id=7)
    assert told(waiting, handed_over_at=LATE) == "Draft (2), Approval (4) now, Created …, Sent …, Paid …"


def test_one_handed_back_is_a_draft_like_any_other():
    assert (
        told(invoice(State.DRAFT, handed_over_by_id=7), handed_over_at=LATE)
        == "Draft (2) now, Created …, Sent …, Paid …"
    )


def test_an_issued_one_tells_its_days_by_the_firms_clock():
    assert told(invoice(State.CREATED)) == "Draft (2), Created (4) now, Sent …, Paid …"


def test_an_approval_is_told_later_too_and_its_day_when_it_is_known():
    issued = invoice(State.CREATED, handed_over_by_id=7)
    assert told(issued) == "Draft (2), Approval, Created (4) now, Sent …, Paid …"
    assert told(issued, handed_over_at=MARCH) == "Draft (2), Approval (2), Created (4) now, Sent …, Paid …"


def test_the_first_time_that_it_reached_the_client_is_the_day_it_was_sent():
    second = delivered(ended_at=datetime(2026, 3, 9, 9, tzinfo=UTC))
    assert told(invoice(State.SENT), delivered(), second) == "Draft (2), Created (4), Sent (4) now, Paid …"


def test_by_hand_it_was_sent_on_the_day_that_a_person_named():
    by_hand = delivered(sent_on=date(2026, 3, 7))
    assert told(invoice(State.SENT), by_hand) == "Draft (2), Created (4), Sent (7) now, Paid …"


@pytest.mark.parametrize(
    "other",
    [{"kind": DeliveryKind.REMINDER}, {"state": DeliveryState.REFUSED}, {"state": DeliveryState.UNCLEAR}],
)
def test_what_did_not_bring_it_to_the_client_is_no_step(other):
    assert told(invoice(State.CREATED), delivered(**other)) == "Draft (2), Created (4) now, Sent …, Paid …"


def test_one_that_the_accounting_system_sent_has_no_day():
    assert told(invoice(State.SENT)) == "Draft (2), Created (4), Sent now, Paid …"


def test_a_paid_one_has_all_behind_it_and_not_what_it_left_out():
    paid = invoice(State.PAID, final_pay_date=date(2026, 3, 20))
    assert told(paid, delivered()) == "Draft (2), Created (4), Sent (4), Paid (20) now"
    assert told(paid) == "Draft (2), Created (4), Paid (20) now"


def test_a_credit_note_is_not_paid():
    assert told(invoice(State.CREATED, credits_id=5)) == "Draft (2), Created (4) now, Sent …"


@pytest.mark.parametrize(
    ("state", "credited", "end"), [(State.CANCELLED, False, "Cancelled"), (State.CREATED, True, "Credited")]
)
def test_one_that_ended_otherwise_has_nothing_ahead(state, credited, end):
    assert told(invoice(state, credited=credited)) == f"Draft (2), Created (4), {end} now"
