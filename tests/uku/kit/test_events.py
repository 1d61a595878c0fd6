"""A fact is told inside the transaction that made it true, and lives or dies with what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import transaction

from uku.kit.clock import ClockOffset
from uku.kit.events import NotInTransaction, publish, subscribe


@dataclass(frozen=True)
class Rung:
    by: str


@dataclass(frozen=True)
class Broken:
    why: str


@dataclass(frozen=True)
class Unheard:
    pass


heard: list[str] = []


def write_down(fact: Rung) -> None:
    heard.append(fact.by)


def refuse(fact: Broken) -> None:
    ClockOffset.objects.create(pk=2, seconds=2)
    raise RuntimeError(fact.why)


def test_a_handler_hears_each_fact_once_even_if_it_subscribed_twice(db):
    heard.clear()
    subscribe(Rung, write_down)
    subscribe(Rung, write_down)
    with transaction.atomic():
        publish(Rung("Anna"))
        publish(Rung("Bo"))
        publish(Unheard())
    assert heard == ["Anna", "Bo"]


def test_a_fact_outside_a_transaction_is_refused(committed):
    heard.clear()
    subscribe(Rung, write_down)
    with pytest.raises(NotInTransaction, match="^Rung$"):
        publish(Rung("Anna"))
    assert heard == []


def test_an_error_in_a_handler_undoes_the_transaction(committed):
    subscribe(Broken, refuse)
    with pytest.raises(RuntimeError, match="^no bell$"), transaction.atomic():
        ClockOffset.objects.create(pk=1, seconds=1)
        publish(Broken("no bell"))
    assert ClockOffset.objects.count() == 0
