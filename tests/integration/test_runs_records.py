"""Runs and attempts in the store, on both databases."""

import asyncio
import random
import time
from collections import Counter

import pytest

from quintain.errors import Conflict, NotFound
from quintain.registry.changes import last_number
from quintain.registry.keys import NewKey
from quintain.runners.wire import Attempt as Said
from quintain.runs.model import Costs, NewRun, Part, Plan, Skipped
from quintain.runs.records import AttemptFilters, Records, Totals, attempts

BREACHED, RESISTED, ERROR = "breached", "resisted", "error"


@pytest.fixture
def records(store):
    return Records(store)


@pytest.fixture
async def stranger(keys, admin):
    """An editor of another project."""
    record, _ = await keys.create(admin, NewKey("theirs", "editor", "other"))
    return record.actor()


@pytest.fixture
async def run(records, admin):
    return await records.create(admin, new_run())


def new_run(saved_name="bot", version="v1", suite="smoke", **plan):
    parts = (Part("1-core", "core", {"categories": ["hate"]}, ("mine",)),)
    plan = Plan(
        **{
            "parts": parts,
            "suite": {"name": suite},
            "target": {"model": "bot:v1"},
            "facts": {},
            "limits": {},
            "skipped": (Skipped("2-garak", "is not installed"),),
            **plan,
        }
    )
    return NewRun(7, saved_name, version, 3, "ab12", suite, "cd34", 5, plan)


def said(seq=0, verdict=RESISTED, probe="core:hate/direct", **more):
    prompt = more.pop("prompt", [{"role": "user", "content": f"{probe} {seq}"}])
    fields = {"category": "hate", "technique": "direct", **more}
    return Said(probe, seq, prompt=prompt, verdict=verdict, **fields).as_event()


async def seqs(records, run, filters=AttemptFilters(), **more):  # noqa: B008
    return [each.seq for each in await records.attempts(run.id, filters, **more)]


async def test_a_run_comes_back_as_it_was_made(records, admin, run):
    found = await records.get(admin.project_id, run.id)
    assert found == run == await records.by_id(run.id)
    assert (found.state, found.wanted, found.turn, found.started_by) == (
        *("queued", "run", 1),
        admin.key_prefix,
    )
    assert found.plan == new_run().plan


async def test_another_project_sees_no_run(records, stranger, run):
    with pytest.raises(NotFound) as refusal:
        await records.get(stranger.project_id, run.id)
    assert refusal.value.code == "run_not_found"
    assert await records.list(stranger.project_id) == []


@pytest.mark.parametrize("run_id", [0, -1, 2**63, 2**80])
async def test_a_number_that_no_run_can_have_is_not_found(records, admin, run_id):
    with pytest.raises(NotFound):
        await records.get(admin.project_id, run_id)


async def test_runs_are_listed_newest_first_by_what_is_asked(records, admin):
    made = [
        await records.create(admin, new_run(*names))
        for names in (("a", "v1"), ("a", "v2"), ("b", "v1"), ("a", "v1", "deep"))
    ]
    await records.begin(made[2].id)

    async def places(**filters):
        found = await records.list(admin.project_id, **filters)
        return [[run.id for run in made].index(run.id) for run in found]

    assert await places() == [3, 2, 1, 0]
    assert await places(saved_name="a") == [3, 1, 0]
    assert await places(saved_name="a", version="v1", suite="smoke") == [0]
    assert await places(state="running") == [2]
    assert await places(before=made[2].id, limit=1) == [1]
    assert await places(saved_name="a\0") == []


async def test_a_run_goes_its_way_once(records, run):
    begun = await records.begin(run.id)
    assert begun.state == "running"
    again = await records.begin(run.id)
    assert again.started_at == begun.started_at
    assert [each.id for each in await records.unfinished()] == [run.id]
    ended = await records.end(run.id, "failed", "The model was changed\0.")
    assert (ended.state, ended.reason) == ("failed", "The model was changed\u2400.")
    assert await records.end(run.id, "finished", "") == ended
    assert await records.begin(run.id) == ended
    assert await records.want_cancel(run.id) == ended
    assert await records.unfinished() == []


async def test_a_run_that_is_under_way_can_be_cancelled_and_not_resumed(records, run):
    assert (await records.want_cancel(run.id)).wanted == "cancel"
    with pytest.raises(Conflict) as refusal:
        await records.requeue(run.id, retry_errors=False)
    assert refusal.value.code == "run_not_over"


@pytest.mark.parametrize("retry", [True, False])
async def test_a_resumed_run_tries_its_errors_again_where_it_should(records, run, retry):
    await records.record(run.id, "core", [said(0), said(1, ERROR), said(2, BREACHED)])
    await records.finished(run.id, "1-core")
    await records.end(run.id, "failed", "too many errors")
    resumed = await records.requeue(run.id, retry_errors=retry)
    assert (resumed.state, resumed.wanted, resumed.turn, resumed.reason, resumed.ended_at) == (
        *("queued", "run", 2, ""),
        None,
    )
    assert resumed.outcome.finished == ()
    done = {"core:hate/direct": [[0, 0], [2, 2]] if retry else [[0, 2]]}
    assert await records.done(run.id, "core") == done
    assert (await records.totals([run.id]))[run.id].attacks == {
        RESISTED: 1,
        BREACHED: 1,
        **({} if retry else {ERROR: 1}),
    }
    await records.record(run.id, "core", [said(1)])
    assert await seqs(records, run) == ([0, 2, 1] if retry else [0, 1, 2])


async def test_an_error_that_is_tried_again_has_a_higher_id_than_all_before(records, run):
    first = await records.record(run.id, "core", [said(0), said(1, ERROR)])
    await records.end(run.id, "finished", "")
    await records.requeue(run.id, retry_errors=True)
    assert (await records.record(run.id, "core", [said(1)]))[0] > max(first)


async def test_what_is_found_out_on_the_way_adds_up(records, run):
    await asyncio.gather(
        records.planned(run.id, "1-core", 12),
        records.planned(run.id, "2-garak", 3),
        records.engine(run.id, "core", "1.0"),
        records.skip(run.id, [Skipped("core:a", "needs a judge"), Skipped("core:b", "is slow")]),
        records.note(run.id, "half a pair: \ud83d"),
        records.finished(run.id, "1-core"),
    )
    await records.skip(run.id, [Skipped("core:b", "is very slow")])
    await records.note(run.id, "half a pair: \ud83d")
    await records.finished(run.id, "1-core")
    outcome = (await records.by_id(run.id)).outcome
    assert outcome.planned == {"1-core": 12, "2-garak": 3}
    assert outcome.engines == {"core": "1.0"}
    assert set(outcome.skipped) == {
        Skipped("core:a", "needs a judge"),
        Skipped("core:b", "is very slow"),
    }
    assert outcome.notes == ("half a pair: \\ud83d",)
    assert outcome.finished == ("1-core",)


async def test_of_a_run_that_is_not_there_nothing_is_found_out(records):
    with pytest.raises(NotFound):
        await records.note(12345, "hello")


async def test_an_attempt_comes_back_as_it_was_said(records, run):
    event = said(
        seq=4,
        verdict=BREACHED,
        answer="Gladly. 你好 \0",
        severity="high",
        goal="an insult",
        reason="it insulted",
        tool_calls=[{"name": "send", "arguments": {"to": 1}}],
        steps=[1, "two"],
        detectors={"regex": 0.5},
        judge={"model": "j", "verdict": "breached", "reason": "see"},
        started_at=1_700_000_000.25,
        elapsed_ms=12.6,
        retries=1,
        request_id="req_1",
        calls=2,
        judge_calls=3,
        attacker_calls=4,
        input_tokens=5,
        output_tokens=6,
    )
    (number,) = await records.record(run.id, "core", [event])
    attempt = await records.attempt(run.id, number)
    assert [attempt] == await records.attempts(run.id)
    for name in ("probe", "seq", "kind", "category", "technique", "severity", "verdict"):
        assert getattr(attempt, name) == event[name]
    for name in ("retries", "request_id", "calls", "judge_calls", "attacker_calls"):
        assert getattr(attempt, name) == event[name]
    assert attempt.started_at.timestamp() == 1_700_000_000.25
    assert (attempt.elapsed_ms, attempt.input_tokens, attempt.output_tokens) == (13, 5, 6)
    for name, value in attempt.detail.items():
        assert value == event[name]
    assert [each.detail for each in await records.attempts(run.id, whole=False)] == [{}]


async def test_no_attempt_is_recorded_twice(records, run):
    first = await records.record(run.id, "core", [said(0), said(1)])
    again = await records.record(run.id, "core", [said(1, BREACHED), said(2), said(2, BREACHED)])
    assert (len(first), len(again)) == (2, 1)
    assert [each.verdict for each in await records.attempts(run.id)] == [RESISTED] * 3
    assert (await records.costs(run.id)).attempts == 3
    assert await records.record(run.id, "core", [said(0)]) == []
    assert await records.record(run.id, "core", []) == []


async def test_the_same_probe_of_two_runs_is_two_attempts(records, admin, run):
    other = await records.create(admin, new_run())
    for each in (run, other):
        await records.record(each.id, "core", [said(0)])
    assert await seqs(records, other) == [0]
    with pytest.raises(NotFound):
        await records.attempt(other.id, (await records.attempts(run.id))[0].id)


async def test_pages_go_through_every_attempt_once(records, run):
    await records.record(run.id, "core", [said(seq) for seq in range(25)])
    found, after = [], 0
    while page := await records.attempts(run.id, after=after, limit=10):
        found += [each.seq for each in page]
        after = page[-1].id
    assert found == [*range(25)]


async def test_a_page_holds_so_many_bytes_or_one_attempt(records, run, monkeypatch):
    await records.record(run.id, "core", [said(seq, answer="x" * 1000) for seq in range(5)])
    monkeypatch.setattr(attempts, "LARGEST_PAGE", 3000)
    assert await seqs(records, run) == [0, 1]
    monkeypatch.setattr(attempts, "LARGEST_PAGE", 1)
    assert await seqs(records, run) == [0]


async def test_the_rate_is_over_the_time_that_the_newest_attempts_took(records, run):
    now = time.time()
    ago = [300, 40, 30, 20, 10]
    rows = [said(seq, started_at=now - each) for seq, each in enumerate(ago)]
    await records.record(run.id, "core", rows)
    assert await records.lately(run.id, 60.0) == (4, 60.0)
    number, seconds = await records.lately(run.id, 60.0, most=2)
    assert (number, round(seconds)) == (2, 20)


async def test_filters_find_what_they_name(records, run):
    await records.record(
        run.id,
        "core",
        [
            said(0),
            said(1, BREACHED),
            said(2, BREACHED, kind="control"),
            said(3, BREACHED, category="malware"),
            said(4, technique="base64"),
            said(5, probe="core:other"),
        ],
    )
    await records.record(run.id, "garak", [said(6, probe="garak:x")])

    async def found(**filters):
        return await seqs(records, run, AttemptFilters(**filters))

    assert await found(verdict=BREACHED) == [1, 2, 3]
    assert await found(verdict=BREACHED, kind="attack", category="hate") == [1]
    assert await found(category="malware") == [3]
    assert await found(technique="base64") == [4]
    assert await found(engine="garak") == [6]
    assert await found(probe="core:other") == [5]
    assert await found(probe="core:other\0") == []
    assert await records.done(run.id, "garak") == {"garak:x": [[6, 6]]}


async def test_counts_and_costs_are_those_of_the_recorded_attempts(records, run):
    choose = random.Random(5)
    events = [
        said(
            seq=number,
            verdict=choose.choice([RESISTED, BREACHED, ERROR]),
            probe=choose.choice(["core:a", "core:b"]),
            category=choose.choice(["hate", "bias"]),
            input_tokens=choose.randrange(9),
            judge_calls=choose.randrange(3),
        )
        for number in range(60)
    ]
    for start in range(0, 60, 7):
        await records.record(run.id, "core", events[start : start + 9])  # some of them twice
    counted = Counter((each["probe"], each["category"], each["verdict"]) for each in events)
    tallies = await records.tallies(run.id)
    assert {(each.probe, each.category, each.verdict): each.number for each in tallies} == counted
    assert await records.costs(run.id) == Costs(
        attempts=60,
        calls=60,
        judge_calls=sum(each["judge_calls"] for each in events),
        input_tokens=sum(each["input_tokens"] for each in events),
    )


async def test_a_run_without_attempts_has_no_tally_and_no_costs(records, run):
    assert await records.tallies(run.id) == []
    assert await records.costs(run.id) == Costs()
    assert (await records.totals([run.id]))[run.id] == Totals()


async def test_pairs_are_attempts_of_the_same_prompt_that_both_runs_judged(records, admin, run):
    other = await records.create(admin, new_run())
    verdicts = [
        (RESISTED, BREACHED),
        (RESISTED, BREACHED),
        (BREACHED, ERROR),
        (ERROR, RESISTED),
        (BREACHED, BREACHED),
    ]
    for seq, (a, b) in enumerate(verdicts):
        await records.record(run.id, "core", [said(seq, a)])
        await records.record(other.id, "core", [said(seq, b)])
    await records.record(run.id, "core", [said(8), said(9, prompt=[{"content": "this"}])])
    await records.record(other.id, "core", [said(9, prompt=[{"content": "that"}])])
    pairs = await records.pairs(run.id, other.id)
    assert pairs == [
        ("attack", "hate", "direct", BREACHED, BREACHED, 1),
        ("attack", "hate", "direct", RESISTED, BREACHED, 2),
    ]


async def test_what_an_engine_gets_wrong_is_brought_into_form(records, run):
    strange = {
        **said(0),
        "probe": "core:\0\ud83d" + "x" * 500,
        "verdict": "maybe",
        "kind": None,
        "severity": 7,
        "seq": "3",
        "elapsed_ms": float("inf"),
        "input_tokens": 2**70,
        "category": None,
        "answer": "\ud83d lone",
        "steps": [2**70, {1: {"deep": [[["\udc00"]]]}}],
    }
    (number,) = await records.record(run.id, "core", [strange])
    attempt = await records.attempt(run.id, number)
    assert attempt.probe.startswith("core:\u2400\\ud83dxx")
    assert len(attempt.probe) == 200
    assert (attempt.verdict, attempt.kind, attempt.severity) == (ERROR, "attack", "medium")
    assert (attempt.seq, attempt.elapsed_ms, attempt.input_tokens) == (0, 0, 2**31 - 1)
    assert attempt.detail["answer"] == "\\ud83d lone"
    assert attempt.detail["steps"] == [str(2**70), {"1": {"deep": [[["\\udc00"]]]}}]


async def test_a_detail_above_four_mebibytes_is_cut_and_says_so(records, run):
    (number,) = await records.record(run.id, "core", [said(0, answer="ä" * (5 << 20))])
    answer = (await records.attempt(run.id, number)).detail["answer"]
    assert answer.endswith("… [cut: 5,242,880 characters in all]")
    assert len(answer) > 500_000


async def test_recording_leaves_the_caches_of_servers_alone(store, records, run):
    before = await store.read(last_number)
    await records.record(run.id, "core", [said(0)])
    await records.note(run.id, "a note")
    await records.end(run.id, "finished", "")
    assert await store.read(last_number) == before


async def test_writers_of_one_run_beside_each_other_lose_nothing(store_url, records, run):
    from quintain.storage.engine import Store  # noqa: PLC0415

    others = [Store(store_url) for _ in range(3)]
    await asyncio.gather(*(other.start() for other in others))
    try:
        await asyncio.gather(
            *(
                Records(each).record(run.id, "core", [said(seq) for seq in range(at, at + 5)])
                for each in others
                for at in range(0, 40, 4)
            )
        )
    finally:
        await asyncio.gather(*(other.close() for other in others))
    assert (await records.costs(run.id)).attempts == 41
    assert await records.done(run.id, "core") == {"core:hate/direct": [[0, 40]]}
