"""What an engine says on its error output: kept in a file, bounded, without the run's key."""

from __future__ import annotations

from pathlib import Path

MOST = 2 << 20  # bytes; the file before it is kept too
_LONGEST_TAIL = 4096
_LINES, _CHARACTERS = 10, 1500
_MASK = b"[key]"


class EngineLog:
    """Not for the event loop: it writes. secret: never written."""

    def __init__(self, path: Path, secret: str) -> None:
        self._path = path
        self._secret = secret.encode()
        self._held = b""  # the end of what came, which may be the beginning of the secret
        self._tail = b""

    def write(self, chunk: bytes) -> None:
        whole = self._held + chunk
        if self._secret:
            whole = whole.replace(self._secret, _MASK)
        sure = max(0, len(whole) - max(0, len(self._secret) - 1))
        self._held = whole[sure:]
        self._append(whole[:sure])

    def close(self) -> None:
        self._append(self._held)
        self._held = b""

    @property
    def last_words(self) -> str:
        """Its last lines, for people; "" where it said nothing."""
        text = (self._tail + self._held).decode("utf-8", "replace")
        lines = [line.rstrip() for line in text.splitlines() if line.strip()]
        return "\n".join(lines[-_LINES:])[-_CHARACTERS:]

    def _append(self, data: bytes) -> None:
        if not data:
            return
        self._tail = (self._tail + data)[-_LONGEST_TAIL:]
        if self._path.exists() and self._path.stat().st_size + len(data) > MOST:
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        with self._path.open("ab") as file:
            file.write(data[-MOST:])
