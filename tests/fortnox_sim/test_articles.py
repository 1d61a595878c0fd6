"""Articles as recorded."""

import pytest
from tests.fortnox_sim.client_app import read_error


def create(client, **facts):
    return client.post("articles", Article={"Description": "A value", **facts})


def test_a_description_is_enough(client):
    answer = create(client)
    made = answer.json["Article"]
    keys = ("ArticleNumber", "Type", "SalesPrice", "SalesAccount", "VAT", "EUAccount", "ConstructionAccount", "Unit")
    assert (answer.status_code, answer.headers["Location"]) == (201, "articles")
    assert [made[key] for key in keys] == ["2", "STOCK", None, 3001, 25, 3108, 0, None]


@pytest.mark.parametrize(("account", "rate"), [(3001, 25), (3002, 12), (3003, 6), (3004, 0), (1250, 0), (3106, 25)])
def test_the_rate_follows_the_vat_code_of_the_sales_account(client, account, rate):
    assert create(client, SalesAccount=account, VAT=99).json["Article"]["VAT"] == rate


def test_a_list_item_has_text_numbers_and_no_rate(client):
    item = client.get("articles").json["Articles"][0]
    keys = ("DisposableQuantity", "PurchasePrice", "SalesPrice", "QuantityInStock", "StockValue", "VAT", "Unit")
    assert [item[key] for key in keys] == ["0", "0", "895", "0", "0", None, "h"]


@pytest.mark.parametrize(("sent", "stored"), [("1.123", 1.12), ("1.125", 1.13), (-1.125, -1.13), ("7", 7)])
def test_quantities_are_rounded_half_up(client, sent, stored):
    assert create(client, QuantityInStock=sent).json["Article"]["QuantityInStock"] == stored


def test_a_number_with_a_slash_is_reached_encoded(client):
    create(client, ArticleNumber="A/1_b.2")
    assert (
        client.http.get("/3/articles/A%2F1_b.2", headers=client.headers).json["Article"]["ArticleNumber"] == "A/1_b.2"
    )


def test_a_number_can_be_chosen_once_and_never_changed(client):
    create(client, ArticleNumber="7")
    twice = read_error(create(client, ArticleNumber="7"))[2]
    client.put("articles/7", Article={"ArticleNumber": "8", "Description": "B"})
    assert (twice, client.get("articles/7").json["Article"]["Description"]) == (2000013, "B")


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
def test_values_are_checked(client, facts, code):
    assert read_error(create(client, **facts))[2] == code


def test_a_missing_default_account_blocks_every_update(client):
    client.control("companies/556001/articles/1", "PATCH", PurchaseAccount=4999)
    answer = client.put("articles/1", Article={"Description": "B"})
    assert read_error(answer)[3] == 'Inköpskonto inte uppdaterat. Kontot "4999" existerar inte. (PurchaseAccount)'


def test_a_used_article_cannot_be_deleted_but_an_unused_one_can(client):
    create(client)
    client.invoice({"ArticleNumber": "1", "DeliveredQuantity": "1"})
    assert (client.delete("articles/1").status_code, client.delete("articles/2").status_code) == (400, 204)


def test_answers_can_look_like_the_older_recordings(client):
    client.switch(wire_era="2023-01")
    article = client.get("articles/1").json["Article"]
    assert ("CommodityCode" in article, article["StockWarning"]) == (False, 0)
