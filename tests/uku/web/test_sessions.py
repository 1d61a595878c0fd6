"""How a sign-in begins, lasts and ends."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from tests.uku.conftest import PASSWORD

HOUR = 3600
CHANGED = "an other horse battery"


def sign_in(user, browser=None, **headers):
    browser = browser or Client()
    answer = browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 302, answer.content.decode()
    return browser


def is_in(browser):
    return browser.get("/w/byran/clients/").status_code == 200


def grow_old(browser, *, rested: float = 0, lived: float = 0, proved: float = 0):
    """Turn a session's clocks back, in hours."""
    session = browser.session
    for name, hours in (("uku_seen_at", rested), ("uku_signed_in_at", lived), ("uku_proved_at", proved)):
        session[name] = int(session[name] - hours * HOUR)
    session.save()


def test_the_session_changes_its_name_at_sign_in(owner, workspace):
    """S16, B21: a session planted before the sign-in is worth nothing after it."""
    browser = Client()
    planted = browser.session
    planted["planted"] = "by somebody else"
    planted.save()
    browser.cookies["uku_session"] = before = planted.session_key
    sign_in(owner, browser)
    after = browser.cookies["uku_session"].value
    assert after != before
    assert len(after) >= 32
    old = Client()
    old.cookies["uku_session"] = before
    assert not is_in(old)


def test_a_signed_out_session_is_dead_on_the_server(owner, workspace):
    """S16, B21"""
    browser = sign_in(owner)
    copied = browser.cookies["uku_session"].value
    assert browser.post("/accounts/logout/").status_code == 302
    thief = Client()
    thief.cookies["uku_session"] = copied
    assert not is_in(thief)


def test_a_disabled_persons_sessions_die_and_stay_dead(owner, admin, workspace):
    """S16, B21"""
    first, second = sign_in(admin), sign_in(admin)
    assert is_in(first)
    assert is_in(second)
    admin.is_active = False
    admin.save()
    assert not is_in(first)
    admin.is_active = True
    admin.save()
    assert not is_in(first)
    assert not is_in(second)


def test_who_leaves_the_last_workspace_is_signed_out_everywhere(admin, workspace, other_workspace):
    """S16: leaving one of two signs nobody out."""
    from uku.workspaces.models import Membership
    from uku.workspaces.operations import add_member

    add_member(workspace=other_workspace, user=admin, role="member")
    browser = sign_in(admin)

    def leave(place):
        membership = Membership.everywhere.get(user=admin, workspace=place)
        membership.is_active = False
        membership.save()

    leave(workspace)
    assert browser.get("/accounts/2fa/").status_code == 200
    leave(other_workspace)
    assert browser.get("/accounts/2fa/")["Location"].startswith("/accounts/login/")


def test_a_changed_role_counts_from_the_next_request(admin, workspace):
    """S16, B21"""
    from uku.workspaces.models import Membership

    browser = sign_in(admin)
    assert browser.get("/w/byran/clients/new/").status_code == 200
    Membership.everywhere.filter(user=admin).update(role="member")
    assert browser.get("/w/byran/clients/new/").status_code == 403


@pytest.mark.parametrize(
    ("rested", "lived", "lives"),
    [(335.9, 335.9, True), (336, 336, False), (1, 719.9, True), (1, 720, False)],
)
def test_a_session_ends_by_rest_and_by_age(owner, workspace, rested, lived, lives):
    """S17: 14 days of rest, 30 days in all, by the server's clock."""
    browser = sign_in(owner)
    grow_old(browser, rested=rested, lived=lived)
    assert is_in(browser) is lives
    assert is_in(browser) is lives


def test_use_keeps_a_session_but_does_not_make_it_younger(owner, workspace):
    """S17"""
    with time_machine.travel(datetime.now(UTC), tick=False):
        browser, now = sign_in(owner), int(time.time())
        grow_old(browser, rested=300, lived=300)
        assert is_in(browser)
        times = browser.session["uku_seen_at"], browser.session["uku_signed_in_at"]
    assert times == (now, now - 300 * HOUR)


def test_business_time_neither_ends_nor_prolongs_a_session(owner, workspace, settings):
    """S17: drills move business time by years; who is signed in is not their matter."""
    from datetime import timedelta

    from uku.kit import clock

    settings.UKU = settings.UKU.model_copy(update={"test_clock": True})
    browser = sign_in(owner)
    before = clock.now()
    clock.move(seconds=400 * 24 * HOUR)
    assert clock.now() - before > timedelta(days=399)
    assert is_in(browser)
    grow_old(browser, rested=400)
    assert not is_in(browser)


def test_changing_the_password_signs_the_others_out(owner, workspace):
    """B21"""
    mine, other = sign_in(owner), sign_in(owner)
    given = {"oldpassword": PASSWORD, "password1": CHANGED, "password2": CHANGED}
    assert mine.post("/accounts/password/change/", given).status_code == 302
    assert is_in(mine)
    assert not is_in(other)


def test_the_list_names_each_browser_and_signs_the_others_out(owner, workspace, read):
    """S16"""
    mine = sign_in(owner, **{"user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64) Firefox/144.0"})
    other = sign_in(owner, **{"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Safari/604.1"})
    page = read(mine.get("/accounts/sessions/"))
    assert [words for words in page.all("h2") if " on " in words] == ["Firefox on Windows", "Safari on iPhone"]
    assert "Sign out 1 other browser" in page.all("button")
    assert mine.post("/accounts/sessions/").status_code == 302
    assert is_in(mine)
    assert not is_in(other)
    assert "You are not signed in in any other browser." in read(mine.get("/accounts/sessions/")).all("p")


@pytest.fixture
def guarded(settings, workspace):
    """An address whose POST needs a recent sign-in; it answers with what was done."""
    from types import ModuleType

    from django.http import HttpResponse
    from django.urls import include, path

    from uku.workspaces.access import workspace_page
    from uku.workspaces.permissions import Permission
    from uku.workspaces.proof import fresh_sign_in

    @workspace_page(Permission.SEE, act=Permission.MANAGE_INTEGRATIONS)
    @fresh_sign_in
    def view(request):
        return HttpResponse(f"{request.method} was done")

    urls = ModuleType("guarded_urls")
    urls.urlpatterns = [path("w/<slug:slug>/guarded/", view), path("", include("uku.web.urls"))]
    settings.ROOT_URLCONF = urls
    return "/w/byran/guarded/"


def test_what_is_worth_stealing_asks_for_a_recent_sign_in_once(guarded, owner):
    """S18: right after sign-in nothing is asked; later the person is led back to the page with the button."""
    browser = sign_in(owner)
    assert browser.post(guarded).content == b"POST was done"
    grow_old(browser, proved=0.51)
    assert browser.get(guarded).content == b"GET was done"
    asked = browser.post(guarded, headers={"referer": f"http://testserver{guarded}?tab=1"}, follow=False)
    assert asked["Location"] == "/accounts/reauthenticate/?next=%2Fw%2Fbyran%2Fguarded%2F%3Ftab%3D1"
    wrong = browser.post(asked["Location"], {"password": "not it", "next": f"{guarded}?tab=1"})
    assert wrong.status_code == 200
    back = browser.post(asked["Location"], {"password": PASSWORD, "next": f"{guarded}?tab=1"})
    assert back["Location"] == f"{guarded}?tab=1"
    assert browser.post(guarded).content == b"POST was done"


@pytest.mark.parametrize("referer", ["https://evil.example/w/byran/", "", "//evil.example/", "javascript:alert(1)"])
def test_nobody_else_says_where_to_go_afterwards(guarded, owner, referer):
    """S18, B61"""
    browser = sign_in(owner)
    grow_old(browser, proved=1)
    asked = browser.post(guarded, headers={"referer": referer})
    assert asked["Location"] == "/accounts/reauthenticate/?next=%2F"


def test_who_may_not_is_refused_before_being_asked(guarded, member):
    """S18"""
    browser = sign_in(member)
    grow_old(browser, proved=1)
    assert browser.post(guarded).status_code == 403


def test_a_proof_from_the_future_is_none(owner, workspace):
    """S18: a clock set back must not make a sign-in fresh for long."""
    from uku.workspaces.proof import is_fresh

    browser = sign_in(owner)
    grow_old(browser, proved=-2)
    assert not is_fresh(browser.session)


def test_a_page_is_told_who_is_signed_in_and_nothing_of_it_is_cached(owner, workspace):
    browser = sign_in(owner)
    told = browser.get("/accounts/signed-in/")
    assert (told.json()["person"], told["Cache-Control"]) == (owner.pk, "no-store")
    grow_old(browser, rested=1000)
    assert browser.get("/accounts/signed-in/").json()["person"] is None
    assert Client().get("/accounts/signed-in/").json()["person"] is None
