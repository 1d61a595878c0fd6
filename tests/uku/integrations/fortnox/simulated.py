"""The simulated Fortnox on a port of its own, and what its journal says. Real HTTP, no mocks."""

from __future__ import annotations

import io
import re
import ssl
import threading
import time
from collections import Counter
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from fortnox_api import Clock
from fortnox_sim import clock as business
from fortnox_sim.app import create_app
from fortnox_sim.server import build_server

FIRST, SECOND = "556001", "556002"
ANNA, OLLE = "anna@exempelbyran.example", "olle@exempelbyran.example"
KARIN = "karin@digitalbyran.example"
# Numbers that begin with 4 are not issued; each passes the check digit.
NUMBERS = ("455000-0006", "455000-0014", "455000-0022", "455000-0030", "455000-0048", "455000-0055")
CERTIFICATES = ssl.create_default_context()  # read once: nobody needs them on loopback, and each reading takes 20 ms


def until(condition, *, seconds: float = 60.0):
    """Wait for a condition and return what it gave; fail when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {condition}")


def no_waiting(patch: pytest.MonkeyPatch) -> None:
    """Let the client repeat at once what it would repeat after a second."""
    patch.setattr("fortnox_api._client.make_clock", lambda given: Clock(now=given, sleep=lambda _: None))


def _whole(app):
    """Read each request whole before the simulator sees it, so that a late landing has its body."""

    def call(environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        return app(environ, start_response)

    return call


class Simulated:
    """One simulator in a thread, with its control interface."""

    def __init__(self, *, clock: business.Clock | None = None) -> None:
        self.app = create_app("empty", clock=clock)
        self._server = build_server(_whole(self.app), "127.0.0.1", 0)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.address = f"http://127.0.0.1:{self._server.port}"
        self._http = httpx2.Client(base_url=self.address, timeout=30, verify=CERTIFICATES)

    def __enter__(self) -> Self:
        self._thread.start()
        self.switch(rate_limit=False)
        return self

    def __exit__(self, *_: object) -> None:
        with self.app.installation.lock:
            self.app.installation.faults.clear()
        self._http.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # Control

    def ask(self, method: str, path: str, /, **body: Any) -> Any:
        answer = self._http.request(method, f"/_sim/{path}", json=body or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def switch(self, **values: Any) -> None:
        self.ask("POST", "switches", **values)

    def customer(self, company: str = FIRST, **facts: Any) -> str:
        given = {"Name": "Björk Bygg AB", "Address1": "Ågatan 1", "ZipCode": "411 03", "City": "Göteborg"}
        made = self.ask("POST", f"companies/{company}/customers", **{**given, "CountryCode": "SE", **facts})
        return str(made["CustomerNumber"])

    def customers(self, count: int, company: str = FIRST) -> list[str]:
        return list(self.ask("POST", f"companies/{company}/customers", count=count)["numbers"])

    def change_customer(self, number: str, company: str = FIRST, **facts: Any) -> None:
        self.ask("PATCH", f"companies/{company}/customers/{number}", **facts)

    def article(self, company: str = FIRST, **facts: Any) -> str:
        given = {"Description": "Bokföring", "SalesAccount": 3041, "SalesPrice": "950", "Unit": "h", "Type": "SERVICE"}
        made = self.ask("POST", f"companies/{company}/articles", **{**given, **facts})
        return str(made["ArticleNumber"])

    def copy_invoice(self, number: str = "", *, of: str = "", company: str = FIRST, **changes: Any) -> str:
        """Put a copy of an invoice, else of the first one, beside it, as a person or another system might.

        Without a number it gets the next one. Returns its number.
        """
        with self.app.installation.lock:
            books = self.app.installation.company(company)
            assert books is not None
            rows = books.table("invoices").rows
            copied = rows[of] if of else next(iter(rows.values()))
            number = number or str(books.take_number("invoices", "invoices"))
            books.put("invoices", number, {**copied, "DocumentNumber": number, "OCR": f"{number}0", **changes})
            self.app.installation.store.commit([])
        return number

    def pay(self, invoice: str, amount: str, date: str, **facts: Any) -> str:
        body = {"invoice": invoice, "amount": amount, "date": date, **facts}
        return str(self.ask("POST", f"companies/{FIRST}/payments", **body)["Number"])

    def fault(self, **rule: Any) -> str:
        return str(self.ask("POST", "faults", **rule)["id"])

    def release(self, fault: str) -> None:
        self.ask("POST", f"faults/{fault}/release")

    def heal(self) -> None:
        self.ask("DELETE", "faults")

    def holds(self, fault: str) -> bool:
        return any(rule["id"] == fault and rule["state"] == "holding" for rule in self.ask("GET", "faults"))

    def struck(self, fault: str) -> int:
        return next(rule["struck"] for rule in self.ask("GET", "faults") if rule["id"] == fault)

    def invoices(self, company: str = FIRST) -> list[dict[str, Any]]:
        with self.app.installation.lock:
            found = self.app.installation.company(company)
            assert found is not None
            return [dict(row) for row in found.table("invoices").values() if not row.get("_deleted")]

    # The journal

    def mark(self) -> int:
        return int(self.ask("GET", "journal")["next"])

    def journal(self, since: int = 0) -> list[dict[str, Any]]:
        return list(self.ask("GET", f"journal?since={since}")["entries"])

    def requests(self, since: int = 0, prefix: str = "/3/") -> list[str]:
        """Every API request as "GET customers" or "GET customers/1", in order."""
        found = [e for e in self.journal(since) if e["kind"] == "request" and e["path"].startswith(prefix)]
        return [f"{e['method']} {e['path'].removeprefix(prefix)}" for e in found]

    def queries(self, path: str, since: int = 0) -> list[dict[str, str]]:
        return [e["query"] for e in self.journal(since) if e["kind"] == "request" and e["path"] == path]

    def commits(self, action: str, since: int = 0) -> list[dict[str, Any]]:
        return [e for e in self.journal(since) if e["kind"] == "commit" and e["action"] == action]

    def creates(self) -> Counter[str]:
        """Committed invoice creates by the reference they carry."""
        return Counter(entry["reference"] for entry in self.commits("invoice.create"))

    def statuses(self, since: int = 0) -> Counter[int]:
        return Counter(e["status"] for e in self.journal(since) if e["kind"] == "answer")

    def refreshes(self, since: int = 0) -> int:
        return len(self.commits("token.refresh", since))

    # A person at the consent page

    def consent(
        self, url: str, *, user: str = ANNA, company: str = FIRST, press: str = "approve", via: str = ""
    ) -> dict[str, str]:
        """Sign in, `via` "clients" through Digital byrå; choose the company, press a button; return the way back."""
        with httpx2.Client(timeout=30, verify=CERTIFICATES) as browser:
            page = browser.get(url)
            page = self._submit(browser, page, "login", username=user, password="fortnox", via=via)
            if "/auth/company" in page.text:
                page = self._submit(browser, page, "company", company=company)
            if page.status_code == 200:
                page = self._submit(browser, page, "approve", **{press: "1"})
        assert page.status_code == 302, page.text
        return dict(parse_qsl(urlsplit(page.headers["Location"]).query))

    def _submit(self, browser: httpx2.Client, page: httpx2.Response, step: str, **values: str) -> httpx2.Response:
        ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
        assert ticket is not None, page.text
        return browser.post(f"{self.address}/oauth-v1/auth/{step}", data={"ticket": ticket[1], **values})

    # What happens to consents inside Fortnox

    def change_owner(
        self,
        company: str = FIRST,
        *,
        name: str = "Nya Ägaren AB",
        organisation: str = NUMBERS[0],
        database: str | None = None,
        users: dict[str, str] | None = None,
        ends_consent: bool | None = None,
        ends_access: bool | None = None,
    ) -> str:
        """Sell the company; give its database number afterwards. `None` leaves a switch as it stands."""
        wanted = {"owner_change_ends_consent": ends_consent, "removal_ends_access": ends_access}
        if chosen := {switch: value for switch, value in wanted.items() if value is not None}:
            self.switch(**chosen)
        body = {"Name": name, "OrganizationNumber": organisation, "DatabaseNumber": database, "users": users}
        given = {key: value for key, value in body.items() if value is not None}
        return str(self.ask("POST", f"companies/{company}/owner", **given)["id"])

    def remove_integration(self, company: str = FIRST, *, client: str | None = None) -> int:
        """An administrator removes it under Hantera integrationer; give the number of consents that ended."""
        body = {"client_id": client} if client else {}
        return int(self.ask("POST", f"companies/{company}/revoke", **body)["ended"])

    def remove_person(self, user: str) -> None:
        """Take every company from a person, as when the administrator who authorized is removed."""
        self.ask("PATCH", f"users/{user}", companies={}, clients={})

    def set_company(self, company: str = FIRST, **settings: Any) -> None:
        """Change settings: `integration_licence`, `licences`, `locked`, `inactive`, `OrganizationNumber` ..."""
        self.ask("PATCH", f"companies/{company}", **settings)

    def set_app(self, client: str = "uku-demo", **facts: Any) -> None:
        """Change an app's registration: `client_secret`, `service_account`, `scopes`, `redirect_uris`."""
        self.ask("POST", "apps", client_id=client, **facts)

    def consents(self, company: str = FIRST) -> list[dict[str, Any]]:
        """Every consent the company ever gave, with `id`, `client`, `user`, `scopes`, `service`, `alive`."""
        return list(self.ask("GET", f"companies/{company}/grants"))

    # What the journal says about tokens: each fact has family (the consent), spent, access, refresh, reused

    def exchanges(self, since: int = 0) -> list[dict[str, Any]]:
        return self.commits("token.code", since)

    def rotations(self, since: int = 0) -> list[dict[str, Any]]:
        """Each refresh that was carried out; `refreshes` counts them."""
        return self.commits("token.refresh", since)

    def mints(self, since: int = 0) -> list[dict[str, Any]]:
        """Each access token made with client credentials."""
        return self.commits("token.credentials", since)

    def revocations(self, since: int = 0) -> list[dict[str, Any]]:
        """Each revocation of a refresh token that Fortnox knew; `ended` says whether the consent ended."""
        return self.commits("token.revoke", since)

    def reuses(self, since: int = 0) -> list[dict[str, Any]]:
        """Each time a spent refresh token came again, refused or (in the grace period) served."""
        entries = [e for e in self.journal(since) if e["kind"] == "commit"]
        return [e for e in entries if e["action"] in {"token.reuse", "token.refresh"} and e["reused"]]

    def token_statuses(self, since: int = 0) -> list[int | None]:
        """The status of each answer of the token address, in order; None is an answer that was lost."""
        entries = self.journal(since)
        calls = {e["n"] for e in entries if e["kind"] == "request" and e["path"] == "/oauth-v1/token"}
        return [e["status"] for e in entries if e["kind"] == "answer" and e["request"] in calls]

    # Digital byrå, and token answers that should not be

    def consultant_consent(
        self, url: str, *, user: str = KARIN, company: str = FIRST, press: str = "approve"
    ) -> dict[str, str]:
        """Sign in through Digital byrå, pick the client, press a button; return the query of the way back."""
        with httpx2.Client(timeout=30, verify=CERTIFICATES) as browser:
            page = self._submit(browser, browser.get(url), "login", username=user, password="fortnox", via="clients")
            page = self._submit(browser, page, "company", company=company)
            page = self._submit(browser, page, "approve", **{press: "1"})
        assert page.status_code == 302, page.text
        return dict(parse_qsl(urlsplit(page.headers["Location"]).query))

    def rewrite_token(self, *, times: int = 1, remove: tuple[str, ...] = (), raw: Any = None, **values: Any) -> str:
        """Change the next token answers: keys to remove, values to set, `raw` JSON texts; give the fault's id."""
        rule = {"set": values, "remove": list(remove), "raw": raw or {}}
        return self.fault(path="/oauth-v1/token", action="rewrite", times=times, **rule)

    def echo_token(self, *, status: int = 400, body: str = '{"error":"{refresh_token} {client_secret}"}') -> str:
        """Answer the next token call, not carried out, with an error that repeats the secrets it was sent."""
        return self.fault(path="/oauth-v1/token", phase="P1", status=status, body=body, echo=True)
