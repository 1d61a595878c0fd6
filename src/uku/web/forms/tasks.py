"""Tasks, their comments, and their custom fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from uku.tasks.fields import NO, YES
from uku.tasks.models import LONGEST_TEXT, FieldKind, Task, TaskField, TaskValue
from uku.web.forms.clients import LONGEST_VERSION
from uku.web.forms.fields import NumberField, PlainForm, active_people, offer
from uku.web.forms.invoices import offer_clients
from uku.web.forms.record_field import RecordField
from uku.web.numbers import text_of_number
from uku.workspaces.models import User

LONGEST_DESCRIPTION = 5000
LONGEST_CHOICE, MOST_CHOICES = 100, 50
TOPIC_LIST = "topics"


class TaskForm(PlainForm):
    """`fields_of_task` are the custom fields that are offered, `values` what the task says in them."""

    title = forms.CharField(label=_("Title"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    client = RecordField(label=_("Client"), required=False)
    topic = forms.CharField(
        label=_("Topic"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": TOPIC_LIST}),
    )
    assignee = forms.ChoiceField(label=_("Assignee"), required=False)
    due_date = forms.DateField(
        label=_("Due date"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the date like 2026-03-31.")},
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=LONGEST_DESCRIPTION,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    required_texts = {  # noqa: RUF012  # read once
        "title": _("Write what is to be done, such as VAT return for March."),
        "due_date": _("Choose the day by which it is to be done."),
    }

    def __init__(
        self,
        *args: Any,
        client_search: str,
        offered: Sequence[TaskField],
        values: Mapping[int, TaskValue],
        task: Task | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.task, self.offered, self.known = task, offered, values
        offer_clients(self, task.client if task else None, client_search)
        self.people = active_people(task.assignee if task else None)
        people = [(str(pk), str(person)) for pk, person in self.people.items()]
        offer(self, "assignee", [("", _("Nobody")), *people])
        for each in offered:
            self.fields[f"field-{each.pk}"] = _field_for(each, values.get(each.pk))

    def clean_assignee(self) -> User | None:
        chosen = self.cleaned_data["assignee"]
        return self.people[int(chosen)] if chosen else None

    @property
    def seen_version(self) -> int:
        """The version that the person saw; 0, which no task has, when none was sent."""
        if not self.is_bound:
            return self.task.version if self.task else 0
        sent = str(self.data.get("version", ""))
        return int(sent) if sent.isascii() and sent.isdigit() and len(sent) <= LONGEST_VERSION else 0

    @property
    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if not name.startswith("field-")}

    @property
    def values(self) -> dict[TaskField, Any]:
        """What the custom fields say; a billed one is left out."""
        names = {each: f"field-{each.pk}" for each in self.offered}
        return {each: self.cleaned_data[name] for each, name in names.items() if not self.fields[name].disabled}

    @property
    def used_fields(self) -> list[forms.BoundField]:
        """The custom fields in which the task says something."""
        return [self[f"field-{each.pk}"] for each in self.offered if each.pk in self.known]

    @property
    def unused_fields(self) -> list[forms.BoundField]:
        return [self[f"field-{each.pk}"] for each in self.offered if each.pk not in self.known]


class CommentForm(PlainForm):
    text = forms.CharField(label=_("Comment"), max_length=LONGEST_DESCRIPTION, widget=forms.Textarea(attrs={"rows": 3}))
    required_texts = {"text": _("Write the comment first.")}  # noqa: RUF012  # read once


class TaskFieldForm(PlainForm):
    """A custom field; its kind is chosen when it is made, since tasks may say something in it afterwards."""

    name = forms.CharField(label=_("Name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    kind = forms.ChoiceField(label=_("Kind"), choices=FieldKind.choices)
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        help_text=_("One a line, for a field of the kind Choice"),
        max_length=LONGEST_CHOICE * MOST_CHOICES,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    required_texts = {"name": _("Write what the field is called, such as Receipts.")}  # noqa: RUF012  # read once

    def __init__(self, *args: Any, field: TaskField | None = None, **kwargs: Any) -> None:
        if field is not None:
            kwargs["initial"] = {"name": field.name, "kind": field.kind, "choices": "\n".join(field.choices)}
        super().__init__(*args, **kwargs)
        if field is not None:
            self.fields["kind"].disabled = True
            if field.kind != FieldKind.CHOICE:
                del self.fields["choices"]

    def clean(self) -> None:
        """Return the choices as a list. Only a choice has any, and it has two at least."""
        typed = str(self.cleaned_data.get("choices", ""))
        choices = list(dict.fromkeys(line.strip() for line in typed.splitlines() if line.strip()))
        is_choice = self.cleaned_data.get("kind") == FieldKind.CHOICE
        if is_choice and len(choices) < 2:  # noqa: PLR2004  # one is no choice
            self.add_error("choices", _("Write at least two choices, one a line."))
        if any(len(choice) > LONGEST_CHOICE for choice in choices) or len(choices) > MOST_CHOICES:
            self.add_error("choices", _("Write at most 50 choices, each of at most 100 characters."))
        self.cleaned_data["choices"] = choices if is_choice else []


def _field_for(field: TaskField, value: TaskValue | None) -> forms.Field:
    """Return the form's field for a custom field, with what the task says in it."""
    facts: dict[str, Any] = {"label": field.name, "required": False}
    if field.kind == FieldKind.NUMBER:
        number = value.value if value else None
        made: forms.Field = NumberField(initial="" if number is None else text_of_number(number), **facts)
        if value and value.charges.filter(freed_at=None).exists():
            made.disabled, made.help_text = True, _("Billed")
        return made
    text = value.text if value else ""
    if field.kind == FieldKind.TEXT:
        return forms.CharField(max_length=LONGEST_TEXT, initial=text, **facts)
    choices: list[tuple[str, Any]] = [(YES, _("Yes")), (NO, _("No"))]
    if field.kind == FieldKind.CHOICE:
        choices = [(each, each) for each in dict.fromkeys([*field.choices, text]) if each]
    return forms.ChoiceField(choices=[("", "–"), *choices], initial=text, **facts)
