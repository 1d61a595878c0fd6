"""A client's books counted in a workspace of their own, and tied to the client: the one crossing between workspaces.

What crosses is a month, a company and its figures. Each side can end it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from itertools import count
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _

from uku.clients.models import Client
from uku.kit.months import first_of
from uku.kit.scoping import current_workspace_id, workspace_in_force
from uku.kit.times import local_time
from uku.tasks.fields import FieldNotUsable, number_field
from uku.tasks.models import BooksTie, PlanField, SummaryPlan, Topic
from uku.tasks.summaries import (
    TWICE,
    Figures,
    fields_of,
    fill_from_stored,
    latest_plan,
    open_missing_months,
    take_in_figures,
)
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import Membership, User, Workspace
from uku.workspaces.operations import create_workspace
from uku.workspaces.permissions import MANAGERS, Permission, needs


class CannotTie(Exception):
    """These books cannot be tied to this client. `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)


def tie_of_client(client: Client) -> BooksTie | None:
    return BooksTie.objects.filter(client=client, untied_at=None).select_related("books").first()


def tie_of_books(workspace: Workspace) -> BooksTie | None:
    """Return where the figures of this workspace's own books go, None when they go nowhere."""
    ties = BooksTie.everywhere.filter(books=workspace, untied_at=None)
    return ties.select_related("workspace", "client").first()


def workspaces_to_tie(user: User) -> list[Workspace]:
    """Return the workspaces, but for the one in force, that this person manages and that no client is tied to."""
    tied = BooksTie.everywhere.filter(untied_at=None).values("books")
    managed = Membership.everywhere.filter(user=user, is_active=True, role__in=MANAGERS)
    found = Workspace.objects.filter(pk__in=managed.values("workspace")).exclude(pk__in=tied)
    return list(found.exclude(pk=current_workspace_id()).order_by("name"))


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def add_company_file(
    *, workspace: Workspace, client: Client, actor: User, at: datetime, first_month: date | None = None
) -> BooksTie:
    """Make a workspace for the books of a client, under the firm's plan, and tie it, as `tie_books` does.

    Raises NotAllowed, CannotTie.
    """
    _hold_untied(client)
    books = _make_workspace(
        name=client.name,
        owner=actor,
        at=at,
        plan=workspace.plan,
        organisation_number=client.organisation_number,
        country=client.country or workspace.country,
        time_zone=workspace.time_zone,
        language=workspace.language,
    )
    Workspace.objects.filter(pk=books.pk).update(firm=workspace.firm_id or workspace.pk)
    return tie_books(workspace=workspace, client=client, books=books, actor=actor, at=at, first_month=first_month)


def _hold_untied(client: Client) -> None:
    """Lock a client that has no tie: of two who tie it at once the second is told. Raises CannotTie."""
    Client.objects.get_queryset().select_for_update(no_key=True).get(pk=client.pk)
    if tie_of_client(client) is not None:
        raise CannotTie(str(_("This client's books are counted in another workspace already. Unlink it first.")))


def _make_workspace(*, name: str, **facts: Any) -> Workspace:
    """Make a workspace under the first free address; one that somebody else takes at this moment is passed by."""
    stem = slugify(name)[:50] or "company"
    for slug in (stem if number == 1 else f"{stem}-{number}" for number in count(1)):
        if Workspace.objects.filter(slug=slug).exists():
            continue
        try:
            with transaction.atomic():
                return create_workspace(name=name, slug=slug, **facts)
        except IntegrityError:
            if not Workspace.objects.filter(slug=slug).exists():
                raise
    raise AssertionError  # there is always one more number


@needs(Permission.MANAGE_INTEGRATIONS)
def _require_manager(*, workspace: Workspace, actor: User) -> None:
    """Raise NotAllowed unless the person manages this workspace, whichever one is in force."""


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def tie_books(
    *,
    workspace: Workspace,
    client: Client,
    books: Workspace,
    actor: User,
    at: datetime,
    first_month: date | None = None,
) -> BooksTie:
    """Hand the figures of these books over to the client's summary task, from the month of `first_month` on.

    Without one it is the current month; books that were tied to the client before keep theirs. The person manages
    both workspaces. Raises NotAllowed, CannotTie.
    """
    _require_manager(workspace=books, actor=actor)
    _hold_untied(client)
    Workspace.objects.select_for_update(no_key=True).get(pk=books.pk)
    if books.pk == workspace.pk:
        raise CannotTie(str(_("A workspace's own books are counted for its own summary task.")))
    if BooksTie.everywhere.filter(untied_at=None, books=books).exists():
        raise CannotTie(str(_("This workspace is linked to a client already. Unlink it first.")))
    facts = {"tied_at": at, "tied_by": actor, "untied_at": None, "untied_by": None}
    tie, _made = BooksTie.objects.update_or_create(client=client, books=books, defaults=facts)
    _plan_for(tie, first_month or local_time(at, workspace.time_zone).date())
    _record_both(tie, actor, "books.tie", gettext_lazy("%(books)s: its books are counted for %(client)s"), at)
    return tie


def _plan_for(tie: BooksTie, since: date) -> SummaryPlan:
    """Return the plan of a tie, switched on: at first as the firm plans its own, for the tie's client."""
    plan = SummaryPlan.objects.filter(tie=tie).first()
    if plan is None:
        own = latest_plan()
        topic = own.topic if own else Topic.objects.get_or_create(name=str(_("Bookkeeping")))[0]
        plan = SummaryPlan(tie=tie, client=tie.client, workspace_id=tie.workspace_id, topic=topic)
        if own is not None:
            plan.title, plan.due_days = own.title, own.due_days
        plan.first_month = first_of(since)
    plan.active = True
    plan.save()
    return plan


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def untie_books(*, workspace: Workspace, tie: BooksTie, actor: User, at: datetime) -> None:
    """End a tie, from the firm's side or the books'; tasks and their numbers stay. Raises NotAllowed, CannotTie."""
    held = BooksTie.everywhere.select_for_update().filter(pk=tie.pk, untied_at=None).first()
    if held is None or workspace.pk not in {held.workspace_id, held.books_id}:
        raise CannotTie(str(_("These books are not tied any more.")))
    held.untied_at, held.untied_by = at, actor
    held.save(update_fields=["untied_at", "untied_by"])
    SummaryPlan.everywhere.filter(tie=held).update(active=False)
    _record_both(held, actor, "books.untie", gettext_lazy("%(books)s: no longer counted for %(client)s"), at)


def _record_both(
    tie: BooksTie,
    actor: User | None,
    action: str,
    words: Promise,
    at: datetime,
    *,
    after: Mapping[str, str] | None = None,
    **facts: object,
) -> None:
    """Write a line into both logs; the side where the person does not act is told no name of theirs."""
    here = current_workspace_id()
    for workspace_id in sorted({tie.workspace_id, tie.books_id}):
        with workspace_in_force(workspace_id):
            of_firm = workspace_id == tie.workspace_id
            names = {"books": tie.books.name, "client": tie.client.name if of_firm else tie.workspace.name}
            record(
                actor=actor if workspace_id == here else None,
                action=action,
                target=tie.client if of_firm else tie.books,
                summary=translate_for_workspace(words, **names, **facts),
                at=at,
                after=after,
            )


@transaction.atomic
def hand_over(plan: SummaryPlan, figures: Figures, *, at: datetime) -> bool:
    """Take figures of the workspace in force over to the client its books are tied to; False when they go nowhere.

    The company that the first figures came from is the one that was tied: those of another are not taken over.
    """
    tie = BooksTie.everywhere.select_for_update().filter(books_id=plan.workspace_id, untied_at=None).first()
    if tie is None or tie.company not in {"", plan.company}:
        return False
    if not tie.company:
        tie.company = plan.company
        tie.save(update_fields=["company"])
    names = {each.statistic: each.field.name for each in fields_of(plan) if each.field}
    with workspace_in_force(tie.workspace_id):
        plans = SummaryPlan.objects.select_related("workspace", "client__default_user", "tie__books")
        there = plans.get(tie=tie)
        _offer_fields(there, names)
        open_missing_months(there, at=at)
        changed = take_in_figures(there, figures, at=at)
    words = gettext_lazy("Monthly numbers of %(client)s for its summary task: %(count)d changed")
    if changed:
        told = {f"{names.get(each.statistic, each.statistic)} {each.month:%Y-%m}": str(each.count) for each in changed}
        _record_both(tie, None, "books.hand_over", words, at, after=told, count=len(changed))
    return True


def _offer_fields(plan: SummaryPlan, names: Mapping[str, str]) -> None:
    """Let a statistic that comes for the first time fill the firm's field of the same name, made if missing.

    Where that cannot be it fills none, until somebody chooses one.
    """
    known = PlanField.objects.filter(plan=plan)
    taken = {each.field_id for each in known}
    for statistic in sorted(names.keys() - {each.statistic for each in known}):
        try:
            field = number_field(names[statistic])
        except FieldNotUsable:
            field = None
        if field is not None and field.pk in taken:
            field = None
        PlanField.objects.create(plan=plan, statistic=statistic, field=field)
        taken.add(field.pk if field else None)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def choose_fields(*, tie: BooksTie, fields: Mapping[str, str], first_month: date, actor: User, at: datetime) -> None:
    """Choose which number field each statistic of a tie fills, by name, "" for none, and from which month on.

    Raises NotAllowed, FieldNotUsable.
    """
    plan = SummaryPlan.objects.select_for_update(of=("self",)).select_related("workspace", "client").get(tie=tie)
    chosen = {statistic: number_field(name) for statistic, name in fields.items() if name}
    if len({field.pk for field in chosen.values()}) < len(chosen):
        raise FieldNotUsable(TWICE)
    PlanField.objects.filter(plan=plan, statistic__in=fields).update(field=None)
    for statistic, field in chosen.items():
        PlanField.objects.filter(plan=plan, statistic=statistic).update(field=field)
    plan.first_month = first_of(first_month)
    plan.save(update_fields=["first_month"])
    open_missing_months(plan, at=at)
    fill_from_stored(plan, at=at)
    record(
        actor=actor,
        action="summaries.plan",
        target=plan,
        summary=translate_for_workspace(gettext_lazy("%(client)s: fields of the figures chosen"), client=tie.client),
        at=at,
        after={"first_month": plan.first_month.isoformat(), **fields},
    )
