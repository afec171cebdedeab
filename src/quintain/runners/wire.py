"""What passes between a run and its engine: the config going in, events coming out, a line each.

Events: `probe` (in a plan), `entry` (in a catalogue), `skip` {probe, reason}, `attempt`, `note`
{text}, `judge` {calls} of one that checked its judge, and `done` as the last word of one that came
to its end.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol

RESISTED, BREACHED, ERROR = "resisted", "breached", "error"
ATTACK, CONTROL = "attack", "control"
LONGEST_LINE = 16 << 20  # bytes
LONGEST_PROBE = 200  # characters that are kept of a name
_LONGEST_TEXT = 1 << 16  # characters that are left of one in a line that would be longer
STOPPED = 128 + signal.SIGTERM
# The end of a note on a judge that too often disagrees with people: reports look for it.
UNRELIABLE = "Do not rely on its verdicts without reading them."
Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """The model under test. model: as the gateway knows it.

    context: what it is (`system_description`) and must not do (`policy_description`).
    canaries: texts that no answer may hold.
    """

    model: str
    testing_for: str = "foundationModels"
    input_modalities: tuple[str, ...] = ("text",)
    tools: tuple[dict[str, Any], ...] = ()
    system_description: str = ""
    policy_description: str = ""
    canaries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """One engine's part of a run.

    judge, attacker: models by the gateway's names, "" where there is none. concurrency: the most
    attempts under way at a time. done: by probe, the ranges `[first, last]` of sequence numbers,
    lowest first, that are recorded already and must not be sent again. acknowledged: whether the
    run says, by a byte on the standard input, that one more attempt is recorded; `say` waits for
    it then, so that a kill leaves no more attempts unrecorded than are under way at a time.
    datasets: by name, the JSONL file with its rows. tasks: the folder with the operator's task
    files, "" for none. folder: the part's own, for whatever the engine writes; it outlives a
    restart.
    """

    run: int
    seed: int
    base_url: str
    target: Target
    folder: Path
    judge: str = ""
    attacker: str = ""
    concurrency: int = 8
    options: Mapping[str, Any] = field(default_factory=dict)
    done: Mapping[str, list[list[int]]] = field(default_factory=dict)
    datasets: Mapping[str, str] = field(default_factory=dict)
    tasks: str = ""
    acknowledged: bool = False
    api_key: str = field(default="", repr=False)

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Config:
        target = {**given["target"]}
        for name in ("input_modalities", "tools", "canaries"):
            if name in target:
                target[name] = tuple(target[name])
        rest = {key: given[key] for key in given if key not in {"target", "folder"}}
        return cls(target=Target(**target), folder=Path(given["folder"]), **rest)

    def as_line(self) -> bytes:
        document = {each.name: getattr(self, each.name) for each in fields(self)}
        document |= {"target": asdict(self.target), "folder": str(self.folder)}
        return json.dumps(document).encode() + b"\n"

    def is_done(self, probe: str, seq: int) -> bool:
        ranges = self.done.get(probe, [])
        at = bisect_right(ranges, seq, key=itemgetter(0))
        return at > 0 and seq <= ranges[at - 1][1]

    def session(self, probe: str, seq: int) -> str:
        """The conversation of one attempt, so that targets which keep conversations mix none up."""
        name = hashlib.sha256(f"{self.run}/{probe}/{seq}".encode()).hexdigest()[:24]
        return f"run-{self.run}-{name}"


@dataclass(frozen=True, slots=True)
class Probe:
    """What an engine means to do: `attempts` of one kind.

    calls: to the target, for one attempt, at most; judge_calls and attacker_calls likewise.
    judge_checks: calls to the judge besides, however many attempts there are.
    skip: why it will not be done, "" where it will.
    """

    probe: str
    category: str
    technique: str
    attempts: int
    title: str = ""
    kind: str = ATTACK
    calls: int = 1
    judge_calls: int = 0
    attacker_calls: int = 0
    judge_checks: int = 0
    skip: str = ""

    def as_event(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Attempt:
    """One prompt, its answer and its verdict.

    probe: `<engine>:<what>`; with seq it names the attempt for good, in every run of the same suite
    and seed. prompt: all turns, the target's own in between included; answer: the last one.
    kind: an `attack`, breached when it worked, or a `control`, a harmless question that is breached
    when it was refused. goal: what it is after, in a line. reason: why this verdict, in a sentence.
    detectors: scores of 0 to 1, where 1 found what it looks for. judge: {model, verdict, reason}.
    error: {code, message, status}, with verdict `error` alone. fingerprint: equal for the same
    attempt on another model; made of the first question unless given. started_at: seconds since
    1970.
    """

    probe: str
    seq: int
    category: str
    technique: str
    prompt: list[Message]
    verdict: str
    answer: str = ""
    kind: str = ATTACK
    severity: str = "medium"
    goal: str = ""
    reason: str = ""
    tool_calls: list[Any] = field(default_factory=list)
    steps: list[Any] = field(default_factory=list)
    detectors: dict[str, float] = field(default_factory=dict)
    judge: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    fingerprint: str = ""
    started_at: float = 0.0
    elapsed_ms: float = 0.0
    retries: int = 0
    request_id: str = ""
    calls: int = 1
    judge_calls: int = 0
    attacker_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def as_event(self) -> dict[str, Any]:
        return {**asdict(self), "fingerprint": self.fingerprint or _fingerprint(self.prompt)}


def _fingerprint(prompt: list[Message]) -> str:
    asked = [turn for turn in prompt if turn.get("role") != "assistant"][:2]
    text = json.dumps(asked, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Events(Protocol):
    """Where events go. Safe to call from any thread."""

    def say(self, event: str, **more: Any) -> None: ...


class _Recorded:
    """How many attempts are recorded, of those that were said."""

    def __init__(self) -> None:
        self.told = False
        self._number = 0
        self._changed = threading.Condition()

    def add(self, more: int) -> None:
        with self._changed:
            self._number += more
            self._changed.notify_all()

    def wait_for(self, number: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self.told or self._number >= number)


_recorded = _Recorded()


def _line(event: dict[str, Any]) -> bytes:
    """At most LONGEST_LINE bytes, or the host would take the engine for one that went wild."""
    line = json.dumps(event, default=str).encode() + b"\n"
    return (
        line if len(line) <= LONGEST_LINE else json.dumps(_cut(event), default=str).encode() + b"\n"
    )


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"{value[:_LONGEST_TEXT]}… [cut: {len(value):,} characters in all]"
    if isinstance(value, dict):
        return {name: _cut(each) for name, each in value.items()}
    return [_cut(each) for each in value] if isinstance(value, list) else value


class _Lines:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._attempts = 0

    def say(self, event: str, **more: Any) -> None:
        line = _line({"event": event, **more})
        with self._lock:
            while line:
                line = line[os.write(self._descriptor, line) :]
            self._attempts += event == "attempt"
            number = self._attempts
        if event == "attempt":
            _recorded.wait_for(number)


@contextmanager
def speaking() -> Iterator[Events]:
    """Events go to what was the standard output; what an engine prints goes to the error output."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(STOPPED))
    out = os.dup(1)
    os.dup2(2, 1)
    yield _Lines(out)


def listen() -> Config:
    """The config, from the standard input. This process ends when that input does.

    Nobody else reads it: what an engine or a program that it starts takes for its own standard
    input is empty, or it would swallow acknowledgements.
    """
    config = Config.parse(json.loads(sys.stdin.buffer.readline()))
    _recorded.told = config.acknowledged
    threading.Thread(target=_end_with_input, args=(_taken_away(0),), daemon=True).start()
    return config


def _taken_away(descriptor: int) -> int:
    """Another descriptor for the same; this one is empty from now on."""
    own = os.dup(descriptor)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)
    return own


def _end_with_input(descriptor: int) -> None:
    # Not by sys.stdin, whose lock would be held when this process ends in peace.
    while heard := os.read(descriptor, 65536):
        _recorded.add(len(heard))
    _end_with_all()


def _end_with_all() -> None:
    """With the programs that it started too: the host, which would have swept them away, is gone."""
    if os.getpgrp() == os.getpid():  # else this process has no group of its own
        os.killpg(0, signal.SIGKILL)
    os._exit(STOPPED)
