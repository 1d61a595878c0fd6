"""The way through the whole service works under both profiles."""

import pytest


@pytest.mark.parametrize("profile", ["friendly", "pessimistic"])
def test_from_consent_to_paid_under_both_profiles(new_client, profile):
    new_client.switch(profile=profile)
    tokens = new_client.connect()
    new_client.post("customers", Customer={"Name": "Kund AB", "CountryCode": "SE"})
    new_client.post("articles", Article={"Description": "Sak", "Unit": "st"})
    row = {"ArticleNumber": "1", "DeliveredQuantity": "2", "Price": 100, "VAT": 25}
    number = new_client.booked(row, ExternalInvoiceReference1="UKU-1")["DocumentNumber"]
    new_client.control("clock", advance=60)
    new_client.post("invoicepayments", InvoicePayment={"InvoiceNumber": number, "Amount": 250})
    new_client.put("invoicepayments/1/bookkeep")
    found = new_client.get("invoices", externalinvoicereference1="uku-1").json["Invoices"]
    refreshed = new_client.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert [(row["DocumentNumber"], row["Balance"], row["Total"]) for row in found] == [(number, 0, 250)]
    assert refreshed.status_code == 200


def test_a_payment_may_leave_no_trace_in_lastmodified_so_a_sweep_is_needed(client):
    client.switch(profile="pessimistic", rate_limit=False)
    number = client.booked({"ArticleNumber": "1", "DeliveredQuantity": "1", "VAT": 25})["DocumentNumber"]
    client.control("clock", advance=1800)
    client.control("companies/556001/payments", invoice=number, amount="1119", date="2026-03-31")
    since = {"lastmodified": "2026-03-31 12:30"}
    changed = [
        client.get(path, **since).json["MetaInformation"]["@TotalResources"] for path in ("invoices", "invoicepayments")
    ]
    paid = [row["DocumentNumber"] for row in client.get("invoices", filter="fullypaid").json["Invoices"]]
    assert (changed, paid) == ([0, 1], [number])
