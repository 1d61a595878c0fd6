"""The first import's preview, which is the review queue later: customers beside clients, and what a person does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from uku.integrations.fortnox.connection.authorize import connection_of
from uku.integrations.fortnox.connection.company import OtherCompany
from uku.integrations.fortnox.connection.guards import NotWorking
from uku.integrations.fortnox.customers import bulk_create
from uku.integrations.fortnox.customers import review as deciding
from uku.integrations.fortnox.health import queries
from uku.integrations.fortnox.health.messages import grouped, run_badge
from uku.integrations.fortnox.models import BulkCreation, Connection, CustomerRecord, RunState, SyncRun
from uku.integrations.fortnox.views.frame import MANAGE, SEE
from uku.integrations.fortnox.views.review_list import SUGGESTED, UNMATCHED, Queue
from uku.integrations.registry import Badge
from uku.kit import clock
from uku.workspaces.access import WorkspaceRequest, workspace_page

MOST_LINKED_SHOWN = 50
MOST_CHOSEN, LONGEST_ID = 50, 18


@dataclass(frozen=True, slots=True)
class Preview:
    """What the first import came to: the run's figures, and who was linked by itself, with the reason."""

    badge: Badge
    read: int
    inactive: int
    rejected: int
    linked: list[CustomerRecord]
    linked_count: int

    @property
    def more(self) -> int:
        return self.linked_count - len(self.linked)


@dataclass(frozen=True, slots=True)
class Making:
    """Clients that are being made now."""

    done: int
    asked: int


@workspace_page(SEE)
@require_safe
def review(request: WorkspaceRequest) -> HttpResponse:
    connection = connection_of(request.workspace)
    first, newest = queries.is_first_import(connection), _newest_import(connection)
    making, on = _making(), connection.enabled and request.workspace.may_integrate
    awaited = first and newest is None and connection.is_connected and on
    running = first and newest is not None and newest.state == RunState.RUNNING
    reading = running and not queries.has_complete_import(connection.company_id)
    busy = awaited or reading or making is not None
    if request.htmx.target == "review" and not busy:
        return HttpResponseClientRefresh()  # it has ended: the whole page has its list and its buttons now
    context: dict[str, Any] = {
        "connection": connection,
        "first": first,
        "busy": busy,
        "reading": run_badge(newest) if reading else None,
        "run": newest,
        "making": making,
        "preview": _preview(connection) if first and newest is not None else None,
        "on": on,
    }
    if not busy and connection.company_id:
        context |= _listed(request, connection, first=first)
    template = "fortnox/_review.html" if request.htmx.target == "review" else "fortnox/review.html"
    return render(request, template, context)


def _listed(request: WorkspaceRequest, connection: Connection, *, first: bool) -> dict[str, Any]:
    queue = Queue.of(request, connection.company_id)
    page = queue.page(request)
    rows = queue.rows(page, first_import=first)
    every = queue if not queue.words else Queue(connection.company_id, "", "", "", "")
    waits = {
        "suggested": every.counts[SUGGESTED],
        "unmatched": every.counts[UNMATCHED],
        "up_to": every.counts["newest"],
    }
    return {"queue": queue, "page": page, "rows": rows, **waits}


def _newest_import(connection: Connection) -> SyncRun | None:
    if not connection.company_id:
        return None
    return queries.customer_imports(connection.company_id).order_by("-id").first()


def _making() -> Making | None:
    creation = bulk_create.under_way().first()
    if creation is None:
        return None
    return Making(max(creation.asked - bulk_create.count_left(creation), 0), creation.asked)


def _preview(connection: Connection) -> Preview:
    run = queries.customer_imports(connection.company_id).filter(full=True).order_by("-id").first()
    counts = run.counts if run else {}
    linked = queries.linked_automatically(connection.company_id)
    return Preview(
        badge=run_badge(run),
        read=counts.get("seen", 0),
        inactive=counts.get("inactive", 0),
        rejected=counts.get("rejected", 0),
        linked=list(linked.select_related("client").order_by("id")[:MOST_LINKED_SHOWN]),
        linked_count=linked.count(),
    )


# What a person does with many


@workspace_page(MANAGE)
@require_POST
def decide(request: WorkspaceRequest) -> HttpResponse:
    """Do to the ticked customers what the button says; one that is not of this workspace refuses them all (B01)."""
    acts: dict[str, Callable[..., deciding.ReviewResult]] = {
        "create": deciding.create_clients,
        "ignore": deciding.ignore,
        "take-back": deciding.stop_ignoring,
    }
    act, ids = request.POST.get("action", ""), _chosen(request)
    if act not in acts:
        raise Http404
    if not ids:
        messages.info(request, _("No customer was chosen. Tick the boxes in front of their names first."))
        return back_to_queue(request)
    try:
        tell_tally(request, act, acts[act](ids=ids, actor=request.user, at=clock.now()))
    except (NotWorking, OtherCompany) as refusal:
        messages.error(request, str(refusal))
    except deciding.UnknownCustomers:
        deciding.note_unknown_customers(workspace=request.workspace, actor=request.user, at=clock.now())
        raise Http404 from None
    return back_to_queue(request)


def _chosen(request: WorkspaceRequest) -> list[int]:
    """Return the chosen ids; more than a page of them, or no numbers, is no form of ours."""
    sent = request.POST.getlist("customer")
    if len(sent) > MOST_CHOSEN or not all(one.isascii() and one.isdigit() and len(one) <= LONGEST_ID for one in sent):
        raise Http404
    return [int(one) for one in sent]


def tell_tally(request: WorkspaceRequest, act: str, tally: deciding.ReviewResult) -> None:
    """Say how many were decided now, how many somebody decided before, and how many wait as suggestions instead."""
    words = {
        "create": ngettext("%(n)s client was made.", "%(n)s clients were made.", tally.done),
        "ignore": ngettext("%(n)s customer is ignored.", "%(n)s customers are ignored.", tally.done),
        "take-back": ngettext("%(n)s customer waits again.", "%(n)s customers wait again.", tally.done),
    }[act]
    if tally.done:
        messages.success(request, words % {"n": grouped(tally.done)})
    if tally.alike:
        alike = ngettext(
            "%(n)s customer looks like a client that is here now. No client was made from it: look at it below.",
            "%(n)s customers look like a client that is here now. No client was made from them: look at them below.",
            tally.alike,
        )
        messages.warning(request, alike % {"n": grouped(tally.alike)})
    if tally.before:
        before = ngettext(
            "%(n)s customer was left alone: somebody decided about it meanwhile.",
            "%(n)s customers were left alone: somebody decided about them meanwhile.",
            tally.before,
        )
        messages.warning(request, before % {"n": grouped(tally.before)})


@workspace_page(MANAGE)
@require_POST
def create_all(request: WorkspaceRequest) -> HttpResponse:
    """Make clients from all customers that waited when the page was drawn."""
    try:
        creation = bulk_create.create_all(up_to=_number(request, "up_to"), actor=request.user, at=clock.now())
    except NotWorking as refusal:
        messages.error(request, str(refusal))
    except bulk_create.AlreadyCreating:
        messages.warning(request, _("Nothing was done: clients are being made already. This page shows how far it is."))
    else:
        _tell_creation(request, creation)
    return redirect("fortnox:review", slug=request.workspace.slug)


def _tell_creation(request: WorkspaceRequest, creation: BulkCreation) -> None:
    if creation.ended_at is not None:
        messages.success(request, bulk_create.outcome_in_words(creation))
        return
    words = _("Clients are being made from %(n)s customers. You can leave this page: the bell tells when it is done.")
    messages.success(request, words % {"n": grouped(creation.asked)})


@workspace_page(MANAGE)
@require_POST
def finish(request: WorkspaceRequest) -> HttpResponse:
    """End the first import; who waits goes on waiting."""
    try:
        deciding.finish_first_import(actor=request.user, at=clock.now())
    except NotWorking as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The first import is finished. Whoever waits here goes on waiting for a decision."))
    return redirect("fortnox:review", slug=request.workspace.slug)


def back_to_queue(request: WorkspaceRequest) -> HttpResponse:
    """Return to the queue as it was filtered."""
    query = request.POST.get("query", "")
    place = reverse("fortnox:review", kwargs={"slug": request.workspace.slug})
    return redirect(place + (f"?{query}" if query and query.isprintable() else ""))


def _number(request: WorkspaceRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_ID):
        raise Http404
    return int(text)
