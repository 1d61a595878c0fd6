"""The client list as rows of a file: what the list shows, in its order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from uku.clients.import_files.fields import FIELDS
from uku.clients.import_files.preview import label_of
from uku.clients.models import Client, VatType
from uku.kit.spreadsheets import Cell
from uku.web import integration_data
from uku.web.client_list import ClientList
from uku.web.templatetags.figures import full_number

_AT_ONCE = 2_000


def rows(listing: ClientList, *, whole_numbers: bool) -> Iterator[Sequence[Cell]]:
    """Yield the heading and a row for each client, read in one query as they are written.

    Personal numbers are masked as on the list, unless somebody who may see them asks for them whole (S51). The query
    is made at once, while the workspace is in force; the rows are read when the view is left already.
    """
    clients = integration_data.with_state(listing.records)
    types = dict(VatType.choices)
    return written_rows(clients.iterator(chunk_size=_AT_ONCE), listing.states, types, whole_numbers=whole_numbers)


def written_rows(
    clients: Iterator[Client], states: Mapping[str, str], types: Mapping[str, object], *, whole_numbers: bool
) -> Iterator[Sequence[Cell]]:
    yield [*(label_of(field) for field in FIELDS), *([_("Integration")] if states else [])]
    for client in clients:
        cells = [_cell(client, field, types, whole_numbers=whole_numbers) for field in FIELDS]
        yield [*cells, *([str(states.get(getattr(client, "state", ""), ""))] if states else [])]


def _cell(client: Client, field: str, types: Mapping[str, object], *, whole_numbers: bool) -> Cell:
    value: Cell = getattr(client, field)
    if value is None:
        return ""
    if field == "vat_type":
        return str(types.get(str(value), ""))
    if field == "organisation_number":
        return full_number(str(value), client.country) if whole_numbers else client.shown_number
    return client.shown_vat_number if field == "vat_number" and not whole_numbers else value
