"""A time is shown by the workspace's clock, wherever it stands; a date of business has no clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.uku.conftest import AT, PASSWORD

import uku

pytestmark = pytest.mark.django_db
LATE = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
HERE = "1 Apr 2026, 01:30"
ZONE = "Europe/Helsinki"
SOURCES = Path(uku.__file__).parent
# A time that a template or a format string writes by a clock of its own.
OWN_CLOCK = re.compile(r"\|\s*(?:date|time|timesince|naturaltime)\b|:%[^}]*%H[^}]*\}(?! UTC)|strftime|format_datetime")


@pytest.fixture(autouse=True)
def _late_in_helsinki(workspace, monkeypatch):
    """It is half past ten in UTC and the next day already in Helsinki, where the workspace is."""
    from uku.kit import clock

    type(workspace).objects.update(time_zone=ZONE)
    monkeypatch.setattr(clock, "now", lambda: LATE)


@pytest.fixture
def text(read):
    return lambda answer: " ".join(read(answer).all("p") + read(answer).all("dd"))


def test_a_form_that_is_too_late_says_when_by_the_workspaces_clock(text, signed_in, owner, admin, records):
    client, product = records.client, records.product
    pages = {
        f"/w/byran/clients/{client.pk}/edit/": {"country": "SE", "currency": "SEK", "payment_days": "30"},
        f"/w/byran/products/{product.pk}/edit/": {"unit": "h", "price": "10", "vat_rate": "25"},
    }
    for path, facts in pages.items():
        signed_in(admin).post(path, {**facts, "name": "First", "version": "1"})
        answer = signed_in(owner).post(path, {**facts, "name": "Second", "version": "1"})
        assert answer.status_code == 409
        assert f"First was changed by {admin} at {HERE}, after you opened this page." in text(answer)


def test_a_time_after_a_day_and_the_tooltip_before_are_the_workspaces(signed_in, owner, workspace):
    from uku.workspaces.models import Notice

    facts = {"workspace": workspace, "title": "Look here", "text": "x", "permission": "SEE", "url": "/"}
    Notice.everywhere.create(key="a", opened_at=LATE, **facts)
    Notice.everywhere.create(key="b", opened_at=AT, **facts)
    page = signed_in(owner).get("/w/byran/notices/").content.decode()
    assert sorted(re.findall(r'<time datetime="([^"]+)" title="([^"]+)">([^<]+)', page)) == [
        ("2026-03-31T12:00:00+03:00", "31 Mar 2026, 12:00", "13 hours ago"),
        ("2026-04-01T01:30:00+03:00", HERE, "just now"),
    ]


def test_a_persons_own_pages_name_the_zone(text, client, owner):
    from allauth.mfa.models import Authenticator
    from allauth.usersessions.models import UserSession

    client.post("/accounts/login/", {"login": owner.email, "password": PASSWORD})
    client.get("/accounts/sessions/")
    UserSession.objects.update(created_at=AT, last_seen_at=LATE)
    Authenticator.objects.create(user=owner, type="webauthn", data={"name": "Key", "credential": {}})
    Authenticator.objects.update(created_at=LATE, last_used_at=LATE)
    shown = text(client.get("/accounts/sessions/"))
    assert f"31 Mar 2026, 12:00 ({ZONE})" in shown
    assert text(client.get("/accounts/2fa/webauthn/")) == f"{HERE} ({ZONE}) {HERE} ({ZONE})"


def test_an_email_about_an_account_says_when_by_the_workspaces_clock(signed_in, owner, mailoutbox):
    changed = "another correct horse"
    browser = signed_in(owner)
    browser.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": changed, "password2": changed})
    (letter,) = mailoutbox
    assert f"Time: {HERE} ({ZONE})\n" in letter.body


def test_the_panel_of_a_client_says_when_its_customer_was_read(text, signed_in, owner, records, scope):
    from uku.integrations.fortnox.models import CustomerRecord

    CustomerRecord.objects.create(company_id="1", number="1", client=records.client, seen_at=LATE)
    assert HERE in text(signed_in(owner).get(f"/w/byran/clients/{records.client.pk}/"))


def test_the_audit_log_keeps_times_by_the_workspaces_clock(scope, owner):
    from uku.integrations.fortnox.connection.authorize import enable
    from uku.integrations.fortnox.connection.invite_links import make_link
    from uku.workspaces.models import AuditEntry

    scope.refresh_from_db()
    enable(workspace=scope, actor=owner, at=LATE)
    make_link(workspace=scope, actor=owner, at=LATE)
    entry = AuditEntry.objects.get(action="fortnox.consent_link")
    assert entry.after == {"expires_at": "8 Apr 2026, 01:30"}


def test_there_is_one_way_to_write_a_time():
    """Whatever is not the workspace's clock says which one it is."""
    files = [path for path in SOURCES.rglob("*") if path.suffix in {".py", ".html", ".txt"}]
    found = {
        str(path.relative_to(SOURCES)): OWN_CLOCK.findall(path.read_text(encoding="utf-8"))
        for path in files
        if "migrations" not in path.parts
    }
    assert {name: sorted(set(hits)) for name, hits in found.items() if hits} == {"kit/times.py": ["format_datetime"]}
