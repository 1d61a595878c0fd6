"""Many customers or articles at once, for tests of paging and size."""

import random
from decimal import Decimal

from fortnox_sim.company import Company
from fortnox_sim.seeds.demo_data import PLACES, STREETS, build_slug
from fortnox_sim.seeds.identity_numbers import build_vat_number, make_organisation_number

WORDS = ("Norr", "Söder", "Väst", "Öster", "Berg", "Dal", "Sjö", "Skog", "Å", "Ek")
TRADES = ("Bygg", "Data", "Frakt", "Handel", "Konsult", "Livs", "Måleri", "Städ", "Teknik", "Vård")


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
