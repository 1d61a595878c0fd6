"""Token answers that are not as they should be: rewritten, echoing, slow, or somebody else's page."""

import gzip
import json
import threading

import pytest

TOKEN = "/oauth-v1/token"


def refresh(client, token):
    return client.token(grant_type="refresh_token", refresh_token=token)


def altered(client, **rule):
    """Refresh while a rule rewrites the answer; give its text."""
    token = client.connect()["refresh_token"]
    client.control("faults", path=TOKEN, action="rewrite", **rule)
    return refresh(client, token)


@pytest.mark.parametrize("seconds", [0, -60, "3600", 1_000_000_000_000, None, True])
def test_the_life_may_be_anything(new_client, seconds):
    assert altered(new_client, set={"expires_in": seconds}).json["expires_in"] == seconds


@pytest.mark.parametrize("text", ["1e12", "3600.5", "NaN", "1e400"])
def test_json_text_may_be_put_in_as_it_stands(new_client, text):
    assert f'"expires_in":{text},' in altered(new_client, raw={"expires_in": text}).text


@pytest.mark.parametrize("key", ["expires_in", "refresh_token", "access_token", "token_type", "scope"])
def test_any_key_may_be_missing(new_client, key):
    found = list(altered(new_client, remove=[key]).json)
    assert found == [
        name for name in ("access_token", "expires_in", "token_type", "scope", "refresh_token") if name != key
    ]


def test_the_refresh_token_may_be_empty_and_the_type_wrong(new_client):
    answer = altered(new_client, set={"refresh_token": "", "token_type": "mac"}).json
    assert (answer["refresh_token"], answer["token_type"]) == ("", "mac")


def test_a_huge_token_may_stand_beside_the_others(new_client):
    answer = altered(new_client, set={"id_token": "x" * 2_000_000}).json
    assert (len(answer["id_token"]), len(answer["refresh_token"])) == (2_000_000, 40)


def test_a_rewritten_answer_was_carried_out(new_client):
    token = new_client.connect()["refresh_token"]
    new_client.control("faults", path=TOKEN, action="rewrite", remove=["refresh_token"])
    assert [refresh(new_client, token).status_code for _ in range(2)] == [200, 400]


def test_refusals_and_lists_are_rewritten_too_but_not_pages(client):
    client.control("faults", path=TOKEN, action="rewrite", set={"error": "invalid_request"})
    client.control("faults", path="/3/customers", action="rewrite", set={"Customers": []})
    client.control("faults", path="/oauth-v1/auth", action="rewrite", set={"error": "x"})
    refused = json.loads(refresh(client, "x").text)["error"]
    page = client.http.get("/oauth-v1/auth", query_string=client.asked())
    assert (refused, client.get("customers").json["Customers"]) == ("invalid_request", [])
    assert "<h1>Logga in</h1>" in page.text


def test_an_error_may_echo_what_was_sent(new_client):
    token = new_client.connect()["refresh_token"]
    body = '{"error":"invalid_grant","error_description":"{refresh_token} of {client_secret}"}'
    new_client.control("faults", path=TOKEN, status=400, body=body, echo=True)
    text = json.loads(refresh(new_client, token).text)["error_description"]
    assert text == f"{token} of uku-demo-secret"


def test_an_api_error_may_echo_the_access_token(client):
    client.control("faults", path="/3/customers", status=500, body="<p>{access_token}</p>", echo=True)
    assert client.get("customers").text == f"<p>{client.headers['Authorization'].removeprefix('Bearer ')}</p>"


def test_without_echo_a_body_stays_as_it_is(new_client):
    new_client.control("faults", path=TOKEN, status=400, body="{refresh_token}")
    assert refresh(new_client, "x").text == "{refresh_token}"


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
def test_each_phase_tells_whether_the_rotation_happened(new_client, rule, statuses):
    token = new_client.connect()["refresh_token"]
    new_client.control("faults", path=TOKEN, **rule)
    assert [refresh(new_client, token).status_code for _ in range(2)] == statuses


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
def test_a_lost_token_answer_was_carried_out_from_p2_on(new_client, rule, second):
    token = new_client.connect()["refresh_token"]
    new_client.control("faults", path=TOKEN, **rule)
    with pytest.raises(ConnectionAbortedError):
        refresh(new_client, token)
    assert refresh(new_client, token).status_code == second


@pytest.mark.parametrize(("phase", "before"), [("P1", 0), ("P4", 1), ("P5", 0)])
def test_a_refresh_can_be_held_before_and_after_its_rotation(new_client, phase, before):
    token = new_client.connect()["refresh_token"]
    fault = new_client.control("faults", path=TOKEN, phase=phase, action="hold")["id"]
    statuses = []
    thread = threading.Thread(target=lambda: statuses.append(refresh(new_client, token).status_code))
    thread.start()
    waiting = threading.Event()
    for _ in range(1000):
        if new_client.http.get("/_sim/faults").json[0]["state"] == "holding":
            break
        waiting.wait(0.005)
    held = new_client.commits().count("token.refresh")
    new_client.control(f"faults/{fault}/release")
    thread.join()
    assert (held, statuses, new_client.commits().count("token.refresh")) == (before, [200], 1)


def test_a_list_may_tell_totals_that_are_not_so(client):
    client.control("faults", path="/3/customers", action="rewrite", meta={"@TotalResources": 500, "@CurrentPage": "x"})
    assert client.get("customers").json["MetaInformation"] == {
        "@TotalResources": 500,
        "@TotalPages": 1,
        "@CurrentPage": "x",
    }
    assert client.get("customers").json["MetaInformation"]["@TotalResources"] == 1


def test_single_rows_of_a_list_may_be_anything(client):
    client.control("companies/556001/customers", count=2)
    whole = client.get("customers").json["Customers"]
    poison = {"CustomerNumber": 7, "Name": {"no": "text"}}
    client.control("faults", path="/3/customers", action="rewrite", rows={"0": "x", "2": poison})
    assert client.get("customers").json["Customers"] == ["x", whole[1], poison]


def test_a_stored_value_may_be_what_no_api_would_take(client):
    client.control("companies/556001/customers/1", "PATCH", Name={"no": "text"}, Email="a\x00\ud800")
    row = client.get("customers").json["Customers"][0]
    assert (row["Name"], row["Email"]) == ({"no": "text"}, "a\x00\ud800")


def test_a_bomb_is_small_on_the_wire_and_large_within(client):
    client.control("faults", path="/3/customers", action="bomb", megabytes=20)
    answer = client.get("customers")
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert len(answer.data) < 25_000
    assert len(gzip.decompress(answer.data)) == 20_000_000
    assert "Content-Encoding" not in client.get("customers").headers
