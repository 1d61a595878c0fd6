"""No connection is made to an address inside a network, whatever name led there."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx2
import pytest

from fortnox_api import DeadlineTransport
from fortnox_api._transport import is_public


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def inside():
    """A server inside the network, with a count of who asked."""
    server = HTTPServer(("127.0.0.1", 0), Hello)
    server.asked = 0
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0"])  # noqa: S104  # nothing is bound
def test_a_name_that_leads_inside_is_not_connected_to(inside, host):
    """S34"""
    address = f"http://{host}:{inside.server_port}/"
    with (
        httpx2.Client(transport=DeadlineTransport(public_only=True), trust_env=False) as client,
        pytest.raises(httpx2.ConnectError, match="which is not a public address"),
    ):
        client.get(address)
    assert inside.asked == 0


def test_without_the_option_the_same_server_answers(inside):
    with httpx2.Client(transport=DeadlineTransport(), trust_env=False) as client:
        assert client.get(f"http://localhost:{inside.server_port}/").status_code == 200
    assert inside.asked == 1


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("193.12.0.1", True),
        ("2a00:1450:4001::1", True),
        ("::ffff:193.12.0.1", True),
        ("10.0.0.1", False),
        ("172.16.4.4", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104  # nothing is bound
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("ff02::1", False),
    ],
)
def test_which_addresses_are_public(address, public):
    assert is_public(address) is public
