"""The Settings tab of the Fortnox dialog."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from uku.integrations.fortnox.connection import authorize
from uku.integrations.fortnox.connection.guards import ON_FREE, is_usable
from uku.integrations.fortnox.connection.scopes import lacking_scopes, titles_of
from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.reload import queries, report
from uku.integrations.fortnox.statistics.counts import MONTHS_BACK
from uku.integrations.fortnox.statistics.preview import figures_for, preview_of, request_preview
from uku.integrations.fortnox.views.forms import SettingsChanged, SettingsForm
from uku.integrations.fortnox.views.frame import MANAGE, SEE, draw_tab, go_to
from uku.integrations.fortnox.views.review_list import search_words
from uku.integrations.fortnox.views.statistics_form import label_of
from uku.kit import clock
from uku.kit.months import first_of, months_between, months_later
from uku.tasks.models import FieldKind, TaskField
from uku.workspaces.access import WorkspaceRequest, workspace_page


def _found_clients(request: WorkspaceRequest, connection: Connection) -> HttpResponse:
    """Answer a search that is typed, with the clients alone; the one that was chosen before stays among them."""
    form = SettingsForm.of(request.workspace, connection, None)
    choice = form.client_choice(search_words(request), request.GET.get("client", ""))
    return render(request, "fortnox/_clients.html", {"choice": choice})


def _statistics(form: SettingsForm, connection: Connection, this_month: date) -> dict[str, Any]:
    """The rows of the statistics with the numbers of the month that somebody had counted, else of this month."""
    preview = preview_of(connection.company_id)
    month = preview.month if preview else this_month
    figures = figures_for(connection.company_id, month)
    rare = list(form.statistic_rows(rare=True, figures=figures))
    return {
        "form": form,
        "usual": list(form.statistic_rows(rare=False, figures=figures)),
        "rare": rare,
        "shows_rare": any(row.box.data["selected"] for row in rare),
        "preview": preview,
        "preview_month": month,
        "months": list(months_between(months_later(this_month, -MONTHS_BACK), this_month))[::-1],
    }


@workspace_page(MANAGE)
@require_POST
def statistics_preview(request: WorkspaceRequest) -> HttpResponse:
    """Have a month counted; the tab shows its numbers when they are there."""
    connection = authorize.connection_of(request.workspace)
    this_month = first_of(clock.today(request.workspace.time_zone))
    months = months_between(months_later(this_month, -MONTHS_BACK), this_month)
    month = next((each for each in months if str(each) == request.POST.get("month")), this_month)
    if is_usable(connection):
        request_preview(
            workspace=request.workspace, connection=connection, month=month, actor=request.user, at=clock.now()
        )
    else:
        messages.error(request, _("Nothing was counted: Fortnox is not connected, or is disabled."))
    return go_to(request, "settings")


@workspace_page(SEE, act=MANAGE)
def settings_tab(request: WorkspaceRequest) -> HttpResponse:
    """One form, one Save: what was saved is what the tab shows next."""
    connection = authorize.connection_of(request.workspace)
    if request.htmx.target == "found-clients":
        return _found_clients(request, connection)
    this_month = first_of(clock.today(request.workspace.time_zone))
    if request.htmx.target == "statistics-rows":
        form = SettingsForm.of(request.workspace, connection, None)
        return render(request, "fortnox/_statistics.html", _statistics(form, connection, this_month))
    posted = request.POST if request.method == "POST" else None
    form = SettingsForm.of(request.workspace, connection, posted)
    if posted is not None and not request.workspace.may_integrate:
        messages.error(request, str(ON_FREE))
        return go_to(request, "settings")
    if not form.is_valid():
        return draw_tab(
            request,
            connection,
            "settings",
            lacking=titles_of(lacking_scopes(connection)),
            counted=[label_of(name) for name in connection.statistics],
            reload=report.line_of(queries.newest(connection.company_id)),
            choice=form.client_choice(search_words(request)),
            number_fields=TaskField.objects.filter(kind=FieldKind.NUMBER, archived_at=None).order_by("name"),
            **_statistics(form, connection, this_month),
        )
    try:
        form.save(actor=request.user, at=clock.now())
        messages.success(request, form.result())
    except authorize.NotEnabled:
        messages.error(request, str(ON_FREE))
    except SettingsChanged:
        messages.error(
            request,
            _(
                "Nothing was saved: these settings were changed after you opened the page. The page"
                " shows the settings as they are now. Make your change again."
            ),
        )
    return go_to(request, "settings")
