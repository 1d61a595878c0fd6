"""The main job, step by step, through the pages a person uses. Each step looks first whether it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from uku.clients.models import Client
from uku.demo.browser import Browser
from uku.demo.company_files import add_company_files, numbers_came, tied_clients
from uku.demo.firm import COMPANY, FORTNOX_PASSWORD, FORTNOX_USER, OWNER, PASSWORD, SLUG
from uku.demo.processes import wait_until
from uku.demo.simulator import Simulator
from uku.integrations.fortnox.models import (
    ArticleRecord,
    Connection,
    CustomerRecord,
    ExportState,
    InvoiceExport,
    RunState,
    SyncRun,
)
from uku.invoices.models import Invoice, State
from uku.kit import clock
from uku.kit.months import first_of
from uku.products.models import Product
from uku.tasks.models import Task, TaskValue

ALREADY = "already done"
TYPED_CLIENTS = 5
PRODUCTS = 4
INVOICES = 6
COUNTED = (
    "sales_invoices", "credit_invoices", "supplier_invoices", "vouchers", "vouchers_manual", "voucher_rows",
    "customer_payments", "supplier_payments", "vouchers_depreciation", "vouchers_accrual",
)  # fmt: skip
LATE_BY = timedelta(days=33)
PATIENCE = 120.0
OVERVIEW = f"/w/{SLUG}/settings/fortnox/"
CONNECT, REVIEW = f"{OVERVIEW}connect/", f"{OVERVIEW}review/"


class StepFailed(Exception):
    """A step did not come to its end; the message says which condition did not come true."""


@dataclass
class StepContext:
    """What every step works with."""

    browser: Browser
    simulator: Simulator

    @property
    def today(self) -> date:
        return clock.today("Europe/Stockholm")


def sign_in(context: StepContext) -> str:
    context.browser.open("/accounts/login/")
    context.browser.submit("/accounts/login/", login=OWNER.email, password=PASSWORD)
    return f"as {OWNER.name}, Company Owner"


def type_in_clients(context: StepContext) -> str:
    """A firm has clients before it connects: they will be matched by organisation number."""
    if Client.objects.count() >= TYPED_CLIENTS:
        return ALREADY
    known = set(Client.objects.values_list("name", flat=True))
    companies = [
        c for c in context.simulator.customers(COMPANY) if c.get("OrganisationNumber") and c.get("Active", True)
    ]
    for customer in companies[:TYPED_CLIENTS]:
        name = customer["Name"].removesuffix(" AB")
        if name not in known:
            context.browser.open(f"/w/{SLUG}/clients/new/")
            context.browser.submit("clients/new/", name=name, organisation_number=customer["OrganisationNumber"])
    return f"{TYPED_CLIENTS} clients typed in by hand"


def enable(context: StepContext) -> str:
    if Connection.objects.filter(enabled=True).exists():
        return ALREADY
    context.browser.open(OVERVIEW)
    context.browser.submit("/fortnox/enable/")
    return "Settings & Apps → Fortnox → Overview → Enable"


def choose_statistics(context: StepContext) -> str:
    connection = Connection.objects.get()
    if connection.statistics:
        return ALREADY
    context.browser.open(f"/w/{SLUG}/settings/fortnox/settings/")
    context.browser.submit(
        "/fortnox/settings/",
        title="Monthly summary",
        topic="Bookkeeping",
        first_month=first_of(first_of(context.today) - timedelta(days=1)).isoformat(),
        statistics=list(COUNTED),
    )
    return f"{len(COUNTED)} statistics, from last month on"


def authorize(context: StepContext) -> str:
    if Connection.objects.exclude(sealed_tokens="").exists():
        return ALREADY
    browser = context.browser
    browser.open(CONNECT)
    browser.submit("/fortnox/connect/authorize/")
    browser.submit("/auth/login", username=FORTNOX_USER, password=FORTNOX_PASSWORD)
    browser.submit(company=COMPANY)
    browser.submit(approve="1")
    connection = Connection.objects.get()
    if not connection.is_connected:
        raise StepFailed(f"the consent ended on {browser.url}: {browser.heading}")
    return f"connected to {connection.company_name}, database {connection.company_id}"


def import_records(_context: StepContext) -> str:
    """The import began with the callback; wait for its lists."""
    before = ALREADY + ": " if _imported() else ""
    _await("the customers and articles are imported", _imported)
    linked = CustomerRecord.objects.filter(client__isnull=False).count()
    waiting = CustomerRecord.objects.filter(client=None, active=True).count()
    articles = ArticleRecord.objects.filter(active=True).count()
    return f"{before}{linked} customers linked, {waiting} wait for a decision, {articles} articles"


def decide_first_import(context: StepContext) -> str:
    """Who matches nobody waits for a person, who makes clients for all of them; then their details are read."""
    before = ALREADY + ": " if _is_decided() and _details_read() else ""
    if not _is_decided():
        context.browser.open(REVIEW)
        context.browser.submit("/review/create-all/")
        _await("the first import is decided", _is_decided)
    _await("the linked customers' details are read", _details_read)
    linked = CustomerRecord.objects.filter(client__isnull=False).count()
    suggested = CustomerRecord.objects.filter(suggested__isnull=False).count()
    return f"{before}clients for all: {linked} customers linked, {suggested} may be a client"


def _is_decided() -> bool:
    connection = Connection.objects.get()
    return connection.first_import_of == connection.company_id


def _imported() -> bool:
    done = SyncRun.objects.filter(kind__in=("customers", "articles"), state=RunState.DONE)
    return done.values("kind").distinct().count() == 2  # noqa: PLR2004  # both kinds


def _details_read() -> bool:
    unread = CustomerRecord.objects.filter(client__isnull=False, active=True, detail_read_at=None)
    return not unread.exists()


def make_products(context: StepContext) -> str:
    if Product.objects.count() >= PRODUCTS:
        return ALREADY
    mapped = set(Product.objects.values_list("article_number", flat=True))
    articles = ArticleRecord.objects.filter(active=True, price__gt=0).order_by("id")
    for article in articles[:PRODUCTS]:
        if article.number not in mapped:
            context.browser.open(f"/w/{SLUG}/products/new/?article={article.number}")
            context.browser.submit("products/new/")
    return f"{PRODUCTS} products made from articles"


def draft_and_issue(context: StepContext) -> str:
    """Draft invoices and issue them. Issuing queues the export; nothing else sends it."""
    records = CustomerRecord.objects.filter(client__isnull=False, active=True, vat_type="SEVAT").exclude(address1="")
    clients = [record.client for record in records.select_related("client").order_by("id")[:INVOICES]]
    products = list(Product.objects.order_by("id"))
    made = 0
    for position, client in enumerate(clients):
        mark = f"Order {1001 + position}"
        invoice = Invoice.objects.filter(your_reference=mark).first()
        if invoice is None:
            _draft(context, position, client, products, mark)
            invoice = Invoice.objects.get(your_reference=mark)
        if not invoice.is_issued:
            context.browser.open(f"/w/{SLUG}/billing/{invoice.pk}/edit/")
            context.browser.submit(f"/billing/{invoice.pk}/edit/", then="issue")
            made += 1
    return f"{made} invoices issued" if made else ALREADY


def _draft(context: StepContext, position: int, client: Client | None, products: list[Product], mark: str) -> None:
    """The last invoice is dated so far back that its payment today is late."""
    day = context.today - (LATE_BY if position == INVOICES - 1 else timedelta())
    chosen = [products[(position + place) % len(products)] for place in range(2)]
    context.browser.open(f"/w/{SLUG}/billing/new/")
    values = {
        "client": str(client.pk if client else ""),
        "client-words": str(client or ""),
        "invoice_date": day.isoformat(),
        "your_reference": mark,
        **{f"rows-{place}-product": str(product.pk) for place, product in enumerate(chosen)},
        **{f"rows-{place}-product-words": str(product) for place, product in enumerate(chosen)},
        "rows-0-quantity": f"{position + 1},5",
        "rows-1-quantity": "1",
    }
    context.browser.submit("billing/new/", **values)


def await_exports(context: StepContext) -> str:
    """The late invoice may be dated in an earlier financial year; then it waits for a person to send it."""
    for export in InvoiceExport.objects.filter(state=ExportState.HELD):
        context.browser.open(f"/w/{SLUG}/settings/fortnox/invoices/{export.invoice_id}/send/")
        context.browser.submit("/send/")
    before = ALREADY + ": " if _all_booked() else ""
    _await("every issued invoice is in Fortnox and booked", _all_booked)
    numbers = InvoiceExport.objects.order_by("id").values_list("document_number", flat=True)
    return f"{before}{len(numbers)} in Fortnox and booked, numbers {numbers[0]} to {numbers[len(numbers) - 1]}"


def _all_booked() -> bool:
    stuck = InvoiceExport.objects.filter(state__in=(ExportState.REJECTED, ExportState.NEEDS_PERSON)).first()
    if stuck is not None:
        raise StepFailed(f"{stuck}: {stuck.state}, {stuck.error_text}")
    issued = Invoice.objects.exclude(state__in=(State.DRAFT, State.APPROVAL)).count()
    return InvoiceExport.objects.filter(state=ExportState.CONFIRMED, booked=True).count() == issued


def record_payments(context: StepContext) -> str:
    """In Fortnox: one invoice paid in full, one in part, one late."""
    paid = context.simulator.paid(COMPANY)
    invoices = {i.your_reference: i for i in Invoice.objects.exclude(number="")}
    wanted = (("Order 1001", 1), ("Order 1002", 2), (f"Order {1000 + INVOICES}", 1))
    recorded = 0
    for mark, parts in wanted:
        invoice = invoices[mark]
        if invoice.number not in paid:
            amount = (invoice.total / parts).quantize(invoice.total)
            context.simulator.pay(COMPANY, invoice.number, str(amount), context.today.isoformat())
            recorded += 1
    return f"{recorded} payments recorded in Fortnox: full, partial, late" if recorded else ALREADY


def read_back(context: StepContext) -> str:
    newest = SyncRun.objects.order_by("-id").values_list("pk", flat=True).first() or 0
    context.browser.open(OVERVIEW)
    context.browser.submit("/fortnox/sync/")
    _await("the paid status is read", lambda: _ran("payments", newest))
    _await("the statistics are counted", lambda: _ran("statistics", newest))
    paid = Invoice.objects.filter(state=State.PAID).count()
    partly = sum(0 < (i.balance or 0) < i.total for i in Invoice.objects.filter(state=State.CREATED))
    return f"{paid} paid, {partly} partly paid"


def _ran(kind: str, after: int) -> bool:
    return SyncRun.objects.filter(kind=kind, pk__gt=after, state=RunState.DONE).exists()


def summary_tasks(_context: StepContext) -> str:
    tasks = Task.objects.filter(month__isnull=False)
    if not tasks:
        raise StepFailed("no summary task was made")
    values = TaskValue.objects.filter(task=tasks.order_by("month")[0]).select_related("field").order_by("field__name")
    figures = ", ".join(f"{value.field.name} {value.value or 0:.0f}" for value in values if value.value)
    return f"{tasks.count()} made; the first: {figures}"


def company_files(context: StepContext) -> str:
    """Their numbers come when their workspaces are connected and counted."""
    added = add_company_files(context.browser, context.simulator, context.today)
    _await("the numbers of the company files are handed over", numbers_came)
    names = ", ".join(str(client) for client in tied_clients())
    return f"{names}: numbers handed over" if added else ALREADY


def _await(what: str, condition: Callable[[], bool]) -> None:
    if not wait_until(condition, seconds=PATIENCE, every=0.2):
        raise StepFailed(f"after {PATIENCE:.0f} s it is not so that {what}")


STEPS: tuple[tuple[str, Callable[[StepContext], Any]], ...] = (
    ("Sign in", sign_in),
    ("Clients typed in", type_in_clients),
    ("Enable Fortnox", enable),
    ("Choose work statistics", choose_statistics),
    ("Authorize in Fortnox", authorize),
    ("Import customers and articles", import_records),
    ("Decide the first import", decide_first_import),
    ("Make products from articles", make_products),
    ("Draft and issue invoices", draft_and_issue),
    ("Invoices pushed and booked", await_exports),
    ("Fortnox records payments", record_payments),
    ("Read paid status and statistics", read_back),
    ("Monthly summary task", summary_tasks),
    ("Company files of two clients", company_files),
)
