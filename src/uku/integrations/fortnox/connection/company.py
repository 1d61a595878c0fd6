"""The company behind a grant: what Fortnox says of it, the daily look that notices a new owner, and its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fortnox_api import CompanyInformation, CompanySettings, Fortnox, FortnoxError
from uku.clients.matching import normalise_number
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.models import BlockReason, Connection, KnownCompany
from uku.integrations.fortnox.tokens import renewal
from uku.integrations.fortnox.tokens.grant_state import note_failure
from uku.kit.identifiers import normalise_vat
from uku.kit.scoping import workspace_in_force
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace

log = structlog.get_logger()
LOOK_EVERY = timedelta(hours=24)
ASK_AGAIN = timedelta(hours=1)  # after a look that failed
ASK_ON_A_HINT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Company:
    """A Fortnox company: `id` is its database number, `card` its facts by the field names of our Company card."""

    id: str
    name: str
    organisation_number: str
    card: dict[str, str]


def read_company(fortnox: Fortnox) -> Company:
    """Read the company, and its settings if Fortnox lets us: those only fill the Company card.

    Raises FortnoxError when the company itself cannot be read. Two requests.
    """
    company = fortnox.company.get()
    try:
        settings = fortnox.settings.company()
    except FortnoxError as error:
        log.info("company settings not read", error=type(error).__name__, uid=error.request_id)
        settings = None
    card = card_of_company(company)
    if settings:
        card = {**card_of_settings(settings, country=company.country_code or settings.country_code or ""), **card}
    return Company(company.database_number, company.name, company.organisation_number or "", card)


def card_of_company(company: CompanyInformation) -> dict[str, str]:
    """Return what company information tells, by field name; nothing that is empty."""
    return _filled(
        {
            "name": company.name,
            "organisation_number": company.organisation_number,
            "address": company.address,
            "postcode": company.zip_code,
            "city": company.city,
            "country": company.country_code,
        }
    )


def card_of_settings(settings: CompanySettings, *, country: str) -> dict[str, str]:
    """Return what the company's settings tell, by field name.

    `country` is that of the company, whichever of the two answers tells it.
    A VAT number is made of the Y-tunnus where Fortnox has none of the Finnish form (L17).
    `f_tax` is "true" or "false" (Fortnox: TaxEnabled), and for companies in Sweden only: the F-tax register is Swedish.
    """
    vat_number = settings.vat_number
    if country == "FI" and not normalise_vat(vat_number).startswith("FI"):
        number = normalise_number(settings.organisation_number)
        vat_number = number if number.startswith("FI") else vat_number
    tells_f_tax = country == "SE" and settings.tax_enabled is not None
    return _filled(
        {
            "name": settings.name,
            "organisation_number": settings.organisation_number,
            "vat_number": vat_number,
            "f_tax": str(settings.tax_enabled).lower() if tells_f_tax else "",
            "registered_office": settings.domicile,
            "address": settings.address,
            "postcode": settings.zip_code,
            "city": settings.city,
            "country": settings.country_code,
            "bankgiro": settings.bankgiro,
            "plusgiro": settings.plusgiro,
            "iban": settings.iban,
            "bic": settings.bic,
        }
    )


def _filled(facts: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}


def same_number(one: str, other: str) -> bool:
    """Say whether two organisation numbers are the same, however they are written."""
    return normalise_number(one) == normalise_number(other)


def look_at_company(*, connection: Connection, at: datetime) -> None:
    """Read the company and store what is new. A failure is written down like that of any other reading."""
    Connection.everywhere.filter(pk=connection.pk).update(company_asked_at=at)
    try:
        with open_fortnox(connection) as fortnox:
            company = read_company(fortnox)
    except FortnoxError as error:
        note_failure(connection, error)
    else:
        apply_company(connection=connection, company=company, at=at)


def look_due_at(connection: Connection) -> datetime:
    """Return when the company is looked at again: a day after it was read, an hour after a look that failed."""
    read_at, asked_at = connection.company_read_at, connection.company_asked_at
    if read_at is None:
        return asked_at + ASK_AGAIN if asked_at else renewal.LONG_AGO
    return max(read_at + LOOK_EVERY, (asked_at or read_at) + ASK_AGAIN)


def may_ask(connection: Connection, at: datetime, interval: timedelta) -> bool:
    """Say whether nobody asked for the company within the interval, so that no failure and no hint asks in a loop."""
    asked = [when for when in (connection.company_asked_at, connection.company_read_at) if when]
    return not asked or at - max(asked) >= interval


def has_changed(connection: Connection, company: Company) -> bool:
    """Say whether this is no longer the company that was connected. A number we never knew cannot have changed."""
    known = connection.organisation_number
    renumbered = bool(known) and not same_number(known, company.organisation_number)
    return renumbered or connection.company_id != company.id


def apply_company(*, connection: Connection, company: Company, at: datetime) -> None:
    """Store what a look showed, unless someone authorized or disconnected meanwhile.

    A new name is applied. A new organisation or database number means that the books have a new owner: exports
    are held and authorization is asked for.
    """
    with transaction.atomic(), workspace_in_force(connection.workspace_id):
        row = Connection.objects.select_for_update().get()
        if not row.is_connected or row.authorized_at != connection.authorized_at:
            return
        row.company_read_at = at
        if has_changed(row, company):
            if row.block_reason != BlockReason.COMPANY_CHANGED:
                row.block_reason, row.blocked_at = BlockReason.COMPANY_CHANGED, at
                row.block_text = (
                    f"{company.name}, {company.organisation_number or '–'}, {company.id} ← "
                    f"{row.company_name}, {row.organisation_number}, {row.company_id}"
                )[:500]
                record(
                    actor=None,
                    action="fortnox.company_changed",
                    target=row,
                    summary=translate_for_workspace(
                        gettext_lazy("Fortnox now shows %(name)s, %(number)s, database %(database)s"),
                        name=company.name,
                        number=company.organisation_number,
                        database=company.id,
                    ),
                    at=at,
                    before=facts_of(row.company_name, row.organisation_number, row.company_id),
                    after=facts_of(company.name, company.organisation_number, company.id),
                )
        else:
            row.company_name, row.company_facts = company.name or row.company_name, company.card
            row.organisation_number = company.organisation_number or row.organisation_number
        row.save()
        KnownCompany.objects.filter(company_id=row.company_id).update(name=row.company_name)


def facts_of(name: str, organisation_number: str, database: str) -> dict[str, str]:
    """Return the three facts that every confirmation and audit entry names."""
    return {"company": name, "organisation_number": organisation_number, "database": database}


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


def company_names() -> Mapping[str, str]:
    """Return the names of all companies that were ever connected by their id, the last one first."""
    return dict(KnownCompany.objects.order_by("-connected_at", "-id").values_list("company_id", "name"))


def name_of_company(company_id: str, names: Mapping[str, str] | None = None) -> str:
    """Return what a company is called, among `names` where they were read; its database number where nobody knows."""
    known = company_names() if names is None else names
    return known.get(company_id) or _("database %(database)s") % {"database": company_id}
