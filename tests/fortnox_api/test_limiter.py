import threading

from hypothesis import given
from hypothesis import strategies as st

from fortnox_api import PaceLimiter


def test_the_first_request_goes_at_once_and_the_next_waits(time):
    limiter = PaceLimiter(clock=time.clock)
    for _ in range(3):
        limiter.acquire()
    assert [round(seconds, 6) for seconds in time.slept] == [0.21, 0.21]


def test_after_a_pause_nobody_waits(time):
    limiter = PaceLimiter(clock=time.clock)
    limiter.acquire()
    time.pass_by(10)
    limiter.acquire()
    assert time.slept == []


def test_a_penalty_holds_everybody_back(time):
    limiter = PaceLimiter(clock=time.clock)
    limiter.penalize(5)
    limiter.penalize(1)
    limiter.acquire()
    assert time.slept == [5.0]


@given(pauses=st.lists(st.floats(0, 2), min_size=1, max_size=60))
def test_no_five_seconds_ever_hold_more_than_25_requests(new_time, pauses):
    time = new_time()
    limiter, sent = PaceLimiter(clock=time.clock), []
    for pause in pauses:
        time.pass_by(pause)
        limiter.acquire()
        sent.append(time.ticks)
    assert max(sum(1 for other in sent if moment - 5 < other <= moment) for moment in sent) <= 25


def test_threads_share_one_pace(time):
    limiter = PaceLimiter(clock=time.clock)
    threads = [threading.Thread(target=limiter.acquire) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(time.slept) <= 19
    assert round(limiter._next - 1000, 6) >= round(20 * 0.21, 6)
