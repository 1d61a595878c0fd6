import copy
import pickle

import pytest

from fortnox_api import Invalid, Outcome, RateLimited, Unreadable
from fortnox_api._errors import MEANINGS


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


@pytest.mark.parametrize("code", [2000439, 2001161, 2002980, 2003151, 2003157, 2004019, 2004021])
def test_recorded_codes_have_a_meaning(code):
    assert MEANINGS[code]


def test_a_customers_number_and_name_share_a_code():
    assert MEANINGS[2000637] == "the customer number is or was in use, or the name is missing"
