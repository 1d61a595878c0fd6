"""The Settings tab: what becomes of new customers, and which work statistics the monthly summary task carries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from uku.clients.models import Client
from uku.integrations.fortnox.connection.connecting import NotEnabled, stored_connection_of
from uku.integrations.fortnox.models import NewClients
from uku.integrations.fortnox.statistics import STATISTICS
from uku.kit import clock
from uku.tasks.models import SummaryPlan
from uku.tasks.months import first_of
from uku.tasks.operations import plan_summaries
from uku.workspaces.models import User, Workspace


class NewClientsForm(forms.Form):
    new_clients = forms.ChoiceField(label=_("New clients"), choices=NewClients, widget=forms.RadioSelect)


class SettingsForm(forms.Form):
    title = forms.CharField(label=_("Task title"), max_length=200)
    topic = forms.CharField(label=_("Topic"), max_length=100)
    client = forms.ModelChoiceField(
        label=_("Client the company stands for"),
        queryset=Client.everywhere.none(),
        required=False,
        empty_label=_("Nobody"),
    )
    first_month = forms.DateField(label=_("First month"), help_text=_("The first day of a month, such as 2026-01-01."))
    statistics = forms.MultipleChoiceField(
        label=_("Work statistics"),
        choices=[(found.name, found.label) for found in STATISTICS.values()],
        widget=forms.CheckboxSelectMultiple,
    )

    workspace: Workspace

    @classmethod
    def of(cls, workspace: Workspace, data: Any) -> SettingsForm:
        plan = SummaryPlan.objects.filter(active=True).first()
        initial = {
            "title": plan.title if plan else _("Monthly summary"),
            "topic": plan.topic if plan else _("Bookkeeping"),
            "client": plan.client_id if plan else None,
            "first_month": plan.first_month if plan else first_of(clock.today(workspace.time_zone)),
            "statistics": list(plan.fields) if plan else [],
        }
        form = cls(data, initial=initial)
        form.fields["client"].queryset = Client.objects.current().order_by("name_sort")  # type: ignore[attr-defined]  # a model choice
        form.workspace = workspace
        return form

    def clean_first_month(self) -> Any:
        return first_of(self.cleaned_data["first_month"])

    def save(self, *, actor: User, at: datetime) -> None:
        """Switch the statistics on: what is chosen here decides what Authorize asks for. Raises NotEnabled on Free."""
        if not self.workspace.may_integrate:
            raise NotEnabled
        chosen = self.cleaned_data["statistics"]
        with transaction.atomic():
            plan_summaries(
                actor=actor,
                at=at,
                title=self.cleaned_data["title"],
                topic=self.cleaned_data["topic"],
                client=self.cleaned_data["client"],
                fields={name: STATISTICS[name].label for name in chosen},
                month=self.cleaned_data["first_month"],
            )
            connection = stored_connection_of(self.workspace)
            connection.statistics = chosen
            connection.save(update_fields=["statistics"])
