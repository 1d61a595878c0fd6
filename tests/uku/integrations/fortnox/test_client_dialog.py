"""How a client stands with Fortnox: in the list, and in the dialog that its badge opens."""

from __future__ import annotations

import pytest
from tests.uku.conftest import AT
from tests.uku.web.reading import Page

from uku.clients.operations import create_client
from uku.integrations.fortnox import linking
from uku.integrations.fortnox.models import CustomerRecord, Problem
from uku.workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
LIST = "/w/byran/clients/"


def customer(number, **facts):
    return CustomerRecord.objects.create(
        **{"company_id": "1", "number": number, "name": f"Customer {number}", "seen_at": AT, **facts}
    )


@pytest.fixture
def clients(scope, owner):
    """One client in each state."""
    named = {
        name: create_client(actor=owner, at=AT, name=name, organisation_number="556036-0793", phone="040-1")
        for name in ("Inactive", "Linked", "Not linked", "Problem", "Suggested", "Two")
    }
    customer("1", client=named["Linked"])
    customer("2", client=named["Inactive"], active=False)
    customer("3", suggested=named["Suggested"], evidence="Same name")
    customer("4", client=named["Problem"])
    customer("5", client=named["Two"], active=False)
    customer("6", client=named["Two"])
    facts = {"company_id": "1", "kind": "customer", "first_at": AT, "last_at": AT}
    Problem.objects.create(number="4", **facts)
    Problem.objects.create(number="1", solved_at=AT, **facts)
    return named


def dialog(browser, client):
    return browser.get(f"/w/byran/settings/fortnox/clients/{client.pk}/")


def test_the_list_says_how_each_client_stands_and_leads_to_its_dialog(clients, signed_in, owner):
    page = Page(signed_in(owner).get(LIST).content.decode())
    assert {row[1]: row[5].removesuffix(row[1]).strip() for row in page.rows[1:]} == {
        "Inactive": "Inactive in Fortnox",
        "Linked": "Linked 1",
        "Not linked": "Not linked",
        "Problem": "Problem",
        "Suggested": "Suggested",
        "Two": "Linked 6",
    }
    assert page.values("a", "hx-get") == [
        f"/w/byran/settings/fortnox/clients/{client.pk}/" for _name, client in sorted(clients.items())
    ]


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("linked", ["Linked", "Two"]),
        ("suggested", ["Suggested"]),
        ("not_linked", ["Not linked"]),
        ("inactive", ["Inactive"]),
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
        ["Name", "Linked", "Linked", ""],
        ["Organisation number", "556036-0793", "556036-0793", ""],
        ["Phone", "040-1", "040-2", "Differs"],
        ["City", "–", "Lund", "Differs"],
    ]
    assert [button for button in page.all("button") if button.endswith(" 1")] == ["Unlink 1"]


def test_a_suggested_customer_has_its_decisions_in_the_dialog(clients, signed_in, owner):
    record = CustomerRecord.objects.get(number="3")
    page = Page(dialog(signed_in(owner), clients["Suggested"]).content.decode())
    assert [button for button in page.all("button") if button.endswith(" 3")] == ["Link 3", "Create client 3"]
    assert f"/w/byran/settings/fortnox/customers/{record.pk}/link/" in page.values("form", "action")


def test_a_client_without_a_customer_is_told_so(clients, signed_in, owner):
    text = dialog(signed_in(owner), clients["Not linked"]).content.decode()
    assert "No Fortnox customer is linked to this client" in text


def test_a_person_is_masked_on_both_sides(clients, signed_in, owner):
    person = create_client(actor=owner, at=AT, name="Anna", organisation_number="7502311231")
    customer("9", client=person, organisation_number="750231-1231")
    html = dialog(signed_in(owner), person).content.decode()
    assert html.count("750231-****") == 2
    assert "1231" not in html


def test_an_unlinked_customer_waits_for_a_person_and_no_run_links_it_again(clients, signed_in, owner):
    from uku.clients.matching import ContactDetails, Index

    browser, client = signed_in(owner), clients["Linked"]
    record = CustomerRecord.objects.get(number="1")
    answer = browser.post(f"/w/byran/settings/fortnox/customers/{record.pk}/unlink/")
    assert answer["Location"] == f"/w/byran/settings/fortnox/clients/{client.pk}/"
    same = ContactDetails("1", client.name, client.organisation_number)
    record.refresh_from_db()
    assert linking.place(record, same, {"name": client.name}, Index([client.details]), AT) == "suggested"
    record.refresh_from_db()
    assert (record.client, record.suggested, record.evidence) == (None, client, f"Unlinked by {owner}")
    entry = AuditEntry.objects.latest("position")
    assert (entry.action, entry.summary) == ("fortnox.unlink", "Fortnox customer 1 unlinked from Linked")
    assert browser.post(f"/w/byran/settings/fortnox/customers/{record.pk}/unlink/").status_code == 404


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
