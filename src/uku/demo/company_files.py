"""Two clients whose books are counted in workspaces of their own, and handed over to the firm's summary tasks."""

from __future__ import annotations

from datetime import date
from typing import Final

from uku.clients.models import Client
from uku.demo.browser import Browser
from uku.demo.firm import FORTNOX_PASSWORD, FORTNOX_USER, SLUG
from uku.demo.simulator import Simulator
from uku.kit.months import first_of, months_later
from uku.tasks.models import BooksTie, SummaryPlan, Task
from uku.tasks.ties import tie_of_client

FILES: Final = 2
MONTHS: Final = 13
COUNTED: Final = ("vouchers", "vouchers_manual", "voucher_rows")
POSTAGE: Final = [[6110, 80], [1910, -80]]


def tied_clients() -> list[Client]:
    """Return the clients of the demo that get a company file: the first two companies."""
    known = Client.objects.current().exclude(organisation_number="").order_by("name_sort", "id")
    return [client for client in known if not client.is_person][:FILES]


def add_company_files(browser: Browser, simulator: Simulator, today: date) -> int:
    """Add what is missing through the pages that a person uses; return how many were added."""
    added = 0
    for place, client in enumerate(tied_clients()):
        if tie_of_client(client) is not None:
            continue
        number = _open_books(simulator, client, today, volume=4 + 3 * place)
        browser.open(f"/w/{SLUG}/clients/{client.pk}/books/")
        browser.submit("/books/", action="add")
        tie = BooksTie.objects.get(client=client)
        last_month = months_later(first_of(today), -1)  # this month has no summary task before it ends
        browser.open(f"/w/{SLUG}/tasks/plans/{SummaryPlan.objects.get(tie=tie).pk}/")
        browser.submit(first_month=f"{last_month:%Y-%m}")
        _connect(browser, tie.books.slug, number, last_month)
        added += 1
    return added


def _open_books(simulator: Simulator, client: Client, today: date, *, volume: int) -> str:
    """Make the client's company in the simulated Fortnox, with vouchers of the last 13 months; return its number."""
    facts = {"Name": client.name, "OrganizationNumber": client.organisation_number, "customers": 1, "articles": 1}
    number = str(simulator.post("companies", facts)["id"])
    for back in range(MONTHS):
        month = months_later(first_of(today), -back)
        for day in range(1, volume + back % 3 + 1):
            voucher = {"date": month.replace(day=day).isoformat(), "text": "Porto", "rows": POSTAGE}
            simulator.post(f"companies/{number}/vouchers", voucher)
    return number


def _connect(browser: Browser, slug: str, number: str, month: date) -> None:
    browser.open(f"/w/{slug}/settings/fortnox/")
    browser.submit("/fortnox/enable/")
    browser.open(f"/w/{slug}/settings/fortnox/settings/")
    browser.submit(
        "/fortnox/settings/",
        title="Monthly summary",
        topic="Bookkeeping",
        first_month=month.isoformat(),
        statistics=list(COUNTED),
    )
    browser.open(f"/w/{slug}/settings/fortnox/connect/")
    browser.submit("/fortnox/connect/authorize/")
    if "/auth/login" in browser.url or any("login" in form.action for form in browser.forms):
        browser.submit("/auth/login", username=FORTNOX_USER, password=FORTNOX_PASSWORD)
    browser.submit(company=number)
    browser.submit(approve="1")


def numbers_came() -> bool:
    """Say whether each tied client has a summary task with its numbers."""
    ties = list(BooksTie.objects.filter(untied_at=None))
    tasks = [Task.objects.filter(plan__tie=tie, values__statistic="vouchers").exists() for tie in ties]
    return len(ties) == FILES and all(tasks)
