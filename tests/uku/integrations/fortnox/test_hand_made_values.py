"""What a person typed or imported from a file no sync, link or bulk action changes; empty ones are filled."""

from __future__ import annotations

import pytest
from tests.uku.integrations.fortnox.simulated import NUMBERS
from tests.uku.web.page_reader import Page

from uku.clients.import_files.operations import confirm_import, upload_file
from uku.clients.import_files.preview import preview_of
from uku.clients.models import Client
from uku.clients.operations import create_client
from uku.integrations.fortnox.customers import bulk_create
from uku.integrations.fortnox.models import CustomerRecord, NewClients
from uku.kit import clock
from uku.workspaces.models import AuditEntry

HOURS = 3600
CLIENTS, CUSTOMERS = "/w/byran/clients/", "/w/byran/settings/fortnox/customers/"
TYPED = {
    "name": "Handgjorda AB",
    "organisation_number": "4550000006",
    "vat_number": "",
    "email": "hand@hand.example",
    "phone": "040-1",
    "address1": "Handgatan 1",
    "address2": "",
    "postcode": "211 34",
    "city": "Malmö",
    "country": "DK",
    "currency": "NOK",
    "payment_days": 20,
}
THEIRS = {
    "Name": "Fortnox Kund AB",
    "OrganisationNumber": NUMBERS[0],
    "Email": "theirs@kund.example",
    "Phone1": "08-2",
    "Address1": "Kundgatan 2",
    "Address2": "Box 2",
    "ZipCode": "111 22",
    "City": "Stockholm",
    "CountryCode": "NO",
    "Currency": "EUR",
    "TermsOfPayment": "10",
    "VATNumber": "SE455000000601",
    "VATType": "EXPORT",
}
FILLED = {"address2": "Box 2", "vat_number": "SE455000000601", "vat_type": "export"}
FILE = (
    "Namn;Orgnr;E-post;Telefon;Adress;Postnummer;Ort;Land;Valuta;Betalningsvillkor\n"
    "Handgjorda AB;4550000006;hand@hand.example;040-1;Handgatan 1;211 34;Malmö;DK;NOK;20\n"
)


@pytest.fixture
def browser(signed_in, owner):
    return signed_in(owner)


def typed_in_the_form(browser, owner):
    assert browser.post(f"{CLIENTS}new/", TYPED).status_code == 302
    return Client.objects.get()


def taken_from_a_file(browser, owner):
    take_file(owner, FILE)
    return Client.objects.get()


def made_by_a_script(browser, owner):
    return create_client(actor=None, at=clock.now(), **TYPED)


def take_file(owner, text):
    file = upload_file(actor=owner, at=clock.now(), name="kunder.csv", content=text.encode())
    confirm_import(file=file, actor=owner, at=clock.now(), seen=preview_of(file).figures)


def values(names=(*TYPED, "vat_type")):
    return dict(Client.objects.values(*names).get())


def imported():
    """What imports changed, oldest first, as the audit log tells it: both sides of each change."""
    entries = AuditEntry.objects.filter(action="client.import").order_by("position")
    assert {entry.actor for entry in entries} <= {None}
    return [(entry.before, entry.after) for entry in entries]


def press(browser, record, button, **fields):
    assert browser.post(f"{CUSTOMERS}{record.pk}/{button}/", fields).status_code == 302


WAYS = pytest.mark.parametrize("make", [typed_in_the_form, taken_from_a_file, made_by_a_script])


@WAYS
def test_hand_made_values_stay_when_an_import_links_the_client_and_only_empty_ones_are_filled(
    fortnox, connection, owner, browser, read, make
):
    make(browser, owner)
    number = fortnox.customer(**THEIRS)
    read()
    assert CustomerRecord.objects.get().client is not None
    assert values() == {**TYPED, **FILLED}
    assert imported() == [
        ({"address2": ""}, {"address2": "Box 2"}),
        ({"vat_number": "", "vat_type": ""}, {"vat_number": "SE455000000601", "vat_type": "export"}),
    ]
    summaries = AuditEntry.objects.filter(action="client.import").order_by("position").values_list("summary", flat=True)
    assert list(summaries) == [
        f"Handgjorda AB: details imported from Fortnox customer {number}",
        f"Handgjorda AB: details imported from Fortnox customer {number}",
    ]


@WAYS
def test_the_difference_of_a_hand_made_value_is_shown_and_can_be_applied(
    fortnox, connection, owner, browser, read, make
):
    client = make(browser, owner)
    number = fortnox.customer(**THEIRS)
    read()
    page = Page(browser.get(f"/w/byran/settings/fortnox/clients/{client.pk}/").content.decode())
    assert page.rows[1:] == [
        ["Name", "Handgjorda AB written here", "Fortnox Kund AB", f"Differs Use Fortnox's value Name {number}"],
        ["Organisation number", "455000-0006 written here", "455000-0006", ""],
        ["VAT number", "SE455000000601", "SE455000000601", ""],
        [
            "E-mail",
            "hand@hand.example written here",
            "theirs@kund.example",
            f"Differs Use Fortnox's value E-mail {number}",
        ],
        ["Phone", "040-1 written here", "08-2", f"Differs Use Fortnox's value Phone {number}"],
        ["Address", "Handgatan 1 written here", "Kundgatan 2", f"Differs Use Fortnox's value Address {number}"],
        ["Address, second line", "Box 2", "Box 2", ""],
        ["Postcode", "211 34 written here", "111 22", f"Differs Use Fortnox's value Postcode {number}"],
        ["City", "Malmö written here", "Stockholm", f"Differs Use Fortnox's value City {number}"],
        ["Country", "Denmark written here", "Norway", f"Differs Use Fortnox's value Country {number}"],
        ["Currency", "NOK written here", "EUR", f"Differs Use Fortnox's value Currency {number}"],
        [
            "Terms of payment",
            "20 days written here",
            "10 days",
            f"Differs Use Fortnox's value Terms of payment {number}",
        ],
        ["VAT type", "Export outside the EU", "Export outside the EU", ""],
    ]
    press(browser, CustomerRecord.objects.get(), "take-over", field="phone")
    assert values() == {**TYPED, **FILLED, "phone": "08-2"}
    entry = AuditEntry.objects.get(action="client.take_over")
    assert (entry.actor, entry.before, entry.after) == (owner, {"phone": "040-1"}, {"phone": "08-2"})


PROPOSED = {"country": "SE", "currency": "SEK", "payment_days": ""}


def test_what_the_form_proposes_and_nobody_changed_follows_fortnox(
    fortnox, connection, owner, browser, read, move_clock
):
    assert browser.post(f"{CLIENTS}new/", {**TYPED, **PROPOSED}).status_code == 302
    number = fortnox.customer(**THEIRS)
    read()
    assert values(PROPOSED) == {"country": "NO", "currency": "EUR", "payment_days": 10}
    move_clock(seconds=3 * HOURS)
    fortnox.change_customer(number, Currency="USD")
    read()
    assert values(["currency", "name"]) == {"currency": "USD", "name": "Handgjorda AB"}


def test_a_proposed_value_that_a_person_empties_stays_empty(fortnox, connection, owner, browser, read):
    assert browser.post(f"{CLIENTS}new/", {**TYPED, **PROPOSED, "country": ""}).status_code == 302
    fortnox.customer(**THEIRS)
    read()
    assert values(["country", "currency"]) == {"country": "", "currency": "EUR"}


def test_a_filled_cell_of_a_file_is_made_by_hand_whatever_it_says(fortnox, connection, owner, read):
    take_file(owner, FILE.replace("DK;NOK;20", "SE;SEK;30"))
    fortnox.customer(**THEIRS)
    read()
    assert values(PROPOSED) == {**PROPOSED, "payment_days": 30}


def test_an_applied_value_is_fortnoxs_again_and_each_later_change_of_it_is_written_down_with_both_sides(
    fortnox, connection, owner, browser, read, move_clock
):
    typed_in_the_form(browser, owner)
    number = fortnox.customer(**THEIRS)
    read()
    press(browser, CustomerRecord.objects.get(), "take-over", field="phone")
    before = len(imported())
    for _ in range(2):
        move_clock(seconds=3 * HOURS)
        fortnox.change_customer(number, Phone1="08-3", Email="other@kund.example")
        read()
    assert values() == {**TYPED, **FILLED, "phone": "08-3"}
    assert imported()[before:] == [({"phone": "08-2"}, {"phone": "08-3"})]


def test_a_field_emptied_by_hand_stays_empty(fortnox, connection, owner, browser, read, move_clock):
    number = fortnox.customer(**THEIRS)
    read()
    client = Client.objects.get()
    form = {**values(TYPED), "version": client.version, "phone": ""}
    assert browser.post(f"{CLIENTS}{client.pk}/edit/", form).status_code == 302
    move_clock(seconds=3 * HOURS)
    fortnox.change_customer(number, Phone1="08-3", Email="other@kund.example")
    read()
    assert values(["phone", "email"]) == {"phone": "", "email": "other@kund.example"}
    page = Page(browser.get(f"/w/byran/settings/fortnox/clients/{client.pk}/").content.decode())
    assert page.rows[5] == ["Phone", "– emptied here", "08-3", f"Differs Use Fortnox's value Phone {number}"]


def test_a_file_that_changes_a_client_from_fortnox_stays_and_the_other_fields_follow_fortnox(
    fortnox, connection, owner, browser, read, move_clock
):
    number = fortnox.customer(**THEIRS)
    read()
    take_file(owner, "Namn;Orgnr;Telefon\nHandgjorda AB;455000-0006;040-1\n")
    move_clock(seconds=3 * HOURS)
    fortnox.change_customer(number, Name="Ny AB", Phone1="08-3", Email="other@kund.example", TermsOfPayment="15")
    before = len(imported())
    read()
    names = ["name", "phone", "email", "payment_days"]
    assert values(names) == {
        "name": "Handgjorda AB",
        "phone": "040-1",
        "email": "other@kund.example",
        "payment_days": 15,
    }
    assert imported()[before:] == [
        ({"email": "theirs@kund.example"}, {"email": "other@kund.example"}),
        ({"payment_days": "10"}, {"payment_days": "15"}),
    ]


def test_linking_by_hand_in_the_review_queue_keeps_hand_made_values(fortnox, connection, owner, browser, read):
    connection.new_clients = NewClients.ASK
    connection.save(update_fields=["new_clients"])
    fortnox.customer(**{**THEIRS, "OrganisationNumber": NUMBERS[1]})
    read()
    client = typed_in_the_form(browser, owner)
    press(browser, CustomerRecord.objects.get(), "link", client=client.pk)
    read(full=True)
    assert values() == {**TYPED, **FILLED}
    assert imported() == [
        ({"address2": ""}, {"address2": "Box 2"}),
        ({"vat_number": "", "vat_type": ""}, {"vat_number": "SE455000000601", "vat_type": "export"}),
    ]


@pytest.mark.parametrize("bulk", [False, True])
def test_a_client_made_from_a_customer_by_a_person_follows_fortnox(
    fortnox, connection, owner, browser, read, move_clock, bulk
):
    """The values are Fortnox's, whoever pressed the button."""
    connection.new_clients = NewClients.ASK
    connection.save(update_fields=["new_clients"])
    number = fortnox.customer(**THEIRS)
    read()
    record = CustomerRecord.objects.get()
    if bulk:
        bulk_create.create_all(up_to=record.pk, actor=owner, at=clock.now())
    else:
        press(browser, record, "create-client")
    move_clock(seconds=3 * HOURS)
    fortnox.change_customer(number, Name="Ny AB")
    read()
    assert values(["name", "email", "payment_days"]) == {
        "name": "Ny AB",
        "email": "theirs@kund.example",
        "payment_days": 10,
    }
    assert ({"name": "Fortnox Kund AB"}, {"name": "Ny AB"}) in imported()


@pytest.fixture
def second(fortnox, connection, browser, read):
    """A client made from a customer, edited by hand in one field, and a second customer of it."""
    fortnox.customer(**THEIRS)
    read()
    client = Client.objects.get()
    form = {**values(TYPED), "version": client.version, "phone": "040-1"}
    assert browser.post(f"{CLIENTS}{client.pk}/edit/", form).status_code == 302
    connection.new_clients = NewClients.ASK
    connection.save(update_fields=["new_clients"])
    facts = {"Name": "Andra AB", "Email": "second@kund.example", "Phone1": "08-9", "OrganisationNumber": NUMBERS[1]}
    number = fortnox.customer(**{**THEIRS, **facts})
    read()
    record = CustomerRecord.objects.get(number=number)
    press(browser, record, "link", client=client.pk)
    return record


FIRST_ONES = {"name": "Fortnox Kund AB", "email": "theirs@kund.example", "phone": "040-1"}
SECOND_ONES = {**FIRST_ONES, "email": "second@kund.example"}


def test_invoicing_another_customer_changes_the_terms_and_not_who_the_client_is_and_says_what_stood_there(
    second, browser, read
):
    before = len(imported())
    press(browser, second, "invoiced")
    read(full=True)
    assert values(FIRST_ONES) == SECOND_ONES
    assert imported()[before:] == [({"email": "theirs@kund.example"}, {"email": "second@kund.example"})]


def test_invoicing_another_customer_renames_no_client_that_a_person_named(fortnox, connection, owner, browser, read):
    client = typed_in_the_form(browser, owner)
    fortnox.customer(**THEIRS)
    other = fortnox.customer(**{**THEIRS, "Name": "Andra AB", "OrganisationNumber": NUMBERS[1]})
    read()
    record = CustomerRecord.objects.get(number=other)
    own = record.client
    press(browser, record, "unlink")
    press(browser, record, "link", client=client.pk)
    press(browser, record, "invoiced")
    read(full=True)
    client.refresh_from_db()
    assert {name: getattr(client, name) for name in TYPED if TYPED[name] != ""} == {
        name: value for name, value in TYPED.items() if value != ""
    }
    assert own.name == "Andra AB"


def test_a_customer_that_may_be_somebody_else_fills_nothing_when_it_is_chosen_to_be_invoiced(
    second, fortnox, browser, read, move_clock
):
    move_clock(seconds=3 * HOURS)
    fortnox.change_customer(second.number, OrganisationNumber=NUMBERS[2], Name="Någon Annan AB")
    read()
    second.refresh_from_db()
    assert second.identity_changed_at is not None
    press(browser, second, "invoiced")
    read(full=True)
    assert values(FIRST_ONES) == FIRST_ONES
    press(browser, second, "same-client")
    read(full=True)
    assert values(FIRST_ONES) == SECOND_ONES


def test_a_reused_number_changes_no_hand_made_value_even_when_a_person_says_it_is_the_same_client(
    fortnox, connection, owner, browser, read, move_clock
):
    typed_in_the_form(browser, owner)
    number = fortnox.customer(**THEIRS)
    read()
    move_clock(seconds=3 * HOURS)
    fortnox.change_customer(number, OrganisationNumber=NUMBERS[1], Name="Någon Annan AB", Address2="Box 3")
    read()
    assert values() == {**TYPED, **FILLED}
    press(browser, CustomerRecord.objects.get(), "same-client")
    read(full=True)
    assert values() == {**TYPED, **FILLED, "address2": "Box 3"}


def test_unlinking_and_linking_another_customer_keeps_hand_made_values(fortnox, connection, owner, browser, read):
    client = typed_in_the_form(browser, owner)
    fortnox.customer(**THEIRS)
    read()
    press(browser, CustomerRecord.objects.get(), "unlink")
    connection.new_clients = NewClients.ASK
    connection.save(update_fields=["new_clients"])
    other = fortnox.customer(**{**THEIRS, "Address2": "Box 3", "OrganisationNumber": NUMBERS[1]})
    read()
    before = len(imported())
    press(browser, CustomerRecord.objects.get(number=other), "link", client=client.pk)
    read(full=True)
    assert values() == {**TYPED, **FILLED, "address2": "Box 3"}
    assert imported()[before:] == [({"address2": "Box 2"}, {"address2": "Box 3"})]


def test_a_value_applied_from_a_customer_that_is_not_invoiced_is_a_persons_choice_and_stays(second, browser, read):
    """The customer that is invoiced fills the client, and would undo it with its next page."""
    press(browser, second, "take-over", field="email")
    read(full=True)
    assert values(FIRST_ONES) == {**FIRST_ONES, "email": "second@kund.example"}


def test_a_number_in_the_log_of_an_import_is_masked_when_it_is_or_becomes_a_persons(
    fortnox, connection, owner, browser, read, move_clock
):
    number = fortnox.customer(**{**THEIRS, "OrganisationNumber": "", "VATNumber": "", "Type": "COMPANY"})
    read()
    before = len(imported())
    move_clock(seconds=3 * HOURS)
    fortnox.change_customer(number, OrganisationNumber="750231-0241", Type="PRIVATE")
    read()
    assert imported()[before:] == [
        ({"organisation_number": ""}, {"organisation_number": "750231-****"}),
        ({"is_person": "False"}, {"is_person": "True"}),
    ]
