"""Fourteen months of bookkeeping before the anchor date, written through the same rules as the API."""

import heapq
import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from fortnox_sim.api import (
    articles,
    invoice_booking,
    invoice_rules,
    payments,
    supplier_invoices,
    supplier_payments,
    vouchers,
)
from fortnox_sim.company import Company
from fortnox_sim.fields import round_to_cents
from fortnox_sim.seeds import demo_data

MONTHS = 14
SEASON = (1.1, 1.0, 1.25, 1.05, 1.1, 1.0, 0.6, 0.8, 1.0, 1.05, 1.0, 1.15)
VAT = Decimal("1.25")
UNPAID_SHARE = 0.06
CHEAP = Decimal(500)
Event = tuple[date, int, Callable[[], None]]


def find_month_start(anchor: date, back: int) -> date:
    """Give the first day of the month so many months before."""
    index = anchor.year * 12 + anchor.month - 1 - back
    return date(index // 12, index % 12 + 1, 1)


def count_month_days(first: date, anchor: date) -> int:
    """Count the days of a month up to the anchor."""
    following = find_month_start(first, -1)
    return min((following - first).days, (anchor - first).days + 1)


class History:
    """Plans events month by month, then carries them out in order of date."""

    def __init__(self, company: Company, rng: random.Random, anchor: date, scale: float) -> None:
        self.company, self.rng, self.anchor, self.scale = company, rng, anchor, scale
        self.events: list[Event] = []
        self.planned = 0
        active = [r for r in company.table("customers").values() if r.get("Active", True)]
        self.customers = sorted(active, key=lambda record: int(record["CustomerNumber"]))
        rows = company.table("articles").values()
        self.articles = [r for r in rows if r.get("Active", True) and "SalesPrice" in r]

    def write(self) -> None:
        """Plan all events and carry them out."""
        for back in range(MONTHS - 1, -1, -1):
            first = find_month_start(self.anchor, back)
            days = count_month_days(first, self.anchor)
            factor = SEASON[first.month - 1] * self.scale
            for _ in range(round(34 * factor)):
                self.plan_invoice(first + timedelta(days=self.rng.choice((days - 1, self.rng.randrange(days)))))
            for _ in range(round(26 * factor)):
                self.plan_expense(first + timedelta(days=self.rng.randrange(days)))
            for _ in range(round(22 * factor)):
                self.plan_entry(first + timedelta(days=self.rng.randrange(days)))
        while self.events and self.events[0][0] <= self.anchor:
            day, _, happen = heapq.heappop(self.events)
            self.company.clock.set(f"{day.isoformat()}T10:00:00")
            happen()

    def plan(self, day: date, happen: Callable[[], None]) -> None:
        """Plan an event; those of one day happen in the order they were planned."""
        self.planned += 1
        heapq.heappush(self.events, (day, self.planned, happen))

    def plan_invoice(self, day: date) -> None:
        """Plan an invoice that is sent and booked, and, mostly, its payment some days around the due date."""
        customer = self.rng.choice(self.customers)
        rows = []
        for _ in range(self.rng.choice((1, 1, 2, 3))):
            article = self.rng.choice(self.articles)
            quantity = self.rng.randrange(1, 40 if article["SalesPrice"] < CHEAP else 6)
            row = {"ArticleNumber": article["ArticleNumber"], "DeliveredQuantity": str(quantity)}
            if customer.get("VATType", "SEVAT") == "SEVAT":
                row["VAT"] = articles.find_vat_rate(self.company, article)
            rows.append(row)
        late = self.rng.choice((-6, -3, -1, 0, 0, 0, 1, 4, 12))
        paid = self.rng.random() > UNPAID_SHARE
        body = {
            "CustomerNumber": customer["CustomerNumber"],
            "InvoiceDate": day.isoformat(),
            "InvoiceRows": rows,
        }

        def issue() -> None:
            invoice = invoice_rules.create_invoice(self.company, body)
            document = invoice["DocumentNumber"]
            invoice_rules.mark_sent(self.company, document)
            invoice_booking.book_invoice(self.company, document)
            if paid:
                due = date.fromisoformat(invoice["DueDate"]) + timedelta(days=late)
                self.plan(max(due, day), lambda: self.pay_invoice(document))

        self.plan(day, issue)

    def pay_invoice(self, document: str) -> None:
        payment = payments.add_payment(self.company, {"InvoiceNumber": document, "ModeOfPayment": "BG"})
        payments.book_payment(self.company, payment["Number"])

    def plan_expense(self, day: date) -> None:
        """Plan a supplier's invoice and its payment, about a month later."""
        text, account, price = self.rng.choice(demo_data.EXPENSES)
        net = round_to_cents(Decimal(price) * self.rng.randrange(80, 121) / 100)
        gross = round_to_cents(net * VAT)
        number = str(self.rng.randrange(10_000, 99_999))
        pay_day = day + timedelta(days=30 + self.rng.randrange(-3, 2))
        body = {
            "SupplierNumber": str(account),
            "SupplierName": text,
            "InvoiceNumber": number,
            "InvoiceDate": day.isoformat(),
            "DueDate": pay_day.isoformat(),
            "Total": gross,
            "VAT": gross - net,
            "SupplierInvoiceRows": [
                {"Account": account, "Debit": net},
                {"Account": 2641, "Debit": gross - net, "Code": "VAT"},
                {"Account": 2440, "Credit": gross, "Code": "TOT"},
            ],
        }

        def enter() -> None:
            given = supplier_invoices.add_supplier_invoice(self.company, body)["GivenNumber"]
            supplier_invoices.book_supplier_invoice(self.company, given)
            self.plan(pay_day, lambda: self.pay_supplier(given))

        self.plan(day, enter)

    def pay_supplier(self, given: str) -> None:
        payment = supplier_payments.add_payment(self.company, {"InvoiceNumber": given, "ModeOfPayment": "BG"})
        supplier_payments.book_payment(self.company, str(payment["Number"]))

    def plan_entry(self, day: date) -> None:
        """Plan a voucher that somebody enters by hand."""
        text, debit, credit, price = self.rng.choice(demo_data.ENTRIES)
        amount = round_to_cents(Decimal(price) * self.rng.randrange(90, 111) / 100)
        rows = [(debit, amount), (credit, -amount)]
        self.plan(day, lambda: self.add_voucher(text, rows))

    def add_voucher(self, text: str, rows: vouchers.VoucherRows) -> None:
        day = self.company.today().isoformat()
        vouchers.add_voucher(self.company, series="A", day=day, text=text, kind="", number="", rows=rows)
