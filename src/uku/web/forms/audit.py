"""The filters of the audit log. They live in the address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from uku.web.audit_words import groups
from uku.web.list_filters import LONGEST_SEARCH
from uku.workspaces.audit_search import AuditSearch
from uku.workspaces.models import Membership

BY_UKU = "uku"


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class AuditFilter(forms.Form):
    q = forms.CharField(label=_("Words"), required=False, max_length=LONGEST_SEARCH)
    person = forms.ChoiceField(label=_("Person"), required=False)
    group = forms.ChoiceField(label=_("What"), required=False)
    since = _day(_("From"))
    until = _day(_("To"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.quiet = True  # type: ignore[attr-defined]  # the template: no "(optional)" on filters
        people = Membership.objects.select_related("user").order_by("user__name", "user__email")
        self._choose("person", _("Everyone"), [(str(m.user_id), str(m.user)) for m in people] + [(BY_UKU, _("Uku"))])
        self._choose("group", _("Everything"), [(label, label) for label in groups()])

    def _choose(self, name: str, everything: Any, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # for the types
        field.choices = [("", everything), *choices]

    def search(self) -> AuditSearch:
        """Return what to look for; what was wrongly filled in is left out, and the form says so."""
        self.is_valid()
        facts: dict[str, Any] = getattr(self, "cleaned_data", {})
        person = facts.get("person") or ""
        return AuditSearch(
            person_id=int(person) if person.isdecimal() else None,
            by_uku=person == BY_UKU,
            groups=groups().get(facts.get("group") or "", ()),
            since=facts.get("since"),
            until=facts.get("until"),
            words=facts.get("q") or "",
        )
