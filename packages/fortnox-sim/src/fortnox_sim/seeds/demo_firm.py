"""The demo's two companies, their people, customers and articles: a pure function of the seed."""

import random
from datetime import date
from decimal import Decimal

from fortnox_sim.clock import Clock
from fortnox_sim.company import Company
from fortnox_sim.installation import USERS, Installation
from fortnox_sim.json_format import Record
from fortnox_sim.seeds import company_defaults, demo_data
from fortnox_sim.seeds.history import MONTHS, History, find_month_start
from fortnox_sim.seeds.identity_numbers import (
    build_vat_number,
    make_finnish_number,
    make_organisation_number,
    make_personal_number,
)
from fortnox_sim.seeds.seed_file import build_user

FIRST, SECOND = 556001, 556002
ANNA, OLLE = "anna@exempelbyran.example", "olle@exempelbyran.example"
KARIN = "karin@digitalbyran.example"
FIRST_INVOICE = 1001
INACTIVE_AT = 13
DUPLICATE_OF = 4


def _build_customer(rng: random.Random, name: str) -> Record:
    city, code = rng.choice(demo_data.PLACES)
    return {
        "Name": name,
        "Address1": f"{rng.choice(demo_data.STREETS)} {rng.randrange(1, 90)}",
        "ZipCode": code,
        "City": city,
        "CountryCode": "SE",
        "Email": f"faktura@{demo_data.build_slug(name)}.example",
        "Phone1": f"08-465 004 {rng.randrange(100):02d}",
        "TermsOfPayment": rng.choice(("30", "30", "30", "20", "10", "")),
        "YourReference": rng.choice(demo_data.CONTACTS),
    }


def build_company(rng: random.Random, name: str) -> Record:
    number = make_organisation_number(rng)
    return {
        **_build_customer(rng, name),
        "OrganisationNumber": number,
        "VATNumber": build_vat_number(number),
        "Type": "COMPANY",
    }


def build_customers(rng: random.Random) -> list[Record]:
    """Build about 60 customers with the awkward ones among them."""
    found = [build_company(rng, name) for name in demo_data.COMPANIES]
    found[INACTIVE_AT]["Active"] = False
    twin = {
        **_build_customer(rng, "Dalby Elteknik Filial"),
        "OrganisationNumber": found[DUPLICATE_OF]["OrganisationNumber"],
    }
    found.append(twin)
    for names, kind in ((demo_data.SOLE_TRADERS, "COMPANY"), (demo_data.PERSONS, "PRIVATE")):
        found += [
            {**_build_customer(rng, name), "OrganisationNumber": make_personal_number(rng), "Type": kind}
            for name in names
        ]
    for name, city, code in demo_data.FINNISH:
        number = make_finnish_number(rng)
        street = f"Kauppakatu {rng.randrange(1, 60)}"
        place = {"City": city, "ZipCode": code, "CountryCode": "FI", "Address1": street}
        tax = {
            "OrganisationNumber": number,
            "VATNumber": f"FI{number.replace('-', '')}",
            "VATType": "EUREVERSEDVAT",
        }
        found.append({**_build_customer(rng, name), **place, **tax, "Phone1": "+358 9 000 0000"})
    found += [{**_build_customer(rng, name), "Email": ""} for name in ("Nordvik Konsult", "Nordviks Konsult")]
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


def add_user(
    installation: Installation, email: str, name: str, companies: dict[str, str], clients: dict[str, str] | None = None
) -> None:
    """Let a person in, with password `fortnox`; `clients` are those of a consultant in Digital byrå."""
    user = {**build_user(email), "name": name, "companies": companies, "clients": clients or {}}
    installation.store.put(USERS, email, user)


def add_firm(installation: Installation, anchor: date, *, full: bool) -> None:
    """Create the demo's two companies and three people; `full` fills them."""
    rng = random.Random("demo")  # noqa: S311  (repeatable; who the firm is does not depend on the date)
    numbers = [make_organisation_number(rng), make_organisation_number(rng)]
    first_day = find_month_start(anchor, MONTHS - 1)
    facts = (
        (FIRST, "Exempelbyrån AB", "Kontorsgatan 4", "Göteborg", "411 03", "5050-1055", "exempelbyran"),
        (SECOND, "Annat Företag AB", "Sidogatan 9", "Uppsala", "753 20", "5050-2053", "annatforetag"),
    )
    for organisation, (number, name, street, city, code, giro, domain) in zip(numbers, facts, strict=True):
        company_defaults.add_company(
            installation.store,
            number,
            name,
            organisation,
            Address=street,
            City=city,
            ZipCode=code,
            BG=giro,
            Country="Sverige",
            CountryCode="SE",
            Domicile=city,
            Email=f"info@{domain}.example",
            Phone1="08-465 004 00",
            TaxEnabled=True,
            WWW=f"www.{domain}.example",
            ContactFirstName="Anna",
            ContactLastName="Ek",
        )
        company = _with_own_clock(installation, number, f"{first_day.isoformat()}T08:00:00")
        company_defaults.add_registers(company)
        company_defaults.add_years(company, company_defaults.list_calendar_years(first_day.year, anchor.year))
        if number == FIRST:
            company.set_counter("invoices", FIRST_INVOICE)
    add_user(installation, ANNA, "Anna Ek", {str(FIRST): "admin", str(SECOND): "admin"})
    add_user(installation, OLLE, "Olle Holm", {str(FIRST): "user"})
    add_user(installation, KARIN, "Karin Lind", {}, {str(FIRST): "admin", str(SECOND): "user"})
    if full:
        start = f"{first_day.isoformat()}T08:30:00"
        main = _with_own_clock(installation, FIRST, start)
        other = _with_own_clock(installation, SECOND, start)
        add_customers(main, build_customers(rng))
        add_articles(main, demo_data.ARTICLES)
        add_customers(other, [build_company(rng, name) for name in demo_data.OTHER_CUSTOMERS])
        add_articles(other, demo_data.OTHER_ARTICLES)
        rng = random.Random(f"demo/{anchor}")  # noqa: S311  (repeatable)
        History(main, rng, anchor, 1.0).write()
        History(other, rng, anchor, 0.2).write()


def _with_own_clock(installation: Installation, number: int, start: str) -> Company:
    """Give a company under a clock of its own, so that history can be written in the past."""
    return Company(installation.store, str(number), Clock(start), installation.switches)
