"""0 % is proposed only for reverse charge within the EU with a valid foreign VAT number, and for export."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.uku.conftest import AT
from tests.uku.invoices.conftest import make_client

from uku.clients.models import VatType
from uku.invoices.drafts import DraftHead, RowFacts, copy_invoice, create_draft
from uku.invoices.models import InvoiceRow
from uku.invoices.operations import issue_invoice
from uku.invoices.repeat import Chosen, repeat_invoices
from uku.invoices.vat_rates import TaxedBuyer, proposed_rate, repeated_rate
from uku.products.operations import create_product

NONE, OWN = Decimal(0), Decimal(25)


def buyer(vat_type, country="", vat_number="", seller="SE"):
    return TaxedBuyer(vat_type, country, vat_number, seller)


@pytest.mark.parametrize(
    ("of", "rate"),
    [
        (buyer(""), OWN),
        (buyer("domestic", "SE"), OWN),
        (buyer("eu_vat", "DE", "DE136695976"), OWN),
        (buyer("reverse_charge", "SE"), None),
        (buyer("reverse_charge", "SE", "SE556036079301"), None),
        (buyer("eu_reverse_charge", "DE", "DE 136695976"), NONE),
        (buyer("eu_reverse_charge", "GR", "EL094259216"), NONE),
        (buyer("eu_reverse_charge", "FI", "FI20774740"), NONE),
        (buyer("eu_reverse_charge", "FI", "FI20774741"), OWN),
        (buyer("eu_reverse_charge", "DE"), OWN),
        (buyer("eu_reverse_charge", "DE", "SE556036079301"), OWN),
        (buyer("eu_reverse_charge", "CH", "CHE116281710"), OWN),
        (buyer("eu_reverse_charge", "FI", "FI20774740", seller="FI"), OWN),
        (buyer("export", "NO"), NONE),
        (buyer("export"), NONE),
        (buyer("export", "DE"), OWN),
    ],
)
def test_what_is_proposed_for_a_product_follows_the_buyer(of, rate):
    assert proposed_rate(OWN, of) == rate


def test_a_product_of_0_percent_keeps_its_own_rate():
    assert proposed_rate(NONE, buyer("domestic", "SE")) == NONE


@pytest.mark.parametrize(
    ("before", "own", "of", "rate"),
    [
        (Decimal(12), OWN, buyer("domestic"), Decimal(12)),
        (Decimal(25), OWN, buyer("export", "NO"), Decimal(25)),
        (NONE, OWN, buyer("export", "NO"), NONE),
        (NONE, OWN, buyer("domestic"), OWN),
        (NONE, NONE, buyer("domestic"), NONE),
        (NONE, None, buyer("domestic"), NONE),
        (NONE, OWN, buyer("reverse_charge"), None),
        (NONE, None, buyer("reverse_charge"), None),
        (NONE, None, buyer("eu_reverse_charge", "DE"), None),
    ],
)
def test_a_row_made_again_keeps_its_rate_but_a_0_that_would_not_be_proposed(before, own, of, rate):
    assert repeated_rate(before, own, of) == rate


@pytest.fixture
def again(scope, owner):
    """The rates of rows at 0 % after the invoice is copied and repeated for a client of a VAT type."""
    facts = {"unit": "h", "price": Decimal(100), "article": None, "article_number": ""}
    product = create_product(actor=owner, at=AT, name="Bokföring", vat_rate=OWN, **facts)

    def make(vat_type, **client_facts) -> list[list[Decimal]]:
        client = make_client(owner)
        row = RowFacts("Bokföring", Decimal(1), Decimal(100), NONE, "h", product=product)
        free = RowFacts("Utlägg", Decimal(1), Decimal(50), NONE)
        head = DraftHead(client, date(2026, 2, 20))
        source = create_draft(actor=owner, at=AT, head=head, rows=[row, free])
        issue_invoice(invoice=source, actor=owner, at=AT, numbering="own")
        type(client).objects.filter(pk=client.pk).update(vat_type=vat_type, **client_facts)
        march = date(2026, 3, 20)
        copied = copy_invoice(invoice=source, actor=owner, at=AT, today=date(2026, 4, 1))
        chosen = {source.pk: Chosen({}, 0)}
        (repeated,), _ = repeat_invoices(chosen=chosen, month=march.replace(day=1), on=march, actor=owner, at=AT)
        rows = InvoiceRow.objects.order_by("position")
        return [list(rows.filter(invoice=each).values_list("vat_rate", flat=True)) for each in (copied, repeated)]

    return make


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("vat_type", "facts", "rates"),
    [
        (VatType.EXPORT, {"country": "NO"}, [NONE, NONE]),
        (VatType.DOMESTIC, {"country": "SE"}, [OWN, NONE]),
        (VatType.REVERSE_CHARGE, {"country": "SE"}, [OWN, OWN]),
        (VatType.EU_REVERSE_CHARGE, {"country": "DE", "vat_number": ""}, [OWN, OWN]),
    ],
)
def test_copies_and_repeats_make_no_0_percent_of_their_own(again, vat_type, facts, rates):
    assert again(vat_type, **facts) == [rates, rates]
