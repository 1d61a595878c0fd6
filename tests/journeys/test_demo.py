"""The main job from one command, and again after everything was stopped."""

from __future__ import annotations

import pytest
from tests.journeys.conftest import Demo

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("demo")]

STEPS_WITH_AN_END = (
    "Clients typed in",
    "Enable Fortnox",
    "Choose work statistics",
    "Authorize in Fortnox",
    "Import customers and articles",
    "Make products from articles",
    "Draft and issue invoices",
    "Invoices pushed and booked",
    "Fortnox records payments",
)


def test_the_demo_states_its_outcome_in_its_last_lines(demo):
    wanted = {
        "customers seen": "60",
        "customers imported": "59",
        "inactive skipped": "1",
        "linked": "58",
        "invoices pushed": "6",
        "creates in the journal per invoice": "1",
        "paid": "2",
        "partly paid": "1",
    }
    assert {name: demo.fact(name) for name in wanted} == wanted
    assert int(demo.fact("summary tasks")) >= 1
    assert int(demo.fact("requests used")) <= 130


def test_every_check_of_the_demo_held(demo):
    assert [line for line in demo.lines if line.endswith("checks held")] == ["14 of 14 checks held"]


def test_a_second_demo_goes_on_from_the_first_without_authorizing_or_invoicing_again(demo):
    assert demo.stop() == 0
    assert demo.start() is None
    repeated = [name for name in STEPS_WITH_AN_END if "already done" not in demo.step(name)]
    assert repeated == []
    assert demo.fact("invoices pushed") == "6"
    assert demo.fact("creates in the journal per invoice") == "1"
    assert [line for line in demo.lines if line.endswith("checks held")] == ["14 of 14 checks held"]


def test_a_second_demo_beside_the_first_is_told_so_and_touches_nothing(demo):
    beside = Demo(demo.home)
    assert beside.start("--exit") == 1
    assert beside.text.startswith(f"A demo is running in {demo.home}/demo already. Stop it with Ctrl-C where it runs")
