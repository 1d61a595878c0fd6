"""The rate window on real time, under both models."""

import pytest
from tests.fortnox_sim.client_app import Ticker

from fortnox_sim.rate_limit import RateLimiter


def admitted(model, gaps, *, count_refused=False):
    """Send requests with these gaps between them; say which passed."""
    ticker = Ticker()
    window = RateLimiter(ticker)
    found = []
    for gap in gaps:
        ticker.seconds += gap
        found.append(window.admit("a/1", model=model, count_refused=count_refused))
    return found


@pytest.mark.parametrize("model", ["sliding", "two-bucket"])
def test_25_requests_pass_at_once_and_no_more(model):
    assert admitted(model, [0.0] * 30) == [True] * 25 + [False] * 5


@pytest.mark.parametrize("model", ["sliding", "two-bucket"])
def test_one_request_each_210_ms_always_passes(model):
    assert all(admitted(model, [0.21] * 500))


def test_25_then_five_seconds_passes_only_the_sliding_window():
    gaps = [0.0] * 25 + [5.0] + [0.0] * 24
    assert (all(admitted("sliding", gaps)), all(admitted("two-bucket", gaps))) == (True, False)


def test_two_bucket_counts_what_is_left_of_the_last_window():
    assert admitted("two-bucket", [0.0] * 25 + [7.4] + [0.0] * 14) == [True] * 25 + [True] * 12 + [False] * 3


def test_an_old_window_is_forgotten():
    assert all(admitted("two-bucket", [0.0] * 25 + [10.0] + [0.0] * 24))


def test_refused_requests_may_count_too():
    gaps = [0.0] * 30 + [5.0]
    assert admitted("sliding", gaps)[-1]
    assert all(not passed for passed in admitted("sliding", [*[0.0] * 25, *[1.0] * 20], count_refused=True)[25:29])


def test_a_429_is_empty_and_says_nothing_more(new_client):
    new_client.connect()
    answers = [new_client.get("companyinformation") for _ in range(26)]
    assert [answer.status_code for answer in answers] == [200] * 25 + [429]
    assert (answers[-1].data, answers[-1].headers.get("Retry-After")) == (b"", None)


def test_the_window_runs_on_real_time_not_on_the_business_clock(new_client, ticker):
    new_client.connect()
    for _ in range(25):
        new_client.get("companyinformation")
    new_client.control("clock", advance=60)
    still = new_client.get("companyinformation").status_code
    ticker.seconds += 11
    assert (still, new_client.get("companyinformation").status_code) == (429, 200)


def test_each_company_has_its_own_window_shared_by_its_tokens(new_client):
    new_client.connect()
    for _ in range(25):
        new_client.get("companyinformation")
    new_client.connect()
    same = new_client.get("companyinformation").status_code
    new_client.connect(company="556002")
    assert (same, new_client.get("companyinformation").status_code) == (429, 200)


def test_switches_give_a_429_headers_and_body(new_client):
    new_client.connect()
    new_client.switch(rate_retry_after="5", rate_body="html")
    answer = [new_client.get("companyinformation") for _ in range(26)][-1]
    assert (answer.headers["Retry-After"], answer.headers["Content-Type"]) == ("5", "text/html")


@pytest.mark.parametrize(
    ("switches", "status"),
    [
        ({"rate_model": "sliding"}, 200),
        ({"rate_model": "two-bucket"}, 429),
        ({"rate_model": "sliding", "rate_counts_refused": True}, 429),
    ],
)
def test_switches_choose_the_model_and_whether_a_refusal_counts(new_client, ticker, switches, status):
    """Five seconds after 25 requests, and three after as many that were refused."""
    new_client.connect()
    new_client.switch(**switches)
    before = [new_client.get("companyinformation").status_code for _ in range(25)]
    ticker.seconds += 2
    refused = [new_client.get("companyinformation").status_code for _ in range(25)]
    ticker.seconds += 3
    after = new_client.get("companyinformation").status_code
    assert (before, refused, after) == ([200] * 25, [429] * 25, status)


def test_the_limit_can_be_turned_off(new_client):
    new_client.connect()
    new_client.switch(rate_limit=False)
    assert {new_client.get("companyinformation").status_code for _ in range(60)} == {200}


def test_the_token_address_can_be_counted(new_client):
    new_client.switch(token_counts=True)
    found = [new_client.token(grant_type="x").status_code for _ in range(26)]
    assert found == [400] * 25 + [429]


def test_a_storm_of_429_is_a_fault_with_many_times(client):
    client.control("faults", path="/3/*", status=429, times=3, headers={"Retry-After": "999999"})
    answers = [client.get("customers") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 429, 429, 200]
    assert answers[0].headers["Retry-After"] == "999999"
