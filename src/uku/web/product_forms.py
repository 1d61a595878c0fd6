"""The form of a product, filled with what the product is or what a picked article says."""

from __future__ import annotations

from typing import Any

from uku.products.articles import OURS, Article, rate_text, texts_of
from uku.products.models import Product
from uku.web import integration_data
from uku.web.forms.products import ProductForm
from uku.web.list_filters import searched_words
from uku.workspaces.access import WorkspaceRequest

LONGEST_NUMBER = 50


def form_for(request: WorkspaceRequest, product: Product | None = None) -> ProductForm:
    """Read what was sent or picked. The article is read now, outside of any transaction, if it never was."""
    system, company = integration_data.article_system(), integration_data.article_company()
    own = product.article_in(company) if product else ""
    number = own
    if request.method == "POST":
        number = request.POST.get("article_number", "").strip()
    elif "article" in request.GET:  # the address names another one, or none
        number = searched_words(request, "article")[:LONGEST_NUMBER]
    number = number if system else ""
    article = integration_data.article(number) if number and "\x00" not in number else None
    known = {found.rate for found in integration_data.tax_rates(request.workspace)}
    return ProductForm(
        request.POST or None,
        initial=_proposal(product, own, article, number) if system else _of(product, own),
        rates=sorted(known | ({product.vat_rate} if product else set()), reverse=True),  # its own is always one of them
        article=article,
        product=product,
        system=system,
        company=company,
    )


def _of(product: Product | None, own: str) -> dict[str, Any]:
    if product is None:
        return {}
    return {
        "name": product.name,
        "unit": product.unit,
        "price": f"{product.price:.2f}",
        "vat_rate": rate_text(product.vat_rate),
        "is_goods": product.is_goods,
        "article_number": own,
    }


def _proposal(product: Product | None, own: str, article: Article | None, number: str) -> dict[str, Any]:
    """Propose what a newly picked article says; what it does not say stays as it is."""
    if article is None or not article.active or (product and own == number):
        return {**_of(product, own), "article_number": own if number else ""}
    said = {OURS[field]: text for field, text in texts_of(article).items() if text}
    return {**_of(product, own), **said, "article_number": number}
