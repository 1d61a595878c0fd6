"""Recorded requests sent to the simulator in a fitting start state: the same answers come back."""

import json
from urllib.parse import urlsplit

import pytest
from tests.fortnox_sim.client_app import SHARED

KINDS = {
    "customers": ("Customers", "Customer", "CustomerNumber", "customers"),
    "articles": ("Articles", "Article", "ArticleNumber", "articles"),
    "units": ("Units", "Unit", "Code", "units"),
    "termsofpayments": ("TermsOfPayments", "TermsOfPayment", "Code", "terms"),
}


def recorded(name):
    path = SHARED / "recorded" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))["interactions"] if path.exists() else []


INTERACTIONS = [(kind, interaction) for kind in KINDS for interaction in recorded(kind)]
ERRORS = [one for one in recorded("errors") if any(f"/3/{kind}" in one["url"] for kind in KINDS)]


def remember(company, kind, record):
    """Store what an answer showed, as the company had it."""
    _, _, key, table = KINDS[kind]
    hidden = {"@url", "VAT", "DisposableQuantity", "StockValue", "ReservedQuantity", "Country", "Phone"}
    numbers = {"QuantityInStock", "PurchasePrice"}
    kept = {k: v for k, v in record.items() if k not in hidden | numbers and v is not None}
    if kind == "customers":
        kept = {k: v for k, v in kept.items() if v != ""} | ({"Phone1": record["Phone"]} if record.get("Phone") else {})
    before = company.table(table).get(record[key]) or {}
    company.put(table, record[key], {**before, **kept})


def prepare(client, kind, interaction):
    """Bring the company into the state the recording began in."""
    plural, singular, key, table = KINDS[kind]
    company = client.app.installation.company("556001")
    company.change_settings(article_sales_account=3004)
    for record in list(company.table(table).rows):
        company.remove(table, record)
    for other in (one for k, one in INTERACTIONS if k == kind and one["cassette"].endswith("/all")):
        for record in other["response_json"][plural]:
            remember(company, kind, record)
    if interaction["method"] == "POST":
        made = interaction["response_json"][singular][key]
        company.remove(table, made)
        company.set_counter(table, int(made) if made.isdigit() else 1)
    elif singular in interaction["response_json"]:
        shown = interaction["response_json"][singular]
        company.remove(table, shown[key])
        remember(
            company,
            kind,
            {**shown, "Description": "Before", "Name": "Before"} if interaction["request_json"] else shown,
        )
    client.switch(wire_era="2023-01" if "2023" in interaction["recorded_at"] else "2024-12")


def send(client, interaction, body):
    parts = urlsplit(interaction["url"])
    return client.http.open(
        f"{parts.path}?{parts.query}", method=interaction["method"], json=body or None, headers=client.headers
    )


def unmasked(interaction, expected):
    """Rebuild a request whose body the recording masks, from what its answer shows was sent."""
    if interaction["method"] != "POST":
        return None
    made = expected["Article"]
    return {"Article": {key: made[key] for key in ("Description", "QuantityInStock", "SalesAccount")}}


def named(interaction):
    return f"{interaction['method']} {interaction['cassette']}"


@pytest.mark.parametrize(("kind", "interaction"), INTERACTIONS, ids=[named(i) for _, i in INTERACTIONS])
def test_a_recorded_request_gets_the_recorded_answer(client, shared, kind, interaction):
    prepare(client, kind, interaction)
    expected = interaction["response_json"]
    answer = send(client, interaction, interaction["request_json"] or unmasked(interaction, expected))
    assert answer.status_code == interaction["status"]
    assert answer.headers.get("Location") == interaction["headers"].get("Location")
    assert (answer.json, list(answer.json)) == (expected, list(expected))
    length = interaction["headers"].get("Content-Length")
    assert length is None or len(answer.data) == int(length)


@pytest.mark.parametrize("interaction", ERRORS, ids=[named(i) for i in ERRORS])
def test_a_recorded_error_comes_back_word_for_word(client, shared, interaction):
    answer = send(client, interaction, json.loads(interaction["request"]) if interaction["request"] else None)
    assert (answer.status_code, answer.headers["Content-Type"], answer.text) == (
        interaction["status"],
        interaction["content_type"],
        interaction["response"].replace("/", "\\/") if "\\/" in answer.text else interaction["response"],
    )
