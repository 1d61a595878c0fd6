"""Crediting and cancelling in Chromium: what the pages ask, what they say meanwhile, and where each button leads."""

from __future__ import annotations

import pytest
from tests.journeys.looking import look
from tests.journeys.test_invoice_numbers import drafts, page

__all__ = ["page"]
pytestmark = pytest.mark.browser


def issued(site, page):
    """The page of an invoice that is issued, and in Fortnox and booked."""
    (draft,) = site.within(drafts)
    site.open(page, f"/billing/{draft}/")
    page.get_by_role("button", name="Issue", exact=True).click()
    page.get_by_text("Waiting for number from Fortnox").first.wait_for()
    return draft


def test_an_invoice_is_credited_in_part_and_then_wholly(site, page):
    found = {}
    draft = issued(site, page)
    site.work()
    page.get_by_text("booked").first.wait_for()
    page.get_by_role("link", name="Credit", exact=True).click()
    page.get_by_label("Quantity to credit").first.fill("1")
    page.get_by_role("button", name="Recalculate").click()
    page.get_by_text("The client then still owes 1,187.00").wait_for()
    found["credit"] = look(page, "credit")
    page.get_by_role("button", name="Issue credit note").click()
    page.get_by_text("The credit note is issued.").wait_for()
    found["waiting"] = look(page, "credit-note-waiting")
    site.work()
    page.get_by_text("Set off").first.wait_for()
    found["note"] = look(page, "credit-note")
    page.locator("#invoice-state").get_by_role("link", name="Invoice").click()
    page.get_by_text("Credited 1,188.00 of 2,375.00").first.wait_for()
    found["part"] = look(page, "credited-in-part")
    site.open(page, f"/billing/{draft}/credit/")
    page.get_by_text("not tied to the invoice").wait_for()
    page.get_by_role("button", name="Issue credit note").click()
    page.get_by_text("The credit note is issued.").wait_for()
    site.work()
    page.get_by_text("not tied").first.wait_for()
    found["untied"] = look(page, "credit-note-untied")
    site.open(page, "/billing/")
    found["list"] = look(page, "credit-list")
    assert {name: each for name, each in found.items() if each} == {}


def test_an_invoice_that_waits_is_cancelled_and_stays_in_the_list(site, page):
    issued(site, page)
    page.get_by_role("link", name="Cancel invoice").click()
    page.wait_for_url("**/cancel/")
    found = {"cancel": look(page, "cancel")}
    page.get_by_role("button", name="Cancel invoice").click()
    page.get_by_text("The invoice is cancelled.").wait_for()
    page.get_by_text("Not sent: cancelled").first.wait_for()
    found["cancelled"] = look(page, "cancelled")
    assert {name: each for name, each in found.items() if each} == {}
