"""What is found out on the way."""

from quintain.runs.model import Costs, Outcome
from quintain.runs.records import outcomes


def test_checks_of_the_judge_are_counted_once_a_part_and_in_the_costs():
    outcome = Outcome()
    for label, calls in (("01-core", 62), ("01-core", 62), ("02-core", 2**40)):
        outcome = outcomes.judge_checks(label, calls)(outcome)
    assert outcome.judge_checks == {"01-core": 62, "02-core": 2**31 - 1}
    few = Outcome(judge_checks={"01-core": 62})
    assert Costs(calls=3, judge_calls=2).with_checks(few) == Costs(calls=3, judge_calls=64)


def test_equal_notes_are_kept_once():
    outcome = outcomes.note("It is so.")(outcomes.note("It is so.")(Outcome()))
    assert outcome.notes == ("It is so.",)
