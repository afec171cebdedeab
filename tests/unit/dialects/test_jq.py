"""jq programs in processes of their own."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from quintain.dialects import jqworker
from quintain.dialects.jq import Jq, JqBusy, JqFailed, JqTimeout

ENDLESS = "[limit(1e18; repeat(1))] | length"
MEMORY_BOMB = '"x" * 1000000000 | [., .] | tojson'


@pytest.fixture
async def jq():
    jq = Jq(workers=2)
    await jq.start()
    yield jq
    await jq.close()


@pytest.fixture
async def lone():
    """A single worker, so that the next program surely meets what the last one left."""
    jq = Jq(workers=1, queue=4)
    await jq.start()
    yield jq
    await jq.close()


def pid(jq):
    return jq._workers[0]._running.process.pid


def is_gone(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    return False


async def test_a_program_gives_its_outputs(jq):
    assert await jq.run(".a", {"a": "hi"}) == ["hi"]


async def test_many_outputs_come_in_order(jq):
    assert await jq.run(".[]", [1, None, "é", {"b": [2.5]}]) == [1, None, "é", {"b": [2.5]}]


async def test_a_program_may_yield_nothing(jq):
    assert await jq.run("empty", {}) == []


async def test_bytes_are_taken_as_json_text(jq):
    assert await jq.run(".x", b'{"x": "\xc3\xa9"}') == ["é"]


async def test_a_body_of_megabytes_comes_through(jq):
    text = "x" * 5_000_000
    assert await jq.run(".", {"t": text}, timeout_s=20) == [{"t": text}]


async def test_a_body_that_is_not_json_is_told_apart_from_a_wrong_program(jq):
    with pytest.raises(JqFailed, match="is not JSON"):
        await jq.run(".", b"<html>")
    with pytest.raises(JqFailed, match="does not fit .*Cannot index"):
        await jq.run(".a.b", {"a": 1})


async def test_a_failure_is_of_the_mapping_and_no_retry_mends_it(jq):
    with pytest.raises(JqFailed) as caught:
        await jq.run(".a.b", {"a": 1})
    assert (caught.value.stage, caught.value.passing, caught.value.status) == (
        "mapping",
        False,
        424,
    )


async def test_check_gives_the_sentence_of_jq(jq):
    await jq.check(".choices[0].text // empty")
    with pytest.raises(ValueError, match="^syntax error, unexpected end of file"):
        await jq.check(".[")
    with pytest.raises(ValueError, match="^nothere/0 is not defined"):
        await jq.check("nothere")


async def test_an_endless_program_is_ended_and_the_next_one_works(lone):
    began = time.monotonic()
    with pytest.raises(JqTimeout) as caught:
        await lone.run(ENDLESS, None, timeout_s=0.3)
    assert time.monotonic() - began < 5
    assert caught.value.code == "mapping_timeout"
    assert await lone.run(".", 1) == [1]


async def test_a_killed_process_is_gone(lone):
    before = pid(lone)
    with pytest.raises(JqTimeout):
        await lone.run(ENDLESS, None, timeout_s=0.1)
    assert is_gone(before)


async def test_a_memory_bomb_takes_only_its_own_process(lone):
    with pytest.raises(JqFailed):
        await lone.run(MEMORY_BOMB, None, timeout_s=20)
    assert await lone.run(".", 1) == [1]


@pytest.mark.parametrize("depth", [900, 5_000, 200_000])
async def test_a_value_that_is_nested_too_deeply_hurts_nobody(lone, depth):
    program = f"reduce range({depth}) as $i (0; [.])"
    if depth < 1000:
        assert len(await lone.run(program, None, timeout_s=20)) == 1
    else:
        with pytest.raises(JqFailed, match="nested too deeply|broke down"):
            await lone.run(program, None, timeout_s=20)
    assert await lone.run(".", 1) == [1]


async def test_too_many_outputs_are_refused(lone):
    with pytest.raises(JqFailed, match="more than 1000 values"):
        await lone.run("repeat(1)", None, timeout_s=20)
    assert await lone.run(".", 1) == [1]


async def test_too_large_outputs_are_refused(lone):
    with pytest.raises(JqFailed, match="bytes"):
        await lone.run('"x" * 20000000', None, timeout_s=20)


async def test_a_program_sees_no_environment(jq, monkeypatch):
    monkeypatch.setenv("QUINTAIN_ADMIN_KEY", "a secret")
    assert await jq.run("[$ENV, env]", None) == [[{}, {}]]


async def test_a_started_worker_inherits_no_environment(monkeypatch):
    monkeypatch.setenv("QUINTAIN_ADMIN_KEY", "a secret")
    jq = Jq(workers=1)
    await jq.start()
    try:
        with open(f"/proc/{pid(jq)}/environ", "rb") as file:
            assert file.read() == b""
    finally:
        await jq.close()


@pytest.mark.parametrize("suffix", ["jq", "json"])
async def test_import_and_include_read_no_file(lone, tmp_path, suffix):
    (tmp_path / f"there.{suffix}").write_text('"a secret"' if suffix == "json" else "def f: 1;")
    programs = [
        f'import "there" as $there {{"search": "{tmp_path}"}}; $there',
        f'import "there" as there {{"search": "{tmp_path}"}}; there::f',
        f'include "there" {{"search": "{tmp_path}"}}; .',
    ]
    for program in programs:
        with pytest.raises(JqFailed) as caught:
            await lone.run(program, None)
        assert "a secret" not in caught.value.message
    assert await lone.run(".", 1) == [1]


async def test_whether_a_file_exists_cannot_be_told(lone, tmp_path):
    (tmp_path / "there.json").write_text("1")
    sentences = []
    for name in ("there", "gone!"):
        with pytest.raises(ValueError) as caught:
            await lone.check(f'import "{name}" as $x {{"search": "{tmp_path}"}}; $x')
        sentences.append(str(caught.value).replace(name, "?"))
    assert sentences[0] == sentences[1]


async def test_what_programs_and_their_end_print_goes_nowhere(capfd):
    jq = Jq(workers=1)
    await jq.start()
    assert await jq.run('debug, stderr, ("x" | debug)', 1) == [1, 1, "x"]
    with pytest.raises(JqFailed):
        await jq.run(MEMORY_BOMB, None, timeout_s=20)
    await jq.close()
    assert capfd.readouterr() == ("", "")


async def test_a_worker_is_confined(lone):
    with open(f"/proc/{pid(lone)}/limits") as file:
        limits = {line[:26].strip(): line[26:].split()[:2] for line in file}
    assert limits["Max open files"] == ["3", "3"]
    assert limits["Max core file size"] == ["0", "0"]
    assert int(limits["Max address space"][0]) < 2**30


@pytest.mark.parametrize("program", ["halt", '"bye" | halt_error', "1, halt, 2"])
async def test_halt_ends_the_program_not_the_worker(lone, program):
    before = pid(lone)
    assert await lone.run(program, None) in ([], [1])
    assert await lone.run(".", 7) == [7]
    assert pid(lone) == before


async def test_concurrent_programs_get_their_own_outputs(jq):
    runs = [jq.run(f".[{n}] + {n}", list(range(50))) for n in range(50)]
    assert await asyncio.gather(*runs) == [[2 * n] for n in range(50)]


async def test_a_slow_program_does_not_hold_up_the_other_worker(jq):
    slow = asyncio.create_task(jq.run(ENDLESS, None, timeout_s=30))
    await asyncio.sleep(0)
    assert await jq.run(".", 1) == [1]
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow


async def test_a_full_queue_turns_programs_away_at_once(lone):
    busy = [asyncio.create_task(lone.run(ENDLESS, None, timeout_s=30)) for _ in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(JqBusy) as caught:
        await lone.run(".", 1, timeout_s=30)
    assert caught.value.passing
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    assert await lone.run(".", 1) == [1]


async def test_who_waits_too_long_for_a_worker_is_told_so(lone):
    busy = asyncio.create_task(lone.run(ENDLESS, None, timeout_s=30))
    await asyncio.sleep(0)
    with pytest.raises(JqBusy):
        await lone.run(".", 1, timeout_s=0.05)
    busy.cancel()
    await asyncio.gather(busy, return_exceptions=True)


async def test_a_caller_who_leaves_ends_the_program(lone):
    before = pid(lone)
    task = asyncio.create_task(lone.run(ENDLESS, None, timeout_s=30))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert is_gone(before)
    assert await lone.run(".", 1) == [1]


async def test_a_worker_that_died_is_replaced(lone):
    process = lone._workers[0]._running.process
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert await lone.run(".", 1) == [1]
    assert pid(lone) != process.pid


async def test_close_leaves_no_process():
    jq = Jq(workers=2)
    await jq.start()
    processes = [worker._running.process.pid for worker in jq._workers]
    busy = asyncio.create_task(jq.run(ENDLESS, None, timeout_s=30))
    await asyncio.sleep(0)
    await jq.close()
    with pytest.raises(JqFailed):
        await busy
    assert all(map(is_gone, processes))
    with pytest.raises(JqBusy):
        await jq.run(".", 1)


async def test_a_worker_ends_when_its_parent_is_gone(lone):
    running = lone._workers[0]._running
    running.stdin.close()
    assert await asyncio.wait_for(running.process.wait(), 10) == 0


async def test_an_endless_program_ends_itself_when_nobody_is_left_to_kill_it(lone):
    running = lone._workers[0]._running
    program = ENDLESS.encode()
    head = jqworker.REQUEST.pack(jqworker.RUN, 0, 1, 1, len(program), 4)
    running.stdin.write(head + program + b"null")
    assert await asyncio.wait_for(running.process.wait(), 60) == -signal.SIGXCPU


def test_the_limits_of_the_machine_are_kept_to():
    """A worker may lower what it was given, never raise it."""
    worker = f"exec {sys.executable} -P {jqworker.__file__} {2**40}"
    head = jqworker.REQUEST.pack(jqworker.RUN, 10_000, 9, 99, 1, 1)
    done = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -v 4000000 && ulimit -t 500 && {worker}"],
        input=head + b".1",
        capture_output=True,
        timeout=30,
        check=True,
    )
    ready, answer = done.stdout[:5], done.stdout[5:]
    assert ready == jqworker.ANSWER.pack(jqworker.DONE, 0)
    assert answer == jqworker.ANSWER.pack(jqworker.DONE, 3) + b"[1]"


def test_the_most_recently_used_programs_stay_compiled():
    programs = jqworker.Programs()
    first = programs.get(".a")
    for number in range(jqworker._KEPT_PROGRAMS - 1):
        programs.get(f".x{number}")
    assert programs.get(".a") is first
    programs.get(".new")
    assert programs.get(".a") is first
    assert ".x0" not in programs._programs
    assert len(programs._programs) == jqworker._KEPT_PROGRAMS


async def test_a_stream_of_runs_lets_others_have_their_turn(lone):
    """Whoever is first back in line must not go before those who wait there."""
    order = []

    async def stream(name):
        for number in range(20):
            await lone.run(".", number)
            order.append(name)

    await asyncio.gather(stream("a"), stream("b"))
    assert order.index("b") < 3
