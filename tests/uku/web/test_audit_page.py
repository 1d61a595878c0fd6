"""The audit log as a page and as a file, and signing in as part of it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from tests.uku.conftest import PASSWORD, make_user, make_workspace

from uku.clients.operations import create_client, edit_client
from uku.kit.spreadsheets import harmless
from uku.workspaces.audit import acting_from, record, verify_chain
from uku.workspaces.audit_search import changes
from uku.workspaces.models import AuditEntry, Membership, Workspace

HERE = "/w/byran/settings/audit/"
LATE = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # 1 April in Stockholm


@pytest.fixture
def admin(workspace):
    """Without an entry of their own."""
    user = make_user("admin@byran.example")
    Membership.everywhere.create(workspace=workspace, user=user, role="admin")
    return user


@pytest.fixture
def log(scope, owner, admin, no_integration):
    """Five entries: the workspace, a client by the owner, its change by the admin, a number by Uku, a formula."""
    with acting_from("192.0.2.7"):
        client = create_client(actor=owner, at=datetime(2026, 3, 30, 8, 0, 5, tzinfo=UTC), name="Åkerlunds Bygg AB")
    at = datetime(2026, 3, 31, 9, 0, tzinfo=UTC)
    edit_client(client=client, actor=admin, at=at, changes={"city": "Malmö", "phone": "040-1"})
    record(actor=None, action="invoice.number", target=client, summary="Invoice 7 was numbered", at=LATE)
    record(actor=owner, action="product.create", target=client, summary="=HYPERLINK(1)", at=LATE, after={"unit": ""})
    return browser_of(owner)


def browser_of(user):
    from django.test import Client

    browser = Client(REMOTE_ADDR="198.51.100.3")
    browser.force_login(user)
    return browser


def found(read, browser, **asked):
    """The first words of what each shown entry is called."""
    return [row[2] for row in read(browser.get(HERE, asked)).rows[1:]]


def test_the_page_says_when_who_what_from_where_and_what_changed(read, log):
    """S45, S48: newest first by position."""
    page = read(log.get(HERE))
    assert page.rows[0] == ["When", "Who", "What", "From"]
    assert [row[:2] + row[3:] for row in page.rows[1:]] == [
        ["1 Apr 2026, 00:30:00", "Olga Owner", ""],
        ["1 Apr 2026, 00:30:00", "Uku", ""],
        ["31 Mar 2026, 11:00:00", "admin@byran.example", ""],
        ["30 Mar 2026, 10:00:05", "Olga Owner", "192.0.2.7"],
        ["31 Mar 2026, 11:00:00", "Olga Owner", ""],
    ]
    changed = " ".join(page.rows[3][2].split())
    for words in ("Changed a client", "City", "Phone", "– changed to → Malmö".replace(" ", ""), "040-1"):
        assert words.replace(" ", "") in changed.replace(" ", "")


@pytest.mark.parametrize(
    ("asked", "actions"),
    [
        ({"group": "Clients"}, ["client.edit", "client.create"]),
        ({"person": "uku"}, ["invoice.number"]),
        ({"since": "2026-04-01"}, ["product.create", "invoice.number"]),
        ({"until": "2026-03-30"}, ["client.create"]),
        ({"since": "2026-03-31", "until": "2026-03-31"}, ["client.edit", "workspace.create"]),
        ({"q": "bygg added"}, ["client.create"]),
        ({"q": "nothing like it"}, []),
        ({"group": "Clients", "since": "2026-03-31"}, ["client.edit"]),
        ({"until": "9999-12-31", "group": "Products"}, ["product.create"]),
    ],
)
def test_filters_live_in_the_address(read, log, asked, actions):
    """Days are the workspace's own: 22:30 UTC on 31 March is 1 April in Stockholm."""
    from uku.web.audit_words import words_of

    shown = found(read, log, **asked)
    assert len(shown) == len(actions)
    assert [text.startswith(words_of(action)) for text, action in zip(shown, actions, strict=True)] == [True] * len(
        shown
    )


def test_the_filter_by_person_offers_the_people_of_the_workspace(read, log, admin):
    page = read(log.get(HERE, {"person": str(admin.pk)}))
    assert [row[1] for row in page.rows[1:]] == ["admin@byran.example"]
    html = log.get(HERE).content.decode()
    assert [name in html for name in (">Everyone<", ">Olga Owner<", ">admin@byran.example<", ">Uku<")] == [True] * 4


@pytest.mark.parametrize("asked", [{"since": "yesterday"}, {"person": "9" * 40}, {"group": "x' OR 1=1"}])
def test_a_filter_that_makes_no_sense_is_said_at_its_field(read, log, asked):
    answer = log.get(HERE, asked)
    assert (answer.status_code, len(read(answer).rows)) == (422, 6)


def test_a_member_is_told_who_can_and_the_link_is_not_offered(read, signed_in, member, workspace, no_integration):
    browser = signed_in(member)
    for answer in (browser.get(HERE), browser.post(f"{HERE}export/")):
        assert answer.status_code == 403
        assert "Only a Company Owner or Company Admin can read the audit log." in answer.content.decode()
    assert HERE not in read(browser.get("/w/byran/settings/")).values("a", "href")


def test_settings_lead_to_it(read, log):
    assert HERE in read(log.get("/w/byran/settings/")).values("a", "href")


def test_fifty_entries_a_page(read, log, scope, owner):
    for number in range(60):
        record(actor=owner, action="client.create", target=scope, summary=f"Client {number}", at=LATE)
    answer = log.get(HERE)
    page = read(answer)
    assert len(page.rows) == 51
    assert "1–50 of 65" in answer.content.decode()
    assert "?page=2" in page.values("a", "href")


def test_another_workspaces_entries_are_not_shown(read, log, stranger, other_workspace):
    html = log.get(HERE).content.decode()
    assert "Annan" not in html


# The file


def test_the_export_is_what_the_filter_shows_and_is_itself_recorded(log, scope, owner):
    """S45 export; B06 formula."""
    answer = log.post(f"{HERE}export/?group=Products")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="audit-byran-')
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    entry = AuditEntry.objects.get(action="product.create")
    assert rows == [
        ["Position", "Time", "Person", "What", "Details", "Record", "Address", "Before", "After", "Hash"],
        [
            *("5", "2026-04-01 00:30:00+02:00", "owner@byran.example", "Added a product", "'=HYPERLINK(1)"),
            *(entry.target, "", "", '{"unit": ""}', entry.hash),
        ],
    ]
    written = AuditEntry.objects.latest("position")
    assert (written.action, written.actor, written.summary, written.after, written.address) == (
        "audit.export",
        owner,
        "Audit log exported: 1 entry",
        {"group": "Products"},
        "198.51.100.3",
    )
    assert verify_chain(scope) is None


def test_a_get_exports_nothing(log):
    """S19."""
    assert log.get(f"{HERE}export/")["Location"] == HERE
    assert AuditEntry.everywhere.filter(action="audit.export").count() == 0


def test_too_many_for_one_file_is_said(read, log, monkeypatch):
    monkeypatch.setattr("uku.web.views.audit.MOST_EXPORTED", 3)
    answer = log.post(f"{HERE}export/?q=", follow=True)
    assert "5 entries are too many for one file. Choose a shorter time, at most 3 entries." in read(answer).all("p")


def test_a_filter_that_makes_no_sense_exports_nothing(log):
    answer = log.post(f"{HERE}export/?since=x")
    assert (answer.status_code, answer["Location"]) == (302, f"{HERE}?since=x")
    assert AuditEntry.everywhere.filter(action="audit.export").count() == 0


def test_what_did_not_change_is_not_listed(scope, owner):
    before, after = {"role": "member", "active": True, "gone": 1}, {"role": "admin", "active": True, "new": ""}
    record(actor=owner, action="member.role", target=owner, summary="", at=LATE, before=before, after=after)
    entry = AuditEntry.objects.latest("position")
    assert sorted(changes(entry)) == [("gone", 1, None), ("new", None, ""), ("role", "member", "admin")]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("country", "FI", "Finland"),
        ("country", "PF", "French Polynesia"),
        ("is_person", "False", "no"),
        ("is_person", "True", "yes"),
        ("total", "28188.00", "28,188.00"),
        ("vat_rate", "25.00", "25 %"),
        ("final_pay_date", "2026-12-01", "1 Dec 2026"),
        ("name", "2026-12-01", "2026-12-01"),
        ("number", "28188.00", "28188.00"),
    ],
)
def test_a_value_is_shown_as_people_write_it(name, value, shown):
    from uku.web.templatetags.audit import plain_value

    assert plain_value(value, name) == shown


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", " =1"])
def test_no_cell_is_a_formula(text):
    """B06."""
    assert harmless(text) == f"'{text}"


def test_what_is_no_formula_stays():
    assert [harmless(text) for text in ("", "Åkerlund", "2026-01-01", "a=b")] == ["", "Åkerlund", "2026-01-01", "a=b"]


# Signing in


def account_entries():
    chosen = AuditEntry.everywhere.filter(action__startswith="account.").order_by("workspace_id", "position")
    return list(chosen.values_list("workspace__slug", "action", "actor__email", "summary", "address"))


def sign_in(password, **extra):
    from django.test import Client

    browser = Client(REMOTE_ADDR="198.51.100.3", **extra)
    browser.post("/accounts/login/", {"login": "Owner@byran.example", "password": password})
    return browser


def test_signing_in_and_out_stands_in_the_log_of_each_workspace_of_the_person(owner, workspace, other_workspace):
    """S45: login, and from where."""
    Membership.everywhere.create(workspace=other_workspace, user=owner, role="member")
    make_workspace("tredje", make_user("third@byran.example"))
    sign_in(PASSWORD).post("/accounts/logout/")
    email, place = "owner@byran.example", "198.51.100.3"
    assert account_entries() == [
        (slug, action, email, f"{email}: {words}", place)
        for slug in ("byran", "annan")
        for action, words in (("account.sign_in", "signed in"), ("account.sign_out", "signed out"))
    ]
    assert [verify_chain(each) for each in Workspace.objects.all()] == [None, None, None]


def test_a_wrong_password_of_somebody_known_is_recorded_without_what_was_typed(owner, workspace):
    """S45: failed login."""
    sign_in("hemligt lösenord 12")
    email = "owner@byran.example"
    assert account_entries() == [("byran", "account.refuse", None, f"{email}: wrong password", "198.51.100.3")]
    assert "hemligt" not in str([vars(entry) for entry in AuditEntry.everywhere.all()])


def test_of_strangers_nothing_is_kept(client, workspace):
    client.post("/accounts/login/", {"login": "nobody@elsewhere.example", "password": "x"})
    assert account_entries() == []


def test_a_changed_password_and_a_second_factor_are_recorded(rf, owner, workspace):
    """S45: through the signals that allauth sends; a real sign-in with a code is the accounts' own test."""
    from allauth.account import signals as account
    from allauth.mfa import signals as factors
    from allauth.mfa.models import Authenticator
    from django.contrib.sessions.backends.db import SessionStore

    request, factor = rf.get("/"), Authenticator(user=owner, type="totp")
    request.user, request.session = owner, SessionStore()
    account.password_changed.send(sender=type(owner), request=request, user=owner)
    account.password_reset.send(sender=type(owner), request=request, user=owner)
    for signal in (factors.authenticator_added, factors.authenticator_removed, factors.authenticator_reset):
        signal.send(sender=Authenticator, request=request, user=owner, authenticator=factor)
    factors.authentication_failed.send(sender=Authenticator, request=request, user=owner, authenticator=factor)
    email = "owner@byran.example"
    assert [entry[1:4] for entry in account_entries()] == [
        ("account.password", email, f"{email}: password changed"),
        ("account.password", email, f"{email}: password reset by e-mail"),
        ("account.factor_add", email, f"{email}: authenticator app added"),
        ("account.factor_remove", email, f"{email}: authenticator app removed"),
        ("account.factor_reset", email, f"{email}: authenticator app renewed"),
        ("account.refuse", None, f"{email}: wrong code of the second factor"),
    ]
