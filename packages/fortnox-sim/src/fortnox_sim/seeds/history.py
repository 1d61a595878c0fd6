"""Fourteen months of bookkeeping before the anchor date, written through the same rules as the API."""

import heapq
import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from fortnox_sim.api import invoice_rules, payments, vouchers
from fortnox_sim.company import Company
from fortnox_sim.fields import round2
from fortnox_sim.json_format import Record
from fortnox_sim.seeds import demo_data

MONTHS = 14
SEASON = (1.1, 1.0, 1.25, 1.05, 1.1, 1.0, 0.6, 0.8, 1.0, 1.05, 1.0, 1.15)
VAT = Decimal("1.25")
UNPAID_SHARE = 0.06
CHEAP = Decimal(500)
Event = tuple[date, int, Callable[[], None]]


def month_start(anchor: date, back: int) -> date:
    """Give the first day of the month so many months before."""
    index = anchor.year * 12 + anchor.month - 1 - back
    return date(index // 12, index % 12 + 1, 1)


def month_days(first: date, anchor: date) -> int:
    """Count the days of a month up to the anchor."""
    following = month_start(first, -1)
    return min((following - first).days, (anchor - first).days + 1)


class History:
    """Collects events month by month, then lets them happen in order of date."""

    def __init__(self, company: Company, rng: random.Random, anchor: date, scale: float) -> None:
        self.company, self.rng, self.anchor, self.scale = company, rng, anchor, scale
        self.events: list[Event] = []
        self.planned = 0
        active = [r for r in company.table("customers").values() if r.get("Active", True)]
        self.customers = sorted(active, key=lambda record: int(record["CustomerNumber"]))
        rows = company.table("articles").values()
        self.articles = [r for r in rows if r.get("Active", True) and "SalesPrice" in r]

    def write(self) -> None:
        """Make all events and carry them out."""
        for back in range(MONTHS - 1, -1, -1):
            self._month(month_start(self.anchor, back))
        while self.events and self.events[0][0] <= self.anchor:
            day, _, happen = heapq.heappop(self.events)
            self.company.clock.set(f"{day.isoformat()}T10:00:00")
            happen()

    def _at(self, day: date, happen: Callable[[], None]) -> None:
        """Plan an event; those of one day happen in the order they were planned."""
        self.planned += 1
        heapq.heappush(self.events, (day, self.planned, happen))

    def _month(self, first: date) -> None:
        days = month_days(first, self.anchor)
        factor = SEASON[first.month - 1] * self.scale
        for _ in range(round(34 * factor)):
            self._invoice(first + timedelta(days=self.rng.choice((days - 1, self.rng.randrange(days)))))
        for _ in range(round(26 * factor)):
            self._expense(first + timedelta(days=self.rng.randrange(days)))
        for _ in range(round(22 * factor)):
            self._entry(first + timedelta(days=self.rng.randrange(days)))

    def _invoice(self, day: date) -> None:
        customer = self.rng.choice(self.customers)
        rows = [self._row(self.rng.choice(self.articles)) for _ in range(self.rng.choice((1, 1, 2, 3)))]
        late = self.rng.choice((-6, -3, -1, 0, 0, 0, 1, 4, 12))
        paid = self.rng.random() > UNPAID_SHARE
        body = {
            "CustomerNumber": customer["CustomerNumber"],
            "InvoiceDate": day.isoformat(),
            "InvoiceRows": rows,
        }
        self._at(day, lambda: self._issue(body, late=late, paid=paid))

    def _row(self, article: Record) -> Record:
        most = 40 if article["SalesPrice"] < CHEAP else 6
        return {
            "ArticleNumber": article["ArticleNumber"],
            "DeliveredQuantity": str(self.rng.randrange(1, most)),
        }

    def _issue(self, body: Record, *, late: int, paid: bool) -> None:
        invoice = invoice_rules.create(self.company, body)
        document = invoice["DocumentNumber"]
        invoice_rules.mark_sent(self.company, document)
        invoice_rules.bookkeep(self.company, document)
        day = max(
            date.fromisoformat(invoice["DueDate"]) + timedelta(days=late),
            date.fromisoformat(body["InvoiceDate"]),
        )
        if paid:
            self._at(day, lambda: self._pay(document))

    def _pay(self, document: str) -> None:
        payment = payments.create(self.company, {"InvoiceNumber": document, "ModeOfPayment": "BG"})
        payments.bookkeep(self.company, payment["Number"])

    def _expense(self, day: date) -> None:
        text, account, price = self.rng.choice(demo_data.EXPENSES)
        net = round2(Decimal(price) * self.rng.randrange(80, 121) / 100)
        number = str(self.rng.randrange(10_000, 99_999))
        self._at(day, lambda: self._booked("D", text, "SUPPLIERINVOICE", number, account, net))
        pay = day + timedelta(days=30 + self.rng.randrange(-3, 2))
        self._at(pay, lambda: self._booked("E", text, "SUPPLIERPAYMENT", number, account, net))

    def _booked(self, series: str, text: str, kind: str, number: str, account: int, net: Decimal) -> None:
        gross = round2(net * VAT)
        rows = [(account, net), (2641, gross - net), (2440, -gross)]
        if series == "E":
            rows = [(2440, gross), (1930, -gross)]
        vouchers.make(
            self.company,
            series=series,
            day=self.company.today().isoformat(),
            text=text,
            kind=kind,
            number=number,
            rows=rows,
        )

    def _entry(self, day: date) -> None:
        text, debit, credit, price = self.rng.choice(demo_data.ENTRIES)
        amount = round2(Decimal(price) * self.rng.randrange(90, 111) / 100)
        rows = [(debit, amount), (credit, -amount)]
        self._at(day, lambda: self._manual(text, rows))

    def _manual(self, text: str, rows: list[tuple[int, Decimal]]) -> None:
        day = self.company.today().isoformat()
        vouchers.make(self.company, series="A", day=day, text=text, kind="", number="", rows=rows)
