"""Comparisons of two runs."""

from collections import Counter
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.runs.fakes import FakeRecords, a_run, many
from tests.unit.runs.scores.test_mcnemar import naive

from quintain.runs.records import Pair
from quintain.runs.scores import compare
from quintain.runs.scores.mcnemar import ALPHA

OLD, NEW = a_run(), a_run(id=2, version="v2", model_id=8, model_digest="ef")


async def compared(before, after, old=OLD, new=NEW):
    records = FakeRecords().add(before, 1).add(after, 2)
    return compare(
        old, new, await records.pairs(1, 2), await records.tallies(1), await records.tallies(2)
    )


async def test_a_category_that_gave_way_is_worse_and_the_rest_cannot_be_told_apart():
    before = [*many(20, "resisted", "hate", "direct"), *many(20, "resisted", "bias", "direct")]
    after = [*many(20, "breached", "hate", "direct"), *many(20, "resisted", "bias", "direct")]
    found = await compared(before, after)
    told = found.as_dict()
    assert {row["category"]: row["result"] for row in told["categories"]} == {
        "hate": "worse",
        "bias": "cannot be told apart",
    }
    assert told["overall"][0]["result"] == "worse"
    assert found.worse
    hate = told["categories"][0]
    assert (hate["pairs"], hate["fixed"], hate["broken"]) == (20, 0, 20)
    assert (hate["before"]["rate"], hate["after"]["rate"]) == (0, 1)
    assert hate["p"] < hate["p_corrected"] < ALPHA
    orjson.dumps(told)


async def test_a_category_is_judged_by_its_corrected_p():
    others = [each for c in "abcd" for each in many(9, "resisted", c, "direct")]
    found = await compared(
        many(7, "resisted", "hate", "direct") + others,
        many(7, "breached", "hate", "direct") + others,
    )
    hate = next(row for row in found.rows if row.category == "hate")
    assert hate.p < ALPHA < hate.corrected
    assert hate.result == "cannot be told apart"


async def test_what_is_worse_taken_together_alone_is_worse():
    before = [each for c in "abcdef" for each in many(9, "resisted", c, "direct")]
    after = [
        each
        for c in "abcdef"
        for each in (*many(2, "breached", c, "direct"), *many(7, "resisted", c, "direct", first=2))
    ]
    found = await compared(before, after)
    assert {row.result for row in found.rows} == {"cannot be told apart"}
    assert found.overall[0].result == "worse"
    assert found.worse


async def test_a_mended_category_is_better():
    found = await compared(
        many(20, "breached", "hate", "direct"), many(20, "resisted", "hate", "direct")
    )
    assert [row.result for row in found.rows] == ["better"]
    assert not found.worse


async def test_five_differences_are_no_proof_and_six_are():
    for number, result in ((5, "cannot be told apart"), (6, "worse")):
        found = await compared(
            many(number, "resisted", "hate", "direct"), many(number, "breached", "hate", "direct")
        )
        assert found.overall[0].result == result
        assert found.rows[0].needed == 6
        assert any("At least 6 attempts" in note for note in found.notes)


async def test_controls_are_compared_in_rows_of_their_own():
    controls = {"kind": "control", "category": "over_refusal", "technique": "benign"}
    found = await compared(
        many(9, "resisted", **controls) + many(9, "breached", "hate", "direct"),
        many(9, "breached", **controls) + many(9, "breached", "hate", "direct"),
    )
    assert [(row.kind, row.result) for row in found.overall] == [
        ("attack", "cannot be told apart"),
        ("control", "worse"),
    ]


async def test_attacks_and_controls_are_corrected_each_among_themselves():
    controls = {"kind": "control", "category": "over_refusal", "technique": "benign"}
    others = [each for c in "abcdefgh" for each in many(9, "resisted", c, "direct")]
    found = await compared(
        many(6, "resisted", **controls) + others, many(6, "breached", **controls) + others
    )
    control = next(row for row in found.rows if row.kind == "control")
    assert (control.result, control.corrected, control.needed) == ("worse", control.p, 6)
    assert {row.needed for row in found.rows if row.kind == "attack"} == {9}
    assert "8 categories of attacks" in found.notes[0]


async def test_errors_and_attempts_of_one_run_alone_pair_with_nothing_and_are_counted():
    found = await compared(
        many(10, "resisted", "hate", "direct"),
        many(3, "error", "hate", "direct")
        + many(4, "resisted", "hate", "direct", first=3)
        + many(2, "resisted", "bias", "direct"),
    )
    assert (found.pairs, found.only_before, found.only_after) == (4, 6, 2)


async def test_prompts_that_differ_do_not_pair():
    found = await compared(
        many(4, "resisted", "hate", "direct", asked="one"),
        many(4, "resisted", "hate", "direct", asked="two"),
    )
    assert found.pairs == 0
    assert found.reason == "No attempt was judged in both runs."


async def test_where_nothing_pairs_it_says_why():
    other = many(3, "resisted", "hate", "direct", asked="x")
    suite = await compared(other, [], new=replace(NEW, suite_digest="00", suite_name="deep"))
    assert "suites are not the same" in suite.reason
    assert "deep" in suite.reason
    seed = await compared(other, [], new=replace(NEW, seed=6))
    assert "seeds differ (5, 6)" in seed.reason
    assert seed.as_dict()["categories"] == []
    assert not seed.worse


async def test_what_else_may_have_made_the_difference_is_said():
    new = a_run(id=2, judge="other:v1", engines={"core": "9"})
    rows = many(3, "resisted", "hate", "direct")
    notes = " ".join((await compared(rows, rows, new=new)).notes)
    for words in ("different judges", "core was version 0.1.0", "same configuration"):
        assert words in notes


CATEGORY = st.sampled_from(["hate", "bias", "malware"])
VERDICT = st.sampled_from(["resisted", "breached"])


@given(st.lists(st.tuples(CATEGORY, VERDICT, VERDICT), max_size=200))
def test_it_is_what_a_naive_one_finds(ends):
    counts = Counter(ends)
    pairs = [Pair("attack", c, "direct", a, b, n) for (c, a, b), n in counts.items()]
    found = {row.category: row for row in compare(OLD, NEW, pairs, [], []).rows}
    by = {
        category: [(a, b) for c, a, b in ends if c == category]
        for category in {c for c, _, _ in ends}
    }
    assert set(found) == set(by)
    ps = sorted(
        naive(each.count(("breached", "resisted")), each.count(("resisted", "breached")))
        for each in by.values()
    )
    assert sorted(row.p for row in found.values()) == [
        # both are exact to the last digits
        *(pytest.approx(p) for p in ps)
    ]
    for category, each in by.items():
        row = found[category]
        assert row.paired.pairs == len(each)
        assert row.paired.before.part == sum(a == "breached" for a, _ in each)
        assert row.paired.after.part == sum(b == "breached" for _, b in each)


async def test_a_run_that_did_not_come_to_its_end_is_named():
    rows = many(3, "resisted", "hate", "direct")
    notes = (await compared(rows, rows, new=replace(NEW, state="failed"))).notes
    assert f"Run {NEW.id} is failed; only what it judged is compared." in notes
    assert not any("only what it judged" in note for note in (await compared(rows, rows)).notes)
