"""The documents name what there is."""

import json
import re
from pathlib import Path

import pytest

from fortnox_sim.control.dispatch import ACTIONS
from fortnox_sim.fault_plans import ACTIONS as FAULTS
from fortnox_sim.switches import SWITCHES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def facts():
    return (ROOT / "docs/fortnox-facts.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def manual():
    return (ROOT / "packages/fortnox-sim/README.md").read_text(encoding="utf-8")


def test_every_switch_stands_in_the_table_of_facts(facts):
    assert [name for name in SWITCHES if f"`{name}`" not in facts] == []


def test_the_table_names_no_switch_that_is_gone(facts):
    named = {
        name for group in re.findall(r"switch ((?:`\w+`(?:, )?)+)", facts) for name in re.findall(r"`(\w+)`", group)
    }
    assert sorted(named - set(SWITCHES)) == []


def test_the_table_of_switches_has_their_defaults_and_pessimistic_settings(facts):
    table = facts.split("## Switches")[1].split("##")[0]
    found = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", table, re.MULTILINE)
    assert found == [(name, show(switch.default), show(switch.pessimistic)) for name, switch in SWITCHES.items()]


def show(value):
    if value == "":
        return "empty"
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`"


def test_every_control_address_stands_in_the_manual(manual):
    words = {part for _, path in ACTIONS for part in path.split("/") if part and part != "{}"}
    assert [word for word in sorted(words) if word not in manual] == []


def test_every_kind_of_fault_stands_in_the_manual(manual):
    assert [name for name in FAULTS if f"`{name}`" not in manual] == []
