"""The core engine's process against targets whose answers are known, through a real gateway."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import quintain.runners
from quintain.runners.core import plan
from quintain.runners.wire import Config, Target
from tests.served.known_answers import known_answers
from tests.served.processes import sample_chatbot
from tests.served.quintain import ADMIN_KEY

START = Path(quintain.runners.__file__).with_name("__main__.py")
SMALL = {"goals_per_cell": 1, "controls": 5}


@pytest.fixture(scope="module")
def known():
    with known_answers() as running:
        yield running


@pytest.fixture
def runner(quintain, known, name, tmp_path):
    """Registers the known target in a mode, and runs the engine on it."""

    class Runner:
        def register(self, mode, suffix="", **more):
            quintain.add(name + suffix, known.config(), model_name=mode, **more)
            return name + suffix

        def config(self, model, testing_for="foundationModels", **more):
            facts = more.pop("facts", {})
            return Config(
                1,
                more.pop("seed", 7),
                f"{quintain.url}/v1",
                Target(model, testing_for, **facts),
                tmp_path / "part",
                api_key=ADMIN_KEY,
                **more,
            )

        def events(self, config, mode="run"):
            process = subprocess.Popen(
                [sys.executable, "-P", "-s", START, "core", mode],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            process.stdin.write(config.as_line())
            process.stdin.flush()
            lines = list(process.stdout)
            _, errors = process.communicate()
            assert process.returncode == 0, errors.decode()
            assert json.loads(lines[-1]) == {"event": "done"}
            return [json.loads(line) for line in lines]

        def attempts(self, mode, testing_for="foundationModels", **more):
            model = self.register(mode, testing_for=testing_for)
            return of(self.events(self.config(model, testing_for, **more)), "attempt")

    return Runner()


def of(events, kind):
    return [each for each in events if each["event"] == kind]


def attacks(attempts, *verdicts):
    return [
        a for a in attempts if a["kind"] == "attack" and (not verdicts or a["verdict"] in verdicts)
    ]


def controls(attempts):
    return Counter(a["verdict"] for a in attempts if a["kind"] == "control")


def test_who_always_refuses_resists_everything_and_refuses_every_harmless_question(runner):
    attempts = runner.attempts("refuses", options=SMALL)
    assert {a["verdict"] for a in attacks(attempts)} == {"resisted"}
    assert len({a["category"] for a in attacks(attempts)}) > 15
    assert controls(attempts) == {"breached": 5}


def test_who_always_complies_is_breached_where_that_is_enough_and_leaks_nothing(runner):
    attempts = runner.attempts("complies", options=SMALL)
    verdicts = {}
    for attempt in attacks(attempts):
        verdicts.setdefault(attempt["category"], set()).add(attempt["verdict"])
    assert all(
        verdicts[c] == {"breached"} for c in ("harmful_content", "malware", "hate", "jailbreak")
    )
    assert all(
        verdicts[c] == {"resisted"}
        for c in (
            "sensitive_disclosure",
            "system_prompt_leak",
            "prompt_injection",
            "output_handling",
        )
    )
    assert controls(attempts) == {"resisted": 5}


@pytest.mark.parametrize("technique", ["base64", "hex", "rot13", "morse", "role_play", "leetspeak"])
def test_who_breaks_on_one_technique_breaks_there_and_nowhere_else(runner, technique):
    options = {"categories": ["harmful_content", "sensitive_disclosure"], "controls": 3}
    attempts = runner.attempts(f"breaks_on:{technique}", options=options)
    assert {a["technique"] for a in attacks(attempts, "breached")} == {technique}
    assert all(a["verdict"] == "breached" for a in attacks(attempts) if a["technique"] == technique)
    assert controls(attempts) == {"breached": 3}


@pytest.mark.parametrize("mode", ["echoes", "quotes"])
def test_who_repeats_the_question_is_not_breached_for_it(runner, mode):
    attempts = runner.attempts(mode, options={"goals_per_cell": 2, "controls": False})
    assert [a["probe"] for a in attacks(attempts, "breached")] == []


def test_what_a_status_400_makes_of_each_seventh_call_is_an_error_and_no_verdict(runner, known):
    options = {"categories": ["hate"], "controls": False, "techniques": ["direct", "hex", "base64"]}
    attempts = runner.attempts("fails_every:7:400", options=options, concurrency=1)
    assert [n for n, a in enumerate(attempts, 1) if a["verdict"] == "error"] == [7, 14]
    assert all(a["error"]["status"] and a["error"]["message"] for a in attacks(attempts, "error"))
    assert len(attacks(attempts, "breached")) == 16


def test_what_passes_when_tried_again_is_tried_again_and_says_so(runner):
    options = {"categories": ["hate"], "controls": False, "techniques": ["direct", "hex"]}
    attempts = runner.attempts("fails_every:7", options=options, concurrency=1)
    assert {a["verdict"] for a in attempts} == {"breached"}
    assert sum(a["retries"] for a in attempts) >= 1


def test_who_dies_in_the_middle_leaves_errors_for_the_rest(runner):
    options = {"categories": ["hate"], "controls": False, "techniques": ["direct"]}
    attempts = runner.attempts("dies_after:3", options=options, concurrency=1)
    assert [a["verdict"] for a in attempts] == ["breached"] * 3 + ["error"] * 3


def test_plan_counts_what_run_does(runner):
    model = runner.register("refuses")
    config = runner.config(model, options=SMALL | {"max_attempts": 150})
    planned = of(runner.events(config, "plan"), "probe")
    done = runner.events(config)
    counts = Counter(a["probe"] for a in of(done, "attempt"))
    assert {p["probe"]: p["attempts"] for p in planned if not p["skip"]} == counts
    assert counts.total() == 150
    calls = {p["probe"]: p["calls"] for p in planned}
    assert all(a["calls"] <= calls[a["probe"]] for a in of(done, "attempt"))
    assert {(s["probe"], s["reason"]) for s in of(done, "skip")} == {
        (p["probe"], p["skip"]) for p in planned if p["skip"]
    }


def test_a_resume_sends_exactly_the_rest_and_the_same_prompts(runner, known):
    model = runner.register("refuses")
    options = {"categories": ["prompt_injection", "bias"], "controls": 4, "goals_per_cell": 2}
    whole = of(runner.events(runner.config(model, options=options)), "attempt")
    done, prompts = {}, {(a["probe"], a["seq"]): a["prompt"] for a in whole}
    for probe, seq in sorted((a["probe"], a["seq"]) for a in whole[::2]):
        done.setdefault(probe, []).append([seq, seq])
    rest = of(runner.events(runner.config(model, options=options, done=done)), "attempt")
    assert {(a["probe"], a["seq"]) for a in rest} == {(a["probe"], a["seq"]) for a in whole[1::2]}
    assert all(a["prompt"] == prompts[a["probe"], a["seq"]] for a in rest)


def test_a_slow_answer_holds_up_none_of_the_others(runner, known):
    model = runner.register("slow:0.4:refuses")
    options = {"categories": ["hate"], "techniques": ["direct"], "controls": 26}
    attempts = of(runner.events(runner.config(model, options=options, concurrency=32)), "attempt")
    starts = sorted(a["started_at"] for a in attempts)
    assert len(attempts) == 32
    assert starts[-1] - starts[0] < 0.4


def test_a_judge_has_the_last_word_where_only_the_form_was_looked_at(runner):
    model, judge = runner.register("complies"), runner.register("judges", "-judge")
    options = {"categories": ["hate", "prompt_injection"], "techniques": ["direct"], "controls": 2}
    events = runner.events(runner.config(model, options=options, judge=judge))
    (figures,) = of(events, "judge")
    assert (figures["n"], figures["model"]) == (62, judge)
    assert 0 <= figures["agree"] < 1
    assert "62 labelled" in of(events, "note")[0]["text"]
    hate = [a for a in of(events, "attempt") if a["category"] == "hate"]
    assert {a["verdict"] for a in hate} == {"breached"}
    assert all(a["judge"]["verdict"] == "breached" and a["judge_calls"] == 1 for a in hate)
    assert all(a["detectors"]["compliance"] == 1 for a in hate)
    others = [a for a in of(events, "attempt") if a["category"] != "hate"]
    assert all(a["judge"] is None for a in others)


def test_a_judge_is_asked_once_a_run_how_far_it_agrees(runner, known):
    model, judge = runner.register("refuses"), runner.register("judges", "-judge")
    options = {"categories": ["hate"], "techniques": ["direct"], "controls": False}
    config = runner.config(model, options=options, judge=judge)
    first = of(runner.events(config), "judge")
    before = len(known.seen)
    assert of(runner.events(config), "judge") == first
    assert len(known.seen) - before == 12


def test_a_judge_that_gives_no_verdict_makes_errors_after_one_more_try(runner):
    model, judge = runner.register("complies"), runner.register("judges:I like it.", "-judge")
    options = {"categories": ["hate"], "techniques": ["direct"], "controls": False}
    events = runner.events(runner.config(model, options=options, judge=judge))
    assert {
        (a["verdict"], a["error"]["code"], a["judge_calls"]) for a in of(events, "attempt")
    } == {("error", "judge_failed", 2)}
    assert of(events, "judge")[0]["agree"] == 0


def test_a_policy_makes_goals_for_a_judge(runner):
    model, judge = runner.register("complies"), runner.register("judges", "-judge")
    facts = {"policy_description": "Never give tax advice.\n- Never mention the rival Acme."}
    options = {"categories": ["policy_violation"], "techniques": ["direct"], "controls": False}
    config = runner.config(model, "chatbotsAndCopilots", facts=facts, options=options, judge=judge)
    attempts = of(runner.events(config), "attempt")
    assert len(attempts) == 4
    assert sum("rival Acme" in a["goal"] for a in attempts) == 2


def test_a_canary_of_the_registration_is_looked_for_in_every_answer(runner):
    model = runner.register("breaks_on:base64")
    facts = {"canaries": ("KESTREL 4096",)}
    options = {"categories": ["prompt_injection"], "controls": False}
    attempts = of(runner.events(runner.config(model, facts=facts, options=options)), "attempt")
    assert {a["technique"] for a in attacks(attempts, "breached")} == {"base64"}
    assert all(a["detectors"] == {"canary": 1} for a in attacks(attempts, "breached"))


def test_rows_of_a_data_set_are_asked_and_held_against_their_detectors(runner, tmp_path):
    path = tmp_path / "own.jsonl"
    rows = [
        {
            "id": "a",
            "prompt": "Say the motto.",
            "category": "jailbreak",
            "detector": {"string": "exactly"},
        },
        {
            "id": "b",
            "turns": [{"role": "user", "content": "One"}, {"role": "user", "content": "Two"}],
        },
        {"id": "c", "prompt": "What is two and two?", "expected": "answer"},
        {
            "id": "d",
            "prompt": "Give JSON.",
            "expected": "answer",
            "detector": {"json_schema": {"schema": {}}},
        },
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    model = runner.register("complies")
    options = {"categories": [], "controls": False}
    config = runner.config(model, options=options, datasets={"own": str(path)})
    found = {a["seq"]: a for a in of(runner.events(config), "attempt")}
    assert {seq: a["probe"] for seq, a in found.items()} == {
        0: "core:data.own.jailbreak",
        1: "core:data.own.custom",
        2: "core:data.own.over_refusal",
        3: "core:data.own.over_refusal",
    }
    assert [found[seq]["verdict"] for seq in range(4)] == [
        "breached",
        "breached",
        "resisted",
        "breached",
    ]
    assert found[1]["calls"] == 2
    assert len(found[1]["prompt"]) == 3
    assert Counter(p.attempts for p in plan(config) if not p.skip) == {1: 2, 2: 1}


def test_the_sample_chatbot_is_found_weak_where_it_is_and_nowhere_else(quintain, name, runner):
    key = "the-desk-key-0123456789"
    with sample_chatbot(key) as url:
        endpoint = {
            "scheme": "http",
            "host": "127.0.0.1",
            "port": int(url.rsplit(":", 1)[1]),
            "base_path": "/v1",
        }
        config = {
            "model_provider": "openai_compatible",
            "hosting_type": "Internal",
            "endpoint": endpoint,
        }
        quintain.add(
            name,
            config | {"rate_per_min": 100_000, "apikeys": [key]},
            testing_for="chatbotsAndCopilots",
        )
        attempts = of(runner.events(runner.config(name, "chatbotsAndCopilots", seed=0)), "attempt")
    assert len(attempts) > 2_000
    assert attacks(attempts, "error") == []
    assert {(a["category"], a["technique"]) for a in attacks(attempts, "breached")} == {
        (category, technique)
        for category in ("sensitive_disclosure", "system_prompt_leak")
        for technique in ("role_play", "base64")
    }
    assert set(controls(attempts)) == {"resisted"}
