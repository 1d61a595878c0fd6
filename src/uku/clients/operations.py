"""What can be done to clients."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import models, transaction

from uku.clients.matching import masked
from uku.clients.models import Client
from uku.kit import clock
from uku.workspaces.audit import record
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs

IMPORTED_FIELDS = (
    "name",
    "organisation_number",
    "vat_number",
    "email",
    "phone",
    "address1",
    "address2",
    "postcode",
    "city",
    "country",
    "currency",
    "payment_days",
)


class ClientChanged(Exception):
    """Somebody changed the client after the person opened it (reliability B17). `client` is as it is now."""

    def __init__(self, client: Client) -> None:
        self.client = client
        super().__init__(f"{client.pk} is at version {client.version}")


class UnknownClients(Exception):
    """Some of the chosen clients are not in this workspace, so that nothing was done to any (reliability B01)."""


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def create_client(*, actor: User | None, at: datetime, **fields: Any) -> Client:
    """Make a client of the workspace in force. Raises NotAllowed."""
    client = Client.objects.create(created_at=at, **fields)
    record(actor=actor, action="client.create", target=client, summary=f"{client} was made", at=at)
    return client


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def edit_client(
    *, client: Client, actor: User, at: datetime, changes: Mapping[str, Any], version: int | None = None
) -> Client:
    """Change a client by hand; an import will leave the changed fields alone from now on.

    `version` is what the person saw, None for one who did not look. Raises NotAllowed and ClientChanged.
    """
    client.refresh_from_db(from_queryset=Client.objects.get_queryset().select_for_update(of=("self",)))
    if version is not None and version != client.version:
        raise ClientChanged(client)
    changed = {name: value for name, value in changes.items() if getattr(client, name) != value}
    if not changed:
        return client
    before = {name: _told(name, getattr(client, name)) for name in changed}
    for name, value in changed.items():
        setattr(client, name, value)
    client.edited_fields = sorted({*client.edited_fields, *changed})
    _save(client, [*changed, "edited_fields"], by=actor, at=at)
    after = {name: _told(name, value) for name, value in changed.items()}
    summary = f"{client}: {', '.join(changed)} changed"
    record(actor=actor, action="client.edit", target=client, summary=summary, at=at, before=before, after=after)
    return client


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def archive_clients(*, ids: Collection[int], actor: User, at: datetime) -> int:
    """Take clients off the list; return how many were on it. Raises NotAllowed and UnknownClients."""
    changed = [client for client in _held(ids) if client.archived_at is None]
    for client in changed:
        client.archived_at = at
        _save(client, ["archived_at"], by=actor, at=at)
        record(actor=actor, action="client.archive", target=client, summary=f"{client} was archived", at=at)
    return len(changed)


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def restore_clients(*, ids: Collection[int], actor: User, at: datetime) -> int:
    """Put archived clients back on the list; return how many. Raises NotAllowed and UnknownClients."""
    changed = [client for client in _held(ids) if client.archived_at is not None]
    for client in changed:
        client.archived_at = None
        _save(client, ["archived_at"], by=actor, at=at)
        record(actor=actor, action="client.restore", target=client, summary=f"{client} was restored", at=at)
    return len(changed)


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def note_unknown_clients(*, workspace: Workspace, actor: User, at: datetime) -> None:
    """Write down that a list of clients was refused; after the refusal, which undid its own transaction."""
    summary = "A list of clients was refused: some of them are not in this workspace"
    record(actor=actor, action="client.refuse_list", target=workspace, summary=summary, at=at)


def _held(ids: Collection[int]) -> list[Client]:
    """Return the clients, locked in one order so that two lists wait for each other and not for ever."""
    rows = Client.objects.get_queryset().select_for_update(of=("self",)).filter(pk__in=set(ids))
    found = list(rows.order_by("pk"))
    if len(found) != len(set(ids)):
        raise UnknownClients
    return found


def _save(client: Client, names: list[str], *, by: User | None, at: datetime) -> None:
    """Store fields as a new version, counted by the database: the row may have moved on since it was read."""
    seen: int = client.version
    client.version, client.changed_by, client.changed_at = models.F("version") + 1, by, at
    client.save(update_fields=[*names, "version", "changed_by", "changed_at"])
    client.version = seen + 1


def _told(name: str, value: object) -> str:
    """What the audit log may say of a value: personal numbers are masked (reliability S45, S51)."""
    return masked(str(value)) if name in {"organisation_number", "vat_number"} else str(value)


@transaction.atomic
@needs(Permission.SEE_PERSONAL_NUMBERS)
def reveal_numbers(*, client: Client, actor: User, at: datetime) -> None:
    """Write down that a person looks at a client's numbers in full (reliability S51). Raises NotAllowed."""
    summary = f"The numbers of {client} were shown in full"
    record(actor=actor, action="client.reveal", target=client, summary=summary, at=at)


def take_in(*, client: Client, details: Mapping[str, Any]) -> list[str]:
    """Fill a client from imported details; return the names of the fields that changed.

    A field edited by hand stays as it is. An empty imported value does not empty ours.
    """
    changed = [
        name
        for name, value in details.items()
        if name in IMPORTED_FIELDS
        and name not in client.edited_fields
        and value not in ("", None)
        and getattr(client, name) != value
    ]
    for name in changed:
        setattr(client, name, details[name])
    if changed:
        _save(client, changed, by=None, at=clock.now())
    return changed
