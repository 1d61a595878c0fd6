"""Many customers or articles at once, for tests of paging and size."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import TypedDict

from fortnox_sim.api.vouchers import add_voucher
from fortnox_sim.company import Company
from fortnox_sim.seeds.demo_data import PLACES, STREETS, build_slug
from fortnox_sim.seeds.identity_numbers import build_vat_number, make_organisation_number

WORDS = ("Norr", "Söder", "Väst", "Öster", "Berg", "Dal", "Sjö", "Skog", "Å", "Ek")
COSTS = (4000, 5010, 5410)
TRADES = ("Bygg", "Data", "Frakt", "Handel", "Konsult", "Livs", "Måleri", "Städ", "Teknik", "Vård")


class BulkCounts(TypedDict, total=False):
    """How many records more the first company has."""

    customers: int
    articles: int
    vouchers: int


def add_customers(company: Company, count: int, rng: random.Random) -> None:
    """Append customers with numbers that follow the series."""
    for _ in range(count):
        number = str(company.take_number("customers", "customers"))
        name = f"{rng.choice(WORDS)}{rng.choice(TRADES).lower()} {number} AB"
        organisation = make_organisation_number(rng)
        city, code = rng.choice(PLACES)
        record = {
            "CustomerNumber": number,
            "Name": name,
            "OrganisationNumber": organisation,
            "VATNumber": build_vat_number(organisation),
            "Email": f"post@{build_slug(name)}.example",
            "Address1": f"{rng.choice(STREETS)} {rng.randrange(1, 90)}",
            "ZipCode": code,
            "City": city,
            "CountryCode": "SE",
        }
        company.put("customers", number, record)


def add_articles(company: Company, count: int, rng: random.Random) -> None:
    """Append articles with numbers that follow the series."""
    for _ in range(count):
        number = str(company.take_number("articles", "articles"))
        record = {
            "ArticleNumber": number,
            "Description": f"Tjänst {number}",
            "SalesAccount": rng.choice((3041, 3041, 3041, 3042, 3043, 3044)),
            "SalesPrice": Decimal(rng.randrange(50, 2000)),
            "Unit": "st",
            "Type": "SERVICE",
        }
        company.put("articles", number, record)


def add_vouchers(company: Company, count: int, rng: random.Random) -> None:
    """Append vouchers of two to four rows, spread over the series A to E and the days of today's financial year."""
    year = company.require_year(company.today().isoformat())
    first, last = date.fromisoformat(year["FromDate"]), date.fromisoformat(year["ToDate"])
    days = [(first + timedelta(days=passed)).isoformat() for passed in range((last - first).days + 1)]
    for number in range(count):
        net = Decimal(rng.randrange(100, 1_000_000)) / 100
        costs = COSTS[: rng.randrange(1, 4)]
        add_voucher(
            company,
            series="ABCDE"[number % 5],
            day=days[number * len(days) // count],
            text=f"Händelse {number + 1}",
            kind="",
            number="",
            rows=[(1930, -net * len(costs)), *((account, net) for account in costs)],
        )
