# ruff: noqa: INP001
"""What the benches of the product share: an installation of its own against the simulator, firms in it, a worker."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import tests.environment  # noqa: E402, F401 - invented keys, before the settings are read
from tests.uku.integrations.fortnox.simulated import ANNA, Simulated, until  # noqa: E402

from uku.kit.embedded import Cluster  # noqa: E402

OUR_NUMBER = "402200-0014"
_met: list[bool] = []
_clusters: list[Cluster] = []


@contextmanager
def installation(*, durable: bool = False) -> Iterator[tuple[Simulated, dict[str, str]]]:
    """A migrated database and a simulator, and the environment of a process that is to use them.

    One that is not `durable` forgets commits when it is stopped as by a power cut.
    """
    with tempfile.TemporaryDirectory(prefix="uku-bench-") as home, Simulated() as fortnox:
        cluster = Cluster(Path(home) / "home", fsync=durable)
        _clusters.append(cluster)
        try:
            os.environ.update(
                DJANGO_SETTINGS_MODULE="uku.settings",
                DATABASE_URL=cluster.ensure_running().owner,
                UKU_FORTNOX_AUTH_URL=fortnox.address,
                UKU_FORTNOX_API_URL=fortnox.address,
                UKU_TEST_CLOCK="1",
                UKU_LOG_LEVEL="ERROR",
            )
            import django
            from django.core.management import call_command

            django.setup()
            call_command("migrate", verbosity=0)
            yield fortnox, dict(os.environ)
        finally:
            _clusters.remove(cluster)
            cluster.destroy()


def restart_database() -> None:
    """Stop PostgreSQL as a power cut would, and start it again."""
    from django.db import connection as database

    database.close()
    _clusters[-1].stop("immediate")
    _clusters[-1].ensure_running()


def connect(fortnox: Simulated, slug: str, company: str) -> Any:
    """Make a workspace, connect it to a company, and return its owner and the connection."""
    from tests.uku.conftest import make_user, make_workspace

    from uku.integrations.fortnox.connection import authorize, complete
    from uku.integrations.fortnox.models import Connection
    from uku.kit import clock
    from uku.kit.scoping import workspace_in_force

    owner = make_user(f"owner@{slug}.example", "Olga Owner")
    workspace = make_workspace(slug, owner, organisation_number=OUR_NUMBER)
    fortnox.ask("PATCH", f"companies/{company}", OrganizationNumber=OUR_NUMBER)
    with workspace_in_force(workspace.pk):
        at = clock.now()
        authorize.enable(workspace=workspace, actor=owner, at=at)
        url = authorize.begin_authorization(workspace=workspace, actor=owner, session_key="session", at=at)
        back = fortnox.consent(url, user=ANNA, company=company)
        attempt = authorize.claim_state(state=back["state"], user_id=owner.pk, session_key="session", at=at)
        complete.complete(attempt=attempt, code=back["code"], at=at)
        Connection.objects.update(first_import_of=company)
        return owner, Connection.objects.get()


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "uku", "worker"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def await_true(found: Any, *, seconds: float) -> float:
    """Wait until `found()` holds; return how long that took."""
    begun = time.monotonic()
    until(found, seconds=seconds)
    return time.monotonic() - begun


def show(*cells: str) -> None:
    widths = (70, 12, 24, 8, 22)
    sys.stdout.write("".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)).rstrip() + "\n")
    sys.stdout.flush()


def judge(what: str, limit: str, figure: str, ratio: str, goal: str, *, holds: bool) -> None:
    """Print a line of the table, and whether its goal is met."""
    _met.append(holds)
    show(what, limit, figure, ratio, f"{goal} {'met' if holds else 'NOT MET'}")


def exit_status() -> int:
    return 0 if all(_met) else 1
