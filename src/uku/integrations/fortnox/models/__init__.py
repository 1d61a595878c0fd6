"""The tables of this integration. Nothing here without its company's id."""

from uku.integrations.fortnox.models.connection import (
    Attempt,
    AttemptOutcome,
    Connection,
    ConnectionTrouble,
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
    NUMBER_KEPT,
    NUMBER_USED,
    Hold,
    Push,
    PushState,
)
from uku.integrations.fortnox.models.records import (
    ArticleRecord,
    CustomerRecord,
)
from uku.integrations.fortnox.models.sync_run import (
    BulkCreation,
    PassedOver,
    Problem,
    Reload,
    ReloadPhase,
    Run,
    RunKind,
    RunState,
)

__all__ = [
    "NEEDS_YOU",
    "NUMBER_KEPT",
    "NUMBER_USED",
    "ArticleRecord",
    "Attempt",
    "AttemptOutcome",
    "BulkCreation",
    "Connection",
    "ConnectionTrouble",
    "ConsentLink",
    "CustomerRecord",
    "Hold",
    "KnownCompany",
    "NewClients",
    "Pace",
    "PassedOver",
    "PendingGrant",
    "Problem",
    "Push",
    "PushState",
    "Reload",
    "ReloadPhase",
    "Revocation",
    "RevocationOutcome",
    "Run",
    "RunKind",
    "RunState",
    "TokenSource",
]
