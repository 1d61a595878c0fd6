"""What a connection itself asks for: its grant looked after, its company looked at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.db.models import OuterRef, Subquery

from uku.integrations.fortnox.connection import company, grant_check
from uku.integrations.fortnox.models import BlockReason, Connection, ReadKind, RequestedRead
from uku.integrations.fortnox.tokens import renewal
from uku.integrations.fortnox.work.step import Needs, Rank, Step, Work
from uku.kit import clock


def _asked(kind: ReadKind) -> Subquery:
    asked = RequestedRead.everywhere.filter(
        workspace=OuterRef("workspace"), company_id=OuterRef("company_id"), kind=kind
    )
    return Subquery(asked.values("asked_at")[:1])


def _end_requests(work: Work, kind: ReadKind, *, asked_until: datetime) -> None:
    asked = RequestedRead.objects.filter(company_id=work.connection.company_id, kind=kind)
    asked.filter(asked_at__lte=asked_until).delete()


def _check_refusal(work: Work) -> bool:
    grant_check.check_refusal(connection=work.connection)
    return _is_over(renewal.check_due_at)


def _keep_alive(work: Work) -> bool:
    grant_check.renew_grant(connection=work.connection)
    return _is_over(renewal.keep_alive_due_at)


def _is_over(due_at: Callable[[Connection], datetime | None]) -> bool:
    """Say whether what was due is not due any more: what these do stands on the connection, refusals too."""
    when = due_at(Connection.objects.get())
    return when is None or when > clock.now()


def _look_at_company(work: Work) -> bool:
    began = clock.now()
    company.look_at_company(connection=work.connection, at=began)
    _end_requests(work, ReadKind.COMPANY, asked_until=began)
    return True  # it notes when it asked, whatever came of it


def _look_at_grant(work: Work) -> bool:
    began = clock.now()
    grant_check.refresh_scopes(connection=work.connection)
    _end_requests(work, ReadKind.GRANT, asked_until=began)
    return True


def _company_due(row: Any) -> datetime | None:
    return min((at for at in (company.look_due_at(row), row.company_asked) if at), default=None)


CHECK_REFUSAL: Final = Step("check_refusal", Rank.PERSON, renewal.check_due_at, _check_refusal, needs=Needs.TOKENS)
KEEP_ALIVE: Final = Step("keep_alive", Rank.TOKENS, renewal.keep_alive_due_at, _keep_alive, needs=Needs.TOKENS)
LOOK_AT_COMPANY: Final = Step(
    "company", Rank.READ_BACK, _company_due, _look_at_company, {"company_asked": _asked(ReadKind.COMPANY)}
)
LOOK_AT_GRANT: Final = Step(
    "grant",
    Rank.READ_BACK,
    lambda row: row.grant_asked if row.block_reason in {"", BlockReason.COMPANY_CHANGED} else None,
    _look_at_grant,
    {"grant_asked": _asked(ReadKind.GRANT)},
    needs=Needs.TOKENS,
)
STEPS: Final = (CHECK_REFUSAL, KEEP_ALIVE, LOOK_AT_COMPANY, LOOK_AT_GRANT)
