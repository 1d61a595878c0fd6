"""The company card in the browser: shown, edited, taken over from the accounting system."""

from __future__ import annotations

import pytest

from uku.workspaces.models import AuditEntry, Workspace

pytestmark = pytest.mark.django_db
COMPANY = "/w/byran/settings/company/"


@pytest.fixture
def desk(signed_in, owner, workspace, ledger):
    return signed_in(owner)


@pytest.fixture
def proposal(ledger, monkeypatch):
    from tests.uku.web.conftest import Ledger

    facts = {"name": "Byran", "registered_office": "Lund", "bankgiro": "50501055", "plusgiro": "wrong"}
    monkeypatch.setattr(Ledger, "proposal", facts)


def typed(workspace, **changes):
    from uku.workspaces.company import reading_of
    from uku.workspaces.seller import FACTS

    changes = {"reading": reading_of(workspace), **changes}
    facts = {name: getattr(workspace, name) for name in FACTS}
    facts["f_tax"] = {True: "true", False: "false", None: ""}[facts["f_tax"]]
    return {**facts, **changes}


def stored():
    return Workspace.objects.get(slug="byran")


def test_every_fact_stands_on_the_card(read, desk, workspace):
    page = read(desk.get("/w/byran/settings/"))
    assert list(page.facts) == [
        "Name",
        "Registered office",
        "Organisation number",
        "VAT number",
        "F-tax",
        "Address",
        "Postcode",
        "City",
        "Bankgiro",
        "Plusgiro",
        "IBAN",
        "BIC",
        "Terms of payment, days",
        "Country",
        "Time zone",
        "Language",
        "Accounting currency",
    ]
    assert (page.facts["Organisation number"], page.facts["Country"]) == ("402200-0014", "Sweden")
    assert (page.facts["F-tax"], page.facts["Language"]) == ("Approved", "English")


def test_a_persons_number_is_masked_on_the_card(read, desk, workspace):
    """S51"""
    Workspace.objects.update(organisation_number="7502310241", vat_number="SE750231024101")
    page = read(desk.get("/w/byran/settings/"))
    assert (page.facts["Organisation number"], page.facts["VAT number"]) == ("750231-****", "750231-****")


def test_what_is_typed_is_normalised_and_saved(desk, workspace):
    changes = {
        "organisation_number": "556036-0793",
        "bankgiro": "50501055",
        "iban": "SE45 5000 0000 0583 9825 7466",
        "bic": "essesess",
        "currency": "EUR",
        "time_zone": "Europe/Helsinki",
    }
    answer = desk.post(COMPANY, typed(workspace, **changes))
    assert (answer.status_code, answer["Location"]) == (302, "/w/byran/settings/")
    row = stored()
    assert (row.organisation_number, row.bankgiro, row.iban, row.bic, row.currency, row.time_zone) == (
        "5560360793",
        "5050-1055",
        "SE4550000000058398257466",
        "ESSESESS",
        "EUR",
        "Europe/Helsinki",
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("organisation_number", "556036-0794", "check digit of this number is wrong"),
        ("bankgiro", "5050-1056", "This is not a bankgiro number."),
        ("iban", "SE4550000000058398257467", "This is not an IBAN"),
        ("currency", "XXX", "“XXX” is not one of these: SEK, EUR."),
        ("time_zone", "Mars/Olympus", "Europe/Stockholm"),
        ("name", "", "Write the company&#x27;s name."),
    ],
)
def test_what_cannot_stand_is_said_at_its_field(desk, workspace, name, value, said):
    """B14, B56"""
    answer = desk.post(COMPANY, typed(workspace, **{name: value}))
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert getattr(stored(), name) == getattr(workspace, name)


def test_an_old_value_that_was_not_touched_holds_nobody_up(desk, workspace):
    Workspace.objects.update(bankgiro="old 1", time_zone="Asia/Tokyo")
    workspace.refresh_from_db()
    assert desk.post(COMPANY, typed(workspace, city="Lund")).status_code == 302
    assert (stored().city, stored().bankgiro, stored().time_zone) == ("Lund", "old 1", "Asia/Tokyo")


def test_bank_details_ask_for_a_recent_sign_in_before_anything_is_typed(desk, workspace):
    """S18"""
    session = desk.session
    session["uku_proved_at"] = 0
    session.save()
    for answer in (desk.get(COMPANY), desk.post(COMPANY, typed(workspace, bankgiro="50501055"))):
        assert (answer.status_code, "/accounts/reauthenticate/" in answer["Location"]) == (302, True)
    assert stored().bankgiro == ""


def test_differences_are_shown_to_who_can_take_them_over(read, desk, proposal, signed_in, member):
    page = read(desk.get("/w/byran/settings/"))
    assert page.rows[1:] == [
        ["Registered office", "Malmö", "Lund", "Use Ledger's value Registered office"],
        ["Bankgiro", "–", "5050-1055", "Use Ledger's value Bankgiro"],
    ]
    assert "2 fields differ in Ledger" in page.all("h3")
    assert read(signed_in(member).get("/w/byran/settings/")).rows == []


def test_one_fact_is_taken_over_and_the_other_stays(read, desk, proposal):
    page = read(desk.post(f"{COMPANY}take-over/", {"fact": "bankgiro"}, follow=True))
    assert "Bankgiro is updated." in page.all("p")
    assert (stored().bankgiro, stored().registered_office) == ("5050-1055", "Malmö")
    assert AuditEntry.everywhere.latest("position").action == "company.edit"


def test_all_facts_are_taken_over_at_once(read, desk, proposal):
    page = read(desk.post(f"{COMPANY}take-over/", {"fact": "all"}, follow=True))
    assert (stored().bankgiro, stored().registered_office) == ("5050-1055", "Lund")
    assert page.rows == []


def test_the_values_come_from_the_system_and_not_from_the_form(desk, proposal):
    desk.post(f"{COMPANY}take-over/", {"fact": "city", "city": "Hacked", "bankgiro": "991-2346"})
    assert (stored().city, stored().bankgiro) == ("Malmö", "")


def test_a_member_is_told_who_can(desk, signed_in, member):
    answer = signed_in(member).get(COMPANY)
    assert answer.status_code == 403
    assert "Only a Company Owner or Company Admin can change the company details." in answer.content.decode()


def test_a_free_workspace_reads_which_plan_has_integrations(read, desk, workspace):
    Workspace.objects.update(plan="free")
    page = read(desk.get("/w/byran/settings/"))
    assert [text for text in page.all("li") if text.startswith("Plan")] == [
        "Plan Free Integrations are part of Team and Elite. The person who runs this installation changes the plan."
    ]


def test_a_card_that_somebody_else_changed_meanwhile_is_not_overwritten(read, desk, workspace):
    """B17: the second tab is told, keeps what was typed, and saves on a second press; bank details above all."""
    stale = typed(workspace, city="Lund")
    assert desk.post(COMPANY, typed(workspace, bankgiro="50501055")).status_code == 302
    answer = desk.post(COMPANY, stale)
    assert (answer.status_code, stored().bankgiro, stored().city) == (409, "5050-1055", "Malmö")
    assert "Another person changed the company details after you opened the page." in answer.content.decode()
    assert 'value="Lund"' in answer.content.decode()
    again = {**stale, "reading": answer.context["form"].data["reading"], "bankgiro": "5050-1055"}
    assert desk.post(COMPANY, again).status_code == 302
    assert (stored().bankgiro, stored().city) == ("5050-1055", "Lund")


def test_a_form_that_does_not_say_what_it_saw_is_not_stored(desk, workspace):
    assert desk.post(COMPANY, typed(workspace, reading="", city="Lund")).status_code == 409
    assert stored().city == "Malmö"


@pytest.mark.parametrize(
    ("posted", "shown", "stored_as"),
    [("true", "Approved", True), ("false", "Not approved", False), ("", "Not stated", None)],
)
def test_f_tax_is_approved_not_approved_or_not_stated(read, desk, workspace, posted, shown, stored_as):
    Workspace.objects.update(f_tax=stored_as is None or None)
    workspace.refresh_from_db()
    page = read(desk.post(COMPANY, typed(workspace, f_tax=posted), follow=True))
    assert (page.facts["F-tax"], stored().f_tax) == (shown, stored_as)


def test_what_was_filled_is_named_and_what_the_system_does_not_tell_too(read, desk, proposal, workspace, owner):
    from tests.uku.conftest import AT
    from tests.uku.web.conftest import Ledger

    from uku.workspaces.company import fill_empty

    fill_empty(workspace=workspace, actor=owner, at=AT, proposal=Ledger.proposal, source="ledger")
    said = read(desk.get("/w/byran/settings/")).all("p")
    assert "Filled from Ledger: Bankgiro." in said
    assert (
        "These details are missing, and Uku could not read them from Ledger: Plusgiro, IBAN, BIC. Click Edit to add"
        " them."
    ) in said
    assert (
        "Nobody has confirmed these details yet: Country, Time zone, Language, Accounting currency. Click Edit, check"
        " them, and click Save changes."
    ) in said


def test_nothing_is_said_to_be_filled_when_nothing_was(read, desk, proposal):
    said = " ".join(read(desk.get("/w/byran/settings/")).all("p"))
    assert ("Filled from" in said, "were filled" in said) == (False, False)


def test_without_a_connected_company_nothing_is_asked(read, desk):
    assert "does not tell" not in " ".join(read(desk.get("/w/byran/settings/")).all("p"))
