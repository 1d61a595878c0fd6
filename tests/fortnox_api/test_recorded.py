"""Real answers, recorded by others against the live API: each is read without loss, each error becomes its class.

What is here is what lies in ../shared/fortnox/recorded; further files of the same shape are taken up by themselves.
"""

import json
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest

from fortnox_api import (
    Clock,
    CustomerPayload,
    CustomerUpdate,
    Fortnox,
    FortnoxError,
    Invalid,
    NotFound,
    PaceLimiter,
    StaticAuth,
    Unavailable,
)
from fortnox_api._json import loads

FOLDER = Path(__file__).parents[3] / "shared/fortnox/recorded"
RESOURCES = {
    "accounts": "accounts",
    "articles": "articles",
    "customers": "customers",
    "financialyears": "financial_years",
    "invoicepayments": "invoice_payments",
    "invoices": "invoices",
    "predefinedvoucherseries": "predefined_voucher_series",
    "salarytransactions": "salary_transactions",
    "supplierinvoicepayments": "supplier_invoice_payments",
    "supplierinvoices": "supplier_invoices",
    "termsofpayments": "terms_of_payment",
    "units": "units",
    "vouchers": "vouchers",
    "voucherseries": "voucher_series",
}
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="shared data is not here: ../shared/fortnox/recorded")


def interactions(*, good):
    for path in sorted(FOLDER.glob("*.json")):
        for found in json.loads(path.read_text(encoding="utf-8"))["interactions"]:
            known = found["url"].split("/3/")[1].split("/")[0].split("?")[0] in RESOURCES
            if (found["status"] < 300) == good and (known or not good):
                text = found.get("response") or json.dumps(found["response_json"])
                name = f"{found['cassette']} {found['method']} {found['status']}"
                yield pytest.param(found, text.encode(), id=name)


def speak(raw, status=200):
    clock = Clock(sleep=lambda _: None)
    transport = httpx2.MockTransport(lambda _: httpx2.Response(status, content=raw))
    return Fortnox(auth=StaticAuth("t"), transport=transport, limiter=PaceLimiter(0, clock), clock=clock)


def lost(record, raw):
    """Return the keys of a recorded object whose value cannot be got back from what was read."""
    names = {field.alias: name for name, field in type(record).model_fields.items() if field.alias}
    return [
        key
        for key, value in raw.items()
        if not (same(getattr(record, names[key]), value) if key in names else (record.model_extra or {})[key] == value)
    ]


def same(ours, theirs):
    if isinstance(ours, tuple):
        return len(ours) == len(theirs) and not any(lost(*pair) for pair in zip(ours, theirs, strict=True))
    if ours in {None, ""}:
        return theirs in {None, "", "0", 0}
    if isinstance(ours, int | Decimal) and not isinstance(ours, bool):
        return ours == Decimal(str(theirs))
    return str(ours).lower() == str(theirs).lower()


@pytest.mark.parametrize(("found", "raw"), list(interactions(good=True)))
def test_a_recorded_answer_is_read_without_loss(found, raw):
    body = loads(raw)
    resource = getattr(speak(raw), RESOURCES[found["url"].split("/3/")[1].split("/")[0].split("?")[0]])
    if "MetaInformation" in body:
        page = next(resource.pages())
        rows = body[resource.plural]
        assert (page.rejects, len(page.items)) == ((), len(rows))
        assert (page.total_resources, page.total_pages) == (
            body["MetaInformation"]["@TotalResources"],
            body["MetaInformation"]["@TotalPages"],
        )
        assert [lost(item, row) for item, row in zip(page.items, rows, strict=True)] == [[] for _ in rows]
    else:
        ((_, shown),) = body.items()
        record = resource.get("A", "1") if "VoucherRows" in shown else resource.get("1")
        assert lost(record, shown) == []


# Recorded by a plugin for another company; the rest of its answer was not kept.
VOUCHERS = b"""{"MetaInformation":{"@TotalResources":164,"@TotalPages":2,"@CurrentPage":1},"Vouchers":[{"@url":
"https:\\/\\/api.fortnox.se\\/3\\/vouchers\\/A\\/1?financialyear=1","Comments":null,"Description":"K\\u00f6p","ReferenceNumber":"",
"ReferenceType":"","TransactionDate":"2026-01-31","VoucherNumber":1,"VoucherSeries":"A","Year":1,"ApprovalState":0}]}"""


def test_the_recorded_list_of_vouchers_is_read_without_loss():
    page = next(speak(VOUCHERS).vouchers.pages())
    assert (page.rejects, page.total_resources, page.total_pages) == ((), 164, 2)
    assert lost(page.items[0], loads(VOUCHERS)["Vouchers"][0]) == []


@pytest.mark.parametrize(("found", "raw"), list(interactions(good=False)))
def test_a_recorded_error_becomes_the_right_class(found, raw):
    customers = speak(raw, found["status"]).customers
    acts = {
        "GET": lambda: customers.get("1"),
        "POST": lambda: customers.create(CustomerPayload(name="A value")),
        "PUT": lambda: customers.update("1", CustomerUpdate(name="A value")),
    }
    with pytest.raises(FortnoxError) as caught:
        acts[found["method"]]()
    information = {key.lower(): value for key, value in json.loads(raw)["ErrorInformation"].items()}
    kind = Unavailable if information["code"] == 1000029 else {404: NotFound}.get(found["status"], Invalid)
    fault = caught.value
    assert (type(fault), fault.status, fault.code, fault.message) == (
        kind,
        found["status"],
        information["code"],
        information["message"],
    )


def recorded_bodies():
    for found in (param.values[0] for param in interactions(good=True)):
        # Invoices go out with everything that touches money, so a recorded bare one has no counterpart.
        if "Invoice" not in (found.get("request_json") or {"Invoice": None}):
            yield pytest.param(found["request_json"], id=f"{found['cassette']} {found['method']}")


@pytest.mark.parametrize("body", list(recorded_bodies()))
def test_a_recorded_request_can_be_sent_by_the_client(body):
    import fortnox_api

    ((wrapper, fields),) = body.items()
    payloads = [getattr(fortnox_api, f"{wrapper}{kind}", None) for kind in ("Payload", "Update")]
    sent = [json.loads(bytes_of(payload, fields)) for payload in payloads if payload and takes(payload, fields)]
    assert body in sent


def takes(payload, fields):
    known = payload.model_fields.values()
    required = {field.serialization_alias for field in known if field.is_required()}
    return required <= set(fields) <= {field.serialization_alias for field in known}


def bytes_of(payload, fields):
    names = {field.serialization_alias: name for name, field in payload.model_fields.items()}
    return payload(**{names[name]: value for name, value in fields.items()}).to_json_bytes()
