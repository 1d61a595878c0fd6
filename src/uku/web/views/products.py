"""Products: the list, and making one from an article."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from uku.kit import clock
from uku.kit.money import show_quantity
from uku.products.models import Product
from uku.products.operations import create_product
from uku.web import offers
from uku.web.forms.products import ProductForm
from uku.web.lists import page_of, searched_words
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

SHOWN_ARTICLES = 20


@workspace_page(Permission.SEE)
@require_safe
def product_list(request: WorkspaceRequest) -> HttpResponse:
    page = page_of(Product.objects.filter(archived_at=None).order_by("name", "id"), request)
    return render(request, "products/list.html", {"page": page})


@workspace_page(Permission.EDIT_PRODUCTS)
@require_http_methods(["GET", "HEAD", "POST"])
def product_new(request: WorkspaceRequest) -> HttpResponse:
    form = ProductForm(request.POST or None, initial=_proposal(searched_words(request, "article")))
    if request.method == "POST" and form.is_valid():
        product = create_product(actor=request.user, at=clock.now(), **form.cleaned_data)
        messages.success(request, gettext("%(name)s is added.") % {"name": product})
        return redirect("products", slug=request.workspace.slug)
    words = searched_words(request)
    context = {"form": form, "words": words, "articles": offers.articles(words)[:SHOWN_ARTICLES]}
    template = "products/_articles.html" if request.htmx.target == "articles" else "products/form.html"
    return render(request, template, context, status=422 if form.is_bound else 200)


def _proposal(number: str) -> dict[str, str]:
    """Propose what the article with this number says; what it does not say stays empty."""
    article = offers.article(number) if number else None
    if article is None:
        return {}
    return {
        "name": article.description,
        "unit": article.unit,
        "price": f"{article.price:.2f}" if article.price is not None else "",
        "vat_rate": show_quantity(article.vat_rate) if article.vat_rate is not None else "",
        "article_number": article.number,
    }
