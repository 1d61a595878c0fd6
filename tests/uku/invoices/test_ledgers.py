"""A number and its OCR stand for one invoice: in each ledger, and a number from Uku in the whole workspace."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction
from tests.uku.conftest import AT, make_user, make_workspace
from tests.uku.invoices.conftest import make_client, make_draft

from uku.invoices.models import Invoice, Numbering
from uku.invoices.numbers import first_number_beyond
from uku.invoices.operations import NumberTaken, accept_number, issue_invoice
from uku.kit.scoping import workspace_in_force

OWN = "900000001"


@pytest.fixture
def issue(owner, client):
    def go(ledger: str = ""):
        invoice = issue_invoice(
            invoice=make_draft(owner, client),
            actor=owner,
            at=AT,
            numbering=Numbering.ACCOUNTING if ledger else Numbering.OWN,
        )
        Invoice.objects.filter(pk=invoice.pk).update(ledger=ledger)
        invoice.refresh_from_db()
        return invoice

    return go


def give(invoice, number: str, ocr: str = "") -> str:
    with transaction.atomic():
        accept_number(invoice=invoice, number=number, ocr=ocr, figures=invoice.totals, at=AT)
    invoice.refresh_from_db()
    return str(invoice.number)


def test_two_ledgers_may_have_the_same_number_and_one_may_not(issue):
    assert [give(issue(ledger), "1", "133") for ledger in ("556001", "556002")] == ["1", "1"]
    for number, ocr in (("1", ""), ("2", "133")):
        with pytest.raises(NumberTaken, match=f"^{number}$"):
            give(issue("556001"), number, ocr)


@pytest.mark.parametrize(("number", "ocr"), [(OWN, ""), ("5", "90000000118")])
def test_a_number_and_an_ocr_from_uku_are_given_by_no_ledger(issue, number, ocr):
    issue()
    waiting = issue("556001")
    with pytest.raises(NumberTaken):
        give(waiting, number, ocr)
    waiting.refresh_from_db()
    assert waiting.number == ""


def test_the_database_gives_no_invoice_a_number_from_uku_that_a_ledger_gave(issue):
    give(issue("556001"), "7", "729")
    own = issue()
    for values in ({"number": "7"}, {"ocr": "729"}):
        with pytest.raises(IntegrityError, match="uku_invoice_own_number"), transaction.atomic():
            Invoice.objects.filter(pk=own.pk).update(**values)


@pytest.mark.parametrize(
    ("number", "beyond"),
    [
        ("1", None),
        ("900000000", None),
        (OWN, 900_100_001),
        ("900099999", 900_100_001),
        ("900100000", 900_200_001),
        ("1000000000", None),
        ("x900000001", None),
    ],
)
def test_our_series_leaves_a_block_to_whoever_has_a_number_in_it(number, beyond):
    assert first_number_beyond(number) == beyond


def test_a_number_from_uku_is_above_every_number_known_in_its_range(issue):
    numbers = [issue().number, give(issue("556001"), "900000500"), issue().number, issue().number]
    assert numbers == [OWN, "900000500", "900100001", "900100002"]


def test_a_number_whose_ocr_is_taken_is_left_out(issue):
    give(issue("556001"), "5", "90000000118")
    assert issue().number == "900000002"


def test_of_two_that_take_one_number_at_once_one_gets_it(committed):
    owner = make_user("owner@byran.example")
    workspace = make_workspace("byran", owner)
    with workspace_in_force(workspace.pk):
        client = make_client(owner)
        rows = [make_draft(owner, client) for _ in range(8)]
        waiting = [issue_invoice(invoice=row, actor=owner, at=AT, numbering=Numbering.ACCOUNTING) for row in rows]
        for position, invoice in enumerate(waiting):  # own and others, alternately
            numbering = Numbering.ACCOUNTING if position % 2 else Numbering.OWN
            ledger = f"55600{position}" if position % 2 else ""
            Invoice.objects.filter(pk=invoice.pk).update(numbering=numbering, ledger=ledger)

    def take(invoice) -> bool:
        try:
            with workspace_in_force(workspace.pk):
                accept_number(invoice=invoice, number="900000077", ocr="", figures=invoice.totals, at=AT)
        except NumberTaken:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(take, waiting))
    with workspace_in_force(workspace.pk):
        ledgers = Invoice.objects.filter(number="900000077").values_list("ledger", flat=True)
        assert (sum(won), "" not in ledgers or len(ledgers) == 1) == (len(ledgers), True)
