"""What has no method of its own, the responses behind records, tries and waits, and a client that is closed."""

from datetime import date
from decimal import Decimal

import httpx2
import pytest

from fortnox_api import (
    Fortnox,
    Invalid,
    MemoryTokenStore,
    NotFound,
    OAuthApp,
    Outcome,
    RateLimited,
    RefreshTokenAuth,
    Retries,
    StaticAuth,
    Timeouts,
    Unavailable,
    Unreadable,
)

ORDER = {"Order": {"DocumentNumber": "7", "Total": 1250.55}}


def test_any_path_is_asked_with_the_token_of_all_others(talk, answer):
    made = talk(answer(ORDER, X_Uid="685856e1"))
    response = made.fortnox.request("GET", "orders/7", query={"fromdate": date(2026, 1, 31), "sent": True, "q": "å&"})
    assert made.asked == ["GET /3/orders/7?fromdate=2026-01-31&sent=true&q=%C3%A5%26"]
    assert made.script.requests[0].headers["Authorization"] == "Bearer canary-access-token"
    assert made.limiter.passed == 1
    assert (response.status, response.request_id, response.headers["x-uid"]) == (200, "685856e1", "685856e1")
    assert response.json == {"Order": {"DocumentNumber": "7", "Total": Decimal("1250.55")}}
    assert repr(response) == "<Response 200 GET orders>"


def test_a_body_is_exact(talk, answer):
    made = talk(answer(ORDER, 201))
    made.fortnox.request("POST", "orders", json={"Order": {"Total": Decimal("1250.10"), "Rows": [1, None, "å"]}})
    assert made.script.requests[0].content == '{"Order":{"Total":1250.1,"Rows":[1,null,"å"]}}'.encode()


def test_a_get_is_repeated_but_for_one_that_sends(talk, answer):
    down = httpx2.Response(503)
    made = talk(down, answer(ORDER), down, down)
    assert made.fortnox.request("GET", "orders/7").json == ORDER | {
        "Order": ORDER["Order"] | {"Total": Decimal("1250.55")}
    }
    with pytest.raises(Unavailable) as caught:
        made.fortnox.request("GET", "orders/7/email")
    assert (caught.value.outcome, len(made.asked)) == (Outcome.UNKNOWN, 3)
    with pytest.raises(Unavailable):
        made.fortnox.request("PUT", "orders/7/cancel")
    assert len(made.asked) == 4


def test_what_is_no_json_is_unreadable_unless_bytes_are_expected(talk, complaint):
    pdf = httpx2.Response(200, content=b"%PDF-1.4")
    made = talk(pdf, pdf, pdf, pdf, httpx2.Response(200, text="<html>"), complaint(2000439, status=404))
    with pytest.raises(Unreadable):
        made.fortnox.request("GET", "orders/7/preview")
    assert made.fortnox.request("GET", "orders/7/preview", expect="bytes").body == b"%PDF-1.4"
    with pytest.raises(Unreadable):
        made.fortnox.request("PUT", "orders/7/x", expect="bytes")
    with pytest.raises(NotFound):
        made.fortnox.request("GET", "orders/8/preview", expect="bytes")


def test_nothing_may_come_back(talk):
    response = talk(httpx2.Response(204)).fortnox.request("DELETE", "labels/1")
    assert (response.status, response.body, response.json) == (204, b"", None)


@pytest.mark.parametrize(
    ("method", "path", "more", "kind"),
    [
        ("PATCH", "orders", {}, ValueError),
        ("get", "orders", {}, ValueError),
        ("GET", "", {}, ValueError),
        ("GET", "/3/orders", {}, ValueError),
        ("GET", "orders/", {}, ValueError),
        ("GET", "orders/../customers", {}, ValueError),
        ("GET", "orders?page=1", {}, ValueError),
        ("GET", "https://elsewhere.example", {}, ValueError),
        ("GET", "orders/å", {}, ValueError),
        ("GET", 7, {}, TypeError),
        ("GET", "orders", {"query": [("a", "b")]}, TypeError),
        ("GET", "orders", {"query": {"a": 1.5}}, TypeError),
        ("GET", "orders", {"query": {"a": None}}, TypeError),
        ("POST", "orders", {"json": {"Total": 1.5}}, TypeError),
        ("POST", "orders", {"json": {"Date": date(2026, 1, 1)}}, TypeError),
        ("GET", "orders", {"expect": "xml"}, ValueError),
    ],
)
def test_what_makes_no_request_is_refused_before_it_is_sent(talk, method, path, more, kind):
    made = talk()
    with pytest.raises(kind):
        made.fortnox.request(method, path, **more)
    assert made.asked == []


def test_a_body_that_holds_itself_is_refused(talk):
    body = []
    body.append(body)
    with pytest.raises(ValueError, match="nested"):
        talk().fortnox.request("POST", "orders", json=body)


def test_the_log_tells_the_kind_of_request_and_no_number(talk, answer, caplog):
    caplog.set_level("INFO", "fortnox_api")
    talk(answer(ORDER, X_Uid="685856e1")).fortnox.request("GET", "orders/19850101-1234", query={"name": "Anna"})
    assert caplog.messages == ["GET orders: 200, X-Uid 685856e1"]


def test_the_responses_behind_records_and_counts_are_recorded(talk, answer):
    listed = {"MetaInformation": {"@TotalResources": 1}, "Customers": [{"CustomerNumber": "1"}]}
    company = answer({"CompanyInformation": {"DatabaseNumber": 1}})
    made = talk(
        company, answer(listed, X_Uid="a1"), httpx2.Response(503, headers={"X-Uid": "a2"}), answer(listed, X_Uid="a3")
    )
    made.fortnox.company.get()
    with made.fortnox.record_responses() as responses:
        assert made.fortnox.customers.count() == 1
        with made.fortnox.record_responses() as inner:
            assert [each.number for each in made.fortnox.customers.list()] == ["1"]
    assert [(each.status, each.request_id, each.request.name) for each in responses] == [
        (200, "a1", "GET customers"),
        (503, "a2", "GET customers"),
        (200, "a3", "GET customers"),
    ]
    assert inner == responses[1:]


def test_one_client_records_nothing_of_another(talk, answer):
    company = {"CompanyInformation": {"DatabaseNumber": 1}}
    one, other = talk(answer(company)), talk(answer(company))
    with one.fortnox.record_responses() as responses:
        other.fortnox.company.get()
        assert responses == []


def test_the_number_of_tries_can_be_chosen(talk):
    made = talk(*[httpx2.Response(503)] * 6, retries=Retries(tries=5))
    with pytest.raises(Unavailable):
        made.fortnox.customers.count()
    assert (len(made.asked), made.time.slept) == (5, [0.5, 1.0, 2.0, 4.0])
    once = talk(httpx2.Response(503), retries=Retries(tries=1))
    with pytest.raises(Unavailable):
        once.fortnox.customers.count()
    assert len(once.asked) == 1


def test_the_longest_wait_can_be_chosen(talk, answer):
    slow = httpx2.Response(429, headers={"Retry-After": "20"})
    made = talk(slow)
    with pytest.raises(RateLimited):
        made.fortnox.customers.count()
    listed = answer({"MetaInformation": {"@TotalResources": 1}, "Customers": []})
    patient = talk(slow, listed, retries=Retries(longest_wait=25), timeouts=Timeouts(total=60))
    assert patient.fortnox.customers.count() == 1
    assert (len(made.asked), patient.limiter.penalties) == (1, [20.0])


@pytest.mark.parametrize("chosen", [{"tries": 0}, {"longest_wait": -1}])
def test_tries_and_waits_make_sense(chosen):
    with pytest.raises(ValueError, match="at least one try"):
        Retries(**chosen)


@pytest.mark.parametrize("chosen", [{"connect": -1}, {"total": -0.5}])
def test_a_timeout_is_not_negative(chosen):
    with pytest.raises(ValueError, match="no negative"):
        Timeouts(**chosen)


def test_a_closed_client_sends_nothing(talk, oauth):
    made = talk()
    with made.fortnox:
        pass
    for call in (made.fortnox.customers.count, lambda: list(made.fortnox.units.list()), made.fortnox.company.get):
        with pytest.raises(RuntimeError, match="closed"):
            call()
    app, script = oauth()
    app.close()
    with pytest.raises(RuntimeError, match="closed"):
        app.refresh("token")
    assert made.asked == script.asked == []


@pytest.mark.parametrize("auth", [None, "token", object()])
def test_auth_is_a_source_of_tokens(auth):
    with pytest.raises(TypeError, match="StaticAuth"):
        Fortnox(auth=auth)


def test_a_transport_is_one_of_httpx2():
    with pytest.raises(TypeError, match="transport"):
        Fortnox(auth=StaticAuth("token"), transport=object())
    with pytest.raises(TypeError, match="transport"):
        OAuthApp(client_id="a", client_secret="b", redirect_uri="http://localhost/", transport=object())


def test_what_has_no_method_goes_through_to_the_simulator(town):
    with town.open(RefreshTokenAuth(town.app, MemoryTokenStore(town.tokens()))) as fortnox:
        made = fortnox.request("POST", "labels", json={"Label": {"Description": "Etikett"}})
        assert (made.status, made.json["Label"]["Description"]) == (201, "Etikett")
        listed = fortnox.request("GET", "labels").json["Labels"]
        assert [each["Description"] for each in listed] == ["Etikett"]
        assert fortnox.request("DELETE", f"labels/{listed[0]['Id']}").status == 204
        with pytest.raises(Invalid):
            fortnox.request("POST", "labels", json={"Label": {"Nosuch": 1}})
