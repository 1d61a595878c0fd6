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
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable
from uku.integrations.fortnox.customers import bulk_create
from uku.integrations.fortnox.customers import review as deciding
from uku.integrations.fortnox.health import queries
from uku.integrations.fortnox.health.messages import grouped, run_badge
from uku.integrations.fortnox.models import CustomerRecord, RunState
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


@workspace_page(SEE)
@require_safe
def review(request: WorkspaceRequest) -> HttpResponse:
    connection = connection_of(request.workspace)
    company_id, first = connection.company_id, queries.is_first_import(connection)
    newest = queries.customer_imports(company_id).order_by("-id").first() if company_id else None
    creation = bulk_create.under_way().first()
    on = connection.enabled and request.workspace.may_integrate
    awaited = first and newest is None and connection.is_connected and on
    running = first and newest is not None and newest.state == RunState.RUNNING
    reading = running and not queries.has_complete_import(company_id)
    busy = awaited or reading or creation is not None
    if request.htmx.target == "review" and not busy:
        return HttpResponseClientRefresh()  # it has ended: the whole page has its list and its buttons now
    context: dict[str, Any] = {
        "connection": connection,
        "first": first,
        "busy": busy,
        "reading": run_badge(newest) if reading else None,
        "run": newest,
        "creation": creation,
        "created": max(creation.asked - bulk_create.count_left(creation), 0) if creation else 0,
        "preview": _preview(company_id) if first and newest is not None else None,
        "on": on,
    }
    if not busy and company_id:
        queue = Queue.of(request, company_id)
        every = queue if not queue.words else Queue(company_id, "", "", "", "")
        page = queue.page(request)
        context |= {
            "queue": queue,
            "page": page,
            "rows": queue.rows(page, first_import=first),
            "suggested": every.counts[SUGGESTED],
            "unmatched": every.counts[UNMATCHED],
            "up_to": every.counts["newest"],
        }
    template = "fortnox/_review.html" if request.htmx.target == "review" else "fortnox/review.html"
    return render(request, template, context)


def _preview(company_id: str) -> Preview:
    run = queries.customer_imports(company_id).filter(full=True).order_by("-id").first()
    counts = run.counts if run else {}
    linked = queries.linked_automatically(company_id)
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
    act, sent = request.POST.get("action", ""), request.POST.getlist("customer")
    if act not in acts or len(sent) > MOST_CHOSEN:  # more than a page of them is no form of ours
        raise Http404
    ids = [id_from(one) for one in sent]
    if not ids:
        messages.info(request, _("No customer was selected. Select customers with the boxes first."))
        return back_to_queue(request)
    try:
        tell_tally(request, act, acts[act](ids=ids, actor=request.user, at=clock.now()))
    except (ConnectionNotUsable, OtherCompany) as refusal:
        messages.error(request, str(refusal))
    except deciding.UnknownCustomers:
        deciding.note_unknown_customers(workspace=request.workspace, actor=request.user, at=clock.now())
        raise Http404 from None
    return back_to_queue(request)


def id_from(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_ID):
        raise Http404
    return int(text)


def tell_tally(request: WorkspaceRequest, act: str, tally: deciding.ReviewResult) -> None:
    """Say how many were decided now, how many somebody decided before, and how many wait as suggestions instead."""
    words = {
        "create": ngettext("%(n)s client added.", "%(n)s clients added.", tally.done),
        "ignore": ngettext("%(n)s customer is ignored.", "%(n)s customers are ignored.", tally.done),
        "take-back": ngettext(
            "%(n)s customer is back in the review.", "%(n)s customers are back in the review.", tally.done
        ),
    }[act]
    if tally.done:
        messages.success(request, words % {"n": grouped(tally.done)})
    if tally.alike:
        alike = ngettext(
            "%(n)s customer matches a client that was added in the meantime. No client was added"
            " from it. Review it below.",
            "%(n)s customers match a client that was added in the meantime. No clients were added"
            " from them. Review them below.",
            tally.alike,
        )
        messages.warning(request, alike % {"n": grouped(tally.alike)})
    if tally.before:
        before = ngettext(
            "%(n)s customer was not changed: another person has decided in the meantime.",
            "%(n)s customers were not changed: another person has decided in the meantime.",
            tally.before,
        )
        messages.warning(request, before % {"n": grouped(tally.before)})


@workspace_page(MANAGE)
@require_POST
def create_all(request: WorkspaceRequest) -> HttpResponse:
    """Create clients from all customers that waited when the page was drawn."""
    try:
        up_to = id_from(request.POST.get("up_to", ""))
        creation = bulk_create.create_all(up_to=up_to, actor=request.user, at=clock.now())
    except ConnectionNotUsable as refusal:
        messages.error(request, str(refusal))
    except bulk_create.AlreadyCreating:
        messages.warning(request, _("Nothing was done: clients are already being added. This page shows the progress."))
    else:
        going = _(
            "%(n)s customers are being added as clients. You can leave this page. You will be notified when it is done."
        )
        ended = creation.ended_at is not None
        words = bulk_create.outcome_in_words(creation) if ended else going % {"n": grouped(creation.asked)}
        messages.success(request, words)
    return redirect("fortnox:review", slug=request.workspace.slug)


@workspace_page(MANAGE)
@require_POST
def finish(request: WorkspaceRequest) -> HttpResponse:
    """End the first import; who waits goes on waiting."""
    try:
        deciding.finish_first_import(actor=request.user, at=clock.now())
    except ConnectionNotUsable as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The first import is completed. The customers that are left stay in the review."))
    return redirect("fortnox:review", slug=request.workspace.slug)


def back_to_queue(request: WorkspaceRequest) -> HttpResponse:
    """Return to the queue as it was filtered."""
    query = request.POST.get("query", "")
    place = reverse("fortnox:review", kwargs={"slug": request.workspace.slug})
    return redirect(place + (f"?{query}" if query and query.isprintable() else ""))
