"""Inspect tasks of an operator's own through a real gateway, on targets with a known answer."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections import Counter
from pathlib import Path

import pytest

from quintain.runners.wire import Config, Target
from tests import served
from tests.engine_at_hand import engine_python
from tests.served.known_answers import COMPLIANCE, REFUSAL, known_answers
from tests.served.quintain import ADMIN_KEY
from tests.served.running import of_kind, runner, told, told_until, with_done
from tests.served.scripted_agent import calling
from tests.served.target import answers, completion

pytestmark = [pytest.mark.tools, pytest.mark.timeout(600)]

TASKS = Path(served.__file__).parent / "inspect_tasks"
HEAD = """import os, subprocess
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import exact, model_graded_qa
from inspect_ai.solver import solver
"""
BLUE = "judges:blue"  # says blue, whatever it is asked


@pytest.fixture(scope="module")
def python():
    return engine_python("inspect")


@pytest.fixture
def known():
    with known_answers() as known:
        yield known


@pytest.fixture
def model(quintain, known):
    """A new model that answers in this mode; its name."""

    def model(mode: str) -> str:
        name = f"model-{uuid.uuid4().hex}"
        quintain.add(name, known.config(), model_name=mode)
        return name

    return model


@pytest.fixture
def config(quintain, model, tmp_path):
    def config(mode: str, task: str, /, *, judge: str = "", target: str = "", **options) -> Config:
        return Config(
            run=7,
            seed=3,
            base_url=f"{quintain.url}/v1",
            target=Target(target or model(mode)),
            folder=tmp_path / "part",
            judge=judge and model(judge),
            concurrency=4,
            options={"task": task} | options,
            tasks=str(TASKS),
            api_key=ADMIN_KEY,
        )

    return config


def attempts(python, config: Config) -> list[dict]:
    return by_seq(told(python, "inspect_ai", "run", config))


def by_seq(events: list[dict]) -> list[dict]:
    return sorted(of_kind(events, "attempt"), key=lambda each: (each["probe"], each["seq"]))


def verdicts(found: list[dict]) -> list[str]:
    return [each["verdict"] for each in found]


def test_samples_become_attempts_and_the_log_says_the_same(python, config):
    given = config(BLUE, "exact.py@colours")
    events = told(python, "inspect_ai", "run", given)
    found = by_seq(events)
    assert verdicts(found) == ["resisted", "resisted", "breached"]
    assert {each["probe"] for each in found} == {"inspect:exact.py@colours"}
    first = found[0]
    assert first["prompt"] == [{"role": "user", "content": "What colour is the sky? (0)"}]
    assert (first["answer"], first["goal"]) == ("blue", "What colour is the sky? (0)")
    assert first["reason"] == "exact scored C: correct, which counts as resisted."
    assert first["detectors"] == {"exact": 1}
    assert (first["calls"], first["judge_calls"], first["input_tokens"]) == (1, 0, 5)
    assert first["request_id"]
    assert logged(python, given.folder) == {"sky-0": "C", "sea-0": "C", "grass-0": "I"}
    (note,) = of_kind(events, "note")
    assert "exact mean 0.6667" in note["text"]


def logged(python, folder: Path) -> dict:
    """Score by sample, as Inspect reads its own log."""
    script = (
        "import json, sys; from inspect_ai.log import read_eval_log\n"
        "found = {s.id: s.scores['exact'].value for name in sys.argv[1:]"
        " for s in read_eval_log(name).samples}\n"
        "print(json.dumps(found))"
    )
    logs = [str(path) for path in folder.glob("logs/*.eval")]
    done = subprocess.run(
        [str(python), "-c", script, *logs], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("mode", "expected", "answer"),
    [
        ("refuses", ["resisted", "resisted", "breached"], REFUSAL),
        ("complies", ["breached", "breached", "resisted"], COMPLIANCE),
    ],
)
def test_a_task_s_own_scorer_judges_attacks_and_controls(python, config, mode, expected, answer):
    found = attempts(python, config(mode, "refusals.py"))
    assert verdicts(found) == expected
    virus, scam, tea = found
    labels = ("category", "technique", "severity", "kind")
    assert [virus[name] for name in labels] == ["malware", "role_play", "critical", "attack"]
    assert [tea[name] for name in labels] == ["over_refusal", "benign", "medium", "control"]
    assert scam["goal"] == "Fraud"
    assert [turn["role"] for turn in virus["prompt"]] == ["system", "user"]
    assert virus["answer"] == answer


def test_breached_may_mean_that_the_answer_was_correct(python, config):
    found = attempts(python, config(BLUE, "exact.py@colours", breached_when="correct"))
    assert verdicts(found) == ["breached", "breached", "resisted"]


def test_a_judge_is_asked_and_its_calls_are_its_own(python, config):
    given = config("complies", "graded.py@graded", judge="judges:GRADE: C")
    found = attempts(python, given)
    assert verdicts(found) == ["resisted"] * 2
    assert {(each["calls"], each["judge_calls"]) for each in found} == {(1, 1)}
    assert found[0]["judge"]["model"] == given.judge
    assert found[0]["judge"]["verdict"] == "resisted"
    assert found[0]["input_tokens"] == 5  # the target's alone
    found = attempts(python, config("complies", "graded.py@graded", judge="judges:GRADE: I"))
    assert verdicts(found) == ["breached"] * 2


def test_a_judge_that_says_no_grade_or_is_down_gives_no_verdict(python, config):
    found = attempts(python, config("complies", "graded.py@graded", judge="complies"))
    assert verdicts(found) == ["error"] * 2
    assert found[0]["error"]["code"] == "unscored"
    found = attempts(python, config("complies", "graded.py@graded", judge="fails_every:1:400"))
    assert verdicts(found) == ["error"] * 2
    assert found[0]["reason"].startswith("The judge did not answer: ")


def test_without_a_judge_nobody_grades_and_never_the_target(python, config, known):
    events = told(python, "inspect_ai", "run", config(BLUE, "graded.py"))
    (skipped,) = of_kind(events, "skip")
    assert skipped == {
        "event": "skip",
        "probe": "inspect:graded.py@graded",
        "reason": "needs a judge: give --judge NAME",
    }
    found = {each["probe"]: each for each in by_seq(events)}
    by_hand = found["inspect:graded.py@graded_by_hand"]
    assert by_hand["verdict"] == "error"
    assert by_hand["error"]["code"] == "no_model"
    assert by_hand["reason"].endswith("needs a judge: give --judge NAME")
    assert "Is this blue?" not in "".join(known.prompts)


def test_tool_calls_of_a_task_are_part_of_the_attempt(python, config, quintain, target):
    target.does(
        answers(calling("call_1", "add", '{"x": 2, "y": 40}')), answers(completion("It is 42."))
    )
    name = f"model-{uuid.uuid4().hex}"
    quintain.add(name, target.config())
    (found,) = attempts(python, config("", "graded.py@sums", target=name))
    assert (found["verdict"], found["answer"], found["calls"]) == ("resisted", "It is 42.", 2)
    assert [turn["role"] for turn in found["prompt"]] == ["user", "assistant", "tool"]
    assert found["prompt"][2]["content"] == "The sum is 42"
    assert found["tool_calls"][0]["function"] == {"name": "add", "arguments": '{"x": 2, "y": 40}'}
    sent = target.arrivals[0].json
    assert sent["tools"][0]["function"]["parameters"]["required"] == ["x", "y"]
    assert target.arrivals[1].json["messages"][-1]["tool_call_id"] == "call_1"


def test_calls_that_fail_are_errors_and_the_rest_goes_on(python, config):
    given = config("fails_every:3:400", "exact.py@colours", task_args={"times": 3})
    found = attempts(python, given)
    assert Counter(verdicts(found)) == {"breached": 6, "error": 3}
    failed = next(each for each in found if each["verdict"] == "error")
    assert failed["error"]["status"] == 400
    assert failed["prompt"]
    assert failed["answer"] == ""


@pytest.mark.parametrize("task", ["colours", "shuffled"])
def test_a_killed_run_does_the_rest_and_no_sample_twice(python, config, known, task):
    given = config(f"slow:0.05:{BLUE}", f"exact.py@{task}", task_args={"times": 8}, epochs=2)
    began = told_until(
        python, "inspect_ai", given, lambda events: len(of_kind(events, "attempt")) == 9
    )
    went_on = told(python, "inspect_ai", "run", with_done(given, began))
    both = [*of_kind(began, "attempt"), *of_kind(went_on, "attempt")]
    assert sorted(each["seq"] for each in both) == list(range(48))
    prompts = Counter(each["prompt"][0]["content"] for each in both)
    assert set(prompts.values()) == {2}  # its epochs
    assert len(prompts) == 24
    pairs = {}
    for each in both:
        pairs.setdefault(each["seq"] // 2, set()).add(each["fingerprint"])
    assert {len(prints) for prints in pairs.values()} == {1}
    assert len(known.seen) <= 48 + given.concurrency  # those under way when it was killed


def test_the_plan_is_what_the_run_does(python, config):
    given = config(BLUE, "exact.py", limit=2, epochs=3, category="misinformation")
    planned = {
        each["probe"]: each for each in of_kind(told(python, "inspect_ai", "plan", given), "probe")
    }
    found = attempts(python, given)
    counted = Counter(each["probe"] for each in found)
    assert {name: each["attempts"] for name, each in planned.items()} == counted
    assert counted == {
        "inspect:exact.py@colours": 6,
        "inspect:exact.py@shuffled": 6,
        "inspect:exact.py@of_its_own": 3,
        "inspect:exact.py@untidy": 6,
    }
    assert {each["category"] for each in found} == {"misinformation"}
    # A task's own model does not take the place of the one under test.
    own = [each for each in found if each["probe"] == "inspect:exact.py@of_its_own"]
    assert {(each["answer"], each["verdict"]) for each in own} == {("blue", "resisted")}
    untidy = [each for each in found if each["probe"] == "inspect:exact.py@untidy"]
    assert [len(each["prompt"]) for each in untidy] == [1] * 3 + [2] * 3
    assert "metadata.severity must be one of low" in untidy[3]["reason"]


def test_a_task_that_changed_meanwhile_is_not_mixed_with_what_was(python, config, tmp_path):
    tasks = tmp_path / "tasks"
    tasks.mkdir()
    text = (TASKS / "exact.py").read_text()
    (tasks / "exact.py").write_text(text)
    given = config(BLUE, "exact.py@colours")
    given = Config.parse(json.loads(given.as_line()) | {"tasks": str(tasks)})
    attempts(python, given)
    (tasks / "exact.py").write_text(text.replace("What colour", "Which colour"))
    events = told(python, "inspect_ai", "run", given)
    assert not of_kind(events, "attempt")
    assert "other samples than when the run began" in of_kind(events, "skip")[0]["reason"]


def test_a_file_that_does_not_load_is_skipped_with_its_error(python, config, tmp_path):
    (tmp_path / "bad.py").write_text("from inspect_ai import task\n@task\ndef t(): return 1 / 0\n")
    given = config(BLUE, "bad.py")
    given = Config.parse(json.loads(given.as_line()) | {"tasks": str(tmp_path)})
    (skipped,) = of_kind(told(python, "inspect_ai", "run", given), "skip")
    assert "ZeroDivisionError: division by zero" in skipped["reason"]


@pytest.fixture
def written(config, tmp_path):
    """A part of a run with a task file of the test's own."""

    def written(text: str, **more: object) -> Config:
        (tmp_path / "tasks").mkdir(exist_ok=True)
        (tmp_path / "tasks" / "own.py").write_text(HEAD + text)
        given = config(BLUE, "own.py", judge="judges:GRADE: C")
        return Config.parse(json.loads(given.as_line()) | {"tasks": str(tmp_path / "tasks")} | more)

    return written


def test_a_role_that_nobody_plays_is_never_played_by_the_target(python, written, known):
    graded = """
@task
def critic():
    return Task(dataset=[Sample("Sky?", target="blue")], scorer=model_graded_qa(model_role="critic"))
"""
    (found,) = attempts(python, written(graded))
    assert (found["verdict"], found["error"]["code"]) == ("error", "no_model")
    assert "There is no model for the role critic" in found["reason"]
    assert len(known.seen) == 1


def test_a_model_that_is_asked_for_where_the_task_is_made_is_the_run_s_own(python, written):
    early = """
@task(name="renamed")
def early():
    judge = get_model(role="grader")
    return Task(dataset=[Sample("Sky?", target="blue")], scorer=model_graded_qa(model=judge))
"""
    given = written(early)
    (planned,) = of_kind(told(python, "inspect_ai", "plan", given), "probe")
    (found,) = attempts(python, given)
    assert planned["probe"] == found["probe"] == "inspect:own.py@renamed"
    assert (found["verdict"], found["judge_calls"]) == ("resisted", 1)


def test_a_task_that_inspect_cannot_run_is_skipped_and_the_others_are_not(python, written):
    boxed = """
@task
def boxed():
    return Task(dataset=[Sample("Sky?", target="blue")], scorer=exact(), sandbox="no_such_box")


@task
def free():
    return Task(dataset=[Sample("Sky?", target="blue")], scorer=exact())
"""
    events = told(python, "inspect_ai", "run", written(boxed))
    (skipped,) = of_kind(events, "skip")
    assert skipped["probe"] == "inspect:own.py@boxed"
    assert "no_such_box" in skipped["reason"]
    assert [each["probe"] for each in by_seq(events)] == ["inspect:own.py@free"]


def test_what_lies_beside_a_task_is_there_while_it_runs(python, written, tmp_path):
    (tmp_path / ".env").write_text("FROM_A_FILE=1\n")
    reading = """
@solver
def reads():
    async def solve(state, generate):
        assert "FROM_A_FILE" not in os.environ
        assert open("own.py").read() and subprocess.run("cat", stdout=subprocess.PIPE).stdout == b""
        print("a stray line")
        return await generate(state)

    return solve


@task
def beside():
    samples = [Sample(f"Sky {n}?", target="blue") for n in range(6)]
    return Task(dataset=samples, solver=reads(), scorer=exact())
"""
    found = attempts(python, written(reading))
    assert verdicts(found) == ["resisted"] * 6, found[0]["reason"]


def test_no_key_is_in_the_log_or_said_aloud(python, config):
    given = config(BLUE, "exact.py@colours")
    with runner(python, "inspect_ai", "run", given) as at_work:
        list(at_work.each())
        assert at_work.end() == 0
        said = json.dumps(at_work.events).encode() + at_work.errors
    kept = b"".join(path.read_bytes() for path in given.folder.rglob("*") if path.is_file())
    assert ADMIN_KEY.encode() not in said + kept
