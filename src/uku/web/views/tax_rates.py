"""Tax rates: locked, with where each is known from; what each is called on invoices is the firm's to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from uku.kit import clock
from uku.products.articles import rate_text
from uku.products.models import Product, TaxRateName
from uku.products.operations import name_rate
from uku.web import integration_data
from uku.web.forms.products import RateNameForm
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

SHOWN_PRODUCTS = 3


@dataclass(frozen=True, slots=True)
class RateLine:
    """A rate with its name on invoices, where it is known from (empty: only products have it), and who uses it."""

    rate: Decimal
    name: str
    source: str
    products: Sequence[str]
    more: int
    errors: Sequence[str] = ()
    typed: str = ""

    @property
    def code(self) -> str:
        return rate_text(self.rate)

    @property
    def shown_name(self) -> str:
        return self.typed or self.name


@workspace_page(Permission.SEE, act=Permission.EDIT_PRODUCTS)
@require_http_methods(["GET", "HEAD", "POST"])
def tax_rates(request: WorkspaceRequest) -> HttpResponse:
    lines = _lines(request)
    if request.method != "POST":
        return _page(request, lines)
    line = next((line for line in lines if line.code == request.POST.get("rate")), None)
    if line is None:
        raise Http404
    form = RateNameForm(request.POST)
    if not form.is_valid():
        typed = request.POST.get("name", "").replace("\x00", "")[:1000]
        wrong = replace(line, errors=[str(error) for error in form.errors["name"]], typed=typed)
        return _page(request, [wrong if each is line else each for each in lines], status=422)
    name_rate(rate=line.rate, name=form.cleaned_data["name"], actor=request.user, at=clock.now())
    messages.success(request, gettext("The name of %(rate)s %% is saved.") % {"rate": line.code})
    return redirect("tax-rates", slug=request.workspace.slug)


def _page(request: WorkspaceRequest, lines: Sequence[RateLine], *, status: int = 200) -> HttpResponse:
    context = {"lines": lines, "system": integration_data.article_system()}
    return render(request, "products/tax_rates.html", context, status=status)


def _lines(request: WorkspaceRequest) -> list[RateLine]:
    """Return the rates that are known, those that products have, and those that were named, highest first."""
    sources = {known.rate: known.source for known in integration_data.tax_rates(request.workspace)}
    names = dict(TaxRateName.objects.values_list("rate", "name"))
    used: dict[Decimal, list[str]] = {}
    for rate, name in Product.objects.filter(archived_at=None).order_by("name", "id").values_list("vat_rate", "name"):
        used.setdefault(rate, []).append(name)
    return [
        RateLine(
            rate=rate,
            name=names.get(rate, ""),
            source=sources.get(rate, ""),
            products=used.get(rate, [])[:SHOWN_PRODUCTS],
            more=max(0, len(used.get(rate, [])) - SHOWN_PRODUCTS),
        )
        for rate in sorted({*sources, *names, *used}, reverse=True)
    ]
