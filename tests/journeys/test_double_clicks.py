"""A second click on anything sends nothing twice: judged by the simulator's journal and the mail server's list.

Each button is pressed in three ways: by two requests at once over HTTP, by a double click, and by a double click where
no script runs.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from tests.journeys.invoice_world import InvoiceWorld
from tests.journeys.test_deliveries import mailbox

from uku.kit import clock

__all__ = ["mailbox"]
pytestmark = pytest.mark.browser
# What a button of a page would send, as the browser makes it up.
SENDS = """button => [button.form.action, [...new FormData(button.form, button)]]"""


@dataclass(frozen=True)
class Deed:
    """A button that something goes out by. `reach` opens its page, `judge` counts what went out since."""

    reach: Callable[[InvoiceWorld], Any]
    button: str
    judge: Callable[[InvoiceWorld, int, Any], int]


def requests_ending(*ends: str) -> Callable[[InvoiceWorld, int, Any], int]:
    return lambda world, since, _mails: sum(each.endswith(ends) for each in world.fortnox.requests(since))


def posts_of(path: str) -> Callable[[InvoiceWorld, int, Any], int]:
    return lambda world, since, _mails: world.fortnox.requests(since).count(path)


def mails(_world: InvoiceWorld, _since: int, mailbox: Any) -> int:
    return len(mailbox.messages)


# How a page with the button is reached


def at(pk: int, path: str = "") -> str:
    return f"/billing/{pk}/{path}"


def a_draft(world):
    return at(world.draft())


def one_to_credit(world):
    return at(world.sent(), "credit/")


def one_to_send(world):
    return at(world.sent(), "send/")


def one_that_fortnox_sends(world):
    pk = world.sent()
    world.site.within(lambda: save_way("accounting"))
    return at(pk, "send/")


def one_to_remind_of(world):
    pk = world.sent()
    now = world.within(lambda _owner: clock.now())
    world.change(pk, due_date=world.days_ago(30), state="sent", read_at=now)
    return at(pk, "remind/")


def one_to_cancel(world):
    return at(world.unbooked(), "cancel/")


def one_to_book(world):
    return at(world.unbooked())


def one_that_may_have_arrived(world):
    pk = world.sent()
    world.deliver(pk, "hand")
    world.change_delivery(pk, state="unclear", way="uku", to="post@bjork.example")
    return at(pk)


def one_to_decide_about(world):
    pk = world.undecided()
    return world.site.within(lambda: decide_page(pk))


def one_that_never_arrived(world):
    world.fortnox.fault(method="POST", path="/3/invoices", action="drop", phase="P1", times=9)
    pk = world.sent()
    for _ in range(2):
        world.look_up(pk)
    world.fortnox.heal()
    return world.site.within(lambda: decide_page(pk))


def decide_page(pk: int) -> str:
    from uku.integrations.fortnox.models import InvoiceExport

    return f"/settings/fortnox/pushes/{InvoiceExport.objects.get(invoice=pk).pk}/decide/"


def save_way(way: str) -> None:
    from uku.invoices.delivery_models import InvoiceSettings

    InvoiceSettings.objects.update_or_create(defaults={"way": way})


DEEDS = {
    "Issue": Deed(a_draft, "Issue", posts_of("POST invoices")),
    "Credit": Deed(one_to_credit, "Issue credit note", requests_ending("/credit")),
    "Send": Deed(one_to_send, "Send", mails),
    "Send from Fortnox": Deed(one_that_fortnox_sends, "Send", requests_ending("/email", "/einvoice", "/print")),
    "Remind": Deed(one_to_remind_of, "Remind", mails),
    "Cancel": Deed(one_to_cancel, "Cancel invoice", requests_ending("/cancel")),
    "Book": Deed(one_to_book, "Book in Fortnox", requests_ending("/bookkeep")),
    "Send the e-mail again": Deed(one_that_may_have_arrived, "Send again", mails),
    "Send the invoice again": Deed(one_that_never_arrived, "Send again", posts_of("POST invoices")),
    "Adopt": Deed(one_to_decide_about, "Adopt", requests_ending("/bookkeep")),
}


def press_at_once(page: Any, button: Any) -> None:
    """Send what the button sends from two threads at once, each with a connection of its own."""
    address, fields = button.evaluate(SENDS)
    place = urlsplit(address)
    cookies = "; ".join(f"{each['name']}={each['value']}" for each in page.context.cookies())
    headers = {"Cookie": cookies, "Origin": f"{place.scheme}://{place.netloc}"}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    barrier, answers = threading.Barrier(2), []

    def send() -> None:
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        connection.connect()
        barrier.wait()
        connection.request("POST", place.path, urlencode([tuple(field) for field in fields]), headers)
        answers.append(connection.getresponse().status)  # 302, or 422 and a page that says what was before
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status in answers if status >= 500] == []
    assert len(answers) == len(threads)


def double_click(page: Any, button: Any) -> None:
    """The answer to the first click is thrown away by the browser where the second one sends, too."""
    with page.expect_response(lambda response: response.request.method == "POST"):
        button.dblclick(no_wait_after=True)
    page.wait_for_load_state("networkidle")


PRESSES = {"at once": press_at_once, "double click": double_click, "double click without script": double_click}


@pytest.fixture(scope="module")
def everything(shared_site):
    return InvoiceWorld(shared_site)


@pytest.fixture
def world(everything):
    everything.put_back()
    yield everything
    everything.put_back()
    everything.site.within(lambda: save_way("uku"))


@pytest.fixture(scope="module")
def scriptless(shared_site):
    return shared_site.sign_in("owner", script=False)


@pytest.mark.parametrize("way", PRESSES)
@pytest.mark.parametrize("deed", DEEDS)
def test_a_second_click_sends_nothing_twice(world, mailbox, scriptless, deed, way):
    found = DEEDS[deed]
    path = found.reach(world)
    world.work()
    page, since = (scriptless if "without" in way else world.page), world.fortnox.mark()
    assert mailbox.messages == []
    world.site.open(page, path)
    button = page.get_by_role("button", name=found.button).first
    PRESSES[way](page, button)
    for _ in range(2):
        world.work()
    assert found.judge(world, since, mailbox) == 1
