"""What all integrations together say about records; the first that knows one wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import Value

from uku.clients.models import Client, ClientQuerySet
from uku.integrations.registry import Article, Badge, Panel, integrations
from uku.invoices.models import Invoice
from uku.workspaces.company import Difference, differences
from uku.workspaces.models import Workspace


def client_badges(clients: Sequence[Client]) -> Mapping[int, Badge]:
    found: dict[int, Badge] = {}
    for integration in integrations():
        found = {**integration.client_badges(clients), **found}
    return found


def client_states() -> list[tuple[str, str]]:
    """Return the states of clients in the first integration; without one there are none."""
    return [state for integration in integrations()[:1] for state in integration.client_states()]


def with_state(clients: ClientQuerySet) -> ClientQuerySet:
    """Give each client its `state` in the first integration; without one it is empty."""
    found = [integration.client_state() for integration in integrations()[:1]]
    return clients.annotate(state=found[0] if found else Value(""))


def invoice_badges(invoices: Sequence[Invoice]) -> Mapping[int, Badge]:
    found: dict[int, Badge] = {}
    for integration in integrations():
        found = {**integration.invoice_badges(invoices), **found}
    return found


def client_panels(client: Client) -> list[Panel]:
    return [panel for integration in integrations() for panel in integration.client_panels(client)]


def invoice_panels(invoice: Invoice) -> list[Panel]:
    return [panel for integration in integrations() for panel in integration.invoice_panels(invoice)]


def company_differences(workspace: Workspace) -> list[tuple[str, list[Difference]]]:
    """Return what each integration would have otherwise on the company card, with the integration's title."""
    found = [
        (integration.card(workspace).title, differences(workspace, integration.company_proposal(workspace)))
        for integration in integrations()
    ]
    return [(title, differing) for title, differing in found if differing]


def articles(words: str) -> list[Article]:
    """Return the articles that the words find; without words the first ones."""
    return [article for integration in integrations() for article in integration.articles(words)]


def article(number: str) -> Article | None:
    """Return the article with this number, from the first integration that has one."""
    found = (integration.article(number) for integration in integrations())
    return next((article for article in found if article is not None), None)
