"""The process in which jq programs run: started by jq.py, by path, and alone in its process.

jq is C code that nothing can interrupt, so it runs where it can be killed. The process has no
environment, can open no file and no socket, and has a bounded memory. It imports nothing of
quintain, so that it starts quickly.

Both ways over the standard pipes: a head, then what it announces.
    request  `>BIIIII`  0 compile | 1 run, CPU seconds, most outputs, most bytes of them together,
                        length of the program, length of the JSON text; then both
    answer   `>BI`      0 done | 1 failed | 2 too much, length; then a JSON array or a sentence
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
import time
from collections import OrderedDict
from typing import Any

import jq

REQUEST = struct.Struct(">BIIIII")
ANSWER = struct.Struct(">BI")
COMPILE, RUN = 0, 1
DONE, FAILED, TOO_MUCH = 0, 1, 2

_KEPT_PROGRAMS = 64
_OPEN_FILES = 3  # the standard three, which are open already: nothing can be opened beside them


class TooMuchError(Exception):
    """More outputs, or larger ones, than were asked for."""


class Programs:
    """The most recently used programs, compiled."""

    def __init__(self) -> None:
        self._programs: OrderedDict[str, Any] = OrderedDict()

    def get(self, text: str) -> Any:
        if text in self._programs:
            self._programs.move_to_end(text)
            return self._programs[text]
        program = self._programs[text] = jq.compile(text)
        if len(self._programs) > _KEPT_PROGRAMS:
            self._programs.popitem(last=False)
        return program


def outputs(program: Any, data: str, most: int, most_bytes: int) -> str:
    """Run it over the JSON text and give all outputs as one JSON array.

    Raises ValueError with jq's own message, TooMuchError past either limit.
    """
    parts, size = [], 0
    for value in iter(program.input_text(data)):
        parts.append(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        size += len(parts[-1])
        if len(parts) > most or size > most_bytes:
            raise TooMuchError
    return "[" + ",".join(parts) + "]"


def confine(memory_bytes: int) -> None:
    """Give up whatever a program could reach or use up."""
    os.environ.clear()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    if sys.platform == "linux":  # the others do not keep to it
        _limit(resource.RLIMIT_AS, memory_bytes)


def _limit(what: int, most: int) -> None:
    _, allowed = resource.getrlimit(what)
    if allowed != resource.RLIM_INFINITY:  # the machine's own limit, which may be the lower one
        most = min(most, allowed)
    resource.setrlimit(what, (most, allowed))


def _allow_cpu(seconds: int) -> None:
    # So that an endless program ends even when the parent is gone and cannot kill it.
    _limit(resource.RLIMIT_CPU, int(time.process_time()) + 1 + seconds)


def _message(text: str) -> str:
    # One and the same for a file that is there and one that is not.
    if "module not found" in text or "Too many open files" in text:
        return "import and include are not available"
    return text


def _answer(programs: Programs, head: tuple[int, ...], program: str, data: str) -> tuple[int, str]:
    kind, seconds, most, most_bytes, *_ = head
    _allow_cpu(seconds)
    try:
        compiled = programs.get(program)
        return DONE, outputs(compiled, data, most, most_bytes) if kind == RUN else "[]"
    except TooMuchError:
        return TOO_MUCH, ""
    except ValueError as error:
        return FAILED, _message(str(error))
    except RecursionError:
        return FAILED, "it yields a value that is nested too deeply"


def main() -> None:
    source, sink, programs = sys.stdin.buffer, sys.stdout.buffer, Programs()
    confine(int(sys.argv[1]))
    sink.write(ANSWER.pack(DONE, 0))
    sink.flush()
    while len(head_bytes := source.read(REQUEST.size)) == REQUEST.size:
        head = REQUEST.unpack(head_bytes)
        program = source.read(head[-2]).decode()
        data = source.read(head[-1]).decode(errors="replace")
        status, text = _answer(programs, head, program, data)
        body = text.encode(errors="replace")
        sink.write(ANSWER.pack(status, len(body)) + body)
        sink.flush()


if __name__ == "__main__":
    main()
