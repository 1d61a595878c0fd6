"""Custom fields of tasks: which there are, and what people write in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from uku.kit.money import ZERO, show_quantity
from uku.kit.scoping import current_workspace_id
from uku.tasks.models import FieldKind, SummaryPlan, Task, TaskField, TaskValue
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs

YES, NO = "yes", "no"


class FieldNameTaken(Exception):
    """Another field of the workspace, archived or not, has this name."""


class FieldNotUsable(Exception):
    """A statistic cannot fill this field. `sentence` says why."""

    def __init__(self, sentence: str | Promise) -> None:
        self.sentence = sentence
        super().__init__(sentence)


class ValueIsBilled(Exception):
    """The number stands on an invoice or draft and does not change."""

    def __init__(self, value: TaskValue) -> None:
        self.value = value
        super().__init__(str(value))


@transaction.atomic
@needs(Permission.MANAGE_TASK_FIELDS)
def create_field(*, actor: User, at: datetime, name: str, kind: FieldKind, choices: Collection[str] = ()) -> TaskField:
    """Raises NotAllowed and FieldNameTaken."""
    _refuse_taken(name)
    field = TaskField.objects.create(name=name, kind=kind, choices=list(choices))
    _record("field.create", gettext_lazy("The field %(field)s was added"), field, actor, at, after=_facts_of(field))
    return field


@transaction.atomic
@needs(Permission.MANAGE_TASK_FIELDS)
def edit_field(*, field: TaskField, actor: User, at: datetime, name: str, choices: Collection[str] = ()) -> None:
    """Rename a field, or change what can be chosen; tasks keep what they say. Raises NotAllowed and FieldNameTaken."""
    field.refresh_from_db(from_queryset=TaskField.objects.get_queryset().select_for_update(of=("self",)))
    before = _facts_of(field)
    if name != field.name:
        _refuse_taken(name)
    field.name, field.choices = name, list(choices)
    after = _facts_of(field)
    if before != after:
        field.save(update_fields=["name", "choices"])
        words = gettext_lazy("The field %(field)s was changed")
        _record("field.edit", words, field, actor, at, before=before, after=after)


@transaction.atomic
@needs(Permission.MANAGE_TASK_FIELDS)
def archive_field(*, field: TaskField, actor: User, at: datetime) -> None:
    """Offer a field no more; tasks keep what it says. Raises NotAllowed."""
    _set_archived(field, at)
    _record("field.archive", gettext_lazy("The field %(field)s was archived"), field, actor, at)


@transaction.atomic
@needs(Permission.MANAGE_TASK_FIELDS)
def restore_field(*, field: TaskField, actor: User, at: datetime) -> None:
    """Raises NotAllowed."""
    _set_archived(field, None)
    _record("field.restore", gettext_lazy("The field %(field)s was restored"), field, actor, at)


def number_field(name: str) -> TaskField:
    """Return the number field of this name, made if missing. Raises FieldNotUsable."""
    field = TaskField.objects.filter(name__iexact=name).first() or TaskField.objects.create(name=name)
    if field.kind != FieldKind.NUMBER:
        raise FieldNotUsable(gettext("The field %(name)s is no number. Choose another name.") % {"name": field.name})
    if field.archived_at is not None:
        raise FieldNotUsable(gettext("The field %(name)s is archived. Choose another name.") % {"name": field.name})
    return field


def plans_of(field: TaskField) -> list[SummaryPlan]:
    """Return the plans that fill a field from a statistic."""
    return list(SummaryPlan.objects.filter(active=True, plan_fields__field=field))


def set_values(task: Task, typed: Mapping[TaskField, Decimal | str | None]) -> tuple[dict[str, str], dict[str, str]]:
    """Store what a person wrote on a locked task; return what changed, before and after, by the field's name.

    A number that differs from what was counted is kept from then on; an emptied one is what was counted again.
    Raises ValueIsBilled.
    """
    known = {value.field_id: value for value in task.values.select_for_update(of=("self",)).select_related("field")}
    before, after = {}, {}
    for field, content in typed.items():
        value = known.get(field.pk) or TaskValue(workspace_id=task.workspace_id, task=task, field=field)
        was = text_of(value)
        number, text = _number_and_text(value, content)
        if (value.value, value.text) == (number, text):
            continue
        if value.pk and value.charges.filter(freed_at=None).exists():
            raise ValueIsBilled(value)
        value.value, value.text, value.edited = number, text, number != value.measured
        before[field.name], after[field.name] = was, text_of(value)
        if number is None and not text:
            value.delete()
        else:
            value.save()
    return before, after


def text_of(value: TaskValue) -> str:
    """Return what a field says, for the audit log."""
    return value.text if value.value is None else show_quantity(value.value)


def _number_and_text(value: TaskValue, typed: Decimal | str | None) -> tuple[Decimal | None, str]:
    """Return what a value becomes. What is emptied is what was counted, or 0 where an invoice refers to it."""
    if isinstance(typed, Decimal):
        return typed, ""
    if typed:
        return None, typed
    return (ZERO if value.pk and value.charges.exists() else value.measured), ""


def _refuse_taken(name: str) -> None:
    Workspace.objects.select_for_update(no_key=True).get(pk=current_workspace_id())
    if TaskField.objects.filter(name=name).exists():
        raise FieldNameTaken(name)


def _set_archived(field: TaskField, at: datetime | None) -> None:
    field.archived_at = at
    field.save(update_fields=["archived_at"])


def _facts_of(field: TaskField) -> dict[str, object]:
    return {"name": field.name, "kind": str(FieldKind(field.kind).label), "choices": list(field.choices)}


def _record(
    action: str,
    words: Promise,
    field: TaskField,
    actor: User,
    at: datetime,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    summary = translate_for_workspace(words, field=field.name)
    record(actor=actor, action=action, target=field, summary=summary, at=at, before=before, after=after)
