"""After a cure, whatever it was: all that stood still goes on at once, and the person reads how much it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uku.integrations.fortnox.connection.guards import is_usable
from uku.integrations.fortnox.health import alerts
from uku.integrations.fortnox.models import (
    READ_KINDS,
    Connection,
    ExportState,
    InvoiceExport,
    RunKind,
    RunState,
    SyncRun,
)
from uku.integrations.fortnox.tokens.grant_state import GrantRestored
from uku.integrations.fortnox.tokens.installation import is_foreign
from uku.integrations.fortnox.work import due, requests
from uku.kit import clock
from uku.kit.scoping import workspace_in_force
from uku.tasks.summaries import own_plan
from uku.workspaces.operations import PlanChanged


@dataclass(frozen=True, slots=True)
class ResumedWork:
    """What a cure woke: how many invoices waited for the connected company, and which kinds of data are read again."""

    invoices: int = 0
    kinds: tuple[RunKind, ...] = ()

    def in_words(self) -> str:
        """Say it in sentences; empty when nothing was woken."""
        sent = ngettext(
            "%(n)d invoice was waiting and is being sent now.",
            "%(n)d invoices were waiting and are being sent now.",
            self.invoices,
        )
        read = _("Being read now: %(kinds)s.") % {"kinds": ", ".join(str(kind.label) for kind in self.kinds)}
        words = [sent % {"n": self.invoices}] if self.invoices else []
        return " ".join([*words, read] if self.kinds else words)


def resume(connection: Connection, *, at: datetime) -> ResumedWork:
    """Wake every kind of data and every invoice that waited, as part of the caller's transaction; clear what is cured.

    For whoever ends what held a connection up: a new grant, Enable, the plan, a licence, a key, an adoption. Wakes
    nothing while something else still holds it up. Twice does no harm.
    """
    invoices: int = 0
    kinds: list[RunKind] = []
    with workspace_in_force(connection.workspace_id):
        connection.resumed_at = at
        connection.save(update_fields=["resumed_at"])
        if is_usable(connection) and not is_foreign(connection):
            queued = InvoiceExport.objects.filter(company_id=connection.company_id, state=ExportState.QUEUED)
            invoices = queued.count()
            requests.wake_held(connection)
            reloaded = SyncRun.objects.filter(state=RunState.RUNNING, reload__isnull=False)
            left_out = set(reloaded.values_list("kind", flat=True))  # their reload goes on with them
            if own_plan() is None:
                left_out.add(RunKind.STATISTICS)
            kinds = [kind for kind in READ_KINDS if kind not in left_out]
        alerts.review(connection, at=at)
        due.wake(connection, at=at)
    return ResumedWork(invoices, tuple(kinds))


def resume_after_plan_change(fact: PlanChanged) -> None:
    """Wake what a lapsed plan held back, in the transaction that gives the plan back.

    Nothing has to stop when a plan lapses: every job asks for the plan right before it works.
    """
    if not fact.may_integrate:
        return
    with workspace_in_force(fact.workspace_id):
        for connection in Connection.objects.select_related("workspace"):
            resume(connection, at=clock.now())


def resume_restored(fact: GrantRestored) -> None:
    """Wake what waited for a grant, in the transaction that makes it usable again."""
    resume(Connection.everywhere.select_related("workspace").get(pk=fact.connection_id), at=fact.at)
