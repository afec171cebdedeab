"""The paired test and its correction, held against naive forms of both."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.runs.scores.mcnemar import ALPHA, holm, least, mcnemar

P = st.floats(0, 1) | st.floats(0, 0.05)


def naive(one, other):
    whole, few = one + other, min(one, other)
    tail = sum(Fraction(comb(whole, k), 2**whole) for k in range(few + 1))
    return float(min(Fraction(1), 2 * tail))


@given(st.integers(0, 300), st.integers(0, 300))
def test_p_is_that_of_the_binomial(one, other):
    assert mcnemar(one, other) == pytest.approx(naive(one, other), rel=1e-9)
    assert mcnemar(one, other) == mcnemar(other, one)


def test_a_million_differences_are_no_work():
    assert mcnemar(499_000, 501_000) == pytest.approx(0.0455, abs=0.0002)
    assert mcnemar(0, 10**6) == 0


@given(st.lists(P, max_size=30))
def test_holm_is_the_step_down_of_its_definition(raw):
    corrected = holm(raw)
    order = sorted(range(len(raw)), key=lambda at: raw[at])
    rejected = set()
    for rank, at in enumerate(order):  # as published: stop at the first that does not pass
        if raw[at] * (len(raw) - rank) > ALPHA:
            break
        rejected.add(at)
    assert {at for at, p in enumerate(corrected) if p <= ALPHA} == rejected


def test_holm_by_hand():
    assert holm([0.03, 0.01, 0.02, 0.9]) == pytest.approx([0.06, 0.04, 0.06, 0.9])


@given(st.lists(P, min_size=1, max_size=30))
def test_a_corrected_p_is_never_below_the_raw_one_and_keeps_the_order(raw):
    corrected = holm(raw)
    assert all(0 <= p <= c <= 1 for p, c in zip(raw, corrected, strict=True))
    by_raw = [corrected[at] for at in sorted(range(len(raw)), key=lambda at: raw[at])]
    assert by_raw == sorted(by_raw)


@pytest.mark.parametrize(("tests", "needed"), [(1, 6), (2, 7), (12, 9), (26, 11)])
def test_the_least_number_of_differences_that_could_count(tests, needed):
    assert least(tests) == needed
    assert mcnemar(needed, 0) * tests <= ALPHA < mcnemar(needed - 1, 0) * tests
