"""HTTP as Fortnox speaks it: kept connections, chunks, gzip, one Server header, phrases in mixed case."""

import gzip
import http.client
import json
import socket
import threading

import pytest

from fortnox_sim.app import MAX_BODY
from fortnox_sim.server import Handler, build_server

LIST = "/3/customers?limit=100"


class Served:
    """A simulator on a port, and a connection to it."""

    def __init__(self, client):
        client.control("companies/556001/customers", count=100)
        self.client = client
        self.server = build_server(client.app, "127.0.0.1", 0)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)

    def close(self):
        self.connection.close()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def ask(self, path=LIST, method="GET", body=None, **headers):
        """Ask on the one connection; give the response and its body as it came."""
        self.connection.request(method, path, body, {**self.client.headers, **headers})
        response = self.connection.getresponse()
        return response, response.read()

    def read_raw(self, request):
        """Send bytes and read until the other side closes."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def name_socket(self):
        return self.connection.sock.getsockname() if self.connection.sock else None


@pytest.fixture
def served(client):
    served = Served(client)
    yield served
    served.close()


def count(response, name):
    return len(response.headers.get_all(name, []))


def test_a_connection_is_kept_over_good_and_bad_responses(served):
    found, sockets = [], set()
    for path in (LIST, "/3/customers/999", "/3/nowhere", LIST):
        response, _ = served.ask(path)
        found.append((response.status, response.reason, count(response, "Server"), response.headers["Connection"]))
        sockets.add(served.name_socket())
    assert found == [
        (200, "OK", 1, None),
        (404, "Not Found", 1, None),
        (404, "Not Found", 1, None),
        (200, "OK", 1, None),
    ]
    assert len(sockets) == 1


def test_a_body_that_nobody_reads_does_not_become_the_next_request(served):
    response, _ = served.ask("/3/nowhere", "POST", b"x" * 70_000)
    again, _ = served.ask()
    assert (response.status, again.status) == (404, 200)


def test_a_body_that_is_too_long_is_refused_and_the_connection_ends(served):
    response, _ = served.ask("/3/customers", "POST", b"x" * (MAX_BODY + 1))
    again, _ = served.ask()
    assert (response.status, response.headers["Connection"], again.status) == (413, "close", 200)


@pytest.mark.parametrize(
    ("compress", "chunked", "accepted", "expected"),
    [
        (True, "compressed", "gzip, deflate", ("gzip", "chunked", True)),
        (True, "compressed", "identity", (None, None, False)),
        (True, "none", "gzip", ("gzip", None, False)),
        (True, "all", "identity", (None, "chunked", True)),
        (False, "compressed", "gzip", (None, None, False)),
        (False, "all", "gzip", (None, "chunked", True)),
    ],
)
def test_good_answers_are_compressed_and_chunked_as_switched(served, compress, chunked, accepted, expected):
    served.client.switch(gzip=compress, chunked=chunked)
    response, body = served.ask(**{"Accept-Encoding": accepted})
    encoding = response.headers["Content-Encoding"]
    content = gzip.decompress(body) if encoding else body
    framed = response.headers["Transfer-Encoding"]
    assert (encoding, framed, response.headers["Content-Length"] is None) == expected
    assert len(json.loads(content)["Customers"]) == 100


def test_errors_and_short_answers_come_with_their_length(served):
    gzipped = {"Accept-Encoding": "gzip"}
    answers = [served.ask(path, **gzipped) for path in ("/3/customers/999", "/3/settings/lockedperiod")]
    assert [int(response.headers["Content-Length"]) for response, _ in answers] == [len(body) for _, body in answers]


def test_a_chunked_answer_is_cut_between_its_chunks(served):
    served.client.control("faults", path="/3/customers", action="truncate")
    with pytest.raises(http.client.IncompleteRead):
        served.ask(**{"Accept-Encoding": "gzip"})
    served.connection.close()
    served.client.control("faults", path="/3/customers", action="truncate")
    token = served.client.headers["Authorization"]
    request = f"GET {LIST} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nAccept-Encoding: gzip\r\n\r\n"
    head, _, body = served.read_raw(request.encode()).partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head.split(b"\r\n")
    assert b"Connection" not in head
    assert (len(body) > 100, body.endswith(b"0\r\n\r\n")) == (True, False)


def test_an_answer_with_a_length_is_cut_below_it(served):
    served.client.control("faults", path="/3/customers", action="truncate")
    with pytest.raises(http.client.IncompleteRead) as caught:
        served.ask()
    assert abs(caught.value.expected - len(caught.value.partial)) <= 1


@pytest.mark.parametrize("action", ["drop", "reset"])
def test_a_kept_connection_can_be_lost_and_another_one_works(served, action):
    served.ask()
    served.client.control("faults", path="/3/customers", phase="P1", action=action)
    with pytest.raises(ConnectionError):
        served.ask()
    served.connection.close()
    assert served.ask()[0].status == 200


def test_an_old_client_gets_a_length_and_an_end(served):
    token = served.client.headers["Authorization"]
    answer = served.read_raw(f"GET {LIST} HTTP/1.0\r\nAuthorization: {token}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
    assert b"Connection: close" in head.split(b"\r\n")
    assert len(json.loads(gzip.decompress(body))["Customers"]) == 100


def test_kept_connections_end_with_the_server(served):
    served.ask()
    served.server.shutdown()
    served.server.server_close()
    with pytest.raises(ConnectionError):
        served.ask()


def test_a_kept_connection_that_nobody_uses_is_closed_and_nothing_is_said(served, monkeypatch, caplog, capfd):
    monkeypatch.setattr(Handler, "timeout", 0.02)
    served.ask()
    assert served.connection.sock.recv(1) == b""
    served.server.shutdown()
    assert (caplog.text, capfd.readouterr().err) == ("", "")
