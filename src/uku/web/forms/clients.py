"""Adding and editing a client."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from uku.clients.matching import normalise_number
from uku.clients.models import Client
from uku.kit.countries import COUNTRIES
from uku.kit.identifiers import OWN_COUNTRIES, normalise_any_vat
from uku.web.forms.fields import PlainForm, active_people, offer
from uku.web.templatetags.figures import full_number
from uku.workspaces.models import User
from uku.workspaces.seller import LONGEST_TERMS

CURRENCIES = ("SEK", "EUR", "NOK", "DKK", "USD", "GBP")
LONGEST_VERSION = 9


LANGUAGES = (
    ("", _("By country")),
    ("sv", _("Swedish")),
    ("en", _("English")),
    ("fi", _("Finnish")),
    ("et", _("Estonian")),
)
"""The languages that invoices are printed in, `uku.invoices.pdf.content.Language`."""


def text(label: Any, *, most: int = 200, required: bool = False, **attributes: str) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=required, widget=forms.TextInput(attrs=attributes))


def shown_for_editing(client: Client | None) -> str:
    """The organisation number as people write it; a person's is masked here too, and is kept if it is left so."""
    if client is None:
        return ""
    number = full_number(client.organisation_number, client.country)
    return client.shown_number if "*" in client.shown_number else number


class ClientForm(PlainForm):
    """Contact details and terms. `client` is whom the form edits, if anybody."""

    name = text(_("Name"), most=1024, required=True, autocomplete="off")
    organisation_number = text(_("Organisation number"), most=20, autocomplete="off")
    vat_number = text(_("VAT number"), most=30, autocomplete="off")
    email = text(_("E-mail"), most=1024, inputmode="email", autocomplete="off")
    phone = text(_("Phone"), most=1024, inputmode="tel", autocomplete="off")
    address1 = text(_("Address"), most=1024, autocomplete="off")
    address2 = text(_("Address, second line"), most=1024, autocomplete="off")
    postcode = text(_("Postcode"), most=20, autocomplete="off")
    city = text(_("City"), most=1024, autocomplete="off")
    country = forms.ChoiceField(label=_("Country"), required=False)
    currency = forms.ChoiceField(label=_("Currency"))
    payment_days = forms.IntegerField(
        label=_("Terms of payment, days"),
        min_value=0,
        max_value=LONGEST_TERMS,
        required=False,
        help_text=_("Empty: your company's own terms"),
    )

    language = forms.ChoiceField(label=_("Language of invoices"), required=False, choices=LANGUAGES)
    default_user = forms.ChoiceField(
        label=_("Responsible"), required=False, help_text=_("Gets the client's new tasks, the monthly summary too")
    )

    required_texts = {  # noqa: RUF012  # read once
        "name": _("Write the client's name."),
    }

    def __init__(self, *args: Any, client: Client | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client
        self._offer("country", [("", _("Not stated")), *COUNTRIES], client.country if client else "SE")
        self._offer("currency", [(code, code) for code in CURRENCIES], client.currency if client else "SEK")
        if client:
            for name in ("name", "email", "phone", "address1", "address2", "postcode", "city"):
                self.fields[name].initial = getattr(client, name)
            self.fields["organisation_number"].initial = shown_for_editing(client)
            self.fields["vat_number"].initial = client.shown_vat_number
            self.fields["payment_days"].initial = client.payment_days
            self.fields["language"].initial = client.language
        self.people = active_people(client.default_user if client else None)
        responsible = [(str(pk), str(person)) for pk, person in self.people.items()]
        offer(self, "default_user", [("", _("The owner of the workspace")), *responsible])
        self.fields["default_user"].initial = str(client.default_user_id or "") if client else ""

    @property
    def seen_version(self) -> int:
        """The version that the person saw: sent along with the form; 0, which no client has, when it is not."""
        if not self.is_bound:
            return self.client.version if self.client else 0
        sent = str(self.data.get("version", ""))
        return int(sent) if sent.isascii() and sent.isdigit() and len(sent) <= LONGEST_VERSION else 0

    def clean_organisation_number(self) -> str:
        """Keep what is stored as it is while it means the same, so that no import is held off by a hyphen."""
        typed = str(self.cleaned_data["organisation_number"])
        stored, country = self.client.organisation_number if self.client else "", self.data.get("country", "")
        if typed in {stored, full_number(stored, country), shown_for_editing(self.client)}:
            return stored
        number = normalise_number(typed, country)
        if not typed or number or country not in OWN_COUNTRIES:
            return stored if number and number == normalise_number(stored, country) else number or typed
        raise forms.ValidationError(
            _("The check digit of this number is wrong. Swedish numbers look like 556000-4615, Finnish like 0112038-9.")
        )

    def clean_vat_number(self) -> str:
        """What is shown masked comes back as it was shown, unless somebody wrote another number."""
        typed = str(self.cleaned_data["vat_number"])
        if self.client and typed in {self.client.vat_number, self.client.shown_vat_number}:
            return self.client.vat_number
        number = normalise_any_vat(typed)
        if typed and not number:
            raise forms.ValidationError(
                _("This is no VAT number. Swedish ones look like SE556000461501, Finnish like FI01120389.")
            )
        return number

    def clean_email(self) -> str:
        """Several addresses may stand there, as accounting systems allow; each must be one."""
        typed = str(self.cleaned_data["email"])
        if self.client and typed == self.client.email:
            return typed
        for address in filter(None, re.split(r"[;,\s]+", typed)):
            try:
                validate_email(address)
            except forms.ValidationError:
                raise forms.ValidationError(_("Write an e-mail address like name@company.se.")) from None
        return typed

    def clean_default_user(self) -> User | None:
        """Who left the field out of what they sent changed nothing."""
        if "default_user" not in self.data and self.client:
            return self.client.default_user
        return self.people.get(int(self.cleaned_data["default_user"] or 0))

    def _offer(self, name: str, choices: list[tuple[str, Any]], current: str) -> None:
        """Offer the usual values, and the client's own even if it is none of them."""
        known = {value for value, _label in choices}
        offer(self, name, choices if current in known else [*choices, (current, current)]).initial = current
