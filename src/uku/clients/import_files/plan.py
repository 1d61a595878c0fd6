"""What a row would do to the clients there are: make one, change one, change nothing, or be left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from django.db.models import Q

from uku.clients.import_files.cells import Value, read_back
from uku.clients.import_files.checks import KEY_FIELDS, CheckedRow, Keys
from uku.clients.import_files.errors import RowError, RowReason
from uku.clients.matching import ContactDetails, match_keys
from uku.clients.models import Client, is_same_value
from uku.clients.names import for_matching, for_search
from uku.kit.identifiers import masked
from uku.kit.scoping import current_workspace_id

_AT_ONCE = 500  # rows that one query finds the clients for


class RowOutcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row and what becomes of it. `namesake`: another client has the same name, which may be a mistake."""

    checked: CheckedRow
    outcome: RowOutcome
    client: Client | None = None
    changes: dict[str, Value] = field(default_factory=dict)
    errors: tuple[RowError, ...] = ()
    namesake: bool = False


class Plan:
    """Plans rows in their order; of two rows that concern one client, the first counts."""

    def __init__(self) -> None:
        self._concerned: dict[int, int] = {}

    def of(self, rows: Iterable[CheckedRow]) -> Iterator[PlannedRow]:
        """Yield each row planned; one query for 500 of them."""
        walk = iter(rows)
        while some := list(islice(walk, _AT_ONCE)):
            known = _KnownClients.sharing(some)
            for row in some:
                yield self._planned(row, known)

    def _planned(self, row: CheckedRow, known: _KnownClients) -> PlannedRow:
        client, error = known.find(row)
        if row.errors and (client is None or not is_repeated(client, row)):
            return PlannedRow(row, RowOutcome.REFUSED, errors=row.errors)
        if error is None and client is not None and client.pk in self._concerned:
            error = _error(row, RowReason.SAME_CLIENT, client.name, self._concerned[client.pk])
        if error is not None:
            return PlannedRow(row, RowOutcome.REFUSED, client, errors=(error,))
        if client is None:
            return PlannedRow(row, RowOutcome.NEW, namesake=known.has_namesake(row))
        self._concerned[client.pk] = row.row.number
        changes = differences(client, row.values)
        return PlannedRow(row, RowOutcome.CHANGED if changes else RowOutcome.UNCHANGED, client, changes)


def differences(client: Client, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return what a row would change; a value that is only written otherwise is the same."""
    return {field: value for field, value in values.items() if not _is_same(client, field, value)}


def is_repeated(client: Client, row: CheckedRow) -> bool:
    """Say whether all that is wrong in a row is what the client has already, as in a file that we exported."""
    cells = {error.column for error in row.errors}
    return len(cells) == len(row.wrong) and all(_is_same(client, field, text) for field, text in row.wrong.items())


def _is_same(client: Client, field: str, value: Value) -> bool:
    ours, country = getattr(client, field), client.country
    if is_same_value(client, field, value):
        return True
    return read_back(field, value, country=country) == read_back(field, ours, country=country)


def _error(row: CheckedRow, reason: RowReason, value: str, other: int = 0) -> RowError:
    return RowError(row.row.number, -1, reason, value, other)


class _KnownClients:
    """The clients that some rows could concern, by their keys."""

    def __init__(self, clients: Iterable[Client]) -> None:
        self._by_number: dict[str, list[Client]] = {}
        self._by_email: dict[str, list[Client]] = {}
        self._by_name: dict[str, list[Client]] = {}
        for client in clients:
            keys = keys_of(client)
            for table, key in (
                (self._by_number, keys.number),
                (self._by_email, keys.email_and_name),
                (self._by_name, keys.name),
            ):
                if key:
                    table.setdefault(key, []).append(client)

    @classmethod
    def sharing(cls, rows: Sequence[CheckedRow]) -> _KnownClients:
        """Find them in one query, by the keys that matching uses: they hold all with the number or the name.

        By anything else no row finds its client.
        """
        workspace_id = current_workspace_id()
        keys: set[int] = set()
        for row in rows:
            number, vat, country = map(row.text, ("organisation_number", "vat_number", "country"))
            details = ContactDetails("", row.text("name"), number, vat_number=vat, country=country)
            keys.update(match_keys(workspace_id, details))
        known = Q(match_keys__overlap=list(keys))
        # Names that no key is made of: in other letters, or a legal form alone.
        if unkeyed := {for_search(name) for name in (row.text("name") for row in rows) if not for_matching(name)}:
            known |= Q(name_search__in=unkeyed)
        return cls(Client.objects.get_queryset().filter(known).order_by("pk"))

    def find(self, row: CheckedRow) -> tuple[Client | None, RowError | None]:
        """Return the client that the row is about, or None for a new one; or why that cannot be said."""
        found = self._by_number.get(row.keys.number, [])
        if not found:
            alike = self._by_email.get(row.keys.email_and_name, [])
            # Two numbers are two clients, whatever else they share.
            found = [client for client in alike if not (keys_of(client).number and row.keys.number)]
        if not found and not row.keys.number and not row.keys.email_and_name:
            return self._by_name_alone(row)
        active = [client for client in found if client.archived_at is None]
        if len(active) > 1 or (not active and len(found) > 1):
            return None, _error(row, RowReason.SEVERAL_CLIENTS, masked(row.keys.number) or found[0].name, len(found))
        if found and not active:
            return None, _error(row, RowReason.ARCHIVED, found[0].name)
        return (active[0] if active else None), None

    def has_namesake(self, row: CheckedRow) -> bool:
        return bool(self._by_name.get(row.keys.name))

    def _by_name_alone(self, row: CheckedRow) -> tuple[Client | None, RowError | None]:
        """A name decides nothing: only a row that says nothing new about a client is taken for that client's."""
        namesakes = self._by_name.get(row.keys.name, [])
        same = [client for client in namesakes if not differences(client, row.values)]
        if same or not namesakes:
            return (same[0] if same else None), None
        return None, _error(row, RowReason.NAME_TAKEN, namesakes[0].name)


def keys_of(client: Client) -> Keys:
    """Return what a file that we exported would know the client by."""
    return Keys.of({field: read_back(field, getattr(client, field), country=client.country) for field in KEY_FIELDS})
