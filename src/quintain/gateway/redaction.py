"""Masking a model's own secrets in a stream, also where one is torn over two pieces."""

from __future__ import annotations

from quintain.gateway.faults import redact

_LINE_ENDS = (b"\n", b"\r")  # no secret that travels in a header holds one


class Redactor:
    """Passes pieces on as they come; only the possible beginning of a secret waits for the next."""

    __slots__ = ("_held", "_secrets")

    def __init__(self, secrets: tuple[bytes, ...]) -> None:
        self._secrets = secrets
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """The piece with its secrets masked, b"" where all of it has to wait."""
        data = redact(self._held + piece if self._held else piece, self._secrets)
        begun = 0 if data.endswith(_LINE_ENDS) else self._begun(data)
        self._held = data[len(data) - begun :]
        return data[: len(data) - begun] if begun else data

    def rest(self) -> bytes:
        """What waited when the stream ended: it was the beginning of no secret."""
        held, self._held = self._held, b""
        return held

    def _begun(self, data: bytes) -> int:
        """How many bytes at the end may be the beginning of a secret."""
        return max((_overlap(data, secret) for secret in self._secrets), default=0)


def _overlap(data: bytes, secret: bytes) -> int:
    """How many bytes at the end of data are the first ones of the secret, short of all of it."""
    at = data.find(secret[:1], max(0, len(data) - len(secret) + 1))
    while at >= 0:
        if secret.startswith(data[at:]):
            return len(data) - at
        at = data.find(secret[:1], at + 1)
    return 0
