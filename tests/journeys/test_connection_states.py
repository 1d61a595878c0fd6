"""Every state of the connection, walked through in Chromium: accessible, narrow enough, and pictured for a person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.journeys.looking import axe_violations, look, picture
from tests.uku.conftest import run_a_worker
from tests.uku.integrations.fortnox.simulated import FIRST, SECOND
from tests.uku.integrations.fortnox.standing_rows import exported, failed, ran

from uku.kit.heartbeats import WorkerHeartbeat

pytestmark = pytest.mark.browser


def dialog_states(site, page):
    """Walk through the states that the card has; yield each with Overview open."""
    site.open(page, "/settings/fortnox/")
    yield "off"
    site.set_plan("free")
    site.open(page, "/settings/fortnox/")
    yield "free-plan"
    site.set_plan("team")
    site.open(page, "/settings/fortnox/")
    page.get_by_role("button", name="Enable", exact=True).click()
    page.wait_for_load_state()
    yield "enabled"
    site.open(page, "/settings/fortnox/connect/")
    site.authorize(page, company=SECOND)
    yield "confirm"
    site.open(page, "/settings/fortnox/connect/")
    site.authorize(page, press="Avbryt")
    yield "cancelled"
    site.connect(page)
    site.work()
    site.open(page, "/settings/fortnox/")
    yield "connected"
    site.do(lambda: WorkerHeartbeat.objects.update(last_beat_at=datetime(2026, 3, 30, 12, 32, tzinfo=UTC)))
    site.open(page, "/settings/fortnox/")
    yield "no-worker"
    site.open(page, "/settings/fortnox/activity/")
    yield "activity-no-worker"
    site.do(run_a_worker)
    site.set_plan("free")
    site.open(page, "/settings/fortnox/")
    yield "paused"
    site.set_plan("team")
    site.fortnox.ask("POST", f"companies/{FIRST}/revoke")
    site.open(page, "/settings/fortnox/")
    page.get_by_role("button", name="Sync now").click()
    page.wait_for_load_state()
    site.work()
    site.open(page, "/settings/fortnox/")
    yield "needs-attention"
    site.open(page, "/settings/fortnox/activity/")
    yield "activity-with-trouble"
    site.open(page, "/clients/")
    yield "banner"


def tab_states(site, page):
    """The tabs of a connected workspace, from empty to full of trouble, and what Disconnect says and does."""
    site.open(page, "/settings/fortnox/")
    page.get_by_role("button", name="Enable", exact=True).click()
    site.open(page, "/settings/fortnox/connect/")
    yield "connect"
    page.get_by_role("button", name="Create link").click()
    yield "connect-link-made"
    link = page.locator("#new-link").input_value()
    site.open(page, "/settings/fortnox/activity/")
    yield "activity-empty"
    visitor = site.visitor()
    visitor.goto(link)
    site.authorize(visitor, company=SECOND)
    visitor.locator("h1", has_text="Thank you").wait_for()
    assert axe_violations(visitor) == []
    picture(visitor, "state-link-done")
    page.goto(visitor.url)
    yield "way-back-opened-again"
    site.open(page, "/settings/fortnox/connect/")
    yield "connect-grant-waits"
    site.open(page, "/settings/fortnox/confirm/")
    page.get_by_role("button", name="Not this company").click()
    page.wait_for_load_state()
    site.connect(page)
    site.work()
    site.open(page, "/settings/fortnox/settings/")
    page.get_by_label("Vouchers", exact=True).check()
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()
    yield "settings-lacking"
    site.open(page, "/settings/fortnox/connect/")
    yield "connect-lacking"
    site.within(troubled_rows)
    site.open(page, "/settings/fortnox/")
    yield "overview-mixed"
    site.open(page, "/settings/fortnox/activity/")
    yield "activity-full"
    page.get_by_role("button", name="Ignore Article 77").click()
    page.wait_for_load_state()
    site.open(page, "/settings/fortnox/activity/?show=problems")
    yield "activity-ignored"
    site.open(page, "/settings/fortnox/activity/?kind=invoices")
    yield "activity-invoices"
    site.open(page, "/settings/fortnox/disconnect/")
    yield "disconnect"
    page.get_by_role("button", name="Disconnect", exact=True).click()
    page.wait_for_load_state()
    yield "disconnected"


def troubled_rows():
    """A run under way, records of one cause and of others, a push that Fortnox rejected."""
    from uku.workspaces.models import User

    swedish = "Moms på fakturarad är inte giltig för kunden."
    ran("articles", minutes_ago=1, state="running", counts={"seen": 1200, "total": 10_000})
    for number in ("1042", "1043", "1044"):
        failed("customer", number, name=f"Kund {number} AB", code="2000359", message="Ogiltigt värde")
    failed("article", "77", reason="SalesPrice is not a number")
    export = exported(User.objects.get(email="owner@byran.example"), error_code="2001101", error_text=swedish)
    failed("invoice", export.reference, export=export, name="Björk Bygg AB", code="2001101", message=swedish)


def other_states(site, page):
    """Pages that nobody looks for: refusals, errors, the bell with something in it, a person without a workspace."""
    site.open(page, "/settings/nothing-here/")
    yield "error-404"
    member = site.sign_in("member")
    site.open(member, "/settings/members/invite/")
    page.goto(member.url)
    yield "member-invite-by-owner"
    site.within(tell_something)
    site.open(page, "/notices/")
    yield "notices-full"


def tell_something():
    from uku.kit import clock
    from uku.workspaces.notices import News, clear, tell
    from uku.workspaces.permissions import Permission

    for number, tone in enumerate(("bad", "warning", "good")):
        text = "Nothing syncs until someone authorizes again."
        news = News(f"n{number}", f"News {number}.", text, "/", tone, Permission.MANAGE_INTEGRATIONS)
        tell(news, at=clock.now())
    clear(key="n2", at=clock.now())


def look_at_each(site, page, states):
    """Look at each state in both schemes and three widths, picture it, and return what is wrong by its name."""
    seen = {}
    for name in states(site, page):
        seen[name] = look(page, f"state-{name}")
    return seen


@pytest.mark.parametrize(("states", "count"), [(dialog_states, 12), (tab_states, 13), (other_states, 3)])
def test_every_state_of_the_connection_is_accessible_and_narrow_enough(site, states, count):
    seen = look_at_each(site, site.sign_in(), states)
    assert {name: troubles for name, troubles in seen.items() if troubles} == {}
    assert len(seen) == count
