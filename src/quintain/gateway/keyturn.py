"""Several keys of one model: used in turn, and rested when the target refuses one."""

from __future__ import annotations

from multidict import CIMultiDict

from quintain.errors import TargetError
from quintain.secret import Secret

REST_REFUSED_S = 300.0  # after 401 or 403: the key is likely wrong, so others go first for long
REST_LIMITED_S = 30.0  # after 429 without a Retry-After
REST_LONGEST_S = 3600.0
_NOTHING = Secret("")


class TargetKey:
    """headers: all headers of a request that goes out under this key.

    secret: the key itself where each request is signed with it, else nothing.
    """

    __slots__ = ("headers", "rests_until", "secret")

    def __init__(self, headers: CIMultiDict[str], secret: Secret = _NOTHING) -> None:
        self.headers = headers
        self.secret = secret
        self.rests_until = 0.0

    def rest(self, now: float, status: int, retry_after: float | None) -> None:
        """Let others go first. status: what the target answered to this key."""
        if status in {401, 403}:
            pause = REST_REFUSED_S
        else:
            pause = REST_LIMITED_S if retry_after is None else retry_after
        self.rests_until = now + min(pause, REST_LONGEST_S)


class KeyTurn:
    """keys: one entry without a key where the target needs none.

    lost: a sentence where every key was lost, so that no call can be made.
    """

    __slots__ = ("_keys", "_lost", "_next")

    def __init__(self, keys: list[TargetKey], lost: str = "") -> None:
        self._keys = keys
        self._lost = lost
        self._next = 0

    def __len__(self) -> int:
        return len(self._keys)

    def take(self, now: float, tried: set[TargetKey] | None = None) -> TargetKey:
        """The next key in turn that does not rest and was not tried, else the one that rests least.

        Raises TargetError where no key can be read any more.
        """
        if not self._keys:
            raise TargetError("config", self._lost, code="credential_needs_reentry")
        if len(self._keys) == 1:
            return self._keys[0]
        start, self._next = self._next, (self._next + 1) % len(self._keys)
        turn = self._keys[start:] + self._keys[:start]
        fresh = [key for key in turn if not tried or key not in tried] or turn
        return next((key for key in fresh if key.rests_until <= now), None) or min(
            fresh, key=lambda key: key.rests_until
        )
