import copy
import pickle

import pytest

from fortnox_api import Invalid, Outcome, RateLimited, Unreadable


@pytest.mark.parametrize(
    "fault",
    [
        Invalid("no", status=400, code=2000433, message="Nej", request_id="a1", outcome=Outcome.REFUSED),
        RateLimited("slow down", retry_after=7.0, status=429),
        Unreadable("odd", transient=True),
    ],
)
def test_an_error_survives_copying_and_pickling(fault):
    for twin in (copy.copy(fault), pickle.loads(pickle.dumps(fault))):  # noqa: S301 - our own bytes
        assert (type(twin), vars(twin)) == (type(fault), vars(fault))


def test_an_error_without_a_reason_says_its_name():
    assert str(Invalid()) == "Invalid (not_applied)"


def test_outcomes_are_words_that_can_be_stored():
    assert [each.value for each in Outcome] == ["not_applied", "refused", "unknown"]
