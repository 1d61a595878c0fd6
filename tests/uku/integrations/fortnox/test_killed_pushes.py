"""A worker killed or frozen while it sends an invoice: whatever it had done, one create in the journal."""

from __future__ import annotations

import signal
from decimal import Decimal

import pytest
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.simulated import FIRST, until

from uku.integrations.fortnox.client.rate_limit import PaceRow
from uku.integrations.fortnox.invoices import export
from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, Pace, Push, PushState
from uku.kit import clock

POST = {"method": "POST", "path": "/3/invoices"}
LOOKUPS = (700, 120)  # the first look-up after ten minutes, and the second


def state() -> str:
    return Push.objects.get().state


@pytest.fixture
def take_over(fortnox, later):
    """Let time pass for a push and take it on in this process, as the next worker would."""

    def go(push, *, after: float) -> str:
        clear_queue()
        later(push, seconds=after)
        export.advance(push_id=push.pk)
        return state()

    return go


@pytest.fixture
def about_to_send(fortnox, shop, processes):
    """A real worker that has committed its intent and waits for its turn, and the push. Nothing was sent."""
    CustomerRecord.objects.update(detail_read_at=clock.now())
    ArticleRecord.objects.update(detail_read_at=clock.now(), vat_rate=Decimal(25))
    PaceRow(FIRST).penalize(15)
    free_at = Pace.objects.get(pk=FIRST).next_at
    push = shop.push_of(shop.issue())
    process = processes("-m", "uku", "worker")
    until(lambda: state() == PushState.SENDING)
    until(lambda: Pace.objects.get(pk=FIRST).next_at > free_at)  # its turn is reserved: now it sleeps
    Pace.objects.all().delete()
    return process, push


@pytest.mark.process
@pytest.mark.parametrize("phase", ["P4", "P0"], ids=["after the commit", "before the commit"])
def test_a_worker_killed_while_fortnox_answers_leaves_one_create(fortnox, shop, processes, take_over, phase):
    held = fortnox.fault(**POST, action="hold", phase=phase)
    push = shop.push_of(shop.issue())
    process = processes("-m", "uku", "worker")
    until(lambda: fortnox.holds(held))
    process.kill()
    process.wait()
    assert state() == PushState.SENDING
    fortnox.release(held)
    until(fortnox.creates)
    assert take_over(push, after=1) == PushState.SENDING  # its lease is not over
    assert take_over(push, after=100) == PushState.CONFIRMED
    assert fortnox.creates() == {push.reference: 1}
    assert Push.objects.get().booked


@pytest.mark.process
def test_a_worker_killed_before_it_sent_leaves_one_create_after_the_whole_window(fortnox, about_to_send, take_over):
    process, push = about_to_send
    process.kill()
    process.wait()
    intent = Push.objects.get()
    assert [take_over(push, after=pause) for pause in LOOKUPS] == [PushState.UNCERTAIN, PushState.QUEUED]
    assert fortnox.creates() == {}
    assert take_over(push, after=0) == PushState.CONFIRMED
    after = Push.objects.get()
    assert (after.payload_hash, after.attempts) == (intent.payload_hash, 2)
    assert fortnox.creates() == {push.reference: 1}


@pytest.mark.process
def test_a_worker_frozen_past_its_lease_does_not_send_what_another_sent(fortnox, about_to_send, take_over, tmp_path):
    process, push = about_to_send
    process.send_signal(signal.SIGSTOP)
    for pause in (*LOOKUPS, 0):
        take_over(push, after=pause)
    assert (state(), fortnox.creates()) == (PushState.CONFIRMED, {push.reference: 1})
    before = Push.objects.get()
    process.send_signal(signal.SIGCONT)
    log = tmp_path / "process-0.log"
    until(lambda: "woke up after its lease" in log.read_text(), seconds=150)
    assert fortnox.creates() == {push.reference: 1}
    assert (Push.objects.get().fence, Push.objects.get().document_number) == (before.fence, before.document_number)
