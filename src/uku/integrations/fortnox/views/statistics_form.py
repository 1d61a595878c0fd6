"""Work statistics in the Settings tab: what is counted into which field, for which client, from when, on which day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, cast

from django import forms
from django.utils.dates import MONTHS
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uku.clients.matching import normalise_number
from uku.clients.models import Client
from uku.integrations.fortnox.models import Connection, VoucherKind, VoucherSeries
from uku.integrations.fortnox.statistics.definitions import STATISTICS, Statistic
from uku.integrations.fortnox.statistics.voucher_series import series_of
from uku.kit import clock
from uku.kit.months import first_of, months_between
from uku.tasks.models import FieldKind, MonthFigure, TaskField
from uku.tasks.summaries import TWICE, Schedule, fields_of, latest_plan
from uku.workspaces.models import Workspace

MOST_FOUND = 10
LONGEST_TITLE = 180  # a task's title has 200, and the month comes behind
MOST_DUE_DAYS = 60
LAST_IMPORT_DAY = 28


@dataclass(frozen=True, slots=True)
class ClientChoice:
    """The clients to choose among: the one that is chosen, and the first of those that have the words."""

    chosen: Client | None
    found: list[Client]
    more: bool
    words: str


@dataclass(frozen=True, slots=True)
class StatisticRow:
    """A statistic in the form: its box, the field it fills, and what it counts in the month of the preview."""

    statistic: Statistic
    box: Any
    field: Any
    figure: MonthFigure | None


class StatisticsForm(forms.Form):
    title = forms.CharField(label=_("Task title"), max_length=LONGEST_TITLE)
    topic = forms.CharField(label=_("Topic"), max_length=100)
    client = forms.ModelChoiceField(
        label=_("Whose books are these?"), queryset=Client.everywhere.none(), required=False
    )
    first_month = forms.TypedChoiceField(label=_("First month"), coerce=date.fromisoformat)
    import_day = forms.TypedChoiceField(label=_("Data import"), coerce=int, required=False)
    import_time = forms.TimeField(
        label=_("At"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    due_days = forms.IntegerField(
        label=_("Due, days after the month's end"), required=False, min_value=0, max_value=MOST_DUE_DAYS
    )
    statistics = forms.MultipleChoiceField(
        label=_("Work statistics"),
        choices=[(found.name, found.label) for found in STATISTICS.values()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    series: list[VoucherSeries]

    def add_plan(self, workspace: Workspace, connection: Connection) -> None:
        """Add what depends on the workspace: clients, months, a field for each statistic, a kind for each series."""
        offered = Client.objects.current() | Client.objects.filter(pk=self.initial["client"])
        self.fields["client"].queryset = offered  # type: ignore[attr-defined]  # a model choice
        self._offer_months(first_of(clock.today(workspace.time_zone)))
        for name in ("import_day", "import_time", "due_days"):
            self.fields[name].quiet = True  # type: ignore[attr-defined]  # the template: each has a value from the start
        days = {0: gettext("Last day of the month")}
        of_next = gettext("Day %(day)d of the next month")
        days |= {day: of_next % {"day": day} for day in range(1, LAST_IMPORT_DAY + 1)}
        cast("forms.ChoiceField", self.fields["import_day"]).choices = list(days.items())
        widget = {"list": "number-fields", "autocomplete": "off", "class": "input"}
        for name, found in STATISTICS.items():
            self.fields[f"field_{name}"] = forms.CharField(
                label=gettext("Field for %(statistic)s") % {"statistic": found.label},
                max_length=100,
                required=False,
                widget=forms.TextInput(attrs=widget),
            )
        self.series = series_of(connection.company_id)
        for series in self.series:
            self.fields[f"series_{series.code}"] = forms.ChoiceField(
                label=str(series), choices=VoucherKind, required=False
            )

    def clean(self) -> dict[str, Any]:
        """Refuse one field for two statistics, and a field that is no number."""
        cleaned = super().clean() or self.cleaned_data
        chosen = self.fields_chosen()
        known = {field.name.casefold(): field for field in TaskField.objects.all()}
        names = [name.casefold() for name in chosen.values()]
        for statistic, name in chosen.items():
            field = known.get(name.casefold())
            if names.count(name.casefold()) > 1:
                self.add_error(f"field_{statistic}", TWICE)
            elif field is not None and (field.kind != FieldKind.NUMBER or field.archived_at is not None):
                self.add_error(f"field_{statistic}", _("This field is archived or no number. Choose another name."))
        return cleaned

    def fields_chosen(self) -> dict[str, str]:
        """Return the name of the field that each chosen statistic fills: its own name unless another is typed."""
        facts = self.cleaned_data
        return {
            name: facts.get(f"field_{name}") or str(found.label)
            for name, found in STATISTICS.items()
            if name in facts.get("statistics", ())
        }

    def schedule_chosen(self) -> Schedule:
        facts = self.cleaned_data
        day, at = facts["import_day"] or 0, facts["import_time"] or time(0)
        return Schedule(facts["first_month"], day, at, facts["due_days"] or 0)

    def kinds_chosen(self) -> Mapping[str, VoucherKind]:
        chosen = {series.code: self.cleaned_data.get(f"series_{series.code}") for series in self.series}
        return {code: VoucherKind(kind) for code, kind in chosen.items() if kind}

    def plan_is_changed(self) -> bool:
        """Compare what was sent with what is saved; what was left out of the form stays as it is proposed."""
        sent = self.schedule_chosen()
        schedule = (str(sent.first_month), sent.import_day, sent.import_time, sent.due_days)
        saved = tuple(self.initial[name] for name in ("first_month", "import_day", "import_time", "due_days"))
        fields = {name: self.initial[f"field_{name}"] for name in self.initial["statistics"]}
        facts = any(name in self.changed_data for name in ("title", "topic", "client"))
        return facts or schedule != saved or self.fields_chosen() != fields

    def statistic_rows(self, *, rare: bool, figures: Mapping[str, MonthFigure]) -> Iterator[StatisticRow]:
        boxes = {box.data["value"]: box for box in self["statistics"]}
        for name, found in STATISTICS.items():
            if found.rare == rare:
                yield StatisticRow(found, boxes[name], self[f"field_{name}"], figures.get(name))

    def series_fields(self) -> list[Any]:
        return [self[f"series_{series.code}"] for series in self.series]

    def _offer_months(self, this: date) -> None:
        """Offer each month of the year behind and the year ahead, and the one that is saved."""
        first, last = this.replace(year=this.year - 1), this.replace(year=this.year + 1)
        saved = date.fromisoformat(self.initial["first_month"])
        field = cast("forms.ChoiceField", self.fields["first_month"])
        field.choices = [(str(month), name_of(month)) for month in sorted({saved, *months_between(first, last)})]
        words = gettext("Choose a month from %(first)s to %(last)s: Uku counts at most twelve months back.")
        field.error_messages["invalid_choice"] = words % {"first": name_of(first), "last": name_of(last)}

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


def saved_plan(workspace: Workspace, connection: Connection) -> dict[str, Any]:
    """What is saved of the plan, by field; before the first Save, what is proposed.

    A plan that a preview made has no first month: nobody saved it yet.
    """
    plan = latest_plan()
    if plan is not None and plan.first_month is None:
        plan = None
    named = {each.statistic: each.field.name for each in fields_of(plan) if each.field} if plan else {}
    saved: dict[str, Any] = {
        "title": plan.title if plan else gettext("Monthly summary"),
        "topic": str(plan.topic) if plan and plan.topic else gettext("Bookkeeping"),
        "client": plan.client_id if plan else _client_of_company(connection),
        "first_month": str(plan.first_month if plan else first_of(clock.today(workspace.time_zone))),
        "import_day": plan.import_day if plan else 0,
        "import_time": plan.import_time if plan else time(0),
        "due_days": plan.due_days if plan else 0,
        "statistics": [name for name in STATISTICS if plan and plan.active and name in named],
    }
    saved |= {f"field_{name}": named.get(name, str(found.label)) for name, found in STATISTICS.items()}
    return saved | {f"series_{series.code}": series.kind for series in series_of(connection.company_id)}


def _client_of_company(connection: Connection) -> int | None:
    """Propose the client with the connected company's organisation number."""
    number = normalise_number(connection.organisation_number)
    if not number:
        return None
    written = [number, f"{number[:6]}-{number[6:]}", f"{number[:7]}-{number[7:]}"]
    return Client.objects.current().filter(organisation_number__in=written).values_list("pk", flat=True).first()


def name_of(month: date) -> str:
    return f"{MONTHS[month.month]} {month.year}"


def label_of(name: str) -> str | Promise:
    """Return a statistic's name as people read it; one that is counted no more keeps its own."""
    return STATISTICS[name].label if name in STATISTICS else name
