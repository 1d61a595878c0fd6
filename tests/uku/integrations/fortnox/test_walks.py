"""How far a reader walks through our code to follow one thing: files entered, functions entered, switches of file.

Traced with `sys.setprofile`, without the simulator, which answers in a thread of its own. When a figure falls, its
limit is lowered here; a failure prints all three. Switches vary by a few with the pieces in which the network hands an
answer over, so their limit is a little above what is seen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from tests.uku.integrations.fortnox.conftest import clear_queue, let_rest
from tests.uku.integrations.fortnox.import_runs import bring_in
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox.models import RunKind
from uku.invoices.models import Invoice, Numbering
from uku.invoices.operations import issue_invoice
from uku.kit import clock

ROOT = Path(__file__).parents[4]
OURS = (str(ROOT / "src"), str(ROOT / "packages"))


class Walk(NamedTuple):
    files: int
    functions: int
    switches: int


def traced(work: Callable[[], Any]) -> Walk:
    """Do the work and count what of our own code it entered; comprehensions and lambdas belong to their function."""
    entered: list[tuple[str, str]] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(OURS) and not code.co_name.startswith("<"):
            entered.append((code.co_filename, code.co_qualname))

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    switches = sum(one[0] != other[0] for one, other in pairwise(entered))
    return Walk(len({file for file, _ in entered}), len(set(entered)), switches)


def assert_no_longer_than(walk: Walk, limit: Walk) -> None:
    longer = [name for name in Walk._fields if getattr(walk, name) > getattr(limit, name)]
    assert longer == [], f"{walk}, at most {limit}"


def test_issue_to_fortnox(shop, run_jobs):
    shop.issue()
    run_jobs()  # what a process does once is behind it
    invoice = shop.draft()
    clear_queue()
    let_rest(shop.connection, "details")

    def walk():
        issue_invoice(invoice=invoice, actor=shop.owner, at=clock.now(), numbering=Numbering.ACCOUNTING, ledger=FIRST)
        run_jobs()

    found = traced(walk)
    assert Invoice.objects.get(pk=invoice.pk).booked
    assert_no_longer_than(found, Walk(66, 240, 325))


def test_payment_back(shop, fortnox, run_jobs):
    invoice = shop.issue()
    run_jobs()
    bring_in(shop.connection, RunKind.PAYMENTS)  # what a process does once is behind it
    invoice.refresh_from_db()
    fortnox.pay(invoice.number, "100", clock.today("Europe/Stockholm").isoformat())
    found = traced(lambda: bring_in(shop.connection, RunKind.PAYMENTS))
    assert invoice.payments.count() == 1
    assert_no_longer_than(found, Walk(50, 175, 330))


def test_customer_in(connection, fortnox):
    fortnox.customer(OrganisationNumber="455000-0006", Email="post@bjork.example")
    found = traced(lambda: bring_in(connection, RunKind.CUSTOMERS))
    assert_no_longer_than(found, Walk(66, 225, 345))


def test_client_list(shop, owner, signed_in):
    browser = signed_in(owner)
    address = f"/w/{shop.connection.workspace.slug}/clients/"
    browser.get(address)
    found = traced(lambda: browser.get(address))
    assert_no_longer_than(found, Walk(42, 125, 150))
