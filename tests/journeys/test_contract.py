"""Each sentence of the contract about who, connecting, reconnecting and troubleshooting, seen in Chromium.

A test is tied to its sentence by `@says`; the last test compares the ties with the contract itself. Consent is given on
the simulator's own pages, by the labels a person reads.
"""

from __future__ import annotations

import re

import pytest
from tests.journeys import contract
from tests.journeys.contract import says
from tests.journeys.site import BASE, SLUG
from tests.uku.integrations.fortnox.simulated import ANNA, FIRST, OLLE, SECOND

pytestmark = pytest.mark.browser

CONNECTED = "Connected to Exempelbyrån AB"


@pytest.fixture
def owner(site):
    return site.sign_in("owner")


@pytest.fixture
def connected(site, owner):
    """The owner's page, on Overview, connected to the first company."""
    site.connect(owner)
    return owner


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def tab(page, name):
    return page.get_by_role("navigation", name="Fortnox").get_by_role("link", name=name, exact=True)


def open_tab(site, page, name):
    site.open(page, "/settings/fortnox/")
    tab(page, name).click()
    page.locator(f"nav.tabs a[aria-current=page]:has-text('{name}')").wait_for()


def badge(page):
    return page.locator("main .page-head .badge").inner_text()


def enable(site, page):
    site.open(page, "/settings/fortnox/")
    button(page, "Enable").click()
    page.wait_for_load_state()


def main_text(page):
    return re.sub(r"\s+", " ", page.locator("main").inner_text())


def token_of(page):
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "uku_csrf")


def disconnect(page):
    """From Overview: the page that says what stays, then the button on it."""
    page.get_by_role("link", name="Disconnect", exact=True).click()
    button(page, "Disconnect").click()
    page.wait_for_url("**/settings/fortnox/")


def client_names(site, page):
    site.open(page, "/clients/")
    return [link.strip() for link in page.locator("main .row-link").all_inner_texts()]


# Who can do this


@says("Company Admin or Company Owner role on a Team or Elite subscription.")
@pytest.mark.parametrize("plan", ["team", "elite"])
@pytest.mark.parametrize("who", ["owner", "admin"])
def test_an_owner_and_an_admin_connect_on_team_and_on_elite(site, who, plan):
    site.set_plan(plan)
    page = site.sign_in(who)
    site.connect(page)
    assert badge(page) == CONNECTED


@says("Company Admin or Company Owner role on a Team or Elite subscription.")
def test_a_member_reads_every_tab_and_has_no_button_on_any(site, connected):
    member = site.sign_in("member")
    for name in ("Overview", "Connect to Fortnox", "Settings", "Activity"):
        open_tab(site, member, name)
        assert badge(member) == CONNECTED
        assert member.locator("main form button").all_inner_texts() == []
    answer = member.context.request.post(
        f"{site.address}{BASE}/settings/fortnox/disconnect/",
        form={"csrfmiddlewaretoken": token_of(member)},
        headers={"Referer": site.address},
    )
    assert answer.status == 403
    assert "Only a Company Owner or Company Admin can" in answer.text()


@says("Company Admin or Company Owner role on a Team or Elite subscription.")
def test_on_the_free_plan_the_card_explains_and_nothing_can_be_enabled(site, owner):
    site.set_plan("free")
    site.open(owner, "/settings/fortnox/")
    assert "Team and Elite" in main_text(owner)
    for name in ("Enable", "Authorize", "Disable", "Reload data", "Sync now"):
        for path in ("", "connect/", "settings/"):
            site.open(owner, f"/settings/fortnox/{path}")
            assert button(owner, name).count() == 0, (name, path)


@says(
    "You also need a Fortnox login with administrator rights on the company you want to connect — only an administrator"
    " can authorize third-party apps in Fortnox."
)
def test_an_ordinary_fortnox_user_cannot_authorize_and_an_administrator_can(site, owner):
    enable(site, owner)
    open_tab(site, owner, "Connect to Fortnox")
    assert "administrator" in main_text(owner)
    site.authorize(owner, user=OLLE)
    site.open(owner, "/settings/fortnox/")
    assert badge(owner) == "Enabled, not connected"
    open_tab(site, owner, "Connect to Fortnox")
    site.authorize(owner, user=ANNA)
    assert badge(owner) == CONNECTED


@says("Fortnox is the right integration for firms in Sweden, and is also suitable for Finnish firms using Fortnox.")
def test_a_finnish_firm_that_uses_fortnox_connects(site, owner):
    from uku.workspaces.models import Workspace

    site.do(lambda: Workspace.objects.filter(slug=SLUG).update(country="FI", time_zone="Europe/Helsinki"))
    site.connect(owner)
    assert badge(owner) == CONNECTED


# Connect Fortnox in Uku


@says("Path: Settings & Apps → Fortnox")
def test_the_path_is_settings_and_apps_then_fortnox(site, owner):
    owner.get_by_role("navigation", name="Main").get_by_role("link", name="Settings & Apps").click()
    owner.get_by_role("link", name="Fortnox", exact=True).click()
    assert owner.locator("dialog[open] #dialog-title").inner_text() == "Fortnox"


@says("Open Settings & Apps and find the Fortnox card.")
def test_settings_and_apps_shows_the_fortnox_card_with_its_state(site, owner):
    site.open(owner, "/settings/")
    card = owner.locator("article.card", has=owner.get_by_role("link", name="Fortnox", exact=True))
    assert card.locator(".badge").inner_text() == "Off"
    enable(site, owner)
    site.open(owner, "/settings/")
    assert card.locator(".badge").inner_text() == "Enabled, not connected"


@says("Click the card to open the integration dialog and, on the Overview tab, click Enable.")
def test_a_click_on_the_card_opens_the_dialog_and_enable_is_on_overview(site, owner):
    site.open(owner, "/settings/")
    owner.get_by_role("link", name="Fortnox", exact=True).click()
    dialog = owner.locator("dialog[open]")
    dialog.wait_for()
    assert dialog.locator("nav.tabs a[aria-current=page]").inner_text() == "Overview"
    dialog.get_by_role("button", name="Enable", exact=True).click()
    dialog.get_by_role("button", name="Disable", exact=True).wait_for()
    assert dialog.locator(".dialog__head .badge").inner_text() == "Enabled, not connected"


@says("Switch to the Connect to Fortnox tab.")
def test_connect_to_fortnox_is_a_tab_with_an_address_of_its_own(site, owner):
    enable(site, owner)
    tab(owner, "Connect to Fortnox").click()
    owner.wait_for_url(f"**{BASE}/settings/fortnox/connect/")
    owner.reload()
    assert owner.locator("nav.tabs a[aria-current=page]").inner_text() == "Connect to Fortnox"


@says("Click Authorize.")
def test_the_connect_tab_has_one_authorize_button_once_enabled(site, owner):
    open_tab(site, owner, "Connect to Fortnox")
    assert button(owner, "Authorize").count() == 0
    enable(site, owner)
    open_tab(site, owner, "Connect to Fortnox")
    assert button(owner, "Authorize").count() == 1


@says("Uku redirects you to the Fortnox sign-in page.")
def test_authorize_leads_to_the_sign_in_page_of_fortnox(site, owner):
    enable(site, owner)
    open_tab(site, owner, "Connect to Fortnox")
    button(owner, "Authorize").click()
    owner.wait_for_url(f"{site.fortnox.address}/oauth-v1/auth?*")
    assert owner.locator("h1").inner_text() == "Logga in"


@says("Sign in to Fortnox and grant Uku the requested scopes (invoices, customers, articles).")
def test_fortnox_names_the_scopes_and_the_grant_holds_them(site, owner):
    from uku.integrations.fortnox.models import Connection

    enable(site, owner)
    open_tab(site, owner, "Connect to Fortnox")
    told = main_text(owner)
    assert [word for word in ("Invoices", "Customers", "Articles") if word not in told] == []
    site.authorize(owner)
    granted = site.within(lambda: set(Connection.objects.get().scopes))
    assert granted >= {"invoice", "customer", "article"}


@says("Fortnox returns you to Uku.")
def test_approving_leads_back_to_uku(connected):
    assert connected.url.endswith(f"{BASE}/settings/fortnox/")


@says("The connection is confirmed on the Overview tab.")
def test_overview_confirms_the_company_by_name_and_numbers(connected):
    assert connected.locator("nav.tabs a[aria-current=page]").inner_text() == "Overview"
    assert badge(connected) == CONNECTED
    told = main_text(connected)
    assert [fact for fact in ("Exempelbyrån AB", "477538-9085", "556001") if fact not in told] == []


@says("OAuth tokens are stored in Uku and refreshed automatically.")
def test_tokens_are_renewed_without_anybody(site, owner):
    site.fortnox.switch(access_seconds=30)
    site.connect(owner)
    site.work()
    before = site.fortnox.mark()
    button(owner, "Sync now").click()
    owner.wait_for_load_state()
    site.work()
    made = [e["action"] for e in site.fortnox.journal(before) if e["kind"] == "commit" and "token" in e["action"]]
    assert made != []
    site.open(owner, "/settings/fortnox/")
    assert badge(owner) == CONNECTED


@says(
    "You will not need to re-authorize unless access is revoked from inside Fortnox or the connected company changes"
    " ownership."
)
@pytest.mark.parametrize("change", ["revoked", "new owner, access ended", "new owner, access kept"])
def test_only_a_revoked_access_or_a_new_owner_asks_for_authorization(site, connected, change):
    site.work()
    for _ in range(3):
        sync(site, connected)
    assert badge(connected) == CONNECTED
    happens(site, connected, change)
    assert badge(connected) == "Needs attention"
    assert "Authorize" in main_text(connected)
    authorize_again(site, connected)
    company = "Exempelbyrån AB" if change == "revoked" else "Nya Ägaren AB"
    assert badge(connected) == f"Connected to {company}"
    assert connected.locator(".banner").count() == 0


def sync(site, page):
    site.open(page, "/settings/fortnox/")
    button(page, "Sync now").click()
    page.wait_for_load_state()
    site.work()
    site.open(page, "/settings/fortnox/")


def happens(site, page, change):
    """Take the access away or sell the company, and let Uku meet it: in a sync, or at the daily look."""
    if change == "revoked":
        lose_access(site, page)
        return
    ended = change.endswith("ended")
    site.fortnox.change_owner(users={ANNA: "admin"}, ends_consent=ended, ends_access=ended)
    if ended:
        sync(site, page)
    else:
        site.within(look_at_the_company)
        site.work()
        site.open(page, "/settings/fortnox/")


def look_at_the_company():
    """What the schedule asks for once a day."""
    from uku.integrations.fortnox.models import Connection, ReadKind
    from uku.integrations.fortnox.work.requests import request_read

    assert request_read(Connection.objects.get(), ReadKind.COMPANY)


def authorize_again(site, page):
    """Authorize, and confirm the company where Uku asks whether it is the right one."""
    open_tab(site, page, "Connect to Fortnox")
    site.authorize(page)
    if page.url.endswith("/confirm/"):
        assert "another organisation number" in main_text(page)
        with page.expect_navigation():
            page.locator("main form button.button--primary").click()
    site.open(page, "/settings/fortnox/")


def lose_access(site, page):
    """The company removes the integration in Fortnox; the next sync meets it."""
    site.work()
    site.fortnox.ask("POST", f"companies/{FIRST}/revoke")
    site.open(page, "/settings/fortnox/")
    button(page, "Sync now").click()
    page.wait_for_load_state()
    site.work()
    site.open(page, "/settings/fortnox/")


# What syncs: clients

CLIENTS = "Imported into the Integration column of the client list; matched on contact details."


def integration_column(site, page):
    """What the column says of each client, by its name."""
    site.open(page, "/clients/")
    rows = page.locator("main tbody tr").all()
    return {row.locator(".row-link").inner_text(): row.locator("td").last.inner_text().split("\n")[0] for row in rows}


def type_in(**facts):
    from uku.clients.operations import create_client
    from uku.kit import clock
    from uku.workspaces.models import User

    create_client(actor=User.objects.get(email="owner@byran.example"), at=clock.now(), **facts)


@says(CLIENTS)
def test_customers_come_into_the_integration_column_matched_on_contact_details(site, owner):
    """The organisation number links by itself, a name alone suggests, and who matches nobody waits for a person."""
    site.within(lambda: type_in(name="Björks bygg", organisation_number="4550000006"))
    site.within(lambda: type_in(name="Ek Konsult AB", city="Malmö", postcode="211 34"))
    number = site.fortnox.customer(OrganisationNumber="455000-0006")
    site.fortnox.customer(Name="Ek Konsult AB", ZipCode="211 34")
    site.fortnox.customer(Name="Helt Ny AB")
    site.connect(owner)
    site.work()
    assert integration_column(site, owner) == {"Björks bygg": f"Customer {number}", "Ek Konsult AB": "Suggested"}
    owner.locator("td .bulk__badge", has_text=f"Customer {number}").click()
    owner.locator("dialog[open]").get_by_text("Same organisation number 455000-0006").wait_for()
    owner.keyboard.press("Escape")
    site.decide_all(owner)
    assert integration_column(site, owner)["Helt Ny AB"].startswith("Customer ")


@says(CLIENTS)
def test_after_authorize_overview_leads_to_the_first_import_where_a_person_decides(site, owner):
    for name in ("Ek AB", "Alm AB", "Lönn AB"):
        site.fortnox.customer(Name=name)
    site.connect(owner)
    assert "The customers are being read from Fortnox." in main_text(owner)
    site.work()
    site.open(owner, "/settings/fortnox/")
    assert "3 Fortnox customers to review." in main_text(owner)
    owner.get_by_role("link", name="Open the first import").click()
    boxes = owner.locator(".customer__tick input")
    assert [box.is_checked() for box in boxes.all()] == [True, True, True]
    owner.get_by_role("checkbox", name="Alm AB").uncheck()
    button(owner, "Add selected as clients").click()
    assert "2 clients added." in main_text(owner)
    button(owner, "Ignore 2").click()
    assert client_names(site, owner) == ["Ek AB", "Lönn AB"]
    site.open(owner, "/settings/fortnox/review/?show=ignored")
    assert "Alm AB" in main_text(owner)


@says(CLIENTS)
def test_the_first_import_is_decided_without_script(site):
    site.fortnox.customer(Name="Ek AB")
    page = site.sign_in("owner", script=False)
    site.connect(page)
    site.open(page, "/settings/fortnox/review/")
    site.work()
    site.decide_all(page)
    assert client_names(site, page) == ["Ek AB"]


@says(CLIENTS)
def test_a_suggestion_is_linked_in_the_queue_and_its_difference_taken_over_in_the_dialog(site, owner):
    site.within(lambda: type_in(name="Ek Konsult AB", postcode="211 34", phone="040-111111"))
    site.fortnox.customer(Name="Ek Konsult AB", ZipCode="211 34", Email="info@ek.example")
    site.connect(owner)
    site.work()
    site.open(owner, "/settings/fortnox/review/")
    assert "Same name and postcode 211 34" in main_text(owner)
    owner.locator(".candidate").get_by_role("button", name="Link").click()
    assert "is linked to Fortnox customer 1" in main_text(owner)
    site.work()
    site.within(edit_by_hand)
    site.open(owner, "/clients/")
    owner.locator("td .bulk__badge", has_text="Customer 1").click()
    dialog = owner.locator("dialog[open]")
    dialog.get_by_role("button", name="Use Fortnox's value E-mail 1").click()
    dialog.get_by_text("1 detail now has Fortnox's value.").wait_for()
    assert dialog.get_by_role("button", name="Use Fortnox's value E-mail 1").count() == 0
    site.open(owner, "/clients/")
    owner.get_by_role("link", name="Ek Konsult AB", exact=True).click()
    assert "info@ek.example" in main_text(owner)


def edit_by_hand():
    from uku.clients.models import Client
    from uku.clients.operations import edit_client
    from uku.kit import clock
    from uku.workspaces.models import User

    owner = User.objects.get(email="owner@byran.example")
    edit_client(client=Client.objects.get(), actor=owner, at=clock.now(), changes={"email": "egen@ek.example"})


# Reconnect or disconnect Fortnox


@says("Open Settings & Apps → Fortnox.")
def test_the_dialog_of_a_connected_workspace_opens_from_its_card(site, connected):
    site.open(connected, "/settings/")
    connected.get_by_role("link", name="Fortnox", exact=True).click()
    dialog = connected.locator("dialog[open]")
    dialog.wait_for()
    assert dialog.locator(".dialog__head .badge").inner_text() == CONNECTED


@says("To reconnect: on the Connect to Fortnox tab, click Authorize again.")
def test_authorizing_again_keeps_links_settings_and_company(site, owner):
    site.fortnox.customer(OrganisationNumber="455000-0006")
    site.connect(owner)
    site.work()
    site.decide_all(owner)
    before = client_names(site, owner)
    open_tab(site, owner, "Connect to Fortnox")
    site.authorize(owner)
    assert badge(owner) == CONNECTED
    site.work()
    assert before == client_names(site, owner) == ["Björk Bygg AB"]


@says("To disconnect: on the Overview tab, click Disconnect.")
def test_disconnect_is_on_overview_and_says_first_what_stays(site, connected):
    connected.get_by_role("link", name="Disconnect", exact=True).click()
    assert "Disconnect Exempelbyrån AB?" in main_text(connected)
    button(connected, "Disconnect").click()
    connected.wait_for_url("**/settings/fortnox/")
    assert badge(connected) == "Enabled, not connected"


@says("Uku revokes its Fortnox token and clears the connected company.")
def test_disconnecting_revokes_the_token_and_forgets_the_company(site, connected):
    site.work()
    before = site.fortnox.mark()
    disconnect(connected)
    paths = [e["path"] for e in site.fortnox.journal(before) if e["kind"] == "request"]
    assert "/oauth-v1/revoke" in paths
    site.open(connected, "/settings/fortnox/")
    assert "Database number" not in main_text(connected)
    assert "556001" not in main_text(connected)


@says("Existing invoices and clients in Uku are preserved.")
def test_clients_and_invoices_stay_after_disconnecting(site, owner):
    site.fortnox.customer(OrganisationNumber="455000-0006")
    site.connect(owner)
    site.work()
    site.decide_all(owner)
    site.within(make_invoice)
    site.open(owner, "/settings/fortnox/")
    disconnect(owner)
    assert client_names(site, owner) == ["Björk Bygg AB"]
    site.open(owner, "/billing/")
    assert owner.locator("main tbody tr").count() == 1


def make_invoice():
    from tests.uku.web.conftest import make_draft

    from uku.clients.models import Client
    from uku.workspaces.models import User

    return make_draft(User.objects.get(email="owner@byran.example"), Client.objects.get())


@says("Uku stores one Fortnox company per Uku company.")
def test_a_second_company_is_refused_while_one_is_connected(site, connected):
    open_tab(site, connected, "Connect to Fortnox")
    site.authorize(connected, company=SECOND)
    assert "Disconnect on the Overview tab" in main_text(connected)
    site.open(connected, "/settings/fortnox/")
    assert badge(connected) == CONNECTED


# Troubleshooting: no permission to grant access


@says("Fortnox only allows administrators to authorize third-party apps.")
def test_fortnox_tells_an_ordinary_user_and_uku_stores_nothing(site, owner):
    enable(site, owner)
    open_tab(site, owner, "Connect to Fortnox")
    site.authorize(owner, user=OLLE)
    assert "You do not have permission to grant access" in owner.locator("main").inner_text()
    site.open(owner, "/settings/fortnox/")
    assert badge(owner) == "Enabled, not connected"


@says("Sign in with an admin account on the Fortnox company you want to connect, then run the Authorize flow again.")
def test_after_the_refusal_came_back_to_uku_an_administrator_goes_through(site, owner):
    site.fortnox.switch(consent_refusal="redirect")
    enable(site, owner)
    open_tab(site, owner, "Connect to Fortnox")
    site.authorize(owner, user=OLLE)
    told = main_text(owner)
    assert "You do not have permission to grant access" in told
    assert "administrator" in told
    owner.get_by_role("link", name="Open Connect to Fortnox").click()
    site.authorize(owner, user=ANNA)
    assert badge(owner) == CONNECTED


# Troubleshooting: wrong company


@says("Disconnect on the Overview tab and re-authorize.")
def test_the_wrong_company_is_left_by_disconnecting_and_authorizing_again(site, owner):
    connect_wrongly(site, owner)
    disconnect(owner)
    open_tab(site, owner, "Connect to Fortnox")
    site.authorize(owner)
    assert badge(owner) == CONNECTED


@says("When Fortnox prompts for which company to connect, pick the correct one.")
def test_fortnox_asks_which_company_by_name_and_numbers(site, owner):
    enable(site, owner)
    open_tab(site, owner, "Connect to Fortnox")
    button(owner, "Authorize").click()
    owner.wait_for_url("**/oauth-v1/auth?*")
    owner.fill("input[name=username]", ANNA)
    owner.fill("input[name=password]", "fortnox")
    owner.get_by_role("button", name="Logga in", exact=True).click()
    names = owner.locator("label.pick strong").all_inner_texts()
    assert names == ["Exempelbyrån AB", "Annat Företag AB"]
    owner.check(f"input[name=company][value='{FIRST}']")
    owner.get_by_role("button", name="Fortsätt").click()
    owner.get_by_role("button", name="Godkänn & aktivera").click()
    owner.wait_for_url("**/settings/fortnox/")
    assert badge(owner) == CONNECTED


def connect_wrongly(site, page):
    """Pick the other company, and confirm it where Uku asks whether it is the right one."""
    enable(site, page)
    open_tab(site, page, "Connect to Fortnox")
    site.authorize(page, company=SECOND)
    if page.url.endswith("/confirm/"):
        with page.expect_navigation():
            page.locator("main form button.button--primary").click()
    site.open(page, "/settings/fortnox/")
    assert badge(page) == "Connected to Annat Företag AB"


@says(
    "Uku stores one Fortnox company per Uku company; to manage multiple Fortnox companies, use a separate Uku workspace"
    " per company file."
)
def test_two_workspaces_hold_two_companies(site, connected):
    site.do(second_workspace)
    site.open(connected, "/w/annan/settings/fortnox/")
    button(connected, "Enable").click()
    site.open(connected, "/w/annan/settings/fortnox/connect/")
    site.authorize(connected, company=SECOND)
    site.open(connected, "/w/annan/settings/fortnox/")
    assert badge(connected) == "Connected to Annat Företag AB"
    site.open(connected, "/settings/fortnox/")
    assert badge(connected) == CONNECTED


def second_workspace():
    from tests.uku.conftest import make_workspace

    from uku.workspaces.models import User

    owner = User.objects.get(email="owner@byran.example")
    make_workspace("annan", owner, organisation_number="4930328507", vat_number="SE493032850701")


# Troubleshooting: the connection stopped working


@says("The Fortnox refresh token may have been revoked, or scopes may have changed.")
def test_a_revoked_token_shows_on_every_page_and_names_the_remedy(site, connected):
    lose_access(site, connected)
    assert badge(connected) == "Needs attention"
    assert "Authorize" in main_text(connected)
    site.open(connected, "/clients/")
    banner = connected.locator(".banner")
    assert banner.count() == 1
    assert banner.locator("a").get_attribute("href").startswith(f"{BASE}/settings/fortnox/")
    member = site.sign_in("member")
    assert member.locator(".banner").count() == 0


@says("Open Settings & Apps → Fortnox → Connect to Fortnox and click Authorize again to issue fresh tokens.")
def test_authorizing_again_cures_the_connection_and_the_banner_goes(site, connected):
    lose_access(site, connected)
    open_tab(site, connected, "Connect to Fortnox")
    site.authorize(connected)
    assert badge(connected) == CONNECTED
    assert connected.locator(".banner").count() == 0
    site.work()
    site.open(connected, "/settings/fortnox/")
    assert badge(connected) == CONNECTED


@says("If errors persist, check that the Fortnox subscription is active and includes the integration scope.")
def test_a_missing_integration_licence_is_named(site, owner):
    site.fortnox.ask("PATCH", f"companies/{FIRST}", integration_licence=False)
    enable(site, owner)
    open_tab(site, owner, "Connect to Fortnox")
    site.authorize(owner)
    told = main_text(owner)
    assert "licence" in told.lower()
    site.fortnox.ask("PATCH", f"companies/{FIRST}", integration_licence=True)
    open_tab(site, owner, "Connect to Fortnox")
    site.authorize(owner)
    assert badge(owner) == CONNECTED


# Troubleshooting: something is missing after a sync


def reload_data(site, page):
    """The button on the Settings tab, and the one on the page that says what it will do."""
    open_tab(site, page, "Settings")
    page.get_by_role("link", name="Reload data", exact=True).last.click()
    button(page, "Reload data").click()
    page.get_by_text("Step 1 of 5").wait_for()
    site.work()


@says("Click Reload data in the integration Settings tab to re-import the last 12 months of Fortnox data.")
def test_reload_data_reads_everything_again_and_brings_what_was_missing(site, connected):
    site.work()
    site.fortnox.customer(OrganisationNumber="455000-0006")
    site.fortnox.article()
    before = site.fortnox.mark()
    reload_data(site, connected)
    asked = [query["filter"] for query in site.fortnox.queries("/3/customers", before) if "filter" in query]
    assert asked == ["active", "inactive"]
    site.decide_all(connected)
    assert client_names(site, connected) == ["Björk Bygg AB"]
    site.open(connected, "/products/new/?article=1")
    assert connected.locator("input[name=name]").input_value() == "Bokföring"


@says(
    "If the customer or article still does not appear, confirm it is not marked Inactive in Fortnox — Uku skips"
    " inactive records."
)
def test_an_inactive_customer_is_skipped_named_and_comes_when_active(site, owner):
    number = site.fortnox.customer(OrganisationNumber="455000-0006", Active=False)
    site.connect(owner)
    site.work()
    assert client_names(site, owner) == []
    open_tab(site, owner, "Activity")
    owner.locator("summary", has_text="skipped").first.click()
    assert "nactive" in main_text(owner)
    site.fortnox.change_customer(number, Active=True)
    reload_data(site, owner)
    site.decide_all(owner)
    assert client_names(site, owner) == ["Björk Bygg AB"]


# The ties themselves, and the flow without script


def test_the_whole_flow_works_without_script(site):
    page = site.sign_in("owner", script=False)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings & Apps").click()
    page.get_by_role("link", name="Fortnox", exact=True).click()
    assert page.locator("h1").inner_text() == "Fortnox"
    site.connect(page)
    assert badge(page) == CONNECTED
    for name in ("Connect to Fortnox", "Settings", "Activity", "Overview"):
        tab(page, name).click()
        assert page.locator("nav.tabs a[aria-current=page]").inner_text() == name
    disconnect(page)
    assert badge(page) == "Enabled, not connected"


def test_every_sentence_of_the_contract_has_its_browser_test():
    tests = [test for name, test in globals().items() if name.startswith("test_")]
    marks = [mark for test in tests for mark in getattr(test, "pytestmark", []) if mark.name == "says"]
    assert {mark.args[0] for mark in marks} == set(contract.to_be_proven())
