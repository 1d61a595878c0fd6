"""How often each page that the bench measures asks the database: for many rows as often as for a screenful."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

BENCH = Path(__file__).parents[3] / "bench/pages.py"
TODAY = "2026-03-20T09:00:00Z"


def load_bench() -> ModuleType:
    spec = spec_from_file_location("bench_pages", BENCH)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


with time_machine.travel(TODAY, tick=False):  # it names the last month
    PAGES = load_bench()
FEW = PAGES.Size(clients=100, invoices=40, products=30, plans=1)
MANY = PAGES.Size(clients=200, invoices=160, products=60, plans=6)


def count_queries(size) -> dict[str, int]:
    """Fill a workspace, look at each page, and leave nothing behind."""
    with transaction.atomic():
        browser = PAGES.fill(size)
        places, found = PAGES.example_ids(), {}
        for name, (path, query) in PAGES.LOOKS.items():
            with CaptureQueriesContext(connection) as queries:
                answer = browser.get(f"/w/{PAGES.SLUG}/{path.format(**places)}", query)
            assert answer.status_code == 200, name
            found[name] = len(queries)
        transaction.set_rollback(True)
    return found


@pytest.fixture(scope="module")
def asked(django_db_setup, django_db_blocker):
    """By page, how often it asks in a small and in a larger workspace."""
    with django_db_blocker.unblock(), time_machine.travel(TODAY, tick=False):
        few, many = count_queries(FEW), count_queries(MANY)
    return {name: (few[name], many[name]) for name in few}


@pytest.mark.parametrize("name", PAGES.LOOKS)
def test_a_page_asks_as_often_for_many_rows_as_for_a_screenful(asked, name):
    few, many = asked[name]
    assert (many <= few, many <= PAGES.MOST_QUERIES) == (True, True), (few, many)
