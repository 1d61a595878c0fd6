"""What Fortnox brings to the pages: the card, the badges, the panels, the articles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db.models import Case
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uku.clients.models import Client
from uku.integrations.fortnox import article_offers, client_states
from uku.integrations.fortnox.audit_words import AUDIT_ACTIONS, AUDIT_GROUPS
from uku.integrations.fortnox.connection import operating
from uku.integrations.fortnox.connection.connecting import connection_of
from uku.integrations.fortnox.connection.working import NotWorking, refuse_while_off, works
from uku.integrations.fortnox.health import standing, waiting
from uku.integrations.fortnox.health.codes import Group
from uku.integrations.fortnox.health.counting import grouped
from uku.integrations.fortnox.health.explanations import Context, explain
from uku.integrations.fortnox.models import Connection, CustomerRecord, Push, PushState
from uku.integrations.registry import Action, Badge, Banner, Card, Finding, Panel, Waiting
from uku.invoices.models import Invoice, Numbering
from uku.products.articles import Article, ArticlesFound
from uku.products.rates import KnownRate
from uku.workspaces.models import Membership, Workspace
from uku.workspaces.permissions import Permission, may

AUTHORIZING = frozenset({Group.AUTHORIZE, Group.PERMISSION, Group.LICENCE})
"""What is cured, or ends, on the Connect tab."""


class FortnoxIntegration:
    slug = "fortnox"
    urlconf = "uku.integrations.fortnox.pages.urls"
    root_urlconf = "uku.integrations.fortnox.pages.root_urls"
    audit_actions = AUDIT_ACTIONS
    audit_groups = AUDIT_GROUPS

    def findings(self) -> Iterable[Finding]:
        return operating.findings()

    def card(self, workspace: Workspace) -> Card:
        connection = connection_of(workspace)
        url = reverse("fortnox:overview", kwargs={"slug": workspace.slug})
        help_url = reverse("fortnox:help", kwargs={"slug": workspace.slug})
        health = standing.health_of(connection)
        text = _card_text(workspace, health)
        return Card("fortnox", "Fortnox", text, health.card, url, help_url)

    def banners(self, workspace: Workspace, membership: Membership) -> Sequence[Banner]:
        if not may(membership, Permission.MANAGE_INTEGRATIONS):
            return []
        trouble = standing.trouble_of(connection_of(workspace))
        if trouble is None:
            return []
        place = {"slug": workspace.slug}
        if trouble.group in AUTHORIZING:
            action, url = _("Open Connect to Fortnox"), reverse("fortnox:connect", kwargs=place)
        else:
            action, url = _("Open Overview"), reverse("fortnox:overview", kwargs=place)
        return [Banner(f"{trouble.happened} {trouble.means}", action, url)]

    def company_proposal(self, workspace: Workspace) -> Mapping[str, str]:
        connection = connection_of(workspace)
        return connection.company_facts if connection.is_connected else {}

    def numbering(self, workspace: Workspace) -> Numbering | None:
        connection = connection_of(workspace)
        return Numbering.ACCOUNTING if connection.enabled and connection.is_connected else None

    def clients_waiting(self, workspace: Workspace) -> Waiting | None:
        return _clients_waiting(workspace)

    def client_badges(self, clients: Sequence[Client]) -> Mapping[int, Badge]:
        """One query for a whole page of clients."""
        return client_states.badges_of(clients)

    def client_states(self) -> Sequence[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in client_states.ClientState]

    def client_state(self) -> Case:
        return client_states.expression()

    def client_panels(self, client: Client) -> Sequence[Panel]:
        linked = CustomerRecord.objects.filter(client=client).order_by("id")
        suggested = CustomerRecord.objects.filter(suggested=client).order_by("id")
        on = not _is_off() if suggested else False
        return [*map(_linked_panel, linked), *(_suggested_panel(client, record, on=on) for record in suggested)]

    def invoice_badges(self, invoices: Sequence[Invoice]) -> Mapping[int, Badge]:
        held = _is_held()
        return {push.invoice_id: _push_badge(push, held=held) for push in Push.objects.filter(invoice__in=invoices)}

    def invoice_panels(self, invoice: Invoice) -> Sequence[Panel]:
        pushes = Push.objects.filter(invoice=invoice).select_related("invoice", "workspace")
        return [_push_panel(push, held=_is_held()) for push in pushes]

    def article_system(self) -> str:
        return article_offers.article_system()

    def articles(self, words: str, *, at_most: int) -> ArticlesFound:
        return article_offers.articles(words, at_most=at_most)

    def article(self, number: str) -> Article | None:
        return article_offers.article(number)

    def articles_of(self, numbers: Collection[str]) -> Mapping[str, Article]:
        return article_offers.articles_of(numbers)

    def tax_rates(self) -> Sequence[KnownRate]:
        return article_offers.tax_rates()

    def units(self) -> Sequence[str]:
        return article_offers.units()


def _clients_waiting(workspace: Workspace) -> Waiting | None:
    company = connection_of(workspace).company_id
    count = waiting.undecided(company).count() if company else 0
    if not count:
        return None
    one, several = "%(n)s Fortnox customer waits for a decision.", "%(n)s Fortnox customers wait for a decision."
    words = ngettext(one, several, count)
    return Waiting(words % {"n": grouped(count)}, reverse("fortnox:review", kwargs={"slug": workspace.slug}))


def _card_text(workspace: Workspace, health: standing.Health) -> str:
    """What is the matter; else what it offers, and without the plan for it, which plan it needs."""
    text = _("Clients and products come in, invoices go out, paid amounts come back.")
    if health.trouble is not None or health.note:
        return health.trouble.happened if health.trouble else health.note
    if workspace.may_integrate:
        return text
    return text + " " + _("Part of the Team and Elite plans; this workspace is on Free.")


def _linked_panel(record: CustomerRecord) -> Panel:
    facts = (
        (_("Fortnox customer"), f"{record.number} {record.name}"),
        (_("Linked because"), record.evidence),
        (_("E-mail in Fortnox"), record.email),
        (_("Last read"), f"{record.seen_at:%Y-%m-%d %H:%M}"),
    )
    return Panel("Fortnox", client_states.badge_of_linked(record), tuple(fact for fact in facts if fact[1]))


def _suggested_panel(client: Client, record: CustomerRecord, *, on: bool) -> Panel:
    """A customer that may be this client: a person decides."""
    place = {"slug": client.workspace.slug, "pk": record.pk}
    return Panel(
        _("Fortnox customer %(number)s may be this client") % {"number": record.number},
        Badge(_("Suggested"), "warning"),
        (
            (_("Name in Fortnox"), record.name),
            (_("E-mail in Fortnox"), record.email or "–"),
            (_("Place"), f"{record.postcode} {record.city}".strip() or "–"),
            (_("Evidence"), record.evidence),
        ),
        actions=(
            Action(_("Link"), f"{reverse('fortnox:link', kwargs=place)}?client={client.pk}", primary=True),
            Action(_("Create client"), reverse("fortnox:create-client", kwargs=place)),
        )
        if on
        else (),
    )


def _is_off() -> bool:
    """Say whether the integration is disabled, or the plan has none."""
    try:
        refuse_while_off()
    except NotWorking:
        return True
    return False


def _is_held() -> bool:
    """Say whether nothing is sent now: off, disconnected, waiting for a person, or a plan without integrations."""
    connection = Connection.objects.select_related("workspace").first()
    return connection is None or not works(connection)


def _push_badge(push: Push, *, held: bool) -> Badge:
    if held and push.state == PushState.QUEUED:
        return Badge(_("Held"), "neutral")
    if push.state == PushState.CONFIRMED:
        words = _("In Fortnox %(number)s, booked") if push.booked else _("In Fortnox %(number)s, not booked")
        return Badge(words % {"number": push.document_number}, "good")
    return {
        PushState.QUEUED: Badge(_("Waiting for number from Fortnox"), "moving"),
        PushState.SENDING: Badge(_("Sending"), "moving"),
        PushState.UNCERTAIN: Badge(_("Outcome unknown"), "warning"),
        PushState.REJECTED: Badge(_("Rejected"), "bad"),
        PushState.NEEDS_PERSON: Badge(_("Needs a decision"), "warning"),
    }[PushState(push.state)]


def _push_panel(push: Push, *, held: bool) -> Panel:
    facts = [(_("Our reference"), push.reference)]
    if push.document_number:
        facts.append((_("Number"), push.document_number))
    if push.voucher:
        facts.append((_("Voucher"), push.voucher))
    if push.text_changes:
        facts.append((_("Signs Fortnox does not take"), push.text_changes))
    happened, means, remedy = _push_trouble(push)
    return Panel(
        "Fortnox",
        _push_badge(push, held=held),
        tuple(facts),
        happened,
        means,
        remedy,
        quoted=_quoted(push, happened),
        actions=() if held else _push_actions(push),
    )


def _quoted(push: Push, happened: str) -> str:
    """Fortnox's own words and code; a refusal that came without words is told by ours alone."""
    if not push.error_code:
        return ""
    return push.error_code if push.error_text == happened else f"{push.error_text} ({push.error_code})"


def _push_trouble(push: Push) -> tuple[str, str, str]:
    """What happened, what it means, what to do; three empty texts when nothing is wrong."""
    if push.state == PushState.UNCERTAIN:
        return (
            _("Fortnox did not answer in time."),
            _("The invoice may or may not be there, so it is not sent again."),
            _("Nothing: Uku looks for it in Fortnox by our reference and tells you here."),
        )
    if push.state == PushState.NEEDS_PERSON:
        remedy = _("Look at the invoice in Fortnox. Then press Look again, which sends nothing.")
        return push.error_text, _("Uku does not send it again by itself."), remedy
    if not push.error_text:
        return "", "", ""
    if not push.error_code:
        return push.error_text, _("Nothing was created in Fortnox; the invoice waits here."), ""
    context = Context.BOOKING if push.state == PushState.CONFIRMED else Context.INVOICE
    words = explain(push.error_code, push.error_text, context)
    return words.happened, words.means, words.remedy


def _push_actions(push: Push) -> tuple[Action, ...]:
    url = reverse("fortnox:retry", kwargs={"slug": push.workspace.slug, "pk": push.pk})
    if push.state == PushState.REJECTED:
        return (Action(_("Send to Fortnox"), url, primary=True),)
    if push.state == PushState.NEEDS_PERSON:
        return (Action(_("Look again"), url, primary=True),)
    if push.state == PushState.CONFIRMED and not push.booked and push.error_text:
        return (Action(_("Book in Fortnox"), url, primary=True),)
    return ()
