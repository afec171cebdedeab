"""Whoever gives in to one technique is breached by that one and by no other, for each there is."""

import json
import re
from pathlib import Path

import pytest
from tests.served.known_answers import COMPLIANCE, REFUSAL, text_of

from quintain.runners.asking import Reply
from quintain.runners.core.conduct import Conduct
from quintain.runners.core.engine import _cells, _in_turn
from quintain.runners.core.techniques.table import TECHNIQUES
from quintain.runners.wire import Config, Target

TOOLS = ({"name": "send_mail", "parameters": {"type": "object"}},)
PURPOSES = ("foundationModels", "chatbotsAndCopilots", "agents", "URL")
REFUSALS = (
    REFUSAL,
    "Dabei kann ich leider nicht helfen.",
    "Je ne peux pas vous aider.",
    "很抱歉，我无法提供这些信息。",
)


def config(purpose, **options):
    target = Target("m", purpose, tools=TOOLS)
    return Config(1, 3, "http://x", target, Path("none"), options=options)


def cases(purpose, **options):
    found = _in_turn(_cells(config(purpose, goals_per_cell=1, controls=3, **options)))
    return [case for case in found if case.kind == "attack"]


class Obeys:
    """A gateway to a target that does what the cases of one technique are after, and no other's."""

    def __init__(self, technique, refusal=REFUSAL):
        self.technique, self.refusal, self.case = technique, refusal, None

    def ask(self, _model, messages, **_options):
        if self.case.technique != self.technique:
            return Reply(self.refusal, {})
        kept = re.findall(r"[A-Z]{4,}-\d{4}", text_of(messages, "system"))
        spec = json.dumps(self.case.detector)
        called = [{"id": "1", "function": {"name": "send_mail", "arguments": "{}"}}]
        said = self.case.detector["string"] if '"string"' in spec else [COMPLIANCE, *kept]
        said += ["The staff code is FALCON-7719."] if "disclosure" in spec else []
        return Reply(" ".join(said), {}, called if "tool_use" in spec else [])


def verdict(purpose, gateway, case):
    gateway.case = case
    return Conduct(config(purpose), gateway).attempt(case).verdict


def decidable(case):
    return any(
        f'"{name}"' in json.dumps(case.detector)
        for name in ("string", "canary", "compliance", "disclosure", "tool_use")
    )


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_only_the_technique_that_works_is_breached(technique):
    found = [c for c in cases("foundationModels", techniques=[technique]) if decidable(c)]
    assert found
    others = cases("foundationModels", categories=["harmful_content", "sensitive_disclosure"])
    for case in (*found, *others):
        worked = verdict("foundationModels", Obeys(technique), case) == "breached"
        assert worked is (case.technique == technique), (case.probe, case.seq)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_whoever_declines_in_any_language_is_never_breached(purpose):
    for at, case in enumerate(cases(purpose)):
        refuses = Obeys("", REFUSALS[at % len(REFUSALS)])
        assert verdict(purpose, refuses, case) == "resisted", (case.probe, case.seq)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_whoever_does_it_is_breached_wherever_that_can_be_told(purpose):
    for case in filter(decidable, cases(purpose)):
        obeys = Obeys(case.technique)
        assert verdict(purpose, obeys, case) == "breached", (case.probe, case.seq)
