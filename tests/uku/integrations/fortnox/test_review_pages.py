"""The preview of the first import and the review queue, as pages: what they show, what their buttons do, who may."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.simulated import NUMBERS
from tests.uku.integrations.fortnox.standing_rows import COMPANY, connected, ran
from tests.uku.web.page_reader import Page

from uku.clients.models import Client
from uku.clients.operations import create_client
from uku.integrations.fortnox.customers import bulk_create
from uku.integrations.fortnox.models import BulkCreation, Connection, CustomerRecord
from uku.kit import clock
from uku.kit.months import first_of
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import AuditEntry, Workspace

REVIEW = "/w/byran/settings/fortnox/review/"
CUSTOMERS = "/w/byran/settings/fortnox/customers/"
COUNTS = {"seen": 7, "linked": 1, "suggested": 1, "waiting": 2, "inactive": 2, "rejected": 1}


def customer(number, **facts):
    given = {"company_id": COMPANY, "number": number, "name": f"Customer {number}", "seen_at": AT}
    return CustomerRecord.objects.create(**{**given, **facts})


@pytest.fixture
def first(scope, owner):
    """A first import that is done: one linked by itself, one suggested, two new."""
    connected()
    ran("customers", full=True, counts=COUNTS)
    linked, like = (create_client(actor=owner, at=AT, name=name) for name in ("Länkad AB", "Lik AB"))
    found = {"linked_because": "organisation_number", "agreed": [["number", "455000-0006"]]}
    customer("1", name="Länkad AB", client=linked, **found)
    customer("2", name="Lik AB", suggested=like, linked_because="name", agreed=[["name", ""]], email="info@lik.example")
    customer("3", name="Ny AB", organisation_number=NUMBERS[1])
    customer("4", name="Nyare AB")
    customer("5", name="Vilande AB", active=False)


@pytest.fixture
def decided(first):
    Connection.objects.update(first_import_of=COMPANY)


def open_page(browser, **query):
    return Page(browser.get(REVIEW, query).content.decode())


def names(page):
    return [text.removeprefix("Select ") for text in page.values("input", "aria-label") if text.startswith("Select ")]


def ticked(page):
    return [facts["value"] for tag, facts in page.tags if tag == "input" and "checked" in facts]


def pk(number):
    return CustomerRecord.objects.get(number=number).pk


def told(answer):
    return Page(answer.content.decode()).all("p")


# The first import


def test_the_preview_counts_and_says_who_was_linked_and_why(first, signed_in, owner):
    page = open_page(signed_in(owner))
    assert page.heading == "First import"
    assert page.facts == {
        "Read from Fortnox": "7",
        "Linked automatically": "1",
        "Possible match with a client": "1",
        "New, without a match": "2",
        "Inactive in Fortnox, skipped": "2",
        "Could not be read": "1",
    }
    assert "1 Länkad AB → Länkad AB Same organisation number 455000-0006" in page.all("li")


def test_at_the_first_import_the_new_ones_are_ticked_and_the_others_are_not(first, signed_in, owner):
    browser = signed_in(owner)
    page = open_page(browser)
    assert names(page) == ["2 Lik AB", "3 Ny AB", "4 Nyare AB"]
    assert ticked(page) == [str(pk("3")), str(pk("4"))]
    assert ticked(open_page(browser, tick="none")) == []
    assert len(ticked(open_page(browser, tick="all"))) == 3


def test_creating_clients_for_all_names_how_many_and_decides_the_first_import(first, signed_in, owner):
    browser = signed_in(owner)
    assert "Add all 2 new customers as clients" in open_page(browser).all("button")
    answer = browser.post(f"{REVIEW}create-all/", {"up_to": pk("4")}, follow=True)
    assert "2 clients added." in told(answer)
    assert Client.objects.count() == 4
    assert Connection.objects.get().first_import_of == COMPANY
    page = open_page(browser)
    assert (page.heading, names(page)) == ("Review customers", ["2 Lik AB"])


def test_finishing_lets_the_rest_wait(first, signed_in, owner):
    browser = signed_in(owner)
    browser.post(f"{REVIEW}finish/")
    page = open_page(browser)
    assert (page.heading, names(page), ticked(page)) == ("Review customers", ["2 Lik AB", "3 Ny AB", "4 Nyare AB"], [])
    assert Client.objects.count() == 2


def test_while_the_first_import_runs_the_page_says_how_far_it_is(scope, signed_in, owner):
    connected()
    ran("customers", state="running", full=True, counts={"seen": 1200, "total": 10000})
    customer("1")
    answer = signed_in(owner).get(REVIEW)
    page = Page(answer.content.decode())
    assert "Running 1,200 of 10,000" in answer.content.decode()
    assert names(page) == []
    assert page.values("div", "hx-trigger") == ["every 3s"]
    assert "Refresh" in page.all("a")


def test_a_page_that_waited_is_drawn_anew_when_the_import_has_ended(first, signed_in, owner):
    """Its list and its buttons stand outside of what is asked for again."""
    browser, waited = signed_in(owner), {"HX-Request": "true", "HX-Target": "review"}
    answer = browser.get(REVIEW, headers=waited)
    assert (answer.headers.get("HX-Refresh"), answer.content) == ("true", b"")


def test_before_the_first_import_began_the_page_says_so_and_looks_again(scope, signed_in, owner):
    connected()
    page = open_page(signed_in(owner))
    assert "The first import starts soon" in page.all("h2")
    assert page.values("div", "hx-trigger") == ["every 3s"]


def test_while_clients_are_made_the_page_says_how_far_it_is(first, signed_in, owner):
    BulkCreation.objects.create(company_id=COMPANY, up_to=pk("4"), asked=10, asked_by=owner, asked_at=AT)
    browser = signed_in(owner)
    page = open_page(browser)
    assert page.values("progress", "value") == ["8"]
    assert names(page) == []
    answer = browser.post(f"{REVIEW}create-all/", {"up_to": pk("4")}, follow=True)
    assert "Nothing was done: clients are already being added. This page shows the progress." in told(answer)


# The queue


def test_a_customer_stands_beside_every_client_that_it_may_be(decided, scope, signed_in, owner):
    """Ambiguous: all that fit are shown with what agrees and what speaks against it, each with its own Link."""
    for email, city in (("a@tvilling.example", "Malmö"), ("b@tvilling.example", "Kiruna")):
        create_client(actor=owner, at=AT, name="Tvilling AB", email=email, city=city, postcode="211 34")
    customer("9", name="Tvilling AB", postcode="98130", email="a@tvilling.example")
    page = open_page(signed_in(owner), q="tvilling")
    texts = [text for text in page.all("p") if text.startswith("Same name")]
    assert texts == [
        "Same name and e-mail a@tvilling.example. Different part of the country: the client has postcode 211 34.",
        "Same name. Different part of the country: the client has postcode 211 34.",
    ]
    assert [text for text in page.all("button") if text.startswith("Link")] == ["Link 9 Tvilling AB"] * 2


def test_linking_from_the_queue_leads_back_to_it_as_it_was_filtered(decided, signed_in, owner):
    browser, like = signed_in(owner), Client.objects.get(name="Lik AB")
    form = {"client": like.pk, "from": "review", "query": "show=suggested"}
    answer = browser.post(f"{CUSTOMERS}{pk('2')}/link/", form)
    assert answer["Location"] == f"{REVIEW}?show=suggested"
    assert CustomerRecord.objects.get(number="2").client == like


def test_ticked_customers_become_clients_or_are_ignored_and_can_be_taken_back(decided, signed_in, owner):
    browser = signed_in(owner)
    answer = browser.post(f"{REVIEW}decide/", {"action": "create", "customer": [pk("3")]}, follow=True)
    assert "1 client added." in told(answer)
    answer = browser.post(f"{REVIEW}decide/", {"action": "ignore", "customer": [pk("4"), pk("2")]}, follow=True)
    assert "2 customers are ignored." in told(answer)
    assert names(open_page(browser)) == []
    page = open_page(browser, show="ignored")
    assert names(page) == ["2 Lik AB", "4 Nyare AB"]
    assert f"Ignored by {owner}" in page.all("p")[-1] or any(f"Ignored by {owner}" in text for text in page.all("p"))
    browser.post(f"{CUSTOMERS}{pk('4')}/take-back/", {"from": "review"})
    assert names(open_page(browser)) == ["4 Nyare AB"]


def test_a_decision_from_an_old_page_is_told_and_changes_nothing(decided, signed_in, owner, admin):
    """B17."""
    client = Client.objects.get(name="Lik AB")
    signed_in(admin).post(f"{CUSTOMERS}{pk('2')}/ignore/", {"from": "review"})
    form = {"client": client.pk, "from": "review"}
    answer = signed_in(owner).post(f"{CUSTOMERS}{pk('2')}/link/", form, follow=True)
    assert f"Nothing was done: {admin} has ignored Fortnox customer 2 in the meantime." in told(answer)
    assert CustomerRecord.objects.get(number="2").client is None


def test_foreign_customers_are_refused_as_a_whole_and_written_down(decided, signed_in, owner, other_workspace):
    """B01."""
    with workspace_in_force(other_workspace.pk):
        foreign = customer("99")
    chosen = {"action": "ignore", "customer": [pk("3"), foreign.pk]}
    assert signed_in(owner).post(f"{REVIEW}decide/", chosen).status_code == 404
    assert CustomerRecord.objects.get(number="3").ignored_at is None
    assert AuditEntry.objects.latest("position").action == "fortnox.refuse_list"


@pytest.mark.parametrize("chosen", [["x"], ["1"] * 51, ["9" * 30]])
def test_what_is_no_form_of_ours_is_not_found(decided, signed_in, owner, chosen):
    assert signed_in(owner).post(f"{REVIEW}decide/", {"action": "create", "customer": chosen}).status_code == 404
    assert signed_in(owner).post(f"{REVIEW}decide/", {"action": "eat", "customer": []}).status_code == 404
    assert signed_in(owner).post(f"{REVIEW}create-all/", {"up_to": "all"}).status_code == 404


def test_without_a_tick_nothing_is_done(decided, signed_in, owner):
    answer = signed_in(owner).post(f"{REVIEW}decide/", {"action": "create"}, follow=True)
    assert "No customer was selected. Select customers with the boxes first." in told(answer)


def test_members_see_the_queue_without_buttons_and_are_told_who_can(decided, signed_in, member):
    browser = signed_in(member)
    page = open_page(browser)
    assert names(page) == []
    assert "Lik AB" in " ".join(page.all("p"))
    assert "Only a Company Owner or Company Admin can change integrations." in page.all("p")
    for path in ("decide/", "create-all/", "finish/"):
        answer = browser.post(REVIEW + path)
        assert answer.status_code == 403
        assert "Only a Company Owner or Company Admin can" in answer.content.decode()


def test_another_workspaces_owner_finds_nothing(decided, signed_in, stranger, other_workspace):
    browser = signed_in(stranger)
    assert browser.get(REVIEW).status_code == 404
    assert browser.post(f"/w/annan/settings/fortnox/customers/{pk('3')}/ignore/").status_code == 404
    assert CustomerRecord.objects.get(number="3").ignored_at is None


def test_customers_of_a_company_that_is_not_connected_do_not_wait(decided, signed_in, owner):
    Connection.objects.update(company_id="556002")
    assert names(open_page(signed_in(owner))) == []


def test_the_queue_is_searched_filtered_and_sorted(decided, signed_in, owner):
    browser = signed_in(owner)
    assert names(open_page(browser, q="ny")) == ["3 Ny AB", "4 Nyare AB"]
    assert names(open_page(browser, q=NUMBERS[1].replace("-", ""))) == ["3 Ny AB"]
    assert names(open_page(browser, show="suggested")) == ["2 Lik AB"]
    assert names(open_page(browser, show="new")) == ["3 Ny AB", "4 Nyare AB"]
    assert names(open_page(browser, sort="newest")) == ["4 Nyare AB", "3 Ny AB", "2 Lik AB"]
    assert [text for text in open_page(browser).all("a") if text[-1:].isdigit()] == [
        "To review 3", "Possible match 1", "New 2", "Ignored 0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Björk & Son AB", "bjork"),
        ("Björk & Son AB", "BJÖRK"),
        ("Café Élan", "cafe elan"),
        ("Åström-Ødegård", "astrom-ode"),
        ("ŁÓDŹ Trade", "lodz"),
    ],
)
def test_the_queue_finds_a_name_with_its_accents_or_without(decided, signed_in, owner, name, words):
    customer("6", name=name)
    assert names(open_page(signed_in(owner), q=words)) == [f"6 {name}"]


def test_a_page_has_fifty_customers_and_a_bounded_number_of_queries(decided, scope, signed_in, owner):
    browser = signed_in(owner)
    with CaptureQueriesContext(database) as few:
        open_page(browser)
    for number in range(100, 220):
        customer(str(number), name=f"Många {number} AB", organisation_number="")
        create_client(actor=owner, at=AT, name=f"Många {number} AB")
    with CaptureQueriesContext(database) as many:
        page = open_page(browser)
    assert len(names(page)) == 50
    assert len(many) <= len(few)
    assert len(many) <= 30


# Where people meet it


def test_overview_and_the_client_list_say_how_many_wait(decided, signed_in, owner):
    browser = signed_in(owner)
    overview = Page(browser.get("/w/byran/settings/fortnox/").content.decode())
    assert "3 Fortnox customers to review. Each customer is shown next to the clients that match it." in overview.all(
        "p"
    )
    clients = Page(browser.get("/w/byran/clients/").content.decode())
    assert "3 Fortnox customers to review Review: 3 Fortnox customers to review" in clients.all("p")
    assert REVIEW in clients.values("a", "href")


def test_the_setting_is_on_the_settings_tab_and_its_change_is_written_down(decided, signed_in, owner, member):
    browser, place = signed_in(owner), "/w/byran/settings/fortnox/settings/"
    page = Page(browser.get(place).content.decode())
    assert [text for text in page.all("label") if text in {"Create a client", "Ask first"}] == [
        "Create a client",
        "Ask first",
    ]
    other = {
        "title": "Monthly summary",
        "topic": "Bookkeeping",
        "first_month": first_of(clock.today("Europe/Stockholm")),
    }
    browser.post(place, {**other, "new_clients": "ask"})
    assert Connection.objects.get().new_clients == "ask"
    assert AuditEntry.objects.latest("position").action == "fortnox.new_clients"
    browser.post(place, {**other, "new_clients": "eat"})
    assert Connection.objects.get().new_clients == "ask"
    assert signed_in(member).post(place, {**other, "new_clients": "create"}).status_code == 403
    Workspace.objects.update(plan="free")
    browser.post(place, {**other, "new_clients": "create"})
    assert Connection.objects.get().new_clients == "ask"


def test_many_are_made_in_the_background_and_the_page_says_so(first, signed_in, owner, monkeypatch):
    monkeypatch.setattr(bulk_create, "AT_ONCE", 1)
    answer = signed_in(owner).post(f"{REVIEW}create-all/", {"up_to": pk("4")}, follow=True)
    assert (
        "2 customers are being added as clients. You can leave this page. You will be notified when it is done."
    ) in told(answer)
    assert Client.objects.count() == 2
