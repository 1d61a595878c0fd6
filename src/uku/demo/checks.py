"""The demo's outcome, judged by the simulator's journal; each check says what it is about."""

from __future__ import annotations

from dataclasses import dataclass

from uku.demo.company_files import numbers_came
from uku.demo.firm import COMPANY, OTHER_SLUG
from uku.demo.simulator import Simulator
from uku.demo.steps import COUNTED
from uku.integrations.fortnox.models import (
    Connection,
    CustomerRecord,
    ExportState,
    InvoiceExport,
    SkippedRecord,
    SkipReason,
    SyncRun,
)
from uku.invoices.models import Invoice, State
from uku.kit.scoping import workspace_in_force
from uku.tasks.models import Task, TaskValue
from uku.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Check:
    what: str
    found: object
    expected: object

    @property
    def held(self) -> bool:
        return self.found == self.expected


def all_checks(simulator: Simulator) -> list[Check]:
    """Compare both sides. Call it with the firm's workspace in force."""
    customers = simulator.customers(COMPANY)
    active = sum(customer.get("Active", True) for customer in customers)
    linked, suggested = _linked(), CustomerRecord.objects.filter(suggested__isnull=False, active=True).count()
    run = SyncRun.objects.filter(kind="customers", full=True).order_by("id").first()
    skipped = run.skipped_records.filter(reason=SkipReason.INACTIVE) if run else SkippedRecord.objects.none()
    issued = Invoice.objects.exclude(state__in=(State.DRAFT, State.APPROVAL))
    exported = InvoiceExport.objects.filter(state=ExportState.CONFIRMED, booked=True).count()
    creates = simulator.creates_by_reference(COMPANY)
    partly = [i for i in issued.exclude(state=State.PAID) if i.balance is not None and 0 < i.balance < i.total]
    tasks = Task.objects.filter(plan__isnull=False, plan__tie=None)
    complete = sum(TaskValue.objects.filter(task=task).count() == len(COUNTED) for task in tasks)
    with workspace_in_force(Workspace.objects.get(slug=OTHER_SLUG).pk):
        other_is_connected = Connection.objects.exclude(sealed_tokens="").exists()
    return [
        Check("customers seen in Fortnox", len(customers), run.counts["seen"] if run else None),
        Check("customers imported", CustomerRecord.objects.filter(active=True).count(), active),
        Check("inactive customers skipped and listed", skipped.count(), len(customers) - active),
        Check("customers linked or waiting for a decision", linked + suggested, active),
        Check("the first import is decided", Connection.objects.filter(first_import_of=COMPANY).exists(), True),
        Check("invoices pushed and booked", exported, issued.count()),
        Check("references created in Fortnox", set(creates), set(issued.values_list("reference", flat=True))),
        Check("creates in the journal per invoice", set(creates.values()), {1}),
        Check("invoices whose figures differ", issued.exclude(difference="").count(), 0),
        Check("paid in full", issued.filter(state=State.PAID).count(), 2),
        Check("partly paid", len(partly), 1),
        Check("summary tasks with all their figures", complete, tasks.count()),
        Check("at least one summary task", tasks.exists(), True),
        Check("company files whose numbers came", numbers_came(), True),
        Check("answers 429 from our own haste", simulator.answers_with(429), 0),
        Check("the second workspace is not connected", other_is_connected, False),
    ]


def facts(simulator: Simulator) -> list[tuple[str, object]]:
    """The last lines of the demo."""
    customers = simulator.customers(COMPANY)
    issued = Invoice.objects.exclude(state__in=(State.DRAFT, State.APPROVAL))
    creates = simulator.creates_by_reference(COMPANY)
    partly = sum(0 < (i.balance if i.balance is not None else i.total) < i.total for i in issued)
    return [
        ("customers seen", len(customers)),
        ("customers imported", CustomerRecord.objects.filter(active=True).count()),
        ("inactive skipped", sum(not customer.get("Active", True) for customer in customers)),
        ("linked", _linked()),
        ("invoices pushed", InvoiceExport.objects.filter(state=ExportState.CONFIRMED).count()),
        ("creates in the journal per invoice", max(creates.values(), default=0)),
        ("paid", issued.filter(state=State.PAID).count()),
        ("partly paid", partly),
        ("summary tasks", Task.objects.filter(month__isnull=False).count()),
        ("requests used", simulator.requests_used()),
    ]


def _linked() -> int:
    return CustomerRecord.objects.filter(client__isnull=False, active=True).count()
