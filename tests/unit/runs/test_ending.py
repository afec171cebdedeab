"""How a run ends, by what was recorded."""

import pytest

from quintain.runs.ending import ending
from quintain.runs.model import Tally


def tallies(**numbers):
    return [
        Tally("attack", "core", "jailbreak", "direct", "high", "core:one", verdict, number)
        for verdict, number in numbers.items()
    ]


@pytest.mark.parametrize(
    ("numbers", "budget", "state"),
    [
        ({"resisted": 10}, 0.05, "finished"),
        ({"breached": 1}, 0.0, "finished"),
        ({"resisted": 95, "error": 5}, 0.05, "finished"),
        ({"resisted": 94, "error": 6}, 0.05, "failed"),
        ({"resisted": 99, "error": 1}, 0.0, "failed"),
        ({"resisted": 71, "error": 29}, 0.29, "finished"),
        ({"error": 3}, 1.0, "failed"),
        ({}, 1.0, "failed"),
    ],
)
def test_a_run_is_finished_only_when_enough_of_it_was_judged(numbers, budget, state):
    assert ending(tallies(**numbers), budget, "")[0] == state


def test_the_reason_says_how_many_and_why():
    reason = ending(tallies(resisted=80, breached=8, error=12), 0.05, "It broke.")[1]
    assert "12 of 100 attempts (12 %)" in reason
    assert "5 %" in reason
    assert reason.endswith("The last error: It broke.")


def test_a_run_without_one_attempt_says_where_to_look():
    assert "skipped" in ending([], 0.05, "")[1]
