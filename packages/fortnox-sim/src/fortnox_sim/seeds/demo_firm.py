"""The demo firm's customers and articles: a pure function of the seed."""

import random
from decimal import Decimal

from fortnox_sim.company import Company
from fortnox_sim.json_format import Record
from fortnox_sim.seeds import demo_data
from fortnox_sim.seeds.identity_numbers import finnish_number, organisation_number, personal_number, vat_number

PLAIN = str.maketrans("åäöéÅÄÖ &,.", "aaoeaao----")
INACTIVE_AT = 13
DUPLICATE_OF = 4


def slug(name: str) -> str:
    """Make a domain label of a name."""
    text = name.lower().translate(PLAIN)
    return "-".join(part for part in text.split("-") if part and part not in {"ab", "hb", "oy", "i"})


def _contact(rng: random.Random, name: str) -> Record:
    city, code = rng.choice(demo_data.PLACES)
    return {
        "Name": name,
        "Address1": f"{rng.choice(demo_data.STREETS)} {rng.randrange(1, 90)}",
        "ZipCode": code,
        "City": city,
        "CountryCode": "SE",
        "Email": f"faktura@{slug(name)}.example",
        "Phone1": f"08-465 004 {rng.randrange(100):02d}",
        "TermsOfPayment": rng.choice(("30", "30", "30", "20", "10", "")),
        "YourReference": rng.choice(demo_data.CONTACTS),
    }


def company_record(rng: random.Random, name: str) -> Record:
    number = organisation_number(rng)
    return {
        **_contact(rng, name),
        "OrganisationNumber": number,
        "VATNumber": vat_number(number),
        "Type": "COMPANY",
    }


def _person(rng: random.Random, name: str, kind: str) -> Record:
    return {**_contact(rng, name), "OrganisationNumber": personal_number(rng), "Type": kind}


def _finnish(rng: random.Random, name: str, city: str, code: str) -> Record:
    number = finnish_number(rng)
    place = {
        "City": city,
        "ZipCode": code,
        "CountryCode": "FI",
        "Address1": f"Kauppakatu {rng.randrange(1, 60)}",
    }
    tax = {
        "OrganisationNumber": number,
        "VATNumber": f"FI{number.replace('-', '')}",
        "VATType": "EUREVERSEDVAT",
    }
    return {**_contact(rng, name), **place, **tax, "Phone1": "+358 9 000 0000"}


def customers(rng: random.Random) -> list[Record]:
    """Give about 60 customers with the awkward ones among them."""
    found = [company_record(rng, name) for name in demo_data.COMPANIES]
    found[INACTIVE_AT]["Active"] = False
    twin = {
        **_contact(rng, "Dalby Elteknik Filial"),
        "OrganisationNumber": found[DUPLICATE_OF]["OrganisationNumber"],
    }
    found.append(twin)
    found += [_person(rng, name, "COMPANY") for name in demo_data.SOLE_TRADERS]
    found += [_person(rng, name, "PRIVATE") for name in demo_data.PERSONS]
    found += [_finnish(rng, *row) for row in demo_data.FINNISH]
    found += [{**_contact(rng, name), "Email": ""} for name in ("Nordvik Konsult", "Nordviks Konsult")]
    return found


def add_customers(company: Company, records: list[Record]) -> None:
    for number, record in enumerate(records, start=1):
        kept = {key: value for key, value in record.items() if value != ""}
        company.put("customers", str(number), {**kept, "CustomerNumber": str(number)})
    company.set_counter("customers", len(records) + 1)


def add_articles(company: Company, rows: tuple[tuple[str, str | None, int, str, bool], ...]) -> None:
    for number, (text, price, account, unit, active) in enumerate(rows, start=1):
        record: Record = {
            "ArticleNumber": str(number),
            "Description": text,
            "SalesAccount": account,
            "Unit": unit,
        }
        record |= {"Type": "SERVICE", "Active": active, "EUAccount": 3308, "ExportAccount": 3305}
        if price is not None:
            record["SalesPrice"] = Decimal(price)
        company.put("articles", str(number), record)
    company.set_counter("articles", len(rows) + 1)
