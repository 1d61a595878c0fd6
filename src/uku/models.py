"""Lists the model modules of the product, so that one app holds one migration history."""

from uku.clients.models import Client, ImportFile
from uku.invoices.delivery_models import InvoiceDelivery, InvoiceDocument, InvoiceSettings, VatSentence
from uku.invoices.models import CancelledNumber, Invoice, InvoiceRow, NumberSeries, Payment, TaskCharge
from uku.kit.alarms import Alarm
from uku.kit.clock import ClockOffset
from uku.kit.heartbeats import WorkerHeartbeat
from uku.kit.shared_cache import SharedValue
from uku.products.models import Product, ProductTier, TaxRateName
from uku.tasks.models import (
    BooksTie,
    MonthFigure,
    PlanField,
    SummaryPlan,
    Task,
    TaskComment,
    TaskField,
    TaskValue,
    Topic,
)
from uku.workspaces.models import AuditEntry, Invitation, Membership, Notice, NoticeReading, User, Workspace

__all__ = [
    "Alarm",
    "AuditEntry",
    "BooksTie",
    "CancelledNumber",
    "Client",
    "ClockOffset",
    "ImportFile",
    "Invitation",
    "Invoice",
    "InvoiceDelivery",
    "InvoiceDocument",
    "InvoiceRow",
    "InvoiceSettings",
    "Membership",
    "MonthFigure",
    "Notice",
    "NoticeReading",
    "NumberSeries",
    "Payment",
    "PlanField",
    "Product",
    "ProductTier",
    "SharedValue",
    "SummaryPlan",
    "Task",
    "TaskCharge",
    "TaskComment",
    "TaskField",
    "TaskValue",
    "TaxRateName",
    "Topic",
    "User",
    "VatSentence",
    "WorkerHeartbeat",
    "Workspace",
]
