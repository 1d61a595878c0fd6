"""Tokens: refreshed once whoever asks, stored by generation, never after a disconnect, never in a transaction."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest
from django.db import transaction
from tests.uku.integrations.fortnox.grants import TOKEN, Thread, age, ask, stored
from tests.uku.integrations.fortnox.simulated import until

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.client.open import oauth_app, renew_tokens
from uku.integrations.fortnox.connection import authorize as connecting
from uku.integrations.fortnox.connection import complete, disconnect
from uku.integrations.fortnox.connection.grant_check import renew_grant
from uku.integrations.fortnox.models import Connection, RunKind
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.tokens.encryption import open_tokens
from uku.integrations.fortnox.tokens.grant_state import NotConnected
from uku.integrations.fortnox.tokens.store import InsideTransaction, PostgresTokenStore
from uku.integrations.fortnox.work.runs import run_sync
from uku.kit import clock


@pytest.fixture
def fortnox(fortnox, settings):
    """An app without a service account: access tokens come from a refresh token that works once."""
    settings.UKU = settings.UKU.model_copy(update={"fortnox_service_account": False})
    return fortnox


@pytest.fixture
def expired(connection):
    """The connection with an access token whose hour is over by our clock."""
    age(connection, minutes=-1)
    return Connection.objects.get()


def test_sixteen_threads_at_an_expiry_refresh_once(fortnox, expired):
    barrier, before = threading.Barrier(16), fortnox.mark()

    def at_once() -> None:
        barrier.wait()
        ask(expired)

    threads = [Thread(at_once) for _ in range(16)]
    for thread in threads:
        thread.join()
    assert [thread.error for thread in threads] == [None] * 16
    assert fortnox.refreshes(before) == 1
    assert fortnox.requests(before, prefix="/oauth-v1/") == ["POST token"]
    assert fortnox.requests(before) == ["GET customers"] * 16


@pytest.mark.process
def test_four_processes_at_an_expiry_refresh_once(fortnox, expired, ask_from):
    before = fortnox.mark()
    ask_from(4, requests=1)
    assert fortnox.requests(before, prefix="/oauth-v1/") == ["POST token"]
    assert fortnox.requests(before) == ["GET customers"] * 4


def test_the_marker_is_committed_before_the_refresh_is_sent(fortnox, expired):
    held = fortnox.fault(**TOKEN, action="hold", phase="P0")
    thread = Thread(lambda: ask(expired))
    until(lambda: fortnox.holds(held))
    assert Connection.everywhere.get().refresh_started_at is not None
    fortnox.release(held)
    thread.join()
    after = Connection.everywhere.get()
    assert (after.refresh_started_at, after.generation) == (None, expired.generation + 1)


def test_a_disconnect_during_a_refresh_wins(fortnox, expired, owner, scope):
    """F38, S35"""
    held = fortnox.fault(**TOKEN, action="hold", phase="P4")
    thread = Thread(lambda: ask(expired))
    until(lambda: fortnox.holds(held))
    disconnect.disconnect(workspace=scope, actor=owner, at=clock.now())
    before = fortnox.mark()
    fortnox.release(held)
    thread.join()
    assert isinstance(thread.error, NotConnected)
    assert Connection.everywhere.get().sealed_tokens == ""
    assert fortnox.requests(before) == []


def test_a_new_authorization_during_a_refresh_wins_and_the_late_token_is_revoked(
    fortnox, expired, owner, scope, authorize
):
    """F37, S35"""
    held = fortnox.fault(**TOKEN, action="hold", phase="P4")
    thread = Thread(lambda: ask(expired))
    until(lambda: fortnox.holds(held))
    authorize(scope, owner)
    granted = stored()
    fortnox.release(held)
    thread.join()
    assert thread.error is None
    assert stored() == granted
    assert len(fortnox.commits("token.revoke")) == 1
    assert Connection.everywhere.count() == 1
    renew_tokens(Connection.objects.get())


def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one(fortnox, expired):
    before = stored()
    fortnox.switch(refresh_token_in_answer=False)
    ask(expired)
    after = stored()
    assert after.refresh_token == before.refresh_token
    assert after.access_token != before.access_token


def test_the_loser_of_a_race_uses_the_winners_token(fortnox, expired, monkeypatch):
    """F34"""
    held = fortnox.fault(**TOKEN, action="hold", phase="P0")
    loser = Thread(lambda: ask(expired))
    until(lambda: fortnox.holds(held))

    @contextmanager
    def no_lock(_self):
        yield

    monkeypatch.setattr(PostgresTokenStore, "lock", no_lock)
    ask(expired)
    fortnox.release(held)
    loser.join()
    after = Connection.everywhere.get()
    assert (loser.error, after.block_reason, after.generation) == (None, "", expired.generation + 1)
    assert fortnox.refreshes() == 1


def test_a_dead_grant_is_written_down_and_never_tried_in_a_loop(fortnox, expired, run_jobs, move_clock):
    fortnox.ask("POST", "companies/556001/revoke")
    run_sync(SyncRequest(expired, RunKind.CUSTOMERS))
    assert Connection.everywhere.get().block_reason == "needs_authorization"
    before = fortnox.mark()
    move_clock(seconds=30 * 3600)
    for _ in range(3):
        jobs.sweep.func(timestamp=0)
        run_jobs()
    assert fortnox.requests(before, prefix="/") == []
    assert Connection.everywhere.get().sealed_tokens != ""


def test_an_idle_connection_is_kept_alive(fortnox, connection, run_jobs, move_clock):
    before, refreshes = stored(), fortnox.refreshes()
    move_clock(seconds=21 * 3600)
    renew_grant(connection=connection)
    assert fortnox.refreshes() == refreshes + 1
    assert stored().refresh_token != before.refresh_token


def test_fortnox_is_never_called_inside_a_transaction(fortnox, connection):
    store, before = PostgresTokenStore(connection.pk), fortnox.mark()
    with transaction.atomic(), pytest.raises(InsideTransaction), store.lock():
        pass
    with transaction.atomic(), pytest.raises(InsideTransaction):
        ask(connection)
    with transaction.atomic(), pytest.raises(InsideTransaction):
        renew_tokens(connection)
    assert fortnox.requests(before, prefix="/3/") == []
    assert fortnox.requests(before, prefix="/oauth-v1/") == []


def test_a_code_is_never_exchanged_inside_a_transaction(fortnox, connection, owner, scope):
    url = connecting.begin_authorization(workspace=scope, actor=owner, session_key="s", at=clock.now())
    back = fortnox.consent(url)
    attempt = connecting.claim_state(state=back["state"], user_id=owner.pk, session_key="s", at=clock.now())
    before = fortnox.mark()
    with transaction.atomic(), pytest.raises(InsideTransaction):
        complete.complete(attempt=attempt, code=back["code"], at=clock.now())
    assert fortnox.requests(before, prefix="/") == []


def test_tokens_copied_to_another_row_do_not_open(connection):
    """S36"""
    from uku.kit.secrets import CannotOpen

    row = Connection.everywhere.get()
    row.pk += 1
    with pytest.raises(CannotOpen):
        open_tokens(row)


def test_the_simulators_token_is_really_spent(fortnox, connection):
    """The tests above prove something only if a refresh token works once."""
    from fortnox_api import GrantRevoked

    first = stored().refresh_token
    renew_tokens(connection)
    with pytest.raises(GrantRevoked):
        oauth_app().refresh(first)
