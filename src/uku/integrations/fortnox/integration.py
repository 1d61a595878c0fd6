"""What Fortnox brings to the pages: the card, the badges, the panels, the articles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Case, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uku.clients.models import Client
from uku.integrations.fortnox.articles import catalog
from uku.integrations.fortnox.audit_words import AUDIT_ACTIONS, AUDIT_GROUPS
from uku.integrations.fortnox.connection import doctor
from uku.integrations.fortnox.connection.authorize import connection_of
from uku.integrations.fortnox.connection.company import company_names
from uku.integrations.fortnox.customers import status
from uku.integrations.fortnox.health import summary
from uku.integrations.fortnox.health.error_codes import ErrorGroup
from uku.integrations.fortnox.health.messages import grouped
from uku.integrations.fortnox.health.queries import customers_to_review
from uku.integrations.fortnox.invoices import checks, delivery
from uku.integrations.fortnox.invoices import status as export_panels
from uku.integrations.fortnox.invoices.credit import ledger_of
from uku.integrations.fortnox.invoices.number_source import number_source
from uku.integrations.fortnox.payments.status import payments_check
from uku.integrations.fortnox.statistics.definitions import STATISTICS
from uku.integrations.registry import (
    Badge,
    Banner,
    Card,
    DeliveryOffer,
    Finding,
    NumberSource,
    Panel,
    PaymentsCheck,
    Waiting,
)
from uku.invoices.checks import Check
from uku.invoices.models import Invoice, InvoiceRow
from uku.products.articles import Article, ArticlesFound
from uku.products.rates import KnownRate
from uku.workspaces.models import Membership, Workspace
from uku.workspaces.permissions import Permission, may

AUTHORIZING = frozenset({ErrorGroup.AUTHORIZE, ErrorGroup.PERMISSION, ErrorGroup.LICENCE})
"""What is cured, or ends, on the Connect tab."""


class FortnoxIntegration:
    slug = "fortnox"
    title = "Fortnox"
    urlconf = "uku.integrations.fortnox.views.urls"
    root_urlconf = "uku.integrations.fortnox.views.root_urls"
    audit_actions = AUDIT_ACTIONS
    audit_groups = AUDIT_GROUPS

    def findings(self) -> Iterable[Finding]:
        return doctor.findings()

    def card(self, workspace: Workspace) -> Card:
        """What is the matter; else what it offers, and without the plan for it, which plan it needs."""
        overall = summary.overall_of(connection_of(workspace))
        if overall.block is not None:
            text = overall.block.happened
        elif overall.note:
            text = overall.note
        else:
            text = _("Imports clients and products, sends invoices, and reads payments.")
            if not workspace.may_integrate:
                text = f"{text} {_('Part of the Team and Elite plans; this workspace is on Free.')}"
        place = {"slug": workspace.slug}
        urls = reverse("fortnox:overview", kwargs=place), reverse("fortnox:help", kwargs=place)
        return Card("fortnox", self.title, text, overall.card, *urls)

    def banners(self, workspace: Workspace, membership: Membership) -> Sequence[Banner]:
        if not may(membership, Permission.MANAGE_INTEGRATIONS):
            return []
        block = summary.overall_of(connection_of(workspace)).block
        if block is None:
            return []
        place = {"slug": workspace.slug}
        if block.group in AUTHORIZING:
            action, url = _("Open Connect to Fortnox"), reverse("fortnox:connect", kwargs=place)
        else:
            action, url = _("Open Overview"), reverse("fortnox:overview", kwargs=place)
        return [Banner(f"{block.happened} {block.means}", action, url)]

    def company_proposal(self, workspace: Workspace) -> Mapping[str, str]:
        connection = connection_of(workspace)
        return connection.company_facts if connection.is_connected else {}

    def number_source(self, invoice: Invoice) -> NumberSource | None:
        return number_source(invoice)

    def ledger_of(self, invoice: Invoice) -> str:
        return ledger_of(invoice)

    def clients_waiting(self, workspace: Workspace) -> Waiting | None:
        company_id = connection_of(workspace).company_id
        count = customers_to_review(company_id).count() if company_id else 0
        if not count:
            return None
        words = ngettext("%(n)s Fortnox customer to review", "%(n)s Fortnox customers to review", count)
        words %= {"n": grouped(count)}
        return Waiting(words, reverse("fortnox:review", kwargs={"slug": workspace.slug}))

    def client_badges(self, clients: Sequence[Client]) -> Mapping[int, Badge]:
        """One query for a whole page of clients."""
        return status.badges_of(clients)

    def client_states(self) -> Sequence[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in status.ClientState]

    def client_state(self) -> Case:
        return status.expression()

    def inactive_clients(self, clients: Sequence[Client]) -> Collection[int]:
        return status.inactive_of(clients)

    def client_panels(self, client: Client) -> Sequence[Panel]:
        return status.panels_of(client)

    def invoice_checks(self, invoice: Invoice, rows: Sequence[InvoiceRow]) -> Sequence[Check]:
        return checks.invoice_checks(invoice, rows)

    def invoices_waiting_for_somebody(self) -> QuerySet[Any]:
        return export_panels.waiting_for_somebody()

    def invoice_badges(self, invoices: Sequence[Invoice]) -> Mapping[int, Badge]:
        return export_panels.badges_of(invoices)

    def invoice_panels(self, invoice: Invoice) -> Sequence[Panel]:
        return export_panels.panels_of(invoice)

    def payments_check(self, workspace: Workspace) -> PaymentsCheck | None:
        return payments_check(connection_of(workspace))

    def delivery_offer(self, invoice: Invoice) -> DeliveryOffer | None:
        return delivery.delivery_offer(invoice)

    def article_system(self) -> str:
        return catalog.article_system()

    def article_company(self) -> str:
        return catalog.article_company()

    def company_name(self, company: str) -> str:
        return company_names().get(company, "")

    def articles(self, words: str, *, at_most: int) -> ArticlesFound:
        return catalog.articles(words, at_most=at_most)

    def article(self, number: str) -> Article | None:
        return catalog.article(number)

    def articles_of(self, numbers: Collection[str]) -> Mapping[str, Article]:
        return catalog.articles_of(numbers)

    def tax_rates(self) -> Sequence[KnownRate]:
        return catalog.tax_rates()

    def units(self) -> Sequence[str]:
        return catalog.units()

    def statistic_label(self, name: str) -> str:
        return str(STATISTICS[name].label) if name in STATISTICS else ""

    def documents_address(self, workspace: Workspace, month: date, statistic: str) -> str:
        if statistic not in STATISTICS:
            return ""
        place = {"slug": workspace.slug, "month": month.isoformat()[:7], "statistic": statistic}
        return reverse("fortnox:documents", kwargs=place)
