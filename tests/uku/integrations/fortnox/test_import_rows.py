"""Rows that no interface would take, and rows that changed: stored, or rejected with a reason."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.uku.integrations.fortnox.conftest import read_details
from tests.uku.integrations.fortnox.import_runs import (
    ARTICLES,
    CUSTOMERS,
    HOURS,
    active_here,
    bring_in,
    plant,
    rows_here,
    skipped_records,
)
from tests.uku.integrations.fortnox.simulated import FIRST, NUMBERS

from uku.clients.models import Client
from uku.integrations.fortnox.models import (
    ArticleRecord,
    CustomerRecord,
    ExportState,
    InvoiceExport,
    RunState,
    SyncIssue,
)
from uku.invoices.checks import InvoiceNotReady

POISON = {
    "no text": {"Name": {"not": "a text"}},
    "a list": {"Email": ["a@ek.example"]},
    "true": {"OrganisationNumber": True},
    "two megabytes": {"Name": "x" * 2_000_000},
    "a long number": {"OrganisationNumber": "9" * 300},
}


@pytest.mark.parametrize("what", POISON)
def test_a_poison_row_is_rejected_with_its_reason_and_no_other_row_suffers(
    fortnox, connection, signed_in, owner, scope, what
):
    """F54, I25: the rejects table, the reason, the row's hash, all other rows, and the count that the user sees"""
    numbers = fortnox.customers(7)
    plant(fortnox, numbers[3], **POISON[what])
    run = bring_in(connection)
    assert run.state == RunState.DONE
    assert active_here() == [*numbers[:3], *numbers[4:]]
    (listed,) = run.skipped_records.all()
    assert (listed.number, listed.detail != "", run.counts["rejected"]) == (numbers[3], True, 1)
    sync_issue = SyncIssue.objects.get()
    assert (sync_issue.kind, sync_issue.number, len(sync_issue.digest)) == ("customer", numbers[3], 64)
    assert "xxxxx" not in f"{listed.detail} {sync_issue.reason}"
    page = signed_in(owner).get(f"/w/{scope.slug}/settings/fortnox/activity/").content.decode()
    assert numbers[3] in page
    plant(fortnox, numbers[3], Name="Ek AB", Email="", OrganisationNumber="")
    healed = bring_in(connection, full=True)
    assert (sorted(active_here(), key=int), skipped_records(healed)) == (numbers, [])
    assert SyncIssue.objects.filter(solved_at=None).count() == 0


def test_rows_without_a_number_are_each_told(fortnox, connection):
    """F54: a row that is no record at all is counted, listed and kept apart from the next one"""
    numbers = fortnox.customers(4)
    rows = {"0": "x", "1": {"Name": "Ek AB"}, "2": None}
    fortnox.fault(path="/3/customers", query={"filter": "active"}, action="rewrite", rows=rows)
    run = bring_in(connection)
    assert (active_here(), run.counts["rejected"], run.skipped_records.count()) == ([numbers[3]], 3, 3)
    assert SyncIssue.objects.filter(kind="customer").count() == 3
    assert bring_in(connection, full=True).counts.get("rejected", 0) == 0
    assert sorted(active_here()) == sorted(numbers)


@pytest.mark.parametrize(
    ("wire", "stored"),
    [
        ('"12,50"', Decimal("12.50")),
        ("12.5", Decimal("12.50")),
        ('"0"', Decimal(0)),
        ("-1", Decimal(-1)),
        ("null", None),
        ('""', None),
        ("1e2", Decimal(100)),
        ('"0.1"', Decimal("0.10")),
    ],
)
def test_a_price_is_exact_however_it_is_written(fortnox, connection, wire, stored):
    """B34, B39: numbers as texts, texts as numbers, decimals with comma; money is a Decimal"""
    number = fortnox.article()
    raw = f'[{{"ArticleNumber": {number}, "Description": 17, "SalesPrice": {wire}}}]'
    fortnox.fault(path="/3/articles", query={"filter": "active"}, action="rewrite", raw={"Articles": raw})
    bring_in(connection, ARTICLES)
    record = ArticleRecord.objects.get()
    assert (record.number, record.description, record.price) == (number, "17", stored)


@pytest.mark.parametrize("wire", ['"1 000"', "true", "1e999", "1e15", '"-"', "[]", "999999999999999"])
def test_a_price_that_is_none_rejects_its_row_alone(fortnox, connection, wire):
    """B32, B34, B39: what no table reads is a reject, never a guess"""
    good, bad = fortnox.article(), fortnox.article()
    raw = f'[{{"ArticleNumber": "{bad}", "SalesPrice": {wire}}}, {{"ArticleNumber": "{good}", "SalesPrice": "950"}}]'
    fortnox.fault(path="/3/articles", query={"filter": "active"}, action="rewrite", raw={"Articles": raw})
    run = bring_in(connection, ARTICLES)
    assert (run.state, active_here(ARTICLES), run.counts["rejected"]) == (RunState.DONE, [good], 1)
    assert [number for number, _ in skipped_records(run)] == [bad]


@pytest.mark.parametrize("price", ["0.123456", "-950", "949.999"])
def test_a_price_with_many_decimals_or_below_zero_is_stored_as_money(fortnox, connection, price):
    """B39: rounded once, to öre, half up"""
    number = fortnox.article()
    plant(fortnox, number, "articles", SalesPrice=Decimal(price))
    bring_in(connection, ARTICLES)
    wanted = {"0.123456": "0.12", "-950": "-950.00", "949.999": "950.00"}[price]
    assert ArticleRecord.objects.get().price == Decimal(wanted)


@pytest.mark.parametrize("currency", ["XXX", "eur", "", None, "kronor", "€"])
def test_a_currency_that_is_none_leaves_the_clients_own(fortnox, connection, run_jobs, currency):
    """B39: stored as it came, taken over when it is a currency, and never a reason to stop"""
    from uku.integrations.fortnox.sync.sync_run import SyncRequest
    from uku.integrations.fortnox.work.runs import run_sync

    number = fortnox.customer()
    plant(fortnox, number, Currency=currency)
    run_sync(SyncRequest(connection, CUSTOMERS))
    read_details(connection)
    assert CustomerRecord.objects.get().detail_read_at is not None
    assert Client.objects.get().currency == {"eur": "EUR"}.get(currency, "SEK")


STRANGE = ["007", "7", "A/1", "a/1", "..", ".", "a b", "50%", "x?y=1#z", "👍", "å" * 300, "z" * 1024]


def test_numbers_are_opaque_texts(fortnox, connection, run_jobs):
    """B36: 007 and 7 are two customers, and each detail is asked for under its own address"""
    for index, number in enumerate(STRANGE):
        plant(fortnox, number, Name=f"Bolag {index} AB", TermsOfPayment="10")
    from uku.integrations.fortnox.sync.sync_run import SyncRequest
    from uku.integrations.fortnox.work.runs import run_sync

    before = fortnox.mark()
    run_sync(SyncRequest(connection, CUSTOMERS))
    read_details(connection)
    assert set(active_here()) == set(STRANGE)
    asked = [path for path in fortnox.requests(before) if path.startswith("GET customers/")]
    assert sorted(asked) == sorted(f"GET customers/{number}" for number in STRANGE)
    assert CustomerRecord.objects.filter(detail_read_at=None).count() == 0
    assert (Client.objects.count(), Client.objects.filter(payment_days=10).count()) == (len(STRANGE), len(STRANGE))


def test_what_no_database_takes_is_replaced_and_counted(fortnox, connection):
    """B37: NUL and lone surrogates become U+FFFD and are flagged; other controls stay, long texts are cut"""
    names = {"a": "A\x00B", "b": "A\ud800B", "c": "A\x07\x85B", "d": "A\ufffdB"}
    for number, name in names.items():
        plant(fortnox, number, Name=name)
    plant(fortnox, "e", "articles", Description="x" * 64_000)
    run = bring_in(connection)
    stored = dict(CustomerRecord.objects.values_list("number", "name"))
    assert stored == {"a": "A\ufffdB", "b": "A\ufffdB", "c": "A\x07\x85B", "d": "A\ufffdB"}
    assert (run.state, run.counts["replaced"]) == (RunState.DONE, 3)
    assert bring_in(connection, ARTICLES).state == RunState.DONE
    assert ArticleRecord.objects.get().description == "x" * 200


SCRIPT = '<script>alert("x")</script><img src=x onerror=alert(1)>'


def test_a_name_from_fortnox_is_shown_as_text_and_nothing_else(fortnox, connection, signed_in, owner, scope):
    """B38: no trust because it came from Fortnox"""
    plant(fortnox, "a", Name=SCRIPT, City=SCRIPT, OrganisationNumber=NUMBERS[0])
    plant(fortnox, "b", Name=f"Filial {SCRIPT}", OrganisationNumber=NUMBERS[0])
    plant(fortnox, SCRIPT, Name=[SCRIPT])
    bring_in(connection)
    browser, base = signed_in(owner), f"/w/{scope.slug}"
    client = Client.objects.get()
    for address in (f"{base}/clients/", f"{base}/clients/{client.pk}/", f"{base}/settings/fortnox/activity/"):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert SCRIPT not in answer.content.decode()
        assert "onerror=alert(1)>" not in answer.content.decode()


def test_an_unknown_vat_type_is_stored_and_stops_the_invoice_and_not_the_import(fortnox, connection, shop, run_jobs):
    """B40: what depends on it is refused in words"""
    plant(fortnox, shop.customer, VATType="MOONVAT", Type="ALIEN")
    CustomerRecord.objects.update(detail_read_at=None)
    from uku.integrations.fortnox.sync.sync_run import SyncRequest
    from uku.integrations.fortnox.work.runs import run_sync

    run_sync(SyncRequest(connection, CUSTOMERS, full=True))
    read_details(connection)
    record = CustomerRecord.objects.get()
    assert (record.vat_type, record.active, record.is_person) == ("MOONVAT", True, False)
    with pytest.raises(InvoiceNotReady, match="MOONVAT"):
        shop.issue()
    CustomerRecord.objects.update(vat_type="")
    export = shop.export_of(shop.issue())
    CustomerRecord.objects.update(vat_type="MOONVAT")
    run_jobs()
    export.refresh_from_db()
    assert (export.state, fortnox.creates()) == (ExportState.REJECTED, {})
    assert "MOONVAT" in export.error_text


@pytest.mark.parametrize(
    ("facts", "person"),
    [
        ({"Type": "PRIVATE", "OrganisationNumber": "19750231-0241"}, True),
        ({"Type": "PRIVATE", "OrganisationNumber": ""}, True),
        ({"Type": "COMPANY", "OrganisationNumber": "750231-0241"}, True),
        ({"Type": "COMPANY", "OrganisationNumber": NUMBERS[0]}, False),
    ],
)
def test_a_person_is_known_as_one_and_the_number_masked(
    fortnox, connection, run_jobs, signed_in, owner, scope, facts, person
):
    """B41: by what Fortnox says, and by the number itself, masked by default"""
    from uku.integrations.fortnox.sync.sync_run import SyncRequest
    from uku.integrations.fortnox.work.runs import run_sync

    fortnox.customer(Name="Ek", **facts)
    run_sync(SyncRequest(connection, CUSTOMERS))
    read_details(connection)
    client = Client.objects.get()
    assert (CustomerRecord.objects.get().is_person, client.is_person) == (person, person)
    assert client.hides_number is (person and facts["OrganisationNumber"] != "")
    listing = signed_in(owner).get(f"/w/{scope.slug}/clients/").content.decode()
    assert ("0241" in listing) is False
    assert (NUMBERS[0] in listing) is not person


@pytest.mark.parametrize("shared", [{"OrganisationNumber": NUMBERS[0]}, {"Email": "info@koncern.example"}])
def test_two_customers_that_share_a_number_or_an_address_are_never_merged(fortnox, connection, shared):
    """B42: nothing by itself, both before a person, and the same at every run"""
    fortnox.customer(Name="Koncern AB", **shared)
    fortnox.customer(Name="Koncern AB", **shared)
    bring_in(connection)
    first = rows_here()
    clients = set(CustomerRecord.objects.exclude(client=None).values_list("client", flat=True))
    assert CustomerRecord.objects.exclude(client=None).count() == len(clients)
    bring_in(connection, full=True)
    assert rows_here() == first


def test_several_addresses_in_one_field_are_stored_as_they_came(fortnox, connection):
    """B43: they are split for matching only (test_normalization), so nothing that Fortnox holds is lost"""
    fortnox.customer(Email="mailto:a@ek.example; b@ek.example;nonsense")
    bring_in(connection)
    assert Client.objects.get().email == "mailto:a@ek.example; b@ek.example;nonsense"


def test_a_renamed_customer_keeps_its_row_and_its_client(fortnox, connection, move_clock):
    """B44, I23: identity is the company and the number, not the name"""
    number = fortnox.customer(Name="Björk AB", OrganisationNumber=NUMBERS[0])
    bring_in(connection)
    before = CustomerRecord.objects.get()
    move_clock(seconds=3 * HOURS)
    fortnox.change_customer(number, Name="Nya Björk AB")
    bring_in(connection)
    after = CustomerRecord.objects.get()
    assert (after.pk, after.client_id, after.name) == (before.pk, before.client_id, "Nya Björk AB")
    assert (after.identity_changed_at, Client.objects.get().name) == (None, "Nya Björk AB")


def test_a_number_that_was_given_to_somebody_else_is_flagged_and_fills_nothing(fortnox, connection, move_clock):
    """B44: reuse is seen by the changed organisation number, and a person decides"""
    number = fortnox.customer(Name="Björk AB", OrganisationNumber=NUMBERS[0], Email="a@bjork.example")
    bring_in(connection)
    before = CustomerRecord.objects.get()
    move_clock(seconds=3 * HOURS)
    fortnox.change_customer(number, Name="Ek AB", OrganisationNumber=NUMBERS[1], Email="b@ek.example")
    for full in (False, True):
        bring_in(connection, full=full)
        record, client = CustomerRecord.objects.get(), Client.objects.get()
        assert (record.pk, record.client_id, record.organisation_number) == (before.pk, client.pk, NUMBERS[1])
        assert (record.identity_changed_at is not None) is True
        assert (client.name, client.organisation_number, client.email) == ("Björk AB", NUMBERS[0], "a@bjork.example")
        sync_issue = SyncIssue.objects.get(solved_at=None)
        assert (sync_issue.kind, sync_issue.number) == ("customer", number)


ARTICLE_FACTS = {
    "a rate with decimals": ({"VAT": Decimal("25.5")}, ""),
    "no account": ({"SalesAccount": 0}, "VAT"),
    "a unit nobody knows": ({"Unit": "famn"}, ""),
    "inactive": ({"Active": False}, "inactive"),
    "expired": ({"Expired": True}, ""),
}


@pytest.mark.parametrize("what", ["no account", "inactive"])
def test_an_article_with_a_flaw_is_stored_and_named_when_it_is_sent(fortnox, shop, run_jobs, what):
    """B51: the check before the push says which article and what is the matter"""
    facts, word = ARTICLE_FACTS[what]
    invoice = shop.issue()
    plant(fortnox, shop.article, "articles", **facts)
    ArticleRecord.objects.update(detail_read_at=None)
    run_jobs()
    export = InvoiceExport.objects.get(invoice=invoice)
    assert (export.state, fortnox.creates()) == (ExportState.REJECTED, {})
    assert shop.article in export.error_text
    assert word in export.error_text
    assert ArticleRecord.objects.count() == 1


@pytest.mark.parametrize("what", ["a rate with decimals", "a unit nobody knows", "expired"])
def test_an_article_that_is_only_odd_is_stored_as_it_is(fortnox, connection, what):
    """B51: 25.5 %, a unit of the firm's own, and an article that is being phased out are no flaw of the row"""
    number = fortnox.article()
    plant(fortnox, number, "articles", **ARTICLE_FACTS[what][0])
    run = bring_in(connection, ARTICLES)
    assert (run.state, run.counts.get("rejected", 0)) == (RunState.DONE, 0)
    assert ArticleRecord.objects.get().unit == {"a unit nobody knows": "famn"}.get(what, "h")


def test_many_articles_with_one_name_arrive_in_a_defined_order(fortnox, connection, monkeypatch):
    """B52: numbers that sort differently as text and as number are each read once"""
    from tests.uku.integrations.fortnox.import_runs import small_pages

    small_pages(monkeypatch, 3)
    numbers = ["2", "10", "1", "007", "7", "A1", "a1", "A10", "Ö-1", "B/2", "100", "20"]
    for number in numbers:
        plant(fortnox, number, "articles", Description="Bokföring")
    run = bring_in(connection, ARTICLES)
    assert (run.state, run.counts["imported"]) == (RunState.DONE, 12)
    assert sorted(active_here(ARTICLES)) == sorted(numbers)
    before = rows_here()
    bring_in(connection, ARTICLES, full=True)
    assert rows_here() == before


@pytest.mark.parametrize("kind", [CUSTOMERS, ARTICLES])
def test_what_rests_and_comes_back_is_the_same_row_with_its_settings(fortnox, connection, move_clock, owner, kind):
    """F87, I23: hidden, then shown again under the same local id; what a person set here stands"""
    from tests.uku.conftest import AT

    from uku.clients.operations import edit_client

    number = fortnox.customer(Phone1="1") if kind == CUSTOMERS else fortnox.article()
    bring_in(connection, kind)
    if kind == CUSTOMERS:
        edit_client(client=Client.objects.get(), actor=owner, at=AT, changes={"phone": "our own"})
    model = CustomerRecord if kind == CUSTOMERS else ArticleRecord
    first = model.objects.get().pk
    for step, active in enumerate((False, True), 1):
        move_clock(seconds=3 * step * HOURS)
        fortnox.ask("PATCH", f"companies/{FIRST}/{kind}/{number}", Active=active)
        bring_in(connection, kind)
        assert list(model.objects.values_list("pk", "active")) == [(first, active)]
        assert list(Client.objects.values_list("phone", flat=True)) == ["our own"] * (kind == CUSTOMERS)


def test_what_a_person_decided_stands_whatever_a_run_finds(fortnox, connection, owner, move_clock):
    """Left out, unlinked, linked by hand: no later run undoes it, though the evidence is strong"""
    from tests.uku.conftest import AT

    from uku.clients.operations import create_client
    from uku.integrations.fortnox.customers import review

    out, off, tied = (
        fortnox.customer(Name=f"Bolag {number}", OrganisationNumber=NUMBERS[number]) for number in range(3)
    )
    bring_in(connection)
    record = {row.number: row for row in CustomerRecord.objects.all()}
    ours = create_client(actor=owner, at=AT, name="Vårt eget val")
    for number in (out, off, tied):
        review.unlink(record=record[number], actor=owner, at=AT)
    review.ignore(ids=[record[out].pk], actor=owner, at=AT)
    review.link(record=CustomerRecord.objects.get(number=tied), client=ours, actor=owner, at=AT)
    decided = links()
    assert {number: client for number, (client, _) in decided.items()} == {out: None, off: None, tied: ours.pk}
    for full in (False, True):
        move_clock(seconds=(6 if full else 3) * HOURS)
        for number in (out, off, tied):
            fortnox.change_customer(number, Phone1="08-1" if full else "08-2")
        bring_in(connection, full=full)
        assert links() == decided


def links() -> dict[str, tuple[int | None, bool]]:
    """Whose each customer is, and whether a person left it out."""
    rows = CustomerRecord.objects.values_list("number", "client", "ignored_at")
    return {number: (client, ignored is not None) for number, client, ignored in rows}
