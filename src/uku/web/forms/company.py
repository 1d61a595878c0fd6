"""The company card: its labels, how its facts are shown, and its form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from uku.kit.countries import COUNTRIES, country_name
from uku.kit.identifiers import is_personal, masked, normalise_number
from uku.web.forms.clients import text
from uku.web.forms.fields import PlainForm
from uku.web.templatetags.figures import full_number
from uku.workspaces.company import reading_of
from uku.workspaces.models import Workspace
from uku.workspaces.seller import CURRENCIES, FACTS, ZONES, InvalidFact, clean_fact

F_TAX = (("", _("Not stated")), ("true", _("Approved")), ("false", _("Not approved")))
LABELS: dict[str, Any] = {
    "name": _("Name"),
    "registered_office": _("Registered office"),
    "organisation_number": _("Organisation number"),
    "vat_number": _("VAT number"),
    "f_tax": _("F-tax"),
    "address": _("Address"),
    "postcode": _("Postcode"),
    "city": _("City"),
    "bankgiro": _("Bankgiro"),
    "plusgiro": _("Plusgiro"),
    "iban": _("IBAN"),
    "bic": _("BIC"),
    "payment_days": _("Terms of payment, days"),
    "country": _("Country"),
    "time_zone": _("Time zone"),
    "language": _("Language"),
    "currency": _("Accounting currency"),
}
_NUMBERS = frozenset({"organisation_number", "vat_number"})
LONGEST_TYPED = 60  # of numbers, with the spaces that people put in


def shown_fact(name: str, value: Any) -> str:
    """Show a fact of the card; a person's number is masked (S51)."""
    if name == "f_tax":
        return str(dict(F_TAX)["" if value is None else str(value).lower()])
    if name in _NUMBERS:
        return _shown_number(name, str(value))
    if name == "iban":
        return " ".join(value[start : start + 4] for start in range(0, len(value), 4))
    if name == "country":
        return country_name(value)
    if name == "language":
        return str(dict(settings.LANGUAGES).get(value, value))
    return "" if value is None else str(value)


def _shown_number(name: str, value: str) -> str:
    if is_personal(normalise_number(value)):
        return masked(value)
    return full_number(value) if name == "organisation_number" else value


def _choice(label: Any, choices: Iterable[tuple[str, Any]], *, required: bool = True) -> forms.CharField:
    """A list to choose from. What is no entry is refused by the rule of the fact itself, with the list."""
    widget = forms.Select(choices=list(choices))
    return forms.CharField(label=label, max_length=LONGEST_TYPED, widget=widget, required=required)


class CompanyForm(PlainForm):
    """The seller's facts; each field is checked by the one rule for it (uku.workspaces.seller)."""

    name = text(LABELS["name"], required=True, autocomplete="off")
    registered_office = text(LABELS["registered_office"], most=100, autocomplete="off")
    organisation_number = text(LABELS["organisation_number"], most=LONGEST_TYPED, autocomplete="off")
    vat_number = text(LABELS["vat_number"], most=LONGEST_TYPED, autocomplete="off")
    f_tax = _choice(LABELS["f_tax"], F_TAX, required=False)
    address = text(LABELS["address"], autocomplete="off")
    postcode = text(LABELS["postcode"], most=20, autocomplete="off")
    city = text(LABELS["city"], most=100, autocomplete="off")
    bankgiro = text(LABELS["bankgiro"], most=LONGEST_TYPED, autocomplete="off", inputmode="numeric")
    plusgiro = text(LABELS["plusgiro"], most=LONGEST_TYPED, autocomplete="off", inputmode="numeric")
    iban = text(LABELS["iban"], most=LONGEST_TYPED, autocomplete="off")
    bic = text(LABELS["bic"], most=LONGEST_TYPED, autocomplete="off")
    payment_days = text(LABELS["payment_days"], most=5, autocomplete="off", inputmode="numeric")
    country = _choice(LABELS["country"], COUNTRIES)
    time_zone = _choice(LABELS["time_zone"], [(zone, zone.replace("_", " ")) for zone in ZONES])
    language = _choice(LABELS["language"], settings.LANGUAGES)
    currency = _choice(LABELS["currency"], [(code, code) for code in CURRENCIES])
    reading = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    required_texts = {"name": _("Write the company's name.")}  # noqa: RUF012  # read once

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workspace = workspace
        for name in FACTS:
            self.fields[name].initial = getattr(workspace, name)
        self.fields["f_tax"].initial = "" if workspace.f_tax is None else str(workspace.f_tax).lower()
        self.fields["organisation_number"].initial = full_number(workspace.organisation_number)
        for name in FACTS:
            widget, stored = self.fields[name].widget, self.fields[name].initial
            if isinstance(widget, forms.Select) and stored not in dict(widget.choices):
                # Offered even if it is no longer in the list, so that saving does not change it unseen.
                widget.choices = [(stored, stored), *widget.choices]
        self.fields["reading"].initial = reading_of(workspace)

    def show_anew(self) -> None:
        """Keep what was typed, and take the card as it is now for seen: the next save is a decision."""
        self.data = {**self.data.dict(), "reading": reading_of(self.workspace)}  # type: ignore[attr-defined]  # a QueryDict

    def clean(self) -> dict[str, Any]:
        """Keep what is stored as it is while the field was not touched, so that an old value holds nobody up."""
        typed = self.cleaned_data
        country = str(typed.get("country") or self.workspace.country)
        self.changes: dict[str, Any] = {}
        for name in FACTS:
            if name not in typed or (name not in self.changed_data and "country" not in self.changed_data):
                continue
            try:
                value = clean_fact(name, typed[name], country=country)
            except InvalidFact as problem:
                self.add_error(name, problem.sentence)
            else:
                self.changes[name] = value
        return typed
