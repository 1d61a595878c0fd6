"""What a person does about a problem: try it again, all of its cause, ignore it, take it up again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from uku.integrations.fortnox.connection.companies import OtherCompany, connected_company
from uku.integrations.fortnox.connection.guards import working_connection
from uku.integrations.fortnox.health import alerts, sync_issues
from uku.integrations.fortnox.health.issue_messages import title_of
from uku.integrations.fortnox.invoices import export
from uku.integrations.fortnox.models import Connection, Problem, RunKind
from uku.integrations.fortnox.sync.skipped import UNNUMBERED
from uku.integrations.fortnox.work import requests
from uku.kit.jobs import SOON
from uku.workspaces.audit import record
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs

RUN_OF = {
    sync_issues.CUSTOMER: RunKind.CUSTOMERS,
    sync_issues.ARTICLE: RunKind.ARTICLES,
    sync_issues.PAYMENT: RunKind.PAYMENTS,
}
MOST_AT_ONCE = 500


@needs(Permission.MANAGE_INTEGRATIONS)
def retry(*, problem: Problem, actor: User, at: datetime) -> None:
    """Try one problem again, now. Raises NotAllowed, NotWorking, OtherCompany."""
    _refuse_elsewhere(problem)
    _retry([problem], actor, at)


@needs(Permission.MANAGE_INTEGRATIONS)
def retry_alike(*, problem: Problem, actor: User, at: datetime) -> int:
    """Try again what failed for the same cause, 500 at most; return how many.

    Raises NotAllowed, NotWorking, OtherCompany.
    """
    _refuse_elsewhere(problem)
    return _retry(list(alike(problem)[:MOST_AT_ONCE]), actor, at)


def alike(problem: Problem) -> QuerySet[Problem]:
    """The open problems of the same kind and cause: the same code, or without one the same words."""
    same = sync_issues.standing_open(problem.company_id).filter(kind=problem.kind, code=problem.code)
    return same if problem.code else same.filter(reason=problem.reason, message=problem.message)


def _retry(chosen: list[Problem], actor: User, at: datetime) -> int:
    connection = working_connection()
    with transaction.atomic():
        _wake(connection, chosen, actor)
        for problem in chosen:
            summary = f"{_named(problem)}: tried again"
            record(actor=actor, action="fortnox.problem.retry", target=problem, summary=summary, at=at)
    alerts.review(connection, at=at)
    return len(chosen)


@needs(Permission.MANAGE_INTEGRATIONS)
def read_now(*, full: bool, actor: User) -> None:
    """Ask for every kind of sync; what waits already is not asked for twice. Raises NotAllowed, NotWorking."""
    connection = working_connection()
    for kind in RunKind:
        requests.request_sync(connection, kind, priority=SOON, full=full, asked_by=actor.pk)


def _wake(connection: Connection, chosen: Iterable[Problem], actor: User) -> None:
    """A record is read again, an invoice sent or booked again, a run asked for once however many wait for it."""
    runs = set()
    for problem in chosen:
        if problem.kind == sync_issues.INVOICE and problem.push is not None:
            export.retry(push=problem.push, actor=actor)
        elif problem.kind in {sync_issues.CUSTOMER, sync_issues.ARTICLE} and not problem.number.startswith(UNNUMBERED):
            requests.enqueue_record(connection, RUN_OF[problem.kind], problem.number)
        else:
            runs.add((RUN_OF.get(problem.kind, problem.kind), problem.number.startswith(UNNUMBERED)))
    for kind, full in sorted(runs):
        requests.enqueue_sync(connection, RunKind(kind), priority=SOON, full=full, asked_by=actor.pk)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def ignore(*, problem: Problem, actor: User, at: datetime) -> None:
    """Hide a problem until its cause changes; the same error again does not bring it back.

    Raises NotAllowed, OtherCompany.
    """
    _refuse_elsewhere(problem)
    _set_ignored(problem, at, actor)
    record(actor=actor, action="fortnox.problem.ignore", target=problem, summary=f"{_named(problem)}: ignored", at=at)
    _review(problem, at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def take_up(*, problem: Problem, actor: User, at: datetime) -> None:
    """Show an ignored problem again. Raises NotAllowed, OtherCompany."""
    _refuse_elsewhere(problem)
    _set_ignored(problem, None, None)
    summary = f"{_named(problem)}: no longer ignored"
    record(actor=actor, action="fortnox.problem.take_up", target=problem, summary=summary, at=at)
    _review(problem, at)


def _refuse_elsewhere(problem: Problem) -> None:
    if problem.company_id != connected_company():
        raise OtherCompany(title_of(problem), problem.company_id)


def _set_ignored(problem: Problem, at: datetime | None, actor: User | None) -> None:
    row = Problem.objects.select_for_update().get(pk=problem.pk)
    row.ignored_at, row.ignored_by = at, actor
    row.save(update_fields=["ignored_at", "ignored_by"])


def _review(problem: Problem, at: datetime) -> None:
    alerts.review(Connection.objects.get(workspace_id=problem.workspace_id), at=at)


def _named(problem: Problem) -> str:
    return " ".join(part for part in (f"Fortnox {problem.kind}", problem.number, problem.name) if part)
