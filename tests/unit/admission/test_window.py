import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.admission.window import GRAIN_S, Window


def fill(window, now, count):
    for _ in range(count):
        assert window.take(now)
        window.sent(now)


@given(
    rate=st.integers(1, 8),
    steps=st.lists(
        st.tuples(st.floats(0, 40, allow_nan=False), st.floats(0, 3, allow_nan=False)), max_size=120
    ),
)
def test_no_closed_minute_ever_holds_more_than_rate_requests(rate, steps):
    window, now, sent = Window(rate), 0.0, []
    for gap, delay in steps:
        now += gap
        if window.take(now):
            now += delay
            window.sent(now)
            sent.append(now)
    for start in sent:
        assert sum(start <= at <= start + 60 for at in sent) <= rate


def test_a_place_comes_back_a_margin_after_its_minute():
    window = Window(1)
    fill(window, 0.0, 1)
    assert not window.take(60.49)
    assert window.take(60.5)


def test_a_minute_begins_when_the_request_goes_out_and_not_when_its_place_was_taken():
    window = Window(1)
    assert window.take(0.0)
    assert not window.take(100.0)
    assert window.next_free(100.0) is None
    window.sent(100.0)
    assert window.next_free(100.0) == 160.5


def test_a_request_that_was_never_sent_costs_nothing():
    window = Window(1)
    assert window.take(0.0)
    window.cancel()
    assert window.take(0.0)


def test_a_lowered_rate_waits_until_enough_places_came_back():
    window = Window(3)
    for second in (0.0, 1.0, 2.0):
        fill(window, second, 1)
    window.rate = 1
    assert window.next_free(2.0) == 62.5
    assert not window.take(62.4)
    assert window.take(62.5)


def test_next_free_says_when_several_places_will_be_free():
    window = Window(2)
    fill(window, 0.0, 1)
    fill(window, 10.0, 1)
    assert window.next_free(10.0, 2) == 70.5
    assert window.next_free(10.0, 3) is None


def test_places_of_one_burst_come_back_with_its_last():
    window = Window(2)
    fill(window, 0.0, 1)
    fill(window, 0.009, 1)
    assert window.next_free(1.0) == window.next_free(1.0, 2) == 60.509
    assert not window.take(60.505)
    assert window.take(60.509)


def test_the_log_stays_small_at_any_rate_and_forgets_everything_after_its_minute():
    window = Window(10_000_000)
    for step in range(70_000):
        fill(window, step * 0.001, 3)
    assert len(window._log) <= 60.5 / GRAIN_S + 1
    assert window.idle(69.999 + 60.5 + GRAIN_S)
    assert not window._log


@pytest.mark.parametrize("margin", [0, -1])
def test_a_window_without_a_margin_is_refused_since_its_minute_would_not_be_closed(margin):
    with pytest.raises(ValueError, match="margin"):
        Window(1, margin=margin)
