"""The models as garak's code sees them: generators that ask through the gateway."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from garak import _plugins
from garak.attempt import Conversation
from garak.attempt import Message as Said
from garak.exception import GarakException
from garak.generators.base import Generator
from garak.generators.openai import OpenAICompatible

from ..asking import Failed, Gateway, Reply
from ..wire import Config, Message

JUDGE, ATTACKER = "judge", "attacker"
# Some prompts address the model by its name; with each model's own none would meet its like again.
CALLED = "the assistant"
_KIND = "openai.OpenAICompatible"


@dataclass(slots=True)
class Record:
    """What one attempt took so far, and the last thing that the target said.

    ran_out: the conversation used up its turns before it came to its question.
    """

    session: str
    reply: Reply | None = None
    failed: Failed | None = None
    calls: int = 0
    retries: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    elapsed_ms: float = 0.0
    ran_out: bool = False
    helped: dict[str, int] = field(default_factory=lambda: {JUDGE: 0, ATTACKER: 0})


class Now(threading.local):
    """The record of the attempt that this thread is at, and what it is after."""

    record: Record | None = None
    goal: str = ""


class Unanswered(GarakException):  # type: ignore[misc]  # garak has no types
    """A helper's call without an answer, as an error that garak's probes know."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message)
        self.failed = failed


def messages_of(talk: Any) -> list[Message]:
    return [{"role": turn.role, "content": turn.content.text or ""} for turn in talk.turns]


class Target(Generator):  # type: ignore[misc]
    """The model under test. An answer that does not come is None, as garak has it."""

    generator_family_name = "quintain"
    parallel_capable = False

    def __init__(self, model: str, gateway: Gateway, now: Now, options: Mapping[str, Any]) -> None:
        super().__init__(CALLED)
        self._model, self._gateway, self._now, self._options = model, gateway, now, options

    def _call_model(self, prompt: Any, generations_this_call: int = 1) -> list[Any]:
        del generations_this_call  # always one
        record = self._now.record
        if record is None:
            raise RuntimeError("a probe asked the target outside of any attempt")
        record.calls += 1
        try:
            reply = self._ask(prompt, record.session)
        except Failed as failed:
            record.failed, record.reply = failed, None
            record.retries += failed.retries
            return [None]
        _count(record, reply)
        return [Said(reply.text)]

    def _ask(self, prompt: Any, session: str) -> Reply:
        asked = messages_of(prompt)
        return self._gateway.ask(self._model, asked, session=session, **self._options)

    def __deepcopy__(self, memo: dict[int, Any]) -> Target:
        return self


def _count(record: Record, reply: Reply) -> None:
    record.reply, record.failed = reply, None
    record.retries += reply.retries
    record.elapsed_ms += reply.elapsed_ms
    record.input_tokens += reply.input_tokens
    record.output_tokens += reply.output_tokens


class Helper(OpenAICompatible):  # type: ignore[misc]
    """A judge or an attacker. garak's judges insist on this base class; its client is never made."""

    def __init__(self, role: str, model: str, gateway: Gateway, now: Now) -> None:
        self.name, self.fullname, self.key_env_var = role, role, ""
        self.seed = self.skip_seq_start = self.skip_seq_end = None
        self._model, self._gateway, self._now = model, gateway, now

    def generate(self, prompt: Any, generations_this_call: int = 1, **_: Any) -> list[Any]:
        del generations_this_call
        asked = messages_of(prompt) if isinstance(prompt, Conversation) else list(prompt)
        if self._now.record is not None:
            self._now.record.helped[self.name] += 1
        try:
            reply = self._gateway.ask(self._model, asked)
        except Failed as failed:
            raise Unanswered(failed) from failed
        return [Said(reply.text)]

    def close(self) -> None:
        """There is no client."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Helper:
        return self


def serve_helpers(config: Config, gateway: Gateway, now: Now) -> None:
    """Give garak the run's judge and attacker wherever it would load a generator of its own."""
    models = {JUDGE: config.judge, ATTACKER: config.attacker}
    own: Callable[..., Any] = _plugins.load_plugin

    def load(path: str, break_on_fail: bool = True, config_root: Any = None) -> Any:
        if path.startswith("generators."):
            role = _named_in(config_root)
            return Helper(role, models[role], gateway, now)
        more = {} if config_root is None else {"config_root": config_root}
        return own(path, break_on_fail, **more)

    _plugins.load_plugin = load
    _name_them()


def _named_in(config: Any) -> str:
    """The name in the innermost mapping of a generator's configuration: one of our roles."""
    while isinstance(config, dict):
        if config.get("name") in {JUDGE, ATTACKER}:
            return str(config["name"])
        config = next((each for each in config.values() if isinstance(each, dict)), None)
    raise GarakException("Only a run's judge and attacker can be asked.")


def _name_them() -> None:
    from garak import _config  # noqa: PLC0415

    judge = {"detector_model_type": _KIND, "detector_model_name": JUDGE}
    led: dict[str, Any] = {"red_team_model_type": _KIND, "red_team_model_name": ATTACKER}
    _config.plugins.detectors["judge"] = judge
    led["red_team_model_config"] = {}
    _config.plugins.probes["fitd"] = led
    # Each conversation is given its goal when it begins; until then one must be there.
    _config.plugins.probes["goat"] = led | {"custom_goals": ["-"], "attack_hf_dataset": None}
