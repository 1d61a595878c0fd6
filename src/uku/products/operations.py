"""What can be done to products."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy

from uku.products.articles import OURS, Article, Difference, differences, locked_rate, texts_of, texts_of_product
from uku.products.models import Product, TaxRateName
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs


class ProductChanged(Exception):
    """Somebody changed the product after the person opened it (B17). `product` is as it is now."""

    def __init__(self, product: Product) -> None:
        self.product = product
        super().__init__(f"{product.pk} is at version {product.version}")


class ArticleChanged(Exception):
    """The article says something else than what the person decided about, so that nothing was done."""


class RateIsLocked(Exception):
    """The rate is the article's and nobody's choice. `rate` is what the article has, in per cent."""

    def __init__(self, rate: Decimal) -> None:
        self.rate = rate
        super().__init__(f"the article has {rate} per cent")


class UnknownProducts(Exception):
    """Some of the chosen products are not in this workspace, so that nothing was done to any (B01)."""


@transaction.atomic
@needs(Permission.EDIT_PRODUCTS)
def create_product(  # noqa: PLR0913  # one argument a field
    *,
    actor: User,
    at: datetime,
    name: str,
    unit: str,
    price: Decimal,
    vat_rate: Decimal,
    article_number: str = "",
    is_goods: bool = False,
    article: Article | None = None,
) -> Product:
    """Make a product. `price` is without VAT, `vat_rate` in per cent: the article's own, where that is known.

    Raises NotAllowed and RateIsLocked.
    """
    facts = {"name": name, "unit": unit, "price": price, "vat_rate": vat_rate, "article_number": article_number}
    if is_goods:
        facts["is_goods"] = True
    _refuse_other_rate(locked_rate(article), vat_rate)
    said = {"article_company": article.company, "article_seen": texts_of(article)} if article else {}
    product = Product.objects.create(created_at=at, **facts, **said)
    after = {field: _audit_text(value) for field, value in facts.items()}
    record(
        actor=actor,
        action="product.create",
        target=product,
        summary=translate_for_workspace(gettext_lazy("%(product)s was added"), product=name),
        at=at,
        after=after,
    )
    return product


@transaction.atomic
@needs(Permission.EDIT_PRODUCTS)
def edit_product(
    *,
    product: Product,
    actor: User,
    at: datetime,
    changes: Mapping[str, Any],
    version: int | None = None,
    article: Article | None = None,
) -> Product:
    """Change a product by hand. `article` is that of the new article number, where it is known.

    An article that the product had in another company is kept for that one.
    `version` is what the person saw, None for one who did not look. Invoices and drafts keep their rows as they are.
    Raises NotAllowed, ProductChanged and RateIsLocked.
    """
    _hold(product, version)
    _refuse_other_rate(locked_rate(article, product), changes.get("vat_rate", product.vat_rate))
    changed = {name: value for name, value in changes.items() if getattr(product, name) != value}
    if "article_number" in changes:
        changed |= _with_new_article(product, changes["article_number"], article, changed)
    if changed:
        _change(product, changed, actor=actor, at=at, action="product.edit")
    return product


@transaction.atomic
@needs(Permission.EDIT_PRODUCTS)
def apply_article(
    *,
    product: Product,
    article: Article,
    fields: Collection[str],
    shown: Mapping[str, str],
    version: int,
    actor: User,
    at: datetime,
) -> Sequence[str]:
    """Take what the article says now; return the product's fields that changed.

    `shown` is what the person was shown of the article, by its fields. Rows of drafts keep what they had.
    Raises NotAllowed, ProductChanged and ArticleChanged.
    """
    _hold(product, version)
    chosen = [found for found in _chosen(product, article, fields, shown) if found.can_be_taken]
    changed = {OURS[found.field]: getattr(article, found.field) for found in chosen}
    if chosen:
        seen = {**product.article_seen, **{found.field: found.now for found in chosen}}
        _change(product, {**changed, "article_seen": seen}, actor=actor, at=at, action="product.take_over")
    return list(changed)


@transaction.atomic
@needs(Permission.EDIT_PRODUCTS)
def keep_values(
    *,
    product: Product,
    article: Article,
    fields: Collection[str],
    shown: Mapping[str, str],
    version: int,
    actor: User,
    at: datetime,
) -> Sequence[str]:
    """Note that a person looked at what the article says and keeps what the product has; return those fields.

    Raises NotAllowed, ProductChanged and ArticleChanged.
    """
    _hold(product, version)
    chosen = [found for found in _chosen(product, article, fields, shown) if found.can_be_kept]
    if chosen:
        seen = {**product.article_seen, **{found.field: found.now for found in chosen}}
        _change(product, {"article_seen": seen}, actor=actor, at=at, action="product.keep")
    return [OURS[found.field] for found in chosen]


@transaction.atomic
@needs(Permission.EDIT_PRODUCTS)
def archive_products(*, ids: Collection[int], actor: User, at: datetime) -> int:
    """Take products off the list and off new invoices; return how many. Raises NotAllowed and UnknownProducts."""
    changed = [product for product in _locked(ids) if product.archived_at is None]
    for product in changed:
        _save(product, {"archived_at": at}, actor, at)
        record(
            actor=actor,
            action="product.archive",
            target=product,
            summary=translate_for_workspace(gettext_lazy("%(product)s was archived"), product=product),
            at=at,
        )
    return len(changed)


@transaction.atomic
@needs(Permission.EDIT_PRODUCTS)
def restore_products(*, ids: Collection[int], actor: User, at: datetime) -> int:
    """Put archived products back on the list; return how many. Raises NotAllowed and UnknownProducts."""
    changed = [product for product in _locked(ids) if product.archived_at is not None]
    for product in changed:
        _save(product, {"archived_at": None}, actor, at)
        record(
            actor=actor,
            action="product.restore",
            target=product,
            summary=translate_for_workspace(gettext_lazy("%(product)s was restored"), product=product),
            at=at,
        )
    return len(changed)


@transaction.atomic
@needs(Permission.EDIT_PRODUCTS)
def note_unknown_products(*, workspace: Workspace, actor: User, at: datetime) -> None:
    """Write down that a list of products was refused; after the refusal, which undid its own transaction."""
    summary = translate_for_workspace(
        gettext_lazy("A list of products was refused: some of them are not in this workspace")
    )
    record(actor=actor, action="product.refuse_list", target=workspace, summary=summary, at=at)


@transaction.atomic
@needs(Permission.EDIT_PRODUCTS)
def name_rate(*, rate: Decimal, name: str, actor: User, at: datetime) -> None:
    """Say what a rate is called on invoices; without a name it is called by its per cent. Raises NotAllowed."""
    named, _ = TaxRateName.objects.get_queryset().select_for_update(of=("self",)).get_or_create(rate=rate)
    if named.name == name:
        return
    before, named.name = named.name, name
    named.save(update_fields=["name"])
    facts = {"before": {"name": before}, "after": {"name": name}}
    words = gettext_lazy("The VAT rate %(rate)s %% has the name “%(name)s” on invoices")
    if not name:
        words = gettext_lazy("The VAT rate %(rate)s %% has no name of its own on invoices")
    summary = translate_for_workspace(words, rate=f"{rate.normalize():f}", name=name)
    record(actor=actor, action="product.rate_name", target=named, summary=summary, at=at, **facts)


def restore_articles(*, company: str, at: datetime) -> int:
    """Give products back the articles that they had in the company that is connected now; return how many."""
    with transaction.atomic():
        rows = Product.objects.get_queryset().select_for_update(of=("self",)).filter(other_articles__has_key=company)
        products = list(rows.exclude(article_company=company).order_by("pk"))
        for product in products:
            kept = product.other_articles[company]
            values, seen = _values_to_restore(product, kept)
            changed = _with_article(product, company, kept["number"], seen, values)
            _change(product, {**values, **changed}, actor=None, at=at, action="product.edit")
    return len(products)


def _values_to_restore(product: Product, kept: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that a product gets back with an article, and what of the article counts as seen.

    What another company's article gave since goes. What a person chose since stays, and is a difference if the article
    says otherwise.
    """
    ours, had, left = texts_of_product(product), kept.get("values", {}), kept.get("left", {})
    values, seen = {}, dict(kept["seen"])
    for field in OURS:
        if ours[field] == had.get(field):
            continue
        if field in had and ours[field] in (left[field], product.article_seen.get(field)):
            values[OURS[field]] = Decimal(had[field]) if field in ("price", "vat_rate") else had[field]
        else:
            seen.pop(field, None)
    return values, seen


def _with_new_article(
    product: Product, number: str, article: Article | None, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The fields that change with an article that a person chose: of the article's company, or typed for none."""
    if not number:
        return _with_article(product, product.article_company, "", {}, {}) if product.article_number else {}
    company = article.company if article else ""
    if number == product.article_in(company):
        return {}
    return _with_article(product, company, number, texts_of(article) if article else {}, values)


def _with_article(
    product: Product, company: str, number: str, seen: Mapping[str, str], values: Mapping[str, Any]
) -> dict[str, Any]:
    """The fields that give a product an article in a company; the one of another company is kept aside.

    `values` are the fields that change with it. What they are before and after is kept, too.
    """
    others = {key: kept for key, kept in product.other_articles.items() if key != company}
    if product.article_number and product.article_company != company:
        changed = copy(product)
        for name, value in values.items():
            setattr(changed, name, value)
        others[product.article_company] = {
            "number": product.article_number,
            "seen": product.article_seen,
            "values": texts_of_product(product),
            "left": texts_of_product(changed),
        }
    return {
        "article_number": number,
        "article_company": company if number else "",
        "article_seen": dict(seen),
        "other_articles": others,
    }


def _refuse_other_rate(locked: Decimal | None, vat_rate: Decimal) -> None:
    if locked is not None and locked != vat_rate:
        raise RateIsLocked(locked)


def _chosen(
    product: Product, article: Article, fields: Collection[str], shown: Mapping[str, str]
) -> Sequence[Difference]:
    """Return the differences that the person decided about, as long as they are those that were shown."""
    chosen = [found for found in differences(product, article) if found.field in fields]
    if any(shown.get(found.field) != found.now for found in chosen):
        raise ArticleChanged
    return chosen


def _hold(product: Product, version: int | None) -> None:
    """Lock and read the product again. Raises ProductChanged when it is not the version that was seen."""
    product.refresh_from_db(from_queryset=Product.objects.get_queryset().select_for_update(of=("self",)))
    if version is not None and version != product.version:
        raise ProductChanged(product)


def _locked(ids: Collection[int]) -> list[Product]:
    """Return the products, locked in one order so that two lists wait for each other and not for ever."""
    rows = Product.objects.get_queryset().select_for_update(of=("self",)).filter(pk__in=set(ids))
    found = list(rows.order_by("pk"))
    if len(found) != len(set(ids)):
        raise UnknownProducts
    return found


def _change(product: Product, changes: Mapping[str, Any], *, actor: User | None, at: datetime, action: str) -> None:
    """Store changes and write them down with what was there before."""
    before = {name: _audit_text(getattr(product, name)) for name in changes}
    after = {name: _audit_text(value) for name, value in changes.items()}
    _save(product, changes, actor, at)
    summary = translate_for_workspace(gettext_lazy("%(product)s was changed"), product=product)
    record(actor=actor, action=action, target=product, summary=summary, at=at, before=before, after=after)


def _save(product: Product, changes: Mapping[str, Any], by: User | None, at: datetime) -> None:
    """Store fields as a new version, counted by the database."""
    for name, value in changes.items():
        setattr(product, name, value)
    seen: int = product.version
    product.version, product.changed_by, product.changed_at = models.F("version") + 1, by, at
    product.save(update_fields=[*changes, "version", "changed_by", "changed_at"])
    product.version = seen + 1


def _audit_text(value: object) -> Any:
    if value is None:
        return ""
    return dict(value) if isinstance(value, dict) else str(value)
