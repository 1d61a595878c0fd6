"""A client and its customer in Fortnox, detail by detail: what each side holds, and what can be applied. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from uku.clients.models import Client, VatType, is_same_value
from uku.integrations.fortnox.mapping import fitting, payment_days, vat_number, vat_type
from uku.integrations.fortnox.models import CustomerRecord
from uku.kit.countries import country_name
from uku.kit.identifiers import masked, masked_vat

LIST_FIELDS = ("name", "organisation_number", "email", "phone", "address1", "address2", "postcode", "city")
DETAIL_FIELDS = ("vat_number", "country", "currency", "payment_days", "vat_type")

LABELS: Final = {
    "name": gettext_lazy("Name"),
    "organisation_number": gettext_lazy("Organisation number"),
    "vat_number": gettext_lazy("VAT number"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "address1": gettext_lazy("Address"),
    "address2": gettext_lazy("Address, second line"),
    "postcode": gettext_lazy("Postcode"),
    "city": gettext_lazy("City"),
    "country": gettext_lazy("Country"),
    "currency": gettext_lazy("Currency"),
    "payment_days": gettext_lazy("Terms of payment"),
    "vat_type": gettext_lazy("VAT type"),
}
"""In the order of a card."""


@dataclass(frozen=True, slots=True)
class Line:
    """One detail on both sides, as people read it. `can_take`: our field can take Fortnox's value."""

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
    values = _as_ours(record)
    names = (*LIST_FIELDS, *(DETAIL_FIELDS if read else ()))
    return {name: values[name] for name in names if _fits(name, values[name])}


def lines(client: Client, record: CustomerRecord) -> list[Line]:
    """Return the details that one side holds at least, in the order of a card.

    What is only written otherwise does not differ; nor does a code of Fortnox's that we have no field for.
    """
    values, found = _as_ours(record), []
    for name, label in LABELS.items():
        ours, theirs = _ours_in_words(client, name), _theirs_in_words(record, name)
        if not ours and not theirs:
            continue
        unknown = name in DETAIL_FIELDS and (record.detail_read_at is None or not theirs)
        differs = not unknown and not is_same_value(client, name, values[name])
        can_take = differs and bool(theirs) and _fits(name, values[name])
        found.append(Line(name, str(label), ours, theirs, differs, can_take, name in client.edited_fields))
    return found


def differing(client: Client, record: CustomerRecord) -> dict[str, Any]:
    """Return the fields that can take Fortnox's values, with these."""
    can = {line.field for line in lines(client, record) if line.can_take}
    return {name: value for name, value in _as_ours(record).items() if name in can}


def _as_ours(record: CustomerRecord) -> dict[str, Any]:
    """A customer's values in the form of the client's fields."""
    values: dict[str, Any] = {name: getattr(record, name) for name in LIST_FIELDS}
    return {
        **values,
        "vat_number": vat_number(record.vat_number),
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


def _ours_in_words(client: Client, name: str) -> str:
    value = getattr(client, name)
    if name == "vat_type":
        return str(VatType(value).label) if value else ""
    return _in_words(name, value, person=client.is_person)


def _theirs_in_words(record: CustomerRecord, name: str) -> str:
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
        return "" if value is None else _("%(days)s days") % {"days": value}
    if name == "country":
        return country_name(value) if value else ""
    if name == "organisation_number":
        return masked(value, person=person)
    return masked_vat(value, person=person) if name == "vat_number" else str(value)
