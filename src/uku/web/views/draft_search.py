"""Clients and products as they are typed on a draft or a task: small answers, best first, what is inactive last."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from uku.web import integration_data
from uku.web.forms.invoice_rows import search_products
from uku.web.forms.invoices import search_clients
from uku.web.list_filters import searched_words
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission


@workspace_page(Permission.SEE)
@require_safe
def client_search(request: WorkspaceRequest) -> HttpResponse:
    words = searched_words(request)
    clients = search_clients(words) if words else []
    badges, inactive = integration_data.client_badges(clients), integration_data.inactive_clients(clients)
    hits = [(client, badges.get(client.pk), client.pk in inactive) for client in clients]
    hits.sort(key=lambda hit: hit[2])
    return render(request, "billing/_client_hits.html", {"hits": hits, "words": words})


@workspace_page(Permission.DRAFT_INVOICES)
@require_safe
def product_search(request: WorkspaceRequest) -> HttpResponse:
    """Tell a product's price only to an invoice in the currency that products are priced in."""
    words = searched_words(request)
    products = search_products(words) if words else []
    articles = integration_data.articles_of([product.article_number for product in products if product.article_number])
    company = integration_data.article_company()
    hits = []
    for product in products:
        article = articles.get(product.article_in(company)) if company else None
        hits.append((product, article is not None and not article.active))
    hits.sort(key=lambda hit: hit[1])
    billed = request.GET.get("currency", "")
    context = {"hits": hits, "words": words, "is_priced": billed in ("", request.workspace.currency)}
    return render(request, "billing/_product_hits.html", context)
