"""Whatever is done about an invoice, killed at each of its commits and on both sides of each of its requests.

A scene (invoice_scenes.py) is arranged once and done to its end in a real process, which counts the steps. Then both
sides are put back, it is killed at the next step, and other processes go on: they end as the clean run did, the audit
log and Fortnox' books included. The steps are named nowhere, and each place of the source that stores or sends
something about an invoice (writes.py) must have been killed at in some scene.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db.models import Q, QuerySet
from tests.uku.integrations.fortnox.baseline import Moment
from tests.uku.integrations.fortnox.conftest import changes_nothing, due_steps, lose_jobs
from tests.uku.integrations.fortnox.invoice_scenes import NAMES, Scenes
from tests.uku.integrations.fortnox.simulated import FIRST
from tests.uku.integrations.fortnox.writes import writes

from uku.integrations.fortnox.invoices.export import TO_BOOK
from uku.integrations.fortnox.models import (
    CustomerCreation,
    CustomerRecord,
    ExportState,
    InvoiceExport,
    Pace,
    SyncIssue,
)
from uku.invoices.models import CancelledNumber, Invoice, Payment
from uku.workspaces.models import AuditEntry

pytestmark = pytest.mark.process
MOST_ROUNDS = 14
"""Each lets twenty minutes pass: twice two look-ups, what is sent again after the first pair, and what follows it."""
UNDER_WAY = TO_BOOK | Q(state__in=[ExportState.QUEUED, ExportState.SENDING, ExportState.UNCERTAIN])
TRIED = {"attempts", "fence", "lookups", "late_negatives", "was_uncertain", "text_changes", "voucher", "payload"}
"""What an export tells of how it got there."""
HALF_SILENT = {
    "credit_that_never_arrives",
    "credit_looked_up_after_it_never_arrived",
    "decision_to_send_again_carried_out",
    "last_look_up_of_what_never_arrived",
    "look_up_of_what_never_arrived",
}
"""One send had no clear outcome already: killed while it sends again, it is left to a person (decision 8)."""
ELSEWHERE = {
    # A worker that slept past its lease: tests/uku/integrations/fortnox/test_killed_exports.py.
    ("integrations/fortnox/invoices/export.py", "sending.update"),
    # An article of another company, in the transaction that issues: test_articles_of_companies.py.
    ("invoices/operations.py", "row.save"),
    # The series of numbers, which is there since the workspace is.
    ("invoices/operations.py", "NumberSeries.objects.select_for_update().get_or_create"),
    # One transaction that no other system is told of: tests/uku/invoices/test_payments.py.
    ("invoices/operations.py", "invoice.save"),
}
"""What no scene comes to."""
READ = "invoice.read"
"""What was read back and when depends on when a worker died; that each change is told is for the scenes about it."""
REFERENCE = re.compile(r"UKU[0-9A-Z]{12}")
EVERYWHERE = bool(os.environ.get("UKU_SWEEP"))
"""By `make sweep`: a step is killed at in each scene, also where another scene ran the same lines to the same step."""
killed_at: dict[str, set[str]] = {}
"""The product's lines, by scene."""
met: set[tuple[str, frozenset[str]]] = set()
"""The steps that were killed at, each with the lines that led to it."""


def end_state(fortnox: Any, known: set[str], audit: QuerySet[AuditEntry]) -> Counter[str]:
    """Everything that matters of both sides, a fact a line; times and tries are how it was reached.

    References that are made on the way are random: those not `known` before are one and the same here.
    """
    with fortnox.app.installation.lock:
        company = fortnox.app.installation.company(FIRST)
        books = {name: dict(company.table(name).rows) for name in ("customers", "invoices", "payments")}
    facts = [fact for name, table in books.items() for key, row in table.items() for fact in facts_of(name, key, row)]
    for model in (Invoice, InvoiceExport, Payment, CancelledNumber, CustomerCreation, CustomerRecord):
        facts += [fact for row in model.objects.values() for fact in facts_of(model.__name__, row["id"], row)]
    standing = SyncIssue.objects.filter(solved_at=None)
    facts += [f"issue: {issue}" for issue in standing.values_list("kind", "number", "code", "reason")]
    facts += [f"audit: {entry}" for entry in audit.values_list("action", "target", "summary")]
    facts += [f"created: {reference} {times}" for reference, times in fortnox.creates().items()]
    facts += [f"customer: {entry['key']}" for entry in fortnox.commits("customer.create")]
    facts += [f"credited: {entry['key']}" for entry in fortnox.commits("invoice.credit")]
    new = (
        re.compile(REFERENCE.pattern) if not known else re.compile(f"(?!{'|'.join(sorted(known))}){REFERENCE.pattern}")
    )
    return Counter(new.sub("new reference", fact) for fact in facts)


def facts_of(name: str, key: Any, row: dict[str, Any]) -> Iterator[str]:
    for field, value in row.items():
        if field.endswith("_since"):
            yield f"{name} {key} {field}: {value is not None}"
        elif not (field.startswith("_") or field.endswith(("_at", "_until")) or field in TRIED):
            yield f"{name} {key} {field}: {value}"


def assert_a_person_decides(fortnox: Any) -> None:
    export = InvoiceExport.objects.get(state=ExportState.NEEDS_PERSON)
    assert SyncIssue.objects.filter(number=export.reference, solved_at=None).count() == 1
    assert (fortnox.creates()[export.reference], fortnox.commits("invoice.credit")) == (0, [])


@pytest.fixture
def scenes(fortnox, shop, signed_in, scope, later):
    session = signed_in(shop.owner).cookies[settings.SESSION_COOKIE_NAME].value
    return Scenes(fortnox, shop, session, f"/w/{scope.slug}", later)


@pytest.fixture
def go_on(mortal, shop, later):
    """Let other workers take up whatever is left until nothing is; a person whose page broke presses again."""
    work = {
        "do": "job",
        "name": "fortnox.work",
        "arguments": {"connection_id": shop.connection.pk, "company_id": FIRST},
    }

    def until_nothing_is_due(order: dict[str, Any]) -> None:
        if order["do"] == "post":
            mortal.live(**order)
        for _ in range(MOST_ROUNDS):
            lose_jobs()
            Pace.objects.all().delete()
            for export in InvoiceExport.objects.all():
                later(export, seconds=20 * 60)
            mortal.live(**work)
            if not due_steps(shop.connection) and not InvoiceExport.objects.filter(UNDER_WAY).exists():
                return

    return until_nothing_is_due


@pytest.mark.parametrize("name", NAMES)
def test_it_ends_as_one_clean_run_wherever_it_is_killed(name, mortal, scenes, go_on, fortnox, baseline):
    order = getattr(scenes, name)()
    lose_jobs()
    arranged = Moment(fortnox, baseline.tables)

    def begin_again() -> None:
        arranged.put_back()
        for fault in scenes.faults:
            fortnox.fault(**fault)

    known = set(Invoice.objects.values_list("reference", flat=True))
    begin_again()
    steps = mortal.live(**order)
    places = [(step, frozenset(lines)) for step, lines in zip(steps, mortal.lines, strict=True)]
    go_on(order)
    audit = AuditEntry.objects.all() if name.startswith("read_back") else AuditEntry.objects.exclude(action=READ)
    clean = end_state(fortnox, known, audit)
    assert steps
    for at, step in enumerate(steps):
        if changes_nothing(step) or (places[at] in met and not EVERYWHERE):
            continue
        met.add(places[at])
        begin_again()
        assert mortal.die(at, **order) == step
        go_on(order)
        if name in HALF_SILENT and InvoiceExport.objects.filter(state=ExportState.NEEDS_PERSON).exists():
            assert_a_person_decides(fortnox)
            continue
        ended = end_state(fortnox, known, audit)
        assert (ended - clean, clean - ended) == (Counter(), Counter()), (step, at, steps)
    killed_at[name] = mortal.killed_at


def test_every_place_that_stores_or_sends_something_about_an_invoice_was_killed_at():
    if left := [name for name in NAMES if name not in killed_at]:
        pytest.skip(f"only some of the scenes were run; not {', '.join(left)}")
    lines = set().union(*killed_at.values())
    left = {str(write) for write in writes() if not write.is_on(lines) and (write.module, write.call) not in ELSEWHERE}
    assert left == set(), "\n".join(sorted(left))
