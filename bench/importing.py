# ruff: noqa: INP001
"""An import of 5,000 and of 50,000 customers: memory, requests, queries, and the time as information.

    python bench/importing.py [SMALL LARGE]

Each size has a PostgreSQL and a simulated Fortnox of its own, and is imported by a process of its own, with the pace
switched off as in the tests. The bar: peak memory of the large import at most 1.2 times that of the small one, the
fewest list requests, and every customer there, linked or suggested. The exit status tells whether it was met.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import tests.environment  # noqa: E402, F401 - invented keys, before the settings are read
from tests.uku.integrations.fortnox.simulated import FIRST, Simulated  # noqa: E402

from uku.kit.embedded import Cluster  # noqa: E402

SMALL, LARGE, STEEPEST = 5_000, 50_000, 1.2
OUR_NUMBER = "402200-0014"
CONNECT, ONE = "--connect", "--one"
PLACES = "UKU_BENCH_PLACES"  # what a process of its own is to reach: the test environment sets its own places


def main(small: int, large: int) -> int:
    """Measure both sizes and print the figures; return the exit status."""
    figures = [measured(size) for size in (small, large)]
    for size, found in zip((small, large), figures, strict=True):
        lists = math.ceil(size / 500) + 1
        found["placed"] = found["clients"] + found["suggested"]  # made names are alike now and then
        found["met"] = found["requests"] == {"GET customers": lists} and found["customers"] == size == found["placed"]
        sys.stdout.write(
            f"{size:>6} customers: {found['peak_mb']:.1f} MB at the peak, {found['seconds']:.0f} s"
            f" ({found['again_seconds']:.0f} s unchanged), {found['queries']} queries ({found['again_queries']}"
            f" unchanged), {lists} lists expected, asked: {found['requests']}; {found['clients']} clients,"
            f" {found['suggested']} suggested\n"
        )
    ratio = figures[1]["peak_mb"] / figures[0]["peak_mb"]
    sys.stdout.write(f"peak memory: {ratio:.2f} times (at most {STEEPEST})\n")
    return 0 if ratio <= STEEPEST and all(found["met"] for found in figures) else 1


def measured(size: int) -> dict[str, Any]:
    """Import so many customers on a database that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="uku-bench-") as home, Simulated() as fortnox:
        cluster = Cluster(Path(home) / "home", fsync=False)
        try:
            fortnox.ask("PATCH", f"companies/{FIRST}", OrganizationNumber=OUR_NUMBER)
            fortnox.customers(size)
            places = {"UKU_FORTNOX_AUTH_URL": fortnox.address, "UKU_FORTNOX_API_URL": fortnox.address}
            places["DATABASE_URL"] = cluster.ensure_running().owner
            environment = {**os.environ, PLACES: json.dumps(places)}
            connect = [sys.executable, __file__, CONNECT]
            with subprocess.Popen(connect, env=environment, stdin=-1, stdout=-1, text=True) as firm:
                url = firm.stdout.readline().strip() if firm.stdout else ""
                firm.communicate(json.dumps(fortnox.consent(url)))
            mark = fortnox.mark()
            done = subprocess.run([sys.executable, __file__, ONE], env=environment, stdout=-1, text=True, check=True)
            found = dict(json.loads(done.stdout.splitlines()[-1]))
            asked = Counter(fortnox.requests(mark))
            asked.subtract({"GET customers": found.pop("lists_again")})
            return {**found, "requests": dict(asked)}
        finally:
            cluster.stop()


def set_up() -> None:
    os.environ.update(json.loads(os.environ[PLACES]), DJANGO_SETTINGS_MODULE="uku.settings")
    import django

    django.setup()


def connect() -> None:
    """Make a workspace and connect it: write the consent page's address, read the way back."""
    set_up()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from tests.uku.conftest import make_user, make_workspace

    from uku.integrations.fortnox.connection import authorize, complete
    from uku.integrations.fortnox.models import Connection
    from uku.kit import clock
    from uku.kit.scoping import workspace_in_force

    owner = make_user("owner@byran.example", "Olga Owner")
    workspace = make_workspace("byran", owner)
    with workspace_in_force(workspace.pk):
        authorize.enable(workspace=workspace, actor=owner, at=clock.now())
        url = authorize.begin_authorization(workspace=workspace, actor=owner, session_key="session", at=clock.now())
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        back = json.loads(sys.stdin.read())
        attempt = authorize.claim_state(state=back["state"], user_id=owner.pk, session_key="session", at=clock.now())
        complete.complete(attempt=attempt, code=back["code"], at=clock.now())
        Connection.objects.update(first_import_of=FIRST)


def one() -> None:
    """Import the customers, then all of them again, and print the figures."""
    set_up()
    from uku.clients.models import Client
    from uku.integrations.fortnox.client import rate_limit
    from uku.integrations.fortnox.models import Connection, CustomerRecord
    from uku.kit.scoping import workspace_in_force

    rate_limit._RESERVE = rate_limit._RESERVE.replace(rate_limit.INTERVAL, "0 seconds")  # noqa: SLF001  # the tests' own switch
    with workspace_in_force(Connection.everywhere.get().workspace_id):
        seconds, queries = timed()
        again_seconds, again_queries = timed()
        figures = {
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "seconds": seconds,
            "queries": queries,
            "again_seconds": again_seconds,
            "again_queries": again_queries,
            "customers": CustomerRecord.objects.filter(active=True).count(),
            "clients": Client.objects.count(),
            "suggested": CustomerRecord.objects.filter(client=None, suggested__isnull=False).count(),
            "lists_again": math.ceil(CustomerRecord.objects.count() / 500) + 1,
        }
    sys.stdout.write(f"{json.dumps(figures)}\n")


def timed() -> tuple[float, int]:
    """Import once, in full; return the seconds and the number of queries. The changed ones are left out."""
    from django.db import connection

    from uku.integrations.fortnox.customers.importer import CUSTOMER_IMPORTER
    from uku.integrations.fortnox.models import Connection, RunKind, SyncRun
    from uku.integrations.fortnox.sync.engine import run_import
    from uku.integrations.fortnox.sync.sync_run import SyncRequest

    count = Counter[str]()

    def counted(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        count["queries"] += 1
        return execute(sql, params, many, context)

    start = time.monotonic()
    with connection.execute_wrapper(counted):
        run_import(CUSTOMER_IMPORTER, SyncRequest(Connection.objects.get(), RunKind.CUSTOMERS, full=True))
    seconds = time.monotonic() - start
    SyncRun.objects.update(company_id="")  # no complete run is known, so that the next one compares with none
    return seconds, count["queries"]


if __name__ == "__main__":
    if sys.argv[1:] == [CONNECT]:
        connect()
    elif sys.argv[1:] == [ONE]:
        one()
    else:
        sizes = [int(word) for word in sys.argv[1:3]]
        sys.exit(main(*(sizes if len(sizes) == len((SMALL, LARGE)) else (SMALL, LARGE))))
