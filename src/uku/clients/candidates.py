"""The few clients that a page of records could be, out of all of a workspace's, by the blocks they share."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db.models.expressions import RawSQL

from uku.clients.matching import MOST_WEIGHED, ContactDetails
from uku.clients.models import Client
from uku.kit.scoping import current_workspace_id

FEW: Final = 200
"""So many keys an overlap finds through the index. With thousands it compares each with each, row by row."""
_BY_INDEX = "AND client.match_keys && %s::bigint[]"
_FIRST_OF_EACH = """
SELECT id FROM (
  SELECT client.id, row_number() OVER (PARTITION BY key ORDER BY client.id) AS place
  FROM uku_client AS client CROSS JOIN LATERAL unnest(client.match_keys) AS key
  WHERE client.workspace_id = %s AND (client.archived_at IS NULL) = %s {by_index} AND key = ANY(%s::bigint[])
) AS found WHERE place <= %s
"""
_FIELDS = ("pk", "name", "organisation_number", "email", "postcode", "vat_number", "phone", "country")


def first_sharing(keys: Collection[int], *, archived: bool = False) -> list[ContactDetails]:
    """Return the clients that share a block with what is looked for, oldest first, as `Index` would weigh them.

    `Index` weighs the first clients of a block and looks whether there are more, so that so many of each block find
    the same as all clients would, and a page needs little memory however many clients there are.
    """
    if not keys:
        return []
    wanted = list(keys)
    by_index = len(wanted) <= FEW
    sql = _FIRST_OF_EACH.format(by_index=_BY_INDEX if by_index else "")
    values = [current_workspace_id(), not archived, *([wanted] if by_index else []), wanted, MOST_WEIGHED + 1]
    rows = Client.objects.get_queryset().filter(pk__in=RawSQL(sql, values)).order_by("pk")  # noqa: S611  # no input in it
    return [ContactDetails(str(pk), *texts) for pk, *texts in rows.values_list(*_FIELDS)]
