"""What the real server does with requests that are written to confuse it."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

import pytest
from tests.uku.web import test_passkeys

served = test_passkeys.served


def ask(address, *lines, body=""):
    """Send a request as it stands; return the status and the whole answer."""
    place = urlsplit(address)
    with socket.create_connection(("127.0.0.1", place.port), timeout=10) as wire:
        wire.sendall("\r\n".join([*lines, "Connection: close", "", body]).encode())
        answer = b""
        while block := wire.recv(65536):
            answer += block
    return int(answer.split(b" ", 2)[1]) if answer else None, answer.decode(errors="replace")


@pytest.mark.parametrize(
    "spoof", ["X-Forwarded-Host: evil.example", "Forwarded: host=evil.example", "X-Original-URL: /health"]
)
def test_headers_of_no_proxy_of_ours_change_nothing(served, spoof):
    """B23"""
    host = urlsplit(served).netloc
    status, answer = ask(served, "GET / HTTP/1.1", f"Host: {host}", spoof)
    assert status == 302
    assert re.search(r"(?im)^location: (.*)\r$", answer)[1] == "/accounts/login/?next=/"


def test_odd_requests_are_refused_or_answered_as_our_own_host(served):
    """B23: no answer names another host, and a body is never taken for a second request."""
    host = urlsplit(served).netloc
    inside = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    odd = {
        "another host": ("GET /accounts/login/ HTTP/1.1", "Host: evil.example"),
        "no host": ("GET /accounts/login/ HTTP/1.1",),
        "two hosts": ("GET /accounts/login/ HTTP/1.1", "Host: evil.example", f"Host: {host}"),
        "absolute form": ("GET http://evil.example/accounts/login/ HTTP/1.1", "Host: evil.example"),
        "two lengths": ("POST /health HTTP/1.1", f"Host: {host}", "Content-Length: 0", "Content-Length: 5"),
    }
    found = {name: ask(served, *lines) for name, lines in odd.items()}
    assert {name: status for name, (status, _answer) in found.items()} == dict.fromkeys(odd, 400)
    smuggled = ("POST /health HTTP/1.1", f"Host: {host}", "Content-Length: 4", "Transfer-Encoding: chunked")
    _status, answer = ask(served, *smuggled, body=f"0\r\n\r\n{inside}")
    assert "live" not in answer
