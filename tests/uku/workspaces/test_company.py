"""The company card: changed with both sides in the log, filled where empty, never overwritten by itself."""

from __future__ import annotations

import pytest
from tests.uku.conftest import AT

from uku.workspaces.company import (
    Difference,
    differences,
    edit_company,
    fill_empty,
    filled_facts,
    reading_of,
    untold_facts,
)
from uku.workspaces.models import AuditEntry, Workspace
from uku.workspaces.permissions import NotAllowed
from uku.workspaces.seller import InvalidFact

PROPOSAL = {
    "name": "Exempelbyrån AB",
    "organisation_number": "402200-0014",
    "registered_office": "Lund",
    "bankgiro": "50501055",
    "plusgiro": "not one",
    "iban": "",
    "f_tax": "true",
    "country": "SE",
}


def test_a_change_is_stored_and_logged_with_both_sides(scope, owner):
    changes = {"bankgiro": "50501055", "city": "Malmö", "currency": "EUR"}
    assert edit_company(workspace=scope, actor=owner, at=AT, changes=changes) == ["bankgiro", "currency"]
    row = Workspace.objects.get(pk=scope.pk)
    assert (row.bankgiro, row.currency, scope.bankgiro) == ("5050-1055", "EUR", "5050-1055")
    entry = AuditEntry.objects.latest("position")
    assert (entry.actor, entry.action, entry.before, entry.after) == (
        owner,
        "company.edit",
        {"bankgiro": "", "currency": "SEK"},
        {"bankgiro": "5050-1055", "currency": "EUR"},
    )


def test_a_persons_number_is_masked_in_the_log(scope, owner):
    """S45, S51: the published impossible date 750231-0241."""
    edit_company(workspace=scope, actor=owner, at=AT, changes={"organisation_number": "750231-0241"})
    assert Workspace.objects.get(pk=scope.pk).organisation_number == "7502310241"
    assert AuditEntry.objects.latest("position").after == {"organisation_number": "750231-****"}


@pytest.mark.parametrize(
    ("number", "logged"), [("SE556000461501", "SE556000461501"), ("SE750231024101", "SE750231****")]
)
def test_a_vat_number_is_logged_as_one_and_masked_when_it_is_a_persons(scope, owner, number, logged):
    edit_company(workspace=scope, actor=owner, at=AT, changes={"vat_number": number})
    assert AuditEntry.objects.latest("position").after == {"vat_number": logged}


def test_one_unsound_fact_changes_nothing(scope, owner):
    with pytest.raises(InvalidFact):
        edit_company(workspace=scope, actor=owner, at=AT, changes={"city": "Lund", "bankgiro": "1"})
    assert Workspace.objects.get(pk=scope.pk).city == "Malmö"


def test_a_member_does_not_change_the_card(scope, member):
    with pytest.raises(NotAllowed, match="Only a Company Owner or Company Admin can change the company details."):
        edit_company(workspace=scope, actor=member, at=AT, changes={"city": "Lund"})


def test_what_differs_is_shown_and_what_is_empty_or_unsound_is_not(scope):
    assert differences(scope, PROPOSAL) == [
        Difference("name", "Byran", "Exempelbyrån AB"),
        Difference("registered_office", "Malmö", "Lund"),
        Difference("bankgiro", "", "5050-1055"),
    ]


def test_empty_facts_are_filled_and_the_others_are_left(scope, owner):
    assert fill_empty(workspace=scope, actor=owner, at=AT, proposal=PROPOSAL, source="ledger") == ["bankgiro"]
    row = Workspace.objects.get(pk=scope.pk)
    assert (row.name, row.registered_office, row.bankgiro) == ("Byran", "Malmö", "5050-1055")
    before = AuditEntry.objects.count()
    assert fill_empty(workspace=scope, actor=owner, at=AT, proposal=PROPOSAL, source="ledger") == []
    assert AuditEntry.objects.count() == before


def fill(scope, owner, **proposal):
    return fill_empty(workspace=scope, actor=owner, at=AT, proposal=proposal, source="ledger")


@pytest.mark.parametrize(("told", "stored"), [("true", True), ("false", False)])
def test_f_tax_that_nobody_stated_is_filled(scope, owner, told, stored):
    Workspace.objects.update(f_tax=None)
    assert fill(scope, owner, f_tax=told) == ["f_tax"]
    assert Workspace.objects.get(pk=scope.pk).f_tax is stored


def test_f_tax_that_a_person_stated_is_proposed_and_stays(scope, owner):
    edit_company(workspace=scope, actor=owner, at=AT, changes={"f_tax": "false"})
    assert fill(scope, owner, f_tax="true") == []
    assert differences(scope, {"f_tax": "true"}) == [Difference("f_tax", False, True)]


def test_f_tax_that_is_not_told_stays_not_stated(scope, owner):
    Workspace.objects.update(f_tax=None)
    assert fill(scope, owner, f_tax="") == []
    assert Workspace.objects.get(pk=scope.pk).f_tax is None


def test_a_country_that_nobody_chose_is_filled(scope, owner):
    """Every workspace begins in Sweden, so that its country says nothing until somebody chose it."""
    assert fill(scope, owner, country="FI", vat_number="FI01120389") == ["country"]
    assert Workspace.objects.get(pk=scope.pk).country == "FI"


def test_a_country_that_a_person_saved_is_proposed_and_stays(scope, owner):
    edit_company(workspace=scope, actor=owner, at=AT, changes={"city": "Lund"}, reading=reading_of(scope))
    assert fill(scope, owner, country="FI") == []
    assert differences(scope, {"country": "FI"}) == [Difference("country", "SE", "FI")]


def test_what_was_filled_is_known_until_a_person_changes_it(scope, owner):
    scope.f_tax = None
    scope.save()
    fill(scope, owner, bankgiro="50501055", f_tax="true", city="Lund")
    assert filled_facts(scope) == {"ledger": ["f_tax", "bankgiro"]}
    edit_company(workspace=scope, actor=owner, at=AT, changes={"bankgiro": "991-2346"})
    assert filled_facts(scope) == {"ledger": ["f_tax"]}


def test_what_nobody_stated_and_the_system_does_not_tell_is_known(scope, owner):
    scope.f_tax = None
    scope.save()
    fill(scope, owner, bankgiro="50501055", country="FI")
    untold = ["plusgiro", "iban", "bic", "time_zone", "language", "currency"]  # F-tax is a Swedish company's
    assert untold_facts(scope, {"bankgiro": "50501055", "country": "FI"}) == untold
    edit_company(workspace=scope, actor=owner, at=AT, changes={"f_tax": "true"}, reading=reading_of(scope))
    assert untold_facts(scope, {"bankgiro": "50501055"}) == ["plusgiro", "iban", "bic"]
