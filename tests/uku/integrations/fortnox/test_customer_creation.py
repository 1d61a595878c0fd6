"""A client that is no customer yet is created in Fortnox with its first invoice, by the firm's choice, and once."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tests.uku.integrations.fortnox.conftest import clear_queue, issue, make_draft
from tests.uku.integrations.fortnox.simulated import FIRST, until

from uku.clients.models import Client
from uku.clients.operations import create_client
from uku.integrations.fortnox.connection.choices import choose_new_customers
from uku.integrations.fortnox.customers.review import unlink
from uku.integrations.fortnox.integration import FortnoxIntegration
from uku.integrations.fortnox.invoices.export import process_export
from uku.integrations.fortnox.invoices.retry import retry_export
from uku.integrations.fortnox.mapping import customer_payload
from uku.integrations.fortnox.models import (
    Connection,
    CreationState,
    CustomerCreation,
    CustomerRecord,
    ExportState,
    InvoiceExport,
    NewCustomers,
)
from uku.invoices.checks import InvoiceNotReady
from uku.kit import clock
from uku.workspaces.models import AuditEntry
from uku.workspaces.permissions import NotAllowed

POST = {"method": "POST", "path": "/3/customers"}
NUMBER = "455000-0014"
DELETED = "Kundnummer {} används redan. Kundnumret har redan använts men blivit raderat."


@pytest.fixture
def client(shop, scope):
    """A client that Fortnox does not know, in a firm that lets Uku create customers."""
    choose_new_customers(workspace=scope, choice=NewCustomers.CREATE, actor=shop.owner, at=clock.now())
    return new_client(shop)


def new_client(shop, **facts):
    given = {"name": "Lind & Söner AB", "organisation_number": NUMBER, "address1": "Ågatan 2", "city": "Luleå"}
    return create_client(actor=shop.owner, at=clock.now(), **{**given, "country": "SE", **facts})


@pytest.fixture
def go(shop, later):
    """Take the one export on after some seconds have passed for it, and return its row."""

    def on(*, after: float = 0) -> InvoiceExport:
        (export,) = InvoiceExport.objects.all()
        later(export, seconds=after)
        clear_queue()
        process_export(export_id=export.pk)
        return InvoiceExport.objects.get()

    return on


def invoice_to(shop, client):
    return issue(shop.owner, client, shop.article)


def customers(fortnox, name="Lind & Söner AB") -> list[str]:
    """The numbers of the customers of this name in Fortnox."""
    with fortnox.app.installation.lock:
        rows = fortnox.app.installation.company(FIRST).table("customers").values()
        return [row["CustomerNumber"] for row in rows if row["Name"] == name and not row.get("_deleted")]


def count_answered_creates(fortnox) -> int:
    entries = fortnox.journal()
    sent = {e["n"] for e in entries if e["kind"] == "request" and (e["method"], e["path"]) == ("POST", "/3/customers")}
    return sum(entry["request"] in sent for entry in entries if entry["kind"] == "answer")


def error_text() -> str:
    return InvoiceExport.objects.get().error_text


def test_the_customer_is_created_before_its_first_invoice_and_used_for_the_next(fortnox, shop, client, run_jobs):
    before = fortnox.mark()
    first, second = invoice_to(shop, client), invoice_to(shop, client)
    run_jobs()
    number = f"U{client.pk}"
    record = CustomerRecord.objects.get(client=client)
    assert (record.number, record.vat_type, record.evidence) == (number, "SEVAT", "Created by Uku from the client")
    assert [request for request in fortnox.requests(before) if request.startswith("POST")] == [
        "POST customers",
        "POST invoices",
        "POST invoices",
    ]
    assert fortnox.creates() == {first.reference: 1, second.reference: 1}
    assert {row["CustomerNumber"] for row in fortnox.invoices()} == {number}
    assert CustomerCreation.objects.get().state == CreationState.CREATED
    told = AuditEntry.objects.get(action="fortnox.create_customer")
    assert (told.actor_id, told.summary) == (None, f"Lind & Söner AB: created in Fortnox as customer {number}")


def test_it_is_created_with_what_the_client_has(fortnox, shop, client, run_jobs):
    invoice_to(shop, client)
    run_jobs()
    with fortnox.app.installation.lock:
        row = fortnox.app.installation.company(FIRST).table("customers").rows[f"U{client.pk}"]
    told = [row[name] for name in ("Name", "OrganisationNumber", "Address1", "City", "CountryCode", "VATType", "Type")]
    assert told == ["Lind & Söner AB", NUMBER, "Ågatan 2", "Luleå", "SE", "SEVAT", "COMPANY"]
    assert (row["Currency"], row["ExternalReference"]) == ("SEK", CustomerCreation.objects.get().reference)


def test_what_a_client_has_is_sent():
    whole = Client(
        name="Virtanen Oy",
        organisation_number="0201724-4",
        vat_number="FI02017244",
        vat_type="eu_reverse_charge",
        email="info@virtanen.example",
        phone="+358 40 1",
        address1="Gatan 1",
        address2="c/o Ek",
        postcode="00100",
        city="Helsinki",
        country="FI",
        currency="EUR",
    )
    assert customer_payload(whole, number="U7", reference="R-1").to_dict() == {
        "CustomerNumber": "U7",
        "Name": "Virtanen Oy",
        "Type": "COMPANY",
        "OrganisationNumber": "0201724-4",
        "VATNumber": "FI02017244",
        "VATType": "EUREVERSEDVAT",
        "Email": "info@virtanen.example",
        "Phone1": "+358 40 1",
        "Address1": "Gatan 1",
        "Address2": "c/o Ek",
        "ZipCode": "00100",
        "City": "Helsinki",
        "CountryCode": "FI",
        "Currency": "EUR",
        "ExternalReference": "R-1",
    }


def test_what_a_client_lacks_is_left_out_and_a_name_of_no_usable_character_is_its_number():
    bare = customer_payload(Client(name="\x07", country="", currency=""), number="U7", reference="R-1").to_dict()
    assert bare == {
        "CustomerNumber": "U7",
        "Name": "U7",
        "Type": "COMPANY",
        "VATType": "SEVAT",
        "ExternalReference": "R-1",
    }


def test_without_the_choice_a_client_that_is_not_linked_cannot_be_invoiced(shop, fortnox):
    client, before = new_client(shop), fortnox.mark()
    with pytest.raises(InvoiceNotReady) as refused:
        invoice_to(shop, client)
    (check,) = refused.value.checks
    assert check.sentence == "Lind & Söner AB is not linked to a Fortnox customer."
    assert fortnox.requests(before) == []


def test_a_choice_that_was_taken_back_creates_nothing(fortnox, shop, scope, client, go):
    invoice_to(shop, client)
    choose_new_customers(workspace=scope, choice=NewCustomers.ASK, actor=shop.owner, at=clock.now())
    assert (go().state, customers(fortnox)) == (ExportState.REJECTED, [])
    assert error_text().startswith("Lind & Söner AB is not linked to a Fortnox customer.")


# What is in Fortnox already


@pytest.mark.parametrize("written", [NUMBER, NUMBER.replace("-", ""), f"16{NUMBER}"])
def test_a_customer_with_the_same_number_stops_it_however_it_is_written(fortnox, shop, client, go, run_jobs, written):
    there = fortnox.customer(Name="Lind och Söner Aktiebolag", OrganisationNumber=written)
    invoice_to(shop, client)
    assert (go().state, customers(fortnox)) == (ExportState.REJECTED, [])
    assert error_text() == (
        "Lind & Söner AB is not linked to a Fortnox customer, but Fortnox has one that may be the client:"
        f" {there} Lind och Söner Aktiebolag. Link the client. If it is somebody else, create the customer in Fortnox,"
        " and link that one. Then click Send to Fortnox."
    )


def test_a_customer_of_the_same_name_stops_it_where_no_number_tells_them_apart(fortnox, shop, client, go):
    fortnox.customer(Name="Lind & Söner AB", OrganisationNumber="")
    invoice_to(shop, client)
    assert (go().state, len(customers(fortnox))) == (ExportState.REJECTED, 1)


def test_a_customer_of_the_same_name_with_another_number_is_somebody_else(fortnox, shop, client, go):
    fortnox.customer(Name="Lind & Söner AB", OrganisationNumber="455000-0022")
    invoice_to(shop, client)
    assert (go().state, len(customers(fortnox))) == (ExportState.CONFIRMED, 2)


def test_what_was_imported_already_is_told_before_issue_without_a_request(fortnox, shop, client, read):
    there = fortnox.customer(Name="Lind och Söner Aktiebolag", OrganisationNumber=NUMBER)
    read()
    unlink(record=CustomerRecord.objects.get(number=there), actor=shop.owner, at=clock.now())
    draft, before = make_draft(shop.owner, client, shop.article), fortnox.mark()
    (check,) = FortnoxIntegration().invoice_checks(draft, list(draft.rows.select_related("product")))
    assert check.sentence == (
        "Lind & Söner AB is not linked to a Fortnox customer, but Fortnox has one that may be the client:"
        f" {there} Lind och Söner Aktiebolag."
    )
    assert fortnox.requests(before) == []


def test_a_client_that_a_person_unlinked_is_not_linked_again(fortnox, shop, client, go, run_jobs):
    invoice_to(shop, client)
    run_jobs()
    InvoiceExport.objects.all().delete()
    unlink(record=CustomerRecord.objects.get(client=client), actor=shop.owner, at=clock.now())
    with pytest.raises(InvoiceNotReady):
        invoice_to(shop, client)
    assert CustomerRecord.objects.filter(client=client).count() == 0


def test_a_client_abroad_without_a_vat_type_is_left_to_a_person(shop, client):
    finnish = new_client(shop, name="Koivu Oy", organisation_number="FI01120389", country="FI")
    with pytest.raises(InvoiceNotReady) as refused:
        invoice_to(shop, finnish)
    (check,) = refused.value.checks
    assert (check.sentence, check.remedy) == (
        "Koivu Oy is not linked to a Fortnox customer. Uku does not know the VAT type of a client abroad.",
        "Create the customer in Fortnox with its VAT type, and link the client.",
    )


# Faults


@pytest.mark.parametrize("phase", ["P2", "P1"], ids=["after the commit", "before the commit"])
@pytest.mark.parametrize("action", [{"action": "drop"}, {"status": 500, "body": "<html></html>"}], ids=["lost", "500"])
def test_a_create_without_an_answer_ends_with_one_customer(fortnox, shop, client, go, phase, action):
    fortnox.fault(**POST, phase=phase, **action)
    invoice_to(shop, client)
    assert (go().state, CustomerCreation.objects.get().state) == (ExportState.QUEUED, CreationState.SENT)
    assert (go(after=60).state, customers(fortnox)) == (ExportState.CONFIRMED, [f"U{client.pk}"])
    assert CustomerCreation.objects.get().state == CreationState.CREATED


def test_a_create_that_lands_after_it_was_sent_again_makes_no_second_customer(fortnox, shop, client, go):
    late = fortnox.fault(**POST, action="drop", phase="P5")
    invoice_to(shop, client)
    go()
    assert (go(after=60).state, customers(fortnox)) == (ExportState.CONFIRMED, [f"U{client.pk}"])
    fortnox.release(late)
    until(lambda: count_answered_creates(fortnox) == 2)
    assert customers(fortnox) == [f"U{client.pk}"]


def test_what_was_not_applied_is_sent_again(fortnox, shop, client, go):
    fortnox.fault(**POST, status=429)
    invoice_to(shop, client)
    assert (go().state, CustomerCreation.objects.get().state) == (ExportState.QUEUED, CreationState.PLANNED)
    assert (go(after=60).state, customers(fortnox)) == (ExportState.CONFIRMED, [f"U{client.pk}"])


def test_a_number_that_another_customer_has_is_left_to_it(fortnox, shop, client, go):
    """F18"""
    fortnox.customer(Name="Någon Annan AB", CustomerNumber=f"U{client.pk}")
    invoice_to(shop, client)
    assert (go().state, customers(fortnox)) == (ExportState.CONFIRMED, [f"U{client.pk}-2"])
    assert CustomerRecord.objects.get(client=client).number == f"U{client.pk}-2"


def test_a_number_that_a_deleted_customer_had_is_not_tried_for_ever(fortnox, shop, client, go):
    """F18"""
    number = fortnox.customer(Name="Någon Annan AB", CustomerNumber=f"U{client.pk}")
    delete_customer(fortnox, number)
    invoice_to(shop, client)
    assert (go().state, customers(fortnox)) == (ExportState.CONFIRMED, [f"U{client.pk}-2"])


def test_after_three_used_numbers_a_person_decides(fortnox, shop, client, go):
    """F18"""
    for tail in ("", "-2", "-3"):
        fortnox.customer(Name="Någon Annan AB", CustomerNumber=f"U{client.pk}{tail}")
    before = fortnox.mark()
    invoice_to(shop, client)
    assert (go().state, customers(fortnox)) == (ExportState.REJECTED, [])
    assert fortnox.requests(before).count("POST customers") == 3
    assert (InvoiceExport.objects.get().error_code, error_text()) == (
        "2000637",
        f"Kundnummer U{client.pk}-3 används redan.",
    )


def delete_customer(fortnox, number):
    with fortnox.app.installation.lock:
        company = fortnox.app.installation.company(FIRST)
        company.put("customers", number, {**company.get("customers", number), "_deleted": True})


def test_what_fortnox_refuses_is_shown_and_sent_again_by_a_person(fortnox, shop, client, go):
    text = "Värdet innehåller ej tillåtna tecken. (VATNumber)"
    body = f'{{"ErrorInformation":{{"error":1,"message":"{text}","code":2000359}}}}'
    fortnox.fault(**POST, status=400, body=body)
    invoice_to(shop, client)
    export = go()
    assert (export.state, export.error_code, export.error_text) == (ExportState.REJECTED, "2000359", text)
    assert CustomerCreation.objects.get().state == CreationState.REFUSED
    retry_export(export=export, actor=shop.owner)
    assert (go().state, customers(fortnox)) == (ExportState.CONFIRMED, [f"U{client.pk}"])


def test_a_failed_invoice_uses_the_customer_that_was_created_for_it(fortnox, shop, client, go):
    """F27"""
    body = '{"ErrorInformation":{"error":1,"message":"Fortnox säger nej","code":2009999}}'
    fortnox.fault(method="POST", path="/3/invoices", status=400, body=body)
    before = fortnox.mark()
    invoice = invoice_to(shop, client)
    export = go()
    assert (export.state, customers(fortnox)) == (ExportState.REJECTED, [f"U{client.pk}"])
    retry_export(export=export, actor=shop.owner)
    assert go().state == ExportState.CONFIRMED
    assert len(fortnox.commits("customer.create", before)) == 1
    assert fortnox.creates() == {invoice.reference: 1}


def test_an_import_between_the_create_and_its_answer_links_the_same_customer(fortnox, shop, client, go, read):
    fortnox.fault(**POST, action="drop", phase="P2")
    invoice_to(shop, client)
    go()
    read()
    assert (go(after=60).state, customers(fortnox)) == (ExportState.CONFIRMED, [f"U{client.pk}"])
    assert CustomerRecord.objects.filter(client=client).count() == 1


# Pages


def test_the_settings_tab_stores_the_choice_with_an_audit_line(shop, scope, signed_in):
    place = reverse("fortnox:settings", kwargs={"slug": scope.slug})
    browser = signed_in(shop.owner)
    assert browser.get(place).content.decode().count("Create the customer in Fortnox") == 1
    month = clock.today("Europe/Stockholm").replace(day=1).isoformat()
    sent = {"new_clients": "create", "title": "Monthly summary", "topic": "Bookkeeping", "first_month": month}
    assert browser.post(place, {**sent, "new_customers": "create"}).status_code == 302
    told = AuditEntry.objects.latest("position")
    assert (told.action, told.before, told.after) == (
        "fortnox.new_customers",
        {"new_customers": "ask"},
        {"new_customers": "create"},
    )
    browser.post(place, sent)  # a page from before the choice was there
    assert Connection.objects.get().new_customers == NewCustomers.CREATE


def test_a_member_does_not_choose(connection, scope, member):
    with pytest.raises(NotAllowed):
        choose_new_customers(workspace=scope, choice=NewCustomers.CREATE, actor=member, at=clock.now())
    assert Connection.objects.get().new_customers == NewCustomers.ASK


def test_the_draft_says_that_the_customer_will_be_created(desk, shop, client):
    draft = make_draft(shop.owner, client, shop.article)
    words = "Lind &amp; Söner AB is not a customer in Fortnox: Uku creates it there when it sends the invoice."
    assert desk.says(draft, words)


def test_the_invoice_says_while_it_is_not_known_whether_the_customer_is_there(fortnox, shop, client, go):
    fortnox.fault(**POST, action="drop", phase="P2")
    invoice = invoice_to(shop, client)
    go()
    (panel,) = FortnoxIntegration().invoice_panels(invoice)
    assert (panel.happened, panel.means) == (
        "Fortnox did not confirm that it created the customer.",
        "The customer may be in Fortnox. Uku looks for its number before it sends anything again. The invoice waits.",
    )
