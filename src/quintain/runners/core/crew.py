"""Several attempts at a time, begun in a fixed order; a slow one holds up none of the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from .case import Case

MOST = 64


def work(cases: Iterable[Case], do: Callable[[Case], None], size: int) -> None:
    """Return when all are done. Raises what `do` raised first; what is under way is finished."""
    crew = _Crew(iter(cases), do)
    threads = [
        threading.Thread(target=crew.work, daemon=True) for _ in range(max(1, min(size, MOST)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if crew.failure is not None:
        raise crew.failure


class _Crew:
    def __init__(self, cases: Iterator[Case], do: Callable[[Case], None]) -> None:
        self._cases, self._do = cases, do
        self._lock = threading.Lock()
        self.failure: BaseException | None = None

    def work(self) -> None:
        while (case := self._next()) is not None:
            try:
                self._do(case)
            except BaseException as failure:  # noqa: BLE001  # told to whoever started the crew
                self.failure = self.failure or failure

    def _next(self) -> Case | None:
        with self._lock:
            return None if self.failure else next(self._cases, None)
