"""Each known shape of error, and what it becomes."""

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnox_api import (
    Forbidden,
    FortnoxError,
    Invalid,
    NotFound,
    Outcome,
    RateLimited,
    Unauthorized,
    Unavailable,
    Unreadable,
)

TOKEN = "canary-access-token"
REFUSED, UNKNOWN, NOT_APPLIED = Outcome.REFUSED, Outcome.UNKNOWN, Outcome.NOT_APPLIED


def raised(act):
    with pytest.raises(FortnoxError) as caught:
        act()
    return caught.value


def written(talk, payload, answer):
    return raised(lambda: talk(answer).fortnox.invoices.create(payload()))


def both_casings(code, message):
    return [
        {"ErrorInformation": {"Error": 1, "Message": message, "Code": code}},
        {"ErrorInformation": {"error": 1, "message": message, "code": code}},
        {"ErrorInformation": {"error": 1, "message": message, "code": str(code)}},
    ]


@pytest.mark.parametrize("body", both_casings(2000433, "Kan inte hitta kunden."))
def test_every_casing_of_an_error_is_read(talk, payload, answer, body):
    """B49: other key case, code as text"""
    fault = written(talk, payload, answer(body, 400, X_Uid="685856e1"))
    assert (type(fault), fault.status, fault.code, fault.message, fault.request_id, fault.outcome) == (
        Invalid,
        400,
        2000433,
        "Kan inte hitta kunden.",
        "685856e1",
        REFUSED,
    )
    assert str(fault) == "the customer does not exist (status 400, code 2000433, X-Uid 685856e1, refused)"


@pytest.mark.parametrize(
    ("status", "code", "kind", "outcome", "transient"),
    [
        (400, 2001399, Invalid, REFUSED, False),
        (400, 99, Invalid, REFUSED, False),
        (404, 2000434, NotFound, REFUSED, False),
        (403, 2000108, Forbidden, REFUSED, False),
        (400, 2000663, Forbidden, REFUSED, False),
        (400, 2001101, Forbidden, REFUSED, False),
        (400, 2000310, Unauthorized, NOT_APPLIED, False),
        (400, 1000003, Unavailable, UNKNOWN, True),
        (500, 1000029, Unavailable, UNKNOWN, True),
        (500, 2000108, Unavailable, UNKNOWN, True),
        (429, 1, RateLimited, NOT_APPLIED, True),
        (200, 2000433, Invalid, UNKNOWN, False),
        (409, 1, Invalid, REFUSED, False),
    ],
)
def test_status_and_code_decide_the_class_and_the_outcome(
    talk, payload, complaint, status, code, kind, outcome, transient
):
    """B33: an error under 200 is the error that it says"""
    fault = written(talk, payload, complaint(code, status=status))
    assert (type(fault), fault.outcome, fault.transient) == (kind, outcome, transient)


@pytest.mark.parametrize(
    ("status", "text", "kind", "outcome"),
    [
        (502, "<html>Bad Gateway</html>", Unavailable, UNKNOWN),
        (503, "", Unavailable, UNKNOWN),
        (504, "<html>", Unavailable, UNKNOWN),
        (408, "", Unavailable, UNKNOWN),
        (429, "", RateLimited, NOT_APPLIED),
        (404, "<html>no such host</html>", Unreadable, UNKNOWN),
        (403, "<html>blocked</html>", Unreadable, UNKNOWN),
        (400, "", Unreadable, UNKNOWN),
        (302, "", Unreadable, UNKNOWN),
        (200, "", Unreadable, UNKNOWN),
        (201, "<html>", Unreadable, UNKNOWN),
        (201, "null", Unreadable, UNKNOWN),
        (201, "[]", Unreadable, UNKNOWN),
        (201, '"x"', Unreadable, UNKNOWN),
        (201, "17", Unreadable, UNKNOWN),
        (201, '{"Customer": {}}', Unreadable, UNKNOWN),
        (201, '{"invoice": {}}', Unreadable, UNKNOWN),
        (201, '{"Invoice": []}', Unreadable, UNKNOWN),
        (201, '{"Invoice": {"CustomerNumber": "1"}}', Unreadable, UNKNOWN),
        (201, '{"message": "unauthorized"}', Unreadable, UNKNOWN),
        (400, '{"message": "a record\'s own", "more": 1}', Unreadable, UNKNOWN),
        (200, '{"ErrorInformation": {"message": "?"}}', Unreadable, UNKNOWN),
    ],
)
def test_a_write_without_a_readable_answer_has_an_unknown_outcome(talk, payload, status, text, kind, outcome):
    fault = written(talk, payload, httpx2.Response(status, text=text))
    assert (type(fault), fault.status, fault.outcome) == (kind, status, outcome)


def test_the_same_trouble_while_reading_applied_nothing(talk):
    """B30: HTML under 200 is an error of the protocol, repeated as what may pass"""
    made = talk(*[httpx2.Response(200, text="<html>")] * 3)
    fault = raised(made.fortnox.company.get)
    assert (type(fault), fault.outcome, fault.transient) == (Unreadable, NOT_APPLIED, True)


def test_the_recorded_refusal_of_a_token_is_read(talk, payload):
    answer = httpx2.Response(401, text='{"message":"unauthorized"}')
    fault = written(talk, payload, answer)
    assert (type(fault), fault.status, fault.code, fault.request_id, fault.outcome) == (
        Unauthorized,
        401,
        None,
        None,
        NOT_APPLIED,
    )


def test_a_message_alone_is_the_word_of_whoever_refused(talk, payload):
    fault = written(talk, payload, httpx2.Response(400, text='{"message":"quota exceeded"}'))
    assert (type(fault), fault.code, fault.message, fault.outcome) == (Invalid, None, "quota exceeded", REFUSED)


@pytest.mark.parametrize("uid", ["", "a b", "x" * 65, "ä", "a;drop"])
def test_a_request_id_that_looks_wrong_is_left_out(talk, payload, uid):
    answer = httpx2.Response(500, headers=[(b"X-Uid", uid.encode())])
    assert written(talk, payload, answer).request_id is None


def test_a_message_is_one_line_cut_and_without_our_token(talk, payload, complaint):
    """B49: cut, one line, secrets scrubbed"""
    words = f"Nej\r\nINFO forged {TOKEN} eyJhbGciOiJIUzI1NiJ9.eyJ0ZW5hbnRJZCI6MX0.c2ln " + "x" * 1000
    fault = written(talk, payload, complaint(2000108, words))
    assert fault.message[:35] == "Nej INFO forged [secret] [secret] xx"[:35]
    assert len(fault.message) == 500


def test_fortnox_words_stay_out_of_what_is_logged(talk, payload, complaint):
    fault = written(talk, payload, complaint(2000108, "Värdet måste vara numeriskt (Anna Ek)"))
    assert [repr(fault), str(fault), fault.args] == [
        "<Invalid: a value is not numeric (status 400, code 2000108, refused)>",
        "a value is not numeric (status 400, code 2000108, refused)",
        (),
    ]


@pytest.mark.parametrize("code", [True, None, [], "x", "1" * 20, -1.5])
def test_a_code_that_is_no_number_is_left_out(talk, payload, code):
    assert written(talk, payload, httpx2.Response(400, json={"ErrorInformation": {"code": code}})).code is None


def test_a_message_that_is_no_text_is_left_out(talk, payload):
    answer = httpx2.Response(400, json={"ErrorInformation": {"code": 1, "message": {"a": 1}}})
    assert written(talk, payload, answer).message == ""


BODIES = st.binary() | st.sampled_from(
    [b"{}", b"[]", b'{"ErrorInformation":{}}', b'{"Invoices":[1]}', b'{"error":"x"}', b'{"Invoices":{}}']
)


def shown_fault(act):
    try:
        act()
    except FortnoxError as fault:
        return f"{fault!r} {fault} {vars(fault)}"
    return ""


@given(status=st.integers(200, 599), body=BODIES, headers=st.dictionaries(st.just("Retry-After"), st.text()))
def test_no_answer_makes_a_read_raise_outside_the_tree_or_leak(status, body, headers):
    from fortnox_api import Clock, Fortnox, PaceLimiter, StaticAuth

    raw = [(name.encode(), value.encode("utf-8", "replace")) for name, value in headers.items()]
    transport = httpx2.MockTransport(lambda _: httpx2.Response(status, content=body, headers=raw))
    clock = Clock(sleep=lambda _: None, monotonic=lambda: 0.0)
    limiter = PaceLimiter(0, clock)
    fortnox = Fortnox(auth=StaticAuth(TOKEN), transport=transport, limiter=limiter, clock=clock)
    acts = (lambda: list(fortnox.invoices.list()), lambda: fortnox.invoices.preview(1), fortnox.customers.count)
    assert [text for text in map(shown_fault, acts) if TOKEN in text] == []
