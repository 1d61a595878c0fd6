"""What a person does about a sync issue: try it again, all of its cause, ignore it, show it again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from uku.integrations.fortnox.connection.company import OtherCompany, connected_company
from uku.integrations.fortnox.connection.guards import require_usable_connection
from uku.integrations.fortnox.health import alerts, sync_issues
from uku.integrations.fortnox.health.issue_messages import title_of
from uku.integrations.fortnox.invoices.retry import retry_export
from uku.integrations.fortnox.models import READ_KINDS, Connection, ReadKind, RunKind, SyncIssue
from uku.integrations.fortnox.payments.status import is_reading_payments
from uku.integrations.fortnox.sync.skipped import UNNUMBERED
from uku.integrations.fortnox.work import requests
from uku.kit.jobs import SOON
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs

RUN_OF = {
    sync_issues.CUSTOMER: RunKind.CUSTOMERS,
    sync_issues.ARTICLE: RunKind.ARTICLES,
    sync_issues.PAYMENT: RunKind.PAYMENTS,
    sync_issues.DIFFERENCE: RunKind.COMPARISON,
}
MOST_AT_ONCE = 500


@needs(Permission.MANAGE_INTEGRATIONS)
def retry(*, issue: SyncIssue, actor: User, at: datetime) -> None:
    """Try one issue again, now. Raises NotAllowed, ConnectionNotUsable, OtherCompany."""
    _refuse_elsewhere(issue)
    _retry([issue], actor, at)


@needs(Permission.MANAGE_INTEGRATIONS)
def retry_alike(*, issue: SyncIssue, actor: User, at: datetime) -> int:
    """Try again what failed for the same cause, 500 at most; return how many.

    Raises NotAllowed, ConnectionNotUsable, OtherCompany.
    """
    _refuse_elsewhere(issue)
    return _retry(list(alike(issue)[:MOST_AT_ONCE]), actor, at)


def alike(issue: SyncIssue) -> QuerySet[SyncIssue]:
    """The open issues of the same kind and cause: the same code, or without one the same words."""
    same = sync_issues.open_issues(issue.company_id).filter(kind=issue.kind, code=issue.code)
    return same if issue.code else same.filter(reason=issue.reason, message=issue.message)


def _retry(chosen: list[SyncIssue], actor: User, at: datetime) -> int:
    """Read a record again, send or book an invoice again, ask for a run once however many issues wait for it."""
    connection = require_usable_connection()
    runs = set()
    with transaction.atomic():
        for issue in chosen:
            unnumbered = issue.number.startswith(UNNUMBERED)
            if issue.kind == sync_issues.INVOICE and issue.export is not None:
                retry_export(export=issue.export, actor=actor)
            elif issue.kind in {sync_issues.CUSTOMER, sync_issues.ARTICLE} and not unnumbered:
                requests.request_read(connection, ReadKind(RUN_OF[issue.kind]), issue.number)
            else:
                runs.add((RUN_OF.get(issue.kind, issue.kind), unnumbered))
            summary = translate_for_workspace(gettext_lazy("%(record)s: tried again"), record=title_of(issue))
            record(actor=actor, action="fortnox.problem.retry", target=issue, summary=summary, at=at)
        for kind, full in sorted(runs):
            requests.request_sync(connection, RunKind(kind), priority=SOON, full=full, asked_by=actor.pk)
    alerts.review(connection, at=at)
    return len(chosen)


@needs(Permission.MANAGE_INTEGRATIONS)
def read_now(*, full: bool, actor: User) -> None:
    """Ask for every kind of sync; what waits already is not asked for twice. Raises NotAllowed, ConnectionNotUsable."""
    connection = require_usable_connection()
    for kind in READ_KINDS:
        requests.request_sync(connection, kind, priority=SOON, full=full, asked_by=actor.pk)


@transaction.atomic
@needs(Permission.SEE_INVOICES)
def check_payments(*, actor: User) -> None:
    """Ask for the paid status, unless it is being read already. Raises NotAllowed, ConnectionNotUsable."""
    connection = require_usable_connection()
    if not is_reading_payments(connection):
        requests.request_sync(connection, RunKind.PAYMENTS, asked_by=actor.pk)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def ignore(*, issue: SyncIssue, actor: User, at: datetime) -> None:
    """Hide an issue until its cause changes; the same error again does not bring it back.

    Raises NotAllowed, OtherCompany.
    """
    _refuse_elsewhere(issue)
    _set_ignored(issue, at, actor)
    record(
        actor=actor,
        action="fortnox.problem.ignore",
        target=issue,
        summary=translate_for_workspace(gettext_lazy("%(record)s: ignored"), record=title_of(issue)),
        at=at,
    )
    _review(issue, at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def show_again(*, issue: SyncIssue, actor: User, at: datetime) -> None:
    """Show an ignored issue again. Raises NotAllowed, OtherCompany."""
    _refuse_elsewhere(issue)
    _set_ignored(issue, None, None)
    summary = translate_for_workspace(gettext_lazy("%(record)s: no longer ignored"), record=title_of(issue))
    record(actor=actor, action="fortnox.problem.take_up", target=issue, summary=summary, at=at)
    _review(issue, at)


def _refuse_elsewhere(issue: SyncIssue) -> None:
    if issue.company_id != connected_company():
        raise OtherCompany(title_of(issue), issue.company_id)


def _set_ignored(issue: SyncIssue, at: datetime | None, actor: User | None) -> None:
    row = SyncIssue.objects.select_for_update().get(pk=issue.pk)
    row.ignored_at, row.ignored_by = at, actor
    row.save(update_fields=["ignored_at", "ignored_by"])


def _review(issue: SyncIssue, at: datetime) -> None:
    alerts.review(Connection.objects.get(workspace_id=issue.workspace_id), at=at)
