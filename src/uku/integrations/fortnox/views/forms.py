"""The Settings tab, one form: what becomes of new customers, and what the monthly summary task carries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from django import forms
from django.db import transaction
from django.utils.dates import MONTHS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uku.clients.models import Client
from uku.integrations.fortnox.connection.authorize import NotEnabled, stored_connection_of
from uku.integrations.fortnox.customers.review import choose_new_clients
from uku.integrations.fortnox.invoices.booking import choose_booking
from uku.integrations.fortnox.models import Booking, Connection, NewClients
from uku.integrations.fortnox.statistics.choice import choose_statistics
from uku.integrations.fortnox.statistics.definitions import STATISTICS
from uku.kit import clock
from uku.tasks.models import SummaryPlan
from uku.tasks.months import first_of, months_between
from uku.workspaces.models import User, Workspace

MOST_FOUND = 10
LONGEST_TITLE = 180  # a task's title has 200, and the month comes behind
OF_THE_PLAN = frozenset({"title", "topic", "client", "first_month", "statistics"})


class SettingsChanged(Exception):
    """Somebody saved these settings after the person's page was drawn: nothing is saved over them."""


@dataclass(frozen=True, slots=True)
class ClientChoice:
    """The clients to choose among: the one that is chosen, and the first of those that have the words."""

    chosen: Client | None
    found: list[Client]
    more: bool
    words: str


class SettingsForm(forms.Form):
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    new_clients = forms.ChoiceField(label=_("New clients"), choices=NewClients, widget=forms.RadioSelect)
    booking = forms.ChoiceField(label=_("Booking invoices"), choices=Booking, widget=forms.RadioSelect, required=False)
    title = forms.CharField(label=_("Task title"), max_length=LONGEST_TITLE)
    topic = forms.CharField(label=_("Topic"), max_length=100)
    client = forms.ModelChoiceField(
        label=_("Whose books are these?"), queryset=Client.everywhere.none(), required=False
    )
    first_month = forms.TypedChoiceField(label=_("First month"), coerce=date.fromisoformat)
    statistics = forms.MultipleChoiceField(
        label=_("Work statistics"),
        choices=[(found.name, found.label) for found in STATISTICS.values()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    workspace: Workspace

    @classmethod
    def of(cls, workspace: Workspace, connection: Connection, data: Any) -> SettingsForm:
        saved = _saved(workspace, connection)
        form = cls(data, initial={**saved, "seen": _digest(saved)})
        offered = Client.objects.current() | Client.objects.filter(pk=saved["client"])
        form.fields["client"].queryset = offered  # type: ignore[attr-defined]  # a model choice
        form.offer_months(first_of(clock.today(workspace.time_zone)))
        form.workspace = workspace
        return form

    def offer_months(self, this: date) -> None:
        """Offer each month of the year behind and the year ahead, and the one that is saved."""
        first, last = this.replace(year=this.year - 1), this.replace(year=this.year + 1)
        saved = date.fromisoformat(self.initial["first_month"])
        field = cast("forms.ChoiceField", self.fields["first_month"])
        field.choices = [(str(month), _named(month)) for month in sorted({saved, *months_between(first, last)})]
        words = gettext("Choose a month from %(first)s to %(last)s: Uku counts at most twelve months back.")
        field.error_messages["invalid_choice"] = words % {"first": _named(first), "last": _named(last)}

    def client_choice(self, words: str, chosen: str | None = None) -> ClientChoice:
        """Find clients to choose from; `chosen` is the id of the one that the person chose and did not save yet."""
        field = cast("forms.ModelChoiceField[Client]", self.fields["client"])
        try:
            client: Client | None = field.clean(self["client"].value() if chosen is None else chosen)
        except forms.ValidationError:
            client = None
        others = Client.objects.current().search(words).exclude(pk=client.pk if client else 0)
        found = list(others.order_by("name_sort", "id")[: MOST_FOUND + 1])
        return ClientChoice(client, found[:MOST_FOUND], len(found) > MOST_FOUND, words)

    def save(self, *, actor: User, at: datetime) -> None:
        """Store what was changed. Raises NotEnabled on Free, and SettingsChanged."""
        if not self.workspace.may_integrate:
            raise NotEnabled
        facts = self.cleaned_data
        with transaction.atomic():
            held = stored_connection_of(self.workspace)  # of two people who save at once, the second sees the first
            if facts["seen"] not in {"", _digest(_saved(self.workspace, held))}:
                raise SettingsChanged
            by: dict[str, Any] = {"workspace": self.workspace, "actor": actor, "at": at}
            choose_new_clients(choice=NewClients(facts["new_clients"]), **by)
            if facts["booking"]:
                choose_booking(choice=Booking(facts["booking"]), **by)
            if OF_THE_PLAN & set(self.changed_data):
                names = {name: facts[name] for name in ("title", "topic", "client")}
                choose_statistics(chosen=facts["statistics"], month=facts["first_month"], **names, **by)

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
    """What is saved, by field; before the first Save, what is proposed."""
    plan = SummaryPlan.objects.select_related("topic").first()
    return {
        "new_clients": str(connection.new_clients),
        "booking": str(connection.booking),
        "title": plan.title if plan else gettext("Monthly summary"),
        "topic": str(plan.topic) if plan and plan.topic else gettext("Bookkeeping"),
        "client": plan.client_id if plan else None,
        "first_month": str((plan.first_month if plan else None) or first_of(clock.today(workspace.time_zone))),
        "statistics": [name for name in STATISTICS if plan and plan.active and name in plan.fields],
    }


def _digest(saved: dict[str, Any]) -> str:
    """Return what a page carries to tell whether something else was saved since it was drawn."""
    return hashlib.sha256(repr(sorted(saved.items())).encode()).hexdigest()


def _named(month: date) -> str:
    return f"{MONTHS[month.month]} {month.year}"
