"""The append-only record of requests, commits and responses: what tests judge by."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fortnox_sim.clock import Clock, to_stockholm_time
from fortnox_sim.json_format import Record


def summarize_vouchers(written: list[tuple[str, Record]]) -> list[Record]:
    """Count new vouchers, their rows and their debit sides by company, series and month."""
    sums: defaultdict[tuple[str, str, str], list[Any]] = defaultdict(lambda: [0, 0, Decimal(0)])
    for table, record in written:
        amounts = [amount for _, amount in record["VoucherRows"]]
        key = table.partition("/")[0], record["VoucherSeries"], record["TransactionDate"][:7]
        added = 1, len(amounts), sum((amount for amount in amounts if amount > 0), Decimal(0))
        sums[key] = [had + more for had, more in zip(sums[key], added, strict=True)]
    names = ("company", "series", "month", "vouchers", "rows", "debit")
    return [dict(zip(names, (*key, *values), strict=True)) for key, values in sorted(sums.items())]


class Journal:
    """Numbered entries, never changed. Holds no token, no body and no personal data."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[Record] = []

    def restore(self, entry: Record) -> None:
        """Append an entry of an earlier run."""
        self._entries.append(entry)

    def add(self, kind: str, company: str | None, **facts: object) -> Record:
        """Append one entry and give it back, so that it can be saved with its commit."""
        at = to_stockholm_time(self._clock.now()).isoformat(timespec="milliseconds")
        real = datetime.now(UTC).isoformat(timespec="milliseconds")
        number = len(self._entries) + 1
        entry: Record = {"n": number, "at": at, "real": real, "company": company, "kind": kind, **facts}
        self._entries.append(entry)
        return entry

    def list_since(self, number: int, company: str | None = None) -> Record:
        """List entries after a number, of one company or of all."""
        entries = self._entries[max(number, 0) :]
        if company is not None:
            entries = [entry for entry in entries if entry["company"] == company]
        return {"entries": entries, "next": len(self._entries)}
