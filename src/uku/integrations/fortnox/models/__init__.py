"""The tables of this integration. Nothing here without its company's id."""

from uku.integrations.fortnox.models.connection import (
    AttemptOutcome,
    AuthorizationAttempt,
    BlockReason,
    Connection,
    ConsentLink,
    KnownCompany,
    NewClients,
    Pace,
    PendingGrant,
    Revocation,
    RevocationOutcome,
    TokenSource,
)
from uku.integrations.fortnox.models.invoice_export import (
    NEEDS_YOU,
    NUMBER_USED,
    ExportState,
    Hold,
    InvoiceExport,
)
from uku.integrations.fortnox.models.records import (
    ArticleRecord,
    CustomerRecord,
)
from uku.integrations.fortnox.models.sync_run import (
    BulkCreation,
    Reload,
    ReloadPhase,
    RunKind,
    RunState,
    SkippedRecord,
    StopReason,
    SyncIssue,
    SyncRun,
)

__all__ = [
    "NEEDS_YOU",
    "NUMBER_USED",
    "ArticleRecord",
    "AttemptOutcome",
    "AuthorizationAttempt",
    "BlockReason",
    "BulkCreation",
    "Connection",
    "ConsentLink",
    "CustomerRecord",
    "ExportState",
    "Hold",
    "InvoiceExport",
    "KnownCompany",
    "NewClients",
    "Pace",
    "PendingGrant",
    "Reload",
    "ReloadPhase",
    "Revocation",
    "RevocationOutcome",
    "RunKind",
    "RunState",
    "SkippedRecord",
    "StopReason",
    "SyncIssue",
    "SyncRun",
    "TokenSource",
]
