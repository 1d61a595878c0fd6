"""Faults round the tokens, each with the requests and refreshes that the journal may hold."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from tests.client_and_simulator.conftest import Time, aged
from tests.uku.integrations.fortnox.simulated import FIRST, until

from fortnox_api import (
    AppCredentialsWrong,
    ClientCredentialsAuth,
    Clock,
    ConnectionFailed,
    GrantRevoked,
    MemoryTokenStore,
    OAuthApp,
    Outcome,
    RateLimited,
    RefreshTokenAuth,
    Unauthorized,
    Unavailable,
    Unreadable,
)

TOKEN = "/oauth-v1/token"
DENIED = {"action": "status", "status": 401, "body": '{"message":"unauthorized"}'}


@pytest.fixture
def spent(tokens):
    """Tokens whose access token has expired by our clock."""
    return aged(tokens, minutes=-1)


class Trace(MemoryTokenStore):
    """A store that notes what it was asked to do."""

    def __init__(self, tokens):
        super().__init__(tokens)
        self.calls: list[str] = []

    def mark(self, *, generation):
        self.calls.append("mark")
        super().mark(generation=generation)

    def save(self, tokens, *, generation):
        self.calls.append("save")
        return super().save(tokens, generation=generation)


class Failing(Trace):
    """A store whose next saves fail."""

    failures = 0

    def save(self, tokens, *, generation):
        if self.failures:
            self.failures -= 1
            raise OSError("disk full")
        return super().save(tokens, generation=generation)


class Unlocked(Trace):
    """A store whose lock keeps nobody out."""

    def lock(self):
        return nullcontext()


class Disconnectable(Trace):
    """A store that a person may empty."""

    class Empty(Exception):
        pass

    gone = False

    def load(self):
        if self.gone:
            raise self.Empty
        return super().load()

    def save(self, tokens, *, generation):
        return not self.gone and super().save(tokens, generation=generation)


def test_sixteen_threads_at_an_expiry_refresh_once(sim, connect, spent):
    """F29"""
    store = Trace(spent)
    gate = threading.Barrier(16)
    with connect(RefreshTokenAuth(sim.app_of(), store)) as fortnox:

        def count(_number):
            gate.wait()
            return fortnox.customers.count()

        with ThreadPoolExecutor(16) as crowd:
            assert list(crowd.map(count, range(16))) == [0] * 16
    assert (sim.tries(), sim.refreshes()) == (2, 1)  # the first try was the code
    assert sim.statuses()[401] == sim.statuses()[400] == 0
    assert store.calls == ["mark", "save"]


@pytest.mark.parametrize("consented", [True, False])
def test_after_a_death_between_rotation_and_saving_the_spent_token_is_tried_once(sim, connect, spent, consented):
    """F30: the marker survives, the new tokens do not; client credentials need no refresh token"""
    store = Failing(spent)
    store.failures = 1
    with pytest.raises(OSError, match="disk full"):
        RefreshTokenAuth(sim.app_of(), store).token()
    assert store.load().refresh_started is True
    restarted = RefreshTokenAuth(sim.app_of(), store)
    before = sim.mark()
    for _ in range(3):
        with pytest.raises(GrantRevoked):
            restarted.token()
    assert sim.tries(before) == 1
    assert store.load().tokens == spent
    tenant = spent.tenant_id
    if not consented:
        sim.ask("POST", f"companies/{FIRST}/revoke")
    instead = ClientCredentialsAuth(sim.app_of(), tenant)
    if consented:
        with connect(instead) as fortnox:
            assert fortnox.customers.count() == 0
    else:
        with pytest.raises(GrantRevoked):
            instead.token()


@pytest.mark.parametrize("grace", [0, 60])
def test_a_refresh_whose_answer_is_lost_ends_the_grant_unless_fortnox_shows_grace(sim, spent, grace):
    """F31"""
    sim.switch(refresh_grace_seconds=grace)
    sim.fault(path=TOKEN, action="reset", phase="P2")
    store = MemoryTokenStore(spent)
    auth = RefreshTokenAuth(sim.app_of(), store)
    with pytest.raises(ConnectionFailed) as caught:
        auth.token()
    assert caught.value.outcome is Outcome.UNKNOWN
    assert store.load().refresh_started is True
    if grace:
        assert auth.token() != spent.access_token
        assert (store.load().generation, store.load().refresh_started) == (2, False)
    else:
        with pytest.raises(GrantRevoked):
            auth.token()
        with pytest.raises(GrantRevoked):
            auth.token()
    assert sim.tries() == 1 + 2


def test_a_reset_while_the_old_token_lives_is_not_even_noticed(sim, connect, tokens):
    """F31, early"""
    sim.fault(path=TOKEN, action="reset", phase="P2")
    store = MemoryTokenStore(aged(tokens, minutes=5))
    with connect(RefreshTokenAuth(sim.app_of(), store)) as fortnox:
        assert [fortnox.customers.count() for _ in range(3)] == [0, 0, 0]
    assert sim.tries() == 1 + 1


def test_tokens_that_cannot_be_saved_are_kept_and_offered_again(sim, connect, spent):
    """F32"""
    store = Failing(spent)
    store.failures = 2
    with connect(RefreshTokenAuth(sim.app_of(), store)) as fortnox:
        for _ in range(2):
            with pytest.raises(OSError, match="disk full"):
                fortnox.customers.count()
        assert fortnox.customers.count() == 0
    assert (sim.refreshes(), store.load().generation) == (1, 2)
    assert store.load().tokens.refresh_token != spent.refresh_token
    assert sim.requests() == ["GET customers"]


def test_a_store_that_cannot_even_be_marked_costs_no_refresh_token(sim, spent):
    """F32: whether the store can be written is found out before the refresh is sent"""

    class ReadOnly(MemoryTokenStore):
        def mark(self, *, generation):  # noqa: ARG002 - the protocol names it
            raise OSError("read-only file system")

    before = sim.mark()
    with pytest.raises(OSError, match="read-only"):
        RefreshTokenAuth(sim.app_of(), ReadOnly(spent)).token()
    assert sim.tries(before) == 0
    assert RefreshTokenAuth(sim.app_of(), MemoryTokenStore(spent)).token() != spent.access_token


@pytest.mark.parametrize("how", ["none", "empty", "null"])
def test_a_refresh_answer_without_a_refresh_token_keeps_the_stored_one(sim, spent, how):
    """F33"""
    if how == "none":
        sim.switch(refresh_token_in_answer=False)
    else:
        body = {"access_token": "another-token", "expires_in": 3600, "refresh_token": {"empty": "", "null": None}[how]}
        sim.fault(path=TOKEN, action="status", status=200, phase="P2", body=json.dumps(body))
    store = MemoryTokenStore(spent)
    assert RefreshTokenAuth(sim.app_of(), store).token() == store.load().tokens.access_token != spent.access_token
    assert store.load().tokens.refresh_token == spent.refresh_token


def test_the_loser_of_a_race_takes_the_winners_token(sim, spent):
    """F34: without the lock, one of two gets invalid_grant; nobody's connection is broken by it"""
    store = Unlocked(spent)
    held = sim.fault(path=TOKEN, action="hold", phase="P0")
    winner, loser = RefreshTokenAuth(sim.app_of(), store), RefreshTokenAuth(sim.app_of(), store)
    with ThreadPoolExecutor(1) as other:
        late = other.submit(loser.token)
        until(lambda: sim.holds(held))
        first = winner.token()
        sim.release(held)
        assert late.result(timeout=30) == first
    assert loser.token() == first
    assert (sim.refreshes(), sim.tries(), store.load().generation) == (1, 1 + 2, 2)


def test_a_changed_app_secret_is_the_operators_fault_and_costs_no_token(sim, spent):
    """F35"""
    sim.ask("POST", "apps", client_id="uku-demo", client_secret="another")
    store = MemoryTokenStore(spent)
    with pytest.raises(AppCredentialsWrong) as caught:
        RefreshTokenAuth(sim.app_of(), store).token()
    assert not isinstance(caught.value, Unauthorized)
    assert store.load().tokens == spent
    assert RefreshTokenAuth(sim.app_of(secret="another"), store).token() != spent.access_token
    assert sim.refreshes() == 1


OUTAGES = {
    "429": ({"action": "status", "status": 429}, RateLimited),
    "500": ({"action": "status", "status": 500}, Unavailable),
    "503 page": ({"action": "html", "status": 503}, Unavailable),
    "closed": ({"action": "drop"}, ConnectionFailed),
    "reset": ({"action": "reset"}, ConnectionFailed),
    "200 page": ({"action": "status", "status": 200, "body": "<p>Underhåll</p>"}, Unreadable),
}


@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize("minutes", [5, -1])
def test_an_outage_of_the_token_address_costs_nothing_while_the_token_lives(sim, connect, tokens, outage, minutes):
    """F36"""
    rule, kind = OUTAGES[outage]
    sim.fault(path=TOKEN, times=100, phase="P0", **rule)
    store = MemoryTokenStore(aged(tokens, minutes=minutes))
    time = Time()
    before = sim.mark()
    with connect(RefreshTokenAuth(sim.app_of(), store, clock=time.clock)) as fortnox:
        if minutes > 0:
            assert [fortnox.customers.count() for _ in range(5)] == [0] * 5
            assert sim.tries(before) == 1
        else:
            with pytest.raises(kind) as caught:
                fortnox.customers.count()
            assert not isinstance(caught.value, GrantRevoked)
            assert caught.value.transient is True
        assert store.load().generation == 1
        sim.heal()
        time.seconds += 61
        assert fortnox.customers.count() == 0
    assert (sim.refreshes(), store.load().generation) == (1, 2)


def test_a_new_consent_during_a_refresh_wins_and_the_old_grants_token_is_revoked(sim, connect, spent):
    """F37"""
    store = Trace(spent)
    auth = RefreshTokenAuth(sim.app_of(), store)
    newer = sim.tokens()
    held = sim.fault(path=TOKEN, action="hold", phase="P4")
    with ThreadPoolExecutor(1) as other:
        stale = other.submit(auth.token)
        until(lambda: sim.holds(held))
        assert store.save(newer, generation=1)
        sim.release(held)
        assert stale.result(timeout=30) == newer.access_token
    assert store.load().tokens == newer
    assert len(sim.commits("token.revoke")) == 1
    with connect(auth) as fortnox:
        assert fortnox.customers.count() == 0
    assert sim.app_of().refresh(newer.refresh_token).access_token


def test_a_disconnect_during_a_refresh_keeps_nothing_and_revokes_the_result(sim, spent):
    """F38"""
    store = Disconnectable(spent)
    auth = RefreshTokenAuth(sim.app_of(), store)
    held = sim.fault(path=TOKEN, action="hold", phase="P4")
    with ThreadPoolExecutor(1) as other:
        stale = other.submit(auth.token)
        until(lambda: sim.holds(held))
        store.gone = True
        sim.release(held)
        with pytest.raises(Disconnectable.Empty):
            stale.result(timeout=30)
        with pytest.raises(Disconnectable.Empty):
            auth.token()
    assert "save" not in store.calls
    assert len(sim.commits("token.revoke")) == 1
    store.gone = False
    assert store.load().tokens == spent


def test_a_token_that_dies_early_is_renewed_once_and_the_list_goes_on(sim, connect, tokens):
    """F39"""
    sim.customers(1_001)
    sim.fault(path="/3/customers", query={"page": 2}, **DENIED)
    store = MemoryTokenStore(tokens)
    with connect(RefreshTokenAuth(sim.app_of(), store)) as fortnox:
        assert len({each.number for each in fortnox.customers.list()}) == 1_001
    assert [query["page"] for query in sim.queries("/3/customers")] == ["1", "2", "2", "3"]
    assert (sim.refreshes(), store.load().generation) == (1, 2)


def test_a_write_with_a_dead_token_is_sent_again_once_since_nothing_happened(sim, connect, tokens):
    """F39, for a write"""
    payload = sim.invoice_payload()
    sim.fault(path="/3/invoices", phase="P0", **DENIED)
    with connect(RefreshTokenAuth(sim.app_of(), MemoryTokenStore(tokens))) as fortnox:
        assert fortnox.invoices.create(payload).number
    assert sim.creates() == {"UKU-0001": 1}
    assert (sim.requests(), sim.refreshes()) == (["POST invoices"] * 2, 1)


def test_tokens_that_are_refused_for_good_end_in_one_refresh_a_minute(sim, connect, tokens):
    """F40"""
    sim.fault(path="/3/*", times=1_000, **DENIED)
    time = Time()
    auth = RefreshTokenAuth(sim.app_of(), MemoryTokenStore(tokens), clock=time.clock)
    with connect(auth, clock=time.clock) as fortnox:
        for calls, refreshes in ((1, 1), (2, 1), (5, 1)):
            with pytest.raises(Unauthorized) as caught:
                fortnox.customers.count()
            assert not isinstance(caught.value, GrantRevoked)
            assert sim.refreshes() == refreshes, calls
        assert len(sim.requests()) == 2 + 1 + 1
        time.seconds += 61
        with pytest.raises(Unauthorized):
            fortnox.customers.count()
    assert sim.refreshes() == 2


@pytest.mark.parametrize("skew", [-600, 600])
def test_a_clock_that_is_ten_minutes_off_does_no_harm(sim, connect, skew):
    """F41: an expiry is counted by our own clock from when the answer came"""
    clock = Clock(now=lambda: datetime.now(UTC) + timedelta(seconds=skew))
    store = MemoryTokenStore(sim.tokens(clock=clock))
    with connect(RefreshTokenAuth(sim.app_of(clock=clock), store, clock=clock), clock=clock) as fortnox:
        assert [fortnox.customers.count() for _ in range(3)] == [0, 0, 0]
    assert (sim.refreshes(), sim.statuses()[401]) == (0, 0)


def test_a_clock_that_jumps_back_is_caught_by_the_refusal(sim, connect, tokens):
    """F41, the backstop"""
    sim.ask("POST", "clock", advance=4_000)
    with connect(RefreshTokenAuth(sim.app_of(), MemoryTokenStore(tokens))) as fortnox:
        assert fortnox.customers.count() == 0
    assert (sim.refreshes(), sim.statuses()[401]) == (1, 1)
    assert sim.requests() == ["GET customers"] * 2


@pytest.mark.parametrize(
    ("life", "seconds"),
    [(0, 60), (-5, 60), (None, 60), ("3600", 3600), (10**12, 86_400), ("soon", 60), (3600.0, 60)],
)
def test_a_life_that_makes_no_sense_is_kept_between_a_minute_and_a_day(sim, spent, life, seconds):
    """F41"""
    body = {"access_token": "another-token", "refresh_token": "another-refresh", "expires_in": life}
    sim.fault(path=TOKEN, action="status", status=200, phase="P1", body=json.dumps(body))
    time = Time()
    app: OAuthApp = sim.app_of(clock=time.clock)
    assert app.refresh(spent.refresh_token).expires_at == time.now() + timedelta(seconds=seconds)


def test_a_token_of_a_minute_is_not_refreshed_with_every_call(sim, connect, tokens):
    """F41: the margin is longer than such a token lives, so a pause of a minute keeps the pace"""
    sim.switch(access_seconds=300)
    store = MemoryTokenStore(aged(tokens, minutes=5))
    with connect(RefreshTokenAuth(sim.app_of(), store)) as fortnox:
        assert [fortnox.customers.count() for _ in range(5)] == [0] * 5
    assert sim.refreshes() == 1
