"""Faults on the way of one call: what the client says of it, and what the journal says."""

from __future__ import annotations

import json
from email.utils import format_datetime
from itertools import count

import pytest
from tests.client_and_simulator.conftest import aged

from fortnox_api import (
    Clock,
    ConnectionFailed,
    CustomerPayload,
    Fortnox,
    Outcome,
    PaceLimiter,
    RateLimited,
    StaticAuth,
    Timeouts,
    Unavailable,
    Unreadable,
)

CREATE = {"method": "POST", "path": "/3/invoices"}


@pytest.mark.parametrize("action", ["reset", "drop"])
def test_a_create_whose_answer_is_lost_is_unknown_and_found_by_its_reference(sim, fortnox, action):
    """F01"""
    payload = sim.invoice_payload()
    sim.fault(**CREATE, action=action, phase="P2")
    with pytest.raises(ConnectionFailed) as caught:
        fortnox.invoices.create(payload)
    assert caught.value.outcome is Outcome.UNKNOWN
    found = fortnox.invoices.find_by_reference("UKU-0001")
    assert len(found) == 1
    assert sim.requests().count("POST invoices") == 1
    assert sim.creates() == {"UKU-0001": 1}


def test_a_create_that_reached_nobody_is_not_applied_and_may_be_repeated(sim, fortnox, tokens):
    """F03, refused"""
    payload = sim.invoice_payload()
    nobody = Fortnox(auth=StaticAuth(tokens.access_token), base_url="http://127.0.0.1:1", limiter=PaceLimiter(0))
    with nobody, pytest.raises(ConnectionFailed) as caught:
        nobody.invoices.create(payload)
    assert caught.value.outcome is Outcome.NOT_APPLIED
    assert sim.requests().count("POST invoices") == 0
    fortnox.invoices.create(payload)
    assert sim.creates() == {"UKU-0001": 1}


def test_a_create_that_was_cut_off_before_it_was_read_is_unknown_and_not_there(sim, fortnox):
    """F03, reset: the client cannot tell it from F01, so it says unknown; the look-up settles it"""
    payload = sim.invoice_payload()
    sim.fault(**CREATE, action="reset", phase="P0")
    with pytest.raises(ConnectionFailed) as caught:
        fortnox.invoices.create(payload)
    assert caught.value.outcome is Outcome.UNKNOWN
    assert fortnox.invoices.find_by_reference("UKU-0001") == []
    assert fortnox.invoices.create(payload).number
    assert sim.creates() == {"UKU-0001": 1}


@pytest.mark.parametrize(("phase", "made"), [("P1", 0), ("P2", 1)])
@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateways_page_instead_of_an_answer_is_unknown_and_is_not_shown(sim, fortnox, status, phase, made):
    """F12"""
    payload = sim.invoice_payload()
    sim.fault(**CREATE, action="html", status=status, phase=phase)
    with pytest.raises(Unavailable) as caught:
        fortnox.invoices.create(payload)
    assert (caught.value.outcome, caught.value.status) == (Outcome.UNKNOWN, status)
    assert caught.value.message == ""
    assert "html" not in f"{caught.value} {caught.value!r}".lower()
    assert sim.requests().count("POST invoices") == 1
    assert sum(sim.creates().values()) == len(fortnox.invoices.find_by_reference("UKU-0001")) == made


WITHOUT_NUMBER = json.dumps({"Invoice": {"CustomerNumber": "1", "Total": 1}})


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"action": "truncate"}, ConnectionFailed),
        ({"action": "status", "phase": "P2", "status": 201}, Unreadable),
        ({"action": "status", "phase": "P2", "status": 201, "body": '{"Invoice": {"Docu'}, Unreadable),
        ({"action": "status", "phase": "P2", "status": 201, "body": "<p>OK</p>"}, Unreadable),
        ({"action": "status", "phase": "P2", "status": 201, "body": WITHOUT_NUMBER}, Unreadable),
        ({"action": "status", "phase": "P2", "status": 201, "body": '{"Invoice": null}'}, Unreadable),
    ],
    ids=["truncated", "empty", "half", "no JSON", "no number", "null"],
)
def test_an_answer_that_does_not_tell_the_number_is_unknown(sim, fortnox, fault, kind):
    """F13"""
    payload = sim.invoice_payload()
    sim.fault(**CREATE, **fault)
    with pytest.raises(kind) as caught:
        fortnox.invoices.create(payload)
    assert caught.value.outcome is Outcome.UNKNOWN
    assert sim.requests().count("POST invoices") == 1
    assert len(fortnox.invoices.find_by_reference("UKU-0001")) == 1


# F58: too many requests

TOLD = {
    "none": {},
    "seconds": {"Retry-After": "7"},
    "much": {"Retry-After": "999999"},
    "nonsense": {"Retry-After": "soon"},
}


@pytest.mark.parametrize(("told", "waited"), [("none", 5.0), ("seconds", 7.0), ("nonsense", 5.0)])
def test_a_read_waits_as_long_as_it_is_told_and_goes_on(sim, connect, tokens, time, told, waited):
    """F58"""
    sim.fault(path="/3/customers", action="status", status=429, headers=TOLD[told])
    with connect(StaticAuth(tokens.access_token), clock=time.clock) as fortnox:
        assert fortnox.customers.count() == 0
    assert time.slept == [waited]
    assert sim.requests() == ["GET customers"] * 2


def test_a_read_that_is_told_a_date_waits_until_then(sim, connect, tokens, time):
    """F58"""
    until = format_datetime(time.now().replace(microsecond=0), usegmt=True)
    sim.fault(path="/3/customers", action="status", status=429, headers={"Retry-After": until})
    with connect(StaticAuth(tokens.access_token), clock=time.clock) as fortnox:
        assert fortnox.customers.count() == 0
    assert time.slept == [1.0]  # the date lies in the past: the shortest wait


def test_an_absurd_wait_is_cut_to_five_minutes_and_left_to_the_caller(sim, connect, tokens, time):
    """F58"""
    sim.fault(path="/3/customers", action="status", status=429, headers=TOLD["much"])
    limiter = PaceLimiter(0, clock=time.clock)
    with connect(StaticAuth(tokens.access_token), clock=time.clock, limiter=limiter) as fortnox:
        with pytest.raises(RateLimited) as caught:
            fortnox.customers.count()
        assert (caught.value.retry_after, caught.value.outcome) == (300.0, Outcome.NOT_APPLIED)
        assert (time.slept, sim.requests()) == ([], ["GET customers"])
        assert fortnox.customers.count() == 0  # another call waits for what the first one was told
    assert time.slept == [300.0]


def test_a_write_is_not_repeated_after_429_and_holds_everybody_back(sim, connect, tokens, time):
    """F58"""
    sim.fault(method="POST", path="/3/customers", action="status", status=429)
    limiter = PaceLimiter(0, clock=time.clock)
    with connect(StaticAuth(tokens.access_token), clock=time.clock, limiter=limiter) as fortnox:
        with pytest.raises(RateLimited) as caught:
            fortnox.customers.create(CustomerPayload(name="Åkerbo AB"))
        assert caught.value.outcome is Outcome.NOT_APPLIED
        assert sim.requests() == ["POST customers"]
        fortnox.customers.create(CustomerPayload(name="Åkerbo AB"))
    assert time.slept == [5.0]
    assert sim.requests() == ["POST customers"] * 2


def test_ten_minutes_of_429_cost_less_than_a_request_each_five_seconds_and_the_list_resumes(sim, connect, tokens, time):
    """F58"""
    sim.customers(1_001)
    storm = sim.fault(path="/3/customers", query={"page": 2}, action="status", status=429, times=10_000)
    seen: list[str] = []
    with connect(StaticAuth(tokens.access_token), clock=time.clock) as fortnox:
        page, before = 1, sim.mark()
        while time.seconds < 1_600:
            try:
                for found in fortnox.customers.pages(first_page=page):
                    seen += [each.number for each in found.items]
                    page = found.number + 1
            except RateLimited:
                continue
        assert (sim.struck(storm) - 1) * 5 <= time.seconds - 1_000
        sim.heal()
        for found in fortnox.customers.pages(first_page=page):
            seen += [each.number for each in found.items]
    assert len(seen) == len(set(seen)) == 1_001
    asked = [query["page"] for query in sim.queries("/3/customers", before)]
    assert (asked.count("1"), asked.count("3")) == (1, 1)


# F70 and F71: silence and drips

# The service is silent for so long and then answers. In each test only one of the two limits is shorter, so a failure
# while no answer was given yet says that this one ended the call.
SILENCE = 30.0
LONG = 2 * SILENCE
QUICK_READ, QUICK_TOTAL = Timeouts(connect=5, read=0.3, total=LONG), Timeouts(connect=5, read=LONG, total=0.5)


def failure_of(sim, call):
    """Return the error, and the answers that had been given when it came."""
    before = sim.mark()
    with pytest.raises(ConnectionFailed) as caught:
        call()
    return caught.value, sim.statuses(before)


def test_a_silent_service_ends_a_write_at_the_read_timeout(sim, connect, auth):
    """F70"""
    payload = sim.invoice_payload()
    sim.fault(**CREATE, action="delay", seconds=SILENCE, phase="P1")
    with connect(auth, timeouts=QUICK_READ) as fortnox:
        fault, answers = failure_of(sim, lambda: fortnox.invoices.create(payload))
    assert (fault.reason, fault.outcome, answers) == ("ReadTimeout", Outcome.UNKNOWN, {})
    assert sim.requests().count("POST invoices") == 1


def test_a_silent_service_is_asked_again_only_while_the_total_deadline_leaves_time(sim, connect, tokens, time):
    """F70: by a clock that only pauses move. After the first pause 0.5 s are left, and the second would take 1 s."""
    sim.fault(path="/3/customers", action="delay", seconds=SILENCE, phase="P0", times=10)
    timeouts = Timeouts(connect=5, read=0.3, total=1.0)
    with connect(StaticAuth(tokens.access_token), clock=time.clock, timeouts=timeouts) as fortnox:
        fault, answers = failure_of(sim, fortnox.customers.count)
    assert (fault.reason, fault.outcome, answers) == ("ReadTimeout", Outcome.NOT_APPLIED, {})
    assert (len(sim.requests()), time.slept) == (2, [0.5])


def test_a_silent_service_ends_a_call_at_the_total_deadline_though_a_read_may_take_longer(sim, connect, auth):
    """F70"""
    sim.fault(path="/3/customers", action="delay", seconds=SILENCE, phase="P0", times=10)
    with connect(auth, timeouts=QUICK_TOTAL) as fortnox:
        fault, answers = failure_of(sim, fortnox.customers.count)
    assert (fault.reason, fault.outcome, answers) == ("ReadTimeout", Outcome.NOT_APPLIED, {})
    assert len(sim.requests()) == 1


def test_a_silent_service_does_not_hold_up_the_token(sim, connect, store, tokens):
    """F70, at the token address"""
    from fortnox_api import RefreshTokenAuth

    store.save(aged(tokens, minutes=-1), generation=1)
    sim.fault(path="/oauth-v1/token", action="delay", seconds=SILENCE, phase="P0")
    with connect(RefreshTokenAuth(sim.app_of(timeouts=QUICK_READ), store)) as fortnox:
        fault, answers = failure_of(sim, fortnox.customers.count)
    assert (fault.reason, answers) == ("ReadTimeout", {})
    assert fault.outcome is Outcome.NOT_APPLIED  # of the call, which was never sent
    assert sim.requests() == []


@pytest.mark.parametrize("write", [False, True])
def test_one_byte_at_a_time_ends_at_the_total_deadline(sim, connect, auth, write):
    """F71: from the first byte of the headers on, by a clock that moves when the client looks at it; whoever did not
    look between two bytes would get the whole answer.
    """
    payload = sim.invoice_payload()
    sim.fault(path="/3/invoices", action="drip", seconds=0.01, times=10)
    looks = count()
    clock = Clock(monotonic=lambda: next(looks) / 20, sleep=lambda _: None)
    with connect(auth, clock=clock, timeouts=Timeouts(connect=5, read=LONG, total=1.0)) as fortnox:
        fault, _ = failure_of(sim, lambda: fortnox.invoices.create(payload) if write else fortnox.invoices.count())
    assert (fault.reason, fault.outcome) == ("ReadTimeout", Outcome.UNKNOWN if write else Outcome.NOT_APPLIED)
    assert len(sim.requests()) == 1
