"""The demo's firm: believable, complete, the same each time."""

import json
from collections import Counter
from datetime import date

import pytest

from fortnox_sim import Clock, create_app
from fortnox_sim.json_format import encode

ANCHORS = ("2026-01-31", "2028-02-29", "2026-06-30", "2026-03-31", "2026-12-31")


def build(anchor, **more):
    return create_app("demo", today=anchor, clock=Clock(f"{anchor}T12:00:00"), **more).installation


@pytest.fixture(scope="module")
def firm():
    return build("2026-03-31").company("556001")


def content(installation):
    tables = ("customers", "articles", "invoices", "payments", "vouchers", "years", "accounts")
    rows = {
        f"{company.number}/{name}": company.table(name).rows for company in installation.companies() for name in tables
    }
    return encode(rows)


@pytest.mark.parametrize("anchor", ANCHORS)
def test_it_builds_for_every_kind_of_month_end_the_same_each_time(anchor):
    assert content(build(anchor)) == content(build(anchor))


@pytest.mark.parametrize("anchor", ANCHORS)
def test_no_document_is_later_than_the_anchor_and_all_months_have_some(anchor):
    company = build(anchor).company("556001")
    days = [record["TransactionDate"] for record in company.table("vouchers").values()]
    assert max(days) <= anchor
    assert len({day[:7] for day in days}) == 14


def test_the_company_is_the_one_that_was_promised(firm):
    settings = firm.settings
    assert (settings["Name"], settings["DatabaseNumber"], settings["OrganizationNumber"][0]) == (
        "Exempelbyrån AB",
        556001,
        "4",
    )


def test_customers_come_in_all_kinds(firm):
    rows = list(firm.table("customers").values())
    kinds = Counter(record.get("Type", "COMPANY") for record in rows)
    foreign = [record for record in rows if record["CountryCode"] == "FI"]
    assert (len(rows), kinds["PRIVATE"]) == (60, 3)
    assert [record["VATType"] for record in foreign] == ["EUREVERSEDVAT"] * 2
    assert [record["Name"] for record in rows if not record.get("Active", True)] == ["Havsblick Fastigheter AB"]


def test_one_number_has_two_owners_and_one_name_is_ambiguous(firm):
    rows = list(firm.table("customers").values())
    counted = Counter(record["OrganisationNumber"] for record in rows if "OrganisationNumber" in record)
    twins = [record for record in rows if counted[record.get("OrganisationNumber")] == 2]
    assert sorted(record["Name"] for record in twins) == ["Dalby Elteknik AB", "Dalby Elteknik Filial"]
    assert [record["Name"] for record in rows if "OrganisationNumber" not in record] == [
        "Nordvik Konsult",
        "Nordviks Konsult",
    ]


def test_every_address_ends_in_example(firm):
    mails = [record["Email"] for record in firm.table("customers").values() if "Email" in record]
    assert all(mail.endswith(".example") for mail in mails)


def test_articles_cover_four_rates_two_inactive_one_without_price(firm):
    rows = list(firm.table("articles").values())
    accounts = {record["SalesAccount"] for record in rows}
    assert (len(rows), sum(not record["Active"] for record in rows)) == (25, 2)
    assert [record["Description"] for record in rows if "SalesPrice" not in record] == ["Övrigt arbete enligt offert"]
    assert {3041, 3002, 3003, 3044} <= accounts


def test_series_grow_month_by_month_in_believable_volumes(firm):
    months = Counter((r["TransactionDate"][:7], r["VoucherSeries"]) for r in firm.table("vouchers").values())
    whole = [months["2025-10", series] for series in "ABCDE"]
    assert all(10 <= volume <= 80 for volume in whole)
    assert {series for _, series in months} == set("ABCDE")


def test_voucher_numbers_follow_the_dates(firm):
    rows = [r for r in firm.table("vouchers").values() if r["VoucherSeries"] == "B" and r["Year"] == 1]
    days = [r["TransactionDate"] for r in sorted(rows, key=lambda r: r["VoucherNumber"])]
    assert days == sorted(days)


def test_invoices_are_booked_and_mostly_paid(firm):
    rows = list(firm.table("invoices").values())
    open_ones = [record for record in rows if record["Balance"]]
    assert all(record["Booked"] for record in rows)
    assert 0.05 < len(open_ones) / len(rows) < 0.3
    assert all(record["FinalPayDate"] for record in rows if not record["Balance"])


def test_every_voucher_balances(firm):
    assert {sum(amount for _, amount in r["VoucherRows"]) for r in firm.table("vouchers").values()} == {0}


def test_new_invoices_continue_the_series(firm):
    last = max(int(number) for number in firm.table("invoices").rows)
    assert firm.counter("invoices") == last + 1


def test_years_cover_everything_and_the_year_to_come(firm):
    years = [(record["FromDate"], record["ToDate"]) for record in firm.table("years").values()]
    assert years == [(f"{year}-01-01", f"{year}-12-31") for year in (2025, 2026, 2027)]


def test_the_two_companies_share_no_customer():
    installation = build("2026-03-31")
    names = [{r["Name"] for r in company.table("customers").values()} for company in installation.companies()]
    assert names[0] & names[1] == set()


def test_change_stamps_lie_in_the_past(firm):
    stamps = [record["_modified"][:10] for record in firm.table("invoices").values()]
    assert max(stamps) <= date(2026, 3, 31).isoformat()
    assert len(set(stamps)) > 100


def test_many_more_customers_can_be_added():
    installation = build("2026-03-31", customers=500, articles=100)
    company = installation.company("556001")
    assert (len(company.table("customers")), len(company.table("articles"))) == (560, 125)


def test_a_file_describes_companies_people_and_clients(tmp_path):
    path = tmp_path / "seed.json"
    facts = {
        "companies": [{"DatabaseNumber": 1, "Name": "Eget AB", "customers": 2, "years": [2024, 2026]}],
        "users": [{"email": "x@y.example", "companies": {"1": "admin"}}],
        "apps": [{"client_id": "c", "client_secret": "s", "name": "C", "redirect_uris": [], "scopes": ["customer"]}],
    }
    path.write_text(json.dumps(facts), encoding="utf-8")
    installation = create_app(str(path), clock=Clock("2026-03-31T12:00:00")).installation
    assert [company.settings["Name"] for company in installation.companies()] == ["Eget AB"]
    assert sorted(installation.store.table("apps").rows) == ["c", "uku-demo"]
    assert len(installation.company("1").table("years")) == 4


def test_who_the_firm_is_does_not_hang_on_the_date():
    firms = [build(anchor).company("556001") for anchor in ANCHORS[:2]]
    facts = [(firm.settings["OrganizationNumber"], firm.table("customers").rows["1"]["Name"]) for firm in firms]
    numbers = [[r.get("OrganisationNumber") for r in firm.table("customers").values()] for firm in firms]
    assert (facts[0], numbers[0]) == (facts[1], numbers[1])
