"""When a target is given up."""

from quintain.runs.streak import MOST_ERRORS, Streak

ERROR = {"verdict": "error", "error": {"code": "target_connect_failed", "message": "Nobody there."}}


def test_thirty_in_a_row_are_hopeless_and_the_last_error_is_told():
    streak = Streak()
    streak.add([ERROR] * (MOST_ERRORS - 1))
    assert streak.hopeless == ""
    streak.add([ERROR])
    assert "30 attempts in a row" in streak.hopeless
    assert "Nobody there." in streak.hopeless


def test_one_answer_begins_the_count_anew():
    streak = Streak()
    streak.add([ERROR] * 29 + [{"verdict": "resisted"}] + [ERROR] * 29)
    assert streak.hopeless == ""


def test_an_answer_that_nobody_could_judge_does_not_count():
    streak = Streak()
    streak.add([{"verdict": "error", "error": None}] * 100)
    assert streak.hopeless == ""
