import asyncio
import threading

import pytest

from quintain.errors import Unavailable
from quintain.storage import crew as crew_module
from quintain.storage.crew import Crew


def run_each(jobs):
    for job in jobs:
        job.outcome.set_result(job.work(None))


@pytest.fixture
def batches():
    return []


@pytest.fixture
async def crew(batches):
    """One worker that takes up to 8 jobs at once."""

    def work(jobs):
        batches.append(len(jobs))
        run_each(jobs)

    crew = Crew("test", 1, 8, work)
    yield crew
    await crew.close()


@pytest.fixture
async def held(crew):
    """The worker is busy until the event is set."""
    release, begun = threading.Event(), threading.Event()

    def hold(_):
        begun.set()
        release.wait(30)

    task = asyncio.create_task(crew.run(hold))
    await asyncio.to_thread(begun.wait, 30)
    yield release
    release.set()
    await task


async def test_a_job_gives_what_it_returns(crew):
    assert await crew.run(lambda _: 7) == 7


async def test_what_the_work_raises_goes_to_all_that_wait_for_it():
    def fail(jobs):
        raise ZeroDivisionError

    crew = Crew("test", 1, 8, fail)
    outcomes = await asyncio.gather(
        *(crew.run(lambda _: 1) for _ in range(3)), return_exceptions=True
    )
    await crew.close()
    assert [type(outcome) for outcome in outcomes] == [ZeroDivisionError] * 3


async def test_jobs_that_wait_are_taken_together(crew, held, batches):
    waiting = [asyncio.ensure_future(crew.run(lambda _, n=n: n)) for n in range(10)]
    await asyncio.sleep(0)
    held.set()
    assert await asyncio.gather(*waiting) == list(range(10))
    assert batches == [1, 8, 2]


async def test_a_job_that_no_worker_takes_in_time_is_given_up_and_never_runs(crew, held):
    ran = []
    with pytest.raises(Unavailable, match="busy") as refused:
        await crew.run(lambda _: ran.append(1), max_wait=0.01)
    held.set()
    await crew.run(lambda _: None)
    assert refused.value.code == "store_unavailable"
    assert ran == []


async def test_a_job_that_runs_already_is_not_given_up():
    begun, release = threading.Event(), threading.Event()

    def slow(_):
        begun.set()
        release.wait(30)
        return "done"

    crew = Crew("test", 1, 1, run_each)
    task = asyncio.create_task(crew.run(slow, max_wait=0.05))
    await asyncio.to_thread(begun.wait, 30)
    done, _ = await asyncio.wait({task}, timeout=0.2)
    assert not done
    release.set()
    assert await task == "done"
    await crew.close()


async def test_a_caller_that_leaves_takes_its_job_out_of_the_queue(crew, held):
    ran = []
    task = asyncio.create_task(crew.run(lambda _: ran.append(1)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    held.set()
    await crew.run(lambda _: None)
    assert ran == []


async def test_a_full_queue_refuses_at_once(monkeypatch):
    monkeypatch.setattr(crew_module, "MAX_WAITING", 1)
    begun, release = threading.Event(), threading.Event()
    crew = Crew("test", 1, 1, run_each)
    running = asyncio.create_task(crew.run(lambda _: (begun.set(), release.wait(30))))
    await asyncio.to_thread(begun.wait, 30)
    queued = asyncio.create_task(crew.run(lambda _: 1))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="busy"):
        await crew.run(lambda _: 2)
    release.set()
    await asyncio.gather(running, queued)
    await crew.close()


async def test_closing_lets_queued_jobs_end_and_refuses_new_ones(crew, held):
    queued = asyncio.create_task(crew.run(lambda _: "ended"))
    await asyncio.sleep(0)
    closing = asyncio.create_task(crew.close())
    held.set()
    await closing
    assert await queued == "ended"
    with pytest.raises(Unavailable, match="closed"):
        await crew.run(lambda _: 1)
