"""Products made from many articles at once: each once, with the article's price and rate; what lacks one is named."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.uku.integrations.fortnox.browsers import texts

from uku.integrations.fortnox.models import RunKind
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.products.models import Product

ADD = "/w/byran/products/add/"


@pytest.fixture
def numbers(fortnox, connection):
    """Three articles that were imported: two whole, one without a price."""
    made = [
        fortnox.article(Description="Löpande bokföring", SalesPrice="895", Unit="h"),
        fortnox.article(Description="Momsdeklaration", SalesPrice="650", Unit="st"),
        fortnox.article(Description="Enligt offert", SalesPrice=None),
    ]
    run_sync(SyncRequest(connection, RunKind.ARTICLES))
    return made


def test_each_ticked_article_becomes_a_product_once(signed_in, owner, numbers):
    browser = signed_in(owner)
    shown = texts(browser.get(ADD))
    assert [words in shown for words in ("Löpande bokföring", "Momsdeklaration", "Enligt offert")] == [True] * 3
    for _press in range(2):
        answer = browser.post(ADD, {"article": [*numbers, numbers[0]]}, follow=True)
    made = Product.objects.order_by("name").values_list("name", "unit", "price", "vat_rate", "article_number")
    assert list(made) == [
        ("Löpande bokföring", "h", Decimal("895.00"), Decimal("25.00"), numbers[0]),
        ("Momsdeklaration", "st", Decimal("650.00"), Decimal("25.00"), numbers[1]),
    ]
    assert "Not added, because the price or the VAT rate is not known: Enligt offert." in texts(answer)
    left = texts(browser.get(ADD))
    assert ("Enligt offert" in left, "Momsdeklaration" in left) == (True, False)


@pytest.mark.parametrize("sent", [[], [""], ["999"], ["\x00"], [str(number) for number in range(21)]])
def test_what_is_no_article_or_too_many_adds_nothing(signed_in, owner, numbers, sent):
    answer = signed_in(owner).post(ADD, {"article": sent}, follow=True)
    assert (answer.status_code, Product.objects.count()) == (200, 0)


def test_a_member_adds_none(signed_in, member, numbers):
    assert signed_in(member).post(ADD, {"article": numbers}).status_code == 403
    assert Product.objects.count() == 0
