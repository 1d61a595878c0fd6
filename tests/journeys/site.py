"""The product on loopback in this process, beside a simulated Fortnox, for tests that look through Chromium.

Lighter than the demo: no other process, the worker's jobs are worked off when a test asks for it. The database, the
requests, the redirects and the security headers are real. Playwright's event loop runs in the main thread, where
Django then refuses to query; what a test asks the database itself goes through a thread of its own (`site.do`).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, TypeVar

from tests.uku.conftest import PASSWORD, make_user, make_workspace, run_a_worker
from tests.uku.integrations.fortnox.conftest import work_off
from tests.uku.integrations.fortnox.simulated import ANNA, FIRST, Simulated
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

T = TypeVar("T")
SLUG = "byran"
BASE = f"/w/{SLUG}"
# The organisation number of the simulator's first company: the firm connects its own books.
OWN_NUMBER = "4775389085"
CLIENTS = re.compile(r"/w/[^/]+/clients/$")
PEOPLE = {"owner": "owner@byran.example", "admin": "admin@byran.example", "member": "member@byran.example"}


class Site:
    """A served product with one workspace, a simulated Fortnox, and a browser to look at it."""

    def __init__(self, browser: Any, address: str, fortnox: Simulated, thread: ThreadPoolExecutor) -> None:
        self.browser, self.address, self.fortnox, self._thread = browser, address, fortnox, thread
        self._contexts: list[Any] = []

    # The database, from a thread without an event loop

    def do(self, work: Callable[[], T]) -> T:
        return self._thread.submit(work).result(timeout=120)

    def within(self, work: Callable[[], T], slug: str = SLUG) -> T:
        """Do something with a workspace in force."""
        from uku.kit.scoping import workspace_in_force
        from uku.workspaces.models import Workspace

        def scoped() -> T:
            with workspace_in_force(Workspace.objects.get(slug=slug).pk):
                return work()

        return self.do(scoped)

    def work(self) -> list[str]:
        """Work the queue off, as the worker does; return the names of the jobs."""
        return self.do(work_off)

    def set_plan(self, plan: str) -> None:
        from uku.workspaces.models import Workspace

        self.do(lambda: Workspace.objects.filter(slug=SLUG).update(plan=plan))

    # The browser

    def visitor(self, *, script: bool = True, width: int = 1280, scheme: str = "light") -> Any:
        """A page of a browser that is not signed in."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
        )
        context.set_default_timeout(10_000)
        self._contexts.append(context)
        return context.new_page()

    def sign_in(self, who: str = "owner", **kind: Any) -> Any:
        """Return a page of somebody who has signed in, on the list of clients. The form is spared, for time."""
        page = self.visitor(**kind)
        page.context.add_cookies([{**self.do(partial(session_of, PEOPLE.get(who, who))), "url": self.address}])
        page.goto(self.address + "/")
        page.wait_for_url(CLIENTS)
        return page

    def sign_in_by_form(self, who: str = "owner") -> Any:
        page = self.visitor()
        page.goto(self.address + "/accounts/login/")
        page.fill("input[name=login]", PEOPLE.get(who, who))
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit], main button:not([type])")
        page.wait_for_url(CLIENTS)
        return page

    def open(self, page: Any, path: str) -> Any:
        return page.goto(self.address + (path if path.startswith(("/accounts", "/w/")) or path == "/" else BASE + path))

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    # What people do in both systems

    def connect(self, page: Any, **choice: str) -> None:
        """Enable, Authorize, consent, each by the words that the person reads."""
        self.open(page, "/settings/fortnox/")
        if page.get_by_role("button", name="Enable", exact=True).count():
            page.get_by_role("button", name="Enable", exact=True).click()
        page.get_by_role("navigation", name="Fortnox").get_by_role("link", name="Connect to Fortnox").click()
        self.authorize(page, **choice)
        page.wait_for_url("**/settings/fortnox/")

    def decide_all(self, page: Any) -> None:
        """The first import, decided: clients for all customers that no client matches. Does nothing when none waits."""
        self.open(page, "/settings/fortnox/review/")
        button = page.get_by_role("button", name=re.compile("^Add (the|all .*) new customers? as (a client|clients)$"))
        if button.count():
            button.click()
            page.get_by_text(re.compile(r"clients? added")).wait_for()

    def authorize(self, page: Any, **choice: str) -> None:
        """Click Authorize on the tab that is open, and go through Fortnox's pages."""
        page.get_by_role("button", name="Authorize", exact=True).click()
        page.wait_for_url("**/oauth-v1/auth?*")
        consent(page, **choice)


def session_of(email: str) -> dict[str, str]:
    """The cookie of a new session of a user."""
    from django.conf import settings
    from django.test import Client

    from uku.workspaces.models import User

    browser = Client()
    browser.force_login(User.objects.get(email=email))
    return {"name": settings.SESSION_COOKIE_NAME, "value": browser.cookies[settings.SESSION_COOKIE_NAME].value}


def consent(page: Any, *, user: str = ANNA, company: str = FIRST, press: str = "Godkänn & aktivera") -> None:
    """Sign in to the simulated Fortnox, pick the company if it asks, and press a button if it lets us."""
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", "fortnox")
    page.get_by_role("button", name="Logga in", exact=True).click()
    page.wait_for_load_state()
    if page.locator("input[name=company]").count():
        page.check(f"input[name=company][value='{company}']")
        page.get_by_role("button", name="Fortsätt").click()
        page.wait_for_load_state()
    if page.get_by_role("button", name=press).count():
        page.get_by_role("button", name=press).click()
        page.wait_for_load_state()


@contextmanager
def open_site(browser: Any, empty: Callable[[], object], blocker: Any) -> Iterator[Site]:
    """Serve the product on the worker's database until the block ends; the database is emptied then."""
    with ThreadPoolExecutor(1) as thread, ExitStack() as stack:
        stack.enter_context(blocker.unblock())
        stack.callback(empty)
        stack.callback(lambda: thread.submit(_settle).result())
        fortnox = stack.enter_context(Simulated())
        server = _Server("127.0.0.1", 0, None, handler=_Quiet)
        address = f"http://localhost:{server.port}"
        stack.enter_context(_pointed_at(address, fortnox.address))
        server.app = _application()
        stack.enter_context(_serving(server))
        site = Site(browser, address, fortnox, thread)
        site.do(_people)
        stack.callback(site.close)
        yield site


def _settle() -> None:
    from django.db import connections

    connections.close_all()


def _people() -> None:
    from uku.workspaces.operations import add_member

    run_a_worker()
    owner = make_user(PEOPLE["owner"], "Olga Owner")
    workspace = make_workspace(SLUG, owner, organisation_number=OWN_NUMBER, vat_number=f"SE{OWN_NUMBER}01")
    for role, name in (("admin", "Adam Admin"), ("member", "Mia Member")):
        add_member(workspace=workspace, user=make_user(PEOPLE[role], name), role=role)


@contextmanager
def _pointed_at(address: str, fortnox: str) -> Iterator[None]:
    """Name the two addresses in the settings, the security header included, and hurry the pace."""
    from django.conf import settings
    from django.db import connections
    from django.test import override_settings

    from uku.integrations.fortnox.client import rate_limit

    places = {"public_url": address, "fortnox_auth_url": fortnox, "fortnox_api_url": fortnox, "test_clock": True}
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    wanted = {
        "UKU": settings.UKU.model_copy(update=places),
        "CONTENT_SECURITY_POLICY": {"DIRECTIVES": {**policy, "form-action": ["'self'", fortnox]}},
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "STATIC_ROOT": None,
    }
    database, reserve = connections["default"].settings_dict, rate_limit._RESERVE
    age, database["CONN_MAX_AGE"] = database["CONN_MAX_AGE"], 0  # each request has a thread of its own here
    rate_limit._RESERVE = reserve.replace(rate_limit.INTERVAL, "1 millisecond")
    try:
        with override_settings(**wanted):
            yield
    finally:
        rate_limit._RESERVE = reserve
        database["CONN_MAX_AGE"] = age


def _application() -> Any:
    """Close each response, also one that nobody waits for any more: else its connection stays open."""
    from django.core.handlers.wsgi import WSGIHandler

    handler = WSGIHandler()

    def call(environ: Any, start_response: Any) -> list[bytes]:
        response = handler(environ, start_response)
        try:
            return [b"".join(response)]
        finally:
            response.close()

    return call


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object, **__: object) -> None:
        """Say nothing: what matters is on the page."""


class _Server(ThreadedWSGIServer):
    """The threads of open connections do not hold the end up."""

    daemon_threads = True
    block_on_close = False


@contextmanager
def _serving(server: ThreadedWSGIServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
