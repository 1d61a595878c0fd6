"""The Settings tab of the Fortnox dialog."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from uku.integrations.fortnox.connection import authorize
from uku.integrations.fortnox.connection.guards import ON_FREE
from uku.integrations.fortnox.connection.scopes import lacking_scopes, titles_of
from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.reload import queries, report
from uku.integrations.fortnox.statistics.definitions import STATISTICS
from uku.integrations.fortnox.views.forms import SettingsChanged, SettingsForm
from uku.integrations.fortnox.views.frame import MANAGE, SEE, draw_tab, go_to
from uku.integrations.fortnox.views.review_list import search_words
from uku.kit import clock
from uku.workspaces.access import WorkspaceRequest, workspace_page


def _found_clients(request: WorkspaceRequest, connection: Connection) -> HttpResponse:
    """Answer a search that is typed, with the clients alone; the one that was chosen before stays among them."""
    form = SettingsForm.of(request.workspace, connection, None)
    choice = form.client_choice(search_words(request), request.GET.get("client", ""))
    return render(request, "fortnox/_clients.html", {"choice": choice})


@workspace_page(SEE, act=MANAGE)
def settings_tab(request: WorkspaceRequest) -> HttpResponse:
    """One form, one Save: what was saved is what the tab shows next."""
    connection = authorize.connection_of(request.workspace)
    if request.htmx.target == "found-clients":
        return _found_clients(request, connection)
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
            form=form,
            lacking=titles_of(lacking_scopes(connection)),
            counted=[STATISTICS[name].label for name in connection.statistics if name in STATISTICS],
            reload=report.line_of(queries.newest(connection.company_id)),
            choice=form.client_choice(search_words(request)),
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
