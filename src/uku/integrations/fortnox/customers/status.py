"""How a client stands with Fortnox: as one expression for the whole list, as badges, and as panels of its page.

Only the connected company counts. A link that came from another one is shown with its company's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import Case, Exists, OuterRef, QuerySet, TextChoices, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from uku.clients.models import Client
from uku.integrations.fortnox.connection.company import company_names, connected_company, name_of_company
from uku.integrations.fortnox.customers.links import INVOICED_FIRST
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.models import Connection, CustomerRecord, SyncIssue
from uku.integrations.registry import Action, Badge, Panel
from uku.kit.times import show_time


class ClientState(TextChoices):
    """In the order of the list's chips. With several customers the invoiced one counts; a problem of any shows."""

    LINKED = "linked", gettext_lazy("Linked")
    SUGGESTED = "suggested", gettext_lazy("Suggested")
    NOT_LINKED = "not_linked", gettext_lazy("Not linked")
    INACTIVE = "inactive", gettext_lazy("Inactive in Fortnox")
    PROBLEM = "problem", gettext_lazy("Problem")
    OTHER_COMPANY = "other_company", gettext_lazy("Company not connected")


def expression() -> Case:
    """Return the state of a client in SQL, for filtering, counting and sorting in one query."""
    ours = {"company_id__in": Connection.objects.values("company_id")}
    linked = _linked().filter(**ours)
    open_issue = SyncIssue.objects.filter(
        kind=sync_issues.CUSTOMER,
        solved_at=None,
        ignored_at=None,
        company_id=OuterRef("company_id"),
        number=OuterRef("number"),
    )
    invoiced = linked.order_by("client_id", *INVOICED_FIRST).distinct("client_id").values("pk")
    active = linked.filter(active=True, pk__in=invoiced)
    suggested = CustomerRecord.objects.filter(suggested__isnull=False, **ours)
    # Sets that do not depend on the client are hashed once; a subquery for each client took minutes without statistics.
    return Case(
        When(pk__in=linked.filter(Exists(open_issue)).values("client_id"), then=Value(ClientState.PROBLEM.value)),
        When(pk__in=active.values("client_id"), then=Value(ClientState.LINKED.value)),
        When(pk__in=linked.values("client_id"), then=Value(ClientState.INACTIVE.value)),
        When(pk__in=suggested.values("suggested_id"), then=Value(ClientState.SUGGESTED.value)),
        When(pk__in=_linked().values("client_id"), then=Value(ClientState.OTHER_COMPANY.value)),
        default=Value(ClientState.NOT_LINKED.value),
    )


def badges_of(clients: Sequence[Client]) -> Mapping[int, Badge]:
    """Return a badge for each client, which opens its dialog; a few queries for a whole page."""
    if not clients:
        return {}
    ids = [client.pk for client in clients]
    stated = Client.objects.filter(pk__in=ids).annotate(state=expression())
    states = list(stated.values_list("pk", "state", "workspace__slug"))
    names = company_names() if any(state == ClientState.OTHER_COMPANY for _pk, state, _slug in states) else {}
    found = list(CustomerRecord.objects.filter(client__in=clients).order_by(*INVOICED_FIRST))
    if len({record.company_id for record in found}) > 1:  # those of the connected company first, then of the last one
        order = [connected_company(), *names]
        found.sort(key=lambda record: order.index(record.company_id) if record.company_id in order else len(order))
    shown = {record.client_id or 0: record for record in reversed(found)}
    return {
        pk: badge_of(
            ClientState(state), shown.get(pk), reverse("fortnox:client", kwargs={"slug": slug, "pk": pk}), names=names
        )
        for pk, state, slug in states
    }


def inactive_of(clients: Sequence[Client]) -> set[int]:
    """Return the ids of those whose customer is inactive in the connected company."""
    stated = Client.objects.filter(pk__in=[client.pk for client in clients]).annotate(state=expression())
    return set(stated.filter(state=ClientState.INACTIVE).values_list("pk", flat=True))


def _linked() -> QuerySet[CustomerRecord]:
    return CustomerRecord.objects.filter(client__isnull=False)


def badge_of(
    state: ClientState, record: CustomerRecord | None = None, url: str = "", *, names: Mapping[str, str] | None = None
) -> Badge:
    """Return a state in a word; with `record`, the customer that it is about."""
    if state == ClientState.OTHER_COMPANY and record is not None:
        words = {"number": record.number, "company": name_of_company(record.company_id, names)}
        return Badge(_("Customer %(number)s of %(company)s, not connected") % words, "neutral", url)
    if state == ClientState.LINKED and record is not None:
        return Badge(_("Customer %(number)s") % {"number": record.number}, "good", url)
    if state == ClientState.PROBLEM:
        return Badge(str(state.label), "bad", url)
    return Badge(str(state.label), "warning" if state == ClientState.SUGGESTED else "neutral", url)


def badge_of_any(record: CustomerRecord) -> Badge:
    """How any customer stands, for a list of them."""
    if record.client_id is not None:
        return badge_of_linked(record)
    if record.ignored_at is not None:
        return Badge(_("Ignored"), "neutral")
    return badge_of(ClientState.SUGGESTED if record.suggested_id else ClientState.NOT_LINKED)


def badge_of_linked(record: CustomerRecord) -> Badge:
    """How one linked customer stands, on a panel of its own."""
    if record.company_id != connected_company():
        return badge_of(ClientState.OTHER_COMPANY, record)
    return badge_of(ClientState.LINKED if record.active else ClientState.INACTIVE, record)


def panels_of(client: Client) -> Sequence[Panel]:
    """Each linked customer, those of the connected company first; what may be the client only of that company."""
    company = connected_company()
    linked = sorted(CustomerRecord.objects.filter(client=client).order_by("id"), key=lambda r: r.company_id != company)
    suggested = CustomerRecord.objects.filter(suggested=client, company_id=company).order_by("id")
    connection = Connection.objects.select_related("workspace").first() if suggested else None
    can_decide = connection is not None and connection.enabled and connection.workspace.may_integrate
    return [
        *(_linked_panel(client, record, company) for record in linked),
        *(_suggested_panel(client, record, can_decide=can_decide) for record in suggested),
    ]


def _linked_panel(client: Client, record: CustomerRecord, connected: str) -> Panel:
    elsewhere = ""
    if record.company_id != connected:
        words = {"company": name_of_company(record.company_id), "database": record.company_id}
        elsewhere = _("%(company)s, database %(database)s") % words
    facts = (
        (_("Fortnox customer"), f"{record.number} {record.name}"),
        (_("Fortnox company"), elsewhere),
        (_("Linked because"), record.evidence),
        (_("E-mail in Fortnox"), record.email),
        (_("Last read"), show_time(record.seen_at, client.workspace.time_zone)),
    )
    return Panel("Fortnox", badge_of_linked(record), tuple(fact for fact in facts if fact[1]))


def _suggested_panel(client: Client, record: CustomerRecord, *, can_decide: bool) -> Panel:
    """A customer that may be this client: a person decides."""
    place = {"slug": client.workspace.slug, "pk": record.pk}
    return Panel(
        _("Fortnox customer %(number)s may be this client") % {"number": record.number},
        Badge(_("Suggested"), "warning"),
        (
            (_("Name in Fortnox"), record.name),
            (_("E-mail in Fortnox"), record.email or "–"),
            (_("Place"), f"{record.postcode} {record.city}".strip() or "–"),
            (_("Why"), record.evidence),
        ),
        actions=(
            Action(_("Link"), f"{reverse('fortnox:link', kwargs=place)}?client={client.pk}", primary=True),
            Action(_("Create client"), reverse("fortnox:create-client", kwargs=place)),
        )
        if can_decide
        else (),
    )
