"""The open questions, put to a real test company. Skipped without credentials; run it by itself:

    FORTNOX_LIVE_CLIENT_ID=… FORTNOX_LIVE_CLIENT_SECRET=… FORTNOX_LIVE_TENANT_ID=… \
        python -m pytest tests/live/test_against_real_fortnox.py

Instead of the tenant id (of a company that consented to a service account) a refresh token may be given:
FORTNOX_LIVE_REFRESH_TOKEN, and FORTNOX_LIVE_TOKEN_FILE, where its successors are kept and read from next time.
FORTNOX_LIVE_MAY_BOOK=1 allows a booked invoice with a payment, FORTNOX_LIVE_MAY_REVOKE=1 allows ending the
connection, FORTNOX_LIVE_NON_ADMIN tells what an ordinary user met. FORTNOX_LIVE_API_URL and
FORTNOX_LIVE_AUTH_URL default to Fortnox.

Use a company without real books. What is written is marked, taken back where that is possible, and listed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.live.questions import QUESTIONS, KeptStore, Session, auth_of, put, report

from fortnox_api import OAuthApp

NAMES = ("CLIENT_ID", "CLIENT_SECRET")


def given(name: str, default: str = "") -> str:
    return os.environ.get(f"FORTNOX_LIVE_{name}", default)


MISSING = [f"FORTNOX_LIVE_{name}" for name in NAMES if not given(name)]
if not given("REFRESH_TOKEN") and not given("TENANT_ID"):
    MISSING.append("FORTNOX_LIVE_REFRESH_TOKEN or FORTNOX_LIVE_TENANT_ID")
if given("REFRESH_TOKEN") and not given("TOKEN_FILE"):
    MISSING.append("FORTNOX_LIVE_TOKEN_FILE (a refresh token works once; its successor has to be kept)")

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"no real Fortnox to ask: {', '.join(MISSING)} not set")


@pytest.fixture(scope="module")
def app():
    with OAuthApp(
        client_id=given("CLIENT_ID"),
        client_secret=given("CLIENT_SECRET"),
        redirect_uri=given("REDIRECT_URI", "http://localhost:8720/fortnox/callback"),
        base_url=given("AUTH_URL", "https://apps.fortnox.se"),
    ) as made:
        yield made


@pytest.fixture(scope="module")
def store():
    """The refresh token and where its successors go; None when client credentials need none."""
    if not given("REFRESH_TOKEN"):
        return None
    kept = Path(given("TOKEN_FILE"))

    def keep(token: str) -> None:
        kept.touch(mode=0o600)
        kept.write_text(token, encoding="ascii")

    known = kept.read_text(encoding="ascii").strip() if kept.exists() else ""
    return KeptStore(known or given("REFRESH_TOKEN"), keep)


@pytest.fixture(scope="module")
def session(app, store):
    found = Session(
        api=given("API_URL", "https://api.fortnox.se"),
        auth=auth_of(app, store=store, tenant_id=given("TENANT_ID")),
        app=app,
        store=store,
        tenant_id=given("TENANT_ID"),
        interval=float(given("INTERVAL", "0.25")),
        may_book=given("MAY_BOOK") == "1",
        may_revoke=given("MAY_REVOKE") == "1",
        non_admin=given("NON_ADMIN"),
    )
    yield found
    found.close()


@pytest.fixture(scope="module")
def findings(session, request):
    found = []
    yield found
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n\n{report(found, session.left)}\n")  # noqa: T201 - a person reads it


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.__name__)
def test_an_open_question_is_put(session, findings, question):
    answers = put(question, session)
    findings.extend(answers)
    assert answers
