"""What came from a company that is not connected: shown as such, never counted, never used."""

from __future__ import annotations

import csv
import html
import io
import re
from types import SimpleNamespace

import pytest
from tests.uku.integrations.fortnox.conftest import clear_queue, due_steps
from tests.uku.integrations.fortnox.import_runs import bring_in
from tests.uku.integrations.fortnox.simulated import FIRST, NUMBERS, SECOND
from tests.uku.integrations.fortnox.standing_rows import failed, ran
from tests.uku.web.page_reader import Page

from uku.clients.models import Client
from uku.integrations.fortnox.connection.company import OtherCompany
from uku.integrations.fortnox.connection.disconnect import disconnect
from uku.integrations.fortnox.customers import review
from uku.integrations.fortnox.models import Connection, CustomerRecord, RequestedRead, RunKind, StepRest, SyncIssue
from uku.integrations.fortnox.work import issue_actions
from uku.kit import clock

LIST = "/w/byran/clients/"
SETTINGS = "/w/byran/settings/fortnox/"
OURS, THEIRS = "Exempelbyrån AB", "Annat Företag AB"


@pytest.fixture
def firm(fortnox, connection, scope, owner, authorize, signed_in):
    """A client linked to customer 1 of the first company, and ways to change the company."""
    number = fortnox.customer(OrganisationNumber=NUMBERS[0], Email="post@bjork.example")
    bring_in(connection)

    def leave():
        disconnect(workspace=scope, actor=owner, at=clock.now())

    def move(company=SECOND):
        leave()
        made = authorize(scope, owner, company=company)
        clear_queue()
        return made

    client = Client.objects.get()
    return SimpleNamespace(
        number=number,
        client=client,
        record=CustomerRecord.objects.get(),
        leave=leave,
        move=move,
        browser=signed_in(owner),
        dialog=f"{SETTINGS}clients/{client.pk}/",
    )


def integration_column(browser, **query):
    """What the list says of each client, by name."""
    rows = Page(browser.get(LIST, query).content.decode()).rows[1:]
    return {row[1]: row[7].removesuffix(row[1]).strip() for row in rows}


def chips(browser):
    """The filters of the list with their counts."""
    found = re.findall(r'<a class="chip"[^>]*>(.*?)</a>', browser.get(LIST).content.decode(), re.DOTALL)
    return dict(_words(chip).rsplit(" ", 1) for chip in found)


def _words(markup):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))).strip()


def exported(browser):
    """The column Integration of the file, by name."""
    answer = browser.post(f"{LIST}export/", {"form": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    return {row["Name"]: row["Integration"] for row in rows}


# The list


def test_a_link_of_another_company_is_shown_with_its_company_and_is_no_link(firm):
    assert integration_column(firm.browser) == {"Björk Bygg AB": f"Customer {firm.number}"}
    firm.move()
    told = {"Björk Bygg AB": f"Customer {firm.number} of {OURS}, not connected"}
    assert integration_column(firm.browser) == told
    assert integration_column(firm.browser, show="linked") == {}
    assert integration_column(firm.browser, show="other_company") == told
    assert chips(firm.browser) == {"Active": "1", "Company not connected": "1"}
    assert exported(firm.browser) == {"Björk Bygg AB": "Company not connected"}


def test_after_disconnect_the_links_stay_and_belong_to_the_company_they_came_from(firm):
    firm.leave()
    assert integration_column(firm.browser) == {"Björk Bygg AB": f"Customer {firm.number} of {OURS}, not connected"}
    assert integration_column(firm.browser, show="linked") == {}
    assert exported(firm.browser) == {"Björk Bygg AB": "Company not connected"}


def test_the_same_company_again_takes_its_links_up(firm):
    firm.move()
    firm.move(FIRST)
    assert integration_column(firm.browser) == {"Björk Bygg AB": f"Customer {firm.number}"}
    assert "Company not connected" not in chips(firm.browser)


def test_the_same_number_in_the_new_company_is_another_customer(fortnox, firm):
    connection = firm.move()
    assert fortnox.customer(SECOND, Name="Ek AB", OrganisationNumber=NUMBERS[1]) == firm.number
    connection.first_import_of = SECOND
    connection.save(update_fields=["first_import_of"])
    bring_in(connection)
    assert integration_column(firm.browser) == {
        "Björk Bygg AB": f"Customer {firm.number} of {OURS}, not connected",
        "Ek AB": f"Customer {firm.number}",
    }


def test_a_client_linked_in_both_companies_shows_the_connected_one(fortnox, firm):
    fortnox.customers(3, SECOND)
    number = fortnox.customer(SECOND, OrganisationNumber=NUMBERS[0])
    bring_in(firm.move())
    assert integration_column(firm.browser) == {"Björk Bygg AB": f"Customer {number}"}
    firm.leave()
    assert integration_column(firm.browser) == {"Björk Bygg AB": f"Customer {number} of {THEIRS}, not connected"}


def test_another_companys_problem_inactive_customer_or_suggestion_says_nothing_of_a_client(firm):
    failed("customer", firm.number, company_id=FIRST)
    firm.move()
    assert list(integration_column(firm.browser, show="problem")) == []
    CustomerRecord.objects.update(active=False)
    assert list(integration_column(firm.browser, show="inactive")) == []
    CustomerRecord.objects.update(client=None, suggested=firm.client)
    assert integration_column(firm.browser) == {"Björk Bygg AB": "Not linked"}


# One client


def test_the_client_page_and_the_dialog_name_the_company_and_offer_only_to_unlink(firm):
    firm.move()
    badge = f"Customer {firm.number} of {OURS}, not connected"
    page = Page(firm.browser.get(f"{LIST}{firm.client.pk}/").content.decode())
    assert page.facts["Fortnox company"] == f"{OURS}, database {FIRST}"
    assert badge in _words(firm.browser.get(f"{LIST}{firm.client.pk}/").content.decode())
    answer = firm.browser.get(firm.dialog).content.decode()
    assert _words(answer).count(badge) == 2
    assert [button for button in Page(answer).all("button") if button.endswith(f" {firm.number}")] == [
        f"Unlink {firm.number}"
    ]
    firm.browser.post(f"{SETTINGS}customers/{firm.record.pk}/unlink/")
    assert "No Fortnox customer is linked to this client" in firm.browser.get(firm.dialog).content.decode()


def test_a_suggestion_of_another_company_is_offered_nowhere(firm):
    CustomerRecord.objects.update(client=None, suggested=firm.client)
    firm.move()
    assert "may be this client" not in firm.browser.get(f"{LIST}{firm.client.pk}/").content.decode()
    assert "No Fortnox customer is linked to this client" in firm.browser.get(firm.dialog).content.decode()


@pytest.mark.parametrize("how", ["move", "leave"])
@pytest.mark.parametrize("act", ["link", "create_from", "ignore", "stop_ignoring", "create_clients"])
def test_nothing_is_decided_about_a_customer_of_another_company(firm, owner, how, act):
    facts = {"ignored_at": clock.now()} if act == "stop_ignoring" else {}
    CustomerRecord.objects.update(client=None, **facts)
    getattr(firm, how)()
    given = {
        "link": {"record": firm.record, "client": firm.client},
        "create_from": {"record": firm.record},
    }.get(act, {"ids": [firm.record.pk]})
    with pytest.raises(OtherCompany) as refusal:
        getattr(review, act)(**given, actor=owner, at=clock.now())
    assert str(refusal.value) == (
        f"Nothing was done: Fortnox customer {firm.number} belongs to {OURS}, which is not connected."
        f" Connect {OURS} first."
    )
    assert (CustomerRecord.objects.get().client, Client.objects.count()) == (None, 1)


@pytest.mark.parametrize("act", ["invoice_this_one", "apply_values", "accept_identity"])
def test_a_link_of_another_company_changes_nothing(firm, owner, act):
    CustomerRecord.objects.update(identity_changed_at=clock.now(), email="new@bjork.example")
    firm.move()
    names = {"names": ["email"]} if act == "apply_values" else {}
    with pytest.raises(OtherCompany):
        getattr(review, act)(record=firm.record, actor=owner, at=clock.now(), **names)
    firm.client.refresh_from_db()
    assert firm.client.email == "post@bjork.example"


def test_a_button_of_an_old_page_says_which_company_the_customer_belongs_to(firm):
    firm.move()
    answer = firm.browser.post(f"{SETTINGS}customers/{firm.record.pk}/take-over/", {"field": "email"}, follow=True)
    assert f"belongs to {OURS}, which is not connected." in answer.content.decode()


# Several customers of one client


def test_the_column_shows_the_customer_that_is_invoiced(fortnox, firm, connection, owner):
    second = fortnox.customer(Name="Björk Faktura", Email="faktura@bjork.example")
    bring_in(connection)
    record = CustomerRecord.objects.get(number=second)
    CustomerRecord.objects.filter(pk=record.pk).update(client=firm.client)
    Client.objects.exclude(pk=firm.client.pk).delete()
    assert integration_column(firm.browser) == {"Björk Bygg AB": f"Customer {firm.number}"}
    review.invoice_this_one(record=record, actor=owner, at=clock.now())
    assert integration_column(firm.browser) == {"Björk Bygg AB": f"Customer {second}"}
    CustomerRecord.objects.filter(pk=record.pk).update(active=False)
    assert integration_column(firm.browser) == {"Björk Bygg AB": "Inactive in Fortnox"}
    assert list(integration_column(firm.browser, show="inactive")) == ["Björk Bygg AB"]


def test_choosing_the_invoiced_customer_renames_nobody_now_or_at_the_next_sync(fortnox, firm, connection, owner):
    second = fortnox.customer(Name="Björk Faktura", OrganisationNumber=NUMBERS[1], Email="faktura@bjork.example")
    bring_in(connection)
    record = CustomerRecord.objects.get(number=second)
    CustomerRecord.objects.filter(pk=record.pk).update(client=firm.client)
    Client.objects.exclude(pk=firm.client.pk).delete()
    review.invoice_this_one(record=record, actor=owner, at=clock.now())

    def told():
        firm.client.refresh_from_db()
        return firm.client.name, firm.client.organisation_number, firm.client.email

    assert told() == ("Björk Bygg AB", NUMBERS[0], "faktura@bjork.example")
    fortnox.change_customer(second, Phone1="031-1")
    bring_in(connection, full=True)
    assert told() == ("Björk Bygg AB", NUMBERS[0], "faktura@bjork.example")
    assert firm.client.phone == "031-1"


# Activity, problems and what is due


def test_activity_names_the_company_of_runs_that_are_not_of_the_connected_one(firm):
    assert f"of {OURS}" not in _words(firm.browser.get(f"{SETTINGS}activity/").content.decode())
    firm.move()
    text = _words(firm.browser.get(f"{SETTINGS}activity/").content.decode())
    assert text.count(f"of {OURS}, not connected") == 1


def test_problems_of_a_company_that_is_not_connected_are_kept_and_not_shown_as_waiting(firm):
    failed("customer", firm.number, company_id=FIRST, code="2000359", message="Nej")
    firm.leave()
    text = _words(firm.browser.get(f"{SETTINGS}activity/").content.decode())
    assert "Failed" not in text
    firm.move(FIRST)
    assert "Failed" in _words(firm.browser.get(f"{SETTINGS}activity/").content.decode())


@pytest.mark.parametrize(
    "act", [issue_actions.retry, issue_actions.retry_alike, issue_actions.ignore, issue_actions.show_again]
)
def test_a_problem_of_another_company_is_not_tried_on_the_connected_one(firm, owner, act):
    sync_issue = failed("customer", firm.number, company_id=FIRST, code="2000359", message="Nej")
    firm.move()
    with pytest.raises(OtherCompany) as refusal:
        act(issue=sync_issue, actor=owner, at=clock.now())
    assert str(refusal.value) == (
        f"Nothing was done: Customer {firm.number} belongs to {OURS}, which is not connected. Connect {OURS} first."
    )
    assert RequestedRead.objects.count() == 0
    assert SyncIssue.objects.get().ignored_at is None


def test_a_run_of_the_old_company_does_not_put_off_the_new_ones(firm):
    ran(RunKind.PAYMENTS, minutes_ago=0, company_id=FIRST)  # after the company was authorized
    StepRest.objects.all().delete()
    assert "payments" not in due_steps(Connection.objects.get())
    assert "payments" in due_steps(firm.move())


def test_what_disconnect_would_leave_is_counted_for_the_connected_company(firm):
    firm.move()
    text = _words(firm.browser.get(f"{SETTINGS}disconnect/").content.decode())
    assert "1 client (0 of them linked to Fortnox)" in text
