"""How a client stands with Fortnox: in the list, and in the dialog that its badge opens."""

from __future__ import annotations

import pytest
from tests.uku.conftest import AT
from tests.uku.web.page_reader import Page, marked_in_menu

from uku.clients.models import Client
from uku.clients.operations import create_client
from uku.integrations.fortnox.models import Connection, CustomerRecord, SyncIssue
from uku.workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
LIST = "/w/byran/clients/"
CUSTOMERS = "/w/byran/settings/fortnox/customers/"


def customer(number, **facts):
    return CustomerRecord.objects.create(
        **{"company_id": "1", "number": number, "name": f"Customer {number}", "seen_at": AT, **facts}
    )


@pytest.fixture
def clients(scope, owner):
    """One client in each state, with the company that their customers belong to."""
    Connection.objects.create(enabled=True, company_id="1", company_name="Exempelbyrån AB")
    named = {
        name: create_client(actor=owner, at=AT, name=name, organisation_number="556036-0793", phone="040-1")
        for name in ("Inactive", "Linked", "Not linked", "Problem", "Suggested", "Two")
    }
    customer("1", client=named["Linked"])
    customer("2", client=named["Inactive"], active=False)
    customer("3", suggested=named["Suggested"], linked_because="name", agreed=[["name", ""]])
    customer("4", client=named["Problem"])
    customer("5", client=named["Two"], active=False)
    customer("6", client=named["Two"])
    facts = {"company_id": "1", "kind": "customer", "first_at": AT, "last_at": AT}
    SyncIssue.objects.create(number="4", **facts)
    SyncIssue.objects.create(number="1", solved_at=AT, **facts)
    return named


def dialog(browser, client):
    return browser.get(f"/w/byran/settings/fortnox/clients/{client.pk}/")


def test_the_list_says_how_each_client_stands_and_leads_to_its_dialog(clients, signed_in, owner):
    page = Page(signed_in(owner).get(LIST).content.decode())
    assert {row[1]: row[7].removesuffix(row[1]).strip() for row in page.rows[1:]} == {
        "Inactive": "Inactive in Fortnox",
        "Linked": "Customer 1",
        "Not linked": "Not linked",
        "Problem": "Problem",
        "Suggested": "Suggested",
        "Two": "Inactive in Fortnox",
    }
    assert page.values("a", "hx-get") == [
        f"/w/byran/settings/fortnox/clients/{client.pk}/" for _name, client in sorted(clients.items())
    ]


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("linked", ["Linked"]),
        ("suggested", ["Suggested"]),
        ("not_linked", ["Not linked"]),
        ("inactive", ["Inactive", "Two"]),
        ("problem", ["Problem"]),
    ],
)
def test_the_list_is_filtered_by_what_its_badges_say(clients, signed_in, owner, state, names):
    page = Page(signed_in(owner).get(LIST, {"show": state}).content.decode())
    assert [row[1] for row in page.rows[1:]] == names


def test_the_dialog_shows_both_sides_and_what_differs(clients, signed_in, owner):
    record = CustomerRecord.objects.get(number="1")
    record.name, record.organisation_number, record.phone, record.city = "Linked", "5560360793", "040-2", "Lund"
    record.save()
    page = Page(dialog(signed_in(owner), clients["Linked"]).content.decode())
    assert page.rows[1:] == [
        ["Name", "Linked written here", "Linked", ""],
        ["Organisation number", "556036-0793 written here", "556036-0793", ""],
        ["Phone", "040-1 written here", "040-2", "Differs Use Fortnox's value Phone 1"],
        ["City", "–", "Lund", "Differs Use Fortnox's value City 1"],
        ["Currency", "SEK", "–", ""],
    ]
    wanted = [
        "Use Fortnox's value Phone 1",
        "Use Fortnox's value City 1",
        "Use all 2 values from Fortnox 1",
        "Unlink 1",
    ]
    assert [button for button in page.all("button") if button.endswith(" 1")] == wanted


def test_a_suggested_customer_has_its_decisions_in_the_dialog(clients, signed_in, owner):
    record = CustomerRecord.objects.get(number="3")
    page = Page(dialog(signed_in(owner), clients["Suggested"]).content.decode())
    assert [button for button in page.all("button") if button.endswith(" 3")] == [
        "Link 3",
        "Create client 3",
        "Ignore 3",
    ]
    assert f"/w/byran/settings/fortnox/customers/{record.pk}/link/" in page.values("button", "formaction")


def test_a_client_without_a_customer_is_told_so(clients, signed_in, owner):
    text = dialog(signed_in(owner), clients["Not linked"]).content.decode()
    assert "No Fortnox customer is linked to this client" in text


def test_a_person_is_masked_on_both_sides(clients, signed_in, owner):
    person = create_client(actor=owner, at=AT, name="Anna", organisation_number="7502311231")
    customer("9", client=person, organisation_number="750231-1231")
    html = dialog(signed_in(owner), person).content.decode()
    assert html.count("750231-****") == 2
    assert "1231" not in html


def test_unlinking_from_the_dialog_leaves_a_suggestion(clients, signed_in, owner):
    browser, client = signed_in(owner), clients["Linked"]
    record = CustomerRecord.objects.get(number="1")
    answer = browser.post(f"{CUSTOMERS}{record.pk}/unlink/")
    assert answer["Location"] == f"/w/byran/settings/fortnox/clients/{client.pk}/"
    record.refresh_from_db()
    assert (record.client, record.suggested, record.evidence) == (None, client, f"Unlinked by {owner}")
    entry = AuditEntry.objects.latest("position")
    assert (entry.action, entry.summary) == ("fortnox.unlink", "Fortnox customer 1 Customer 1: unlinked from Linked")
    assert browser.post(f"{CUSTOMERS}{record.pk}/unlink/").status_code == 404


def test_members_look_and_cannot_unlink(clients, signed_in, member):
    browser, record = signed_in(member), CustomerRecord.objects.get(number="1")
    page = Page(dialog(browser, clients["Linked"]).content.decode())
    assert "Unlink 1" not in page.all("button")
    assert browser.post(f"/w/byran/settings/fortnox/customers/{record.pk}/unlink/").status_code == 403
    record.refresh_from_db()
    assert record.client == clients["Linked"]


def test_refreshing_without_a_connection_says_what_to_do(clients, signed_in, owner):
    record = CustomerRecord.objects.get(number="1")
    answer = signed_in(owner).post(f"/w/byran/settings/fortnox/customers/{record.pk}/refresh/", follow=True)
    assert "Fortnox is not connected." in answer.content.decode()


def test_the_details_of_both_sides_are_compared_in_our_words(clients, signed_in, owner):
    """VAT number, country, currency, terms and VAT type come from the detail; a code of theirs is told as it is."""
    record = CustomerRecord.objects.get(number="1")
    facts = {"vat_number": "SE556036079301", "country": "SE", "currency": "EUR", "terms_of_payment": "AG"}
    for name, value in {**facts, "vat_type": "SEREVERSEDVAT", "detail_read_at": AT, "name": "Linked"}.items():
        setattr(record, name, value)
    record.save()
    Client.objects.filter(pk=clients["Linked"].pk).update(payment_days=30)
    page = Page(dialog(signed_in(owner), clients["Linked"]).content.decode())
    rows = {row[0]: row[1:] for row in page.rows[1:]}
    assert {name: rows[name] for name in ("VAT number", "Country", "Currency", "Terms of payment", "VAT type")} == {
        "VAT number": ["–", "SE556036079301", "Differs Use Fortnox's value VAT number 1"],
        "Country": ["–", "Sweden", "Differs Use Fortnox's value Country 1"],
        "Currency": ["SEK", "EUR", "Differs Use Fortnox's value Currency 1"],
        "Terms of payment": ["30 days", "AG", "Differs"],
        "VAT type": ["–", "Reverse charge in Sweden", "Differs Use Fortnox's value VAT type 1"],
    }


def test_a_single_difference_and_then_all_are_taken_over(clients, signed_in, owner):
    browser, client = signed_in(owner), clients["Linked"]
    CustomerRecord.objects.filter(number="1").update(name="Linked", phone="040-2", city="Lund", email="a@b.example")
    record = CustomerRecord.objects.get(number="1")
    place = f"{CUSTOMERS}{record.pk}/take-over/"
    page = browser.post(place, {"field": "city", "offered": ["phone", "city", "email"]}, follow=True)
    assert "1 detail now has Fortnox&#x27;s value." in page.content.decode()
    client.refresh_from_db()
    assert (client.city, client.phone, client.email) == ("Lund", "040-1", "")
    browser.post(place, {"offered": ["phone", "email"], "version": client.version})
    client.refresh_from_db()
    assert (client.phone, client.email) == ("040-2", "a@b.example")


def test_taking_over_from_an_old_page_is_told(clients, signed_in, owner):
    """B17."""
    CustomerRecord.objects.filter(number="1").update(city="Lund")
    record, client = CustomerRecord.objects.get(number="1"), clients["Linked"]
    answer = signed_in(owner).post(
        f"{CUSTOMERS}{record.pk}/take-over/", {"field": "city", "version": client.version + 1}, follow=True
    )
    assert "another person has changed this client in the meantime" in answer.content.decode()
    client.refresh_from_db()
    assert client.city == ""


def test_a_changed_identity_is_a_warning_with_two_ways_out(clients, signed_in, owner):
    """B44."""
    CustomerRecord.objects.filter(number="1").update(identity_changed_at=AT)
    browser, record = signed_in(owner), CustomerRecord.objects.get(number="1")
    page = Page(dialog(browser, clients["Linked"]).content.decode())
    assert "Fortnox customer 1 has another organisation number than when it was linked." in page.all("p")
    assert page.all("button").count("It is the same client 1") == 1
    browser.post(f"{CUSTOMERS}{record.pk}/same-client/")
    record.refresh_from_db()
    assert (record.identity_changed_at, record.client) == (None, clients["Linked"])


def test_of_several_linked_customers_the_invoiced_one_is_named_and_another_can_be_chosen(clients, signed_in, owner):
    browser, client = signed_in(owner), clients["Two"]

    def named():
        page = Page(dialog(browser, client).content.decode())
        told = [text for text in page.all("p") if text.startswith("Last read")]
        buttons = [button for button in page.all("button") if button.startswith("Invoice")]
        return ["Invoices to this client go to this customer" in text for text in told], buttons

    first, second = CustomerRecord.objects.filter(client=client).order_by("id")
    assert named() == ([True, False], [f"Invoice this one {second.number}"])
    browser.post(f"{CUSTOMERS}{second.pk}/invoiced/", {"from": "dialog"})
    assert named() == ([False, True], [f"Invoice this one {first.number}"])


def test_a_customer_that_was_not_suggested_is_found_and_linked(clients, signed_in, owner):
    other = customer("77", name="Helt Annat Namn AB")
    browser, client = signed_in(owner), clients["Not linked"]
    answer = browser.get(f"/w/byran/settings/fortnox/clients/{client.pk}/", {"q": "annat namn"})
    page = Page(answer.content.decode())
    assert [button for button in page.all("button") if button.startswith("Link")] == ["Link 77 Helt Annat Namn AB"]
    browser.post(f"{CUSTOMERS}{other.pk}/link/", {"client": client.pk, "from": "dialog"})
    other.refresh_from_db()
    assert other.client == client


def test_a_search_shows_ten_at_most(clients, signed_in, owner):
    for number in range(100, 115):
        customer(str(number), name="Filial AB")
    answer = signed_in(owner).get(f"/w/byran/settings/fortnox/clients/{clients['Not linked'].pk}/", {"q": "filial"})
    assert len([button for button in Page(answer.content.decode()).all("button") if button.startswith("Link")]) == 10


def test_its_page_marks_clients_in_the_menu(clients, signed_in, owner):
    assert marked_in_menu(dialog(signed_in(owner), clients["Linked"])) == {LIST}
