"""The client list as its address asks for it: words, filter, order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from uku.clients.models import Client, ClientQuerySet
from uku.web import integration_data
from uku.web.list_filters import searched_words
from uku.web.record_list import ARCHIVED, RecordList

ORDERS: Mapping[str, tuple[str, ...]] = {
    "name": ("name_sort",),
    "number": ("organisation_number", "name_sort"),
    "city": ("city", "name_sort"),
    "integration": ("state", "name_sort"),
}


@dataclass(frozen=True)
class ClientList(RecordList):
    """Clients; the states they can be in are filters too."""

    states: Mapping[str, str]

    @classmethod
    def of(cls, request: HttpRequest) -> ClientList:
        """Read the address; what is no filter and no column of ours is left out."""
        states = dict(integration_data.client_states())
        show, sort = request.GET.get("show", ""), request.GET.get("sort", "")
        show = show if show == ARCHIVED or show in states else ""
        known = sort.removeprefix("-") in ORDERS and (states or "integration" not in sort)
        return cls(searched_words(request), show, sort if known else "name", states=states)

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
            "integration": _("Integration"),
        }

    @property
    def records(self) -> ClientQuerySet:
        found: Any = self._found()
        found = found.filter(archived_at__isnull=False) if self.shows_archived else found.current()
        if self.show in self.states or "integration" in self.sort:
            found = integration_data.with_state(found)
        if self.show in self.states:
            found = found.filter(state=self.show)
        sign = "-" if self.sort.startswith("-") else ""
        columns = ORDERS[self.sort.removeprefix("-")]
        ordered: ClientQuerySet = found.order_by(*(f"{sign}{column}" for column in columns), f"{sign}id")
        return ordered

    def _found(self) -> ClientQuerySet:
        return Client.objects.get_queryset().search(self.words)
