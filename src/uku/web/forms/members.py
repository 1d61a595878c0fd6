"""Inviting a person, giving a role, and taking an invitation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from uku.web.forms.clients import text
from uku.web.forms.fields import PlainForm
from uku.workspaces.invitations import NotAnAddress, clean_address
from uku.workspaces.models import Membership, Role, User
from uku.workspaces.permissions import SWITCHES, Permission

LONGEST_PASSWORD = 4096
ROLES = [
    (Role.MEMBER, _("Company Member: sees everything, works on tasks, drafts invoices")),
    (Role.ADMIN, _("Company Admin: also clients, invoices, integrations, company details and members")),
]


def _role_field() -> forms.ChoiceField:
    field = forms.ChoiceField(label=_("Role"), choices=ROLES, widget=forms.RadioSelect, initial=Role.MEMBER)
    field.error_messages["invalid_choice"] = _("Choose Company Member or Company Admin.")
    field.error_messages["required"] = _("Choose Company Member or Company Admin.")
    return field


class InviteForm(PlainForm):
    email = text(_("E-mail"), most=320, required=True, inputmode="email", autocomplete="off", spellcheck="false")
    role = _role_field()

    required_texts = {"email": _("Write the e-mail address of the person you invite.")}  # noqa: RUF012  # read once

    def clean_email(self) -> str:
        try:
            return clean_address(str(self.cleaned_data["email"]))
        except NotAnAddress:
            raise forms.ValidationError(_("Write one e-mail address like name@company.se.")) from None


class RoleForm(PlainForm):
    role = _role_field()


class BillingForm(PlainForm):
    """What a member may do with invoices: a box for each switch of the membership."""

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for permission, name in SWITCHES.items():
            initial = getattr(member, name)
            self.fields[name] = forms.BooleanField(label=capfirst(permission.label), required=False, initial=initial)

    @property
    def allowed(self) -> list[Permission]:
        return [permission for permission, name in SWITCHES.items() if self.cleaned_data[name]]

    def clean(self) -> None:
        if self.allowed and Permission.SEE_INVOICES not in self.allowed:
            words = _("Select See invoices too: the other permissions need it.")
            self.add_error(SWITCHES[Permission.SEE_INVOICES], words)


class NewPersonForm(PlainForm):
    """Name and password of a person who is new here. `email` is the invited address: a password must not repeat it."""

    name = text(_("Your name"), required=True, autocomplete="name")
    password = forms.CharField(
        label=_("Password"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        help_text=_("At least 10 characters. Several words are easy to remember and hard to guess."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    required_texts = {  # noqa: RUF012  # read once
        "name": _("Write your name as your colleagues know it."),
        "password": _("Choose a password."),
    }

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        if not name.isprintable():
            raise forms.ValidationError(_("Write your name with visible letters."))
        return name

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password
