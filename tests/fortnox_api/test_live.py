"""Questions that only a real Fortnox can answer (fortnox-api.md section 13), asked of a real test company.

    FORTNOX_LIVE_TOKEN=… python -m pytest -s tests/fortnox_api/test_live.py

needs an access token with the scopes customer, article and invoice. `FORTNOX_LIVE_WRITE=1` lets it create customers and
invoices in that company, which cannot be deleted afterwards. Each answer is printed as the simulator's switch to set.
FORTNOX_LIVE_URL points it elsewhere; against the simulator it answers what the simulator is set to. Left to a person:
what a user who is no administrator sees (1), supplier invoices (5), WebSocket (8), revoking a consent (9).
"""

import os
import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import httpx2
import pytest

from fortnox_api import Fortnox, InvoicePayload, InvoiceRowPayload, PaceLimiter, StaticAuth

TOKEN = os.environ.get("FORTNOX_LIVE_TOKEN", "")
URL = os.environ.get("FORTNOX_LIVE_URL", "https://api.fortnox.se")
PAUSE = 0.25 if "fortnox.se" in URL else 0.0
WRITE = os.environ.get("FORTNOX_LIVE_WRITE") == "1"
pytestmark = pytest.mark.skipif(not TOKEN, reason="no FORTNOX_LIVE_TOKEN: nothing real to ask")
writes = pytest.mark.skipif(not WRITE, reason="no FORTNOX_LIVE_WRITE=1: nothing may be created")


@pytest.fixture
def plain():
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    with httpx2.Client(base_url=f"{URL}/3", headers=headers, trust_env=False) as client:
        time.sleep(PAUSE)
        yield client


@pytest.fixture
def fortnox():
    with Fortnox(auth=StaticAuth(TOKEN), base_url=URL, limiter=PaceLimiter(PAUSE)) as client:
        yield client


@pytest.fixture
def invoice(fortnox):
    customer = next(fortnox.customers.list(filter="active")).number

    def made(currency="SEK", price="10.30", **changes):
        row = InvoiceRowPayload(
            description="Live question", delivered_quantity=Decimal(1), price=Decimal(price), vat=Decimal(25)
        )
        today = date.today()  # noqa: DTZ011 - Fortnox lives in the zone of its user
        return InvoicePayload(
            customer_number=customer,
            invoice_date=today,
            due_date=today,
            currency=currency,
            vat_included=False,
            external_reference=changes.pop("reference", "LIVE"),
            rows=(row,),
        )

    return made


def tell(question, **switches):
    print(f"\n{question}\n    switches: {switches}")  # noqa: T201 - the answer is the product of this module


def refused(answer):
    return answer.status_code >= 400


def test_what_a_limit_over_500_and_a_page_after_the_last_do(plain):
    over = plain.get("/customers", params={"limit": 501})
    beyond = plain.get("/customers", params={"page": 100000, "limit": 500})
    totals = {} if refused(beyond) else beyond.json()["MetaInformation"]
    page = "refuse" if refused(beyond) else ("keep" if totals["@TotalResources"] else "zero")
    tell(
        f"3. limit=501: {over.status_code}; page=100000: {beyond.status_code} {totals}",
        limit_over_500="refuse" if refused(over) else "clamp",
        page_beyond=page,
    )


def test_what_a_parameter_that_nobody_knows_does(plain):
    answer = plain.get("/customers", params={"nosuchthing": "x", "limit": 1})
    tell(f"an unknown parameter: {answer.status_code}", unknown_parameters="refuse" if refused(answer) else "ignore")


def test_in_which_order_numbers_come(fortnox):
    numbers = [each.number for each in fortnox.customers.list(sort_by="customernumber")]
    digits = [each for each in numbers if each.isdigit()]
    tell(f"12. numbers in order: {numbers[:30]}; as numbers: {digits == sorted(digits, key=int)}")


def test_what_too_many_requests_are_told(plain):
    for _ in range(100):
        answer = plain.get("/customers", params={"limit": 1})
        if answer.status_code == 429:
            break
    headers = {name: value for name, value in answer.headers.items() if "rate" in name or name == "retry-after"}
    kind = {"{": "json", "<": "html"}.get(answer.text.strip()[:1], "")
    tell(
        f"2. the last of at most 100: {answer.status_code} {headers} {answer.text[:200]!r}",
        rate_retry_after=answer.headers.get("Retry-After", ""),
        rate_body=kind,
    )
    time.sleep(PAUSE * 24)


@writes
def test_what_read_only_keys_in_a_body_do(plain):
    body = {"Customer": {"Name": "Live question", "Country": "Sverige", "CountryCode": "SE", "@url": "x"}}
    answer = plain.post("/customers", json=body)
    tell(
        f"7. read-only keys: {answer.status_code} {answer.text[:200]}",
        readonly_keys="refuse" if refused(answer) else "ignore",
    )


@writes
def test_whether_quotes_are_taken(plain):
    answer = plain.post("/customers", json={"Customer": {"Name": "Live 'question'"}})
    tell(f"plain quotes: {answer.status_code}", quotes_allowed=not refused(answer))


@writes
def test_how_soon_a_new_invoice_is_found_and_by_what(fortnox, invoice):
    reference = f"LIVE-{time.time_ns()}"
    fortnox.invoices.create(invoice(reference=reference))
    begun, found = time.monotonic(), []
    while not found and time.monotonic() < begun + 60:
        found = fortnox.invoices.find_by_reference(reference)
    seconds = round(time.monotonic() - begun)
    inner = list(fortnox.invoices.list(externalinvoicereference1=reference[:-1]))
    tell(
        f"11. found after {seconds} s: {len(found)}",
        visible_after_seconds=seconds,
        reference_search="contains" if inner else "exact",
    )


@writes
def test_how_totals_are_rounded(fortnox, invoice):
    home = fortnox.invoices.create(invoice())
    tell(f"10. SEK: net {home.net} VAT {home.total_vat} total {home.total} round-off {home.round_off}")
    foreign = fortnox.invoices.create(invoice("EUR"))
    tell(
        f"10. EUR: net {foreign.net} VAT {foreign.total_vat} total {foreign.total}",
        round_foreign=foreign.total == int(foreign.total),
    )


@writes
def test_what_booking_changes(fortnox, invoice):
    made = fortnox.invoices.create(invoice())
    before = datetime.now(ZoneInfo("Europe/Stockholm")) - timedelta(minutes=2)
    booked = fortnox.invoices.bookkeep(made.number)
    changed = {each.number for each in fortnox.invoices.list(last_modified=before)}
    credited = fortnox.invoices.credit(made.number)
    note = fortnox.invoices.get(credited.credit_invoice_reference)
    tell(
        f"4. lastmodified finds it: {made.number in changed}; voucher {booked.voucher_series}{booked.voucher_number}",
        credit_copies_reference=note.external_reference == made.external_reference,
        credit_note_booked=note.booked,
        voucher_right=booked.voucher_number is not None,
    )
