"""Types that only the recordings tell: what the simulator writes is what Fortnox was seen to write."""

from __future__ import annotations

from decimal import Decimal

import httpx2
import pytest


@pytest.fixture
def raw(sim, tokens):
    """Return the JSON of a path, amounts exact."""

    def get(path, **query):
        headers = {"Authorization": f"Bearer {tokens.access_token}"}
        answer = httpx2.get(f"{sim.address}/3/{path}", params=query, headers=headers)
        return answer.json(parse_float=Decimal)

    return get


def test_an_invoices_rows_have_texts_where_fortnox_has_them_and_the_client_reads_them_exactly(sim, fortnox, raw):
    number = fortnox.invoices.create(sim.invoice_payload()).number
    row = raw(f"invoices/{number}")["Invoice"]["InvoiceRows"][0]
    assert (row["DeliveredQuantity"], row["ContributionPercent"], row["Price"]) == ("2.5", "100", 900)
    assert fortnox.invoices.get(number).rows[0].delivered_quantity == Decimal("2.5")


def test_a_lists_currency_rate_is_text_and_an_invoices_is_a_number(sim, fortnox, raw):
    number = fortnox.invoices.create(sim.invoice_payload()).number
    assert raw("invoices")["Invoices"][0]["CurrencyRate"] == "1"
    assert raw(f"invoices/{number}")["Invoice"]["CurrencyRate"] == 1
    assert fortnox.invoices.get(number).currency_rate == 1


def test_amounts_survive_the_way_there_and_back_to_the_last_ore(sim, fortnox):
    payload = sim.invoice_payload()
    row = payload.rows[0].model_copy(update={"price": Decimal("0.07"), "delivered_quantity": Decimal(3)})
    made = fortnox.invoices.get(fortnox.invoices.create(payload.model_copy(update={"rows": (row,)})).number)
    assert (made.net, made.total_vat, made.total, made.round_off) == (
        Decimal("0.21"),
        Decimal("0.05"),
        Decimal(0),
        Decimal("-0.26"),
    )
