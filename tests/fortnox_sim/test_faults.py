"""The fault plan in every phase, over real sockets where bytes matter."""

import http.client
import socket
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from tests.fortnox_sim.client_app import ClientApp

from fortnox_sim import fault_actions
from fortnox_sim.server import build_server


class Wire:
    """A client on a real socket of loopback."""

    def __init__(self, port, headers):
        self.port, self.headers = port, headers

    def call(self, method, path, body=None, timeout=10):
        """Give status and body, or the name of what the socket raised."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, {**self.headers, "Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__, b""
        finally:
            connection.close()

    def create(self, **more):
        return self.call("POST", "/3/invoices", '{"Invoice":{"CustomerNumber":"1"}}', **more)


@contextmanager
def serving(app):
    server = build_server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        app.installation.faults.clear()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def wire(client):
    with serving(client.app) as port:
        yield Wire(port, client.headers)


def arm(client, **rule):
    return client.control("faults", **{"path": "/3/invoices", "method": "POST", **rule})["id"]


def made(client):
    return client.commits().count("invoice.create")


@pytest.mark.parametrize(
    ("phase", "action", "seen", "commits"),
    [
        ("P0", "drop", "RemoteDisconnected", 0),
        ("P1", "drop", "RemoteDisconnected", 0),
        ("P2", "drop", "RemoteDisconnected", 1),
        ("P1", "reset", "ConnectionResetError", 0),
        ("P2", "reset", "ConnectionResetError", 1),
        ("P3", "truncate", "IncompleteRead", 1),
    ],
)
def test_a_connection_breaks_before_or_after_the_commit(client, wire, phase, action, seen, commits):
    arm(client, phase=phase, action=action)
    assert (wire.create()[0], made(client)) == (seen, commits)
    assert wire.create()[0] == 201


@pytest.mark.parametrize(("phase", "commits"), [("P1", 0), ("P2", 1)])
@pytest.mark.parametrize(
    ("action", "status", "seen"), [("html", None, 502), ("status", 500, 500), ("status", 429, 429)]
)
def test_a_strange_answer_comes_before_or_after_the_commit(client, wire, phase, commits, action, status, seen):
    arm(client, phase=phase, action=action, status=status)
    assert (wire.create()[0], made(client)) == (seen, commits)


def test_a_status_brings_its_own_body_and_headers(client, wire):
    arm(client, phase="P2", status=201, body='{"Invoice":{}}', headers={"Content-Type": "text/html"})
    assert wire.create() == (201, b'{"Invoice":{}}')


def test_an_answer_drips_headers_and_all(client, wire, monkeypatch):
    pauses = []
    monkeypatch.setattr(fault_actions, "time", SimpleNamespace(sleep=pauses.append))
    arm(client, action="drip", seconds=20)
    status, body = wire.create()
    assert (status, body[:20]) == (201, b'{"Invoice":{"@url":"')
    assert set(pauses) == {20}
    assert len(pauses) > len(body) + len("HTTP/1.1 201 Created\r\n")  # one behind each byte of head and body


@pytest.mark.parametrize(("phase", "before", "after"), [("P1", 0, 1), ("P4", 1, 1), ("P5", 0, 1)])
def test_a_held_request_waits_for_its_release(client, wire, phase, before, after):
    fault = arm(client, phase=phase, action="hold")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(wire.create()[0]))
    thread.start()
    wait_until(lambda: state(client, fault) == "holding")
    held = made(client)
    others = wire.call("GET", "/3/customers")[0]
    client.control(f"faults/{fault}/release")
    thread.join()
    assert (held, others, answers, made(client), state(client, fault)) == (before, 200, [201], after, "done")


def test_a_client_may_give_up_while_its_request_is_held(client, wire):
    fault = arm(client, phase="P5", action="hold")
    gave_up = wire.create(timeout=0.05)[0]
    before = made(client)
    client.control(f"faults/{fault}/release")
    wait_until(lambda: made(client) == 1)
    assert (gave_up, before, wire.create()[0]) == ("TimeoutError", 0, 201)


def test_the_commit_can_come_after_the_connection_was_cut(client, wire):
    fault = arm(client, phase="P5", action="drop")
    cut = wire.create()[0]
    before = made(client)
    client.control(f"faults/{fault}/release")
    wait_until(lambda: made(client) == 1)
    assert (cut, before) == ("RemoteDisconnected", 0)


class Noted(threading.Event):
    """Notes how long it is waited for, and comes at once."""

    def __init__(self):
        super().__init__()
        self.limits = []

    def wait(self, timeout=None):
        self.limits.append(timeout)
        return True


def test_a_delay_is_a_hold_that_ends_by_itself(client, wire):
    fault = client.app.installation.faults.add({"path": "/3/invoices", "action": "delay", "seconds": 20})
    fault.released = Noted()
    assert (wire.create()[0], made(client)) == (201, 1)
    assert (fault.released.limits, fault.state) == ([20], "done")


def test_clearing_the_plan_lets_go_what_it_holds(client, wire):
    fault = arm(client, action="hold")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(wire.create()[0]))
    thread.start()
    wait_until(lambda: state(client, fault) == "holding")
    client.control("faults", "DELETE")
    thread.join()
    assert answers == [201]


def test_rules_strike_the_nth_match_as_often_as_told(client):
    client.control("faults", path="/3/customers", nth=2, times=2, status=503)
    assert [client.get("customers").status_code for _ in range(4)] == [200, 503, 503, 200]


def test_of_two_rules_that_fit_the_first_strikes_and_both_have_seen_the_request(client):
    ids = [arm(client, status=status) for status in (500, 502)]
    statuses = [client.post("invoices", Invoice={"CustomerNumber": "1"}).status_code for _ in range(2)]
    told = {fault["id"]: (fault["seen"], fault["struck"]) for fault in client.http.get("/_sim/faults").json}
    assert (statuses, told) == ([500, 201], {ids[0]: (2, 1), ids[1]: (2, 0)})


def test_rules_choose_company_method_path_and_query(client):
    client.control("faults", company="556002", path="/3/*", status=503)
    client.control("faults", method="PUT", path="/3/*", status=503)
    client.control("faults", path="/3/articles", query={"page": 2}, status=503)
    found = [client.get("customers"), client.get("articles"), client.get("articles", page=2), client.put("articles/1")]
    assert [answer.status_code for answer in found] == [200, 200, 503, 503]


def test_token_requests_can_be_struck_and_the_rotation_still_happens(client):
    token = client.connect()["refresh_token"]
    client.control("faults", path="/oauth-v1/token", phase="P2", action="status", status=502)
    answers = [client.token(grant_type="refresh_token", refresh_token=token).status_code for _ in range(2)]
    assert answers == [502, 400]


def test_in_process_a_lost_answer_is_a_connection_error(client):
    arm(client, phase="P2", action="drop")
    with pytest.raises(ConnectionAbortedError):
        client.post("invoices", Invoice={"CustomerNumber": "1"})
    assert made(client) == 1


def test_the_journal_tells_what_was_lost(client, wire):
    fault = arm(client, phase="P2", action="drop")
    start = len(client.journal())
    wire.create()
    wait_until(lambda: len(client.journal()) == start + 3)
    request, commit, answer = client.journal(since=start)
    assert (request["kind"], request["method"], request["path"], request["company"]) == (
        "request",
        "POST",
        "/3/invoices",
        "556001",
    )
    assert (commit["action"], commit["key"], commit["request"]) == ("invoice.create", "1001", request["n"])
    assert (answer["status"], answer["fault"], answer["request"]) == (None, fault, request["n"])


def test_somebody_may_change_the_books_just_after_an_answer(client):
    step = {"method": "POST", "path": "/_sim/companies/556001/customers", "body": {"count": 2}}
    client.control("faults", path="/3/customers", phase="P2", action="mutate", do=[step])
    assert [len(client.get("customers").json["Customers"]) for _ in range(2)] == [1, 3]


@pytest.mark.parametrize("rule", [{"action": "nix"}, {"phase": "P9"}, {"nix": 1}])
def test_a_rule_is_checked(client, rule):
    assert client.http.post("/_sim/faults", json=rule).status_code == 400


def test_an_unknown_fault_cannot_be_released(client):
    assert client.http.post("/_sim/faults/f99/release").status_code == 404


def state(client, fault):
    return {row["id"]: row["state"] for row in client.http.get("/_sim/faults").json}[fault]


def wait_until(condition):
    """Wait for another thread, at most five seconds."""
    waiting = threading.Event()
    for _ in range(1000):
        if condition():
            return
        waiting.wait(0.005)
    pytest.fail("it did not happen")


def test_many_clients_at_once_lose_nothing(client, wire):
    threads = [threading.Thread(target=wire.create) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [row["DocumentNumber"] for row in ClientApp.get(client, "invoices").json["Invoices"]]
    assert (made(client), len(set(numbers))) == (16, 16)


def test_a_client_that_stalls_in_its_body_stops_nobody_else(client, wire):
    with socket.create_connection(("127.0.0.1", wire.port)) as stalled:
        stalled.sendall(b"POST /oauth-v1/token HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\ngrant")
        assert wire.create(timeout=30)[0] == 201


def test_a_body_over_ten_million_bytes_is_refused(client):
    answer = client.http.post("/3/customers", data=b" " * 10_000_001, headers=client.headers)
    assert answer.status_code == 413


def test_a_late_commit_has_the_whole_body_although_it_came_in_pieces(client, wire):
    fault = arm(client, phase="P5", action="drop")
    body = b'{"Invoice":{"CustomerNumber":"1","Remarks":"Hel"}}'
    head = f"POST /3/invoices HTTP/1.1\r\nHost: x\r\nAuthorization: {client.headers['Authorization']}\r\n"
    with socket.create_connection(("127.0.0.1", wire.port), timeout=30) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
        wait_until(lambda: client.http.get("/_sim/faults").json[-1]["struck"] == 1)
        connection.sendall(body)
        cut = connection.recv(100)
    client.control(f"faults/{fault}/release")
    wait_until(lambda: made(client) == 1)
    assert (cut, client.get("invoices/1001").json["Invoice"]["Remarks"]) == (b"", "Hel")
