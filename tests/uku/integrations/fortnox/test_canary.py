"""A canary in every secret of Fortnox is found nowhere but in its sealed column.

The simulator's codes, refresh tokens and access tokens carry it, and so does the app's secret. A real web server and a
real worker run at DEBUG through a whole life: connect, import, errors that echo what was sent, refresh, disconnect,
connect again. Then everything that a person or a backup could read is searched, also for the secrets' base64. What the
operating system shows of a process, its environment above all, is out of scope: the app's secret is given there.
"""

from __future__ import annotations

import base64
import re
import shutil
import socket
import subprocess
from pathlib import Path

import httpx2
import psycopg
import pytest
from tests.uku.conftest import PASSWORD
from tests.uku.integrations.fortnox.simulated import until

MARK = "kanariefagel-i-gruvan"
ROOT = Path(__file__).parents[4]
GIT = shutil.which("git") or "git"
APP_SECRET = f"{MARK}-app-secret-0123456789"


def traces(secret):
    """How a text may stand somewhere: as it is, percent-encoded, or in base64 at each of three offsets."""
    found = {secret.encode()}
    for offset in range(3):
        packed = base64.b64encode(b"x" * offset + secret.encode()).rstrip(b"=")
        middle = packed[-(-offset * 4 // 3) + (offset > 0) : -3]
        found |= {middle, middle.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def leaks(places, secrets):
    """Name each place that holds a trace of a secret."""
    wanted = set().union(*(traces(secret) for secret in secrets))
    return sorted({place for place, content in places.items() for trace in wanted if trace in content})


class Browser:
    """A person's browser that remembers every answer it got: body and headers."""

    def __init__(self, http):
        self.http = http
        self.pages = {}

    def get(self, path, **query):
        return self._kept(self.http.get(path, params=query or None))

    def post(self, path, at=None, **values):
        form = self.get(at or path)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
        assert token, form.text
        return self._kept(self.http.post(path, data={**values, "csrfmiddlewaretoken": token[1]}))

    def _kept(self, answer):
        # The redirect to the consent page carries the state, never a secret; the way back is Fortnox's own redirect.
        headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.multi_items())
        self.pages[f"page {len(self.pages)} {answer.request.method} {answer.request.url.path}"] = (
            headers.encode() + answer.content
        )
        assert answer.status_code < 500, answer.text
        return answer


@pytest.fixture
def life(environment, processes, fortnox, tmp_path, settings):
    """The web server and the worker at DEBUG, with a home and a folder for mail."""
    from pydantic import SecretStr

    from fortnox_sim.seeds.seed_file import add_app

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with fortnox.app.installation.lock:
        callback = f"http://127.0.0.1:{port}/fortnox/callback"
        add_app(fortnox.app.installation, "uku-demo", {"client_secret": APP_SECRET, "redirect_uris": [callback]})
    fortnox.switch(token_marker=MARK)
    home, mail = tmp_path / "home", tmp_path / "mail"
    environment.update(
        UKU_PUBLIC_URL=f"http://127.0.0.1:{port}",
        UKU_FORTNOX_CLIENT_SECRET=APP_SECRET,
        UKU_LOG_LEVEL="DEBUG",
        UKU_HOME=str(home),
        UKU_EMAIL_FOLDER=str(mail),
    )
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    settings.UKU = settings.UKU.model_copy(update={"fortnox_client_secret": SecretStr(APP_SECRET)})
    processes("-m", "uku", "serve", "--port", str(port))
    processes("-m", "uku", "worker")
    until(lambda: _alive(port))
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def browser(life):
    with httpx2.Client(base_url=life, trust_env=False, timeout=30) as http:
        yield Browser(http)


def _alive(port):
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


def jobs_done():
    """No job is due or running."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' OR status = 'todo'"
            " AND (scheduled_at IS NULL OR scheduled_at <= clock_timestamp())"
        )
        return cursor.fetchone()[0] == 0


def dump(superuser):
    """Every table as text, one entry a table; jobs with their arguments among them."""
    found = {}
    with psycopg.connect(superuser, autocommit=True) as session:
        names = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            with session.cursor().copy(f'COPY "{name}" TO STDOUT') as rows:
                found[f"table {name}"] = b"".join(bytes(block) for block in rows)
    return found


def connect(browser, fortnox):
    root = "/w/byran/settings/fortnox"
    url = browser.post(f"{root}/connect/authorize/", at=f"{root}/connect/").headers["Location"]
    back = fortnox.consent(url)
    assert MARK in back["code"]
    answer = browser.get("/fortnox/callback", **back)
    assert answer.status_code == 302, answer.text
    return back["code"]


def test_the_canary_is_found_only_where_it_is_sealed(
    browser, fortnox, workspace, owner, addresses, tmp_path, move_clock
):
    """S30, S37, S40, B59"""
    from uku.integrations.fortnox.models import Connection
    from uku.integrations.fortnox.tokens.encryption import open_tokens

    owner.set_password(PASSWORD)
    owner.save()
    fortnox.customers(3)
    secrets = {APP_SECRET, MARK}
    assert browser.post("/accounts/login/", login=owner.email, password=PASSWORD).status_code == 302
    root = "/w/byran/settings/fortnox"
    browser.post(f"{root}/enable/", at=f"{root}/")
    secrets.add(connect(browser, fortnox))
    until(jobs_done, seconds=90)
    secrets |= held(open_tokens(Connection.everywhere.get()))

    # Errors that repeat what was sent, in the sentence that we show and keep.
    body = '{"ErrorInformation": {"error": 1, "message": "Fel nära {access_token}", "code": 2000310}}'
    fault = fortnox.fault(path="/3/customers", status=400, body=body, times=3, echo=True)
    browser.post(f"{root}/sync/", at=f"{root}/")
    until(jobs_done, seconds=90)
    assert fortnox.struck(fault) >= 1
    body = '{"error": "server_error", "error_description": "nära {refresh_token} och {client_secret}"}'
    fault = fortnox.fault(path="/oauth-v1/token", status=500, body=body, times=1, echo=True)
    move_clock(seconds=2 * 3600)
    browser.post(f"{root}/sync/", at=f"{root}/")
    until(jobs_done, seconds=90)
    assert fortnox.struck(fault) == 1
    fortnox.heal()
    for path in ("", "connect/", "settings/", "activity/", "help/", "disconnect/"):
        browser.get(f"{root}/{path}")
    for path in ("/w/byran/clients/", "/w/byran/settings/", "/w/byran/billing/", "/accounts/2fa/", "/no/such/place"):
        browser.get(path)
    before = Connection.everywhere.get()
    if before.is_connected:
        secrets |= held(open_tokens(before))

    browser.post(f"{root}/disconnect/", at=f"{root}/disconnect/")
    secrets.add(connect(browser, fortnox))
    until(jobs_done, seconds=90)
    browser.get("/fortnox/callback", code=f"{MARK}-forged", state=f"{MARK}-forged")
    browser.post("/accounts/password/reset/", email=owner.email)
    now = open_tokens(Connection.everywhere.get())
    secrets |= held(now)

    tables = dump(addresses.superuser)
    logs = {f"log {p.name}": p.read_bytes() for p in tmp_path.glob("process-*.log")}
    files = {f"file {p.relative_to(tmp_path)}": p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert len(tables) > 30
    assert min(map(len, logs.values())) > 0
    assert len(browser.pages) > 20
    assert leaks({**tables, **files, **logs, **browser.pages}, secrets) == []
    # And there, after opening, exactly: what Fortnox gave is what the sealed column holds.
    assert MARK in now.refresh_token
    assert any(trace in now.access_token.encode() for trace in traces(MARK))
    assert Connection.everywhere.get().sealed_tokens.encode() in tables["table fortnox_connection"]


def held(tokens):
    return {tokens.access_token, tokens.refresh_token}


def test_the_search_finds_what_it_should():
    """The search has teeth: each way in which a secret may stand is found, and nothing else."""
    token = f"{MARK}-token"
    for text in (token, f"Basic {base64.b64encode(f'uku-demo:{token}'.encode()).decode()}"):
        for lead in ("", "a", "ab"):
            assert leaks({"here": f"{lead} {text} end".encode()}, {token}) == ["here"], text
    for lead in ("", "a", "ab", "abc"):
        assert leaks({"jwt": base64.urlsafe_b64encode(f"{lead}{token} and more".encode())}, {token}) == ["jwt"]
    assert leaks({"clean": b"nothing of it"}, {token}) == []


def test_no_file_of_the_repository_holds_a_secret():
    """S43: keys, tokens and passwords have shapes; those in tests are named as such or made of words."""
    done = subprocess.run([GIT, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    shapes = re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[baprs]-[A-Za-z0-9-]{10,}"
        r"|eyJ[A-Za-z0-9_-]{40,}\.eyJ[A-Za-z0-9_-]{40,}\.[A-Za-z0-9_-]{20,}|gAAAAA[A-Za-z0-9_-]{60,}"
    )
    assert shapes.search("-----BEGIN " + "PRIVATE KEY-----")
    found, read = [], 0
    for name in filter(None, done.stdout.split("\0")):
        try:
            found += [name] * bool(shapes.search((ROOT / name).read_text(encoding="utf-8")))
            read += 1
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
    assert found == []
    assert read > 1000
