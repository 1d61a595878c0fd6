"""Fields and texts that several forms share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from uku.web.numbers import NotANumber, parse_number
from uku.workspaces.models import Membership, User

LOWEST_RATE, RATE_LIMIT = Decimal(0), Decimal(100)
WHOLE = Decimal(100)


class NumberField(forms.CharField):
    """A number typed in Swedish or English, with two decimals at the most."""

    default_error_messages = {  # noqa: RUF012  # Django reads a class attribute
        "not_a_number": _("Write this number like 1 234,50 or 1234.50, with two decimals at most."),
    }

    def __init__(self, **options: Any) -> None:
        attributes = {"inputmode": "decimal", "class": "num", "autocomplete": "off"}
        super().__init__(widget=forms.TextInput(attrs=attributes), max_length=40, **options)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return parse_number(text)
        except NotANumber:
            raise forms.ValidationError(self.error_messages["not_a_number"], code="not_a_number") from None

    def run_validators(self, value: Any) -> None:
        """The text's own validators (length, no null characters) have nothing to say about a Decimal."""
        if not isinstance(value, Decimal):
            super().run_validators(value)


class RateField(NumberField):
    """A VAT rate in per cent, from 0 up to 100."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and not LOWEST_RATE <= value < RATE_LIMIT:
            raise forms.ValidationError(_("Write a VAT rate in per cent from 0 up to 100, such as 25."), code="rate")


class DiscountField(NumberField):
    """A discount in per cent, from 0 to 100."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and not 0 <= value <= WHOLE:
            raise forms.ValidationError(_("Write a discount in per cent from 0 to 100, such as 10."), code="discount")


class PlainForm(forms.Form):
    """A form in words: each empty required field says what to write."""

    required_texts: Mapping[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, text in self.required_texts.items():
            self.fields[name].error_messages["required"] = text


def offer(form: forms.Form, name: str, choices: Sequence[tuple[str, Any]]) -> forms.ChoiceField:
    """Give a choice field its choices and return it."""
    field = cast("forms.ChoiceField", form.fields[name])
    field.choices = list(choices)
    return field


def active_people(chosen: User | None) -> dict[int, User]:
    """Return who can be chosen, by id: the active members, and who is chosen already."""
    members = Membership.objects.filter(is_active=True).select_related("user").order_by("user__name", "user__email")
    found: dict[int, User] = {membership.user_id: membership.user for membership in members}
    return found | ({chosen.pk: chosen} if chosen else {})
