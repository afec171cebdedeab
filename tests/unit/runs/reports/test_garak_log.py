"""report.jsonl, as garak writes it; its own tools read it in tests/integration."""

import json
from collections import Counter

import pytest
from tests.unit.runs.reports.samples import KINDS, written


async def read(kind):
    return [json.loads(line) for line in (await written(kind, "jsonl")).decode().splitlines()]


@pytest.mark.parametrize("kind", KINDS)
async def test_its_entries_come_in_garak_s_order_and_form(kind):
    entries = await read(kind)
    assert [entry["entry_type"] for entry in entries[:2]] == ["start_run setup", "init"]
    assert entries[-1]["entry_type"] == "completion"
    attempts = [entry for entry in entries if entry["entry_type"] == "attempt"]
    _, records = KINDS[kind]()
    assert len(attempts) == len(records.rows) == len({each["uuid"] for each in attempts})
    for entry in entries:
        if entry["entry_type"] in ("eval", "attempt"):
            assert (entry.get("probe") or entry["probe_classname"]).count(".") == 1


async def test_the_evals_are_the_sums_of_the_attempts():
    entries = await read("bad")
    sums = Counter()
    for entry in entries:
        if entry["entry_type"] == "attempt":
            for detector, (score,) in entry["detector_results"].items():
                sums[entry["probe_classname"], detector, score >= 0.5] += 1
    evals = [entry for entry in entries if entry["entry_type"] == "eval"]
    assert evals
    for entry in evals:
        key = entry["probe"], entry["detector"]
        assert (entry["passed"], entry["fails"]) == (sums[*key, False], sums[*key, True])
        assert entry["total_evaluated"] == entry["passed"] + entry["fails"]
    assert sum(sums.values()) == sum(entry["total_evaluated"] for entry in evals)


async def test_garak_s_own_probes_keep_their_names_and_detectors():
    evals = {(e["probe"], e["detector"]): e for e in await read("bad") if e["entry_type"] == "eval"}
    own = evals["leakreplay.GuardianCloze", "leakreplay.StartsWith"]
    assert (own["passed"], own["fails"]) == (1, 1)
    assert ("base.core_jailbreak_role_play", "quintain.Verdict") in evals


async def test_an_error_is_an_attempt_without_a_result():
    errors = [each for each in await read("failed") if each.get("status") == 1]
    assert len(errors) == 9
    assert all(each["detector_results"] == {} for each in errors)


async def test_probes_are_tagged_by_a_taxonomy_whose_ids_mean_the_same_to_garak():
    (plugins,) = [each for each in await read("bad") if each["entry_type"] == "plugin_cache"]
    tags = {tag for each in plugins["plugin_cache"]["probes"].values() for tag in each["tags"]}
    assert "avid-effect:security:S0301" in tags
    assert not any(tag.startswith("owasp:") for tag in tags)
