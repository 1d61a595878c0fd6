"""What the tables say about a connection: the facts of its health, and the customers that need review."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Max, Min, Q, QuerySet, Subquery

from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.health.error_codes import BLOCKING, BY_CODE, ErrorGroup
from uku.integrations.fortnox.health.rules import INVOICES, NO_API_LICENCE, ConnectionFacts, Facts, KindFacts
from uku.integrations.fortnox.models import (
    Connection,
    CustomerRecord,
    ExportState,
    FailingKind,
    InvoiceExport,
    LinkReason,
    RunKind,
    RunState,
    StopReason,
    SyncRun,
)
from uku.integrations.fortnox.statistics.definitions import STATISTICS
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
KINDS: Final = (RunKind.CUSTOMERS, RunKind.ARTICLES, INVOICES, RunKind.PAYMENTS, RunKind.STATISTICS)
"""In the order in which they are told."""
_BLOCKING_CODES: Final = tuple(code for code, text in BY_CODE.items() if text.group in BLOCKING)


def stored_facts_of(connection: Connection, *, at: datetime) -> Facts:
    """Return what a page needs to say what is wrong, as the last review left it. Two queries.

    What stands on the connection itself is as of now: a block, a pause, tokens that grow old without a worker.
    """
    whole = _facts_of_connection(connection, at)
    if not connection.is_connected:
        return Facts(at, whole)
    with workspace_in_force(connection.workspace_id):
        failing = {row.kind: row for row in FailingKind.objects.filter(connection=connection)}
    kinds = [
        KindFacts(
            kind=kind,
            refused_code=failing[kind].refused_code if kind in failing and failing[kind].refused else None,
            lacks_scope=_lacks_scope(connection, kind),
            failing_since=failing[kind].failing_since if kind in failing else None,
        )
        for kind in KINDS
        if kind != RunKind.STATISTICS or connection.statistics
    ]
    return Facts(at, whole, tuple(kinds))


def store_failing_kinds(connection: Connection, facts: Facts) -> None:
    """Keep for the pages which kinds of data do not go through."""
    wanted = {
        kind.kind: (kind.refused_code is not None, kind.refused_code or "", kind.failing_since)
        for kind in facts.kinds
        if kind.refused_code is not None or kind.failing_since is not None
    }
    rows = FailingKind.objects.filter(connection=connection)
    stored = {row.kind: (row.refused, row.refused_code, row.failing_since) for row in rows}
    if stored == wanted:
        return
    rows.exclude(kind__in=wanted).delete()
    for kind, (refused, code, since) in wanted.items():
        told = {"refused": refused, "refused_code": code, "failing_since": since}
        FailingKind.objects.update_or_create(connection=connection, kind=kind, defaults=told)


def facts_of(connection: Connection, *, at: datetime) -> Facts:
    """Read the facts of one connection; a connection without tokens has no kinds of data.

    Seven queries, and three more while the newest run of a kind is not one that went through.

    What failed before its cure says nothing any more: before a person authorized, a pause or a block ended, or the
    operator mended the app's credentials.
    """
    whole = _facts_of_connection(connection, at)
    if not connection.is_connected:
        return Facts(at, whole)
    with workspace_in_force(connection.workspace_id):
        exports = InvoiceExport.objects.filter(company_id=connection.company_id).exclude(number_kept=True)
        counts = dict(exports.order_by().values_list("state").annotate(Count("pk")))
        cures = connection.authorized_at, connection.resumed_at, app_credentials.mended_at()
        fresh_start = max((when for when in cures if when), default=None)
        kinds = {found.kind: found for found in _facts_of_runs(connection, fresh_start)}
        kinds[INVOICES] = _facts_of_exports(connection, fresh_start)
        return Facts(at, whole, tuple(kinds[kind] for kind in KINDS), counts)


def _facts_of_connection(connection: Connection, at: datetime) -> ConnectionFacts:
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


def _facts_of_runs(connection: Connection, fresh_start: datetime | None) -> list[KindFacts]:
    """Return what is known of each kind of data that comes in; of one that nobody chose only when it last went."""
    runs = SyncRun.objects.filter(company_id=connection.company_id)
    newest = newest_of_each_kind(runs, RunKind)
    done = {kind: run for kind, run in newest.items() if run.state == RunState.DONE}
    telling, failing = dict(done), {}
    if others := newest.keys() - done.keys():
        done |= newest_of_each_kind(runs.filter(state=RunState.DONE), others)
        tells = Q(state=RunState.DONE) | Q(stop_reason=StopReason.NOT_PERMITTED)
        telling |= newest_of_each_kind(runs.filter(tells), others)
        failing = _first_failures(runs, {kind: done.get(kind) for kind in others})
    cured_at = renewal.cured_at(connection)
    codes = dict(sync_issues.unsolved(connection.company_id).filter(number="").values_list("kind", "code"))
    found = []
    for kind in RunKind:
        last, told, success = newest.get(kind), telling.get(kind), done.get(kind)
        times: dict[str, Any] = {
            "last_success": success.finished_at if success else None,
            "last_attempt": last.started_at if last else None,
        }
        if kind == RunKind.STATISTICS and not connection.statistics:
            found.append(KindFacts(kind=kind, chosen=False, **times))
            continue
        code = codes.get(kind, "") if told and told.stop_reason == StopReason.NOT_PERMITTED else None
        if told and code is not None and _is_cured(code, told.started_at, connection):
            code = None
        next_try = None
        if last is not None:
            running = last.state == RunState.RUNNING
            next_try = last.started_at + (RESUME_AFTER if running else EVERY[kind])
            if cured_at is not None and last.started_at < cured_at and not running:
                next_try = cured_at
        found.append(
            KindFacts(
                kind=kind,
                refused_code=code,
                lacks_scope=_lacks_scope(connection, kind),
                failing_since=_since(failing.get(kind), fresh_start),
                next_try=next_try,
                running=bool(last and last.state == RunState.RUNNING),
                **times,
            )
        )
    return found


def newest_of_each_kind(runs: QuerySet[SyncRun], kinds: Iterable[str]) -> dict[str, SyncRun]:
    """Return the newest of these runs by kind. One look into the index a kind, however many runs there were.

    `DISTINCT ON` would read the whole history, each minute, of a thousand workspaces.
    """
    newest: Any = [Subquery(runs.filter(kind=kind).order_by("-id").values("pk")[:1]) for kind in kinds]
    return {run.kind: run for run in runs.filter(pk__in=newest)}


def _first_failures(runs: QuerySet[SyncRun], done: Mapping[str, SyncRun | None]) -> dict[str, datetime]:
    """Return when the first run after the last success began that failed, by kind: stopped, or tried again."""
    since = Q()
    for kind, last in done.items():  # only what came after is read, however long the history is
        since |= Q(kind=kind, id__gt=last.pk if last else 0)
    failed = runs.filter(since, Q(state=RunState.STOPPED) | Q(tries__gt=0))
    failed = failed.exclude(stop_reason=StopReason.NOT_PERMITTED).order_by()
    return dict(failed.values_list("kind").annotate(Min("started_at")))


def _facts_of_exports(connection: Connection, fresh_start: datetime | None) -> KindFacts:
    """Invoices go out one by one, so their health is that of the exports that wait."""
    blocked = sync_issues.unsolved(connection.company_id).filter(kind=sync_issues.INVOICE, code__in=_BLOCKING_CODES)
    newest = blocked.order_by("-last_at").first()
    code = newest.code if newest and not _is_cured(newest.code, newest.last_at, connection) else None
    postponed = Q(state=ExportState.QUEUED, next_at__isnull=False, error_code="") | Q(state=ExportState.UNCERTAIN)
    going = Q(state__in=(ExportState.QUEUED, ExportState.UNCERTAIN))
    times = InvoiceExport.objects.filter(company_id=connection.company_id).aggregate(
        since=Min("created_at", filter=postponed),
        success=Max("sent_at", filter=Q(state=ExportState.CONFIRMED)),
        attempt=Max("sent_at"),
        next=Min("next_at", filter=going),
        sending=Count("pk", filter=Q(state=ExportState.SENDING)),
    )
    return KindFacts(
        kind=INVOICES,
        refused_code=code,
        lacks_scope=_lacks_scope(connection, INVOICES),
        failing_since=None if code else _since(times["since"], times["success"], fresh_start),
        last_success=times["success"],
        last_attempt=times["attempt"],
        next_try=times["next"],
        running=bool(times["sending"]),
    )


def _since(moment: datetime | None, *later: datetime | None) -> datetime | None:
    """Return since when it fails, counted from the latest of what came between: older failures say nothing."""
    return None if moment is None else max([moment, *(when for when in later if when)])


def _is_cured(code: str, moment: datetime, connection: Connection) -> bool:
    """Say whether a refusal is from before its cure, and would be no news.

    A new grant has the permissions that an older one lacked; the integration licence is seen to be back. Whether any
    other licence was bought, only the next run can tell, and it comes at once.
    """
    cured_at = renewal.cured_at(connection)
    if code in BY_CODE and BY_CODE[code].group == ErrorGroup.PERMISSION:
        cured_at = connection.authorized_at
    elif code != NO_API_LICENCE:
        return False
    return cured_at is not None and moment < cured_at


def _lacks_scope(connection: Connection, kind: str) -> bool:
    """Say whether the grant has no permission for this kind; one that was stored without its scopes is trusted."""
    wanted = SCOPES.get(kind)
    if wanted is None:
        wanted = frozenset(STATISTICS[name].scope for name in connection.statistics if name in STATISTICS) - {""}
    return bool(connection.scopes) and not wanted <= set(connection.scopes)


def customers_to_review(company_id: str) -> QuerySet[CustomerRecord]:
    """The active customers of a company that nobody decided about: suggestions, and those without a match."""
    return CustomerRecord.objects.filter(company_id=company_id, client=None, ignored_at=None, active=True)


def unmatched_customers(company_id: str) -> QuerySet[CustomerRecord]:
    return customers_to_review(company_id).filter(suggested=None)


def needs_review(record: CustomerRecord) -> bool:
    """Say of one row that is held whether it is a customer to review."""
    return record.active and record.client_id is None and record.ignored_at is None


def linked_automatically(company_id: str) -> QuerySet[CustomerRecord]:
    """The customers that matching alone linked to clients that were there."""
    linked = CustomerRecord.objects.filter(company_id=company_id, client__isnull=False)
    return linked.exclude(linked_because__in=(LinkReason.PERSON, LinkReason.CREATED))


def is_first_import(connection: Connection) -> bool:
    """Say whether the first import of the connected company is still to be decided."""
    return bool(connection.company_id) and connection.first_import_of != connection.company_id


def customer_imports(company_id: str) -> QuerySet[SyncRun]:
    return SyncRun.objects.filter(kind=RunKind.CUSTOMERS, company_id=company_id)


def has_complete_import(company_id: str) -> bool:
    """Say whether the customers of a company were read completely once."""
    return customer_imports(company_id).filter(state=RunState.DONE).exists()


def queued_exports(company_id: str) -> QuerySet[InvoiceExport]:
    """What waits for a company; without one, for any that was connected before."""
    queued = InvoiceExport.objects.filter(state=ExportState.QUEUED)
    return queued.filter(company_id=company_id) if company_id else queued
