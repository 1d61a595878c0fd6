"""Which company is connected, and what the others are called that this workspace was connected to before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from uku.integrations.fortnox.models import Connection, KnownCompany


class OtherCompany(Exception):
    """The record belongs to a company that is not connected, so nothing is done with it. The text says which."""

    def __init__(self, name: str, company_id: str) -> None:
        words = {"name": name, "company": name_of_company(company_id)}
        super().__init__(
            _("Nothing was done: %(name)s belongs to %(company)s, which is not connected. Connect %(company)s first.")
            % words
        )


def connected_company() -> str:
    """Return the database number of the company that the workspace in force is connected to, or ""."""
    return Connection.objects.values_list("company_id", flat=True).first() or ""


def remember_company(connection: Connection, *, at: datetime) -> None:
    """Keep the name of the company that is connected now: Disconnect forgets it, its links do not."""
    facts = {"name": connection.company_name, "connected_at": at}
    KnownCompany.objects.update_or_create(company_id=connection.company_id, defaults=facts)


def rename_company(connection: Connection) -> None:
    """Follow a new name of the connected company."""
    KnownCompany.objects.filter(company_id=connection.company_id).update(name=connection.company_name)


def company_names() -> Mapping[str, str]:
    """Return the names of all companies that were ever connected by their id, the last one first."""
    return dict(KnownCompany.objects.order_by("-connected_at", "-id").values_list("company_id", "name"))


def name_of_company(company_id: str, names: Mapping[str, str] | None = None) -> str:
    """Return what a company is called, among `names` where they were read; its database number where nobody knows."""
    known = company_names() if names is None else names
    return known.get(company_id) or _("database %(database)s") % {"database": company_id}
