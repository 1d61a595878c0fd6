"""Every place of the product that stores or sends something about an issued invoice, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uku

PRODUCT = Path(uku.__file__).parent
MODULES = (
    "invoices/cancel.py",
    "invoices/credit.py",
    "invoices/credit_totals.py",
    "invoices/operations.py",
    "invoices/paid_mark.py",
    "invoices/read_back.py",
    "integrations/fortnox/customers/creation.py",
    "integrations/fortnox/invoices/back_to_draft.py",
    "integrations/fortnox/invoices/cancel.py",
    "integrations/fortnox/invoices/candidates.py",
    "integrations/fortnox/invoices/comparison.py",
    "integrations/fortnox/invoices/credit.py",
    "integrations/fortnox/invoices/decision.py",
    "integrations/fortnox/invoices/export.py",
    "integrations/fortnox/invoices/queue.py",
    "integrations/fortnox/invoices/reconcile.py",
    "integrations/fortnox/invoices/retry.py",
    "integrations/fortnox/invoices/send_by_hand.py",
    "integrations/fortnox/invoices/unlisted.py",
    "integrations/fortnox/payments/sync.py",
)
ASKED_LATER = {"list"}
"""What sends its request only when it is gone through, on the line after it."""
STORES = {"update", "save", "create", "bulk_create", "update_or_create", "get_or_create", "delete"}


@dataclass(frozen=True, order=True)
class Write:
    """A call that stores a row or sends a request; it may go over several lines."""

    module: str
    function: str
    first: int
    last: int
    call: str

    def __str__(self) -> str:
        return f"{self.module}:{self.first} {self.function}: {self.call}"

    def is_on(self, lines: set[str]) -> bool:
        """Say whether one of these lines, each as "invoices/cancel.py:89", belongs to it."""
        return any(f"{self.module}:{line}" in lines for line in range(self.first, self.last + 1))


def writes() -> Iterator[Write]:
    for module in MODULES:
        tree = ast.parse((PRODUCT / module).read_text(encoding="utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                if isinstance(call.func, ast.Attribute) and (call.func.attr in STORES or _sends(call.func)):
                    text = " ".join(ast.unparse(call.func).split())
                    last = (call.end_lineno or call.lineno) + (call.func.attr in ASKED_LATER)
                    yield Write(module, function.name, call.lineno, last, text)


def _sends(called: ast.Attribute) -> bool:
    """Say whether it is a method of one of the client's resources, as `fortnox.invoices.get` is."""
    resource = called.value
    return (
        isinstance(resource, ast.Attribute) and isinstance(resource.value, ast.Name) and resource.value.id == "fortnox"
    )
