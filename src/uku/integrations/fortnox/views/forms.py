"""The Settings tab, one form: what becomes of new customers and invoices, and the work statistics."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uku.integrations.fortnox.connection.authorize import NotEnabled, stored_connection_of
from uku.integrations.fortnox.connection.choices import choose_booking, choose_new_clients, choose_new_customers
from uku.integrations.fortnox.models import Booking, Connection, NewClients, NewCustomers
from uku.integrations.fortnox.statistics.choice import choose_kinds, choose_statistics
from uku.integrations.fortnox.views.statistics_form import StatisticsForm, saved_plan
from uku.workspaces.models import User, Workspace


class SettingsChanged(Exception):
    """Somebody saved these settings after the person's page was drawn: nothing is saved over them."""


class SettingsForm(StatisticsForm):
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    new_clients = forms.ChoiceField(label=_("New clients"), choices=NewClients, widget=forms.RadioSelect)
    new_customers = forms.ChoiceField(
        label=_("Clients without a Fortnox customer"), choices=NewCustomers, widget=forms.RadioSelect, required=False
    )
    booking = forms.ChoiceField(label=_("Booking invoices"), choices=Booking, widget=forms.RadioSelect, required=False)

    workspace: Workspace

    @classmethod
    def of(cls, workspace: Workspace, connection: Connection, data: Any) -> SettingsForm:
        saved = _saved(workspace, connection)
        form = cls(data, initial={**saved, "seen": _digest(saved)})
        form.add_plan(workspace, connection)
        form.workspace = workspace
        return form

    def save(self, *, actor: User, at: datetime) -> None:
        """Store what was changed. Raises NotEnabled on Free, and SettingsChanged."""
        if not self.workspace.may_integrate:
            raise NotEnabled
        facts = self.cleaned_data
        with transaction.atomic():
            held = stored_connection_of(self.workspace)  # of two people who save at once, the second sees the first
            saved = _saved(self.workspace, held)
            drawn = {name: saved[name] for name in saved if not name.startswith("series_") or name in self.data}
            if facts["seen"] not in {"", _digest(drawn)}:  # a series that was found meanwhile is no change
                raise SettingsChanged
            by: dict[str, Any] = {"workspace": self.workspace, "actor": actor, "at": at}
            choose_new_clients(choice=NewClients(facts["new_clients"]), **by)
            if facts["new_customers"]:
                choose_new_customers(choice=NewCustomers(facts["new_customers"]), **by)
            if facts["booking"]:
                choose_booking(choice=Booking(facts["booking"]), **by)
            kinds = self.kinds_chosen()
            kinds_changed = choose_kinds(company_id=held.company_id, kinds=kinds, actor=actor, at=at)
            if kinds_changed or self.plan_is_changed():
                choose_statistics(
                    fields=self.fields_chosen(),
                    title=facts["title"],
                    topic=facts["topic"],
                    client=facts["client"],
                    schedule=self.schedule_chosen(),
                    **by,
                )

    def result(self) -> str:
        """Say what was saved, and what stops when the statistics were switched off."""
        saved = gettext("Settings saved.")
        if self.cleaned_data["statistics"] or "statistics" not in self.changed_data:
            return saved
        off = gettext(
            "Work statistics are off: nothing is counted and no summary task is created. Tasks and"
            " their numbers are kept, and so are the title, topic, client and first month."
        )
        return f"{saved} {off}"


def _saved(workspace: Workspace, connection: Connection) -> dict[str, Any]:
    """What is saved, by field."""
    own = {name: str(getattr(connection, name)) for name in ("new_clients", "new_customers", "booking")}
    return own | saved_plan(workspace, connection)


def _digest(saved: dict[str, Any]) -> str:
    """Return what a page carries to tell whether something else was saved since it was drawn."""
    return hashlib.sha256(repr(sorted(saved.items())).encode()).hexdigest()
