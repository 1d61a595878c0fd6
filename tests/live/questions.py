"""What Fortnox's documentation leaves open, as questions to a running Fortnox, and what each answer means here.

Every question gives a Finding: what was seen, and which switch of the simulator says the same. Everything that
is written carries MARK, is taken back where Fortnox allows it, and is listed in `Session.left` where it does not.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx2

from fortnox_api import (
    Auth,
    ClientCredentialsAuth,
    FortnoxError,
    MemoryTokenStore,
    OAuthApp,
    RefreshTokenAuth,
    TokenSet,
)

MARK = "UKU LIVE TEST may be deleted"
STOCKHOLM = ZoneInfo("Europe/Stockholm")
REFUSED = 400
TOO_MANY = 429
BEYOND = 999_999


@dataclass(frozen=True)
class Finding:
    """An answer: what was seen, and the setting of the simulator that fits. No switch, nothing to set."""

    question: str
    seen: str
    switch: str = ""
    value: Any = None

    def __str__(self) -> str:
        setting = f"\n    set {self.switch} = {json.dumps(self.value)}" if self.switch else ""
        return f"{self.question}\n    {self.seen}{setting}"


@dataclass
class Session:
    """A company of a running Fortnox, asked directly: the client would refuse half of these questions."""

    api: str
    auth: Auth
    app: OAuthApp
    store: KeptStore | None = None
    tenant_id: str = ""
    interval: float = 0.25
    may_book: bool = False
    may_revoke: bool = False
    non_admin: str = ""
    longest: float = 60.0
    wait: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    left: list[str] = field(default_factory=list)
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:10])
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=30, follow_redirects=False))

    def ask(self, method: str, path: str, body: Any = None, *, paced: bool = True, **query: Any) -> httpx2.Response:
        """Send one request below /3 and return its answer, whatever it is."""
        if paced:
            time.sleep(self.interval)
        headers = {"Authorization": f"Bearer {self.auth.token()}", "Accept": "application/json"}
        return self.http.request(method, f"{self.api}/3/{path}", params=query, json=body, headers=headers)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return dict(good(self.ask("GET", path, **query)).json())

    def total(self, path: str, **query: Any) -> int:
        return int(self.get(path, limit=1, **query)["MetaInformation"]["@TotalResources"])

    def close(self) -> None:
        self.http.close()

    # Marked records

    @contextmanager
    def customer(self, **facts: Any) -> Iterator[str]:
        made = good(self.ask("POST", "customers", {"Customer": {"Name": f"{MARK} {self.run}", **facts}}))
        number = made.json()["Customer"]["CustomerNumber"]
        try:
            yield number
        finally:
            self.drop_customer(number)

    def drop_customer(self, number: str) -> None:
        if self.ask("DELETE", f"customers/{number}").status_code >= REFUSED:
            self.ask("PUT", f"customers/{number}", {"Customer": {"Active": False}})
            self.left.append(f"customer {number}, inactive (it has invoices)")

    @contextmanager
    def invoice(self, row: dict[str, Any] | None = None, **facts: Any) -> Iterator[dict[str, Any]]:
        """An invoice, cancelled afterwards unless it was booked."""
        with self.customer() as customer:
            line = {"Description": MARK, "DeliveredQuantity": "1", "Price": "100", "VAT": 25, **(row or {})}
            sent = {"CustomerNumber": customer, "Remarks": f"{MARK} {self.run}", "InvoiceRows": [line], **facts}
            answer = good(self.ask("POST", "invoices", {"Invoice": sent}))
            made = answer.json(parse_float=Decimal)["Invoice"]
            try:
                yield made
            finally:
                number = made["DocumentNumber"]
                kept = self.ask("PUT", f"invoices/{number}/cancel").status_code >= REFUSED
                self.left.append(f"invoice {number}, {'booked' if kept else 'cancelled'}")


class NotAsked(Exception):
    """The question could not be put; the text says what it would need."""


def good(answer: httpx2.Response) -> httpx2.Response:
    if answer.status_code >= REFUSED:
        raise NotAsked(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
    return answer


def refused(answer: httpx2.Response) -> bool:
    return REFUSED <= answer.status_code < TOO_MANY


# What the account page and the answers of a company can tell


def non_administrator(session: Session) -> Finding:
    """What does a non-administrator see and return?"""
    if not session.non_admin:
        raise NotAsked(
            "open the consent page as an ordinary user, press what there is to press, and run again with"
            " FORTNOX_LIVE_NON_ADMIN set to `page` (no way back) or to the address the browser was sent back to"
        )
    redirected = session.non_admin != "page"
    return Finding("", session.non_admin, "consent_refusal", "redirect" if redirected else "page")


def too_many(session: Session) -> list[Finding]:
    """What do the body and the headers of a 429 say?"""
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: session.ask("GET", "customers", paced=False, limit=1), range(60)))
    hit = next((each for each in answers if each.status_code == TOO_MANY), None)
    session.wait(6.0)
    if hit is None:
        return [Finding("", "60 requests at once met no 429", "rate_limit", False)]
    body = hit.text.strip()
    kind = "" if not body else "html" if body.startswith("<") else "json"
    told = hit.headers.get("Retry-After", "")
    headers = ", ".join(f"{name}: {value}" for name, value in hit.headers.items() if "date" not in name.lower())
    return [
        Finding("", f"headers {headers}", "rate_retry_after", told),
        Finding("", f"body {body[:200]!r}", "rate_body", kind),
    ]


def large_limit(session: Session) -> Finding:
    """3a. What does a limit above 500 do?"""
    answer = session.ask("GET", "customers", limit=501)
    if refused(answer):
        return Finding("", f"{answer.status_code} {answer.text[:200]}", "limit_over_500", "refuse")
    body = good(answer).json()
    pages, total = (body["MetaInformation"][name] for name in ("@TotalPages", "@TotalResources"))
    if total <= 500:
        seen = f"accepted, but {total} customers cannot tell how it counts; taken for a clamp"
        return Finding("", seen, "limit_over_500", "clamp")
    honoured = len(body["Customers"]) > 500
    seen = f"{len(body['Customers'])} rows, {pages} pages of {total}"
    return Finding("", f"{seen}{': honoured, which the simulator has no setting for' if honoured else ''}",
                   "" if honoured else "limit_over_500", None if honoured else "clamp")  # fmt: skip


def beyond_the_end(session: Session) -> Finding:
    """3b. What does a page beyond the end give?"""
    with session.customer():
        answer = session.ask("GET", "customers", limit=1, page=BEYOND)
    if refused(answer):
        return Finding("", f"{answer.status_code} {answer.text[:200]}", "page_beyond", "refuse")
    meta = good(answer).json()["MetaInformation"]
    return Finding("", f"{meta}", "page_beyond", "keep" if meta["@TotalResources"] else "zero")


def payment_and_last_modified(session: Session) -> Finding:
    """Does booking a payment move the invoice's lastmodified?"""
    if not session.may_book:
        raise NotAsked("books an invoice and a payment, which stay: set FORTNOX_LIVE_MAY_BOOK=1 to allow it")
    with session.invoice() as invoice:
        number = invoice["DocumentNumber"]
        good(session.ask("PUT", f"invoices/{number}/bookkeep"))
        session.wait(61.0)
        since = session.now().astimezone(STOCKHOLM).strftime("%Y-%m-%d %H:%M")
        found = session.total("invoices", lastmodified=since, documentnumber=number)
        payment = {"InvoiceNumber": number, "Amount": "1", "PaymentDate": invoice["InvoiceDate"]}
        made = good(session.ask("POST", "invoicepayments", {"InvoicePayment": payment})).json()
        paid = made["InvoicePayment"]["Number"]
        session.left.append(f"payment {paid} of 1 on invoice {number}")
        good(session.ask("PUT", f"invoicepayments/{paid}/bookkeep"))
        touched = session.total("invoices", lastmodified=since, documentnumber=number) > found
    return Finding("", f"{'moved' if touched else 'not moved'} since {since}", "payment_touches_invoice", touched)


def supplier_invoices_by_date(session: Session) -> Finding:
    """Do fromdate and todate work on supplier invoices?"""
    try:
        every = session.total("supplierinvoices")
        late = session.total("supplierinvoices", fromdate="2999-01-01", todate="2999-12-31")
    except NotAsked as fault:
        raise NotAsked(f"needs the scope supplierinvoice ({fault})") from fault
    if not every:
        raise NotAsked("needs a supplier invoice in the company")
    return Finding("", f"{every} in all, {late} in the year 2999: the dates {'filter' if not late else 'are ignored'}")


def exact_searches(session: Session) -> list[Finding]:
    """Are invoicenumber and voucherseries searched exactly?"""
    found = []
    payments = session.get("invoicepayments", limit=500)["InvoicePayments"]
    longer = next((str(row["InvoiceNumber"]) for row in payments if len(str(row["InvoiceNumber"])) > 1), "")
    if longer:
        rows = session.get("invoicepayments", invoicenumber=longer[:-1], limit=500)["InvoicePayments"]
        exact = all(str(row["InvoiceNumber"]) == longer[:-1] for row in rows)
        found.append(Finding("", f"invoicenumber={longer[:-1]}: {len(rows)} rows", "exact_searches", exact))
    vouchers = session.get("vouchers", limit=1)["Vouchers"]
    if vouchers:
        series = vouchers[0]["VoucherSeries"].swapcase()
        rows = session.get("vouchers", voucherseries=series, limit=1)["Vouchers"]
        found.append(Finding("", f"voucherseries={series}, the case swapped: {'found' if rows else 'not found'}"))
    if not found:
        raise NotAsked("needs a payment of an invoice with two digits or more, or a voucher")
    return found


def read_only_keys(session: Session) -> Finding:
    """What does a read-only key in a POST do?"""
    body = {"Customer": {"Name": f"{MARK} {session.run}", "Country": "Sverige"}}
    answer = session.ask("POST", "customers", body)
    if refused(answer):
        return Finding("", f"{answer.status_code} {answer.text[:200]}", "readonly_keys", "refuse")
    session.drop_customer(good(answer).json()["Customer"]["CustomerNumber"])
    return Finding("", "accepted", "readonly_keys", "ignore")


def web_sockets(_session: Session) -> Finding:
    """How does a WebSocket behave after the token that was added to it has expired?"""
    raise NotAsked("the simulator has no WebSocket yet; it comes with that issue")


def revoking_a_consent(session: Session) -> Finding:
    """Does revoking by API end a consent that client credentials live on?"""
    token = session.store.load().tokens.refresh_token if session.store else None
    if not (session.may_revoke and session.tenant_id and token):
        raise NotAsked(
            "ends the connection: set FORTNOX_LIVE_MAY_REVOKE=1 with both a refresh token and a tenant id of a"
            " service account to allow it"
        )
    confirmed = session.app.revoke(token)
    session.left.append("a revoked refresh token: the company has to be connected anew")
    try:
        session.app.client_credentials(session.tenant_id)
    except FortnoxError as fault:
        return Finding("", f"revoked: {confirmed}; then {fault!r}", "revoke_ends_consent", True)
    return Finding("", f"revoked: {confirmed}; client credentials still work", "revoke_ends_consent", False)


def rounding_abroad(session: Session) -> Finding:
    """Are totals in other currencies rounded to whole units?"""
    with session.invoice({"Price": "100.10"}, Currency="EUR") as made:
        total, off = Decimal(str(made["Total"])), made["RoundOff"]
    whole = total == total.to_integral_value()
    return Finding("", f"100.10 + 25 % EUR: Total {total}, RoundOff {off}", "round_foreign", whole)


def visibility(session: Session) -> Finding:
    """How long after its POST is an invoice found by a search?"""
    reference = f"UKULIVE-{session.run}"
    with session.invoice(ExternalInvoiceReference1=reference):
        begun, waited = session.now(), 0.0
        while not session.total("invoices", externalinvoicereference1=reference):
            if waited > session.longest:
                raise NotAsked(f"not found within {session.longest:.0f} s")
            session.wait(1.0)
            waited = (session.now() - begun).total_seconds()
    return Finding("", f"found after {waited:.1f} s", "visible_after_seconds", round(waited))


def order_of_numbers(session: Session) -> Finding:
    """In which order do numbers that are texts come?"""
    rows = session.get("customers", limit=500, sortby="customernumber")["Customers"]
    numbers = [row["CustomerNumber"] for row in rows if row["CustomerNumber"].isdigit()]
    if len({len(number) for number in numbers}) < 2:
        raise NotAsked("needs customers whose numbers have different lengths, such as 9 and 10")
    numeric, textual = numbers == sorted(numbers, key=int), numbers == sorted(numbers)
    order = "numeric, as simulated" if numeric else "of texts: change number_order" if textual else "neither"
    return Finding("", f"{order} ({', '.join(numbers[:6])} …)")


# What costs one or two requests


def reference_search(session: Session) -> Finding:
    """Is externalinvoicereference1 searched exactly?"""
    reference = f"UKULIVE-{session.run}"
    with session.invoice(ExternalInvoiceReference1=reference):
        session.wait(5.0)
        part = session.total("invoices", externalinvoicereference1=reference[3:-1].lower())
    return Finding("", f"a part of it in small letters: {part} found", "reference_search",
                   "contains" if part else "exact")  # fmt: skip


def decimal_vat(session: Session) -> Finding:
    """Does a row take a VAT rate with decimals?"""
    try:
        with session.invoice({"VAT": 25.5}) as made:
            rate = Decimal(str(made["InvoiceRows"][0]["VAT"]))
    except NotAsked as fault:
        if "moms" in str(fault):  # the rate itself is unknown there, which says nothing about decimals
            raise NotAsked(f"needs 25.5 among the company's VAT rates ({fault})") from fault
        return Finding("", str(fault), "decimal_vat", "refuse")
    return Finding("", f"25.5 came back as {rate}", "decimal_vat", "accept" if rate == Decimal("25.5") else "truncate")


def quotes(session: Session) -> Finding:
    """Are the plain quotation marks taken?"""
    body = {"Customer": {"Name": f"{MARK} {session.run}", "Comments": "'\""}}
    answer = session.ask("POST", "customers", body)
    if refused(answer):
        return Finding("", f"{answer.status_code} {answer.text[:200]}", "quotes_allowed", False)
    session.drop_customer(good(answer).json()["Customer"]["CustomerNumber"])
    return Finding("", "taken", "quotes_allowed", True)


QUESTIONS: tuple[Callable[[Session], Finding | list[Finding]], ...] = (
    non_administrator,
    large_limit,
    beyond_the_end,
    payment_and_last_modified,
    supplier_invoices_by_date,
    exact_searches,
    read_only_keys,
    web_sockets,
    rounding_abroad,
    visibility,
    order_of_numbers,
    reference_search,
    decimal_vat,
    quotes,
    too_many,
    revoking_a_consent,  # last: afterwards there is no connection
)


def put(question: Callable[[Session], Finding | list[Finding]], session: Session) -> list[Finding]:
    """Put one question; one that cannot be put is a finding without a switch."""
    title = str(question.__doc__)
    try:
        found = question(session)
    except NotAsked as fault:
        found = Finding("", f"not answered: {fault}")
    listed = found if isinstance(found, list) else [found]
    return [Finding(title, each.seen, each.switch, each.value) for each in listed]


def report(findings: list[Finding], left: list[str]) -> str:
    """Everything for the person who ran it: answers, the settings as one request body, and what was left behind."""
    settings = {each.switch: each.value for each in findings if each.switch}
    behind = "\n".join(f"    {each}" for each in left) or "    nothing"
    return "\n".join(
        [
            *map(str, findings),
            "\nPOST /_sim/switches " + json.dumps(settings, ensure_ascii=False),
            f"\nLeft behind in the company, each marked “{MARK}”:\n{behind}",
        ]
    )


class KeptStore(MemoryTokenStore):
    """Begins with a refresh token alone, and hands each successor to `keep` before it is used."""

    def __init__(self, refresh_token: str, keep: Callable[[str], None]) -> None:
        super().__init__(TokenSet("none", refresh_token, frozenset(), datetime.min.replace(tzinfo=UTC)))
        self._keep = keep

    def save(self, tokens: TokenSet, *, generation: int) -> bool:
        if tokens.refresh_token:
            self._keep(tokens.refresh_token)
        return super().save(tokens, generation=generation)


def auth_of(app: OAuthApp, *, store: KeptStore | None, tenant_id: str) -> Auth:
    return ClientCredentialsAuth(app, tenant_id) if store is None else RefreshTokenAuth(app, store)
