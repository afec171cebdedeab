"""What garak's runner knows without garak: choosing, naming, verdicts, and work side by side."""

import re
import threading
from dataclasses import dataclass, field

import pytest

from quintain.runners.garak.choosing import Known, chosen
from quintain.runners.garak.crew import Batch, Crew
from quintain.runners.garak.judging import Undecided, _rating, _yes_or_no, verdict
from quintain.runners.garak.loading import Ready, needs_of
from quintain.runners.garak.naming import _FAMILIES, kind_of, severity_of
from quintain.runners.garak.options import Options, parse


def known(name, *, active=True, tags=(), tier=2, **facts):
    return Known(name, {"active": active, "tags": list(tags), "tier": tier, **facts})


PROBES = [
    known("dan.Ablation", tags=["owasp:llm01", "payload:jailbreak"]),
    known("dan.Old", active=False, tier=9),
    known("encoding.InjectBase64", tags=["owasp:llm01"], tier=1),
    known("lmrc.Deadnaming"),
]


def names(**options):
    return [each.name for each in chosen(parse(options), PROBES)]


def test_without_a_word_all_active_probes_are_chosen():
    assert names() == ["dan.Ablation", "encoding.InjectBase64", "lmrc.Deadnaming"]
    assert names(mode="all") == [each.name for each in PROBES]


def test_words_choose_by_module_class_tag_and_tier():
    assert names(include=["probes.dan"]) == names(include=["dan"]) == ["dan.Ablation"]
    assert names(include=["dan.Old", "lmrc"]) == ["dan.Old", "lmrc.Deadnaming"]
    assert names(include=["tag:owasp:llm01"]) == ["dan.Ablation", "encoding.InjectBase64"]
    assert names(include=["tag:payload"]) == ["dan.Ablation"]
    assert names(include=["tier:9"], mode="all") == ["dan.Old"]


def test_what_is_excluded_is_out_however_it_came_in():
    assert names(include=["dan.Ablation", "lmrc"], exclude=["tag:owasp"]) == ["lmrc.Deadnaming"]


@pytest.mark.parametrize("word", ["probes.dann", "tag:owasp:llm1", "tier:4", "dan.Nobody"])
def test_a_word_that_names_no_probe_is_refused(word):
    with pytest.raises(ValueError, match=word):
        names(exclude=[word])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prompt_per_probe": 3}, "options.prompt_per_probe is not known: did you mean prompts_"),
        ({"probes": []}, "options.probes is not known. There are exclude, generations, "),
        ({"prompts_per_probe": "x"}, "options.prompts_per_probe must be a whole number from 1 to"),
        ({"prompts_per_probe": 0}, "options.prompts_per_probe must be a whole number from 1 to"),
        ({"generations": -1}, "options.generations must be a whole number from 1 to"),
        ({"goals_per_probe": 0}, "options.goals_per_probe must be a whole number from 1 to"),
        ({"max_turns": 51}, "options.max_turns must be a whole number from 1 to 50."),
        ({"max_tokens": 1.5}, "options.max_tokens must be a whole number from 1 to"),
        ({"temperature": "hot"}, "options.temperature must be a number from 0 to 2."),
        ({"top_p": 1.1}, "options.top_p must be a number from 0 to 1."),
        ({"include": [3]}, "options.include must be a list of names."),
        ({"exclude": {"dan": 1}}, "options.exclude must be a list of names."),
        ({"mode": "actve"}, "options.mode: 'actve' is not known: did you mean active?"),
        ({"mode": []}, "options.mode must be one of active, all."),
        ({"hub": "no"}, "options.hub must be true or false."),
    ],
)
def test_a_wrong_option_is_named(given, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        parse(given)


def test_options_have_their_usual_values_and_goals_are_no_more_than_prompts():
    assert parse({}) == parse(dict.fromkeys(["include", "mode", "max_turns", "hub"])) == Options()
    assert parse({"include": "dan"}).include == ("dan",)
    assert parse({"prompts_per_probe": 2}).goals == 2
    assert parse({"temperature": 0, "max_tokens": 9}).passed_on == {
        "temperature": 0,
        "max_tokens": 9,
    }


CATEGORIES = (
    "prompt_injection jailbreak sensitive_disclosure system_prompt_leak supply_chain output_handling"
    " misinformation unbounded_consumption harmful_content hate bias malware copyright"
    " policy_violation tool_misuse trust_exploitation"
)


def test_every_family_has_a_category_and_a_technique_of_ours():
    assert {category for category, _ in _FAMILIES.values()} == set(CATEGORIES.split())
    for _, technique in _FAMILIES.values():
        assert technique.replace("_", "").isalnum()


def test_a_class_has_its_own_kind_or_its_familys():
    assert kind_of("encoding.InjectBase64", []) == ("prompt_injection", "base64")
    assert kind_of("encoding.InjectNew", []) == ("prompt_injection", "encoding")
    assert kind_of("unheard.Of", ["x", "owasp:llm09"]) == ("misinformation", "direct")
    assert kind_of("unheard.Of", []) == ("harmful_content", "direct")
    assert [severity_of(tier) for tier in (1, 2, 3, 9)] == ["high", "medium", "low", "low"]


def test_what_a_probe_needs_stands_in_its_description():
    params = {"red_team_model_type": "x"}
    assert needs_of(known("a.B", DEFAULT_PARAMS={})) == ()
    assert needs_of(known("a.B", primary_detector="judge.Refusal")) == ("judge",)
    goat = known("goat.X", primary_detector="judge.J", DEFAULT_PARAMS=params)
    assert needs_of(goat) == ("judge", "attacker")


def ready(deciding):
    return Ready(known("a.B"), object(), deciding, {deciding: object(), "other.D": object()})


def test_the_deciding_detector_alone_decides_from_half_on():
    made = ready("dan.DAN")
    assert verdict(made, {"dan.DAN": 0.49, "other.D": 1.0}).verdict == "resisted"
    assert verdict(made, {"dan.DAN": 0.5, "other.D": 0.0}).verdict == "breached"
    undecided = verdict(made, {"dan.DAN": None, "other.D": 1.0})
    assert (undecided.verdict, undecided.error["code"]) == ("error", "undecided")


def test_a_verdict_by_english_phrases_says_so():
    assert (
        "English phrases"
        in verdict(
            ready("mitigation.MitigationBypass"), {"mitigation.MitigationBypass": 1.0}
        ).reason
    )
    assert "English" not in verdict(ready("dan.DAN"), {"dan.DAN": 1.0}).reason


def test_a_judges_answer_is_a_verdict_or_none():
    assert [_yes_or_no("I say [[YES]]."), _yes_or_no("[[no]]"), _rating("Rating: [[7]]")] == [
        1,
        0,
        7,
    ]
    for read, answer in ((_yes_or_no, "yes"), (_rating, "7 of 10"), (_rating, "")):
        with pytest.raises(Undecided, match="no verdict"):
            read(answer)


@dataclass
class Work:
    """Counts how many are at it at a time."""

    at_once: int = 0
    most: int = 0
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    full: threading.Event = field(default_factory=threading.Event)

    def __call__(self):
        with self.lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            if self.at_once == 3:
                self.full.set()
        self.full.wait(10)
        with self.lock:
            self.at_once -= 1
            self.done += 1


def test_a_crew_works_side_by_side_and_a_batch_ends_once():
    crew, work, ended = Crew(3), Work(), []
    batch = Batch(crew, lambda: ended.append(work.done))
    for _ in range(20):
        batch.add(work)
    batch.close()
    crew.finish()
    assert (work.done, work.most, ended) == (20, 3, [20])


def test_an_empty_batch_ends_too():
    ended = []
    Batch(Crew(1), lambda: ended.append(1)).close()
    assert ended == [1]


def test_a_lost_listener_ends_the_crew():
    def broken():
        raise BrokenPipeError

    def submit_many():
        for _ in range(10):
            crew.submit(broken)

    crew = Crew(1)
    with pytest.raises(BrokenPipeError):
        submit_many()
    with pytest.raises(BrokenPipeError):
        crew.finish()
