"""Companies described by a file or by the control interface."""

import random
from datetime import date
from decimal import Decimal
from typing import Any

from fortnox_sim.api import articles, customers
from fortnox_sim.api.currencies import set_currencies
from fortnox_sim.company import COMPANIES, Company
from fortnox_sim.fields import apply_changes
from fortnox_sim.installation import APPS, USERS, Installation
from fortnox_sim.json_format import Record
from fortnox_sim.scopes import SCOPES
from fortnox_sim.seeds import bulk, company_defaults
from fortnox_sim.seeds.history import MONTHS, find_month_start
from fortnox_sim.seeds.identity_numbers import make_organisation_number

FIRST_NUMBER = 557001


def add_content(installation: Installation, content: Record, anchor: date) -> list[Company]:
    """Create what a description lists: `apps`, `companies`, `users`."""
    created = [add_company(installation, company, anchor) for company in content.get("companies", [])]
    for user in content.get("users", []):
        installation.store.put(USERS, user["email"], {**build_user(user["email"]), **user})
    for app in content.get("apps", []):
        add_app(installation, app["client_id"], {key: value for key, value in app.items() if key != "client_id"})
    return created


def build_user(email: str) -> Record:
    """Build a person who has access to nothing yet."""
    return {"email": email, "name": email, "password": "fortnox", "companies": {}}


def add_app(installation: Installation, client_id: str, facts: Record) -> Record:
    """Register an OAuth client."""
    record: Record = {
        "client_secret": "secret",
        "name": client_id,
        "redirect_uris": [],
        "service_account": True,
        "scopes": list(SCOPES),
        **facts,
    }
    installation.store.put(APPS, client_id, record)
    return record


def add_company(installation: Installation, facts: Record, anchor: date) -> Company:
    """Create one company: settings, then `customers` and `articles` as records or as a number of them."""
    taken = [int(number) for number in installation.store.table(COMPANIES).rows]
    number = int(facts.get("DatabaseNumber") or max([FIRST_NUMBER - 1, *taken]) + 1)
    rng = random.Random(f"given/{number}")  # noqa: S311  (repeatable on purpose)
    special = {"customers", "articles", "users", "DatabaseNumber", "Name", "OrganizationNumber", "years", "currencies"}
    settings = {key: value for key, value in facts.items() if key not in special}
    organisation = facts.get("OrganizationNumber") or make_organisation_number(rng)
    company_defaults.add_company(
        installation.store, number, facts.get("Name") or f"Bolag {number} AB", organisation, **settings
    )
    company = installation.company(str(number))
    if company is None:
        raise ValueError("the company was not created")
    company_defaults.add_registers(company)
    if "currencies" in facts:
        set_currencies(company, facts["currencies"])
    years = facts.get("years", [find_month_start(anchor, MONTHS - 1).year, anchor.year])
    if not isinstance(years[0], list):
        years = company_defaults.list_calendar_years(years[0], years[-1])
    company_defaults.add_years(company, years)
    give_access(installation, str(number), facts.get("users"))
    add_records(company, "customers", facts.get("customers", 0), rng)
    add_records(company, "articles", facts.get("articles", 0), rng)
    return company


def give_access(installation: Installation, number: str, wanted: dict[str, str] | None) -> None:
    """Let the named users in; without names, every known administrator."""
    if wanted is None:
        wanted = {
            email: "admin" for email, user in installation.users().items() if "admin" in user["companies"].values()
        }
    for email, role in wanted.items():
        user = installation.users().get(email) or build_user(email)
        installation.store.put(USERS, email, {**user, "companies": {**user["companies"], number: role}})


def add_records(company: Company, kind: str, wanted: Any, rng: random.Random) -> list[str]:
    """Add customers or articles: a count, or records with the API's keys."""
    before = set(company.table(kind).rows)
    if isinstance(wanted, int):
        (bulk.add_customers if kind == "customers" else bulk.add_articles)(company, wanted, rng)
    else:
        for record in wanted:
            add_record(company, kind, record)
    return [key for key in company.table(kind).rows if key not in before]


def add_record(company: Company, kind: str, record: Record) -> Record:
    """Add one customer or article; an article may carry its SalesPrice here."""
    if kind == "customers":
        return customers.add_customer(company, record)
    article = articles.add_article(company, record)
    return change_record(company, kind, article["ArticleNumber"], {"SalesPrice": record.get("SalesPrice")})


def change_record(company: Company, kind: str, key: str, changes: Record) -> Record:
    """Change a customer or article as a person in Fortnox would, with no API rule in the way."""
    prices = {"SalesPrice", "PurchasePrice", "InvoiceFreight", "InvoiceAdministrationFee", "InvoiceDiscount"}
    read = {
        name: Decimal(str(value)) if name in prices and value is not None else value for name, value in changes.items()
    }
    return company.put(kind, key, apply_changes(company.table(kind).rows[key], read))
