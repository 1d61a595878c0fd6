"""The bell and the notifications page: seen by whom they concern, read by a POST only."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.uku.conftest import AT

from uku.kit import clock
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import Notice, NoticeReading
from uku.workspaces.notices import News, clear, tell
from uku.workspaces.permissions import Permission

HERE = "/w/byran/notices/"
FOR_ALL = News(key="a", title="The month is open", text="Four tasks wait.", url="/w/byran/tasks/", tone="moving")
FOR_MANAGERS = News(key="b", title="Authorize again", tone="bad", permission=Permission.MANAGE_INTEGRATIONS)


@pytest.fixture
def told(scope, owner, member, no_integration):
    tell(FOR_ALL, at=AT)
    tell(FOR_MANAGERS, at=AT)
    return {notice.key: notice.pk for notice in Notice.objects.all()}


def bells(page):
    return [label for label in page.values("a", "aria-label") if str(label).startswith("Notifications")]


def titles(page):
    return [title for title in page.all("h2") if title in {FOR_ALL.title, FOR_MANAGERS.title}]


def test_the_bell_counts_what_is_unread_in_both_navigations(read, signed_in, owner, told):
    page = read(signed_in(owner).get("/w/byran/clients/"))
    assert bells(page) == ["Notifications, 2 unread"] * 2
    assert set(page.values("a", "href")) >= {HERE}


def test_without_anything_to_tell_the_bell_says_so(read, signed_in, owner, workspace, no_integration):
    page = read(signed_in(owner).get(HERE))
    assert bells(page) == ["Notifications, 0 unread"] * 2
    assert "No notifications" in page.all("h2")


def test_a_member_sees_what_is_for_everybody_only(read, signed_in, member, told):
    page = read(signed_in(member).get(HERE))
    assert (bells(page)[0], titles(page)) == ("Notifications, 1 unread", [FOR_ALL.title])
    refused = signed_in(member).post(f"{HERE}{told['b']}/open/")
    assert (refused.status_code, NoticeReading.objects.count()) == (404, 0)


def test_the_newest_stands_first_and_a_solved_one_says_so(read, signed_in, owner, told):
    Notice.objects.update(opened_at=clock.now() - timedelta(minutes=4, seconds=5))
    clear(key="b", at=clock.now())
    answer = signed_in(owner).get(HERE)
    page, html = read(answer), answer.content.decode()
    assert titles(page) == [FOR_MANAGERS.title, FOR_ALL.title]
    assert (html.count("4 min ago"), html.count("Solved")) == (2, 1)
    assert bells(page)[0] == "Notifications, 1 unread"


def test_looking_changes_nothing(signed_in, owner, told):
    """S19."""
    browser = signed_in(owner)
    for path in ("", f"{told['a']}/open/", f"{told['a']}/read/", "read/"):
        browser.get(f"{HERE}{path}")
    assert NoticeReading.objects.count() == 0


def test_opening_one_marks_it_as_read_and_leads_to_its_place(read, signed_in, owner, told):
    browser = signed_in(owner)
    answer = browser.post(f"{HERE}{told['a']}/open/")
    assert (answer.status_code, answer["Location"]) == (302, "/w/byran/tasks/")
    assert bells(read(browser.get(HERE)))[0] == "Notifications, 1 unread"


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_a_place_outside_is_not_gone_to(signed_in, owner, told, url):
    Notice.objects.filter(pk=told["a"]).update(url=url)
    assert signed_in(owner).post(f"{HERE}{told['a']}/open/")["Location"] == HERE


def test_one_or_all_can_be_marked_as_read(read, signed_in, owner, told):
    browser = signed_in(owner)
    assert browser.post(f"{HERE}{told['a']}/read/")["Location"] == HERE
    assert bells(read(browser.get(HERE)))[0] == "Notifications, 1 unread"
    browser.post(f"{HERE}read/")
    page = read(browser.get(HERE))
    assert bells(page)[0] == "Notifications, 0 unread"
    assert "1 notification is marked as read." in page.all("p")
    assert "Mark all as read" not in page.all("button")


def test_a_post_without_the_token_is_refused(owner, told):
    """S19."""
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    assert [browser.post(f"{HERE}{path}").status_code for path in ("read/", f"{told['a']}/read/")] == [403, 403]
    assert NoticeReading.objects.count() == 0


def test_a_notice_of_another_workspace_is_not_there(signed_in, owner, stranger, other_workspace, told, no_integration):
    with workspace_in_force(other_workspace.pk):
        tell(FOR_ALL, at=AT)
        theirs = Notice.objects.get().pk
    assert signed_in(owner).post(f"{HERE}{theirs}/open/").status_code == 404
    assert signed_in(stranger).get(HERE).status_code == 404


def test_what_a_notice_says_is_shown_as_text(signed_in, scope, owner, no_integration):
    tell(News(key="x", title="<script>alert(1)</script>", text="<b>bold</b>"), at=AT)
    html = signed_in(owner).get(HERE).content.decode()
    assert ("<script>alert" in html, "<b>bold" in html) == (False, False)


def test_a_page_that_is_not_there_has_the_bell_too(read, signed_in, member, told):
    """The frame is drawn after the view has left the workspace."""
    answer = signed_in(member).get("/w/byran/clients/999999/")
    assert (answer.status_code, bells(read(answer))[0]) == (404, "Notifications, 1 unread")
