"""Products: made, changed, archived, and decided about when their article says something else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError, transaction
from tests.uku.conftest import AT

from uku.products.articles import OURS, Article, ArticleStatus, article_status, differences
from uku.products.models import Product, TaxRateName
from uku.products.operations import (
    ArticleChanged,
    ProductChanged,
    RateIsLocked,
    UnknownProducts,
    apply_article,
    archive_products,
    create_product,
    edit_product,
    keep_values,
    name_rate,
    restore_articles,
    restore_products,
)
from uku.workspaces.models import AuditEntry

FACTS = {"name": "Bokslut", "unit": "h", "price": Decimal("950.00"), "vat_rate": Decimal(25)}


def test_making_a_product_is_written_down(scope, owner):
    product = create_product(actor=owner, at=AT, article_number="101", **FACTS)
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.summary, entry.target) == (
        "product.create",
        "Bokslut was added",
        f"Product:{product.pk}",
    )
    assert Product.objects.values_list("name", "price", "vat_rate", "article_number").get() == (
        "Bokslut",
        Decimal("950.00"),
        Decimal(25),
        "101",
    )


@pytest.mark.parametrize("rate", ["0", "6", "25.5", "99.99"])
def test_a_rate_of_up_to_a_hundred_per_cent_is_kept_with_its_decimals(scope, owner, rate):
    product = create_product(actor=owner, at=AT, **{**FACTS, "vat_rate": Decimal(rate)})
    product.refresh_from_db()
    assert product.vat_rate == Decimal(rate)


@pytest.mark.parametrize("rate", ["-1", "100"])
def test_a_rate_out_of_range_is_refused_and_leaves_no_line_in_the_log(scope, owner, rate):
    before = AuditEntry.objects.count()
    with pytest.raises(IntegrityError, match="uku_product_vat_rate"), transaction.atomic():
        create_product(actor=owner, at=AT, **{**FACTS, "vat_rate": Decimal(rate)})
    assert (Product.objects.count(), AuditEntry.objects.count()) == (0, before)


def test_a_price_too_large_for_its_column_is_refused(scope, owner):
    with pytest.raises(DataError, match="overflow"), transaction.atomic():
        create_product(actor=owner, at=AT, **{**FACTS, "price": Decimal(10) ** 12})


# With an article


ARTICLE = Article("101", "Bokslut", "h", Decimal(950), Decimal(25), source="Ledger article 101")


@pytest.fixture
def mapped(scope, owner):
    return create_product(actor=owner, at=AT, article_number="101", article=ARTICLE, **FACTS)


def last_entry():
    return AuditEntry.objects.latest("position")


def test_a_product_remembers_what_its_article_said(mapped):
    assert mapped.article_seen == {"description": "Bokslut", "unit": "h", "price": "950.00", "vat_rate": "25"}


def test_the_rate_is_the_articles_and_no_other_is_stored(scope, owner):
    """The lock stands in the operation, so that pages, imports and an API share it."""
    with pytest.raises(RateIsLocked) as refused:
        create_product(actor=owner, at=AT, article_number="101", article=ARTICLE, **{**FACTS, "vat_rate": Decimal(12)})
    assert (refused.value.rate, Product.objects.count()) == (Decimal(25), 0)


def test_the_rate_of_an_article_that_is_mapped_already_cannot_be_edited(mapped, owner):
    with pytest.raises(RateIsLocked):
        edit_product(product=mapped, actor=owner, at=AT, changes={"vat_rate": Decimal(6)}, article=ARTICLE)
    mapped.refresh_from_db()
    assert (mapped.vat_rate, mapped.version) == (Decimal(25), 1)


def test_an_article_whose_rate_is_not_known_leaves_the_rate_to_a_person(scope, owner):
    facts = {**FACTS, "vat_rate": Decimal(6)}
    unread = replace(ARTICLE, vat_rate=None)
    product = create_product(actor=owner, at=AT, article_number="101", article=unread, **facts)
    assert (product.vat_rate, "vat_rate" in product.article_seen) == (Decimal(6), False)


def test_an_edit_is_written_down_with_before_and_after(mapped, owner):
    changes = {"name": "Årsbokslut", "price": Decimal("990.00")}
    edit_product(product=mapped, actor=owner, at=AT, changes=changes, version=1, article=ARTICLE)
    entry = last_entry()
    assert (entry.action, entry.before, entry.after) == (
        "product.edit",
        {"name": "Bokslut", "price": "950.00"},
        {"name": "Årsbokslut", "price": "990.00"},
    )
    assert (mapped.version, mapped.changed_by, mapped.article_seen["price"]) == (2, owner, "950.00")


def test_an_edit_that_changes_nothing_is_no_new_version(mapped, owner):
    before = AuditEntry.objects.count()
    edit_product(product=mapped, actor=owner, at=AT, changes={"name": "Bokslut"}, version=1)
    assert (mapped.version, AuditEntry.objects.count()) == (1, before)


def test_a_version_that_is_not_the_newest_saves_nothing(mapped, owner):
    """B17."""
    edit_product(product=mapped, actor=owner, at=AT, changes={"name": "First"}, version=1)
    with pytest.raises(ProductChanged) as late:
        edit_product(product=mapped, actor=owner, at=AT, changes={"name": "Second"}, version=1)
    assert (late.value.product.name, Product.objects.get().name) == ("First", "First")


def test_another_article_brings_its_own_rate_and_is_remembered(mapped, owner):
    other = Article("102", "Lön", "st", Decimal(200), Decimal(6))
    changes = {"article_number": "102", "vat_rate": Decimal(6)}
    edit_product(product=mapped, actor=owner, at=AT, changes=changes, article=other)
    assert mapped.article_seen == {"description": "Lön", "unit": "st", "price": "200.00", "vat_rate": "6"}
    edit_product(product=mapped, actor=owner, at=AT, changes={"article_number": ""})
    assert mapped.article_seen == {}


def decide(operation, product, owner, article, fields, **seen):
    shown = {"shown": {found.field: found.now for found in differences(product, article)}, "version": product.version}
    return operation(product=product, article=article, fields=fields, actor=owner, at=AT, **{**shown, **seen})


DEARER = replace(ARTICLE, price=Decimal(1000), description="Bokslut K2", vat_rate=Decimal(12))


def test_an_article_that_changes_changes_no_product(mapped):
    """Never a silent price change: only a person's decision changes it."""
    assert [found.field for found in differences(mapped, DEARER)] == ["description", "price", "vat_rate"]
    mapped.refresh_from_db()
    assert (mapped.name, mapped.price, mapped.vat_rate, mapped.version) == (
        "Bokslut",
        Decimal("950.00"),
        Decimal(25),
        1,
    )


def test_one_field_is_taken_over_and_the_others_wait(mapped, owner):
    assert decide(apply_article, mapped, owner, DEARER, ["price"]) == ["price"]
    assert (mapped.price, mapped.name) == (Decimal(1000), "Bokslut")
    assert [found.field for found in differences(mapped, DEARER)] == ["description", "vat_rate"]
    entry = last_entry()
    assert (entry.action, entry.before["price"], entry.after["price"]) == ("product.take_over", "950.00", "1000")


def test_all_fields_are_taken_over_at_once(mapped, owner):
    decide(apply_article, mapped, owner, DEARER, OURS)
    mapped.refresh_from_db()
    assert (mapped.name, mapped.price, mapped.vat_rate) == ("Bokslut K2", Decimal(1000), Decimal(12))
    assert differences(mapped, DEARER) == []


def test_what_is_kept_is_not_shown_again_until_the_article_changes_again(mapped, owner):
    assert decide(keep_values, mapped, owner, DEARER, OURS) == ["name", "price"]
    assert (mapped.name, mapped.price) == ("Bokslut", Decimal("950.00"))
    assert [found.field for found in differences(mapped, DEARER)] == ["vat_rate"]
    again = replace(DEARER, price=Decimal(1100))
    assert [(found.field, found.seen) for found in differences(mapped, again)] == [
        ("price", "1000.00"),
        ("vat_rate", "25"),
    ]
    assert last_entry().action == "product.keep"


@pytest.mark.parametrize("operation", [apply_article, keep_values])
def test_a_decision_about_what_the_article_no_longer_says_does_nothing(mapped, owner, operation):
    """B17: the price changed once more between the page and the press."""
    before = AuditEntry.objects.count()
    with pytest.raises(ArticleChanged):
        decide(operation, mapped, owner, DEARER, ["price"], shown={"price": "970.00"})
    with pytest.raises(ProductChanged):
        decide(operation, mapped, owner, DEARER, ["price"], version=7)
    mapped.refresh_from_db()
    assert (mapped.price, mapped.version, AuditEntry.objects.count()) == (Decimal("950.00"), 1, before)


@pytest.mark.parametrize("operation", [apply_article, keep_values])
def test_a_decision_about_nothing_writes_nothing(mapped, owner, operation):
    before = AuditEntry.objects.count()
    assert decide(operation, mapped, owner, ARTICLE, OURS) == []
    assert (mapped.version, AuditEntry.objects.count()) == (1, before)


def test_one_article_serves_several_products_that_are_decided_about_apart(mapped, scope, owner):
    second = create_product(actor=owner, at=AT, article_number="101", article=ARTICLE, **FACTS)
    decide(apply_article, mapped, owner, DEARER, ["price"])
    assert [found.field for found in differences(second, DEARER)] == ["description", "price", "vat_rate"]


# Articles of two companies


OF_A = replace(ARTICLE, company="1")
OF_B = Article("7", "Ny tjänst", "st", Decimal(1800), Decimal(6), source="Ledger article 7", company="2")
OWN = {"name": "Löpande bokslut", "unit": "h", "price": Decimal("1100.00"), "vat_rate": Decimal(25)}
ARTICLE_OF_B = {
    "article_number": "7",
    "name": "Ny tjänst",
    "unit": "st",
    "price": Decimal(1800),
    "vat_rate": Decimal(6),
}


@pytest.fixture
def moved(scope, owner):
    """A product with a name and a price of the firm's own, which takes another company's article and what that says."""
    product = create_product(actor=owner, at=AT, article_number="101", article=OF_A, **OWN)
    return edit_product(product=product, actor=owner, at=AT, changes=ARTICLE_OF_B, article=OF_B)


def restored(product, company):
    assert restore_articles(company=company, at=AT) == 1
    product.refresh_from_db()
    return {name: getattr(product, name) for name in OWN}


def test_with_its_article_a_product_gets_back_what_it_had_with_it(moved):
    assert restored(moved, "1") == OWN
    assert (moved.article_number, article_status(moved, OF_A, "1")) == ("101", ArticleStatus.SAME)
    entry = last_entry()
    assert (entry.actor, entry.before["price"], entry.after["price"]) == (None, "1800.00", "1100.00")


def test_each_company_gets_back_its_own_as_often_as_it_is_connected(moved):
    for _ in range(2):
        assert restored(moved, "1") == OWN
        assert restored(moved, "2") == {name: ARTICLE_OF_B[name] for name in OWN}
        assert article_status(moved, OF_B, "2") == ArticleStatus.SAME


def test_what_a_person_chose_since_stays_and_shows_as_a_difference(moved, owner):
    edit_product(product=moved, actor=owner, at=AT, changes={"price": Decimal(1300)}, article=OF_B)
    assert restored(moved, "1") == {**OWN, "price": Decimal(1300)}
    assert [(found.field, found.ours, found.now) for found in differences(moved, OF_A)] == [
        ("price", "1300.00", "950.00")
    ]
    assert article_status(moved, OF_A, "1") == ArticleStatus.DIFFERS


def test_what_was_taken_over_from_the_other_article_later_does_not_stay(moved, owner):
    decide(apply_article, moved, owner, replace(OF_B, price=Decimal(2000)), ["price"])
    assert moved.price == Decimal(2000)
    assert restored(moved, "1") == OWN


def test_an_article_that_was_kept_without_values_is_compared_with_the_product(moved):
    others = {"1": {"number": "101", "seen": moved.other_articles["1"]["seen"]}}
    Product.objects.filter(pk=moved.pk).update(other_articles=others)
    assert restored(moved, "1") == {name: ARTICLE_OF_B[name] for name in OWN}
    assert [found.field for found in differences(moved, OF_A)] == list(OURS)


# The name of a rate


def test_a_rate_is_named_and_the_name_is_written_down(scope, owner):
    name_rate(rate=Decimal(25), name="Moms 25 %", actor=owner, at=AT)
    name_rate(rate=Decimal("25.00"), name="Moms", actor=owner, at=AT)
    assert list(TaxRateName.objects.values_list("rate", "name")) == [(Decimal(25), "Moms")]
    entry = last_entry()
    assert (entry.action, entry.before, entry.after) == (
        "product.rate_name",
        {"name": "Moms 25 %"},
        {"name": "Moms"},
    )
    before = AuditEntry.objects.count()
    name_rate(rate=Decimal(25), name="Moms", actor=owner, at=AT)
    assert AuditEntry.objects.count() == before


# Archiving


def test_archiving_and_restoring_are_written_down_once(mapped, owner):
    assert [archive_products(ids=[mapped.pk], actor=owner, at=AT) for _ in range(2)] == [1, 0]
    assert [restore_products(ids=[mapped.pk], actor=owner, at=AT) for _ in range(2)] == [1, 0]
    actions = AuditEntry.objects.filter(action__startswith="product.").order_by("position")
    assert list(actions.values_list("action", flat=True)) == ["product.create", "product.archive", "product.restore"]


def test_a_foreign_product_refuses_the_whole_list(mapped, owner):
    """B01."""
    with pytest.raises(UnknownProducts):
        archive_products(ids=[mapped.pk, mapped.pk + 1000], actor=owner, at=AT)
    mapped.refresh_from_db()
    assert mapped.archived_at is None
