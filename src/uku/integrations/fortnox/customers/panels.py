"""The panels of a client's page: the customers it is, and those it may be."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from uku.clients.models import Client
from uku.integrations.fortnox.connection.company import connected_company, name_of_company
from uku.integrations.fortnox.connection.guards import NotWorking, refuse_while_off
from uku.integrations.fortnox.customers import status
from uku.integrations.fortnox.models import CustomerRecord
from uku.integrations.registry import Action, Badge, Panel
from uku.kit.times import show_time


def panels_of(client: Client) -> Sequence[Panel]:
    """Each linked customer, those of the connected company first; what may be the client only of that company."""
    company = connected_company()
    linked = sorted(CustomerRecord.objects.filter(client=client).order_by("id"), key=lambda r: r.company_id != company)
    suggested = CustomerRecord.objects.filter(suggested=client, company_id=company).order_by("id")
    on = not _is_off() if suggested else False
    return [
        *(_linked_panel(client, record) for record in linked),
        *(_suggested_panel(client, record, on=on) for record in suggested),
    ]


def _linked_panel(client: Client, record: CustomerRecord) -> Panel:
    facts = (
        (_("Fortnox customer"), f"{record.number} {record.name}"),
        (_("Fortnox company"), _company_of(record)),
        (_("Linked because"), record.evidence),
        (_("E-mail in Fortnox"), record.email),
        (_("Last read"), show_time(record.seen_at, client.workspace.time_zone)),
    )
    return Panel("Fortnox", status.badge_of_linked(record), tuple(fact for fact in facts if fact[1]))


def _company_of(record: CustomerRecord) -> str:
    """Name the company of a customer, where it is not the connected one."""
    if record.company_id == connected_company():
        return ""
    words = {"company": name_of_company(record.company_id), "database": record.company_id}
    return _("%(company)s, database %(database)s") % words


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
