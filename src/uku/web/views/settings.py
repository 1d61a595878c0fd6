"""Settings & Apps: what is connected, the company card, and the ways to the rest."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from uku.integrations.registry import integrations
from uku.kit import clock
from uku.tasks.ties import tie_of_books
from uku.web import integration_data
from uku.web.forms.company import LABELS, CompanyForm, shown_fact
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.company import CardChanged, edit_company, shown_facts
from uku.workspaces.models import Membership
from uku.workspaces.permissions import Permission, may
from uku.workspaces.proof import fresh_sign_in, require_fresh
from uku.workspaces.seller import is_empty


@workspace_page(Permission.SEE)
@require_safe
def settings_page(request: WorkspaceRequest) -> HttpResponse:
    workspace = request.workspace
    shown = shown_facts(workspace, workspace.country)
    manages = may(request.membership, Permission.MANAGE_COMPANY)
    differing = integration_data.company_differences(workspace) if manages else []
    origins = integration_data.company_origins(workspace) if manages else []
    context = {
        "cards": [integration.card(workspace) for integration in integrations()],
        "facts": [(LABELS[name], shown_fact(name, getattr(workspace, name))) for name in shown],
        "proposals": [
            {
                "title": title,
                "rows": [
                    {
                        "name": found.name,
                        "label": LABELS[found.name],
                        "ours": shown_fact(found.name, found.ours),
                        "theirs": shown_fact(found.name, found.theirs),
                    }
                    for found in differences
                ],
            }
            for title, differences in differing
        ],
        "origins": [
            {
                "title": origin.title,
                "filled": [LABELS[name] for name in origin.filled],
                "missing": [LABELS[name] for name in origin.untold if is_empty(getattr(request.workspace, name))],
                "assumed": [LABELS[name] for name in origin.untold if not is_empty(getattr(request.workspace, name))],
            }
            for origin in origins
        ],
        "tie": tie_of_books(request.workspace),
        "people": Membership.objects.filter(is_active=True).count(),
    }
    return render(request, "settings/page.html", context)


@workspace_page(Permission.MANAGE_COMPANY)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def company_edit(request: WorkspaceRequest) -> HttpResponse:
    """Bank details stand here, so the sign-in must be recent; asked before anything is typed, not after (S18)."""
    require_fresh(request)
    form = CompanyForm(request.POST or None, workspace=request.workspace)
    if request.method != "POST" or not form.is_valid():
        return render(request, "settings/company.html", {"form": form}, status=422 if form.is_bound else 200)
    seen = {"changes": form.changes, "reading": form.cleaned_data["reading"]}
    try:
        edit_company(workspace=request.workspace, actor=request.user, at=clock.now(), **seen)
    except CardChanged:
        form.show_anew()
        return render(request, "settings/company.html", {"form": form, "stale": True}, status=409)
    messages.success(request, gettext("The company details are saved."))
    return redirect("settings", slug=request.workspace.slug)


@workspace_page(Permission.MANAGE_COMPANY)
@require_POST
@fresh_sign_in
def company_take_over(request: WorkspaceRequest) -> HttpResponse:
    """Take facts over from the accounting system: the one that the button names, or all that differ.

    The values come from what the system said, never from the form.
    """
    wanted = request.POST.get("fact", "")
    found = [d for _title, differing in integration_data.company_differences(request.workspace) for d in differing]
    changes = {d.name: d.theirs for d in reversed(found) if wanted in {"all", d.name}}
    done = edit_company(workspace=request.workspace, actor=request.user, at=clock.now(), changes=changes)
    if done:
        words = {"count": len(done), "names": ", ".join(str(LABELS[name]) for name in done)}
        messages.success(request, ngettext("%(names)s is updated.", "%(names)s are updated.", len(done)) % words)
    else:
        messages.info(request, gettext("Nothing was changed: the company details already have these values."))
    return redirect("settings", slug=request.workspace.slug)
