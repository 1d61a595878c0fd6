"""The sentences on VAT that the firm's invoices carry, a language at a time."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from uku.invoices.documents import SPOKEN
from uku.invoices.pdf.content import Language
from uku.invoices.vat_sentences import own_sentences, save_sentences
from uku.kit import clock
from uku.web.forms.vat_sentences import VatSentencesForm
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

LANGUAGES = {
    Language.SWEDISH: _("Swedish"),
    Language.ENGLISH: _("English"),
    Language.FINNISH: _("Finnish"),
    Language.ESTONIAN: _("Estonian"),
}


@workspace_page(Permission.MANAGE_COMPANY)
@require_http_methods(["GET", "HEAD", "POST"])
def vat_sentences(request: WorkspaceRequest) -> HttpResponse:
    """Show the sentences of a language, the firm's own at first; a POST stores them."""
    asked = request.GET.get("language", "")
    of_firm = SPOKEN.get(request.workspace.country, Language.ENGLISH)
    language = Language(asked) if asked in set(Language) else of_firm
    form = VatSentencesForm(request.POST or None, language=language, own=own_sentences(language))
    address = f"{reverse('vat-sentences', kwargs={'slug': request.workspace.slug})}?language={language}"
    if request.method == "POST" and form.is_valid():
        save_sentences(
            workspace=request.workspace,
            language=language,
            sentences=form.sentences,
            actor=request.user,
            at=clock.now(),
        )
        messages.success(request, gettext("The sentences are saved. Invoices that have a PDF already keep theirs."))
        return redirect(address)
    context = {"form": form, "shown": language, "languages": LANGUAGES.items(), "address": address}
    return render(request, "settings/vat_sentences.html", context, status=422 if form.errors else 200)
