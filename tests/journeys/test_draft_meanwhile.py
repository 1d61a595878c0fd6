"""A draft that stays open while something else happens: the connection goes, another company comes, it is issued."""

from __future__ import annotations

import pytest
from tests.journeys.invoice_world import InvoiceWorld
from tests.journeys.looking import look

pytestmark = pytest.mark.browser


@pytest.fixture
def world(site):
    return InvoiceWorld(site)


def change_connection(**facts):
    from uku.integrations.fortnox.models import Connection

    Connection.objects.update(**facts)


def state_of(pk):
    from uku.invoices.models import Invoice

    found = Invoice.objects.get(pk=pk)
    return found.state, found.number


def issue_from_the_open_page(world, pk):
    world.page.locator("[name=remarks]").fill("Tack för mars")
    with world.page.expect_navigation():
        world.page.locator("aside [name=then][value=issue]").click()
    return world.site.within(lambda: state_of(pk))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            {"enabled": False},
            "Nothing was issued: since you opened the page, something keeps invoices from being sent.",
        ),
        ({"sealed_tokens": ""}, "Nothing was issued: the company that gives the number has changed"),
        ({"company_id": "556999"}, "Bokföring has no article in another company yet."),
    ],
    ids=["disabled", "disconnected", "another company"],
)
def test_what_the_page_promised_of_issue_is_kept_or_nothing_is_issued(world, facts, words):
    pk = world.draft()
    world.open(pk, "edit/")
    since = world.fortnox.mark()
    world.within(lambda _owner: change_connection(**facts))
    assert issue_from_the_open_page(world, pk) == ("draft", "")
    world.await_words(words)
    assert world.page.locator("[name=remarks]").input_value() == "Tack för mars"
    assert look(world.page, f"draft-meanwhile-{len(words)}") == []
    world.work()
    assert world.fortnox.requests(since).count("POST invoices") == 0


def test_read_and_pressed_again_it_is_issued_and_waits(world):
    pk = world.draft()
    world.open(pk, "edit/")
    world.within(lambda _owner: change_connection(enabled=False))
    assert issue_from_the_open_page(world, pk) == ("draft", "")
    assert issue_from_the_open_page(world, pk) == ("created", "")
    world.await_words("Held")


def test_back_after_issue_shows_the_invoice_and_issues_no_second_one(world):
    from uku.invoices.models import Invoice

    pk = world.draft()
    world.open(pk, "edit/")
    before = world.site.within(Invoice.objects.count)
    assert issue_from_the_open_page(world, pk) == ("created", "")
    world.await_words("Waiting for number from Fortnox")
    world.page.go_back()
    world.await_words("Nothing was changed: this invoice is issued")
    assert world.page.url.endswith(f"/billing/{pk}/")
    assert world.page.locator("[name=then]").count() == 0
    assert world.site.within(Invoice.objects.count) == before
