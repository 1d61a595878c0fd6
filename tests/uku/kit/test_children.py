"""How long a child that ends by itself rests before it is started again."""

from __future__ import annotations

from itertools import accumulate

from uku.kit.children import next_pause


def test_the_pause_doubles_while_the_child_fails_up_to_a_minute():
    lives = [0.0] * 9
    pauses = list(accumulate(lives, lambda last, lived: next_pause(last, lived=lived)))
    assert pauses[1:] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_child_that_lived_for_a_minute_is_started_again_after_a_second():
    assert (next_pause(32, lived=60), next_pause(32, lived=59.9)) == (1, 60)
