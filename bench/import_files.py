# ruff: noqa: INP001
"""A file of 5,000 and of 20,000 clients, as CSV and as XLSX: its preview in the background, time and memory.

    python bench/import_files.py

Half of the rows are clients already. Each file is read by a process of its own, on one PostgreSQL. The bar: 20,000 rows
within 10 seconds, and peak memory at most 1.25 times that of 5,000. The exit status tells whether it was met.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import tests.environment  # noqa: E402, F401 - invented keys, before the settings are read

from uku.kit.embedded import Cluster  # noqa: E402

SIZES, MOST_SECONDS, STEEPEST = (5_000, 20_000), 10.0, 1.25
HEADING = ("Name", "E-mail", "Phone", "Address", "Postcode", "City", "Country", "Terms of payment, days")
PREPARE, READ = "--prepare", "--read"
DATABASE = "UKU_BENCH_DATABASE"  # the test environment sets its own


def main() -> int:
    """Measure each form at both sizes and print the figures; return the exit status."""
    met = True
    with tempfile.TemporaryDirectory(prefix="uku-bench-") as home:
        cluster = Cluster(Path(home) / "home", fsync=False)
        try:
            environment = {**os.environ, DATABASE: cluster.ensure_running().owner}
            subprocess.run([sys.executable, __file__, PREPARE], env=environment, check=True)
            for form in ("csv", "xlsx"):
                small, large = (measured(form, size, environment) for size in SIZES)
                ratio = large["peak_mb"] / small["peak_mb"]
                met = met and large["seconds"] <= MOST_SECONDS and ratio <= STEEPEST and large["rows"] == SIZES[1]
                sys.stdout.write(
                    f"{form:>4}: {large['rows']:.0f} rows in {large['seconds']:.1f} s (at most {MOST_SECONDS:.0f},"
                    f" of them {large['processor']:.1f} s of its processor),"
                    f" {large['peak_mb']:.0f} MB at the peak, {ratio:.2f} times {SIZES[0]} rows (at most {STEEPEST})\n"
                )
        finally:
            cluster.stop()
    return 0 if met else 1


def measured(form: str, size: int, environment: dict[str, str]) -> dict[str, float]:
    command = [sys.executable, __file__, READ, form, str(size)]
    done = subprocess.run(command, env=environment, stdout=-1, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def rows(size: int) -> Iterator[tuple[str | int, ...]]:
    yield HEADING
    for n in range(size):
        yield f"Bolag {n} AB", f"info{n}@bolag.example", f"040-{n:07}", f"Storgatan {n}", "211 34", "Malmö", "SE", 30


def set_up() -> None:
    os.environ.update(DATABASE_URL=os.environ[DATABASE], DJANGO_SETTINGS_MODULE="uku.settings")
    import django

    django.setup()


def prepare() -> None:
    """Make a workspace with half of the clients."""
    set_up()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from tests.uku.conftest import AT, make_user, make_workspace

    from uku.clients.models import Client
    from uku.clients.operations import create_imported_clients
    from uku.kit.scoping import workspace_in_force

    owner = make_user("owner@byran.example", "Olga Owner")
    workspace = make_workspace("byran", owner)
    with workspace_in_force(workspace.pk):
        known = [(str(name), str(email)) for name, email, *_others in rows(SIZES[-1])][1::2]
        clients = [Client(name=name, email=email, workspace=workspace) for name, email in known]
        create_imported_clients(clients=clients, actor=owner, at=AT)


def read(form: str, size: int) -> None:
    """Upload the file, read it as the job does, and print the figures of that."""
    set_up()
    from tests.uku.conftest import AT

    from uku.clients.import_files.operations import read_in_background, upload_file
    from uku.clients.models import ImportFile
    from uku.kit.scoping import workspace_in_force
    from uku.kit.spreadsheets import as_csv, as_xlsx
    from uku.workspaces.models import Membership

    owner = Membership.everywhere.get()
    with workspace_in_force(owner.workspace_id):
        made = as_xlsx(rows(size), title="Clients").read() if form == "xlsx" else b"".join(as_csv(rows(size)))
        file = upload_file(actor=owner.user, at=AT, name=f"clients.{form}", content=made)
        began, processor = time.perf_counter(), time.process_time()
        read_in_background(ImportFile.objects.get(pk=file.pk))
        seconds, processor = time.perf_counter() - began, time.process_time() - processor
        file.refresh_from_db()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(
        f"{json.dumps({'seconds': seconds, 'processor': processor, 'peak_mb': peak, 'rows': file.rows})}\n"
    )


if __name__ == "__main__":
    if PREPARE in sys.argv:
        prepare()
    elif READ in sys.argv:
        read(sys.argv[-2], int(sys.argv[-1]))
    else:
        sys.exit(main())
