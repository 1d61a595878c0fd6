"""Clients and products as they are typed on a draft or a task: small answers, best first, what is inactive last."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from uku.clients.models import Client
from uku.invoices.drafts import buyer_of
from uku.invoices.vat_rates import proposed_rate
from uku.web import integration_data
from uku.web.forms.invoice_rows import search_products
from uku.web.forms.invoices import search_clients
from uku.web.list_filters import is_id, searched_words
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
    """Tell a product's price only to an invoice in the currency that products are priced in, and the client's rate."""
    words = searched_words(request)
    products = search_products(words) if words else []
    articles = integration_data.articles_of([product.article_number for product in products if product.article_number])
    company = integration_data.article_company()
    sent = request.GET.get("client", "")
    client = Client.objects.current().filter(pk=sent).first() if is_id(sent) else None
    buyer, hits = buyer_of(client) if client else None, []
    for product in products:
        article = articles.get(product.article_in(company)) if company else None
        rate = proposed_rate(product.vat_rate, buyer) if buyer else product.vat_rate
        hits.append((product, rate, article is not None and not article.active))
    hits.sort(key=lambda hit: hit[2])
    billed = request.GET.get("currency", "")
    context = {"hits": hits, "words": words, "is_priced": billed in ("", request.workspace.currency)}
    return render(request, "billing/_product_hits.html", context)
