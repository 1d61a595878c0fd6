"""A client and its customer in Fortnox, detail by detail: what each side holds, and what can be taken over. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from uku.clients.models import Client, VatType, is_same_value
from uku.integrations.fortnox.mapping import fitting, payment_days, vat_type
from uku.integrations.fortnox.models import CustomerRecord
from uku.kit.identifiers import masked, masked_vat

LIST_FIELDS = ("name", "organisation_number", "email", "phone", "address1", "address2", "postcode", "city")
DETAIL_FIELDS = ("vat_number", "country", "currency", "payment_days", "vat_type")


@dataclass(frozen=True, slots=True)
class Line:
    """One detail on both sides, as people read it. `can_take`: our field can take Fortnox's value over."""

    field: str
    label: str
    ours: str
    theirs: str
    differs: bool
    can_take: bool = False
    edited: bool = False


def fields_of(record: CustomerRecord) -> dict[str, Any]:
    """The client's fields that a customer fills, as far as it was read; what our field cannot hold is left out."""
    read = record.detail_read_at is not None
    told = _as_ours(record)
    return {name: told[name] for name in (*LIST_FIELDS, *(DETAIL_FIELDS if read else ())) if _fits(name, told[name])}


def lines(client: Client, record: CustomerRecord) -> list[Line]:
    """Return the details that one side holds at least, in the order of a card."""
    return [_line(client, record, name) for name in _labels() if _shown(client, name) or _told(record, name)]


def differing(client: Client, record: CustomerRecord) -> dict[str, Any]:
    """The fields that can be taken over, with Fortnox's values."""
    can = {line.field for line in lines(client, record) if line.can_take}
    return {name: value for name, value in _as_ours(record).items() if name in can}


def _labels() -> Mapping[str, str]:
    return {
        "name": _("Name"),
        "organisation_number": _("Organisation number"),
        "vat_number": _("VAT number"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "address1": _("Address"),
        "address2": _("Address, second line"),
        "postcode": _("Postcode"),
        "city": _("City"),
        "country": _("Country"),
        "currency": _("Currency"),
        "payment_days": _("Terms of payment"),
        "vat_type": _("VAT type"),
    }


def _line(client: Client, record: CustomerRecord, name: str) -> Line:
    theirs = _told(record, name)
    silent = name in DETAIL_FIELDS and (record.detail_read_at is None or not theirs)
    differs = not silent and not _same(client, record, name)
    can_take = differs and bool(theirs) and _fits(name, _as_ours(record)[name])
    return Line(name, _labels()[name], _shown(client, name), theirs, differs, can_take, name in client.edited_fields)


def _as_ours(record: CustomerRecord) -> dict[str, Any]:
    """A customer's values in the form of the client's fields."""
    values: dict[str, Any] = {name: getattr(record, name) for name in LIST_FIELDS}
    return {
        **values,
        "vat_number": record.vat_number,
        "country": record.country,
        "currency": record.currency,
        "payment_days": payment_days(record.terms_of_payment),
        "vat_type": vat_type(record.vat_type),
    }


def _fits(name: str, value: object) -> bool:
    if name == "payment_days":
        return value is not None
    column: Any = Client._meta.get_field(name)  # noqa: SLF001  # Django documents it
    return bool(value) and bool(fitting(str(value), column.max_length))


def _same(client: Client, record: CustomerRecord, name: str) -> bool:
    """What is only written otherwise does not differ; nor does a code of Fortnox's that we have no field for."""
    return is_same_value(client, name, _as_ours(record)[name])


def _shown(client: Client, name: str) -> str:
    value = getattr(client, name)
    if name == "vat_type":
        return str(VatType(value).label) if value else ""
    return _in_words(name, value, person=client.is_person)


def _told(record: CustomerRecord, name: str) -> str:
    """Fortnox's side: a code that we do not know is shown as it is."""
    if name == "vat_type":
        known = vat_type(record.vat_type)
        return str(VatType(known).label) if known else record.vat_type
    if name == "payment_days":
        days = payment_days(record.terms_of_payment)
        return record.terms_of_payment if days is None else _in_words(name, days)
    return _in_words(name, getattr(record, name), person=record.is_person)


def _in_words(name: str, value: Any, *, person: bool = False) -> str:
    if name == "payment_days":
        return _("%(days)s days") % {"days": value}
    if name == "organisation_number":
        return masked(value, person=person)
    return masked_vat(value, person=person) if name == "vat_number" else str(value)
