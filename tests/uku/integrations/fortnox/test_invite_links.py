"""The link for a Fortnox administrator without an account here."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from tests.uku.integrations.fortnox.browsers import (
    SCOPES,
    Visitor,
    Walk,
    make_link,
    nothing_stored,
    said,
    texts,
    token_calls,
)
from tests.uku.integrations.fortnox.conftest import OUR_NUMBER
from tests.uku.integrations.fortnox.simulated import FIRST, OLLE, SECOND

from uku.integrations.fortnox.connection import errors
from uku.integrations.fortnox.models import AuthorizationAttempt, Connection, ConsentLink, PendingGrant
from uku.workspaces.models import AuditEntry, Membership, Notice


@pytest.fixture
def walk(fortnox, workspace, owner):
    found = Walk(owner, workspace, fortnox)
    found.post("enable")
    return found


@pytest.fixture
def link(walk):
    return make_link(walk)


def refused(answer):
    assert answer.status_code == 404
    assert str(errors.LINK.happened) in texts(answer)


def test_the_link_is_shown_once_and_kept_as_a_hash(walk, link):
    token = urlsplit(link).path.split("/")[-2]
    stored = ConsentLink.everywhere.get()
    assert len(token) >= 43
    assert token not in str(vars(stored))
    page = walk.see("connect").content.decode()
    assert token not in page
    assert "Created by Olga Owner" in page
    assert token not in str([vars(entry) for entry in AuditEntry.everywhere.all()])


def test_it_shows_only_the_connect_page(link, fortnox):
    """Our firm's name, the permissions with their reasons, what is needed, Authorize."""
    answer = Visitor(link, fortnox).see()
    page = texts(answer)
    assert "Byran asks for access to Fortnox" in page
    assert [scope for scope in SCOPES if f"({scope})" not in page] == []
    assert "Digital byrå" in page
    assert "Authorize" in page
    markup = answer.content.decode()
    assert ("/w/" in markup, "/accounts/" in markup, "owner@byran.example" in markup) == (False, False, False)


def test_its_address_is_told_to_no_other_site(link, fortnox):
    """S30: the path holds the secret."""
    visitor = Visitor(link, fortnox)
    page, away = visitor.see(), visitor.browser.post(visitor.path)
    assert (page["Referrer-Policy"], page["Cache-Control"]) == ("strict-origin", "no-store")
    assert (away["Referrer-Policy"], away.status_code) == ("no-referrer", 302)
    assert urlsplit(link).path.split("/")[-2] not in away["Location"]


def test_what_it_brings_waits_until_our_people_confirm_the_company(walk, link, fortnox, owner):
    answer = Visitor(link, fortnox).connect()
    assert answer.status_code == 200
    assert "Thank you" in texts(answer)
    assert "Byran must now confirm that it is the right company" in texts(answer)
    nothing_stored()
    notice = Notice.everywhere.get()
    assert (notice.user, notice.url, notice.by_mail) == (owner, walk.address("confirm"), True)
    assert f"Exempelbyrån AB, organisation number {OUR_NUMBER}, database {FIRST}." in notice.text
    walk.confirm()
    stored = Connection.everywhere.get()
    assert (stored.company_id, stored.authorized_by, stored.authorized_through_link) == (FIRST, owner, True)
    notice.refresh_from_db()
    assert notice.cleared_at is not None
    assert "an administrator with the link from Olga Owner" in texts(walk.see("overview"))


def test_another_admin_may_confirm_and_the_log_says_who(walk, link, fortnox, workspace, admin):
    Visitor(link, fortnox).connect()
    Walk(admin, workspace, fortnox).confirm()
    assert AuditEntry.everywhere.get(action="fortnox.connect").actor == admin


def test_it_works_once(walk, link, fortnox):
    first, second = Visitor(link, fortnox), Visitor(link, fortnox)
    late = fortnox.consent(second.authorize_url())
    first.connect()
    refused(first.see())
    refused(second.browser.post(second.path))
    calls = len(token_calls(fortnox))
    assert second.browser.get("/fortnox/callback", late).status_code == 400
    assert len(token_calls(fortnox)) == calls


def test_it_can_be_tried_again_after_it_was_not_given(walk, link, fortnox):
    fortnox.switch(consent_refusal="redirect")
    visitor = Visitor(link, fortnox)
    answer = visitor.connect(user=OLLE)
    assert str(errors.NOT_ADMINISTRATOR.happened) in texts(answer)
    assert "open the link again" in texts(answer)
    assert "/w/byran/" not in answer.content.decode()
    assert "Thank you" in texts(visitor.connect())


def test_it_lasts_seven_days(link, fortnox, move_clock):
    visitor = Visitor(link, fortnox)
    move_clock(seconds=6 * 24 * 3600)
    assert visitor.see().status_code == 200
    move_clock(seconds=8 * 24 * 3600)
    refused(visitor.see())


def test_it_can_be_withdrawn_also_on_the_way(walk, link, fortnox):
    visitor = Visitor(link, fortnox)
    back = fortnox.consent(visitor.authorize_url())
    answer = walk.post("withdraw-consent-link", pk=ConsentLink.everywhere.get().pk)
    assert "The link is withdrawn." in said(answer)
    refused(visitor.see())
    assert visitor.browser.get("/fortnox/callback", back).status_code == 400
    assert token_calls(fortnox) == []


def test_an_invented_link_looks_like_an_old_one(link, fortnox):
    refused(Visitor("/fortnox/connect/invented/", fortnox).see())


@pytest.mark.parametrize("change", [{"role": "member"}, {"is_active": False}])
def test_it_carries_its_issuers_authority_which_is_looked_at_again(fortnox, workspace, admin, change):
    """B27 for links: at each step, also at the callback."""
    walk = Walk(admin, workspace, fortnox)
    walk.post("enable")
    visitor = Visitor(make_link(walk), fortnox)
    back = fortnox.consent(visitor.authorize_url())
    Membership.everywhere.filter(user=admin).update(**change)
    refused(visitor.see())
    assert visitor.browser.get("/fortnox/callback", back).status_code == 400
    assert token_calls(fortnox) == []


@pytest.mark.parametrize("change", ["plan", "disable"])
def test_it_leads_nowhere_while_the_integration_is_off(walk, link, fortnox, workspace, change):
    if change == "plan":
        workspace.plan = "free"
        workspace.save()
    else:
        walk.post("disable")
    refused(Visitor(link, fortnox).see())


def test_its_state_is_bound_to_the_browser_that_began(link, fortnox, walk):
    """S26."""
    back = fortnox.consent(Visitor(link, fortnox).authorize_url())
    assert Client().get("/fortnox/callback", back).status_code == 400
    assert walk.returned(**back).status_code == 400
    assert token_calls(fortnox) == []
    attempt = AuthorizationAttempt.everywhere.get()
    assert (attempt.used_at, attempt.link_id) == (None, ConsentLink.everywhere.get().pk)


def test_its_authorization_address_carries_the_same_parameters(link, fortnox):
    """B24 for links."""
    query = parse_qs(urlsplit(Visitor(link, fortnox).authorize_url()).query)
    assert len(query.pop("state")[0]) >= 32
    assert query == {
        "client_id": ["uku-demo"],
        "redirect_uri": ["http://localhost:8720/fortnox/callback"],
        "scope": [" ".join(SCOPES)],
        "access_type": ["offline"],
        "account_type": ["service"],
        "response_type": ["code"],
    }


def test_a_company_that_cannot_be_ours_is_refused_to_the_visitor_without_a_name(
    walk, link, fortnox, other_workspace, stranger
):
    Walk(stranger, other_workspace, fortnox).connect()
    answer = Visitor(link, fortnox).connect()
    assert "Exempelbyrån AB is already connected to another workspace." in texts(answer)
    assert "Annan" not in texts(answer)
    assert PendingGrant.everywhere.count() == 0
    assert "Thank you" in texts(Visitor(link, fortnox).connect(company=SECOND))


def test_a_visitor_who_reloads_is_thanked_again(link, fortnox):
    """B29 for links."""
    visitor = Visitor(link, fortnox)
    back = fortnox.consent(visitor.authorize_url())
    answers = [visitor.browser.get("/fortnox/callback", back) for _ in range(2)]
    assert ["Thank you" in texts(answer) for answer in answers] == [True, True]
    assert len(token_calls(fortnox)) == 1


def test_the_form_needs_its_anti_forgery_token(link, fortnox):
    """S19, with the header a browser sends under this page's referrer policy."""
    strict = Client(enforce_csrf_checks=True)
    path = urlsplit(link).path
    assert strict.post(path).status_code == 403
    page = strict.get(path).content.decode()
    form = {"csrfmiddlewaretoken": re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]}
    assert strict.post(path, form, headers={"origin": "null"}).status_code == 403
    answer = strict.post(path, form, headers={"origin": "http://localhost:8720"})
    assert answer["Location"].startswith(f"{fortnox.address}/oauth-v1/auth")


def test_making_and_withdrawing_are_on_record(walk, link):
    walk.post("withdraw-consent-link", pk=ConsentLink.everywhere.get().pk)
    actions = AuditEntry.everywhere.filter(action__contains="link").order_by("position")
    assert [(entry.action, str(entry.actor)) for entry in actions] == [
        ("fortnox.consent_link", "Olga Owner"),
        ("fortnox.withdraw_consent_link", "Olga Owner"),
    ]
