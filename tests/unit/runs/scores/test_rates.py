"""Intervals and counts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.runs.fakes import tally

from quintain.runs.scores.rates import Counts, Rate, wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        # statsmodels.stats.proportion.proportion_confint(part, whole, method="wilson")
        (0, 10, 0.0, 0.27754),
        (1, 1, 0.20655, 1.0),
        (5, 10, 0.23659, 0.76341),
        (81, 263, 0.25529, 0.36620),
        (10, 10, 0.72246, 1.0),
    ],
)
def test_the_interval_is_the_published_one(part, whole, low, high):
    assert wilson(part, whole) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_rate_lies_within_its_interval_and_that_within_0_to_1(counts):
    rate = Rate(*counts)
    assert 0 <= rate.low <= rate.value + 1e-12 <= rate.high + 2e-12 <= 1 + 2e-12
    mirrored = Rate(rate.whole - rate.part, rate.whole)
    assert math.isclose(rate.low, 1 - mirrored.high, abs_tol=1e-9)


def test_of_nothing_there_is_no_rate():
    assert Rate(0, 0).as_dict() == {"rate": None, "low": None, "high": None, "n": 0}
    assert not Rate(0, 0).above(Rate(0, 9))
    assert not Rate(9, 9).above(Rate(0, 0))


def test_errors_are_in_no_rate():
    counts = Counts().plus(tally("error", 90)).plus(tally("breached", 1)).plus(tally("resisted", 3))
    assert (counts.attempts, counts.judged, counts.rate.value) == (94, 4, 0.25)
    assert Counts(error=9).as_dict()["rate"] is None
