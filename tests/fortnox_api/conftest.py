"""A Fortnox that says what a test tells it to, and time that passes only when somebody waits."""

import html
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import httpx2
import pytest

from fortnox_api import (
    Clock,
    Fortnox,
    InvoicePayload,
    InvoiceRowPayload,
    OAuthApp,
    PaceLimiter,
    StaticAuth,
    TokenSet,
)

TOKEN = "canary-access-token"
SECRET = "canary-client-secret"


@dataclass
class Time:
    """Noon in Stockholm's winter, until somebody sleeps."""

    moment: datetime = datetime(2026, 1, 31, 11, 0, tzinfo=UTC)
    ticks: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def pass_by(self, seconds):
        self.moment += timedelta(seconds=seconds)
        self.ticks += seconds

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.pass_by(seconds)

    @property
    def clock(self):
        return Clock(now=lambda: self.moment, monotonic=lambda: self.ticks, sleep=self.sleep, chance=lambda: 0.0)


class Script:
    """Answers one request after the other as told, and remembers what was asked."""

    def __init__(self, answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        assert self.answers, f"asked once more than scripted: {self.asked[-1]}"
        answer = self.answers.pop(0)
        if isinstance(answer, Callable):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def asked(self):
        return [f"{each.method} {each.url.raw_path.decode()}" for each in self.requests]

    @property
    def bodies(self):
        return [json.loads(each.content) for each in self.requests if each.content]


class Counter:
    """A limiter that lets everybody pass and counts."""

    def __init__(self):
        self.passed = 0
        self.penalties = []

    def acquire(self):
        self.passed += 1

    def penalize(self, seconds):
        self.penalties.append(seconds)


@dataclass
class Talk:
    fortnox: Fortnox
    script: Script
    time: Time
    limiter: Counter

    @property
    def asked(self):
        return self.script.asked


@pytest.fixture(scope="session")
def new_time():
    return Time


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def talk(time):
    """Return a client whose Fortnox gives these answers in turn."""

    def made(*answers, auth=None, limiter=None, timeouts=None, retries=None):
        script = Script(answers)
        limiter = limiter or Counter()
        fortnox = Fortnox(
            auth=auth or StaticAuth(TOKEN),
            transport=httpx2.MockTransport(script),
            limiter=limiter,
            clock=time.clock,
            timeouts=timeouts,
            retries=retries,
        )
        return Talk(fortnox, script, time, limiter)

    return made


@pytest.fixture
def oauth(time):
    """Return an app whose token endpoint gives these answers in turn, and the script."""

    def made(*answers):
        script = Script(answers)
        app = OAuthApp(
            client_id="id",
            client_secret=SECRET,
            redirect_uri="https://uku.example/fortnox",
            transport=httpx2.MockTransport(script),
            clock=time.clock,
        )
        return app, script

    return made


@pytest.fixture
def token_set(time):
    """Return tokens that live so many seconds from now."""

    def made(seconds=3600, *, access="old-access", refresh="old-refresh"):
        return TokenSet(access, refresh, frozenset({"invoice"}), time.moment + timedelta(seconds=seconds))

    return made


@pytest.fixture
def answer():
    """Return an answer with a JSON body."""

    def made(body, status=200, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx2.Response(status, json=body, headers=headers)

    return made


@pytest.fixture
def complaint(answer):
    """Return an error as Fortnox words it."""

    def made(code, message="Nej.", status=400, **headers):
        return answer({"ErrorInformation": {"error": 1, "message": message, "code": code}}, status, **headers)

    return made


@pytest.fixture
def granted(answer):
    """Return an answer of the token endpoint."""

    def made(access="new-access", refresh="new-refresh", expires_in=3600, **more):
        body = {"access_token": access, "expires_in": expires_in, "token_type": "bearer", "scope": "invoice"}
        return answer({**body, **({} if refresh is None else {"refresh_token": refresh}), **more})

    return made


@pytest.fixture
def refused():
    """Return the recorded refusal of a refresh token: JSON, but called HTML."""
    return httpx2.Response(
        400,
        text='{"error":"invalid_grant","error_description":"Invalid refresh token"}',
        headers={"Content-Type": "text/html; charset=UTF-8"},
    )


@pytest.fixture
def unpaced():
    return PaceLimiter(0)


@pytest.fixture
def invoice_wire():
    """Return an invoice as Fortnox answers it."""

    def made(number="1042", **changes):
        return {
            "Invoice": {
                "@url": f"https://api.fortnox.se/3/invoices/{number}",
                "DocumentNumber": number,
                "CustomerNumber": "1001",
                "ExternalInvoiceReference1": "UKU-0001",
                "InvoiceDate": "2026-01-31",
                "DueDate": "2026-03-02",
                "Currency": "SEK",
                "Net": 900,
                "TotalVAT": 225,
                "Total": 1125,
                "RoundOff": 0,
                "TotalToPay": 1125,
                "Balance": 1125,
                "Booked": False,
                "Cancelled": False,
                "Sent": False,
                "Credit": "false",
                "CreditInvoiceReference": "0",
                "FinalPayDate": None,
                "VoucherNumber": None,
                "VoucherSeries": None,
                "VoucherYear": None,
                "OCR": "104265",
                "InvoiceRows": [{"RowId": 7, "ArticleNumber": "5", "DeliveredQuantity": "1", "Price": 900, "VAT": 25}],
                **changes,
            }
        }

    return made


@pytest.fixture
def payload():
    """Return an invoice to send."""

    def made(**changes):
        row = InvoiceRowPayload(
            article_number="5",
            description="Bokföring januari",
            delivered_quantity=Decimal("2.50"),
            unit="h",
            price=Decimal(900),
            vat=Decimal(25),
        )
        fields = {
            "customer_number": "1001",
            "invoice_date": date(2026, 1, 31),
            "due_date": date(2026, 3, 2),
            "currency": "SEK",
            "vat_included": False,
            "external_reference": "UKU-0001",
            "rows": (row,),
        }
        return InvoicePayload(**{**fields, **changes})

    return made


SCOPES = "companyinformation customer article invoice payment settings bookkeeping"
REDIRECT = "http://localhost:8720/fortnox/callback"


class Town:
    """A running simulator and what a test needs to steer it."""

    def __init__(self, address):
        self.address = address
        self.http = httpx2.Client(base_url=address, trust_env=False)
        self.app = OAuthApp(
            client_id="uku-demo", client_secret="uku-demo-secret", redirect_uri=REDIRECT, base_url=address
        )

    def control(self, where, **body):
        answer = self.http.post(f"/_sim/{where}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def submit(self, page, **values):
        action = html.unescape(re.search(r'action="([^"]+)"', page.text)[1])
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        return self.http.post(action, data={**hidden, **values})

    def tokens(self, scopes=SCOPES):
        return self.app.exchange_code(self.code(self.app.authorize_url(state="s", scopes=scopes.split())))

    def code(self, address):
        """Sign in and approve, and return the code that came back."""
        page = self.http.get(address)
        if page.status_code == 200:
            page = self.submit(page, username="anna@exempelbyran.example", password="fortnox")
        if page.status_code == 200 and 'name="company"' in page.text:
            page = self.submit(page, company="556001")
        page = self.submit(page, approve="1")
        return httpx2.URL(page.headers["Location"]).params["code"]

    def open(self, auth):
        return Fortnox(auth=auth, base_url=self.address, limiter=PaceLimiter(0))

    def posts(self):
        entries = self.http.get("/_sim/journal", params={"since": 0}).json()["entries"]
        return [each for each in entries if each["kind"] == "request" and each.get("method") == "POST"]


@pytest.fixture
def town():
    sim = pytest.importorskip("fortnox_sim", reason="the simulator is not installed: pip install packages/fortnox-sim")
    from fortnox_sim.server import build_server

    server = build_server(sim.create_app("empty"), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    found = Town(f"http://127.0.0.1:{server.port}")
    found.control("switches", rate_limit=False)
    found.control("companies/556001/customers", Name="Almgrens Bygg AB", CountryCode="SE")
    found.control("companies/556001/articles", Description="Bokföring", SalesAccount=3041, SalesPrice="895", Unit="h")
    yield found
    found.http.close()
    found.app.close()
    server.shutdown()
    thread.join()
    server.server_close()
