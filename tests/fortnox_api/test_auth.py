"""Refreshing: once, under a lock, stored before use, and never more dead than it is."""

import threading
from contextlib import contextmanager
from datetime import timedelta

import httpx2
import pytest

from fortnox_api import (
    AppCredentialsWrong,
    ClientCredentialsAuth,
    ConnectionFailed,
    GrantRevoked,
    MemoryTokenStore,
    RefreshTokenAuth,
    StaticAuth,
    StoredTokens,
    Unauthorized,
    Unavailable,
)


class WatchedStore(MemoryTokenStore):
    """Notes in which order things happen, and can be told to misbehave."""

    def __init__(self, tokens):
        super().__init__(tokens)
        self.events = []
        self.failing = []
        self.meanwhile = None

    @contextmanager
    def lock(self):
        self.events.append("lock")
        with super().lock():
            yield
        self.events.append("unlock")

    def mark(self, *, generation):
        self.events.append(f"mark {generation}")
        super().mark(generation=generation)

    def save(self, tokens, *, generation):
        if self.failing:
            raise self.failing.pop()
        saved = super().save(tokens, generation=generation)
        self.events.append(f"save {generation} {saved}")
        return saved

    def authorize_again(self, tokens):
        super().save(tokens, generation=self.load().generation)


@pytest.fixture
def rotating(oauth, token_set, time):
    """Return an auth whose stored token lives so many seconds, its store and the script."""

    def made(seconds, *answers, **tokens):
        app, script = oauth(*answers)
        store = WatchedStore(token_set(seconds, **tokens))
        return RefreshTokenAuth(app, store, clock=time.clock), store, script

    return made


def down(_request=None):
    return httpx2.Response(503)


def test_a_fresh_token_is_used_without_a_lock(rotating):
    auth, store, script = rotating(601)
    assert auth.token() == "old-access"
    assert (store.events, script.requests) == ([], [])


def test_a_token_near_its_end_is_refreshed_and_stored_before_use(rotating, granted):
    auth, store, _ = rotating(600, granted())
    assert auth.token() == "new-access"
    assert store.events == ["lock", "mark 1", "save 1 True", "unlock"]
    assert (store.load().tokens.refresh_token, store.load().generation) == ("new-refresh", 2)


def test_the_marker_stands_while_the_refresh_is_on_its_way(rotating, granted):
    seen = []

    def watching(_request):
        seen.append(store.load().refresh_started)
        return granted()

    auth, store, _ = rotating(0, watching)
    auth.token()
    assert (seen, store.load().refresh_started) == ([True], False)


def test_who_waited_for_the_lock_uses_what_the_first_one_got(oauth, token_set, granted, time):
    app, script = oauth(granted())
    store = MemoryTokenStore(token_set(0))
    workers = 16
    ready, found = threading.Barrier(workers), []

    def work():
        ready.wait()
        found.append(RefreshTokenAuth(app, store, clock=time.clock).token())

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, len(script.requests)) == (["new-access"] * workers, 1)


@pytest.mark.parametrize("refresh", [None, ""])
def test_an_answer_without_a_refresh_token_keeps_the_stored_one(rotating, granted, refresh):
    auth, store, _ = rotating(0, granted(refresh=refresh))
    assert auth.token() == "new-access"
    assert store.load().tokens.refresh_token == "old-refresh"


def test_a_refused_refresh_token_that_is_still_the_stored_one_ends_the_connection(rotating, refused):
    auth, store, script = rotating(0, refused)
    for _ in range(3):
        with pytest.raises(GrantRevoked):
            auth.token()
    assert (len(script.requests), store.load().generation) == (1, 1)


def test_who_lost_a_race_uses_what_the_winner_stored(rotating, refused, token_set):
    def overtaken(_request):
        store.authorize_again(token_set(3600, access="winner", refresh="winner-refresh"))
        return refused

    auth, store, _ = rotating(0, overtaken)
    assert auth.token() == "winner"


def test_a_later_grant_wins_and_the_stale_one_is_revoked(rotating, granted, answer, token_set):
    def overtaken(_request):
        store.authorize_again(token_set(3600, access="winner", refresh="winner-refresh"))
        return granted("stale", "stale-refresh")

    auth, store, script = rotating(0, overtaken, answer({"revoked": True}))
    assert auth.token() == "winner"
    assert store.load().tokens.refresh_token == "winner-refresh"
    assert script.asked == ["POST /oauth-v1/token", "POST /oauth-v1/revoke"]
    assert script.requests[1].content.decode().endswith("token=stale-refresh")


def test_after_a_disconnect_the_result_is_revoked_and_not_stored(rotating, granted, answer):
    class Disconnected(Exception):
        pass

    def disconnecting(_request):
        store.save = lambda _tokens, **_generation: False
        store.load = gone
        return granted("stale", "stale-refresh")

    def gone():
        raise Disconnected

    auth, store, script = rotating(0, disconnecting, answer({"revoked": True}))
    with pytest.raises(Disconnected):
        auth.token()
    assert script.requests[1].content.decode().endswith("token=stale-refresh")


def test_a_later_grant_wins_also_when_the_stale_one_cannot_be_revoked(rotating, granted, token_set):
    def overtaken(_request):
        store.authorize_again(token_set(3600, access="winner"))
        return granted("stale", "stale-refresh")

    auth, store, _ = rotating(0, overtaken, down)
    assert auth.token() == "winner"


def test_a_stale_refresh_that_kept_its_token_revokes_nothing(rotating, granted, token_set):
    def overtaken(_request):
        store.authorize_again(token_set(3600, access="winner"))
        return granted("stale", None)

    auth, store, script = rotating(0, overtaken)
    assert auth.token() == "winner"
    assert script.asked == ["POST /oauth-v1/token"]


@pytest.mark.parametrize("trouble", [down, httpx2.ReadTimeout("slow"), httpx2.ConnectError("no"), httpx2.Response(429)])
def test_trouble_in_passing_leaves_the_old_token_in_use(rotating, granted, time, trouble):
    auth, store, script = rotating(300, trouble, granted())
    assert [auth.token(), auth.token()] == ["old-access", "old-access"]
    assert (len(script.requests), store.load().generation) == (1, 1)
    time.pass_by(61)
    assert auth.token() == "new-access"


def test_trouble_after_the_end_is_raised_and_nothing_is_lost(rotating, granted):
    auth, _, _ = rotating(-1, down, httpx2.ReadTimeout("slow"), granted())
    with pytest.raises(Unavailable):
        auth.token()
    with pytest.raises(ConnectionFailed):
        auth.token()
    assert auth.token() == "new-access"


def test_a_wrong_client_secret_is_raised_at_once(rotating):
    text = '{"error":"invalid_client","error_description":"The client credentials are invalid"}'
    auth, store, _ = rotating(300, httpx2.Response(401, text=text))
    with pytest.raises(AppCredentialsWrong):
        auth.token()
    assert store.load() == StoredTokens(store.load().tokens, 1, refresh_started=True)


def test_a_rejected_token_is_refreshed_although_it_looks_fresh(rotating, granted):
    auth, _, _ = rotating(3600, granted())
    assert auth.force_refresh("old-access") == "new-access"


def test_a_rejected_token_that_somebody_replaced_is_not_refreshed(rotating):
    auth, _, script = rotating(3600)
    assert auth.force_refresh("older-access") == "old-access"
    assert script.requests == []


def test_a_token_is_refreshed_at_most_once_a_minute(rotating, granted, time):
    auth, _, script = rotating(3600, granted(), granted("newer-access"))
    auth.force_refresh("old-access")
    with pytest.raises(Unauthorized):
        auth.force_refresh("new-access")
    time.pass_by(61)
    assert auth.force_refresh("new-access") == "newer-access"
    assert len(script.requests) == 2


def test_a_rejected_token_is_not_given_out_again_when_the_refresh_fails(rotating):
    auth, _, _ = rotating(3600, down)
    with pytest.raises(Unavailable):
        auth.force_refresh("old-access")


def test_a_rejected_token_is_not_given_out_again_when_the_grant_is_gone(rotating, refused):
    auth, _, _ = rotating(3600, refused)
    with pytest.raises(GrantRevoked):
        auth.force_refresh("old-access")


def test_a_winner_with_the_rejected_token_is_no_winner(rotating, refused, token_set):
    def overtaken(_request):
        store.authorize_again(token_set(3600, access="old-access", refresh="other"))
        return refused

    auth, store, _ = rotating(3600, overtaken)
    with pytest.raises(GrantRevoked):
        auth.force_refresh("old-access")


def test_a_token_with_a_very_short_life_is_not_refreshed_for_each_request(rotating, granted):
    auth, _, script = rotating(0, granted(expires_in=0))
    assert [auth.token() for _ in range(5)] == ["new-access"] * 5
    assert len(script.requests) == 1


def test_without_a_refresh_token_only_a_person_can_connect_again(rotating):
    auth, _, script = rotating(0, refresh=None)
    with pytest.raises(GrantRevoked):
        auth.token()
    assert script.requests == []


def test_an_idle_connection_is_kept_alive_however_fresh_its_token(rotating, granted):
    auth, store, _ = rotating(3600, granted())
    assert auth.keep_alive() == "new-access"
    assert store.load().generation == 2


def test_tokens_that_the_store_could_not_take_are_offered_again(rotating, granted):
    auth, store, script = rotating(0, granted())
    store.failing = [OSError("disk full")]
    with pytest.raises(OSError, match="disk full"):
        auth.token()
    assert store.load().refresh_started
    assert auth.token() == "new-access"
    assert (store.load().tokens.refresh_token, len(script.requests)) == ("new-refresh", 1)


@pytest.fixture
def consented(oauth, time):
    def made(*answers, store=None):
        app, script = oauth(*answers)
        return ClientCredentialsAuth(app, "34231", store, scopes=["invoice"], clock=time.clock), script

    return made


def test_a_consent_mints_a_token_when_it_is_needed(consented, granted, time):
    auth, script = consented(granted("a1", None), granted("a2", None))
    assert [auth.token(), auth.token()] == ["a1", "a1"]
    time.pass_by(3600 - 600)
    assert auth.token() == "a2"
    assert len(script.requests) == 2


def test_minting_leaves_the_stored_refresh_token_alone(consented, granted, token_set):
    store = WatchedStore(token_set(0))
    auth, _ = consented(granted("a1", None), store=store)
    assert auth.token() == "a1"
    assert store.load().tokens.refresh_token == "old-refresh"
    assert store.events == ["lock", "save 1 True", "unlock"]


def test_a_minted_token_that_lost_against_a_new_grant_is_forgotten(consented, granted, token_set):
    store = WatchedStore(token_set(0))

    def overtaken(_request):
        store.authorize_again(token_set(3600, access="winner"))
        return granted("a1", None)

    auth, script = consented(overtaken, store=store)
    assert auth.token() == "winner"
    assert script.asked == ["POST /oauth-v1/token"]


def test_a_rejected_minted_token_is_minted_anew(consented, granted, time):
    auth, _ = consented(granted("a1", None), granted("a2", None))
    auth.token()
    time.pass_by(120)
    assert auth.force_refresh("a1") == "a2"


def test_a_withdrawn_consent_is_told(consented, refused):
    auth, _ = consented(refused)
    with pytest.raises(GrantRevoked):
        auth.token()


def test_a_consent_is_asked_for_a_token_however_fresh_the_last_one(consented, granted):
    auth, script = consented(granted("a1", None), granted("a2", None))
    assert [auth.token(), auth.keep_alive(), auth.token()] == ["a1", "a2", "a2"]
    assert len(script.requests) == 2


class Held(WatchedStore):
    """Another process holds the lock for longer than anybody waits."""

    @contextmanager
    def lock(self):
        raise Unavailable("another process holds on")
        yield


def test_who_does_not_get_the_lock_uses_the_old_token_while_it_lives(oauth, token_set, time):
    """F46"""
    app, script = oauth()
    auth = RefreshTokenAuth(app, Held(token_set(60)), clock=time.clock)
    assert auth.token() == "old-access"
    with pytest.raises(Unavailable):
        auth.force_refresh("old-access")
    time.pass_by(60)
    with pytest.raises(Unavailable, match="holds on"):
        auth.token()
    assert script.requests == []


def test_a_static_token_cannot_be_refreshed():
    auth = StaticAuth("t")
    assert auth.token() == "t"
    with pytest.raises(Unauthorized):
        auth.force_refresh("t")


def test_memory_takes_no_older_generation(token_set):
    store = MemoryTokenStore(token_set())
    assert store.save(token_set(access="b"), generation=1) is True
    assert store.save(token_set(access="c"), generation=1) is False
    store.mark(generation=1)
    assert (store.load().tokens.access_token, store.load().refresh_started) == ("b", False)


def test_the_margin_can_be_chosen(oauth, token_set, time):
    app, _ = oauth()
    auth = RefreshTokenAuth(app, MemoryTokenStore(token_set(61)), timedelta(minutes=1), time.clock)
    assert auth.token() == "old-access"
