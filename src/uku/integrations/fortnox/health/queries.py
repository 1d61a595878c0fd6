"""The facts of a connection's health, read from the tables: runs, problems, pushes, the connection itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Max, Min, Q

from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.health.error_codes import BY_CODE, Group
from uku.integrations.fortnox.health.messages import BLOCKED
from uku.integrations.fortnox.health.rules import INVOICES, NO_API_LICENCE, ConnectionFacts, Facts, KindFacts
from uku.integrations.fortnox.models import (
    NEEDS_YOU,
    Connection,
    ExportState,
    InvoiceExport,
    RunKind,
    RunState,
    RunStop,
    SyncRun,
)
from uku.integrations.fortnox.statistics.definitions import STATISTICS
from uku.integrations.fortnox.sync.sync_run import newest_of_each_kind
from uku.integrations.fortnox.tokens import app_credentials, renewal
from uku.integrations.fortnox.tokens.installation import is_foreign
from uku.integrations.fortnox.work.due import EVERY, RESUME_AFTER
from uku.kit.alarms import is_open
from uku.kit.scoping import workspace_in_force

SCOPES: Final[Mapping[str, frozenset[str]]] = {
    RunKind.CUSTOMERS: frozenset({"customer"}),
    RunKind.ARTICLES: frozenset({"article"}),
    INVOICES: frozenset({"invoice"}),
    RunKind.PAYMENTS: frozenset({"invoice", "payment"}),
}
_BLOCKED_CODES: Final = tuple(code for code, entry in BY_CODE.items() if entry.group in BLOCKED)


def facts_of(connection: Connection, *, at: datetime) -> Facts:
    """Read the facts of one connection; a connection without tokens has no kinds of data. Eight queries."""
    whole = _connection_facts(connection, at)
    if not connection.is_connected:
        return Facts(at, whole)
    with workspace_in_force(connection.workspace_id):
        exports = dict(
            _exports(connection).exclude(number_kept=True).order_by().values_list("state").annotate(Count("pk"))
        )
        needing = sum(exports.get(state, 0) for state in NEEDS_YOU)
        customers, articles, *others = _run_kinds(connection)
        return Facts(at, whole, (customers, articles, _invoices(connection), *others), needing)


def _connection_facts(connection: Connection, at: datetime) -> ConnectionFacts:
    return ConnectionFacts(
        enabled=connection.enabled,
        connected=connection.is_connected,
        plan_allows=connection.workspace.may_integrate,
        foreign=is_foreign(connection),
        block_reason=connection.block_reason,
        app_refused=connection.is_connected and is_open(app_credentials.ALARM),
        refused=renewal.is_refused(connection),
        renewal_failures=connection.renewal_failures,
        runs_out_at=renewal.runs_out_at(connection) if renewal.grows_old(connection, at) else None,
    )


def _run_kinds(connection: Connection) -> list[KindFacts]:
    runs = SyncRun.objects.filter(company_id=connection.company_id)
    newest = newest_of_each_kind(runs)
    done = newest_of_each_kind(runs.filter(state=RunState.DONE))
    telling = newest_of_each_kind(runs.filter(Q(state=RunState.DONE) | Q(stop_reason=RunStop.NOT_PERMITTED)))
    failing, fresh = _failing_since(runs, done), _fresh_start(connection)
    codes = dict(sync_issues.unsolved(connection.company_id).filter(number="").values_list("kind", "code"))
    found = []
    for kind in RunKind:
        if kind == RunKind.STATISTICS and not connection.statistics:
            found.append(_not_chosen(kind, newest.get(kind), done.get(kind)))
            continue
        last, told, success = newest.get(kind), telling.get(kind), done.get(kind)
        found.append(
            KindFacts(
                kind=kind,
                refused_code=_told_code(told, connection, codes.get(kind, "")),
                lacks_scope=_lacks(connection, kind),
                failing_since=_since(failing.get(kind), *fresh),
                last_success=success.finished_at if success else None,
                last_attempt=last.started_at if last else None,
                next_try=_next(last, kind, renewal.cured_at(connection)),
                running=bool(last and last.state == RunState.RUNNING),
            )
        )
    return found


def _not_chosen(kind: RunKind, last: SyncRun | None, success: SyncRun | None) -> KindFacts:
    """Switched off: only when it last went, and when well, is still true."""
    return KindFacts(
        kind=kind,
        last_success=success.finished_at if success else None,
        last_attempt=last.started_at if last else None,
        chosen=False,
    )


def _failing_since(runs: Any, done: Mapping[str, SyncRun]) -> dict[str, datetime]:
    """Return when the first run after the last success began that failed, by kind: stopped, or tried again."""
    since = Q()
    for kind in RunKind:  # only what came after is read, however long the history is
        since |= Q(kind=kind, id__gt=done[kind].pk if kind in done else 0)
    failed = runs.filter(since, Q(state=RunState.STOPPED) | Q(tries__gt=0))
    lasting = failed.exclude(stop_reason=RunStop.NOT_PERMITTED).order_by()
    return dict(lasting.values_list("kind").annotate(Min("started_at")))


def _since(moment: datetime | None, *later: datetime | None) -> datetime | None:
    """Return since when it fails, counted from the latest of what came between: older failures say nothing."""
    return None if moment is None else max([moment, *(when for when in later if when)])


def _fresh_start(connection: Connection) -> tuple[datetime | None, ...]:
    """When a person authorized, when a pause or a trouble ended, when the operator mended the app's credentials."""
    return connection.authorized_at, connection.resumed_at, app_credentials.mended_at()


def _told_code(run: SyncRun | None, connection: Connection, code: str) -> str | None:
    """Return the code that a run was refused with, unless its cure is known."""
    if run is None or run.stop_reason != RunStop.NOT_PERMITTED:
        return None
    return None if _is_cured(code, run.started_at, connection) else code


def _is_cured(code: str, moment: datetime, connection: Connection) -> bool:
    """Say whether a refusal is from before its cure, and would be no news.

    A new grant has the permissions that an older one lacked; the integration licence is seen to be back. Whether any
    other licence was bought, only the next run can tell, and it comes at once.
    """
    cured_at = renewal.cured_at(connection)
    if code in BY_CODE and BY_CODE[code].group == Group.PERMISSION:
        cured_at = connection.authorized_at
    elif code != NO_API_LICENCE:
        return False
    return cured_at is not None and moment < cured_at


def _lacks(connection: Connection, kind: str) -> bool:
    """Say whether the grant has no permission for this kind; one that was stored without its scopes is trusted."""
    wanted = SCOPES.get(kind)
    if wanted is None:
        wanted = frozenset(STATISTICS[name].scope for name in connection.statistics if name in STATISTICS) - {""}
    return bool(connection.scopes) and not wanted <= set(connection.scopes)


def _next(last: SyncRun | None, kind: RunKind, cured_at: datetime | None) -> datetime | None:
    if last is None:
        return None
    if cured_at is not None and last.started_at < cured_at and last.state != RunState.RUNNING:
        return cured_at
    return last.started_at + (RESUME_AFTER if last.state == RunState.RUNNING else EVERY[kind])


def _exports(connection: Connection) -> Any:
    return InvoiceExport.objects.filter(company_id=connection.company_id)


def _invoices(connection: Connection) -> KindFacts:
    """Invoices go out one by one, so their health is that of the pushes that wait."""
    blocked = sync_issues.unsolved(connection.company_id).filter(kind=sync_issues.INVOICE, code__in=_BLOCKED_CODES)
    newest = blocked.order_by("-last_at").first()
    code = newest.code if newest else None
    if newest and _is_cured(newest.code, newest.last_at, connection):
        code = None
    postponed = Q(state=ExportState.QUEUED, next_at__isnull=False, error_code="") | Q(state=ExportState.UNCERTAIN)
    going = Q(state__in=(ExportState.QUEUED, ExportState.UNCERTAIN))
    times = _exports(connection).aggregate(
        since=Min("created_at", filter=postponed),
        success=Max("sent_at", filter=Q(state=ExportState.CONFIRMED)),
        attempt=Max("sent_at"),
        next=Min("next_at", filter=going),
        sending=Count("pk", filter=Q(state=ExportState.SENDING)),
    )
    return KindFacts(
        kind=INVOICES,
        refused_code=code,
        lacks_scope=_lacks(connection, INVOICES),
        failing_since=None if code else _since(times["since"], times["success"], *_fresh_start(connection)),
        last_success=times["success"],
        last_attempt=times["attempt"],
        next_try=times["next"],
        running=bool(times["sending"]),
    )
