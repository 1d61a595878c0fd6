"""When the paid status was last read, and whether it is being read, for the list of invoices."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from uku.integrations.fortnox.connection.guards import is_usable
from uku.integrations.fortnox.health.messages import missing_worker_notice
from uku.integrations.fortnox.models import Connection, RequestedSync, RunKind, RunState, StepRest, SyncRun
from uku.integrations.fortnox.sync.sync_run import last_done
from uku.integrations.registry import Action, PaymentsCheck
from uku.kit import clock
from uku.workspaces.permissions import Permission


def payments_check(connection: Connection) -> PaymentsCheck | None:
    """Return when the paid status was last read; None while nothing can be asked of Fortnox."""
    if not is_usable(connection):
        return None
    done, running = last_done(connection, RunKind.PAYMENTS), is_reading_payments(connection)
    url = reverse("fortnox:check-payments", kwargs={"slug": connection.workspace.slug})
    return PaymentsCheck(
        checked_at=done.finished_at if done else None,
        running=running,
        action=Action(_("Check now"), url, permission=Permission.SEE_INVOICES),
        note=missing_worker_notice(connection, now=clock.now()) if running else "",
    )


def is_reading_payments(connection: Connection) -> bool:
    """Say whether the paid status is being read or asked for; one that failed and rests is not."""
    theirs = {"kind": RunKind.PAYMENTS, "company_id": connection.company_id}
    under_way = SyncRun.objects.filter(state=RunState.RUNNING, **theirs).exists()
    if not under_way and not RequestedSync.objects.filter(**theirs).exists():
        return False
    resting = StepRest.objects.filter(connection=connection, step__in=(RunKind.PAYMENTS, ""), until__gt=clock.now())
    return not resting.exists()
