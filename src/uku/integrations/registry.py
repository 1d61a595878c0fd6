"""What an integration offers to the pages: card, badges, panels, articles. The pages know no vendor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from django.db.models.expressions import Combinable

from uku.clients.models import Client
from uku.invoices.models import Invoice, Numbering
from uku.invoices.standing import Tone
from uku.workspaces.models import Membership, Workspace


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
    """A button that posts to an address."""

    label: str
    url: str
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """How one record stands in the other system: state, facts, and an error in three parts if there is one."""

    title: str
    badge: Badge
    facts: tuple[tuple[str, str], ...] = ()
    happened: str = ""
    means: str = ""
    remedy: str = ""
    quoted: str = ""
    actions: tuple[Action, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Banner:
    """What owners and admins see on every page while something is wrong."""

    text: str
    action: str
    url: str


@dataclass(frozen=True, slots=True)
class Article:
    """An article of the accounting system that a product can be made from."""

    number: str
    description: str
    unit: str
    price: Decimal | None
    vat_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing of an installation stands, in a sentence for its operator."""

    ok: bool
    text: str


class Integration(Protocol):
    """What a folder under `integrations` brings."""

    slug: str
    urlconf: str

    def card(self, workspace: Workspace) -> Card: ...
    def findings(self) -> Iterable[Finding]:
        """What the operator should know, over all workspaces."""

    def banners(self, workspace: Workspace, membership: Membership) -> Sequence[Banner]: ...
    def numbering(self, workspace: Workspace) -> Numbering | None: ...
    def company_proposal(self, workspace: Workspace) -> Mapping[str, str]:
        """What the connected company's card says, by the field names of Workspace; empty when not connected."""

    def client_states(self) -> Sequence[tuple[str, str]]:
        """The states a client can be in, as a code for addresses and its words, in the order of a list."""

    def client_state(self) -> Combinable:
        """An expression over clients that gives the code of a client's state, for one query over all of them."""

    def client_badges(self, clients: Sequence[Client]) -> Mapping[int, Badge]: ...
    def client_panels(self, client: Client) -> Sequence[Panel]: ...
    def invoice_badges(self, invoices: Sequence[Invoice]) -> Mapping[int, Badge]: ...
    def invoice_panels(self, invoice: Invoice) -> Sequence[Panel]: ...
    def articles(self, words: str) -> Sequence[Article]: ...
    def article(self, number: str) -> Article | None: ...


_registered: dict[str, Integration] = {}


def register(integration: Integration) -> None:
    _registered[integration.slug] = integration


def integrations() -> Sequence[Integration]:
    return list(_registered.values())


def numbering_for(workspace: Workspace) -> Numbering:
    """Return who numbers invoices: a connected accounting system, else Uku."""
    for integration in integrations():
        if (numbering := integration.numbering(workspace)) is not None:
            return numbering
    return Numbering.OWN
