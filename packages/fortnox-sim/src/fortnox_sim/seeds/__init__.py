"""What a simulator begins with: an empty pair of companies, the demo's firm, or a file's content."""

import random
from datetime import date
from pathlib import Path

from fortnox_sim.clock import Clock
from fortnox_sim.company import Company
from fortnox_sim.installation import USERS, World
from fortnox_sim.json_format import Record, decode
from fortnox_sim.oauth.consent import LOOPBACK
from fortnox_sim.seeds import bulk, company_defaults, demo_data, demo_firm
from fortnox_sim.seeds.history import MONTHS, History, month_start
from fortnox_sim.seeds.identity_numbers import organisation_number
from fortnox_sim.seeds.seed_file import add_app, add_given

FIRST, SECOND = 556001, 556002
ANNA, OLLE = "anna@exempelbyran.example", "olle@exempelbyran.example"
KARIN = "karin@digitalbyran.example"
FIRST_INVOICE = 1001


def plant(world: World, seed: str | Record, *, customers: int, articles: int, today: str | None) -> None:
    """Fill a new world."""
    anchor = date.fromisoformat(today) if today else world.clock.today()
    add_app(world, "uku-demo", {"client_secret": "uku-demo-secret", "name": "Uku", "redirect_uris": [LOOPBACK]})
    if seed in {"demo", "empty"} if isinstance(seed, str) else False:
        add_firm(world, anchor, full=seed == "demo")
        found = [world.company(str(FIRST))]
    else:
        content: Record = seed if isinstance(seed, dict) else decode(Path(seed).read_bytes())
        found = add_given(world, content, anchor)
    rng = random.Random(f"bulk/{anchor}")  # noqa: S311  (repeatable on purpose)
    for company in found[:1]:
        if company is not None:
            bulk.add_customers(company, customers, rng)
            bulk.add_articles(company, articles, rng)


def add_user(
    world: World, email: str, name: str, companies: dict[str, str], clients: dict[str, str] | None = None
) -> None:
    """Let a person in, with password `fortnox`; `clients` are those of a consultant in Digital byrå."""
    known = {"email": email, "name": name, "password": "fortnox"}
    world.store.put(USERS, email, {**known, "companies": companies, "clients": clients or {}})


def add_firm(world: World, anchor: date, *, full: bool) -> None:
    """Create the demo's two companies and three people; `full` fills them."""
    rng = random.Random("demo")  # noqa: S311  (repeatable; who the firm is does not hang on the date)
    numbers = [organisation_number(rng), organisation_number(rng)]
    facts = (
        (FIRST, "Exempelbyrån AB", "Kontorsgatan 4", "Göteborg", "411 03", "5050-1055", "exempelbyran"),
        (SECOND, "Annat Företag AB", "Sidogatan 9", "Uppsala", "753 20", "5050-2053", "annatforetag"),
    )
    for organisation, (number, name, street, city, code, giro, domain) in zip(numbers, facts, strict=True):
        company_defaults.add_company(
            world.store,
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
        _furnish(world, number, anchor)
    add_user(world, ANNA, "Anna Ek", {str(FIRST): "admin", str(SECOND): "admin"})
    add_user(world, OLLE, "Olle Holm", {str(FIRST): "user"})
    add_user(world, KARIN, "Karin Lind", {}, {str(FIRST): "admin", str(SECOND): "user"})
    if full:
        _fill(world, rng, anchor)


def _seeding(world: World, number: int) -> Company:
    """Give the company under a clock of its own, so that history can be written in the past."""
    return Company(world.store, str(number), Clock("2000-01-01T00:00:00"), world.switches)


def _furnish(world: World, number: int, anchor: date) -> None:
    company = _seeding(world, number)
    first = month_start(anchor, MONTHS - 1)
    company.clock.set(f"{first.isoformat()}T08:00:00")
    company_defaults.add_registers(company)
    company_defaults.add_years(company, first, anchor)
    if number == FIRST:
        company.set_counter("invoices", FIRST_INVOICE)


def _fill(world: World, rng: random.Random, anchor: date) -> None:
    main, other = _seeding(world, FIRST), _seeding(world, SECOND)
    start = f"{month_start(anchor, MONTHS - 1).isoformat()}T08:30:00"
    main.clock.set(start)
    other.clock.set(start)
    demo_firm.add_customers(main, demo_firm.customers(rng))
    demo_firm.add_articles(main, demo_data.ARTICLES)
    demo_firm.add_customers(other, [demo_firm.company_record(rng, name) for name in demo_data.OTHER_CUSTOMERS])
    demo_firm.add_articles(other, demo_data.OTHER_ARTICLES)
    rng = random.Random(f"demo/{anchor}")  # noqa: S311  (repeatable)
    History(main, rng, anchor, 1.0).write()
    History(other, rng, anchor, 0.2).write()


__all__ = ["add_app", "add_user", "plant"]
