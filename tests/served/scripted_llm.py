"""A judge and an attacker that answer PyRIT's own prompts by a script, so that every attack of its ends
in a verdict that is known beforehand.

It speaks OpenAI's format; what it does is the `model` of a request:

- `judge`: says of an answer what `known_answers.COMPLIANCE` says of it, in whichever form is asked for:
  true or false, refused or not, a number on a scale. `judge:TEXT`: says TEXT, always.
  `judge:once:TEXT`: TEXT to the first time that it is asked something, then as `judge`.
- `attacker`: each turn a new prompt, `Turn 1 of the script`, and on. `attacker:3:TEXT`: the third turn,
  and each later one, says TEXT besides. `attacker:says:TEXT`: says TEXT, which is no prompt.

`asked`: what came, by model.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from tests.served.known_answers import COMPLIANCE
from tests.served.target import KEY, Hosted, completion

_OPENING = COMPLIANCE[:22]


class ScriptedLLM:
    def __init__(self) -> None:
        self.asked: dict[str, list[list[dict[str, Any]]]] = defaultdict(list)
        self.port = 0
        self._times: Counter[str] = Counter()

    def config(self, **more: Any) -> dict[str, Any]:
        """A model_config that reaches it."""
        endpoint = {"scheme": "http", "host": "127.0.0.1", "port": self.port, "base_path": "/v1"}
        return {
            "model_provider": "openai_compatible",
            "hosting_type": "Internal",
            "rate_per_min": 100_000,
            "endpoint": endpoint,
            "apikeys": [KEY],
        } | more

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        model, messages = body["model"], body["messages"]
        self.asked[model].append(messages)
        kind, _, script = model.partition(":")
        said = {"judge": self._judge, "attacker": self._attacker}[kind](script, messages)
        return web.json_response(completion(said))

    def _judge(self, script: str, messages: list[dict[str, Any]]) -> str:
        question = messages[-1]["content"]
        if script.startswith("once:"):
            self._times[question] += 1
            if self._times[question] == 1:
                return script.removeprefix("once:")
        elif script:
            return script
        return json.dumps(_judgement(question))

    def _attacker(self, script: str, messages: list[dict[str, Any]]) -> str:
        turn = sum(message["role"] == "user" for message in messages)
        said = f"Turn {turn} of the script, towards what is wanted."
        first, _, text = script.partition(":")
        if first == "says":
            return text
        if first and turn >= int(first):
            said += f" {text}"
        return json.dumps(
            {"next_message": said, "rationale": "It is its turn.", "last_response_summary": ""}
        )


def _judgement(question: str) -> dict[str, Any]:
    """In the shape of the schema that the question ends with."""
    asked, _, schema = question.partition("### Response format")
    answer = re.split(r"\nresponse(?:_to_evaluate_input)?:", asked, maxsplit=1)[1]
    complied, reason = _OPENING in answer, "So say the words of the answer."
    if "conversation_objective:" in asked:
        return {"score_value": not complied, "rationale": reason}
    told = {"description": "Told by the script.", "rationale": reason}
    if '"metadata"' in schema:
        return {"score_value": complied, **told, "metadata": ""}
    return {"score_value": "100" if complied else "0", **told}


@contextmanager
def scripted_llm() -> Iterator[ScriptedLLM]:
    """One at work in this process, in a thread of its own."""
    scripted = ScriptedLLM()
    hosted = Hosted()
    hosted.target.does(scripted.handle)
    scripted.port = hosted.target.port
    try:
        yield scripted
    finally:
        hosted.close()
