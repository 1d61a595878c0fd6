"""What a row would do to the clients there are: make one, change one, change nothing, or be left out.

All rows are planned before the first is imported, and imported as planned: what a row makes of its client would decide
about the rows behind it, which may know that client by the name or the e-mail that it had.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from uku.clients.import_files.checks import CheckedRow, KeyIndex, Keys
from uku.clients.import_files.errors import RowError, RowReason
from uku.clients.import_files.fields import Value, read_back
from uku.clients.matching import ContactDetails, match_keys
from uku.clients.models import Client, is_same_value
from uku.clients.names import for_matching, for_search
from uku.kit.identifiers import masked
from uku.kit.scoping import current_workspace_id

_AT_ONCE = 500  # rows that one query finds the clients for
_KEY_FIELDS = ("name", "organisation_number", "vat_number", "email", "country")
NO_CLIENT_YET, SKIPPED = 0, -1  # in a plan, which says for each row the id of its client


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

    @property
    def decision(self) -> int:
        """What a plan says of the row: the id of its client, or that it has none."""
        without = SKIPPED if self.outcome == RowOutcome.REFUSED else NO_CLIENT_YET
        return without if self.client is None else self.client.pk


def plan_rows(rows: Iterable[CheckedRow]) -> Iterator[PlannedRow]:
    """Yield each row planned; one query for 500 of them. Of two rows that concern one client, the first counts."""
    concerned: dict[int, int] = {}
    walk = iter(rows)
    while some := list(islice(walk, _AT_ONCE)):
        known = _known_clients(some)
        for row in some:
            planned = _plan_row(row, known, concerned)
            if planned.client is not None:
                concerned.setdefault(planned.client.pk, row.row.number)
            yield planned


def follow_plan(rows: Sequence[CheckedRow], plan: Sequence[int], place: int) -> Iterator[PlannedRow]:
    """Yield rows from a place in the file on as they were planned.

    Other people went on meanwhile: a client that they archived is not changed, one that they made is found.
    """
    decisions = plan[place : place + len(rows)]
    clients = Client.objects.get_queryset().in_bulk(decisions)
    decided = list(zip(rows, map(clients.get, decisions), decisions, strict=True))
    new = [row for row, client, decision in decided if client is None and decision != SKIPPED]
    known = _known_clients(new, besides=frozenset(plan))
    for row, client, decision in decided:
        if decision == SKIPPED:
            yield PlannedRow(row, RowOutcome.REFUSED)
        elif client is None:
            yield _plan_row(row, known, {})
        else:
            yield _plan_for(row, client)


def _plan_row(row: CheckedRow, known: KeyIndex[Client], concerned: Mapping[int, int]) -> PlannedRow:
    client, error = _find_client(row, known)
    if row.errors and (client is None or not _is_repeated(client, row)):
        return PlannedRow(row, RowOutcome.REFUSED, errors=row.errors)
    if client is not None and client.pk in concerned:
        error = _error(row, RowReason.SAME_CLIENT, client.name, concerned[client.pk])
    if error is not None:
        return PlannedRow(row, RowOutcome.REFUSED, errors=(error,))
    if client is None:
        return PlannedRow(row, RowOutcome.NEW, namesake=bool(known.namesakes(row.keys)))
    return _plan_for(row, client)


def _plan_for(row: CheckedRow, client: Client) -> PlannedRow:
    changes = differences(client, row.values)
    if changes and client.archived_at is not None:
        return PlannedRow(row, RowOutcome.REFUSED, errors=(_error(row, RowReason.ARCHIVED, client.name),))
    return PlannedRow(row, RowOutcome.CHANGED if changes else RowOutcome.UNCHANGED, client, changes)


def _known_clients(rows: Sequence[CheckedRow], besides: Container[int] = ()) -> KeyIndex[Client]:
    """Read the clients that some rows could concern, in one query, by the keys that matching uses.

    They hold all with the number or the name; by anything else no row finds its client.
    """
    workspace_id = current_workspace_id()
    keys: set[int] = set()
    for row in rows:
        number, vat, country = map(row.text, ("organisation_number", "vat_number", "country"))
        details = ContactDetails("", row.text("name"), number, vat_number=vat, country=country)
        keys.update(match_keys(workspace_id, details))
    known = Client.objects.get_queryset().sharing(keys)
    # Names that no key is made of: in other letters, or a legal form alone.
    if unkeyed := {for_search(name) for name in (row.text("name") for row in rows) if not for_matching(name)}:
        known |= Client.objects.get_queryset().filter(name_search__in=unkeyed)
    found = KeyIndex[Client]()
    for client in known.order_by("pk"):
        if client.pk not in besides:
            found.add(keys_of(client), client)
    return found


def keys_of(client: Client) -> Keys:
    """Return what a file that we exported would know the client by."""
    return Keys.of({name: read_back(name, getattr(client, name), country=client.country) for name in _KEY_FIELDS})


def _find_client(row: CheckedRow, known: KeyIndex[Client]) -> tuple[Client | None, RowError | None]:
    """Return the client that the row is about, or None for a new one; or why that cannot be said."""
    key, found = known.find(row.keys)
    if key == "name":
        # A name decides nothing: only a row that says nothing new about a client is taken for that client's.
        same = [client for client in found if not differences(client, row.values)]
        if found and not same:
            return None, _error(row, RowReason.NAME_TAKEN, found[0].name)
        return (same[0] if same else None), None
    active = [client for client in found if client.archived_at is None]
    if len(active or found) > 1:
        return None, _error(row, RowReason.SEVERAL_CLIENTS, masked(row.keys.number) or found[0].name, len(found))
    if found and not active:
        return None, _error(row, RowReason.ARCHIVED, found[0].name)
    return (active[0] if active else None), None


def differences(client: Client, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return what a row would change; a value that is only written otherwise is the same."""
    return {name: value for name, value in values.items() if not _is_same(client, name, value)}


def _is_repeated(client: Client, row: CheckedRow) -> bool:
    """Say whether all that is wrong in a row is what the client has already, as in a file that we exported."""
    cells = {error.column for error in row.errors}
    return len(cells) == len(row.wrong) and all(_is_same(client, name, text) for name, text in row.wrong.items())


def _is_same(client: Client, name: str, value: Value) -> bool:
    if is_same_value(client, name, value):
        return True
    ours, theirs = (read_back(name, told, country=client.country) for told in (getattr(client, name), value))
    return ours == theirs


def _error(row: CheckedRow, reason: RowReason, value: str, other: int = 0) -> RowError:
    return RowError(row.row.number, -1, reason, value, other)
