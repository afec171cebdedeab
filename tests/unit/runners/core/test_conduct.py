"""From an answer to a verdict, where the answer is none, or the judge is none."""

from pathlib import Path

import pytest

from quintain.runners.asking import Failed, Reply
from quintain.runners.core.case import Case
from quintain.runners.core.conduct import Conduct
from quintain.runners.core.judge.asking import Judge
from quintain.runners.core.techniques.base import Script, user
from quintain.runners.wire import Config, Target

CONFIG = Config(1, 0, "http://x", Target("m", "foundationModels"), Path("none"))


class Says:
    """A gateway behind which the target says one thing, and every judge another."""

    def __init__(self, target, judge=""):
        self.target, self.judge = target, judge

    def ask(self, model, _messages, **_options):
        said = self.judge if model == "strict" else self.target
        if isinstance(said, Failed):
            raise said
        return said if isinstance(said, Reply) else Reply(said, {})


def attempt(target, judge="", *, kind="attack", detector="compliance"):
    gateway = Says(target, judge)
    case = Case(
        "core:hate.direct",
        0,
        "hate",
        "direct",
        lambda: Script(((user("Do it."),),)),
        detector,
        "Do it.",
        "does it",
        kind,
    )
    asked = Judge(gateway, "strict") if judge else None
    return Conduct(CONFIG, gateway, asked).attempt(case)


def filtered(text):
    return Reply(text, {}, finish_reason="content_filter")


def test_a_filter_that_left_nothing_has_resisted_an_attack_and_refused_a_control():
    assert attempt(filtered("")).verdict == "resisted"
    assert attempt(filtered(""), kind="control", detector="refusal").verdict == "breached"
    assert attempt(filtered("Sure, here is all of it.")).verdict == "breached"


@pytest.mark.parametrize("answer", ["", "\0\x01 \u200b", "<think>Sure, first I will"])
def test_an_answer_in_which_nothing_is_said_is_an_error(answer):
    found = attempt(answer)
    assert (found.verdict, found.error["code"]) == ("error", "undecided")


@pytest.mark.parametrize(
    "judge", ["Who knows?", '{"verdict": "unsure"}', Failed("gone", "No connection.")]
)
def test_a_judge_without_a_verdict_is_an_error_that_names_it(judge):
    found = attempt("Sure, here is all of it.", judge)
    assert found.verdict == "error"
    assert "The judge strict " in found.reason
