"""What is loaded to stay is not looked through for garbage."""

from __future__ import annotations

import gc

import pytest

from uku.kit.loading import loading_what_stays


@pytest.fixture(autouse=True)
def _as_before():
    yield
    gc.enable()


def test_nothing_is_looked_through_while_it_loads_nor_afterwards():
    frozen = gc.get_freeze_count()
    with loading_what_stays():
        assert not gc.isenabled()
        loaded = [[number] for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen + len(loaded)
    assert [each for each in gc.get_objects() if each is loaded] == []


def test_a_load_that_fails_leaves_the_looking_on():
    with pytest.raises(ImportError), loading_what_stays():
        raise ImportError("no such module")
    assert gc.isenabled()
