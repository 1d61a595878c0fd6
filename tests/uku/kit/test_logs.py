"""Log lines carry their ids and never a secret, whoever wrote them."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from uku.kit.logs import redact

PROGRAM = """
import logging, structlog, sys
from uku.kit.logs import configure
configure({"json": sys.argv[1] == "json", "level": "DEBUG"})
ours, theirs = structlog.get_logger("uku.test"), logging.getLogger("some.library")
TOKEN, PERSON = "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0", "19750231-0241"

class Grant:
    def __repr__(self):
        return f"Grant(access_token='{TOKEN}')"

def fail():
    raise ValueError(f"refused: Bearer {TOKEN} for {PERSON}")

with structlog.contextvars.bound_contextvars(request="r-1", workspace=7, run=3, job="fortnox.sync"):
    ours.info("asked", access_token=TOKEN, state="abc", kind="customers", count=2)
    ours.info(f"person {PERSON} with Authorization: Bearer {TOKEN}")
    ours.info("nested", answer={"refresh_token": TOKEN, "people": [PERSON, {"cookie": "x"}]}, grant=Grant())
    theirs.warning("GET /oauth?code=%s&x=1", TOKEN)
    theirs.warning("extra", extra={"authorization": TOKEN, "body": {"client_secret": TOKEN}})
    theirs.info("two\\nlines\\rand\\x1b[31m a colour")
try:
    fail()
except ValueError as error:
    ours.exception("ours failed", error=error)
    theirs.exception("theirs failed")
"""


def lines(form: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, form], capture_output=True, text=True, check=True)
    return done.stderr.splitlines()


@pytest.fixture(scope="module")
def told() -> list[dict[str, object]]:
    return [json.loads(line) for line in lines("json")]


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_token_and_no_personal_number_is_ever_written(form):
    """S40, S41: eight records are eight lines, whatever line ends and colours they held"""
    written = lines(form)
    assert len(written) == 8
    secret = re.compile(r"c2VjcmV0|31-?0241|abc|\x1b")
    assert [line for line in written if secret.search(line)] == []


def test_every_line_of_ours_and_of_others_carries_its_ids(told):
    ids = [{name: line.get(name) for name in ("request", "workspace", "run", "job")} for line in told]
    assert ids[:6] == [{"request": "r-1", "workspace": 7, "run": 3, "job": "fortnox.sync"}] * 6
    assert ids[6:] == [dict.fromkeys(("request", "workspace", "run", "job"))] * 2


def test_what_is_no_secret_is_kept(told):
    first = {name: told[0][name] for name in ("event", "kind", "count", "level", "logger", "access_token", "state")}
    assert first == {
        "event": "asked",
        "kind": "customers",
        "count": 2,
        "level": "info",
        "logger": "uku.test",
        "access_token": "[masked]",
        "state": "[masked]",
    }
    assert told[3]["event"] == "GET /oauth?code=[masked]&x=1"


def test_what_is_nested_is_masked_by_name_and_by_look(told):
    assert told[2]["answer"] == {"refresh_token": "[masked]", "people": ["[personal number]", {"cookie": "[masked]"}]}
    assert told[2]["grant"] == "Grant(access_token='[masked]')"
    assert (told[4]["authorization"], told[4]["body"]) == ("[masked]", {"client_secret": "[masked]"})


@pytest.mark.parametrize("place", [6, 7])
def test_a_traceback_is_told_without_its_secrets(told, place):
    assert "in fail\n" in told[place]["exception"]
    assert told[place]["exception"].endswith("ValueError: refused: Bearer [masked] for [personal number]")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Basic dXNlcjpzZWNyZXQ=", "Authorization: Basic [masked]"),
        ('{"refresh_token": "abcdefgh1234"}', '{"refresh_token": "[masked]"}'),
        ("client_secret=abcdefgh&x=1", "client_secret=[masked]&x=1"),
        ("uku_session=abcdefgh12345678; path=/", "uku_session=[masked]; path=/"),
        ("7502310241", "[personal number]"),
        ("750231-0241", "[personal number]"),
        ("750231+0241", "[personal number]"),
        ("750291-0241", "[personal number]"),
        ("197502310241.", "[personal number]."),
        ("556036-0793", "556036-0793"),
        ("invoice 1042 of 2026-03-31 at 1250.00", "invoice 1042 of 2026-03-31 at 1250.00"),
        ("status code 503, postcode: 211 34", "status code 503, postcode: 211 34"),
        ('{"error": "{\\"access_token\\": \\"abcdefgh1234\\"}"}', '{"error": "{\\"access_token\\": \\"[masked]\\"}"}'),
        ("GET /callback%3Fcode%3Dabcdefgh1234 200", "GET /callback%3Fcode%3D[masked] 200"),
        ("GET /callback?state=abcdefgh1234", "GET /callback?state=[masked]"),
        ("state: connected", "state: connected"),
        ("refused eyJhbGciOiJIUzI1NiJ9.c2VjcmV0.c2ln for it", "refused [masked] for it"),
        ("(b'Set-Cookie', b'uku_session=abcdefgh1234')", "(b'Set-Cookie', b'uku_session=[masked]')"),
    ],
)
def test_only_secrets_and_personal_numbers_are_masked(text, masked):
    assert redact(text) == masked


EXCHANGE = """
import logging, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from uku.kit.logs import configure
configure({"json": False, "level": "DEBUG"})
ACCESS, REFRESH, SECRET, CODE = "access-canary-1", "refresh-canary-2", "secret-canary-3", "code-canary-4"

class Fortnox(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = ('{"access_token":"%s","refresh_token":"%s","expires_in":3600,"token_type":"bearer","scope":"invoice"}'
                % (ACCESS, REFRESH)).encode()
        self.send_response(200)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass

server = HTTPServer(("127.0.0.1", 0), Fortnox)
threading.Thread(target=server.serve_forever, daemon=True).start()
from fortnox_api import OAuthApp
app = OAuthApp(client_id="uku", client_secret=SECRET, redirect_uri="https://uku.example/cb",
               base_url=f"http://127.0.0.1:{server.server_port}")
tokens = app.exchange_code(CODE)
assert tokens.access_token == ACCESS
logging.getLogger("urllib3").debug("POST body grant_type=refresh_token&refresh_token=%s", REFRESH)
logging.getLogger("x").debug("kept %r", tokens)
try:
    raise ValueError(f"access_token={ACCESS}; client_secret={SECRET}; code={CODE}; 19750231-0241")
except ValueError:
    logging.getLogger("y").exception("failed with Bearer %s", ACCESS)
"""


def test_a_token_exchange_at_debug_level_tells_no_secret():
    """B59: a real exchange by our client, other libraries' lines and a traceback, all at DEBUG."""
    done = subprocess.run([sys.executable, "-c", EXCHANGE], capture_output=True, text=True, check=True)
    told = done.stdout + done.stderr
    assert [line for line in told.splitlines() if "canary" in line or "0241" in line] == []
    assert "refresh_token=[masked]" in told
    assert "failed with Bearer [masked]" in told
