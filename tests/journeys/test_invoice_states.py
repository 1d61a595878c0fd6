"""Each row of the table of states in Chromium: how an invoice gets there, what its page says, where each button leads.

The rows are those of docs/invoice-states.md: a row without a run here fails, and so does a button that the row names
and no run presses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from tests.journeys.invoice_world import REFUSAL, InvoiceWorld
from tests.journeys.looking import look

from uku.kit import clock

pytestmark = pytest.mark.browser
PAGE = Path(__file__).parents[2] / "docs/invoice-states.md"
HEAD = "how it stands"
BUTTON, PHRASE = re.compile(r"\*\*(.+?)\*\*"), re.compile(r"(?<!\*)\*([^*]+)\*(?!\*)")


@dataclass(frozen=True)
class Row:
    """A row of the page: `says` is on the page of the invoice, `never` is not, `buttons` lead somewhere."""

    how: str
    says: tuple[str, ...]
    never: tuple[str, ...]
    buttons: tuple[str, ...]
    has_none: bool


def read_rows() -> list[Row]:
    rows, reads = [], False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")] if line.startswith("|") else []
        reads = bool(cells) and (reads or cells[0] == HEAD)
        if not reads or cells[0] == HEAD or set(line) <= {"|", "-"}:
            continue
        says, buttons = cells[1].replace("\\|", "|"), cells[2]
        never = tuple(re.findall(r"never \*([^*]+)\*", says)) + tuple(re.findall(r"without \*\*(.+?)\*\*", buttons))
        rows.append(
            Row(
                cells[0],
                tuple(each for each in PHRASE.findall(says) if each not in never),
                never,
                tuple(each for each in BUTTON.findall(buttons) if each not in never),
                buttons.startswith("none"),
            )
        )
    return rows


@dataclass(frozen=True)
class Scene:
    """One way to stand in a row; `reach` leaves the page open. `leads` tells what is there after each button."""

    reach: Callable[[InvoiceWorld], object]
    leads: Mapping[str, str] = field(default_factory=dict)


def at(reach: Callable[[InvoiceWorld], int], path: str = "") -> Callable[[InvoiceWorld], object]:
    return lambda world: world.open(reach(world), path)


# How an invoice gets there


def an_empty_draft_after_another_invoice(world: InvoiceWorld) -> int:
    from uku.invoices.models import InvoiceRow

    world.sent()
    pk = world.draft()
    world.within(lambda _owner: InvoiceRow.objects.filter(invoice=pk).delete())
    return pk


def a_members_draft(world: InvoiceWorld) -> None:
    pk = world.draft()
    world.page = world.member
    world.open(pk)


def changed_in_another_tab(world: InvoiceWorld) -> None:
    from django.db.models import F

    pk = world.draft()
    world.open(pk)
    world.change(pk, version=F("version") + 1)
    world.press("Save draft")
    world.await_words("changed after you opened it")


def handed_over(world: InvoiceWorld) -> None:
    a_members_draft(world)
    world.press("Hand over for approval")
    world.await_words("handed this draft over")
    path = world.page.url
    world.page = world.owner
    world.page.goto(path)
    world.page.fill("[name=remark]", "The period is wrong")


def once_numbered(world: InvoiceWorld) -> int:
    from uku.invoices.models import Invoice
    from uku.invoices.operations import reopen_invoice

    pk = world.issued(numbering="own")
    world.within(lambda owner: reopen_invoice(invoice=Invoice.objects.get(pk=pk), actor=owner, at=clock.now()))
    return pk


def being_sent(world: InvoiceWorld) -> int:
    pk = world.issued()
    world.change_export(pk, state="sending", lease_until=clock.real_now() + timedelta(minutes=5))
    return pk


def held(world: InvoiceWorld) -> int:
    from uku.integrations.fortnox.models import Connection

    pk = world.issued()
    world.within(lambda _owner: Connection.objects.update(enabled=False))
    return pk


def refused(world: InvoiceWorld) -> int:
    world.fortnox.fault(method="POST", path="/3/invoices", status=400, body=REFUSAL)
    return world.sent()


def not_valid(world: InvoiceWorld) -> int:
    from uku.integrations.fortnox.models import CustomerRecord

    pk = world.issued()
    linked = world.within(lambda _owner: CustomerRecord.objects.exclude(client=None).order_by("pk").first())
    world.within(lambda _owner: CustomerRecord.objects.filter(pk=linked.pk).update(client=None))
    world.work()
    world.within(lambda _owner: CustomerRecord.objects.filter(pk=linked.pk).update(client=linked.client_id))
    return pk


def customer_not_confirmed(world: InvoiceWorld) -> int:
    world.fortnox.fault(method="POST", path="/3/customers", action="drop", phase="P2")
    pk = world.issued_to_new_client("Ny Kund AB")
    world.work()
    return pk


def customer_may_exist(world: InvoiceWorld) -> int:
    world.fortnox.customer(Name="Gran Bygg AB", OrganisationNumber="455000-0014")
    pk = world.issued_to_new_client("Gran Bygg AB", organisation_number="455000-0014")
    world.work()
    return pk


def customer_refused(world: InvoiceWorld) -> int:
    world.fortnox.fault(method="POST", path="/3/customers", status=400, body=REFUSAL)
    pk = world.issued_to_new_client("Tall Bygg AB")
    world.work()
    return pk


def not_found_for_long(world: InvoiceWorld) -> int:
    pk = world.lost()
    world.let_pass(pk, minutes=20)
    return pk


def not_bookable(world: InvoiceWorld) -> int:
    world.fortnox.set_company(locked_period=world.days_ago(0).isoformat())
    return world.sent()


def long_unbooked(world: InvoiceWorld) -> int:
    pk = world.unbooked()
    world.let_pass(pk, days=3.1)
    return pk


def differing(world: InvoiceWorld) -> int:
    world.fortnox.set_company(rounding=False)
    return world.sent(price="0.70", quantity="1")


def with_a_cut_rate(world: InvoiceWorld) -> int:
    from uku.integrations.fortnox.models import ArticleRecord

    world.fortnox.switch(decimal_vat="truncate")
    world.within(lambda _owner: ArticleRecord.objects.update(vat_rate="25.5"))
    pk = world.sent(rate="25.5")
    world.within(lambda _owner: ArticleRecord.objects.update(vat_rate="25"))
    return pk


def delete(world: InvoiceWorld, pk: int) -> None:
    world.fortnox.ask("DELETE", f"companies/556001/invoices/{world.number(pk)}")


def deleted_there(world: InvoiceWorld) -> int:
    pk = world.sent()
    delete(world, pk)
    world.read(pk)
    return pk


def doubled(world: InvoiceWorld) -> int:
    pk = world.sent()
    world.copy(world.number(pk))
    world.compare()
    return pk


def made_anew_there(world: InvoiceWorld) -> int:
    pk = world.sent()
    number = world.number(pk)
    world.copy(number)
    world.fortnox.ask("DELETE", f"companies/556001/invoices/{number}")
    world.compare()
    return pk


def of_another_company(world: InvoiceWorld) -> int:
    from uku.integrations.fortnox.models import Connection

    pk = world.sent()
    world.within(lambda _owner: Connection.objects.update(company_id="556002"))
    return pk


def not_cancelled(world: InvoiceWorld) -> int:
    pk = world.unbooked()
    world.cancel(pk)
    world.ask(world.number(pk), "bookkeep")
    world.work()
    return pk


def cancelled_in_fortnox(world: InvoiceWorld) -> int:
    pk = world.cancel(world.unbooked())
    world.work()
    return pk


def credited_in_part(world: InvoiceWorld) -> int:
    pk = world.sent()
    world.credited(pk, "1")
    world.work()
    return pk


def credited_and_overdue(world: InvoiceWorld) -> int:
    pk = credited_in_part(world)
    world.change(pk, due_date=world.days_ago(30))
    return pk


def credited_and_paid_in_part(world: InvoiceWorld) -> int:
    pk = credited_in_part(world)
    world.pay(pk, "500")
    return pk


def credited(world: InvoiceWorld) -> int:
    pk = world.sent()
    world.credited(pk)
    world.work()
    return pk


def credited_and_open(world: InvoiceWorld) -> int:
    world.fortnox.switch(credit_settles="never")
    pk = credited(world)
    world.read(pk)
    return pk


def to_give_back(world: InvoiceWorld) -> int:
    pk = world.sent()
    world.pay(pk, "2375")
    world.credited(pk, "1")
    world.work()
    world.read(pk)
    return pk


def note(world: InvoiceWorld, *, quantity: str | None = None, works: bool = True, **fault: object) -> int:
    """A credit note of an invoice that is booked; its `fault` is met when it is made, or changed with `on_note`."""
    pk = world.sent()
    number = int(world.number(pk))
    if fault:
        path = f"/3/invoices/{number + 1}" if fault.pop("on_note", False) else f"/3/invoices/{number}/credit"
        world.fortnox.fault(method="PUT", path=path, **fault)
    made = world.credited(pk, quantity)
    if works:
        world.work()
    return made


def note_of_what_was_deleted(world: InvoiceWorld) -> int:
    pk = world.sent()
    delete(world, pk)
    made = world.credited(pk)
    world.work()
    return made


def lost_note_of_what_was_deleted(world: InvoiceWorld) -> int:
    pk = world.sent()
    world.fortnox.fault(method="PUT", path=f"/3/invoices/{world.number(pk)}/credit", action="drop", phase="P2")
    made = world.credited(pk)
    world.work()
    delete(world, pk)
    world.let_pass(made, minutes=20)
    world.work()
    return made


def marked_and_unpaid(world: InvoiceWorld) -> int:
    pk = world.marked_paid(world.sent())
    world.work()
    return pk


def note_of_what_waits(world: InvoiceWorld) -> int:
    return world.credited(world.issued())


def note_not_set_off(world: InvoiceWorld) -> int:
    world.fortnox.switch(credit_settles="never")
    return note(world)


def second_note(world: InvoiceWorld) -> int:
    second = world.credited(credited_in_part(world))
    world.work()
    return second


def made_otherwise(world: InvoiceWorld) -> int:
    return note(world, quantity="1", on_note=True, status=400, body=REFUSAL, times=9)


def sent_there(world: InvoiceWorld) -> int:
    pk = world.sent()
    world.change_there(pk, Sent=True)
    world.read(pk)
    return pk


def delivered(way: str, *, works: bool = True, **state: object) -> Callable[[InvoiceWorld], int]:
    def reach(world: InvoiceWorld) -> int:
        pk = world.sent()
        world.deliver(pk, way)
        if works:
            world.work()
        if state:
            world.change_delivery(pk, **state)
        return pk

    return reach


def delivery_fault(path: str, way: str, **fault: object) -> Callable[[InvoiceWorld], int]:
    def reach(world: InvoiceWorld) -> int:
        pk = world.sent()
        world.fortnox.fault(path=f"/3/invoices/{world.number(pk)}/{path}", **fault)
        world.deliver(pk, way)
        world.work()
        return pk

    return reach


def with_another_ocr(world: InvoiceWorld) -> int:
    pk = world.sent()
    world.change_there(pk, OCR="70000018")
    world.read(pk)
    return pk


def differing_and_accepted(world: InvoiceWorld) -> None:
    world.open(differing(world))
    world.press("Accept the amounts")
    world.press("Send")
    world.await_words("Uku cannot send")
    world.page.get_by_label("By yourself").first.check()


def in_euro(world: InvoiceWorld) -> None:
    pk = world.issued(numbering="own")
    world.change(pk, currency="EUR")
    world.open(pk, "send/")
    world.page.fill("[name=rate]", "11.25")
    world.page.fill("[name=on]", world.days_ago(0).isoformat())


def overdue(world: InvoiceWorld) -> int:
    pk = delivered("hand")(world)
    world.change(pk, due_date=world.days_ago(60))
    return pk


def paid(world: InvoiceWorld) -> int:
    pk = world.sent()
    world.pay(pk, "2375")
    return pk


WAITS = "Waiting for number from Fortnox|In Fortnox"
DRAFT_AGAIN, DECIDE, SEND_PAGE = "The invoice is a draft again", "Is it in Fortnox", "Send invoice"
CREDIT, CANCEL = {"Credit": "Credit (the )?invoice"}, {"Cancel invoice": "Cancel (the )?invoice.*\\?"}
REMOVE_MARK = {"Remove the mark": "The mark is removed"}
RUNS: Mapping[str, tuple[Scene, ...]] = {
    "draft": (
        Scene(
            at(InvoiceWorld.draft),
            {
                "Save draft": "The draft is saved",
                "Issue": WAITS,
                "Issue and next": "New invoice",
                "Copy": "Draft invoice",
                "Delete": "Delete the draft for",
            },
        ),
        Scene(at(an_empty_draft_after_another_invoice), {"Copy rows of": "1,900.00"}),
    ),
    "draft of a member without *issue*": (Scene(a_members_draft, {"Hand over for approval": "handed this draft"}),),
    "draft that was changed in another tab": (Scene(changed_in_another_tab, {"Save draft": "The draft is saved"}),),
    "waiting for approval": (Scene(handed_over, {"Issue": WAITS, "Back to draft": "came back from approval|Draft"}),),
    "draft that was issued before and had a number from Uku": (Scene(at(once_numbered)),),
    "about to go, or going": (Scene(at(InvoiceWorld.issued)), Scene(at(being_sent))),
    "Fortnox is disabled, the plan has lapsed, the connection does not work, no worker runs": (
        Scene(at(held), {"Back to draft": DRAFT_AGAIN}),
    ),
    "its client is no customer in Fortnox, by the setting *Create the customer*": (Scene(at(customer_not_confirmed)),),
    "Fortnox has a customer that may be the client, or refused to create it": (
        Scene(at(customer_may_exist), {"Send to Fortnox": WAITS}),
        Scene(at(customer_refused), {"Back to draft": DRAFT_AGAIN}),
    ),
    "dated more than 35 days ago, or in an earlier financial year": (
        Scene(
            at(lambda world: world.issued(on=world.days_ago(36))),
            {"Send to Fortnox": "Send the invoice to", "Back to draft": DRAFT_AGAIN},
        ),
    ),
    "refused by Fortnox, or by Uku's check right before": (
        Scene(at(refused), {"Send to Fortnox": WAITS, "Back to draft": DRAFT_AGAIN}),
        Scene(at(not_valid)),
    ),
    "its number from Uku is used in Fortnox": (
        Scene(
            at(InvoiceWorld.used_number),
            {"Keep the number from Uku": "Number from Uku", "Back to draft": "is cancelled: no invoice gets it again"},
        ),
    ),
    "no clear answer": (Scene(at(InvoiceWorld.lost)),),
    "no clear answer, and ten minutes over without a complete search": (
        Scene(at(not_found_for_long), {"Decide": DECIDE}),
    ),
    "several or another invoice found, or sent twice without an answer": (
        Scene(at(InvoiceWorld.undecided), {"Decide": DECIDE, "Refresh": "Needs a decision|Not confirmed by Fortnox"}),
    ),
    "found, and cancelled there": (
        Scene(at(InvoiceWorld.cancelled_there), {"Send to Fortnox": "Send the invoice to", "Decide": DECIDE}),
    ),
    "a person says it is settled outside Uku": (Scene(at(InvoiceWorld.left), {"Decide again": DECIDE, **CANCEL}),),
    "there, and cannot be booked": (Scene(at(not_bookable), {"Book in Fortnox": "In Fortnox"}),),
    "there, and left not booked by the firm's choice, or by that for this invoice at **Issue**": (
        Scene(at(InvoiceWorld.unbooked), {"Book in Fortnox": "In Fortnox"}),
        Scene(at(long_unbooked)),
    ),
    "its amounts in Fortnox differ": (Scene(at(differing), {"Accept the amounts": "The amounts are accepted"}),),
    "Fortnox has another VAT rate on a row": (Scene(at(with_a_cut_rate), {"Book in Fortnox": "In Fortnox", **CANCEL}),),
    "there, and another invoice in Fortnox has Uku's reference": (
        Scene(at(doubled), {"Decide": "Which one is it in Fortnox"}),
        Scene(at(made_anew_there)),
    ),
    "deleted in Fortnox": (Scene(at(deleted_there), {"Refresh": "Deleted in Fortnox"}),),
    "issued, in no accounting system": (Scene(at(lambda world: world.issued(numbering="own")), {**CREDIT, **CANCEL}),),
    "waiting to be sent, held, refused": (
        Scene(at(InvoiceWorld.issued), {**CREDIT, **CANCEL}),
        Scene(at(held)),
        Scene(at(refused)),
    ),
    "its create is not confirmed": (Scene(at(InvoiceWorld.lost), {**CREDIT, **CANCEL}),),
    "needs a decision": (
        Scene(at(InvoiceWorld.undecided), {"Decide": DECIDE, "Refresh": "Needs a decision|Not confirmed", **CREDIT}),
    ),
    "in Fortnox, not booked, not sent": (Scene(at(InvoiceWorld.unbooked), {**CREDIT, **CANCEL}),),
    "in Fortnox of a company that is not connected": (Scene(at(of_another_company), CREDIT),),
    "booked, or sent to the client": (Scene(at(InvoiceWorld.sent), CREDIT),),
    "being cancelled": (Scene(at(lambda world: world.cancel(world.unbooked()))),),
    "not cancelled": (Scene(at(not_cancelled), CREDIT),),
    "cancelled": (
        Scene(at(lambda world: world.cancel(world.issued(numbering="own")))),
        Scene(at(cancelled_in_fortnox)),
        Scene(at(lambda world: world.cancel(world.issued()))),
    ),
    "credited in part, the rest is owed": (
        Scene(at(credited_in_part), CREDIT),
        Scene(at(credited_and_overdue)),
        Scene(at(credited_and_paid_in_part)),
    ),
    "net zero, both closed": (Scene(at(credited)),),
    "net zero, both open in Fortnox": (Scene(at(credited_and_open)),),
    "paid more than is owed after the credit": (Scene(at(to_give_back)),),
    "something is left to pay": (
        Scene(at(lambda world: world.issued(numbering="own")), {"Mark as paid": "Mark invoice [0-9]+ as paid\\?"}),
    ),
    "a person marked it as paid": (
        Scene(at(lambda world: world.marked_paid(world.issued(numbering="own"))), REMOVE_MARK),
    ),
    "marked as paid, and Fortnox says otherwise": (Scene(at(marked_and_unpaid), REMOVE_MARK),),
    "its invoice is not in Fortnox yet": (Scene(at(note_of_what_waits)),),
    "waiting": (Scene(at(lambda world: note(world, works=False))),),
    "not confirmed": (Scene(at(lambda world: note(world, action="drop", phase="P2"))),),
    "refused, also because the invoice could not be booked": (
        Scene(at(lambda world: note(world, status=400, body=REFUSAL)), {"Send to Fortnox": WAITS}),
    ),
    "its invoice was deleted in Fortnox": (
        Scene(at(note_of_what_was_deleted), {"Send to Fortnox": WAITS}),
        Scene(at(lost_note_of_what_was_deleted), {"Decide": DECIDE}),
    ),
    "Fortnox has another note, or has booked the whole where a part was asked for": (
        Scene(at(made_otherwise), {"Decide": DECIDE, "Refresh": "Needs a decision|Not confirmed"}),
    ),
    "made": (Scene(at(note)), Scene(at(note_not_set_off))),
    "a second note on one invoice": (Scene(at(second_note)),),
    "not sent": (Scene(at(InvoiceWorld.sent), {"Send": SEND_PAGE}),),
    "sent by somebody in Fortnox": (Scene(at(sent_there), {"Send again": SEND_PAGE}),),
    "asked for, not begun": (Scene(at(delivered("accounting", works=False)), {"Do not send": "Not sent"}),),
    "being sent": (Scene(at(delivered("accounting", works=False, state="sending"))),),
    "sent": (Scene(at(delivered("hand")), {"Send again": SEND_PAGE}),),
    "refused by the mail server or by Fortnox": (
        Scene(at(delivery_fault("email", "accounting", status=400, body=REFUSAL)), {"Send": SEND_PAGE}),
    ),
    "no answer of the mail server, a dead worker, some recipients refused": (
        Scene(
            at(delivered("uku", works=False, state="unclear")),
            {"It arrived": "Sent", "Send again": "Waiting to be sent|Sending"},
        ),
    ),
    "no answer of Fortnox": (
        Scene(
            at(delivery_fault("email", "accounting", action="drop", phase="P1")),
            {"It arrived": "Sent", "Send again": "Waiting to be sent|Sending"},
        ),
    ),
    "sent, and Fortnox refuses to mark it": (
        Scene(at(delivery_fault("externalprint", "hand", status=400, body=REFUSAL, times=9))),
    ),
    "Fortnox has another OCR number, as its invoice service gives it": (
        Scene(at(with_another_ocr), {"Send": SEND_PAGE}),
    ),
    "the amounts in Fortnox differ": (Scene(differing_and_accepted, {"Send": "The invoice is marked as sent"}),),
    "in euro with VAT, the rate unknown": (Scene(in_euro, {"Use this rate": SEND_PAGE}),),
    "overdue for the days of the setting": (Scene(at(overdue), {"Remind": "Remind of invoice"}),),
    "credited, at the invoice service, paid": (Scene(at(paid)),),
}
ROWS = read_rows()


@pytest.fixture(scope="module")
def everything(shared_site):
    return InvoiceWorld(shared_site)


@pytest.fixture
def world(everything):
    everything.put_back()
    yield everything
    everything.put_back()


def shows(world: InvoiceWorld, phrase: str) -> bool:
    """Say whether a phrase stands on the page, whatever the numbers and the company's name in it."""
    wanted = re.escape(phrase.rstrip(".")).replace("NAME", ".+").replace(":\\ ", ":?\\s+")
    wanted = re.sub(r"\d[\d,]*(\\\.\d+)?", r"[\\d,.]+", wanted)
    return re.search(wanted, world.text) is not None


def test_each_row_of_the_page_has_a_run_and_each_run_a_row():
    assert [row.how for row in ROWS] == list(RUNS)


@pytest.mark.parametrize("row", ROWS, ids=[row.how for row in ROWS])
def test_a_row_of_the_table_is_what_the_page_says_and_its_buttons_lead_where_it_says(world, row):
    scenes = RUNS[row.how]
    seen = set()
    for scene in scenes:
        for button in scene.leads or ("",):
            world.put_back()
            scene.reach(world)
            seen |= {phrase for phrase in row.says if shows(world, phrase)}
            assert [phrase for phrase in row.never if shows(world, phrase)] == []
            if row.has_none:
                assert world.page.locator(".panel__actions, .error-box__actions").count() == 0
            if button:
                world.press(button)
                world.await_words(scene.leads[button])
    assert set(row.says) - seen == set()
    assert {button for scene in scenes for button in scene.leads} == set(row.buttons)


def test_the_ocr_number_is_copied_by_the_button_beside_it(world):
    world.put_back()
    pk = world.sent()
    (ocr,) = (each["OCR"] for each in world.fortnox.invoices() if each["DocumentNumber"] == world.number(pk))
    world.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    world.open(pk)
    world.press("Copy OCR number")
    world.await_words("Copied")
    assert world.page.evaluate("navigator.clipboard.readText()") == ocr


# The page that shows both sides


def test_an_invoice_of_which_two_were_found_is_decided_with_both_sides_in_front_of_the_person(world):
    pk = world.undecided()
    ours = world.last_number()
    world.open(pk)
    found = {"panel": look(world.page, "decide-panel")}
    world.press("Decide")
    world.await_words(f"Invoice {ours} in Fortnox")
    found["page"] = look(world.page, "decide-page")
    world.page.get_by_label("Number in Fortnox").fill("77")
    world.press("Show")
    world.await_words("Fortnox has no invoice with the number 77")
    world.page.fill("#id_reason", "Typed by hand")
    world.press("Leave")
    world.await_words("Typed by hand")
    found["left"] = look(world.page, "decide-left")
    world.press("Decide again")
    world.page.get_by_role("button", name=f"Adopt {ours}", exact=True).click()
    world.await_words(f"In Fortnox {ours}")
    world.await_words("Adopted an invoice in Fortnox")
    found["adopted"] = look(world.page, "decide-adopted")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
