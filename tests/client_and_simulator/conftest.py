"""The real client against the real simulator over HTTP; the simulator's journal is the judge."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.uku.integrations.fortnox.simulated import FIRST, Simulated

from fortnox_api import (
    Clock,
    Fortnox,
    InvoicePayload,
    InvoiceRowPayload,
    MemoryTokenStore,
    OAuthApp,
    PaceLimiter,
    RefreshTokenAuth,
    Timeouts,
    TokenSet,
)

SCOPES = ["companyinformation", "customer", "article", "invoice", "payment", "settings", "bookkeeping"]
SECRET = "uku-demo-secret"
REDIRECT = "http://localhost:8720/fortnox/callback"


class Time:
    """A clock that moves when somebody sleeps or says so: nobody waits."""

    def __init__(self):
        self.start = datetime.now(UTC)
        self.seconds = 1_000.0
        self.slept: list[float] = []

    @property
    def clock(self) -> Clock:
        return Clock(now=self.now, monotonic=lambda: self.seconds, sleep=self.sleep, chance=lambda: 0.0)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds - 1_000)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


class Town(Simulated):
    """A simulator, and the app of ours that is registered there."""

    def app_of(self, *, secret: str = SECRET, clock=None, timeouts=None) -> OAuthApp:
        return OAuthApp(
            client_id="uku-demo",
            client_secret=secret,
            redirect_uri=REDIRECT,
            base_url=self.address,
            clock=clock,
            timeouts=timeouts,
        )

    def tokens(self, *, company: str = FIRST, clock=None) -> TokenSet:
        """Consent as a person would, and take the tokens."""
        app = self.app_of(clock=clock)
        back = self.consent(app.authorize_url(state="s", scopes=SCOPES), company=company)
        return app.exchange_code(back["code"])

    def invoice_payload(self, reference: str = "UKU-0001", **changes) -> InvoicePayload:
        """An invoice for the first customer and article of the books, which are made when missing."""
        row = InvoiceRowPayload(
            article_number=self.first("articles", "ArticleNumber") or self.article(),
            delivered_quantity=Decimal("2.50"),
            price=Decimal(900),
            vat=Decimal(25),
        )
        today = date.fromisoformat(self.ask("GET", "")["clock"]["today"])
        fields = {
            "customer_number": self.first("customers", "CustomerNumber") or self.customer(),
            "invoice_date": today,
            "due_date": today,
            "currency": "SEK",
            "vat_included": False,
            "external_reference": reference,
            "rows": (row,),
        }
        return InvoicePayload(**{**fields, **changes})

    def first(self, table: str, key: str) -> str | None:
        with self.app.installation.lock:
            return next((row[key] for row in self.app.installation.company(FIRST).table(table).values()), None)

    def sends(self, since: int = 0) -> list[str]:
        """Every request to either address, in order."""
        return self.requests(since, prefix="/")

    def tries(self, since: int = 0) -> int:
        """How often the token address was asked."""
        return self.sends(since).count("POST oauth-v1/token")


@pytest.fixture
def sim():
    with Town() as town:
        yield town


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def tokens(sim):
    return sim.tokens()


@pytest.fixture
def store(tokens):
    return MemoryTokenStore(tokens)


@pytest.fixture
def auth(sim, store):
    return RefreshTokenAuth(sim.app_of(), store)


@pytest.fixture
def connect(sim):
    """Return a client for an auth."""

    @contextmanager
    def opened(auth, *, limiter=None, clock=None, timeouts=None):
        pace = limiter or PaceLimiter(0, clock=clock)
        limits = timeouts or Timeouts()
        with Fortnox(auth=auth, base_url=sim.address, limiter=pace, clock=clock, timeouts=limits) as found:
            yield found

    return opened


@pytest.fixture
def fortnox(connect, auth):
    """A client whose waits between repeats take no time."""
    with connect(auth, clock=Clock(sleep=lambda _seconds: None)) as found:
        yield found


def aged(tokens: TokenSet, **left: float) -> TokenSet:
    """The same tokens, with so much of their life left."""
    ends = datetime.now(UTC) + timedelta(**left)
    return TokenSet(tokens.access_token, tokens.refresh_token, tokens.scopes, ends)
