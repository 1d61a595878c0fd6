"""The contract's row *Work statistics* in Chromium: from switching on to the invoice line, here and across a tie."""

from __future__ import annotations

import re
from datetime import date
from functools import partial

import pytest
from tests.journeys.looking import look
from tests.journeys.site import BASE, OWN_NUMBER, consent
from tests.uku.integrations.fortnox.simulated import FIRST, SECOND

pytestmark = pytest.mark.browser
NUMBER = "5565431298"
PIECES = 37


def last_month(site) -> date:
    from uku.kit.months import first_of, months_later

    return months_later(first_of(date.fromisoformat(site.fortnox.ask("GET", "")["clock"]["today"])), -1)


def book(site, company: str, count: int = PIECES) -> None:
    """Let the company's people enter vouchers of last month."""
    facts = {"date": last_month(site).isoformat(), "text": "Porto", "rows": [[6110, 80], [1910, -80]]}
    for _ in range(count):
        site.fortnox.ask("POST", f"companies/{company}/vouchers", **facts)


def make_client(number: str) -> int:
    from uku.clients.operations import create_client
    from uku.kit import clock
    from uku.workspaces.models import User

    owner = User.objects.get(email="owner@byran.example")
    facts = {"address1": "Ågatan 1", "postcode": "211 20", "city": "Malmö", "country": "SE"}
    facts |= {"organisation_number": number, "name": "Åkerlunds Bygg AB"}
    return create_client(actor=owner, at=clock.now(), **facts).pk


def make_product() -> None:
    """A product billed by the manual vouchers of a task, 24 kr each."""
    from decimal import Decimal

    from uku.kit import clock
    from uku.products.operations import create_product
    from uku.tasks.models import TaskField
    from uku.workspaces.models import User

    owner = User.objects.get(email="owner@byran.example")
    facts = {"name": "Verifikation", "unit": "st", "price": Decimal(24), "vat_rate": Decimal(25), "article_number": "1"}
    product = create_product(actor=owner, at=clock.now(), **facts)
    product.task_field, _made = TaskField.objects.get_or_create(name="Manual vouchers")
    product.save(update_fields=["task_field"])


def drafts() -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    from uku.invoices.models import Invoice

    return [
        (
            str(draft.client),
            str(draft.supply_from),
            [(row.description, str(row.quantity), str(row.price)) for row in draft.rows.all()],
        )
        for draft in Invoice.objects.all()
    ]


def bill(page) -> None:
    """Finish the summary task that is open, and put its number on the client's draft."""
    page.get_by_role("button", name="Finish").click()
    page.get_by_role("button", name=re.compile(r"^37 × 24\.00 SEK: add to next draft")).click()
    page.get_by_text(re.compile("^It is on the draft of ")).wait_for()


def test_statistics_are_switched_on_counted_looked_into_and_billed(site):
    month = last_month(site)
    book(site, FIRST)
    site.within(partial(make_client, OWN_NUMBER))
    site.within(make_product)
    page, found = site.sign_in("owner"), {}
    site.connect(page)
    site.work()

    # The numbers of a month before anything is chosen; the client is proposed by its organisation number.
    site.open(page, "/settings/fortnox/settings/")
    assert page.get_by_label("Åkerlunds Bygg AB").is_checked()
    page.get_by_label("Month", exact=True).select_option(month.isoformat())
    page.get_by_role("button", name="Count this month").click()
    page.get_by_text("Counting").wait_for()
    site.work()
    page.get_by_text("The numbers are those of").wait_for()
    assert page.get_by_role("row", name=re.compile("^Sales invoices")).locator("td.num").inner_text() == "0"

    # Switched on, and the permission that is missing is asked for with its reason.
    page.get_by_label("Manual vouchers", exact=True).check()
    page.get_by_label("First month").select_option(month.isoformat())
    page.get_by_text("Show more").click()
    assert page.get_by_label("Payslips", exact=True).is_visible()
    found["settings"] = look(page, "statistics-settings")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("The statistics you chose need more permissions in Fortnox: Bookkeeping.").wait_for()
    page.get_by_role("navigation", name="Fortnox").get_by_role("link", name="Connect to Fortnox").click()
    assert page.get_by_text("count vouchers for the monthly summary task").is_visible()
    site.authorize(page)
    page.wait_for_url("**/settings/fortnox/")
    site.work()

    # The summary task, the documents behind its number, and the invoice line.
    site.open(page, "/tasks/")
    page.get_by_role("link", name=f"Monthly summary {month:%B %Y}").click()
    page.get_by_role("link", name="37 show the documents").wait_for()
    found["task"] = look(page, "statistics-task")
    page.get_by_role("link", name="37 show the documents").click()
    assert page.get_by_role("row", name=re.compile("Porto")).count() == PIECES
    found["documents"] = look(page, "statistics-documents")
    page.go_back()
    bill(page)
    expected = [("Åkerlunds Bygg AB", str(month), [("Verifikation", "37.00", "24.00")])]
    assert site.within(drafts) == expected
    found["billed"] = look(page, "statistics-billed")

    # What is booked late changes nothing silently, and is offered once.
    book(site, FIRST, 3)
    site.open(page, "/settings/fortnox/")
    page.get_by_role("button", name="Sync now").click()
    site.work()
    site.open(page, "/tasks/?show=all")
    page.get_by_role("link", name=f"Monthly summary {month:%B %Y}").click()
    row = page.get_by_role("row", name=re.compile("^Manual vouchers"))
    assert row.locator("td.num .badge").all_inner_texts() == ["40"]
    assert site.within(drafts) == expected
    assert {name: each for name, each in found.items() if each} == {}


def test_a_clients_own_books_fill_the_firms_task_and_its_draft(site):
    site.fortnox.ask("PATCH", f"companies/{SECOND}", OrganizationNumber=f"{NUMBER[:6]}-{NUMBER[6:]}")
    month = last_month(site)
    book(site, SECOND)
    client = site.within(partial(make_client, NUMBER))
    site.within(make_product)
    page, found = site.sign_in("owner"), {}

    site.open(page, f"/clients/{client}/")
    page.get_by_role("link", name="Books", exact=True).click()
    page.get_by_role("button", name="Add company file").wait_for()
    found["books"] = look(page, "statistics-books")
    page.get_by_role("button", name="Add company file").click()
    page.get_by_text("The workspace Åkerlunds Bygg AB is made. Connect its company there.").wait_for()
    page.get_by_role("link", name="Fields and expected volumes").click()
    page.get_by_label("First month").fill(month.isoformat()[:7])
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    site.open(page, f"/clients/{client}/books/")
    page.get_by_role("link", name="Åkerlunds Bygg AB", exact=True).last.click()
    books = page.url.removesuffix("/settings/")

    # In the client's workspace: enable, choose, authorize with all permissions at once.
    page.goto(f"{books}/settings/fortnox/")
    page.get_by_role("button", name="Enable", exact=True).click()
    page.get_by_role("button", name="Disable", exact=True).wait_for()
    page.goto(f"{books}/settings/fortnox/settings/")
    page.get_by_label("Manual vouchers", exact=True).check()
    page.get_by_label("First month").select_option(month.isoformat())
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Settings saved.").wait_for()
    page.get_by_role("navigation", name="Fortnox").get_by_role("link", name="Connect to Fortnox").click()
    page.get_by_role("button", name="Authorize", exact=True).click()
    page.wait_for_url("**/oauth-v1/auth?*")
    consent(page, company=SECOND)
    page.wait_for_url("**/settings/fortnox/")
    site.work()

    # Back in the firm: the client's task has the number, and it is billed there.
    site.open(page, f"{BASE}/tasks/months/?month={month.isoformat()[:7]}")
    found["months"] = look(page, "statistics-months")
    page.get_by_role("link", name="Åkerlunds Bygg AB").click()
    assert page.get_by_role("row", name=re.compile("^Manual vouchers")).get_by_text("37", exact=True).is_visible()
    bill(page)
    expected = [("Åkerlunds Bygg AB", str(month), [("Verifikation", "37.00", "24.00")])]
    assert site.within(drafts) == expected
    assert {name: each for name, each in found.items() if each} == {}
