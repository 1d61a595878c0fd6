"""What an integration offers to the pages: card, badges, panels, articles. The pages know no vendor."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from django.db.models import QuerySet
from django.db.models.expressions import Combinable

from uku.clients.models import Client
from uku.invoices.checks import Check
from uku.invoices.delivery_models import LedgerMethod
from uku.invoices.models import Invoice, InvoiceRow
from uku.invoices.payment_status import Tone
from uku.products.articles import Article, ArticlesFound
from uku.products.rates import KnownRate
from uku.workspaces.models import Membership, Workspace
from uku.workspaces.permissions import Permission


@dataclass(frozen=True, slots=True)
class Badge:
    words: str
    tone: Tone
    url: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """An integration on Settings & Apps: its state at a glance."""

    slug: str
    title: str
    text: str
    badge: Badge
    url: str
    help_url: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A button that posts to an address; with `asks` it opens a page that asks first. Shown to who has `permission`."""

    label: str
    url: str
    primary: bool = False
    asks: bool = False
    permission: Permission = Permission.MANAGE_INTEGRATIONS


@dataclass(frozen=True, slots=True)
class Panel:
    """How one record stands in the other system: state, facts, and an error in three parts if there is one.

    `moving`: it changes by itself in a moment.
    """

    title: str
    badge: Badge
    facts: tuple[tuple[str, str], ...] = ()
    happened: str = ""
    means: str = ""
    remedy: str = ""
    quoted: str = ""
    actions: tuple[Action, ...] = field(default=())
    moving: bool = False


@dataclass(frozen=True, slots=True)
class NumberSource:
    """A connected accounting system, which numbers an invoice that is issued now.

    `ledger` is the id of its company. When the invoice would wait instead of going out at once, three sentences say
    why, what that means, and what ends it. `note` says what is done besides sending the invoice.

    `books_at_once` says whether it is booked there unless a person chooses otherwise; None where nobody can.
    """

    system: str
    ledger: str
    happened: str = ""
    means: str = ""
    remedy: str = ""
    note: str = ""
    books_at_once: bool | None = None


@dataclass(frozen=True, slots=True)
class DeliveryOffer:
    """How the accounting system would bring an invoice to its client, and where the client wants e-mail.

    `system` is empty when it cannot send the invoice now.
    """

    system: str = ""
    method: LedgerMethod | None = None
    to: str = ""
    cc: str = ""
    bcc: str = ""

    @property
    def is_einvoice(self) -> bool:
        return self.method == LedgerMethod.EINVOICE


@dataclass(frozen=True, slots=True)
class PaymentsCheck:
    """When a connected system was last read for payments. `running`: it is being read, or will be in a moment.

    `action` has it read now, and `note` says why nothing is read.
    """

    checked_at: datetime | None
    running: bool
    action: Action
    note: str = ""


@dataclass(frozen=True, slots=True)
class Banner:
    """What owners and admins see on every page while something is wrong."""

    text: str
    action: str
    url: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a person in an integration, in words, and the page where it is decided."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing of an installation stands, in a sentence for its operator."""

    ok: bool
    text: str


class Integration(Protocol):
    """What a folder under `integrations` brings."""

    slug: str
    title: str
    urlconf: str

    def card(self, workspace: Workspace) -> Card: ...
    def findings(self) -> Iterable[Finding]:
        """What the operator should know, over all workspaces."""

    def banners(self, workspace: Workspace, membership: Membership) -> Sequence[Banner]: ...
    def number_source(self, invoice: Invoice) -> NumberSource | None:
        """Who numbers this draft when it is issued; None when no company is connected, and Uku does."""

    def ledger_of(self, invoice: Invoice) -> str:
        """The id of the company that has an issued invoice or will have it; empty when none does."""

    def company_proposal(self, workspace: Workspace) -> Mapping[str, str]:
        """What the connected company's card says, by the field names of Workspace; empty when not connected."""

    def client_states(self) -> Sequence[tuple[str, str]]:
        """The states a client can be in, as a code for addresses and its words, in the order of a list."""

    def client_state(self) -> Combinable:
        """An expression over clients that gives the code of a client's state, for one query over all of them."""

    def clients_waiting(self, workspace: Workspace) -> Waiting | None:
        """The records of the other system that may become clients and wait for a decision; None when none does."""

    def client_badges(self, clients: Sequence[Client]) -> Mapping[int, Badge]: ...
    def inactive_clients(self, clients: Sequence[Client]) -> Collection[int]:
        """The ids of those that the connected company has as inactive; in one query."""

    def client_panels(self, client: Client) -> Sequence[Panel]: ...
    def invoice_checks(self, invoice: Invoice, rows: Sequence[InvoiceRow]) -> Sequence[Check]:
        """What the connected company asks of a draft before it is issued, and is not right; from stored facts."""

    def invoices_waiting_for_somebody(self) -> QuerySet[Any]:
        """The ids of the invoices that nothing happens to until a person acts."""

    def invoice_badges(self, invoices: Sequence[Invoice]) -> Mapping[int, Badge]: ...
    def invoice_panels(self, invoice: Invoice) -> Sequence[Panel]: ...
    def payments_check(self, workspace: Workspace) -> PaymentsCheck | None:
        """When payments were last read; None while nothing can be asked of the system."""

    def delivery_offer(self, invoice: Invoice) -> DeliveryOffer | None:
        """How the system would bring an invoice to its client; None when it does not know the client."""

    def article_system(self) -> str:
        """The name of the connected system whose articles products are mapped to; empty when none is connected."""

    def article_company(self) -> str:
        """The id of the connected company, which its articles belong to; empty when none is connected."""

    def company_name(self, company: str) -> str:
        """What a company is called that is or was connected; empty for one that never was."""

    def articles(self, words: str, *, at_most: int) -> ArticlesFound:
        """Active articles that the words find, in an order of their own; without words the first ones."""

    def article(self, number: str) -> Article | None:
        """One article with its rate and account, read now if they never were; without an answer they stay unknown."""

    def articles_of(self, numbers: Collection[str]) -> Mapping[str, Article]:
        """The articles with these numbers, as they were last read, inactive ones too; in one query."""

    def tax_rates(self) -> Sequence[KnownRate]:
        """The rates that the connected company is known to have, highest first."""

    def units(self) -> Sequence[str]:
        """The units that the connected company's articles have."""

    def statistic_label(self, name: str) -> str:
        """What a statistic is called; empty for one that this system does not count."""

    def documents_address(self, workspace: Workspace, month: date, statistic: str) -> str:
        """Where the documents behind a number of a workspace's own books are listed; empty when nowhere."""


_registered: dict[str, Integration] = {}


def register(integration: Integration) -> None:
    _registered[integration.slug] = integration


def integrations() -> Sequence[Integration]:
    return list(_registered.values())


def number_source_of(invoice: Invoice) -> NumberSource | None:
    """Return the accounting system that numbers a draft when it is issued; None when Uku does."""
    found = (integration.number_source(invoice) for integration in integrations())
    return next((source for source in found if source is not None), None)


def ledger_of(invoice: Invoice) -> str:
    """Return the accounting system's company that has an issued invoice or will have it; "" when none does."""
    return next(filter(None, (integration.ledger_of(invoice) for integration in integrations())), "")
