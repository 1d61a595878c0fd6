"""Disconnect: forgotten here, revoked there, said how it ended; and everything taken up again by the same company."""

from __future__ import annotations

import pytest
from tests.uku.integrations.fortnox.browsers import Walk, said, texts
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.simulated import FIRST, until

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.client.open import oauth_app
from uku.integrations.fortnox.connection import disconnect
from uku.integrations.fortnox.connection import revoke as revoking
from uku.integrations.fortnox.models import Connection, CustomerRecord, ExportState, Revocation
from uku.integrations.fortnox.tokens.encryption import open_tokens
from uku.integrations.fortnox.tokens.store import PostgresTokenStore
from uku.kit import clock
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import AuditEntry, Notice


@pytest.fixture
def walk(fortnox, workspace, owner):
    return Walk(owner, workspace, fortnox)


def test_disconnect_revokes_clears_and_keeps(fortnox, shop, walk, queue, scope):
    from uku.clients.models import Client as Customer

    invoice = shop.issue()
    clear_queue()
    walk.browser.force_login(shop.owner)
    answer = walk.post("disconnect")
    assert answer["Location"] == walk.home
    gone = Connection.everywhere.get()
    assert (gone.sealed_tokens, gone.company_id, gone.company_name, gone.scopes) == ("", "", "", [])
    assert len(fortnox.commits("token.revoke")) == 1
    assert Customer.objects.count() == 1
    assert shop.export_of(invoice).state == ExportState.QUEUED
    assert "1 invoice waits to be sent and is held until Fortnox is connected." in texts(walk.browser.get(walk.home))
    assert queue() == [("fortnox.work", {"connection_id": gone.pk, "company_id": ""})]  # what it left to end here


def test_reconnecting_the_same_company_sends_what_was_held(fortnox, shop, walk, run_jobs):
    invoice = shop.issue()
    clear_queue()
    walk.post("disconnect")
    walk.connect()
    run_jobs()
    assert shop.export_of(invoice).state == ExportState.CONFIRMED
    assert fortnox.creates() == {invoice.reference: 1}


def test_disconnect_works_when_fortnox_does_not_answer(walk, fortnox):
    walk.connect()
    fortnox.fault(path="/oauth-v1/revoke", action="status", status=503, times=9)
    answer = walk.post("disconnect")
    assert "Uku does not know whether Fortnox still gives access to the company." in said(answer)
    assert Connection.everywhere.get().sealed_tokens == ""


def test_disconnecting_twice_is_harmless(walk, fortnox):
    walk.connect()
    assert [walk.post("disconnect").status_code for _ in range(2)] == [302, 302]
    assert len(fortnox.commits("token.revoke")) == 1


def test_a_connection_whose_key_is_gone_can_be_disconnected(walk, settings):
    from pydantic import SecretStr

    walk.connect()
    key = SecretStr("YW5vdGhlci1rZXktYW5vdGhlci1rZXktYW5vdGhlci0=")
    settings.UKU = settings.UKU.model_copy(update={"token_keys": (key,)})
    assert walk.post("disconnect").status_code == 302
    assert Connection.everywhere.get().sealed_tokens == ""


def test_the_page_says_first_what_stays_and_what_stops_in_numbers(fortnox, shop, walk):
    shop.issue()
    Connection.everywhere.update(organisation_number="4022000014")  # as Fortnox may write it
    before = fortnox.mark()
    page = texts(walk.see("disconnect"))
    assert "Disconnect Exempelbyrån AB?" in page
    assert "Organisation number 402200-0014, database 556001" in page
    assert "1 client (1 of them linked to Fortnox) and 1 invoice, and the settings." in page
    assert "Sending invoices, reading payments, customers, articles and work statistics." in page
    assert "1 invoice waiting to be sent is held." in page
    assert Connection.everywhere.get().is_connected
    assert fortnox.requests(before) == []


def test_the_settings_and_links_outlive_it_and_serve_the_same_company_again(fortnox, shop, walk, workspace):
    with workspace_in_force(workspace.pk):
        Connection.objects.update(statistics=["sales_invoices"])
    walk.post("disconnect")
    kept = Connection.everywhere.get()
    assert (kept.enabled, kept.statistics, CustomerRecord.everywhere.get().client) == (
        True,
        ["sales_invoices"],
        shop.client,
    )
    walk.connect()
    assert CustomerRecord.everywhere.get().client == shop.client


@pytest.mark.parametrize(("ends", "words"), [(True, "confirmed that the permission has ended"), (False, "still gives")])
def test_what_revoking_does_to_the_consent_is_looked_at_and_told(walk, fortnox, ends, words):
    """Both outcomes of revoking under client credentials. We try once to mint."""
    fortnox.switch(revoke_ends_consent=ends)
    walk.connect()
    before = fortnox.mark()
    answer = walk.post("disconnect")
    assert words in said(answer)
    assert ("Administrera användare → Hantera integrationer" in said(answer)) is not ends
    assert fortnox.requests(before, prefix="/oauth-v1/") == ["POST revoke", "POST token"]
    assert Connection.everywhere.get().sealed_tokens == ""


def test_the_tokens_are_gone_here_before_fortnox_is_asked(walk, fortnox, workspace, monkeypatch):
    """S33: the order decides what a lost answer leaves behind."""
    walk.connect()
    seen = []
    revoke = revoking._revoke_and_verify
    monkeypatch.setattr(
        revoking,
        "_revoke_and_verify",
        lambda row: seen.append(Connection.everywhere.get().sealed_tokens) or revoke(row),
    )
    walk.post("disconnect")
    assert seen == [""]
    assert Revocation.everywhere.count() == 0


def test_a_refresh_that_is_under_way_stores_nothing_afterwards(walk, fortnox, workspace, owner):
    """F38: its generation is over."""
    walk.connect()
    row = Connection.everywhere.get()
    fresh = oauth_app().refresh(open_tokens(row).refresh_token)
    disconnect.disconnect(workspace=workspace, actor=owner, at=clock.now())
    assert PostgresTokenStore(row.pk).save(fresh, generation=row.generation) is False
    assert Connection.everywhere.get().sealed_tokens == ""


@pytest.mark.process
@pytest.mark.parametrize("phase", ["P4", "P2"])
def test_disconnect_while_an_invoice_is_under_way_keeps_its_result_and_sends_no_other(
    fortnox, shop, walk, worker, later, run_jobs, phase
):
    """F22: the tokens are gone at once, what was sent is recorded, nothing is sent twice, the rest is held"""
    held = fortnox.fault(method="POST", path="/3/invoices", action="hold", phase=phase)
    sent, waiting = shop.issue(), shop.issue()
    with worker():
        until(lambda: fortnox.holds(held))
        walk.post("disconnect")
        assert Connection.everywhere.get().sealed_tokens == ""
        fortnox.release(held)
        until(lambda: shop.export_of(sent).state == ExportState.CONFIRMED)
        until(lambda: not under_way())
    assert (shop.export_of(waiting).state, fortnox.creates()) == (ExportState.QUEUED, {sent.reference: 1})
    clear_queue()
    walk.connect()
    for invoice in (sent, waiting):
        later(shop.export_of(invoice), seconds=3600)
    jobs.sweep.func(timestamp=0)
    run_jobs()
    assert [shop.export_of(invoice).booked for invoice in (sent, waiting)] == [True, True]
    assert fortnox.creates() == {sent.reference: 1, waiting.reference: 1}


def under_way() -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM procrastinate_jobs WHERE status = 'doing'")
        return cursor.fetchone() is not None


def test_disconnect_where_nothing_was_ever_enabled_is_harmless(workspace, owner, db):
    """S19: no page has made a row, and Disconnect makes none either"""
    outcome = disconnect.disconnect(workspace=workspace, actor=owner, at=clock.now())
    assert (outcome, Connection.everywhere.count()) == (None, 0)


def test_the_bell_is_cleared_with_the_disconnect_and_not_a_minute_later(walk, fortnox):
    """What was told of a grant is cleared when the grant is gone."""
    from uku.integrations.fortnox.health.alerts import review

    walk.connect()
    Connection.everywhere.update(block_reason="needs_authorization", blocked_at=clock.now())
    review(Connection.everywhere.get(), at=clock.now())
    open_ones = Notice.everywhere.filter(cleared_at=None)
    assert [notice.key for notice in open_ones] == ["fortnox.needs_authorization"]
    walk.post("disconnect")
    assert [notice.key for notice in open_ones.all() if notice.key == "fortnox.needs_authorization"] == []


def test_the_bell_says_that_it_works_again_with_the_new_authorization(walk, fortnox):
    from uku.integrations.fortnox.health.alerts import review

    walk.connect()
    Connection.everywhere.update(block_reason="needs_authorization", blocked_at=clock.now())
    review(Connection.everywhere.get(), at=clock.now())
    walk.connect()
    assert [notice.key for notice in Notice.everywhere.filter(cleared_at=None)] == ["fortnox.works_again"]


def dies_before_revoking(walk, monkeypatch):
    """Disconnect in a process that dies when it is about to ask Fortnox."""

    def die(*_arguments, **_names):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(revoking, "carry_out_revocation", die)
        with pytest.raises(SystemExit):
            walk.post("disconnect")


def test_a_process_that_dies_before_revoking_leaves_it_to_the_sweep(walk, fortnox, monkeypatch, run_jobs, move_clock):
    walk.connect()
    clear_queue()
    dies_before_revoking(walk, monkeypatch)
    assert Connection.everywhere.get().sealed_tokens == ""
    assert Revocation.everywhere.get().company_id == FIRST
    fortnox.switch(revoke_ends_consent=True)
    jobs.sweep.func(timestamp=0)
    assert "fortnox.revoke" not in run_jobs()
    move_clock(seconds=180)
    jobs.sweep.func(timestamp=0)
    assert "fortnox.revoke" in run_jobs()
    assert len(fortnox.commits("token.revoke")) == 1
    assert (Revocation.everywhere.count(), Notice.everywhere.count()) == (0, 0)


def test_what_the_sweep_could_not_end_is_told(walk, fortnox, monkeypatch, run_jobs, move_clock):
    walk.connect()
    clear_queue()
    dies_before_revoking(walk, monkeypatch)
    move_clock(seconds=180)
    jobs.sweep.func(timestamp=0)
    run_jobs()
    assert Notice.everywhere.get().title == "Fortnox still gives Uku access to Exempelbyrån AB"
    assert Revocation.everywhere.count() == 0


def test_a_copy_of_the_installation_revokes_nothing(walk, fortnox, settings):
    """F44: what the original lives on stays as it is."""
    walk.connect()
    settings.UKU = settings.UKU.model_copy(update={"instance": "staging"})
    before = fortnox.mark()
    assert "Another installation of Uku uses this permission" in said(walk.post("disconnect"))
    assert fortnox.requests(before, prefix="/oauth-v1/") == []
    assert Connection.everywhere.get().sealed_tokens == ""


def test_it_is_on_record_what_was_disconnected_and_how_it_ended(walk, fortnox):
    walk.connect()
    walk.post("disconnect")
    ends = AuditEntry.everywhere.filter(action__in=("fortnox.disconnect", "fortnox.revoke")).order_by("position")
    assert [(entry.action, str(entry.actor), entry.summary) for entry in ends] == [
        ("fortnox.disconnect", "Olga Owner", "Fortnox disconnected from Exempelbyrån AB, database 556001"),
        ("fortnox.revoke", "None", "Fortnox still gives Uku access to Exempelbyrån AB"),
    ]
    assert ends[1].after == {"outcome": "still_alive"}
    assert ends[0].before == {"company": "Exempelbyrån AB", "organisation_number": "402200-0014", "database": FIRST}
