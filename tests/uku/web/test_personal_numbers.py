"""Personal numbers: hidden wherever they stand, shown in full to who may and asks, and each look is written down."""

from __future__ import annotations

import pytest

from uku.clients.models import Client
from uku.clients.operations import create_client
from uku.kit import clock
from uku.kit.identifiers import masked, masked_vat
from uku.workspaces.models import AuditEntry

NUMBER, VAT = "750231-0241", "SE750231024101"  # an impossible date, published as nobody's


@pytest.fixture
def trader(scope, owner):
    """A sole trader."""
    facts = {"name": "Eva Ek", "organisation_number": NUMBER, "vat_number": VAT}
    return create_client(actor=owner, at=clock.now(), **facts)


def test_a_persons_numbers_are_hidden_on_every_page_of_the_client(trader, signed_in, owner):
    """S51, S52"""
    browser = signed_in(owner)
    for address in ("", f"{trader.pk}/", f"{trader.pk}/edit/"):
        page = browser.get(f"/w/byran/clients/{address}").content.decode()
        assert ("0241" in page, "750231-****" in page) == (False, True)


def test_who_may_sees_them_in_full_once_and_the_log_tells_who_looked(trader, signed_in, owner):
    """S51"""
    browser = signed_in(owner)
    answer = browser.post(f"/w/byran/clients/{trader.pk}/numbers/")
    page = answer.content.decode()
    assert (answer.status_code, answer["Cache-Control"], NUMBER in page, VAT in page) == (200, "no-store", True, True)
    (look,) = AuditEntry.objects.filter(action="client.reveal")
    assert (look.actor, "0241" in look.summary) == (owner, False)
    assert NUMBER not in browser.get(f"/w/byran/clients/{trader.pk}/").content.decode()


def test_a_member_does_not_see_them_and_is_told_who_can(trader, signed_in, member):
    browser = signed_in(member)
    assert "Show numbers in full" not in browser.get(f"/w/byran/clients/{trader.pk}/").content.decode()
    answer = browser.post(f"/w/byran/clients/{trader.pk}/numbers/")
    assert answer.status_code == 403
    assert "Only a Company Owner or Company Admin can see personal numbers in full." in answer.content.decode()
    assert not AuditEntry.objects.filter(action="client.reveal").exists()


def test_a_form_that_leaves_them_hidden_keeps_them_and_one_that_names_others_changes_them(trader, signed_in, owner):
    browser, address = signed_in(owner), f"/w/byran/clients/{trader.pk}/edit/"
    form = {"name": "Eva Ek Bygg", "currency": "SEK", "payment_days": "30", "country": "SE"}
    kept = {**form, "version": "1", "organisation_number": "750231-****", "vat_number": "SE750231****"}
    assert browser.post(address, kept).status_code == 302
    stored = Client.objects.get()
    assert (stored.name, stored.organisation_number, stored.vat_number) == ("Eva Ek Bygg", NUMBER, VAT)
    after = {"name": "Eva Ek Bygg", "country": "SE", "payment_days": "30"}
    assert AuditEntry.objects.get(action="client.edit").after == after
    other = {**form, "version": "2", "organisation_number": "556036-0793", "vat_number": ""}
    assert browser.post(address, other).status_code == 302
    assert Client.objects.values_list("organisation_number", "vat_number").get() == ("5560360793", "")


def test_the_page_says_why_one_is_asked_for(signed_in, member):
    """L19"""
    answer = signed_in(member).get("/w/byran/help/personal-numbers/")
    page = answer.content.decode()
    assert (answer.status_code, "<h1>Personal numbers</h1>" in page, "Why Uku asks for one" in page) == (
        200,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("number", "person", "seen"),
    [
        ("750231-0241", False, "750231-****"),
        ("19750231-0241", False, "750231-****"),
        ("750291-0241", False, "750291-****"),  # a coordination number adds 60 to the day
        ("5560360793", False, "556036-0793"),
        ("0112038-9", False, "0112038-9"),
        ("0112038-9", True, "01120****"),
        ("ABC", True, "****"),
        ("556036-0793", True, "556036-****"),
        ("", True, ""),
    ],
)
def test_a_number_is_hidden_when_it_looks_like_a_persons_or_is_known_to_be_one(number, person, seen):
    """S51, B41"""
    assert masked(number, person=person) == seen


@pytest.mark.parametrize(
    ("number", "seen"),
    [
        ("SE750231024101", "SE750231****"),
        ("7502310241", "SE750231****"),
        ("SE556036079301", "SE556036079301"),
        ("FI01120389", "FI01120389"),
        ("PL5210123456", "PL5210123456"),
        ("", ""),
    ],
)
def test_a_vat_number_is_hidden_only_when_it_is_made_of_a_personal_number(number, seen):
    """S52"""
    assert masked_vat(number) == seen
