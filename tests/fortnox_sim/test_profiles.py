"""The way through the whole service works under both profiles."""

import pytest


@pytest.mark.parametrize("profile", ["friendly", "pessimistic"])
def test_from_consent_to_paid_under_both_profiles(stranger, profile):
    stranger.switch(profile=profile)
    tokens = stranger.connect()
    stranger.post("customers", Customer={"Name": "Kund AB", "CountryCode": "SE"})
    stranger.post("articles", Article={"Description": "Sak", "Unit": "st"})
    row = {"ArticleNumber": "1", "DeliveredQuantity": "2", "Price": 100, "VAT": 25}
    number = stranger.booked(row, ExternalInvoiceReference1="UKU-1")["DocumentNumber"]
    stranger.control("clock", advance=60)
    stranger.post("invoicepayments", InvoicePayment={"InvoiceNumber": number, "Amount": 250})
    stranger.put("invoicepayments/1/bookkeep")
    found = stranger.get("invoices", externalinvoicereference1="uku-1").json["Invoices"]
    refreshed = stranger.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert [(row["DocumentNumber"], row["Balance"], row["Total"]) for row in found] == [(number, 0, 250)]
    assert refreshed.status_code == 200


def test_a_payment_may_leave_no_trace_in_lastmodified_so_a_sweep_is_needed(desk):
    desk.switch(profile="pessimistic", rate_limit=False)
    number = desk.booked({"ArticleNumber": "1", "DeliveredQuantity": "1", "VAT": 25})["DocumentNumber"]
    desk.control("clock", advance=1800)
    desk.control("companies/556001/payments", invoice=number, amount="1119", date="2026-03-31")
    since = {"lastmodified": "2026-03-31 12:30"}
    changed = [
        desk.get(path, **since).json["MetaInformation"]["@TotalResources"] for path in ("invoices", "invoicepayments")
    ]
    paid = [row["DocumentNumber"] for row in desk.get("invoices", filter="fullypaid").json["Invoices"]]
    assert (changed, paid) == ([0, 1], [number])
