from __future__ import annotations

from decimal import Decimal

import pytest
from django.test.utils import CaptureQueriesContext

from uku.workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
LIST = "/w/byran/clients/"
FACTS = {
    "name": "Möbelverkstan AB",
    "organisation_number": "",
    "email": "",
    "country": "SE",
    "currency": "SEK",
    "payment_days": "",
}


@pytest.fixture
def rows(make, scope, owner):
    make.client(owner, "Öberg & Co", organisation_number="4022000014", email="o@oberg.example")
    make.client(owner, "Östergren, Anna", organisation_number="7502311231", city="Lund")
    make.client(owner, "Åkerlunds Bygg AB")


def test_the_list_shows_what_a_bookkeeper_looks_for(read, signed_in, owner, rows, no_integration):
    """On a phone the city stands beside the number, since its column is not shown."""
    page = read(signed_in(owner).get(LIST))
    assert page.heading == "Clients"
    assert page.rows == [
        ["", "Name ↑", "Organisation number", "City", "Responsible", "Last invoice", "Unpaid"],
        ["", "Åkerlunds Bygg AB", "Malmö", "Malmö", "", "", ""],
        ["", "Öberg & Co", "402200-0014 · Malmö", "Malmö", "", "", ""],
        ["", "Östergren, Anna", "750231-**** · Lund", "Lund", "", "", ""],
    ]


def test_with_an_integration_the_list_has_its_column(read, signed_in, owner, rows, ledger):
    page = read(signed_in(owner).get(LIST))
    assert page.rows[0][4:] == ["Responsible", "Last invoice", "Unpaid", "Integration"]
    assert [row[7].split()[0] for row in page.rows[1:]] == ["Linked", "Linked", "Linked"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("oberg", ["Öberg & Co"]),
        ("402200-0014", ["Öberg & Co"]),
        ("@oberg.example", ["Öberg & Co"]),
        ("bygg ak", ["Åkerlunds Bygg AB"]),
        ("nobody", []),
        ("%", []),
        ("\x00", ["Åkerlunds Bygg AB", "Öberg & Co", "Östergren, Anna"]),
    ],
)
def test_search_finds_by_name_number_and_email(read, signed_in, owner, rows, words, names, no_integration):
    page = read(signed_in(owner).get(LIST, {"q": words}))
    assert [row[1] for row in page.rows[1:]] == names


def test_a_search_as_one_types_answers_with_the_rows_alone(signed_in, owner, rows, no_integration):
    client = signed_in(owner)
    part = client.get(LIST, {"q": "oberg"}, headers={"HX-Request": "true", "HX-Target": "rows"})
    assert part.content.strip().startswith(b'<div class="list-bar"')
    assert part.content.count(b"<tr>") == 2


def test_an_empty_list_offers_the_first_step(read, signed_in, owner, workspace, no_integration):
    page = read(signed_in(owner).get(LIST))
    assert page.all("h2") == ["No clients yet"]
    assert "Open Settings & Apps" in page.all("a")


def test_fifty_clients_are_a_page_and_nonsense_pages_are_the_nearest(read, make, signed_in, scope, owner):
    for number in range(52):
        make.client(owner, f"Client {number:02}")
    client = signed_in(owner)
    assert len(read(client.get(LIST)).rows) == 51
    last = ["Client 50", "Client 51"]
    for page in ("2", "99", "9" * 40):
        assert [row[1] for row in read(client.get(LIST, {"page": page})).rows[1:]] == last
    assert len(read(client.get(LIST, {"page": "x"})).rows) == 51


def test_the_list_asks_as_often_for_fifty_as_for_one(make, signed_in, scope, owner, ledger):
    from django.db import connection

    client = signed_in(owner)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        return len(queries)

    make.client(owner, "First")
    few = asked()
    for number in range(49):
        make.client(owner, f"Client {number}")
    assert asked() == few
    assert few <= 8


def test_the_client_page_shows_details_panels_invoices_and_tasks(read, signed_in, owner, records, ledger):
    page = read(signed_in(owner).get(f"{LIST}{records.client.pk}/"))
    assert page.heading == "Åkerlunds Bygg AB"
    assert [words for words in page.all("h2")[:5] if words != "Twelve months"] == [
        "Invoices",
        "Tasks",
        "Contact details",
        "Ledger",
    ]
    assert page.facts["Address"] == "Storgatan 1 211 34 Malmö"
    assert page.facts["Terms of payment"] == "Your company's own, SEK"
    assert page.facts["Customer"] == "1042"
    assert sorted(row[0] for row in page.rows if row[-1] == "3,125.00 SEK") == ["900000001", "Draft"]
    assert [row[0] for row in page.rows if row[0].startswith("Monthly")] == ["Monthly summary March 2026"]
    assert "/refresh/" in page.values("form", "action")


def test_the_client_page_says_what_is_unpaid_and_draws_twelve_months(read, signed_in, owner, records, ledger):
    from datetime import date

    from uku.kit.money import ZERO
    from uku.kit.scoping import workspace_in_force
    from uku.web.client_figures import invoiced_by_month

    page = read(signed_in(owner).get(f"{LIST}{records.client.pk}/"))
    assert (page.facts["Unpaid"], page.facts["Last invoice"]) == ("3,125.00 SEK", "1 Mar 2026")
    with workspace_in_force(records.client.workspace_id):
        currency, chart = invoiced_by_month(records.client, date(2026, 4, 30))
    bars = [(drawn.bar.label, drawn.bar.short, drawn.bar.value) for drawn in chart.bars]
    assert (currency, len(bars), bars[0], bars[-2]) == (
        "SEK",
        12,
        ("May 2025", "May", ZERO),
        ("March 2026", "Mar", Decimal("2500.00")),
    )


def test_the_form_gives_a_client_somebody_responsible_of_this_workspace(
    read, make, signed_in, scope, owner, admin, stranger
):
    client = make.client(owner, "Ek")
    path = f"{LIST}{client.pk}/edit/"
    facts = {**FACTS, "name": "Ek", "version": "1"}
    assert signed_in(owner).post(path, {**facts, "default_user": stranger.pk}).status_code == 422
    assert signed_in(owner).post(path, {**facts, "default_user": admin.pk}).status_code == 302
    assert read(signed_in(owner).get(f"{LIST}{client.pk}/")).facts["Responsible"] == str(admin)


def test_a_person_is_masked_on_the_client_page(make, signed_in, scope, owner):
    person = make.client(owner, "Östergren, Anna", organisation_number="7502311231")
    html = signed_in(owner).get(f"{LIST}{person.pk}/").content.decode()
    assert "750231-****" in html
    assert "1231" not in html


def test_a_member_changes_no_client(read, signed_in, member, records, no_integration):
    client = signed_in(member)
    for path in (LIST, f"{LIST}{records.client.pk}/"):
        page = read(client.get(path))
        assert not {"Add client", "Edit", "Archive"} & {*page.all("a"), *page.all("button")}


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_owners_and_admins_add_a_client(request, read, signed_in, workspace, role):
    from uku.clients.models import Client

    browser = signed_in(request.getfixturevalue(role))
    answer = browser.post(f"{LIST}new/", {**FACTS, "organisation_number": "402200-0014", "payment_days": "10"})
    made = Client.everywhere.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}{made.pk}/")
    assert (made.name, made.organisation_number, made.payment_days) == ("Möbelverkstan AB", "4022000014", 10)
    assert made.workspace_id == workspace.pk


@pytest.mark.parametrize(
    ("country", "number", "stored", "shown"),
    [
        ("DK", "7689 0943", "76890943", "76890943"),
        ("PL", "526-025-02-74", "5260250274", "5260250274"),
        ("DE", "HRB 12345", "HRB 12345", "HRB 12345"),
        ("SE", "402200-0014", "4022000014", "402200-0014"),
    ],
)
def test_a_number_follows_the_rules_of_the_country_and_is_shown_so(
    read, signed_in, owner, workspace, country, number, stored, shown
):
    from uku.clients.models import Client

    browser = signed_in(owner)
    vat = "no 974 760 673 mva"
    facts = {**FACTS, "organisation_number": number, "country": country, "vat_number": vat}
    made = read(browser.post(f"{LIST}new/", facts, follow=True))
    client = Client.everywhere.get()
    assert (client.organisation_number, client.vat_number) == (stored, "NO974760673MVA")
    assert made.facts["Organisation number"] == shown


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", " ", "Write the client's name."),
        ("organisation_number", "402200-0015", "The check digit of this number is wrong."),
        ("vat_number", "SE402200001501", "This is no VAT number."),
        ("email", "not an address", "Write an e-mail address like name@company.se."),
        ("payment_days", "-1", "Ensure this value is greater than or equal to 0."),
        ("payment_days", "99999", "Ensure this value is less than or equal to 365."),
        ("currency", "XXX", "Select a valid choice."),
        ("name", "a\x00b", "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_saved_is_said_in_words(signed_in, owner, workspace, field, value, sentence):
    from html import unescape

    from uku.clients.models import Client

    answer = signed_in(owner).post(f"{LIST}new/", {**FACTS, field: value})
    assert answer.status_code == 422
    text = unescape(answer.content.decode())
    assert "The client is not saved." in text
    assert sentence in text
    assert Client.everywhere.count() == 0


def test_editing_changes_only_what_was_changed(make, signed_in, scope, owner):
    stored = make.client(owner, "Möbelverkstan AB", organisation_number="402200-0014", email="a@x.example;b@x.example")
    facts = {
        **FACTS,
        "version": "1",
        "organisation_number": "402200-0014",
        "email": stored.email,
        "address1": "Nya vägen 2",
        "postcode": stored.postcode,
        "city": stored.city,
    }
    answer = signed_in(owner).post(f"{LIST}{stored.pk}/edit/", facts)
    assert answer.status_code == 302
    stored.refresh_from_db()
    assert AuditEntry.objects.get(action="client.edit").after == {"address1": "Nya vägen 2"}
    assert (stored.address1, stored.organisation_number) == ("Nya vägen 2", "402200-0014")


def test_the_edit_form_shows_an_unusual_currency_and_keeps_it(read, make, signed_in, scope, owner):
    stored = make.client(owner, "Tokyo KK", currency="JPY", country="JP")
    page = read(signed_in(owner).get(f"{LIST}{stored.pk}/edit/"))
    assert page.heading == "Edit Tokyo KK"
    chosen = [attributes["value"] for tag, attributes in page.tags if tag == "option" and "selected" in attributes]
    assert chosen == ["JP", "JPY", "", ""]  # the language by the country, and nobody responsible
