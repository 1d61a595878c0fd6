"""The rate window under both models: a paced client never meets it, an unpaced one survives it."""

from __future__ import annotations

import pytest

from fortnox_api import PaceLimiter, RateLimited, StaticAuth
from fortnox_sim.rate_limit import RateLimiter

MODELS = ("sliding", "two-bucket")


@pytest.fixture
def windowed(sim, connect, tokens, time):
    """A client and a rate window on one clock that moves by sleeping only."""

    def made(model, interval, *, begin=0.0, **switches):
        time.seconds += begin
        with sim.app.installation.lock:
            sim.app.installation.rate_limiter = RateLimiter(lambda: time.seconds)
        sim.switch(rate_limit=True, rate_model=model, **switches)
        limiter = PaceLimiter(interval, clock=time.clock)
        return connect(StaticAuth(tokens.access_token), limiter=limiter, clock=time.clock)

    return made


@pytest.mark.parametrize("begin", [0.0, 2.5, 4.9])
@pytest.mark.parametrize("model", MODELS)
def test_a_paced_client_meets_no_429_and_uses_the_window_well(sim, windowed, time, model, begin):
    with windowed(model, 0.21, begin=begin) as fortnox:
        begun = time.seconds
        for _ in range(150):
            fortnox.customers.count()
    assert sim.statuses()[429] == 0
    assert 150 / (time.seconds - begun) > 4.5


@pytest.mark.parametrize(("told", "begin"), [("", 0.0), ("", 2.5), ("5", 2.5)])
@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_an_unpaced_client_waits_out_each_429_and_every_read_succeeds(sim, windowed, time, model, told, begin, refused):
    """F58 against the real window"""
    with windowed(model, 0, begin=begin, rate_retry_after=told, rate_counts_refused=refused) as fortnox:
        for _ in range(60):
            assert fortnox.customers.count() == 0
    statuses = sim.statuses()
    assert 2 <= statuses[429] <= 6
    assert len(sim.requests()) == 60 + statuses[429]
    assert len(time.slept) == statuses[429]


@pytest.mark.parametrize("model", MODELS)
def test_a_retry_after_of_days_goes_to_the_caller_at_once(sim, windowed, time, model):
    with windowed(model, 0, rate_retry_after="999999") as fortnox:
        for _ in range(25):
            fortnox.customers.count()
        with pytest.raises(RateLimited) as caught:
            fortnox.customers.count()
        assert (caught.value.retry_after, time.slept) == (300.0, [])
        assert fortnox.customers.count() == 0
    assert time.slept == [300.0]
    assert len(sim.requests()) == 27


@pytest.mark.parametrize("body", ["", "html", "json"])
def test_a_429_is_one_whatever_its_body(sim, windowed, body):
    with windowed("sliding", 0, rate_body=body, rate_retry_after="999999") as fortnox:
        for _ in range(25):
            fortnox.customers.count()
        with pytest.raises(RateLimited):
            fortnox.customers.count()


def test_another_company_has_a_window_of_its_own(sim, connect, windowed, time):
    with windowed("sliding", 0) as fortnox:
        for _ in range(25):
            fortnox.customers.count()
        second = StaticAuth(sim.tokens(company="556002").access_token)
        with connect(second, clock=time.clock) as other:
            assert other.customers.count() == 0
    assert sim.statuses()[429] == 0
