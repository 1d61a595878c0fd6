"""Articles as recorded."""

import pytest
from tests.fortnox_sim.client_app import refusal


def create(desk, **facts):
    return desk.post("articles", Article={"Description": "A value", **facts})


def test_a_description_is_enough(desk):
    answer = create(desk)
    made = answer.json["Article"]
    keys = ("ArticleNumber", "Type", "SalesPrice", "SalesAccount", "VAT", "EUAccount", "ConstructionAccount", "Unit")
    assert (answer.status_code, answer.headers["Location"]) == (201, "articles")
    assert [made[key] for key in keys] == ["2", "STOCK", None, 3001, 25, 3108, 0, None]


@pytest.mark.parametrize(("account", "rate"), [(3001, 25), (3002, 12), (3003, 6), (3004, 0), (1250, 0), (3106, 25)])
def test_the_rate_follows_the_vat_code_of_the_sales_account(desk, account, rate):
    assert create(desk, SalesAccount=account, VAT=99).json["Article"]["VAT"] == rate


def test_a_list_item_has_text_numbers_and_no_rate(desk):
    item = desk.get("articles").json["Articles"][0]
    keys = ("DisposableQuantity", "PurchasePrice", "SalesPrice", "QuantityInStock", "StockValue", "VAT", "Unit")
    assert [item[key] for key in keys] == ["0", "0", "895", "0", "0", None, "h"]


@pytest.mark.parametrize(("sent", "stored"), [("1.123", 1.12), ("1.125", 1.13), (-1.125, -1.13), ("7", 7)])
def test_quantities_are_rounded_half_up(desk, sent, stored):
    assert create(desk, QuantityInStock=sent).json["Article"]["QuantityInStock"] == stored


def test_a_number_with_a_slash_is_reached_encoded(desk):
    create(desk, ArticleNumber="A/1_b.2")
    assert desk.http.get("/3/articles/A%2F1_b.2", headers=desk.headers).json["Article"]["ArticleNumber"] == "A/1_b.2"


def test_a_number_can_be_chosen_once_and_never_changed(desk):
    create(desk, ArticleNumber="7")
    twice = refusal(create(desk, ArticleNumber="7"))[2]
    desk.put("articles/7", Article={"ArticleNumber": "8", "Description": "B"})
    assert (twice, desk.get("articles/7").json["Article"]["Description"]) == (2000013, "B")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"Unit": "nix"}, 2000432),
        ({"SalesAccount": 9999}, 2001304),
        ({"Description": "x" * 201}, 2000107),
        ({"Weight": "1.5"}, 2000108),
        ({"vat": 25}, 2001399),
    ],
)
def test_values_are_checked(desk, facts, code):
    assert refusal(create(desk, **facts))[2] == code


def test_a_missing_default_account_blocks_every_update(desk):
    desk.control("companies/556001/articles/1", "PATCH", PurchaseAccount=4999)
    answer = desk.put("articles/1", Article={"Description": "B"})
    assert refusal(answer)[3] == 'Inköpskonto inte uppdaterat. Kontot "4999" existerar inte. (PurchaseAccount)'


def test_a_used_article_cannot_be_deleted_but_an_unused_one_can(desk):
    create(desk)
    desk.invoice({"ArticleNumber": "1", "DeliveredQuantity": "1"})
    assert (desk.delete("articles/1").status_code, desk.delete("articles/2").status_code) == (400, 204)


def test_answers_can_look_like_the_older_recordings(desk):
    desk.switch(wire_era="2023-01")
    article = desk.get("articles/1").json["Article"]
    assert ("CommodityCode" in article, article["StockWarning"]) == (False, 0)
