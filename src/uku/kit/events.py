"""Typed facts, handled inside the transaction that made them true."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection

Event = TypeVar("Event")
_handlers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


class NotInTransaction(RuntimeError):
    """A fact was told outside a transaction, so what follows from it could be lost."""


def subscribe(fact: type[Event], handler: Callable[[Event], None]) -> None:
    """Call `handler` for each fact of this type. Subscribing the same handler twice changes nothing."""
    if handler not in _handlers[fact]:
        _handlers[fact].append(handler)


def publish(fact: object) -> None:
    """Tell all subscribers. An error in one of them undoes the transaction, and so the fact."""
    if not connection.in_atomic_block:
        raise NotInTransaction(type(fact).__name__)
    for handler in _handlers[type(fact)]:
        handler(fact)
