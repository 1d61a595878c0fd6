"""Customers and articles in: how many requests, which rows, and what survives a failure."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.conftest import clear_queue, let_rest, read_details
from tests.uku.integrations.fortnox.simulated import FIRST, NUMBERS

from uku.clients.models import Client, VatType
from uku.clients.operations import create_client, edit_client
from uku.integrations.fortnox.customers import review
from uku.integrations.fortnox.customers.differences import lines
from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, RunKind, RunState, SyncRun
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.workspaces.models import AuditEntry

HOURS = 3600


@pytest.fixture
def bring_in(connection):
    """Run one import and return its run."""

    def go(kind=RunKind.CUSTOMERS, *, full: bool = False):
        run_sync(SyncRequest(connection, kind, full=full))
        clear_queue()
        return SyncRun.objects.filter(kind=kind).order_by("-id").first()

    return go


def skipped_records(run):
    return list(run.skipped_records.order_by("pk").values_list("number", "reason"))


@pytest.mark.parametrize(("count", "lists"), [(0, 2), (1, 2), (499, 2), (500, 2), (501, 3)])
def test_the_first_import_takes_every_customer_in_with_the_fewest_lists(fortnox, bring_in, count, lists):
    fortnox.customers(count)
    before = fortnox.mark()
    run = bring_in()
    assert fortnox.requests(before) == ["GET customers"] * lists
    assert CustomerRecord.objects.filter(active=True, client__isnull=False).count() == count
    assert Client.objects.count() == count
    assert (run.state, run.counts.get("seen", 0), run.counts.get("imported", 0)) == (RunState.DONE, count, count)


def test_lists_ask_for_500_a_page_in_the_order_of_numbers(fortnox, bring_in):
    before = fortnox.mark()
    bring_in()
    wanted = {"limit": "500", "page": "1", "sortby": "customernumber"}
    assert fortnox.queries("/3/customers", before) == [
        {**wanted, "filter": "active"},
        {**wanted, "filter": "inactive"},
    ]


def test_an_unchanged_run_costs_two_lists_and_a_changed_record_one_more(fortnox, bring_in, move_clock):
    number = fortnox.customer()
    fortnox.article()
    kinds = (RunKind.CUSTOMERS, RunKind.ARTICLES)
    move_clock(seconds=3 * HOURS)
    for kind in kinds:
        bring_in(kind)
    before = fortnox.mark()
    for kind in kinds:
        bring_in(kind)
    assert fortnox.requests(before) == ["GET customers", "GET articles"]
    move_clock(seconds=6 * HOURS)
    fortnox.change_customer(number, Phone1="031-1 23 45", TermsOfPayment="10")
    before = fortnox.mark()
    for kind in kinds:
        bring_in(kind)
    assert fortnox.requests(before) == ["GET customers", f"GET customers/{number}", "GET articles"]
    client = Client.objects.get()
    assert (client.phone, client.payment_days) == ("031-1 23 45", 10)


def test_a_second_import_changes_nothing(fortnox, bring_in):
    fortnox.customers(3)
    bring_in()
    before = list(CustomerRecord.objects.order_by("pk").values_list("pk", "number", "client"))
    run = bring_in(full=True)
    assert list(CustomerRecord.objects.order_by("pk").values_list("pk", "number", "client")) == before
    assert run.counts["known"] == 3
    assert Client.objects.count() == 3


def test_inactive_customers_are_skipped_and_listed(fortnox, bring_in):
    active, inactive = fortnox.customer(Name="Aktiv AB"), fortnox.customer(Name="Vilande AB", Active=False)
    run = bring_in()
    assert list(CustomerRecord.objects.values_list("number", flat=True)) == [active]
    assert list(run.skipped_records.values_list("number", "name", "reason")) == [(inactive, "Vilande AB", "inactive")]


def test_a_customer_that_rests_and_comes_back_keeps_its_row_and_its_client(fortnox, bring_in, move_clock):
    number = fortnox.customer()
    bring_in()
    first = CustomerRecord.objects.get()
    for hours, active in ((3, False), (6, True)):
        move_clock(seconds=hours * HOURS)
        fortnox.change_customer(number, Active=active)
        bring_in()
        row = CustomerRecord.objects.get()
        assert (row.pk, row.client_id, row.active) == (first.pk, first.client_id, active)


def test_an_article_that_rests_and_comes_back_keeps_its_row(fortnox, bring_in, move_clock):
    number = fortnox.article()
    bring_in(RunKind.ARTICLES)
    first = ArticleRecord.objects.get()
    assert (first.description, first.unit, first.price, first.vat_rate) == ("Bokföring", "h", Decimal(950), None)
    for hours, active in ((3, False), (6, True)):
        move_clock(seconds=hours * HOURS)
        fortnox.ask("PATCH", f"companies/{FIRST}/articles/{number}", Active=active)
        bring_in(RunKind.ARTICLES)
        assert list(ArticleRecord.objects.values_list("pk", "active")) == [(first.pk, active)]


def test_a_field_edited_by_hand_is_kept_and_the_others_follow(fortnox, bring_in, owner, move_clock):
    number = fortnox.customer(Phone1="1", Email="a@bjork.example")
    bring_in()
    edit_client(client=Client.objects.get(), actor=owner, at=AT, changes={"phone": "our own"})
    move_clock(seconds=3 * HOURS)
    fortnox.change_customer(number, Phone1="2", Email="b@bjork.example")
    bring_in()
    client = Client.objects.get()
    assert (client.phone, client.email) == ("our own", "b@bjork.example")


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"Email": {"not": "a text"}}, "unreadable"),
        ({"Name": "x" * 200_000}, "not_stored"),
        ({"OrganisationNumber": "9" * 300}, "not_stored"),
    ],
)
def test_a_poison_row_is_listed_and_every_other_row_is_stored(fortnox, bring_in, facts, reason):
    numbers = fortnox.customers(3)
    with fortnox.app.installation.lock:
        company = fortnox.app.installation.company(FIRST)
        company.put("customers", numbers[1], {**company.get("customers", numbers[1]), **facts})
    run = bring_in()
    assert run.state == RunState.DONE
    assert list(CustomerRecord.objects.order_by("pk").values_list("number", flat=True)) == [numbers[0], numbers[2]]
    assert [(row.number, row.reason) for row in run.skipped_records.all()] == [(numbers[1], reason)]
    assert run.counts["rejected"] == 1


def test_a_nul_or_a_lone_surrogate_in_a_name_does_no_harm(fortnox, bring_in):
    number = fortnox.customer()
    with fortnox.app.installation.lock:
        company = fortnox.app.installation.company(FIRST)
        company.put("customers", number, {**company.get("customers", number), "Name": "A\u0000B"})
    bring_in()
    assert CustomerRecord.objects.get().name == "A\ufffdB"


def test_the_same_organisation_number_links_to_the_client_that_is_there(fortnox, bring_in, owner):
    ours = create_client(actor=owner, at=AT, name="Annat namn", organisation_number="4550000006")
    number = fortnox.customer(OrganisationNumber=NUMBERS[0])
    run = bring_in()
    record = CustomerRecord.objects.get()
    assert (record.number, record.client, record.evidence) == (
        number,
        ours,
        "Same organisation number 455000-0006",
    )
    assert run.counts["linked"] == 1
    assert Client.objects.count() == 1


def test_a_second_customer_with_the_same_number_is_suggested_and_not_linked(fortnox, bring_in):
    first = fortnox.customer(OrganisationNumber=NUMBERS[0])
    second = fortnox.customer(Name="Björk filial", OrganisationNumber=NUMBERS[0])
    run = bring_in()
    client = Client.objects.get()
    assert CustomerRecord.objects.get(number=first).client == client
    waiting = CustomerRecord.objects.get(number=second)
    assert (waiting.client, waiting.suggested) == (None, client)
    assert (run.counts["created"], run.counts["suggested"]) == (1, 1)


@pytest.mark.parametrize("decision", ["link", "create"])
def test_a_persons_decision_survives_the_next_run(fortnox, bring_in, owner, decision):
    fortnox.customer(OrganisationNumber=NUMBERS[0])
    second = fortnox.customer(Name="Björk filial", OrganisationNumber=NUMBERS[0])
    bring_in()
    record = CustomerRecord.objects.get(number=second)
    if decision == "link":
        review.link(record=record, client=record.suggested, actor=owner, at=AT)
    else:
        review.create_from(record=record, actor=owner, at=AT)
    decided = CustomerRecord.objects.get(number=second)
    assert (decided.client is not None, decided.suggested) == (True, None)
    bring_in(full=True)
    after = CustomerRecord.objects.get(number=second)
    assert (after.client_id, after.suggested) == (decided.client_id, None)
    assert Client.objects.count() == (1 if decision == "link" else 2)


def test_a_run_resumes_at_the_page_that_failed(fortnox, bring_in):
    fortnox.customers(501)
    fortnox.fault(path="/3/customers", query={"page": 2}, action="status", status=500, times=9)
    run = bring_in()
    assert (run.state, run.page, CustomerRecord.objects.count()) == (RunState.RUNNING, 1, 500)
    fortnox.heal()
    before = fortnox.mark()
    again = bring_in()
    assert (again.pk, again.state, CustomerRecord.objects.count()) == (run.pk, RunState.DONE, 501)
    assert [(q["filter"], q["page"]) for q in fortnox.queries("/3/customers", before)] == [
        ("active", "2"),
        ("inactive", "1"),
    ]


def test_what_is_gone_rests_after_a_complete_uninterrupted_pass_only(fortnox, bring_in):
    kept, gone = fortnox.customers(2)
    bring_in()
    fortnox.ask("DELETE", f"companies/{FIRST}/customers/{gone}")
    with fortnox.app.installation.lock:
        company = fortnox.app.installation.company(FIRST)
        fortnox.app.installation.store.put(f"{FIRST}/customers", gone, None)
        assert company is not None
    fortnox.fault(path="/3/customers", query={"filter": "inactive"}, action="status", status=500, times=9)
    bring_in(full=True)
    fortnox.heal()
    run = bring_in(full=True)
    assert (run.state, run.interruptions) == (RunState.DONE, 1)
    assert CustomerRecord.objects.filter(active=True).count() == 2
    run = bring_in(full=True)
    assert run.counts["gone"] == 1
    assert list(CustomerRecord.objects.filter(active=True).values_list("number", flat=True)) == [kept]


def test_a_missing_permission_stops_its_own_kind_only(fortnox, bring_in, connection):
    refusal = '{"ErrorInformation":{"error":1,"message":"Saknar behörighet","code":2000663}}'
    fortnox.article()
    fortnox.fault(path="/3/customers", action="status", status=403, times=9, body=refusal)
    customers, articles = bring_in(), bring_in(RunKind.ARTICLES)
    assert (customers.state, customers.stop_reason, customers.text) == (
        RunState.STOPPED,
        "not_permitted",
        "Saknar behörighet",
    )
    assert articles.state == RunState.DONE
    connection.refresh_from_db()
    assert connection.block_reason == ""


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("CHE-116.281.710 MWST", "CHE116281710MWST"),
        ("NO 974 760 673 MVA", "NO974760673MVA"),
        ("el 094 259 216", "EL094259216"),
        ("SE 556036-0793 01", "SE556036079301"),
        ("FI-0112038-9", "FI01120389"),
        ("SE 556036-0794 01", "SE 556036-0794 01"),  # the check digit is wrong: kept as it is written
        ("saknas", "saknas"),
    ],
)
def test_a_vat_number_follows_the_rule_of_form_and_file_and_an_unchanged_one_is_no_change(
    fortnox, connection, bring_in, written, stored
):
    number = fortnox.customer(VATNumber=written)
    bring_in()
    read_details(connection)
    client, record = Client.objects.get(), CustomerRecord.objects.get()
    assert (client.vat_number, record.vat_number) == (stored, written)
    Client.objects.update(vat_number=written)  # as it was stored before there was one rule
    fortnox.change_customer(number, City="Lund")
    bring_in(full=True)
    read_details(connection)
    client.refresh_from_db()
    assert (client.city, client.vat_number) == ("Lund", written)
    assert AuditEntry.objects.filter(action="client.import", after__has_key="vat_number").count() == 1
    assert [line.field for line in lines(client, CustomerRecord.objects.get()) if line.differs] == []


def test_details_are_read_once_for_each_linked_client(fortnox, connection, run_jobs, move_clock):
    number = fortnox.customer(TermsOfPayment="10", VATType="EUREVERSEDVAT", VATNumber="FI12345678", CountryCode="FI")
    fortnox.customer(Name="Vilande", Active=False)
    before = fortnox.mark()
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    read_details(connection)
    assert fortnox.requests(before) == ["GET customers", "GET customers", f"GET customers/{number}"]
    client = Client.objects.get()
    assert (client.payment_days, client.vat_number, client.country) == (10, "FI12345678", "FI")
    assert client.vat_type == VatType.EU_REVERSE_CHARGE
    move_clock(seconds=3 * HOURS)
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    clear_queue()
    move_clock(seconds=6 * HOURS)
    let_rest(connection)
    before = fortnox.mark()
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS, full=True))
    read_details(connection)
    assert fortnox.requests(before) == ["GET customers", "GET customers", "GET customers"]


def test_a_token_that_dies_in_the_middle_is_renewed_and_no_page_is_lost(fortnox, bring_in):
    fortnox.customers(501)
    fortnox.fault(
        path="/3/customers", query={"page": 2}, action="status", status=401, body='{"message":"unauthorized"}'
    )
    before = fortnox.mark()
    run = bring_in()
    assert (run.state, CustomerRecord.objects.count()) == (RunState.DONE, 501)
    assert (len(fortnox.mints(before)), fortnox.refreshes(before)) == (1, 0)
