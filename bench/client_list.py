# ruff: noqa: INP001
"""Server time of the client list with 10,000 clients: list, search, filter, sort; the median of 20 each.

    python bench/client_list.py

Runs on a PostgreSQL of its own that is thrown away. The time is what a request takes inside the server, middleware
and template included, without a socket. The bar: 200 ms each. The exit status tells whether it was met.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import tests.environment  # noqa: E402, F401 - invented keys, before the settings are read

from uku.kit.embedded import Cluster  # noqa: E402

CLIENTS, TIMES, BOUND_MS = 10_000, 20, 200
OK = 200
SLUG = "bench-client-list"
TOWNS = ("Malmö", "Lund", "Göteborg", "Åmål", "Örebro", "Turku")
LOOKS = {
    "list": {},
    "last page": {"page": "999"},
    "search": {"q": "byggfirma 77"},
    "filter": {"show": "suggested"},
    "sort by city": {"sort": "-city"},
    "sort by integration": {"sort": "-integration"},
    "all of it": {"q": "byra", "show": "linked", "sort": "integration"},
}


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
    browser = fill()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE uku_client, fortnox_customerrecord")
    medians = {name: measured(browser, query) for name, query in LOOKS.items()}
    for name, median in medians.items():
        sys.stdout.write(f"{name:<20} {median:6.0f} ms\n")
    connection.close()
    return int(max(medians.values()) > BOUND_MS)


def fill() -> Any:
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
    titles = [f"{'Byggfirma' if number % 2 else 'Byrå'} {number * 7919 % CLIENTS:05} AB" for number in range(CLIENTS)]
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
    browser = Browser(SERVER_NAME="localhost")
    browser.force_login(owner)
    return browser


def measured(browser: Any, query: dict[str, str]) -> float:
    """Return the median milliseconds of an answer."""
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        answer = browser.get(f"/w/{SLUG}/clients/", query)
        took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != OK:
            sys.exit(f"{query}: {answer.status_code}")
    return statistics.median(took)


if __name__ == "__main__":
    sys.exit(main())
