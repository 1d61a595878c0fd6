"""One embedded cluster a run, one database a worker cloned from a migrated template, the network closed."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

TEMPLATE = "uku_template"

# The one profile of all properties: the same examples each time, and no real clock, since a busy machine is slow to
# invent input, too. A file says only how many examples it wants where they are dear, or cheap and many.
patient = settings(
    deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.register_profile("suite", patient, derandomize=True, max_examples=60)
settings.register_profile("soak", patient, max_examples=600)
settings.load_profile("soak" if os.environ.get("UKU_SOAK") else "suite")


def _is_controller(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """The controller names the home of the run's cluster; its workers inherit the name."""
    if _is_controller(config) and "UKU_TEST_HOME" not in os.environ:
        os.environ["UKU_TEST_HOME"] = tempfile.mkdtemp(prefix="uku-suite-")
        config.stash[_home] = os.environ["UKU_TEST_HOME"]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage: nearly everything that is made stays to the end, and is let be from then on.

    The looking took four tenths of the collecting, and each process of a run collects all tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start processes or a browser, and those of long histories, come first: files are dealt out in this
    order, and a long one must not run alone at the end.
    """
    long = {item.path for item in items if any(map(item.get_closest_marker, ("process", "browser", "history")))}
    items.sort(key=lambda item: item.path not in long)


_home = pytest.StashKey[str]()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """When everything that used the cluster has ended, and before what is left behind is counted."""
    _destroy_cluster(session.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """A run that never came to its tests has a home too."""
    _destroy_cluster(config)


def _destroy_cluster(config: pytest.Config) -> None:
    home = config.stash.get(_home, None)
    if home is None:
        return
    from uku.kit.embedded import Cluster

    made = Cluster(Path(home) / "home", fsync=False)
    if made.status().made:
        made.destroy()
    shutil.rmtree(home, ignore_errors=True)
    os.environ.pop("UKU_TEST_HOME", None)
    del config.stash[_home]


@pytest.fixture(scope="session")
def cluster():
    """The run's PostgreSQL with its migrated template, made by whichever worker comes first."""
    from uku.kit.embedded import Cluster

    home = Path(os.environ["UKU_TEST_HOME"])
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = Cluster(home / "home", fsync=False)
        addresses = found.ensure_running()
        if not (home / "started").exists():
            found.create_database(TEMPLATE)
            _migrate(_renamed(addresses.owner, TEMPLATE))
            (home / "started").touch()
    return found


def _migrate(owner: str) -> None:
    environment = {**os.environ, "DATABASE_URL": owner, "DJANGO_SETTINGS_MODULE": "uku.settings"}
    command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    subprocess.run(command, env=environment, check=True)


@pytest.fixture(scope="session")
def database_name(cluster, request) -> str:
    """This worker's own database."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    name = f"uku_{worker}"
    cluster.create_database(name, template=TEMPLATE)
    return name


@pytest.fixture(scope="session")
def addresses(cluster, database_name):
    """The addresses of this worker's database: app, owner, superuser."""
    from types import SimpleNamespace

    found = cluster.ensure_running()
    names = ("app", "owner", "superuser")
    return SimpleNamespace(**{name: _renamed(getattr(found, name), database_name) for name in names})


def _renamed(address: str, database: str) -> str:
    head, _, options = address.partition("?")
    return f"{head.rpartition('/')[0]}/{database}?{options}"


@pytest.fixture(scope="session")
def django_db_setup(addresses, django_db_blocker) -> None:
    """Point Django at this worker's database, as the app's role; nothing is created or migrated here."""
    from django.db import connections
    from psycopg.conninfo import conninfo_to_dict

    found = conninfo_to_dict(addresses.app)
    with django_db_blocker.unblock():
        wanted = connections["default"].settings_dict
        wanted.update(NAME=found["dbname"], USER=found["user"], HOST=found["host"], PORT="")
        connections["default"].close()


@pytest.fixture(scope="session")
def empty(addresses):
    """Return what deletes all rows but those the migrations made; quicker than TRUNCATE by far."""
    with psycopg.connect(addresses.superuser, autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        tables = session.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN"
            " ('django_migrations', 'django_content_type', 'auth_permission')"
        ).fetchall()
        emptying = "; ".join(f'DELETE FROM "{table}"' for (table,) in tables)  # names come from the catalogue
        yield lambda: session.execute(emptying)


@pytest.fixture
def committed(django_db_setup, django_db_blocker, addresses, empty):
    """A database whose commits are real, for tests with HTTP or other processes; emptied afterwards."""
    from django.db import connection

    with django_db_blocker.unblock():
        yield addresses
        connection.close()
        empty()
