"""Issuing freezes an invoice, gives its number and tells the fact, all of it or nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from tests.uku.conftest import AT, make_user, make_workspace
from tests.uku.invoices.conftest import make_client, make_draft, rows

from uku.clients.operations import edit_client
from uku.invoices.checks import InvoiceNotReady, content_checks
from uku.invoices.documents import content_of
from uku.invoices.drafts import DraftHead, InvoiceAlreadyIssued, RowFacts, create_draft, replace_rows
from uku.invoices.models import Invoice, InvoiceRow, Numbering, State
from uku.invoices.numbers import ocr_for
from uku.invoices.operations import InvoiceIssued, issue_invoice
from uku.kit.events import subscribe
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import AuditEntry, Workspace

heard: list[InvoiceIssued] = []


class OutOfPaper(Exception):
    """The subscriber of these tests fails when the paper has run out."""


paper = {"left": True}


def listen(fact: InvoiceIssued) -> None:
    heard.append(fact)
    if not paper["left"]:
        raise OutOfPaper


@pytest.fixture(autouse=True)
def _listening():
    subscribe(InvoiceIssued, listen)
    heard.clear()
    paper["left"] = True
    yield
    paper["left"] = True


def issue(invoice, actor, numbering=Numbering.OWN):
    return issue_invoice(invoice=invoice, actor=actor, at=AT, numbering=numbering)


def actions() -> list[str]:
    return list(
        AuditEntry.objects.filter(action__startswith="invoice.").order_by("id").values_list("action", flat=True)
    )


def test_a_draft_is_added_up_and_due_by_the_clients_terms(client, owner):
    draft = make_draft(owner, client, "3500", "720", "247.75")
    draft.refresh_from_db()
    assert (draft.state, draft.due_date, draft.is_issued) == (State.DRAFT, date(2026, 4, 20), False)
    assert (draft.net, draft.vat, draft.rounding, draft.total) == (
        Decimal("4467.75"),
        Decimal("1116.94"),
        Decimal("0.31"),
        Decimal("5585.00"),
    )
    assert list(draft.rows.values_list("position", "price")) == [
        (1, Decimal(3500)),
        (2, Decimal(720)),
        (3, Decimal("247.75")),
    ]


def test_only_kronor_are_rounded_to_whole_ones(client, owner):
    edit_client(client=client, actor=owner, at=AT, changes={"currency": "EUR"})
    draft = make_draft(owner, client, "100.10")
    assert (draft.currency, draft.total, draft.rounding) == ("EUR", Decimal("125.13"), Decimal("0.00"))


def test_new_rows_take_the_place_of_the_old_ones(draft):
    replace_rows(invoice=draft, rows=rows("10", "20"))
    draft.refresh_from_db()
    assert (draft.net, draft.total) == (Decimal("30.00"), Decimal("38.00"))
    assert InvoiceRow.objects.count() == 2


def test_issuing_with_our_own_number_gives_it_its_ocr(draft, owner):
    invoice = issue(draft, owner)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.numbering, invoice.number, invoice.ocr, invoice.issued_at) == (
        State.CREATED,
        Numbering.OWN,
        "900000001",
        "90000000118",
        AT,
    )
    assert str(invoice) == "Invoice 900000001"


def test_issuing_with_the_accounting_systems_number_waits_for_it(draft, owner):
    invoice = issue(draft, owner, Numbering.ACCOUNTING)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.number, invoice.ocr) == (State.CREATED, "", "")
    assert str(invoice) == f"Invoice {invoice.reference}"


def test_issuing_tells_the_fact_once_and_writes_it_down(draft, owner, scope):
    invoice = issue(draft, owner)
    assert heard == [InvoiceIssued(scope.pk, invoice.pk, Numbering.OWN)]
    assert actions() == ["invoice.draft", "invoice.issue"]


@pytest.mark.parametrize("numbering", Numbering)
def test_what_is_written_down_names_the_number_or_else_the_client(draft, owner, client, numbering):
    issued = issue(draft, owner, numbering)
    named = f"Invoice {issued.number}" if issued.number else f"Invoice to {client}"
    assert AuditEntry.objects.get(action="invoice.issue").summary == f"{named} was issued"


def test_an_issued_invoice_is_not_issued_again_even_by_who_holds_an_old_copy(draft, owner):
    issue(draft, owner)
    with pytest.raises(InvoiceAlreadyIssued, match=f"^{draft.reference}$"):
        issue(draft, owner)
    assert (len(heard), actions()) == (1, ["invoice.draft", "invoice.issue"])


def test_the_rows_of_an_issued_invoice_are_frozen(draft, owner):
    """F20"""
    stale = Invoice.objects.get(pk=draft.pk)
    invoice = issue(draft, owner)
    for copy in (invoice, stale):
        with pytest.raises(InvoiceAlreadyIssued):
            replace_rows(invoice=copy, rows=rows("1"))
    assert list(InvoiceRow.objects.values_list("price", flat=True)) == [Decimal(1000)]


def test_the_database_holds_that_an_issued_invoice_does_not_turn_into_a_draft(issued):
    with pytest.raises(IntegrityError, match="uku_invoice_issued_once"), transaction.atomic():
        Invoice.objects.filter(pk=issued.pk).update(state=State.DRAFT)


SELLER = {
    "organisation_number": "your firm's organisation number",
    "vat_number": "your firm's VAT number",
    "address": "your firm's address",
    "city": "your firm's address",
    "registered_office": "your firm's registered office",
}
BUYER = {"name": "the client's name", "address1": "the client's address", "city": "the client's address"}


def missing(found) -> list[str]:
    return [check.sentence for check in found.value.checks]


@pytest.mark.parametrize(("field", "named"), SELLER.items())
def test_a_fact_missing_about_the_firm_is_named(draft, owner, scope, field, named):
    """L01"""
    Workspace.objects.filter(pk=scope.pk).update(**{field: ""})
    with pytest.raises(InvoiceNotReady) as found:
        issue(draft, owner)
    assert missing(found) == [f"Missing: {named}."]


@pytest.mark.parametrize(("field", "named"), BUYER.items())
def test_a_fact_missing_about_the_client_is_named(draft, owner, client, field, named):
    """L01"""
    edit_client(client=client, actor=owner, at=AT, changes={field: ""})
    with pytest.raises(InvoiceNotReady) as found:
        issue(draft, owner)
    assert missing(found) == [f"Missing: {named}."]


@pytest.mark.parametrize(
    ("vat_type", "rate", "number", "lacks"),
    [
        ("eu_reverse_charge", 0, "", True),
        ("reverse_charge", 0, "", True),
        ("eu_reverse_charge", 0, "FI20774740", False),
        ("eu_reverse_charge", 25, "", False),
        ("export", 0, "", False),
    ],
)
def test_a_buyer_who_owes_the_vat_must_have_a_vat_number(client, owner, vat_type, rate, number, lacks):
    """L09"""
    edit_client(client=client, actor=owner, at=AT, changes={"vat_type": vat_type, "vat_number": number})
    row = RowFacts("Bokslut", Decimal(1), Decimal(1000), Decimal(rate))
    draft = create_draft(actor=owner, at=AT, head=DraftHead(client, AT.date()), rows=[row])
    sentence = "Missing: the client's VAT number, which an invoice with reverse charge must tell."
    assert [check.sentence for check in content_checks(draft, list(draft.rows.all()))] == [sentence] * lacks


@pytest.mark.parametrize(("vat_type", "printed"), [("reverse_charge", "SE900102239801"), ("domestic", "")])
def test_a_persons_vat_number_is_printed_only_where_the_person_owes_the_vat(client, owner, vat_type, printed):
    """L09"""
    facts = {"vat_type": vat_type, "vat_number": "SE900102239801", "is_person": True}
    edit_client(client=client, actor=owner, at=AT, changes=facts)
    row = RowFacts("Bokslut", Decimal(1), Decimal(1000), Decimal(0))
    draft = create_draft(actor=owner, at=AT, head=DraftHead(client, AT.date()), rows=[row])
    assert content_of(draft).buyer.vat_number == printed


def test_a_total_below_zero_is_not_issued(draft, owner):
    replace_rows(invoice=draft, rows=[RowFacts("Returned", Decimal(-1), Decimal(5), Decimal(25))])
    with pytest.raises(InvoiceNotReady) as found:
        issue(draft, owner)
    assert missing(found) == ["The total is less than zero. Only a credit note can have a negative total."]


def test_everything_missing_is_named_at_once_and_the_draft_stays(client, owner, scope):
    """L01"""
    Workspace.objects.filter(pk=scope.pk).update(**dict.fromkeys(SELLER, ""))
    edit_client(client=client, actor=owner, at=AT, changes=dict.fromkeys(BUYER, ""))
    draft = create_draft(actor=owner, at=AT, head=DraftHead(client, AT.date()), rows=[])
    with pytest.raises(InvoiceNotReady) as found:
        issue(draft, owner)
    named = dict.fromkeys([*SELLER.values(), *BUYER.values()])
    assert missing(found) == [*(f"Missing: {name}." for name in named), "The invoice has no rows."]
    draft.refresh_from_db()
    assert (draft.state, draft.number, heard) == (State.DRAFT, "", [])


def test_a_row_without_a_description_is_still_a_row(client, owner):
    facts = RowFacts("", Decimal(0), Decimal(0), Decimal(0))
    draft = create_draft(actor=owner, at=AT, head=DraftHead(client, AT.date()), rows=[facts])
    assert issue(draft, owner).total == 0


@pytest.fixture
def real(committed):
    """A workspace whose commits are real, with a client."""
    actor = make_user("owner@byran.example")
    workspace = make_workspace("byran", actor)
    with workspace_in_force(workspace.pk):
        yield actor, make_client(actor)


def test_a_failing_subscriber_leaves_a_draft_without_a_number(real):
    actor, client = real
    draft = make_draft(actor, client)
    paper["left"] = False
    with pytest.raises(OutOfPaper):
        issue(draft, actor)
    draft.refresh_from_db()
    assert (draft.state, draft.number, draft.issued_at, actions()) == (State.DRAFT, "", None, ["invoice.draft"])
    paper["left"] = True
    assert issue(draft, actor).number == "900000001"


def test_200_invoices_issued_by_eight_at_once_have_200_numbers_without_a_gap(real):
    """I09, L02"""
    actor, client = real
    drafts = [make_draft(actor, client) for _ in range(200)]
    workspace_id = drafts[0].workspace_id

    def issue_share(share: list[Invoice]) -> list[tuple[str, str]]:
        with workspace_in_force(workspace_id):
            given = [issue(draft, actor) for draft in share]
        connection.close()
        return [(invoice.number, invoice.ocr) for invoice in given]

    with ThreadPoolExecutor(8) as pool:
        given = [pair for share in pool.map(issue_share, (drafts[n::8] for n in range(8))) for pair in share]
    wanted = [(str(number), ocr_for(str(number))) for number in range(900_000_001, 900_000_201)]
    assert sorted(given, key=lambda pair: int(pair[0])) == wanted
    assert Invoice.objects.exclude(number="").count() == 200


def test_a_refused_invoice_takes_no_number(real):
    """I09"""
    actor, client = real
    empty = create_draft(actor=actor, at=AT, head=DraftHead(client, AT.date()), rows=[])
    with pytest.raises(InvoiceNotReady):
        issue(empty, actor)
    assert issue(make_draft(actor, client), actor).number == "900000001"


def test_an_invoice_issued_by_two_at_once_is_issued_once(real):
    actor, client = real
    draft = make_draft(actor, client)

    def try_to_issue(_turn: int) -> str:
        try:
            with workspace_in_force(draft.workspace_id):
                return issue(draft, actor).number
        except InvoiceAlreadyIssued:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(try_to_issue, range(2))) == ["900000001", "refused"]
    assert (len(heard), actions()) == (1, ["invoice.draft", "invoice.issue"])


def test_each_workspace_counts_its_own_invoices(workspace, owner, other_workspace, stranger):
    numbers = []
    for place, actor in ((workspace, owner), (other_workspace, stranger)):
        with workspace_in_force(place.pk):
            numbers += [issue(make_draft(actor, make_client(actor)), actor).number for _ in range(2)]
    assert numbers == ["900000001", "900000002"] * 2
