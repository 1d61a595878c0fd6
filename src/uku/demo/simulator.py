"""The simulated Fortnox from outside: its control interface over HTTP, and what its journal says."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx2


class Simulator:
    """Talks to `/_sim/`. The journal is the judge of the demo, not our own tables."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str) -> Any:
        return httpx2.get(f"{self.address}/_sim/{path}", timeout=30).raise_for_status().json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return httpx2.post(f"{self.address}/_sim/{path}", json=body, timeout=30).raise_for_status().json()

    def company(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"companies/{number}")
        return found

    def customers(self, number: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"companies/{number}/customers")
        return found

    def paid(self, number: str) -> set[str]:
        """Return the numbers of the invoices that have a payment."""
        return {str(payment["InvoiceNumber"]) for payment in self.get(f"companies/{number}/payments")}

    def pay(self, number: str, invoice: str, amount: str, date: str) -> None:
        self.post(f"companies/{number}/payments", {"invoice": invoice, "amount": amount, "date": date, "book": True})

    def journal(self, number: str | None = None) -> list[dict[str, Any]]:
        path = "journal" if number is None else f"journal?company={number}"
        entries: list[dict[str, Any]] = self.get(path)["entries"]
        return entries

    def creates_by_reference(self, number: str) -> Counter[str]:
        """Count the committed invoice creates by the reference they carry."""
        commits = (e for e in self.journal(number) if e["kind"] == "commit" and e.get("action") == "invoice.create")
        return Counter(entry["reference"] for entry in commits if entry.get("reference"))

    def requests_used(self) -> int:
        return sum(e["kind"] == "request" and e["path"].startswith("/3/") for e in self.journal())

    def answers_with(self, status: int) -> int:
        return sum(e["kind"] == "answer" and e["status"] == status for e in self.journal())
