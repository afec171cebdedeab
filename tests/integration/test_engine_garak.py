"""garak's runner: real probes through a real gateway to targets whose answers are known."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import quintain.runs
from quintain.runners.garak.naming import is_known
from quintain.runners.wire import Config, Target
from tests.engine_at_hand import engine_python
from tests.served.known_answers import known_answers
from tests.served.quintain import ADMIN_KEY, Quintain
from tests.served.running import of_kind, runner, told, told_until, with_done
from tests.served.target import Hosted, answers, completion

pytestmark = [pytest.mark.tools, pytest.mark.timeout(600)]

MIXED = [
    "probes.web_injection.TaskXSS",
    "probes.encoding.InjectBase64",
    "probes.promptinject.HijackKillHumans",
    "probes.grandma.Slurs",
    "probes.badchars.BadCharacters",
    "probes.latentinjection.LatentWhois",
]
# Few prompts each, so that no sample is drawn, and none that names the model.
WHOLE = [
    "probes.grandma.Win10",
    "probes.goodside.ThreatenJSON",
    "probes.goodside.WhoIsRiley",
    "probes.lmrc.Deadnaming",
    "probes.web_injection.PlaygroundMarkdownExfil",
    "probes.misleading.FalseAssertion",
]


@pytest.fixture(scope="module")
def python():
    return engine_python("garak", lite=True)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A gateway, and its models: each in the mode that its name says."""
    with known_answers() as known:
        quintain = Quintain(tmp_path_factory.mktemp("garak") / "data").start()
        modes = {
            "echoes": "echoes",
            "refuses": "refuses",
            "complies": "complies",
            "fails": "fails_every:7:400",
            "yes": "judges:[[YES]]",
            "vague": "judges:Well, who can say?",
        }
        for name, mode in modes.items():
            quintain.add(name, known.config(), model_name=mode)
        yield quintain, known
        quintain.stop()


@pytest.fixture
def config(served, tmp_path):
    def config(model="echoes", include=MIXED, *, judge="", attacker="", **options):
        return Config(
            run=7,
            seed=3,
            base_url=f"{served[0].url}/v1",
            api_key=ADMIN_KEY,
            target=Target(model),
            folder=tmp_path / "part",
            judge=judge,
            attacker=attacker,
            options={"include": include, **options},
        )

    return config


def entries(folder, kind):
    lines = (folder / "report.jsonl").read_text().splitlines()
    return [entry for line in lines if (entry := json.loads(line))["entry_type"] == kind]


def counted(events):
    """(probe, detector): garak's passed, fails and nones, from the scores that we recorded."""
    found = defaultdict(Counter)
    names = {
        e["probe"]: {n for a in events if a["probe"] == e["probe"] for n in a["detectors"]}
        for e in events
    }
    for event in events:
        for name in names[event["probe"]]:
            score = event["detectors"].get(name)
            word = "nones" if score is None else "fails" if score >= 0.5 else "passed"
            found[event["probe"].removeprefix("garak:"), name][word] += 1
    return {
        key: {word: n[word] for word in ("passed", "fails", "nones")} for key, n in found.items()
    }


def evaluated(found):
    return {
        (e["probe"].removeprefix("probes."), e["detector"]): {
            word: e[word] for word in ("passed", "fails", "nones")
        }
        for e in found
    }


def by_verdict(events):
    found = defaultdict(Counter)
    for event in events:
        found[event["probe"]][event["verdict"]] += 1
    return found


@pytest.mark.parametrize("model", ["echoes", "refuses", "fails"])
def test_its_figures_are_those_of_garaks_own_report(python, config, model):
    asked = config(model, prompts_per_probe=9)
    plan = of_kind(told(python, "garak", "plan", asked), "probe")
    events = of_kind(told(python, "garak", "run", asked), "attempt")
    assert Counter(e["probe"] for e in events) == {p["probe"]: p["attempts"] for p in plan}
    assert (sum(p["attempts"] for p in plan), len(plan)) == (9 * 6, 6)
    evals = entries(asked.folder, "eval")
    assert counted(events) == evaluated(evals)
    # The verdict is the primary detector's, whatever the others say.
    primary = {
        "grandma.Slurs": "unsafe_content.SlursReclaimedSlurs",
        "encoding.InjectBase64": "encoding.DecodeMatch",
    }
    for name, verdicts in by_verdict(events).items():
        [one] = [
            e
            for e in evals
            if e["probe"] == name.removeprefix("garak:")
            and e["detector"] == primary.get(e["probe"], e["detector"])
        ]
        assert (verdicts["resisted"], verdicts["breached"]) == (one["passed"], one["fails"])
        assert verdicts["error"] == one["nones"]
    assert sum(v["error"] for v in by_verdict(events).values()) == (7 if model == "fails" else 0)
    if model == "echoes":
        assert by_verdict(events)["garak:web_injection.TaskXSS"]["breached"] == 9


def test_garaks_command_line_comes_to_the_same_figures(python, config, served, tmp_path):
    ours = config("echoes", WHOLE, prompts_per_probe=1000)
    events = of_kind(told(python, "garak", "run", ours), "attempt")
    target = {"uri": f"{ours.base_url}/", "stop": [], "max_tokens": 1000}
    document = {
        "run": {"spec": {"include": WHOLE}, "generations": 1, "soft_probe_prompt_cap": 1000},
        "plugins": {
            "target_type": "openai.OpenAICompatible",
            "target_name": "echoes",
            "generators": {"openai": {"OpenAICompatible": target}},
        },
        "reporting": {"report_dir": str(tmp_path), "report_prefix": "cli"},
    }
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(document))
    garak(python, tmp_path, "garak", "--config", str(tmp_path / "run.yaml"))
    lines = [json.loads(line) for line in (tmp_path / "cli.report.jsonl").read_text().splitlines()]
    theirs = evaluated(line for line in lines if line["entry_type"] == "eval")
    assert evaluated(entries(ours.folder, "eval")) == theirs
    assert counted(events) == theirs
    assert {name for name, _ in theirs} == {name.removeprefix("probes.") for name in WHOLE}


def garak(python, home, *words):
    env = {
        "HOME": str(home),
        "PATH": os.defpath,
        "HF_HUB_OFFLINE": "1",
        "OPENAICOMPATIBLE_API_KEY": ADMIN_KEY,
    }
    done = subprocess.run(
        [str(python), "-m", *words],
        check=False,
        env=env,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_garaks_own_tools_read_the_report(python, config, tmp_path):
    asked = config(include=["tag:owasp:llm02"], prompts_per_probe=2)
    told(python, "garak", "run", asked)
    page, report = tmp_path / "digest.html", asked.folder / "report.jsonl"
    kinds = [json.loads(line)["entry_type"] for line in report.read_text().splitlines()]
    assert kinds[:2] == ["start_run setup", "init"]
    assert kinds[-1] == "completion"
    assert {"attempt", "eval", "probe_summary"} <= set(kinds)
    assert ADMIN_KEY not in report.read_text()
    garak(python, tmp_path, "garak.analyze.report_digest", "-r", str(report), "-o", str(page))
    assert "web_injection" in page.read_text()


def test_a_killed_run_goes_on_with_the_same_prompts(python, config, served, tmp_path):
    whole = config(prompts_per_probe=20, generations=2)
    unbroken = prompts(of_kind(told(python, "garak", "run", whole), "attempt"))
    known = served[1]
    known.seen.clear()
    broken = replace(whole, folder=tmp_path / "broken")
    events = []
    for enough in (30, 50):
        found = told_until(python, "garak", broken, lambda said, n=enough: len(said) >= n)
        events += of_kind(found, "attempt")
        broken = with_done(broken, found)
    rest = told(python, "garak", "run", broken)
    events += of_kind(rest, "attempt")
    assert len(events) == len(unbroken) == len(prompts(events))
    assert prompts(events) == unbroken
    # Nothing that was told of is asked again: at most what was under way, at two kills.
    assert len(known.seen) <= len(unbroken) + 2 * 8 * 2
    assert counted(events) == evaluated(entries(broken.folder, "eval"))
    recorded = Counter(
        (e["probe_classname"], e["seq"], e["status"]) for e in entries(broken.folder, "attempt")
    )
    assert set(recorded.values()) == {1}
    assert len(recorded) == 2 * len(unbroken)


def prompts(events):
    return {(e["probe"], e["seq"]): e["prompt"] for e in events}


def test_another_seed_asks_another_sample(python, config):
    first = config(include=["probes.badchars"], prompts_per_probe=5)
    other = replace(first, seed=4, folder=first.folder.with_name("other"))
    asked = [prompts(of_kind(told(python, "garak", "run", c), "attempt")) for c in (first, other)]
    assert asked[0] != asked[1]


def test_an_answer_that_does_not_come_is_an_error(python, config):
    events = of_kind(
        told(python, "garak", "run", config("fails", ["probes.goodside.Tag"])), "attempt"
    )
    errors = [e for e in events if e["verdict"] == "error"]
    assert 1 <= len(errors) <= 3
    for event in errors:
        assert (event["error"]["status"], event["answer"], event["detectors"]) == (400, "", {})
        assert event["prompt"]


@pytest.mark.parametrize(
    ("name", "reason", "verdict"),
    [("withheld", "content_filter", "resisted"), ("spent", "length", "error")],
)
def test_an_answer_without_a_word_is_no_breach(python, config, served, name, reason, verdict):
    hosted = Hosted()
    hosted.target.does(answers(completion("", reason)))
    try:
        served[0].add(name, hosted.target.config())
        asked = config(name, ["probes.donotanswer.HumanChatbox"], prompts_per_probe=2)
        events = of_kind(told(python, "garak", "run", asked), "attempt")
    finally:
        hosted.close()
    assert [e["verdict"] for e in events] == [verdict] * 2
    [counts] = evaluated(entries(asked.folder, "eval")).values()
    if verdict == "error":
        assert {e["error"]["code"] for e in events} == {"undecided"}
        assert counts == {"passed": 0, "fails": 0, "nones": 2}
    else:
        assert counts == {"passed": 2, "fails": 0, "nones": 0}


def test_what_it_cannot_do_is_skipped_with_the_cause(python, config):
    asked = config(
        include=["goat", "fitd", "probes.visual_jailbreak", "packagehallucination", "tap"],
        mode="all",
        prompts_per_probe=1,
    )
    run = told(python, "garak", "run", asked)
    skipped = {e["probe"]: e["reason"] for e in of_kind(run, "skip")}
    plan = of_kind(told(python, "garak", "plan", asked), "probe")
    assert skipped == {p["probe"]: p["skip"] for p in plan if p["skip"]}
    assert "give --judge NAME" in skipped["garak:goat.GOATAttack"]
    assert "image" in skipped["garak:visual_jailbreak.FigStep"]
    assert "from a hub" in skipped["garak:packagehallucination.Python"]
    assert "pyrit" in skipped["garak:tap.TAP"]
    assert {e["probe"] for e in of_kind(run, "attempt")} == {"garak:tap.TAPCached"}
    attacker = replace(asked, judge="yes", folder=asked.folder / "more")
    plan = of_kind(told(python, "garak", "plan", attacker), "probe")
    assert "give --attacker NAME" in {p["probe"]: p["skip"] for p in plan}["garak:fitd.FITD"]


def test_a_conversation_that_a_model_leads_is_one_attempt(python, config, served):
    asked = config(
        "refuses", ["goat", "fitd"], mode="all", judge="yes", attacker="complies", goals_per_probe=3
    )
    plan = {p["probe"]: p for p in of_kind(told(python, "garak", "plan", asked), "probe")}
    events = of_kind(told(python, "garak", "run", asked), "attempt")
    assert by_verdict(events) == {
        "garak:goat.GOATAttack": {"breached": 3},  # this judge says yes to all
        "garak:fitd.FITD": {"resisted": 3},  # refused from the first word, it never came to ask
    }
    goals = {e["goal"] for e in events}
    assert len(goals) == 3  # the same for both, whatever the attacker makes of them
    for event in events:
        roles = [turn["role"] for turn in event["prompt"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
        known = plan[event["probe"]]
        assert 1 <= event["calls"] <= known["calls"]
        assert 1 <= event["attacker_calls"] <= known["attacker_calls"]
        assert event["judge_calls"] <= known["judge_calls"]
    assert counted(events) == evaluated(entries(asked.folder, "eval"))
    judged = next(e for e in events if e["verdict"] == "breached")
    assert judged["judge"]["model"] == "yes"
    assert len(judged["prompt"]) == 9  # five questions, four answers in between


def test_a_judge_that_gives_no_verdict_makes_an_error(python, config):
    asked = config(
        "complies",
        ["goat"],
        mode="all",
        judge="vague",
        attacker="complies",
        goals_per_probe=2,
        max_turns=2,
    )
    events = of_kind(told(python, "garak", "run", asked), "attempt")
    assert [e["error"]["code"] for e in events] == ["judge_undecided"] * 2


def test_an_attacker_that_does_not_answer_makes_an_error(python, config):
    asked = config(
        "complies", ["goat", "fitd"], mode="all", judge="yes", attacker="gone", goals_per_probe=2
    )
    events = of_kind(told(python, "garak", "run", asked), "attempt")
    assert [e["verdict"] for e in events] == ["error"] * 4
    assert all(e["calls"] == 0 for e in events)


def test_the_catalogue_tells_what_each_probe_needs(python):
    found = of_kind(told(python, "garak", "catalogue"), "entry")
    assert len(found) == 189
    assert all(is_known(e["probe"].removeprefix("garak:")) for e in found)
    usable = [e for e in found if not e["needs"] and not e["why"]]
    assert len(usable) == 150
    assert all(e["prompts"] for e in usable)
    needs = {e["probe"]: e["needs"] for e in found}
    assert needs["garak:goat.GOATAttack"] == ["judge", "attacker"]
    assert needs["garak:agent_breaker.AgentBreaker"] == ["judge", "attacker", "tools"]
    assert needs["garak:lmrc.Bullying"] == ["hub"]
    assert needs["garak:encoding.InjectBase64"] == []


def test_a_word_that_names_no_probe_ends_it_with_a_sentence(python, config):
    with pytest.raises(AssertionError, match="garak has no probe 'probes.dann'"):
        told(python, "garak", "plan", config(include=["probes.dann"]))


@pytest.mark.parametrize("kind", ["module", "tag", "tier", "class", "exclude"])
def test_probes_are_chosen_by_words(python, config, kind):
    chosen = {
        "module": (["snowball"], {}),
        "tag": (["tag:payload:leak:chat"], {}),
        "tier": (["tier:9"], {"mode": "all"}),
        "class": (["probes.snowball.Primes"], {}),
        "exclude": (["lmrc"], {"exclude": ["probes.lmrc.Bullying"]}),
    }
    include, more = chosen[kind]
    plan = of_kind(told(python, "garak", "plan", config(include=include, **more)), "probe")
    names = {p["probe"].removeprefix("garak:") for p in plan}
    expected = {
        "module": {"snowball.GraphConnectivity"},
        "class": {"snowball.Primes"},
        "exclude": {
            "lmrc.Deadnaming",
            "lmrc.QuackMedicine",
            "lmrc.SexualContent",
            "lmrc.Sexualisation",
            "lmrc.SlurUsage",
        },
    }
    if kind in expected:
        assert names == expected[kind]
    elif kind == "tag":
        assert all(name.startswith("web_injection.") for name in names)
        assert len(names) == 6
    else:
        assert {"dan.Dan_6_0", "av_spam_scanning.EICAR"} <= names


def test_a_runner_with_a_hash_seed_of_chance_refuses(python, config):
    with runner(python, "garak", "plan", config(), PYTHONHASHSEED="random") as at_work:
        assert list(at_work.each()) == []
        assert at_work.end() == 1
        assert b"PYTHONHASHSEED=0" in at_work.errors


SUITES = Path(quintain.runs.__file__).parent / "suites"
STEPS = [
    pytest.param(step["options"], id=f"{path.stem}-{at}")
    for path in sorted(SUITES.glob("*.yaml"))
    for at, step in enumerate(yaml.safe_load(path.read_text())["steps"])
    if step["engine"] == "garak"
]


@pytest.mark.parametrize("options", STEPS)
def test_the_suites_that_come_along_name_probes_that_there_are(python, config, options):
    asked = replace(config(), options=options, judge="yes", attacker="complies")
    plan = of_kind(told(python, "garak", "plan", asked), "probe")
    assert sum(p["attempts"] for p in plan) > 50
    for probe in plan:
        assert bool(probe["attempts"]) != bool(probe["skip"])
