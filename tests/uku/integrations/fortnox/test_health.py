"""How the connection stands, on the card, the Overview, the banner and the command line."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.uku.conftest import make_workspace
from tests.uku.integrations.fortnox.standing_rows import connected, exported, failed, ran, refused

from uku.integrations.fortnox.health import summary
from uku.integrations.fortnox.health.alerts import review
from uku.integrations.fortnox.health.queries import facts_of
from uku.integrations.fortnox.models import Connection, SyncRun
from uku.integrations.registry import Badge, integrations
from uku.kit import clock
from uku.kit.alarms import raise_alarm
from uku.workspaces.models import Membership, Notice
from uku.workspaces.permissions import Permission

IN = ("customers", "articles", "payments", "statistics")


@pytest.fixture
def living(scope):
    made = connected(statistics=["sales_invoices"])
    for kind in IN:
        ran(kind)
    return made


@pytest.fixture
def see(signed_in, scope):
    def page(user, name="overview") -> str:
        answer = signed_in(user).get(reverse(f"fortnox:{name}", kwargs={"slug": scope.slug}))
        return re.sub(r"\s+", " ", answer.content.decode())

    return page


def read():
    """Return the health as the integration's pages show it; what all other pages show of it must be the same."""
    connection = Connection.objects.select_related("workspace").get()
    health = summary.health_of(connection)
    review(connection, at=clock.now())
    overall = summary.overall_of(connection)
    assert (overall.card, overall.block, overall.note) == (health.card, health.block, health.note)
    return health


def states():
    return {kind.kind: kind.badge.words for kind in read().kinds}


def written(**facts):
    Connection.everywhere.update(**facts)


@pytest.mark.parametrize(
    ("facts", "plan", "card"),
    [
        ({"enabled": False, "sealed_tokens": "", "company_id": ""}, "team", Badge("Off", "neutral")),
        ({"sealed_tokens": "", "company_id": ""}, "team", Badge("Enabled, not connected", "neutral")),
        ({}, "team", Badge("Connected to Exempelbyrån AB", "good")),
        ({"block_reason": "needs_authorization"}, "team", Badge("Needs attention", "bad")),
        ({"block_reason": "no_licence"}, "team", Badge("Needs attention", "bad")),
        ({"renewal_failures": 2}, "team", Badge("Connected to Exempelbyrån AB", "good")),
        ({"enabled": False}, "team", Badge("Paused", "neutral")),
        ({}, "free", Badge("Paused", "neutral")),
        ({"instance": "https://elsewhere.example"}, "team", Badge("Paused", "neutral")),
    ],
)
def test_the_card_shows_one_state_at_a_glance(living, scope, facts, plan, card):
    written(**facts)
    scope.plan = plan
    scope.save()
    assert read().card == card


def test_all_kinds_of_data_are_healthy_with_their_last_success_and_next_try(living):
    shown = {kind.kind: (kind.badge, kind.last_success is not None, kind.next_try) for kind in read().kinds}
    assert shown["customers"] == (Badge("Up to date", "good"), True, "in 9 min")
    assert shown["statistics"] == (Badge("Up to date", "good"), True, "in 23 h")
    assert shown["invoices"] == (Badge("Nothing sent yet", "neutral"), False, "")


def test_a_kind_that_is_not_permitted_stops_alone(living):
    """F86: the others go on"""
    refused("articles", "2001101", minutes_ago=1)
    assert states() == {
        "customers": "Up to date",
        "articles": "No permission",
        "payments": "Up to date",
        "statistics": "Up to date",
        "invoices": "Nothing sent yet",
    }
    health = read()
    assert (health.card.words, health.badge.words) == ("Needs attention", "Up to date")
    assert health.block.happened == "Fortnox refused part of the sync: Articles."
    assert (
        health.block.means == "The company has no active licence in Fortnox for this. Uku stops only the data that"
        " Fortnox refuses. The Overview tab lists the state of each kind of data."
    )


def test_a_scope_that_was_never_granted_stops_its_kind(living):
    written(scopes=["article", "customer", "invoice"])
    assert [kind for kind, words in states().items() if words == "No permission"] == ["payments"]
    assert "Click Authorize" in read().block.remedy


def test_passing_trouble_is_degraded_and_never_looks_like_a_wrong_sign_in(living, see, owner):
    """F36: an hour without Fortnox worries nobody, and says what goes on"""
    ran("customers", minutes_ago=2, state="stopped", text="Unavailable")
    health = read()
    assert (states()["customers"], health.card.tone, health.block) == ("Trying again", "good", None)
    page = see(owner)
    assert "Uku tries again automatically. Nothing is lost." in page
    assert re.search("authorize again|sign-in|password", page, re.IGNORECASE) is None


def test_trouble_that_lasts_is_said_with_how_long_and_that_nothing_is_needed(living):
    written(authorized_at=clock.now() - timedelta(days=30))
    SyncRun.objects.filter(kind="customers").delete()
    ran("customers", minutes_ago=7 * 60 + 12, state="stopped", text="Unavailable")
    block = read().block
    assert block.happened == "Fortnox has answered with errors, or not at all, for 7 h 12 min."
    assert block.remedy.startswith("You do not need to do anything: Uku tries again automatically.")


def test_a_wrong_app_secret_is_the_operators_and_nobody_is_asked_to_authorize(living, see, owner):
    """F35"""
    raise_alarm(key="fortnox.app_credentials", text="wrong", at=clock.now())
    health = read()
    assert (health.card.words, set(states().values())) == ("Needs attention", {"Trying again"})
    assert "You do not need to do anything." in health.block.remedy
    page = see(owner)
    assert ("You do not need to do anything." in page, "nobody needs to authorize again" in page) == (True, True)


def test_a_pause_says_why_and_that_all_goes_on_by_itself(living, scope, see, owner):
    scope.plan = "free"
    scope.save()
    assert set(states().values()) == {"Paused"}
    assert "integrations are part of the Team and Elite plans. Nothing is deleted" in see(owner)


def test_invoices_out_are_told_by_what_waits(living, owner):
    for state, more in (
        ("confirmed", {"document_number": "7", "sent_at": clock.now()}),
        ("queued", {"attempts": 0}),
        ("uncertain", {"sent_at": clock.now()}),
        ("needs_person", {}),
    ):
        export = exported(owner, state=state, **more)
    failed("invoice", export.reference, export=export, reason="Fortnox did not answer twice")
    rejected = exported(owner, state="rejected", error_code="2000429")
    failed("invoice", rejected.reference, export=rejected, code="2000429")
    (invoices,) = [kind for kind in read().kinds if kind.kind == "invoices"]
    assert (invoices.counts, invoices.needing) == ("1 sent, 1 waiting, 1 not confirmed by Fortnox", 2)
    assert (invoices.badge.words, invoices.open_issues) == ("Trying again", 2)
    written(block_reason="needs_authorization")
    (invoices,) = [kind for kind in read().kinds if kind.kind == "invoices"]
    assert (invoices.badge.words, "1 held" in invoices.counts) == ("Needs authorization", True)


def test_an_invoice_that_kept_its_own_number_needs_nobody(living, owner):
    exported(owner, error_code="number_used")
    exported(owner, error_code="number_used", number_kept=True)
    (invoices,) = [kind for kind in read().kinds if kind.kind == "invoices"]
    assert invoices.needing == 1


@pytest.mark.parametrize(("role", "banners"), [("owner", 1), ("admin", 1), ("member", 0)])
def test_owners_and_admins_see_a_banner_on_every_page_while_it_is_bad(living, scope, role, banners, request):
    person = request.getfixturevalue(role)
    membership = Membership.objects.get(user=person)
    (fortnox,) = [each for each in integrations() if each.slug == "fortnox"]
    assert fortnox.banners(scope, membership) == []
    written(block_reason="needs_authorization")
    shown = fortnox.banners(scope, membership)
    assert len(shown) == banners
    if shown:
        assert shown[0].text.startswith("The connection to Fortnox does not work any more.")
        assert shown[0].action == "Open Connect to Fortnox"


def test_the_overview_shows_the_health_of_each_kind(living, see, member):
    page = see(member)
    assert [f">{label}</div>" in page for label in ("Customers", "Articles", "Invoices", "Paid status")] == [True] * 4
    assert page.count("Up to date") == 4
    assert "Sync now" not in page


def test_the_time_of_the_last_success_changes_only_on_success(living):
    before = [kind.last_success for kind in read().kinds]
    ran("customers", minutes_ago=1, state="stopped")
    ran("articles", minutes_ago=1, state="running")
    assert [kind.last_success for kind in read().kinds] == before


def test_no_error_is_told_of_a_run_under_way(living):
    ran("customers", minutes_ago=0, state="running", counts={"seen": 1_200, "total": 10_000})
    (customers,) = [kind for kind in read().kinds if kind.kind == "customers"]
    assert customers.badge == Badge("Running 1,200 of 10,000", "moving")


@pytest.mark.parametrize("name", ["overview", "connect", "help"])
def test_a_page_loads_the_connection_once(living, see, member, name):
    with CaptureQueriesContext(database) as queries:
        see(member, name)
    assert sum('FROM "fortnox_connection"' in query["sql"] for query in queries) == 1


def test_the_facts_of_a_connection_are_read_in_seven_queries(living):
    connection = Connection.objects.select_related("workspace").get()
    with CaptureQueriesContext(database) as queries:
        facts_of(connection, at=clock.now())
    assert len(queries) == 7


def test_an_owners_client_list_costs_three_queries_more_than_a_members(living, owner, member, scope, signed_in):
    """However much is wrong, told and connected: what every page says about it was stored by the last review."""

    def asked(user) -> int:
        browser, address = signed_in(user), reverse("clients", kwargs={"slug": scope.slug})
        browser.get(address)
        with CaptureQueriesContext(database) as queries:
            assert browser.get(address).status_code == 200
        return len(queries)

    quiet = asked(owner) - asked(member)
    refused("articles", "2001101", minutes_ago=1)
    for number in range(30):
        failed("customer", str(number))
    written(renewal_failures=2)
    raise_alarm(key="fortnox.app_credentials", text="wrong", at=clock.now())
    read()
    about = {"permission": Permission.MANAGE_INTEGRATIONS, "title": "Something", "opened_at": clock.now()}
    Notice.objects.bulk_create(Notice(workspace=scope, key=f"cause {number}", **about) for number in range(30))
    for number in range(3):
        other = make_workspace(f"other-{number}", owner)
        Connection.everywhere.create(workspace=other, company_id=f"55700{number}", enabled=True)
    assert (quiet, asked(owner) - asked(member)) == (3, 3)
