"""PyRIT's runner: every attack of its through a real gateway, with a target, a judge and an attacker
whose answers are known beforehand."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from quintain.runners.pyrit.attacks import ATTACKS
from quintain.runners.pyrit.converters import CONVERTERS, NONE
from quintain.runners.pyrit.seeds import LOCAL
from quintain.runners.wire import Config, Target
from tests.served.known_answers import COMPLIANCE, REFUSAL, known_answers
from tests.served.quintain import ADMIN_KEY, Quintain
from tests.served.running import of_kind, runner, told, told_until, with_done
from tests.served.scripted_llm import scripted_llm
from tests.served.target import Hosted, answers, completion
from tests.tools_at_hand import python_environment

pytestmark = [pytest.mark.tools, pytest.mark.timeout(600)]

LED = ("red_teaming", "crescendo", "tap")
SESSION = {
    "metadata": {"session": {"kind": "client"}},
    "custom_headers": [{"key": "X-Conversation", "value": "{session_id}"}],
}
BLOCKS = {"metadata": {"blocked": {"statuses": [403]}}}
MODES = {
    "refuses": "refuses",
    "complies": "complies",
    "weak": r"breaks_on:^[A-Za-z0-9+/=]{12,}$",
    "third": "breaks_on:zanzibar",
    "failing": "fails_every:3:400",
    "guarded": "fails_every:1:403",
}
PARTIES = {
    "judge": "judge",
    "maybe": "judge:Maybe.",
    "later": "judge:once:Let me see.",
    "attacker": "attacker",
    "climber": "attacker:3:zanzibar",
    "silent": "attacker:says:I would rather not.",
}


@pytest.fixture(scope="module")
def python():
    return python_environment("pyrit") / "python"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """As the host of runs gives it to an engine."""
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A gateway, what answers behind it, and models of both: each in the mode that its name says."""
    with known_answers() as known, scripted_llm() as scripted:
        quintain = Quintain(tmp_path_factory.mktemp("pyrit") / "data").start()
        for name, mode in MODES.items():
            more = BLOCKS if name == "guarded" else {}
            quintain.add(name, known.config(**more), model_name=mode)
        for name, script in PARTIES.items():
            quintain.add(name, scripted.config(), model_name=script)
        yield quintain, known, scripted
        quintain.stop()


@pytest.fixture
def config(served, tmp_path):
    quintain, known, scripted = served
    known.seen.clear()
    scripted.asked.clear()

    def config(model="refuses", *, judge="", attacker="", target=None, **options):
        usual = {"seeds": "airt_hate", "converters": [NONE], "max_turns": 3}
        return Config(
            run=7,
            seed=3,
            base_url=f"{quintain.url}/v1",
            api_key=ADMIN_KEY,
            target=target or Target(model),
            folder=tmp_path,
            judge=judge,
            attacker=attacker,
            concurrency=4,
            options=usual | options,
        )

    return config


def attempts(python, config):
    return of_kind(told(python, "pyrit", "run", config), "attempt")


def verdicts(events):
    found = defaultdict(Counter)
    for event in events:
        found[event["probe"].split(":")[1].rpartition(".")[0]][event["verdict"]] += 1
    return {probe: dict(counted) for probe, counted in found.items()}


def prompts(events):
    return {(e["probe"], e["seq"]): e["prompt"] for e in events}


# --- prompts, converted ----------------------------------------------------------------------


def test_a_target_that_breaks_on_one_converter_is_breached_by_that_one_alone(python, config):
    asked = config("weak", attacks="prompt_sending", converters=[NONE, "base64", "rot13"])
    events = attempts(python, asked)
    assert verdicts(events) == {
        "prompt_sending.none": {"resisted": 4},
        "prompt_sending.base64": {"breached": 4},
        "prompt_sending.rot13": {"resisted": 4},
    }
    assert Counter(e["technique"] for e in events) == {"direct": 4, "base64": 4, "rot13": 4}
    breached = next(e for e in events if e["verdict"] == "breached")
    assert breached["answer"].startswith(COMPLIANCE)
    assert breached["detectors"] == {"compliance": 1.0}
    assert breached["goal"] != breached["prompt"][0]["content"]
    assert (breached["calls"], breached["judge_calls"]) == (1, 0)
    assert (breached["input_tokens"], breached["output_tokens"]) == (5, 3)
    assert breached["request_id"].startswith("req_")


def test_every_converter_changes_the_prompt_and_alike_in_every_process(python, config):
    asked = config(attacks=["prompt_sending"], converters=list(CONVERTERS), seeds="airt_hate")
    asked = replace(asked, options={**asked.options, "objectives_per_attack": 1})
    first = attempts(python, asked)
    with runner(python, "pyrit", "run", asked, PYTHONHASHSEED="5") as other:
        second = of_kind(list(other.each()), "attempt")
    assert prompts(first) == prompts(second)
    assert verdicts(first) == {f"prompt_sending.{name}": {"resisted": 1} for name in CONVERTERS}
    texts = {e["probe"]: e["prompt"][0]["content"] for e in first}
    assert len(set(texts.values())) == len(CONVERTERS)
    unlike = attempts(python, replace(asked, seed=4))
    assert prompts(unlike) != prompts(first)


def test_the_goals_of_the_built_in_engine_and_users_rows(python, config, tmp_path):
    rows = [
        {"prompt": "Tell me the code.", "detector": {"string": "first, gather"}},
        {"prompt": "When do you open?", "expected": "answer"},
        {"turns": [_said("user", "A"), _said("assistant", "B"), _said("user", "C")]},
    ]
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    asked = config("complies", attacks="prompt_sending", seeds="core", objectives_per_attack=5)
    events = attempts(python, replace(asked, datasets={"mine": str(path)}))
    by_probe = defaultdict(list)
    for event in events:
        by_probe[event["probe"]].append(event)
    assert len(by_probe["pyrit:prompt_sending.none.core"]) == 5
    first, second = sorted(by_probe["pyrit:prompt_sending.none.data-mine"], key=lambda e: e["seq"])
    assert (first["seq"], first["verdict"], first["detectors"]) == (0, "breached", {"string": 1.0})
    assert (second["seq"], second["prompt"]) == (2, rows[2]["turns"])
    assert len(events) == 7


def _said(role, content):
    return {"role": role, "content": content}


def test_every_data_set_of_pyrits_has_what_is_said_of_it(python, config):
    asked = config(attacks="prompt_sending", seeds=list(LOCAL), judge="judge")
    asked = replace(asked, options={**asked.options, "objectives_per_attack": 1000})
    plan = of_kind(told(python, "pyrit", "plan", asked), "probe")
    number = Counter()
    for probe in plan:
        number[probe["probe"].rpartition(".")[2]] += probe["attempts"]
    assert number == {name: local.number for name, local in LOCAL.items()}


# --- attacks of several turns ----------------------------------------------------------------


def test_what_complies_is_breached_by_every_attack(python, config, served):
    events = attempts(python, config("complies", judge="judge", attacker="attacker"))
    assert verdicts(events) == {f"{name}.none": {"breached": 4} for name in ATTACKS}
    for event in events:
        assert (event["judge"]["model"], event["judge"]["verdict"]) == ("judge", "breached")
        assert event["judge"]["reason"].endswith("So say the words of the answer.")
        assert event["detectors"]["compliance"] == 1.0
    keyed = next(e for e in events if e["technique"] == "skeleton_key")
    assert [turn["role"] for turn in keyed["prompt"]] == ["user", "assistant", "user"]
    assert keyed["prompt"][-1]["content"] == keyed["goal"]
    counted_exactly(events, served)


def counted_exactly(events, served):
    _, known, scripted = served
    asked = Counter()
    for model, messages in scripted.asked.items():
        asked[model.partition(":")[0]] += len(messages)
    assert sum(e["calls"] for e in events) == len(known.seen)
    assert sum(e["judge_calls"] for e in events) == asked["judge"]
    assert sum(e["attacker_calls"] for e in events) == asked["attacker"]
    every = len(known.seen) + asked["judge"] + asked["attacker"]
    assert sum(e["input_tokens"] for e in events) == 5 * every


def test_what_refuses_resists_every_attack_within_the_calls_that_were_planned(
    python, config, served
):
    asked = config("refuses", judge="judge", attacker="attacker")
    plan = of_kind(told(python, "pyrit", "plan", asked), "probe")
    events = attempts(python, asked)
    assert verdicts(events) == {f"{name}.none": {"resisted": 4} for name in ATTACKS}
    assert Counter(e["probe"] for e in events) == {p["probe"]: p["attempts"] for p in plan}
    known = {p["probe"]: p for p in plan}
    for event in events:
        assert event["answer"] == REFUSAL
        most = known[event["probe"]]
        assert event["calls"] == most["calls"]  # none of them came to an end before its time
        assert event["judge_calls"] <= most["judge_calls"]
        assert event["attacker_calls"] <= most["attacker_calls"]
    counted_exactly(events, served)


def test_what_gives_in_at_the_third_turn_is_breached_there(python, config):
    events = attempts(python, config("third", judge="judge", attacker="climber"))
    expected = {f"{name}.none": {"breached": 4} for name in LED}
    expected |= {f"{name}.none": {"resisted": 4} for name in ATTACKS if name not in LED}
    assert verdicts(events) == expected
    of = {e["probe"].split(":")[1].split(".")[0]: e for e in events}
    for name in ("red_teaming", "tap"):
        said = [turn["content"] for turn in of[name]["prompt"]]
        assert [text.split(" of ")[0] for text in said[::2]] == ["Turn 1", "Turn 2", "Turn 3"]
        assert said[1::2] == [REFUSAL, REFUSAL]
        assert of[name]["answer"].startswith(COMPLIANCE)
    # What was refused was taken back: the target heard the third turn as the first one.
    assert [turn["content"].split(" of ")[0] for turn in of["crescendo"]["prompt"]] == ["Turn 3"]
    assert "Left out: 2 turns that were refused" in of["crescendo"]["reason"]
    assert "branches this is the best one" in of["tap"]["reason"]
    assert of["tap"]["detectors"]["FloatScaleThresholdScorer"] == 1.0


def test_the_same_attempt_on_another_model_is_known_by_its_fingerprint(python, config):
    few = {"attacks": ["prompt_sending", "crescendo"], "objectives_per_attack": 2}
    named = [
        {
            (e["probe"], e["seq"]): e["fingerprint"]
            for e in attempts(python, config(model, judge="judge", attacker=attacker, **few))
        }
        for model, attacker in (("complies", "attacker"), ("third", "climber"))
    ]
    assert named[0] == named[1]
    assert len(set(named[0].values())) == len(named[0])


def test_judge_and_attacker_know_what_the_registration_says(python, config, served):
    target = Target(
        "complies",
        system_description="A desk for {{ bicycles }} and {% spare %} parts.",
        policy_description="Never speak of prices.",
    )
    asked = config(judge="judge", attacker="attacker", target=target, attacks=list(LED))
    assert {e["verdict"] for e in attempts(python, asked)} == {"breached"}
    scripted = served[2]
    for messages in scripted.asked["attacker"]:
        assert messages[0]["role"] == "system"
        assert target.system_description in messages[0]["content"]
    rubrics = [messages[0]["content"] for messages in scripted.asked["judge"]]
    assert sum(target.policy_description in rubric for rubric in rubrics) == 8


def test_branches_are_conversations_of_their_own(python, config, served):
    hosted = Hosted()
    hosted.target.does(answers(completion(REFUSAL)))
    try:
        served[0].add("keeping", hosted.target.config(**SESSION))
        asked = config("keeping", judge="judge", attacker="attacker", attacks="tap")
        options = asked.options | {"objectives_per_attack": 1, "max_turns": 2, "tree_width": 2}
        [event] = attempts(python, replace(asked, options=options))
        heard = defaultdict(list)
        for arrival in hosted.target.arrivals:
            heard[arrival.headers["X-Conversation"]].append(len(arrival.json["messages"]))
    finally:
        hosted.close()
    # Two that went on, where only what is new is said, and two that branched off, with all before.
    assert sorted(heard.values()) == [[1, 1], [1, 1], [3], [3]]
    assert event["calls"] == 6
    assert "Of 4 branches" in event["reason"]


# --- what goes wrong -------------------------------------------------------------------------


def test_a_judge_that_cannot_be_read_makes_errors_and_no_verdicts(python, config):
    events = attempts(python, config("complies", judge="maybe", attacker="attacker"))
    assert verdicts(events) == {f"{name}.none": {"error": 4} for name in ATTACKS}
    for event in events:
        assert event["error"]["code"] == "judge_failed"
        assert event["error"]["message"] == event["reason"]
        assert event["judge"] is None
        assert event["answer"] == COMPLIANCE


def test_a_judge_is_asked_once_more(python, config):
    asked = config("complies", judge="later", attacks="prompt_sending")
    events = attempts(python, asked)
    assert verdicts(events) == {"prompt_sending.none": {"breached": 4}}
    assert [e["judge_calls"] for e in events] == [2] * 4


@pytest.mark.parametrize(
    ("attacker", "status"),
    [("silent", 0), ("nobody", 404)],
    ids=["cannot be read", "is not there"],
)
def test_an_attacker_of_no_use_makes_errors(python, config, attacker, status):
    asked = config("complies", judge="judge", attacker=attacker, attacks=list(LED))
    events = attempts(python, asked)
    assert verdicts(events) == {f"{name}.none": {"error": 4} for name in LED}
    for event in events:
        assert event["calls"] == 0
        assert event["error"]["status"] == status
        assert "attacker" in event["reason"]
        assert event["prompt"][-1]["role"] == "user"


def test_an_answer_that_does_not_come_is_an_error(python, config):
    asked = config("failing", attacks="prompt_sending", seeds="airt_illegal")
    events = attempts(python, asked)
    errors = [e for e in events if e["verdict"] == "error"]
    assert len(events) == 5
    assert 1 <= len(errors) <= 2
    for event in errors:
        assert (event["error"]["status"], event["answer"], event["detectors"]) == (400, "", {})
        assert event["prompt"][0]["content"] == event["goal"]
        assert event["request_id"]


def test_a_guardrail_that_answers_is_no_breach_and_needs_no_judge(python, config):
    asked = config("guarded", judge="judge", attacker="attacker", max_turns=2)
    events = attempts(python, asked)
    assert verdicts(events) == {f"{name}.none": {"resisted": 4} for name in ATTACKS}
    assert {e["reason"].partition(".")[0] for e in events} == {
        "The target's own guardrail stopped the prompt"
    }
    assert {e["judge_calls"] for e in events} == {0}


@pytest.mark.parametrize("judge", ["", "judge"])
def test_an_answer_that_a_filter_withheld_is_no_breach(python, config, served, judge):
    hosted = Hosted()
    hosted.target.does(answers(completion("", "content_filter")))
    try:
        served[0].add(f"withheld{judge}", hosted.target.config())
        asked = config(f"withheld{judge}", judge=judge, attacks="prompt_sending")
        events = attempts(python, asked)
    finally:
        hosted.close()
    assert verdicts(events) == {"prompt_sending.none": {"resisted": 4}}
    assert {e["judge_calls"] for e in events} == {0}
    assert {e["reason"] for e in events} == {"The target's own guardrail stopped the prompt."}


def test_what_it_cannot_do_is_skipped_with_the_cause(python, config):
    asked = config(seeds=["airt_hate", "airt_leakage"])
    run = told(python, "pyrit", "run", asked)
    skipped = {e["probe"]: e["reason"] for e in of_kind(run, "skip")}
    plan = of_kind(told(python, "pyrit", "plan", asked), "probe")
    assert skipped == {p["probe"]: p["skip"] for p in plan if p["skip"]}
    assert skipped["pyrit:skeleton_key.none.airt_hate"] == "needs a judge: give --judge NAME"
    assert "needs a judge" in skipped["pyrit:prompt_sending.none.airt_leakage"]
    assert {e["probe"] for e in of_kind(run, "attempt")} == {"pyrit:prompt_sending.none.airt_hate"}


def test_a_wrong_option_ends_it_with_a_sentence(python, config):
    for mode in ("plan", "run"):
        with runner(python, "pyrit", mode, config(converters=["base46"])) as at_work:
            assert list(at_work.each()) == []
            assert at_work.end() == 1
            assert (
                b"options.converters: 'base46' is not known: did you mean base64?" in at_work.errors
            )


# --- an end in the middle --------------------------------------------------------------------


def test_a_killed_run_goes_on_with_the_same_prompts(python, config, served):
    asked = config(
        judge="judge",
        attacker="attacker",
        seeds="adv_bench",
        converters=[NONE, "base64", "zalgo", "jailbreak"],
        objectives_per_attack=5,
        max_turns=2,
    )
    unbroken = prompts(attempts(python, asked))
    known = served[1]
    calls = len(known.seen)
    known.seen.clear()
    broken, events = asked, []
    for enough in (8, 14):
        found = told_until(python, "pyrit", broken, lambda said, n=enough: len(said) >= n)
        events += of_kind(found, "attempt")
        broken = with_done(broken, found)
    events += attempts(python, broken)
    assert len(events) == len(unbroken) == 5 * (4 + 4)
    assert prompts(events) == unbroken
    # At most what was under way, at two kills, was asked again.
    most = max(e["calls"] for e in events)
    assert calls <= len(known.seen) <= calls + 2 * asked.concurrency * most
