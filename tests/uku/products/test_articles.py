"""What an article says otherwise than its product: a change of its own shows, a choice of the firm's does not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest

from uku.products.articles import (
    Article,
    ArticleStatus,
    article_status,
    differences,
    known_rate,
    locked_rate,
    rate_text,
    texts_of,
)

ARTICLE = Article("12", "Bokföring", "h", Decimal(950), Decimal(25), source="Ledger article 12")
OTHER = Article("13", "Bokslut", "st", Decimal(18500), Decimal(12))


def product(**facts):
    given = {
        "article_number": "12",
        "article_company": "",
        "article_seen": texts_of(ARTICLE),
        "name": "Bokföring",
        "unit": "h",
        "price": Decimal("950.00"),
        "vat_rate": Decimal("25.00"),
    }
    return SimpleNamespace(**{**given, **facts})


def told(product, article):
    return [(found.field, found.seen, found.ours, found.now) for found in differences(product, article)]


def test_what_was_seen_and_did_not_change_is_no_difference():
    assert told(product(), ARTICLE) == []
    assert article_status(product(), ARTICLE) == ArticleStatus.SAME


def test_a_name_and_a_price_of_the_firms_own_are_no_difference():
    ours = product(name="Löpande bokföring", price=Decimal("1100.00"), unit="tim")
    assert told(ours, ARTICLE) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"description": "Redovisning"}, ("description", "Bokföring", "Löpande bokföring", "Redovisning")),
        ({"unit": "st"}, ("unit", "h", "tim", "st")),
        ({"unit": ""}, ("unit", "h", "tim", "")),
        ({"price": Decimal(1000)}, ("price", "950.00", "1100.00", "1000.00")),
        ({"price": None}, ("price", "950.00", "1100.00", "")),
        ({"vat_rate": Decimal("25.5")}, ("vat_rate", "25", "25", "25.5")),
    ],
)
def test_each_change_of_the_article_shows_old_ours_and_new(change, found):
    ours = product(name="Löpande bokföring", price=Decimal("1100.00"), unit="tim")
    assert told(ours, replace(ARTICLE, **change)) == [found]
    assert article_status(ours, replace(ARTICLE, **change)) == ArticleStatus.DIFFERS


def test_a_change_to_what_the_product_says_already_is_no_difference():
    assert told(product(price=Decimal("1000.00")), replace(ARTICLE, price=Decimal(1000))) == []


def test_a_rate_is_a_difference_whatever_was_seen_since_no_invoice_would_go_out():
    assert told(product(vat_rate=Decimal(12)), ARTICLE) == [("vat_rate", "25", "12", "25")]


def test_a_product_that_nobody_compared_yet_is_compared_with_what_it_says_itself():
    assert told(product(article_seen={}), ARTICLE) == []
    assert told(product(article_seen={}, price=Decimal("900.00")), ARTICLE) == [("price", "900.00", "900.00", "950.00")]


def test_a_rate_that_is_not_read_yet_is_no_difference_and_locks_nothing():
    unread = replace(ARTICLE, vat_rate=None)
    assert told(product(vat_rate=Decimal(12)), unread) == []
    assert "vat_rate" not in texts_of(unread)
    assert locked_rate(unread) is None


def test_an_inactive_article_and_one_that_is_gone_are_told_apart():
    assert article_status(product(), replace(ARTICLE, active=False, price=Decimal(1))) == ArticleStatus.INACTIVE
    assert article_status(product(), None) == ArticleStatus.GONE


def test_what_a_product_cannot_have_can_only_be_kept_and_a_rate_only_be_taken():
    now = replace(ARTICLE, description="", price=None, unit="", vat_rate=Decimal(6))
    found = {each.field: (each.can_be_taken, each.can_be_kept) for each in differences(product(), now)}
    assert found == {
        "description": (False, True),
        "unit": (True, True),
        "price": (False, True),
        "vat_rate": (True, False),
    }
    (below_zero,) = differences(product(), replace(ARTICLE, price=Decimal(-1)))
    assert below_zero.can_be_taken is False


def test_the_rate_of_a_newly_picked_article_is_locked_and_that_of_ones_own_stays_until_it_is_taken_over():
    assert locked_rate(None) is None
    assert locked_rate(OTHER) == Decimal(12)
    assert locked_rate(OTHER, product()) == Decimal(12)
    changed = replace(ARTICLE, vat_rate=Decimal(6))
    assert locked_rate(changed, product()) == Decimal("25.00")


@pytest.mark.parametrize("rate", [None, Decimal(-1), Decimal(100), Decimal("999.99")])
def test_what_is_no_rate_is_treated_as_one_that_is_not_known(rate):
    assert known_rate(replace(ARTICLE, vat_rate=rate)) is None


@pytest.mark.parametrize(("rate", "text"), [("25.00", "25"), ("25.50", "25.5"), ("10.00", "10"), ("0.00", "0")])
def test_a_rate_is_written_without_the_decimals_it_does_not_need(rate, text):
    assert rate_text(Decimal(rate)) == text
