"""The audit log: a page with filters, and the same as a file."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext_lazy
from django.views.decorators.http import require_POST, require_safe

from uku.kit import clock
from uku.web.audit_file import as_csv
from uku.web.audit_words import words_of
from uku.web.forms.audit import AuditFilter
from uku.web.list_filters import page_of
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.audit import record
from uku.workspaces.audit_search import changes, find_entries
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.permissions import Permission

MOST_EXPORTED = 100_000


@workspace_page(Permission.SEE_AUDIT)
@require_safe
def audit_page(request: WorkspaceRequest) -> HttpResponse:
    form = AuditFilter(request.GET or None)
    page = page_of(find_entries(form.search(), zone=request.workspace.time_zone), request)
    context = {
        "form": form,
        "page": page,
        "rows": [(entry, words_of(entry.action), changes(entry)) for entry in page],
        "asked": request.GET.urlencode(),
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "settings/audit.html", context, status=422 if form.errors else 200)


@workspace_page(Permission.SEE_AUDIT)
@require_POST
def audit_export(request: WorkspaceRequest) -> HttpResponse:
    """A POST, because taking the log out of the house is itself written into it (S45)."""
    form = AuditFilter(request.GET or None)
    found = find_entries(form.search(), zone=request.workspace.time_zone)
    count = found.count()
    if form.errors:
        return redirect(_page(request))
    if count > MOST_EXPORTED:
        words = gettext("%(count)d entries are too many for one file. Choose a shorter time, at most %(most)d entries.")
        messages.error(request, words % {"count": count, "most": MOST_EXPORTED})
        return redirect(_page(request))
    text = as_csv(found.iterator(chunk_size=2000), zone=request.workspace.time_zone)
    asked = {name: request.GET[name] for name in form.fields if request.GET.get(name)}
    record(
        actor=request.user,
        action="audit.export",
        target=request.workspace,
        summary=translate_for_workspace(
            ngettext_lazy("Audit log exported: %(count)d entry", "Audit log exported: %(count)d entries", count),
            count=count,
        ),
        at=clock.now(),
        after=asked,
    )
    # The mark at the beginning tells Excel that this is UTF-8.
    response = HttpResponse(text.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    day = clock.today(request.workspace.time_zone)
    response["Content-Disposition"] = f'attachment; filename="audit-{request.workspace.slug}-{day}.csv"'
    return response


def _page(request: WorkspaceRequest) -> str:
    """The page with the same filters; it says at its fields what makes no sense."""
    return f"{reverse('audit', kwargs={'slug': request.workspace.slug})}?{request.GET.urlencode()}"
