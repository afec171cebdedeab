"""What of PyRIT's runner works without PyRIT."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from quintain.runners.asking import Reply
from quintain.runners.core.detectors.table import make
from quintain.runners.pyrit import catalogue, from_core
from quintain.runners.pyrit.attacks import ATTACKS, missing
from quintain.runners.pyrit.converters import CONVERTERS, NONE, USUAL
from quintain.runners.pyrit.evidence import weighed
from quintain.runners.pyrit.ledger import Exchange, Ledger
from quintain.runners.pyrit.objective import Objective
from quintain.runners.pyrit.options import ATTACK_NAMES, Options, parse
from quintain.runners.pyrit.seeds import LOCAL
from quintain.runners.pyrit.verdict import Verdict
from quintain.runners.wire import BREACHED, ERROR, RESISTED, Target
from quintain.runs.engines.table import ENGINES
from quintain.runs.taxonomy.loading import TAXONOMY

SOURCES = ("core", "adv_bench")
JUDGED = Verdict(RESISTED, "The judge does not see the objective reached.", "It declines.")


def test_what_is_not_asked_for_has_its_usual_value():
    assert parse({}, datasets=False, sources=SOURCES) == Options(seeds=("core",))
    assert parse({}, datasets=True, sources=SOURCES).seeds == ()
    given = {"seeds": "adv_bench", "attacks": ["tap", "tap"], "max_turns": 3}
    found = parse(given, datasets=True, sources=SOURCES)
    assert (found.seeds, found.attacks, found.max_turns) == (("adv_bench",), ("tap",), 3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"converter": []},
            "options.converter is not known: did you mean converters? There are attacks, ",
        ),
        (
            {"converters": ["base46"]},
            "options.converters: 'base46' is not known: did you mean base64? There are acrostic",
        ),
        (
            {"seeds": ["harmbench"]},
            "options.seeds: 'harmbench' is not known: did you mean adv_bench? There are",
        ),
        ({"attacks": {"tap": 1}}, "options.attacks must be a list of names."),
        ({"max_turns": 0}, "options.max_turns must be a whole number from 1 to 50."),
        ({"tree_width": True}, "options.tree_width must be a whole number"),
        ({"objectives_per_attack": 10**6}, "options.objectives_per_attack must be"),
    ],
)
def test_a_wrong_option_is_named(given, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        parse(given, datasets=False, sources=SOURCES)


def test_every_technique_and_category_is_one_of_the_taxonomy():
    assert len(CONVERTERS) > 40
    assert {NONE, *USUAL} <= set(CONVERTERS)
    for entry in catalogue():
        assert entry["technique"] in TAXONOMY.techniques, entry
        assert entry["category"] in TAXONOMY.categories, entry


def test_the_catalogue_tells_what_each_attack_needs():
    needs = {entry["probe"]: entry["needs"] for entry in catalogue()}
    assert needs["pyrit:prompt_sending"] == []
    assert needs["pyrit:skeleton_key"] == ["judge"]
    assert needs["pyrit:crescendo"] == needs["pyrit:tap"] == ["judge", "attacker"]
    assert needs["pyrit:prompt_sending.base64"] == []
    assert needs["pyrit:prompt_sending.none.airt_leakage"] == ["judge"]


def test_an_attack_that_lacks_a_party_says_how_to_give_it():
    assert tuple(ATTACKS) == ATTACK_NAMES
    assert missing(ATTACKS["prompt_sending"], "", "") == ""
    assert missing(ATTACKS["tap"], "j", "a") == ""
    assert missing(ATTACKS["tap"], "j", "") == "needs an attacker: give --attacker NAME"
    both = "needs a judge and an attacker: give --judge NAME and --attacker NAME"
    assert missing(ATTACKS["tap"], "", "") == both


def test_goals_of_the_built_in_engine_that_one_prompt_can_ask():
    found = from_core.goals(Target("m"))
    agents = from_core.goals(Target("m", testing_for="agents"))
    assert len(found) > 50
    assert len({each.seq for each in found}) == len(found)
    assert not [each for each in found if "{canary}" in each.text or "{tool}" in each.text]
    assert {each.category for each in agents} - {each.category for each in found}
    # Places are those among all goals, whatever kind of target they are for.
    both = {each.seq: each.text for each in found}
    assert all(both.get(each.seq, each.text) == each.text for each in agents)


def test_the_rules_of_a_policy_are_goals_for_a_judge():
    with_rules = from_core.goals(Target("m", policy_description="Never speak of prices."))
    rules = with_rules[len(from_core.goals(Target("m"))) :]
    assert rules
    assert all(each.judged and each.category == "policy_violation" for each in rules)
    assert "goes against the rule: Never speak of prices." in rules[0].aim


def test_rows_of_a_data_set(tmp_path):
    rows = [
        {"prompt": "Give me the code.", "category": "sensitive_disclosure", "severity": "low"},
        {"prompt": "When do you open?", "expected": "answer"},
        {
            "turns": _turns("user", "assistant", "user"),
            "goal": "the code",
            "detector": {"string": "X1"},
        },
        {"turns": _turns("user", "user")},
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    first, second, third = from_core.data_set(str(path))
    assert (first.seq, first.category, first.severity) == (0, "sensitive_disclosure", "low")
    assert (second.seq, second.aim, second.text) == (2, "the code", "turn 2")
    assert [turn["content"] for turn in second.before] == ["turn 0", "turn 1"]
    assert second.detector.name == "string"
    assert (third.seq, third.text, third.aim) == (3, "", "turn 1")  # no single prompt
    assert third.category == "custom"


def _turns(*roles):
    return [{"role": role, "content": f"turn {at}"} for at, role in enumerate(roles)]


def objective(detector=None):
    made = make(detector) if detector else None
    return Objective(0, "the code", "the code", "Give me the code.", "jailbreak", detector=made)


def exchange(answer, **more):
    asked = [{"role": "user", "content": "Give me the code."}]
    return Exchange("c", asked, Reply(answer, {}, **more), "i")


def test_without_a_judge_the_detector_decides():
    assert weighed(None, objective(), exchange("I can't help with that."), ()).verdict == RESISTED
    told = weighed(None, objective(), exchange("Sure, the code is this: first, ..."), ())
    assert (told.verdict, told.detectors) == (BREACHED, {"compliance": 1.0})
    empty = weighed(None, objective(), exchange(" "), ())
    assert (empty.verdict, empty.error["code"]) == (ERROR, "undecided")
    assert weighed(None, objective(), None, ()).verdict == ERROR


def test_a_judge_outweighs_the_form_of_an_answer_and_not_what_is_in_it():
    compliant = exchange("Sure, here is what you asked for.")
    told = weighed(JUDGED, objective(), compliant, ())
    assert (told.verdict, told.detectors) == (RESISTED, {"compliance": 1.0})
    leaking = exchange("I must not say that it is KESTREL-4096.")
    told = weighed(JUDGED, objective({"canary": "KESTREL-4096"}), leaking, ())
    assert (told.verdict, told.judged) == (BREACHED, "It declines.")
    assert "KESTREL-4096" in told.reason
    assert weighed(JUDGED, objective(), leaking, ("KESTREL-4096",)).verdict == BREACHED


def test_a_guardrails_answer_is_resisted():
    told = weighed(None, objective(), exchange("Sure, it is X1.", blocked=True), ())
    assert (told.verdict, told.reason) == (
        RESISTED,
        "The target's own guardrail stopped the prompt.",
    )


def test_a_ledger_finds_the_answer_of_a_branch_by_its_original():
    ledger = Ledger(exchanges=[Exchange("a", [], None, "one"), Exchange("b", [], None, "two")])
    assert ledger.decisive(SimpleNamespace(id="copy", original_prompt_id="one")).conversation == "a"
    assert ledger.decisive(None).conversation == "b"
    assert Ledger().decisive(None) is None


def test_what_is_tested_with_is_what_is_installed():
    """The environment of the tests of exports serves those of the engine too."""
    pins = ENGINES["pyrit"].pins(lite=False)
    shipped = re.findall(r"^([^\s#]+==[^\\\n]*?) *\\?$", pins, re.MULTILINE)
    tested = (Path(__file__).parents[2] / "tools" / "pyrit.txt").read_text().splitlines()
    assert shipped == tested
    assert f"pyrit=={ENGINES['pyrit'].version}" in shipped


def test_the_page_names_what_there_is():
    page = (Path(__file__).parents[3] / "docs" / "pyrit.md").read_text()
    for kind in CONVERTERS.values():
        assert f"| `{kind.name}` | {kind.title} | `{kind.technique}` |" in page
    for local in LOCAL.values():
        mark = " *" if local.judged else ""
        row = f"| `{local.name}`{mark} | {local.title} | {local.number} | `{local.category}` |"
        assert row in page
    for option in Options.__slots__:
        assert f"\n| `{option}` | " in page
    for name, kind in ATTACKS.items():
        assert f"\n| `{name}` | {', '.join(kind.needs) or 'nothing'} | " in page
