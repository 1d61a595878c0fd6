"""The company behind a grant: what Fortnox says of it, and the daily look that notices a new owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from fortnox_api import CompanyInformation, CompanySettings, Fortnox, FortnoxError
from uku.clients.matching import normalise_number
from uku.integrations.fortnox.connection.companies import rename_company
from uku.integrations.fortnox.models import BlockReason, Connection
from uku.integrations.fortnox.tokens import renewal
from uku.kit.identifiers import normalise_vat
from uku.kit.scoping import workspace_in_force
from uku.workspaces.audit import record

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


def read(fortnox: Fortnox) -> Company:
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
    `f_tax` is "true" or "false" (Fortnox: TaxEnabled), and for companies in Sweden only: the F-tax register is Swedish.
    """
    tells_f_tax = country == "SE" and settings.tax_enabled is not None
    return _filled(
        {
            "name": settings.name,
            "organisation_number": settings.organisation_number,
            "vat_number": _vat_number(settings, country),
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


def _vat_number(settings: CompanySettings, country: str) -> str:
    """Return the VAT number; a Finnish one is made of the Y-tunnus where Fortnox has none of the Finnish form (L17)."""
    if country != "FI" or normalise_vat(settings.vat_number).startswith("FI"):
        return settings.vat_number
    number = normalise_number(settings.organisation_number)
    return number if number.startswith("FI") else settings.vat_number


def _filled(facts: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}


def same_number(one: str, other: str) -> bool:
    """Say whether two organisation numbers are the same, however they are written."""
    return normalise_number(one) == normalise_number(other)


def due_at(connection: Connection) -> datetime:
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


def take_in(*, connection: Connection, company: Company, at: datetime) -> None:
    """Store what a look showed, unless someone authorized or disconnected meanwhile.

    A new name is simply taken. A new organisation or database number means that the books have a new owner: pushes
    are held and authorization is asked for (spec section 6).
    """
    with transaction.atomic(), workspace_in_force(connection.workspace_id):
        row = Connection.objects.select_for_update().get()
        if not row.is_connected or row.authorized_at != connection.authorized_at:
            return
        row.company_read_at = at
        if has_changed(row, company):
            _note_new_owner(row, company, at)
        else:
            row.company_name, row.company_facts = company.name or row.company_name, company.card
            row.organisation_number = company.organisation_number or row.organisation_number
        row.save()
        rename_company(row)


def _note_new_owner(row: Connection, company: Company, at: datetime) -> None:
    if row.block_reason == BlockReason.COMPANY_CHANGED:
        return
    row.block_reason, row.blocked_at = BlockReason.COMPANY_CHANGED, at
    row.block_text = (
        f"{company.name}, {company.organisation_number or '–'}, {company.id} ← "
        f"{row.company_name}, {row.organisation_number}, {row.company_id}"
    )[:500]
    summary = f"Fortnox now shows {company.name}, {company.organisation_number}, database {company.id}"
    record(
        actor=None,
        action="fortnox.company_changed",
        target=row,
        summary=summary,
        at=at,
        before=facts_of(row.company_name, row.organisation_number, row.company_id),
        after=facts_of(company.name, company.organisation_number, company.id),
    )


def facts_of(name: str, organisation_number: str, database: str) -> dict[str, str]:
    """Return the three facts that every confirmation and audit entry names."""
    return {"company": name, "organisation_number": organisation_number, "database": database}
