"""What can be done to clients."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from uku.clients.models import Client, is_same_value
from uku.kit import clock
from uku.kit.identifiers import masked, masked_vat
from uku.workspaces.audit import AuditLine, record, record_many
from uku.workspaces.language import translate_for_workspace, workspace_language
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
    "vat_type",
    "is_person",
)
VERSION_FIELDS, DERIVED_FIELDS = ("version", "changed_by", "changed_at"), ("name_sort", "name_search", "match_keys")
CHANGED = gettext_lazy("%(client)s was changed")
APPLIED = gettext_lazy("%(client)s: values used from %(source)s")
IMPORTED = gettext_lazy("%(client)s: details imported from %(source)s")


class ClientChanged(Exception):
    """Somebody changed the client after the person opened it (B17). `client` is as it is now."""

    def __init__(self, client: Client) -> None:
        self.client = client
        super().__init__(f"{client.pk} is at version {client.version}")


class UnknownClients(Exception):
    """Some of the chosen clients are not in this workspace, so that nothing was done to any (B01)."""


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def create_client(*, actor: User | None, at: datetime, by_hand: Collection[str] | None = None, **fields: Any) -> Client:
    """Make a client of the workspace in force by hand, or from a file. Raises NotAllowed.

    `by_hand` are the fields that a person chose, None for all that have a value: no import changes those.
    """
    chosen = by_hand if by_hand is not None else [name for name in fields if fields[name] not in ("", None)]
    edited = sorted(set(IMPORTED_FIELDS) & set(chosen))
    client = Client.objects.create(created_at=at, edited_fields=edited, **fields)
    record(
        actor=actor,
        action="client.create",
        target=client,
        summary=translate_for_workspace(gettext_lazy("%(client)s was added"), client=client),
        at=at,
    )
    return client


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def create_imported_clients(*, clients: Sequence[Client], actor: User | None, at: datetime) -> None:
    """Store new clients with another system's values, and an entry in the audit log for each. Raises NotAllowed.

    Later imports may change them, whoever asked for the clients. It ends holding the audit log: lock what else the
    transaction needs before.
    """
    for client in clients:
        client.created_at = at
        client.derive()
    Client.objects.bulk_create(clients)
    with workspace_language():
        words = gettext("%(client)s was added")
    made = [AuditLine(client, words % {"client": client}) for client in clients]
    record_many(actor=actor, action="client.create", lines=made, at=at)


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def edit_client(
    *, client: Client, actor: User, at: datetime, changes: Mapping[str, Any], version: int | None = None
) -> Client:
    """Change a client by hand; an import leaves what means something else than before alone from now on,
    also what is emptied.

    `version` is what the person saw, None for one who did not look. Raises NotAllowed and ClientChanged.
    """
    client.refresh_from_db(from_queryset=Client.objects.get_queryset().select_for_update(of=("self",)))
    if version is not None and version != client.version:
        raise ClientChanged(client)
    changed = {name: value for name, value in changes.items() if getattr(client, name) != value}
    if changed:
        edited = {name for name, value in changed.items() if not is_same_value(client, name, value)}
        client.edited_fields = sorted({*client.edited_fields, *edited})
        _change(client, changed, actor=actor, at=at, action="client.edit", words=CHANGED)
    return client


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def archive_clients(*, ids: Collection[int], actor: User, at: datetime) -> int:
    """Take clients off the list; return how many were on it. Raises NotAllowed and UnknownClients."""
    changed = [client for client in lock_clients(ids) if client.archived_at is None]
    return _set_archived(changed, at, actor, at, "client.archive", gettext_lazy("%(client)s was archived"))


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def restore_clients(*, ids: Collection[int], actor: User, at: datetime) -> int:
    """Put archived clients back on the list; return how many. Raises NotAllowed and UnknownClients."""
    changed = [client for client in lock_clients(ids) if client.archived_at is not None]
    return _set_archived(changed, None, actor, at, "client.restore", gettext_lazy("%(client)s was restored"))


def _set_archived(
    clients: Sequence[Client], archived_at: datetime | None, actor: User, at: datetime, action: str, words: Promise
) -> int:
    for client in clients:
        client.archived_at, client.version = archived_at, client.version + 1
        client.changed_by, client.changed_at = actor, at
    Client.objects.update_many(clients, ["archived_at", *VERSION_FIELDS])
    with workspace_language():
        text = str(words)
    lines = [AuditLine(client, text % {"client": client}) for client in clients]
    record_many(actor=actor, action=action, lines=lines, at=at)
    return len(clients)


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def note_unknown_clients(*, workspace: Workspace, actor: User, at: datetime) -> None:
    """Write down that a list of clients was refused; after the refusal, which undid its own transaction."""
    summary = translate_for_workspace(
        gettext_lazy("A list of clients was refused: some of them are not in this workspace")
    )
    record(actor=actor, action="client.refuse_list", target=workspace, summary=summary, at=at)


def lock_clients(ids: Collection[int]) -> list[Client]:
    """Return the clients, locked in one order so that two lists wait for each other and not for ever.

    Raises UnknownClients.
    """
    rows = Client.objects.get_queryset().select_for_update(of=("self",)).filter(pk__in=set(ids))
    found = list(rows.order_by("pk"))
    if len(found) != len(set(ids)):
        raise UnknownClients
    return found


def _save(client: Client, names: list[str], *, by: User | None, at: datetime) -> None:
    """Store fields as a new version, counted by the database: the row may have moved on since it was read."""
    seen: int = client.version
    client.version, client.changed_by, client.changed_at = models.F("version") + 1, by, at
    client.save(update_fields=[*names, *VERSION_FIELDS])
    client.version = seen + 1


def _change(
    client: Client,
    values: Mapping[str, Any],
    *,
    actor: User | None,
    at: datetime,
    action: str,
    words: Promise,
    **facts: str,
) -> None:
    """Store values, and which fields are made by hand, and write down both sides of each change."""
    line = _set_values(client, values, words, **facts)
    _save(client, [*values, "edited_fields"], by=actor, at=at)
    record_many(actor=actor, action=action, lines=[line], at=at)


def _set_values(client: Client, values: Mapping[str, Any], words: Promise, **facts: str) -> AuditLine:
    """Set values that are stored later; return what the audit log says of it, with both sides of each change."""
    person = client.is_person or bool(values.get("is_person"))
    before = {name: _audit_text(client, name, person=person) for name in values}
    for name, value in values.items():
        setattr(client, name, value)
    after = {name: _audit_text(client, name, person=person) for name in values}
    return AuditLine(client, translate_for_workspace(words, client=client, **facts), before, after)


def _audit_text(client: Client, name: str, *, person: bool) -> str:
    """What the audit log may say of a value: personal numbers are masked (S45, S51)."""
    value = getattr(client, name)
    value = "" if value is None else str(value)
    if name == "organisation_number":
        return masked(value, person=person, country=client.country)
    return masked_vat(value, person=person) if name == "vat_number" else value


@transaction.atomic
@needs(Permission.SEE_PERSONAL_NUMBERS)
def reveal_numbers(*, client: Client, actor: User, at: datetime) -> None:
    """Write down that a person looks at a client's numbers in full (S51). Raises NotAllowed."""
    summary = translate_for_workspace(gettext_lazy("The numbers of %(client)s were shown in full"), client=client)
    record(actor=actor, action="client.reveal", target=client, summary=summary, at=at)


@transaction.atomic
@needs(Permission.EDIT_CLIENTS)
def apply_details(
    *,
    client: Client,
    actor: User,
    at: datetime,
    details: Mapping[str, Any],
    source: str,
    version: int | None = None,
    follow: bool = True,
) -> list[str]:
    """Put another system's values in place of ours because a person says so; return the fields that changed.

    `follow`: imports bring this source's later values, too; else the fields count as made by hand, so that no import
    from elsewhere undoes the choice. Raises NotAllowed and ClientChanged.
    """
    client.refresh_from_db(from_queryset=Client.objects.get_queryset().select_for_update(of=("self",)))
    if version is not None and version != client.version:
        raise ClientChanged(client)
    changed = {name: value for name, value in details.items() if getattr(client, name) != value}
    if changed:
        edited = {*client.edited_fields}
        client.edited_fields = sorted(edited - set(changed) if follow else edited | set(changed))
        _change(client, changed, actor=actor, at=at, action="client.take_over", words=APPLIED, source=source)
    return list(changed)


@dataclass(frozen=True, slots=True)
class ImportedDetails:
    """Another system's values for a client. `source` is what the audit log calls where they came from."""

    client: Client
    details: Mapping[str, Any]
    source: str


def import_details(*, client: Client, details: Mapping[str, Any], source: str) -> list[str]:
    """Fill a client as `import_details_of_many` does; return the names of the fields that changed."""
    changed = import_details_of_many([ImportedDetails(client, details, source)])
    if changed:
        client.refresh_from_db()
    return changed.get(client.pk, [])


def import_details_of_many(imports: Sequence[ImportedDetails]) -> dict[int, list[str]]:
    """Fill clients from imported details, each once; return by id the names of the fields that changed.

    A field made by hand stays as it is, also one that a person edits at this moment. An empty imported value does
    not empty ours. What changes is written down: the transaction ends holding the audit log, as in
    `create_imported_clients`. The clients that are passed in stay as they were read.
    """
    wanted = {each.client.pk: each for each in imports if fields_to_import(each.client, each.details)}
    if not wanted:
        return {}
    at, changed, lines = clock.now(), {}, []
    with transaction.atomic(savepoint=False):
        for client in lock_clients(wanted):
            each = wanted[client.pk]
            values = {name: each.details[name] for name in fields_to_import(client, each.details)}
            if values:
                lines.append(_set_values(client, values, IMPORTED, source=each.source))
                client.version, client.changed_by, client.changed_at = client.version + 1, None, at
                client.derive()
                changed[client.pk] = list(values)
        names = {name for values in changed.values() for name in values}
        Client.objects.update_many([line.target for line in lines], [*names, *DERIVED_FIELDS, *VERSION_FIELDS])
        record_many(actor=None, action="client.import", lines=lines, at=at)
    return changed


def fields_to_import(client: Client, details: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields that `import_details` would change."""
    return [
        name
        for name, value in details.items()
        if name in IMPORTED_FIELDS
        and name not in client.edited_fields
        and value not in ("", None)
        and not is_same_value(client, name, value)
    ]


@transaction.atomic
@needs(Permission.SEE)
def note_export(
    *, workspace: Workspace, actor: User, at: datetime, count: int, facts: Mapping[str, str | bool]
) -> None:
    """Write down that clients were exported: how many, by which search, as what (S45). Raises NotAllowed."""
    summary = translate_for_workspace(gettext_lazy("Clients exported: %(count)d"), count=count)
    record(actor=actor, action="client.export", target=workspace, summary=summary, at=at, after=facts)


@transaction.atomic
@needs(Permission.SEE_PERSONAL_NUMBERS)
def note_whole_export(*, workspace: Workspace, actor: User, at: datetime, count: int, facts: Mapping[str, str]) -> None:
    """Write down an export with personal numbers in full (S51). Raises NotAllowed."""
    note_export(workspace=workspace, actor=actor, at=at, count=count, facts={**facts, "personal_numbers_in_full": True})
