"""How a client stands with Fortnox: as one expression for the whole list, and as a badge for a page of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import Case, Exists, OuterRef, TextChoices, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from uku.clients.models import Client
from uku.integrations.fortnox.health import problems
from uku.integrations.fortnox.models import CustomerRecord, Problem
from uku.integrations.registry import Badge


class ClientState(TextChoices):
    """In the order of the list's chips. A client with several customers stands as the worst of them."""

    LINKED = "linked", gettext_lazy("Linked")
    SUGGESTED = "suggested", gettext_lazy("Suggested")
    NOT_LINKED = "not_linked", gettext_lazy("Not linked")
    INACTIVE = "inactive", gettext_lazy("Inactive in Fortnox")
    PROBLEM = "problem", gettext_lazy("Problem")


def expression() -> Case:
    """Return the state of a client in SQL, for filtering, counting and sorting in one query."""
    linked = CustomerRecord.objects.filter(client__isnull=False)
    open_problem = Problem.objects.filter(
        kind=problems.CUSTOMER,
        solved_at=None,
        ignored_at=None,
        company_id=OuterRef("company_id"),
        number=OuterRef("number"),
    )
    suggested = CustomerRecord.objects.filter(suggested__isnull=False)
    # Sets that do not depend on the client are hashed once; a subquery for each client took minutes without statistics.
    return Case(
        When(pk__in=linked.filter(Exists(open_problem)).values("client_id"), then=Value(ClientState.PROBLEM.value)),
        When(pk__in=linked.filter(active=True).values("client_id"), then=Value(ClientState.LINKED.value)),
        When(pk__in=linked.values("client_id"), then=Value(ClientState.INACTIVE.value)),
        When(pk__in=suggested.values("suggested_id"), then=Value(ClientState.SUGGESTED.value)),
        default=Value(ClientState.NOT_LINKED.value),
    )


def badges_of(clients: Sequence[Client]) -> Mapping[int, Badge]:
    """Return a badge for each client, which opens its dialog; three queries for a whole page."""
    if not clients:
        return {}
    numbers: dict[int, str] = {}
    linked = CustomerRecord.objects.filter(client__in=clients).order_by("active", "-id")
    for record in linked:  # the last one stands: active before inactive, then the first linked
        numbers[record.client_id or 0] = record.number
    ids = [client.pk for client in clients]
    states = (
        Client.objects.filter(pk__in=ids).annotate(state=expression()).values_list("pk", "state", "workspace__slug")
    )
    return {
        pk: badge_of(
            ClientState(state), numbers.get(pk, ""), reverse("fortnox:client", kwargs={"slug": slug, "pk": pk})
        )
        for pk, state, slug in states
    }


def badge_of(state: ClientState, number: str = "", url: str = "") -> Badge:
    if state == ClientState.LINKED:
        return Badge(_("Linked %(number)s") % {"number": number}, "good", url)
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
    return badge_of(ClientState.LINKED if record.active else ClientState.INACTIVE, record.number)
