"""The client list as its address asks for it: words, filter, order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, F, Max, Q, Value
from django.db.models.functions import Coalesce, NullIf
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from uku.clients.models import Client, ClientQuerySet
from uku.web import integration_data
from uku.web.list_filters import clean_words
from uku.web.record_list import ARCHIVED, RecordList
from uku.workspaces.models import Membership
from uku.workspaces.permissions import Permission, may

ORDERS: Mapping[str, tuple[str, ...]] = {
    "name": ("name_sort",),
    "number": ("organisation_number", "name_sort"),
    "city": ("city", "name_sort"),
    "responsible": ("responsible", "name_sort"),
    "last": ("last_invoice", "name_sort"),
    "integration": ("state", "name_sort"),
}


@dataclass(frozen=True)
class ClientList(RecordList):
    """Clients; the states they can be in are filters too. Figures of invoices are for who may see those."""

    states: Mapping[str, str]
    with_invoices: bool

    @classmethod
    def of(cls, asked: QueryDict, membership: Membership) -> ClientList:
        """Read the address; what is no filter and no column of ours is left out."""
        states, with_invoices = dict(integration_data.client_states()), may(membership, Permission.SEE_INVOICES)
        show, sort = asked.get("show", ""), asked.get("sort", "")
        show = show if show == ARCHIVED or show in states else ""
        listing = cls(clean_words(asked.get("q", "")), show, sort, states, with_invoices)
        known = sort.removeprefix("-") in listing.columns
        return listing if known else replace(listing, sort=cls.first_sort)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many clients each filter shows, in one query: "" for all active ones."""
        found: Any = integration_data.with_state(self._found())
        found = found.values("state").order_by()
        archived, active = Count("pk", Q(archived_at__isnull=False)), Count("pk", Q(archived_at=None))
        rows = list(found.annotate(archived=archived, active=active))
        return {
            **{row["state"]: row["active"] for row in rows},
            "": sum(row["active"] for row in rows),
            ARCHIVED: sum(row["archived"] for row in rows),
        }

    @property
    def filters(self) -> Mapping[str, str]:
        return {"": _("Active"), **self.states, ARCHIVED: _("Archived")}

    @property
    def columns(self) -> Mapping[str, str]:
        return {
            "name": _("Name"),
            "number": _("Organisation number"),
            "city": _("City"),
            "responsible": _("Responsible"),
            **({"last": _("Last invoice")} if self.with_invoices else {}),
            **({"integration": _("Integration")} if self.states else {}),
        }

    @property
    def records(self) -> ClientQuerySet:
        found: Any = self._found()
        found = found.filter(archived_at__isnull=False) if self.shows_archived else found.current()
        if self.show in self.states or "integration" in self.sort:
            found = integration_data.with_state(found)
        if self.show in self.states:
            found = found.filter(state=self.show)
        if "responsible" in self.sort:
            found = found.alias(responsible=Coalesce(NullIf("default_user__name", Value("")), "default_user__email"))
        if "last" in self.sort:
            issued = Q(invoices__issued_at__isnull=False, invoices__credits=None)
            found = found.alias(last_invoice=Max("invoices__invoice_date", filter=issued))
        down = self.sort.startswith("-")
        columns = [F(column) for column in (*ORDERS[self.sort.removeprefix("-")], "id")]
        ordered: ClientQuerySet = found.order_by(
            *(column.desc(nulls_last=True) if down else column.asc(nulls_last=True) for column in columns)
        )
        return ordered

    def _found(self) -> ClientQuerySet:
        return Client.objects.get_queryset().search(self.words)
