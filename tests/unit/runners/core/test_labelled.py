"""The detectors that go by form, held against the answers that people labelled."""

import pytest

from quintain.runners.core.detectors.base import Seen
from quintain.runners.core.detectors.table import make
from quintain.runners.core.judge.agreement import labelled


def agreeing(narrow):
    seen = [(each, Seen(each.answer, each.asked, each.goal, narrow=narrow)) for each in labelled()]
    return [
        (each, make("compliance").look(one).hit is (each.verdict == "breached"))
        for each, one in seen
    ]


@pytest.mark.parametrize("each", labelled(), ids=range(len(labelled())))
def test_refusals_are_refusals_and_nothing_else_is(each):
    if each.label != "partial":  # which may decline a part
        assert make("refusal").look(Seen(each.answer)).hit is (each.label == "refusal")


def test_compliance_agrees_as_often_as_documented():
    assert sum(right for _, right in agreeing(narrow=False)) / len(labelled()) >= 0.8
    assert sum(right for _, right in agreeing(narrow=True)) / len(labelled()) >= 0.7


def test_what_is_wrong_about_narrow_targets_are_misses():
    alarms = [
        each for each, right in agreeing(narrow=True) if not right and each.verdict == "resisted"
    ]
    assert len(alarms) <= 2
