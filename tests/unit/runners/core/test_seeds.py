import json
import re
from collections import Counter
from pathlib import Path

import pytest
from tests.served.known_answers import SIGNS, text_of

from quintain.runners.core import catalogue, plan
from quintain.runners.core.case import Setting
from quintain.runners.core.detectors.base import Seen
from quintain.runners.core.detectors.table import make
from quintain.runners.core.engine import _cells, _in_turn
from quintain.runners.core.goal import attacks, controls, seeds
from quintain.runners.core.techniques.table import TECHNIQUES
from quintain.runners.wire import Config, Target

TOOLS = (
    {"name": "get_news", "parameters": {}},
    {"name": "send_mail", "parameters": {"type": "object"}},
)
KINDS = ("foundationModels", "chatbotsAndCopilots", "agents", "URL")
FIXED = {
    "prompt_injection",
    "jailbreak",
    "sensitive_disclosure",
    "system_prompt_leak",
    "supply_chain",
    "data_poisoning",
    "output_handling",
    "excessive_agency",
    "embedding_weakness",
    "misinformation",
    "unbounded_consumption",
    "harmful_content",
    "hate",
    "bias",
    "malware",
    "copyright",
    "goal_hijack",
    "tool_misuse",
    "identity_abuse",
    "code_execution",
    "memory_poisoning",
    "agent_communication",
    "cascading_failure",
    "trust_exploitation",
    "rogue_agent",
}


def config(testing_for="foundationModels", seed=0, **more):
    facts = {"tools": TOOLS} | more.pop("facts", {})
    return Config(1, seed, "http://x", Target("m", testing_for, **facts), Path("none"), **more)


def cases(*given, **more):
    return list(_in_turn(_cells(config(*given, **more))))


def turns(case):
    script = case.script()
    return [each for turns in script.rounds for each in turns], script.system


def test_there_are_enough_goals_in_each_category():
    counts = Counter(goal.category for goal in attacks())
    assert set(counts) == FIXED
    assert min(counts.values()) >= 4
    assert counts.total() >= 120
    assert len(controls()) >= 40


def test_ids_are_unique_and_places_are_in_order():
    goals = seeds()
    assert len({goal.id for goal in goals}) == len(goals)
    for category in {goal.category for goal in goals}:
        places = [goal.seq for goal in goals if goal.category == category]
        assert places == list(range(len(places)))
    assert all(goal.id.startswith(f"{goal.category}.") for goal in goals)


def test_every_goal_is_put_by_some_technique_to_some_target():
    put = {case.goal for kind in KINDS for case in cases(kind)}
    assert {goal.about for goal in attacks() if "{" not in goal.about} <= put
    assert {name for goal in seeds() for name in goal.only} <= {*TECHNIQUES, "benign"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_case_is_complete_and_its_key_unique(kind):
    found = cases(kind)
    assert len({(case.probe, case.seq) for case in found}) == len(found)
    for case in found:
        said, system = turns(case)
        assert said[-1]["role"] in {"user", "tool"}
        left = re.search(
            r"\{(?:text|injection|canary|tool)\}", json.dumps([said, system, case.detector])
        )
        assert left is None, case.probe
        make(case.detector)
        assert len(case.probe) <= 200


@pytest.mark.parametrize("kind", KINDS)
def test_to_repeat_the_question_is_never_a_breach(kind):
    for case in cases(kind, seed=5, options={"goals_per_cell": 4}):
        said, _ = turns(case)
        prompt = text_of(said, "user", "tool")
        if case.kind == "attack":
            for answer in (prompt, said[-1]["content"], case.plain):
                seen = Seen(answer, prompt, case.plain, narrow=kind != "foundationModels")
                found = make(case.detector).look(seen)
                assert not found.hit, (case.probe, case.seq, found.why)


def test_the_same_seed_gives_the_same_prompts_and_another_one_others():
    first, again, other = ([turns(case) for case in cases(seed=seed)] for seed in (3, 3, 4))
    assert first == again
    assert sum(a != b for a, b in zip(first, other, strict=True)) > 100


def test_a_sample_is_the_seeds_and_keeps_the_places():
    full = {(case.probe, case.seq): turns(case) for case in cases()}
    some = cases(options={"goals_per_cell": 2})
    assert all(full[case.probe, case.seq] == turns(case) for case in some)
    assert max(Counter(case.probe for case in some if case.kind == "attack").values()) == 2


def test_techniques_take_the_same_goals_of_a_category_where_they_can():
    some = cases(options={"goals_per_cell": 2, "categories": ["malware"], "controls": False})
    assert len({case.seq for case in some}) == 2


def test_what_shows_a_technique_shows_no_other():
    for technique, sign in SIGNS.items():
        shown = {
            case.technique for case in cases() if sign(text_of(turns(case)[0], "user", "tool"))
        }
        assert shown == {technique}


def test_a_fit_of_every_purpose():
    by_kind = {kind: cases(kind) for kind in KINDS}
    assert all(not turns(case)[1] for kind in KINDS[1:] for case in by_kind[kind])
    assert any(turns(case)[1] for case in by_kind["foundationModels"])
    assert max(len(text_of(turns(case)[0])) for case in by_kind["URL"]) < 1_500
    assert all(len(case.script().rounds) == 1 for case in by_kind["URL"])
    assert len(by_kind["URL"]) < len(by_kind["chatbotsAndCopilots"]) / 5


def test_the_most_harmful_tool_with_parameters_is_the_bait():
    tools = (
        {"name": "wipe_disk"},
        {"name": "read_mail", "parameters": {}},
        {"name": "delete_mail", "parameters": {"a": 1}},
    )
    found = cases(
        "agents", facts={"tools": tools}, options={"categories": ["tool_misuse"], "controls": False}
    )
    assert {json.dumps(case.detector) for case in found} == {'{"tool_use": ["delete_mail"]}'}
    assert "tool_output_injection" in {case.technique for case in found}


def test_what_has_no_place_is_listed_with_the_reason():
    skips = {p.probe: p.skip for p in plan(config(facts={"tools": ()})) if p.skip}
    assert "tools" in skips["core:tool_misuse"]
    assert "policy_description" in skips["core:policy_violation"]
    named = {"categories": ["nonsense"], "techniques": ["nothing"]}
    assert "no category" in {p.skip[3:14] for p in plan(config(options=named))}
    misspelt = {"categories": ["hate"], "techniques": ["direct", "nothing"]}
    assert "core:technique nothing" in {p.probe for p in plan(config(options=misspelt)) if p.skip}
    with_policy = config(facts={"policy_description": "Never do it, ever."})
    assert "judge" in {p.probe: p.skip for p in plan(with_policy)}["core:policy_violation"]


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"category": []}, "options.category"),
        ({"categories": "bias"}, "options.categories"),
        ({"goals_per_cell": 0}, "options.goals_per_cell"),
        ({"controls": -1}, "options.controls"),
        ({"share": 0}, "options.share"),
        ({"share": float("nan")}, "options.share"),
        ({"max_attempts": True}, "options.max_attempts"),
        ({"apply_techniques": 1}, "options.apply_techniques"),
    ],
)
def test_a_wrong_option_is_named(given, word):
    with pytest.raises(ValueError, match=word):
        plan(config(options=given))


def test_the_most_attempts_are_spread_over_categories_techniques_and_goals():
    probes = [p for p in plan(config(options={"max_attempts": 100})) if not p.skip]
    counts = Counter()
    for probe in probes:
        counts[probe.category] += probe.attempts
    assert counts.total() == 100
    assert set(counts) == {*FIXED - {"excessive_agency", "identity_abuse", "code_execution"}} | {
        "over_refusal"
    }
    assert max(counts.values()) - min(counts.values()) <= 1
    assert len({probe.technique for probe in probes}) > 20
    some = [case for case in cases(options={"max_attempts": 100}) if case.category == "hate"]
    assert len({case.technique for case in some}) == len(some)
    assert len({case.goal for case in some}) > 1
    other = {p.probe for p in plan(config(seed=1, options={"max_attempts": 100}))}
    assert other != {p.probe for p in probes}


def test_the_catalogue_counts_what_there_is():
    entries = {entry["probe"]: entry for entry in catalogue()}
    planned = {case.probe for kind in KINDS for case in cases(kind)}
    assert planned <= set(entries)
    assert entries["core:over_refusal.benign"]["prompts"] == len(controls())
    assert entries["core:tool_misuse.indirect_injection"]["needs"] == ["tools"]


def test_a_goal_keeps_its_prompts_when_the_context_of_the_target_changes():
    setting = [
        Setting(0, Target("m", system_description=about)) for about in ("", "A shop. For tea.")
    ]
    goal = attacks()[0]
    one, other = (each.case(goal, TECHNIQUES["multi_turn"]) for each in setting)
    assert "A shop" in text_of(turns(other)[0])
    assert one.paired == other.paired != ""
