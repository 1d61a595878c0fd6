"""Token answers that are not as they should be: rewritten, echoing, slow, or somebody else's page."""

import gzip
import json
import threading

import pytest

TOKEN = "/oauth-v1/token"


def refresh(desk, token):
    return desk.token(grant_type="refresh_token", refresh_token=token)


def altered(desk, **rule):
    """Refresh while a rule rewrites the answer; give its text."""
    token = desk.connect()["refresh_token"]
    desk.control("faults", path=TOKEN, action="rewrite", **rule)
    return refresh(desk, token)


@pytest.mark.parametrize("seconds", [0, -60, "3600", 1_000_000_000_000, None, True])
def test_the_life_may_be_anything(stranger, seconds):
    assert altered(stranger, set={"expires_in": seconds}).json["expires_in"] == seconds


@pytest.mark.parametrize("text", ["1e12", "3600.5", "NaN", "1e400"])
def test_json_text_may_be_put_in_as_it_stands(stranger, text):
    assert f'"expires_in":{text},' in altered(stranger, raw={"expires_in": text}).text


@pytest.mark.parametrize("key", ["expires_in", "refresh_token", "access_token", "token_type", "scope"])
def test_any_key_may_be_missing(stranger, key):
    found = list(altered(stranger, remove=[key]).json)
    assert found == [
        name for name in ("access_token", "expires_in", "token_type", "scope", "refresh_token") if name != key
    ]


def test_the_refresh_token_may_be_empty_and_the_type_wrong(stranger):
    answer = altered(stranger, set={"refresh_token": "", "token_type": "mac"}).json
    assert (answer["refresh_token"], answer["token_type"]) == ("", "mac")


def test_a_huge_token_may_stand_beside_the_others(stranger):
    answer = altered(stranger, set={"id_token": "x" * 2_000_000}).json
    assert (len(answer["id_token"]), len(answer["refresh_token"])) == (2_000_000, 40)


def test_a_rewritten_answer_was_carried_out(stranger):
    token = stranger.connect()["refresh_token"]
    stranger.control("faults", path=TOKEN, action="rewrite", remove=["refresh_token"])
    assert [refresh(stranger, token).status_code for _ in range(2)] == [200, 400]


def test_refusals_and_lists_are_rewritten_too_but_not_pages(desk):
    desk.control("faults", path=TOKEN, action="rewrite", set={"error": "invalid_request"})
    desk.control("faults", path="/3/customers", action="rewrite", set={"Customers": []})
    desk.control("faults", path="/oauth-v1/auth", action="rewrite", set={"error": "x"})
    refused = json.loads(refresh(desk, "x").text)["error"]
    page = desk.http.get("/oauth-v1/auth", query_string=desk.asked())
    assert (refused, desk.get("customers").json["Customers"]) == ("invalid_request", [])
    assert "<h1>Logga in</h1>" in page.text


def test_an_error_may_echo_what_was_sent(stranger):
    token = stranger.connect()["refresh_token"]
    body = '{"error":"invalid_grant","error_description":"{refresh_token} of {client_secret}"}'
    stranger.control("faults", path=TOKEN, status=400, body=body, echo=True)
    text = json.loads(refresh(stranger, token).text)["error_description"]
    assert text == f"{token} of uku-demo-secret"


def test_an_api_error_may_echo_the_access_token(desk):
    desk.control("faults", path="/3/customers", status=500, body="<p>{access_token}</p>", echo=True)
    assert desk.get("customers").text == f"<p>{desk.headers['Authorization'].removeprefix('Bearer ')}</p>"


def test_without_echo_a_body_stays_as_it_is(stranger):
    stranger.control("faults", path=TOKEN, status=400, body="{refresh_token}")
    assert refresh(stranger, "x").text == "{refresh_token}"


@pytest.mark.parametrize(
    ("rule", "statuses"),
    [
        ({"phase": "P0", "status": 429}, [429, 200]),
        ({"phase": "P1", "status": 503}, [503, 200]),
        ({"phase": "P2", "status": 500}, [500, 400]),
        ({"phase": "P1", "action": "html"}, [502, 200]),
        ({"phase": "P2", "action": "html"}, [502, 400]),
        ({"action": "delay", "seconds": 0.01}, [200, 400]),
        ({"phase": "P1", "action": "delay", "seconds": 0.01}, [200, 400]),
    ],
)
def test_each_phase_tells_whether_the_rotation_happened(stranger, rule, statuses):
    token = stranger.connect()["refresh_token"]
    stranger.control("faults", path=TOKEN, **rule)
    assert [refresh(stranger, token).status_code for _ in range(2)] == statuses


@pytest.mark.parametrize(
    ("rule", "second"),
    [
        ({"phase": "P1", "action": "drop"}, 200),
        ({"phase": "P2", "action": "drop"}, 400),
        ({"phase": "P2", "action": "reset"}, 400),
        ({"action": "truncate"}, 400),
        ({"action": "drip", "seconds": 0.0001}, 400),
        ({"phase": "P5", "action": "drop", "seconds": 0.01}, 400),
    ],
)
def test_a_lost_token_answer_was_carried_out_from_p2_on(stranger, rule, second):
    token = stranger.connect()["refresh_token"]
    stranger.control("faults", path=TOKEN, **rule)
    with pytest.raises(ConnectionAbortedError):
        refresh(stranger, token)
    assert refresh(stranger, token).status_code == second


@pytest.mark.parametrize(("phase", "before"), [("P1", 0), ("P4", 1), ("P5", 0)])
def test_a_refresh_can_be_held_before_and_after_its_rotation(stranger, phase, before):
    token = stranger.connect()["refresh_token"]
    fault = stranger.control("faults", path=TOKEN, phase=phase, action="hold")["id"]
    statuses = []
    thread = threading.Thread(target=lambda: statuses.append(refresh(stranger, token).status_code))
    thread.start()
    waiting = threading.Event()
    for _ in range(1000):
        if stranger.http.get("/_sim/faults").json[0]["state"] == "holding":
            break
        waiting.wait(0.005)
    held = stranger.commits().count("token.refresh")
    stranger.control(f"faults/{fault}/release")
    thread.join()
    assert (held, statuses, stranger.commits().count("token.refresh")) == (before, [200], 1)


def test_a_list_may_tell_totals_that_are_not_so(desk):
    desk.control("faults", path="/3/customers", action="rewrite", meta={"@TotalResources": 500, "@CurrentPage": "x"})
    assert desk.get("customers").json["MetaInformation"] == {
        "@TotalResources": 500,
        "@TotalPages": 1,
        "@CurrentPage": "x",
    }
    assert desk.get("customers").json["MetaInformation"]["@TotalResources"] == 1


def test_single_rows_of_a_list_may_be_anything(desk):
    desk.control("companies/556001/customers", count=2)
    whole = desk.get("customers").json["Customers"]
    poison = {"CustomerNumber": 7, "Name": {"no": "text"}}
    desk.control("faults", path="/3/customers", action="rewrite", rows={"0": "x", "2": poison})
    assert desk.get("customers").json["Customers"] == ["x", whole[1], poison]


def test_a_stored_value_may_be_what_no_api_would_take(desk):
    desk.control("companies/556001/customers/1", "PATCH", Name={"no": "text"}, Email="a\x00\ud800")
    row = desk.get("customers").json["Customers"][0]
    assert (row["Name"], row["Email"]) == ({"no": "text"}, "a\x00\ud800")


def test_a_bomb_is_small_on_the_wire_and_large_within(desk):
    desk.control("faults", path="/3/customers", action="bomb", megabytes=20)
    answer = desk.get("customers")
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert len(answer.data) < 25_000
    assert len(gzip.decompress(answer.data)) == 20_000_000
    assert "Content-Encoding" not in desk.get("customers").headers
