"""The company behind the connection: its card, the daily look, a new owner, and hints from outside."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from tests.uku.integrations.fortnox.browsers import Walk, said, texts
from tests.uku.integrations.fortnox.conftest import OUR_NUMBER
from tests.uku.integrations.fortnox.simulated import ANNA, FIRST

from fortnox_api._settings import Settings
from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.integration import FortnoxIntegration
from uku.integrations.fortnox.models import BlockReason, Connection, ExportState, RequestedRead
from uku.workspaces.models import AuditEntry, Workspace

NEW_NUMBER = "455000-0022"
TRIES = 3  # of the client, for one read that fails in passing


@pytest.fixture
def walk(fortnox, workspace, owner):
    return Walk(owner, workspace, fortnox)


def look():
    """Ask for a look, and let the loop do it."""
    found = Connection.everywhere.get()
    jobs.look_at_company.func(connection_id=found.pk)
    jobs.work.func(found.pk, found.company_id)


def looks(fortnox, since=0) -> int:
    """How often the company was asked for."""
    return len(fortnox.queries("/3/companyinformation", since))


def test_connecting_brings_the_company_card(fortnox, connection, scope):
    """Proposed from Fortnox once connected, by the names of the card's fields."""
    fortnox.ask("PATCH", f"companies/{FIRST}", PG="12 34 56-7", IBAN="SE3550000000054910000003", BIC="ESSESESS")
    look()
    assert FortnoxIntegration().company_proposal(scope) == {
        "name": "Exempelbyrån AB",
        "organisation_number": OUR_NUMBER,
        "vat_number": connection.company_facts["vat_number"],
        "f_tax": "true",
        "registered_office": "Göteborg",
        "address": "Kontorsgatan 4",
        "postcode": "411 03",
        "city": "Göteborg",
        "country": "SE",
        "bankgiro": "5050-1055",
        "plusgiro": "12 34 56-7",
        "iban": "SE3550000000054910000003",
        "bic": "ESSESESS",
    }


def test_without_a_connection_nothing_is_proposed(fortnox, connection, scope, owner):
    Walk(owner, scope, fortnox).post("disconnect")
    assert FortnoxIntegration().company_proposal(scope) == {}


def test_the_card_is_filled_as_far_as_fortnox_lets_us(fortnox, scope, owner, authorize):
    """The company itself is enough to connect; its settings only fill the card."""
    body = '{"ErrorInformation":{"error":1,"message":"x","code":2000663}}'
    fortnox.fault(path="/3/settings/company", action="status", status=403, times=9, body=body)
    card = authorize(scope, owner).company_facts
    assert (card["name"], card["address"], "bankgiro" in card) == ("Exempelbyrån AB", "Kontorsgatan 4", False)


def test_the_company_is_looked_at_once_a_day(fortnox, connection, run_jobs, move_clock):
    for hours, looks in ((1, 0), (23, 0), (25, 1), (26, 1), (50, 2)):
        move_clock(seconds=hours * 3600)
        jobs.sweep.func(timestamp=0)
        run_jobs()
        assert len(fortnox.queries("/3/companyinformation")) == 1 + looks


def test_a_look_that_fails_is_repeated_an_hour_later_not_in_a_loop(fortnox, connection, run_jobs, move_clock):
    move_clock(seconds=25 * 3600)
    fortnox.fault(path="/3/companyinformation", action="status", status=503, times=99)
    for minutes, asked in ((0, 1), (10, 0), (61, 1)):
        move_clock(seconds=25 * 3600 + minutes * 60)
        before = fortnox.mark()
        jobs.sweep.func(timestamp=0)
        run_jobs()
        assert looks(fortnox, before) == asked * TRIES
    assert Connection.everywhere.get().block_reason == ""


def test_a_paused_connection_is_not_looked_at(fortnox, connection, run_jobs, move_clock, scope, owner):
    Walk(owner, scope, fortnox).post("disable")
    move_clock(seconds=25 * 3600)
    before = fortnox.mark()
    jobs.sweep.func(timestamp=0)
    assert "fortnox.work" in run_jobs()
    assert looks(fortnox, before) == 0


def test_a_new_name_is_simply_taken(fortnox, connection):
    fortnox.ask("PATCH", f"companies/{FIRST}", Name="Exempelbyrån Göteborg AB")
    look()
    stored = Connection.everywhere.get()
    assert (stored.company_name, stored.block_reason) == ("Exempelbyrån Göteborg AB", "")


def test_a_new_owner_holds_exports_and_asks_for_authorization(fortnox, shop, run_jobs, walk):
    """No need to authorize again unless the connected company changes ownership."""
    fortnox.ask("PATCH", f"companies/{FIRST}", OrganizationNumber=NEW_NUMBER, Name="Nya Ägaren AB")
    look()
    look()
    stored = Connection.everywhere.get()
    assert stored.block_reason == BlockReason.COMPANY_CHANGED
    assert (stored.organisation_number, stored.company_name) == (OUR_NUMBER, "Exempelbyrån AB")
    invoice = shop.issue()
    run_jobs()
    jobs.sweep.func(timestamp=0)
    run_jobs()
    walk.post("retry", pk=shop.export_of(invoice).pk)
    run_jobs()
    assert (fortnox.creates(), shop.export_of(invoice).state) == ({}, ExportState.QUEUED)
    entry = AuditEntry.everywhere.get(action="fortnox.company_changed")
    assert entry.before == {"company": "Exempelbyrån AB", "organisation_number": OUR_NUMBER, "database": FIRST}
    assert entry.after == {"company": "Nya Ägaren AB", "organisation_number": NEW_NUMBER, "database": FIRST}


def test_the_new_owner_authorizes_and_everything_goes_on(fortnox, shop, run_jobs, walk):
    """Through the page that asks, since the number is another one; links and queued pushes stay."""
    fortnox.ask("PATCH", f"companies/{FIRST}", OrganizationNumber=NEW_NUMBER, Name="Nya Ägaren AB")
    look()
    invoice = shop.issue()
    assert walk.connect()["Location"] == walk.address("confirm")
    page = texts(walk.see("confirm"))
    assert "The company has another organisation number than before." in page
    assert "1 waiting invoice is sent at once." in page
    assert Connection.everywhere.get().block_reason == BlockReason.COMPANY_CHANGED
    assert "Fortnox is connected to Nya Ägaren AB." in said(walk.confirm())
    run_jobs()
    stored = Connection.everywhere.get()
    assert (stored.block_reason, stored.organisation_number, stored.company_id) == ("", NEW_NUMBER, FIRST)
    assert fortnox.creates() == {shop.export_of(invoice).reference: 1}


def sold(fortnox, **facts):
    facts = {"Name": "Nya Ägaren AB", "OrganizationNumber": NEW_NUMBER, "users": {ANNA: "admin"}, **facts}
    fortnox.ask("POST", f"companies/{FIRST}/owner", **facts)


def test_a_sale_that_ends_the_consent_asks_for_authorization_and_is_cured_by_it(fortnox, shop, run_jobs, walk):
    """Fortnox may end the old owner's consents: then the look finds the door closed."""
    sold(fortnox)
    look()
    assert Connection.everywhere.get().block_reason == BlockReason.NEEDS_AUTHORIZATION
    invoice = shop.issue()
    assert walk.connect()["Location"] == walk.address("confirm")
    assert "The company has another organisation number than before." in texts(walk.see("confirm"))
    walk.confirm()
    run_jobs()
    assert Connection.everywhere.get().block_reason == ""
    assert fortnox.creates() == {shop.export_of(invoice).reference: 1}


def test_books_that_moved_to_another_database_are_another_company(fortnox, connection, walk):
    """Disconnect first. What was linked belongs to the old number."""
    fortnox.switch(owner_change_ends_consent=False)
    sold(fortnox, DatabaseNumber=556009, OrganizationNumber=OUR_NUMBER)
    look()
    assert Connection.everywhere.get().block_reason == BlockReason.COMPANY_CHANGED
    assert AuditEntry.everywhere.get(action="fortnox.company_changed").after["database"] == "556009"
    answer = walk.connect(company="556009")
    assert "Click Disconnect on the Overview tab first" in texts(answer)
    walk.post("disconnect")
    assert walk.connect(company="556009")["Location"] == walk.home


def test_a_look_that_began_before_an_authorization_says_nothing_about_it(fortnox, connection, scope, owner, authorize):
    from uku.integrations.fortnox.connection.company import Company, apply_company
    from uku.kit import clock

    old = Connection.everywhere.get()
    authorize(scope, owner)
    apply_company(connection=old, company=Company(FIRST, "X", NEW_NUMBER, {}), at=clock.now())
    assert Connection.everywhere.get().block_reason == ""


# The card

FINNISH = {"CountryCode": "FI", "OrganizationNumber": "0112038-9", "Address": "Katu 1", "City": "Helsinki"}


@pytest.fixture
def blank(workspace):
    """A workspace that knows nothing but its name."""
    empty = dict.fromkeys(("organisation_number", "vat_number", "registered_office", "address", "city"), "")
    Workspace.objects.filter(pk=workspace.pk).update(**empty, f_tax=None)
    workspace.refresh_from_db()
    return workspace


@pytest.mark.parametrize("told", ["", "0112038-9", "SE011203890101", "FI01120389"])
def test_a_finnish_company_fills_country_and_vat_number(fortnox, blank, owner, told):
    fortnox.set_company(**FINNISH, VATNumber=told, IBAN="FI2112345600000785", BIC="NDEAFIHH")
    Walk(owner, blank, fortnox).connect()
    blank.refresh_from_db()
    assert (blank.country, blank.vat_number, blank.organisation_number) == ("FI", "FI01120389", "FI01120389")
    assert (blank.iban, blank.bic, blank.address, blank.city) == (
        "FI2112345600000785",
        "NDEAFIHH",
        "Katu 1",
        "Helsinki",
    )
    assert blank.f_tax is None


@pytest.mark.parametrize("enabled", [True, False])
def test_a_swedish_company_fills_f_tax_as_fortnox_tells_it(fortnox, blank, owner, enabled):
    fortnox.set_company(TaxEnabled=enabled, VATNumber="SE402200001401")
    Walk(owner, blank, fortnox).connect()
    blank.refresh_from_db()
    assert (blank.f_tax, blank.country, blank.vat_number) == (enabled, "SE", "SE402200001401")


@pytest.mark.parametrize("shown", ["SE", "FI"])
def test_company_information_alone_tells_the_country(fortnox, blank, owner, shown, monkeypatch):
    """D6: the company's settings may leave the country out."""
    fortnox.set_company(**(FINNISH if shown == "FI" else {}), VATNumber="")
    walk = Walk(owner, blank, fortnox)
    read = Settings.company
    without = {"country_code": ""}
    monkeypatch.setattr(Settings, "company", lambda settings: read(settings).model_copy(update=without))
    walk.connect()
    blank.refresh_from_db()
    page = texts(walk.browser.get("/w/byran/settings/"))
    if shown == "FI":
        assert (blank.vat_number, blank.f_tax) == ("FI01120389", None)
        assert "F-tax" not in page
    else:
        assert (blank.f_tax, blank.country) == (True, "SE")
        assert "F-tax Approved" in page


def test_f_tax_that_fortnox_leaves_out_is_not_guessed(fortnox, blank, owner):
    fortnox.set_company(TaxEnabled=None)
    Walk(owner, blank, fortnox).connect()
    blank.refresh_from_db()
    assert blank.f_tax is None


def test_the_page_names_what_was_filled_and_asks_for_what_fortnox_does_not_let_us_read(fortnox, blank, owner):
    body = '{"ErrorInformation":{"error":1,"message":"x","code":2000663}}'
    fortnox.fault(path="/3/settings/company", action="status", status=403, times=9, body=body)
    walk = Walk(owner, blank, fortnox)
    walk.connect()
    page = texts(walk.browser.get("/w/byran/settings/"))
    assert "Filled from Fortnox: Organisation number, Address, City." in page
    assert (
        "These details are missing, and Uku could not read them from Fortnox: Registered office, VAT number, F-tax,"
        " Bankgiro, Plusgiro, IBAN, BIC. Click Edit to add them."
    ) in page
    assert (
        "Nobody has confirmed these details yet: Time zone, Language, Accounting currency. Click Edit, check them, and"
        " click Save changes."
    ) in page


def test_what_a_person_typed_is_only_proposed(fortnox, blank, owner):
    fortnox.set_company(**FINNISH)
    Workspace.objects.filter(pk=blank.pk).update(city="Espoo")
    walk = Walk(owner, blank, fortnox)
    walk.connect()
    blank.refresh_from_db()
    assert blank.city == "Espoo"
    assert "Espoo Helsinki" in texts(walk.browser.get("/w/byran/settings/"))


# Hints (B65)


def asked_for() -> list[tuple[str, str]]:
    return list(RequestedRead.everywhere.values_list("kind", "number"))


def hint(**message):
    return Client().post("/fortnox/hint", json.dumps(message), content_type="application/json")


def test_a_hint_makes_us_look_at_most_once_a_minute(fortnox, connection, queue, run_jobs, move_clock):
    """B65: forged or true, once or often, it only triggers the authenticated read."""
    move_clock(seconds=120)
    for _ in range(3):
        assert (hint(tenantId=int(FIRST)).status_code, hint(tenantId=FIRST).content) == (204, b"")
    assert (asked_for(), len(queue("fortnox.work"))) == ([("company", "")], 1)
    before = fortnox.mark()
    run_jobs()
    assert (asked_for(), looks(fortnox, before)) == ([], 1)
    hint(tenantId=FIRST)
    assert asked_for() == []
    move_clock(seconds=240)
    hint(tenantId=FIRST)
    assert asked_for() == [("company", "")]


def test_a_hint_about_nobody_or_in_no_form_gets_the_same_answer(fortnox, connection, queue, move_clock):
    move_clock(seconds=120)
    messages = [b"", b"null", b"[]", b"{", b'{"tenantId": true}', b'{"tenantId": "999"}', b"x" * 20_000, b"[" * 9_000]
    answers = [Client().post("/fortnox/hint", body, content_type="application/json") for body in messages]
    assert {(answer.status_code, answer.content) for answer in answers} == {(204, b"")}
    assert (asked_for(), queue("fortnox.work")) == ([], [])
    assert Client().get("/fortnox/hint")["Location"] == "/"


def test_a_hint_that_consent_is_gone_is_believed_only_when_fortnox_says_so(fortnox, connection, run_jobs, move_clock):
    move_clock(seconds=120)
    hint(tenantId=FIRST, event="consent revoked")
    run_jobs()
    assert Connection.everywhere.get().block_reason == ""
