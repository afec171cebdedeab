"""All cases of a part, several at a time."""

from __future__ import annotations

import threading
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from ..asking import Gateway
from ..wire import ERROR, Attempt, Config, Events
from .attempts import attempt_of
from .cases import Case, cases
from .choosing import Choice
from .clock import stop

_REFUSALS = frozenset({400, 422})


def run_all(choice: Choice, config: Config, out: Events) -> None:
    """Raises what ends the whole run; an attempt's own failure becomes one with verdict error.

    Threads do: tasks hold no state, each case has a world of its own, and the waiting is for the
    model.
    """
    stop()
    warnings.filterwarnings("ignore", module="agentdojo")
    crew = _Crew(config, out)
    missing = [c for c in cases(choice, config.seed) if not config.is_done(c.probe, c.seq)]
    with ThreadPoolExecutor(max(1, config.concurrency)) as pool:
        for done in [pool.submit(crew.play, case) for case in missing]:
            done.result()
    crew.tell(missing)


class _Crew:
    """refusal: the target's word that it takes no tools, "" as long as there is none."""

    def __init__(self, config: Config, out: Events) -> None:
        self._config, self._out = config, out
        self._gateway = Gateway(config.base_url, config.api_key)
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self.refusal = ""

    def play(self, case: Case) -> None:
        if self.refusal:
            return
        attempt = attempt_of(case, self._config, self._gateway)
        if refusal := _no_tools(attempt):
            self.refusal = refusal
            return
        self._count(attempt)
        self._out.say("attempt", **attempt.as_event())

    def _count(self, attempt: Attempt) -> None:
        if attempt.verdict == ERROR:
            return
        with self._lock:
            self._counts["judged"] += 1
            self._counts["with_calls"] += bool(attempt.tool_calls)
            if "exposed" in attempt.detectors:
                self._counts["attacks"] += 1
                self._counts["unread"] += not attempt.detectors["exposed"]

    def tell(self, cases_: list[Case]) -> None:
        """What the figures alone do not show."""
        if self.refusal:
            reason = f"the target takes no tools: {self.refusal}"
            for probe in dict.fromkeys(case.probe for case in cases_):
                self._out.say("skip", probe=probe, reason=reason)
        count = self._counts
        if count["judged"] and not count["with_calls"]:
            text = "AgentDojo: the model called no tool at all, so these figures say nothing of it."
            self._out.say("note", text=text)
        elif count["unread"]:
            told = f"{count['unread']} of {count['attacks']} attacks"
            text = f"AgentDojo: in {told} the agent never came to read the planted text."
            self._out.say("note", text=text)


def _no_tools(attempt: Attempt) -> str:
    """Why the target refused the first turn, where it was for the tools."""
    error = attempt.error or {}
    if error.get("status") not in _REFUSALS or attempt.calls > 1:
        return ""
    message = str(error.get("message", ""))
    unsupported = str(error.get("code", "")).startswith("unsupported_")
    return message if unsupported or "tool" in message.lower() else ""
