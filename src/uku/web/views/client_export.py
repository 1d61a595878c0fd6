"""Clients to a file: what would be exported, and the file."""

from __future__ import annotations

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from uku.clients import operations
from uku.kit import clock
from uku.kit.spreadsheets import as_csv, as_xlsx
from uku.web import client_export
from uku.web.client_list import ClientList
from uku.web.views.import_files import CSV_TYPE, REFUSED, as_file
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

MOST_EXPORTED = {"csv": 100_000, "xlsx": 20_000}
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@workspace_page(Permission.SEE)
@require_http_methods(["GET", "HEAD", "POST"])
def client_export_page(request: WorkspaceRequest) -> HttpResponse:
    """Say what would be exported, then send it; a POST, because that is written down (S45)."""
    listing, form = ClientList.of(request.GET, request.membership), request.POST.get("form", "xlsx")
    count, limit = listing.counts.get(listing.show, 0), MOST_EXPORTED.get(form, 0)
    if request.method != "POST" or count > limit:
        context = {"listing": listing, "count": count, "limit": limit, "form_name": form}
        if request.method == "POST":
            context["too_many"] = True
        return render(request, "clients/export.html", context, status=REFUSED if request.method == "POST" else 200)
    workspace, whole = request.workspace, bool(request.POST.get("whole"))
    note = operations.note_whole_export if whole else operations.note_export
    facts = {"file": form, "search": listing.query}
    note(workspace=workspace, actor=request.user, at=clock.now(), count=count, facts=facts)
    rows = client_export.rows(listing, whole_numbers=whole)
    name = f"clients-{workspace.slug}-{clock.today(workspace.time_zone)}.{form}"
    if form == "xlsx":
        book = as_xlsx(rows, title=gettext("Clients"))
        return as_file(FileResponse(book, content_type=XLSX_TYPE), name)
    return as_file(StreamingHttpResponse(as_csv(rows), content_type=CSV_TYPE), name)
