"""The one request path: what goes out, what is repeated, what is waited for."""

import gzip
import tracemalloc
import zlib
from datetime import UTC, datetime
from importlib.metadata import version

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnox_api import (
    ConnectionFailed,
    Fortnox,
    FortnoxError,
    Outcome,
    PaceLimiter,
    RateLimited,
    StaticAuth,
    Timeouts,
    Unauthorized,
    Unavailable,
    Unreadable,
)
from fortnox_api._response import parse_retry_after

COMPANY = {"CompanyInformation": {"DatabaseNumber": 34231, "CompanyName": "Byrån AB"}}
UNAUTHORIZED = '{"message":"unauthorized"}'


@pytest.fixture
def company(answer):
    return answer(COMPANY)


class TwoTokens:
    """Has a second token when the first is refused."""

    def __init__(self):
        self.asked = []

    def token(self):
        return "first"

    def force_refresh(self, rejected_token):
        self.asked.append(rejected_token)
        return "second"


def bearer(request):
    return request.headers["Authorization"]


def down(_request=None):
    return httpx2.Response(503, text="<html>")


def test_a_read_carries_the_token_and_asks_for_json(talk, company):
    made = talk(company)
    assert made.fortnox.company.get().database_number == "34231"
    sent = made.script.requests[0]
    assert str(sent.url) == "https://api.fortnox.se/3/companyinformation"
    assert dict(sent.headers) == {
        "host": "api.fortnox.se",
        "user-agent": f"fortnox-api/{version('fortnox-api')}",
        "accept-encoding": "gzip",
        "authorization": "Bearer canary-access-token",
        "accept": "application/json",
    }


def test_a_write_carries_its_length_and_type(talk, answer, invoice_wire, payload):
    made = talk(answer(invoice_wire(), 201))
    made.fortnox.invoices.create(payload())
    sent = made.script.requests[0]
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.headers["Content-Length"] == str(len(payload().to_json_bytes()))
    assert sent.content == payload().to_json_bytes()


@pytest.mark.parametrize(
    ("number", "path"),
    [
        ("1001", "1001"),
        ("A/1", "A%2F1"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        ("a?b#c", "a%3Fb%23c"),
        ("50%", "50%25"),
        ("007", "007"),
        ("å 👍", "%C3%A5%20%F0%9F%91%8D"),
        (7, "7"),
    ],
)
def test_a_number_names_a_record_and_nothing_else(talk, answer, number, path):
    """B36: a number is an opaque text, percent-encoded in paths"""
    made = talk(answer({"Customer": {"CustomerNumber": str(number), "Active": True}}))
    made.fortnox.customers.get(number)
    assert made.asked == [f"GET /3/customers/{path}"]


def test_an_empty_number_is_an_argument_that_makes_no_sense(talk):
    with pytest.raises(ValueError, match="names no record"):
        talk().fortnox.customers.get("")


def test_a_number_of_1024_characters_is_asked_for_and_one_of_70000_makes_no_sense(talk, answer):
    """B36"""
    long = "å" * 1024
    made = talk(answer({"Customer": {"CustomerNumber": long, "Active": True}}))
    assert made.fortnox.customers.get(long).number == long
    with pytest.raises(ValueError, match="too long"):
        made.fortnox.customers.get("x" * 70_000)


def test_a_read_is_repeated_after_trouble_that_may_pass(talk, company):
    made = talk(down, httpx2.ReadTimeout("slow"), company)
    assert made.fortnox.company.get().name == "Byrån AB"
    assert (len(made.asked), made.time.slept, made.limiter.passed) == (3, [0.5, 1.0], 3)


def test_a_read_is_given_up_after_three_tries(talk):
    made = talk(down, down, down)
    with pytest.raises(Unavailable):
        made.fortnox.company.get()
    assert len(made.asked) == 3


def test_a_read_that_is_refused_is_not_repeated(talk, complaint):
    made = talk(complaint(2000588))
    with pytest.raises(FortnoxError):
        made.fortnox.company.get()
    assert len(made.asked) == 1


def test_a_write_is_never_repeated(talk, payload):
    for trouble in (down, httpx2.ReadTimeout("slow"), httpx2.ConnectError("no")):
        made = talk(trouble)
        with pytest.raises(FortnoxError):
            made.fortnox.invoices.create(payload())
        assert len(made.asked) == 1


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        (httpx2.ConnectError("refused"), Outcome.NOT_APPLIED),
        (httpx2.ConnectTimeout("slow"), Outcome.NOT_APPLIED),
        (httpx2.PoolTimeout("full"), Outcome.NOT_APPLIED),
        (httpx2.LocalProtocolError("Illegal header value b'Bearer canary'"), Outcome.NOT_APPLIED),
        (httpx2.ReadTimeout("slow"), Outcome.UNKNOWN),
        (httpx2.WriteTimeout("slow"), Outcome.UNKNOWN),
        (httpx2.ReadError("reset"), Outcome.UNKNOWN),
        (httpx2.WriteError("reset"), Outcome.UNKNOWN),
        (httpx2.RemoteProtocolError("cut"), Outcome.UNKNOWN),
        (OSError("reset"), Outcome.UNKNOWN),
    ],
)
def test_how_a_connection_breaks_decides_what_is_known_of_a_write(talk, payload, trouble, outcome):
    with pytest.raises(ConnectionFailed) as caught:
        talk(trouble).fortnox.invoices.create(payload())
    assert (caught.value.outcome, caught.value.transient, caught.value.status) == (outcome, True, None)
    assert "canary" not in f"{caught.value} {caught.value.__cause__}"


def test_a_fault_of_the_caller_comes_through(talk):
    with pytest.raises(RuntimeError):
        talk(RuntimeError("inside a transaction")).fortnox.company.get()


def test_a_refused_token_is_exchanged_once_and_the_read_goes_on(talk, company):
    auth = TwoTokens()
    made = talk(httpx2.Response(401, text=UNAUTHORIZED), company, auth=auth)
    made.fortnox.company.get()
    assert [bearer(each) for each in made.script.requests] == ["Bearer first", "Bearer second"]
    assert auth.asked == ["first"]


def test_a_refused_token_is_exchanged_once_and_the_write_goes_on(talk, answer, invoice_wire, payload):
    auth = TwoTokens()
    made = talk(httpx2.Response(401, text=UNAUTHORIZED), answer(invoice_wire(), 201), auth=auth)
    assert made.fortnox.invoices.create(payload()).number == "1042"
    assert auth.asked == ["first"]


def test_a_second_refusal_ends_the_call(talk):
    auth = TwoTokens()
    made = talk(*[httpx2.Response(401, text=UNAUTHORIZED)] * 2, auth=auth)
    with pytest.raises(Unauthorized):
        made.fortnox.company.get()
    assert (len(made.asked), auth.asked) == (2, ["first"])


def test_a_lost_licence_is_no_reason_for_another_token(talk, complaint):
    auth = TwoTokens()
    with pytest.raises(Unauthorized):
        talk(complaint(2000310, status=400), auth=auth).fortnox.company.get()
    assert auth.asked == []


def test_without_another_token_a_refusal_is_final(talk):
    with pytest.raises(Unauthorized) as caught:
        talk(httpx2.Response(401, text=UNAUTHORIZED)).fortnox.company.get()
    assert (caught.value.status, caught.value.outcome) == (401, Outcome.NOT_APPLIED)


def test_a_write_that_never_got_a_token_was_not_applied(talk, payload):
    class Broken(TwoTokens):
        def token(self):
            raise ConnectionFailed("the token endpoint is silent", outcome=Outcome.UNKNOWN)

    made = talk(auth=Broken())
    with pytest.raises(ConnectionFailed) as caught:
        made.fortnox.invoices.create(payload())
    assert (caught.value.outcome, made.asked) == (Outcome.NOT_APPLIED, [])


def test_too_many_requests_hold_back_everybody_and_the_read_goes_on(talk, company):
    made = talk(httpx2.Response(429), company)
    made.fortnox.company.get()
    assert (made.limiter.penalties, made.time.slept) == ([5.0], [])


def test_too_many_requests_for_a_write_hold_back_everybody_and_raise(talk, payload):
    made = talk(httpx2.Response(429, headers={"Retry-After": "7"}))
    with pytest.raises(RateLimited) as caught:
        made.fortnox.invoices.create(payload())
    assert (caught.value.retry_after, caught.value.outcome) == (7.0, Outcome.NOT_APPLIED)
    assert made.limiter.penalties == [7.0]


def test_a_long_wait_is_left_to_the_caller(talk):
    made = talk(httpx2.Response(429, headers={"Retry-After": "999999"}))
    with pytest.raises(RateLimited) as caught:
        made.fortnox.company.get()
    assert (caught.value.retry_after, made.limiter.penalties, len(made.asked)) == (300.0, [300.0], 1)


def test_a_storm_of_429_costs_one_request_each_five_seconds(talk, time):
    made = talk(*[httpx2.Response(429)] * 3, limiter=PaceLimiter(clock=time.clock))
    with pytest.raises(RateLimited):
        made.fortnox.company.get()
    assert (len(made.asked), time.slept) == (3, [5.0, 5.0])


NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 5.0),
        ("", 5.0),
        ("soon", 5.0),
        ("-5", 5.0),
        ("Wed, 99 Foo", 5.0),
        ("0", 1.0),
        ("30", 30.0),
        (" 30 ", 30.0),
        ("999999", 300.0),
        ("9" * 400, 300.0),
        ("٣", 5.0),
        ("Sat, 31 Jan 2026 12:00:20 GMT", 20.0),
        ("Sat, 31 Jan 2026 12:00:20 -0000", 20.0),
        ("Sat, 31 Jan 2026 11:00:00 GMT", 1.0),
        ("Sat, 31 Jan 2099 11:00:00 GMT", 300.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nonsense(header, seconds):
    """B48: clamped, or ignored"""
    assert parse_retry_after(header, NOW) == seconds


@given(st.text() | st.none())
def test_any_retry_after_waits_between_one_second_and_five_minutes(header):
    assert 1.0 <= parse_retry_after(header, NOW) <= 300.0


def test_the_deadline_covers_the_repeats(talk, time):
    def slow(_request):
        time.pass_by(29.8)
        return down()

    made = talk(slow, slow)
    with pytest.raises(Unavailable):
        made.fortnox.company.get()
    assert (len(made.asked), time.slept) == (1, [])


def test_waiting_for_leave_does_not_count_against_the_deadline(talk, time, company):
    class Slow:
        def acquire(self):
            time.pass_by(3600)

        penalize = None

    assert talk(company, limiter=Slow()).fortnox.company.get().name == "Byrån AB"


def test_a_body_that_drips_past_the_deadline_ends_the_call(talk, time):
    class Dripping(httpx2.SyncByteStream):
        def __iter__(self):
            for _ in range(1000):
                time.pass_by(1)
                yield b" "

    made = talk(*[httpx2.Response(200, stream=Dripping())] * 3, timeouts=Timeouts(total=10))
    with pytest.raises(ConnectionFailed) as caught:
        made.fortnox.company.get()
    assert (str(caught.value), len(made.asked)) == ("ReadTimeout (not_applied)", 1)


def test_a_compressed_answer_is_inflated(talk, answer):
    raw = answer(COMPANY).content
    for packed, name in ((gzip.compress(raw), "gzip"), (zlib.compress(raw), "deflate")):
        made = talk(httpx2.Response(200, stream=httpx2.ByteStream(packed), headers={"Content-Encoding": name}))
        assert made.fortnox.company.get().name == "Byrån AB"


class Endless(httpx2.SyncByteStream):
    def __init__(self, chunk):
        self.chunk = chunk
        self.given = 0

    def __iter__(self):
        while True:
            self.given += 1
            yield self.chunk


@pytest.mark.parametrize(
    ("chunk", "headers"),
    [(b" " * 1_000_000, {}), (gzip.compress(b" " * 200_000_000), {"Content-Encoding": "gzip"})],
)
def test_an_answer_without_end_is_dropped_when_it_is_too_large(talk, chunk, headers):
    """B47: the size is capped while streaming and after inflating"""
    stream = Endless(chunk)
    with pytest.raises(Unreadable) as caught:
        talk(httpx2.Response(200, stream=stream, headers=headers)).fortnox.company.get()
    assert (str(caught.value), caught.value.transient) == (
        "the answer is too large (status 200, not_applied)",
        False,
    )
    assert stream.given <= 34


def test_a_small_answer_that_inflates_without_end_never_fills_the_memory(talk):
    """B47"""
    bomb = gzip.compress(b" " * 300_000_000)
    made = talk(httpx2.Response(200, stream=httpx2.ByteStream(bomb), headers={"Content-Encoding": "gzip"}))
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable):
            made.fortnox.company.get()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 150_000_000


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (b"not gzip", "gzip", "the answer cannot be inflated"),
        (gzip.compress(b"{}" * 1000, mtime=0)[:-12], "gzip", "the answer ends too early"),
        (b"", "br", "the answer has a content encoding that was not asked for"),
    ],
    ids=["nonsense", "cut short", "not asked for"],
)
def test_an_answer_that_cannot_be_unpacked_is_unreadable(talk, payload, body, encoding, reason):
    headers = {"Content-Encoding": encoding}
    with pytest.raises(Unreadable) as caught:
        talk(httpx2.Response(201, stream=httpx2.ByteStream(body), headers=headers)).fortnox.invoices.create(payload())
    assert (caught.value.reason, caught.value.outcome) == (reason, Outcome.UNKNOWN)


@pytest.mark.parametrize("where", ["https://evil.example/3/companyinformation", "http://127.0.0.1:1/", "/3/elsewhere"])
def test_a_redirect_is_not_followed(talk, where):
    """B46: no other host and no address of this machine ever sees a token"""
    made = talk(*[httpx2.Response(302, headers={"Location": where})] * 3)
    with pytest.raises(Unreadable):
        made.fortnox.company.get()
    assert {str(each.url) for each in made.script.requests} == {"https://api.fortnox.se/3/companyinformation"}


def test_an_address_in_a_record_is_never_followed(talk, answer):
    """B46"""
    page = {"Customers": [{"@url": "https://evil.example/3/customers/1", "CustomerNumber": "1"}]}
    made = talk(answer(page), answer({"Customer": {"CustomerNumber": "1", "Active": True}}))
    found = next(made.fortnox.customers.list())
    made.fortnox.customers.get(found.number)
    assert {each.url.host for each in made.script.requests} == {"api.fortnox.se"}


def test_a_cookie_is_not_sent_back(talk, answer):
    """B48"""
    made = talk(answer(COMPANY, Set_Cookie="a=b"), answer(COMPANY))
    made.fortnox.company.get()
    made.fortnox.company.get()
    assert ["cookie" in each.headers for each in made.script.requests] == [False, False]


@pytest.mark.parametrize(
    "address",
    [
        "http://api.fortnox.se",
        "http://127.example",
        "ftp://localhost",
        "https://",
        "https://user:pw@api.fortnox.se",
        "https://api.fortnox.se?x=1",
        "https://api.fortnox.se#x",
        "https://[::1",
    ],
)
def test_tokens_do_not_travel_in_the_clear_or_to_odd_addresses(address):
    with pytest.raises(ValueError, match=r"https only|a base address is"):
        Fortnox(auth=StaticAuth("t"), base_url=address)


@pytest.mark.parametrize(
    "address", ["http://localhost:8721", "http://127.0.0.1:1", "http://[::1]:8721", "https://x.example/base/"]
)
def test_this_machine_may_be_spoken_to_in_the_clear(address):
    with Fortnox(auth=StaticAuth("t"), base_url=address) as fortnox:
        assert repr(fortnox) == f"<Fortnox {address}>"


def test_a_token_that_is_no_header_is_refused_before_it_is_sent():
    for token in ("", "a b", "a\r\nX: y", "å"):
        with pytest.raises(ValueError, match="visible ASCII"):
            StaticAuth(token)


def test_a_clock_may_be_a_function_that_tells_the_time(answer):
    transport = httpx2.MockTransport(lambda _: answer(COMPANY))
    with Fortnox(auth=StaticAuth("t"), transport=transport, clock=lambda: NOW) as fortnox:
        assert fortnox.company.get().database_number == "34231"
