"""Reading a source in a process of its own: much text keeps Python busy, and with it a whole server.

One source at a time, since reading one may take a second and some 100 MB.
"""

from __future__ import annotations

from typing import Any

import anyio.to_process
from anyio import BrokenWorkerProcess, CapacityLimiter

from quintain.imports.draft import Imported, written_out
from quintain.imports.kinds import imported
from quintain.imports.refusal import Unimportable

LONGEST_S = 20.0
_TOO_MUCH = "The source takes too long, or too much memory, to read: give a smaller part of it."


class Apart:
    """longest_s: what reading one source may take, in seconds."""

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        self._longest_s = longest_s
        self._one = CapacityLimiter(1)

    async def answer(self, text: str, kind: str, name: str, server: str) -> dict[str, Any]:
        """What `POST /models/import` answers. Raises Unimportable."""
        try:
            async with self._one:
                with anyio.fail_after(self._longest_s):
                    return await anyio.to_process.run_sync(
                        answer_of, text, kind, name, server, cancellable=True
                    )
        except (TimeoutError, BrokenWorkerProcess):
            raise Unimportable(_TOO_MUCH) from None


def answer_of(text: str, kind: str, name: str, server: str) -> dict[str, Any]:
    """The same, here and now."""
    return _view(imported(text, kind=kind, name=name, server=server))


def _view(found: Imported) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "models": [written_out(model) for model in found.models],
        "notes": list(found.notes),
        "secrets": found.secrets,
    }
