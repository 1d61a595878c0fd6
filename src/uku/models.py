"""Lists the model modules of the product, so that one app holds one migration history."""

from uku.clients.models import Client
from uku.invoices.models import Invoice, InvoiceRow, NumberSeries, Payment
from uku.kit.clock import ClockOffset
from uku.products.models import Product
from uku.tasks.models import SummaryPlan, Task, TaskField, TaskValue, Topic
from uku.workspaces.models import AuditEntry, Membership, User, Workspace

__all__ = [
    "AuditEntry",
    "Client",
    "ClockOffset",
    "Invoice",
    "InvoiceRow",
    "Membership",
    "NumberSeries",
    "Payment",
    "Product",
    "SummaryPlan",
    "Task",
    "TaskField",
    "TaskValue",
    "Topic",
    "User",
    "Workspace",
]
