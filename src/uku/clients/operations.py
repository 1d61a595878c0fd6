"""What can be done to clients."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from uku.clients.matching import masked
from uku.clients.models import Client
from uku.workspaces.models import User
from uku.workspaces.operations import record

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


def create_client(*, actor: User | None, at: datetime, **fields: Any) -> Client:
    """Make a client of the workspace in force."""
    with transaction.atomic():
        client = Client.objects.create(created_at=at, **fields)
        record(actor=actor, action="client.create", target=client, summary=f"{client} was made", at=at)
    return client


def edit_client(*, client: Client, actor: User, at: datetime, changes: Mapping[str, Any]) -> Client:
    """Change a client by hand; an import will leave the changed fields alone from now on."""
    changed = {name: value for name, value in changes.items() if getattr(client, name) != value}
    if not changed:
        return client
    before = {name: _told(name, getattr(client, name)) for name in changed}
    with transaction.atomic():
        for name, value in changed.items():
            setattr(client, name, value)
        client.edited_fields = sorted({*client.edited_fields, *changed})
        client.save(update_fields=[*changed, "edited_fields"])
        after = {name: _told(name, value) for name, value in changed.items()}
        summary = f"{client}: {', '.join(changed)} changed"
        record(actor=actor, action="client.edit", target=client, summary=summary, at=at, before=before, after=after)
    return client


def _told(name: str, value: object) -> str:
    """What the audit log may say of a value: personal numbers are masked (reliability S45, S51)."""
    return masked(str(value)) if name in {"organisation_number", "vat_number"} else str(value)


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
        client.save(update_fields=changed)
    return changed
