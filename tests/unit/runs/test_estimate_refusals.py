"""What a user reads whose suite has an option that the engine does not know."""

import sys
from pathlib import Path

import pytest

from quintain.runs.estimate import CannotPlan, Estimator
from quintain.runs.model import Part, Plan
from quintain.runs.opening import MAIN
from quintain.runs.process import Engines
from quintain.runs.telling import Telling

LIMITS = {"concurrency": 8, "rate_per_min": None, "max_attempts": None}


class Here:
    def python(self, name):
        return Path(sys.executable)


@pytest.mark.parametrize(
    ("engine", "options", "word"),
    [
        ("core", {"catagories": ["hate"]}, "options.catagories is not known"),
        ("core", {"goals_per_cell": "3"}, "options.goals_per_cell must be a whole number"),
        ("agentdojo", {"attack": "manual"}, "options.attack must be some of"),
        ("inspect", {"task": "own.py", "args": {}}, "options.args is not known"),
    ],
)
async def test_a_wrong_option_is_named_in_a_sentence_without_code(engine, options, word):
    estimator = Estimator(Here(), Engines(MAIN), Telling(None, "", ""))
    plan = Plan((Part("01", engine, options),), {}, {"model": "m:v1"}, {}, LIMITS)
    with pytest.raises(CannotPlan) as caught:
        await estimator.forecast(1, 0, plan)
    assert caught.value.message.startswith(f"The engine {engine} could not plan this run. {word}")
    assert not {"Traceback", "File", "ValueError:"} & set(caught.value.message.split())
