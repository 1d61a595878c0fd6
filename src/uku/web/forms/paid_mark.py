"""The form in which a person states on which day an invoice was paid."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from uku.web.forms.fields import PlainForm


class PaidMarkForm(PlainForm):
    paid_on = forms.DateField(
        label=_("Day of payment"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
