"""What all integrations together say about records; the first that knows one wins."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Q, Value
from django.utils.translation import gettext as _

from uku.clients.models import Client, ClientQuerySet
from uku.integrations.registry import Badge, DeliveryOffer, Panel, PaymentsCheck, Waiting, integrations
from uku.invoices.checks import Check
from uku.invoices.models import Invoice, InvoiceRow
from uku.products.articles import Article, ArticlesFound
from uku.products.models import Product
from uku.products.rates import KnownRate, statutory
from uku.workspaces.company import Difference, differences, filled_facts, untold_facts
from uku.workspaces.models import Workspace


def client_badges(clients: Sequence[Client]) -> Mapping[int, Badge]:
    found: dict[int, Badge] = {}
    for integration in integrations():
        found = {**integration.client_badges(clients), **found}
    return found


def inactive_clients(clients: Sequence[Client]) -> set[int]:
    """Return the ids of those that a connected system has as inactive."""
    return {pk for integration in integrations() for pk in integration.inactive_clients(clients)}


def client_states() -> list[tuple[str, str]]:
    """Return the states of clients in the first integration; without one there are none."""
    return [state for integration in integrations()[:1] for state in integration.client_states()]


def clients_waiting(workspace: Workspace) -> list[Waiting]:
    """Return what may become clients and waits for a person."""
    found = (integration.clients_waiting(workspace) for integration in integrations())
    return [waiting for waiting in found if waiting is not None]


def with_state(clients: ClientQuerySet) -> ClientQuerySet:
    """Give each client its `state` in the first integration; without one it is empty."""
    found = [integration.client_state() for integration in integrations()[:1]]
    return clients.annotate(state=found[0] if found else Value(""))


def waiting_for_somebody() -> Q:
    """Return the condition of an invoice that a connected system leaves to a person."""
    found = Q(pk__in=[])
    for integration in integrations():
        found |= Q(pk__in=integration.invoices_waiting_for_somebody())
    return found


def invoice_badges(invoices: Sequence[Invoice]) -> Mapping[int, Badge]:
    found: dict[int, Badge] = {}
    for integration in integrations():
        found = {**integration.invoice_badges(invoices), **found}
    return found


def client_panels(client: Client) -> list[Panel]:
    return [panel for integration in integrations() for panel in integration.client_panels(client)]


def invoice_checks(invoice: Invoice, rows: Sequence[InvoiceRow]) -> list[Check]:
    """Return what the connected systems ask of a draft before it is issued."""
    return [check for integration in integrations() for check in integration.invoice_checks(invoice, rows)]


def invoice_panels(invoice: Invoice) -> list[Panel]:
    return [panel for integration in integrations() for panel in integration.invoice_panels(invoice)]


def payments_check(workspace: Workspace) -> PaymentsCheck | None:
    """Return when the first connected system was last read for payments; None while none can be asked."""
    found = (integration.payments_check(workspace) for integration in integrations())
    return next((check for check in found if check is not None), None)


def delivery_offer(invoice: Invoice) -> DeliveryOffer:
    """Return how the first system that knows the client would bring an invoice; else the client's own e-mail."""
    found = (integration.delivery_offer(invoice) for integration in integrations())
    offer = next((offer for offer in found if offer is not None), DeliveryOffer())
    return offer if offer.to else replace(offer, to=invoice.client.email)


def company_differences(workspace: Workspace) -> list[tuple[str, list[Difference]]]:
    """Return what each integration would have otherwise on the company card, with the integration's title."""
    found = [
        (integration.title, differences(workspace, integration.company_proposal(workspace)))
        for integration in integrations()
    ]
    return [(title, differing) for title, differing in found if differing]


@dataclass(frozen=True, slots=True)
class Origin:
    """What an integration filled on the company card, and what it does not tell and nobody has stated."""

    title: str
    filled: list[str]
    untold: list[str]


def company_origins(workspace: Workspace) -> list[Origin]:
    """Return what came from each integration; one without a connected company is not asked what it does not tell."""
    filled, found = filled_facts(workspace), []
    for integration in integrations():
        proposal = integration.company_proposal(workspace)
        untold = untold_facts(workspace, proposal) if proposal else []
        found.append(Origin(integration.title, filled.get(integration.slug, []), untold))
    return found


def article_system() -> str:
    """Return the name of the connected system whose articles products are mapped to, or ""."""
    return next(filter(None, (integration.article_system() for integration in integrations())), "")


def article_company() -> str:
    """Return the id of the connected company, which its articles belong to, or ""."""
    return next(filter(None, (integration.article_company() for integration in integrations())), "")


def connected_company() -> tuple[str, str]:
    """Return the id and name of the connected company of the accounting system; two empty texts without one."""
    company = article_company()
    return company, company_name(company) if company else ""


def company_name(company: str) -> str:
    """Return what a company is called whose article something has; one that was typed belongs to none."""
    found = (integration.company_name(company) for integration in integrations() if company)
    return next(filter(None, found), _("another company") if company else _("no company"))


def article_of(product: Product) -> Article | None:
    """Return a product's article as it was last read; none while its company is not connected."""
    number = product.article_in(article_company())
    return articles_of([number]).get(number) if number else None


def articles(words: str, *, at_most: int) -> ArticlesFound:
    """Return the articles that the words find, from the first integration that finds any."""
    found = (integration.articles(words, at_most=at_most) for integration in integrations())
    return next((each for each in found if each.total), ArticlesFound())


def article(number: str) -> Article | None:
    """Return the article with this number, from the first integration that has one; it may be read for this."""
    found = (integration.article(number) for integration in integrations())
    return next((article for article in found if article is not None), None)


def articles_of(numbers: Collection[str]) -> Mapping[str, Article]:
    """Return articles as they were last read, with one question to each integration for all of them."""
    found: dict[str, Article] = {}
    for integration in integrations():
        found = {**integration.articles_of(numbers), **found}
    return found


def tax_rates(workspace: Workspace) -> list[KnownRate]:
    """Return the rates that the connected company is known to have; the law's while none is connected, or none read."""
    found = (list(integration.tax_rates()) for integration in integrations())
    law = _("Finnish law") if workspace.country == "FI" else _("Swedish law")
    by_law = [KnownRate(rate, law) for rate in statutory(workspace.country)]
    return next(filter(None, found), by_law)


def units() -> list[str]:
    return [unit for integration in integrations() for unit in integration.units()]


def statistic_label(name: str) -> str:
    return next(filter(None, (integration.statistic_label(name) for integration in integrations())), "")


def documents_address(workspace: Workspace, month: date, statistic: str) -> str:
    """Return where the documents behind a number are listed; "" when nowhere."""
    found = (integration.documents_address(workspace, month, statistic) for integration in integrations())
    return next(filter(None, found), "")
