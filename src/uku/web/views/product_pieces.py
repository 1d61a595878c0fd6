"""How a product is billed per piece from a number field of tasks."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from uku.kit import clock
from uku.products.models import Product
from uku.products.operations import ProductChanged
from uku.products.pieces import bill_from_field
from uku.web.forms.product_pieces import PiecesForm
from uku.web.forms.products import sent_version
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission


@workspace_page(Permission.EDIT_PRODUCTS)
@require_http_methods(["GET", "HEAD", "POST"])
def product_pieces(request: WorkspaceRequest, pk: int) -> HttpResponse:
    product = get_object_or_404(Product.objects.select_related("task_field"), pk=pk)
    form = PiecesForm(request.POST or None, product=product)
    version = sent_version(request.POST.get("version", "")) if form.is_bound else product.version
    context = {"product": product, "form": form, "version": version}
    if request.method != "POST" or not form.is_valid():
        return render(request, "products/pieces.html", context, status=422 if form.is_bound else 200)
    facts = {"field": form.cleaned_data["task_field"], "way": form.way, "tiers": form.tiers}
    try:
        bill_from_field(product=product, version=version, actor=request.user, at=clock.now(), **facts)
    except ProductChanged:
        return render(request, "products/pieces.html", {**context, "late": True}, status=409)
    messages.success(request, gettext("%(name)s is saved.") % {"name": product})
    return redirect("product", slug=request.workspace.slug, pk=pk)
