"""Products from many articles of the accounting system at once."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from uku.kit import clock
from uku.products.articles import Article, known_rate
from uku.products.models import Product
from uku.products.operations import RateIsLocked, create_product
from uku.web import integration_data
from uku.web.list_filters import searched_words
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

MOST_SHOWN = 200
MOST_AT_ONCE = 20
"""An article's rate may have to be read, a request each."""


@workspace_page(Permission.EDIT_PRODUCTS)
@require_http_methods(["GET", "HEAD", "POST"])
def products_from_articles(request: WorkspaceRequest) -> HttpResponse:
    """Show the active articles that no product is mapped to; a POST makes a product of each that is ticked."""
    words = searched_words(request)
    if request.method == "POST":
        return _make(request, request.POST.getlist("article"))
    company = integration_data.article_company()
    mapped = set(
        Product.objects.filter(archived_at=None, article_company=company).values_list("article_number", flat=True)
    )
    found = integration_data.articles(words, at_most=MOST_SHOWN + len(mapped))
    context = {
        "articles": [article for article in found.articles if article.number not in mapped][:MOST_SHOWN],
        "system": integration_data.article_system(),
        "words": words,
        "most": MOST_AT_ONCE,
    }
    return render(request, "products/from_articles.html", context)


def _make(request: WorkspaceRequest, numbers: Sequence[str]) -> HttpResponse:
    """Make a product of each article, once; those without a price or a rate are named, for a person to add."""
    here = redirect("products-from-articles", slug=request.workspace.slug)
    chosen = [number for number in dict.fromkeys(numbers) if number and "\x00" not in number]
    if not chosen or len(chosen) > MOST_AT_ONCE:
        words = gettext("Nothing was added. Select between 1 and %(most)d articles.")
        messages.error(request, words % {"most": MOST_AT_ONCE})
        return here
    company, made, left = integration_data.article_company(), 0, []
    for number in chosen:
        article = integration_data.article(number)
        if Product.objects.filter(archived_at=None, article_company=company, article_number=number).exists():
            continue
        if article is None or not _add(request, article):
            left.append(article.description or number if article else number)
        else:
            made += 1
    if made:
        added = ngettext("%(count)d product is added.", "%(count)d products are added.", made)
        messages.success(request, added % {"count": made})
    if left:
        words = gettext("Not added, because the price or the VAT rate is not known: %(names)s. Add each by itself.")
        messages.warning(request, words % {"names": ", ".join(left)})
    return redirect("products", slug=request.workspace.slug) if made else here


def _add(request: WorkspaceRequest, article: Article) -> bool:
    """Make the product that an article describes; False where it lacks something, or is not active."""
    rate = known_rate(article)
    if rate is None or article.price is None or not article.active:
        return False
    try:
        create_product(
            actor=request.user,
            at=clock.now(),
            name=(article.description or article.number)[:200],
            unit=article.unit[:20],
            price=article.price,
            vat_rate=rate,
            article_number=article.number,
            article=article,
        )
    except RateIsLocked:
        return False
    return True
