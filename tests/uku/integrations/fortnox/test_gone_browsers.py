"""A browser that is gone while its request waits for Fortnox: the work ends, and nobody gets another's answer."""

from __future__ import annotations

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import httpx2
import pytest
from django.test import Client
from tests.uku.integrations.fortnox.browsers import Walk
from tests.uku.integrations.fortnox.grants import TOKEN, age, row
from tests.uku.integrations.fortnox.simulated import FIRST, until

from uku.integrations.fortnox.client.open import renew_tokens
from uku.integrations.fortnox.models import ArticleRecord, AuthorizationAttempt, PendingGrant
from uku.kit import clock

pytestmark = pytest.mark.process


@pytest.fixture
def port(environment, processes, fortnox, settings, tmp_path):
    """A real web server on this test's database; the way back from Fortnox leads to it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = free.getsockname()[1]
    address = f"http://127.0.0.1:{found}"
    environment.update(UKU_PUBLIC_URL=address, UKU_HOME=str(tmp_path / "home"))
    settings.UKU = settings.UKU.model_copy(update={"public_url": address, "fortnox_service_account": False})
    fortnox.set_app(redirect_uris=[f"{address}/fortnox/callback"])
    processes("-m", "uku", "serve", "--port", str(found))
    until(lambda: alive(found))
    return found


def alive(port):
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


def cookie_of(browser: Client) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())


def ask_and_leave(fortnox, port, browser, path) -> str:
    """Send a request, go away while Fortnox's answer is held, then let Fortnox answer; return the fault's id."""
    held = fortnox.fault(**TOKEN, action="hold", phase="P4")
    with socket.create_connection(("127.0.0.1", port)) as wire:
        lines = (f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Cookie: {cookie_of(browser)}", "", "")
        wire.sendall("\r\n".join(lines).encode())
        until(lambda: fortnox.holds(held))
    return held


def names_of_others(port, person, slug) -> list[set[str]]:
    """Ask for more pages at once than the server has threads; return the workspaces that each answer names."""
    cookie = {"cookie": cookie_of(person)}

    def ask(_number):
        answer = httpx2.get(f"http://127.0.0.1:{port}/w/{slug}/clients/", headers=cookie, trust_env=False, timeout=30)
        assert answer.status_code == 200
        return set(re.findall(r"/w/(\w+)/", answer.text))

    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(ask, range(20)))


@pytest.fixture
def somebody_else(stranger, other_workspace):
    browser = Client()
    browser.force_login(stranger)
    return browser


def test_a_callback_whose_browser_is_gone_connects_all_the_same(fortnox, port, workspace, owner, somebody_else):
    """F45: the exchange is finished and stored once, and the next person gets an answer of their own"""
    walk = Walk(owner, workspace, fortnox)
    back = fortnox.consent(walk.authorize_url())
    held = ask_and_leave(fortnox, port, walk.browser, f"/fortnox/callback?{urlencode(back)}")
    assert names_of_others(port, somebody_else, "annan") == [{"annan"}] * 20
    fortnox.release(held)
    until(lambda: row().is_connected)
    assert (row().company_id, row().generation, len(fortnox.exchanges())) == (FIRST, 1, 1)
    assert (AuthorizationAttempt.everywhere.get().outcome, PendingGrant.everywhere.count()) == ("connected", 0)
    assert names_of_others(port, somebody_else, "annan") == [{"annan"}] * 20


def test_a_refresh_whose_browser_is_gone_is_stored_once(fortnox, port, scope, owner, authorize, somebody_else):
    """F45: what Fortnox rotated is what the row holds, and no spent token is sent again"""
    connection = authorize(scope, owner)
    ArticleRecord.objects.create(
        company_id=FIRST, number=fortnox.article(), description="Bokföring", seen_at=clock.now()
    )
    age(connection, minutes=-1)
    walk = Walk(owner, scope, fortnox)
    number = ArticleRecord.objects.get().number
    held = ask_and_leave(fortnox, port, walk.browser, f"/w/byran/products/new/?article={number}")
    assert names_of_others(port, somebody_else, "annan") == [{"annan"}] * 20
    fortnox.release(held)
    until(lambda: row().generation == connection.generation + 1)
    until(lambda: ArticleRecord.objects.get().detail_read_at)
    assert (len(fortnox.rotations()), row().refresh_started_at) == (1, None)
    renew_tokens(row())  # with what is stored: a token that was spent would be seen again
    assert (len(fortnox.rotations()), fortnox.reuses()) == (2, [])
    assert names_of_others(port, somebody_else, "annan") == [{"annan"}] * 20
