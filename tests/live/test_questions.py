"""The questions, put to the simulator: each finds out the setting that was chosen, and nothing is left unsaid."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.client_and_simulator.conftest import Town
from tests.live import questions
from tests.live.questions import MARK, KeptStore, Session, auth_of, put, report
from tests.uku.integrations.fortnox.simulated import FIRST

from fortnox_sim.clock import Clock
from fortnox_sim.switches import SWITCHES

BEGUN = datetime.now(UTC)  # the tokens' real time to live is counted from here

LIVE = Path(__file__).with_name("test_against_real_fortnox.py")


@pytest.fixture
def sim():
    """A Fortnox whose clock stands still but for the waits, so that a busy machine changes no answer."""
    with Town(clock=Clock(BEGUN.isoformat())) as town:
        yield town


@pytest.fixture
def kept():
    return []


@pytest.fixture
def session(sim, kept):
    """A session whose waits move the simulator's clock instead of passing."""
    passed = [0.0]

    def wait(seconds):
        passed[0] += seconds
        sim.ask("POST", "clock", advance=seconds)

    app = sim.app_of()
    store = KeptStore(sim.tokens().refresh_token, kept.append)
    found = Session(
        api=sim.address,
        auth=auth_of(app, store=store, tenant_id=""),
        app=app,
        store=store,
        tenant_id=FIRST,
        interval=0.0,
        may_book=True,
        may_revoke=True,
        wait=wait,
        now=lambda: BEGUN + timedelta(seconds=passed[0]),
    )
    yield found
    found.close()
    app.close()


ASKED = [
    ("large_limit", "limit_over_500", ["clamp", "refuse"]),
    ("beyond_the_end", "page_beyond", ["zero", "keep", "refuse"]),
    ("payment_and_last_modified", "payment_touches_invoice", [True, False]),
    ("exact_searches", "exact_searches", [True, False]),
    ("read_only_keys", "readonly_keys", ["ignore", "refuse"]),
    ("rounding_abroad", "round_foreign", [True, False]),
    ("visibility", "visible_after_seconds", [0, 7]),
    ("reference_search", "reference_search", ["contains", "exact"]),
    ("decimal_vat", "decimal_vat", ["accept", "truncate", "refuse"]),
    ("quotes", "quotes_allowed", [True, False]),
    ("revoking_a_consent", "revoke_ends_consent", [True, False]),
    ("too_many", "rate_retry_after", ["", "5"]),
    ("too_many", "rate_body", ["", "html", "json"]),
]


@pytest.mark.parametrize(
    ("name", "switch", "value"), [(name, switch, value) for name, switch, values in ASKED for value in values]
)
def test_a_question_finds_out_how_the_switch_stands(sim, session, name, switch, value):
    if name == "exact_searches":
        with session.invoice() as invoice:
            number = invoice["DocumentNumber"]
            assert session.ask("PUT", f"invoices/{number}/bookkeep").status_code == 200
            sim.pay(number, "1", invoice["InvoiceDate"])
    sim.ask("PATCH", f"companies/{FIRST}", vat_rates=["25.5", "25", "12", "6", "0"])
    sim.switch(**{switch: value, "rate_limit": name == "too_many"})
    found = {each.switch: each.value for each in put(getattr(questions, name), session)}
    assert found[switch] == value


def test_an_honoured_limit_would_be_told(sim, session):
    sim.customers(501)
    (found,) = put(questions.large_limit, session)
    assert (found.switch, found.value, found.seen) == ("limit_over_500", "clamp", "500 rows, 2 pages of 501")


def test_the_order_of_numbers_is_told(sim, session):
    sim.customers(12)
    (found,) = put(questions.order_of_numbers, session)
    assert found.seen.startswith("numeric, as simulated (1, 2, 3")


@pytest.mark.parametrize(("met", "value"), [("page", "page"), ("http://localhost/?error=access_denied", "redirect")])
def test_what_a_person_saw_is_taken_over(session, met, value):
    session.non_admin = met
    (found,) = put(questions.non_administrator, session)
    assert (found.switch, found.value) == ("consent_refusal", value)


def test_what_cannot_be_asked_says_what_it_needs(sim, session):
    session.may_book = session.may_revoke = False
    for question, need in (
        (questions.non_administrator, "FORTNOX_LIVE_NON_ADMIN"),
        (questions.payment_and_last_modified, "FORTNOX_LIVE_MAY_BOOK=1"),
        (questions.revoking_a_consent, "FORTNOX_LIVE_MAY_REVOKE=1"),
        (questions.web_sockets, "WebSocket"),
        (questions.exact_searches, "payment"),
        (questions.order_of_numbers, "different lengths"),
        (questions.decimal_vat, "25.5 among"),
    ):
        (found,) = put(question, session)
        assert (found.switch, need in found.seen) == ("", True), found
    assert sim.commits("invoice.create") == []


def test_every_question_is_put_and_every_setting_exists_and_everything_left_is_marked_and_told(sim, session, kept):
    answers = {question.__name__: put(question, session) for question in questions.QUESTIONS}
    assert [name for name, findings in answers.items() if not findings] == []
    found = [each for findings in answers.values() for each in findings]
    text = report(found, session.left)
    for each in found:
        assert not each.switch or each.switch in SWITCHES
    assert "POST /_sim/switches {" in text
    with sim.app.installation.lock:
        books = sim.app.installation.company(FIRST)
        customers = [row for row in books.table("customers").values() if not row.get("_deleted")]
        assert all(row["Name"].startswith(MARK) for row in customers)
        for kind, key, rows in (
            ("customer", "CustomerNumber", customers),
            ("invoice", "DocumentNumber", list(books.table("invoices").values())),
            ("payment", "Number", list(books.table("payments").values())),
        ):
            told = [line.split()[1].rstrip(",") for line in session.left if line.startswith(kind)]
            assert sorted(told) == sorted(row[key] for row in rows)
    for line in session.left:
        assert line in text
    assert kept == [session.store.load().tokens.refresh_token]


@pytest.mark.parametrize("way", ["client credentials", "refresh token"])
def test_the_live_module_itself_runs_from_its_environment_alone(sim, tmp_path, way):
    tokens = sim.tokens()
    kept = tmp_path / "token"
    held = {"REFRESH_TOKEN": tokens.refresh_token, "TOKEN_FILE": str(kept)}
    names = {
        **({"TENANT_ID": FIRST} if way == "client credentials" else held),
        "CLIENT_ID": "uku-demo",
        "CLIENT_SECRET": "uku-demo-secret",
        "API_URL": sim.address,
        "AUTH_URL": sim.address,
        "INTERVAL": "0",
    }
    environment = {**os.environ, **{f"FORTNOX_LIVE_{name}": value for name, value in names.items()}}
    del environment["UKU_TEST_HOME"]
    chosen = "large_limit or read_only_keys or quotes or order_of_numbers"
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", str(LIVE), "-k", chosen]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert 'POST /_sim/switches {"limit_over_500": "clamp", "readonly_keys": "ignore", "quotes_allowed": false}' in (
        done.stdout
    )
    assert "Left behind in the company" in done.stdout
    if way == "refresh token":
        assert kept.stat().st_mode & 0o777 == 0o600
        assert sim.app_of().refresh(kept.read_text()).access_token


def test_without_credentials_it_is_skipped_and_says_what_is_missing():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FORTNOX_LIVE_")}
    environment.pop("UKU_TEST_HOME", None)
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-rs", str(LIVE)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert f"{len(questions.QUESTIONS)} skipped" in done.stdout
    for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN or FORTNOX_LIVE_TENANT_ID"):
        assert f"FORTNOX_LIVE_{name}" in done.stdout
