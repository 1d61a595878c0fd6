"""Clients nobody here wrote, unmodified, against the simulator; its journal is the judge. `make foreign` runs this.

What they cannot do anywhere, and so not here: pyfortnox authorizes by headers that Fortnox ended on 30 April 2025 (the
gateway of this folder gives its token the bearer header), has no method to book anything (its own HTTP client is used),
and asks for one voucher under `sublist`, where there is none. fortpyx reads errors in lower case only, so a 404 has no
text for it, and takes every SIE file for an error.
"""

import json
import subprocess
from pathlib import Path

import pytest
from tests.uku.integrations.fortnox.simulated import FIRST, Simulated

FOLDER = Path(__file__).parent
PYTHON = FOLDER.parents[1] / ".foreign/bin/python"

pytestmark = pytest.mark.foreign


@pytest.fixture
def fortnox():
    with Simulated() as simulated:
        simulated.customers(120)
        yield simulated


def drive(fortnox, script):
    """Run a client's steps in its own environment; give what it found, its errors, and the journal's commits."""
    before = len(fortnox.ask("GET", "journal")["entries"])
    done = subprocess.run(
        [PYTHON, FOLDER / script, fortnox.address], capture_output=True, text=True, timeout=120, check=True
    )
    entries = fortnox.ask("GET", "journal")["entries"][before:]
    commits = [(entry["action"], entry["company"]) for entry in entries if entry["kind"] == "commit"]
    calls = [f"{entry['method']} {entry['path']}" for entry in entries if entry["kind"] == "request"]
    answers = [entry["status"] for entry in entries if entry["kind"] == "answer"]
    return json.loads(done.stdout), commits, dict(zip(calls, answers, strict=True))


BOOKED = ["customer.create", "invoice.create", "invoice.bookkeep", "payment.create", "payment.bookkeep"]
CALLS = {
    "GET /3/customers": 200,
    "GET /3/accounts": 200,
    "POST /3/customers": 201,
    "POST /3/invoices": 201,
    "PUT /3/invoices/1001/bookkeep": 200,
    "POST /3/invoicepayments": 201,
    "PUT /3/invoicepayments/1/bookkeep": 200,
    "GET /3/invoices/1001": 200,
    "GET /3/invoicepayments/1": 200,
    "GET /3/vouchers": 200,
    "GET /3/voucherseries": 200,
    "GET /3/predefinedvoucherseries/INVOICE": 200,
    "GET /3/sie/4": 200,
    "GET /3/customers/999": 404,
}


def test_fortpyx_authorizes_refreshes_lists_creates_books_pays_and_reads(fortnox):
    report, commits, calls = drive(fortnox, "drive_fortpyx.py")
    assert report["found"] == {
        "authorize": 2,
        "refresh": 2,
        "list customers": 120,
        "list accounts": 1220,
        "create customer": "121",
        "create invoice": "1001",
        "bookkeep": True,
        "pay": "1",
        "bookkeep payment": True,
        "read": 0,
        "read payment": 1250,
        "list vouchers": 2,
        "read voucher": 3,
        "list series": 13,
        "predefined series": "B",
        "sie": [2, 5],
        "missing": None,
    }
    assert list(report["errors"]) == ["missing"]
    assert "Unknown error" in report["errors"]["missing"]
    granted = ["consent.grant", "token.code", "token.refresh"]
    assert commits == [(action, FIRST) for action in (*granted, *BOOKED)]
    api = {call: status for call, status in calls.items() if "/oauth-v1/" not in call}
    assert api == CALLS | {"GET /3/vouchers/B/1": 200}


def test_pyfortnox_lists_creates_books_pays_and_reads(fortnox):
    report, commits, calls = drive(fortnox, "drive_pyfortnox.py")
    assert report["found"] == {
        "list customers": 120,
        "list accounts": 500,
        "create customer": "121",
        "create invoice": "1001",
        "bookkeep": True,
        "pay": "1",
        "bookkeep payment": True,
        "read": 0,
        "read payment": 1250,
        "list vouchers": 2,
        "list vouchers of a series": [1],
        "list series": 13,
        "predefined series": "B",
        "sie": [2, 5],
        "missing": None,
    }
    assert report["errors"] == {"missing": "RequestError: Kan inte hitta kunden."}
    assert commits == [(action, FIRST) for action in ("consent.grant", "token.code", *BOOKED)]
    api = {call: status for call, status in calls.items() if "/oauth-v1/" not in call}
    assert api == CALLS | {"GET /3/vouchers/sublist/B": 200}
