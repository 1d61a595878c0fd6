# ruff: noqa: INP001
"""Server time, queries and bytes of lists and forms with 10,000 clients, 5,000 invoices and 2,000 products.

    python bench/pages.py            # all pages
    python bench/pages.py month      # those with this word in their name

Runs on a PostgreSQL of its own that is thrown away. The time is what a request takes inside the server, middleware
and template included, without a socket; the median of 20. The bar: 200 ms, 25 queries, 100 kB each. The exit status
tells whether it was met.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import tests.environment  # noqa: E402, F401 - invented keys, before the settings are read

from uku.kit.embedded import Cluster  # noqa: E402

TIMES = 20
MOST_MS, MOST_QUERIES, MOST_BYTES = 200, 25, 100_000
OK = 200
SLUG = "bench-pages"
TOWNS = ("Malmö", "Lund", "Göteborg", "Åmål", "Örebro", "Turku")
STATISTICS = 10
LAST_MONTH = (datetime.now(UTC).date().replace(day=1) - timedelta(days=1)).replace(day=1)
LOOKS: dict[str, tuple[str, dict[str, str]]] = {
    "clients": ("clients/", {}),
    "clients, last page": ("clients/", {"page": "999"}),
    "clients, search": ("clients/", {"q": "byggfirma 77"}),
    "clients, filter": ("clients/", {"show": "suggested"}),
    "clients, by city": ("clients/", {"sort": "-city"}),
    "clients, by integration": ("clients/", {"sort": "-integration"}),
    "clients, all of it": ("clients/", {"q": "byra", "show": "linked", "sort": "integration"}),
    "products": ("products/", {}),
    "billing": ("billing/", {}),
    "billing, last page": ("billing/", {"page": "999"}),
    "billing, search by client": ("billing/", {"q": "byggfirma 77"}),
    "billing, search by amount": ("billing/", {"q": "1 875,00"}),
    "billing, overdue by amount": ("billing/", {"show": "overdue", "sort": "-left"}),
    "billing, needs you": ("billing/", {"show": "needs_you"}),
    "a new draft": ("billing/new/", {}),
    "a client found by typing": ("billing/clients/", {"q": "bygg"}),
    "a product found by typing": ("billing/products/", {"q": "tjä"}),
    "repeat last month": ("billing/repeat/", {}),
    "month end": ("billing/month/", {}),
    "month end, last month": ("billing/month/", {"month": LAST_MONTH.isoformat()[:7]}),
    "a client": ("clients/{client}/", {}),
    "a draft": ("billing/{draft}/edit/", {}),
    "an invoice": ("billing/{issued}/", {}),
    "send an invoice": ("billing/{issued}/send/", {}),
    "credit an invoice": ("billing/{issued}/credit/", {}),
    "products of articles": ("products/add/", {}),
    "settings of invoices": ("settings/invoices/", {}),
    "sentences on VAT": ("settings/vat-sentences/", {}),
    "tasks": ("tasks/", {}),
    "calendar": ("tasks/calendar/", {}),
    "a summary task": ("tasks/{task}/", {}),
    "months of 50 plans": ("tasks/months/", {}),
}


class Size(NamedTuple):
    """How many of each there are; each plan has a client of its own."""

    clients: int = 10_000
    invoices: int = 5_000
    products: int = 2_000
    plans: int = 50


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="uku-bench-") as home:
        cluster = Cluster(Path(home) / "home", fsync=False)
        try:
            os.environ["DATABASE_URL"] = cluster.ensure_running().owner
            return measure()
        finally:
            cluster.stop()


def measure() -> int:
    """Fill the database and print the medians; return the exit status."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "uku.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    browser = fill(Size())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE uku_client, uku_invoice, uku_product, fortnox_customerrecord")
    words, places = sys.argv[1:], example_ids()
    found = {
        name: measured(browser, path.format(**places), query)
        for name, (path, query) in LOOKS.items()
        if all(word in name for word in words)
    }
    for name, (median, queries, size) in found.items():
        sys.stdout.write(f"{name:<28} {median:6.0f} ms {queries:4} queries {size / 1000:6.0f} kB\n")
    connection.close()
    most = [max(each) for each in zip(*found.values(), strict=True)]
    return int(any(figure > bar for figure, bar in zip(most, (MOST_MS, MOST_QUERIES, MOST_BYTES), strict=True)))


def fill(size: Size) -> Any:
    """Make a workspace with clients, nine tenths of them linked or suggested; return its owner's browser."""
    from django.test import Client as Browser

    from uku.clients import names
    from uku.clients.models import Client
    from uku.integrations.fortnox.models import CustomerRecord
    from uku.workspaces.models import User
    from uku.workspaces.operations import create_workspace

    at = datetime.now(UTC)
    owner = User.objects.create_user(email="owner@bench.example", password=None)
    workspace = create_workspace(name="Bench", slug=SLUG, owner=owner, at=at)
    titles = [
        f"{'Byggfirma' if number % 2 else 'Byrå'} {number * 7919 % size.clients:05} AB"
        for number in range(size.clients)
    ]
    clients = Client.everywhere.bulk_create(
        Client(
            workspace=workspace,
            name=title,
            name_sort=names.for_sorting(title),
            name_search=names.for_search(title),
            organisation_number=f"55{number:08}",
            email=f"post@{number}.example",
            city=TOWNS[number % len(TOWNS)],
            created_at=at,
        )
        for number, title in enumerate(titles)
    )
    CustomerRecord.everywhere.bulk_create(
        CustomerRecord(
            workspace=workspace,
            company_id="bench",
            number=str(number),
            name=client.name,
            client=client if number % 10 > 1 else None,
            suggested=client if number % 10 == 1 else None,
            active=number % 10 != 3,  # noqa: PLR2004  # one in ten
            seen_at=at,
        )
        for number, client in enumerate(clients)
        if number % 10
    )
    fill_billing(workspace, clients, size, at)
    fill_tasks(workspace, clients[: size.plans], at)
    browser = Browser(SERVER_NAME="localhost")
    browser.force_login(owner)
    return browser


def fill_billing(workspace: Any, clients: list[Any], size: Size, at: datetime) -> None:
    """Make products, and invoices of the last months, of which every fifth is a draft."""
    from uku.invoices.models import Invoice, InvoiceRow
    from uku.products.models import Product

    facts = {"workspace": workspace, "created_at": at}
    Product.everywhere.bulk_create(
        Product(name=f"Tjänst {number}", price=Decimal(950), vat_rate=Decimal(25), **facts)
        for number in range(size.products)
    )
    totals = {"net": Decimal(1500), "vat": Decimal(375), "total": Decimal(1875)}
    invoices = []
    for number in range(size.invoices):
        day = at.date() - timedelta(days=number % 120)
        issued = (
            {"state": "created", "numbering": "own", "number": str(number + 1), "issued_at": at} if number % 5 else {}
        )
        head = {"client": clients[number % size.clients], "invoice_date": day, "due_date": day + timedelta(days=30)}
        invoices.append(Invoice(reference=f"B{number}", **head, **issued, **totals, **facts))
    Invoice.everywhere.bulk_create(invoices)
    InvoiceRow.everywhere.bulk_create(
        InvoiceRow(
            workspace=workspace,
            invoice=invoice,
            position=1,
            description="Tjänst",
            quantity=Decimal(1),
            price=Decimal(1500),
            vat_rate=Decimal(25),
        )
        for invoice in invoices
    )


def fill_tasks(workspace: Any, clients: list[Any], at: datetime) -> None:
    """Make the summary tasks of a year and a month for each client."""
    from uku.kit.scoping import workspace_in_force
    from uku.tasks.models import BooksTie, MonthFigure, PlanField, SummaryPlan, Task, TaskField, TaskValue
    from uku.tasks.month_figures import months_shown
    from uku.workspaces.models import User, Workspace

    owner = User.objects.get()
    with workspace_in_force(workspace.pk):
        fields = [TaskField.objects.create(name=f"Antal {number}") for number in range(STATISTICS)]
        for number, client in enumerate(clients):
            books = Workspace.objects.create(name=client.name, slug=f"books-{number}", created_at=at)
            tie = BooksTie.objects.create(client=client, books=books, tied_at=at, tied_by=owner)
            plan = SummaryPlan.objects.create(tie=tie, client=client, active=True)
            for field in fields:
                PlanField.objects.create(plan=plan, statistic=field.name, field=field)
            for month in months_shown(LAST_MONTH):
                due = month + timedelta(days=40)
                task = Task.objects.create(
                    plan=plan, month=month, client=client, title="Månad", due_date=due, created_at=at
                )
                facts = {"workspace_id": workspace.pk, "month": month, "plan": plan, "counted_at": at}
                MonthFigure.objects.bulk_create(
                    MonthFigure(statistic=field.name, count=place * number, **facts)
                    for place, field in enumerate(fields)
                )
                TaskValue.objects.bulk_create(
                    TaskValue(
                        workspace_id=workspace.pk,
                        task=task,
                        field=field,
                        value=place * number,
                        measured=place * number,
                        statistic=field.name,
                    )
                    for place, field in enumerate(fields)
                )


def example_ids() -> dict[str, int]:
    """Return one record of each kind whose page is measured."""
    from uku.clients.models import Client
    from uku.invoices.models import Invoice
    from uku.tasks.models import Task

    invoices = Invoice.everywhere.order_by("id")
    return {
        "client": Client.everywhere.order_by("id").values_list("pk", flat=True)[0],
        "draft": invoices.filter(issued_at=None).values_list("pk", flat=True)[0],
        "issued": invoices.exclude(issued_at=None).values_list("pk", flat=True)[0],
        "task": Task.everywhere.order_by("-month", "id").values_list("pk", flat=True)[0],
    }


def measured(browser: Any, path: str, query: dict[str, str]) -> tuple[float, int, int]:
    """Return the median milliseconds of an answer, its queries and its bytes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        answer = browser.get(f"/w/{SLUG}/{path}", query)
        took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != OK:
            sys.exit(f"{path} {query}: {answer.status_code}")
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get(f"/w/{SLUG}/{path}", query)
    return statistics.median(took), len(queries), len(answer.content)


if __name__ == "__main__":
    sys.exit(main())
