"""The audit log: who did what, when, from where, and what changed (S45 to S48).

Nothing is ever deleted from it: the database refuses that (decision 10), and no retention period ends here yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from django.db import connection, transaction
from django.utils.functional import Promise

from uku.kit.scoping import current_workspace_id, workspace_in_force
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import AuditEntry, Membership, User, Workspace
from uku.workspaces.redaction import masked, masked_text

_address: ContextVar[str | None] = ContextVar("acting_from", default=None)
LONGEST_SUMMARY, LONGEST_TARGET = 500, 100


@dataclass(frozen=True, slots=True)
class AuditLine:
    """What one line of the audit log says of its target."""

    target: Any
    summary: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def acting_from(address: str | None) -> Iterator[None]:
    """Note the network address in every entry made inside the block; what is no address notes none."""
    sound: str | None
    try:
        sound = str(ip_address((address or "").partition("%")[0]))
    except ValueError:  # a proxy hides it, or a socket file has none: that must not stop the change itself
        sound = None
    token = _address.set(sound)
    try:
        yield
    finally:
        _address.reset(token)


def record(
    *,
    actor: User | None,
    action: str,
    target: Any,
    summary: str,
    at: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one line of the audit log, in the transaction of the change itself (S47).

    An actor of None is Uku itself. Secrets and personal numbers are masked here, whoever calls. The database gives
    the entry its position and its hash, and lets one writer a workspace through at a time until its transaction
    ends, so that the entry belongs last in the transaction.
    """
    record_many(actor=actor, action=action, lines=[AuditLine(target, summary, before or {}, after or {})], at=at)


def name_of_target(target: Any) -> str:
    """Return what the log calls the record that an entry is about."""
    return f"{type(target).__name__}:{target.pk}"[:LONGEST_TARGET]


def record_many(*, actor: User | None, action: str, lines: Sequence[AuditLine], at: datetime) -> None:
    """Write lines as `record` does, in one statement: the trigger sees each row when it chains the next."""
    AuditEntry.objects.bulk_create(
        AuditEntry(
            workspace_id=current_workspace_id(),
            actor=actor,
            action=action,
            target=name_of_target(line.target),
            summary=masked_text(line.summary)[:LONGEST_SUMMARY],
            before=masked(line.before),
            after=masked(line.after),
            at=at,
            address=_address.get(),
        )
        for line in lines
    )


def record_of_person(
    *, user: User, actor: User | None, action: str, words: Promise, at: datetime, **facts: object
) -> None:
    """Write one line about a person into the log of each workspace they belong to, in its language.

    The workspaces come in one order, so that two such writers wait for each other instead of for ever.
    """
    theirs = Membership.everywhere.filter(user=user, is_active=True).order_by("workspace_id")
    with transaction.atomic():
        for workspace_id in theirs.values_list("workspace_id", flat=True):
            with workspace_in_force(workspace_id):
                summary = translate_for_workspace(words, address=user.email, **facts)
                record(actor=actor, action=action, target=user, summary=summary, at=at)


# The same function that the trigger calls (migration 0001), over the entries as they stand.
BROKEN = """
WITH chain AS (
  SELECT entry, entry.position, entry.hash,
    lag(entry.hash, 1, '') OVER line AS previous, row_number() OVER line AS expected
  FROM uku_auditentry AS entry WHERE entry.workspace_id = %s
  WINDOW line AS (ORDER BY entry.position, entry.id)
)
SELECT expected FROM chain
WHERE position <> expected OR hash <> uku_audit_digest(previous, entry) ORDER BY expected LIMIT 1
"""


def verify_chain(workspace: Workspace) -> int | None:
    """Return the first position whose entry was changed or removed, or None when the chain holds (S46).

    Found are a changed entry, one removed from the beginning or the middle, and one put in. The newest entries cut
    off as a whole cannot be seen from the chain alone: for that, keep the last position and hash somewhere else,
    as `uku audit verify` prints them (`last_link`).
    """
    with connection.cursor() as cursor:
        cursor.execute(BROKEN, [workspace.pk])
        row = cursor.fetchone()
    return int(row[0]) if row else None


def last_link(workspace: Workspace) -> tuple[int, str]:
    """Return position and hash of the newest entry; 0 and "" when there is none."""
    newest = AuditEntry.everywhere.filter(workspace=workspace).order_by("-position").first()
    return (newest.position, newest.hash) if newest else (0, "")
