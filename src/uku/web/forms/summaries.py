"""A plan of summary tasks as a form: what is expected of each number, and where figures of tied books go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uku.kit import clock
from uku.kit.months import first_of, months_later
from uku.tasks.models import FieldKind, PlanField, SummaryPlan, TaskField
from uku.web.forms.fields import PlainForm

MOST_PERCENT = 500


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A statistic of the plan: its name, the field it fills, the volume agreed."""

    name: str
    field: Any
    agreed: Any


class PlanForm(PlainForm):
    share = forms.IntegerField(
        label=_("Point out numbers that deviate by more than (per cent)"), min_value=1, max_value=MOST_PERCENT
    )
    first_month = forms.DateField(
        label=_("First month"), required=False, input_formats=["%Y-%m"], widget=forms.DateInput(attrs={"type": "month"})
    )

    def __init__(self, data: Any, *, plan: SummaryPlan, label_of: Callable[[str], str]) -> None:
        since = plan.first_month
        initial = {"share": plan.deviation_percent, "first_month": since.isoformat()[:7] if since else ""}
        super().__init__(data, initial=initial)
        self.is_tied = plan.tie is not None and plan.tie.untied_at is None
        self._since, self._zone, self._labels = since, plan.workspace.time_zone, {}
        for each in PlanField.objects.filter(plan=plan).select_related("field").order_by("id"):
            label = label_of(each.statistic) or (each.field.name if each.field else each.statistic)
            self._labels[each.statistic] = label
            self.fields[f"agreed_{each.statistic}"] = forms.IntegerField(
                label=gettext("Agreed a month: %(statistic)s") % {"statistic": label},
                required=False,
                min_value=0,
                max_value=10**6,
                initial=each.agreed,
                widget=forms.NumberInput(attrs={"class": "input"}),
            )
            if self.is_tied:
                self.fields[f"field_{each.statistic}"] = forms.CharField(
                    label=gettext("Field for %(statistic)s") % {"statistic": label},
                    required=False,
                    max_length=100,
                    initial=each.field.name if each.field else "",
                    widget=forms.TextInput(attrs={"list": "number-fields", "autocomplete": "off", "class": "input"}),
                )

    def clean_first_month(self) -> date | None:
        """Refuse a month that nobody means: each one since it gets a task."""
        chosen: date | None = self.cleaned_data["first_month"]
        this = clock.today(self._zone).replace(day=1)
        if chosen not in {None, self._since} and not months_later(this, -12) <= chosen <= months_later(this, 12):
            raise forms.ValidationError(gettext("Choose a month of the year behind or the year ahead."))
        return chosen

    @property
    def rows(self) -> Iterator[PlanRow]:
        for statistic, label in self._labels.items():
            field = self[f"field_{statistic}"] if self.is_tied else None
            yield PlanRow(label, field, self[f"agreed_{statistic}"])

    @property
    def number_fields(self) -> list[TaskField]:
        return list(TaskField.objects.filter(kind=FieldKind.NUMBER, archived_at=None).order_by("name"))

    @property
    def share_chosen(self) -> int:
        return int(self.cleaned_data["share"])

    def agreed_volumes(self) -> dict[str, int | None]:
        return {statistic: self.cleaned_data[f"agreed_{statistic}"] for statistic in self._labels}

    def fields_chosen(self) -> dict[str, str]:
        return {statistic: self.cleaned_data[f"field_{statistic}"] for statistic in self._labels}

    def month_chosen(self, today: date) -> date:
        return first_of(self.cleaned_data["first_month"] or self._since or today)
