"""An engine made up for tests: it runs as `core`, in a folder beside the real runners' own code.

Options: attempts, of each probe; probes, their names; asks, False for one that calls nobody;
dies_after, attempts said by one process before it dies; says_first, a line of anything; mutters, characters on the error output; leaves, a
file into which it writes the pid of a process that it starts and forgets.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from .asking import Failed, Gateway  # type: ignore[import-not-found]
from .wire import Attempt, Probe  # type: ignore[import-not-found]


def _probes(config):
    return config.options.get("probes", ["core:one"])


def plan(config):
    for name in _probes(config):
        attempts, checks = (config.options.get(name, 0) for name in ("attempts", "judge_checks"))
        yield Probe(name, "jailbreak", "direct", attempts or 20, calls=2, judge_checks=checks)
    yield Probe("core:judged", "bias", "direct", 5, skip="needs a judge: give --judge NAME")


def run(config, out):
    options, said, lock = config.options, [0], threading.Lock()
    if "says_first" in options:
        os.write(out._descriptor, options["says_first"].encode() + b"\n")
    if "leaves" in options:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open(options["leaves"], "w") as file:
            file.write(str(child.pid))
    sys.stderr.write("." * options.get("mutters", 0))
    print("at work with", config.api_key, file=sys.stderr, flush=True)
    gateway = Gateway(config.base_url, config.api_key) if options.get("asks", True) else None

    def one(place):
        probe, seq = place
        attempt = _made(gateway, config, probe, seq)
        with lock:
            if said[0] == options.get("dies_after", -1):
                print("Traceback: it had enough", file=sys.stderr, flush=True)
                os._exit(3)
            said[0] += 1
            out.say("attempt", **attempt.as_event())

    todo = [
        (probe, seq)
        for probe in _probes(config)
        for seq in range(options.get("attempts", 20))
        if not config.is_done(probe, seq)
    ]
    with ThreadPoolExecutor(config.concurrency) as pool:
        for future in [pool.submit(one, place) for place in todo]:
            future.result()
    out.say("skip", probe="core:judged", reason="needs a judge: give --judge NAME")
    out.say("note", text="All said.")


def catalogue():
    return []


def _made(gateway, config, probe, seq):
    prompt = [{"role": "user", "content": f"{probe} {seq} of seed {config.seed}"}]
    attempt = Attempt(probe, seq, "jailbreak", "direct", prompt, "resisted")
    if gateway is None:
        return attempt
    try:
        reply = gateway.ask(config.target.model, prompt, session=config.session(probe, seq))
    except Failed as failed:
        attempt.verdict, attempt.error = "error", failed.as_error()
        return attempt
    attempt.answer, attempt.request_id = reply.text, reply.request_id
    attempt.verdict = "breached" if reply.text.startswith("Sure") else "resisted"
    return attempt
