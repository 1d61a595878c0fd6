"""Products: the list, one product, adding, editing, archiving, and what its article says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from uku.invoices.models import OPEN_STATES, Invoice
from uku.kit import clock
from uku.products.articles import OURS, article_status, differences
from uku.products.models import Product
from uku.products.operations import (
    ArticleChanged,
    ProductChanged,
    UnknownProducts,
    apply_article,
    archive_products,
    create_product,
    edit_product,
    keep_values,
    note_unknown_products,
    restore_products,
)
from uku.web import integration_data
from uku.web.forms.products import UNIT_LIST, UNITS, ProductForm, sent_version
from uku.web.list_filters import chosen_ids, searched_words
from uku.web.product_forms import LONGEST_NUMBER, form_for
from uku.web.product_list import ProductList, badge_of
from uku.web.record_list import back_to
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

SHOWN_ARTICLES = 20
FORM, PAGE = "products/form.html", "products/page.html"


@workspace_page(Permission.SEE)
@require_safe
def product_list(request: WorkspaceRequest) -> HttpResponse:
    listing = ProductList.of(request)
    page = listing.page(request)
    context = {"page": page, "rows": listing.rows(list(page)), "listing": listing, "words": listing.words}
    template = "products/_rows.html" if request.htmx.target == "rows" else "products/list.html"
    return render(request, template, context)


@workspace_page(Permission.EDIT_PRODUCTS)
@require_POST
def product_bulk(request: WorkspaceRequest) -> HttpResponse:
    """Archive or restore the chosen products; one that is not of this workspace refuses them all (B01)."""
    ids = chosen_ids(request, "product")
    try:
        if request.POST.get("action") == "restore":
            count = restore_products(ids=ids, actor=request.user, at=clock.now())
            words = ngettext("%(count)s product is restored.", "%(count)s products are restored.", count)
        else:
            count = archive_products(ids=ids, actor=request.user, at=clock.now())
            words = ngettext("%(count)s product is archived.", "%(count)s products are archived.", count)
    except UnknownProducts:
        note_unknown_products(workspace=request.workspace, actor=request.user, at=clock.now())
        raise Http404 from None
    if ids:
        messages.success(request, words % {"count": count})
    else:
        messages.info(request, gettext("No product was selected. Select products with the boxes first."))
    return redirect(back_to(request, ids, listed="products", one="product"))


@workspace_page(Permission.SEE)
@require_safe
def product_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    return _product_page(request, get_object_or_404(Product.objects, pk=pk))


@workspace_page(Permission.EDIT_PRODUCTS)
@require_http_methods(["GET", "HEAD", "POST"])
def product_new(request: WorkspaceRequest) -> HttpResponse:
    if request.htmx.target == "articles":
        return _article_list(request)
    form = form_for(request)
    if request.method == "POST" and form.is_valid():
        product = create_product(actor=request.user, at=clock.now(), article=form.article, **form.cleaned_data)
        messages.success(request, gettext("%(name)s is added.") % {"name": product})
        return redirect("products", slug=request.workspace.slug)
    return _form_page(request, form)


@workspace_page(Permission.EDIT_PRODUCTS)
@require_http_methods(["GET", "HEAD", "POST"])
def product_edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    product = get_object_or_404(Product.objects, pk=pk)
    if request.htmx.target == "articles":
        return _article_list(request)
    form = form_for(request, product)
    if request.method == "POST" and form.is_valid():
        said: dict[str, Any] = {"changes": form.changes, "version": form.seen_version, "article": form.article}
        try:
            edit_product(product=product, actor=request.user, at=clock.now(), **said)
        except ProductChanged as error:
            return _form_page(request, form, product=error.product, late=True, status=409)
        messages.success(request, gettext("%(name)s is saved.") % {"name": product})
        return redirect("product", slug=request.workspace.slug, pk=pk)
    return _form_page(request, form, product=product)


@workspace_page(Permission.EDIT_PRODUCTS)
@require_POST
def product_difference(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Take over or keep what the button names: `take:price`, `keep:all`. The values come from the article itself."""
    product = get_object_or_404(Product.objects, pk=pk)
    article = integration_data.article_of(product)
    verb, _colon, field = request.POST.get("decision", "").partition(":")
    decide: Callable[..., Any] | None = {"take": apply_article, "keep": keep_values}.get(verb)
    if decide is None or field not in {*OURS, "all"}:
        raise Http404
    if article is None:
        return _product_page(request, product, late=True, status=409)
    fields = OURS if field == "all" else [field]
    shown = {name: request.POST.get(f"shown-{name}", "") for name in OURS}
    seen = {"shown": shown, "version": sent_version(request.POST.get("version", ""))}
    try:
        done = decide(product=product, article=article, fields=fields, actor=request.user, at=clock.now(), **seen)
    except (ProductChanged, ArticleChanged):
        return _product_page(request, product, late=True, status=409)
    messages.success(request, _words_of_decision(verb, len(done)))
    return redirect("product", slug=request.workspace.slug, pk=pk)


def _words_of_decision(verb: str, count: int) -> str:
    if not count:
        return gettext("Nothing was changed: the product and its article already have the same values.")
    if verb == "keep":
        return gettext("The product is not changed. The article's current values are no longer shown as differences.")
    words = ngettext(
        "%(count)d field now has the article's value.", "%(count)d fields now have the article's value.", count
    ) % {"count": count}
    return words + " " + gettext("Existing drafts are not changed.")


def _product_page(
    request: WorkspaceRequest, product: Product, *, late: bool = False, status: int = 200
) -> HttpResponse:
    system, number = integration_data.article_system(), product.article_number
    article = integration_data.article_of(product)
    found = article_status(product, article, integration_data.article_company()) if system and number else None
    context = {
        "product": product,
        "article": article,
        "system": system,
        "article_status": found,
        "owner": integration_data.company_name(product.article_company) if number and article is None else "",
        "badge": badge_of(product, found, system),
        "differences": differences(product, article),
        "drafts": Invoice.objects.filter(rows__product=product, state__in=OPEN_STATES).distinct().count(),
        "late": late,
        "tiers": list(product.tiers.order_by("first")),
    }
    return render(request, PAGE, context, status=status)


def _form_page(
    request: WorkspaceRequest,
    form: ProductForm,
    *,
    product: Product | None = None,
    late: bool = False,
    status: int = 0,
) -> HttpResponse:
    context = {
        **_search(request, form.system),
        "form": form,
        "product": product,
        "late": late,
        "article": form.article,
        "locked": form.locked,
        "unpicked": _unknown_article(request, form),
        "kept": _article_elsewhere(form),
        "unit_list": UNIT_LIST,
        "units": list(dict.fromkeys([*integration_data.units(), *UNITS])),
    }
    return render(request, FORM, context, status=status or (422 if form.is_bound else 200))


def _search(request: WorkspaceRequest, system: str) -> dict[str, Any]:
    """What the list of articles to pick from shows."""
    words = searched_words(request)
    found = integration_data.articles(words, at_most=SHOWN_ARTICLES) if system else None
    return {"words": words, "found": found, "system": system, "here": request.path}


def _article_list(request: WorkspaceRequest) -> HttpResponse:
    """Answer a search that is typed, with the list of articles alone."""
    return render(request, "products/_articles.html", _search(request, integration_data.article_system()))


def _unknown_article(request: WorkspaceRequest, form: ProductForm) -> str:
    """Return the number that was asked for in the address and that no active article has."""
    asked = searched_words(request, "article")[:LONGEST_NUMBER] if form.system and not form.is_bound else ""
    return "" if form.article and form.article.active else asked


def _article_elsewhere(form: ProductForm) -> dict[str, str]:
    """Name the article that the product has in a company that is not connected, which the form leaves alone."""
    product = form.product
    if product is None or not product.article_number or product.article_company == form.company:
        return {}
    return {"number": product.article_number, "company": integration_data.company_name(product.article_company)}
