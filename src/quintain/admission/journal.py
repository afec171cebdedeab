"""What went out in the last minute, kept beyond the process: a restart does not open a window anew.

A ring of (model id, time) in a mapped file. The kernel keeps what was written to it when the
process is killed, without a system call for each request; after a crash of the machine itself the
last minute is over by the time it serves again.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Self

_ENTRY = struct.Struct("<qd")
ENTRIES = 1 << 18  # 4 MiB: a minute at 4,000 requests a second; of more, the last are kept


class Journal:
    """clock: wall time in seconds, since no other outlives the process.

    Raises OSError when the file cannot be made. One process at a time.
    """

    def __init__(
        self, path: Path, *, entries: int = ENTRIES, clock: Callable[[], float] = time.time
    ) -> None:
        self._size = entries * _ENTRY.size
        self._clock = clock
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, self._size)
            self._ring = mmap.mmap(descriptor, self._size)
        finally:
            os.close(descriptor)
        self._at = 0

    def note(self, model_id: int) -> None:
        """A request to this model goes out now."""
        _ENTRY.pack_into(self._ring, self._at, model_id, self._clock())
        self._at = (self._at + _ENTRY.size) % self._size

    def recent(self, seconds: float) -> dict[int, list[float]]:
        """How long ago, in seconds, requests went out to each model, the longest first.

        To be called once, before the first note, which then goes behind the newest entry.
        """
        now, newest = self._clock(), 0.0
        found: defaultdict[int, list[float]] = defaultdict(list)
        for place, (model_id, at) in enumerate(_ENTRY.iter_unpack(self._ring)):
            if at > newest:
                newest, self._at = at, (place + 1) * _ENTRY.size % self._size
            # A clock that was set back must not make a model wait for longer than its window.
            if at and now - at < seconds:
                found[model_id].append(max(0.0, now - at))
        return {model_id: sorted(ages, reverse=True) for model_id, ages in found.items()}

    def close(self) -> None:
        self._ring.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
