"""The client list as a place to work: filters and order in the address, ticks, and one question however many."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.test.utils import CaptureQueriesContext
from tests.uku.web.conftest import AT, multiply

pytestmark = pytest.mark.django_db
LIST = "/w/byran/clients/"
BULK = f"{LIST}bulk/"


def names(page):
    return [row[1] for row in page.rows[1:]]


@pytest.fixture
def three(make, scope, owner):
    """Two on the list, in Malmö and Lund, and an archived one."""
    from uku.clients.operations import archive_clients

    bygg = make.client(owner, "Åkerlunds Bygg AB", organisation_number="5560360793", email="a@x.example")
    oberg = make.client(owner, "Öberg & Co", organisation_number="4022000014", city="Lund")
    gone = make.client(owner, "Borta AB")
    archive_clients(ids=[gone.pk], actor=owner, at=AT)
    return [bygg, oberg, gone]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Åkerlunds Bygg AB", "Öberg & Co"]),
        ({"sort": "-name"}, ["Öberg & Co", "Åkerlunds Bygg AB"]),
        ({"sort": "city"}, ["Öberg & Co", "Åkerlunds Bygg AB"]),
        ({"sort": "number"}, ["Öberg & Co", "Åkerlunds Bygg AB"]),
        ({"sort": "-number"}, ["Åkerlunds Bygg AB", "Öberg & Co"]),
        ({"sort": "integration"}, ["Åkerlunds Bygg AB", "Öberg & Co"]),
        ({"sort": "-integration"}, ["Öberg & Co", "Åkerlunds Bygg AB"]),
        ({"sort": "responsible"}, ["Åkerlunds Bygg AB", "Öberg & Co"]),
        ({"sort": "last"}, ["Åkerlunds Bygg AB", "Öberg & Co"]),
        ({"q": "lund"}, ["Åkerlunds Bygg AB", "Öberg & Co"]),
        ({"q": "malmo"}, ["Åkerlunds Bygg AB"]),
        ({"sort": "password"}, ["Åkerlunds Bygg AB", "Öberg & Co"]),
        ({"show": "archived"}, ["Borta AB"]),
        ({"show": "linked"}, ["Åkerlunds Bygg AB"]),
        ({"show": "loose"}, ["Öberg & Co"]),
        ({"show": "loose", "q": "bygg"}, []),
        ({"show": "nonsense"}, ["Åkerlunds Bygg AB", "Öberg & Co"]),
        ({"show": "archived", "q": "borta", "sort": "-city"}, ["Borta AB"]),
    ],
)
def test_filter_order_and_words_stand_in_the_address(read, signed_in, owner, three, ledger, query, found):
    answer = signed_in(owner).get(LIST, query)
    assert (answer.status_code, names(read(answer))) == (200, found)


def test_chips_count_what_they_show_and_keep_the_words(read, signed_in, owner, three, ledger):
    page = read(signed_in(owner).get(LIST, {"q": "b", "sort": "city"}))
    chips = [text for text in page.all("a") if text.split()[0] in {"Active", "Linked", "Not", "Archived"}]
    assert chips == ["Active 2", "Linked 1", "Not linked 1", "Archived 1"]
    assert "?q=b&show=linked&sort=city" in page.values("a", "href")


def test_a_pressed_heading_says_its_order_and_turns_it_round(read, signed_in, owner, three, no_integration):
    page = read(signed_in(owner).get(LIST, {"sort": "city"}))
    assert page.rows[0] == ["", "Name", "Organisation number", "City ↑", "Responsible", "Last invoice", "Unpaid"]
    assert page.values("th", "aria-sort") == ["ascending"]
    assert "?sort=-city" in page.values("a", "href")


def test_without_an_integration_nothing_sorts_or_filters_by_it(read, signed_in, owner, three, no_integration):
    page = read(signed_in(owner).get(LIST, {"sort": "integration", "show": "linked"}))
    assert names(page) == ["Åkerlunds Bygg AB", "Öberg & Co"]
    assert page.rows[0][1] == "Name ↑"


def test_ticked_clients_are_archived_and_restored_and_the_list_stays_as_it_was(signed_in, owner, three):
    from uku.clients.models import Client
    from uku.workspaces.models import AuditEntry

    browser, ids = signed_in(owner), [client.pk for client in three[:2]]
    answer = browser.post(BULK, {"client": ids, "action": "archive", "query": "sort=city"})
    moment = Client.objects.get_queryset().get(pk=ids[0]).archived_at
    address = f"{LIST}?sort=city&{urlencode({'archived': moment.isoformat()})}"
    assert (answer.status_code, answer["Location"]) == (302, address)
    assert Client.objects.current().count() == 0
    browser.post(BULK, {"client": ids, "action": "archive"})
    browser.post(BULK, {"client": [ids[0]], "action": "restore"})
    assert list(Client.objects.current()) == [three[0]]
    log = AuditEntry.objects.filter(action__in=["client.archive", "client.restore"]).order_by("position")
    assert [entry.summary for entry in log][1:] == [
        "Åkerlunds Bygg AB was archived",
        "Öberg & Co was archived",
        "Åkerlunds Bygg AB was restored",
    ]


def archive(browser, **sent):
    return browser.post(BULK, {"action": "archive", **sent})


def current():
    from uku.clients.models import Client

    return sorted(client.name for client in Client.objects.current())


def test_what_was_archived_is_counted_and_undone_together(read, signed_in, owner, three):
    browser, ids = signed_in(owner), [client.pk for client in three[:2]]
    address = archive(browser, client=ids)["Location"]
    page = read(browser.get(address))
    assert ("2 clients are archived." in page.all("p"), "Undo" in page.all("button")) == (True, True)
    (at,) = [facts["value"] for tag, facts in page.tags if tag == "input" and facts.get("name") == "at"]
    browser.post(BULK, {"action": "undo", "at": at})
    assert current() == ["Åkerlunds Bygg AB", "Öberg & Co"]
    assert "Undo" not in read(browser.get(address)).all("button")
    for nonsense in ("", "x", "2026-01-01", "9999-12-31T23:59:59+00:00"):
        assert browser.get(LIST, {"archived": nonsense}).status_code == 200
        assert browser.post(BULK, {"action": "undo", "at": nonsense}).status_code == 302
    assert current() == ["Åkerlunds Bygg AB", "Öberg & Co"]


def test_all_that_the_list_shows_is_archived_over_its_pages(read, signed_in, owner, make, scope, ledger):
    for number in range(51):
        make.client(owner, f"Ek {number}")
    make.client(owner, "Björk")
    browser = signed_in(owner)
    assert "All 51 clients on all pages" in read(browser.get(LIST, {"q": "ek"})).all("label")
    archive(browser, all="1", query="q=ek")
    assert current() == ["Björk"]


def test_clients_with_open_invoices_are_asked_about_before_they_are_archived(read, signed_in, owner, make, scope):
    with_draft, owes, free = (make.client(owner, name) for name in ("Ek", "Gran", "Björk"))
    make.draft(owner, with_draft)
    issue(owner, make.draft(owner, owes))
    browser, ids = signed_in(owner), [with_draft.pk, owes.pk, free.pk]
    page = read(archive(browser, client=ids))
    assert page.heading == "Archive 3 clients"
    assert page.all("li")[-2:] == ["Ek", "Gran 3,125.00 SEK"]
    assert [b for b in page.all("button") if "Archive" in b] == ["Archive the 1 other", "Archive all 3 clients"]
    assert current() == ["Björk", "Ek", "Gran"]
    archive(browser, client=ids, asked="without")
    assert current() == ["Ek", "Gran"]
    archive(browser, client=ids, asked="all")
    assert current() == []


def issue(owner, draft):
    from uku.invoices.operations import issue_invoice

    issue_invoice(invoice=draft, actor=owner, at=AT, numbering="own")


def test_the_list_shows_what_is_unpaid_the_last_invoice_and_who_is_responsible(
    read, signed_in, owner, member, make, scope, no_integration
):
    from uku.invoices.models import Invoice

    client = make.client(owner, "Ek", default_user=owner)
    for currency in ("SEK", "SEK", "EUR"):
        issue(owner, make.draft(owner, client))
        Invoice.objects.filter(pk=Invoice.objects.latest("pk").pk).update(currency=currency)
    make.draft(owner, client)
    Invoice.objects.filter(pk=Invoice.objects.earliest("pk").pk).update(state="paid", balance=0)
    expected = ["Ek", "Malmö", "Malmö", str(owner), "1 Mar", "3,125.00 EUR 3,125.00 SEK"]
    found = [cell.replace(" 2026", "") for cell in read(signed_in(owner).get(LIST)).rows[1][1:]]
    assert found == expected
    member.memberships.update(may_see_invoices=False, may_draft_invoices=False)
    page = read(signed_in(member).get(LIST, {"sort": "last"}))
    assert page.rows == [["Name ↑", "Organisation number", "City", "Responsible"], ["Ek", "Malmö", "Malmö", str(owner)]]


@pytest.mark.parametrize(
    "words", ["0701234567", "070-123 45 67", "+46701234567", "701234567", "malmö", "MALMO", "ek malmo"]
)
def test_a_client_is_found_by_city_and_phone(read, signed_in, owner, make, scope, no_integration, words):
    make.client(owner, "Ek", phone="070-123 45 67")
    make.client(owner, "Gran", phone="0702", city="Lund")
    assert names(read(signed_in(owner).get(LIST, {"q": words}))) == ["Ek"]


def test_one_foreign_client_refuses_the_whole_list(signed_in, owner, three, other_records):
    """B01: 404, nothing changed, and a line in the log that says who tried."""
    from uku.clients.models import Client
    from uku.workspaces.models import AuditEntry

    answer = signed_in(owner).post(BULK, {"client": [three[0].pk, other_records.client.pk], "action": "archive"})
    assert answer.status_code == 404
    assert Client.objects.current().count() == 2
    assert Client.everywhere.get(pk=other_records.client.pk).archived_at is None
    entry = AuditEntry.objects.latest("position")
    assert (entry.action, entry.actor, entry.target.split(":")[0]) == ("client.refuse_list", owner, "Workspace")


@pytest.mark.parametrize("sent", [["x"], ["-1"], ["9" * 19], ["1"] * 51, ["²"]])
def test_what_is_no_list_of_ours_is_not_found(signed_in, owner, workspace, sent):
    assert signed_in(owner).post(BULK, {"client": sent, "action": "archive"}).status_code == 404


def test_no_tick_changes_nothing_and_says_so(read, signed_in, owner, three, no_integration):
    page = read(signed_in(owner).post(BULK, {"action": "archive"}, follow=True))
    assert "No client was selected. Select clients with the boxes first." in page.all("p") + page.all("li")
    assert names(page) == ["Åkerlunds Bygg AB", "Öberg & Co"]


def test_members_see_no_ticks_and_may_not_post_them(read, signed_in, member, three, no_integration):
    browser = signed_in(member)
    assert read(browser.get(LIST)).rows[0] == [
        "Name ↑",
        "Organisation number",
        "City",
        "Responsible",
        "Last invoice",
        "Unpaid",
    ]
    assert browser.post(BULK, {"client": [three[0].pk], "action": "archive"}).status_code == 403


def test_one_client_is_archived_on_its_page(read, signed_in, owner, three, no_integration):
    browser, path = signed_in(owner), f"{LIST}{three[0].pk}/"
    answer = browser.post(BULK, {"client": [three[0].pk], "action": "archive", "from": "client"})
    assert (answer.status_code, answer["Location"]) == (302, path)
    buttons = read(browser.get(path)).all("button")
    assert "Restore" in buttons
    assert "Archive" not in buttons


def test_a_form_that_is_older_than_the_client_is_not_saved(signed_in, owner, admin, three):
    """B17: the second of two tabs sees who changed it, and when."""
    path = f"{LIST}{three[0].pk}/edit/"
    facts = {"name": "First", "country": "SE", "currency": "SEK", "payment_days": "30", "version": "1"}
    assert signed_in(admin).post(path, facts).status_code == 302
    for late in ("1", "", "x", "9" * 30):
        answer = signed_in(owner).post(path, {**facts, "name": "Second", "version": late})
        assert answer.status_code == 409
        assert f"First was changed by {admin} at " in answer.content.decode()
    three[0].refresh_from_db()
    assert (three[0].name, three[0].version, three[0].changed_by) == ("First", 2, admin)


def test_an_import_makes_an_open_form_old_as_well(signed_in, owner, three):
    from uku.clients.operations import import_details

    import_details(client=three[0], details={"phone": "040-1"}, source="Ledger customer 1")
    facts = {"name": "Mine", "country": "SE", "currency": "SEK", "payment_days": "30", "version": "1"}
    answer = signed_in(owner).post(f"{LIST}{three[0].pk}/edit/", facts)
    assert answer.status_code == 409
    assert "was changed by an import at " in answer.content.decode()


def test_the_list_says_what_waits_in_the_accounting_system_and_leads_there(read, signed_in, owner, workspace, ledger):
    """Also while there is no client at all: then it is the first thing to know."""
    from uku.integrations import registry

    registry.integrations()[0].waiting = registry.Waiting("3 customers wait.", "/somewhere/")
    page = read(signed_in(owner).get("/w/byran/clients/"))
    assert "3 customers wait. Review: 3 customers wait." in page.all("p")
    assert "/somewhere/" in page.values("a", "href")


@pytest.mark.parametrize("query", [{}, {"q": "client"}, {"show": "not_linked"}, {"sort": "-integration"}])
def test_the_list_asks_as_often_for_five_thousand_clients_as_for_fifty(signed_in, scope, owner, query):
    """With the real integration. The number of queries is the same, and small."""
    from django.db import connection

    browser = signed_in(owner)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(LIST, query).status_code == 200
        return len(queries)

    many(0, 51)
    few = asked()
    many(51, 5000)
    assert asked() == few
    assert few <= 14


def many(first, last):
    from uku.clients.models import Client

    one = Client.objects.create(name="Client", name_sort="client", name_search="client", created_at=AT)
    lower = "'client ' || lpad(n::text, 5, '0')"
    multiply(one, first, last, name="'Client ' || lpad(n::text, 5, '0')", name_sort=lower, name_search=lower)
