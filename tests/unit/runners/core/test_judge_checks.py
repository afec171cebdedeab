"""Calls that check the judge: in the plan, and asked once."""

from __future__ import annotations

import json

from quintain.runners.core import engine
from quintain.runners.core.judge.agreement import labelled
from quintain.runners.wire import Config, Target

SMALL = {"categories": ["hate"], "controls": 1, "goals_per_cell": 1}


def config_in(folder, **more):
    return Config(1, 0, "http://127.0.0.1:1/v1", Target("m:v1"), folder, options=SMALL, **more)


def checks(config):
    return sum(probe.judge_checks for probe in engine.plan(config))


class Said:
    def __init__(self):
        self.events = []

    def say(self, event, **more):
        self.events.append((event, more))


def test_the_plan_counts_them_where_there_is_a_judge(tmp_path):
    assert checks(config_in(tmp_path)) == 0
    assert checks(config_in(tmp_path, judge="j:v1")) == len(labelled())


def test_a_judge_that_was_away_is_checked_again_another_time(tmp_path, monkeypatch):
    figures = {"model": "j:v1", "n": 2, "agree": 0, "kappa": 0, "calls": 2, "unanswered": 2}
    monkeypatch.setattr(engine, "agreement", lambda *_, **__: figures)
    engine._say_agreement(config_in(tmp_path, judge="j:v1"), None, Said())
    assert not (tmp_path / engine.AGREEMENT).exists()
    figures["unanswered"] = 1
    engine._say_agreement(config_in(tmp_path, judge="j:v1"), None, Said())
    assert json.loads((tmp_path / engine.AGREEMENT).read_text()) == figures
