"""What all integrations together say about records; the first that knows one wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from uku.clients.models import Client
from uku.integrations.registry import Article, Badge, Panel, integrations
from uku.invoices.models import Invoice


def client_badges(clients: Sequence[Client]) -> Mapping[int, Badge]:
    found: dict[int, Badge] = {}
    for integration in integrations():
        found = {**integration.client_badges(clients), **found}
    return found


def invoice_badges(invoices: Sequence[Invoice]) -> Mapping[int, Badge]:
    found: dict[int, Badge] = {}
    for integration in integrations():
        found = {**integration.invoice_badges(invoices), **found}
    return found


def client_panels(client: Client) -> list[Panel]:
    return [panel for integration in integrations() for panel in integration.client_panels(client)]


def invoice_panels(invoice: Invoice) -> list[Panel]:
    return [panel for integration in integrations() for panel in integration.invoice_panels(invoice)]


def articles(words: str) -> list[Article]:
    """Return the articles that the words find; without words the first ones."""
    return [article for integration in integrations() for article in integration.articles(words)]


def article(number: str) -> Article | None:
    """Return the article with this number, from the first integration that has one."""
    found = (integration.article(number) for integration in integrations())
    return next((article for article in found if article is not None), None)
